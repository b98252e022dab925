"""The verdict of an audit: what dominates its budget, the regime, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from femsoret.report.rounding import percent, percent_with_error, plain, short
from femsoret.report.stability import MARCH
from femsoret.report.table import NONE
from femsoret.report.units import LENGTHS, Scale, Summary, units_of
from femsoret.report.verdict import Fact, Verdict, deviation
from femsoret.report.wording import capitalised, data_uncertainty_text, missing_uncertainties

DIGITS: Final = 1e-4
"""Relative accuracy to which numbers of the budget are shown at most."""

REGIMES: Final = {
    "thin layer": "diffusion is faster than the flow",
    "unicellular": "one roll carries species, but hardly any heat",
    "multicellular": "several rolls carry species, but hardly any heat",
    "convective": "the flow carries heat as well",
    "unstable": "the state that was computed does not last",
}
"""What a regime is, in a clause."""


def audit_verdict(summary: Summary) -> Verdict:
    """Return the verdict of an audit."""
    total, unit = summary["budget"]["total"], units_of(summary).soret
    fluid = f"{plain(summary['soret']['fluid'])} {unit}"
    if total["value"] is None:
        finding = f"What this cell would report was not found: {total['failure']}."
        return Verdict(finding, _dominant(summary), _facts(summary))
    if summary["regime"] and summary["regime"]["verdict"] == "unstable":
        finding = (
            f"{capitalised(summary['regime']['stability'])}. What this cell would report is not "
            f"known: the budget is that of a state that does not last. {capitalised(MARCH)}."
        )
        return Verdict(finding, advice(summary), _facts(summary))
    reported = f"{plain(summary['soret']['reported'])} {unit}"
    finding = (
        f"This cell would report S_T = {reported} where the fluid has {fluid} at the mean "
        f"temperature: {deviation(total['value'])}. {_dominant(summary)}"
    )
    return Verdict(finding, f"{regime_sentence(summary)} {advice(summary)}", _facts(summary))


def _dominant(summary: Summary) -> str:
    """Return what dominates the budget, in a sentence."""
    budget = summary["budget"]
    name = budget["dominant"]
    if name is None:
        return "No term of the budget could be computed."
    term, total = budget["terms"][name], budget["total"]["value"]
    others = sum(abs(t["value"] or 0.0) for t in budget["terms"].values()) - abs(term["value"])
    sentence = f"What dominates is {term['label']} ({signed(term['value'])}, {term['what']})"
    if others == 0.0:
        return f"{sentence}."
    share = f"all other causes add up to {percent(others)} at most"
    if total is not None and abs(term["value"]) < others:
        share = f"but all other causes together are larger, up to {percent(others)}"
    return f"{sentence}; {share}.{_more_than_causes(budget, abs(term['value']))}"


def _more_than_causes(budget: Summary, largest: float) -> str:
    """Return a sentence if causes have a larger effect together than the largest alone."""
    together = budget["interaction"]["value"]
    if together is None or abs(together) <= largest:
        return ""
    text = f" What they do together and not apart is larger still: {signed(together)}"
    early = budget.get("early_flow")
    if early and early["value"] is not None and abs(early["value"]) > 0.5 * abs(together):
        text += (
            ", mostly the flow of the still uniform liquid, which layers of composition hold back "
            "only later"
        )
    return f"{text}."


def signed(value: float | None) -> str:
    """Return a ratio in percent with its sign."""
    text = percent(value)
    return f"+{text}" if value is not None and value > 0.0 else text


def short_percent(value: float) -> str:
    """Return a ratio in percent without trailing zeros, as people write a target."""
    return f"{short(100.0 * value)} %"


def with_bound(entry: Summary) -> str:
    """Return a number of the budget with its numerical error."""
    if entry["value"] is None:
        return f"failed: {entry['failure']}"
    value, error = entry["value"], entry["error"]
    if error is not None and abs(value) <= error:
        return f"0 ± {percent(error)}"
    # Where nothing flows the error is round-off: digits that nobody wants to see.
    text = percent_with_error(value, error and max(error, DIGITS * abs(value)))
    return f"+{text}" if value > 0.0 else text


def regime_sentence(summary: Summary) -> str:
    """Return the regime with the numbers that it rests on."""
    regime = summary["regime"]
    peclet, name = regime["peclet"], regime["name"]
    numbers = [
        f"solutal Péclet number {short(peclet['solutal'])}",
        f"thermal {short(peclet['thermal'])}",
    ]
    if regime["carried"] is not None:
        numbers.append(f"Nu − 1 = {plain(regime['carried'], 2)}")
    if regime["turning"] is not None and name != "thin layer":
        numbers.append(f"{percent(regime['turning'])} of the turning one way")
    if regime["growth_rate"] is not None:
        rate = plain(regime["growth_rate"], 3)
        numbers.append(f"largest growth rate {rate} {units_of(summary).rate}")
    return f"The regime is {name}: {REGIMES[name]} ({', '.join(numbers)}); {regime['stability']}."


def advice(summary: Summary) -> str:
    """Return what to change: one sentence for each limit."""
    return " ".join(f"{limit_sentence(summary, name)}." for name in summary["limits"])


def limit_sentence(summary: Summary, name: str) -> str:
    """Return the limit of a parameter that can be changed."""
    limit = summary["limits"][name]
    target = short_percent(summary["target"])
    label, tried = limit["label"], _tried(summary, name)
    match limit["kind"]:
        case "at most" | "at least":
            return (
                f"For |bias| below {target} the {label} may be {limit['kind']} "
                f"{parameter_text(summary, name, limit['value'])} (now "
                f"{parameter_text(summary, name, limit['present'])}; tried {tried})"
            )
        case "always":
            return f"|bias| is below {target} at every {label} tried, {tried}"
        case "never":
            return (
                f"No {label} tried, {tried}, brings |bias| below {target}: {_least(summary, name)}"
            )
        case _ if tried:
            return (
                f"{_as_far(summary, name)} at a {label} {tried}, and no limit was found: "
                f"{limit['note']}"
            )
        case _:
            return f"No limit of the {label} was found: {limit['note']}"


def _tried(summary: Summary, name: str) -> str:
    """Return the range that was searched in steps, as a text; empty without a range."""
    tried = tried_range(summary["limits"][name])
    if tried is None:
        return ""
    low, high = (parameter_text(summary, name, value) for value in tried)
    return f"from {low} to {high}" if low != high else f"at {low} alone"


def _as_far(summary: Summary, name: str) -> str:
    """Return a clause on the bias over the searched range, in which there is no limit."""
    target = short_percent(summary["target"])
    walked = walked_trials(summary["limits"][name])
    if all(abs(trial["bias"]) <= summary["target"] for trial in walked):
        return f"|bias| is below {target}"
    return f"|bias| is above {target} ({_least(summary, name)})"


def tried_range(limit: Summary) -> tuple[float, float] | None:
    """Return the ends of the range that was searched in steps; None where no state was found.

    Args:
        limit: A limit of a summary; older ones only tell what was tried.
    """
    values = [trial["value"] for trial in limit["trials"]]
    tried = limit.get("tried", [values[0], values[-1]] if values else None)
    return (float(tried[0]), float(tried[1])) if tried else None


def walked_trials(limit: Summary) -> list[Mapping[str, float]]:
    """Return the trials within the range that was searched in steps.

    Args:
        limit: A limit of a summary.
    """
    low, high = tried_range(limit) or (0.0, 0.0)
    return [trial for trial in limit["trials"] if low <= trial["value"] <= high]


def _least(summary: Summary, name: str) -> str:
    walked = walked_trials(summary["limits"][name])
    best = min(walked, key=lambda trial: abs(trial["bias"]))
    where = parameter_text(summary, name, best["value"])
    return f"the least is {percent(abs(best['bias']))} at {where}"


def parameter_scale(summary: Summary, name: str) -> Scale:
    """Return the unit in which a parameter that can be changed is shown.

    Args:
        summary: The summary.
        name: Name of the parameter: "gap", "tilt" or a temperature difference.
    """
    if name == "gap":
        return LENGTHS[summary["units"]]
    return Scale(1.0, "°") if name == "tilt" else units_of(summary).temperature


def parameter_text(summary: Summary, name: str, value: float) -> str:
    """Return a value of a parameter with its unit."""
    scale = parameter_scale(summary, name)
    space = "" if scale.label == "°" else " "
    return f"{short(value * scale.factor)}{space}{scale}"


def _uncertainty_note(summary: Summary) -> str:
    if missing := missing_uncertainties(summary):
        return f"from fluid data {data_uncertainty_text(summary)}: {missing}"
    data = summary["data_uncertainty"].get("bias")
    return "numerical error in brackets" if data is None else f"± {percent(data)} from fluid data"


def _facts(summary: Summary) -> tuple[Fact, ...]:
    budget, unit = summary["budget"], units_of(summary).soret
    total = budget["total"]
    facts = [
        Fact("S_T of the fluid", f"{plain(summary['soret']['fluid'])} {unit}", "at mean T and c"),
        Fact(
            "bias",
            with_bound(total) if total["value"] is not None else NONE,
            _uncertainty_note(summary),
        ),
    ]
    if budget["dominant"]:
        term = budget["terms"][budget["dominant"]]
        facts.append(Fact("dominant", signed(term["value"]), term["label"]))
    if summary["regime"]:
        peclet = short(summary["regime"]["peclet"]["solutal"])
        facts.append(Fact("regime", summary["regime"]["name"], f"solutal Péclet number {peclet}"))
    return tuple(facts)
