"""Temperatures that vary along a wall: expressions, tables, and what runs make of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from femsoret.base.arithmetic import Arithmetic
from femsoret.base.errors import CaseError
from femsoret.base.profiles import Changed, FormulaProfile, TableProfile, Turned

XY = ("x", "y")


def value(text, **variables):
    return float(
        Arithmetic(text, tuple(variables))({k: np.float64(v) for k, v in variables.items()})
    )


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("2 + 3*x", 2.0, 8.0),
        ("2^3^2", 0.0, 512.0),  # as in mathematics: 2^(3^2)
        ("-x^2", 3.0, -9.0),
        ("1 - 2^2*x", 1.0, -3.0),  # a power before the sum
        ("(1 + x)/4", 1.0, 0.5),
        ("+x - -x", 1.5, 3.0),
        ("sin(pi*x) + cos(0)", 0.5, 2.0),
        ("max(x, 3) - min(x, 3)", 5.0, 2.0),
        ("exp(log(x)) + sqrt(x^2) + abs(-x)", 2.0, 6.0),
        ("tanh(x)/(sinh(x)/cosh(x)) + tan(0)", 0.7, 1.0),
        (" 2277.5361 + 3218.61*x - 9046086.69*x^2 ", 5.43e-3, 2028.2901908),
    ],
)
def test_arithmetic(text, x, expected):
    assert value(text, x=x) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__import__('os').system('true')", "not arithmetic"),
        ("x.real", "not arithmetic"),
        ("[1][0]", "not arithmetic"),
        ("(lambda: 1)()", "not arithmetic"),
        ("'a'*3", "not arithmetic"),
        ("True", "not arithmetic"),
        ("x if x else 1", "not arithmetic"),
        ("1 < x", "not arithmetic"),
        ("x // 2", "not arithmetic"),
        ("1j*x", "not arithmetic"),
        ("sin(x=1)", "not arithmetic"),
        ("sin(*x)", "not arithmetic"),
        ("eval(x)", "unknown function 'eval'"),
        ("z + 1", "unknown name 'z'"),
        ("sni(x)", "did you mean 'sin'"),
        ("sin", "unknown name 'sin'"),
        ("max(x)", "it takes two"),
        ("sin(x, x)", "it takes one"),
        ("300 + 20*", "not an arithmetic expression"),
        ("300; x", "not an arithmetic expression"),
        ("x = 3", "not an arithmetic expression"),
        ("20 K", "not an arithmetic expression"),
        ("(" * 400 + "x" + ")" * 400, "not an arithmetic expression"),
        ("x" + "+x" * 600, "characters"),
        ("", "not an arithmetic expression"),
    ],
)
def test_what_is_no_arithmetic_is_refused(text, says):
    with pytest.raises(CaseError) as error:
        Arithmetic(text, ("x",))
    assert says in str(error.value)


def test_large_numbers_are_infinite_and_take_no_time():
    assert value("9^9^9^9^9", x=0.0) == np.inf
    assert value("1" + "0" * 400, x=0.0) == np.inf


def test_a_formula_has_units_and_is_defined_at_many_points():
    x = np.array([[0.001, 0.002], [0.0, 0.0], [0.0, 0.0]])
    profile = FormulaProfile(Arithmetic("20 + 5*x", XY), length=1e-3, offset=273.15)
    assert profile(x) == pytest.approx([298.15, 303.15], rel=1e-14)
    assert FormulaProfile(Arithmetic("300", XY))(x) == pytest.approx([300.0, 300.0], rel=1e-15)
    assert Changed(profile, lambda T: T + 1.0)(x) == pytest.approx([299.15, 304.15], rel=1e-14)
    assert pickle.loads(pickle.dumps(profile))(x) == pytest.approx(profile(x), rel=1e-15)


def test_a_table_is_interpolated():
    x = np.zeros((3, 4))
    x[1] = [0.0, 0.5, 1.5, 3.0]
    linear = TableProfile(1, (0.0, 1.0, 3.0), (300.0, 310.0, 310.0), "linear")
    assert linear(x) == pytest.approx([300.0, 305.0, 310.0, 310.0], rel=1e-14)
    smooth = TableProfile(1, (0.0, 1.0, 3.0), (300.0, 310.0, 310.0))
    assert smooth(x)[[0, 2, 3]] == pytest.approx([300.0, 310.0, 310.0], rel=1e-14)  # no overshoot
    assert 305.0 < smooth(x)[1] < 310.0


@pytest.mark.parametrize(
    ("points", "values", "says"),
    [
        ((0.0,), (300.0,), "two or more"),
        ((0.0, 1.0), (300.0,), "a value for each"),
        ((0.0, 2.0, 1.0), (1.0, 2.0, 3.0), "ascending"),
        ((0.0, 1.0, 1.0), (1.0, 2.0, 3.0), "ascending"),
    ],
)
def test_tables_that_are_refused(points, values, says):
    with pytest.raises(CaseError) as error:
        TableProfile(0, points, values)
    assert says in str(error.value)


def test_a_profile_turns_with_the_drawing():
    # The point (1, 0) of the drawing is at (0, 1) after a quarter turn.
    profile = Turned(FormulaProfile(Arithmetic("300 + x + 10*y", XY)), 90.0)
    assert profile(np.array([[0.0], [1.0], [0.0]])) == pytest.approx([301.0], rel=1e-14)
