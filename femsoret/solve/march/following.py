"""Where no steady state is found: follow the flow in time, to see whether it settles.

Steps are those of :mod:`femsoret.solve.march.march`, true to time, unlike those of pseudo-transient
continuation. The grad-div term is strong, since time shows what a search from state to state may
step over: on a mesh too coarse for its flow the rest of div u makes heat and species, which drive
more flow, and the state runs away within a few turnovers.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.march.march import March, MarchOptions, Step
from femsoret.solve.steady.newton import Newton, SolveReport

log = get_logger(__name__)

UNSTEADY = 0.01
"""Change of the velocity in a turnover, rms over the largest, from which a flow has not settled."""

LASTING = 0.7
"""Ratio of the change a turnover in the last quarter of a run to that in the quarter before, from
which it does not die down."""

SETTLED = 1e-8
"""Change a turnover below which a flow has settled as far as it will."""

BOUNDED = 3.0
"""Largest deviation of the temperature, over that of the start, that is no runaway: convection
does not make a liquid hotter than the walls that heat it."""


@dataclass(frozen=True)
class FlowHistory:
    """How a flow went on in time.

    Args:
        turnovers: Time, each moment in turnovers L/u of its largest speed.
        thermal_times: Time in L^2/alpha.
        steps: Steps in time.
        speed: Largest speed at the end, in alpha/L.
        change: Change of the velocity in a turnover, rms over the largest entry, in the last
            quarter of the turnovers.
        change_before: In the quarter before.
        warmest: Largest deviation of the temperature, over that of the start.
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
        """Whether it left what the equations can have."""
        return self.warmest > BOUNDED

    @property
    def has_settled(self) -> bool:
        """Whether nothing changes any more."""
        return self.turnovers > 1.0 and self.change < SETTLED

    @property
    def is_unsteady(self) -> bool:
        """Whether it goes on changing, and is a flow that the equations can have."""
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
    """Follow the flow until it settles, and let Newton take over; or until it clearly does not.

    Where it settles with a strong grad-div term, and Newton finds no state without, it is followed
    without from there. What is raised is the evidence: ``record["course"]`` is that of the flow.

    Args:
        turnovers: Fewest turnovers that tell.
        max_steps: Steps in time.
        tolerance: Of the march: a hundredth keeps the character of a flow.
        not_before: Time before which Newton does not take over, s. What leaves an unstable state is
            slow at first, and Newton would lead it back, or to another unstable one.
        strong: Whether the grad-div term is strong at first. What settles so may be too far from
            any state without it for Newton not to stray (a flat box of few cells heated from below
            by little more than it takes: back to rest).
    """

    turnovers: float = 30.0
    max_steps: int = 400
    tolerance: float = 1e-2
    not_before: float = 0.0
    strong: bool = True

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        return "march in time"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        problem, equations = newton.problem, newton.problem.equations
        first = equations.nearly_divergence_free() if self.strong else equations
        flow = problem.with_equations(first)
        found, course = self._follow(newton, flow)
        if found is None and course.has_settled and self.strong:
            problem.set_state(flow.get_state())
            found, course = self._follow(newton, problem.with_equations(equations))
        if found is not None:
            return found
        raise NotConverged(
            str(course),
            "ask for the flow in time; a finer mesh or a weaker flow may have a steady state",
            newton.history,
            {"course": asdict(course), "is_unsteady": course.is_unsteady},
        )

    def _follow(self, newton: Newton, flow: Problem) -> tuple[SolveReport | None, FlowHistory]:
        """Return what Newton found where the flow calmed down, if anything, and its course."""
        newton.note(f"# {flow.equations.name}, in time")
        past = _Recorder(flow)
        calm, enough = 0.1 * UNSTEADY, self.turnovers
        options = MarchOptions(
            tolerance=self.tolerance, preset=newton.options.preset, petsc=newton.options.petsc
        )
        with March(flow, options) as march:
            for step in march.until(math.inf):
                newton.factorisations += 1 + step.rejected
                change = past.add(step)
                newton.note(past.line(step))
                course = past.course()
                late = step.clock.t >= self.not_before
                if late and change < calm and course.turnovers > 1.0:
                    calm = 0.1 * change
                    newton.problem.set_state(flow.get_state())
                    try:
                        return newton.solve(), course
                    except NotConverged as failure:
                        log.debug("Newton at t = %g s: %s", step.clock.t, failure.message)
                if course.has_settled or course.ran_away or course.steps >= self.max_steps:
                    break
                if late and course.turnovers >= enough:
                    if course.is_unsteady:
                        break
                    enough *= 1.25
        return None, course


class _Recorder:
    """What a march has come through so far."""

    def __init__(self, flow: Problem) -> None:
        self._flow = flow
        self._first = self._largest("theta") or 1.0
        self._steps: list[tuple[float, float]] = []  # turnovers, change a turnover
        self.turnovers = self._warmest = self._time = self._speed = 0.0

    def add(self, step: Step) -> float:
        """Take account of a step; return the change of the velocity in a turnover."""
        flow = self._flow
        self._speed = self._largest("u")
        rate = self._speed / flow.orientation.gap
        self._warmest = max(self._warmest, self._largest("theta") / self._first)
        # The march relates changes to the largest speed so far, which a first overshoot made.
        largest = step.clock.largest["u"] * flow.scales.unknown["u"]
        change = step.rates["u"] * largest / self._speed / rate if self._speed else 0.0
        self.turnovers += step.dt * rate
        self._time = step.clock.t
        self._steps.append((step.dt * rate, change))
        return change

    def course(self) -> FlowHistory:
        """Return the course so far."""
        lengths, changes = np.array(self._steps or [(1.0, 0.0)]).T
        at = np.cumsum(lengths) / lengths.sum()
        last, before = at > 0.75, (at > 0.5) & (at <= 0.75)
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


def _mean(values: Any, weights: Any, where: Any) -> float:
    """Return the weighted mean of a part; zero where there is none."""
    return float(np.average(values[where], weights=weights[where])) if where.any() else 0.0
