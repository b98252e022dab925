"""Largest speed, and the Peclet numbers made of it."""

from __future__ import annotations

from dataclasses import dataclass

from mpi4py import MPI

import numpy as np

from femsoret.problem import Problem


@dataclass(frozen=True)
class Speed:
    """How fast a cell flows.

    Args:
        maximum: Largest |u| at the nodes, m/s.
        peclet_thermal: maximum L/alpha.
        peclet_solutal: maximum L/D; None without species.
    """

    maximum: float
    peclet_thermal: float
    peclet_solutal: float | None


def speed(problem: Problem) -> Speed:
    """Return the largest speed of a solved problem.

    Args:
        problem: A solved problem with flow.
    """
    u = problem.function("u")
    owned = u.function_space.dofmap.index_map.size_local
    nodal = np.linalg.norm(u.x.array.reshape(-1, problem.cell.dim)[:owned], axis=1)
    maximum = float(problem.cell.comm.allreduce(float(nodal.max(initial=0.0)), op=MPI.MAX))
    values, L = problem.mixture.reference_values(), problem.orientation.gap
    return Speed(
        maximum=maximum,
        peclet_thermal=maximum * L / values.alpha,
        peclet_solutal=maximum * L / values.D if problem.mixture.species else None,
    )
