"""Warnings that the numbers of a run give rise to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from femsoret.report.rounding import percent, plain, short
from femsoret.report.units import units_of

SHORTEST: Final = 1.0
"""Relaxation times below which plateau and time constant are hardly told apart by a fit."""

COVERED: Final = 0.6
"""Part of the way to the plateau that a record should cover; one relaxation time covers 0.7."""

UNSURE: Final = 0.1
"""Relative uncertainty, or numerical error, of what is fitted that a reader should know of."""


def resolution_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warning that the mesh is too coarse for the composition, if it is.

    Args:
        summary: Summary of a run, its warnings apart.
    """
    cell = summary["resolution"]["coarsest"]
    if cell is None or cell["missed"] <= cell["limit"]:
        return ()
    length = units_of(summary).length
    size, needed = (
        f"{plain(cell[key] * length.factor, 2)} {length.label}" for key in ("cell_size", "needed")
    )
    return (
        f"the mesh is too coarse for the composition at the side {cell['side']!r}: cells there "
        f"have a solutal cell Péclet number of {short(cell['cell_peclet'])} and miss "
        f"{percent(cell['missed'])} of the range of the composition (allowed: "
        f"{percent(cell['limit'])}); they measure {size}, and {needed} is needed there. Grade the "
        "mesh towards the walls or take more cells",
    )


def evaluation_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings that the record of a transient run leaves D or the plateau open.

    Args:
        summary: Summary of a transient run, its warnings apart.
    """
    found = summary["evaluation"]
    if "reason" in found:
        return ()
    warnings = []
    covered = (found["end"] - found["t0"]) / summary["time"]["tau"]
    if covered < SHORTEST:
        warnings.append(
            f"D and S_T are evaluated from {short(covered)} relaxation times: so early a larger "
            "S_T and a slower approach look alike. Run longer, one relaxation time at least"
        )
    fit = found["with_gravity"]
    if fit["covered"] < COVERED:
        warnings.append(
            f"the fit's plateau is {short(1.0 / fit['covered'])} times what the record of "
            f"{'its decay' if found['relaxing'] else 'the separation'} covers: D and S_T are "
            "extrapolated. Run longer"
        )
    worst = max(fit["D_fit_uncertainty"], fit["separation_fit_uncertainty"])
    if worst > UNSURE:
        warnings.append(
            f"the record determines D to {percent(fit['D_fit_uncertainty'])} and the plateau to "
            f"{percent(fit['separation_fit_uncertainty'])} only, by what the fit leaves over "
            f"({percent(fit['misfit'])} of the plateau) and the tolerance of the steps. Biases "
            "below that mean nothing"
        )
    errors = summary["numerical_error"]
    warnings += [
        f"the numerical error of {label}, {percent(error)}, is as large as what is to be found: "
        "take a finer mesh and a smaller time.tolerance"
        for label, key in (("D", "D_bias"), ("S_T", "S_T_bias"))
        if (error := errors.get(f"evaluation.with_gravity.{key}") or 0.0) > UNSURE
    ]
    return tuple(warnings)
