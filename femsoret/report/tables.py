"""Tables: the numbers of a run, rounded and in units for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import acos, degrees
from typing import Any, Final

from femsoret.report.components import components, components_table, whose
from femsoret.report.from_data import from_data, left_out
from femsoret.report.rounding import percent, percent_with_error, plain, short, with_error
from femsoret.report.stability import rate_text
from femsoret.report.standing import standing
from femsoret.report.summary import is_transient
from femsoret.report.table import NONE, Table
from femsoret.report.transient_tables import AT_THE_END, course, evaluation, statistics
from femsoret.report.units import is_axisymmetric, units_of
from femsoret.report.verdict import effect_of_readings, fluid_soret
from femsoret.report.warnings import COARSEST

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """What is expected of a balance.

    Args:
        label: What balances.
        limit: Relative defect up to which all is well.
        why: Where a defect comes from.
    """

    label: str
    limit: float
    why: str


AXISYMMETRIC_CELL: Final = "axisymmetric (r, z): flows are those of the whole cell"

BALANCES: Final = {
    "mass": Expected(
        "the equation of the species that its given mean replaced holds as well",
        1e-8,
        "round-off, what Newton left over",
    ),
    "heat": Expected("heat flows of all sides add up to zero", 1e-8, "round-off"),
    "species": Expected("mass flows of all sides add up to zero", 1e-8, "round-off"),
    "entropy": Expected("entropy produced leaves through the walls", 1e-2, "discretisation error"),
    "spurious_peclet": Expected(
        "no flow of the mesh's own (spurious Péclet number)", 0.1, "discretisation error"
    ),
}

STORED: Final = {
    "mass": BALANCES["mass"],
    "heat": Expected("heat stored is what came less what left", 1e-8, "round-off"),
    "species": Expected("species likewise", 1e-8, "round-off"),
    "spurious_peclet": BALANCES["spurious_peclet"],
}
"""The balances of a transient run."""

UNKNOWN: Final = "unknown"
"""What is said of an uncertainty that nobody states: it is not zero."""

GROUPS: Final = {
    "Ra": "g β_T ΔT L³/(ν α), the Rayleigh number",
    "Pr": "ν/α, the Prandtl number",
    "Le": "α/D, the Lewis number; some authors call its inverse so",
    "Sc": "ν/D, the Schmidt number",
    "psi": "(β_c/β_T) S_T c_0(1−c_0), the separation ratio; some authors give it the other sign",
}

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


def tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of a run, as far as it has anything to put in them.

    Args:
        summary: Its summary.
    """
    makers: tuple[Callable[[Summary], Table | None], ...] = (
        _soret,
        components_table,
        _chambers,
        _readings,
        _walls,
        _flow,
        _stability,
        _resolution,
        _balances,
        _entropy,
        _groups,
        _data,
        _fluid,
        _solids,
        _sources,
        _notes,
    )
    made = tuple(table for table in (make(summary) for make in makers) if table is not None)
    if not is_transient(summary):
        return made
    last = (replace(table, title=AT_THE_END.get(table.title, table.title)) for table in made)
    in_time = (evaluation(summary), course(summary), statistics(summary))
    return (*(table for table in in_time if table is not None), *last)


def data_tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables on groups and fluid data, for other reports.

    Args:
        summary: With "groups", "data_uncertainty" and "fluid" as in summary.json of a run.
    """
    makers = (_groups, _data, _fluid, _sources, _notes)
    return tuple(table for table in (make(summary) for make in makers) if table is not None)


def run_tables(summary: Summary, run: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the tables on the solver and the software.

    Args:
        summary: Summary of a run.
        run: Its record, the content of run.json.
    """
    solver = summary["solver"]
    steps = [
        (f"solve, {name}", f"{solve['wall_seconds']:.1f} s, {solve['newton_iterations']} steps")
        for name, solve in run["solves"].items()
    ]
    steps += [
        (f"march, {name}", f"{march['steps']} steps, {march['factorisations']} systems set up")
        for name, march in run.get("marches", {}).items()
    ]
    newton = solver["newton_iterations"]
    work = (
        ("unknowns", f"{solver['dofs']:,}".replace(",", " ")),
        ("mesh cells", f"{solver['cells']:,}".replace(",", " ")),
        ("stabilisation", solver["stabilisation"]),
        *([] if newton is None else [("Newton steps", str(newton))]),
        ("linear iterations", str(solver["linear_iterations"])),
        *steps,
        ("wall time of the run", f"{solver['wall_seconds']:.1f} s"),
        ("peak memory", f"{solver['peak_memory_mb']:.0f} MB"),
        ("MPI ranks", str(run["ranks"])),
        ("started", run["started"]),
        ("command", " ".join(run["command"])),
    )
    options = tuple((key, str(value)) for key, value in run["petsc_options"].items())
    return (
        Table("Solver", ("", ""), work),
        Table("PETSc options as resolved", ("option", "value"), options),
        Table("Versions", ("software", "version"), tuple(run["versions"].items())),
    )


# -- results -------------------------------------------------------------------------------------


def _soret(summary: Summary) -> Table | None:
    soret = summary["soret"]
    if soret is None:
        return None
    unit = units_of(summary).soret
    numerical, data = summary["numerical_error"], summary["data_uncertainty"]
    of_apparent, of_bias = numerical.get("soret.apparent"), numerical.get("soret.bias")
    rows = [
        (
            "S_T apparent",
            f"{with_error(soret['apparent'], of_apparent)} {unit}",
            "what the readings with gravity say",
        ),
        ("S_T true", f"{plain(soret['true'], 6)} {unit}", "the same from the closed form at rest"),
        *_by_readings(summary),
        (
            "S_T without gravity",
            f"{plain(soret['without_gravity'], 6)} {unit}",
            "the same from a solve without flow, a check",
        ),
        ("error", f"{with_error(soret['error'], of_apparent)} {unit}", "apparent less true"),
        (
            "bias",
            percent_with_error(soret["bias"], of_bias),
            soret["bias_reason"] or _meaning_of_bias(summary),
        ),
        (
            "numerical error of the bias",
            percent(of_bias),
            numerical.get("method") or numerical.get("reason", ""),
        ),
        (
            "uncertainty of the bias from the fluid data",
            from_data(summary),
            data.get("reason")
            or left_out(summary)
            or "one standard deviation, entries taken as independent",
        ),
    ]
    beyond = soret.get("at_thermostats")
    if beyond:
        rows.insert(
            1,
            (
                "S_T apparent, T of the thermostats",
                f"{plain(beyond['apparent'], 5)} {unit}, bias {percent(beyond['bias'])}",
                "the same with the temperatures imposed behind the solid walls",
            ),
        )
    title = f"Soret coefficient{whose(summary)}"
    return Table(title, ("quantity", "value", "meaning"), tuple(rows))


def _meaning_of_bias(summary: Summary) -> str:
    if components(summary):
        return "error over the norm of the true ones of all components"
    return "apparent over true, less 1"


def _by_readings(summary: Summary) -> list[tuple[str, str, str]]:
    """Return what readings along which the temperature varies do; nothing where it does not."""
    effect = summary["soret"].get("reading_effect")
    if not effect:
        return []
    return [
        (
            "S_T of the fluid",
            f"{plain(fluid_soret(summary), 6)} {units_of(summary).soret}",
            "between the temperatures that are read",
        ),
        (
            "effect of the readings",
            effect_of_readings(summary),
            "true over that of the fluid, less 1: the temperature varies along a reading",
        ),
    ]


def _chambers(summary: Summary) -> Table | None:
    """Return what is known of each chamber; None where the fluid is in one part."""
    chambers = summary.get("chambers")
    if not chambers:
        return None
    unit, errors = units_of(summary).soret, summary["numerical_error"]
    rows = [
        (
            name,
            NONE if of["filled"] is None else f"{of['filled']:.6g}",
            f"{of['mean']:.6g}",
            NONE if of["separation"] is None else plain(of["separation"]),
            NONE if of["apparent"] is None else f"{plain(of['apparent'], 5)} {unit}",
            percent_with_error(of["bias"], errors.get(f"chambers.{name}.soret.bias")),
        )
        for name, of in chambers.items()
    ]
    reasons = [f"{name}: {of['reason']}." for name, of in chambers.items() if of["reason"]]
    return Table(
        "Chambers",
        ("chamber", "filled with c", "mean c", "separation", "S_T apparent", "bias"),
        tuple(rows),
        " ".join(["Solids separate the fluid into chambers; each is read alone.", *reasons]),
    )


def _readings(summary: Summary) -> Table | None:
    separation = summary["separation"]
    if separation is None:
        return None
    unit = units_of(summary).temperature
    per_length = "1/m" if summary["units"] == "SI" else "1/L"
    error = summary["numerical_error"].get("separation")
    rows = [
        ("separation with gravity", with_error(separation["value"], error)),
        ("separation without gravity", plain(separation["without_gravity"], 6)),
    ]
    for end in ("hot", "cold"):
        at = separation[end]
        rows.append(
            (f"{end} reading", f"T = {at['T']:.6g} {unit}, c = {at['c']:.8f}".replace("-", "−"))
        )
    rows += [(f"separation, {name}", plain(value)) for name, value in separation["extra"].items()]
    rows += [
        (f"gradient of c, {name}", f"{plain(at['c'], 6)} {per_length}")
        for name, at in summary["gradients"].items()
    ]
    return Table(
        "Separation",
        ("quantity", "value"),
        tuple(rows),
        f"Mass fraction of {separation['species']}; separation: cold less hot.",
    )


def _walls(summary: Summary) -> Table:
    numerical = summary["numerical_error"]
    rows = tuple(
        (
            side,
            _heat_flow(summary, heat),
            with_error(summary["nusselt"][side], numerical.get(f"nusselt.{side}"), digits=6),
            plain(summary["nusselt_gradient"][side], 6),
            plain(summary["sherwood"][side], 6),
        )
        for side, heat in summary["heat_flow"].items()
    )
    return Table(
        "Walls",
        ("side", "heat flow outwards", "Nu", "Nu by gradient", "Sh"),
        rows,
        "Nu from the reaction of the wall, which conserves heat; by gradient: a cross-check, less "
        "accurate. No Nu where less than 1 % of the largest heat flow is conducted. Sh only where "
        "a wall has a given composition. Heat flows that are round-off are written as 0.",
    )


def _heat_flow(summary: Summary, heat: float | None) -> str:
    """Return a heat flow as a text: 0 where it is round-off, "infinite" where it has no number."""
    if heat is None:
        return "infinite"
    known = [abs(flow) for flow in summary["heat_flow"].values() if flow is not None]
    shown = plain(heat, 6) if abs(heat) > 1e-12 * max(known) else "0"
    return f"{shown} {units_of(summary).heat_flow}"


def _flow(summary: Summary) -> Table:
    units, peclet, frame = units_of(summary), summary["peclet"], summary["orientation"]
    length, errors = units.length, summary["numerical_error"]
    fastest, unsure = (
        None if number is None else number * units.speed.factor
        for number in (summary["max_speed"], errors.get("max_speed"))
    )
    rows = [
        ("largest speed", f"{with_error(fastest, unsure)} {units.speed.label}"),
        *(
            (f"{kind} Péclet number", with_error(peclet[kind], errors.get(f"peclet.{kind}")))
            for kind in ("thermal", "solutal")
        ),
        *([("rolls side by side", str(summary["rolls"]))] if summary.get("rolls") else []),
        ("gap L", f"{plain(frame['gap'] * length.factor)} {length.label}"),
        (
            "temperature difference ΔT",
            f"{plain(frame['T_hot'] - frame['T_cold'])} {units.temperature}, from {frame['cold']} "
            f"to {frame['hot']}" + _of_difference(summary),
        ),
        ("gravity", f"{plain(frame['gravity'])} {units.gravity}"),
        ("tilt", _tilt(frame)),
        # Runs of version 0.1 do not say it.
        *([("orientation", standing(frame))] if "heated_from" in frame else []),
        *([("coordinates", AXISYMMETRIC_CELL)] if is_axisymmetric(summary) else []),
    ]
    return Table("Flow", ("quantity", "value"), tuple(rows))


def _of_difference(summary: Summary) -> str:
    """Return where the temperature difference is from, unless walls of the fluid have it."""
    if summary["orientation"].get("heat_flux") is not None:
        return ", that of a layer at rest with the given heat flux, flux L/κ"
    return ", imposed behind solid walls" if summary.get("solids") else ""


def _stability(summary: Summary) -> Table | None:
    found = summary.get("stability")
    if found is None:
        return None
    unit = summary["units"]
    one = {None: "no second solve", True: "yes", False: "no"}[found["one_state"]]
    rows = (
        ("verdict", found["verdict"]),
        ("what it rests on", found["reason"]),
        ("largest growth rate that was found", rate_text(found["growth_rate"], unit)),
        ("frequency of that mode", rate_text(found["frequency"], unit)),
        ("modes found", str(found["modes"])),
        ("second solve found the same state", one),
    )
    return Table(
        "Stability",
        ("quantity", "value"),
        rows,
        "Stable: proven by a sufficient condition. No growth found: modes were sought near a few "
        "numbers, and none of those found grows, which is no proof.",
    )


def _resolution(summary: Summary) -> Table:
    found, length = summary["resolution"], units_of(summary).length
    largest = found["cell_peclet"]
    rows = [
        ("largest thermal cell Péclet number", plain(largest["thermal"])),
        ("largest solutal cell Péclet number", plain(largest["solutal"])),
        ("where, nearest side", largest["side"]),
    ]
    for side, wall in found["walls"].items():
        thickness, size = (
            NONE if wall[key] is None else f"{plain(wall[key] * length.factor, 3)} {length.label}"
            for key in ("thickness", "cell_size")
        )
        rows.append((f"layer at {side}; mesh cells there", f"{thickness}; {size}"))
    for field, key in COARSEST.items():
        if (cell := found.get(key)) is not None:
            share = f"{percent(cell['missed'])}; up to {percent(cell['limit'])} will do"
            rows.append((f"range of the {field} that a mesh cell misses", share))
    return Table(
        "Resolution",
        ("quantity", "value"),
        tuple(rows),
        "Cell Péclet number: |u| h/α and |u| h/D, h the length of the mesh cell along the flow. "
        "Layer: the least thickness that the flow along a side leaves a layer of composition.",
    )


def _tilt(frame: Mapping[str, Any]) -> str:
    """Return the angle from the axis to up; none where one wall surrounds the other."""
    if frame.get("axis_from") == "coordinates" and frame["T_hot"] != frame["T_cold"]:
        return NONE
    cosine = sum(a * b for a, b in zip(frame["axis"], frame["up"], strict=True))
    return f"{short(degrees(acos(max(-1.0, min(1.0, cosine)))))}°"


def _balances(summary: Summary) -> Table:
    rows, known = [], STORED if is_transient(summary) else BALANCES
    for name, defect in summary["balance"].items():
        expected = known.get(name)
        if expected is None and defect is None:
            continue
        if expected is None:
            rows.append((name.replace("_", " "), short(defect), NONE, NONE))
            continue
        found = NONE if defect is None else "yes" if defect <= expected.limit else "no"
        limit = f"up to {short(expected.limit)} ({expected.why})"
        rows.append((expected.label, short(defect), limit, found))
    return Table(
        "Balances",
        ("balance", "relative defect", "expected", "met"),
        tuple(rows),
        _floor(summary),
    )


def _floor(summary: Summary) -> str:
    """Return the sentence on the flow that the mesh makes of its own."""
    spurious = summary["balance"].get("spurious_peclet")
    if spurious is None:
        return ""
    kind = "thermal" if summary["peclet"]["solutal"] is None else "solutal"
    return (
        "Were the cell stratified in level layers, nothing would flow; on this mesh the computed "
        f"stratification would still drive a flow with a {kind} Péclet number of "
        f"{short(spurious)}, beside {short(summary['peclet'][kind])} for the flow of this run. "
        "Flows as slow as that may be the mesh's own."
    )


def _entropy(summary: Summary) -> Table | None:
    entropy, unit = summary["entropy"], units_of(summary).entropy
    if "reason" in entropy:
        return Table("Entropy", ("", ""), (("not evaluated", entropy["reason"]),))
    labels = {
        "produced": "produced by heat and mass",
        "leaving": "leaving through the walls",
        "viscous": "produced by friction (not part of the balance)",
    }
    rows = tuple((label, f"{plain(entropy[key], 6)} {unit}") for key, label in labels.items())
    return Table("Entropy", ("rate", "value"), rows)


def _groups(summary: Summary) -> Table | None:
    groups = summary["groups"]
    if not groups:
        return None
    rows = tuple(
        (name.replace("psi", "ψ"), plain(value), GROUPS.get(name, ""))
        for name, value in groups.items()
    )
    return Table("Dimensionless groups", ("group", "value", "definition"), rows)


def _data(summary: Summary) -> Table | None:
    entries = summary["data_uncertainty"].get("entries")
    if not entries:
        return None
    rows = tuple(
        (
            name.replace("_", " "),
            percent(entry["relative"]) if entry["relative"] is not None else UNKNOWN,
            short(entry["sensitivity"]),
            percent(entry["of_bias"]) if entry["of_bias"] is not None else UNKNOWN,
        )
        for name, entry in sorted(entries.items(), key=lambda item: -(item[1]["of_bias"] or 0.0))
    )
    unknown = [name.replace("_", " ") for name, e in entries.items() if e["relative"] is None]
    missing = f" Left out, since nobody states one: {', '.join(unknown)}." if unknown else ""
    return Table(
        "Uncertainty of the bias from the fluid data",
        ("entry", "relative uncertainty", "d bias/d ln(entry)", "of the bias"),
        rows,
        f"One standard deviation; together {from_data(summary)}.{missing}",
    )


def _fluid(summary: Summary) -> Table | None:
    fluid = summary["fluid"]
    if fluid is None:
        return None
    number = _source_numbers(fluid)
    rows = tuple(
        (
            row["name"].replace("_", " "),
            SYMBOLS.get(row["symbol"], row["symbol"]),
            f"{plain(row['value'])} {row['unit'] if row['unit'] != '1' else ''}".strip(),
            percent(row["uncertainty"]) if row["uncertainty"] is not None else UNKNOWN,
            "assumed" if row["assumed"] else "yes" if row["verified"] else "no",
            f"[{number[row['source']]}]",
        )
        for row in fluid["rows"]
    )
    assumed = sum(row["assumed"] for row in fluid["rows"])
    return Table(
        f"Fluid: {fluid['name']}",
        ("property", "symbol", "value", "uncertainty", "source read", "source"),
        rows,
        f"At the reference state. Of {len(rows)} entries {len(fluid['unverified'])} were not read "
        f"in their primary source; {assumed} of these are assumed, for want of a published value.",
    )


def _solids(summary: Summary) -> Table | None:
    solids = summary.get("solids")
    if not solids:
        return None
    rows = tuple(
        (
            region,
            solid["name"],
            row["name"].replace("_", " "),
            f"{plain(row['value'])} {row['unit'] if summary['units'] == 'SI' else ''}".strip(),
            percent(row["uncertainty"]) if row["uncertainty"] is not None else UNKNOWN,
            "yes" if row["verified"] else "no",
            row["source"],
        )
        for region, solid in solids.items()
        for row in solid["rows"]
    )
    return Table(
        "Solid walls",
        ("region", "material", "property", "value", "uncertainty", "source read", "source"),
        rows,
        "At the reference temperature. A steady state knows the conductivity only.",
    )


def _sources(summary: Summary) -> Table | None:
    if summary["fluid"] is None:
        return None
    rows = ((f"[{n}]", source) for source, n in _source_numbers(summary["fluid"]).items())
    return Table("Sources of the fluid data", ("", "source"), tuple(rows))


def _notes(summary: Summary) -> Table | None:
    fluid = summary["fluid"]
    rows = [(r["name"].replace("_", " "), r["note"]) for r in fluid["rows"]] if fluid else []
    rows = [row for row in rows if row[1]]
    return Table("Notes on the fluid data", ("property", "note"), tuple(rows)) if rows else None


def _source_numbers(fluid: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of each source, in the order in which they are named first."""
    sources = dict.fromkeys(row["source"] for row in fluid["rows"])
    return {source: n for n, source in enumerate(sources, 1)}
