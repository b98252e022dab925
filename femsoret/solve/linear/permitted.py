"""PETSc options that a case file may set: only those that select and tune solvers.

Case files are data that people exchange, but PETSc options can do more than configure solvers: they
can load Python code (``pc_type = "python"``), open files for writing (viewers, monitors with a file
name, MUMPS output streams) and end the process. A case file may therefore set only the options
listed here, to the kinds of values given here, unless the user passes ``--unsafe-petsc-options``.
Python scripts may set any option (:class:`~femsoret.solve.steady.newton.NewtonOptions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from femsoret.solve.linear.options import AMG, AUTOMATIC, DIRECT, MULTIGRID, REDUCED, OptionValue

UNSAFE: Final = "--unsafe-petsc-options"
"""Command-line option that permits all PETSc options."""


@dataclass(frozen=True)
class OptionKind:
    """The values that are allowed for an option.

    Args:
        description: Description of the allowed values, for messages.
        words: Allowed strings; empty if numbers or flags are allowed.
        numbers: Whether numbers are allowed.
        flags: Whether true and false are allowed.
        only_on: Whether true is the only allowed value, for options that could also take a file
            name.
    """

    description: str
    words: frozenset[str] = frozenset()
    numbers: bool = False
    flags: bool = False
    only_on: bool = False

    def allows(self, value: OptionValue) -> bool:
        """Return whether a value, as read from a case file, is allowed for the option."""
        if self.only_on:
            return value is True
        if isinstance(value, bool):
            return self.flags
        if isinstance(value, int | float):
            return self.numbers or (self.flags and value in (0, 1))
        if self.numbers:
            return _is_number(str(value))
        return value in (_FLAG_WORDS if self.flags else self.words)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_FLAG_WORDS: Final = frozenset({"true", "false", "yes", "no", "0", "1"})
NUMBER: Final = OptionKind("a number", numbers=True)
FLAG: Final = OptionKind("true or false", flags=True)
MONITOR: Final = OptionKind("true (printed in the terminal)", only_on=True)


def _one_of(words: str) -> OptionKind:
    allowed = words.split()
    return OptionKind(f"one of {', '.join(allowed)}", frozenset(allowed))


Allowed = Mapping[str, OptionKind]


def _each(prefix: str, names: str, kind: OptionKind) -> dict[str, OptionKind]:
    """Return options of one kind whose names have a common prefix.

    Args:
        prefix: The prefix.
        names: The rest of each name, separated by spaces.
        kind: Kind of all these options.
    """
    return {f"{prefix}{name}": kind for name in names.split()}


_KSP: Final[Allowed] = {
    "ksp_type": _one_of(
        "preonly richardson chebyshev cg gmres fgmres lgmres gcr bcgs bcgsl tfqmr minres"
    ),
    **_each("ksp_", "rtol atol divtol max_it gmres_restart richardson_scale", NUMBER),
    "ksp_norm_type": _one_of("none preconditioned unpreconditioned natural"),
    "ksp_convergence_test": _one_of("default skip"),
    "ksp_pc_side": _one_of("left right symmetric"),
    **_each("ksp_", "gmres_modifiedgramschmidt initial_guess_nonzero", FLAG),
    **_each("ksp_", "monitor monitor_true_residual converged_reason", MONITOR),
}
_NEWTON: Final[Allowed] = {
    "snes_linesearch_type": _one_of("bt basic l2 cp nleqerr"),
    **_each("snes_linesearch_", "order damping max_it minlambda alpha", NUMBER),
    "snes_ksp_ew": FLAG,
    **_each("snes_ksp_ew_", "version rtol0 rtolmax gamma alpha alpha2 threshold", NUMBER),
    **_each("snes_", "monitor converged_reason linesearch_monitor", MONITOR),
    **_KSP,
}
# Neither 1 to 3, units of Fortran's output files, nor 22, which factorises into files.
_MUMPS: Final[Allowed] = {
    **_each(
        "mat_mumps_icntl_",
        "4 6 7 8 10 12 13 14 15 23 24 27 28 29 31 33 35 36 37 38 48 58",
        NUMBER,
    ),
    **_each("mat_mumps_cntl_", "1 2 3 4 5 7", NUMBER),
}
_PC: Final[Allowed] = {
    "pc_type": _one_of("none jacobi pbjacobi bjacobi sor ilu icc lu cholesky asm gamg"),
    "pc_factor_mat_solver_type": _one_of("petsc mumps superlu superlu_dist strumpack umfpack"),
    "pc_factor_mat_ordering_type": _one_of("natural nd 1wd rcm qmd amd external"),
    "pc_factor_shift_type": _one_of("none nonzero positive_definite inblocks"),
    **_each("pc_factor_", "levels shift_amount zeropivot fill", NUMBER),
    **_each("pc_factor_", "reuse_ordering reuse_fill", FLAG),
    **_each("pc_sor_", "its lits omega", NUMBER),
    **_each("pc_sor_", "symmetric backward forward local_symmetric", FLAG),
    "pc_jacobi_type": _one_of("diagonal rowmax rowl1 rowsum"),
    "pc_asm_overlap": NUMBER,
    "pc_asm_type": _one_of("basic restrict interpolate none"),
    **_each("sub_ksp_", "rtol max_it", NUMBER),
    "sub_ksp_type": _one_of("preonly richardson gmres"),
    "sub_pc_type": _one_of("none jacobi sor ilu icc lu cholesky"),
    "sub_pc_factor_levels": NUMBER,
}
_LEVELS: Final[Allowed] = {
    **_each(
        "pc_gamg_",
        "threshold threshold_scale coarse_eq_limit agg_nsmooths aggressive_coarsening "
        "square_graph process_eq_limit",
        NUMBER,
    ),
    **_each("pc_gamg_", "repartition reuse_interpolation", FLAG),
    "pc_mg_cycle_type": _one_of("v w"),
    "pc_mg_type": _one_of("multiplicative additive full kaskade"),
    **_each("pc_mg_", "levels multiplicative_cycles", NUMBER),
}


def _below(prefix: str, *groups: Allowed) -> dict[str, OptionKind]:
    """Return the options of several groups with a prefix added to their names."""
    return {f"{prefix}{key}": kind for group in groups for key, kind in group.items()}


_ALGEBRAIC: Final[Allowed] = {  # a block by algebraic multigrid or simpler methods
    **_KSP,
    **_PC,
    **_LEVELS,
    **_below("mg_levels_", _KSP, _PC),
    **_below("mg_coarse_", _KSP, _PC),
}
_BLOCKS: Final[Allowed] = {
    **{
        f"{block}_{key}": kind
        for block in ("gamma", "theta", "phi", "flow_u", "flow_p")
        for key, kind in _ALGEBRAIC.items()
    },
    **_below("flow_", _KSP),
}
_LAPLACIAN: Final[Allowed] = _below("chi_", _ALGEBRAIC)

PERMITTED: Final[Mapping[str, Allowed]] = {
    DIRECT: {**_NEWTON, **_PC, **_MUMPS},
    REDUCED: {**_NEWTON, **_PC, **_MUMPS, **_LAPLACIAN},
    MULTIGRID: {
        **_NEWTON,
        **_LEVELS,
        **_below("mg_levels_", _KSP, _BLOCKS),
        **_below("coarse_", _PC, _MUMPS),
        **_LAPLACIAN,
    },
    AMG: {**_NEWTON, **_BLOCKS, **_LAPLACIAN},
}
"""Preset -> PETSc options that a case file may set in combination with it."""


def permitted(preset: str) -> Allowed:
    """Return the PETSc options that a case file may set in combination with a preset.

    Args:
        preset: Name of a preset; "automatic" permits the options of all presets.

    Returns:
        Option -> kind of its allowed values.
    """
    if preset == AUTOMATIC:
        return {key: kind for allowed in PERMITTED.values() for key, kind in allowed.items()}
    return PERMITTED[preset]


def refused(preset: str, options: Mapping[str, OptionValue]) -> Iterator[tuple[str, str, str]]:
    """Yield (option, error message, hint) for each option that a case file may not set.

    Args:
        preset: Name of the preset selected in the case file.
        options: PETSc options set in the case file.
    """
    allowed = permitted(preset)
    anyway = f"{UNSAFE} permits all options; use it only for case files that you trust"
    for key, value in options.items():
        if key not in allowed:
            elsewhere = [name for name, there in PERMITTED.items() if key in there]
            what = f"the option {key!r} is not on the list of options that a case file may set"
            hint = f"presets that permit this option: {', '.join(elsewhere)}; {anyway}"
            if not elsewhere:
                close = [] if key[-1:].isdigit() else get_close_matches(key, allowed, 1, 0.8)
                meant = "".join(f"did you mean {near!r}? " for near in close)
                hint = f"{meant}see the list in docs/algorithms.md; {anyway}"
            yield key, f"{what} with the preset {preset!r}", hint
        elif not allowed[key].allows(value):
            yield key, f"{value!r} is not allowed", f"allowed: {allowed[key].description}; {anyway}"
