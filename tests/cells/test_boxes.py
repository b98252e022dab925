"""Rectangle and box: sizes, names, grading, remaking."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import MeshError
from femsoret.cells import box, quality, rectangle

SIZE = (10e-3, 5e-3, 2e-3)
OUTWARD = {
    "left": (-1, 0, 0),
    "right": (1, 0, 0),
    "bottom": (0, -1, 0),
    "top": (0, 1, 0),
    "back": (0, 0, -1),
    "front": (0, 0, 1),
}


def make(comm, shape, cells=(6, 4, 3), **options):
    if shape in ("quadrilateral", "triangle"):
        return rectangle(comm, SIZE[:2], cells[:2], shape=shape, **options)
    return box(comm, SIZE, cells, shape=shape, **options)


SHAPES = ("quadrilateral", "triangle", "hexahedron", "tetrahedron")


@pytest.mark.parametrize("grading", [1.0, 5.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_sides_have_their_area_place_and_normal(comm, shape, grading):
    cell = make(comm, shape, grading=grading)
    size = np.array(SIZE[: cell.dim])
    assert list(cell.sides) == list(OUTWARD)[: 2 * cell.dim]
    assert cell.volume == pytest.approx(size.prod(), rel=1e-13)
    for name in cell.sides:
        normal = np.array(OUTWARD[name][: cell.dim])
        axis = int(np.flatnonzero(normal)[0])
        assert cell.area(name) == pytest.approx(size.prod() / size[axis], rel=1e-13)
        assert cell.centroid(name) == pytest.approx(0.5 * size * (1 + normal), abs=1e-15)
        assert cell.normal(name) == pytest.approx(normal, abs=1e-13)
        assert cell.is_flat(name)


@pytest.mark.parametrize(
    ("shape", "factor"),
    [("quadrilateral", 1), ("triangle", 4), ("hexahedron", 1), ("tetrahedron", 6)],
)
def test_number_of_cells(comm, shape, factor):
    cell = make(comm, shape)
    assert cell.num_cells == factor * np.prod((6, 4, 3)[: cell.dim])
    quality.check(cell.mesh, cell.title)


def test_grading_is_the_ratio_of_centre_to_wall(comm):
    # Many cells: the ratio of finite differences tends to that of the slopes.
    cell = rectangle(comm, (1.0, 1.0), (1, 400), grading=(1.0, 4.0))
    y = cell.mesh.geometry.x[:, 1]
    y = np.unique(np.concatenate(comm.allgather(y)).round(12))
    steps = np.diff(y)
    assert steps[199] / steps[0] == pytest.approx(4.0, rel=2e-2)
    assert steps == pytest.approx(steps[::-1], rel=1e-6)
    assert (y[0], y[-1]) == (0.0, 1.0)


def test_grading_of_one_is_uniform(comm):
    cell = rectangle(comm, (3.0, 4.0), (3, 4), grading=1)
    assert cell.h_range == pytest.approx((np.sqrt(2.0), np.sqrt(2.0)))


@pytest.mark.parametrize("shape", ["quadrilateral", "hexahedron"])
def test_remake_changes_the_resolution_and_nothing_else(comm, shape):
    cell = make(comm, shape, grading=3.0)
    finer = cell.remake(2.0)
    assert finer.num_cells == 2**cell.dim * cell.num_cells
    assert finer.volume == pytest.approx(cell.volume)
    assert finer.sides == cell.sides
    assert finer.remake(0.5).num_cells == cell.num_cells
    assert finer.remake(0.5).h_range == pytest.approx(cell.h_range)
    assert cell.remake(1e-3).num_cells == 1


@pytest.mark.parametrize("ratio", [0.0, -1.0, np.nan, np.inf])
def test_remake_needs_a_positive_ratio(comm, ratio):
    with pytest.raises(MeshError, match=r"ratio of resolutions"):
        make(comm, "quadrilateral").remake(ratio)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"size": (1.0, 0.0)}, r"size along y is 0\.0"),
        ({"size": (-1.0, 1.0)}, r"size along x is -1\.0"),
        ({"size": (1.0, np.inf)}, r"size along y is inf"),
        ({"size": (1.0, 1.0, 1.0)}, r"size is .*\n.*2 numbers: \(x, y\)"),
        ({"size": 1.0}, r"size is 1\.0"),
        ({"cells": (2, 0)}, r"cells along y is 0"),
        ({"cells": (2.0, 2)}, r"cells along x is 2\.0\n.*integer of at least 1"),
        ({"cells": (True, 2)}, r"cells along x is True"),
        ({"cells": (2,)}, r"cells is \(2,\)"),
        ({"grading": 0.5}, r"grading along x is 0\.5"),
        ({"grading": (1.0, np.nan)}, r"grading along y is nan"),
        ({"grading": (1.0, 1.0, 1.0)}, r"grading is \(1\.0, 1\.0, 1\.0\)"),
        ({"grading": "coarse"}, r"grading is 'coarse'"),
        ({"shape": "triangel"}, r"'triangel'\n.*did you mean 'triangle'"),
    ],
)
def test_numbers_are_checked(comm, arguments, said):
    with pytest.raises(MeshError, match=said):
        rectangle(comm, **{"size": (1.0, 1.0), "cells": (2, 2)} | arguments)


def test_a_box_knows_its_third_axis(comm):
    with pytest.raises(MeshError, match="cells along z is -1"):
        box(comm, (1.0, 1.0, 1.0), (1, 1, -1))
    with pytest.raises(MeshError, match="did you mean 'hexahedron'"):
        box(comm, (1.0, 1.0, 1.0), (1, 1, 1), shape="hexaeder")
