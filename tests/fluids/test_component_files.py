"""Fluids of three components: files, numbers that follow, and what is said about mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from ternary_files import BETA, SORET, C, D, G, entry, fluid_text

from femsoret.base.errors import FluidError
from femsoret.commands.databases import fluid_table
from femsoret.fluids import MulticomponentFluid, load_fluid, read_fluid
from femsoret.fluids.database import fluid_toml
from femsoret.fluids.table import rows, sample_cell, spoken
from femsoret.physics.closures import mixture_of, of_all_components


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "fluid.toml"
        path.write_text(text)
        return read_fluid(path)

    return of


@pytest.fixture
def fluid(read):
    return read(fluid_text())


def matrices():
    """Return D and G, written out from what the file says."""
    full = {**G, ("b", "a"): G["a", "b"]}
    return tuple(np.array([[of[i, k] for k in "ab"] for i in "ab"]) for of in (D, full))


def test_a_file_is_read_and_written_back(fluid, read):
    assert isinstance(fluid, MulticomponentFluid)
    assert fluid.components == ("a", "b", "the rest")
    assert read(fluid_toml(fluid)) == fluid
    assert len(fluid.entries()) == 5 + 2 + 2 + 4 + 3
    assert fluid.uncertainties()["diffusion.a.b"] == 0.05


def test_numbers_follow_from_the_file(fluid):
    at, (D, G) = fluid.at(), matrices()
    soret = np.array([SORET["a"], SORET["b"]])
    np.testing.assert_allclose(at.D, D, rtol=1e-15)
    np.testing.assert_allclose(at.thermodiffusion, D @ soret, rtol=1e-14)
    psi = sum(BETA[name] * SORET[name] for name in "ab") / 8.5e-4
    assert at.psi == pytest.approx(psi, rel=1e-14)
    dufour = 900.0 * (300.0 * G @ soret) @ (D @ soret)
    assert at.kappa_0 - at.kappa == pytest.approx(dufour, rel=1e-9)
    hot_wire = fluid.with_(conductivity_kind="no-gradient").at()
    assert hot_wire.kappa_0 == pytest.approx(0.13, rel=1e-14)
    assert hot_wire.kappa == pytest.approx(0.13 - dufour, rel=1e-14)


def test_the_mixture_has_these_numbers_and_factors_for_uncertainties(fluid):
    mixture = mixture_of(fluid, T0=300.0, c0=fluid.c, up=(0.0, 1.0))
    at, (D, G) = mixture.reference, matrices()
    np.testing.assert_allclose(at.D, D, rtol=1e-15)
    np.testing.assert_allclose(at.G, G, rtol=1e-15)
    np.testing.assert_allclose(at.separation, [SORET["a"], SORET["b"]], rtol=1e-14)
    assert mixture.transport.D[0][1].factor == 1.0
    assert mixture.rest == "the rest"


def test_three_ways_to_say_the_same(fluid, read):
    """D and S', D and D'_T, or L, G and Q*: one and the same mixture."""
    D, G = matrices()
    soret = np.array([SORET["a"], SORET["b"]])
    D_T, L = D @ soret, 900.0 * 300.0 * D @ np.linalg.inv(G)
    L = 0.5 * (L + L.T)
    heats = 300.0 * G @ soret
    by_D_T = fluid_text(soret=None)
    for name, value in zip("ab", D_T, strict=True):
        there = f'name = "{name}"\nc = {C[name]}\n'
        by_D_T = by_D_T.replace(there, there + entry("component.thermodiffusion", value, "m2/s/K"))
    by_L = fluid_text(soret=None, diffusion=None)
    for i, name in enumerate("ab"):
        there = f'name = "{name}"\nc = {C[name]}\n'
        more = entry("component.heat_of_transport", heats[i], "J/kg")
        for k, other in enumerate("ab"[i:], i):
            more += entry(f"component.onsager.{other}", L[i, k], "kg2 K/m/s/J")
        by_L = by_L.replace(there, there + more)
    expected = read(fluid_text()).at()
    assert read(by_D_T).at().soret == pytest.approx(expected.soret, rel=1e-12)
    phenomenological = read(by_L)
    assert phenomenological.is_phenomenological
    assert phenomenological.at().soret == pytest.approx(expected.soret, rel=1e-12)
    mixture = mixture_of(phenomenological, T0=300.0, c0=phenomenological.c, up=(0.0, 1.0))
    np.testing.assert_allclose(mixture.reference.D, L @ G / (900.0 * 300.0), rtol=1e-12)


def test_all_components_have_coefficients_with_any_reference(fluid):
    at = of_all_components(mixture_of(fluid, T0=300.0, c0=fluid.c, up=(0.0, 1.0)))
    assert at.names == ("a", "b", "the rest")
    assert at.separation == pytest.approx([1.2e-3, -3e-4, -9e-4], rel=1e-13)
    assert sum(at.thermodiffusion) == pytest.approx(0.0, abs=1e-13 * at.thermodiffusion[0])
    # -d ln(c_i/c_k)/dT, of c that change by -S' dT
    h = 1e-4
    above, below = at.c - h * at.separation, at.c + h * at.separation
    for i in range(3):
        for k in range(3):
            slope = -(np.log(above[i] / above[k]) - np.log(below[i] / below[k])) / (2 * h)
            assert at.invariant[i, k] == pytest.approx(slope, abs=1e-9)


def test_what_is_shown(fluid, tmp_path):
    assert {row.name: row.symbol for row in rows(fluid)}["diffusion.a.b"] == "D_12"
    assert spoken("chemical_derivative.a.b") == "chemical derivative of a by b"
    cell = sample_cell(fluid)
    assert cell.separations == pytest.approx([1.2e-2, -3e-3])
    slowest = np.linalg.eigvals(matrices()[0]).min()
    assert cell.relaxation_time == pytest.approx(25e-6 / (np.pi**2 * slowest))
    (tmp_path / "shown.toml").write_text(fluid_text())
    lines = [str(part) for part in fluid_table(str(tmp_path / "shown.toml")).renderables]
    assert any("asymmetry of Onsager's matrix" in line for line in lines)


def test_a_gap_stays_a_gap(read):
    without = read("missing = { diffusion = 'never read' }\n" + fluid_text(diffusion=None))
    assert without.gaps == ("diffusion: missing: never read",)
    assert without.known()["soret.a"] == SORET["a"]
    with pytest.raises(FluidError, match=r"no diffusion \(diffusion: never read\)"):
        without.at()
    given = {i: {"diffusion": {k: D[i, k] for k in "ab"}} for i in "ab"}
    filled = without.with_(component=given)
    assert filled.gaps == ()
    np.testing.assert_allclose(filled.at().D, matrices()[0], rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("c = 0.5", "c = 0.8"), "mass fraction -0.1 of the rest"),
        (lambda t: t.replace('name = "b"', 'name = "a"'), "three different"),
        (lambda t: t.replace("diffusion.b]\nvalue = 1e-10", "diffusion.x]\nvalue = 1"), "'x'"),
        (lambda t: t.replace("component.diffusion.b]\nvalue = 1e-10", "component.none]"), "none"),
        (lambda t: t.replace("value = 9e-10", "value = -9e-10"), "eigenvalue"),
        (lambda t: t.replace("value = 0.1\n", "value = 0.1\nvalu = 1\n"), "valu"),
        (lambda t: t.replace("50000.0", "4.0e6"), "would separate into two phases"),
        (lambda t: t.replace('"m2/s"', '"cm2/s"'), "give the value in 'm2/s'"),
        (lambda t: t + "c = 0.2\n", "has a name only"),
    ],
)
def test_mistakes_are_told(read, change, said):
    def made():
        fluid = read(change(fluid_text()))
        return mixture_of(fluid, T0=300.0, c0=fluid.c, up=(0.0, 1.0))

    with pytest.raises(FluidError) as caught:
        made()
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_one_mass_fraction_is_not_enough(fluid):
    with pytest.raises(FluidError, match=r"c0 = 0\.5 is not 2 mass fractions"):
        mixture_of(fluid, T0=300.0, c0=0.5, up=(0.0, 1.0))
    with pytest.raises(FluidError, match="c0 = "):
        mixture_of(load_fluid("water-ethanol"), T0=300.0, c0=(0.5, 0.1), up=(0.0, 1.0))
    with pytest.raises(FluidError, match=r"mass fractions add up to 1\.1"):
        fluid.fractions({"a": 0.5, "b": 0.3, "the rest": 0.3})
    assert fluid.fractions({"b": 0.3, "the rest": 0.2}) == pytest.approx((0.5, 0.3))
