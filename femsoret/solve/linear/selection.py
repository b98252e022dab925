"""Selection of the linear solver for a problem."""

from __future__ import annotations

from femsoret.base.errors import CaseError
from femsoret.problem import Problem
from femsoret.solve.linear.block_sweep import BlockAMG
from femsoret.solve.linear.direct import Direct, LinearSolver
from femsoret.solve.linear.exchange import combination
from femsoret.solve.linear.multigrid import Multigrid
from femsoret.solve.linear.options import (
    AMG,
    AUTOMATIC,
    DIRECT,
    EVEN_STEPS,
    MULTIGRID,
    REDUCED,
    Options,
)
from femsoret.solve.linear.reduced import ReducedDirect

SMALL = 25_000
"""Number of unknowns, without the velocity potential, up to which a 3D problem is factorised:
the coarsest level of multigrid would be as large."""

SMALL_LIQUID = 50_000
"""The same limit for mixtures: up to this size, factorisation is as fast as multigrid, and more
robust on meshes of few hexahedra."""

WHOLE = 15_000
"""Total number of unknowns up to which a 3D problem is factorised without elimination of the
velocity potential: this is as fast as the reduced solver, and robust at any stratification."""

REDUCED_FROM = 5_000
"""Number of unknowns of a pure fluid in 2D from which Newton steps leave the velocity potential out
of the factorisation: on smaller meshes this saves less time than deriving its equations takes."""


def is_factorised_whole(problem: Problem) -> bool:
    """Return whether to factorise a problem rather than use multigrid: if it is 2D or small."""
    if problem.cell.dim == 2:
        return True
    factorised = sum(problem.num_dofs_of(name) for name in problem.layout.names if name != "chi")
    return factorised <= (SMALL_LIQUID if problem.mixture.species else SMALL)


def preset_for(problem: Problem, preset: str) -> str:
    """Return the name of the preset with which a problem is solved.

    "automatic" selects "direct" in 2D and for very small problems in 3D; "reduced" for other small
    problems in 3D or if the cell cannot be meshed more coarsely; and "multigrid" otherwise.
    "reduced" becomes "direct" if the problem has no velocity potential. The force of a vibration
    couples more blocks than the other presets know, so that such a problem is factorised whole.

    Args:
        problem: The problem.
        preset: Name of a preset, or "automatic".
    """
    if "zeta" in problem.layout:
        if preset not in (AUTOMATIC, DIRECT):
            raise CaseError(
                f"the preset {preset!r} does not solve for a vibration",
                'use solver.preset = "direct"',
            )
        return DIRECT
    if preset == AUTOMATIC:
        small = is_factorised_whole(problem) or problem.cell.halved is None
        preset = REDUCED if small else MULTIGRID
        if small and (problem.cell.dim == 2 or problem.num_dofs <= WHOLE):
            preset = DIRECT
    return DIRECT if preset == REDUCED and "chi" not in problem.layout else preset


def options_of(problem: Problem, preset: str) -> Options:
    """Return the PETSc options that a problem requires in addition to those of its preset.

    In 2D a direct solver factorises the matrix as it is, without a scaling by MUMPS: rows and
    columns are in natural sizes, and the entries of a Laplacian in 2D do not depend on the size of
    the mesh cells. Without a scaling more pivots fall below MUMPS's usual threshold of 1e-2 and are
    delayed; hardly any fall below 1e-4. (In 3D such factorisations are slower.)

    A mesh of one or two cells may have more pressure dofs than free velocity dofs, so that some
    pressure dofs are undetermined. ICNTL(24) makes MUMPS detect zero pivots and set the
    corresponding unknowns to zero. Species that are converted into one another are smoothed
    together, by incomplete factorisation: PETSc's SOR solves for five unknowns at once where they
    have the same columns, which divides the species of a node. With multigrid all Newton steps of
    such a problem without flow are solved to the same tolerance.

    Args:
        problem: The problem.
        preset: Name of the preset other than "automatic".
    """
    plane = preset == DIRECT and problem.cell.dim == 2
    options: Options = {"mat_mumps_icntl_8": 0, "mat_mumps_cntl_1": 1e-4} if plane else {}
    if {"u", "p"} <= set(problem.layout.names):
        levels = len(problem.cell.parts)
        if problem.num_free_of("u") < problem.num_dofs_of("p") - levels:
            options["mat_mumps_icntl_24"] = 1
    if combination(problem):
        for level in ("mg_levels_gamma", "gamma_mg_levels"):
            options |= {f"{level}_pc_type": "bjacobi", f"{level}_sub_pc_type": "ilu"}
        if preset == MULTIGRID and not problem.layout.flows:
            options |= EVEN_STEPS
    return options


def _takes_reduced_steps(problem: Problem) -> bool:
    """Return whether Newton steps leave the velocity potential out of the factorisation.

    Only for pure fluids: in liquids at high Lewis numbers such steps are no descent directions so
    often that Newton's line search gives up earlier.
    """
    layout = problem.layout
    plane = problem.cell.dim == 2 and "chi" in layout and "zeta" not in layout
    return plane and not problem.mixture.species and problem.num_dofs >= REDUCED_FROM


def linear_solver(problem: Problem, preset: str, prefix: str) -> LinearSolver:
    """Create the linear solver of a preset for a problem.

    Args:
        problem: The problem.
        preset: Name of a preset other than "automatic".
        prefix: Prefix of the solver's PETSc options in the options database.

    Raises:
        CaseError: Multigrid was requested but the cell cannot be meshed more coarsely.
    """
    if preset == DIRECT:
        return Direct(problem, prefix, reduced=_takes_reduced_steps(problem))
    kinds: dict[str, type[ReducedDirect | Multigrid | BlockAMG]] = {
        REDUCED: ReducedDirect,
        MULTIGRID: Multigrid,
        AMG: BlockAMG,
    }
    return kinds[preset](problem, prefix)
