"""How a cell stands: axis, hot and cold side, tilt."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from mesh_files import strip

from femsoret.base.errors import ConditionError
from femsoret.cells import annulus, box, from_file, rectangle
from femsoret.problem.conditions import Robin, Temperature
from femsoret.problem.orientation import (
    heated_from,
    orientation_of,
    side_facing,
    tilt_and_lean,
    up_vector,
)

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


# -- axis and gap of walls that are no two sides of a box ----------------------------------------


@pytest.fixture
def frame_of(comm, write):
    """Return a function from a mesh file to how its cell stands, hot top and cold bottom."""

    def from_text(text, *, hot="top", cold="bottom", gap=None):
        cell = from_file(comm, write(text, "cell.msh"))
        return orientation_of(cell, [Temperature(hot, 305.0), Temperature(cold, 295.0)], gap)

    return from_text


def level(y, n=8, length=4.0):
    """Return nodes along a level line."""
    return [(length * i / n, y) for i in range(n + 1)]


def test_a_port_tilts_no_cell(frame_of):
    # A quarter of the upper plate is cut away at one end: its centre moves, its normal does not.
    names = ["top"] * 6 + ["walls"] * 2
    frame = frame_of(strip(level(0.0), level(1.0), top_names=names))
    assert frame.axis == pytest.approx((0.0, 1.0), abs=1e-14)
    assert frame.gap == pytest.approx(1.0, rel=1e-14)
    assert frame.basis == "normals"
    assert frame.wall_pair.misalignment == pytest.approx(0.0, abs=1e-6)
    assert frame.wall_pair.offset_angle == pytest.approx(np.degrees(np.arctan(0.5)))


def test_plates_shifted_sideways_stay_level(frame_of):
    frame = frame_of(
        strip(
            level(0.0),
            level(1.0),
            bottom_names=["walls"] * 5 + ["bottom"] * 3,
            top_names=["top"] * 3 + ["walls"] * 5,
        )
    )
    assert frame.axis == pytest.approx((0.0, 1.0), abs=1e-14)
    assert frame.gap == pytest.approx(1.0, rel=1e-14)
    assert frame.wall_pair.offset_angle == pytest.approx(np.degrees(np.arctan(2.5)))


def test_an_edge_that_is_rounded_at_one_end_tilts_no_plate(frame_of):
    top = level(1.0)
    top[-1], top[-2] = (4.0, 0.6), (3.5, 0.9)
    frame = frame_of(strip(level(0.0), top))
    assert frame.axis == pytest.approx((0.0, 1.0), abs=1e-14)
    assert frame.gap == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("slope", [0.1, -0.3])
def test_the_axis_halves_the_angle_of_a_wedge(frame_of, slope):
    top = [(x, 1.0 + slope * x) for x, _ in level(0.0)]
    frame = frame_of(strip(level(0.0), top)) if slope > 0 else frame_of(strip(level(-2.0), top))
    angle = np.arctan(slope)
    assert frame.axis == pytest.approx((-np.sin(angle / 2), np.cos(angle / 2)), abs=1e-12)
    assert frame.wall_pair.misalignment == pytest.approx(np.degrees(abs(angle)), rel=1e-9)


def test_curved_walls_have_the_mean_of_their_normals(frame_of):
    arc = np.linspace(-0.8, 0.8, 9)
    inner = [(np.sin(a), np.cos(a)) for a in arc]
    outer = [(2.0 * np.sin(a), 2.0 * np.cos(a)) for a in arc]
    frame = frame_of(strip(inner, outer))
    assert frame.axis == pytest.approx((0.0, 1.0), abs=1e-12)
    assert frame.basis == "normals"


def test_walls_around_a_corner_have_the_line_between_their_centres(comm):
    cell = rectangle(comm, (4.0, 2.0), (2, 2))
    frame = orientation_of(cell, [Temperature("left", 305.0), Temperature("bottom", 295.0)])
    assert frame.basis == "centres"
    assert frame.axis == pytest.approx((-2.0 / np.sqrt(5.0), 1.0 / np.sqrt(5.0)))
    assert frame.gap == pytest.approx(np.sqrt(5.0))
    assert frame.wall_pair.misalignment == pytest.approx(90.0)


def test_two_walls_in_one_plane_have_the_line_between_their_centres(frame_of):
    names = ["hot"] * 2 + ["walls"] * 3 + ["cold"] * 3
    frame = frame_of(strip(level(0.0), level(1.0), bottom_names=names), hot="hot", cold="cold")
    assert frame.basis == "centres"
    assert frame.axis == pytest.approx((-1.0, 0.0), abs=1e-12)
    assert frame.gap == pytest.approx(2.75)


def ring(centre=(0.0, 0.0), n=12):
    """Return a file of a tube of radius 2 with a wire of radius 1 in it."""
    angles = 2.0 * np.pi * np.arange(n) / n
    wire = [(centre[0] + np.cos(a), centre[1] + np.sin(a)) for a in angles]
    tube = [(2.0 * np.cos(a), 2.0 * np.sin(a)) for a in angles]
    return strip(wire, tube, bottom_names=["wire"] * n, top_names=["tube"] * n, closed=True)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.3, -0.2)])
@pytest.mark.parametrize(("hot", "cold"), [("wire", "tube"), ("tube", "wire")])
def test_a_wire_in_a_tube_has_no_axis(frame_of, centre, hot, cold):
    with pytest.raises(ConditionError, match="no axis") as raised:
        frame_of(ring(centre), hot=hot, cold=cold)
    assert "cell.gap" in raised.value.hint
    assert "gravity.direction" in raised.value.hint
    frame = frame_of(ring(centre), hot=hot, cold=cold, gap=1.0)
    assert (frame.hot, frame.cold, frame.gap, frame.dT) == (hot, cold, 1.0, 10.0)
    assert frame.wall_pair is None
    assert heated_from(frame, (0.0, 1.0)) is None


def test_the_axis_of_an_annulus_is_its_radius(comm):
    cell = annulus(comm, (1e-3, 3e-3), 4e-3, (2, 2))
    frame = orientation_of(cell, [Temperature("outer", 305.0), Temperature("inner", 295.0)])
    assert frame.axis == pytest.approx((1.0, 0.0), abs=1e-14)
    assert frame.gap == pytest.approx(2e-3, rel=1e-14)


def test_where_a_cell_is_heated_from(comm):
    cell = rectangle(comm, (2.0, 1.0), (2, 2))
    frame = orientation_of(cell, [Temperature("bottom", 305.0), Temperature("top", 295.0)])
    assert [heated_from(frame, up_vector(frame.axis, t)) for t in (1, 44, 46, 134, 136, 180)] == [
        "above",
        "above",
        "side",
        "side",
        "below",
        "below",
    ]
    assert side_facing(cell, up_vector(frame.axis, 1.0)) == "bottom"
    assert side_facing(cell, (0.0, 1.0)) == "top"
    assert side_facing(cell, (0.8, 0.6)) == "right"


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
    found, aside = tilt_and_lean(axis, up_vector(axis, tilt))
    assert found == pytest.approx(tilt, abs=1e-6)
    assert aside == pytest.approx(up_vector(axis, 90.0), abs=1e-6)
