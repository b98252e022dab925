"""Tables of Soret coefficients, readings and chambers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    constant,
    name_of,
    number,
    ratio,
    ratio_with_bounds,
    text,
    with_bounds,
)
from femsoret.report.words.components import components, first_component, transported
from femsoret.report.words.numbers import percent, plain
from femsoret.report.words.phrases import (
    data_uncertainty_text,
    effect_of_readings,
    fluid_soret,
    is_solid,
    marched_particle,
    missing_uncertainties,
)
from femsoret.report.words.units import Summary, units_of

# -- Soret coefficients --------------------------------------------------------------------------


def _meaning_of_bias(summary: Summary) -> str:
    if reason := summary["soret"]["bias_reason"]:
        return str(reason)
    if components(summary):
        return "error over the norm of the true coefficients of all components"
    return "apparent over true, less 1"


def _at_thermostats(summary: Summary) -> str | None:
    other = summary["soret"].get("at_thermostats")
    if not other:
        return None
    unit = units_of(summary).soret
    return f"{plain(other['apparent'], 5)} {unit}, bias {percent(other['bias'])}"


def _of_readings(summary: Summary) -> bool:
    """Return whether the temperature varies along the readings."""
    return bool(summary["soret"].get("reading_effect"))


def _effect_of_readings(phase: str) -> tuple[Row, Row]:
    """Return the rows of readings along which the temperature varies; phase: fluid or solid."""
    return (
        Row(
            f"S_T of the {phase}",
            lambda summary: fluid_soret(summary) if _of_readings(summary) else None,
            number(6, "soret"),
            "between the temperatures read",
            optional=True,
        ),
        Row(
            "effect of the readings",
            lambda summary: effect_of_readings(summary) if _of_readings(summary) else None,
            text,
            f"true over that of the {phase}, less 1: the temperature varies along a reading",
            optional=True,
        ),
    )


SORET_OF_SOLID: Final = (
    Row("S_T of the readings", "soret.apparent", with_bounds(unit="soret"), "in this state"),
    Row(
        "S_T in the steady state",
        "soret.true",
        number(6, "soret"),
        "from the same readings of the closed form",
    ),
    *_effect_of_readings("solid"),
)
"""Rows on S_T of a solid, where there is no convection and no bias by it."""

SORET_OF_FLUID: Final = (
    Row(
        "S_T apparent",
        "soret.apparent",
        with_bounds(unit="soret"),
        "from the readings with gravity",
    ),
    Row(
        "S_T apparent, T of the thermostats",
        _at_thermostats,
        text,
        "with the temperatures imposed behind the solid walls",
        optional=True,
    ),
    Row(
        "S_T true",
        "soret.true",
        number(6, "soret"),
        lambda summary: (
            "from the same readings of all internal states at rest, in this cell"
            if summary.get("particle") or marched_particle(summary)
            else "from the same readings of the closed form at rest"
        ),
    ),
    Row(
        "S_T of fast transitions",
        "particle.fast",
        number(6, "soret"),
        "at rest, from wall to wall, if the internal states relaxed at once",
        optional=True,
    ),
    *_effect_of_readings("fluid"),
    Row(
        "S_T without gravity",
        lambda summary: None if summary.get("particle") else summary["soret"]["without_gravity"],
        number(6, "soret"),
        "from a solve without flow, as a check",
        optional=True,
    ),
    Row(
        "error",
        "soret.error",
        with_bounds(unit="soret"),
        "apparent less true",
        error="soret.apparent",
    ),
    Row("bias", "soret.bias", ratio_with_bounds, _meaning_of_bias),
    Row(
        "numerical error of the bias",
        lambda summary: summary["numerical_error"].get("soret.bias"),
        ratio,
        lambda summary: (
            summary["numerical_error"].get("method") or summary["numerical_error"].get("reason", "")
        ),
    ),
    Row(
        "uncertainty of the bias from the fluid data",
        data_uncertainty_text,
        text,
        lambda summary: (
            summary["data_uncertainty"].get("reason")
            or missing_uncertainties(summary)
            or "one standard deviation; entries are taken as independent"
        ),
    ),
)
"""Rows on S_T of a fluid."""

SORET: Final = Sheet(
    lambda summary: f"Soret coefficient{first_component(summary)}",
    lambda summary: SORET_OF_SOLID if is_solid(summary) else SORET_OF_FLUID,
    ("quantity", "value", "meaning"),
    path="soret",
)


def _of_data(item: Item) -> str | None:
    """Return the uncertainty of the bias of a component from the fluid data; None if unknown."""
    # Summaries of version 0.2.0 and earlier do not contain it.
    each = item.summary["data_uncertainty"].get("each") or ()
    of = next((one for one in each if one["species"] == item.name), None)
    if of is None or of["bias"] is None:
        return None
    return f"at least {percent(of['bias'])}" if of["unknown"] else percent(of["bias"])


COMPONENTS: Final = Listing(
    "Soret coefficients of all components",
    lambda summary: {component["species"]: component for component in components(summary)},
    (
        Column("component", name_of),
        Column("apparent", "apparent", with_bounds(unit="soret"), "soret.each.{}.apparent"),
        Column("true", "true", number(6, "soret")),
        Column("without gravity", "without_gravity", number(6, "soret")),
        Column("bias", "bias", ratio_with_bounds, "soret.each.{}.bias"),
        Column("uncertainty of the bias from the fluid data", _of_data),
    ),
    "A bias is the error over the norm of the true coefficients of all components.",
)


def _all_components(summary: Summary) -> dict[str, Summary]:
    """Return the coefficients of all components by name; none for fewer than three."""
    # Summaries of version 0.2.0 and earlier do not contain it.
    rows = (summary["soret"] or {}).get("components", ())
    return {row["component"]: row for row in rows}


def _listed_invariants(item: Item) -> str:
    """Return the frame-invariant coefficients, true and apparent, for the other references."""
    unit = units_of(item.summary).soret
    return "; ".join(
        f"{name}: {plain(item.entry['invariant_apparent'][name], 4)} "
        f"(true {plain(true, 4)}) {unit.label}"
        for name, true in item.entry["invariant"].items()
        if name != item.name
    )


ALL_COMPONENTS: Final = Listing(
    "Coefficients of all components",
    _all_components,
    (
        Column("component", name_of),
        Column("mean c", "c", number(6)),
        Column("S'_T apparent", "apparent", number(5, "soret")),
        Column("S'_T true", "true", number(6, "soret")),
        Column("bias", "bias", ratio),
        Column("D'_T of the fluid", lambda item: plain(item.entry["thermodiffusion"], 5)),
        Column("D'_T apparent", lambda item: plain(item.entry["thermodiffusion_apparent"], 5)),
        Column("frame-invariant S apparent, by reference component", _listed_invariants),
    ),
    "The last component follows from the others: S'_T = −dc/dT and D'_T (m²/(s K); α/ΔT in a case "
    "by groups) add up to zero over all components. The apparent D'_T is that of the apparent S'_T "
    "and the diffusion matrix of the fluid. S = S'_T/c − S'_T,k/c_k = −d ln(c/c_k)/dT does not "
    "depend on the frame; k is the reference component. Biases are over the same norm as above, "
    "which depends on which component is last.",
)

CHAMBERS: Final = Listing(
    "Chambers",
    "chambers",
    (
        Column("chamber", name_of),
        Column("filled with c", lambda item: _significant(item.entry["filled"])),
        Column("mean c", lambda item: _significant(item.entry["mean"])),
        Column("separation", "separation", number()),
        Column("S_T apparent", "apparent", number(5, "soret")),
        Column("bias", "bias", ratio_with_bounds, "chambers.{}.soret.bias"),
    ),
    lambda summary: " ".join(
        [
            "Solids separate the fluid into chambers; each chamber is read separately.",
            *(
                f"{name}: {chamber['reason']}."
                for name, chamber in summary["chambers"].items()
                if chamber["reason"]
            ),
        ]
    ),
)


def _significant(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"


# -- readings, walls, flow -----------------------------------------------------------------------


def _reading(end: str) -> Row:
    def value(summary: Summary) -> str:
        state, unit = summary["separation"][end], units_of(summary).temperature
        return f"T = {state['T']:.6g} {unit}, c = {state['c']:.8f}".replace("-", "−")

    return Row(f"{end} reading", value, text)


def _readings(summary: Summary) -> list[Row]:
    extra = [
        Row(f"separation, {name}", constant(value))
        for name, value in summary["separation"]["extra"].items()
    ]
    gradients = [
        Row(f"gradient of c, {name}", constant(gradient["c"]), number(6, "gradient"))
        for name, gradient in summary["gradients"].items()
    ]
    value = "separation.value"
    separations = [
        Row("separation with gravity", value, with_bounds(), error="separation"),
        Row("separation without gravity", "separation.without_gravity", number(6)),
    ]
    if is_solid(summary):
        separations = [Row("separation", value, with_bounds(), error="separation")]
    return [
        *separations,
        _reading("hot"),
        _reading("cold"),
        *extra,
        *gradients,
    ]


SEPARATION: Final = Sheet(
    lambda summary: f"Separation{first_component(summary)}",
    _readings,
    note=lambda summary: (
        f"Mass fraction of {summary['separation']['species']}; separation: cold less hot."
    ),
    path="separation",
)


def _text_of_fraction(end: str) -> Callable[[Item], str]:
    return lambda item: plain(item.entry[end]["c"], 8)


SEPARATIONS: Final = Listing(
    "Separations of all components",
    lambda summary: (
        {of["species"]: of for of in transported(summary)} if components(summary) else {}
    ),
    (
        Column("component", name_of),
        Column("with gravity", "value", number(6)),
        Column("without gravity", "without_gravity", number(6)),
        Column("c at the hot reading", _text_of_fraction("hot")),
        Column("c at the cold reading", _text_of_fraction("cold")),
    ),
    "Separation: cold less hot. The separations of all components, the rest included, add up to "
    "zero.",
)
