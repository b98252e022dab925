"""All tables of a steady or transient run, and those on how it was computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from femsoret.report.summary.run import is_transient
from femsoret.report.tables.column import CHECKS, COLUMN, PORTS
from femsoret.report.tables.data import DATA, FLUID, GROUPS, MATRIX, NOTES, SOLIDS, SOURCES
from femsoret.report.tables.evaluated import COEFFICIENTS, MODES
from femsoret.report.tables.heating import HEATING
from femsoret.report.tables.instruments import (
    DEFLECTIONS,
    OPTICAL_SORET,
    OPTICS,
    OPTICS_OF_GLASS,
    PHASES,
)
from femsoret.report.tables.particle import IN_TIME, PARTICLE, TRACERS
from femsoret.report.tables.records import EVALUATED_RECORDS, INSTRUMENTS
from femsoret.report.tables.signals import EVALUATED, SIGNALS, THERMOMETERS
from femsoret.report.tables.soret import (
    ALL_COMPONENTS,
    CHAMBERS,
    COMPONENTS,
    SEPARATION,
    SEPARATIONS,
    SORET,
)
from femsoret.report.tables.state import (
    BALANCE,
    BODIES,
    ENTROPY,
    FLOW,
    PIECE,
    RESOLUTION,
    STABILITY,
    WALLS,
    WALLS_OF_SOLID,
)
from femsoret.report.tables.table import Table, make_tables, thousands
from femsoret.report.tables.transient import (
    COURSE,
    COURSE_OF_SOLID,
    EVALUATION,
    EVALUATION_OF_SOLID,
    statistics,
)
from femsoret.report.verdicts.column import is_column
from femsoret.report.words.phrases import is_solid
from femsoret.report.words.units import Document, Summary

AT_THE_END: Final = {
    "Soret coefficient": "Soret coefficient of the last readings",
    "Soret coefficients of all components": "Soret coefficients of all components at the end",
    "Coefficients of all components": "Coefficients of all components at the end",
    "Separation": "Separation at the end",
    "Separations of all components": "Separations of all components at the end",
    "Signals": "Signals at the end",
    "Thermometers": "Thermometers at the end",
    "Beam deflection": "Beam deflection at the end",
    "Interferometers": "Interferometers at the end",
    "S_T from optical amplitudes": "S_T from optical amplitudes at the end",
    "Walls": "Walls in the last step",
    "Flow": "Flow at the end",
    "Resolution": "Resolution at the end",
    "Balances": "Balances of the whole run",
}
"""Title of a table in a steady run -> its title in a transient run."""

STEADY: Final = (
    *(COLUMN, PORTS, CHECKS),
    *(
        SORET,
        COMPONENTS,
        ALL_COMPONENTS,
        CHAMBERS,
        PARTICLE,
        TRACERS,
        BODIES,
        SEPARATION,
        SEPARATIONS,
        SIGNALS,
        DEFLECTIONS,
        PHASES,
        OPTICAL_SORET,
        OPTICS,
        OPTICS_OF_GLASS,
        THERMOMETERS,
    ),
    *(HEATING, WALLS, WALLS_OF_SOLID, FLOW, PIECE, STABILITY, RESOLUTION, BALANCE, ENTROPY),
    *(GROUPS, MATRIX, DATA, FLUID, SOLIDS, SOURCES, NOTES),
)
"""Tables of a steady run, in order."""

OF_LAYER: Final = (
    "Soret coefficient",
    "Soret coefficient of the last readings",
    "Evaluation for D and S_T",
    "Apparent Soret coefficient in time",
)
"""Tables on two readings between which a layer at rest would separate."""

NOT_OF_COLUMN: Final = (
    "No column is evaluated in this way: its S_T is that of the slope between its ports. "
    "Along the flow the composition between these readings is no measure of S_T."
)

OF_FLOW: Final = (WALLS, FLOW, STABILITY, GROUPS, DATA)
"""Tables that a run with a solid does not have."""

OF_SOLID: Final = (WALLS_OF_SOLID, PIECE)
"""Tables in their place."""

RECORDS: Final = (EVALUATED_RECORDS, INSTRUMENTS)
"""Tables of virtual instruments."""


# -- all of a run --------------------------------------------------------------------------------


def tables(summary: Summary) -> tuple[Table, ...]:
    """Return the tables of a steady or transient run, except those without content."""
    solid = is_solid(summary)
    without = OF_FLOW if solid else OF_SOLID
    state = make_tables([table for table in STEADY if table not in without], summary)
    if not is_transient(summary):
        return _of_layer(state) if is_column(summary) else state
    averaged = statistics(summary)
    course = (EVALUATION_OF_SOLID, COURSE_OF_SOLID) if solid else (EVALUATION, COURSE)
    all_of_run = (
        *make_tables((*course, COEFFICIENTS, MODES, EVALUATED, *RECORDS, IN_TIME), summary),
        *((averaged,) if averaged else ()),
        *(
            Table(_title_at_the_end(table.title), table.columns, table.rows, table.note)
            for table in state
        ),
    )
    return _of_layer(all_of_run) if is_column(summary) else all_of_run


def _of_layer(made: Iterable[Table]) -> tuple[Table, ...]:
    """Return the tables of a column, those that take it for a layer at rest so marked."""
    return tuple(
        replace(
            table,
            title=f"{table.title}, if the cell were a layer at rest",
            note=f"{table.note} {NOT_OF_COLUMN}".strip(),
        )
        if table.title in OF_LAYER
        else table
        for table in made
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
