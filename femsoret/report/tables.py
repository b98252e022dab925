"""Tables of steady and transient runs, specified as rows and columns of a summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import acos, degrees
from typing import Final

from femsoret.report.by_component import transported
from femsoret.report.data_tables import DATA, FLUID, GROUPS, NOTES, SOLIDS, SOURCES
from femsoret.report.internal_states import PARTICLE
from femsoret.report.rounding import percent, plain, short
from femsoret.report.summary import is_transient
from femsoret.report.table import (
    NONE,
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    Table,
    columns_of_texts,
    constant,
    make_tables,
    name_of,
    number,
    ratio,
    ratio_with_bounds,
    rounded,
    text,
    thousands,
    with_bounds,
)
from femsoret.report.transient import AT_THE_END, COURSE, EVALUATION, statistics
from femsoret.report.units import Document, Summary, is_axisymmetric, units_of
from femsoret.report.verdict import effect_of_readings, fluid_soret
from femsoret.report.warnings import COARSEST
from femsoret.report.wording import (
    components,
    data_uncertainty_text,
    first_component,
    missing_uncertainties,
    orientation_text,
    peclet_kind,
)

AXISYMMETRIC_CELL: Final = "axisymmetric (r, z): flows are those of the whole cell"


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


SORET: Final = Sheet(
    lambda summary: f"Soret coefficient{first_component(summary)}",
    (
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
            "from the same readings of the closed form at rest",
        ),
        Row(
            "S_T of the fluid",
            lambda summary: fluid_soret(summary) if _of_readings(summary) else None,
            number(6, "soret"),
            "between the temperatures read",
            optional=True,
        ),
        Row(
            "effect of the readings",
            lambda summary: effect_of_readings(summary) if _of_readings(summary) else None,
            text,
            "true over that of the fluid, less 1: the temperature varies along a reading",
            optional=True,
        ),
        Row(
            "S_T without gravity",
            "soret.without_gravity",
            number(6, "soret"),
            "from a solve without flow, as a check",
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
                summary["numerical_error"].get("method")
                or summary["numerical_error"].get("reason", "")
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
    ),
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


BODIES: Final = Listing(
    "Bodies",
    "bodies",
    (
        Column("body", name_of),
        Column("velocity", lambda item: _vector(item.entry["velocity"])),
        Column("angular velocity", lambda item: _vector(item.entry["rotation"])),
    ),
    "Free of force and torque, where the mesh has them; components along the coordinates, in m/s "
    "and 1/s (α/L and α/L² in a case by groups). Their numerical error is not estimated.",
)


def _vector(components: Sequence[float]) -> str:
    return ", ".join(f"{component:.5g}" for component in components).replace("-", "−")


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
    return [
        Row("separation with gravity", "separation.value", with_bounds(), error="separation"),
        Row("separation without gravity", "separation.without_gravity", number(6)),
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


def _heat_flow(item: Item) -> str:
    """Return a heat flow as a text: 0 where it is round-off, "infinite" where it has no number."""
    if item.entry is None:
        return "infinite"
    flows = [abs(flow) for flow in item.summary["heat_flow"].values() if flow is not None]
    shown = plain(item.entry, 6) if abs(item.entry) > 1e-12 * max(flows) else "0"
    return f"{shown} {units_of(item.summary).heat_flow}"


WALLS: Final = Listing(
    "Walls",
    "heat_flow",
    (
        Column("side", name_of),
        Column("heat flow outwards", _heat_flow),
        Column("Nu", lambda item: item.summary["nusselt"][item.name], with_bounds(6), "nusselt.{}"),
        Column("Nu by gradient", lambda i: i.summary["nusselt_gradient"][i.name], number(6)),
        Column("Sh", lambda item: item.summary["sherwood"][item.name], number(6)),
    ),
    "Nu is computed from the residual at the wall, which conserves heat; Nu by gradient is a less "
    "accurate cross-check. No Nu where less than 1 % of the largest heat flow is conducted. Sh "
    "only where a wall has a given composition. Heat flows that are round-off are written as 0.",
)


def _temperature_difference(summary: Summary) -> str:
    frame = summary["orientation"]
    difference = (
        f"{plain(frame['T_hot'] - frame['T_cold'])} {units_of(summary).temperature}, "
        f"from {frame['cold']} to {frame['hot']}"
    )
    if frame.get("heat_flux") is not None:
        return f"{difference}, that of a layer at rest with the given heat flux, flux L/κ"
    return f"{difference}, imposed behind solid walls" if summary.get("solids") else difference


def _tilt(summary: Summary) -> str:
    """Return the angle from the axis to up as a text; a dash if one wall surrounds the other."""
    frame = summary["orientation"]
    if frame.get("axis_from") == "coordinates" and frame["T_hot"] != frame["T_cold"]:
        return NONE
    cosine = sum(a * b for a, b in zip(frame["axis"], frame["up"], strict=True))
    return f"{short(degrees(acos(max(-1.0, min(1.0, cosine)))))}°"


FLOW: Final = Sheet(
    "Flow",
    (
        Row("largest speed", "max_speed", with_bounds(unit="speed")),
        Row("thermal Péclet number", "peclet.thermal", with_bounds()),
        Row("solutal Péclet number", "peclet.solutal", with_bounds()),
        Row("rolls side by side", "rolls", text, optional=True),
        Row("gap L", "orientation.gap", number(unit="length")),
        Row("temperature difference ΔT", _temperature_difference, text),
        Row("gravity", "orientation.gravity", number(unit="gravity")),
        Row("tilt", _tilt, text),
        Row(
            "orientation",
            # Summaries of version 0.1 do not contain it.
            lambda s: (
                orientation_text(s["orientation"]) if "heated_from" in s["orientation"] else None
            ),
            text,
            optional=True,
        ),
        Row(
            "coordinates",
            lambda s: AXISYMMETRIC_CELL if is_axisymmetric(s) else None,
            text,
            optional=True,
        ),
    ),
)

STABILITY: Final = Sheet(
    "Stability",
    (
        Row("verdict", "stability.verdict", text),
        Row("reason", "stability.reason", text),
        Row("largest growth rate found", "stability.growth_rate", rounded("rate")),
        Row("frequency of that mode", "stability.frequency", rounded("rate")),
        Row("modes found", "stability.modes", text),
        Row(
            "second solve found the same state",
            lambda s: {None: "no second solve", True: "yes", False: "no"}[
                s["stability"]["one_state"]
            ],
            text,
        ),
    ),
    note="Stable: proven by a sufficient condition. No growth found: modes were sought near a few "
    "shifts, and none of those found grows; this is no proof.",
    path="stability",
)


# -- resolution and balances ---------------------------------------------------------------------


def _resolution(summary: Summary) -> list[Row]:
    resolution, length = summary["resolution"], units_of(summary).length
    rows = [
        Row("largest thermal cell Péclet number", "resolution.cell_peclet.thermal"),
        Row("largest solutal cell Péclet number", "resolution.cell_peclet.solutal"),
        Row("where, nearest side", "resolution.cell_peclet.side", text),
    ]
    for side, wall in resolution["walls"].items():
        thickness, size = (
            NONE if wall[key] is None else f"{plain(wall[key] * length.factor, 3)} {length}"
            for key in ("thickness", "cell_size")
        )
        sizes = constant(f"{thickness}; {size}")
        rows.append(Row(f"layer at {side}; mesh cells there", sizes, text))
    for field, key in COARSEST.items():
        if (cell := resolution.get(key)) is not None:
            share = f"{percent(cell['missed'])}; allowed: {percent(cell['limit'])}"
            label = f"range of the {field} that a mesh cell misses"
            rows.append(Row(label, constant(share), text))
    return rows


RESOLUTION: Final = Sheet(
    "Resolution",
    _resolution,
    note="Cell Péclet number: |u| h/α and |u| h/D, h the length of the mesh cell along the flow. "
    "Layer: smallest thickness of the composition boundary layer at the side.",
)

BALANCES: Final = {
    "mass": (
        "the species equation replaced by the given mean is satisfied",
        1e-8,
        "round-off and the residual of Newton's method",
    ),
    "heat": ("heat flows of all sides add up to zero", 1e-8, "round-off"),
    "species": ("mass flows of all sides add up to zero", 1e-8, "round-off"),
    "entropy": ("entropy produced leaves through the walls", 1e-2, "discretisation error"),
    "spurious_peclet": (
        "no spurious flow of the mesh (spurious Péclet number)",
        0.1,
        "discretisation error",
    ),
}
"""Balance of a steady run -> description, largest expected relative defect, and its cause."""

STORED: Final = {
    "mass": BALANCES["mass"],
    "heat": ("heat stored equals heat in less heat out", 1e-8, "round-off"),
    "species": ("species stored equal species in less species out", 1e-8, "round-off"),
    "spurious_peclet": BALANCES["spurious_peclet"],
}
"""The same for transient runs."""


def _balances(summary: Summary) -> dict[str, tuple[str, str, str, str]]:
    """Return label, defect, expectation and whether it is met, for each balance."""
    rows: dict[str, tuple[str, str, str, str]] = {}
    expected = STORED if is_transient(summary) else BALANCES
    for name, defect in summary["balance"].items():
        if name in expected:
            label, limit, why = expected[name]
            met = NONE if defect is None else "yes" if defect <= limit else "no"
            rows[name] = (label, short(defect), f"up to {short(limit)} ({why})", met)
        elif defect is not None:
            rows[name] = (name.replace("_", " "), short(defect), NONE, NONE)
    return rows


def _spurious_flow(summary: Summary) -> str:
    """Return the sentence on the spurious flow of the mesh."""
    spurious = summary["balance"].get("spurious_peclet")
    if spurious is None:
        return ""
    kind = peclet_kind(summary)
    return (
        "In level layers of the computed stratification nothing would flow, but on this mesh they "
        f"drive a spurious flow with a {kind} Péclet number of {short(spurious)}; that of the flow "
        f"of this run is {short(summary['peclet'][kind])}. Flows as slow as the spurious one may "
        "be artefacts of the mesh."
    )


BALANCE: Final = Listing(
    "Balances",
    _balances,
    columns_of_texts("balance", "relative defect", "expected", "met"),
    _spurious_flow,
)

_NO_CURRENT: Final = 1e-6
"""Mass current, relative to its thermodiffusive part, up to which components are said to rest."""


def _not_an_equilibrium(summary: Summary) -> str:
    """Return what the entropy rates say about a steady state; "" if they say nothing of it."""
    entropy = summary["entropy"]
    current, produced = entropy.get("mass_current"), entropy["produced"]
    if is_transient(summary) or current is None or current > _NO_CURRENT or produced <= 0.0:
        return ""
    units = units_of(summary)
    flux = f"{short(entropy['heat_current'] * units.heat_flux.factor)} {units.heat_flux.label}"
    sentence = (
        "The state is steady, but it is no equilibrium. Heat flows through the fluid from the hot "
        f"to the cold side, {flux} in the mean, while the components have no mean current. "
        f"Entropy is produced all the time, {short(produced)} {units.entropy.label}, and leaves "
        "with the heat."
    )
    if entropy.get("missing") is not None:
        sentence += (
            " The thermodynamic factor depends on temperature. Unless mu_c = A(c) T + B(c), no "
            "entropy is consistent with a constant heat capacity: what the balance misses for this "
            "reason is listed."
        )
    return sentence


ENTROPY: Final = Sheet(
    "Entropy",
    (
        Row(
            "heat current through the fluid",
            "entropy.heat_current",
            number(5, "heat_flux"),
            optional=True,
        ),
        Row(
            "mass current, relative to its thermodiffusive part",
            "entropy.mass_current",
            number(2),
            optional=True,
        ),
        Row(
            "produced by conduction of heat",
            "entropy.conduction",
            number(6, "entropy"),
            optional=True,
        ),
        Row("produced by diffusion", "entropy.diffusion", number(6, "entropy"), optional=True),
        Row("produced by heat and mass", "entropy.produced", number(6, "entropy")),
        Row("leaving through the walls", "entropy.leaving", number(6, "entropy")),
        Row("missing in the balance", "entropy.missing", number(3, "entropy"), optional=True),
        Row(
            "heat released by diffusion",
            "entropy.heat_of_mixing",
            number(3, "heat_flow"),
            optional=True,
        ),
        Row(
            "produced by friction (not part of the balance)",
            "entropy.viscous",
            number(6, "entropy"),
        ),
    ),
    note=_not_an_equilibrium,
    path="entropy",
)


STEADY: Final = (
    *(SORET, COMPONENTS, ALL_COMPONENTS, CHAMBERS, PARTICLE, BODIES, SEPARATION, SEPARATIONS),
    *(WALLS, FLOW, STABILITY, RESOLUTION, BALANCE, ENTROPY, GROUPS, DATA, FLUID, SOLIDS, SOURCES),
    NOTES,
)
"""Tables of a steady run, in order."""


# -- all of a run --------------------------------------------------------------------------------


def tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of a steady or transient run, except those without content."""
    state = make_tables(STEADY, summary)
    if not is_transient(summary):
        return state
    averaged = statistics(summary)
    return (
        *make_tables((EVALUATION, COURSE), summary),
        *((averaged,) if averaged else ()),
        *(
            Table(_title_at_the_end(table.title), table.columns, table.rows, table.note)
            for table in state
        ),
    )


def _title_at_the_end(title: str) -> str:
    """Return the title of a table in a transient run; the name of a component stays in brackets."""
    base, bracket, name = title.partition(" (")
    return f"{AT_THE_END.get(base, base)}{bracket}{name}"


# -- how it was computed -------------------------------------------------------------------------


def work_tables(summary: Summary, run: Document) -> tuple[Table, ...]:
    """Return the tables on the solver and the software used for a run or an audit."""
    solver = summary["solver"]
    steps = {
        f"solve, {name}": f"{solve['wall_seconds']:.1f} s, {solve['newton_iterations']} steps"
        for name, solve in run.get("solves", {}).items()
    } | {
        f"march, {name}": f"{march['steps']} steps, {march['factorisations']} factorisations"
        for name, march in run.get("marches", {}).items()
    }
    numbers = {
        "unknowns": thousands(solver["dofs"]),
        "mesh cells": thousands(solver["cells"]),
        "stabilisation": solver.get("stabilisation"),
        "Newton steps": solver.get("newton_iterations"),
        "linear iterations": solver.get("linear_iterations"),
        **steps,
        "wall time of the run": f"{solver['wall_seconds']:.1f} s",
        "peak memory": f"{solver['peak_memory_mb']:.0f} MB",
        "MPI ranks": run["ranks"],
        "started": run["started"],
        "command": " ".join(run["command"]),
    }
    work = tuple((label, str(value)) for label, value in numbers.items() if value is not None)
    options = tuple((key, str(value)) for key, value in run["petsc_options"].items())
    return (
        Table("Solver", ("", ""), work),
        Table("PETSc options as resolved", ("option", "value"), options),
        software_table(run),
    )


def software_table(run: Document) -> Table:
    """Return the table on the versions of the software."""
    return Table("Versions", ("software", "version"), tuple(run["versions"].items()))
