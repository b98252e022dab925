"""What the plan of an experiment says: what to build and to record, and what that promises."""

from __future__ import annotations

import math
from typing import Final

from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.numbers import percent, short
from femsoret.report.words.phrases import capitalised
from femsoret.report.words.planned import amount, cell_text, relative, target_of, time_text
from femsoret.report.words.units import Summary

TOLERABLE: Final = 0.2
"""Shift of the target by the error of the response, over its uncertainty, that is left unsaid."""

UNSEEN: Final = 0.01
"""Error of the naive evaluation over the uncertainty below which its fit does not resolve it."""

NO_PART: Final = 0.01
"""Part of the variance that is left unsaid."""

SAME: Final = 0.02
"""Relative difference of uncertainties up to which a plan is no better."""


def design_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a plan.

    Args:
        summary: Summary of a plan.
    """
    stated, plan, name = summary["stated"], summary["plan"], summary["target"]
    if plan is None:
        doubts = sorted({doubt for each in summary["designs"] for doubt in each["doubts"]})
        why = "; ".join(doubts) or f"no record determines {name}"
        finding = f"No design is recommended: {why}."
        return Verdict(finding, _reason(summary), tuple(_facts(summary)))
    what = _what(summary, plan)
    promised = f"{name} is then known to ± {_share(summary, plan['point']['total'])}"
    finding = f"{capitalised(what)}. {promised} (standard uncertainty)"
    if stated["point"]["total"] is None:
        finding += "; as stated, the experiment does not determine it."
    elif abs(stated["point"]["total"] / plan["point"]["total"] - 1.0) < SAME:
        finding += ", as it is with the experiment as stated."
    else:
        word = "instead of" if stated["point"]["total"] > plan["point"]["total"] else "more than"
        finding += (
            f", {word} ± {_share(summary, stated['point']['total'])} with the experiment as stated."
        )
    return Verdict(finding, _reason(summary), tuple(_facts(summary)))


def _what(summary: Summary, look: Summary) -> str:
    """Return what to build and what to record, a clause."""
    point = look["point"]
    record = point["record"]
    parts = []
    if point["cell"] and summary["vary"]:
        parts.append(f"build the cell with {cell_text(summary, point['cell'])}")
    elif summary["vary"]:
        parts.append("build the cell as stated")
    if record["levelling"] is not None:
        parts.append(f"level it to {short(record['levelling'])}°")
    signals = " and ".join(record["signals"])
    if record["duration"] is None:
        parts.append(f"read {signals} {record['samples']} times in the steady state")
    else:
        parts.append(
            f"record {signals} for {time_text(summary, record)}, {record['samples']} values"
            + ("" if record["spacing"] == "even" else " at geometrically spaced times")
        )
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _share(summary: Summary, value: float) -> str:
    text = relative(summary, value)
    return text if text.endswith("%") else amount(summary, value)


def _reason(summary: Summary) -> str:
    """Return what naive evaluation would be wrong by, and what the promise rests on."""
    plan, parts = summary["plan"], list[str]()
    if plan is not None:
        naive = plan["point"]["naive"]
        if naive is None:
            parts.append(f"there is no naive evaluation of it: {plan['why_no_naive']}")
        else:
            size = naive["rms"] / plan["point"]["total"]
            by = (
                f"{_share(summary, naive['rms'])} (root mean square over what is not known before)"
                f", {short(size)} times the uncertainty of the full model"
            )
            if size < UNSEEN:
                by = f"less than {percent(UNSEEN)} of this uncertainty"
            parts.append(f"the naive evaluation, as laboratories do it, would be wrong by {by}")
        if plan["response_error"] > TOLERABLE:
            parts.append(
                "the interpolated response is off by "
                f"{percent(plan['response_error'])} of the uncertainty where it was checked: the "
                "promise is an estimate"
            )
        parts += _of_fluid(plan)
        doubts = summary["stated"]["point"]["doubts"]
        if doubts:
            parts.append(f"do not rely on what the cell as stated promises: {'; '.join(doubts)}")
        known = summary["stated"]["warnings"]
        parts += [f"mind: {each}" for each in plan["warnings"] if each not in known]
        if not summary["stability"]:
            parts.append("whether the states last was not looked at (design.stability)")
    if not summary["settled"]:
        parts.append("the search ended at its largest number of cells: a better one may be close")
    curved = [each["name"] for each in summary["unknowns"] if each["curved"]]
    if curved:
        parts.append(
            f"the response is not linear in {' and '.join(curved)}, so that the Fisher "
            "information at the prior values does not say the uncertainty: it is averaged over "
            "data drawn from the priors"
        )
    return ". ".join(capitalised(part) for part in parts) + "." if parts else ""


def _of_fluid(look: Summary) -> list[str]:
    """Return which part of the variance the fluid data make, a clause; none if next to none."""
    squares = {
        each["name"]: each["uncertainty"] ** 2 for each in look["shares"] if each["kind"] == "fluid"
    }
    size = math.fsum(squares.values()) / look["point"]["total"] ** 2
    if size < NO_PART:
        return []
    worst = max(squares, key=lambda name: squares[name])
    text = (
        f"the fluid data make {percent(size)} of the variance, most of it {worst.replace('_', ' ')}"
    )
    if size > 0.5:
        text += ": more readings do not help against that"
    return [text]


def _facts(summary: Summary) -> list[Fact]:
    plan, stated = summary["plan"], summary["stated"]
    name, found = target_of(summary)["name"], list[Fact]()
    if plan is not None:
        found.append(
            Fact(
                f"u({name}), plan",
                relative(summary, plan["point"]["total"]),
                amount(summary, plan["point"]["total"]),
            )
        )
    found.append(
        Fact(
            f"u({name}), as stated",
            relative(summary, stated["point"]["total"]),
            amount(summary, stated["point"]["total"]),
        )
    )
    if plan is not None:
        record = plan["point"]["record"]
        found.append(
            Fact(
                "to record",
                time_text(summary, record),
                f"{record['samples']} values of each signal",
            )
        )
        naive = plan["point"]["naive"]
        if naive is not None:
            found.append(
                Fact("naive error", relative(summary, naive["rms"]), "root mean square, plan")
            )
    return found
