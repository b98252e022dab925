"""The verdict of an audit: bias, dominant cause, regime and limits in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.numbers import NONE, percent, percent_with_error, plain, short
from femsoret.report.words.phrases import (
    NO_GRAVITY,
    capitalised,
    data_uncertainty_text,
    deviation,
    missing_uncertainties,
    short_percent,
    signed,
)
from femsoret.report.words.stability import MARCH, uniform_start_unknown
from femsoret.report.words.units import LENGTHS, Scale, Summary, units_of

DIGITS: Final = 1e-4
"""Smallest relative error that numbers of the budget are shown with."""

REGIMES: Final = {
    "thin layer": "diffusion is faster than the flow",
    "unicellular": "one roll carries species but hardly any heat",
    "multicellular": "several rolls carry species but hardly any heat",
    "convective": "the flow carries heat as well",
    "unstable": "the computed steady state is unstable",
}
"""Name of a regime -> description, a clause."""


# -- the verdict ---------------------------------------------------------------------------------


def audit_verdict(summary: Summary) -> Verdict:
    """Return the verdict of an audit."""
    total, unit = summary["budget"]["total"], units_of(summary).soret
    fluid = f"{plain(summary['soret']['fluid'])} {unit}"
    if total["value"] is None:
        finding = f"The S_T that this cell would report could not be computed: {total['failure']}."
        return Verdict(finding, _dominant(summary), _facts(summary))
    if summary["regime"] and summary["regime"]["verdict"] == "unstable":
        finding = (
            f"{capitalised(summary['regime']['stability'])}. The S_T that this cell would report "
            f"is unknown: the budget is that of an unstable state. {capitalised(MARCH)}."
        )
        return Verdict(finding, advice(summary), _facts(summary))
    reported = f"{plain(summary['soret']['reported'])} {unit}"
    finding = (
        f"This cell would report S_T = {reported} where {_owner(summary)} {fluid}"
        f"{_where(summary)}: {deviation(total['value'])}. {_dominant(summary)}"
    )
    if budgets := component_budgets(summary):
        seen, known = (
            ", ".join(plain(one[key]) for one in summary["soret"]["each"])
            for key in ("reported", "fluid")
        )
        names = ", ".join(of["species"] for of in budgets)
        biases = ", ".join(signed(of["total"]["value"]) for of in budgets)
        finding = (
            f"This cell would report S'_T = {seen} {unit} ({names}) where the fluid has {known} at "
            f"the mean temperature: biases of {biases} of the norm. {_dominant(summary)}"
        )
    finding += _of_uniform_liquid(summary)
    return Verdict(finding, f"{regime_sentence(summary)} {advice(summary)}", _facts(summary))


def _of_uniform_liquid(summary: Summary) -> str:
    """Return a sentence on a uniform liquid that may reach another state; empty if it does not.

    It begins with a space. Audits of version 0.2.0 and earlier have no such part.
    """
    begun = (summary["regime"] or {}).get("uniform_liquid")
    if not begun or begun["reached"] == "this state":
        return ""
    if begun["reached"] == "not looked at":
        return f" {capitalised(uniform_start_unknown(begun))}."
    if begun["reached"] == "no steady state":
        return (
            " This holds for a liquid that has separated before it flows; a uniform liquid was not "
            f"found to reach this state: {begun['reason']}."
        )
    shown = ""
    if begun["apparent"] is not None:
        shown = f", with S_T = {plain(begun['apparent'])} {units_of(summary).soret}"
    if begun["bias"] is not None:
        shown += f", {deviation(begun['bias'])}"
    return (
        " This holds for a liquid that has separated before it flows: a liquid that is uniform at "
        f"first reaches another steady state{shown}."
    )


def _owner(summary: Summary) -> str:
    """Return what has the true S_T, with its verb."""
    particle = summary.get("particle")
    return f"the states of {particle['name']} give" if particle else "the fluid has"


def _where(summary: Summary) -> str:
    return " at rest in the ideal cell" if summary.get("particle") else " at the mean temperature"


def _true_fact(summary: Summary, value: str) -> Fact:
    if summary.get("particle"):
        return Fact("S_T of all states", value, "at rest in the ideal cell")
    return Fact("S_T of the fluid", value, "at mean T and c")


def component_budgets(summary: Summary) -> Sequence[Summary]:
    """Return the budgets of all components; empty if there is only one."""
    # Audits of version 0.2.0 and earlier have one component.
    each: Sequence[Summary] = summary["budget"].get("each", ())
    return each if len(each) > 1 else ()


def _dominant(summary: Summary) -> str:
    """Return a sentence on the dominant term of the budget."""
    budget = summary["budget"]
    name = budget["dominant"]
    if name is None:
        return "No term of the budget could be computed."
    term, total = budget["terms"][name], budget["total"]["value"]
    others = sum(abs(t["value"] or 0.0) for t in budget["terms"].values()) - abs(term["value"])
    sentence = f"The dominant cause is: {term['label']} ({signed(term['value'])}, {term['what']})"
    if others == 0.0:
        return f"{sentence}."
    share = f"all other causes add up to at most {percent(others)}"
    if total is not None and abs(term["value"]) < others:
        share = f"but all other causes add up to more, at most {percent(others)}"
    return f"{sentence}; {share}.{_more_than_causes(budget, abs(term['value']))}"


def _more_than_causes(budget: Summary, largest: float) -> str:
    """Return a sentence on the interaction if it exceeds the largest term; empty otherwise."""
    together = budget["interaction"]["value"]
    if together is None or abs(together) <= largest:
        return ""
    sentence = f" The interaction of the causes is even larger: {signed(together)}"
    early = budget.get("early_flow")
    if early and early["value"] is not None and abs(early["value"]) > 0.5 * abs(together):
        sentence += (
            ", mostly due to the flow of the initially uniform liquid, which stratification by "
            "composition suppresses only later"
        )
    return f"{sentence}."


def with_bound(entry: Summary) -> str:
    """Return an entry of the budget with its numerical error, or why it failed."""
    if entry["value"] is None:
        return f"failed: {entry['failure']}"
    value, error = entry["value"], entry["error"]
    if error is not None and abs(value) <= error:
        return f"0 ± {percent(error)}"
    # Without flow the error is round-off, which would show too many digits.
    shown = percent_with_error(value, error and max(error, DIGITS * abs(value)))
    return f"+{shown}" if value > 0.0 else shown


def regime_sentence(summary: Summary) -> str:
    """Return a sentence on the regime with the numbers that determine it."""
    regime = summary["regime"]
    if _rests(summary):
        return f"{capitalised(NO_GRAVITY)}."
    peclet, name = regime["peclet"], regime["name"]
    numbers = [
        f"solutal Péclet number {short(peclet['solutal'])}",
        f"thermal {short(peclet['thermal'])}",
    ]
    if regime["carried"] is not None:
        numbers.append(f"Nu − 1 = {plain(regime['carried'], 2)}")
    if regime["turning"] is not None and name != "thin layer":
        numbers.append(f"{percent(regime['turning'])} net rotation in one sense")
    if regime["growth_rate"] is not None:
        rate = plain(regime["growth_rate"], 3)
        numbers.append(f"largest growth rate {rate} {units_of(summary).rate}")
    return f"The regime is {name}: {REGIMES[name]} ({', '.join(numbers)}); {regime['stability']}."


def _rests(summary: Summary) -> bool:
    """Return whether nothing flows because there is no gravity."""
    return not summary["orientation"]["gravity"] and summary["regime"]["turning"] is None


# -- limits in words -----------------------------------------------------------------------------


def advice(summary: Summary) -> str:
    """Return one sentence for each limit."""
    return " ".join(f"{limit_sentence(summary, name)}." for name in summary["limits"])


def limit_sentence(summary: Summary, name: str) -> str:
    """Return a clause on the limit of a design parameter."""
    limit = summary["limits"][name]
    target = short_percent(summary["target"])
    label, tried = limit["label"], _tried(summary, name)
    match limit["kind"]:
        case "at most" | "at least":
            return (
                f"For |bias| below {target}, the {label} may be {limit['kind']} "
                f"{parameter_text(summary, name, limit['value'])} (now "
                f"{parameter_text(summary, name, limit['present'])}; tried {tried})"
            )
        case "always" | "never":
            return _as_far(summary, name)
        case _ if tried:
            return f"{_as_far(summary, name)}. No limit was found: {limit['note']}"
        case _:
            return f"No limit of the {label} was found: {limit['note']}"


def _tried(summary: Summary, name: str) -> str:
    """Return a text on the range that was searched in steps; empty without a range."""
    tried = tried_range(summary["limits"][name])
    if tried is None:
        return ""
    low, high = (parameter_text(summary, name, value) for value in tried)
    return f"from {low} to {high}" if low != high else f"of {low} only"


def _as_far(summary: Summary, name: str) -> str:
    """Return a clause on the bias over a range in which it did not pass the target."""
    limit, target = summary["limits"][name], short_percent(summary["target"])
    below = all(abs(trial["bias"]) <= summary["target"] for trial in walked_trials(limit))
    where = f"at every {limit['label']} tried, {_tried(summary, name)}"
    if below:
        return f"|bias| is below {target} {where}"
    return f"|bias| is above {target} {where}: {_least(summary, name)}"


def tried_range(limit: Summary) -> tuple[float, float] | None:
    """Return the ends of the range that was searched in steps; None if no state was found.

    Args:
        limit: A limit from a summary; in older summaries the range follows from the trials.
    """
    values = [trial["value"] for trial in limit["trials"]]
    tried = limit.get("tried", [values[0], values[-1]] if values else None)
    return (float(tried[0]), float(tried[1])) if tried else None


def walked_trials(limit: Summary) -> list[Mapping[str, float]]:
    """Return the trials within the range that was searched in steps.

    Args:
        limit: A limit from a summary.
    """
    low, high = tried_range(limit) or (0.0, 0.0)
    return [trial for trial in limit["trials"] if low <= trial["value"] <= high]


def _least(summary: Summary, name: str) -> str:
    walked = walked_trials(summary["limits"][name])
    best = min(walked, key=lambda trial: abs(trial["bias"]))
    where = parameter_text(summary, name, best["value"])
    return f"its smallest value is {percent(abs(best['bias']))} at {where}"


def parameter_scale(summary: Summary, name: str) -> Scale:
    """Return the unit in which a design parameter is shown.

    Args:
        summary: The summary.
        name: Name of the parameter: "gap", "tilt" or a temperature difference.
    """
    if name == "gap":
        return LENGTHS[summary["units"]]
    return Scale(1.0, "°") if name == "tilt" else units_of(summary).temperature


def parameter_text(summary: Summary, name: str, value: float) -> str:
    """Return a value of a design parameter with its unit."""
    scale = parameter_scale(summary, name)
    space = "" if scale.label == "°" else " "
    return f"{short(value * scale.factor)}{space}{scale}"


# -- facts ---------------------------------------------------------------------------------------


def _uncertainty_note(summary: Summary) -> str:
    if missing := missing_uncertainties(summary):
        return f"fluid data contribute {data_uncertainty_text(summary)}: {missing}"
    data = summary["data_uncertainty"].get("bias")
    return (
        "numerical error in brackets" if data is None else f"± {percent(data)} from the fluid data"
    )


def _facts(summary: Summary) -> tuple[Fact, ...]:
    budget, unit = summary["budget"], units_of(summary).soret
    total = budget["total"]
    facts = [
        _true_fact(summary, f"{plain(summary['soret']['fluid'])} {unit}"),
        Fact(
            "bias",
            with_bound(total) if total["value"] is not None else NONE,
            _uncertainty_note(summary),
        ),
    ]
    if budget["dominant"]:
        term = budget["terms"][budget["dominant"]]
        facts.append(Fact("dominant", signed(term["value"]), term["label"]))
    if summary["regime"] and _rests(summary):
        facts.append(Fact("regime", "conduction", "there is no gravity"))
    elif summary["regime"]:
        peclet = short(summary["regime"]["peclet"]["solutal"])
        facts.append(Fact("regime", summary["regime"]["name"], f"solutal Péclet number {peclet}"))
    return tuple(facts)
