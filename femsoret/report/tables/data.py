"""Tables of dimensionless groups, fluid data, solids and their sources."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Final

from femsoret.fluids.table import spoken
from femsoret.report.tables.table import (
    Column,
    Item,
    Listing,
    columns_of_texts,
    name_of,
    number,
    ratio_or_unknown,
)
from femsoret.report.words.components import components
from femsoret.report.words.numbers import percent, plain, short
from femsoret.report.words.phrases import capitalised, data_uncertainty_text, substance
from femsoret.report.words.units import Summary, duration, units_of

GROUP_DEFINITIONS: Final = {
    "Ra": "g β_T ΔT L³/(ν α), the Rayleigh number",
    "Pr": "ν/α, the Prandtl number",
    "Le": "α/D, the Lewis number; some authors use its inverse",
    "Sc": "ν/D, the Schmidt number",
    "Ra_v": "(V β_T ΔT L)²/(2 ν α), V the velocity of the vibration: the vibrational Rayleigh or "
    "Gershuni number",
    "psi": "(β_c/β_T) S_T c_0(1−c_0), the separation ratio; some authors use the opposite sign",
}

GROUPS_OF_SEVERAL: Final = {
    "Le": "α/D, D the smallest eigenvalue of the diffusion matrix; some authors use the inverse",
    "Sc": "ν/D with the same D, the Schmidt number",
    "psi": "Σ β_c,i S'_T,i/β_T, the separation ratio of all components; some authors use the "
    "opposite sign",
}
"""Definitions for several components; S'_T = -dc/dT at rest."""

SYMBOLS: Final = {
    "rho": "ρ",
    "mu": "μ",
    "kappa": "κ",
    "kappa_0": "κ_0",
    "cp": "c_p",
    "beta_T": "β_T",
    "beta_c": "β_c",
    "Gamma": "Γ",
    "M1": "M_1",
    "M2": "M_2",
}


def _definition_of_group(item: Item) -> str:
    # A fit has no table on S_T, from which other runs tell that there are several components.
    eigenvalues = (item.summary.get("fluid") or {}).get("diffusivities", ())
    is_several = components(item.summary) or len(eigenvalues) > 1
    several = GROUPS_OF_SEVERAL if is_several else {}
    return several.get(item.name) or GROUP_DEFINITIONS.get(item.name, "")


GROUPS: Final = Listing(
    "Dimensionless groups",
    "groups",
    (
        Column("group", lambda item: item.name.replace("psi", "ψ")),
        Column("value", "", number()),
        Column("definition", _definition_of_group),
    ),
)


def _matrix_rows(summary: Summary) -> list[tuple[str, str]]:
    """Return rows on the diffusion matrix of several components; none for one."""
    fluid = summary["fluid"] or {}
    # Summaries of version 0.2.0 and earlier do not contain them.
    values = fluid.get("diffusivities") or ()
    if len(values) < 2:
        return []
    gap, units = summary["orientation"]["gap"], units_of(summary)
    times = " and ".join(duration(summary["units"], gap**2 / (pi**2 * D)) for D in values)
    rows = [
        ("eigenvalues of D", f"{' and '.join(plain(D) for D in values)} {units.diffusion}"),
        ("relaxation times L²/(π² D) of the modes", times),
    ]
    if (found := fluid["asymmetry"]) is not None:
        value = percent(found["value"])
        if found["uncertainty"] is not None:
            value += (
                f" ± {percent(found['uncertainty'])}, {short(found['deviations'])} standard "
                "deviations from 0"
            )
        rows.append(("asymmetry of Onsager's matrix, |L − Lᵀ|/|L + Lᵀ|", value))
    return rows


MATRIX: Final = Listing(
    "Diffusion matrix",
    _matrix_rows,
    columns_of_texts("quantity", "value"),
    "At the reference state. L = ρ T D G⁻¹ is symmetric if the data obey Onsager's reciprocal "
    "relations; the run uses the data as they are unless it says otherwise.",
)


def _of_each(item: Item, key: str) -> list[tuple[str, float | None]]:
    """Return a number of an entry for the bias of each component, with the name of the component.

    The only component of a binary has no name.
    """
    each = item.summary["data_uncertainty"].get("each") or ()
    if len(each) < 2:
        return [("", item.entry[key])]
    return [(of["species"], of["entries"][item.name][key]) for of in each]


def _texts_of_each(key: str, write: Callable[[float | None], str]) -> Callable[[Item], str]:
    return lambda item: "; ".join(
        f"{name} {write(value)}".strip() for name, value in _of_each(item, key)
    )


def _entries(summary: Summary) -> dict[str, Summary]:
    """Return the entries of the fluid data, by decreasing contribution to an uncertainty."""
    entries = summary["data_uncertainty"].get("entries") or {}

    def largest(name: str) -> float:
        item = Item(summary, name, entries[name])
        return max(value or 0.0 for _, value in _of_each(item, "of_bias"))

    return {name: entries[name] for name in sorted(entries, key=lambda name: -largest(name))}


def _about_entries(summary: Summary) -> str:
    entries = summary["data_uncertainty"]["entries"]
    missing = [spoken(name) for name, e in entries.items() if e["relative"] is None]
    more = (
        f" Not included, since no uncertainty is stated: {', '.join(missing)}." if missing else ""
    )
    each = summary["data_uncertainty"].get("each") or ()
    total = data_uncertainty_text(summary)
    if len(each) > 1:
        total = "; ".join(f"{of['species']} {percent(of['bias'])}" for of in each)
    return f"One standard deviation; in total {total}.{more}"


DATA: Final = Listing(
    "Uncertainty of the bias from the fluid data",
    _entries,
    (
        Column("entry", lambda item: spoken(item.name)),
        Column("relative uncertainty", "relative", ratio_or_unknown),
        Column("d bias/d ln(entry)", _texts_of_each("sensitivity", short)),
        Column(
            "uncertainty of the bias",
            _texts_of_each("of_bias", lambda u: "unknown" if u is None else percent(u)),
        ),
    ),
    _about_entries,
)


def _fluid_rows(summary: Summary) -> list[Summary]:
    return list(summary["fluid"]["rows"]) if summary["fluid"] else []


def _source_numbers(summary: Summary) -> dict[str, int]:
    """Return a number for each source, in order of first appearance."""
    sources = dict.fromkeys(row["source"] for row in _fluid_rows(summary))
    return {source: i for i, source in enumerate(sources, 1)}


def _property(item: Item) -> str:
    return spoken(item.entry["name"])


def _read(item: Item) -> str:
    """Return "yes" or "no" by whether the source of an entry was read."""
    return "yes" if item.entry["verified"] else "no"


def _symbol(item: Item) -> str:
    """Return a symbol with Greek letters; those of components have numbers after a comma."""
    symbol, comma, number = item.entry["symbol"].partition(",")
    return f"{SYMBOLS.get(symbol, symbol)}{comma}{number}"


def _about_fluid(summary: Summary) -> str:
    fluid, rows = summary["fluid"], _fluid_rows(summary)
    unchecked, assumed = len(fluid["unverified"]), sum(row["assumed"] for row in rows)
    of_these = "all" if assumed == unchecked > 0 else str(assumed)
    return (
        f"At the reference state. Of {len(rows)} entries, {unchecked} were not checked in their "
        f"primary source; {of_these} of these are assumed, since there is no published value."
    )


FLUID: Final = Listing(
    lambda summary: f"{capitalised(substance(summary))}: {summary['fluid']['name']}",
    _fluid_rows,
    (
        Column("property", _property),
        Column("symbol", _symbol),
        Column("value", lambda item: _with_own_unit(item.entry)),
        Column("uncertainty", "uncertainty", ratio_or_unknown),
        Column("origin", "mark"),
        Column("source", lambda i: f"[{_source_numbers(i.summary)[i.entry['source']]}]"),
    ),
    _about_fluid,
)


def _with_own_unit(entry: Summary) -> str:
    """Return the value of a database entry with the unit given there."""
    unit = "" if entry["unit"] == "1" else entry["unit"]
    return f"{plain(entry['value'])} {unit}".strip()


def _solid_rows(summary: Summary) -> list[Summary]:
    si = summary["units"] == "SI"
    return [
        {**row, "region": region, "material": solid["name"], "unit": row["unit"] if si else ""}
        for region, solid in (summary.get("solids") or {}).items()
        for row in solid["rows"]
    ]


SOLIDS: Final = Listing(
    "Solid walls",
    _solid_rows,
    (
        Column("region", "region"),
        Column("material", "material"),
        Column("property", _property),
        Column("value", lambda item: _with_own_unit(item.entry)),
        Column("uncertainty", "uncertainty", ratio_or_unknown),
        Column("source read", _read),
        Column("source", "source"),
    ),
    "At the reference temperature. A steady state depends on the conductivity only.",
)

SOURCES: Final = Listing(
    "Sources of the fluid data",
    _source_numbers,
    (Column("", lambda item: f"[{item.entry}]"), Column("source", name_of)),
)

NOTES: Final = Listing(
    "Notes on the fluid data",
    lambda summary: [row for row in _fluid_rows(summary) if row["note"]],
    (Column("property", _property), Column("note", "note")),
)

FLUID_DATA: Final = (GROUPS, MATRIX, DATA, FLUID, SOURCES, NOTES)
"""The tables of groups and fluid data, which both runs and audits have."""
