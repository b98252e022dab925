"""The cylinder: curved walls, names, orders of convergence."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from femsoret.base.errors import MeshError, MissingDependency
from femsoret.cells import cylinder, quality

R, H = 5e-3, 4e-3


@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
@pytest.mark.parametrize(("order", "expected"), [(1, 2.0), (2, 4.0)])
def test_volume_and_areas_converge_at_twice_the_order(comm, shape, order, expected):
    errors = []
    for across in (4, 8):
        cell = cylinder(comm, R, H, (across, 2), grading=3.0, shape=shape, order=order)
        errors.append(
            [
                abs(cell.volume / (math.pi * R**2 * H) - 1.0),
                abs(cell.area("side") / (2.0 * math.pi * R * H) - 1.0),
                abs(cell.area("top") / (math.pi * R**2) - 1.0),
            ]
        )
    orders = np.log2(np.divide(*errors))
    assert orders == pytest.approx([expected] * 3, abs=0.1)
    # Of 16 cells around: sin(x)/x is short by x^2/6, x = 2 pi/16, that is 2.6 %.
    assert errors[1][0] == pytest.approx(0.0255 if order == 1 else 4.93e-5, rel=0.02)


@pytest.mark.parametrize(("axis", "up"), [("y", (0, 1, 0)), ("z", (0, 0, 1))])
def test_sides_stand_where_they_should(comm, axis, up):
    cell = cylinder(comm, R, H, (4, 2), axis=axis)
    up = np.array(up)
    assert set(cell.sides) == {"bottom", "top", "side"}
    assert cell.centroid("bottom") == pytest.approx(0.0 * up, abs=1e-15)
    assert cell.centroid("top") == pytest.approx(H * up, abs=1e-15)
    assert cell.centroid("side") == pytest.approx(0.5 * H * up, abs=1e-15)
    assert cell.normal("bottom") == pytest.approx(-up, abs=1e-12)
    assert cell.normal("top") == pytest.approx(up, abs=1e-12)
    assert cell.is_flat("bottom")
    assert not cell.is_flat("side")
    assert cell.diameter() == pytest.approx(math.hypot(2 * R, H), rel=1e-10)
    assert cell.region_names == {"fluid": 1}
    with pytest.raises(MeshError, match=r"'side'.*closes on itself"):
        cell.normal("side")


def test_cells_are_counted_and_remade(comm):
    cell = cylinder(comm, R, H, (8, 3))
    # Core 4 x 4, two layers of 4 x 4 around it, three cells over the height.
    assert cell.num_cells == 3 * (16 + 2 * 16)
    assert cylinder(comm, R, H, (8, 3), shape="tetrahedron").num_cells == 6 * cell.num_cells
    assert cell.remake(0.5).num_cells == 2 * (4 + 4 * 2)
    assert cylinder(comm, R, H, (1, 1)).num_cells == 5


def test_grading_makes_layers_thin_at_the_walls_and_folds_nothing(comm):
    cell = cylinder(comm, R, H, (8, 6), grading=(10.0, 4.0))
    quality.check(cell.mesh, cell.title)
    x = np.concatenate(comm.allgather(cell.mesh.geometry.x))
    # Nodes of second order lie halfway, hence every other level is that of cells.
    heights = np.diff(np.unique(x[:, 1].round(12)))[::2]
    slopes = np.cosh(math.acosh(2.0) * np.array([5 / 6, 1 / 6])) ** 2
    assert heights[2] / heights[0] == pytest.approx(slopes[0] / slopes[1], rel=0.1)
    on_x_axis = (np.abs(x[:, 2]) < 1e-12) & (np.abs(x[:, 1]) < 1e-12) & (x[:, 0] > 0.56 * R)
    reached = np.unique(x[on_x_axis, 0].round(12))
    assert reached[-1] == pytest.approx(R)
    # Two layers from 0.55 R: the map tanh(b s)/tanh(b) puts the border between them at s = 1/2.
    b = math.acosh(math.sqrt(10.0))
    border = 0.55 + 0.45 * math.tanh(0.5 * b) / math.tanh(b)
    assert np.abs(reached / R - border).min() < 1e-9


def test_all_nodes_of_the_side_lie_on_the_circle(comm):
    cell = cylinder(comm, R, H, (4, 1))
    x = cell.mesh.geometry.x
    assert comm.allreduce(np.hypot(x[:, 0], x[:, 2]).max(initial=0.0), op=max) <= R * (1 + 1e-14)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"radius": 0.0}, r"radius of the cylinder is 0\.0"),
        ({"height": -1.0}, r"height of the cylinder is -1\.0"),
        ({"cells": (4,)}, r"cells is \(4,\)\n.*across the diameter, over the height"),
        ({"cells": (0, 2)}, "cells across the diameter is 0"),
        ({"cells": (4, 2.5)}, r"cells over the height is 2\.5"),
        ({"grading": 0.0}, r"grading along the radius is 0\.0"),
        ({"axis": "x"}, r"axis of the cylinder is 'x'\n.*allowed: y, z"),
        ({"shape": "tetraeder"}, "did you mean 'tetrahedron'"),
        ({"order": 3}, "order of the geometry is 3"),
    ],
)
def test_numbers_are_checked(comm, arguments, said):
    with pytest.raises(MeshError, match=said):
        cylinder(comm, **{"radius": R, "height": H, "cells": (4, 2)} | arguments)


def test_without_gmsh_every_rank_says_so(comm, monkeypatch):
    monkeypatch.setitem(sys.modules, "gmsh", None)
    with pytest.raises(MissingDependency, match=r"gmsh cannot be loaded.*\n.*pip install gmsh"):
        cylinder(comm, R, H, (4, 2))


def test_a_session_of_the_user_stays_open(comm):
    import gmsh

    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 1)
        gmsh.model.add("mine")
        gmsh.model.add("another")
        gmsh.model.setCurrent("mine")
        cylinder(comm, R, H, (4, 1))
        assert gmsh.isInitialized()
        assert gmsh.model.getCurrent() == "mine"
        assert "femsoret" not in gmsh.model.list()
        assert gmsh.option.getNumber("General.Terminal") == 1
    finally:
        gmsh.finalize()
