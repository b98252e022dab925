"""Gases in case files: keys, messages, and what the case gets."""

from __future__ import annotations

import pytest

from femsoret.base.errors import CaseError
from femsoret.case import load_case

pytest.importorskip("cantera", reason="gases are computed with Cantera")

CASE = """
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [2, 2]

[fluid]
{fluid}

[[condition]]
kind = "temperature"
sides = ["top"]
value = "310 K"

[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290 K"
"""


def table_of(fluid, tmp_path):
    path = tmp_path / "gas.toml"
    path.write_text(CASE.format(fluid=fluid), encoding="utf-8")
    return load_case(path).fluid


def test_composition_by_mole_or_mass(tmp_path):
    by_mole = table_of('gas = "He-Ar"\nx0 = 0.5\npressure = "2 bar"', tmp_path)
    assert by_mole.mean_fractions[0] == pytest.approx(0.0911, abs=5e-5)
    assert by_mole.fluid.density.value.pressure == pytest.approx(2e5, rel=1e-12)
    by_mass = table_of(f'gas = "He-Ar"\nc0 = {by_mole.mean_fractions[0]!r}', tmp_path)
    assert by_mass.fluid.c == pytest.approx(by_mole.fluid.c, rel=1e-12)


def test_a_liquid_can_be_filled_by_mole_fraction_too(tmp_path):
    table = table_of('name = "water-ethanol"\nx0 = 0.8', tmp_path)
    M1, M2 = (M.value(300.0, 0.5) for M in table.fluid.molar_masses)
    assert table.mean_fractions[0] == pytest.approx(0.8 * M1 / (0.8 * M1 + 0.2 * M2), rel=1e-12)


def test_overrides_and_sources_apply_to_gases(tmp_path):
    table = table_of(
        'gas = "He-Ar"\nx0 = 0.5\nsources = { diffusion = "Malinauskas 1965" }\n'
        'overrides = { soret = "-1.27e-3 1/K" }',
        tmp_path,
    )
    assert pytest.approx(7.605e-5, rel=1e-4) == table.fluid.at(300.0).D
    assert pytest.approx(-1.27e-3, rel=1e-12) == table.fluid.at(300.0).S_T


def test_a_mechanism_beside_the_case_file(tmp_path):
    own = """
species:
- name: light
  composition: {He: 1}
  thermo: {model: NASA7, temperature-ranges: [200, 1000], data: [[2.5, 0, 0, 0, 0, -745.0, 0.9]]}
  transport: {model: gas, geometry: atom, diameter: 2.551, well-depth: 10.22}
- name: heavy
  composition: {Ar: 1}
  thermo: {model: NASA7, temperature-ranges: [200, 1000], data: [[2.5, 0, 0, 0, 0, -745.0, 4.4]]}
  transport: {model: gas, geometry: atom, diameter: 3.542, well-depth: 93.3}
"""
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    table = table_of('gas = "light-heavy"\nx0 = 0.5\nmechanism = "own.yaml"', tmp_path)
    known = table_of('gas = "He-Ar"\nx0 = 0.5', tmp_path)
    assert pytest.approx(known.fluid.at(300.0).S_T, rel=2e-3) == table.fluid.at(300.0).S_T
    assert "own.yaml" in table.fluid.soret.source


@pytest.mark.parametrize(
    ("fluid", "says"),
    [
        ('gas = "He-Ar"', "mole fraction of He or its mass fraction"),
        ('gas = "He-Ar"\nx0 = 0.5\nc0 = 0.5', "c0 and x0 both state the mean composition"),
        (
            'gas = "He-Ar"\nname = "water-ethanol"\nx0 = 0.5',
            "given by name and gas: give either of them",
        ),
        ('gas = "He-Arr"\nx0 = 0.5', "did you mean 'Ar'"),
        ('gas = "He-Ar"\nx0 = 0.5\npressure = "-1 bar"', "greater than 0"),
        ('name = "water-ethanol"\npressure = "1 bar"', "pressure belongs to a gas"),
        ('gas = "He-Ar"\nx0 = 50', "x0"),
        ("c0 = 0.5", "give the name of a fluid or a file or a gas"),
    ],
)
def test_messages(fluid, says, tmp_path):
    with pytest.raises(CaseError) as error:
        table_of(fluid, tmp_path)
    assert says in str(error.value)
