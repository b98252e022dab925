"""Parallel flow in columns whose composition acts on the density."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from femsoret.base.errors import ConditionError
from femsoret.studies.columns import column_slope
from femsoret.studies.parallel_flow import ParallelFlow


def net_flow_at(ratio, X, psi, m):
    """Return the net flow of species along the column, by the equations as they are stated.

    The unknowns over s in [0, 1] are w, its shear r w', Psi, g, the integral of r w g, and the
    constant in the momentum balance. The inner wall is hot, c = -m z + g, T = theta.
    """
    inner = math.inf if ratio == 1.0 else 1.0 / (ratio - 1.0)

    def radius(s):
        return np.ones_like(s) if ratio == 1.0 else inner + s

    def steep(s):  # theta'
        return -np.ones_like(s) if ratio == 1.0 else -1.0 / (radius(s) * math.log(ratio))

    def theta(s):
        return 1.0 - s if ratio == 1.0 else 1.0 - np.log(radius(s) / inner) / math.log(ratio)

    def rates(s, y):
        w, shear, stream, g, _, pressure = y
        r = radius(s)
        return np.vstack(
            [
                shear / r,
                r * (pressure - X * (theta(s) - psi * g)),
                r * w,
                -steep(s) - m * stream / r,
                r * w * g,
                0.0 * s,
            ]
        )

    def ends(low, high):
        return np.array([low[0], high[0], low[2], high[2], low[3], low[4]])

    s = np.linspace(0.0, 1.0, 60)
    found = solve_bvp(rates, ends, s, np.zeros((6, s.size)), tol=1e-7)
    assert found.success
    area = 1.0 if ratio == 1.0 else inner + 0.5
    return found.y[4, -1] + m * area


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("psi", [-0.5, 0.3, 2.0])
@pytest.mark.parametrize("X", [40.0, 900.0])
def test_no_species_passes_along_the_column(ratio, psi, X):
    flow = ParallelFlow(ratio)
    m = flow.slope(X, psi)
    there = net_flow_at(ratio, X, psi, m)
    # Without the stratification, or with the sign of psi reversed, something passes.
    for wrong in (flow.slope(X * (1.0 + psi)), flow.slope(X, -psi if psi < 1.0 else 0.1)):
        assert abs(net_flow_at(ratio, X, psi, wrong)) > 100.0 * abs(there)
    assert abs(there) < 1e-5 * m


@pytest.mark.parametrize("X", [1.0, 602.39, 1e5])
def test_without_psi_it_is_the_classical_theory(X):
    flow = ParallelFlow()
    assert flow.slope(X) == pytest.approx(column_slope(X), rel=1e-12)
    assert flow.spreading(X) == pytest.approx(1.0 + X**2 / math.factorial(9), rel=1e-12)
    assert flow.strong == pytest.approx(504.0, rel=1e-12)
    assert flow.lowest == pytest.approx(4.730040744862704**4, rel=1e-10)  # a clamped beam


def test_weak_flow_feels_the_composition_and_strong_flow_hardly():
    flow, psi = ParallelFlow(), 0.01
    assert flow.slope(0.1, psi) / flow.slope(0.1) == pytest.approx(1.0 + psi, rel=1e-6)
    strong = flow.slope(1e6, psi) / flow.slope(1e6) - 1.0
    assert strong / psi == pytest.approx(0.0133, abs=1e-4)
    assert flow.slope(1e6, 1.0) / flow.slope(1e6) == pytest.approx(1.0194, abs=1e-4)


@pytest.mark.parametrize("ratio", [1.0, 1.3])
@pytest.mark.parametrize("psi", [-0.4, 0.2, 3.0])
@pytest.mark.parametrize("X", [5.0, 602.0, 2e4])
def test_the_slope_gives_back_the_soret_coefficient(ratio, psi, X):
    flow = ParallelFlow(ratio)
    m = flow.slope(X, psi)
    assert flow.soret_from(m, X, X * psi * m) == pytest.approx(1.0, rel=1e-9)
    # Heated from the other side in the formula (X < 0) and S_T < 0: signs alone change.
    assert flow.soret_from(-m, X, X * psi * m) == pytest.approx(-1.0, rel=1e-9)
    assert flow.soret_from(m, -X, X * psi * m) == pytest.approx(-1.0, rel=1e-9)


def test_two_soret_coefficients_may_give_one_slope():
    flow, X = ParallelFlow(), 1e-3
    m = flow.slope(X, -0.7)
    assert flow.soret_from(m, X, -0.7 * X * m) == pytest.approx(0.3 / 0.7, rel=1e-6)


def test_small_changes_of_the_slope_spread():
    flow, X, psi, d = ParallelFlow(), 700.0, 0.4, 1e-5
    m = flow.slope(X, psi)

    def net(m):
        at, drive = flow.integrals(X * psi * m), X * (1.0 + psi)
        return m * (1.0 + drive**2 * at.second) - drive * at.first

    numeric = (net(m * (1.0 + d)) - net(m * (1.0 - d))) / (2.0 * d * m)
    assert flow.spreading(X, psi) == pytest.approx(numeric, rel=1e-7)


def test_limits():
    flow = ParallelFlow()
    assert flow.slope(0.0, 0.3) == flow.slope(100.0, -1.0) == 0.0
    assert flow.slope(100.0, -1.5) < 0.0  # the composition drives the flow the other way
    assert (
        flow.soret_from(1.0, 100.0, -501.0) is None
    )  # so stratified, the column overturns by itself
    with pytest.raises(ConditionError, match="ratio of the radii"):
        ParallelFlow(0.9)
