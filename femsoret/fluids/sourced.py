"""Sourced values: a property with its source, its uncertainty and the range of the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Strict, StrictBool
from pydantic_core import PydanticCustomError

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import Property, make_property, validate

FROM_CASE: Final = "given in the case, not from the database"

_BESIDE: Final = ("uncertainty", "source")
"""Keys that may stand beside a value, or beside the kind of a property model, in a case."""

Number: TypeAlias = Annotated[float, Strict()]
Range: TypeAlias = tuple[Number, Number]

SCHEMA: Final = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
"""How pydantic reads dataclasses of the database."""


def _read_property(spec: Any) -> Property:
    """Return a property from what a file says; errors become those of pydantic."""
    try:
        return make_property(spec)
    except FluidError as error:
        raise PydanticCustomError(
            "property", "{message}", {"message": error.message, "hint": error.hint}
        ) from error


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """A property and where it comes from; the schema of a table in a file of the database.

    Args:
        value: Model of the property, in `unit`.
        unit: SI unit.
        source: DOI or full citation, or how it was estimated.
        uncertainty: Relative standard uncertainty; None where the source read states none.
        verified: Whether the number was read in its primary source or the abstract of it.
        assumed: Whether no published value for this mixture was at hand, so that the number is an
            estimate; the note says how it was made.
        T_range: Temperatures that the source covers, K; None where that does not matter.
        c_range: Mass fractions that the source covers; None where that does not matter.
        note: What a user should know.
    """

    value: Annotated[Property, BeforeValidator(_read_property)]
    unit: str
    source: str
    uncertainty: Number | None = None
    verified: StrictBool = False
    assumed: StrictBool = False
    T_range: Range | None = None
    c_range: Range | None = None
    note: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    def check(self, where: str, unit: str) -> None:
        """Check unit, source, uncertainty, ranges and the numbers of the model.

        Args:
            where: Name of the material and the property, for messages.
            unit: SI unit that the property has to have.

        Raises:
            FluidError: What is wrong, and what is allowed.
        """
        if self.unit != unit:
            raise FluidError(f"{where}: unit {self.unit!r}", f"properties are in SI: {unit}")
        if not self.source:
            raise FluidError(f"{where} has no source", "a DOI, a citation, or how it was estimated")
        if self.uncertainty is not None and not 0.0 <= self.uncertainty < 1.0:
            raise FluidError(
                f"{where}: uncertainty {self.uncertainty:g}",
                "it is relative, from 0 to 1: 0.05 is 5 %",
            )
        for label, limits in (("T_range", self.T_range), ("c_range", self.c_range)):
            if limits is not None and not 0.0 <= limits[0] < limits[1]:
                raise FluidError(f"{where}: {label} = {limits}", "the lower end comes first")
        try:
            validate(self.value)
        except FluidError as error:
            raise FluidError(f"{where}: {error.message}", error.hint) from error


def sourced(spec: Any, unit: str) -> Sourced:
    """Return a value of a case or of a Python call as a sourced one.

    Args:
        spec: A number (SI), a property model, the table of one, or any of these as
            ``{"value": ..., "uncertainty": 0.05, "source": "..."}``; the last two keys may also
            stand in the table of a model. A :class:`Sourced` is returned as it is.
        unit: SI unit.

    Raises:
        FluidError: Another key, an uncertainty that is no number from 0 to 1, a source that is no
            text, or a value that is no property.
    """
    if isinstance(spec, Sourced):
        return spec
    uncertainty: Any = None
    source: Any = FROM_CASE
    if isinstance(spec, Mapping):
        beside = {key: spec[key] for key in _BESIDE if key in spec}
        rest = {key: entry for key, entry in spec.items() if key not in _BESIDE}
        if "kind" not in rest and ("value" in rest or beside):
            if set(rest) != {"value"}:
                raise FluidError(
                    f"a value with keys {', '.join(spec)}",
                    "value, uncertainty (relative) and source: "
                    '{ value = "3e-3 1/K", uncertainty = 0.05 }',
                )
            spec = rest["value"]
        else:
            spec = rest
        uncertainty, source = beside.get("uncertainty"), beside.get("source", FROM_CASE)
        number = isinstance(uncertainty, int | float) and not isinstance(uncertainty, bool)
        if uncertainty is not None and not (number and 0.0 <= uncertainty < 1.0):
            raise FluidError(
                f"uncertainty = {uncertainty!r}", 'it is relative, from 0 to 1: 0.05, or "5 %"'
            )
        if not isinstance(source, str) or not source:
            raise FluidError(f"source = {source!r}", "a DOI, a citation, or how it was measured")
    return Sourced(
        value=make_property(spec),
        unit=unit,
        source=source,
        uncertainty=None if uncertainty is None else float(uncertainty),
    )


def outside_ranges(
    ranges: Iterable[tuple[str, Range | None]], symbol: str, used: float | Range, unit: str = ""
) -> tuple[str, ...]:
    """Return which properties are used outside their range, one clause a range.

    Args:
        ranges: Name of a property and the range that its source covers; None: no range is stated.
        symbol: Of the quantity, "T" or "c".
        used: Its value, or the lowest and the highest one.
        unit: Its unit with a space before it.
    """
    low, high = used if isinstance(used, tuple) else (used, used)
    names: dict[Range, list[str]] = {}
    for name, limits in ranges:
        if limits is not None and (low < limits[0] or high > limits[1]):
            names.setdefault(limits, []).append(name.replace("_", " "))
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return tuple(
        f"{_listed(outside)} used at {symbol} = {span}{unit}, "
        f"known from {limits[0]:g} to {limits[1]:g}{unit}"
        for limits, outside in names.items()
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
