"""Cells of revolution: their measures are those of the solid, and r = 0 is no wall."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import ufl
from dolfinx import fem
from mesh_files import NAMES, POINTS, SIDES, TRIANGLES, msh

from femsoret.base.errors import ConditionError, MeshError
from femsoret.cells import alfeld_split, annulus, axis_facets, axisymmetric, box, from_file
from femsoret.physics.coordinates import AXISYMMETRIC

R, H = (1.0, 3.0), 2.0


def total(cell, form):
    return cell.comm.allreduce(fem.assemble_scalar(fem.form(form)))


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_measures_are_those_of_the_solid(comm, shape):
    cell = annulus(comm, R, H, (3, 2), grading=(2.0, 1.5), shape=shape)
    assert list(cell.sides) == ["inner", "outer", "bottom", "top"]
    assert cell.volume == pytest.approx(pi * (R[1] ** 2 - R[0] ** 2) * H, rel=1e-13)
    areas = {"inner": 2 * pi * R[0] * H, "outer": 2 * pi * R[1] * H, "top": pi * 8.0}
    for side, area in areas.items():
        assert cell.area(side) == pytest.approx(area, rel=1e-13)
    # Sides are as long as they are drawn, and the gap is measured across the annulus.
    assert cell.length("inner") == pytest.approx(H)
    assert cell.length("top") == pytest.approx(R[1] - R[0])
    assert cell.centroid("outer") == pytest.approx([R[1], H / 2])
    # Two thirds of (27 - 1)/(9 - 1): the mean distance from the axis.
    assert cell.centroid("top") == pytest.approx([26.0 / 12.0, H])
    assert cell.depth == pytest.approx(2 * pi * 2.0)
    dx, ds = cell.dx({"quadrature_degree": 4}), cell.ds({"quadrature_degree": 4})
    r = ufl.SpatialCoordinate(cell.mesh)[0]
    assert total(cell, 1 * dx) == pytest.approx(cell.volume, rel=1e-13)
    assert total(cell, 1 * ds(cell.tags("top"))) == pytest.approx(cell.area("top"), rel=1e-13)
    assert total(cell, r * ds(cell.tags("all"))) == pytest.approx(
        2 * pi * (R[0] ** 2 + R[1] ** 2) * H + 4 * pi * (R[1] ** 3 - R[0] ** 3) / 3
    )


def test_divergence_theorem_with_the_hoop_part(comm):
    cell = annulus(comm, R, H, (2, 2))
    r, z = ufl.SpatialCoordinate(cell.mesh)
    a = ufl.as_vector((r**2 * z, r + z**2))
    n = ufl.FacetNormal(cell.mesh)
    dx, ds = cell.dx({"quadrature_degree": 6}), cell.ds({"quadrature_degree": 6})
    inside = total(cell, AXISYMMETRIC.divergence(a) * dx)
    assert inside == pytest.approx(total(cell, ufl.dot(a, n) * ds(cell.tags("all"))), rel=1e-12)
    trace = total(cell, ufl.tr(AXISYMMETRIC.gradient(a)) * dx)
    assert trace == pytest.approx(inside, rel=1e-12)


def test_a_whole_cylinder_has_an_axis_that_is_no_side(comm):
    cell = annulus(comm, (0.0, 2.0), 1.0, (4, 3), grading=3.0)
    assert list(cell.sides) == ["outer", "bottom", "top"]
    assert comm.allreduce(len(axis_facets(cell))) == 3
    assert cell.volume == pytest.approx(4 * pi, rel=1e-13)
    radii = comm.allgather(cell.mesh.geometry.x[:, 0])
    steps = np.diff(np.unique(np.round(np.concatenate(radii), 12)))
    assert np.all(np.diff(steps) < 0.0)  # small at the outer wall, not at the axis
    for name in ("axis", "inner"):
        with pytest.raises(ConditionError, match=r"no side.*\n.*the axis r = 0 is not a side"):
            cell.tags(name)
    finer = cell.remake(2.0)
    assert finer.num_cells == 4 * cell.num_cells
    assert finer.coordinates is AXISYMMETRIC


def test_other_cells_have_no_axis(comm):
    assert not len(axis_facets(annulus(comm, R, H, (2, 2))))


@pytest.fixture
def read(comm, shared_tmp):
    def of(**parts):
        path = shared_tmp / "half.msh"
        if comm.rank == 0:
            path.write_text(msh(**parts))
        comm.barrier()
        return from_file(comm, path, coordinates=AXISYMMETRIC)

    return of


@pytest.mark.parametrize("sides", [SIDES, SIDES[:3]], ids=["named", "without a name"])
def test_axis_of_a_mesh_file(comm, read, sides):
    cell = read(elements=(*sides, *TRIANGLES))
    assert set(cell.sides) == {"bottom", "right", "top"}
    assert comm.allreduce(len(axis_facets(cell))) == 1
    assert cell.volume == pytest.approx(pi)
    split = alfeld_split(cell)
    assert set(split.sides) == set(cell.sides)
    assert split.volume == pytest.approx(pi)
    assert comm.allreduce(len(axis_facets(split))) == 1


def test_a_side_of_a_mesh_file_that_is_partly_on_the_axis(read):
    walls = [(*side[:1], 1, *side[2:]) for side in SIDES]
    cell = read(elements=(*walls, *TRIANGLES), names=[NAMES[0], NAMES[-1]])
    assert list(cell.sides) == ["bottom"]
    assert cell.area("bottom") == pytest.approx(2 * pi + 2 * pi)  # the lids, and the round wall


def test_a_mesh_across_the_axis_is_refused(read):
    with pytest.raises(MeshError, match="extends to r = -1 m, across the axis"):
        read(points=[(x - 1, y, z) for x, y, z in POINTS])


def test_what_cannot_be_a_cell_of_revolution(comm):
    with pytest.raises(MeshError, match="needs a 2D mesh"):
        axisymmetric(box(comm, (1.0, 1.0, 1.0), (1, 1, 1)))
    with pytest.raises(MeshError, match="its axis cannot be turned"):
        annulus(comm, R, H, (1, 1)).rotated(90.0)


@pytest.mark.parametrize(
    ("radii", "says"),
    [
        ((2.0, 1.0), "not smaller than the outer"),
        ((-1.0, 1.0), "the inner radius is"),
        (1.0, "radii"),
    ],
)
def test_radii_that_are_none(comm, radii, says):
    with pytest.raises(MeshError, match=says):
        annulus(comm, radii, H, (1, 1))
