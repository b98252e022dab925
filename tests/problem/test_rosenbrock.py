"""The tables of the Rosenbrock schemes: what makes them of fourth order, told by numbers alone."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.solve.march.rosenbrock import RODAS4P2, RODASP

SCHEMES = pytest.mark.parametrize("scheme", [RODASP, RODAS4P2], ids=lambda scheme: scheme.name)


def defects(scheme, b, order):
    """Return what the conditions of an order miss (Hairer & Wanner, section IV.7, table 7.1)."""
    alpha = scheme.A @ scheme.Gamma
    beta = alpha + scheme.Gamma
    a, bt = alpha.sum(axis=1), beta.sum(axis=1)
    conditions = [
        (1, b.sum() - 1),
        (2, b @ bt - 1 / 2),
        (3, b @ a**2 - 1 / 3),
        (3, b @ beta @ bt - 1 / 6),
        (4, b @ a**3 - 1 / 4),
        (4, (b * a) @ (alpha @ bt) - 1 / 8),
        (4, b @ beta @ a**2 - 1 / 12),
        (4, b @ beta @ beta @ bt - 1 / 24),
    ]
    return [abs(defect) for of, defect in conditions if of == order]


@SCHEMES
def test_order_conditions(scheme):
    for order in range(1, scheme.order + 1):
        assert max(defects(scheme, scheme.b, order)) < 1e-12


@SCHEMES
def test_the_embedded_scheme_is_of_third_order_and_no_more(scheme):
    embedded = scheme.A[-1] @ scheme.Gamma
    for order in range(1, scheme.embedded_order + 1):
        assert max(defects(scheme, embedded, order)) < 1e-12
    # If it were of fourth order too, the difference would estimate nothing.
    assert max(defects(scheme, embedded, scheme.embedded_order + 1)) > 1e-3


@SCHEMES
def test_stages_look_where_published(scheme):
    assert scheme.stages == 6
    assert np.diag(scheme.Gamma) == pytest.approx(np.full(6, 0.25))
    # 0, 3 gamma, ..., and twice the end of the step; Gamma sums to 0 there: both are stiffly
    # accurate, so that a row of algebra holds at the end of the step.
    assert scheme.alpha[[0, 1, -2, -1]] == pytest.approx([0.0, 0.75, 1.0, 1.0], abs=1e-12)
    assert scheme.gamma_sums[[0, 1, -2, -1]] == pytest.approx([0.25, -0.5, 0.0, 0.0], abs=1e-12)


@SCHEMES
def test_stiff_accuracy(scheme):
    """b is the last row of alpha + Gamma, that of the embedded scheme the row before."""
    beta = scheme.A @ scheme.Gamma + scheme.Gamma
    assert scheme.b == pytest.approx(beta[-1], abs=1e-12)
    assert scheme.A[-1] @ scheme.Gamma == pytest.approx(beta[-2], abs=1e-12)


@SCHEMES
@pytest.mark.parametrize("weights", ["step", "embedded"])
def test_what_is_infinitely_stiff_is_gone_after_a_step(scheme, weights):
    """R(z) = 1 + z b (1 - z beta)^-1 1 vanishes at infinity, and stays below 1 on the imaginary
    axis and left of it."""
    b = scheme.b if weights == "step" else scheme.A[-1] @ scheme.Gamma
    beta = scheme.A @ scheme.Gamma + scheme.Gamma

    def R(z):
        return 1.0 + z * b @ np.linalg.solve(np.eye(6) - z * beta, np.ones(6))

    assert abs(R(-1e8)) < 1e-6
    on_the_axis = [abs(R(1j * y)) for y in np.geomspace(1e-2, 1e4, 200)]
    assert max(on_the_axis) <= 1.0 + 1e-12


@SCHEMES
@pytest.mark.parametrize("weights", ["step", "embedded"])
def test_parabolic_order_conditions(scheme, weights):
    """b beta^j (2 beta^2 1 - alpha^2) = 0: no order is lost where walls move (C. Lubich,
    A. Ostermann, IMA J. Numer. Anal. 15 (1995) 555)."""
    b = scheme.b if weights == "step" else scheme.A[-1] @ scheme.Gamma
    beta = scheme.A @ scheme.Gamma + scheme.Gamma
    vector = 2.0 * beta @ beta.sum(axis=1) - (scheme.A @ scheme.Gamma).sum(axis=1) ** 2
    for _ in range(5):
        assert abs(b @ vector) < 1e-12
        vector = beta @ vector
