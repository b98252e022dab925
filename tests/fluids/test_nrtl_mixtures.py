"""NRTL of three and more components against activity coefficients as the literature prints them.

ln gamma_i is eq. 8-10.12 of table 8-3, R. C. Reid, J. M. Prausnitz, B. E. Poling, The Properties of
Gases and Liquids, 4th ed. 1987: written out here, and differentiated by complex steps.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ufl

from femsoret.base.errors import FluidError
from femsoret.fluids.composition import mole_fraction
from femsoret.fluids.mixing import NRTL
from femsoret.fluids.properties import R, is_proportional_to_temperature, nrtl_potentials
from femsoret.fluids.properties.gas_mixtures import IdealMixturePotential
from femsoret.fluids.values import chemical_derivative

T = 310.0
STEP = 1e-30
# Made up, of the sizes that aqueous alcohols have; no two entries are alike.
MASSES = (0.018, 0.046, 0.092, 0.058)
ALPHA = (
    (0.0, 0.29, 0.3, 0.25),
    (0.29, 0.0, 0.41, 0.2),
    (0.3, 0.41, 0.0, 0.35),
    (0.25, 0.2, 0.35, 0.0),
)
A = ((0.0, 0.2, -0.1, 0.3), (0.1, 0.0, 0.15, 0.0), (0.4, -0.2, 0.0, 0.1), (-0.3, 0.2, 0.1, 0.0))
B = (
    (0.0, 200.0, 250.0, 40.0),
    (-30.0, 0.0, 60.0, 90.0),
    (120.0, 80.0, 0.0, -50.0),
    (70.0, 20.0, 30.0, 0.0),
)
C = (0.3, 0.25, 0.2)


def part(matrix, n):
    return tuple(row[:n] for row in matrix[:n])


def parameters(n):
    return {"alpha": part(ALPHA, n), "a": part(A, n), "b": part(B, n)}


def potentials(T, c, n):
    """Return mu_i, J/kg, of all n components, without the parts of the pure ones."""
    alpha, a, b = (np.array(of) for of in parameters(n).values())
    moles = np.append(c, 1.0 - np.sum(c)) / np.array(MASSES[:n])
    x = moles / moles.sum()
    tau = a + b / T
    G = np.exp(-alpha * tau)
    weights = G.T @ x  # sum_k G_ki x_k, at i
    means = (tau * G).T @ x / weights
    ln_gamma = means + np.array([np.sum(x * G[i] / weights * (tau[i] - means)) for i in range(n)])
    return R * T * (np.log(x) + ln_gamma) / np.array(MASSES[:n])


def slopes(c, n):
    """Return d(mu_i)/dc_k of all n components by the first n - 1 mass fractions."""
    steps = np.eye(n - 1) * 1j * STEP
    return np.array([potentials(T, np.array(c) + step, n).imag / STEP for step in steps]).T


def matrix(laws, c, T=T):
    return np.array([[law(T, c) for law in row] for row in laws])


@pytest.mark.parametrize("n", [3, 4])
def test_it_is_the_derivative_of_the_chemical_potentials(n):
    c = C[: n - 1]
    found = matrix(nrtl_potentials(MASSES[:n], **parameters(n)), c)
    every = slopes(c, n)
    assert found == pytest.approx(every[:-1] - every[-1], rel=1e-12)
    assert found == pytest.approx(found.T, rel=1e-13)
    # Gibbs and Duhem: what the literature prints, and with G symmetric what is found, obey it.
    fractions = np.append(c, 1.0 - sum(c))
    assert fractions @ every == pytest.approx(np.zeros(n - 1), abs=1e-9 * np.abs(every).max())
    ideal = [
        [
            IdealMixturePotential(
                MASSES[:n], MASSES[i], MASSES[k], tuple(np.eye(n - 1)[i] * (i == k))
            )(T, c)
            for k in range(n - 1)
        ]
        for i in range(n - 1)
    ]
    assert np.abs(found - ideal).max() > 0.1 * np.abs(ideal).max()


def test_without_interaction_it_is_that_of_an_ideal_mixture():
    zero = ((0.0,) * 3,) * 3
    laws = nrtl_potentials(MASSES[:3], alpha=zero, a=zero, b=zero)
    for i in range(2):
        for k in range(2):
            alike = tuple(float(i == k == j) for j in range(2))
            ideal = IdealMixturePotential(MASSES[:3], MASSES[i], MASSES[k], alike)
            assert laws[i][k](T, C[:2]) == pytest.approx(ideal(T, C[:2]), rel=1e-13)
            assert is_proportional_to_temperature(ideal)
            assert not is_proportional_to_temperature(laws[i][k])


def test_two_components_have_the_factor_of_the_binary_model():
    ((law,),) = nrtl_potentials(MASSES[:2], **parameters(2))
    binary = NRTL((A[0][1], B[0][1]), (A[1][0], B[1][0]), ALPHA[0][1])
    c = 0.4
    Gamma = replace(binary, molar_masses=MASSES[:2])(T, c)
    assert 0.1 < binary.of_mole_fraction(T, mole_fraction(c, *MASSES[:2])) < 0.9
    expected = chemical_derivative(T, c, Gamma, *MASSES[:2])
    assert law(T, (c,)) == pytest.approx(expected, rel=1e-12)


def test_a_component_that_is_two_in_disguise_changes_nothing():
    """With water named twice in fixed shares, the curvature is that of the binary."""
    once, twice = parameters(2), [0, 1, 0]
    same = {key: tuple(tuple(m[i][k] for k in twice) for i in twice) for key, m in once.items()}
    laws = nrtl_potentials((MASSES[0], MASSES[1], MASSES[0]), **same)
    ((binary,),) = nrtl_potentials(MASSES[:2], **once)
    for share in (0.2, 0.7):
        exchange = np.array([-share, 1.0])  # ethanol for both waters
        found = exchange @ matrix(laws, (share * 0.6, 0.4)) @ exchange
        assert found == pytest.approx(binary(T, (0.6,)), rel=1e-12)


def test_a_ufl_expression_is_the_same_number():
    (law, other), _ = nrtl_potentials(MASSES[:3], **parameters(3))
    for one in (law, other):
        expression = one(ufl.as_ufl(T), tuple(map(ufl.as_ufl, C[:2])))
        assert float(expression(())) == pytest.approx(one(T, C[:2]), rel=1e-13)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"b": part(B, 2)}, "b is not a matrix of 3 rows"),
        ({"a": ((0.1, 0.2, 0.3), *part(A, 3)[1:])}, "diagonal of a"),
        ({"alpha": ((0.0, 0.2, 0.3), (0.3, 0.0, 0.3), (0.3, 0.3, 0.0))}, "alpha is not symmetric"),
    ],
)
def test_wrong_parameters(changes, says):
    with pytest.raises(FluidError, match=says):
        nrtl_potentials(MASSES[:3], **(parameters(3) | changes))


def test_numbers_of_components():
    law = nrtl_potentials(MASSES[:3], **parameters(3))[0][0]
    with pytest.raises(FluidError, match="row = 3 is not the number of one of the first 2"):
        replace(law, row=3).check()
