"""What every cell promises, whatever its shape."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

from mpi4py import MPI

import numpy as np
import pytest
import ufl
from dolfinx import fem

from femsoret.base.errors import ConditionError, MeshError
from femsoret.cells import box, cylinder, quality, rectangle


@pytest.fixture
def cell(comm):
    return rectangle(comm, (4.0, 2.0), (4, 2))


def integral(cell, integrand):
    local = fem.assemble_scalar(fem.form(integrand))
    return cell.comm.allreduce(local, op=MPI.SUM)


@pytest.mark.parametrize("order", [1, 2])
def test_measures_are_those_of_assembled_integrals(comm, order):
    cell = cylinder(comm, 1.0, 2.0, (4, 2), grading=2.0, order=order).rotated(40, (1, 2, 3))
    x = ufl.SpatialCoordinate(cell.mesh)
    n = ufl.FacetNormal(cell.mesh)
    ds = cell.ds({"quadrature_degree": 10})
    assert cell.volume == pytest.approx(integral(cell, ufl.dot(x, n) / 3 * ds), rel=1e-12)
    for name in ("top", "side"):
        ds_name = ds(cell.tags(name))
        area = integral(cell, 1 * ds_name)
        assert cell.area(name) == pytest.approx(area, rel=1e-9)
        assert cell.centroid(name)[0] == pytest.approx(integral(cell, x[0] * ds_name) / area)
    assert cell.normal("top")[1] * cell.area("top") == pytest.approx(
        integral(cell, n[1] * ds(cell.tags("top")))
    )


def test_tags_name_sides_once_and_in_the_order_given(cell):
    assert cell.tags("top", "left", "top") == (cell.sides["top"], cell.sides["left"])
    assert cell.tags("all") == tuple(cell.sides.values())
    assert cell.tags("left", "all")[0] == cell.sides["left"]
    assert cell.tags() == ()


@pytest.mark.parametrize("ask", ["tags", "area", "centroid", "normal", "is_flat"])
def test_an_unknown_side_is_named_with_the_nearest(cell, ask):
    with pytest.raises(ConditionError, match=r"no side 'botom'\n.*'bottom'.*left, right, top"):
        getattr(cell, ask)("botom")


def test_a_cell_cannot_be_changed(cell):
    with pytest.raises(FrozenInstanceError):
        cell.title = "another"
    with pytest.raises(TypeError):
        cell.sides["top"] = 7
    centroid = cell.centroid("top")
    centroid[:] = 0.0
    assert cell.centroid("top") == pytest.approx([2.0, 2.0])


def test_no_side_may_be_named_all(cell):
    with pytest.raises(MeshError, match="named 'all'"):
        replace(cell, sides={"all": 1})


def test_size_and_repr(cell):
    assert cell.diameter() == pytest.approx(np.sqrt(20.0))
    assert cell.h_range == pytest.approx((np.sqrt(2.0), np.sqrt(2.0)))
    assert cell.num_cells == 8
    assert "rectangle" in repr(cell)
    assert "left" in repr(cell)


def test_turning_keeps_what_a_turn_keeps(comm):
    cell = box(comm, (3.0, 2.0, 1.0), (3, 3, 2), grading=3.0, shape="tetrahedron")
    turned = cell.rotated(50.0, (1.0, -2.0, 0.5))
    assert turned.volume == pytest.approx(cell.volume, rel=1e-13)
    assert turned.diameter() == pytest.approx(cell.diameter(), rel=1e-13)
    assert turned.h_range == pytest.approx(cell.h_range, rel=1e-13)
    assert turned.min_quality() == pytest.approx(cell.min_quality(), rel=1e-12)
    for name in cell.sides:
        assert turned.area(name) == pytest.approx(cell.area(name), rel=1e-13)
        assert turned.is_flat(name)
    quality.check(turned.mesh, turned.title)


def test_turning_is_right_handed_and_leaves_the_old_cell_alone(cell):
    before = cell.mesh.geometry.x.copy()
    turned = cell.rotated(90.0)
    assert turned.normal("top") == pytest.approx([-1.0, 0.0], abs=1e-14)
    assert turned.centroid("right") == pytest.approx([-1.0, 4.0])
    assert cell.rotated(90.0, (0, 0, -1)).normal("top") == pytest.approx([1.0, 0.0], abs=1e-14)
    assert np.array_equal(cell.mesh.geometry.x, before)
    assert cell.normal("top") == pytest.approx([0.0, 1.0], abs=1e-14)


def test_a_turned_cell_can_be_integrated_over(cell):
    turned = cell.rotated(90.0)
    x = ufl.SpatialCoordinate(turned.mesh)
    # Where the right side lies now: y = 4, x from -2 to 0.
    over_right = x[1] * turned.ds()(turned.tags("right"))
    assert integral(turned, over_right) == pytest.approx(8.0)
    assert integral(turned, 1 * ufl.dx(turned.mesh)) == pytest.approx(8.0)


def test_a_turned_cell_is_remade_turned(cell):
    remade = cell.rotated(90.0).remake(2.0)
    assert remade.num_cells == 4 * cell.num_cells
    assert remade.normal("top") == pytest.approx([-1.0, 0.0], abs=1e-14)
    assert replace(cell, remake=None).rotated(90.0).remake is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((30.0, (0, 0, 0)), "not all zero"),
        ((30.0, (0, 1)), "three finite numbers"),
        ((30.0, (0, 1, 0)), "out of its plane"),
        ((np.nan,), "angle of rotation is nan"),
    ],
)
def test_turns_are_checked(cell, arguments, said):
    with pytest.raises(MeshError, match=said):
        cell.rotated(*arguments)


def test_ranks_together_have_what_one_has_alone(comm):
    for make in (
        lambda c: rectangle(c, (2.0, 1.0), (7, 5), grading=2.0, shape="triangle"),
        lambda c: box(c, (2.0, 1.0, 1.0), (5, 3, 2), grading=2.0),
        lambda c: cylinder(c, 1.0, 1.0, (4, 2), shape="tetrahedron"),
    ):
        together, alone = make(comm), make(MPI.COMM_SELF)
        assert together.num_cells == alone.num_cells
        assert together.sides == alone.sides
        assert together.volume == pytest.approx(alone.volume, rel=1e-13)
        assert together.h_range == pytest.approx(alone.h_range, rel=1e-13)
        assert together.diameter() == pytest.approx(alone.diameter(), rel=1e-13)
        assert together.min_quality() == pytest.approx(alone.min_quality(), rel=1e-12)
        number = comm.allreduce(len(together.facets.indices), op=MPI.SUM)
        assert number == len(alone.facets.indices)
        for name in alone.sides:
            assert together.area(name) == pytest.approx(alone.area(name), rel=1e-13)
            assert together.centroid(name) == pytest.approx(alone.centroid(name), abs=1e-13)
