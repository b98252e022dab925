"""Straight rays through cells: lengths in each region, the same on any number of ranks."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from tolerances import ROUND_OFF
from walled import GLASS, PLATE, walled_cell

from femsoret.base.errors import ConditionError
from femsoret.cells import axisymmetric, box, cylinder, rectangle
from femsoret.post.points import points_in_cells
from femsoret.post.rays import FLUID, Chord, LineOfSight, Normal, paths, paths_if_any, region_names

SHAPES = ("quadrilateral", "triangle")


def pieces(cell, ray, *, finely):
    """Return the name of the region and the length of each piece of a path."""
    (path,) = paths(cell, [ray], finely=finely)
    names = region_names(cell)
    assert path.weights.sum() == pytest.approx(sum(piece.length for piece in path.pieces))
    return [(names[piece.region] or "fluid", piece.length) for piece in path.pieces]


def assert_pieces(found, wanted):
    assert [name for name, _ in found] == [name for name, _ in wanted]
    lengths = [length for _, length in wanted]
    assert [length for _, length in found] == pytest.approx(lengths, rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("finely", [False, True])
def test_of_a_cell_with_walls(comm, shape, finely):
    cell = walled_cell(comm, shape=shape)
    level = [("left wall", GLASS), ("fluid", 2.0)]
    along = pieces(cell, LineOfSight((0.3, 0.37), (1.0, 0.0)), finely=finely)
    assert_pieces(along, level)
    back = pieces(cell, LineOfSight((0.3, 0.5), (-3.0, 0.0)), finely=finely)
    assert_pieces(back, level[::-1])
    up = pieces(cell, LineOfSight((1.1, 0.2), (0.0, 1.0)), finely=finely)
    assert_pieces(up, [("bottom wall", PLATE), ("fluid", 1.0), ("top wall", PLATE)])
    inclined = pieces(cell, LineOfSight((1.0, 0.0), (3.0, 4.0)), finely=finely)
    wanted = [("bottom wall", PLATE / 0.8), ("fluid", 1.25), ("top wall", PLATE / 0.8)]
    assert_pieces(inclined, wanted)


def test_along_an_interface_it_is_in_the_fluid(comm):
    cell = walled_cell(comm)
    found = pieces(cell, LineOfSight((0.5, 0.0), (1.0, 0.0)), finely=True)
    assert found[-1] == ("fluid", pytest.approx(2.0))


@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
def test_a_box_along_its_diagonal(comm, shape):
    cell = box(comm, (3.0, 4.0, 12.0), (2, 3, 2), shape=shape)
    (path,) = paths(cell, [LineOfSight((1.5, 2.0, 6.0), (3.0, 4.0, 12.0))], finely=True)
    assert path.length() == pytest.approx(13.0, rel=1e-10)
    assert path.weights @ path.x[:, 2] == pytest.approx(13.0 * 6.0, rel=1e-10)


def test_a_round_wall_of_curved_mesh_cells(comm):
    cell = cylinder(comm, 0.5, 1.0, (8, 2))
    (path,) = paths(cell, [LineOfSight((0.0, 0.4, 0.3), (1.0, 0.0, 0.0))], finely=False)
    assert path.length() == pytest.approx(0.8, rel=2e-4)  # the wall is one of second order
    (middle,) = paths(cell, [LineOfSight((0.0, 0.4, 0.0), (1.0, 0.0, 0.0))], finely=True)
    assert middle.length() == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize("offset", [0.0, 0.3, -0.8])
def test_a_chord_of_a_cell_of_revolution(comm, offset):
    cell = axisymmetric(rectangle(comm, (1.0, 2.0), (4, 4), shape="triangle"))
    (path,) = paths(cell, [Chord(0.77, offset)], finely=True)
    assert path.length() == pytest.approx(2.0 * np.sqrt(1.0 - offset**2), rel=1e-10)
    half = np.sqrt(1.0 - offset**2)
    squares = 2.0 * (half**3 / 3.0 + offset**2 * half)  # of r^2 along the chord
    assert path.weights @ path.x[:, 0] ** 2 == pytest.approx(squares, rel=1e-10)


def test_across_the_plane(comm):
    cell = walled_cell(comm)
    (path,) = paths(cell, [Normal((0.5, 0.5), 3.0)], finely=True)
    assert (path.length(), len(path.s)) == (3.0, 1)
    assert np.all(path.regions == FLUID)
    assert paths_if_any(cell, [Normal((-0.1, 0.5), 3.0)], finely=True) == (None,)


@pytest.mark.parametrize(
    ("ray", "said"),
    [
        (LineOfSight((0.0, 7.0), (1.0, 0.0)), "misses the fluid"),
        (LineOfSight((0.0, 1.1), (1.0, 0.0)), "misses the fluid"),  # through the plate only
        (Normal((9.0, 0.5), 1.0), "misses the fluid"),
        (Chord(0.5), "does not suit"),
        (LineOfSight((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), "for a 2D cell"),
        (LineOfSight((0.0, 0.5), (0.0, 0.0)), "length zero"),
    ],
)
def test_what_is_refused(comm, ray, said):
    with pytest.raises(ConditionError, match=said):
        paths(walled_cell(comm), [ray], finely=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_points_are_the_same_on_all_ranks(comm, shape):
    ray = LineOfSight((0.31, 0.37), (1.0, 0.21))
    together, alone = (
        paths(walled_cell(ranks, shape=shape), [ray], finely=True)[0]
        for ranks in (comm, MPI.COMM_SELF)
    )
    assert together.x == pytest.approx(alone.x, rel=ROUND_OFF, abs=ROUND_OFF)
    assert together.weights == pytest.approx(alone.weights, rel=1e-9, abs=ROUND_OFF)


def test_the_mesh_cell_is_the_one_in_which_a_point_lies_deepest(comm):
    cell = rectangle(comm, (1e-3, 1e-3), (5, 5), shape="triangle")
    points = np.random.default_rng(1).uniform(0.0, 1e-3, (200, 2))
    located, inside = points_in_cells(cell.mesh, points)
    assert inside.all()
    assert comm.allreduce(len(located.mine)) == len(points)
    assert len(located.X) == 0 or located.X.min() > -1e-9
    _, outside = points_in_cells(cell.mesh, [(2e-3, 0.0), (-1e-4, 1e-3)])
    assert not outside.any()


def test_points_near_a_round_wall_are_inside(comm):
    """Curved mesh cells bulge out of the hull of their nodes; a ray ends on the wall itself."""
    cell = cylinder(comm, 0.5, 1.0, (4, 2))
    (path,) = paths(cell, [LineOfSight((0.0, 0.43, 0.06), (1.0, 0.0, 0.0))], finely=True)
    _, inside = points_in_cells(cell.mesh, path.x, cell.fluid_cells)
    assert inside.all()
