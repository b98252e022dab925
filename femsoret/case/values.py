"""The kinds of values that case files hold, and how each is read and written.

A quantity is text with a unit or a plain number in SI (degrees for angles). In a case stated by
dimensionless groups lengths and temperatures have no unit, and text with one is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializationInfo,
    Strict,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from femsoret.base.errors import CaseError, FluidError, nearest
from femsoret.base.units import quantity
from femsoret.fluids import make_property
from femsoret.fluids.fluid import MOLAR_MASS_UNIT, UNITS
from femsoret.fluids.given import given

Units: TypeAlias = Literal["SI", "groups"]


@dataclass(frozen=True)
class Context:
    """What the reading of a value depends on besides the value.

    Args:
        source: The case file, to which paths are relative.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        unsafe_petsc: Whether any PETSc option is let through, also those that run code.
    """

    source: Path = Path("case.toml")
    units: Units = "SI"
    unsafe_petsc: bool = False


def context_of(info: ValidationInfo | SerializationInfo) -> Context:
    """Return the context of a validation or serialisation; SI unless it says otherwise."""
    return info.context if isinstance(info.context, Context) else Context()


def wrong(what: str, hint: str = "", key: str = "") -> PydanticCustomError:
    """Return the error to raise in a validator.

    Args:
        what: What is wrong.
        hint: What is allowed.
        key: Key below the table that is being validated, where it is one key that is wrong.
    """
    return PydanticCustomError("case", "{what}", {"what": what, "hint": hint, "key": key})


class Table(BaseModel):
    """A table of a case file: frozen, and strict about its keys."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, table: Any) -> Any:
        """Name the nearest key for an unknown one, and say what a missing one would mean."""
        if not isinstance(table, Mapping):
            return table
        for key in table:
            if key not in cls.model_fields:
                raise wrong("unknown key", nearest(str(key), cls.model_fields), str(key))
        for key, field in cls.model_fields.items():
            if field.is_required() and key not in table:
                raise wrong("missing", f"{key} is: {field.description}", key)
        return table


@dataclass(frozen=True)
class InUnit:
    """Annotation of a float that may be written with a unit.

    Args:
        unit: Unit of the float; "deg" and "1" are the same in every system of units.
    """

    unit: str

    @property
    def dimensional(self) -> bool:
        """Whether cases stated by groups have no unit for it."""
        return self.unit not in {"deg", "1"}

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read before, and write instead of, what pydantic does with a float."""
        return core_schema.with_info_before_validator_function(
            self.read,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._write, info_arg=True
            ),
        )

    def read(self, value: Any, info: ValidationInfo) -> Any:
        """Return a quantity as a number; what is no text is left to pydantic.

        Args:
            value: What the file says.
            info: With the context of the case.

        Raises:
            PydanticCustomError: The text is no such quantity.
        """
        if not isinstance(value, str):
            return value
        if self.dimensional and context_of(info).units == "groups":
            raise wrong(
                f"{value!r} is a text: with [groups] there are plain numbers only",
                "lengths are in units of the gap, temperatures in units of the wall temperature "
                "difference",
            )
        try:
            return quantity(value, self.unit)
        except CaseError as error:
            raise wrong(error.message, error.hint) from error

    def _write(self, value: float, info: SerializationInfo) -> str | float:
        if self.unit == "1" or (self.dimensional and context_of(info).units == "groups"):
            return value
        return f"{value!r} {self.unit}"


def _absolute(value: float, info: ValidationInfo) -> float:
    if value <= 0.0 and context_of(info).units == "SI":
        raise wrong(f"{value:g} K is not an absolute temperature", 'above 0 K: "25 degC"')
    return value


Number: TypeAlias = Annotated[float, Strict()]
Positive: TypeAlias = Annotated[float, Strict(), Field(gt=0)]
Count: TypeAlias = Annotated[int, Strict(), Field(ge=1)]
Flag: TypeAlias = Annotated[bool, Strict()]
Text: TypeAlias = Annotated[str, Strict()]
Length: TypeAlias = Annotated[float, Strict(), InUnit("m")]
PositiveLength: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("m")]
Temperature: TypeAlias = Annotated[float, Strict(), InUnit("K"), AfterValidator(_absolute)]
Angle: TypeAlias = Annotated[float, Strict(), InUnit("deg")]
Acceleration: TypeAlias = Annotated[float, Strict(), Field(ge=0), InUnit("m/s^2")]
HeatFlux: TypeAlias = Annotated[float, Strict(), InUnit("W/m^2")]
HeatTransfer: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("W/m^2/K")]
Conductivity: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("W/m/K")]
Ratio: TypeAlias = Annotated[float, Strict(), InUnit("1")]
MassFraction: TypeAlias = Annotated[float, Strict(), Field(ge=0, le=1), InUnit("1")]
MixtureFraction: TypeAlias = Annotated[float, Strict(), Field(gt=0, lt=1), InUnit("1")]
MolarMass: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit(MOLAR_MASS_UNIT)]


def _from_case_folder(path: Path, info: ValidationInfo) -> Path:
    return (context_of(info).source.parent / path).absolute()


FilePath: TypeAlias = Annotated[Path, AfterValidator(_from_case_folder)]
"""A path as written, relative to the case file; absolute once read."""


_FIELD_UNITS: Final[Mapping[str, str]] = {
    "T_ref": "K",
    "T_star": "K",
    "T_0": "K",
    "c_ref": "1",
    "activation": "J/mol",
    "uncertainty": "1",
    "slope_T": "{unit}/K",
}
"""Units of the fields of property models, and of what stands beside a value; those not named have
the unit of the property."""


@dataclass(frozen=True)
class PropertyOf:
    """Annotation of a fluid property: a quantity, or a table with the kind of a property model.

    Args:
        name: Name of the property, which has the unit.
    """

    name: str

    @property
    def unit(self) -> str:
        """SI unit of the property."""
        return UNITS[self.name]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read and write instead of pydantic, which has nothing to say about a model's table."""
        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(self._write),
        )

    def _read(self, value: Any) -> Any:
        try:
            plain = _in_unit(value, self.unit)
            make_property(given(plain).value)
        except (CaseError, FluidError) as error:
            raise wrong(error.message, error.hint) from error
        return plain

    def _write(self, value: Any) -> Any:
        if isinstance(value, float):
            return value if self.unit == "1" else f"{value!r} {self.unit}"
        return value


def _in_unit(value: Any, unit: str) -> Any:
    """Return a number, or a property table, with units taken out."""
    if isinstance(value, Mapping):
        return {key: _field_in_unit(key, entry, unit) for key, entry in value.items()}
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return quantity(value, unit)
    return value


def _field_in_unit(key: str, value: Any, unit: str) -> Any:
    if key in {"kind", "source"}:
        return value
    if key == "viscosity":  # of the Stokes-Einstein model
        return _in_unit(value, UNITS["viscosity"])
    return _in_unit(value, _FIELD_UNITS.get(key, unit).format(unit=unit))
