"""Figures: of a fluid in two parts, and what is lost where one cannot be drawn: nothing."""

from __future__ import annotations

import errno
import logging
from dataclasses import replace

import numpy as np
import pytest
from mesh_files import columns
from report_cases import from_data

from femsoret.base.errors import OutputError
from femsoret.cells import from_file
from femsoret.io.files import on_root
from femsoret.post.soret import HotCold
from femsoret.report.contents import draw_fields
from femsoret.report.figures.canvas import draw_each
from femsoret.report.figures.profile import profile
from femsoret.report.figures.samples import Samples, _middle_of_nearest, sample_states
from femsoret.solids import load_solid


def test_what_cannot_be_drawn_is_said_and_loses_nothing_else(caplog):
    def fails():
        return np.zeros(0)[0]

    with caplog.at_level(logging.WARNING, logger="femsoret"):
        found = draw_each(
            {"first": lambda: 1, "second": fails, "third": lambda: None, "last": lambda: 2}
        )
    assert found == (1, 2)
    (record,) = caplog.records
    assert "'second' could not be drawn" in record.getMessage()
    assert "IndexError" in record.getMessage()
    assert "test_painting.py" in record.getMessage()


def test_a_full_disk_is_said_with_what_the_system_says(comm, tmp_path):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match=r"cannot write the run folder .*\[Errno 28\] No space"):
        on_root(tmp_path, comm, full)


def test_an_error_inside_the_program_is_no_full_disk(comm, tmp_path):
    def wrong():
        return np.zeros(0)[0]

    # Rank 0 shows where it happened, the others that it did.
    with pytest.raises(IndexError if comm.rank == 0 else RuntimeError, match="out of bounds"):
        on_root(tmp_path, comm, wrong)


@pytest.mark.parametrize(
    ("good", "here", "middle"),
    [
        ([0, 1, 1, 1, 0, 0, 1], 4, 2),
        ([0, 1, 1, 1, 0, 0, 1], 5, 6),
        ([1, 1, 1, 1, 1, 0, 0], 6, 2),
        ([0, 0, 0, 1, 1, 1], 0, 4),
    ],
)
def test_a_line_beside_the_axis_is_well_within_the_nearest_fluid(good, here, middle):
    assert _middle_of_nearest(np.array(good, dtype=bool), here) == middle


@pytest.fixture
def two_parts(comm, shared_tmp):
    """Return samples of two chambers with glass between them, at a known state."""
    path = shared_tmp / "chambers.msh"
    if comm.rank == 0:
        regions = ["fluid", "fluid", "glass", "fluid", "fluid"]
        path.write_text(columns([0, 2, 4, 6, 8, 10], [0, 2.5, 5], regions))
    comm.barrier()
    cell = from_file(comm, path, scale=1e-3, solids=["glass"])
    experiment = replace(from_data(), cell=cell, solids={"glass": load_solid("borosilicate")})
    problem = experiment.problem()
    problem.function("theta").interpolate(lambda x: 2e3 * (x[1] - 2.5e-3))
    problem.function("gamma").interpolate(lambda x: -1.0 * (x[1] - 2.5e-3))
    return sample_states(experiment, problem, problem, [HotCold(5.0, -5.0, -2.5e-3, 2.5e-3)])


def test_the_profile_of_a_fluid_in_two_parts_runs_through_one_of_them(two_parts, physical):
    line = two_parts.profile
    assert abs(line.aside) == pytest.approx(3e-3, abs=3e-4)  # the middle of a chamber
    assert np.isfinite(line.gamma[0, 1:-1]).all()
    assert np.ptp(line.gamma[0, 1:-1]) == pytest.approx(5e-3, rel=1e-2)
    picture = profile(two_parts, physical.summary)
    assert "along a line parallel to the axis of the cell, 3 mm from it" in picture.caption
    names = [picture.name for picture in draw_fields(two_parts, physical.summary)]
    assert names[:3] == ["temperature", "composition", "profile"]


def test_without_fluid_on_the_line_there_is_no_profile(two_parts, physical):
    nowhere = np.full_like(two_parts.profile.gamma, np.nan)
    without = replace(two_parts, profile=replace(two_parts.profile, gamma=nowhere))
    assert profile(without, physical.summary) is None


def test_samples_of_version_0_1_0_are_read(two_parts):
    arrays = two_parts.arrays()
    assert Samples.from_arrays(arrays).profile.aside == two_parts.profile.aside
    del arrays["profile.aside"]
    assert Samples.from_arrays(arrays).profile.aside == pytest.approx(0.0, abs=0.0)


def test_samples_with_the_first_component_only_are_read(two_parts):
    arrays = two_parts.arrays()
    old = {name: array[0] if ".gamma" in name else array for name, array in arrays.items()}
    for name, array in Samples.from_arrays(old).arrays().items():
        np.testing.assert_array_equal(array, arrays[name])
