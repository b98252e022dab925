"""Onsager: an asymmetry with its uncertainty, symmetry on request, the second law always."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ternary_files import fluid_text

from femsoret.base.errors import FluidError
from femsoret.fluids import load_fluid, read_fluid
from femsoret.fluids.onsager import asymmetry, onsager_matrix
from femsoret.fluids.properties import make_property
from femsoret.physics.closures import mixture_of
from femsoret.physics.closures.positivity import positive_properties, violations

RHO, T = 900.0, 300.0
G = np.array([[3.0e5, 5e4, 2e4], [5e4, 2.0e5, -3e4], [2e4, -3e4, 1.5e5]])
SYMMETRIC = np.array([[2.0, -0.3, 0.2], [-0.3, 1.5, 0.1], [0.2, 0.1, 1.1]]) * 1e-9


def reciprocal(n):
    """Return D and G of n species that satisfy the reciprocal relations exactly."""
    return SYMMETRIC[:n, :n] @ G[:n, :n] / (RHO * T), G[:n, :n]


@pytest.mark.parametrize("n", [2, 3])
def test_consistent_data_have_none(n):
    D, mixing = reciprocal(n)
    found = asymmetry(RHO, T, D, mixing, 0.02 * np.abs(D), 0.05 * np.abs(mixing))
    assert found.value < 1e-14
    assert found.deviations < 1e-10
    assert not found.is_significant


def sampled(n, rng, size=1500):
    """Return the asymmetries of data that scatter about consistent ones, with their errors."""
    D, mixing = reciprocal(n)
    for _ in range(size):
        noise = rng.standard_normal((n, n))
        scatter = np.triu(rng.standard_normal((n, n)))
        scatter += np.triu(scatter, 1).T
        ours, theirs = D * (1.0 + 0.02 * noise), mixing * (1.0 + 0.03 * scatter)
        yield asymmetry(RHO, T, ours, theirs, 0.02 * np.abs(D), 0.03 * np.abs(mixing))


@pytest.mark.parametrize("n", [2, 3])
def test_the_uncertainty_is_that_of_scattered_data(n):
    found = list(sampled(n, np.random.default_rng(7)))
    spread = np.sqrt(np.mean([each.value**2 for each in found]))
    assert np.median([each.uncertainty for each in found]) == pytest.approx(spread, rel=0.05)
    # Two standard deviations are exceeded by 4.55 % of consistent data, whatever n is.
    assert np.mean([each.is_significant for each in found]) == pytest.approx(0.0455, abs=0.017)


def test_a_contradiction_is_significant():
    D, mixing = reciprocal(2)
    D[0, 1] += 5.0 * 0.02 * D[0, 0]
    found = asymmetry(RHO, T, D, mixing, 0.02 * np.abs(D), 0.02 * np.abs(mixing))
    assert found.is_significant
    assert f"{found.deviations:.2g} standard deviations from 0" in str(found)
    unknown = asymmetry(RHO, T, D, mixing)
    assert unknown.value == found.value
    assert not unknown.is_significant
    assert "unknown uncertainty" in str(unknown)


# -- fluids ----------------------------------------------------------------------------------------


@pytest.fixture
def ternary(tmp_path):
    path = tmp_path / "fluid.toml"

    def made(text=None):
        path.write_text(text or fluid_text(), encoding="utf-8")
        return read_fluid(path)

    return made


@pytest.mark.parametrize("thermodiffusion", [False, True], ids=["S'_T", "D'_T"])
def test_imposed_reciprocity_keeps_the_separation_and_the_heats(ternary, thermodiffusion):
    text = fluid_text()
    if thermodiffusion:
        for soret, given in (("0.0012", "1.2e-12"), ("-0.0003", "-3e-13")):
            text = text.replace(
                f'[component.soret]\nvalue = {soret}\nunit = "1/K"',
                f'[component.thermodiffusion]\nvalue = {given}\nunit = "m2/s/K"',
            )
    fluid = ternary(text)
    measured, imposed = (
        mixture_of(fluid, T0=T, c0=fluid.c, up=(0.0, 1.0), reciprocity=of).reference
        for of in ("measured", "imposed")
    )
    L = onsager_matrix(RHO, T, measured.D, measured.G)
    projected = onsager_matrix(RHO, T, imposed.D, imposed.G)
    assert np.abs(L - L.T).max() > 1e-2 * np.abs(L).max()
    assert projected == pytest.approx(0.5 * (L + L.T), rel=1e-12)
    assert imposed.separation == pytest.approx(measured.separation, rel=1e-12)
    assert imposed.heats == pytest.approx(measured.heats, rel=1e-12)
    assert pytest.approx(imposed.D @ measured.separation, rel=1e-12) == imposed.D_T
    assert fluid.asymmetry().value == pytest.approx(
        np.linalg.norm(L - L.T) / np.linalg.norm(L + L.T), rel=1e-12
    )


def test_the_second_law_holds_over_the_range_and_not_just_at_one_state(ternary):
    growing = fluid_text().replace(
        "value = 9e-10",
        'value = { kind = "polynomial", coefficients = [9e-10, 1e-10], T_ref = 300.0 }\n'
        "T_range = [290.0, 310.0]",
    )
    with pytest.raises(FluidError, match=r"at T = 290 K, c = 0\.5, 0\.3, the diffusion matrix"):
        ternary(growing)
    ternary(growing.replace("[290.0, 310.0]", "[295.0, 310.0]"))


def test_a_thermal_diffusion_factor_beyond_the_second_law_is_refused():
    fluid = load_fluid("water-ethanol")
    at = fluid.at()
    # kappa_0 = rho D alpha_T^2 c^2 (1-c)^2 mu_c/T, written out.
    limit = np.sqrt(0.3664 * at.T / (at.rho * at.D * at.mu_c)) / (at.c * (1 - at.c))
    assert fluid.with_(soret=0.95 * limit / at.T).at().kappa > 0.0
    with pytest.raises(FluidError, match=r"alpha_T .* violates the second law") as caught:
        fluid.with_(soret=1.05 * limit / at.T)
    assert f"|alpha_T| must stay below {limit:.3g}" in caught.value.hint


def test_a_binary_is_checked_over_its_range():
    fluid = load_fluid("water-ethanol")
    steep = {"kind": "linear", "value": 0.1, "T_ref": 295.65, "slope_T": 1.0}
    # Without a range of its own the law is not known to hold beyond the reference state.
    assert fluid.with_(soret=steep).at().S_T == 0.1
    law = replace(fluid.soret, value=make_property(steep))
    with pytest.raises(FluidError, match=r"at T = 290\.65 K, c = 0\.58 .* violates the second law"):
        fluid.with_(soret=law)


# -- over the field --------------------------------------------------------------------------------


def test_a_mixture_that_separates_into_two_phases_is_found_in_the_field():
    unstable = {"kind": "margules", "A12": 2.2, "A21": 2.2}
    fluid = load_fluid("water-ethanol").with_(thermodynamic_factor=unstable, c=0.05)
    mixture = mixture_of(fluid, T0=296.0, c0=0.05, up=(0.0, 1.0))
    T, c = np.full(3, 296.0), np.array([0.05, 0.28, 0.9])
    found = list(violations(positive_properties(mixture, T, (c,)), T, c))
    assert [(each.name, each.at) for each in found] == [("mu_c f(c)", 1)]


def test_a_ternary_is_checked_in_the_field(ternary):
    steep = fluid_text().replace(
        "value = 200000.0",
        'value = { kind = "polynomial", coefficients = [2e5, -2e4], T_ref = 300.0 }',
    )
    fluid = ternary(steep)
    mixture = mixture_of(fluid, T0=T, c0=fluid.c, up=(0.0, 1.0))
    temperatures = np.array([300.0, 320.0])
    c = [np.full(2, fraction) for fraction in fluid.c]
    found = violations(positive_properties(mixture, temperatures, c), temperatures, c[0])
    assert "smallest eigenvalue of the symmetric part of d(mu)/dc" in {each.name for each in found}
