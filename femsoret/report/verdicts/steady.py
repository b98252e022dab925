"""The verdict of a steady run: its main result in two sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from femsoret.report.verdicts.column import column_verdict, is_column
from femsoret.report.verdicts.verdict import (
    Fact,
    Verdict,
    change_by_flow,
    largest_speed,
    nothing_separates,
    regime,
    regime_fact,
)
from femsoret.report.words.components import (
    components,
    first_component,
    reported_coefficients,
    symbol,
    true_coefficients,
    worst_component,
)
from femsoret.report.words.numbers import percent, percent_with_error, plain, short, with_error
from femsoret.report.words.phrases import (
    NO_GRAVITY,
    capitalised,
    data_uncertainty_text,
    deviation,
    effect_of_readings,
    fluid_soret,
    heated_inside,
    is_solid,
    missing_uncertainties,
    reading_effect,
    reference_nusselt,
    reference_wall,
    rests_without_gravity,
)
from femsoret.report.words.stability import (
    ANOTHER,
    MARCH,
    TWO_STATES,
    lasts,
    rate_text,
    separated_clause,
    stability_clause,
    stability_sentence,
    uniform_start_clause,
)
from femsoret.report.words.units import Summary, units_of

ROUND_OFF: Final = 1e-9
"""Bias below which it is round-off."""

NEGLIGIBLE: Final = 1e-5
"""Change of the separation by the flow, relative to it, that a headline calls negligible."""

AT_REST: Final = (
    "Heat and species move by conduction and diffusion alone: in the steady state the composition "
    "follows from the temperature, and there is no bias by convection."
)
"""What follows for a steady state in a solid."""

UNSURE: Final = ", as far as can be told without an estimate of the numerical error"
"""Remark on a cause if its numerical error was not estimated."""

WORDS: Final = {"soret": "the Soret coefficient", "diffusion": "the diffusion coefficient"}
"""Full names of entries of the fluid data whose key alone is not clear."""


def steady_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a steady run."""
    verdict = _of_state(summary)
    begun = (summary.get("stability") or {}).get("uniform_start")
    if lasts(summary) and begun and begun["reached"] == ANOTHER:
        finding = f"{verdict.finding} This is for a liquid that is uniform at first; "
        return replace(verdict, finding=f"{finding}{separated_clause(summary)}.")
    return verdict


def _of_state(summary: Summary) -> Verdict:
    """Return the verdict on the state that was solved for."""
    if is_solid(summary):
        return Verdict(solid_finding(summary), AT_REST, solid_facts(summary))
    if not lasts(summary):
        return _of_passing_state(summary)
    if is_column(summary):
        return column_verdict(summary)
    if summary["soret"] is None:
        return _without_soret(summary)
    if components(summary):
        return _of_components(summary)
    if summary["soret"]["bias"] is None:
        return _without_bias(summary)
    return _with_bias(summary)


def solid_finding(summary: Summary) -> str:
    """Return the sentence on the separation in a solid.

    Args:
        summary: Summary of a run with a solid, steady or at its end.
    """
    name, soret = summary["fluid"]["name"], summary["soret"]
    if soret is None:
        why = summary["soret_reason"]
        return f"{name} is a solid, in which nothing flows. There is no Soret coefficient: {why}."
    finding = (
        f"{name} is a solid, in which nothing flows: between its readings S_T = "
        f"{_apparent(summary)}"
    )
    if soret["bias"] is not None and (effect := reading_effect(summary)):
        finding += (
            f", where the solid has {_soret(summary, fluid_soret(summary))} at the temperatures "
            f"read. The readings make it {deviation(effect)}, since the temperature varies along "
            "them and the mean composition is not that at the mean temperature"
        )
    return f"{finding}."


def solid_facts(summary: Summary) -> tuple[Fact, ...]:
    """Return the main numbers of a run with a solid.

    Args:
        summary: Summary of the run, steady or at its end.
    """
    facts = []
    if summary["soret"] is not None:
        facts.append(Fact("S_T of the readings", _apparent(summary), _bound_note(summary)))
        true = _soret(summary, summary["soret"]["true"])
        facts.append(Fact("S_T in the steady state", true, "by the closed form"))
    if (separation := summary["separation"]) is not None:
        facts.append(Fact("separation", plain(separation["value"]), "c, cold less hot"))
    return tuple(facts)


# -- sentences -----------------------------------------------------------------------------------


def _with_bias(summary: Summary) -> Verdict:
    bias, bound = summary["soret"]["bias"], bias_error(summary)
    if reading_effect(summary):
        return _with_reading_effect(summary)
    if bound is not None and abs(bias) <= bound:
        size = f"no bias beyond the numerical error of {percent(bound)}"
    else:
        size = deviation(bias) if bias else "no bias"
    fluid = _soret(summary, fluid_soret(summary))
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where {_owner(summary)} {fluid}: "
        f"{size}, {_because(summary, bias)}.{of_fast_transitions(summary)}"
    )
    facts = (
        Fact("S_T reported", _apparent(summary), _bound_note(summary)),
        _true_fact(summary, fluid),
        Fact("bias", percent_with_error(bias, bound), _uncertainty_note(summary)),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, _how_sure(summary)), facts)


def _of_components(summary: Summary) -> Verdict:
    """Return the verdict on a mixture of several components."""
    off_by, name = worst_component(summary), symbol(summary)
    finding = (
        f"This cell would report {name} = {reported_coefficients(summary)} where the state at rest "
        f"has {true_coefficients(summary)}{': ' if off_by else ''}{off_by}."
    )
    facts = (
        Fact(f"{name} reported", reported_coefficients(summary), _bound_note(summary)),
        Fact(
            f"{name} at rest",
            true_coefficients(summary),
            "closed form without flow, by the same readings",
        ),
        regime_fact(summary),
    )
    accuracy = "; the numerical error was not estimated"
    if bias_error(summary) is not None:
        accuracy = ""
    return Verdict(finding, _regime_sentence(summary, accuracy), facts)


def _of_passing_state(summary: Summary) -> Verdict:
    """Return the verdict on an unstable steady state."""
    stability, soret = summary["stability"], summary["soret"]
    facts: list[Fact] = []
    if stability["verdict"] == "unstable":
        clause = stability_clause(stability, summary["units"])
        finding = capitalised(clause)
        facts.append(Fact("growth rate", rate_text(stability["growth_rate"], summary["units"]), ""))
    elif stability["one_state"] is False:
        finding = capitalised(TWO_STATES)
    else:
        finding = capitalised(uniform_start_clause(summary))
    if soret is None:
        finding += ". The heat flow of a real cell would be different."
    else:
        finding += (
            f". The S_T that this cell would report is unknown; {_apparent(summary)} belongs to "
            f"the unstable or uncertain state, and {_owner(summary)} "
            f"{_soret(summary, soret['true'])}.{of_fast_transitions(summary)}"
        )
        facts += [
            Fact("S_T of that state", _apparent(summary), "not what the cell would report"),
            _true_fact(summary, _soret(summary, soret["true"])),
        ]
    return Verdict(finding, f"{capitalised(MARCH)}.", (*facts, regime_fact(summary)))


def _with_reading_effect(summary: Summary) -> Verdict:
    """Return the verdict where the readings alone, without flow, change S_T."""
    soret, effect, bias = summary["soret"], reading_effect(summary), summary["soret"]["bias"]
    bound, fluid = bias_error(summary), _soret(summary, fluid_soret(summary))
    size, at_rest = deviation(soret["apparent"] / fluid_soret(summary) - 1.0), deviation(effect)
    if bound is not None and abs(bias) <= bound:
        more = f"Beyond that there is no bias that exceeds the numerical error of {percent(bound)}"
    else:
        more = f"Compared with the same readings at rest, it is {deviation(bias)}"
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where the fluid has {fluid} at the "
        f"temperatures read: {size}. The readings alone make it {at_rest}, independent of the "
        "flow, since the temperature varies along them and the mean composition is not that at "
        f"the mean temperature. {more}, {_because(summary, bias)}."
    )
    facts = (
        Fact("S_T reported", _apparent(summary), _bound_note(summary)),
        Fact("S_T of the fluid", fluid, "at the temperatures that are read"),
        Fact("by the readings", effect_of_readings(summary), "at rest, over the fluid"),
        Fact("bias", percent_with_error(bias, bound), "over the same readings at rest"),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, _how_sure(summary)), facts)


def _without_bias(summary: Summary) -> Verdict:
    soret = summary["soret"]
    error = with_error(soret["error"], summary["numerical_error"].get("soret.apparent"))
    unit = units_of(summary).soret
    if nothing_separates(summary):
        true, owner = _soret(summary, soret["true"]), _owner(summary)
        finding = (
            "This cell shows no separation, with gravity or without: all there is is round-off. "
            f"{owner[:1].upper()}{owner[1:]} S_T = {true}.{_without_transitions(summary)}"
        )
        known = (_true_fact(summary, true), regime_fact(summary))
        return Verdict(finding, _regime_sentence(summary, ""), known)
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where without gravity it would report "
        f"{_soret(summary, soret['true'])}, {_because(summary, change_by_flow(summary))}; a "
        f"relative bias is undefined here, since {soret['bias_reason']}."
        f"{of_fast_transitions(summary)}"
    )
    facts = (
        Fact("S_T reported", _apparent(summary), _bound_note(summary)),
        Fact(
            "S_T without gravity",
            _soret(summary, soret["true"]),
            "all states solved for" if summary.get("particle") else "closed form, mean over T",
        ),
        Fact("difference", f"{error} {unit}", "no relative bias"),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, ""), facts)


def _owner(summary: Summary) -> str:
    """Return what has the true S_T, with its verb: the fluid, or a particle in this cell."""
    particle = summary.get("particle")
    return f"the states of {particle['name']} give, at rest," if particle else "the fluid has"


def _true_fact(summary: Summary, value: str) -> Fact:
    if summary.get("particle"):
        return Fact("S_T at rest", value, "all internal states solved for, in this cell")
    return Fact("S_T of the fluid", value, "closed form without flow")


def of_fast_transitions(summary: Summary) -> str:
    """Return the sentence on how far the states of a particle are from fast transitions.

    It begins with a space, and is empty without a particle.

    Args:
        summary: Summary of a steady run.
    """
    particle = summary.get("particle")
    if not particle:
        return ""
    fast, slowest = particle["fast"], particle["damkohler"]["slowest"]
    if slowest is None:
        return _without_transitions(summary)
    true = summary["soret"]["true"]
    apart = f"{percent(abs(true / fast - 1.0))} away" if fast else "which vanishes"
    return (
        f" Fast transitions would give {_soret(summary, fast)} at rest, {apart}: the slowest "
        f"relaxation of the states has the Damköhler number {short(slowest)}."
    )


def _without_transitions(summary: Summary) -> str:
    """Return the sentence on a particle whose states do not change, else nothing."""
    particle = summary.get("particle")
    if not particle or particle["damkohler"]["slowest"] is not None:
        return ""
    return f" {particle['name']} has no transitions."


def _without_soret(summary: Summary) -> Verdict:
    side, number = reference_wall(summary), reference_nusselt(summary)
    inside = heated_inside(summary)
    key = "heating.nusselt" if inside else f"nusselt.{side}"
    shown = with_error(number, summary["numerical_error"].get(key))
    passes = f"the largest speed is {largest_speed(summary)}"
    if number is not None and inside:
        passes = (
            f"by conduction alone the heat sources would raise the temperature {shown} times as "
            "much"
        )
    elif number is not None and summary["orientation"].get("heat_flux"):
        passes = (
            f"the heat that enters or leaves through the side {side} would need {shown} times the "
            "temperature difference by conduction"
        )
    elif number is not None:
        passes = f"{shown} times as much heat passes through the side {side} as by conduction"
    # Summaries of version 0.1 do not contain the reason.
    why = summary.get("soret_reason") or "none follows from its readings"
    separation, read = summary["separation"], ""
    if separation is not None:
        read = f"its readings are {plain(separation['value'])} apart in c, "
    finding = f"This cell reports no Soret coefficient, since {why}; {read}{passes}."
    facts = (
        Fact("Nusselt number", shown, "temperature rise by conduction over that with flow")
        if inside
        else Fact(f"Nusselt number, {side}", shown, "heat flow over that of conduction"),
        Fact("largest speed", largest_speed(summary), ""),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, ""), facts)


def _because(summary: Summary, change: float) -> str:
    """Return the clause on the cause of the bias.

    Only differences between the solves with and without gravity are due to convection. Within the
    numerical error no cause is named.
    """
    bound, by_flow = _change_error(summary), change
    if rests_without_gravity(summary):
        beyond = bound is None or abs(change) > bound
        return f"{'the error of this mesh, for' if beyond else 'for'} {NO_GRAVITY}"
    conducts = regime(summary) == "conduction"
    if bound is not None and abs(change) <= bound:
        if conducts:
            return "because the flow is negligible"
        return "because the effect of the flow is within the numerical error of the readings"
    soret = summary["soret"]
    if soret["bias"] is not None:
        by_mesh = soret["without_gravity"] / soret["true"] - 1.0
        by_flow = change - by_mesh
        if abs(by_mesh) > max(abs(by_flow), ROUND_OFF):
            return (
                f"mostly due to the error of this mesh: without gravity it is {deviation(by_mesh)} "
                "as well, and the effect of the flow is smaller"
            )
    if abs(by_flow) <= NEGLIGIBLE:
        return "because the flow is negligible"
    if bound is not None and abs(by_flow) <= bound:
        return "in which the part of the flow is within the numerical error: no cause can be named"
    if change < 0.0:
        cause = "because convection mixes what the Soret effect separates"
    else:
        cause = "because convection adds to the difference between the readings"
    return cause + (UNSURE if bound is None else "")


def _change_error(summary: Summary) -> float | None:
    """Return the numerical error of the change due to the flow; None if it is not known."""
    bound, separation = bias_error(summary), summary["separation"]
    if bound is not None or not separation["without_gravity"]:
        return bound
    error: float | None = summary["numerical_error"].get("separation")
    return None if error is None else abs(error / separation["without_gravity"])


def _regime_sentence(summary: Summary, more: str) -> str:
    kind = "thermal" if summary["separation"] is None else "solutal"
    effect = f"{kind} Péclet number {short(summary['peclet'][kind])}"
    if summary["soret"] is not None and summary["soret"]["bias"] is not None:
        change = change_by_flow(summary)
        done = "lost" if change < 0.0 else "gained"
        over = " (norm over all components)" if components(summary) else ""
        effect += f", {percent(abs(change))} of the separation{over} {done}"
    stability = stability_sentence(summary)
    if rests_without_gravity(summary):
        return f"Nothing flows{more}. {stability}".rstrip()
    return f"The regime is {regime(summary)} ({effect}){more}. {stability}".rstrip()


def _how_sure(summary: Summary) -> str:
    """Return the clause on the uncertainty of the bias and its sources."""
    bound, data = bias_error(summary), summary["data_uncertainty"].get("bias")
    parts = []
    if bound is not None:
        parts.append(f"{percent(bound)} (numerical error)")
    stated = {
        name: entry["of_bias"]
        for name, entry in summary["data_uncertainty"].get("entries", {}).items()
        if entry["of_bias"] is not None
    }
    if data is not None and stated:
        worst = max(stated, key=lambda name: stated[name])
        above_all = WORDS.get(worst, worst.replace("_", " "))
        of_what = f"fluid data, mostly {above_all}" if stated[worst] else "fluid data"
        parts.append(f"{percent(data)} ({of_what})")
    missing = missing_uncertainties(summary)
    if not parts:
        return f"; the uncertainty of the bias was not evaluated{', and ' * bool(missing)}{missing}"
    text = f"; the bias is uncertain by {' and '.join(parts)}"
    if missing:
        text += f", and by more, since {missing}"
    if data and data > abs(summary["soret"]["bias"]) > (bound or 0.0):
        text += ", so that even its sign is unknown"
    return text


# -- numbers -------------------------------------------------------------------------------------


def bias_error(summary: Summary) -> float | None:
    """Return the estimated numerical error of the bias; None if it was not requested."""
    bound: float | None = summary["numerical_error"].get("soret.bias")
    return bound


def _apparent(summary: Summary) -> str:
    error = summary["numerical_error"].get("soret.apparent")
    shown = with_error(summary["soret"]["apparent"], error)
    return f"{shown} {units_of(summary).soret}{first_component(summary)}"


def _soret(summary: Summary, value: float) -> str:
    return f"{plain(value)} {units_of(summary).soret}"


def _bound_note(summary: Summary) -> str:
    if "soret.apparent" in summary["numerical_error"]:
        return "in brackets: estimated numerical error"
    return "numerical error not evaluated"


def _uncertainty_note(summary: Summary) -> str:
    data = summary["data_uncertainty"].get("bias")
    if missing := missing_uncertainties(summary):
        return f"from the fluid data {data_uncertainty_text(summary)}: {missing}"
    return _bound_note(summary) if data is None else f"and ± {percent(data)} from the fluid data"
