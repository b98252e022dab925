"""Quantities with units, "5 mm" or "25 degC": read at the boundary, plain SI floats inside.

Only case files and fluid overrides bring units; everything behind them is a float in SI.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from femsoret.base.errors import CaseError

if TYPE_CHECKING:
    import pint

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
# A power written as in "kg/m3": pint wants "kg/m^3". Not 0, which ends the names of constants (g0).
_BARE_POWER: Final = re.compile(r"(?<=[A-Za-z])([1-9])(?!\w)")

KNOWN: Final[dict[str, tuple[str, str]]] = {
    "m": ("length", "5 mm"),
    "K": ("temperature", "25 degC"),
    "deg": ("angle", "1 deg"),
    "m/s^2": ("acceleration", "9.81 m/s^2"),
    "s": ("time", "20 h"),
    "Hz": ("frequency", "0.1 Hz"),
    "deg/s": ("rate of rotation", "2 rpm"),
    "W/m^2": ("heat flux", "100 W/m^2"),
    "W/m^2/K": ("heat transfer coefficient", "500 W/m^2/K"),
    "1": ("number", "60.88 %"),
}
"""Unit -> what is measured in it, and an example; other units explain themselves."""


def what_in(unit: str) -> str:
    """Return the name of the quantity that is measured in a unit."""
    return KNOWN.get(unit, (f"quantity in {unit}", ""))[0]


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def hint_for(unit: str) -> str:
    """Return a sentence that says how to write a quantity in a unit."""
    example = KNOWN.get(unit, ("", f"1 {unit}"))[1]
    plain = "a plain number" if unit == "1" else f"a plain number, which is in {unit}"
    return f'{_a(what_in(unit))} is written "{example}", or as {plain}'


def quantity(value: str | float, unit: str) -> float:
    """Return a quantity as a number in a unit.

    Args:
        value: Text with a unit, or a number that is in `unit` already.
        unit: Unit of the result: SI, "deg" for angles, "1" for pure numbers.

    Raises:
        CaseError: The text is no number with a unit, or its unit has another dimension.
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
    # Here, and not above, so that importing femsoret does not pay for it.
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
            f"{value!r} has the dimension {read.dimensionality}, which is not that of "
            f"{_a(what_in(unit))}",
            hint_for(unit),
        ) from error
    except pint.OffsetUnitCalculusError as error:
        raise CaseError(f"{value!r} divides by degC or the like", "use K") from error
    # The user wrote fewer digits than a float has: the noise of the conversion is not data.
    return float(f"{converted:.15g}")


def _spelled_out(unit: str) -> str:
    return _BARE_POWER.sub(r"^\1", unit)


@cache
def _registry() -> pint.UnitRegistry:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
