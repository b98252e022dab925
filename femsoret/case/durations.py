"""Times in case files: "20 h", a plain number, or "5 tau", in relaxation times of the cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Final, TypeAlias

from pydantic import GetCoreSchemaHandler, SerializationInfo, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from femsoret.base.errors import CaseError
from femsoret.base.units import quantity
from femsoret.case.values import InUnit, context_of, wrong

_IN_TAU: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*tau\s*")
_HINT: Final = 'a time is written "20 h", as a plain number of seconds, or "5 tau" (L^2/(pi^2 D))'
_GROUPS_HINT: Final = 'a plain number in units of L^2/alpha, or "5 tau" (tau = L^2/(pi^2 D))'


@dataclass(frozen=True)
class Duration:
    """A time as it was written; tau is known only once the cell and its mixture are.

    Args:
        number: Seconds (L^2/alpha with groups), or relaxation times.
        in_tau: Which of the two.
    """

    number: float
    in_tau: bool = False

    def seconds(self, tau: float) -> float:
        """Return the time in seconds.

        Args:
            tau: Relaxation time, s.
        """
        return self.number * tau if self.in_tau else self.number


@dataclass(frozen=True)
class InTime(InUnit):
    """Annotation of a :class:`Duration`.

    Args:
        unit: Unit of plain numbers.
        positive: Whether zero is not allowed; less than zero never is.
    """

    unit: str = "s"
    positive: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read and write instead of pydantic, which would make a table of it."""
        return core_schema.with_info_plain_validator_function(
            self._read_time,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._write_time, info_arg=True
            ),
        )

    def _read_time(self, value: Any, info: ValidationInfo) -> Duration:
        read = value if isinstance(value, Duration) else duration(value, context_of(info).units)
        if not isfinite(read.number) or read.number < 0 or (self.positive and not read.number):
            bound = "greater than 0" if self.positive else "0 or more"
            raise wrong(f"{value!r} is not allowed", f"a time that is {bound}")
        return read

    def _write_time(self, value: Duration, info: SerializationInfo) -> str | float:
        if value.in_tau:
            return f"{value.number!r} tau"
        return value.number if context_of(info).units == "groups" else f"{value.number!r} s"


def duration(value: Any, units: str) -> Duration:
    """Return a time that a case file gives.

    Args:
        value: Text or number.
        units: "SI" or "groups".

    Raises:
        PydanticCustomError: Not a time.
    """
    if isinstance(value, str):
        found = _IN_TAU.fullmatch(value)
        if found:
            return Duration(float(found[1]), in_tau=True)
        if units == "groups":
            raise wrong(f"{value!r} is a text: with [groups] times have no unit", _GROUPS_HINT)
        try:
            return Duration(quantity(value, "s"))
        except CaseError as error:
            raise wrong(error.message, _HINT) from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"{value!r} is not a time", _GROUPS_HINT if units == "groups" else _HINT)
    return Duration(float(value))


Time: TypeAlias = Annotated[Duration, InTime()]
PositiveTime: TypeAlias = Annotated[Duration, InTime(positive=True)]
