"""Does a flow settle? Follow it in time where no steady state is found.

This is a diagnosis: of 300 random cases it found no steady state that the other stages had missed,
and 14 unsteady flows (docs/evidence.md). Its steps are accurate in time, unlike those of
pseudo-transient continuation. The grad-div term is strong at first: on a mesh too coarse for its
flow, what is left of div u makes heat and species, which drive more flow, and the state diverges
within a few turnovers.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array, Flags
from femsoret.problem import Problem
from femsoret.solve.march.march import March, MarchOptions, Step
from femsoret.solve.steady.newton import Newton, SolveReport

log = get_logger(__name__)

UNSTEADY = 0.01
"""Least change of the velocity in a turnover, rms over the largest entry, of an unsteady flow."""

LASTING = 0.7
"""Least ratio of the change in the last quarter of a run to that in the quarter before, of a flow
that does not calm down."""

SETTLED = 1e-8
"""Change in a turnover below which a flow has settled."""

BOUNDED = 3.0
"""Largest deviation of the temperature, over that at the start, of a flow that does not diverge:
convection does not make a liquid hotter than the walls that heat it."""


@dataclass(frozen=True)
class FlowHistory:
    """What a flow did in time.

    Args:
        turnovers: Time in turnovers: the integral of u/L, u the largest speed.
        thermal_times: Time in L^2/alpha.
        steps: Number of steps.
        speed: Largest speed at the end, in alpha/L.
        change: Change of the velocity in a turnover, rms over the largest entry, in the last
            quarter of the turnovers.
        change_before: The same in the quarter before.
        warmest: Largest deviation of the temperature, over that at the start.
    """

    turnovers: float
    thermal_times: float
    steps: int
    speed: float
    change: float
    change_before: float
    warmest: float

    @property
    def ran_away(self) -> bool:
        """Whether the temperature left the range that the equations allow."""
        return self.warmest > BOUNDED

    @property
    def has_settled(self) -> bool:
        """Whether the flow no longer changes."""
        return self.turnovers > 1.0 and self.change < SETTLED

    @property
    def is_unsteady(self) -> bool:
        """Whether the flow goes on changing and does not diverge."""
        lasts = self.change >= max(UNSTEADY, LASTING * self.change_before)
        return lasts and not self.ran_away

    def __str__(self) -> str:
        if self.ran_away:
            what = "runs away on this mesh"
        elif self.has_settled:
            what = "settles, and Newton does not hold it"
        elif self.is_unsteady:
            what = "is unsteady"
        else:
            what = "is neither steady nor clearly unsteady"
        return (
            f"the flow {what}: after {self.turnovers:.3g} turnovers ({self.thermal_times:.3g} "
            f"L²/alpha) the velocity changes by {100 * self.change:.2g} % a turnover, "
            f"{100 * self.change_before:.2g} % before"
        )


@dataclass(frozen=True)
class FollowInTime:
    """A stage: follow the flow until it settles and Newton takes over, or clearly does not settle.

    Where the flow settles with a strong grad-div term and Newton finds no state without that, it is
    followed further without the term. The record of the error that is raised has the
    :class:`FlowHistory` under the key ``course``.

    Args:
        turnovers: Fewest turnovers before a flow is called unsteady.
        max_steps: Most steps in time.
        tolerance: Tolerance of the march; 1e-2 keeps the character of a flow.
        not_before: Time before which Newton does not take over, s. A flow leaves an unstable state
            slowly at first, and Newton would lead it back.
        strong: Whether the grad-div term is strong at first. The state that the flow settles to may
            then be far from all states without the term.
    """

    turnovers: float = 30.0
    max_steps: int = 400
    tolerance: float = 1e-2
    not_before: float = 0.0
    strong: bool = True

    @property
    def name(self) -> str:
        """Name in reports and messages."""
        return "march in time"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        problem, equations = newton.problem, newton.problem.equations
        first = equations.nearly_divergence_free() if self.strong else equations
        flow = problem.with_equations(first)
        report, history = self._follow(newton, flow)
        if report is None and history.has_settled and self.strong:
            problem.set_state(flow.get_state())
            report, history = self._follow(newton, problem.with_equations(equations))
        if report is not None:
            return report
        raise NotConverged(
            str(history),
            "run the case in time; on a finer mesh, or weaker, the flow may have a steady state",
            newton.history,
            {"course": asdict(history), "is_unsteady": history.is_unsteady},
        )

    def _follow(self, newton: Newton, flow: Problem) -> tuple[SolveReport | None, FlowHistory]:
        """Return Newton's report, None if it found no state, and what the flow did."""
        newton.note(f"# {flow.equations.name}, in time")
        recorder = _Recorder(flow)
        calm, enough = 0.1 * UNSTEADY, self.turnovers
        options = MarchOptions(
            tolerance=self.tolerance, preset=newton.options.preset, petsc=newton.options.petsc
        )
        with March(flow, options) as march:
            for step in march.until(math.inf):
                newton.factorisations += 1 + step.rejected
                change = recorder.add(step)
                newton.note(recorder.line(step))
                history = recorder.history()
                late = step.clock.t >= self.not_before
                if late and change < calm and history.turnovers > 1.0:
                    calm = 0.1 * change
                    newton.problem.set_state(flow.get_state())
                    try:
                        return newton.solve(), history
                    except NotConverged as failure:
                        log.debug("Newton at t = %g s: %s", step.clock.t, failure.message)
                if history.has_settled or history.ran_away or history.steps >= self.max_steps:
                    break
                if late and history.turnovers >= enough:
                    if history.is_unsteady:
                        break
                    enough *= 1.25
        return None, history


class _Recorder:
    """Records what a flow does in a march."""

    def __init__(self, flow: Problem) -> None:
        self._flow = flow
        self._first = self._largest("theta") or 1.0
        self._steps: list[tuple[float, float]] = []  # turnovers, change a turnover
        self.turnovers = self._warmest = self._time = self._speed = 0.0

    def add(self, step: Step) -> float:
        """Record a step; return the change of the velocity in a turnover."""
        flow = self._flow
        self._speed = self._largest("u")
        rate = self._speed / flow.orientation.gap
        self._warmest = max(self._warmest, self._largest("theta") / self._first)
        # Rates of the march are relative to the largest speed so far, not to the present one.
        largest = step.clock.largest["u"] * flow.scales.unknown["u"]
        change = step.rates["u"] * largest / self._speed / rate if self._speed else 0.0
        self.turnovers += step.dt * rate
        self._time = step.clock.t
        self._steps.append((step.dt * rate, change))
        return change

    def history(self) -> FlowHistory:
        """Return what the flow did so far."""
        lengths, changes = np.array(self._steps or [(1.0, 0.0)]).T
        passed = np.cumsum(lengths) / lengths.sum()
        last, before = passed > 0.75, (passed > 0.5) & (passed <= 0.75)
        gap, speed = self._flow.orientation.gap, self._flow.scales.unknown["u"]
        return FlowHistory(
            turnovers=self.turnovers,
            thermal_times=self._time * speed / gap,
            steps=len(self._steps),
            speed=self._speed / speed,
            change=_mean(changes, lengths, last),
            change_before=_mean(changes, lengths, before),
            warmest=self._warmest,
        )

    def line(self, step: Step) -> str:
        """Return a line for the history."""
        return (
            f"{step.clock.steps:3d}  t {step.clock.t:9.3e} s  dt {step.dt:8.1e} s  "
            f"{self.turnovers:6.2f} turnovers  change {self._steps[-1][1]:8.1e} a turnover"
        )

    def _largest(self, name: str) -> float:
        entries = self._flow.function(name).x.array
        largest = float(np.abs(entries).max(initial=0.0))
        return float(self._flow.cell.comm.allreduce(largest, op=MPI.MAX))


def _mean(values: Array, weights: Array, where: Flags) -> float:
    """Return the weighted mean of a part; zero where there is none."""
    return float(np.average(values[where], weights=weights[where])) if where.any() else 0.0
