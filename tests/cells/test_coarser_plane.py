"""Coarser plane cells from the outline of a mesh: same shape, same sides, fewer mesh cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import ufl
from dolfinx import fem

from femsoret.cells import from_file, gmsh_model
from femsoret.cells.distribute import on_root

MESHES = Path(__file__).resolve().parents[2] / "meshes"


def measure(form) -> float:
    form = fem.form(form)
    return form.mesh.comm.allreduce(fem.assemble_scalar(form))


def assert_same_shape(coarse, fine, tolerance):
    """Area, and length and centre of each side, to a share of the extent."""
    assert set(coarse.sides) == set(fine.sides)
    found = []
    for cell in (coarse, fine):
        x, one = ufl.SpatialCoordinate(cell.mesh), fem.Constant(cell.mesh, 1.0)
        lengths = {name: measure(one * cell.ds()(cell.tags(name))) for name in sorted(cell.sides)}
        centres = [
            measure(x[i] * cell.ds()(cell.tags(name))) / length
            for name, length in lengths.items()
            for i in (0, 1)
        ]
        found.append(
            np.array([measure(one * ufl.dx(cell.mesh)) ** 0.5, *lengths.values(), *centres])
        )
    assert found[0] == pytest.approx(found[1], abs=tolerance * found[1][0])


@pytest.fixture
def drawn(comm, shared_tmp):
    """Return a function that makes a cell from a mesh file that gmsh writes."""

    def make(draw, order=1, size=0.05):
        def work():
            with gmsh_model.session() as gmsh:
                draw(gmsh)
                gmsh.option.setNumber("Mesh.MeshSizeMax", size)
                gmsh.model.mesh.generate(2)
                gmsh.model.mesh.setOrder(order)
                gmsh.write(str(shared_tmp / "plane.msh"))

        on_root(comm, "gmsh", work)
        return from_file(comm, shared_tmp / "plane.msh", scale=1e-3)

    return make


def named(gmsh, sides):
    """Name the curves of an OpenCASCADE model, and its surfaces."""
    gmsh.model.occ.synchronize()
    groups: dict[str, list[int]] = {}
    for _, curve in gmsh.model.getEntities(1):
        x, y, _ = gmsh.model.occ.getCenterOfMass(1, curve)
        groups.setdefault(sides(x, y, gmsh.model.occ.getMass(1, curve)), []).append(curve)
    for name, curves in groups.items():
        gmsh.model.addPhysicalGroup(1, curves, name=name)
    gmsh.model.addPhysicalGroup(2, [tag for _, tag in gmsh.model.getEntities(2)], name="fluid")


def ring(gmsh):
    occ = gmsh.model.occ
    occ.cut([(2, occ.addDisk(0, 0, 0, 1, 1))], [(2, occ.addDisk(0.2, 0, 0, 0.4, 0.4))])
    named(gmsh, lambda x, y, length: "outer" if length > 4.0 else "inner")


def quadrilaterals(gmsh):
    gmsh.model.occ.addRectangle(0, 0, 0, 2, 1)
    named(gmsh, lambda x, y, length: "lid" if y > 0.9 else "walls")
    for _, curve in gmsh.model.getEntities(1):
        gmsh.model.mesh.setTransfiniteCurve(curve, 21, "Bump", 0.2)
    gmsh.model.mesh.setTransfiniteSurface(1)
    gmsh.model.mesh.setRecombine(2, 1)


def crossed(gmsh):
    """A rectangle with a named line inside, from side to side."""
    occ = gmsh.model.occ
    line = occ.addLine(occ.addPoint(0, 0.5, 0), occ.addPoint(2, 0.5, 0))
    occ.fragment([(2, occ.addRectangle(0, 0, 0, 2, 1))], [(1, line)])
    named(gmsh, lambda x, y, length: "middle" if abs(y - 0.5) < 0.1 and length > 1.5 else "walls")


def two_squares(gmsh):
    for x in (0, 2):
        gmsh.model.occ.addRectangle(x, 0, 0, 1, 1)
    named(gmsh, lambda x, y, length: "walls")


def a_large_and_a_small_square(gmsh):
    for x, size in ((0, 1), (2, 0.1)):
        gmsh.model.occ.addRectangle(x, 0, 0, size, size)
    named(gmsh, lambda x, y, length: "walls")


def an_island_in_a_hole(gmsh):
    ring(gmsh)
    gmsh.model.occ.addDisk(0.2, 0, 0, 0.1, 0.1)
    gmsh.model.removePhysicalGroups()
    named(gmsh, lambda x, y, length: "walls")


def squares_that_touch(gmsh):
    occ = gmsh.model.occ
    pair = [(2, occ.addRectangle(x, x, 0, 1, 1)) for x in (0, 1)]
    occ.fragment(pair[:1], pair[1:])
    named(gmsh, lambda x, y, length: "walls")


@pytest.mark.parametrize("name", ["soret_rectangle", "two_chambers"])
def test_meshes_of_the_demos(comm, name):
    fine = from_file(comm, MESHES / f"{name}.msh", scale=1e-3)
    assert fine.remake is None
    assert 2 * fine.halved.num_vertices < fine.num_vertices < 6 * fine.halved.num_vertices
    assert_same_shape(fine.halved, fine, 5e-3)


@pytest.mark.parametrize(("order", "tolerance"), [(1, 0.01), (2, 0.02)])
def test_a_hole_and_walls_without_corners(drawn, order, tolerance):
    fine = drawn(ring, order)
    assert fine.halved.num_vertices < fine.num_vertices / 2
    assert_same_shape(fine.halved, fine, tolerance)
    assert_same_shape(fine.coarser(0.1), fine, 0.3)  # few edges are left, and it is a ring still


def test_lines_inside_are_no_sides_that_could_be_lost(drawn):
    fine = drawn(crossed)
    assert set(fine.sides) == {"walls"}
    assert set(fine.lines) == {"middle"}
    assert_same_shape(fine.halved, fine, 1e-9)


def test_quadrilaterals_keep_their_grading(drawn):
    fine = drawn(quadrilaterals)
    coarse = fine.halved
    assert_same_shape(coarse, fine, 1e-9)
    x = np.concatenate(coarse.mesh.comm.allgather(coarse.mesh.geometry.x))
    steps = np.diff(np.unique(x[x[:, 0] < 1e-9, 1].round(9)))
    assert len(steps) < 15
    assert steps[0] < 0.5 * steps.max()


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (two_squares, "separate parts"),
        (a_large_and_a_small_square, "separate parts"),
        (an_island_in_a_hole, "separate parts"),
        (squares_that_touch, "touches itself"),
    ],
)
def test_what_has_no_coarser_mesh_is_read_all_the_same(drawn, caplog, draw, reason):
    cell = drawn(draw, size=0.2)
    assert cell.num_cells > 50
    assert cell.halved is None
    if cell.mesh.comm.rank == 0:
        assert reason in caplog.text
