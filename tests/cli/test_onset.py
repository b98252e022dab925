"""femsoret onset: leading modes, critical values to the digits that are known, wavenumbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from case_texts import SQUARE, condition

from femsoret.base.errors import NO_OUTPUT, NotConverged
from femsoret.commands.onset_results import SO_FAR
from femsoret.fluids import load_fluid
from femsoret.solve.spectrum import counting

DEMOS = Path(__file__).resolve().parents[2] / "demos"

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


@pytest.mark.ranks
def test_rigid_plates(femsoret, write, shared_tmp):
    """Ra_c = 1707.762 at k = 3.1163."""
    folder = shared_tmp / "onset"
    said = femsoret("onset", write(LAYER), "--critical", "Ra=1705,1710", "-o", folder).worked()
    assert "critical groups.Ra = 1707.762 ± " in said.out
    assert "stationary; no other grows there, counted" in " ".join(said.out.split())
    found = results(folder)
    assert found["count"]["others"] == 0
    bound = found["numerical_error"]["value"]
    # 1.99e-3 or 2.01e-3, as round-off has it: an eigenvalue near zero is a small difference.
    assert abs(found["critical"]["value"] - 1707.762) < bound < 3e-3
    assert found["critical"]["value"] == pytest.approx(1707.762, abs=5e-4)
    assert found["critical"]["key"] == "groups.Ra"
    assert not found["modes"][0]["oscillatory"]
    assert abs(found["modes"][0]["growth_rate"]) < 1e-4


def test_slow_modes_of_the_composition_do_not_hide_the_growing_one(femsoret, write, shared_tmp):
    """Near the slowest of them, at Ra = 1014, lie six others: the search ended at Ra = 2999.99."""
    folder = shared_tmp / "onset"
    words = ("--critical", "Ra=1000,3000", "--set", "groups.Le=100", *COARSE)
    femsoret("onset", write(LAYER), *words, "-o", folder).worked()
    found = results(folder)
    assert found["critical"]["value"] == pytest.approx(1707.762, rel=1e-2)
    assert found["count"]["others"] == 0


@pytest.fixture
def two_waves():
    """Return a layer whose width holds the wavenumbers 2, 4, 6, ... and the words for its values.

    Ra_c = 2177.41 at k = 2, 1879.26 at k = 4 and 3417.98 at k = 6 (S. Chandrasekhar, Hydrodynamic
    and Hydromagnetic Stability, table III).
    """
    width = ("--set", f"cell.size.0={math.pi / 2.0!r}", "--set", "cell.cells=[4, 4]")
    return *width, "--set", "solver.degree=3", *ONCE, "--critical", "Ra=1800,2300", "--count", "2"


@pytest.mark.slow
def test_second_critical_value(femsoret, write, shared_tmp, two_waves):
    folder = shared_tmp / "onset"
    said = femsoret("onset", write(LAYER), *two_waves, "-o", folder).worked()
    found = results(folder)["critical_values"]
    assert [each["number"] for each in found] == [1, 2]
    assert [each["value"] for each in found] == pytest.approx([1879.26, 2177.41], rel=1e-3)
    # Where the second one turns the first has grown already.
    assert [each["others"] for each in found] == [0, 1]
    assert "; then 2177." in " ".join(said.out.split())
    assert not (folder / SO_FAR).exists()


@pytest.mark.slow
def test_what_was_found_is_kept_where_a_study_stops(
    femsoret, write, shared_tmp, two_waves, monkeypatch
):
    def stopped(*_args, **_keywords):
        raise NotConverged("stopped here", "", ())

    monkeypatch.setattr("femsoret.commands.onset.unresolved", stopped)
    folder = shared_tmp / "onset"
    femsoret("onset", write(LAYER), *two_waves, "-o", folder).refused(3)
    kept = json.loads((folder / SO_FAR).read_text())
    values = [each["value"] for each in kept["critical"]]
    assert values == pytest.approx([1879.26, 2177.41], rel=1e-3)
    assert len(kept["trials"]) > len(values)
    assert not (folder / "onset.json").exists()


@pytest.mark.slow
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
    assert found["count"]["others"] == 0  # the neutral pair is on the way of the count
    assert mode["oscillatory"]
    assert mode["frequency"] == pytest.approx(11.2136, rel=5e-5)
    for part in ("real", "imaginary"):
        fields = ET.parse(folder / "modes" / part / "fields.xdmf").getroot()
        names = {attribute.get("Name") for attribute in fields.iter("Attribute")}
        assert {name.split(" (")[0] for name in names} >= {"velocity", "temperature deviation"}
        assert not any(name.startswith(("mass fraction", "temperature (")) for name in names)
        # output.formats is [vtx, xdmf] unless a case says otherwise; VTX keeps the order.
        text = (folder / "modes" / part / "fields.bp.README.txt").read_text()
        assert "velocity (alpha/L): Lagrange degree 4\n" in text


def test_the_state_as_it_is(femsoret, write, shared_tmp):
    folder = shared_tmp / "onset"
    case = write(LAYER)
    said = femsoret("onset", case, *COARSE, "-o", folder).worked()
    assert " modes found so far" in said.err
    assert "stable: no eigenvalue up to" in said.out
    assert "grows, counted" in said.out
    found = results(folder)
    assert found["stable"] is True
    assert found["count"]["growing"] == 0
    assert found["count"]["reach"] >= found["count"]["bound"] > 0.0
    assert "is finished" in femsoret("onset", case, *COARSE, "-o", folder).refused(NO_OUTPUT)
    again = ("--set", "groups.Ra=2500", "-o", folder, "--force")
    said = femsoret("onset", case, *COARSE, *again).worked()
    assert "unstable: 1 eigenvalue grows, counted up to" in said.out
    found = results(folder)
    assert found["stable"] is False
    assert found["count"]["growing"] == found["count"]["found"] == 1
    assert found["critical"] is None
    rates = [mode["growth_rate"] for mode in found["modes"]]
    assert rates == sorted(rates, reverse=True)
    run = json.loads((folder / "run.json").read_text())
    assert (run["kind"], run["state"]) == ("onset", "finished")
    assert {"onset.json", "report.md", "report.html", "case.resolved.toml"} <= set(run["files"])
    page = folder / "report.md"
    before = page.read_text(encoding="utf-8")
    assert found["finding"][1:] in before
    assert femsoret("report", folder).worked().out == f"{folder / 'report.html'}\n"
    assert page.read_text(encoding="utf-8") == before


def test_a_folder_that_cannot_be_used_is_refused_before_anything_is_solved(
    femsoret, write, shared_tmp
):
    said = femsoret("onset", write(LAYER), *COARSE, "-o", shared_tmp)
    assert "case.toml" in said.refused(NO_OUTPUT)
    assert "solving" not in said.err


@pytest.mark.slow
@pytest.mark.serial  # the same solves as above, three times; nothing that ranks share
def test_wavenumbers(femsoret, write, shared_tmp):
    """The lowest of the critical values is at k = 3.116, on a mesh too coarse for more digits."""
    folder = shared_tmp / "onset"
    scan = ("--critical", "Ra=1650,1800", "--wavenumbers", "2.9:3.35:3")
    said = femsoret("onset", write(LAYER), *COARSE, *scan, "-o", folder).worked()
    found = results(folder)
    # Solved where it is reported, not interpolated; with an estimate of its error.
    assert found["lowest"]["value"] == pytest.approx(found["critical"]["value"], rel=1e-12)
    assert found["lowest"]["value"] <= min(value for _, value in found["scan"])
    assert found["lowest"]["interpolated"] == pytest.approx(found["lowest"]["value"], rel=1e-3)
    assert "the lowest, at the wavenumber 3.1" in " ".join(said.out.split())
    assert [k for k, _ in found["scan"]] == pytest.approx([2.9, math.sqrt(2.9 * 3.35), 3.35])
    assert found["lowest"]["wavenumber"] == pytest.approx(3.1163, rel=1e-2)
    assert found["lowest"]["value"] == pytest.approx(1707.762, rel=1e-2)


def test_without_a_count_nothing_is_called_stable(femsoret, write, shared_tmp, monkeypatch):
    folder = shared_tmp / "onset"
    monkeypatch.setattr(counting, "MOST_UNKNOWNS", {2: 10, 3: 10})
    said = femsoret("onset", write(LAYER), *COARSE, "-o", folder).worked()
    assert "no growing mode found among" in said.out
    assert "unknowns are too many for a count" in said.out
    assert "stable:" not in said.out
    found = results(folder)
    assert found["stable"] is None
    assert "too many" in found["count"]["reason"]


def test_what_cannot_be_answered(femsoret, write, shared_tmp):
    case, folder = write(LAYER), shared_tmp / "onset"
    for words, complaint in (
        (("--critical", "Ra=10,20"), "stable at both ends"),
        (("--critical", "Ra=10,20,30"), "give two values between which"),
        (("--critical", "Ra=10"), "--critical groups.Ra: 1 value\n"),
        (("--wavenumbers", "2:3:5"), "--wavenumbers requires --critical"),
        (("--critical", "Ra=1,2", "--wavenumbers", "3:2:5"), "not of the form from:to:n"),
    ):
        assert complaint in femsoret("onset", case, "-o", folder, *COARSE, *words).refused()


def test_wavenumbers_need_a_cell_with_a_width(femsoret, shared_tmp):
    case, folder = DEMOS / "annular_column.toml", shared_tmp / "onset"
    words = ("--critical", "Ra=1,2", "--wavenumbers", "2:3:3")
    said = femsoret("onset", case, "-o", folder, *words).refused()
    assert 'a cell of kind "annulus" has no such key' in said
    assert not folder.exists()


def test_a_mesh_too_coarse_to_say_is_told(femsoret, write, shared_tmp):
    """At Ra = 1750 > 1707.762 a mode grows; on 2 x 3 cells of degree 2 it does from 1809 on."""
    folder = shared_tmp / "onset"
    mesh = ("--set", "solver.degree=2", "--set", "cell.cells=[2, 3]")
    said = femsoret("onset", write(LAYER), *mesh, "--set", "groups.Ra=1750", "-o", folder).worked()
    assert "too coarse to decide" in said.out
    found = results(folder)
    assert found["stable"] is True
    assert found["numerical_error"]["resolved"] is False
    assert found["numerical_error"]["growth_rate"] > -found["modes"][0]["growth_rate"] > 0.0


@pytest.mark.slow
def test_a_stratified_liquid_decays_as_fast_as_its_composition_on_a_coarse_mesh(
    femsoret, write, shared_tmp
):
    """Heated from above, with its heavier component below, a liquid is as stable as can be."""
    folder = shared_tmp / "onset"
    case = write(
        """
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [8, 6]
grading = 3
[fluid]
name = "water-ethanol"
"""
        + condition("temperature", "top", '"300.65 K"')
        + condition("temperature", "bottom", '"290.65 K"')
    )
    said = femsoret("onset", case, "-o", folder).worked()
    assert "stable: no eigenvalue up to" in said.out
    found = results(folder)
    assert found["numerical_error"]["resolved"] is True
    slowest = load_fluid("water-ethanol").diffusion.value(295.65, 0.6) * (math.pi / 5e-3) ** 2
    assert found["modes"][0]["growth_rate"] == pytest.approx(-slowest, rel=1e-3)


def test_a_side_heated_square_is_stable(femsoret, write, shared_tmp):
    said = femsoret("onset", write(SQUARE), "-o", shared_tmp / "onset").worked()
    assert "stable" in said.out


@pytest.mark.slow
def test_the_onset_of_a_liquid_of_three_components(femsoret, write, shared_tmp):
    """The liquid of the demo in 0.5 mm, 10 K, half a wavelength with k = 2 over the gap.

    2.696043 m/s2 by normal modes of the layer (Chebyshev collocation, tests/verify/dispersion.py,
    with the coefficients of the fluid file; 20 and 26 intervals agree to these digits).
    """
    folder = shared_tmp / "onset"
    case = write(
        f"""
[cell]
kind = "rectangle"
size = ["{math.pi / 4.0!r} mm", "0.5 mm"]
cells = [4, 4]
grading = [1, 2]
[fluid]
file = "{DEMOS / "fluids" / "thn_ibb_nc12.toml"}"
[gravity]
tilt = "180 deg"
[solver]
degree = 4
"""
        + condition("temperature", "top", '"293.15 K"')
        + condition("temperature", "bottom", '"303.15 K"')
        + '[[condition]]\nkind = "free-slip"\nsides = ["left", "right"]\n'
    )
    said = femsoret("onset", case, "--critical", "g=2.6,2.8", *ONCE, "-o", folder).worked()
    assert "stationary; no other grows there, counted" in " ".join(said.out.split())
    found = results(folder)
    assert found["critical"]["value"] == pytest.approx(2.696043, rel=1e-5)
    assert found["count"]["others"] == 0
