"""What a run says and writes of its optical instruments."""

from __future__ import annotations

import json
from io import BytesIO

from mpi4py import MPI

import numpy as np
import pytest
from case_texts import PHYSICAL, QUICK, drawn
from ternary_files import fluid_text

from femsoret.case import load_case
from femsoret.commands.run import run_case

LIGHT = """
[[readings.beam_deflection]]
name = "laser"
wavelength = "633 nm"
through = ["5 mm", "2 mm"]
depth = "20 mm"
detector = "1 m"
noise = "1 um"
[[readings.beam_deflection.contrast]]
wavelength = "633 nm"
n = 1.36
n_T = "-2.3e-4 1/K"
n_c = -0.04
source = "a paper"
assumed = ["n_T"]
"""
TWO = """
[[readings.interferometer]]
name = "two colours"
wavelength = ["670 nm", "935 nm"]
depth = "10 mm"
map = { pixels = [8, 4] }
noise = 0.01
[[readings.interferometer.contrast]]
wavelength = "670 nm"
n = 1.5
n_T = "-4.5e-4 1/K"
n_c = { a = 0.12, b = 0.07 }
[[readings.interferometer.contrast]]
wavelength = "935 nm"
n = 1.49
n_T = "-4.4e-4 1/K"
n_c = { a = 0.11, b = 0.08 }
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the folder of two runs: a beam, and three components at two wavelengths."""
    place = tmp_path_factory.mktemp("light")
    (place / "ternary.toml").write_text(fluid_text(), encoding="utf-8")
    texts = {
        "beam": PHYSICAL + drawn(QUICK) + LIGHT,
        "two": PHYSICAL.replace('name = "water-ethanol"', 'file = "ternary.toml"')
        + drawn(QUICK)
        + TWO,
    }
    for name, text in texts.items():
        (place / f"{name}_case.toml").write_text(text, encoding="utf-8")
        run_case(load_case(place / f"{name}_case.toml"), MPI.COMM_SELF, place / name)
    return place


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_a_beam_in_the_summary_and_on_the_page(runs):
    summary = summary_of(runs / "beam")
    laser = summary["deflections"]["laser"]
    (at,), (each,) = laser["at"], laser["each"]
    assert at["total"] == pytest.approx(at["thermal"] + at["windows"] + at["solutal"])
    assert at["thermal"] < 0.0 < at["solutal"]
    assert each["apparent"] == pytest.approx(
        summary["signals"]["laser"]["each"][0]["apparent"], rel=1e-3
    )
    assert each["uncertainty"] > 0.0
    assert summary["units"] == "SI"
    page = (runs / "beam" / "report.md").read_text(encoding="utf-8")
    assert "### Beam deflection" in page
    assert "n, n_c: a paper; n_T: assumed" in page


def test_two_wavelengths_give_both_components_and_an_ellipse(runs):
    summary = summary_of(runs / "two")
    found = summary["interferometers"]["two colours"]
    for of in found["each"]:
        assert of["apparent"] == pytest.approx(of["true"], rel=1e-3)
    matrix = np.array([[0.12, 0.07], [0.11, 0.08]])
    assert found["condition"] == pytest.approx(np.linalg.cond(matrix))
    assert found["ellipse"]["major"] > found["ellipse"]["minor"] > 0.0
    assert (runs / "two" / "figures" / "ellipse_1.png").is_file()


def test_a_phase_map_is_drawn_and_written(runs):
    found = summary_of(runs / "two")["interferometers"]["two colours"]
    assert (runs / "two" / "figures" / "fringes_1.png").is_file()
    with np.load(BytesIO((runs / "two" / "phase_maps.npz").read_bytes())) as maps:
        phase = maps["two colours.phase"]
        assert phase.shape == (2, 4, 8)
        assert np.ptp(phase[0]) == pytest.approx(found["map"]["span"][0])
        assert maps["two colours.u"] == pytest.approx(10e-3 * (np.arange(8) + 0.5) / 8)
    assert found["map"]["steepest"][0] > np.pi  # four rows of pixels are too few
    page = (runs / "two" / "report.md").read_text(encoding="utf-8")
    assert "cannot be unwrapped" in page
