"""The verdict on a cell that is evaluated as a thermogravitational column."""

from __future__ import annotations

from typing import Final

from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.numbers import percent, percent_with_error, plain, short, with_error
from femsoret.report.words.phrases import deviation
from femsoret.report.words.stability import stability_sentence
from femsoret.report.words.units import Summary, duration, units_of

MAIN: Final = 0.5
"""Share of the bias from which a cause is named."""

CLOSE: Final = 0.05
"""Relative distance from the optimum within which X is said to be there."""


def is_column(summary: Summary) -> bool:
    """Return whether a run is evaluated as a column.

    Args:
        summary: Summary of a run; older ones do not contain this part.
    """
    return summary.get("column") is not None


def column_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a steady run that is evaluated as a column."""
    reason = " ".join([_regime(summary), _strong(summary), stability_sentence(summary)])
    return Verdict(f"{column_finding(summary)}.", reason.rstrip(), column_facts(summary))


def column_verdict_in_time(summary: Summary) -> Verdict:
    """Return the verdict of a transient run that is evaluated as a column."""
    column, in_time = summary["column"], summary["column"]["in_time"]
    end = duration(summary["units"], summary["time"]["with_gravity"]["end"])
    at_end = f"after {end}, {_lower(column_finding(summary))}"
    expected = duration(summary["units"], column["relaxation_time"])
    facts = column_facts(summary)
    if in_time.get("reason"):
        return Verdict(
            f"{at_end[0].upper()}{at_end[1:]}.",
            f"The approach is not evaluated: {in_time['reason']}. By the formula the slope settles "
            f"with the time constant {expected}. {_regime(summary)}",
            facts,
        )
    fitted = duration(summary["units"], in_time["relaxation_time"])
    unit = units_of(summary).soret
    said = f"S_T = {_number(summary, 'in_time.S_T')} {unit}"
    bias = in_time["S_T_bias"]
    of_bias = "" if bias is None else f": {_size(summary, bias, 'in_time.S_T_bias')}"
    if in_time["S_T"] is None:
        said, of_bias = "no S_T", ""
    return Verdict(
        f"From its approach to the steady state this column reports {said} where the fluid has "
        f"{plain(column['S_T_true'])} {unit}{of_bias}. The slope settles with the time constant "
        f"{fitted}, where the formula has {expected}.",
        f"{at_end[0].upper()}{at_end[1:]}. {_regime(summary)}",
        (
            Fact("S_T from the approach", said.removeprefix("S_T = "), "of the fitted plateau"),
            Fact("time constant", fitted, f"by the formula {expected}"),
            *facts,
        ),
    )


def column_finding(summary: Summary) -> str:
    """Return the sentence on the S_T that the ports of a column give, without a full stop."""
    column, unit = summary["column"], units_of(summary).soret
    true = f"{plain(column['S_T_true'])} {unit}"
    if column["S_T"] is None:
        return (
            "This column reports no S_T: the formula of parallel flow gives the slope between its "
            f"ports for no Soret coefficient, and the fluid has {true}"
        )
    bias = column["S_T_bias"]
    said = (
        f"This column reports S_T = {_number(summary, 'S_T')} {unit} by the formula of parallel "
        f"flow, where the fluid has {true}"
    )
    if bias is None:
        return said
    return f"{said}: {_size(summary, bias, 'S_T_bias')}{_because(summary)}"


def column_facts(summary: Summary) -> tuple[Fact, ...]:
    """Return the main numbers of a column."""
    column, units = summary["column"], units_of(summary)
    number = len(column["ports"])
    facts = [
        Fact(
            "slope dc/dz",
            f"{_number(summary, 'slope')} {units.gradient}",
            f"line through {number} ports",
        ),
    ]
    if column["S_T"] is not None:
        note = f"the fluid has {plain(column['S_T_true'])}"
        if column["S_T_bias"] is not None:
            error = summary["numerical_error"].get("column.S_T_bias")
            note += f", bias {percent_with_error(column['S_T_bias'], error)}"
        facts.insert(0, Fact("S_T of the column", f"{_number(summary, 'S_T')} {units.soret}", note))
    facts.append(
        Fact("X = Ra Le", plain(column["X"]), f"largest slope at {plain(column['optimum'])}")
    )
    return tuple(facts)


def _size(summary: Summary, bias: float, key: str) -> str:
    bound = summary["numerical_error"].get(f"column.{key}")
    if bound is not None and abs(bias) <= bound:
        return f"no bias beyond the numerical error of {percent(bound)}"
    return deviation(bias)


def _because(summary: Summary) -> str:
    """Return the clause on the cause of the bias; empty if there is nothing to explain.

    What the ends change is the difference between the slope of the ports and that of the interior.
    What is left is the formula's own: a cause is named if a single one of its other assumptions is
    not met. In a run in time the column may not have settled.
    """
    column = summary["column"]
    bias, inner = column["S_T_bias"], column["S_T_interior_bias"]
    bound = summary["numerical_error"].get("column.S_T_bias")
    if (bound is not None and abs(bias) <= bound) or inner is None:
        return ""
    if approach := column.get("in_time"):
        if approach.get("reason"):
            return "; how far it has settled is unknown"
        if 1.0 - approach["covered"] > MAIN * abs(bias):
            reached = percent(approach["covered"])
            return f", mostly because it has not settled: by the fit, {reached} of it is reached"
    unsure = "" if bound is not None else ", as far as can be told without a numerical error"
    failed = [check["name"] for check in column["checks"][2:] if not check["met"]]
    means = column.get("S_T_across_bias")  # summaries of version 0.2.0 and earlier have none
    of_places = 0.0 if means is None else bias - means
    if abs(of_places) > MAIN * abs(bias) and abs(of_places) > (bound or 0.0):
        what = ", mostly because its ports read other than the mean across the gap"
        if of_places * bias < 0.0:  # they act against the bias
            what = (
                ", although that its ports read other than the mean across the gap makes up for a "
                "part of what is wrong"
            )
        return f"{what}: means at their heights give {deviation(means)}{unsure}"
    of_ends = bias - inner
    if abs(of_ends) > MAIN * abs(bias) and abs(of_ends) > (bound or 0.0):
        what = ", mostly because its ends change the slope between the ports"
        if of_ends * bias < 0.0:  # they act against the bias
            what = ", although its ends make up for a part of what is wrong"
        return f"{what}: the slope of the interior gives {deviation(inner)}{unsure}" + (
            f"; nor is met what the formula assumes: {'; '.join(failed)}" if failed else ""
        )
    if len(failed) == 1:
        return f", and of what the formula assumes one thing is not met: {failed[0]}{unsure}"
    if failed:
        return (
            f", and {len(failed)} things that the formula assumes are not met: {'; '.join(failed)}"
        )
    return f"; the formula holds as far as its checks tell, and no cause is named{unsure}"


def _regime(summary: Summary) -> str:
    """Return the sentence on X, and on what the composition does to the flow."""
    column = summary["column"]
    over = abs(column["X"]) / column["optimum"]
    side = "at" if abs(over - 1.0) < CLOSE else "above" if over > 1.0 else "below"
    said = (
        f"X = {short(column['X'])} is {side} that of the largest slope, "
        f"{short(column['optimum'])}, and ψ = {short(column['psi'])}"
    )
    if column["psi"] and column["S_T_classical_bias"] is not None:
        said += (
            "; without the effect of the composition on the flow, the formula would give an S_T "
            f"that is {deviation(column['S_T_classical_bias'])}"
        )
    return f"{said}."


def _strong(summary: Summary) -> str:
    """Return the sentence on the formula for strong flow."""
    column = summary["column"]
    if column["D_T_strong_bias"] is None:
        return ""
    left_out = (column["optimum"] / column["X"]) ** 2
    if left_out > 1.0:
        return "The flow is too slow for the formula for strong flow, which gives D_T without D."
    also = ", and the effect of the composition on the flow" if column["psi"] else ""
    return (
        "The formula for strong flow, which needs no D, gives a D_T that is "
        f"{deviation(column['D_T_strong_bias'])}; it leaves out diffusion along the column, "
        f"{percent(left_out)} of the mixing by the flow{also}."
    )


def _number(summary: Summary, key: str) -> str:
    value = summary["column"]
    for part in key.split("."):
        value = value[part]
    return with_error(value, summary["numerical_error"].get(f"column.{key}"))


def _lower(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"
