"""Properties without a value, values of other sources, contrast factors, and marks."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest
from case_texts import LIQUID

from femsoret.base.errors import CaseError, FluidError
from femsoret.case import load_case
from femsoret.fluids import Fluid, Sourced, load_fluid
from femsoret.fluids.database import fluid_toml, read_fluid
from femsoret.fluids.optics import ContrastFactors
from femsoret.fluids.properties import Constant, Linear
from femsoret.fluids.table import rows

WHY = "measured, but published in a figure only"
AGAR = Sourced(value=Constant(2.7e-3), unit="1/K", source="a paper", derived=True)
RED = ContrastFactors(
    wavelength=633e-9,
    n=Sourced(value=Linear(1.36, 295.65, -3e-4, 0.6088, -0.03), unit="1", source="a paper"),
    n_c=Sourced(value=Constant(-0.03), unit="1", source="a paper", verified=True),
)


def with_gap(name: str = "soret", **changes: object) -> Fluid:
    fluid = load_fluid("water-ethanol")
    return replace(fluid, **{name: None, "missing": {name: WHY}, **changes})


def test_a_gap_stays_a_gap():
    fluid = with_gap()
    fluid.validate()
    assert "soret" not in fluid.entries()
    assert "soret" not in fluid.known()
    assert "soret" not in {row.name for row in rows(fluid)}
    assert f"soret: missing: {WHY}" in fluid.gaps
    assert fluid.known()["diffusion"] == 4.32e-10
    with pytest.raises(FluidError) as caught:
        fluid.at()
    assert f"water-ethanol: no value is known of soret ({WHY})" in str(caught.value)
    assert 'soret = "... 1/K"' in str(caught.value)
    filled = fluid.with_(soret=2e-3)
    assert filled.at().S_T == 2e-3
    assert filled.missing == {}


@pytest.mark.parametrize("name", ["thermodynamic_factor", "molar_masses"])
def test_without_mu_c_there_is_no_dufour_effect(name):
    fluid = with_gap(name)
    fluid.validate()
    p, whole = fluid.at(), load_fluid("water-ethanol").at()
    assert isnan(p.mu_c)
    assert not p.has_entropy
    assert p.Qs == 0.0
    assert p.kappa_0 == p.kappa
    assert whole.kappa_0 > whole.kappa
    assert p.psi == whole.psi


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"missing": {}}, "give the table [soret], or the reason"),
        ({"missing": {"soret": ""}}, "no reason is given for soret"),
        ({"missing": {"soret": WHY, "sorett": WHY}}, "did you mean 'soret'"),
        ({"missing": {"soret": WHY, "density": WHY}}, "has a value but is listed as missing"),
        ({"alternatives": {"sorret": {"Agar": AGAR}}}, "did you mean 'soret'"),
        (
            {"alternatives": {"diffusion": {"Agar": AGAR}}},
            "diffusion of Agar: unit '1/K' is not allowed",
        ),
        ({"optics": (ContrastFactors(wavelength=633.0, n=RED.n),)}, "633 nm is 633e-9"),
        ({"optics": (ContrastFactors(wavelength=633e-9),)}, "nothing is given at 633 nm"),
        ({"pressure": 0.0}, "1 atm is 101325"),
    ],
)
def test_contradictions_are_refused(changes, says):
    with pytest.raises(FluidError) as caught:
        with_gap(**changes).validate()
    assert says in str(caught.value)


def test_sources_stand_side_by_side_and_one_is_chosen():
    fluid = with_gap(alternatives={"soret": {"Agar 1989": AGAR}})
    with pytest.raises(FluidError, match=r'\[fluid\] sources = \{ soret = "Agar 1989" \}'):
        fluid.at()
    chosen = fluid.chosen({"soret": "Agar 1989"})
    assert chosen.at().S_T == 2.7e-3
    assert chosen.soret == AGAR
    assert chosen.chosen({"soret": "Agar 1989"}) == chosen
    with pytest.raises(FluidError, match="there are: 'Agar 1989'"):
        fluid.chosen({"soret": "Agar 1990"})
    with pytest.raises(FluidError, match="there are: none"):
        fluid.chosen({"density": "Agar 1989"})
    with pytest.raises(FluidError, match="did you mean 'soret'"):
        fluid.chosen({"sorret": "Agar 1989"})


def test_components_are_exchanged_in_everything():
    fluid = with_gap(alternatives={"soret": {"Agar": AGAR}}, optics=(RED,))
    other = fluid.swapped()
    assert other.alternatives["soret"]["Agar"].value(300.0, 0.5) == -2.7e-3
    (factors,) = other.optics
    assert factors.n_c.value(300.0, 0.4) == 0.03
    assert factors.n.value(300.0, 0.2) == pytest.approx(RED.n.value(300.0, 0.8), rel=1e-15)
    assert other.missing == fluid.missing
    assert other.swapped() == fluid


def test_marks():
    read = Sourced(value=Constant(1.0), unit="1", source="x", verified=True)
    assert read.mark == "read"
    assert replace(read, derived=True).mark == "derived"
    assert replace(read, verified=False).mark == "quoted"
    assert replace(read, verified=False, derived=True).mark == "derived from quoted"
    assert replace(read, verified=False, assumed=True).mark == "assumed"
    computed = replace(read, verified=False, computed_with="CoolProp 8.0.0")
    assert computed.mark == "computed with CoolProp 8.0.0"
    with pytest.raises(FluidError, match="cannot be verified"):
        replace(computed, verified=True).check("x", "1")


def written(tmp_path, **changes):
    fluid = with_gap(alternatives={"soret": {"Agar 1989": AGAR}}, optics=(RED,), **changes)
    path = tmp_path / "mine.toml"
    path.write_text(fluid_toml(fluid), encoding="utf-8")
    return fluid, path


@pytest.mark.serial
def test_a_file_says_all_of_it(tmp_path):
    fluid, path = written(tmp_path)
    assert read_fluid(path) == fluid
    text = path.read_text("utf-8")
    for old, new, says in [
        ("wavelength", "wave_length", "[[optics]]: unknown key 'wave_length'"),
        (
            '[alternatives.soret."Agar 1989"]\nvalue = 0.0027\n',
            '[alternatives.soret."Agar 1989"]\n',
            "[alternatives.soret.Agar 1989]: missing value",
        ),
        ("[optics.n_c]\nvalue = -0.03\n", "[optics.n_c]\n", "[[optics]]: n_c: missing value"),
        ("[missing]", "[missing]\nsoret_T = 1", "[missing]: soret_T = 1 is not a string"),
        (f'soret = "{WHY}"', "", "give the table [soret]"),
    ]:
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(FluidError) as caught:
            read_fluid(path)
        assert says in str(caught.value)


@pytest.mark.serial
def test_a_case_says_what_is_missing_and_fills_it(tmp_path):
    written(tmp_path)
    case = tmp_path / "case.toml"
    mine = LIQUID.replace('name = "water-ethanol"', 'file = "mine.toml"')
    assert mine != LIQUID
    case.write_text(mine, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(case)
    assert f"no value is known of soret ({WHY})" in str(caught.value)
    assert 'sources = { soret = "Agar 1989" }' in str(caught.value)
    chosen = load_case(case, ['fluid.sources={ soret = "Agar 1989" }'])
    assert chosen.fluid.fluid.soret == AGAR
    given = load_case(case, ['fluid.overrides.soret="1e-3 1/K"'])
    assert given.fluid.fluid.at().S_T == 1e-3
    with pytest.raises(CaseError, match=r"there are: 'Agar 1989'"):
        load_case(case, ['fluid.sources={ soret = "Agar" }'])
