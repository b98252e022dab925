"""Which linear solver a problem gets."""

from __future__ import annotations

from femsoret.problem import Problem
from femsoret.solve.block_amg import BlockAMG
from femsoret.solve.linear import Direct, LinearSolver
from femsoret.solve.multigrid import Multigrid
from femsoret.solve.options import AMG, AUTOMATIC, DIRECT, MULTIGRID

SMALL = 25_000
"""Unknowns up to which a 3D problem is factorised as a whole: multigrid would factorise as many."""

SMALL_LIQUID = 50_000
"""The same with species: there that is as quick as multigrid, and on few hexahedra surer."""


def is_factorised_whole(problem: Problem) -> bool:
    """Return whether a problem is best factorised as a whole: in 2D, and where it is small."""
    most = SMALL_LIQUID if problem.mixture.species else SMALL
    return problem.cell.dim == 2 or problem.num_dofs <= most


def preset_for(problem: Problem, preset: str) -> str:
    """Return the preset that a problem is solved with.

    Args:
        problem: The problem.
        preset: Name of a preset, or "automatic": multigrid in 3D, unless the problem is small or
            there is no coarser mesh of the cell; else direct.
    """
    if preset != AUTOMATIC:
        return preset
    return DIRECT if is_factorised_whole(problem) or problem.cell.halved is None else MULTIGRID


def linear_solver(problem: Problem, preset: str, prefix: str) -> LinearSolver:
    """Return the linear solver of a preset.

    Args:
        problem: The problem.
        preset: Name of a preset, not "automatic".
        prefix: Prefix under which its PETSc options are.

    Raises:
        CaseError: Multigrid on a mesh that cannot be made again.
    """
    kinds: dict[str, type[Direct | Multigrid | BlockAMG]] = {
        DIRECT: Direct,
        MULTIGRID: Multigrid,
        AMG: BlockAMG,
    }
    return kinds[preset](problem, prefix)
