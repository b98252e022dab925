"""PETSc options: documented presets, and one rule to change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count

from petsc4py import PETSc

from femsoret.errors import CaseError, nearest

Options = dict[str, str | float | int | None]

DIRECT: Options = {
    "ksp_type": "preonly",
    "pc_type": "lu",
    "pc_factor_mat_solver_type": "mumps",
    # A saddle point pivots off the diagonal: give MUMPS room before it has to start again.
    "mat_mumps_icntl_14": 80,
}
"""MUMPS on the whole block matrix: 2D of any usual size, 3D up to some 50,000 unknowns.

Splitting the buoyancy potential off (field split, multiplicative, exact blocks) was tried: where
the composition diffuses slowly the iteration stalls, because the unbalanced buoyancy left in the
rest drives flows that the composition does not forgive.
"""

PRESETS: dict[str, Options] = {"direct": DIRECT}

ALWAYS: Options = {
    # PETSc shortens steps of a norm above 1e8, which a linear problem with Ra = 1e9 exceeds.
    "snes_linesearch_maxstep": 1e30,
}
"""What all presets share."""

_prefixes = count()


def resolved(preset: str, overrides: Mapping[str, str | float | int | None] = {}) -> Options:
    """Return the options of a preset with single keys changed.

    Args:
        preset: Name of a preset.
        overrides: PETSc option -> value; None removes the key.

    Raises:
        CaseError: Unknown preset.
    """
    if preset not in PRESETS:
        raise CaseError(f"unknown solver preset {preset!r}", nearest(preset, PRESETS))
    merged = {**ALWAYS, **PRESETS[preset], **overrides}
    return {key: value for key, value in merged.items() if value is not None}


@contextmanager
def in_database(options: Options) -> Iterator[str]:
    """Keep options in PETSc's database under a fresh prefix, and yield the prefix.

    They stay there as long as the solver lives: field splits, multigrid levels and MUMPS read
    theirs late, at the first set-up.
    """
    prefix = f"femsoret_{next(_prefixes)}_"
    database = PETSc.Options()
    for key, value in options.items():
        database[prefix + key] = value
    try:
        yield prefix
    finally:
        for key in options:
            database.delValue(prefix + key)
