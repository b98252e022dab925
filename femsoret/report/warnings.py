"""Warnings that the numbers of a run give rise to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from femsoret.report.rounding import percent, plain, short
from femsoret.report.units import duration, units_of

SHORTEST: Final = 1.0
"""Relaxation times below which plateau and time constant are hardly told apart by a fit."""

COVERED: Final = 0.6
"""Part of the way to the plateau that a record should cover; one relaxation time covers 0.7."""

UNSURE: Final = 0.1
"""Relative uncertainty, or numerical error, of what is fitted that a reader should know of."""


FLOW_KNOWN: Final = 0.1
"""Numerical error of the largest speed, relative to it, from which the flow counts as not known."""

FLOWS: Final = 1.0
"""Peclet number from which anybody looks at a flow."""

COARSEST: Final = {
    "composition": "coarsest",
    "temperature": "temperature",
    "velocity": "velocity",
}
"""Field -> key of its worst mesh cell under ``resolution`` of a summary."""


def resolution_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings that the mesh is too coarse for a field, as far as it is.

    Args:
        summary: Summary of a run, its warnings apart.
    """
    sentences = (_too_coarse(summary, field) for field in COARSEST)
    return tuple(sentence for sentence in sentences if sentence)


def _too_coarse(summary: Mapping[str, Any], field: str) -> str:
    """Return the warning that the mesh is too coarse for a field; empty where it is not."""
    cell = summary["resolution"][COARSEST[field]]
    if cell is None or cell["missed"] <= cell["limit"]:
        return ""
    length = units_of(summary).length
    size, needed = (
        f"{plain(cell[key] * length.factor, 2)} {length.label}" for key in ("cell_size", "needed")
    )
    kind = "solutal" if field == "composition" else "thermal"
    of_what = "the largest speed" if field == "velocity" else f"the range of the {field}"
    return (
        f"the mesh is too coarse for the {field} at the side {cell['side']!r}: cells there "
        f"have a {kind} cell Péclet number of {short(cell['cell_peclet'])} and miss "
        f"{percent(cell['missed'])} of {of_what} (allowed: {percent(cell['limit'])}); they measure "
        f"{size}, and {needed} is needed there. Grade the mesh towards the walls or take more cells"
    )


def failed_warnings(failed: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning for each measurement that failed after the solve.

    Args:
        failed: Name of each failed measurement -> why it failed.
    """
    return tuple(
        f"{what} not available: {why}. All other results are valid" for what, why in failed.items()
    )


def worst_time_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings that the mesh was too coarse for a field before the end of a run.

    Args:
        summary: Summary of a transient run, its warnings apart.
    """
    warnings = []
    for field, key in COARSEST.items():
        worst, end = summary["resolution"]["in_time"][field], summary["resolution"][key]
        at_the_end = end is not None and end["missed"] > end["limit"]
        if worst is None or worst["missed"] <= worst["limit"] or at_the_end:
            continue
        in_tau = short(worst["t"] / summary["time"]["tau"])
        when = f"{duration(summary['units'], worst['t'])} ({in_tau} τ)"
        of_what = "the largest speed" if field == "velocity" else f"the range of the {field}"
        warnings.append(
            f"the mesh was too coarse for the {field} on the way: at {when} cells missed "
            f"{percent(worst['missed'])} of {of_what} (allowed: {percent(worst['limit'])}); the "
            "history has it step by step. Grade the mesh towards the walls or take more cells"
        )
    return tuple(warnings)


def corner_warnings(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the warning that hot meets cold in corners, where it does.

    Args:
        pairs: Pairs of sides that touch and are held at different temperatures.
    """
    if not pairs:
        return ()
    where = ", ".join(f"{one!r} and {other!r}" for one, other in pairs)
    return (
        f"walls of different temperatures touch ({where}): in the corner the heat flux is "
        "infinite, and any number for the heat through these sides would grow with the mesh. Their "
        "heat flows and Nusselt numbers are left out. Put an insulated piece of wall between them, "
        "or let the temperature pass from one to the other over some length",
    )


def flow_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warning that the flow is hardly known, if its numerical error says so.

    Args:
        summary: Summary of a run, its warnings apart.
    """
    fastest, error = summary["max_speed"], summary["numerical_error"].get("max_speed")
    peclet = max(number or 0.0 for number in summary["peclet"].values())
    if error is None or peclet < FLOWS or error <= FLOW_KNOWN * fastest:
        return ()
    return (
        f"the largest speed is known to {percent(error / fastest)} only (numerical error): Péclet "
        "numbers, figures of the flow and sensitivities to the fluid data are as uncertain, "
        "whatever the error of the bias. Take more cells, or a higher solver.degree",
    )


def evaluation_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings that the record of a transient run leaves D or the plateau open.

    Args:
        summary: Summary of a transient run, its warnings apart.
    """
    evaluation = summary["evaluation"]
    if "reason" in evaluation:
        return ()
    warnings = []
    covered = (evaluation["end"] - evaluation["t0"]) / summary["time"]["tau"]
    if covered < SHORTEST:
        warnings.append(
            f"D and S_T are evaluated from {short(covered)} relaxation times: so early a larger "
            "S_T and a slower approach look alike. Run longer, one relaxation time at least"
        )
    fit = evaluation["with_gravity"]
    if fit["covered"] < COVERED:
        warnings.append(
            f"the fit's plateau is {short(1.0 / fit['covered'])} times what the record of "
            f"{'its decay' if evaluation['relaxing'] else 'the separation'} covers: D and S_T are "
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
