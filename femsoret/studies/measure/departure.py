"""The search from an unstable steady state for the state that the cell evolves to.

Newton's method also converges to unstable states, such as rest. Starting from a tilted cell
(``solver.start_tilt``) avoids rest, but the flow in the tilted cell may not resemble any steady
flow of the actual cell: in a flat box it is one long roll instead of many short ones, and the
search returns to rest. In this case the fastest-growing mode is used. A small amount of it is added
to the unstable state, and the flow is followed in time until it settles, as in a real cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from femsoret.solve import Mode
from femsoret.solve.march.following import FollowInTime
from femsoret.studies.measure.convection import find_convection
from femsoret.studies.measure.solution import Solution, departed_from

log = get_logger(__name__)

SIZE: Final = 0.1
"""Largest change of temperature or composition that is added, over their natural scales: far above
round-off, so that it grows at once, and small enough to be the flow of the mode alone."""

E_FOLDS: Final = 5.0
"""Growth times, 1/(growth rate), after which the added mode has grown well beyond its initial
size."""

BACK: Final = 1e-3
"""Distance from the unstable state, over the size of the added mode, below which the search counts
as having returned to it: no flow that has grown is so close."""


@dataclass(frozen=True, eq=False)
class Departure:
    """The result of a search from an unstable state along its fastest-growing mode.

    Args:
        growth_rate: Growth rate of this mode, in 1 over the problem's unit of time.
        solution: The other state; None if none was found.
        reason: Why no other state was found, a clause; empty if one was found.
    """

    growth_rate: float
    solution: Solution | None = None
    reason: str = ""


def depart(solution: Solution, mode: Mode) -> Departure:
    """Search for the state that an unstable one evolves to; collective.

    Args:
        solution: The unstable state. Its problem with flow holds the other state afterwards if
            one was found; otherwise the unstable state is restored.
        mode: Its fastest-growing mode.
    """
    problem, rate = solution.convection, mode.growth_rate
    if solution.states is not None:
        return Departure(rate, reason="such a search does not know internal states")
    before, upright = problem.get_state(), replace(solution.experiment, start_up=None)
    reason, in_time = "", FollowInTime(not_before=E_FOLDS / rate, strong=False)
    log.info("the steady state is unstable; searching for another one along its growing mode")
    for added in _ways(solution, mode):
        problem.set_state([x + dx for x, dx in zip(before, added, strict=True)])
        try:
            report = find_convection(upright, problem, (in_time,))
            check_laws(problem)
        except FemsoretError as error:
            reason = error.message.splitlines()[-1].strip()
            if isinstance(error, NotConverged) and error.record.get("is_unsteady"):
                break  # it would be unsteady with the other sign as well
        else:
            if _distance(problem, before) > BACK * SIZE:
                return Departure(rate, departed_from(solution, report))
            reason = "the search returned to the unstable state"
    problem.set_state(before)
    return Departure(rate, reason=reason)


def _ways(solution: Solution, mode: Mode) -> Sequence[list[Array]]:
    """Return the perturbations to add: the mode with both signs, first that of the start tilt."""
    problem = solution.convection
    scale = SIZE / _largest(problem, mode.real)
    sense = np.copysign(1.0, _driven(solution, mode))
    return [[way * scale * sense * part for part in mode.real] for way in (1.0, -1.0)]


def _driven(solution: Solution, mode: Mode) -> float:
    """Return the work of the additional buoyancy of the tilted cell on the mode."""
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
    """Return the largest change of temperature and composition, in natural scales; collective."""
    now = problem.get_state()
    return _largest(problem, [x - y for x, y in zip(now, before, strict=True)])


def _largest(problem: Problem, parts: Sequence[Array]) -> float:
    """Return the largest entry of temperature and compositions, in natural scales; collective."""
    layout = problem.layout
    largest = max(
        float(np.abs(problem.entries(parts[layout.index(field)], field)).max(initial=0.0))
        / problem.scales.unknown[field]
        for field in layout.fields
    )
    return float(problem.cell.comm.allreduce(largest, op=MPI.MAX))
