"""Temperatures in kelvin that look as if degrees Celsius were meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from femsoret.case.tables import (
    HeatingChange,
    RobinCondition,
    SurroundingsChange,
    TemperatureChange,
    TemperatureCondition,
)

if TYPE_CHECKING:
    from femsoret.case.case import Case

COLD: Final = 150.0
"""Temperature below which nothing is liquid that is liquid near room temperature, K."""

_ZERO: Final = 273.15
"""0 degrees Celsius, K."""


def celsius_questions(case: Case) -> tuple[str, ...]:
    """Return a question for temperatures that are far too cold for the fluid; one at most.

    Args:
        case: The case.
    """
    if case.fluid is None or case.fluid.fluid.T < COLD:
        return ()
    cold = {T: where for where, T in _stated(case) if T is not None and T < COLD}
    if not cold:
        return ()
    found = ", ".join(f"{T:g} K ({T - _ZERO:.4g} °C) in {where}" for T, where in cold.items())
    meant = ", ".join(f'"{T:g} degC"' for T in cold)
    return (f"far colder than where {case.fluid.fluid.name} is known: {found}: meant {meant}?",)


def _stated(case: Case) -> Iterator[tuple[str, float | None]]:
    """Yield where a case states temperatures, and these."""
    for i, condition in enumerate(case.condition):
        match condition:
            case TemperatureCondition():
                yield f"condition.{i}.value", condition.value
            case RobinCondition():
                yield f"condition.{i}.T_outside", condition.T_outside
    for i, change in enumerate(case.protocol):
        match change:
            case TemperatureChange() | SurroundingsChange():
                for key, T in _of_change(change):
                    yield f"protocol.{i}.{key}", T
            case HeatingChange():
                yield f"protocol.{i}.rest", change.rest
    if case.fluid is not None:
        yield "fluid.T0", case.fluid.T0
    if case.time is not None:
        yield "time.start_temperature", case.time.start_temperature
    if case.audit.side_walls is not None:
        yield "audit.side_walls.T_outside", case.audit.side_walls.T_outside


def _of_change(
    change: TemperatureChange | SurroundingsChange,
) -> Iterator[tuple[str, float | None]]:
    if change.ramp is not None:
        yield "ramp.initial", change.ramp.initial
        yield "ramp.final", change.ramp.final
    for k, step in enumerate(change.step):
        yield f"step.{k}.value", step.value
    for T in change.table.values if change.table is not None else ():
        yield "table.values", T
