"""femsoret onset: leading modes, critical values to the digits that are known, wavenumbers."""

from __future__ import annotations

import json
import math
from xml.etree import ElementTree as ET

import pytest
from case_texts import SQUARE, condition

LAYER = (
    f"""
[cell]
kind = "rectangle"
size = [{math.pi / 3.1163!r}, 1]
cells = [3, 4]
grading = [1, 2]
[groups]
Ra = 1700
Pr = 10
Le = 1
psi = 0
[gravity]
tilt = "180 deg"
[solver]
degree = 4
"""
    + condition("temperature", "top", 0.5)
    + condition("temperature", "bottom", -0.5)
    + '[[condition]]\nkind = "free-slip"\nsides = ["left", "right"]\n'
)
"""Half a wavelength of a layer between rigid plates, planes of symmetry at its sides."""

ONCE = ("--set", "solver.numerical_error=false")
COARSE = ("--set", "solver.degree=2", "--set", "cell.cells=[4, 6]", *ONCE)


def results(folder):
    return json.loads((folder / "onset.json").read_text())


def test_rigid_plates(femsoret, write, shared_tmp):
    """Ra_c = 1707.762 at k = 3.1163."""
    folder = shared_tmp / "onset"
    said = femsoret("onset", write(LAYER), "--critical", "Ra=1705,1710", "-o", folder).worked()
    assert "critical groups.Ra = 1707.762 ± " in said.out
    assert "stationary" in said.out
    found = results(folder)
    bound = found["numerical_error"]["value"]
    assert abs(found["critical"]["value"] - 1707.762) < bound < 2e-3
    assert found["critical"]["value"] == pytest.approx(1707.762, abs=5e-4)
    assert found["critical"]["key"] == "groups.Ra"
    assert not found["modes"][0]["oscillatory"]
    assert abs(found["modes"][0]["growth_rate"]) < 1e-4


def test_oscillatory_with_soret_effect(femsoret, write, shared_tmp):
    """Ra_c = 2279.447, omega = 11.2136 at k = 3.1353 (Phys. Rev. E 51 (1995) 5636)."""
    folder = shared_tmp / "onset"
    liquid = LAYER.replace("Le = 1\npsi = 0", "Le = 100\npsi = -0.25")
    case = write(liquid.replace("3, 4", "3, 5"))
    width = ("--set", f"cell.size.0={math.pi / 3.1353!r}")
    words = (*width, *ONCE, "--critical", "Ra=2275,2283")
    femsoret("onset", case, *words, "-o", folder).worked()
    found = results(folder)
    assert found["critical"]["value"] == pytest.approx(2279.447, rel=2e-6)
    mode = found["modes"][0]
    assert mode["oscillatory"]
    assert mode["frequency"] == pytest.approx(11.2136, rel=5e-5)
    for part in ("real", "imaginary"):
        fields = ET.parse(folder / "modes" / part / "fields.xdmf").getroot()
        names = {attribute.get("Name") for attribute in fields.iter("Attribute")}
        assert {name.split(" (")[0] for name in names} >= {"velocity", "temperature deviation"}
        assert not any(name.startswith(("mass fraction", "temperature (")) for name in names)


def test_the_state_as_it_is(femsoret, write, shared_tmp):
    folder = shared_tmp / "onset"
    case = write(LAYER)
    said = femsoret("onset", case, *COARSE, "-o", folder).worked()
    assert "stable: every mode found decays" in said.out
    assert results(folder)["stable"] is True
    said = femsoret("onset", case, *COARSE, "--set", "groups.Ra=2500", "-o", folder).worked()
    assert "1 of the modes found grow" in said.out
    found = results(folder)
    assert found["stable"] is False
    assert found["critical"] is None
    rates = [mode["growth_rate"] for mode in found["modes"]]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.serial  # the same solves as above, three times; nothing that ranks share
def test_wavenumbers(femsoret, write, shared_tmp):
    """The lowest of the critical values is at k = 3.116, on a mesh too coarse for more digits."""
    folder = shared_tmp / "onset"
    scan = ("--critical", "Ra=1650,1800", "--wavenumbers", "2.9:3.35:3")
    femsoret("onset", write(LAYER), *COARSE, *scan, "-o", folder).worked()
    found = results(folder)
    assert [k for k, _ in found["scan"]] == pytest.approx([2.9, math.sqrt(2.9 * 3.35), 3.35])
    assert found["lowest"]["wavenumber"] == pytest.approx(3.1163, rel=1e-2)
    assert found["lowest"]["value"] == pytest.approx(1707.762, rel=1e-2)


def test_what_cannot_be_answered(femsoret, write):
    case = write(LAYER)
    for words, complaint in (
        (("--critical", "Ra=10,20"), "stable at both ends"),
        (("--critical", "Ra=10,20,30"), "give two, between which"),
        (("--wavenumbers", "2:3:5"), "needs something critical"),
        (("--critical", "Ra=1,2", "--wavenumbers", "3:2:5"), "not of the form from:to:n"),
    ):
        assert complaint in femsoret("onset", case, *COARSE, *words).refused()


LEVEL = (
    """
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [12, 8]
grading = 3
[fluid]
name = "water-ethanol"
"""
    + condition("temperature", "top", '"300.65 K"')
    + condition("temperature", "bottom", '"290.65 K"')
)
"""A liquid heated from above, with its heavier component below: as stable as can be."""


def test_a_level_liquid_heated_from_above_is_stable(femsoret, write, shared_tmp):
    folder = shared_tmp / "onset"
    said = femsoret("onset", write(LEVEL), "-o", folder).worked()
    assert "stable: every mode found decays" in said.out
    found = results(folder)
    assert found["stable"] is True
    assert found["modes"][0]["growth_rate"] < 0.0


def test_what_only_a_mesh_makes_grow_is_told(femsoret, write, shared_tmp):
    """Plain Taylor-Hood elements carry heat and species with a divergence; with 10 K they fail."""
    folder = shared_tmp / "onset"
    plain = ("--set", "solver.discretisation=taylor-hood")
    plain += ("--set", "condition.0.value=297.15 K", "--set", "condition.1.value=294.15 K")
    said = femsoret("onset", write(LEVEL), *plain, "-o", folder).worked()
    assert "too coarse to say" in said.out
    found = results(folder)
    assert found["stable"] is False
    assert found["numerical_error"]["resolved"] is False
    assert found["numerical_error"]["growth_rate"] > found["modes"][0]["growth_rate"] > 0.0


def test_a_side_heated_square_is_stable(femsoret, write, shared_tmp):
    said = femsoret("onset", write(SQUARE), "-o", shared_tmp / "onset").worked()
    assert "stable" in said.out
