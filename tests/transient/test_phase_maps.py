"""Phase maps at times of a march: differences, stopped runs, runs that end early."""

from __future__ import annotations

import json
from io import BytesIO

from mpi4py import MPI

import numpy as np
import pytest
from small_runs import CELL, SignalAt
from tolerances import REPEATED

from femsoret.base.errors import Interrupted
from femsoret.cells import rectangle
from femsoret.commands.run import resume_case, run_case
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity
from femsoret.post.interferometer import Interferometer
from femsoret.post.optical import Beam, Contrast, Optics, PathMean
from femsoret.post.phase_map import image_of
from femsoret.post.rays import Normal
from femsoret.problem.conditions import Temperature
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.transient import measure_in_time

COMM = MPI.COMM_WORLD
H, DT, DEPTH = 5e-3, 4.0, 20e-3
RED = Contrast(633e-9, 1.36, -2e-4, ())
ALPHA = 0.5 / (1e3 * 4e3)


def heated(s, t):
    """Return (T - T0)/dT of a layer whose walls part from T0 at t = 0; s from the cold wall."""
    m = np.arange(1, 60)
    decay = np.exp(-((2.0 * np.pi * m / H) ** 2) * ALPHA * t) / (np.pi * m)
    return s - 0.5 + np.sin(2.0 * np.pi * np.outer(s, m)) @ decay


TIMES = {
    "a": (2.0, None),
    "b": (2.0, 5.0),
    "backwards": (5.0, 2.0),
    "c": ("uniform", 2.0),
    "from the start": (0.0, 5.0),  # at T0
}


def image(cell, reference, at):
    return image_of(
        cell, direction=None, depth=DEPTH, up=(0.0, 1.0), pixels=(2, 9), reference=reference, at=at
    )


def pure_layer():
    """Return the experiment of a layer of a pure fluid, and a schedule of 6 s."""
    cell = rectangle(COMM, (5e-3, H), (3, 12), shape="triangle", grading=2.0)
    here = Beam((Normal((2e-3, 0.5 * H), DEPTH),), (1.0,))
    ends = PathMean(here), PathMean(here)
    experiment = Experiment(
        title="layer",
        cell=cell,
        mixture=BoussinesqMixture(
            T0=300.0,
            rho0=1e3,
            cp=4e3,
            beta_T=1e-3,
            viscosity=Constant(1e-3),
            conductivity=Constant(0.5),
            gravity=Gravity(0.0, (0.0, 1.0)),
            species=(),
            closure=CLOSURES["linearised"],
        ),
        conditions=(Temperature("top", 300.0 + DT / 2), Temperature("bottom", 300.0 - DT / 2)),
        instruments={
            name: Interferometer(name, *ends, Optics((RED,)), image(cell, *times))
            for name, times in TIMES.items()
        },
    )
    return experiment, Schedule(end=6.0, march=MarchOptions(tolerance=1e-3))


def test_the_difference_of_two_states_is_that_of_the_series():
    records = measure_in_time(*pure_layer()).state.instruments
    for name, (reference, at) in TIMES.items():
        found = records[name].map
        s = found.v / H
        since = 0.0 if reference in ("uniform", 0.0) else heated(s, reference)
        exact = 2.0 * np.pi / RED.wavelength * DEPTH * RED.n_T * DT * (heated(s, at or 6.0) - since)
        assert found.phase.shape == (1, 9, 2)
        assert np.abs(found.phase[0] - exact[:, None]).max() < 3e-3 * np.abs(exact).max()
        assert np.abs(exact).max() > 5.0  # radians: unwrapped


def interferometer(name, keys):
    return f"""
[[readings.interferometer]]
name = "{name}"
wavelength = "633 nm"
depth = "10 mm"
map = {{ pixels = [6, 4], {keys} }}
contrast = [{{ wavelength = "633 nm", n = 1.36, n_T = "-2e-4 1/K", n_c = -0.04 }}]
"""


SEEN = (
    CELL
    + "numerical_error = false\n"
    + interferometer("late", 'reference = "0.1 tau"')
    + interferometer("early", 'reference = "0 s", at = "0.1 tau"')
    + interferometer("whole", 'reference = "0 s"')
)


def maps(folder):
    with np.load(BytesIO((folder / "phase_maps.npz").read_bytes())) as found:
        return {name: found[f"{name}.phase"] for name in ("late", "early", "whole")}


@pytest.mark.slow
def test_maps_of_a_stopped_run_are_those_of_one_that_nobody_stopped(case, comm, shared_tmp):
    whole, parts = shared_tmp / "whole", shared_tmp / "parts"
    run_case(case(SEEN), comm, whole)
    # Step 18 is behind the reference: it is in the checkpoint.
    with pytest.raises(Interrupted):
        run_case(case(SEEN), comm, parts, SignalAt(18))
    resume_case(parts, comm)
    wanted, found = maps(whole), maps(parts)
    scale = np.abs(wanted["whole"]).max()
    for name, phase in wanted.items():
        assert np.abs(found[name] - phase).max() < 1e-2 * REPEATED * scale
    gap = wanted["early"] + wanted["late"] - wanted["whole"]
    assert np.abs(gap).max() < 1e-12 * scale
    assert np.abs(wanted["late"]).max() > 1.0
    summary = json.loads((whole / "summary.json").read_text(encoding="utf-8"))
    late = summary["interferometers"]["late"]["map"]
    tau = summary["time"]["tau"]
    assert late["reference"] == "time"
    assert late["reference_time"] == pytest.approx(0.1 * tau)
    assert late["time"] is None


def test_a_run_that_ends_before_the_time_of_a_map_has_none(case, comm, shared_tmp):
    text = SEEN.replace("tolerance = 1e-2", 'tolerance = 1e-2\nstop = "t > 100"')
    run_case(case(text), comm, shared_tmp / "out")
    summary = json.loads((shared_tmp / "out" / "summary.json").read_text(encoding="utf-8"))
    found = summary["interferometers"]
    assert found["late"]["map"] is None
    assert found["late"]["map_reason"].startswith("the march ended before t = ")
    assert found["whole"]["map_reason"] == ""
    page = (shared_tmp / "out" / "report.md").read_text(encoding="utf-8")
    assert "late: no phase map, because the march ended before" in page
