"""The verdict of a transient run: what a laboratory would evaluate, and what changes it."""

from __future__ import annotations

from femsoret.report.verdicts.column import column_verdict_in_time, is_column
from femsoret.report.verdicts.steady import UNSURE, solid_facts, solid_finding
from femsoret.report.verdicts.verdict import Fact, Verdict, largest_speed, regime, regime_fact
from femsoret.report.words.components import (
    components,
    first_component,
    reported_coefficients,
    symbol,
    true_coefficients,
    worst_component,
)
from femsoret.report.words.evaluated import evaluated, evaluated_components
from femsoret.report.words.numbers import NONE, percent, plain, short, with_error
from femsoret.report.words.phrases import (
    NO_GRAVITY,
    capitalised,
    deviation,
    fluid_soret,
    heated_inside,
    is_solid,
    marched_particle,
    reading_effect,
    reference_nusselt,
    reference_wall,
    rests_without_gravity,
    substance,
)
from femsoret.report.words.units import Summary, duration, units_of
from femsoret.studies.measure.marching import AT_ITS_END, MARCHES

# -- the verdict ---------------------------------------------------------------------------------


def transient_verdict(summary: Summary) -> Verdict:
    """Return the verdict of a transient run."""
    if is_solid(summary):
        return _of_solid(summary)
    if is_column(summary):
        return column_verdict_in_time(summary)
    if "reason" in summary["evaluation"]:
        return _without_evaluation(summary)
    facts = _evaluated_facts(summary)
    if not rests_without_gravity(summary):
        facts.append(_by_convection(summary))
    facts.append(regime_fact(summary, "regime at the end"))
    reason = _reason(summary)
    if summary.get("statistics"):
        reason = f"{_going_on(summary)}. {reason}"
    return Verdict(f"{_finding(summary)}.", reason, tuple(facts))


def _of_solid(summary: Summary) -> Verdict:
    """Return the verdict of a run with a solid, in which the evaluation alone has a bias."""
    evaluation = summary["evaluation"]
    facts, reason = solid_facts(summary), f"{_length(summary)}."
    if "reason" in evaluation:
        return Verdict(
            f"At the end, {solid_finding(summary)}",
            f"{reason} D and S_T are not evaluated: {evaluation['reason']}.",
            facts,
        )
    errs = _errs(evaluation["with_gravity"], verb="would be ")
    return Verdict(
        f"Evaluated in this way, {errs}, all of it due to the evaluation itself: "
        f"{summary['fluid']['name']} is a solid, in which nothing flows.",
        reason,
        (*_evaluated_facts(summary), *facts),
    )


def _who(summary: Summary) -> str:
    """Return the subject of the true S_T, with its verb."""
    at_rest = "these readings at rest have"
    if _by_readings(summary):
        return at_rest
    if particle := marched_particle(summary):
        return f"the states of {particle['name']} have at rest"
    return f"the {substance(summary)} has"


def _by_readings(summary: Summary) -> float:
    """Return the relative effect of the readings on S_T; 0 where it is negligible."""
    soret = summary["soret"]
    if soret is None or soret["bias"] is None or components(summary):
        return 0.0
    return reading_effect(summary)


# -- sentences -----------------------------------------------------------------------------------


def _finding(summary: Summary) -> str:
    evaluation = summary["evaluation"]
    values, without = evaluation["with_gravity"], evaluation["without_gravity"]
    said = f"Evaluated in this way, {_errs(values, verb='would be ')}"
    if rests_without_gravity(summary):
        return f"{said}, all of it due to the evaluation itself, for {NO_GRAVITY}"
    if without is None:
        return f"{said}; the share of the flow in this is unknown"
    return (
        f"{said}, {_share(summary)}: without gravity the same evaluation has "
        f"{_errs(without, verb='')}"
    )


def _errs(values: Summary, *, verb: str) -> str:
    parts = [f"D {verb}{deviation(values['D_bias'])}"]
    if values["S_T_bias"] is not None:
        parts.append(f"S_T {deviation(values['S_T_bias'])}")
    return " and ".join(parts)


def _share(summary: Summary) -> str:
    """Return the clause on the cause of the biases: the flow, the evaluation, or both.

    The flow is the cause if it contributes more than the evaluation itself. Within the numerical
    error no cause is named.
    """
    evaluation, errors = summary["evaluation"], summary["numerical_error"]
    values, without = evaluation["with_gravity"], evaluation["without_gravity"]
    flow, itself = set[str](), set[str]()
    unsure = ""
    for key in ("D_bias", "S_T_bias"):
        if values[key] is None or without[key] is None:
            continue
        bounds = [errors.get(f"evaluation.{run}.{key}") for run in MARCHES]
        unsure = UNSURE if None in bounds else unsure
        by_flow, rest = abs(values[key] - without[key]), abs(without[key])
        if max(by_flow, rest) > sum(bound or 0.0 for bound in bounds):
            (flow if by_flow > rest else itself).add(key)
    if not flow and not itself:
        return "within the numerical error, so that no cause can be named"
    if not itself:
        return f"mostly because of convection{unsure}"
    if not flow:
        return f"mostly because of the evaluation itself, not of convection{unsure}"
    return f"in part because of convection, in part because of the evaluation itself{unsure}"


def _reason(summary: Summary) -> str:
    end = summary["time"]["with_gravity"]
    evaluation, soret = summary["evaluation"], summary["soret"]
    said = _length(summary)
    if effect := _by_readings(summary):
        said = (
            f"The readings alone make S_T {deviation(effect)} in the steady state, independent of "
            "the flow, since the temperature varies along them; biases are relative to the same "
            "readings at rest. "
            f"{said}"
        )
    known = soret is not None and soret["bias"] is not None and not components(summary)
    if known and not evaluation.get("relaxing"):
        said += f"; its last readings alone would give S_T {deviation(soret['bias'])}"
        without = summary["time"]["without_gravity"]
        compared = without is not None and not rests_without_gravity(summary)
        if compared and without["end"] == end["end"]:
            said += f", without gravity {deviation(soret['without_gravity'] / soret['true'] - 1.0)}"
    if rests_without_gravity(summary):
        return f"{said}. {capitalised(NO_GRAVITY) if 'reason' in evaluation else 'Nothing flows'}."
    fastest, speed = summary["time"]["fastest"], units_of(summary).speed
    first, last = (
        f"{short(value * speed.factor)} {speed.label}"
        for value in (fastest["max_speed"], summary["max_speed"])
    )
    when = duration(summary["units"], fastest["t"])
    return f"{said}. The flow is fastest at {when}, {first}, and ends at {last}: {regime(summary)}."


def _length(summary: Summary) -> str:
    """Return the clause on how long the run took, and why it ended."""
    end = summary["time"]["with_gravity"]
    said = f"The run took {_taus(summary, end['end'])} ({duration(summary['units'], end['end'])})"
    return said if end["ended_by"] == AT_ITS_END else f"{said}, until {end['ended_by']}"


def _going_on(summary: Summary) -> str:
    """Return the clause on range and mean of an apparent S_T that does not settle."""
    moments, unit = summary["statistics"], units_of(summary).soret
    said = (
        f"From {_taus(summary, moments['from'])} on the apparent S_T{first_component(summary)} "
        f"varies between {plain(moments['min'])} and {plain(moments['max'])} {unit}, its mean in "
        f"time is {with_error(moments['mean'], moments['standard_error'])} {unit}"
    )
    bias = moments["bias"]
    return said if bias is None else f"{said}: {deviation(bias['mean'])}"


def _taus(summary: Summary, t: float) -> str:
    return f"{short(t / summary['time']['tau'])} τ"


def _without_evaluation(summary: Summary) -> Verdict:
    soret, why = summary["soret"], f"D and S_T are not evaluated: {summary['evaluation']['reason']}"
    if summary.get("statistics"):
        finding, facts = _going_on(summary), _facts_of_the_mean(summary)
    elif components(summary):
        off_by = worst_component(summary)
        name = symbol(summary)
        finding = f"At the end this cell would report {name} = {reported_coefficients(summary)}"
        finding += f": {off_by}" if off_by else ""
        if evaluated(summary) is not None:
            finding, why = evaluated_components(summary), finding
        facts = [
            Fact(f"{name} of the last readings", reported_coefficients(summary), ""),
            Fact(f"{name} at rest", true_coefficients(summary), "steady, no flow"),
        ]
    elif soret is not None and soret["bias"] is not None:
        unit = units_of(summary).soret
        # Summaries of older versions do not contain this reason.
        if not_averaged := summary.get("statistics_reason"):
            why += f". There is no mean in time of the apparent S_T: {not_averaged}"
        finding = (
            f"At the end this cell would report S_T = {plain(soret['apparent'])} {unit}, "
            f"{deviation(soret['bias'])}"
        )
        facts = [
            Fact("S_T of the last readings", f"{plain(soret['apparent'])} {unit}", ""),
            Fact("S_T of the fluid", f"{plain(fluid_soret(summary))} {unit}", "steady, no flow"),
        ]
    else:
        side = reference_wall(summary)
        number = plain(reference_nusselt(summary))
        fastest = largest_speed(summary)
        finding = f"At the end the Nusselt number is {number}, and the largest speed {fastest}"
        facts = [
            Fact("Nusselt number", number, "temperature rise by conduction over that at the end")
            if heated_inside(summary)
            else Fact(f"Nusselt number, {side}", number, "mean of the last step"),
            Fact("largest speed", fastest, "at the end"),
        ]
    return Verdict(
        f"{finding}.",
        f"{_reason(summary)} {why}.",
        (*facts, regime_fact(summary, "regime at the end")),
    )


# -- facts ---------------------------------------------------------------------------------------


def _evaluated(summary: Summary, key: str) -> str:
    """Return a number evaluated with gravity, with its numerical error where it is known."""
    error = summary["numerical_error"].get(f"evaluation.with_gravity.{key}")
    return with_error(summary["evaluation"]["with_gravity"][key], error)


def _evaluated_facts(summary: Summary) -> list[Fact]:
    """Return the evaluated D and S_T."""
    values = summary["evaluation"]["with_gravity"]
    facts = [
        Fact(
            "D evaluated",
            f"{_evaluated(summary, 'D')} {units_of(summary).diffusion}",
            f"{_whose_diffusion(summary)} {plain(summary['evaluation']['D_true'])}",
        )
    ]
    if values["S_T"] is not None:
        true = summary["evaluation"]["S_T_true"]
        facts.append(
            Fact(
                "S_T evaluated",
                f"{_evaluated(summary, 'S_T')} {units_of(summary).soret}",
                "no value to compare with" if true is None else f"{_who(summary)} {plain(true)}",
            )
        )
    particle = marched_particle(summary)
    if particle and particle["fast"] is not None and particle["damkohler"]["slowest"] is not None:
        unit = units_of(summary).soret
        number = short(particle["damkohler"]["slowest"])
        facts.append(
            Fact(
                "S_T of fast transitions",
                f"{plain(particle['fast'])} {unit}",
                f"at rest; Damköhler number of the slowest relaxation {number}",
            )
        )
    return facts


def _whose_diffusion(summary: Summary) -> str:
    """Return what has the true D, with its verb."""
    return "fast transitions have" if marched_particle(summary) else f"the {substance(summary)} has"


def _facts_of_the_mean(summary: Summary) -> list[Fact]:
    values, unit = summary["statistics"], units_of(summary).soret
    facts = [
        Fact(
            "mean of the apparent S_T",
            f"{with_error(values['mean'], values['standard_error'])} {unit}",
            f"{values['cycles']} cycles from {_taus(summary, values['from'])} on",
        )
    ]
    if summary["soret"] is not None:  # None if the last readings give no S_T
        fluid = f"{plain(fluid_soret(summary))} {unit}"
        facts.append(Fact("S_T of the fluid", fluid, "steady, no flow"))
    return facts


def _by_convection(summary: Summary) -> Fact:
    changes = summary["evaluation"]["convection"]
    if changes is None:
        return Fact("D by convection", NONE, "no run without gravity to compare with")
    soret = changes["S_T"]
    note = "" if soret is None else f"S_T {_signed(soret)}; "
    return Fact("D by convection", _signed(changes["D"]), f"{note}over the run without gravity")


def _signed(change: float) -> str:
    return f"{'−' if change < 0 else '+'}{percent(abs(change))}"
