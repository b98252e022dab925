"""The verdict of a steady run: what it says, in two sentences and one word for the regime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from femsoret.report.rounding import percent, percent_with_error, plain, short, with_error
from femsoret.report.stability import (
    MARCH,
    TWO_STATES,
    lasts,
    rate_text,
    stability_clause,
    stability_sentence,
)
from femsoret.report.units import Summary, units_of
from femsoret.report.wording import (
    capitalised,
    components,
    data_uncertainty_text,
    first_component,
    missing_uncertainties,
    peclet_kind,
    reference_nusselt,
    reference_wall,
    reported_coefficients,
    separation_norms,
    true_coefficients,
    worst_component,
)

Regime = Literal["conduction", "weak convection", "convection"]

FAINT: Final = 0.01
"""Change of the separation (of the heat flow, in a pure fluid) up to which flow hardly matters."""

STRONG: Final = 0.1
"""Change from which on the flow rules."""

NO_SEPARATION: Final = 1e-10
"""Separation over the mass fraction up to which it is none."""

SLOW: Final = 1.0
"""Peclet number up to which diffusion is faster than the flow."""

NAMED_EFFECT: Final = 1e-2
"""Effect of the readings, over the bias, from which on a verdict names it."""

LEAST_EFFECT: Final = 1e-5
"""Effect of the readings up to which no verdict names it, whatever the bias."""

DIGITS: Final = 1e-4
"""Relative accuracy to which the effect of the readings is shown at most."""

ROUND_OFF: Final = 1e-9
"""Bias that is round-off."""

UNSURE: Final = ", as far as this mesh tells (its numerical error is not known)"
"""What is added to a cause where no second solve said how sure it is."""

WORDS: Final = {"soret": "the Soret coefficient", "diffusion": "the diffusion coefficient"}
"""Entries of the fluid data whose name alone says too little."""


@dataclass(frozen=True)
class Fact:
    """One of the numbers at the top of a page.

    Args:
        label: What it is.
        value: The number with its unit.
        note: What to add in small print.
    """

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Verdict:
    """What a run of any kind says.

    Args:
        finding: The first sentence: what the cell does to the measurement.
        reason: The second one: the regime, and how sure this is.
        facts: The numbers in it.
    """

    finding: str
    reason: str
    facts: tuple[Fact, ...]


def steady_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a steady run."""
    if not lasts(summary):
        return _of_passing_state(summary)
    if summary["soret"] is None:
        return _without_soret(summary)
    if components(summary):
        return _of_components(summary)
    if summary["soret"]["bias"] is None:
        return _without_bias(summary)
    return _with_bias(summary)


def regime(summary: Summary) -> Regime:
    """Return the regime, from the Peclet number and from what the flow changes."""
    peclet = summary["peclet"][peclet_kind(summary)]
    change = abs(_change(summary))
    if change > STRONG:
        return "convection"
    return "conduction" if change < FAINT and peclet < SLOW else "weak convection"


def _change(summary: Summary) -> float:
    """Return the relative change of the separation by gravity; for a pure fluid, Nu - 1."""
    separation = summary["separation"]
    if separation is None or _is_round_off(separation):
        numbers = [number for number in summary["nusselt"].values() if number is not None]
        return max((number - 1.0 for number in numbers), key=abs, default=0.0)
    with_gravity, without = separation["value"], separation["without_gravity"]
    if components(summary):
        with_gravity, without = separation_norms(summary)
    return float(with_gravity / without - 1.0)


def _is_round_off(separation: Summary) -> bool:
    """Return whether the separation without gravity is round-off: its change means nothing then."""
    least = NO_SEPARATION * abs(separation["hot"]["c"])
    return bool(abs(separation["without_gravity"]) <= least)


# -- sentences -----------------------------------------------------------------------------------


def _with_bias(summary: Summary) -> Verdict:
    bias, bound = summary["soret"]["bias"], bias_error(summary)
    if reading_effect(summary):
        return _with_reading_effect(summary)
    if bound is not None and abs(bias) <= bound:
        size = f"no bias beyond the numerical error of {percent(bound)}"
    else:
        size = deviation(bias)
    fluid = _soret(summary, fluid_soret(summary))
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where the fluid has {fluid}: {size}, "
        f"{_because(summary, bias)}."
    )
    facts = (
        Fact("S_T reported", _apparent(summary), _bound_note(summary)),
        Fact("S_T of the fluid", fluid, "closed form without flow"),
        Fact("bias", percent_with_error(bias, bound), _uncertainty_note(summary)),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, _how_sure(summary)), facts)


def _of_components(summary: Summary) -> Verdict:
    """Return the verdict on a mixture of several components."""
    off_by = worst_component(summary)
    finding = (
        f"This cell would report S_T = {reported_coefficients(summary)} where the state at rest "
        f"has {true_coefficients(summary)}{': ' if off_by else ''}{off_by}."
    )
    facts = (
        Fact("S_T reported", reported_coefficients(summary), _bound_note(summary)),
        Fact(
            "S_T at rest",
            true_coefficients(summary),
            "closed form without flow, by the same readings",
        ),
        regime_fact(summary),
    )
    accuracy = "; how large the numerical error is was not evaluated"
    if bias_error(summary) is not None:
        accuracy = ""
    return Verdict(finding, _regime_sentence(summary, accuracy), facts)


def _of_passing_state(summary: Summary) -> Verdict:
    """Return the verdict on a steady state that does not last."""
    stability, soret = summary["stability"], summary["soret"]
    facts = []
    if stability["verdict"] == "unstable":
        clause = stability_clause(stability, summary["units"])
        finding = capitalised(clause)
        facts.append(Fact("growth rate", rate_text(stability["growth_rate"], summary["units"]), ""))
    else:
        finding = capitalised(TWO_STATES)
    if soret is None:
        finding += ". What it passes on to a wall is not what a real cell would pass on."
    else:
        finding += (
            f". What S_T this cell would report is not known from this run; {_apparent(summary)} "
            f"belongs to that state, where the fluid has {_soret(summary, soret['true'])}."
        )
        facts += [
            Fact("S_T of that state", _apparent(summary), "not what the cell would report"),
            Fact("S_T of the fluid", _soret(summary, soret["true"]), "closed form without flow"),
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
        more = f"Against the same readings at rest it is {deviation(bias)}"
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where the fluid has {fluid} at the "
        f"temperatures that are read: {size}. The readings alone make it {at_rest}, flow or not, "
        "since the temperature varies along them and the mean of the composition is not that of "
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


def fluid_soret(summary: Summary) -> float:
    """Return S_T of the fluid between the temperatures that are read, 1/K.

    Args:
        summary: Summary with "soret"; older ones do not tell it from the true one.
    """
    soret = summary["soret"]
    return float(soret.get("fluid", soret["true"]))


def reading_effect(summary: Summary) -> float:
    """Return the relative effect of the readings on S_T; 0 where it is negligible.

    Args:
        summary: Summary with "soret" and a bias.
    """
    effect = float(summary["soret"].get("reading_effect") or 0.0)
    least = max(LEAST_EFFECT, NAMED_EFFECT * abs(summary["soret"]["bias"]))
    return effect if abs(effect) > least else 0.0


def effect_of_readings(summary: Summary) -> str:
    """Return the effect of the readings with its numerical error as a text.

    Args:
        summary: Summary with "soret" and an effect of its readings.
    """
    effect = float(summary["soret"]["reading_effect"])
    error = summary["numerical_error"].get("soret.reading_effect")
    return percent_with_error(effect, error and max(error, DIGITS * abs(effect)))


def deviation(bias: float) -> str:
    """Return a relative deviation in words: "2.0 % low".

    Args:
        bias: The bias.
    """
    if bias <= -1.0:
        return f"{percent(-bias)} low, with the wrong sign"
    return f"{percent(abs(bias))} {'low' if bias < 0 else 'high'}"


def _without_bias(summary: Summary) -> Verdict:
    soret = summary["soret"]
    error = with_error(soret["error"], summary["numerical_error"].get("soret.apparent"))
    unit = units_of(summary).soret
    finding = (
        f"This cell would report S_T = {_apparent(summary)} where without gravity it would report "
        f"{_soret(summary, soret['true'])}, {_because(summary, _change(summary))}; a relative bias "
        f"means nothing here, since {soret['bias_reason']}."
    )
    facts = (
        Fact("S_T reported", _apparent(summary), _bound_note(summary)),
        Fact("S_T without gravity", _soret(summary, soret["true"]), "closed form, mean over T"),
        Fact("difference", f"{error} {unit}", "no relative bias"),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, ""), facts)


def _without_soret(summary: Summary) -> Verdict:
    side, number = reference_wall(summary), reference_nusselt(summary)
    shown = with_error(number, summary["numerical_error"].get(f"nusselt.{side}"))
    passes = f"the largest speed is {largest_speed(summary)}"
    if number is not None and summary["orientation"].get("heat_flux"):
        passes = (
            f"the heat that enters or leaves through the side {side} would need {shown} times the "
            "temperature difference by conduction"
        )
    elif number is not None:
        passes = f"{shown} times as much heat passes through the side {side} as by conduction"
    # Runs of version 0.1 do not say why.
    why = summary.get("soret_reason") or "its readings say nothing of one"
    separation, read = summary["separation"], ""
    if separation is not None:
        read = f"its readings are {plain(separation['value'])} apart in c, "
    finding = f"This cell reports no Soret coefficient, since {why}; {read}{passes}."
    facts = (
        Fact(f"Nusselt number, {side}", shown, "heat flow over that of conduction"),
        Fact("largest speed", largest_speed(summary), ""),
        regime_fact(summary),
    )
    return Verdict(finding, _regime_sentence(summary, ""), facts)


def _because(summary: Summary, change: float) -> str:
    """Return the clause on the cause of the bias.

    Convection is the cause only of what differs with and without gravity. Within the numerical
    error no cause is named.
    """
    bound, by_flow = _change_error(summary), change
    conducts = regime(summary) == "conduction"
    if bound is not None and abs(change) <= bound:
        if conducts:
            return "because next to nothing flows"
        return "because the flow does not show in the readings beyond their numerical error"
    soret = summary["soret"]
    if soret["bias"] is not None:
        by_mesh = soret["without_gravity"] / soret["true"] - 1.0
        by_flow = change - by_mesh
        if abs(by_mesh) > max(abs(by_flow), ROUND_OFF):
            return (
                f"which is the error of this mesh: without gravity it is {deviation(by_mesh)} as "
                "well, and the flow makes less of a difference"
            )
    if conducts:
        return "because next to nothing flows"
    if bound is not None and abs(by_flow) <= bound:
        return "of which the flow's part lies within the numerical error: no cause can be named"
    if change < 0.0:
        cause = "because convection mixes what the Soret effect separates"
    else:
        cause = "because convection adds to the difference between the readings"
    return cause + (UNSURE if bound is None else "")


def _change_error(summary: Summary) -> float | None:
    """Return the numerical error of the change by the flow; None where it is not known."""
    bound, separation = bias_error(summary), summary["separation"]
    if bound is not None or not separation["without_gravity"]:
        return bound
    error: float | None = summary["numerical_error"].get("separation")
    return None if error is None else abs(error / separation["without_gravity"])


def _regime_sentence(summary: Summary, more: str) -> str:
    kind = "thermal" if summary["separation"] is None else "solutal"
    effect = f"{kind} Péclet number {short(summary['peclet'][kind])}"
    if summary["soret"] is not None and summary["soret"]["bias"] is not None:
        change = _change(summary)
        done = "lost" if change < 0.0 else "gained"
        over = " (norm over all components)" if components(summary) else ""
        effect += f", {percent(abs(change))} of the separation{over} {done}"
    stability = stability_sentence(summary)
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
        of_what = f"fluid data, {above_all} above all" if stated[worst] else "fluid data"
        parts.append(f"{percent(data)} ({of_what})")
    missing = missing_uncertainties(summary)
    if not parts:
        return f"; how sure the bias is was not evaluated{', and ' * bool(missing)}{missing}"
    text = f"; the bias is uncertain by {' and '.join(parts)}"
    if missing:
        text += f", and by more, since {missing}"
    if data and data > abs(summary["soret"]["bias"]) > (bound or 0.0):
        text += ", so that even its sign is open"
    return text


# -- numbers -------------------------------------------------------------------------------------


def bias_error(summary: Summary) -> float | None:
    """Return the estimated numerical error of the bias, or None where it was not asked for."""
    bound: float | None = summary["numerical_error"].get("soret.bias")
    return bound


def _apparent(summary: Summary) -> str:
    error = summary["numerical_error"].get("soret.apparent")
    shown = with_error(summary["soret"]["apparent"], error)
    return f"{shown} {units_of(summary).soret}{first_component(summary)}"


def _soret(summary: Summary, value: float) -> str:
    return f"{plain(value)} {units_of(summary).soret}"


def largest_speed(summary: Summary) -> str:
    """Return the largest speed with its unit."""
    scale = units_of(summary).speed
    return f"{short(summary['max_speed'] * scale.factor)} {scale.label}"


def _bound_note(summary: Summary) -> str:
    if "soret.apparent" in summary["numerical_error"]:
        return "in brackets: estimated numerical error"
    return "numerical error not evaluated"


def _uncertainty_note(summary: Summary) -> str:
    data = summary["data_uncertainty"].get("bias")
    if missing := missing_uncertainties(summary):
        return f"from the fluid data {data_uncertainty_text(summary)}: {missing}"
    return _bound_note(summary) if data is None else f"and ± {percent(data)} from the fluid data"


def regime_fact(summary: Summary, label: str = "regime") -> Fact:
    """Return the regime and the Péclet number that it rests on, as a fact."""
    kind = peclet_kind(summary)
    return Fact(label, regime(summary), f"{kind} Péclet number {short(summary['peclet'][kind])}")
