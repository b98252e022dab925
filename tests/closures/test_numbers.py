"""The numbers of a mixture at a state, against its laws; variants and compositions at rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from liquids import FIRST, SECOND, SYMMETRIC, T0, mixture, quaternary, without_mixing

from femsoret.base.errors import FluidError
from femsoret.base.parameters import bind
from femsoret.fluids import load_fluid
from femsoret.fluids.groups import Groups, groups, property_values
from femsoret.fluids.properties import Constant, Scaled
from femsoret.physics.closures import (
    CLOSURES,
    Gravity,
    MeasuredTransport,
    Mixture,
    mixture_of,
    mixture_of_groups,
)
from femsoret.physics.closures.at_rest import AtRest, apparent_soret, phi_of
from femsoret.physics.closures.evaluated import diffusivities_at
from femsoret.physics.closures.modified import (
    variations,
    with_constant_properties,
    with_gravity,
    with_laws_of,
    without_dufour,
    without_soret,
)
from femsoret.physics.closures.parameter_names import FLUID_DATA, diffusion_parameters
from femsoret.physics.closures.positivity import positive_properties, violations

each_closure = pytest.mark.parametrize("closure", CLOSURES.values(), ids=CLOSURES.keys())
STATES = ((None, None), (T0 + 7.0, None), (T0 - 4.0, (0.4,)))
QUATERNARY = quaternary(SYMMETRIC)


def constants(matrix):
    return tuple(tuple(Constant(float(x)) for x in row) for row in matrix)


def measured(D, D_T, G=None):
    """Return a quaternary liquid with these constant coefficients."""
    transport = MeasuredTransport(
        constants(D), tuple(map(Constant, D_T)), None if G is None else constants(G)
    )
    return quaternary(transport)


# -- one species ---------------------------------------------------------------------------------


@each_closure
@pytest.mark.parametrize(("T", "c"), STATES)
def test_a_binary_has_the_numbers_of_its_laws(closure, T, c):
    m = mixture(closure)
    at = m.reference if T is None else m.reference_at(T, c)
    T, c0 = at.T, FIRST.c0
    c = at.c[0]
    f = {"full": c * (1 - c), "dilute": c, "linearised": c0 * (1 - c0)}[closure.name]
    D, S_T = FIRST.diffusion(T, c), FIRST.soret(T, c)
    frozen = (T0, c0) if closure.name == "linearised" else (T, c)
    g = FIRST.mixing.g(*frozen)
    close = pytest.approx
    assert close(np.array([[D]]), rel=1e-15) == at.D
    assert at.diffusivities == close([D], rel=1e-15)
    assert at.slowest == close(D, rel=1e-15)
    assert at.soret == close([S_T], rel=1e-14)
    assert at.separation == close([S_T * f], rel=1e-14)
    assert close([D * S_T * f], rel=1e-14) == at.D_T
    assert at.heats == close([frozen[0] * S_T * g], rel=1e-14)
    assert close(np.array([[g / f]]), rel=1e-14) == at.G
    assert (at.mu, at.kappa) == close((m.viscosity(T, c), m.conductivity(T, c)), rel=1e-15)
    assert at.nu == close(at.mu / 870.0, rel=1e-15)
    assert at.alpha == close(at.kappa / (870.0 * 1800.0), rel=1e-15)
    assert at.kappa_0 == close(at.kappa + 870.0 * D * S_T * f * at.heats[0], rel=1e-14)
    assert at.psi == close(0.21 / 9e-4 * S_T * c * (1 - c), rel=1e-14)  # whatever the closure
    assert at.binary.Qs == close(float(at.heats[0]), rel=1e-15)
    assert at.binary.mu_c == close(g / f, rel=1e-14)


def test_a_database_fluid_keeps_its_numbers():
    fluid = load_fluid("water-ethanol")
    m, here = mixture_of(fluid, T0=298.15, c0=0.6088, up=(0.0, 1.0)), fluid.at(298.15, 0.6088)
    binary = m.reference.binary
    names = ("T", "c", "rho", "mu", "kappa", "cp", "beta_T", "beta_c", "D", "S_T", "mu_c", "Qs")
    for name in names:
        assert getattr(binary, name) == pytest.approx(getattr(here, name), rel=1e-13), name
    assert binary.kappa_0 == pytest.approx(here.kappa_0, rel=1e-13)
    cell = {"L": 5e-3, "dT": 10.0, "g": 9.81}
    for name, value in vars(groups(here, **cell)).items():
        assert getattr(groups(m.reference, **cell), name) == pytest.approx(value, rel=1e-13), name


@pytest.mark.parametrize("closure", CLOSURES)
def test_groups_are_given_back(closure):
    given = Groups(Ra=-3e4, Pr=7.0, Le=120.0, psi=0.3)
    scaled = property_values(given, c0=0.2, S_T_dT=0.05)
    m = mixture_of_groups(scaled, up=(0.0, 1.0), closure=closure)
    found = groups(m.reference, L=1.0, dT=1.0, g=float(m.gravity.magnitude))
    for name, value in vars(given).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-13), name


def test_a_pure_fluid_spreads_heat_alone():
    at = mixture(CLOSURES["full"], ()).reference
    assert at.slowest == at.alpha
    assert at.psi == 0.0
    assert at.D.shape == (0, 0)
    assert at.separation.shape == (0,)
    assert at.G is not None  # there is entropy: nothing is unknown
    assert np.isnan([at.binary.D, at.binary.S_T, at.binary.mu_c]).all()
    assert (at.binary.beta_c, at.binary.Qs) == (0.0, 0.0)


# -- several -------------------------------------------------------------------------------------


def test_independent_species_keep_their_own_numbers():
    at = mixture(CLOSURES["full"], (FIRST, SECOND)).reference_at(T0 + 3.0)
    for i, law in enumerate((FIRST, SECOND)):  # all of T and of the first mass fraction
        D, S_T = (float(of(T0 + 3.0, FIRST.c0)) for of in (law.diffusion, law.soret))
        assert at.D[i, i] == pytest.approx(D, rel=1e-15)
        assert at.soret[i] == pytest.approx(S_T, rel=1e-13)
        assert at.separation[i] == pytest.approx(S_T * law.c0 * (1 - law.c0), rel=1e-13)
    assert at.diffusivities == pytest.approx(sorted(at.D.diagonal()), rel=1e-15)
    weights = np.array([FIRST.beta_c, SECOND.beta_c])
    assert at.psi == pytest.approx(float(weights @ at.separation) / 9e-4, rel=1e-14)
    with pytest.raises(FluidError, match="2 independent mass fractions"):
        _ = at.binary


def test_species_that_mix_have_eigenvalues_and_a_separation():
    # D with known eigenvalues and D_T with a known separation, from vectors that nothing else has.
    known, separation = np.array([4e-10, 9e-10, 2.1e-9]), np.array([2e-3, -1e-3, 5e-4])
    V = np.array([[1.0, 0.3, -0.2], [-0.4, 1.0, 0.1], [0.2, 0.25, 1.0]])
    D = V @ np.diag(known[[2, 0, 1]]) @ np.linalg.inv(V)
    at = measured(D, D @ separation).reference
    assert at.diffusivities == pytest.approx(known, rel=1e-12)
    assert at.slowest == pytest.approx(4e-10, rel=1e-12)
    assert at.separation == pytest.approx(separation, rel=1e-12)
    assert at.soret == pytest.approx(separation, rel=1e-12)  # no prefactor
    assert at.psi == pytest.approx((0.21 * 2e-3 + 0.13e-3 + 0.05 * 5e-4) / 9e-4, rel=1e-12)
    assert at.G is None
    assert at.heats == pytest.approx(np.zeros(3))


def test_heats_of_transport_are_those_that_onsager_asks_for():
    at = QUATERNARY.reference_at(T0 + 5.0, (0.3, 0.22, 0.12))
    assert at.heats == pytest.approx(at.T * at.G @ at.separation, rel=1e-11)
    assert at.kappa_0 > at.kappa


def test_spreading_follows_the_state():
    T, c = np.array([T0, T0 + 8.0]), np.array([0.35, 0.3])
    m = mixture(CLOSURES["full"])
    found = diffusivities_at(m, T, (c,))
    assert found.alpha == pytest.approx(m.conductivity(T, c) / (870.0 * 1800.0), rel=1e-15)
    assert found.D[:, 0] == pytest.approx(FIRST.diffusion(T, c), rel=1e-15)
    alone = diffusivities_at(mixture(CLOSURES["full"], (FIRST, SECOND)), T, (c, 0.5 * c))
    assert alone.D[:, 1] == pytest.approx(SECOND.diffusion(T, c), rel=1e-15)
    several = diffusivities_at(QUATERNARY, T, (c, np.full(2, 0.2), np.full(2, 0.1)))
    for place in range(2):
        at = QUATERNARY.reference_at(T[place], (c[place], 0.2, 0.1))
        assert several.D[place] == pytest.approx(np.full(3, at.slowest), rel=1e-12)
        assert several.alpha[place] == pytest.approx(at.alpha, rel=1e-14)


def test_a_diffusion_matrix_that_is_not_positive_is_found():
    T, c = np.linspace(T0, T0 + 1.0, 3), [np.full(3, x) for x in (0.35, 0.2, 0.1)]

    def worst(D):
        found = positive_properties(measured(D, (0.0, 0.0, 0.0)), T, c)
        return [(v.name, v.value) for v in violations(found, T, c[0])]

    assert worst(np.diag([1e-9, 2e-9, 3e-9])) == []
    ((name, value),) = worst(np.diag([1e-9, -2e-9, 3e-9]))
    assert name == "diffusion of b"
    assert value == pytest.approx(-2e-9)
    ((name, value),) = worst([[1e-9, 2e-9, 0.0], [2e-9, 1e-9, 0.0], [0.0, 0.0, 3e-9]])
    assert "eigenvalue" in name
    assert value == pytest.approx(-1e-9, rel=1e-12)
    ((name, value),) = worst([[1e-9, 2e-9, 0.0], [-2e-9, 1e-9, 0.0], [0.0, 0.0, 3e-9]])
    assert "eigenvalue" in name  # a complex pair
    assert value == -np.inf


# -- compositions at rest ------------------------------------------------------------------------


@each_closure
def test_at_rest_a_binary_follows_its_soret_coefficient(closure):
    m, start, end = mixture(closure), -6.0, 9.0
    rest = AtRest.through(m, start, (0.02,))
    # A path by an independent rule: Runge and Kutta of fourth order, of c itself.
    theta, gamma, steps = start, 0.02, 400
    h = (end - start) / steps

    def slope(theta, gamma):
        c = FIRST.c0 + gamma
        return -FIRST.soret(T0 + theta, c) * closure.f(c, FIRST.c0)

    for _ in range(steps):
        a = slope(theta, gamma)
        b = slope(theta + 0.5 * h, gamma + 0.5 * h * a)
        d = slope(theta + 0.5 * h, gamma + 0.5 * h * b)
        e = slope(theta + h, gamma + h * d)
        theta, gamma = theta + h, gamma + h * (a + 2 * b + 2 * d + e) / 6
    (found,) = rest.compositions(np.array([start, end, np.nan]))
    assert found[:2] == pytest.approx([0.02, gamma], abs=1e-11)
    assert np.isnan(found[2])
    mean = -float(rest.changes(end)(end)[0]) / (end - start)
    assert apparent_soret(m, 0, (gamma, 0.02), end - start) == pytest.approx(mean, rel=1e-9)
    moved = rest.moved(np.array([0.1]))
    assert moved.phi == pytest.approx(phi_of(m, (0.02,)) + 0.1, rel=1e-14)


def test_at_rest_all_fluxes_vanish():
    rest, theta, h = AtRest.through(QUATERNARY, -5.0, (0.01, -0.02, 0.005)), 4.0, 1e-3
    here, low, high = rest.compositions(np.array([theta, theta - h, theta + h])).T
    c = here + QUATERNARY.reference.c
    slopes = (high - low) / (2 * h)
    at = QUATERNARY.reference_at(T0 + theta, c)
    assert at.D @ slopes == pytest.approx(-at.D_T, rel=1e-7)
    assert rest.soret_along(theta)[-1] == pytest.approx(at.separation, rel=1e-10)


# -- variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize("m", [mixture(CLOSURES["full"], (FIRST, SECOND)), QUATERNARY])
def test_effects_are_missing_uncertainties(m):
    here = m.reference
    still, plain = without_soret(m).reference, without_dufour(m).reference
    for at in (still, plain):
        assert pytest.approx(here.D, rel=1e-15) == at.D
        assert (at.mu, at.kappa, at.beta_c) == (here.mu, here.kappa, here.beta_c)
        assert not at.heats.any()
    assert not still.separation.any()
    assert plain.separation == pytest.approx(here.separation, rel=1e-15)
    assert plain.G is None
    # A problem binds it, and changes its numbers by name.
    bound = bind(without_soret(m), lambda name, value: (name, value))
    assert bound.rho0 == ("mixture.rho0", 870.0)


def test_properties_are_held_and_given_back():
    m = mixture(CLOSURES["full"], (FIRST, SECOND))
    held = with_constant_properties(m, T0 + 4.0)
    there, far = m.reference_at(T0 + 4.0), held.reference_at(T0 - 9.0)
    for name in ("mu", "kappa", "D", "soret"):
        assert getattr(far, name) == pytest.approx(getattr(there, name), rel=1e-13), name
    assert variations(held, T0, T0 + 1.0) == {}
    again = with_laws_of(held, m)
    assert again == m
    binary = mixture(CLOSURES["full"])
    change = variations(binary, T0 - 5.0, T0 + 5.0)
    assert list(change) == ["viscosity", "conductivity", "D", "S_T"]
    law, c0 = binary.viscosity, FIRST.c0
    expected = (law(T0 + 5.0, c0) - law(T0 - 5.0, c0)) / law(T0, c0)
    assert change["viscosity"] == pytest.approx(expected, rel=1e-13)
    # One that varies with the composition alone is no constant.
    turned = replace(binary, viscosity=replace(binary.viscosity, slope_T=0.0))
    assert variations(turned, T0 - 5.0, T0 + 5.0)["viscosity"] == 0.0
    with pytest.raises(FluidError, match="ModifiedMixture has no models"):
        with_constant_properties(without_soret(m), T0)


def test_properties_of_components_are_held_and_given_back():
    held = with_constant_properties(QUATERNARY, T0 + 4.0)
    there, far = QUATERNARY.reference_at(T0 + 4.0), held.reference_at(T0 - 9.0)
    assert held.transport.L[1][0](T0 - 9.0, there.c) == QUATERNARY.transport.L[1][0](
        T0 + 4.0, there.c
    )
    for name in ("mu", "kappa", "G"):
        assert getattr(far, name) == pytest.approx(getattr(there, name), rel=1e-13), name
    assert with_laws_of(held, QUATERNARY) == QUATERNARY
    change = variations(QUATERNARY, T0 - 5.0, T0 + 5.0)
    low, mid, high = (QUATERNARY.reference_at(T0 + by).D for by in (-5.0, 0.0, 5.0))
    names = [species.name for species in QUATERNARY.species]
    expected = (high[0, 1] - low[0, 1]) / mid[0, 1]
    if abs(expected) > 0.0:
        assert change[f"D of {names[0]} by {names[1]}"] == pytest.approx(expected, rel=1e-12)
    assert f"S'_T of {names[2]}" in change


@pytest.mark.parametrize("m", [mixture(CLOSURES["full"]), QUATERNARY])
def test_gravity_is_turned(m):
    turned: Mixture = with_gravity(m, up=(1.0, 0.0))
    assert turned.gravity == Gravity(9.81, (1.0, 0.0))
    assert with_gravity(turned, magnitude=1.0).gravity == Gravity(1.0, (1.0, 0.0))


def names_of(m):
    """Return name -> value of every number of a mixture."""
    found = {}
    bind(m, lambda name, value: found.setdefault(name, value))
    return found


def scaled(m, handles, factor):
    """Return a mixture whose named numbers are multiplied."""
    return bind(m, lambda name, value: value * (factor if name in handles else 1.0))


def test_handles_turn_what_they_are_said_to():
    fluid = mixture_of(load_fluid("water-ethanol"), T0=298.15, c0=0.6088, up=(0.0, 1.0))
    assert set(FLUID_DATA.values()) <= set(names_of(fluid))
    D = np.array([[1e-9, 2e-10, 0.0], [1e-10, 8e-10, 0.0], [0.0, 3e-10, 2e-9]])
    several = measured(D, (2e-12, -1e-12, 5e-13), G=1e5 * np.eye(3))
    for m in (fluid, several):
        handles, here = diffusion_parameters(m), m.reference
        assert handles
        assert set(handles) <= set(names_of(m))
        slower = scaled(m, handles, 0.1).reference
        assert pytest.approx(0.1 * here.D, rel=1e-14) == slower.D
        assert slower.separation == pytest.approx(here.separation, rel=1e-13)
        assert slower.heats == pytest.approx(here.heats, rel=1e-13)
    # Laws of another kind have no such number.
    assert diffusion_parameters(mixture(CLOSURES["full"])) == ()
    assert diffusion_parameters(QUATERNARY) == ()
    second = replace(SECOND, diffusion=Scaled(SECOND.diffusion, 1.0))
    assert diffusion_parameters(mixture(CLOSURES["full"], (FIRST, second))) == ()
    assert diffusion_parameters(mixture(CLOSURES["full"], (without_mixing(second),))) == (
        "species.0.diffusion.factor",
    )
