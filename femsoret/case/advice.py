"""Advice on which keys of a case file to change when the case could not be solved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from femsoret.case.case import Case
from femsoret.case.tables.cell import BoxCell, CylinderCell
from femsoret.solve.linear.options import DIRECT, MULTIGRID, REDUCED

_SETTLED: Final = 1e-6
"""Relative change in a long pseudo-time step below which only round-off remains."""


def advice_on(case: Case, record: Mapping[str, Any]) -> str:
    """Return advice on what to try when no steady state was found.

    Args:
        case: The case.
        record: Record of the failed search, from :class:`~femsoret.base.errors.NotConverged`.
    """
    flows, solver = record.get("flows", True), case.solver
    ways = []
    if record.get("is_coarse"):
        ways.append(f"refine the mesh there ({_keys('cell', case.cell.mesh_keys)})")
    if _has_come_to_rest(record):
        now = f"{solver.tolerance:g}"
        ways.append(f"loosen solver.tolerance (now {now}): the state no longer changes")
    if not flows:
        ways.append("check the property laws and the conditions: there is no flow in this solve")
        return ", or ".join(ways)
    ways.append(f"weaken the flow ({_drive(case)})")
    if record.get("ran_out", True):
        ways.append(f"raise solver.max_iterations (now {solver.max_iterations})")
    return ", or ".join(ways) + "; the flow may also have no stable steady state"


def _has_come_to_rest(record: Mapping[str, Any]) -> bool:
    """Return whether pseudo-transient continuation ended in a state that no longer changes."""
    course = record.get("course")
    return isinstance(course, Sequence) and bool(course) and course[-1][2] < _SETTLED


def advice_on_memory(case: Case, needs_mb: float | None = None) -> str:
    """Return advice on what to try when a run did not fit into memory.

    Args:
        case: The case.
        needs_mb: Estimated memory of the run, all ranks together, MB; None if unknown.
    """
    solver = case.solver
    ways = [
        "use a machine with more memory, or more machines",
        f"use fewer mesh cells (cell.{case.cell.mesh_keys[0]})",
    ]
    if solver.degree > 2:
        ways.append("lower solver.degree")
    if solver.numerical_error and case.time is None:
        ways.append("set solver.numerical_error = false (no second solve)")
    if isinstance(case.cell, BoxCell | CylinderCell) and solver.preset in {DIRECT, REDUCED}:
        ways.append(f'set solver.preset = "{MULTIGRID}"')
    needs = "" if needs_mb is None else f"it needs about {needs_mb:.0f} MB in total (estimate): "
    return needs + ", or ".join(ways)


def _keys(table: str, keys: Sequence[str]) -> str:
    return ", ".join(f"{table}.{key}" for key in keys)


def _drive(case: Case) -> str:
    """Return the keys that control the strength of the flow, and the value of groups.Ra."""
    if case.groups is not None:
        return f"groups.Ra, now {case.groups.Ra:g}"
    keys = [
        f"condition.{i}.{c.drive_key}"
        for i, c in enumerate(case.condition)
        if c.drive_key and getattr(c, c.drive_key) is not None
    ]
    return ", ".join((*keys, _keys("cell", case.cell.size_keys)))
