"""Solid walls of a cell: regions, interfaces, outsides."""

from __future__ import annotations

import numpy as np
import pytest
from dolfinx import fem
from mesh_files import msh
from walled import GLASS, PLATE, walled_cell

from femsoret.base.errors import ConditionError, MeshError
from femsoret.cells import (
    Wall,
    alfeld_split,
    annulus,
    axis_facets,
    box,
    cylinder,
    fluid_alone,
    from_file,
    rectangle,
)
from femsoret.cells.dofs import outside_fluid


def integral(cell, measure):
    one = fem.Constant(cell.mesh, 1.0)
    return cell.comm.allreduce(fem.assemble_scalar(fem.form(one * measure)))


@pytest.fixture(scope="module")
def cell():
    from mpi4py import MPI

    return walled_cell(MPI.COMM_WORLD)


def test_regions_fill_the_mesh(cell):
    assert cell.walls.solids == ("bottom wall", "top wall", "left wall")
    known = {
        "bottom wall": PLATE * (2 + GLASS),
        "top wall": PLATE * (2 + GLASS),
        "left wall": GLASS,
    }
    for region, volume in known.items():  # plates take the corners
        assert integral(cell, cell.dx(region)) == pytest.approx(volume, rel=1e-12)
    assert integral(cell, cell.dx()) == pytest.approx(2.0, rel=1e-12)
    assert cell.fluid_volume == pytest.approx(2.0, rel=1e-12)
    assert integral(cell, cell.dx("all")) == pytest.approx(cell.volume, rel=1e-12)


def test_the_fluid_keeps_its_walls(cell):
    assert cell.walls.interfaces == ("left", "bottom", "top")
    assert cell.fluid_sides == ("left", "right", "bottom", "top")
    known = {
        "left": (1.0, (0.0, 0.5), (-1, 0)),
        "right": (1.0, (2.0, 0.5), (1, 0)),
        "bottom": (2.0, (1.0, 0.0), (0, -1)),
        "left outside": (1 + 2 * PLATE, (-GLASS, 0.5), (-1, 0)),
        "right outside": (2 * PLATE, (2.0, 0.5), (1, 0)),  # the ends of the plates
        "top outside": (2 + GLASS, (1 - GLASS / 2, 1 + PLATE), (0, 1)),
    }
    for side, (area, centre, normal) in known.items():
        assert cell.area(side) == pytest.approx(area, rel=1e-12)
        assert integral(cell, cell.ds()(cell.tags(side))) == pytest.approx(area, rel=1e-12)
        assert cell.centroid(side) == pytest.approx(centre, abs=1e-12)
        assert cell.normal(side) == pytest.approx(normal, abs=1e-12)


def test_conditions_for_the_temperature_go_outwards(cell):
    assert cell.thermal_sides("left") == ("left outside",)
    assert cell.thermal_sides("right") == ("right", "right outside")
    assert cell.thermal_sides("top outside") == ("top outside",)
    assert [cell.inside_of(side) for side in ("top outside", "top")] == ["top", "top"]


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_other_meshes_of_the_same_cell(comm, shape):
    cell = walled_cell(comm, shape=shape)
    meshes = [cell.remake(2.0), cell.rotated(30.0)]
    if shape == "triangle":
        meshes.append(alfeld_split(cell))
    for other in meshes:
        assert other.walls == cell.walls
        assert dict(other.sides) == dict(cell.sides)
        assert other.fluid_volume == pytest.approx(2.0, rel=1e-12)
        assert other.area("left") == pytest.approx(1.0, rel=1e-12)


def test_a_box_has_walls_too(comm):
    walls = {"bottom": Wall(0.5, 1), "left": Wall(0.25, 1), "front": Wall(0.1, 1)}
    cell = box(comm, (1.0, 1.0, 2.0), (2, 2, 2), walls=walls)
    volumes = {"bottom wall": 0.5 * 1.25 * 2.1, "left wall": 0.25 * 2.1, "front wall": 0.1}
    for region, volume in volumes.items():
        assert integral(cell, cell.dx(region)) == pytest.approx(volume, rel=1e-12)
    assert cell.area("front") == pytest.approx(1.0)
    assert cell.normal("front") == pytest.approx((0, 0, 1))


def test_an_annulus_within_tubes_and_plates(comm):
    walls = {"inner": Wall(0.5, 2), "outer": Wall(1.0, 1), "top": Wall(0.25, 1)}
    cell = annulus(comm, (1.0, 2.0), 3.0, (3, 2), grading=3.0, walls=walls)
    assert cell.walls.interfaces == ("inner", "outer", "top")
    volumes = {"inner wall": 0.75 * 3, "outer wall": 5 * 3, "top wall": 8.75 * 0.25}
    for region, volume in volumes.items():  # plates take the corners
        assert integral(cell, cell.dx(region)) == pytest.approx(np.pi * volume, rel=1e-12)
    assert cell.fluid_volume == pytest.approx(9 * np.pi, rel=1e-12)
    known = {
        "inner": (6.0, (1.0, 1.5), (-1, 0)),
        "outer": (12.0, (2.0, 1.5), (1, 0)),
        "inner outside": (3.25, (0.5, 1.625), (-1, 0)),
        "outer outside": (19.5, (3.0, 1.625), (1, 0)),
    }
    for side, (area, centre, normal) in known.items():
        assert cell.area(side) == pytest.approx(np.pi * area, rel=1e-12)
        assert cell.centroid(side) == pytest.approx(centre, abs=1e-12)
        assert cell.normal(side) == pytest.approx(normal, abs=1e-12)
    assert cell.inside_of("outer outside") == "outer"
    finer = cell.remake(2.0)
    assert (finer.walls, dict(finer.sides)) == (cell.walls, dict(cell.sides))
    assert finer.num_cells == 4 * cell.num_cells
    assert finer.volume == pytest.approx(cell.volume, rel=1e-12)
    fluid = fluid_alone(cell)
    assert fluid.coordinates.has_axis
    assert fluid.volume == pytest.approx(9 * np.pi, rel=1e-12)


def test_the_axis_passes_through_plates(comm):
    cell = annulus(
        comm, (0.0, 1.0), 1.0, (2, 2), walls={s: Wall(0.5, 1) for s in ("bottom", "outer")}
    )
    assert tuple(cell.sides) == ("outer", "bottom", "top", "outer outside", "bottom outside",
                                 "top outside")  # fmt: skip
    assert comm.allreduce(len(axis_facets(cell))) == 3  # of the fluid, and of the plate below it
    assert cell.area("bottom outside") == pytest.approx(2.25 * np.pi)


@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
def test_a_cylinder_in_a_tube_between_plates(comm, shape):
    walls = {"side": Wall(0.1, 2), "bottom": Wall(0.5, 1), "top": Wall(0.25, 2)}
    errors = []
    for across in (4, 8):
        cell = cylinder(comm, 1.0, 2.0, (across, 2), grading=2.0, shape=shape, walls=walls)
        assert cell.walls.interfaces == ("bottom", "side", "top")
        full = 1.1**2
        volumes = {"bottom wall": full * 0.5, "top wall": full * 0.25, "side wall": (full - 1) * 2}
        found = [integral(cell, cell.dx(region)) / v - np.pi for region, v in volumes.items()]
        areas = {"side": 4.0, "top": 1.0, "side outside": 2.2 * 2.75, "top outside": full}
        found += [cell.area(side) / area - np.pi for side, area in areas.items()]
        errors.append([*found, cell.fluid_volume / 2.0 - np.pi])
    assert np.log2(np.divide(*errors)) == pytest.approx([4.0] * 8, abs=0.1)
    assert cell.remake(0.5).walls == cell.walls
    assert cell.normal("top outside") == pytest.approx((0, 1, 0), abs=1e-12)


def test_the_fluid_alone(cell):
    fluid = fluid_alone(cell)
    assert tuple(fluid.sides) == cell.fluid_sides
    assert fluid.walls.solids == ()
    assert fluid.num_cells == 24
    assert fluid.volume == pytest.approx(2.0, rel=1e-12)
    assert fluid.area("left") == pytest.approx(1.0, rel=1e-12)
    assert fluid.remake(2.0).num_cells == 96
    assert fluid_alone(fluid) is fluid


def test_dofs_inside_solids(cell):
    V = fem.functionspace(cell.mesh, ("Lagrange", 2))
    x = V.tabulate_dof_coordinates()
    outside = (x[:, 0] < -1e-9) | (x[:, 1] < -1e-9) | (x[:, 1] > 1 + 1e-9)
    assert np.array_equal(outside_fluid(cell, V), np.flatnonzero(outside))


def test_walls_that_cannot_be(comm):
    with pytest.raises(MeshError, match="no side 'lft'"):
        rectangle(comm, (1, 1), (2, 2), walls={"lft": Wall(0.1)})
    with pytest.raises(MeshError, match="thickness"):
        rectangle(comm, (1, 1), (2, 2), walls={"left": Wall(0.0)})
    with pytest.raises(MeshError, match="number of cells through a wall"):
        rectangle(comm, (1, 1), (2, 2), walls={"left": Wall(0.1, 0)})


# -- mesh files ----------------------------------------------------------------------------------

# Two unit squares on top of each other, the lower one a plate.
POINTS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (1, 2, 0), (0, 2, 0)]
NAMES = [(1, 1, "under"), (1, 2, "side"), (1, 3, "cold"), (1, 4, "hot"), (2, 5, "fluid")]
NAMES += [(2, 6, "plate")]
SIDES = [(1, 1, 1, 2), (1, 2, 2, 3), (1, 2, 3, 5), (1, 4, 5, 6), (1, 2, 6, 4), (1, 2, 4, 1)]
CELLS = [(2, 6, 1, 2, 3), (2, 6, 1, 3, 4), (2, 5, 4, 3, 5), (2, 5, 4, 5, 6)]
BORDER = (1, 3, 4, 3)


def stacked(write, elements):
    return write(msh(POINTS, elements, NAMES), "stacked.msh")


def test_regions_of_a_file(comm, write):
    cell = from_file(comm, stacked(write, [*SIDES, BORDER, *CELLS]), solids=("plate",))
    assert set(cell.fluid_sides) == {"cold", "hot", "side"}
    assert cell.walls.interfaces == ("cold",)
    assert set(cell.walls.outside) == {"under", "side outside"}  # one has a name of its own
    assert cell.normal("cold") == pytest.approx((0, -1))
    assert cell.area("side") == pytest.approx(2.0)
    assert cell.inside_of("under") == "cold"
    assert cell.coarsen is None
    with pytest.raises(ConditionError, match="is computed and cannot be given"):
        cell.thermal_sides("cold")


def test_an_interface_without_a_name_takes_that_of_the_solid(comm, write):
    cell = from_file(comm, stacked(write, [*SIDES, *CELLS]), solids=("plate",))
    assert cell.walls.interfaces == ("plate",)


def test_all_is_fluid_unless_said_otherwise(comm, write):
    cell = from_file(comm, stacked(write, [*SIDES, BORDER, *CELLS]))
    assert cell.walls.solids == cell.walls.outside == ()
    assert "cold" not in cell.sides


def test_regions_that_cannot_be_solid(comm, write):
    path = stacked(write, [*SIDES, BORDER, *CELLS])
    with pytest.raises(MeshError, match=r"no region 'plat'.*"):
        from_file(comm, path, solids=("plat",))
    with pytest.raises(MeshError, match="all regions are solid"):
        from_file(comm, path, solids=("plate", "fluid"))
    partly = [*SIDES[:1], (1, 4, 3, 5), *SIDES[1:2], *SIDES[3:], (1, 4, 4, 3), *CELLS]
    with pytest.raises(MeshError, match="'hot' has a solid behind one part"):
        from_file(comm, stacked(write, partly), solids=("plate",))
