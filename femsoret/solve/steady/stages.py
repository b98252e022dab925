"""Stages: methods for finding a steady state, tried in turn by :mod:`femsoret.solve.strategy`.

A stage starts from the problem's present state. If it fails, it restores all parameters, but not
the state.
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
from femsoret.problem.protocol import GRAVITY
from femsoret.solve.steady.diagnosis import diagnose
from femsoret.solve.steady.newton import Newton, SolveReport

log = get_logger(__name__)


class Stage(Protocol):
    """Interface of a method for finding a steady state."""

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state of the problem.

        Args:
            newton: Newton's method for the problem.

        Raises:
            NotConverged: No steady state was found; the message describes the progress made.
        """


@dataclass(frozen=True)
class PlainNewton:
    """Newton's method with line search.

    Args:
        max_iterations: Maximum number of Newton steps, if lower than that of the Newton options;
            None uses the latter.
        first_linear: Relative residual of the first linear solve by an iterative solver, unless the
            user's options set it; None uses the value of the preset.
    """

    max_iterations: int | None = None
    first_linear: float | None = None

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""
        return "Newton"

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state (see :class:`Stage`)."""
        return newton.solve(self.max_iterations, self.first_linear)


def buoyancy_frequency(problem: Problem) -> float:
    """Return the buoyancy frequency sqrt(g (|beta_T| dT + sum |beta_c| dc)/L).

    It is an upper bound for growth rates and frequencies of buoyancy-driven motion. dc is the
    natural size of a composition. The frequency is zero without flow or gravity.

    Args:
        problem: The problem; g is the present value of its parameter.

    Returns:
        Angular frequency in reciprocals of the problem's unit of time.
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
"""Ratio of the change in a step to the target change above which the step is repeated."""

STRONGEST_CUT = 0.1
"""Smallest ratio of a step to the previous one."""

CAREFUL = 0.1
"""Maximum first step, as a multiple of the inverse buoyancy frequency. For steps as long as the
growth time of the flow, the linearised step changes sign and leads to states far away, such as
compositions outside 0 to 1."""

LONG = 0.1
"""Step, in thermal diffusion times, from which a small change indicates a steady flow."""


@dataclass(frozen=True)
class PseudoTransient:
    """Pseudo-transient continuation: linearised implicit Euler steps of growing length.

    See C. T. Kelley, D. E. Keyes, SIAM J. Numer. Anal. 35 (1998) 508. A step solves
    (M/dt + J) dx = -F, which follows the flow in time if dt is small and approaches a Newton step
    if dt is large. Each step aims at a target change of the state, so dt is small while the flow
    changes and grows geometrically once it approaches a steady state. (Switched evolution
    relaxation, which is controlled by the residual, is insensitive to species that diffuse slowly.)
    Newton's method takes over when a long step changes little. Implicit steps damp fast
    oscillations, so this method also finds steady states that are unstable in time.

    Args:
        max_steps: Maximum number of steps, including repeated ones.
        first: First step, in thermal diffusion times L^2/alpha.
        careful: Maximum first step, as a multiple of the inverse buoyancy frequency; infinity means
            no limit.
        change: Target change per step, for the field that changes most, relative to its largest
            entry.
        growth: Largest ratio of a step to the previous one.
    """

    max_steps: int = 120
    first: float = 1e-3
    careful: float = CAREFUL
    change: float = 1.0
    growth: float = 4.0

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""
        return "pseudo-transient continuation"

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state (see :class:`Stage`)."""
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
            # The first step enforces wall values and continuity, however large the change.
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
            f"the state still changes by {100 * change:.2g} % per step at t = {time:.3g} L²/alpha",
            "the flow may be unsteady",
            newton.history,
            {**diagnosis.record(), "course": steps},
        )


def _change(newton: Newton, x: PETSc.Vec, dx: PETSc.Vec) -> float:
    """Return the largest relative change among velocity, temperature and compositions."""
    changes = newton.system.relative_maxima(dx, x)
    dependent = [name in ALGEBRAIC for name in newton.problem.layout.names]
    return float(np.where(dependent, 0.0, changes).max())


SMALLEST_RATIO = 1.1
LARGEST_RATIO = 10.0
QUICK = 5
"""Number of Newton steps up to which the next stride of a ramp may be longer."""

STRIDE = PlainNewton(max_iterations=10)
"""Solver for a stride of a ramp; a stride that needs more Newton steps is too long."""


@dataclass(frozen=True)
class Ramp:
    """Ramp parameters from values at which the problem is easy to solve, in geometric strides.

    After a solve of at most five Newton steps the ratio of the stride is squared, up to 10. After a
    failure the square root of the ratio is tried from the last solution, and the next stride does
    not increase it.

    Args:
        of: Description of what is ramped, for messages.
        parameters: Names of the problem parameters, all multiplied by the same factor.
        start: Factor at the start of the ramp: if below 1 the parameters increase towards their
            values, if above 1 they decrease.
        tries: Maximum number of starts, each with a factor ten times farther from 1.
        strides: Maximum number of strides, including repeated ones.
        first: Stage that solves the problem at the start of the ramp.
    """

    of: str
    parameters: tuple[str, ...]
    start: float
    tries: int = 9
    strides: int = 60
    first: Stage = STRIDE

    @property
    def name(self) -> str:
        """Name of the stage in reports and messages."""
        return f"ramp of {self.of}"

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state (see :class:`Stage`)."""
        parameters = newton.problem.parameters
        targets = {name: float(parameters[name].value) for name in self.parameters}
        try:
            reached = self._begin(newton, targets)
            return self._climb(newton, targets, reached)
        finally:
            for name, value in targets.items():
                parameters[name].value = value

    def _begin(self, newton: Newton, targets: Mapping[str, float]) -> float:
        """Solve at the start factor, or farther from 1; return the factor with a solution."""
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
            f"no solution even with {self.of} at {tried:.3g} times its value: {last.message}",
            last.hint,
            newton.history,
            last.record,
        ) from last

    def _climb(self, newton: Newton, targets: Mapping[str, float], reached: float) -> SolveReport:
        """Continue the ramp from a factor with a solution to 1."""
        ratio, upwards = LARGEST_RATIO, reached < 1.0
        last, failed = NotConverged(f"the maximum of {self.strides} strides was reached"), False
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
            f"the last solution found has {self.of} at {reached:.3g} times its value: "
            f"{last.message}",
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
    """Return the ramps to try for a problem, in order.

    The ramps change gravity (the Rayleigh number), the solutal expansion coefficients (the
    separation ratio psi) and the diffusion coefficients (the Lewis number). The last two start with
    a ramp of gravity.

    Args:
        problem: The problem, with the final values of its parameters.
    """
    mixture, parameters = problem.mixture, problem.parameters
    vibrates = mixture.gravity.vibration is not None
    driving = tuple(
        name
        for name, acts in (
            (GRAVITY, mixture.gravity.magnitude != 0.0),
            ("gravity.vibration.velocity", vibrates),
        )
        if acts and name in parameters
    )
    if not driving:
        return ()
    gravity = Ramp("gravity (Ra)", driving, 0.01)
    ramps = [gravity]
    solved = range(len(problem.layout.compositions))
    weighing = tuple(f"species.{i}.beta_c" for i in solved if mixture.species[i].beta_c != 0.0)
    if weighing:
        ramps.append(Ramp("solutal buoyancy (psi)", weighing, 0.01, tries=1, first=gravity))
    diffusing = parameter_names.diffusion_parameters(mixture)
    if solved and diffusing:
        ramps.append(Ramp("diffusion (Le)", diffusing, 100.0, tries=2, first=gravity))
    return tuple(ramps)
