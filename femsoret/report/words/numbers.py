"""Formatting of numbers for people, with as many digits as their error justifies."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from math import floor, isfinite, log10
from typing import Final

NONE: Final = "–"
"""Text in place of a missing number."""

ROUNDOFF: Final = 1e-10
"""Ratio below which a percentage is round-off: it is written as a bound, without its digits."""

MOST_DIGITS: Final = 1e-7
"""Least error that is written, relative to its number: what lies below is round-off of sums."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "−"

# Range of exponents for which numbers are written without a power of ten.
_LOWEST, _HIGHEST = -2, 4


def plain(value: float | None, digits: int = 4) -> str:
    """Return a number with a given number of significant digits; a dash for None.

    Args:
        value: The number.
        digits: Number of significant digits.
    """
    if value is None:
        return NONE
    if value == 0.0 or not isfinite(value):
        return f"{value:g}"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if _LOWEST <= exponent < _HIGHEST:
        return _sign(f"{value:.{max(digits - 1 - exponent, 0)}f}")
    return _sign(mantissa) + _power(exponent)


def short(value: float | None) -> str:
    """Return a number with at most three significant digits, without trailing zeros."""
    text = plain(value, 3)
    number, times, power = text.partition("×")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number + times + power


def percent(value: float | None) -> str:
    """Return a ratio as a percentage with two significant digits; round-off as a bound."""
    if value is None:
        return NONE
    if value == 0.0:
        return "0 %"
    if abs(value) < ROUNDOFF:
        return "< 10⁻⁸ %"
    text = plain(100.0 * float(f"{value:.1e}"), 2)
    return f"{text} %"


def with_error(value: float | None, error: float | None, *, digits: int = 4) -> str:
    """Return a number with the error of its last digits in brackets: 6.31(2)×10⁻³.

    The error is rounded up to one digit, or to two if the first is 1 or 2, so that an upper bound
    remains one, and to 1e-7 of the number at least. If it is as large as the number or larger,
    both are written side by side.

    Args:
        value: The number; None gives a dash.
        error: Its error, positive; None or zero writes the number alone.
        digits: Number of significant digits if there is no error.
    """
    if value is None or not error or not isfinite(value) or not isfinite(error):
        return plain(value, digits)
    if error >= abs(value):
        return f"{plain(value, 2)} ± {plain(float(_rounded_up(error)), 2)}"
    bound = _rounded_up(max(error, MOST_DIGITS * abs(value)))
    last = int(bound.as_tuple().exponent)
    exponent = floor(log10(abs(value)))
    written_out = _LOWEST <= exponent < _HIGHEST and last <= 0
    shift = 0 if written_out else exponent
    rounded = Decimal(repr(value)).quantize(Decimal((0, (1,), last))).scaleb(-shift)
    decimals = max(shift - last, 0)
    text = _sign(f"{rounded:.{decimals}f}")
    counted = bound.scaleb(-last)
    # If the error has digits before the decimal point, it is written with the point: 12.3(1.4).
    inside = (
        f"{bound.scaleb(-shift):.{decimals}f}" if bound.scaleb(-shift) >= 1 else f"{counted:.0f}"
    )
    return f"{text}({inside}){_power(shift) if shift else ''}"


def plus_minus(value: float, error: float) -> str:
    """Return a number and its error side by side: (3.171 ± 0.019)×10⁻³.

    The error is rounded up as in :func:`with_error`.

    Args:
        value: The number.
        error: Its error or half the width of an interval, positive; zero writes the number alone.
    """
    if not error or not isfinite(value) or not isfinite(error):
        return plain(value)
    bound = _rounded_up(max(error, MOST_DIGITS * abs(value)))
    last = int(bound.as_tuple().exponent)
    exponent = floor(log10(max(abs(value), float(bound))))
    shift = 0 if _LOWEST <= exponent < _HIGHEST and last <= 0 else exponent
    decimals = max(shift - last, 0)
    rounded = Decimal(repr(value)).quantize(Decimal((0, (1,), last))).scaleb(-shift)
    rounded = rounded or abs(rounded)  # no minus zero
    text = f"{_sign(f'{rounded:.{decimals}f}')} ± {bound.scaleb(-shift):.{decimals}f}"
    return f"({text}){_power(shift)}" if shift else text


def between(low: float, high: float) -> str:
    """Return a range with as many digits as its width justifies: 3.15×10⁻³ to 3.19×10⁻³.

    Args:
        low: Its lower end.
        high: Its upper end, above the lower one.
    """
    width, size = high - low, max(abs(low), abs(high))
    digits = 3 if width <= 0.0 else min(max(2 + floor(log10(size)) - floor(log10(width)), 2), 9)
    return f"{plain(low, digits)} to {plain(high, digits)}"


def percent_with_error(value: float | None, error: float | None) -> str:
    """Return a ratio in percent with the error of its last digits in brackets: 4.4(3) %."""
    if value is None:
        return NONE
    if not error or max(abs(value), error) < ROUNDOFF:
        return percent(value)
    text = with_error(100.0 * value, 100.0 * error)
    return f"({text}) %" if "±" in text else f"{text} %"


def _rounded_up(error: float) -> Decimal:
    """Return an error rounded up to one digit, or to two if the first is 1 or 2."""
    exact = Decimal(repr(error))  # the shortest digits that give this float
    kept = 2 if exact.scaleb(-exact.adjusted()) < 3 else 1
    step = Decimal((0, (1,), exact.adjusted() - kept + 1))
    rounded = (exact / step).to_integral_value(ROUND_CEILING) * step
    # 9.96 becomes 10, whose last digit is one place further up.
    return rounded.quantize(Decimal((0, (1,), max(rounded.adjusted() - 1, int(step.adjusted())))))


def _sign(text: str) -> str:
    return text.replace("-", _MINUS)


def _power(exponent: int) -> str:
    return f"×10{str(exponent).translate(_SUPERSCRIPTS)}"
