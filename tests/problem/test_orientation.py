"""How a cell stands: axis, hot and cold side, tilt."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.cells import box, rectangle
from femsoret.conditions import Robin, Temperature
from femsoret.orientation import lean_of, orientation_of, up_vector

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
AXES_2D = [(0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (0.6, -0.8)]
AXES_3D = [X, Y, Z, (0.0, -1.0, 0.0), (0.48, 0.6, 0.64)]


@pytest.mark.parametrize(
    ("hot", "cold", "axis", "gap"),
    [
        ("top", "bottom", (0, 1), 2e-3),
        ("bottom", "top", (0, -1), 2e-3),
        ("left", "right", (-1, 0), 5e-3),
    ],
)
def test_axis_points_from_cold_to_hot(hot, cold, axis, gap):
    cell = rectangle(MPI.COMM_WORLD, (5e-3, 2e-3), (2, 2))
    frame = orientation_of(cell, [Temperature((hot,), 305.0), Temperature((cold,), 295.0)])
    assert (frame.hot, frame.cold) == (hot, cold)
    assert frame.axis == pytest.approx(axis, abs=1e-12)
    assert frame.gap == pytest.approx(gap)
    assert (frame.dT, frame.T_mean) == pytest.approx((10.0, 300.0))


def test_robin_side_counts_with_its_surroundings_and_a_given_gap_wins():
    cell = box(MPI.COMM_WORLD, (1e-3, 2e-3, 3e-3), (1, 1, 1))
    walls = [Temperature(("front",), 295.0), Robin(("back",), 10.0, 301.0)]
    frame = orientation_of(cell, walls, gap=7e-3)
    assert (frame.hot, frame.cold) == ("back", "front")
    assert frame.axis == pytest.approx((0, 0, -1), abs=1e-12)
    assert frame.gap == 7e-3


@pytest.mark.parametrize("dim", [2, 3])
def test_temperature_that_varies_along_a_side_counts_with_its_mean(dim):
    make, size = (rectangle, (1.0, 1.0)) if dim == 2 else (box, (1.0, 1.0, 1.0))
    cell = make(MPI.COMM_WORLD, size, (1,) * dim)
    walls = [Temperature(("top",), lambda x: 300.0 + x[0]), Temperature(("bottom",), 300.25)]
    frame = orientation_of(cell, walls)
    assert frame.hot == "top"
    assert frame.dT == pytest.approx(0.25)


@pytest.mark.parametrize("axis", AXES_2D + AXES_3D)
def test_tilt_is_the_angle_from_axis_to_up(axis):
    for tilt in (0.0, 0.5, 90.0, 137.0, 180.0):
        for azimuth in (0.0, 75.0):
            up = up_vector(axis, tilt, azimuth)
            assert np.linalg.norm(up) == pytest.approx(1.0, abs=1e-14)
            assert np.dot(up, axis) == pytest.approx(np.cos(np.radians(tilt)), abs=1e-14)


@pytest.mark.parametrize(
    ("axis", "tilt", "up"),
    [((0, 1), 90.0, (-1, 0)), ((1, 0), 90.0, (0, 1)), ((0, 1), 180.0, (0, -1))],
)
def test_up_turns_counter_clockwise_in_2d(axis, tilt, up):
    assert up_vector(axis, tilt) == pytest.approx(up, abs=1e-15)


@pytest.mark.parametrize(
    ("axis", "lean", "quarter"),
    [
        (Y, (-1.0, 0.0, 0.0), Z),
        (X, Y, Z),
        (Z, X, Y),
        ((0.0, 0.0, -1.0), X, (0.0, -1.0, 0.0)),
    ],
)
def test_azimuth_turns_the_lean_about_the_axis_right_handed(axis, lean, quarter):
    assert up_vector(axis, 90.0) == pytest.approx(lean, abs=1e-15)
    assert up_vector(axis, 90.0, 90.0) == pytest.approx(quarter, abs=1e-15)
    assert up_vector(axis, 90.0, 360.0) == pytest.approx(lean, abs=1e-15)


@pytest.mark.parametrize("axis", AXES_2D)
def test_up_leans_in_3d_as_in_the_plane(axis):
    assert up_vector((*axis, 0.0), 20.0) == pytest.approx((*up_vector(axis, 20.0), 0.0), abs=1e-15)


def test_an_axis_that_is_almost_z_leans_as_z_does():
    # The centres of two walls of a mesh file need not lie exactly above one another.
    axis = np.array([3e-3, -5e-3, 1.0])
    up = up_vector(axis / np.linalg.norm(axis), 90.0)
    assert up == pytest.approx(X, abs=1e-2)


@pytest.mark.parametrize("axis", AXES_3D)
def test_azimuth_advances_by_its_own_angle(axis):
    def across(azimuth):
        up = np.array(up_vector(axis, 40.0, azimuth))
        return (up - np.dot(up, axis) * np.array(axis)) / np.sin(np.radians(40.0))

    assert np.dot(across(10.0), across(45.0)) == pytest.approx(np.cos(np.radians(35.0)))
    assert np.dot(np.cross(across(10.0), across(45.0)), axis) > 0.0


@pytest.mark.parametrize("axis", AXES_2D + AXES_3D)
@pytest.mark.parametrize("tilt", [0.0, 0.5, 90.0, 137.0, 180.0])
def test_lean_is_the_inverse_of_tilt(axis, tilt):
    found, aside = lean_of(axis, up_vector(axis, tilt))
    assert found == pytest.approx(tilt, abs=1e-6)
    assert aside == pytest.approx(up_vector(axis, 90.0), abs=1e-6)
