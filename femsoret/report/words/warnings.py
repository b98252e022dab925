"""Warnings that follow from the numbers of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from femsoret.post.fractions import NEGATIVE
from femsoret.report.words.numbers import percent, plain, short
from femsoret.report.words.stability import (
    ANOTHER,
    MARCH,
    TWO_STATES,
    departure_clause,
    stability_clause,
    uniform_start_clause,
)
from femsoret.report.words.units import Summary, duration, units_of

SHORTEST: Final = 1.0
"""Duration in relaxation times below which a fit hardly separates plateau and time constant."""

COVERED: Final = 0.6
"""Fraction of the plateau that a history should cover; one relaxation time covers 0.7."""

UNSURE: Final = 0.1
"""Relative uncertainty or numerical error of fitted numbers above which there is a warning."""

FLOW_KNOWN: Final = 0.1
"""Relative numerical error of the largest speed above which there is a warning."""

FLOWS: Final = 1.0
"""Peclet number below which there is no warning about the error of the flow."""

COARSEST: Final = {
    "composition": "coarsest",
    "temperature": "temperature",
    "velocity": "velocity",
}
"""Field -> key of its worst mesh cell under ``resolution`` of a summary."""


def resolution_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning for each field for which the mesh is too coarse.

    Args:
        summary: Summary of a run, without its warnings.
    """
    sentences = (_too_coarse(summary, field) for field in COARSEST)
    return tuple(sentence for sentence in sentences if sentence)


def _too_coarse(summary: Mapping[str, Any], field: str) -> str:
    """Return a warning if the mesh is too coarse for a field; empty otherwise."""
    cell = summary["resolution"][COARSEST[field]]
    if cell is None or cell["missed"] <= cell["limit"]:
        return ""
    length = units_of(summary).length
    size, needed = (
        f"{plain(cell[key] * length.factor, 2)} {length.label}" for key in ("cell_size", "needed")
    )
    if size == needed:
        needed = "a little less"
    kind = "solutal" if field == "composition" else "thermal"
    of_what = "the largest speed" if field == "velocity" else f"the range of the {field}"
    return (
        f"the mesh is too coarse for the {field} at the side {cell['side']!r}: cells there "
        f"have a {kind} cell Péclet number of {short(cell['cell_peclet'])} and miss "
        f"{percent(cell['missed'])} of {of_what} (allowed: {percent(cell['limit'])}); they measure "
        f"{size}, but should measure {needed}. Grade the mesh towards the walls or use more cells"
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
    """Return a warning for each field for which the mesh was too coarse during a run only.

    Args:
        summary: Summary of a transient run, without its warnings.
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
            f"the mesh was too coarse for the {field} during the run: at {when} cells missed "
            f"{percent(worst['missed'])} of {of_what} (allowed: {percent(worst['limit'])}); the "
            "history contains all steps. Grade the mesh towards the walls or use more cells"
        )
    return tuple(warnings)


def fraction_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning if a mass fraction is negative somewhere; empty otherwise.

    Args:
        summary: Summary of a run.
    """
    least = summary["least_fraction"]
    if least is None or least["value"] >= -NEGATIVE:
        return ()
    length = units_of(summary).length
    place = ", ".join(plain(x * length.factor, 3) for x in least["x"])
    when = f" at {duration(summary['units'], least['t'])}" if "t" in least else ""
    return (
        f"the mass fraction of {least['component']} is {plain(least['value'], 3)} at the point "
        f"({place}) {length.label}{when}: no mass fraction can be negative, so that this state is "
        "not physical there. Transport coefficients that do not vanish with a mass fraction hold "
        "only near their reference state; otherwise the mesh is too coarse",
    )


def column_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning if assumptions of the formula of a column are not met; empty otherwise.

    Args:
        summary: Summary of a run, without its warnings.
    """
    column = summary.get("column")
    failed = [check for check in (column or {}).get("checks", ()) if not check["met"]]
    if not failed:
        return ()
    listed = "; ".join(
        f"{check['name']} ({short(check['value'])}, at most {short(check['limit'])})"
        for check in failed
    )
    return (
        "the formula of parallel flow, by which the cell is evaluated as a column, assumes what "
        f"does not hold here: {listed}",
    )


def corner_warnings(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return a warning if walls of different temperatures touch; empty otherwise.

    Args:
        pairs: Pairs of adjacent sides with different imposed temperatures.
    """
    if not pairs:
        return ()
    where = ", ".join(f"{one!r} and {other!r}" for one, other in pairs)
    return (
        f"walls of different temperatures touch ({where}): in the corner the heat flux is "
        "infinite, and any number for the heat through these sides would grow with the mesh. Their "
        "heat flows and Nusselt numbers are left out. Insert an insulated piece of wall between "
        "them, or let the imposed temperature vary continuously from one to the other",
    )


def flow_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning if the numerical error of the flow is large; empty otherwise.

    Args:
        summary: Summary of a run, without its warnings.
    """
    fastest, error = summary["max_speed"], summary["numerical_error"].get("max_speed")
    peclet = max(number or 0.0 for number in summary["peclet"].values())
    if error is None or peclet < FLOWS or error <= FLOW_KNOWN * fastest:
        return ()
    return (
        f"the numerical error of the largest speed is {percent(error / fastest)}: Péclet numbers, "
        "figures of the flow and sensitivities to the fluid data are as uncertain, whatever the "
        "error of the bias. Use more cells or a higher solver.degree",
    )


LAGS: Final = 0.1
"""Peclet number of a body above which heat or species lag behind its motion, and distance over its
size by which it may move while the mesh keeps it in place."""


def body_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return warnings on bodies that move too fast or too far for a mesh that stands still.

    Args:
        summary: Summary of a run, without its warnings.
    """
    length, warnings = units_of(summary).length, []
    for name, body in summary["bodies"].items():
        kinds = {"thermal": body["peclet_thermal"], "solutal": body["peclet_solutal"] or 0.0}
        kind = max(kinds, key=lambda each: kinds[each])
        if kinds[kind] > LAGS:
            warnings.append(
                f"the body {name!r} moves by its own size faster than its surroundings adapt: its "
                f"{kind} Péclet number is {short(kinds[kind])}. The state is that of a body which "
                "has stood still until now"
            )
        moved = body.get("moved") or 0.0
        if moved > LAGS * body["size"]:
            warnings.append(
                f"the body {name!r} would move by {plain(moved * length.factor, 2)} {length.label} "
                f"in this run, {short(moved / body['size'])} of its size, but the mesh keeps it "
                "where it is: what depends on its place holds for the beginning only"
            )
    return tuple(warnings)


def evaluation_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return warnings if the history of a transient run does not determine D or the plateau well.

    Args:
        summary: Summary of a transient run, without its warnings.
    """
    evaluation = summary["evaluation"]
    if "reason" in evaluation:
        return ()
    warnings = []
    covered = (evaluation["end"] - evaluation["t0"]) / summary["time"]["tau"]
    if covered < SHORTEST:
        warnings.append(
            f"D and S_T are evaluated from {short(covered)} relaxation times only: so early, a "
            "larger S_T and a slower approach look alike. Run for at least one relaxation time"
        )
    fit = evaluation["with_gravity"]
    if fit["covered"] < COVERED:
        warnings.append(
            f"the fitted plateau is {short(1.0 / fit['covered'])} times the part covered by the "
            f"history of {'its decay' if evaluation['relaxing'] else 'the separation'}: D and S_T "
            "are extrapolated. Run longer"
        )
    worst = max(fit["D_fit_uncertainty"], fit["separation_fit_uncertainty"])
    if worst > UNSURE:
        warnings.append(
            f"the history determines D only to {percent(fit['D_fit_uncertainty'])} and the plateau "
            f"to {percent(fit['separation_fit_uncertainty'])}, due to the residual of the fit "
            f"({percent(fit['misfit'])} of the plateau) and the tolerance of the steps. Smaller "
            "biases have no meaning"
        )
    errors = summary["numerical_error"]
    warnings += [
        f"the numerical error of the evaluated {label} is {percent(error)}: use a finer mesh and "
        "a smaller time.tolerance"
        for label, key in (("D", "D_bias"), ("S_T", "S_T_bias"))
        if (error := errors.get(f"evaluation.with_gravity.{key}") or 0.0) > UNSURE
    ]
    return tuple(warnings)


def stability_warnings(summary: Summary) -> tuple[str, ...]:
    """Return warnings on the stability of a steady state."""
    stability = summary["stability"]
    clause, warnings = stability_clause(stability, summary["units"]), list[str]()
    if stability["verdict"] == "unstable":
        warnings.append(f"{clause}; {MARCH}")
    if departure := departure_clause(summary):
        warnings.append(departure)
    if stability["suspected"]:
        warnings.append(clause)
    if stability["verdict"] == "no growth found" and stability["growth_rate"] > 0.0:
        warnings.append(f"{stability['reason']}: it is an artefact of the mesh; use more cells")
    if stability["one_state"] is False:
        warnings.append(TWO_STATES)
    if stability.get("slow") and stability["verdict"] == "no growth found" and _is_biased(summary):
        warnings.append(SLOW)
    begun = stability.get("uniform_start")
    if begun and begun["reached"] in (ANOTHER, "no steady state"):
        warnings.append(f"{uniform_start_clause(summary)}. {LEVEL}")
    return tuple(warnings)


def _is_biased(summary: Summary) -> bool:
    """Return whether the flow changes S_T by more than NOTICED and the numerical error."""
    bias = (summary["soret"] or {}).get("bias")
    error = summary["numerical_error"].get("soret.bias") or 0.0
    return bias is not None and abs(bias) > max(NOTICED, error)


NOTICED: Final = 0.01
"""Bias above which a run warns that its state may be reached late."""


SLOW: Final = (
    "the composition stratifies this state unstably: a flow of this kind grows slowly from rest, "
    "and a reading after a few relaxation times may show little of its bias. When it does was not "
    "looked at: a run with [time] shows it"
)
"""Warning on a steady state that an experiment may not reach."""


LEVEL: Final = (
    "Level the cell better, or weaken the flow (gap, temperature difference), until only one is "
    "left; a run with [time] shows the way there"
)
"""What to do where two steady states are possible."""


HOMOGENISED: Final = 0.01
"""Error of the homogenised S_T, relative to the fast limit, above which a run warns."""


NO_SORET: Final = 1e-9
"""S_T, 1/K, that is nothing: round-off where states do not differ."""


def particle_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is to be said about particles; empty without internal states.

    Args:
        summary: Summary of a run, without its warnings.
    """
    in_time, particle = summary.get("states_in_time"), summary.get("particle")
    if in_time:
        return _not_fast(in_time[0]["name"], "at rest", in_time[0]["at_rest"], in_time[0]["fast"])
    if particle is None:
        return ()
    length = units_of(summary).length
    warnings = [
        f"the mesh misses the boundary layer of the internal states of {of['name']} at the side "
        f"{layer['side']!r}: it is {plain(layer['thickness'] * length.factor, 2)} {length.label} "
        f"thick, mesh cells resolve {plain(layer['resolved'] * length.factor, 2)} {length.label} "
        "there. Amounts at the walls are those of fast transitions, not of the states; refine the "
        "mesh at the walls"
        for of in (particle, *summary.get("tracers", ()))
        for layer in of["layers"]
        if layer["resolved"] > layer["thickness"]
    ]
    soret = particle["soret"]
    fast = soret + particle["homogenisation"]["soret"]
    return (*warnings, *_not_fast(particle["name"], "from wall to wall", soret, fast))


def _not_fast(name: str, where: str, soret: float | None, fast: float | None) -> tuple[str, ...]:
    """Return the warning that S_T, 1/K, is not that of fast transitions; none if it is."""
    if soret is None or fast is None:
        return ()
    if abs(fast - soret) <= max(HOMOGENISED * max(abs(soret), abs(fast)), NO_SORET):
        return ()
    return (
        f"the transitions of {name} are not fast in this cell: {where} S_T is {plain(soret, 4)} "
        f"1/K, with fast transitions it would be {plain(fast, 4)} 1/K. It depends on the size of "
        "the cell",
    )
