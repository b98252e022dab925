"""What a fit says: the corrected value with its interval, or that the model does not fit."""

from __future__ import annotations

from typing import Final

from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.fitted import (
    cause_text,
    claimed,
    evaluated_by,
    in_unit,
    interval_text,
    main_unknown,
    may_be_zero,
    spoken,
)
from femsoret.report.words.numbers import percent, plain, short
from femsoret.report.words.phrases import capitalised
from femsoret.report.words.units import Summary
from femsoret.studies.fit.estimate import BAD

MOSTLY: Final = 0.5
"""Share of the difference from which on a single cause is named as the main one."""


FAR: Final = 2.0
"""Factor between a value without a prior and that of the case from which on it is told."""

_WHY_FAR: Final = {
    "soret": "the fluid, and unit and sign of the signals",
    "D": "the fluid, the unit of the times, and the gap",
}
"""Quantity -> what may be wrong if its value is far from that of the case."""

LOWER: Final = 1.0
"""Difference of chi2 by which a profile may be below the values found, before it is told."""

LEAST: Final = 1e-12
"""Least probability that is told: the round-off of its complement is not far below."""


def fit_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a fit.

    Args:
        summary: Summary of a fit.
    """
    quality, unknown = summary["corrected"], main_unknown(summary)
    name, corrected = unknown["name"], unknown["corrected"]
    if not quality["converged"]:
        finding = f"The fit did not converge: {name} is not determined, and no interval is claimed."
        finding = f"{finding} {_why_not(summary)}".rstrip()
    elif quality["bad"]:
        finding = (
            "The model does not describe the data, so that no interval of "
            f"{name} is claimed: {'; '.join(quality['why_bad'])}."
        )
    elif corrected["low"] is None:
        finding = f"The data do not determine {name}. {_why_not(summary, of=name)}".rstrip()
    else:
        finding = f"{_claim(unknown, corrected)}. {_of_the_series(summary, unknown)}".rstrip()
    return Verdict(finding, _reason(summary), tuple(_facts(summary, unknown)))


def _claim(unknown: Summary, corrected: Summary) -> str:
    text, name = interval_text(unknown, corrected), unknown["name"]
    if corrected["at_bound"]:
        return f"{name} is {text} (95 %)"
    return f"{name} = {text} (95 %)"


def _why_not(summary: Summary, of: str | None = None) -> str:
    """Return what is not determined, of one unknown or at all, and what would tell."""
    found = [
        each
        for each in summary["untold"]
        if each["undetermined"] and (of is None or of in each["parts"])
    ]
    return " ".join(f"{each['sentence']} {each['advice']}" for each in found)


def _of_the_series(summary: Summary, unknown: Summary) -> str:
    """Return what the naive evaluation says beside the corrected one, and why."""
    naive, corrected = unknown["naive"], unknown["corrected"]
    by = f"The {evaluated_by(*summary['series'])}"
    if naive is None:
        why = summary["why_no_naive"] or f"it does not have {spoken(unknown)}"
        return f"{by} gives no value: {why}."
    difference = naive["value"] - corrected["value"]
    bad, (low, high) = summary["naive"]["bad"], claimed(corrected)
    if not may_be_zero(corrected):
        share = percent(abs(difference / corrected["value"]))
        word = "more" if difference * corrected["value"] > 0.0 else "less"
        text = f"{by}, as laboratories evaluate, gives {share} {word}"
    else:
        unit = unknown["unit"]
        text = f"{by}, as laboratories evaluate, differs by {in_unit(plain(difference, 2), unit)}"
    if main := main_cause(unknown):
        text += f", because of {main}"
    if low is not None and high is not None and low <= naive["value"] <= high:
        text += "; that is within the interval"
    if bad:
        text += "; it does not describe the data"
    return f"{text}."


def main_cause(unknown: Summary) -> str:
    """Return what makes most of the difference between naive and corrected value; may be empty.

    Args:
        unknown: Entry of the unknown in the summary.
    """
    explanation = unknown["explanation"]
    if explanation is None or not explanation["causes"]:
        return ""
    difference = explanation["difference"]
    same = [each for each in explanation["causes"] if each["effect"] * difference > 0.0]
    if not same:
        return ""
    largest = max(same, key=lambda each: abs(each["effect"]))
    if abs(largest["effect"]) < MOSTLY * abs(difference):
        return ""
    alone = all(
        abs(each["effect"]) < 0.1 * abs(largest["effect"])
        for each in explanation["causes"]
        if each is not largest
    )
    return cause_text(largest) if alone else f"{cause_text(largest)} for the most part"


def _reason(summary: Summary) -> str:
    """Return whether the model describes the data, and what limits the result."""
    quality, parts = summary["corrected"], list[str]()
    if quality["p_value"] is not None:
        words = "the model does not describe" if quality["bad"] else "the model describes"
        if not quality["converged"]:
            words = "this says nothing yet of whether the model describes"
        total = quality["chi2_data"] + quality["chi2_priors"]
        parts.append(
            f"{words} the data: chi² is {short(total)} for {short(quality['dof'])} "
            f"degree{'' if quality['dof'] == 1 else 's'} of freedom "
            f"(p = {short(quality['p_value'])})"
        )
    elif quality["robust"] and any(each["noise_stated"] for each in summary["series"]):
        values = sum(each["values"] for each in summary["series"] if each["noise_stated"])
        words = "does not describe" if quality["bad"] else "describes"
        parts.append(
            f"the model {words} the data apart from outliers: {quality['outliers']} of {values} "
            "values are more than three standard uncertainties away, and count less"
        )
    else:
        stated = any(each["noise_stated"] for each in summary["series"])
        why = (
            "there are not more data than unknowns"
            if stated
            else "the noise was estimated from the residuals"
        )
        parts.append(f"{why}, so that nothing tests whether the model describes the data")
    if quality["p_value"] is not None and quality["p_value"] > 1.0 - BAD:
        chance = 1.0 - quality["p_value"]
        of = short(chance) if chance > LEAST else f"less than {short(LEAST)}"
        parts.append(
            "the residuals are smaller than noise of the stated size leaves them (by chance with a "
            f"probability of {of}): the noise is stated too large, or readings share it"
        )
    alike = [each for each in summary["series"] if each["correlated"]]
    if alike:
        names = ", ".join(f"{each['column']} ({each['data']})" for each in alike)
        parts.append(
            f"neighbouring residuals of {names} are alike beyond chance: drift, or something that "
            "the model lacks"
        )
    parts += [_far(each) for each in summary["unknowns"] if _is_far(each)]
    in_time = any(each["begin"] is not None for each in summary["series"])
    parts += [t for each in summary["unknowns"] if (t := _lower(each, in_time=in_time))]
    if not quality["bad"] and quality["other_minima"]:
        parts.append("other values of the unknowns explain the data about as well")
    if not quality["bad"] and summary["untold"]:
        parts.append("of some unknowns the data tell less than what was known before (see below)")
    return ". ".join(capitalised(part) for part in parts) + "."


def _lower(unknown: Summary, *, in_time: bool) -> str:
    """Return that a profile went below the values that were found; empty if it did not.

    Args:
        unknown: Entry of the unknown in the summary.
        in_time: Whether any of the data are a record in time.
    """
    profile = unknown["profile"]
    known = [] if profile is None else [c for c in profile["chi2"] if c is not None]
    if not known or min(known) > -LOWER:
        return ""
    at = profile["values"][profile["chi2"].index(min(known))]
    text = (
        f"{unknown['name']} = {in_unit(plain(at), unknown['unit'])} explains the data better than "
        f"the values found, by {short(-min(known))} of chi²: the minimum was missed"
    )
    if in_time:
        text += ", as where predictions jump with the lengths of time steps (lower time.tolerance)"
    return text


def _is_far(unknown: Summary) -> bool:
    """Return whether a value without a prior is of another size or sign than the case states."""
    prior, corrected = unknown["prior"], unknown["corrected"]
    told = unknown["quantity"] in _WHY_FAR and prior["value"] and corrected["low"] is not None
    if not told or prior["uncertainty"] is not None:
        return False
    return not 1.0 / FAR <= corrected["value"] / prior["value"] <= FAR


def _far(unknown: Summary) -> str:
    """Return how a value differs from what the case states, and what to check."""
    ratio = unknown["corrected"]["value"] / unknown["prior"]["value"]
    return (
        f"{unknown['name']} is {short(ratio)} times the value that the case states: check "
        f"{_WHY_FAR[unknown['quantity']]}"
    )


def _facts(summary: Summary, unknown: Summary) -> list[Fact]:
    name, corrected, naive = unknown["name"], unknown["corrected"], unknown["naive"]
    quality = summary["corrected"]
    is_claimed = corrected["low"] is not None
    joined = corrected["expanded_low"] is not None
    facts = [
        Fact(
            f"{name}, corrected",
            interval_text(unknown, corrected),
            ("95 %, all known contributions" if joined else "95 %, noise and priors")
            if is_claimed
            else "no interval is claimed",
        )
    ]
    if naive is not None:
        note = "95 %, noise and priors" if naive["low"] is not None else "no interval is claimed"
        facts.append(Fact(f"{name}, naive", interval_text(unknown, naive), note))
    values = sum(each["values"] for each in summary["series"])
    of_p = "" if quality["p_value"] is None else f"p = {short(quality['p_value'])}, "
    if quality["dof"] and quality["p_value"] is not None:
        total = quality["chi2_data"] + quality["chi2_priors"]
        facts.append(Fact("chi² / dof", short(total / quality["dof"]), f"{of_p}{values} values"))
    else:
        stated = any(each["noise_stated"] for each in summary["series"])
        of_noise = "stated noise" if stated else "noise from the residuals"
        facts.append(Fact("data", f"{values} values", of_noise))
    return facts
