"""Advice: what to change in a case that was not solved, in the keys of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from femsoret.case.case import Case
from femsoret.case.tables import (
    BoxCell,
    CylinderCell,
    FileCell,
    HeatFluxCondition,
    RobinCondition,
    TemperatureCondition,
)
from femsoret.solve.linear.options import DIRECT, MULTIGRID, REDUCED

SETTLED: Final = 1e-6
"""Relative change in a long step below which what is left is round-off, not flow."""


def advice_on(case: Case, record: Mapping[str, Any]) -> str:
    """Return what to try where no steady state was found.

    Args:
        case: The case.
        record: What the search did (:class:`~femsoret.base.errors.NotConverged`).
    """
    flows = record.get("flows", True)
    more = f"raise solver.max_iterations (now {case.solver.max_iterations})"
    ways = [
        *([f"refine the mesh there ({_mesh(case)})"] if record.get("is_coarse") else []),
        *(
            [f"loosen solver.tolerance (now {case.solver.tolerance:g}): nothing changes any more"]
            if _has_come_to_rest(record)
            else []
        ),
        *([f"weaken the flow ({_drive(case)})"] if flows else []),
        *([more] if flows and record.get("ran_out", True) else []),
    ]
    if flows:
        return ", or ".join(ways) + "; a flow may also have no steady state that it keeps"
    ways += ["look at the property laws and the conditions: nothing flows in this solve"]
    return ", or ".join(ways)


def _has_come_to_rest(record: Mapping[str, Any]) -> bool:
    """Return whether pseudo-transient continuation ended in a state that no longer changes."""
    course = record.get("course")
    return isinstance(course, Sequence) and bool(course) and course[-1][2] < SETTLED


def advice_on_memory(case: Case, needs_mb: float | None = None) -> str:
    """Return what to try where a run did not fit into memory.

    Args:
        case: The case.
        needs_mb: What it needs about, all ranks together, MB; None where that is not known.
    """
    ways = [
        "give it more memory, or more machines",
        f"take fewer mesh cells ({_mesh(case).removesuffix(', cell.grading')})",
        *(["a lower solver.degree"] if case.solver.degree > 2 else []),
        *(
            ["solver.numerical_error = false (no second solve)"]
            if case.solver.numerical_error and case.time is None
            else []
        ),
        *(
            [f'solver.preset = "{MULTIGRID}"']
            if isinstance(case.cell, BoxCell | CylinderCell)
            and case.solver.preset in {DIRECT, REDUCED}
            else []
        ),
    ]
    needs = "" if needs_mb is None else f"it needs about {needs_mb:.0f} MB in all (estimate): "
    return needs + ", or ".join(ways)


def _mesh(case: Case) -> str:
    return "cell.path" if isinstance(case.cell, FileCell) else "cell.cells, cell.grading"


def _drive(case: Case) -> str:
    """Return the keys that make the flow strong or weak, with the groups' values."""
    if case.groups is not None:
        return f"groups.Ra, now {case.groups.Ra:g}"
    keys = [
        f"condition.{i}.{key}"
        for i, table in enumerate(case.condition)
        if (key := _temperature_key(table)) is not None
    ]
    return ", ".join((*keys, _size(case)))


def _size(case: Case) -> str:
    match case.cell:
        case FileCell():
            return "cell.scale"
        case CylinderCell():
            return "cell.radius, cell.height"
        case _:
            return "cell.size"


def _temperature_key(table: object) -> str | None:
    """Return the key of a condition that sets a temperature or a heat flux."""
    match table:
        case TemperatureCondition() | HeatFluxCondition():
            return "value"
        case RobinCondition():
            return "T_outside"
        case _:
            return None
