"""Which linear solver a problem gets."""

from __future__ import annotations

from femsoret.problem import Problem
from femsoret.solve.linear.block_sweep import BlockAMG
from femsoret.solve.linear.direct import Direct, LinearSolver
from femsoret.solve.linear.multigrid import Multigrid
from femsoret.solve.linear.options import AMG, AUTOMATIC, DIRECT, MULTIGRID, REDUCED, Options
from femsoret.solve.linear.reduced import ReducedDirect

SMALL = 25_000
"""Unknowns, without the velocity's potential, up to which a 3D problem is factorised: multigrid
would factorise as many."""

SMALL_LIQUID = 50_000
"""The same with species: up to here as fast as multigrid, and more robust on few hexahedra."""

WHOLE = 15_000
"""Unknowns, all included, up to which a 3D problem is factorised as a whole: as fast as the reduced
solver, and robust at any stratification."""


def is_factorised_whole(problem: Problem) -> bool:
    """Return whether a problem is best factorised as a whole: in 2D, and where it is small."""
    if problem.cell.dim == 2:
        return True
    factorised = sum(problem.num_dofs_of(name) for name in problem.layout.names if name != "chi")
    return factorised <= (SMALL_LIQUID if problem.mixture.species else SMALL)


def preset_for(problem: Problem, preset: str) -> str:
    """Return the preset that a problem is solved with.

    Args:
        problem: The problem.
        preset: Name of a preset, or "automatic": multigrid in 3D, unless the problem is small or
            there is no coarser mesh of the cell, then reduced; direct in 2D and where it is very
            small.
    """
    if preset == AUTOMATIC:
        small = is_factorised_whole(problem) or problem.cell.halved is None
        preset = REDUCED if small else MULTIGRID
        if small and (problem.cell.dim == 2 or problem.num_dofs <= WHOLE):
            preset = DIRECT
    return DIRECT if preset == REDUCED and "chi" not in problem.layout else preset


def options_of_mesh(problem: Problem) -> Options:
    """Return PETSc options that the mesh of a problem needs.

    A mesh of one or two cells may have more pressures than free velocities, so that some pressures
    are undetermined: MUMPS sets unknowns of vanishing pivots to zero.

    Args:
        problem: The problem.
    """
    if not {"u", "p"} <= set(problem.layout.names):
        return {}
    levels = len(problem.cell.parts)
    few = problem.num_free_of("u") < problem.num_dofs_of("p") - levels
    return {"mat_mumps_icntl_24": 1} if few else {}


def linear_solver(problem: Problem, preset: str, prefix: str) -> LinearSolver:
    """Return the linear solver of a preset.

    Args:
        problem: The problem.
        preset: Name of a preset, not "automatic".
        prefix: Prefix under which its PETSc options are.

    Raises:
        CaseError: Multigrid on a mesh that cannot be made again.
    """
    kinds: dict[str, type[Direct | ReducedDirect | Multigrid | BlockAMG]] = {
        DIRECT: Direct,
        REDUCED: ReducedDirect,
        MULTIGRID: Multigrid,
        AMG: BlockAMG,
    }
    return kinds[preset](problem, prefix)
