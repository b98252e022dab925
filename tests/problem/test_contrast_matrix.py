"""Mass fractions from refractive indices at several wavelengths, and their confidence ellipse."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.post.contrast_matrix import ContrastMatrix, ellipse

MATRIX = ContrastMatrix(np.array([[0.125, 0.068], [0.119, 0.0655]]), np.array([-4.5e-4, -4.4e-4]))


def test_the_inverse_gives_back_what_made_the_index():
    dc, dT = np.array([-4e-3, 1.5e-3]), 7.0
    of_index = MATRIX.matrix @ dc + MATRIX.by_temperature * dT
    assert MATRIX.fractions(of_index, dT) == pytest.approx(dc, rel=1e-9)
    assert MATRIX.fractions(of_index, 0.0) != pytest.approx(dc, rel=1e-3)


def test_condition_number_of_two_by_two():
    (a, b), (c, d) = MATRIX.matrix
    squares, det = a * a + b * b + c * c + d * d, a * d - b * c
    # sigma_1 sigma_2 = |det|, sigma_1^2 + sigma_2^2 = the sum of squares
    large = np.sqrt(0.5 * (squares + np.sqrt(squares**2 - 4.0 * det**2)))
    assert MATRIX.condition == pytest.approx(large**2 / abs(det), rel=1e-9)


def test_noise_spreads_as_the_covariance_says():
    noise = np.array([1e-7, 2e-7])
    rng = np.random.default_rng(7)
    of_index = rng.normal(size=(40_000, 2)) * noise
    found = np.array([MATRIX.fractions(each, 0.0) for each in of_index])
    expected = MATRIX.covariance(noise)
    assert np.cov(found.T) == pytest.approx(expected, rel=0.03)  # 1/sqrt(40,000), five times
    of = ellipse(expected, 0.95)
    cos, sin = np.cos(of.angle), np.sin(of.angle)
    along, across = found @ [cos, sin], found @ [-sin, cos]
    share = np.mean((along / of.major) ** 2 + (across / of.minor) ** 2 < 1.0)
    assert share == pytest.approx(0.95, abs=0.006)
    outline = of.outline((1.0, 2.0)) - (1.0, 2.0)
    assert np.linalg.norm(outline, axis=1).max() == pytest.approx(of.major, rel=1e-3)
    assert outline[0] == pytest.approx([of.major * cos, of.major * sin])


def test_one_component_needs_no_inverse():
    one = ContrastMatrix(np.array([[-0.04]]), np.array([-2e-4]))
    assert one.condition == pytest.approx(1.0)
    assert one.fractions([-2e-4 * 5 + 0.04 * 3e-3], 5.0) == pytest.approx([-3e-3])


@pytest.mark.parametrize(
    ("rows", "said"),
    [([[0.1, 0.2]], "1 wavelength for 2 mass"), ([[0.1, 0.2], [0.2, 0.4]], "singular")],
)
def test_what_cannot_be_inverted(rows, said):
    with pytest.raises(ConditionError, match=said):
        ContrastMatrix(np.array(rows), np.zeros(len(rows)))
