"""Records of optical instruments in their own units, and what is evaluated from them."""

from __future__ import annotations

import json

from mpi4py import MPI

import numpy as np
import pytest
from ternary_files import SORET, fluid_text
from ternary_files import D as DIFFUSION
from test_records import read

from femsoret.base.errors import CaseError
from femsoret.case import load_case
from femsoret.commands.run import run_case
from femsoret.io.history import Histories, read_history
from femsoret.report.figures.instruments import draw_instruments
from femsoret.report.figures.records import arrays_of_records, draw_records

COMM = MPI.COMM_WORLD
S_T, D = 3.171e-3, 4.32e-10

LAYER = """
title = "Layer at rest, seen by light"
[cell]
kind = "rectangle"
size = ["5 mm", "5 mm"]
cells = [1, 10]
grading = 2.0
[fluid]
FLUID
[gravity]
magnitude = 0.0
[[condition]]
kind = "temperature"
sides = ["top"]
value = "300.65 K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290.65 K"
[output]
formats = []
figures = false
[time]
end = "3 tau"
tolerance = 5e-4
numerical_error = false
"""

LIGHT = """
[[readings.beam_deflection]]
name = "laser"
wavelength = "633 nm"
through = ["2.5 mm", "2.5 mm"]
depth = "20 mm"
detector = "1.5 m"
[[readings.beam_deflection.contrast]]
wavelength = "633 nm"
n = 1.36
n_T = "-2e-4 1/K"
n_c = -0.04
[[readings.interferometer]]
name = "phase"
wavelength = "633 nm"
depth = "20 mm"
[[readings.interferometer.contrast]]
wavelength = "633 nm"
n = 1.36
n_T = "-2e-4 1/K"
n_c = -0.04
"""


def record(name, signal, *keys):
    lines = (f'name = "{name}"', f'signal = "{signal}"', 'every = "0.02 tau"', *keys)
    return "[[time.record]]\n" + "\n".join(lines) + "\n"


RECORDS = (
    record("spot", "laser")
    + record("noisy spot", "laser", 'noise = "5 um"', "seed = 3")
    + record("angle", "laser", 'quantity = "angle"', 'drift = "1 urad/h"')
    + record("fringes", "phase", 'noise = "0.05 fringe"', "seed = 4")
    + record("quiet", "phase")
    + record("early", "phase", 'zero_of_time = "-0.1 tau"')
)


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    made = COMM.bcast(tmp_path_factory.mktemp("light") if COMM.rank == 0 else None)
    text = LAYER.replace("FLUID", 'name = "water-ethanol"') + RECORDS + LIGHT
    if COMM.rank == 0:
        (made / "case.toml").write_text(text, encoding="utf-8")
    COMM.barrier()
    findings = run_case(load_case(made / "case.toml"), COMM, made / "out").findings
    summary = json.loads((made / "out" / "summary.json").read_text(encoding="utf-8"))
    return made / "out", summary, findings


def samples(folder, name):
    head, names, rows = read(folder / "records" / f"{name}.csv")
    return head, names, rows[:, 0], rows[:, 1]


def test_what_is_recorded_is_what_the_detector_shows(binary):
    folder, summary, _ = binary
    rows = read_history(folder / "history.csv")
    for name, column, unit in (
        ("spot", "optical.laser.0.total", "m"),
        ("quiet", "optical.phase.0.total", "rad"),
    ):
        head, names, t, found = samples(folder, name)
        assert names == ["t", column]
        assert any(line.startswith(f"# {column} ({unit}): ") for line in head)
        exact = np.interp(t, [row["t"] for row in rows], [row[column] for row in rows])
        # Linear between steps here, cubic there.
        assert np.abs(found - exact)[t > 0.1 * t[-1]].max() < 0.01 * np.abs(exact).max()
        assert found[0] == 0.0  # before heating
        # Heat comes first: the signal jumps by what n_T dT makes, and falls back with c.
        back = -0.04 * -S_T * 0.6088 * (1.0 - 0.6088) / -2e-4
        assert back < 0.0
        assert found[-1] / found[1] == pytest.approx(1.0 + back, rel=0.03)
    assert summary["records"]["spot"]["columns"][0]["unit"] == "m"


def test_a_laboratory_finds_what_the_layer_has(binary):
    for name, record_of in binary[1]["records"].items():
        (fit,) = record_of["evaluation"]
        if name == "early":  # the jump by heat is not taken for a separation
            assert fit["S_T"] == pytest.approx(S_T, rel=0.2)
            assert fit["S_T"] > 1.01 * S_T  # a clock that runs ahead: a slower, higher approach
            continue
        # Errors of the steps weigh more in a gradient (laser); drift is left to the next test.
        assert fit["S_T"] == pytest.approx(S_T, rel=0.02), name
        assert fit["D"] == pytest.approx(D, rel=0.03), name


def test_records_and_instruments_have_figures_of_their_own(binary):
    _, summary, findings = binary
    of_instruments = draw_instruments({}, summary, Histories.of(findings))
    of_records = draw_records(arrays_of_records(findings.records), summary)
    names = [picture.name for picture in (*of_instruments, *of_records)]
    assert len(names) == len(set(names)) == 2 + len(summary["records"])


def test_drift_and_noise_are_in_the_unit_of_the_signal(binary):
    folder, summary, _ = binary
    _, _, t, spot = samples(folder, "spot")
    noise = samples(folder, "noisy spot")[3] - spot
    assert noise.std() == pytest.approx(5e-6, rel=0.2)
    fringes = samples(folder, "fringes")[3] - samples(folder, "quiet")[3]
    assert fringes.std() == pytest.approx(0.05 * 2.0 * np.pi, rel=0.2)
    _, _, t, angle = samples(folder, "angle")
    rows = read_history(folder / "history.csv")
    known = np.interp(t[-1], [r["t"] for r in rows], [r["optical.laser.0.angle"] for r in rows])
    assert angle[-1] - known == pytest.approx(1e-6 * t[-1] / 3600.0, rel=0.05)
    share = summary["records"]["noisy spot"]["columns"][0]["noise"]
    assert share == pytest.approx(5e-6 / np.abs(spot).max(), rel=1e-6)


THREE = (
    record("two colours", "both", 'noise = "1e-3 rad"', "seed = 5")
    + record("clean", "both")
    + """
[[readings.interferometer]]
name = "both"
wavelength = ["633 nm", "405 nm"]
depth = "20 mm"
[[readings.interferometer.contrast]]
wavelength = "633 nm"
n = 1.5
n_T = "-4.5e-4 1/K"
n_c = { a = 0.12, b = 0.03 }
[[readings.interferometer.contrast]]
wavelength = "405 nm"
n = 1.52
n_T = "-5.5e-4 1/K"
n_c = { a = 0.10, b = 0.08 }
"""
)


@pytest.mark.slow
def test_two_wavelengths_show_a_ternary(comm, shared_tmp):
    text = LAYER.replace("FLUID", 'file = "fluid.toml"').replace("300.65", "305.0") + THREE
    text = text.replace("290.65", "295.0").replace('"3 tau"', '"5 tau"')
    if comm.rank == 0:
        (shared_tmp / "case.toml").write_text(text, encoding="utf-8")
        (shared_tmp / "fluid.toml").write_text(fluid_text(), encoding="utf-8")
    comm.barrier()
    findings = run_case(load_case(shared_tmp / "case.toml"), comm, shared_tmp / "out").findings
    clean, noisy = (findings.records[name] for name in ("clean", "two colours"))
    assert [column.name for column in clean.columns] == [f"optical.both.{i}.total" for i in (0, 1)]
    assert [column.unit for column in clean.columns] == ["rad", "rad"]
    expected = np.array([SORET["a"], SORET["b"]])
    matrix = np.array([[DIFFUSION[i, k] for k in "ab"] for i in "ab"])
    size = np.linalg.norm(expected)
    # S' of each component, with its sign; what light shows of heat is not taken for composition.
    assert np.abs(clean.fitted.S_T - expected).max() < 0.01 * size
    slow, fast = np.sort(np.linalg.eigvals(matrix))
    assert clean.fitted.fit.why_fewer == ""
    assert clean.fitted.fit.diffusivities == pytest.approx([slow, fast], rel=0.1)
    # 1 mrad over 2 pi l/lambda dn/dc: 4e-8 of a mass fraction in a separation of 1e-2.
    assert np.abs(noisy.fitted.S_T - clean.fitted.S_T).max() < 0.01 * size
    summary = json.loads((shared_tmp / "out" / "summary.json").read_text(encoding="utf-8"))
    fits = summary["records"]["two colours"]["evaluation"]
    assert [fit["species"] for fit in fits] == ["a", "b"]
    assert all(abs(fit["S_T_shift"]) < 0.05 for fit in fits)


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        (('quantity = "phase"',), ["quantity", "'laser' has no phase", "angle"]),
        (('noise = "0.1 rad"',), ["noise", "a displacement", '"1 um"']),
        (('quantity = "angle"', 'noise = "1 um"'), ["noise", "an angle", '"0.01 rad"']),
        (('noise = "0.1 K"',), ["noise", "a displacement"]),
        (('drift = "1 um"',), ["drift", '"1 um/h"']),
        (('noise = "2 kg"',), ["noise", "[mass]", '"0.02 fringe"']),
        (('quantity = "colour"',), ["quantity", "'colour' is not allowed"]),
    ],
)
@pytest.mark.serial  # more ranks would test nothing new
def test_what_no_detector_records(case, comm, keys, parts):
    text = LAYER.replace("FLUID", 'name = "water-ethanol"') + record("one", "laser", *keys) + LIGHT
    with pytest.raises(CaseError) as caught:
        case(text).build(comm)
    for part in ("record.0", *parts):
        assert part in str(caught.value)


@pytest.mark.serial  # more ranks would test nothing new
def test_the_separation_has_no_angle(case, comm):
    text = LAYER.replace("FLUID", 'name = "water-ethanol"') + (
        '[[time.record]]\nname = "one"\nevery = "0.1 tau"\nnoise = "0.1 rad"\n'
    )
    with pytest.raises(CaseError, match="difference of mass fractions"):
        case(text).build(comm)
