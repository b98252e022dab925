"""Time integration of a flow for which no steady state was found, to see whether it is unsteady.

This stage serves as a diagnosis: in tests with random cases it detected unsteady flows, but found
no steady state that the other stages had missed (docs/evidence.md). Its steps are accurate in time,
unlike those of pseudo-transient continuation. The grad-div term is strong at first: on a mesh that
is too coarse for the flow, the remaining divergence of the velocity is a source of heat and species
that drives further flow, and the state diverges within a few turnovers.
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
from femsoret.solve.march.quasi_steady import Held
from femsoret.solve.steady.newton import Newton, SolveReport

log = get_logger(__name__)

UNSTEADY = 0.01
"""Change of the velocity per turnover (rms over largest entry) from which a flow is unsteady."""

LASTING = 0.7
"""Ratio of the change in the last quarter of a run to that in the quarter before, from which the
change does not decay."""

SETTLED = 1e-8
"""Change per turnover below which a flow is steady."""

BOUNDED = 3.0
"""Ratio of the largest temperature deviation to its initial value above which the flow diverges:
convection cannot make a liquid hotter than the walls that heat it."""


@dataclass(frozen=True)
class FlowHistory:
    """Summary of the evolution of a flow in time.

    Args:
        turnovers: Time in turnovers: the time integral of u/L with the largest speed u.
        thermal_times: Time in units of L^2/alpha.
        steps: Number of time steps.
        speed: Largest speed at the end, in units of alpha/L.
        change: Change of the velocity per turnover (rms over largest entry) in the last quarter of
            the turnovers.
        change_before: The same in the third quarter of the turnovers.
        warmest: Largest temperature deviation during the run, relative to that at the start.
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
        """Whether the temperature has left the range that is physically possible."""
        return self.warmest > BOUNDED

    @property
    def has_settled(self) -> bool:
        """Whether the flow has become steady."""
        return self.turnovers > 1.0 and self.change < SETTLED

    @property
    def is_unsteady(self) -> bool:
        """Whether the flow keeps changing without diverging."""
        lasts = self.change >= max(UNSTEADY, LASTING * self.change_before)
        return lasts and not self.ran_away

    def __str__(self) -> str:
        if self.ran_away:
            what = "diverges on this mesh"
        elif self.has_settled:
            what = "becomes steady, but Newton's method does not converge from there"
        elif self.is_unsteady:
            what = "is unsteady"
        else:
            what = "is neither steady nor clearly unsteady"
        return (
            f"the flow {what}: after {self.turnovers:.3g} turnovers ({self.thermal_times:.3g} "
            f"L²/alpha) the velocity changes by {100 * self.change:.2g} % per turnover, "
            f"previously {100 * self.change_before:.2g} %"
        )


@dataclass(frozen=True)
class FollowInTime:
    """Stage that integrates in time until Newton's method converges or the flow is unsteady.

    If the flow becomes steady with a strong grad-div term, but Newton's method finds no solution
    without this term, the time integration is continued without it. The record of the error raised
    on failure contains the :class:`FlowHistory` under the key ``course``.

    Args:
        turnovers: Minimum number of turnovers before a flow is classified as unsteady.
        max_steps: Maximum number of time steps.
        tolerance: Tolerance of the time integration; 1e-2 preserves the character of a flow.
        not_before: Time in s before which Newton's method is not tried. A flow leaves an unstable
            state slowly at first, and Newton's method would return to that state.
        strong: Whether the grad-div term is strong at first. The steady state with this term may
            be far from all states without it.
    """

    turnovers: float = 30.0
    max_steps: int = 400
    tolerance: float = 1e-2
    not_before: float = 0.0
    strong: bool = True

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""
        return "march in time"

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state (see :class:`~femsoret.solve.steady.stages.Stage`)."""
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
            "run the case as time-dependent; a weaker flow, or the flow on a finer mesh, may have "
            "a steady state",
            newton.history,
            {"course": asdict(history), "is_unsteady": history.is_unsteady},
        )

    def _follow(self, newton: Newton, flow: Problem) -> tuple[SolveReport | None, FlowHistory]:
        """Return Newton's report, or None if no steady state was found, and the flow history."""
        newton.note(f"# {flow.equations.name}, in time")
        recorder = _Recorder(flow)
        calm, enough = 0.1 * UNSTEADY, self.turnovers
        options = MarchOptions(
            tolerance=self.tolerance, preset=newton.options.preset, petsc=newton.options.petsc
        )
        with March(flow, options, free=Held) as march:
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
    """Recorder of speed, temperature and velocity changes during time integration."""

    def __init__(self, flow: Problem) -> None:
        self._flow = flow
        self._first = self._largest("theta") or 1.0
        self._steps: list[tuple[float, float]] = []  # turnovers, change a turnover
        self.turnovers = self._warmest = self._time = self._speed = 0.0

    def add(self, step: Step) -> float:
        """Record a step, and return the change of the velocity per turnover."""
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
        """Return the summary of all steps so far."""
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
        """Return a log line for the last step that was recorded."""
        return (
            f"{step.clock.steps:3d}  t {step.clock.t:9.3e} s  dt {step.dt:8.1e} s  "
            f"{self.turnovers:6.2f} turnovers  change {self._steps[-1][1]:8.1e} per turnover"
        )

    def _largest(self, name: str) -> float:
        entries = self._flow.function(name).x.array
        largest = float(np.abs(entries).max(initial=0.0))
        return float(self._flow.cell.comm.allreduce(largest, op=MPI.MAX))


def _mean(values: Array, weights: Array, where: Flags) -> float:
    """Return the weighted mean of the selected values, or zero if none are selected."""
    return float(np.average(values[where], weights=weights[where])) if where.any() else 0.0
