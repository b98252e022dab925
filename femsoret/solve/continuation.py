"""Ramping: reach a state that Newton does not find at once through easier ones."""

from __future__ import annotations

import math
from dataclasses import replace

from femsoret.errors import NotConverged
from femsoret.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.steady import Newton, NewtonOptions, SolveReport

log = get_logger(__name__)

FIRST_FRACTION = 0.01
SMALLEST_FRACTION = 1e-8
SMALLEST_RATIO = 1.02
LARGEST_RATIO = 10.0


def solve_ramped(
    problem: Problem,
    options: NewtonOptions | None = None,
    *,
    parameter: str = "gravity.magnitude",
) -> SolveReport:
    """Solve for a steady state; ramp a parameter where Newton fails from the present state.

    The parameter starts at a hundredth of its value and grows by a ratio that follows the Newton
    count; a failed step is repeated with the square root of its ratio from the last solution.

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options.
        parameter: Name of a problem parameter, by default gravity and with it the Rayleigh number.

    Raises:
        NotConverged: The ramp did not reach the end; state and parameter are what they were.
    """
    with Newton(problem, options) as newton:
        before = [function.x.array.copy() for function in problem.functions]
        try:
            return newton.solve()
        except NotConverged as failure:
            if float(problem.parameters[parameter].value) == 0.0:
                raise
            log.info("%s; ramping %s", failure.message, parameter)
        try:
            return _ramp(newton, parameter)
        except NotConverged:
            for function, values in zip(problem.functions, before, strict=True):
                function.x.array[:] = values
            raise


def _ramp(newton: Newton, parameter: str) -> SolveReport:
    problem = newton.problem
    constant = problem.parameters[parameter]
    target = float(constant.value)
    reached, ratio, fraction = 0.0, LARGEST_RATIO, FIRST_FRACTION
    newton_iterations = linear_iterations = 0
    seconds = 0.0
    try:
        while True:
            constant.value = fraction * target
            newton.history.append(f"ramp: {parameter} at {fraction:.4g} of its value")
            try:
                report = newton.solve()
            except NotConverged as failure:
                tried = fraction
                if reached:
                    ratio = math.sqrt(ratio)
                    fraction = reached * ratio
                else:
                    fraction /= LARGEST_RATIO
                if ratio < SMALLEST_RATIO or fraction < SMALLEST_FRACTION:
                    where = f"beyond {reached:.3g}" if reached else f"even at {tried:.3g}"
                    raise NotConverged(
                        f"no steady state found {where} of the full {parameter}: {failure.message}",
                        "the flow may be unsteady there; refine the mesh near the walls, lower the "
                        "temperature difference or the gap, or raise solver.max_iterations",
                        failure.history,
                    ) from failure
                continue
            newton_iterations += report.newton_iterations
            linear_iterations += report.linear_iterations
            seconds += report.wall_seconds
            if fraction == 1.0:
                return replace(
                    report,
                    newton_iterations=newton_iterations,
                    linear_iterations=linear_iterations,
                    wall_seconds=seconds,
                    history=tuple(newton.history),
                )
            log.info(
                "ramp: %s at %.3g of its value, %d Newton steps",
                parameter,
                fraction,
                report.newton_iterations,
            )
            reached = fraction
            # Few steps mean that a longer stride would do, many that this one was long enough.
            ratio = min(LARGEST_RATIO, ratio * ratio if report.newton_iterations <= 5 else ratio)
            fraction = min(1.0, reached * ratio)
    finally:
        constant.value = target
