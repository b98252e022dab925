"""Tables of walls, flow, stability, resolution, balances and entropy of a state."""

from __future__ import annotations

from collections.abc import Sequence
from math import acos, degrees
from typing import Final

from femsoret.report.summary.run import is_transient
from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    Row,
    Sheet,
    columns_of_texts,
    constant,
    name_of,
    number,
    rounded,
    text,
    with_bounds,
)
from femsoret.report.words.components import components
from femsoret.report.words.numbers import NONE, percent, plain, short
from femsoret.report.words.phrases import (
    SOLID,
    heated_inside,
    is_solid,
    orientation_text,
    peclet_kind,
    substance,
)
from femsoret.report.words.units import Summary, is_axisymmetric, units_of
from femsoret.report.words.warnings import COARSEST

AXISYMMETRIC_CELL: Final = "axisymmetric (r, z): flows are those of the whole cell"

BODIES: Final = Listing(
    "Bodies",
    "bodies",
    (
        Column("body", name_of),
        Column("velocity", lambda item: _vector(item.entry["velocity"])),
        Column("angular velocity", lambda item: _vector(item.entry["rotation"])),
        Column("size", "size", number(3, "length")),
        Column("thermal Péclet number", "peclet_thermal", rounded()),
        Column("solutal", "peclet_solutal", rounded()),
    ),
    "Free of force and torque, where the mesh has them; components along the coordinates, in m/s "
    "and 1/s (α/L and α/L² in a case by groups). Their numerical error is not estimated.",
)


def _vector(components: Sequence[float]) -> str:
    return ", ".join(f"{component:.5g}" for component in components).replace("-", "−")


def _heat_flow(item: Item) -> str:
    """Return a heat flow as a text: 0 where it is round-off, "infinite" where it has no number."""
    if item.entry is None:
        return "infinite"
    flows = [abs(flow) for flow in item.summary["heat_flow"].values() if flow is not None]
    shown = plain(item.entry, 6) if abs(item.entry) > 1e-12 * max(flows) else "0"
    return f"{shown} {units_of(item.summary).heat_flow}"


_HEAT_FLOWS: Final = (Column("side", name_of), Column("heat flow outwards", _heat_flow))

WALLS_OF_SOLID: Final = Listing(
    "Walls", "heat_flow", _HEAT_FLOWS, "Heat flows that are round-off are written as 0."
)
"""What stands in the place of the walls of a fluid for a solid."""

WALLS: Final = Listing(
    "Walls",
    "heat_flow",
    (
        *_HEAT_FLOWS,
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
    size = f"{plain(frame['T_hot'] - frame['T_cold'])} {units_of(summary).temperature}"
    if heated_inside(summary):
        return f"{size}, that of pure conduction by the heat sources, an estimate"
    difference = f"{size}, from {frame['cold']} to {frame['hot']}"
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


_ACROSS: Final = (
    Row("gap L", "orientation.gap", number(unit="length")),
    Row("temperature difference ΔT", _temperature_difference, text),
)
_COORDINATES: Final = Row(
    "coordinates",
    lambda summary: AXISYMMETRIC_CELL if is_axisymmetric(summary) else None,
    text,
    optional=True,
)

PIECE: Final = Sheet("The piece", (Row("phase", constant(SOLID), text), *_ACROSS, _COORDINATES))
"""What stands in the place of the flow for a solid."""

FLOW: Final = Sheet(
    "Flow",
    (
        Row("largest speed", "max_speed", with_bounds(unit="speed")),
        Row("thermal Péclet number", "peclet.thermal", with_bounds()),
        Row("solutal Péclet number", "peclet.solutal", with_bounds()),
        Row("rolls side by side", "rolls", text, optional=True),
        *_ACROSS,
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
        _COORDINATES,
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
        Row(
            "a uniform liquid reaches",
            lambda s: (s["stability"].get("uniform_start") or {}).get("reached"),
            text,
            optional=True,
        ),
    ),
    note="Stable: proven by a sufficient condition. No growth found: modes were sought near a few "
    "shifts, and none of those found grows; this is not a proof.",
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
    if is_solid(summary):
        rows, resolution = [], {**resolution, "walls": {}}
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
    note=lambda summary: (
        ""
        if is_solid(summary)
        else "Cell Péclet number: |u| h/α and |u| h/D, h the length of the mesh cell along the "
        "flow. Layer: smallest thickness of the composition boundary layer at the side."
    ),
)

BALANCES: Final = {
    "mass": (
        "the species equation replaced by the given mean is satisfied",
        1e-8,
        "round-off and the residual of Newton's method",
    ),
    "heat": ("heat flows of all sides add up to what is released inside", 1e-8, "round-off"),
    "species": ("mass flows of all sides add up to zero", 1e-8, "round-off"),
    "entropy": ("entropy produced or brought in leaves", 1e-2, "discretisation error"),
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
        if name == "spurious_peclet" and is_solid(summary):
            continue
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
        "The state is steady, but not an equilibrium. Heat flows through it from the hot to the "
        f"cold side, {flux} in the mean, while the components have no mean current. "
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
            lambda summary: f"heat current through the {substance(summary)}",
            "entropy.heat_current",
            number(5, "heat_flux"),
            optional=True,
        ),
        Row(
            lambda summary: (
                "largest mass current of a component, relative to its thermodiffusive part"
                if components(summary)
                else "mass current, relative to its thermodiffusive part"
            ),
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
        Row("brought in by heat sources", "entropy.supplied", number(6, "entropy"), optional=True),
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
            lambda s: None if is_solid(s) else s["entropy"]["viscous"],
            number(6, "entropy"),
            optional=True,
        ),
    ),
    note=_not_an_equilibrium,
    path="entropy",
)
