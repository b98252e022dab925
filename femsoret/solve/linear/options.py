"""PETSc options: presets, and how they are overridden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TypeAlias

from petsc4py import PETSc

from femsoret.base.errors import CaseError, nearest

OptionValue: TypeAlias = str | float | int | None
"""Value of a PETSc option; None removes the option."""

Options: TypeAlias = dict[str, OptionValue]
"""Mapping from names of PETSc options to their values."""

DIRECT, REDUCED, MULTIGRID, AMG = "direct", "reduced", "multigrid", "amg"
AUTOMATIC = "automatic"

FACTORISING = frozenset({DIRECT, REDUCED})
"""Presets that factorise the whole matrix, or all of it except the velocity potential."""

_MUMPS: Options = {
    "pc_type": "lu",
    "pc_factor_mat_solver_type": "mumps",
    # A saddle point pivots off the diagonal: give MUMPS room before it has to start again.
    "mat_mumps_icntl_14": 80,
    # Nested dissection (METIS). Approximate minimum fill is as sparse on quadrilaterals, but on
    # triangles takes up to three times the operations.
    "mat_mumps_icntl_7": 5,
}

_KRYLOV: Options = {
    "ksp_type": "fgmres",
    "ksp_gmres_restart": 50,
    "ksp_max_it": 150,
    # Early Newton steps are solved no better than they deserve (Eisenstat and Walker, SIAM J.
    # Sci. Comput. 17 (1996) 16).
    "snes_ksp_ew": "true",
    "snes_ksp_ew_rtol0": 5e-3,  # on hexahedra a looser first solve often costs a Newton step
    "snes_ksp_ew_rtolmax": 1e-2,
    "snes_ksp_ew_alpha": 1.3,
}

EVEN_STEPS: Options = {"snes_ksp_ew": "false", "ksp_rtol": 1e-6}
"""For multigrid with species that are converted into one another and do not flow, in place of the
tolerances of Eisenstat and Walker: every Newton step is solved equally well. Those tolerances
follow how much the last step left, and so make a solve take three steps at some rates of conversion
and four at others. With 1e-6 it takes three at all rates, and the iterations are level on most
meshes (docs/evidence.md). Flows take more iterations than they need (docs/notebook.md)."""

# Buoyancy that phi does not balance drives flows that a stratified liquid does not have.
_POTENTIAL: Options = {
    "ksp_type": "cg",
    "ksp_max_it": 8,
    "ksp_norm_type": "none",
    "ksp_convergence_test": "skip",
}

# The velocity's potential (:mod:`femsoret.solve.linear.elimination`).
_LAPLACIAN: Options = {
    "chi_ksp_type": "cg",
    "chi_ksp_rtol": 1e-2,
    "chi_ksp_max_it": 50,
    "chi_pc_type": "mg",
    "chi_pc_mg_galerkin": "both",
    # Not SOR: on eight ranks its preconditioned residual does not see errors at their borders.
    "chi_mg_levels_ksp_type": "chebyshev",
    "chi_mg_levels_ksp_max_it": 2,
    "chi_mg_levels_pc_type": "jacobi",
    "chi_mg_coarse_pc_type": "gamg",
}

_GAMG: Options = {
    "pc_type": "gamg",
    # Chebyshev with Jacobi, the default, suits neither convection nor grad-div.
    "mg_levels_ksp_type": "richardson",
    "mg_levels_pc_type": "sor",
    "mg_levels_ksp_max_it": 2,
}

# Velocity and pressure together: a few steps, each a sweep over p, u, p. The convergence test is
# not skipped: where nothing flows it ends the steps.
_FLOW: Options = {
    "ksp_type": "fgmres",
    "ksp_max_it": 4,
    "p_ksp_type": "preonly",
    "p_pc_type": "sor",
    "u_ksp_type": "preonly",
}

# A sweep over the blocks (:mod:`femsoret.solve.linear.block_sweep`).
_SWEEPS: Options = {
    "pc_fieldsplit_diag_use_amat": "true",  # the flow's own operator has no Schur complement
    **{f"{block}_ksp_type": "preonly" for block in ("gamma", "theta")},
    **{f"phi_{key}": value for key, value in _POTENTIAL.items()},
    **{f"flow_{key}": value for key, value in _FLOW.items()},
}

_SOR: Options = {
    **{f"{block}_pc_type": "sor" for block in ("gamma", "theta", "phi")},
    "flow_u_pc_type": "sor",
    # An odd number: SOR amplifies by -1 or more at the borders between ranks.
    "flow_u_pc_sor_its": 3,
}

PRESETS: dict[str, Options] = {
    DIRECT: {"ksp_type": "preonly", **_MUMPS},
    REDUCED: {
        "ksp_type": "fgmres",
        # Strong stratification takes many iterations: u is then mostly a gradient, which the
        # reduced equations do not see (boxes of 3 x 4 x 3 hexahedra: 8 iterations a step at
        # Ra Le psi = 1e7, 36 at 3e8).
        "ksp_gmres_restart": 100,
        "ksp_max_it": 100,
        "ksp_rtol": 1e-6,
        **_MUMPS,
        **_LAPLACIAN,
        # Outer iterations are few and cost a back-substitution each.
        "chi_ksp_rtol": 1e-6,
    },
    MULTIGRID: {
        **_KRYLOV,
        "pc_type": "mg",
        "pc_use_amat": "true",
        "mg_levels_ksp_type": "fgmres",
        "mg_levels_ksp_max_it": 1,
        "mg_levels_ksp_convergence_test": "skip",
        **{f"mg_levels_{key}": value for key, value in (_SWEEPS | _SOR).items()},
        **_LAPLACIAN,
        **{f"coarse_{key}": value for key, value in _MUMPS.items()},
    },
    AMG: {
        **_KRYLOV,
        # The first steps from rest are far from the solution anyway.
        "snes_ksp_ew_rtol0": 0.1,
        "snes_ksp_ew_rtolmax": 0.1,
        **_SWEEPS,
        **_LAPLACIAN,
        **{f"{b}_{key}": v for b in ("gamma", "theta") for key, v in _GAMG.items()},
        "phi_pc_type": "gamg",
        **{f"flow_u_{key}": value for key, value in _GAMG.items()},
        "flow_u_pc_gamg_threshold": 0.01,
        # Damped, for the same reason: each level smooths an even number of times.
        "flow_u_mg_levels_ksp_richardson_scale": 0.6,
    },
}
"""PETSc options of the presets; ``docs/notebook.md`` lists the alternatives that were tried.

direct: MUMPS factorises the whole block matrix. For 2D problems of any usual size.

reduced: MUMPS factorises the equations without the velocity potential; a Poisson solve and a few
outer iterations account for the potential. For 3D problems of up to about 50,000 unknowns
(:mod:`femsoret.solve.linear.reduced`).

multigrid: a V-cycle over successively coarser meshes. The smoother is one FGMRES iteration
preconditioned by a sweep over the blocks; MUMPS factorises the system on the coarsest mesh
(:mod:`femsoret.solve.linear.multigrid`).

amg: sweeps over the blocks on one mesh, with PETSc's GAMG for each block. For pure fluids and weak
flow if the cell cannot be meshed more coarsely; it fails if flow and composition are strongly
coupled at a high Lewis number (:mod:`femsoret.solve.linear.block_sweep`).
"""

_prefixes = count()


def resolved(preset: str, overrides: Mapping[str, OptionValue] = {}) -> Options:
    """Return the PETSc options of a preset with overrides applied.

    Args:
        preset: Name of a preset other than "automatic".
        overrides: PETSc option -> value; None removes an option of the preset.

    Raises:
        CaseError: The preset is unknown.
    """
    if preset not in PRESETS:
        raise CaseError(f"unknown solver preset {preset!r}", nearest(preset, PRESETS))
    merged = {**PRESETS[preset], **overrides}
    return {key: value for key, value in merged.items() if value is not None}


@contextmanager
def in_database(options: Options) -> Iterator[str]:
    """Insert options into PETSc's database under a unique prefix, and yield the prefix.

    The context must stay open during the lifetime of the solver: blocks, multigrid levels and MUMPS
    read their options only when they are first set up.

    Args:
        options: PETSc option, without prefix -> value.
    """
    prefix = f"femsoret_{next(_prefixes)}_"
    database = PETSc.Options()
    for key, value in options.items():
        # To PETSc an option without a value is true; the text "true" is the name of a viewer.
        database[prefix + key] = None if value is True else value
    try:
        yield prefix
    finally:
        for key in options:
            database.delValue(prefix + key)
