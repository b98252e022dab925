"""From an unstable steady state to the one that the cell goes to.

Newton's method holds rest, and other states, where they are unstable. A lean of the cell
(``solver.start_tilt``) takes the search off rest, but the flow that it drives may belong to no
state of the cell as it stands: in a flat box it is one long roll, where there are many short ones,
and the search falls back to rest. Then the mode that grows fastest shows the way. A little of it is
added to the unstable state, and the flow is followed in time until it settles, as in a real cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mpi4py import MPI

import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.errors import FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.physics.closures import fluxes
from femsoret.post.fields import integral
from femsoret.post.laws import check_laws
from femsoret.problem import Problem
from femsoret.solve import Mode, find_steady
from femsoret.solve.march.following import FollowInTime
from femsoret.studies.measure.solution import Solution, departed_from

log = get_logger(__name__)

SIZE: Final = 0.1
"""Largest change of temperature or composition that is added, over what these differ by: above
round-off by far, so that it grows at once, and small enough to be the mode's own flow."""

E_FOLDS: Final = 5.0
"""Times of growth after which the flow is what the mode leads to: it has grown out of its SIZE."""

BACK: Final = 1e-3
"""Distance from the unstable state, over what was added to it, at which the search has come back:
no flow that has grown is so small."""


@dataclass(frozen=True, eq=False)
class Departure:
    """A search that starts from an unstable state, along the mode that grows fastest.

    Args:
        growth_rate: Of that mode, 1 over the problem's unit of time.
        solution: The other state; None where none was found.
        reason: Why none was found, a clause; empty where one was.
    """

    growth_rate: float
    solution: Solution | None = None
    reason: str = ""


def depart(solution: Solution, mode: Mode) -> Departure:
    """Seek the state that an unstable one goes to; collective.

    Args:
        solution: The unstable state. Where another is found, its problem with flow holds that one
            afterwards; else what it held.
        mode: The mode of it that grows fastest.
    """
    problem, rate = solution.convection, mode.growth_rate
    before = problem.get_state()
    reason, in_time = "", FollowInTime(not_before=E_FOLDS / rate, strong=False)
    log.info("the state that was found is unstable; seeking another one along its growing mode")
    for added in _ways(solution, mode):
        problem.set_state([x + dx for x, dx in zip(before, added, strict=True)])
        try:
            report = find_steady(problem, solution.experiment.newton, stages=(in_time,))
            check_laws(problem)
        except FemsoretError as error:
            reason = error.message.splitlines()[-1].strip()
            if isinstance(error, NotConverged) and error.record.get("is_unsteady"):
                break  # it is so in either sense
        else:
            if _distance(problem, before) > BACK * SIZE:
                return Departure(rate, departed_from(solution, report))
            reason = "the search came back to the unstable one"
    problem.set_state(before)
    return Departure(rate, reason=reason)


def _ways(solution: Solution, mode: Mode) -> Sequence[list[Array]]:
    """Return what is added to the state: the mode, first in the sense that the lean drives."""
    problem = solution.convection
    scale = SIZE / _largest(problem, mode.real)
    sense = np.copysign(1.0, _driven(solution, mode))
    return [[way * scale * sense * part for part in mode.real] for way in (1.0, -1.0)]


def _driven(solution: Solution, mode: Mode) -> float:
    """Return what the buoyancy of the leaned cell, less that of the cell, does to the mode."""
    problem, leaned = solution.convection, solution.experiment.start_up
    if leaned is None:
        return 1.0
    velocity = fem.Function(problem.space("u"))
    velocity.x.array[:] = mode.real[problem.layout.names.index("u")]
    up = np.asarray(problem.mixture.gravity.up)
    along, across = (ufl.as_vector([float(x) for x in v]) for v in (up, np.asarray(leaned) - up))
    lift = ufl.inner(fluxes.buoyancy(problem.bound_mixture, problem.state), along)
    return integral(problem, lift * ufl.inner(velocity, across) * problem.dx)


def _distance(problem: Problem, before: Sequence[Array]) -> float:
    """Return how far temperature and composition are from an earlier state, in natural sizes."""
    now = problem.get_state()
    return _largest(problem, [x - y for x, y in zip(now, before, strict=True)])


def _largest(problem: Problem, parts: Sequence[Array]) -> float:
    """Return the largest entry of temperature and compositions, in natural sizes; collective."""
    layout = problem.layout
    largest = max(
        float(np.abs(problem.entries(parts[layout.index(field)], field)).max(initial=0.0))
        / problem.scales.unknown[field]
        for field in layout.fields
    )
    return float(problem.cell.comm.allreduce(largest, op=MPI.MAX))
