"""Stages: the ways to a steady state that :mod:`femsoret.solve.strategy` tries in turn.

A stage starts from the problem's present state. Where it fails, every parameter is at its value
again; the state is whatever it came to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.physics.closures import parameter_names
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC
from femsoret.solve.steady.diagnosis import diagnose
from femsoret.solve.steady.newton import Newton, SolveReport

log = get_logger(__name__)


class Stage(Protocol):
    """One way to a steady state."""

    @property
    def name(self) -> str:
        """Name in reports and messages."""

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state.

        Raises:
            NotConverged: No steady state was found; the message says how far the stage came.
        """


@dataclass(frozen=True)
class PlainNewton:
    """Newton with its line search.

    Args:
        max_iterations: Most Newton steps, if fewer than the options allow; None keeps theirs.
        first_linear: Relative residual of the first linear solve by an iterative solver, unless the
            user's options set it; None keeps that of the preset.
    """

    max_iterations: int | None = None
    first_linear: float | None = None

    @property
    def name(self) -> str:
        """Name in reports and messages."""
        return "Newton"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`Stage`)."""
        return newton.solve(self.max_iterations, self.first_linear)


def buoyancy_frequency(problem: Problem) -> float:
    """Return sqrt(g (|beta_T| dT + sum |beta_c| dc)/L), 1 over the problem's unit of time.

    Nothing that buoyancy drives grows or oscillates faster. dc is the natural size of a
    composition. The frequency is zero without flow or gravity.

    Args:
        problem: A problem at the present values of its parameters.
    """
    if not problem.layout.flows or "gravity.magnitude" not in problem.parameters:
        return 0.0
    m, frame = problem.mixture, problem.orientation
    lighter = abs(m.beta_T) * frame.dT + sum(
        abs(m.species[i].beta_c) * problem.scales.unknown[field]
        for i, field in enumerate(problem.layout.compositions)
    )
    gravity = abs(float(problem.parameters["gravity.magnitude"].value))
    return math.sqrt(gravity * lighter / frame.gap)


REJECTED = 3.0
"""A step is repeated where it changes the state by more than this times the change aimed at."""

STRONGEST_CUT = 0.1
"""Smallest ratio of a step to the one before."""

CAREFUL = 0.1
"""Longest first step times the buoyancy frequency. In a step as long as the time in which flow
grows, the linearised step changes sign and leads far away, to compositions outside 0 to 1."""

LONG = 0.1
"""Shortest step, in thermal diffusion times, of which a small change means that the flow has
settled."""


@dataclass(frozen=True)
class PseudoTransient:
    """March in time by linearised implicit Euler steps that grow as the state settles.

    C. T. Kelley, D. E. Keyes, SIAM J. Numer. Anal. 35 (1998) 508. A step solves
    (M/dt + J) dx = -F: it follows the flow where dt is small and is a Newton step where dt is
    large. Each step aims at a given change of the state, so dt is short while the flow changes and
    grows geometrically once it settles. (Switched evolution relaxation, which takes the residual as
    a measure, hardly sees species that diffuse slowly.) Newton takes over where a long step changes
    little. An implicit step damps what oscillates faster, so this also finds steady states that an
    accurate march in time would leave again.

    Args:
        max_steps: Steps, repeated ones included.
        first: First step, in thermal diffusion times L^2/alpha.
        careful: Longest first step over the inverse of the buoyancy frequency; infinite for none.
        change: Change that a step aims at, of the worst field relative to its largest entry.
        growth: Largest ratio of a step to the one before.
    """

    max_steps: int = 120
    first: float = 1e-3
    careful: float = CAREFUL
    change: float = 1.0
    growth: float = 4.0

    @property
    def name(self) -> str:
        """Name in reports and messages."""
        return "pseudo-transient continuation"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        system, problem = newton.system, newton.problem
        unit = problem.orientation.gap / problem.scales.unknown["u"]  # L^2/alpha
        x, dx, F = system.vector(), system.vector(), system.vector()
        problem.impose()
        system.read(x)
        steps: list[tuple[float, float, float]] = []
        fastest = buoyancy_frequency(problem) * unit
        step = min(self.first, self.careful / fastest) if fastest else self.first
        time, small = 0.0, 0.1 * self.change
        for count in range(self.max_steps):
            system.residual(x, F)
            newton.factorise(x, 1.0 / (step * unit))
            newton.back_substitute(F, dx)
            change = _change(newton, x, dx)
            newton.note(f"{count:3d}  t {time:9.3e}  dt {step:8.1e}  change {change:8.1e}")
            # The first step makes the guess obey walls and continuity, however far that is.
            if count and change > REJECTED * self.change:
                step *= max(STRONGEST_CUT, 0.5 * self.change / change)
                continue
            x.axpy(-1.0, dx)
            time += step
            steps.append((time, step, change))
            if change < small and step > LONG:
                small = 0.1 * change
                system.write(x)
                try:
                    return newton.solve()
                except NotConverged as failure:
                    log.debug("Newton at t = %g: %s", time, failure.message)
            step *= np.clip(self.change / max(change, 1e-300), STRONGEST_CUT, self.growth)
        diagnosis = diagnose(system, x, dx, F)
        raise NotConverged(
            f"still changing by {100 * change:.2g} % a step after {time:.3g} L²/alpha",
            "the flow may be unsteady",
            newton.history,
            {**diagnosis.record(), "course": steps},
        )


def _change(newton: Newton, x: PETSc.Vec, dx: PETSc.Vec) -> float:
    """Return the largest change of velocity, temperature and compositions, relative to each."""
    changes = newton.system.relative_maxima(dx, x)
    dependent = [name in ALGEBRAIC for name in newton.problem.layout.names]
    return float(np.where(dependent, 0.0, changes).max())


SMALLEST_RATIO = 1.1
LARGEST_RATIO = 10.0
QUICK = 5
"""Most Newton steps of an easy stride."""

STRIDE = PlainNewton(max_iterations=10)
"""A stride that needs more Newton steps is too long."""


@dataclass(frozen=True)
class Ramp:
    """Take parameters from values at which the problem is easy to their own, in geometric strides.

    After a solve of at most five Newton steps the ratio of a stride is squared, up to 10. After a
    failure its square root is tried from the last solution, and kept for the stride after that.

    Args:
        of: What is ramped, in words.
        parameters: Names of the problem parameters, all multiplied by one factor.
        start: Factor at which the problem is easy: below 1 the parameters grow, above 1 they
            shrink.
        tries: Number of starts, each ten times farther from 1 than the one before.
        strides: Most strides, repeated ones included.
        first: Stage that finds the first, easiest state.
    """

    of: str
    parameters: tuple[str, ...]
    start: float
    tries: int = 9
    strides: int = 60
    first: Stage = STRIDE

    @property
    def name(self) -> str:
        """Name in reports and messages."""
        return f"ramp of {self.of}"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        parameters = newton.problem.parameters
        targets = {name: float(parameters[name].value) for name in self.parameters}
        try:
            reached = self._begin(newton, targets)
            return self._climb(newton, targets, reached)
        finally:
            for name, value in targets.items():
                parameters[name].value = value

    def _begin(self, newton: Newton, targets: Mapping[str, float]) -> float:
        """Solve at the start, or farther from 1; return the factor."""
        before = newton.problem.get_state()
        factor = self.start
        for _ in range(self.tries):
            try:
                self._solve(newton, targets, factor, self.first)
            except NotConverged as failure:
                last, tried = failure, factor
                newton.problem.set_state(before)
                factor *= 0.1 if self.start < 1.0 else 10.0
            else:
                return factor
        raise NotConverged(
            f"not even with {self.of} at {tried:.3g} times its value: {last.message}",
            last.hint,
            newton.history,
            last.record,
        ) from last

    def _climb(self, newton: Newton, targets: Mapping[str, float], reached: float) -> SolveReport:
        """Go from a factor with a solution to 1."""
        ratio, upwards = LARGEST_RATIO, reached < 1.0
        last, failed = NotConverged(f"{self.strides} steps of the ramp were not enough"), False
        for _ in range(self.strides):
            factor = min(1.0, reached * ratio) if upwards else max(1.0, reached / ratio)
            try:
                report = self._solve(newton, targets, factor, STRIDE)
            except NotConverged as failure:
                last, failed = failure, True
                ratio = math.sqrt(min(ratio, factor / reached if upwards else reached / factor))
                if ratio < SMALLEST_RATIO:
                    break
                continue
            if factor == 1.0:
                return report
            reached = factor
            # Few Newton steps mean that a longer stride will do, unless it has just failed.
            if report.newton_iterations <= QUICK and not failed:
                ratio = min(LARGEST_RATIO, ratio * ratio)
            failed = False
        raise NotConverged(
            f"found with {self.of} at {reached:.3g} times its value, no further: {last.message}",
            last.hint,
            newton.history,
            {**last.record, "reached": reached},
        )

    def _solve(
        self, newton: Newton, targets: Mapping[str, float], factor: float, stage: Stage
    ) -> SolveReport:
        for name, value in targets.items():
            newton.problem.parameters[name].value = factor * value
        newton.note(f"ramp: {self.of} at {factor:.4g} times its value")
        report = stage.run(newton)
        log.info(
            "ramp: %s at %.3g times its value, %d Newton steps",
            self.of,
            factor,
            report.newton_iterations,
        )
        return report


def ramps_of(problem: Problem) -> tuple[Ramp, ...]:
    """Return the ramps of a problem, in the order in which to try them.

    Gravity stands for the Rayleigh number, the solutal expansions for psi and the diffusion
    coefficients for the Lewis number; the last two ramp gravity at their start.

    Args:
        problem: The problem.
    """
    mixture, parameters = problem.mixture, problem.parameters
    if "gravity.magnitude" not in parameters or mixture.gravity.magnitude == 0.0:
        return ()
    gravity = Ramp("gravity (Ra)", ("gravity.magnitude",), 0.01)
    ramps = [gravity]
    solved = range(len(problem.layout.compositions))
    weighing = tuple(f"species.{i}.beta_c" for i in solved if mixture.species[i].beta_c != 0.0)
    if weighing:
        ramps.append(Ramp("solutal buoyancy (psi)", weighing, 0.01, tries=1, first=gravity))
    diffusing = parameter_names.diffusion_parameters(mixture)
    if solved and diffusing:
        ramps.append(Ramp("diffusion (Le)", diffusing, 100.0, tries=2, first=gravity))
    return tuple(ramps)
