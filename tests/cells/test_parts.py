"""Parts of the fluid that solids separate: how many, which, their names."""

from __future__ import annotations

from itertools import pairwise

from mpi4py import MPI

import numpy as np
import pytest
from mesh_files import columns, msh

from femsoret.base.errors import ConditionError, MeshError
from femsoret.base.versions import geometry_dofmap
from femsoret.cells import fluid_alone, from_file


def read(comm, path, text, **more):
    if comm.rank == 0:
        path.write_text(text)
    comm.barrier()
    return from_file(comm, path, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    comm = MPI.COMM_WORLD
    return comm.bcast(tmp_path_factory.mktemp("parts") if comm.rank == 0 else None)


X, Y = np.linspace(0.0, 9.0, 10), np.linspace(0.0, 2.0, 3)


@pytest.fixture(scope="module")
def three(folder):
    """Three chambers of 2, 3 and 2 columns, glass between them; the first has a name of its own."""
    regions = ["first", "first", "glass", "fluid", "fluid", "fluid", "glass", "fluid", "fluid"]
    return read(MPI.COMM_WORLD, folder / "three.msh", columns(X, Y, regions), solids=("glass",))


def test_each_chamber_is_a_part(three):
    parts = three.parts
    assert parts.names == ("first", "fluid 1", "fluid 2")
    assert [three.part_volume(k) for k in range(3)] == pytest.approx([4.0, 6.0, 4.0], rel=1e-12)
    x = three.mesh.geometry.x[geometry_dofmap(three.mesh)].mean(axis=1)[:, 0]  # ghosts included
    known = np.select([x < 2, x < 3, x < 6, x < 7], [0, -1, 1, -1], default=2)
    assert np.array_equal(parts.of_cell, known)
    assert three.parts_at("left") == {0}
    assert three.parts_at("bottom") == {0, 1, 2}
    assert three.pieces[0] == 1
    assert three.part("fluid 2") == 2
    with pytest.raises(ConditionError, match="no part 'second'"):
        three.part("second")


def test_without_glass_the_mesh_is_in_pieces(three):
    fluid = fluid_alone(three)
    assert fluid.parts.names == three.parts.names
    assert fluid.pieces[0] == 3
    assert fluid.part_volume(1) == pytest.approx(6.0, rel=1e-12)


def test_one_fluid_is_one_part(comm, folder):
    regions = ["first", "second", *3 * ["glass"], *4 * ["glass"]]
    cell = read(comm, folder / "one.msh", columns(X, Y, regions), solids=("glass",))
    assert cell.parts.names == ("first + second",)


def test_parts_that_touch_in_a_point_are_refused(comm, folder):
    points = [(i, j, 0.0) for j in range(3) for i in range(3)]
    n = lambda i, j: 1 + i + 3 * j  # noqa: E731
    squares = [
        (3, 1 + (i + j) % 2, n(i, j), n(i + 1, j), n(i + 1, j + 1), n(i, j + 1))
        for i in (0, 1)
        for j in (0, 1)
    ]
    rim = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0, 0)]
    lines = [(1, 3, n(*a), n(*b)) for a, b in pairwise(rim)]
    named = [(2, 1, "fluid"), (2, 2, "glass"), (1, 3, "side")]
    text = msh(points, (*lines, *squares), named)
    cell = read(comm, folder / "checks.msh", text, solids=("glass",))
    with pytest.raises(MeshError, match=r"touch only in a point or along an edge, at \(1, 1\)"):
        _ = cell.parts
