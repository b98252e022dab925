"""f(c), its integral Phi and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.physics.closures import CLOSURES

C0 = 0.3
C = np.linspace(0.02, 0.95, 24)
each_closure = pytest.mark.parametrize("closure", CLOSURES.values(), ids=CLOSURES.keys())


@each_closure
def test_slope_of_phi_is_one_over_f(closure):
    h = 1e-4
    # Fourth-order difference.
    near, far = (closure.phi(C + k * h, C0) - closure.phi(C - k * h, C0) for k in (1, 2))
    slope = (8 * near - far) / (12 * h)
    assert slope * closure.f(C, C0) == pytest.approx(np.ones_like(C), rel=1e-7)


@each_closure
def test_phi_inverse_is_the_way_back(closure):
    assert closure.phi_inverse(closure.phi(C, C0), C0) == pytest.approx(C, rel=1e-14)


@each_closure
@pytest.mark.parametrize("dc", [0.04, -0.01, 1e-9, -1e-15])
def test_difference_of_phi_keeps_its_digits(closure, dc):
    # By Gauss-Legendre quadrature of 1/f, which cancels nothing.
    x, w = np.polynomial.legendre.leggauss(20)
    expected = 0.5 * dc * (w / closure.f(C0 + 0.5 * dc * (x + 1), C0)).sum()
    assert closure.phi_difference(C0, dc, C0) == pytest.approx(expected, rel=1e-13)


@each_closure
def test_inverse_temperature_has_the_gradient_of_the_entropy(closure):
    T0, theta, h = 300.0, 5.0, 1e-3
    temperature = closure.entropy_temperature
    slope = (temperature.inverse(theta + h, T0) - temperature.inverse(theta - h, T0)) / (2 * h)
    T = temperature.of(T0 + theta, T0)
    assert closure.entropy_temperature.frozen((T0 + theta, 0.4), (T0, C0))[0] == T
    assert -slope * T**2 == pytest.approx(1.0, rel=1e-8)


def test_closures_agree_where_each_holds():
    full, dilute, linearised = (CLOSURES[name] for name in ("full", "dilute", "linearised"))
    assert full.f(1e-6, 1e-6) == pytest.approx(dilute.f(1e-6, 1e-6), rel=1e-5)
    assert full.f(C0, C0) == linearised.f(C0, C0)
