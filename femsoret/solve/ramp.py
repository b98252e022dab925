"""Ramps: reach a state that Newton does not find at once through easier ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.physics.closures import handles
from femsoret.problem import Problem
from femsoret.solve.report import SolveReport
from femsoret.solve.stage import Plain, Stage
from femsoret.solve.steady import Newton

log = get_logger(__name__)

SMALLEST_RATIO = 1.1
LARGEST_RATIO = 10.0
QUICK = 5
"""Newton steps up to which a stride of the ramp counts as easy."""

STRIDE = Plain(max_iterations=10)
"""A stride that takes more Newton steps is too long."""


@dataclass(frozen=True)
class Ramp:
    """Take parameters from where the problem is easy to their values, in geometric strides.

    The ratio of a stride is squared (up to 10) after a solve of at most five Newton steps, and
    replaced by its square root after a failure, which is repeated from the last solution; the
    stride after that has the same ratio.

    Args:
        of: What is ramped, in a word.
        parameters: Names of the problem parameters, all multiplied by one factor.
        start: The factor at which the problem is easy: below 1 the parameters grow, above 1
            they shrink.
        tries: How often the start is moved away by another factor of ten where it fails.
        strides: Strides, repeated ones included.
        first: How the first, easiest state is found.
    """

    of: str
    parameters: tuple[str, ...]
    start: float
    tries: int = 9
    strides: int = 60
    first: Stage = STRIDE

    @property
    def name(self) -> str:
        """What is done, in a few words."""
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
        """Solve at the start, or further away; return the factor."""
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
        """Go from a solved factor to 1."""
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
            # Few steps mean that a longer stride would do, many that this one was long enough; but
            # the longer one has just been tried where a failure came before.
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
    """Return the ramps that make sense for a problem, in the order in which to try them.

    Gravity stands for the Rayleigh number; the solutal expansions for psi, with gravity ramped at
    their start; the diffusion coefficients for the Lewis number, likewise.

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
    diffusing = handles.of_diffusion(mixture)
    if solved and diffusing:
        ramps.append(Ramp("diffusion (Le)", diffusing, 100.0, tries=2, first=gravity))
    return tuple(ramps)
