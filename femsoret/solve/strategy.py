"""The way to a steady state: what is tried, in which order, and what is said when all fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from femsoret.errors import NotConverged
from femsoret.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.pseudo_transient import PseudoTransient
from femsoret.solve.ramp import ramps_of
from femsoret.solve.stage import Plain, Stage
from femsoret.solve.steady import Newton, NewtonOptions, SolveReport

log = get_logger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What one stage did.

    Args:
        stage: Its name.
        outcome: How far it came, in a sentence.
        factorisations: What it cost.
    """

    stage: str
    outcome: str
    factorisations: int

    def __str__(self) -> str:
        return f"{self.stage} ({self.factorisations} factorisations): {self.outcome}"


def stages_of(problem: Problem) -> tuple[Stage, ...]:
    """Return what to try for a problem, in order."""
    ramps = ramps_of(problem)
    return (Plain(), *ramps[:1], PseudoTransient(), *ramps[1:]) if ramps else (Plain(),)


def find_steady(
    problem: Problem,
    options: NewtonOptions | None = None,
    *,
    stages: Sequence[Stage] | None = None,
) -> SolveReport:
    """Find a steady state from the problem's present state, by Newton or else by detours.

    Each stage starts from the best state of the one before.

    Args:
        problem: The problem; its functions hold the solution afterwards.
        options: Newton options.
        stages: What to try, in order; None takes :func:`stages_of`.

    Raises:
        NotConverged: Every stage failed; state and parameters are what they were.
    """
    start = time.perf_counter()
    before = [function.x.array.copy() for function in problem.functions]
    attempts: list[Attempt] = []
    trouble = None
    with Newton(problem, options) as newton:
        for stage in stages or stages_of(problem):
            spent = newton.factorisations
            try:
                report = stage.run(newton)
            except NotConverged as failure:
                log.info("%s: %s", stage.name, failure.message)
                attempts.append(Attempt(stage.name, failure.message, newton.factorisations - spent))
                trouble = failure.record.get("trouble", trouble)
                continue
            attempts.append(Attempt(stage.name, "converged", newton.factorisations - spent))
            return replace(
                report,
                newton_iterations=newton.newton_iterations,
                linear_iterations=newton.linear_iterations,
                factorisations=newton.factorisations,
                wall_seconds=time.perf_counter() - start,
                history=tuple(newton.history),
                stages=tuple(str(attempt) for attempt in attempts),
            )
        history = newton.history
    for function, values in zip(problem.functions, before, strict=True):
        function.x.array[:] = values
    raise NotConverged(
        "no steady state found; tried " + "; ".join(map(str, attempts)),
        "refine",
        history,
        {"tried": [asdict(a) for a in attempts], "trouble": trouble},
    )
