"""The database against its sources, and how it fails."""

# ruff: noqa: SIM300  (S_T and D are quantities that are tested, not constants)

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import FluidError
from femsoret.fluids.database import load_fluid, read_fluid
from femsoret.fluids.fluid import UNITS, Fluid
from femsoret.fluids.groups import groups
from femsoret.fluids.properties import Arrhenius, Constant, Linear
from femsoret.fluids.sourced import FROM_CASE, Sourced
from femsoret.fluids.table import rows, sample_cell

NAMES = ("ibb-nc12", "nacl-water", "thn-ibb", "thn-nc12", "water-ethanol")


@pytest.mark.parametrize("name", NAMES)
def test_every_fluid_is_complete(name):
    fluid = load_fluid(name)
    assert fluid.name == name
    assert set(fluid.entries()) == set(UNITS) | {"molar_mass_1", "molar_mass_2"}
    for key, entry in fluid.entries().items():
        # what is not verified says how wrong it may be
        assert entry.verified or entry.uncertainty is not None, key
        for limits, state in ((entry.T_range, fluid.T), (entry.c_range, fluid.c)):
            assert limits is None or limits[0] <= state <= limits[1], key
    assert fluid.warnings(fluid.T, fluid.means) == ()
    # liquids: the two conductivities differ by less than 0.1 %, as the notes say
    p = fluid.at()
    assert 0.0 < p.kappa_0 / p.kappa - 1.0 < 1e-3


# Platten et al. (2003), confirmed by Koniger et al. (2009): c = 0.5, 25 C.
@pytest.mark.parametrize(
    ("name", "S_T", "D"),
    [
        ("thn-nc12", 9.5e-3, 6.21e-10),
        ("thn-ibb", 3.3e-3, 8.5e-10),
        ("ibb-nc12", 3.9e-3, 9.5e-10),
    ],
)
def test_fontainebleau_benchmark(name, S_T, D):
    fluid = load_fluid(name)
    p = fluid.at()
    assert (p.T, p.c) == (298.15, 0.5)
    assert (p.S_T, p.D) == (S_T, D)
    assert p.beta_c > 0.0  # component 1 is the denser one, and goes to the cold side
    assert not fluid.soret.verified


def test_water_ethanol():
    p = load_fluid("water-ethanol").at()
    assert p.c == 0.6088
    assert p.D == 4.32e-10
    assert p.D_T == pytest.approx(1.37e-12, rel=1e-4)
    assert (p.rho, p.beta_T, p.beta_c) == (935.17, 7.86e-4, 0.212)
    assert p.nu == pytest.approx(2.716e-6, rel=1e-4)
    g = groups(p, L=5e-3, dT=10.0, g=9.81)
    assert g.psi == pytest.approx(0.204, abs=5e-4)
    assert g.Pr == pytest.approx(27.0, rel=0.05)
    assert g.Le == pytest.approx(231.0, rel=0.05)


def test_salt_water_is_caldwells_fit_and_changes_sign_at_12_C():
    fluid = load_fluid("nacl-water")
    assert fluid.soret.verified
    assert fluid.diffusion.verified
    for t in (0.5, 12.0, 25.0, 39.0):
        p = fluid.at(T=273.15 + t)
        assert p.S_T == pytest.approx(1e-3 * (-1.232 + 0.1128 * t - 0.000870 * t**2), abs=1e-12)
        assert p.D == pytest.approx(1e-9 * (0.44 + 0.0423 * t), rel=1e-12)
    assert fluid.at(T=273.15 + 11.5).S_T < 0.0 < fluid.at(T=273.15 + 12.5).S_T


def test_salt_water_is_consistent_with_itself():
    # beta_T and beta_c come from the same density correlation as rho.
    fluid, h = load_fluid("nacl-water"), 0.01
    for T in (275.0, 290.0, 310.0):
        drho = (fluid.at(T=T + h).rho - fluid.at(T=T - h).rho) / (2.0 * h)
        assert fluid.at(T=T).beta_T == pytest.approx(-drho / fluid.at(T=T).rho, rel=5e-3)
    # salt water at 25 C is denser than water (997.05 kg/m3) by beta_c c to first order
    p = fluid.at()
    assert p.rho == pytest.approx(997.05 * (1.0 + p.beta_c * p.c), rel=1e-3)


def test_volumes_add_up_in_the_estimated_mixtures():
    pure = {"thn": 964.9, "ibb": 849.2, "nc12": 745.4}
    for name in ("thn-nc12", "thn-ibb", "ibb-nc12"):
        rho1, rho2 = (pure[part] for part in name.split("-"))
        p = load_fluid(name).at()
        rho = 1.0 / (p.c / rho1 + (1.0 - p.c) / rho2)
        assert p.rho == pytest.approx(rho, rel=1e-4)
        assert p.beta_c == pytest.approx(rho * (1.0 / rho2 - 1.0 / rho1), rel=5e-3)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_known_is_said(name):
    fluid = load_fluid(name)
    assert "thermodynamic_factor" in fluid.unverified()
    assert any(gap.startswith("thermodynamic_factor: assumed: ") for gap in fluid.gaps)
    assert {gap.split(":")[0] for gap in fluid.gaps} <= set(fluid.unverified())
    assert "molar_mass_1" not in fluid.unverified()
    assert fluid.uncertainties()["thermodynamic_factor"] == fluid.thermodynamic_factor.uncertainty


@pytest.mark.parametrize("name", NAMES)
def test_swapped_twice_is_the_same_fluid(name):
    fluid = load_fluid(name)
    assert fluid.swapped() != fluid
    assert fluid.swapped().swapped() == fluid


@pytest.mark.parametrize("name", NAMES)
def test_swapped_changes_names_and_signs_but_no_physics(name):
    fluid = load_fluid(name)
    other = fluid.swapped()
    assert other.components == fluid.components[::-1]
    assert other.name == "-".join(name.split("-")[::-1])
    p, q = fluid.at(), other.at()
    assert q.c == pytest.approx(1.0 - p.c, rel=1e-14)
    assert (q.S_T, q.beta_c, q.M1, q.M2) == (-p.S_T, -p.beta_c, p.M2, p.M1)
    for same in ("rho", "mu", "kappa", "kappa_0", "cp", "beta_T", "D", "mu_c"):
        assert getattr(q, same) == pytest.approx(getattr(p, same), rel=1e-12), same
    assert q.Qs == pytest.approx(-p.Qs, rel=1e-12)
    cell = {"L": 5e-3, "dT": 10.0, "g": 9.81}
    assert groups(q, **cell).psi == pytest.approx(groups(p, **cell).psi, rel=1e-12)


def test_swapped_reflects_what_depends_on_composition():
    fluid = load_fluid("thn-nc12").with_(
        soret=Linear(9.5e-3, 298.15, -1e-4, 0.5, 5e-3),
        viscosity=Linear(1.7e-3, 298.15, 0, 0.5, 1e-3),
    )
    other = fluid.swapped()
    for c in (0.2, 0.5, 0.9):
        assert other.at(c=1.0 - c).S_T == pytest.approx(-fluid.at(c=c).S_T)
        assert other.at(c=1.0 - c).mu == pytest.approx(fluid.at(c=c).mu)
    assert other.swapped() == fluid


def test_which_conductivity_was_given():
    hot_wire = load_fluid("thn-nc12").with_(soret=0.5, conductivity=0.14)
    steady = hot_wire.with_(conductivity_kind="no-flux")
    assert hot_wire.at().kappa_0 == pytest.approx(0.14, rel=1e-14)
    assert steady.at().kappa == 0.14
    p = steady.at()
    by_hand = p.rho * p.D * p.S_T**2 * (p.c * (1 - p.c)) ** 2 * p.T * p.mu_c
    assert p.kappa_0 - p.kappa == pytest.approx(by_hand, rel=1e-12)
    assert by_hand > 0.01  # large enough for the test to see a missing term


def test_overrides_are_marked():
    fluid = load_fluid("thn-nc12").with_(soret=-2e-3, viscosity=Arrhenius(1.7e-3, 298.15, -1e4))
    assert fluid.at().S_T == -2e-3
    assert fluid.soret.source == fluid.viscosity.source == FROM_CASE
    assert fluid.diffusion.source != FROM_CASE
    assert fluid.at(T=310.0).mu < fluid.at(T=298.15).mu
    table = {"kind": "iacopini-piazza", "S_inf": 0.02, "T_star": 290.0, "T_0": 15.0}
    assert fluid.with_(soret=table).at(T=290.0).S_T == 0.0
    sourced = Sourced(value=Constant(1e-3), unit="1/K", source="a paper", verified=True)
    assert "soret" not in fluid.with_(soret=sourced).unverified()
    assert fluid.with_(molar_masses=(0.1, 0.2)).at().M2 == 0.2
    assert load_fluid("thn-nc12").at().S_T == 9.5e-3  # the database is not touched


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"soreet": 1e-3}, "did you mean 'soret'"),
        ({"viscosity": -1e-3}, "viscosity = -0.001 at T = 298.15 K, c = 0.5"),
        ({"diffusion": 0.0}, "is not positive"),
        ({"density": float("nan")}, "not finite"),
        ({"soret": "9.5e-3"}, "soret: '9.5e-3' is not a property"),
        ({"c": 50.0}, "60.88 wt% is 0.6088"),
        ({"c": 1.0}, "between 0 and 1, both excluded"),
        ({"T": -3.0}, "absolute temperature"),
        ({"molar_masses": (0.1,)}, "not a list of two"),
        ({"molar_masses": (0.1, -0.2)}, "molar_mass_2 = -0.2"),
        ({"conductivity_kind": "no-flow"}, "did you mean 'no-flux'"),
        ({"soret": 3.0}, "second law"),
        ({"components": ("water", "water")}, "not a pair of different names"),
        (
            {"soret": Sourced(value=Constant(1.0), unit="1/C", source="x")},
            "give the value in '1/K'",
        ),
        ({"soret": Sourced(value=Constant(1.0), unit="1/K", source="")}, "no source"),
        (
            {"soret": Sourced(value=Constant(1.0), unit="1/K", source="x", uncertainty=5.0)},
            "0.05 is 5 %",
        ),
        (
            {
                "soret": Sourced(
                    value=Constant(1e-3), unit="1/K", source="x", T_range=(300.0, 290.0)
                )
            },
            "the smaller one first",
        ),
    ],
)
def test_impossible_fluids(changes, says):
    with pytest.raises(FluidError) as caught:
        load_fluid("thn-nc12").with_(**changes)
    assert says in str(caught.value)


def test_warnings_name_what_is_outside_its_range():
    fluid = load_fluid("nacl-water")
    assert fluid.warnings((273.5, 313.0), [(0.02, 0.04)]) == ()
    found = fluid.warnings((280.0, 320.0), [0.0285])
    (warning,) = found  # of all entries that are known in one range
    assert warning.startswith("nacl-water: density, viscosity, ")
    assert warning.endswith(" used at T = 280 to 320 K, but known only from 273.25 to 313.15 K")
    assert not any("soret" in warning for warning in found)  # known up to 323.15 K
    (warning,) = (w for w in fluid.warnings((280.0, 330.0), [0.0285]) if "soret" in w)
    assert warning.startswith(
        "nacl-water: diffusion and soret used at T = 280 to 330 K, but known only from"
    )
    (warning,) = (w for w in fluid.warnings(298.15, [0.1]) if " at c = 0.1" in w)
    assert warning.count(",") + warning.count(" and ") == 9  # one of them before "known"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("water-etanol", "did you mean 'water-ethanol'? `femsoret fluids` lists all"),
        ("nC12-THN", "did you mean 'thn-ibb-nc12', 'thn-nc12'?"),
        ("propylene-glycol", "did you mean 'propylene-glycol-water-58'?"),
    ],
)
def test_unknown_fluid(name, says):
    with pytest.raises(FluidError) as caught:
        load_fluid(name)
    assert says in str(caught.value)
    assert "benzene" not in str(caught.value)  # not all names of a large database


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[soret]", "[sorett]", "unknown key 'sorett'"),
        ("verified = true", "verifyed = true", "did you mean 'verified'"),
        ("verified = true", 'verified = "yes"', "not true or false"),
        ("c = 0.0285", "", "missing c"),
        ("c = 0.0285", 'c = "2.85 %"', "is not a number"),
        ("T_range = [273.15, 323.15]", "T_range = [273.15]", "not a list of two numbers"),
        ('kind = "polynomial"', 'kind = "polinomial"', "did you mean 'polynomial'"),
        ("value = 1.875", "value = -1.875", "thermodynamic_factor = -1.875"),
        ('unit = "J/kg/K"', 'unit = "kJ/kg/K"', "give the value in 'J/kg/K'"),
        ('"no-gradient"', '"no-flow"', "unknown conductivity_kind 'no-flow'"),
        ("[soret]", "[soret", "nacl-water.toml: "),
        ("uncertainty = 0.03", 'uncertainty = "3 %"', "is not a number"),
        ("[[molar_masses]]", "[[molar_mass]]", "unknown key 'molar_mass'"),
        ('components = ["sodium chloride", "water"]', 'components = "salt"', "list of two names"),
    ],
)
def test_files_are_read_strictly(tmp_path, old, new, says):
    from importlib.resources import files

    text = (files("femsoret.fluids") / "data" / "nacl-water.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "nacl-water.toml"
    path.write_text(text, encoding="utf-8")
    assert isinstance(read_fluid(path), Fluid)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FluidError) as caught:
        read_fluid(path)
    assert says in str(caught.value)


def test_a_missing_file_is_a_fluid_error(tmp_path):
    with pytest.raises(FluidError, match=r"none\.toml"):
        read_fluid(tmp_path / "none.toml")


def test_rows_show_what_was_given():
    fluid = load_fluid("nacl-water")
    table = {row.name: row for row in rows(fluid, T=273.15 + 10.0)}
    assert list(table) == list(fluid.entries())
    assert table["soret"].value == pytest.approx(fluid.at(T=283.15).S_T)
    assert table["soret"].symbol == "S_T"
    assert table["soret"].model == "polynomial"
    assert table["soret"].verified
    assert table["conductivity"].symbol == "kappa_0"
    steady = fluid.with_(conductivity_kind="no-flux")
    assert {r.name: r for r in rows(steady)}["conductivity"].symbol == "kappa"
    assert {r.name: r for r in rows(fluid.swapped())}["soret"].model == "-1 times polynomial"


def test_sample_cell_is_5_mm_and_10_K():
    fluid = load_fluid("thn-nc12")
    cell = sample_cell(fluid)
    assert (cell.L, cell.dT) == (5e-3, 10.0)
    assert cell.separations == pytest.approx([9.5e-3 * 0.25 * 10.0])
    assert cell.relaxation_time == pytest.approx(25e-6 / (np.pi**2 * 6.21e-10))
    assert cell.groups == groups(fluid.at(), L=5e-3, dT=10.0, g=9.80665)
    assert sample_cell(fluid, L=1e-2).groups.Ra == pytest.approx(8.0 * cell.groups.Ra)


def test_what_is_unverified_is_counted():
    fluid = load_fluid("thn-nc12")
    assert (len(fluid.unverified()), len(fluid.entries())) == (9, 11)
    assert len(load_fluid("nacl-water").unverified()) == 7
