"""Parameters that give S_T and entries of D their values: D changes at fixed S_T."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from liquids import FIRST, SYMMETRIC, mixture, quaternary

from femsoret.base.errors import CaseError
from femsoret.base.parameters import bind
from femsoret.fluids.properties import Constant, Proportional, Scaled
from femsoret.physics.closures import (
    Component,
    Full,
    Gravity,
    MeasuredTransport,
    MulticomponentMixture,
    SoretTransport,
)
from femsoret.physics.closures.given_transport import GivenTransport
from femsoret.physics.closures.multicomponent import ReciprocalSoretTransport

D, S = np.array([[7e-10, 1e-10], [0.0, 9e-10]]), np.array([1.2e-3, -3e-4])
T0 = 300.0


def law(value: float, kind: str = "scaled"):
    """Return a law with a value at T0: a number, a scaled one, or one that follows T."""
    if kind == "plain":
        return Constant(value)
    return Scaled(Proportional(value, T0) if kind == "of T" else Constant(value), 1.0)


def ternary(of, kind: str = "scaled", **more) -> MulticomponentMixture:
    """Return a mixture whose data are D and S', or D and D_T = D S'."""
    matrix = tuple(tuple(law(value, kind) for value in row) for row in D)
    vector = S if issubclass(of, SoretTransport) else D @ S
    return MulticomponentMixture(
        T0=T0,
        rho0=900.0,
        cp=1800.0,
        beta_T=8.5e-4,
        viscosity=Constant(1.5e-3),
        conductivity=Constant(0.13),
        gravity=Gravity(9.81, (0.0, 1.0)),
        species=(Component("a", 0.5, 0.25), Component("b", 0.3, 0.1)),
        transport=of(matrix, tuple(law(float(value), kind) for value in vector), **more),
    )


def changed(described, parameters):
    """Return a mixture with some of its numbers changed, by their dotted names."""
    unknown = set(parameters)

    def number(name, value):
        unknown.discard(name)
        return parameters.get(name, value)

    made = bind(described, number)
    assert not unknown
    return made


@pytest.mark.parametrize("of", [SoretTransport, MeasuredTransport])
@pytest.mark.parametrize("kind", ["scaled", "plain"])
def test_the_reference_has_what_was_given(of, kind):
    described = ternary(of, kind)
    given = GivenTransport(described, [1], [(0, 1), (1, 0), (1, 1)])
    wanted = np.array([[7e-10, 2e-10], [5e-11, 8e-10]])
    entries = {(0, 1): 2e-10, (1, 0): 5e-11, (1, 1): 8e-10}
    made = changed(described, given.parameters({1: 4e-4}, entries)).reference
    assert pytest.approx(wanted, rel=1e-12) == made.D
    # The other Soret coefficient keeps its value, though D changes.
    assert made.soret == pytest.approx([1.2e-3, 4e-4], rel=1e-12)


@pytest.mark.parametrize("of", [SoretTransport, MeasuredTransport])
def test_laws_of_the_temperature_keep_their_form(of):
    described = ternary(of, "of T")
    given = GivenTransport(described, [0], [(0, 0)])
    made = changed(described, given.parameters({0: 2.4e-3}, {(0, 0): 1.4e-9}))
    assert made.reference.soret == pytest.approx([2.4e-3, -3e-4], rel=1e-12)
    assert made.transport.D[0][0](2.0 * T0, 0.0) == pytest.approx(2.8e-9, rel=1e-12)
    with pytest.raises(CaseError, match="zero at the reference state"):
        GivenTransport(described, [], [(1, 0)])


def test_a_binary_mixture():
    law_of_it = replace(FIRST, diffusion=law(6e-10), soret=Constant(0.0))
    described = mixture(Full(), (law_of_it,))
    given = GivenTransport(described, [0], [(0, 0)])
    made = changed(described, given.parameters({0: 5e-3}, {(0, 0): 3e-10})).reference
    assert float(made.soret[0]) == pytest.approx(5e-3, rel=1e-12)
    assert float(made.D[0, 0]) == pytest.approx(3e-10, rel=1e-12)
    assert GivenTransport(described, [], []).parameters({}, {}) == {}


def test_coefficients_that_are_not_free_are_refused():
    G = ((Constant(1.2e5), Constant(5e4)), (Constant(5e4), Constant(2e5)))
    with pytest.raises(CaseError, match="not free"):
        GivenTransport(ternary(ReciprocalSoretTransport, G=G), [], [(0, 0)])
    with pytest.raises(CaseError, match="Onsager's coefficients"):
        GivenTransport(quaternary(SYMMETRIC), [0], [])
    with pytest.raises(CaseError, match="no single number scales"):
        GivenTransport(mixture(Full()), [0], [])  # S_T by Iacopini and Piazza
