"""The types of values in case files, and how each is read and written.

A quantity is a text with a unit or a plain number in SI (degrees for angles). In a case defined by
dimensionless groups, lengths and temperatures have no unit, and a text with a unit is an error.
Times may also be given as multiples of the relaxation time of the cell, "5 tau".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    SerializationInfo,
    Strict,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from femsoret.base.errors import CaseError, FluidError, nearest
from femsoret.base.units import quantity
from femsoret.case.messages import UNSEEN, wrong
from femsoret.fluids.fluid import MOLAR_MASS_UNIT, UNITS
from femsoret.fluids.properties import KEY_UNITS, NO_UNITS, TEXT
from femsoret.fluids.sourced import sourced

Units: TypeAlias = Literal["SI", "groups"]


@dataclass(frozen=True)
class Context:
    """Context of the case in which a value is read or written.

    Args:
        source: Path of the case file, to whose folder other paths are relative.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        unsafe_petsc: Whether any PETSc option is allowed, including those that run code.
    """

    source: Path = Path("case.toml")
    units: Units = "SI"
    unsafe_petsc: bool = False


def context_of(info: ValidationInfo | SerializationInfo) -> Context:
    """Return the context of a validation or serialisation; by default one with SI units."""
    return info.context if isinstance(info.context, Context) else Context()


# -- tables ------------------------------------------------------------------------------------


class Table(BaseModel):
    """A table of a case file; it is immutable and rejects unknown keys."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # a validator is built with those of all tables in it, when it is used
    )

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, table: object) -> object:
        """Raise an error for an unknown key, with the nearest known one, or for a missing key."""
        if not isinstance(table, Mapping):
            return table
        for key in table:
            if key not in cls.model_fields:
                raise wrong("unknown key", nearest(str(key), cls.model_fields), str(key))
        for key, field in cls.model_fields.items():
            if field.is_required() and key not in table:
                raise wrong("missing", f"{key}: {field.description}", key)
        return table

    def temperatures(self) -> Iterator[tuple[str, float]]:
        """Yield the dotted key and the value in K of each temperature, also in nested tables."""
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            items = enumerate(value) if isinstance(value, tuple) else [("", value)]
            for i, item in items:
                name = f"{key}.{i}".rstrip(".")
                if isinstance(item, Table):
                    yield from ((f"{name}.{inner}", T) for inner, T in item.temperatures())
                elif isinstance(item, float) and any(
                    mark.is_temperature for mark in units_of(field)
                ):
                    yield name, item


def optional(description: str, default: str = "") -> Any:
    """Return the pydantic field of an optional key, which is None if it is omitted.

    Args:
        description: Meaning of the key.
        default: What applies without the key, for the reference page of keys.
    """
    extra: dict[str, JsonValue] | None = {"default": default} if default else None
    return Field(default=None, description=description, json_schema_extra=extra)


@dataclass(frozen=True)
class ByKind:
    """Annotation of a union of tables that are distinguished by their key ``kind``."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return a schema that selects the table by its kind; its errors list all kinds."""
        tables = {get_args(t.model_fields["kind"].annotation)[0]: t for t in get_args(source)}
        return core_schema.tagged_union_schema(
            {kind: handler.generate_schema(table) for kind, table in tables.items()},
            discriminator="kind",
            custom_error_type="kind",
            custom_error_message="missing or unknown kind",
            custom_error_context={"kinds": " ".join(tables), "key": "kind"},
        )


def parts_of(annotation: object) -> Iterator[object]:
    """Yield an annotation and everything inside it, except the values of literals."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for inner in get_args(annotation):
            yield from parts_of(inner)


def units_of(field: FieldInfo) -> list[InUnit]:
    """Return the unit annotations of a field, including those nested inside its type."""
    marks = [*field.metadata, *parts_of(field.annotation)]
    return [mark for mark in marks if isinstance(mark, InUnit)]


# -- quantities --------------------------------------------------------------------------------


@dataclass(frozen=True)
class InUnit:
    """Annotation of a float that may be given with a unit.

    Args:
        unit: Unit of the float after reading; "deg" and "1" also apply to cases with groups.
        plain: Whether :meth:`write` returns a plain number instead of a text with the unit.
        difference: Whether the float is a difference of values; a difference of temperatures cannot
            be given in "degC".
    """

    unit: str
    plain: bool = False
    difference: bool = False

    @property
    def dimensional(self) -> bool:
        """Whether the quantity becomes dimensionless in cases with groups."""
        return self.unit not in {"deg", "1"}

    @property
    def is_temperature(self) -> bool:
        """Whether the quantity is a temperature rather than a temperature difference."""
        return self.unit == "K" and not self.difference

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return pydantic's schema of a float, with our reader before it and our writer."""
        return core_schema.with_info_before_validator_function(
            self.read,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.write, info_arg=True
            ),
        )

    def read(self, value: object, info: ValidationInfo) -> object:
        """Return a quantity as a number in ``unit``; values other than texts are left unchanged.

        Args:
            value: The value as written in the file.
            info: Validation info, with the context of the case.

        Raises:
            PydanticCustomError: The text is not a quantity of this kind.
        """
        if not isinstance(value, str):
            return value
        if self.dimensional and context_of(info).units == "groups":
            raise wrong(
                f"{value!r} is a text: with [groups], only plain numbers are allowed",
                "lengths are in units of the gap, temperatures in units of the wall temperature "
                "difference",
            )
        if self.difference and self.unit == "K" and "deg" in value:
            raise wrong(
                f"{value!r} is not a temperature difference", 'give it in K, for example "0.1 K"'
            )
        try:
            return quantity(value, self.unit)
        except CaseError as error:
            raise wrong(error.message, error.hint) from error

    def write(self, value: Any, info: SerializationInfo) -> Any:
        """Return a number as it is written in a case file: a text with a unit, or a plain number.

        Args:
            value: The number, in ``unit``, or several of them where a list is allowed as well.
            info: Serialisation info, with the context of the case.
        """
        if isinstance(value, list | tuple):
            return [self.write(each, info) for each in value]
        if (
            self.plain
            or self.unit == "1"
            or (self.dimensional and context_of(info).units == "groups")
        ):
            return value
        return f"{value!r} {self.unit}"


def check_absolute(value: float, info: ValidationInfo) -> float:
    """Return a temperature after checking that it is above 0 K; with groups any number passes.

    Raises:
        PydanticCustomError: The temperature is not above 0 K, and the case is in SI units.
    """
    if value <= 0.0 and context_of(info).units == "SI":
        raise wrong(
            f"{value:g} K is not an absolute temperature", 'a value above 0 K, as "25 degC"'
        )
    return value


Number: TypeAlias = Annotated[float, Strict()]
Positive: TypeAlias = Annotated[float, Strict(), Field(gt=0)]
Count: TypeAlias = Annotated[int, Strict(), Field(ge=1)]
Flag: TypeAlias = Annotated[bool, Strict()]
Text: TypeAlias = Annotated[str, Strict()]
Length: TypeAlias = Annotated[float, Strict(), InUnit("m")]
PositiveLength: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("m")]
Temperature: TypeAlias = Annotated[float, Strict(), InUnit("K"), AfterValidator(check_absolute)]
Angle: TypeAlias = Annotated[float, Strict(), InUnit("deg")]


@dataclass(frozen=True)
class InPhase(InUnit):
    """Annotation of a phase, which may also be given in fringes of 2 pi."""

    unit: str = "rad"

    def read(self, value: object, info: ValidationInfo) -> object:
        """Return the phase in rad (see the base class)."""
        return super().read(in_turns(value) if isinstance(value, str) else value, info)


def in_turns(text: str) -> str:
    """Return a quantity whose unit may contain fringes with turns in their place."""
    return _FRINGE.sub("turn", text)


PhaseError: TypeAlias = Annotated[float, Strict(), Field(gt=0), InPhase()]
Acceleration: TypeAlias = Annotated[float, Strict(), Field(ge=0), InUnit("m/s^2")]
HeatFlux: TypeAlias = Annotated[float, Strict(), InUnit("W/m^2")]
HeatTransfer: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("W/m^2/K")]
ThermalMobility: TypeAlias = Annotated[float, Strict(), InUnit("m^2/s/K")]
SolutalMobility: TypeAlias = Annotated[float, Strict(), InUnit("m^2/s")]
SlipLength: TypeAlias = Annotated[float, Strict(), Field(ge=0), InUnit("m")]
Pressure: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("Pa")]
Conductivity: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("W/m/K")]
Tolerance: TypeAlias = Annotated[float, Strict(), Field(gt=0, lt=1)]
Ratio: TypeAlias = Annotated[float, Strict(), InUnit("1")]
MassFraction: TypeAlias = Annotated[float, Strict(), Field(ge=0, le=1), InUnit("1")]
MixtureFraction: TypeAlias = Annotated[float, Strict(), Field(gt=0, lt=1), InUnit("1")]
MolarMass: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit(MOLAR_MASS_UNIT)]


def _one_or_each(value: object) -> str:
    return f"{UNSEEN}each" if isinstance(value, Mapping) else f"{UNSEEN}one"


MixtureFractions: TypeAlias = Annotated[
    Annotated[MixtureFraction, Tag(f"{UNSEEN}one")]
    | Annotated[dict[Text, MixtureFraction], Tag(f"{UNSEEN}each")],
    Discriminator(_one_or_each),
]
"""The mass fraction of the component named first, or a table of those of several components."""


def _names_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise wrong(f"side {name!r} is named twice", "name each side once")
    return names


def _points_somewhere(direction: tuple[float, ...]) -> tuple[float, ...]:
    if not any(direction):
        raise wrong("a direction of length zero", "[0, -1] points down, [0, 1] up")
    return direction


Sides: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(_names_once)]
Direction: TypeAlias = Annotated[
    tuple[Number, ...], Field(min_length=2, max_length=3), AfterValidator(_points_somewhere)
]


def _from_case_folder(path: Path, info: ValidationInfo) -> Path:
    return (context_of(info).source.parent / path).absolute()


FilePath: TypeAlias = Annotated[Path, AfterValidator(_from_case_folder)]
"""A path, relative to the folder of the case file; it is made absolute on reading."""


def _from_case_folder_if_there(name: str, info: ValidationInfo) -> str:
    path = _from_case_folder(Path(name), info)
    return str(path) if path.is_file() else name


FileOrName: TypeAlias = Annotated[Text, AfterValidator(_from_case_folder_if_there)]
"""A path, relative to the folder of the case file, or a name that is known elsewhere."""


def one_of(what: str, names: Iterable[str]) -> AfterValidator:
    """Return the annotation of a text that must be one of several names.

    Args:
        what: What the names stand for, such as "preset"; used in messages.
        names: The allowed names.
    """
    allowed = tuple(names)

    def check(name: str) -> str:
        if name not in allowed:
            raise wrong(f"unknown {what} {name!r}", nearest(name, allowed))
        return name

    return AfterValidator(check)


# -- times --------------------------------------------------------------------------------------

_FRINGE: Final = re.compile(r"\bfringes?\b")
"""Unit of a phase, 2 pi."""
_IN_TAU: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*tau\s*")
_HINT: Final = 'a time is "20 h", a plain number of seconds, or "5 tau" (tau = L^2/(pi^2 D))'
_GROUPS_HINT: Final = 'a plain number in units of L^2/alpha, or "5 tau" (tau = L^2/(pi^2 D))'


@dataclass(frozen=True)
class Duration:
    """A time as given in the case file; tau is not known before the cell and mixture are built.

    Args:
        number: Time in s (in L^2/alpha with groups), or in relaxation times.
        in_tau: Whether ``number`` is in relaxation times.
    """

    number: float
    in_tau: bool = False

    def seconds(self, tau: float) -> float:
        """Return the time in seconds (in L^2/alpha with groups).

        Args:
            tau: Relaxation time, in the same unit.
        """
        return self.number * tau if self.in_tau else self.number


@dataclass(frozen=True)
class InTime(InUnit):
    """Annotation of a :class:`Duration`.

    Args:
        unit: Unit of plain numbers.
        positive: Whether to reject zero.
        signed: Whether to accept negative times.
    """

    unit: str = "s"
    positive: bool = False
    signed: bool = False

    def read(self, value: object, info: ValidationInfo) -> Duration:
        """Return the duration that a value stands for (see the base class)."""
        time = value if isinstance(value, Duration) else _duration(value, context_of(info).units)
        too_low = time.number < 0 and not self.signed
        if not isfinite(time.number) or too_low or (self.positive and not time.number):
            bound = "greater than 0" if self.positive else "finite" if self.signed else "0 or more"
            raise wrong(f"{value!r} is not allowed", f"a time that is {bound}")
        return time

    def write(self, value: Duration, info: SerializationInfo) -> str | float:
        """Return a duration as it is written in a case file (see the base class)."""
        return f"{value.number!r} tau" if value.in_tau else super().write(value.number, info)


def _duration(value: object, units: Units) -> Duration:
    hint = _GROUPS_HINT if units == "groups" else _HINT
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong(f"{value!r} is not a time", hint)
    if not isinstance(value, str):
        return Duration(float(value))
    if in_tau := _IN_TAU.fullmatch(value):
        return Duration(float(in_tau[1]), in_tau=True)
    if units == "groups":
        raise wrong(f"{value!r} is a text: with [groups], times have no unit", hint)
    try:
        return Duration(quantity(value, "s"))
    except CaseError as error:
        raise wrong(error.message, hint) from error


Time: TypeAlias = Annotated[Duration, InTime()]
PositiveTime: TypeAlias = Annotated[Duration, InTime(positive=True)]
SignedTime: TypeAlias = Annotated[Duration, InTime(signed=True)]


# -- properties of materials --------------------------------------------------------------------

_KEY_UNITS: Final[Mapping[str, str]] = {
    **KEY_UNITS,
    "uncertainty": "1",
    "kind": TEXT,
    "source": TEXT,
}
"""Units of the keys of property laws and of the entries that accompany a value."""


@dataclass(frozen=True)
class PropertyIn(InUnit):
    """Annotation of a property: a quantity, or the table of a property model.

    Args:
        unit: SI unit of the property.
    """

    def read(self, value: object, info: ValidationInfo) -> object:
        """Return a property with all quantities converted to SI numbers (see the base class)."""
        try:
            plain = _in_unit(value, self.unit)
            sourced(plain, self.unit)
        except (CaseError, FluidError) as error:
            raise wrong(error.message, error.hint) from error
        return plain

    def write(self, value: Property, info: SerializationInfo) -> object:
        """Return a number with its unit, or a table unchanged (see the base class)."""
        return super().write(value, info) if isinstance(value, float) else value


def property_of(name: str) -> PropertyIn:
    """Return the annotation of a fluid or solid property, by the name of the property."""
    return PropertyIn(UNITS[name])


Property: TypeAlias = float | Mapping[str, object]
"""A property after reading: its value in SI, or the table of a property model."""


def _in_unit(value: object, unit: str) -> object:
    """Return a number, or the table of a property law, with all quantities in SI."""
    if isinstance(value, Mapping):
        units = {key: _KEY_UNITS.get(key, unit).format(unit=unit) for key in value}
        return {
            key: entry if units[key] == TEXT else _in_unit(entry, units[key])
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [_in_unit(each, unit) for each in value]
    if isinstance(value, str) and unit.startswith(NO_UNITS):
        raise CaseError(
            f"{value!r} is a text: coefficients of polynomials and the factors of a product are "
            "plain numbers in SI",
            "write the number alone, as 1e-3 for 1 mPa s",
        )
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return quantity(value, unit)
    return value
