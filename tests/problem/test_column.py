"""Columns in closed form."""

from __future__ import annotations

import math

import pytest
from numpy.polynomial import Polynomial

from femsoret.base.errors import FluidError
from femsoret.fluids import load_fluid
from femsoret.fluids.groups import groups
from femsoret.studies.columns import (
    OPTIMUM,
    column_slope,
    log_ratio,
    optimal_width,
    read_column,
    unicellular_slope,
)

G = 9.80665


def slope_by_integration(X):
    """Return the slope m of C = m z + F(x) between plates at x = 0 (hot) and 1, T = C = 1/2 - x.

    Upwards w'' = -X T without net flow. Across F'' = m w, with F' = T' on both plates (no flux);
    along, as much goes up with the flow as comes down by diffusion: integral of w F = m. With W the
    integral of w, by parts, integral of w F = integral of W (1 - m W).
    """
    x = Polynomial([0.0, 1.0])
    w = X * x * (1.0 - x) * (1.0 - 2.0 * x) / 12.0
    for y in (0.0, 0.3, 1.0):
        assert w.deriv(2)(y) == pytest.approx(-X * (0.5 - y))
    W = w.integ()
    assert abs(W(1.0)) < 1e-12 * X
    return W.integ()(1.0) / (1.0 + (W**2).integ()(1.0))


@pytest.mark.parametrize("X", [1.0, 100.0, 602.39, 3000.0])
def test_slope_is_that_of_the_parallel_flow(X):
    assert column_slope(X) == pytest.approx(slope_by_integration(X), rel=1e-9)


def test_largest_slope():
    around = [column_slope(f * OPTIMUM) for f in (0.99, 1.0, 1.01)]
    assert max(around) == around[1] == pytest.approx(0.418330, abs=1e-6)
    assert column_slope(1e9) == pytest.approx(504e-9)
    assert log_ratio(OPTIMUM, 0.1, 50.0) == pytest.approx(50.0 * 0.1 * around[1])


def test_unicellular_slope():
    assert unicellular_slope(700.0) == 0.0
    assert unicellular_slope(1440.0) == pytest.approx(column_slope(OPTIMUM))
    assert unicellular_slope(1439.0) < unicellular_slope(1440.0) > unicellular_slope(1441.0)


def test_a_laboratory_finds_what_the_fluid_has():
    fluid, dT = load_fluid("water-ethanol").at(), 8.0
    a = optimal_width(fluid, dT=dT, g=G)
    assert 1e-4 < a < 1e-3  # the width of real columns
    there = groups(fluid, L=a, dT=dT, g=G)
    assert there.Ra * there.Le == pytest.approx(OPTIMUM)
    slope = column_slope(OPTIMUM) * fluid.S_T * fluid.f * dT / a
    assert pytest.approx(fluid.S_T) == read_column(slope, fluid, width=a, dT=dT, g=G).S_T
    wide = 10.0 * a
    X = OPTIMUM * 1000.0
    slope = column_slope(X) * fluid.S_T * fluid.f * dT / wide
    found = read_column(slope, fluid, width=wide, dT=dT, g=G)
    assert pytest.approx(fluid.S_T * fluid.D, rel=2e-6) == found.D_T
    assert math.isclose(found.S_T, fluid.S_T, rel_tol=1e-9)


def test_without_buoyancy():
    fluid = load_fluid("water-ethanol").at()
    with pytest.raises(FluidError, match="no optimal width"):
        optimal_width(fluid, dT=0.0, g=G)
    with pytest.raises(FluidError, match="does not separate"):
        read_column(1.0, fluid, width=1e-3, dT=1.0, g=0.0)
