"""Sourced properties: a model with its source, its uncertainty and its range of validity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Strict, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import (
    OutOfRange,
    Property,
    is_constant,
    is_proportional_to_temperature,
    make_property,
    origins,
    validate,
)

FROM_CASE: Final = "given in the case, not from the database"

_BESIDE: Final = ("uncertainty", "source")
"""Keys that a case may give beside `value`, or in the table of a property model."""

Number: TypeAlias = Annotated[float, Strict()]
Range: TypeAlias = tuple[Number, Number]

SCHEMA: Final = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
"""Configuration of pydantic for the dataclasses of the database."""


def _read_property(spec: Any) -> Property:
    """Return the property model of an entry in a file; errors become those of pydantic."""
    try:
        return make_property(spec)
    except FluidError as error:
        raise PydanticCustomError(
            "property", "{message}", {"message": error.message, "hint": error.hint}
        ) from error


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """A property and its source; also the schema of a table in a file of the database.

    Args:
        value: Model of the property, in `unit`.
        unit: SI unit.
        source: DOI, full citation, or a statement of how the value was estimated.
        uncertainty: Relative standard uncertainty, 0 <= uncertainty < 1; None if unknown.
        verified: Whether the number was read in its primary source or in its abstract.
        assumed: Whether the number is an estimate because no published value for this material was
            found.
        computed_with: Package and version that computed the number from a correlation or a model,
            such as "CoolProp 8.0.0"; None if no package did.
        derived: Whether the number is arithmetic from other published numbers, which `source` or
            `note` names. It is verified if all of these were read.
        T_range: Lowest and highest temperature that the source covers, K; None if not stated.
        c_range: Lowest and highest mass fraction of component 1 that the source covers; None if not
            stated.
        note: Remarks for users.
    """

    # Its JSON Schema is in fluids/schema.py.
    value: Annotated[Property, BeforeValidator(_read_property), WithJsonSchema({})]
    unit: str
    source: str
    uncertainty: Number | None = None
    verified: StrictBool = False
    assumed: StrictBool = False
    computed_with: str | None = None
    derived: StrictBool = False
    T_range: Range | None = None
    c_range: Range | None = None
    note: str = ""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    @property
    def mark(self) -> str:
        """How the number came here: read, quoted, derived, assumed, or computed with a package."""
        if self.assumed:
            return "assumed"
        if self.computed_with:
            return f"computed with {self.computed_with}"
        if self.derived:
            return "derived" if self.verified else "derived from quoted"
        return "read" if self.verified else "quoted"

    def __post_init__(self) -> None:
        """Add the packages that computed the value, with their versions, to source and mark."""
        found = origins(self.value)
        missing = [origin for origin in found if origin not in self.source]
        if missing:
            object.__setattr__(self, "source", "; ".join([self.source, *missing]))
        if found and self.computed_with is None:
            packages = dict.fromkeys(origin.partition(":")[0] for origin in found)
            object.__setattr__(self, "computed_with", ", ".join(packages))

    def at(self, T: float, c: float | tuple[float, ...], where: str) -> float:
        """Return the value at a temperature and a composition.

        Args:
            T: Temperature, K.
            c: Mass fraction of component 1, or those of all components but the last.
            where: Name of the material and the property, for error messages.

        Raises:
            FluidError: The law is not given at T or c.
        """
        try:
            return float(self.value(T, c))
        except OutOfRange as error:
            raise FluidError(f"{where}: {error.message}", error.hint) from error

    def check(self, where: str, unit: str) -> None:
        """Check unit, source, uncertainty, ranges and the numbers of the model.

        Args:
            where: Name of the material and the property, for error messages.
            unit: Required SI unit.

        Raises:
            FluidError: A value is not allowed.
        """
        if self.unit != unit:
            raise FluidError(
                f"{where}: unit {self.unit!r} is not allowed", f"give the value in {unit!r}"
            )
        if not self.source:
            raise FluidError(
                f"{where} has no source", "give a DOI, a citation, or how the value was estimated"
            )
        if self.verified and (self.assumed or self.computed_with):
            raise FluidError(
                f"{where}: a number that is {self.mark} cannot be verified",
                "verified = true means that the number was read in its source",
            )
        if self.uncertainty is not None and not 0.0 <= self.uncertainty < 1.0:
            raise FluidError(
                f"{where}: uncertainty = {self.uncertainty:g} is out of range",
                "give a relative uncertainty of at least 0 and below 1: 0.05 is 5 %",
            )
        for label, limits in (("T_range", self.T_range), ("c_range", self.c_range)):
            if limits is not None and not 0.0 <= limits[0] < limits[1]:
                raise FluidError(
                    f"{where}: {label} = {limits} is not a range",
                    "give two numbers, neither of them negative, the smaller one first",
                )
        try:
            validate(self.value)
        except FluidError as error:
            raise FluidError(f"{where}: {error.message}", error.hint) from error


def sourced(spec: Any, unit: str) -> Sourced:
    """Return a property given in a case or in Python as a sourced property.

    Args:
        spec: A number in SI units, a property model, or the table of a model. Each of them may be
            the `value` in a table ``{"value": ..., "uncertainty": 0.05, "source": "..."}``. The
            table of a model may also contain `uncertainty` and `source`. A :class:`Sourced` is
            returned unchanged.
        unit: SI unit of the property.

    Raises:
        FluidError: A key is unknown, the uncertainty is not a number in 0 <= uncertainty < 1, the
            source is not a non-empty string, or the value is not a property.
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
                    f"a table with the keys {', '.join(spec)} is not a property",
                    "give value and, if known, uncertainty (relative) and source: "
                    '{ value = "3e-3 1/K", uncertainty = 0.05 }',
                )
            spec = rest["value"]
        else:
            spec = rest
        uncertainty, source = beside.get("uncertainty"), beside.get("source", FROM_CASE)
        number = isinstance(uncertainty, int | float) and not isinstance(uncertainty, bool)
        if uncertainty is not None and not (number and 0.0 <= uncertainty < 1.0):
            raise FluidError(
                f"uncertainty = {uncertainty!r} is not allowed",
                'give a relative uncertainty of at least 0 and below 1: 0.05, or "5 %"',
            )
        if not isinstance(source, str) or not source:
            raise FluidError(
                f"source = {source!r} is not allowed",
                "give a DOI, a citation, or how the value was measured",
            )
    return Sourced(
        value=make_property(spec),
        unit=unit,
        source=source,
        uncertainty=None if uncertainty is None else float(uncertainty),
    )


def outside_ranges(
    ranges: Iterable[tuple[str, Range | None]], symbol: str, used: float | Range, unit: str = ""
) -> tuple[str, ...]:
    """Return descriptions of the properties that are used outside the ranges of their sources.

    Args:
        ranges: Pairs of the name of a property and the range that its source covers, or None if the
            source states no range.
        symbol: Symbol of the independent variable, "T" or "c".
        used: Value of this variable, or the pair of its lowest and highest value.
        unit: Unit of this variable, preceded by a space.

    Returns:
        One clause for each range that is exceeded.
    """
    low, high = used if isinstance(used, tuple) else (used, used)
    names: dict[Range, list[str]] = {}
    for name, limits in ranges:
        if limits is not None and (low < limits[0] or high > limits[1]):
            names.setdefault(limits, []).append(name.replace("_", " "))
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return tuple(
        f"{_listed(outside)} used at {symbol} = {span}{unit}, "
        f"but known only from {limits[0]:g} to {limits[1]:g}{unit}"
        for limits, outside in names.items()
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is_plain(law: Property) -> bool:
    """Return whether a law is a number, or one that is taken as proportional to T."""
    return is_constant(law) or is_proportional_to_temperature(law)


_STATES: Final = 9
"""Number of temperatures, and of compositions, at which the range of a fluid is checked."""

_PURE: Final = 1e-6
"""Mass fraction at which a range that includes a pure component is checked."""


def states_covered(entries: Iterable[Sourced], T: float, c: float) -> Iterator[tuple[float, float]]:
    """Yield states on a grid over the range that all sources of a fluid cover.

    Nothing is known of the range of a law that varies and has none; the reference state is then the
    only one. A constant without a range is taken to hold in that of the others.

    Args:
        entries: The properties.
        T: Temperature of the reference state, K.
        c: Mass fraction of component 1 in the reference state.

    Yields:
        Temperature, K, and mass fraction of component 1: the reference state first.
    """
    known = list(entries)
    varying = [entry for entry in known if not _is_plain(entry.value)]
    yield T, c
    bounded_T = all(entry.T_range for entry in varying)
    bounded_c = all(entry.c_range for entry in varying)
    for temperature in _grid([entry.T_range for entry in known if bounded_T], T):
        for fraction in _grid([entry.c_range for entry in known if bounded_c], c):
            yield temperature, min(max(fraction, _PURE), 1.0 - _PURE)


def _grid(ranges: Iterable[Range | None], value: float) -> list[float]:
    """Return values over the range that all ranges share; the given value if they share none."""
    stated = [limits for limits in ranges if limits is not None]
    low = max((limits[0] for limits in stated), default=value)
    high = min((limits[1] for limits in stated), default=value)
    if low >= high:
        return [value]
    return [low + (high - low) * i / (_STATES - 1) for i in range(_STATES)]
