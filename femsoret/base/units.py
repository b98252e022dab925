"""Quantities with units, such as "5 mm" or "25 degC", and their conversion to floats.

Units appear only in user input (case files, options and fluid overrides); all other code uses
floats in SI units.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from femsoret.base.errors import CaseError

if TYPE_CHECKING:
    import pint

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
# A power as in "kg/m3": pint requires "kg/m^3". Not 0, which ends names of constants such as g0.
_BARE_POWER: Final = re.compile(r"(?<=[A-Za-z])([1-9])(?!\w)")

KNOWN: Final[dict[str, tuple[str, str]]] = {
    "m": ("length", "5 mm"),
    "K": ("temperature", "25 degC"),
    "deg": ("angle", "1 deg"),
    "rad": ("phase", "0.1 rad"),
    "m/s^2": ("acceleration", "9.81 m/s^2"),
    "s": ("time", "20 h"),
    "Hz": ("frequency", "0.1 Hz"),
    "deg/s": ("rate of rotation", "2 rpm"),
    "W/m^2": ("heat flux", "100 W/m^2"),
    "Pa": ("pressure", "1 atm"),
    "W/m^2/K": ("heat transfer coefficient", "500 W/m^2/K"),
    "1": ("number", "60.88 %"),
}
"""Unit -> name of the quantity measured in it, and an example; other units need no explanation."""


def what_in(unit: str) -> str:
    """Return the name of the quantity that is measured in a unit, such as "length" for "m"."""
    return KNOWN.get(unit, (f"quantity in {unit}", ""))[0]


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def hint_for(unit: str) -> str:
    """Return a hint on how to write a quantity that is measured in a unit."""
    example = KNOWN.get(unit, ("", f"1 {unit}"))[1]
    plain = "a plain number" if unit == "1" else f"a plain number in {unit}"
    return f'write {_a(what_in(unit))} as "{example}", for example, or as {plain}'


def quantity(value: str | float, unit: str) -> float:
    """Convert a quantity to a number in a given unit.

    Args:
        value: Text with a number and a unit, or a number that is already in `unit`.
        unit: Unit of the result: an SI unit, "deg" for angles, "1" for dimensionless numbers.

    Raises:
        CaseError: The text is not a number with a unit, or its unit has a different dimension.
    """
    if not isinstance(value, str):
        return float(value)
    match = _NUMBER.fullmatch(value)
    if match is None:
        raise CaseError(f"{value!r} does not start with a number", hint_for(unit))
    number, given = float(match[1]), _spelled_out(match[2])
    if not given and unit != "1":
        raise CaseError(f"{value!r} has no unit", hint_for(unit))
    if not given or given == _spelled_out(unit):
        return number
    # Imported here to keep the import of femsoret fast.
    import pint

    try:
        read = _registry().Quantity(number, given)
    # pint raises whatever its tokeniser and evaluator raise.
    except Exception as error:
        raise CaseError(f"{match[2]!r} in {value!r} is not a unit", hint_for(unit)) from error
    try:
        converted = read.to("" if unit == "1" else _spelled_out(unit)).magnitude
    except pint.DimensionalityError as error:
        raise CaseError(
            f"{value!r} has the dimension {read.dimensionality}, not that of {_a(what_in(unit))}",
            hint_for(unit),
        ) from error
    except pint.OffsetUnitCalculusError as error:
        raise CaseError(
            f"{value!r} combines a temperature unit that has an offset, such as degC, with others",
            "use K",
        ) from error
    # Remove the round-off of the conversion: users write fewer digits than a float has.
    return float(f"{converted:.15g}")


def _spelled_out(unit: str) -> str:
    return _BARE_POWER.sub(r"^\1", unit)


@cache
def _registry() -> pint.UnitRegistry:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
