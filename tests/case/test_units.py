"""Quantities with units."""

from __future__ import annotations

import subprocess
import sys

import pytest

from femsoret.base.errors import CaseError
from femsoret.base.units import quantity


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 mm", "m", 0.005),
        ("5mm", "m", 0.005),
        ("-1e-1 cm", "m", -1e-3),
        ("25 degC", "K", 298.15),
        ("-10 °C", "K", 263.15),
        ("298.15 K", "K", 298.15),
        ("5e-3 1/K", "1/K", 5e-3),
        ("3 1/kK", "1/K", 3e-3),
        ("1 g0", "m/s^2", 9.80665),
        ("30 arcmin", "deg", 0.5),
        ("935 kg/m3", "kg/m3", 935.0),
        ("0.935 g/cm3", "kg/m3", 935.0),
        ("4.3e-6 cm2/s", "m2/s", 4.3e-10),
        ("2.5 mPa s", "Pa s", 2.5e-3),
        ("60.88 %", "1", 0.6088),
        ("0.6088", "1", 0.6088),
        ("50 mW/cm2/K", "W/m^2/K", 500.0),
        (5, "m", 5.0),
        (0.1, "deg", 0.1),
    ],
)
def test_quantity(text, unit, value):
    # Exact: conversions leave no noise behind the digits that were given.
    assert quantity(text, unit) == value
    assert type(quantity(text, unit)) is float


@pytest.mark.parametrize(
    ("text", "unit", "parts"),
    [
        ("5 kg", "m", ["'5 kg'", "[mass]", "length", "5 mm"]),
        ("5 mm", "K", ["[length]", "temperature", "25 degC"]),
        ("5", "m", ["'5' has no unit", "in m"]),
        ("5 moo", "m", ["'moo'", "not a unit"]),
        ("five mm", "m", ["does not start with a number"]),
        ("5 mm)", "m", ["not a unit"]),
        ("5,5 mm", "m", ["not a unit"]),
        ("1 K", "1", ["[temperature]", "number"]),
        ("1 Pa", "Pa s", ["quantity in Pa s"]),
        ("2e-3 1/degC", "kg/m3", ["1/degC"]),
        ("", "m", ["does not start"]),
    ],
)
def test_what_is_wrong_is_said(text, unit, parts):
    with pytest.raises(CaseError) as caught:
        quantity(text, unit)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.serial
def test_pint_is_imported_where_it_is_used():
    code = "import sys, femsoret.base.units; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
