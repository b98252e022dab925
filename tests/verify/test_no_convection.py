"""Without convection the separation is known in closed form, for every closure and any S_T(T)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import STILL, check
from soret_profile import (
    C0,
    DT,
    IN_T_AND_C,
    at_rest,
    closed_form,
    relative_error,
    separation,
    solute,
    solved,
)

from femsoret.cells import box, cylinder, from_file, rectangle
from femsoret.fluids.properties import Constant, IacopiniPiazza, Polynomial
from femsoret.physics.closures import CLOSURES
from femsoret.physics.forms import CONVECTION

L = 5e-3
WEAK, STRONG = Constant(0.3 / DT), Constant(4.0 / DT)
VARYING = IacopiniPiazza(0.03, 291.0, 20.0)  # about 0.1 over the cell
each_closure = pytest.mark.parametrize("closure", CLOSURES.values(), ids=CLOSURES.keys())
each_law = pytest.mark.parametrize("soret", [WEAK, VARYING], ids=["constant", "S_T(T)"])


def order(errors):
    return math.log2(errors[0] / errors[-1]) / (len(errors) - 1)


def test_closed_form_itself():
    # Linearised: S_T dT c0 (1-c0) exactly. Dilute: dc/dT = -S_T c integrates to S_T dT c0.
    assert closed_form(CLOSURES["linearised"], STRONG) == pytest.approx(4.0 * C0 * (1 - C0))
    assert closed_form(CLOSURES["dilute"], STRONG) == pytest.approx(4.0 * C0)
    # Full: logit(c) = ln(odds) grows by 4 from the hot to the cold wall, and its mean is
    # ln((1 + odds_cold)/(1 + odds_hot))/4 = c0.
    odds = np.expm1(4.0 * C0) / (np.exp(4.0) - np.exp(4.0 * C0)) * np.exp([0.0, 4.0])
    c_hot, c_cold = odds / (1.0 + odds)
    assert closed_form(CLOSURES["full"], STRONG) == pytest.approx(c_cold - c_hot, rel=1e-12)


@each_closure
@each_law
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_16_aligned_cells_in_2d(comm, shape, closure, soret):
    cell = rectangle(comm, (L, L), (4, 16), shape=shape)
    assert relative_error(cell, closure, soret) < 1e-8


@each_closure
@pytest.mark.parametrize(
    ("shape", "soret"), [("hexahedron", WEAK), ("tetrahedron", VARYING)], ids=["hex", "tet"]
)
def test_16_aligned_cells_in_3d(comm, shape, closure, soret):
    cell = box(comm, (L, L, L), (2, 16, 2), shape=shape)
    assert relative_error(cell, closure, soret) < 1e-8


def test_two_solutes_have_a_profile_each(comm):
    # Opposite signs, and the second one's flux must not depend on the first one's composition.
    pair = [solute(WEAK), solute(Constant(-0.1 / DT), c0=0.02)]
    problem = solved(rectangle(comm, (L, L), (4, 16)), CLOSURES["dilute"], pair)
    found = [separation(problem, i) for i in range(2)]
    assert found == pytest.approx([0.3 * C0, -0.1 * 0.02], rel=1e-10)


@each_closure
def test_convection_without_gravity_is_diffusion(comm, closure):
    cell = rectangle(comm, (L, L), (4, 16))
    assert relative_error(cell, closure, WEAK, CONVECTION) < 1e-8


@pytest.mark.slow
@each_closure
def test_a_table_in_temperature_and_composition(comm, closure):
    assert at_rest(closure, VARYING) == pytest.approx(closed_form(closure, VARYING), rel=1e-11)
    expected = at_rest(closure, IN_T_AND_C)
    # Neither variable may be left out.
    assert abs(expected / at_rest(closure, lambda T, c: IN_T_AND_C(T, C0)) - 1.0) > 1e-3
    assert abs(expected / at_rest(closure, lambda T, c: IN_T_AND_C(300.0, c)) - 1.0) > 1e-3
    error = table_error(comm, closure)
    check(
        STILL, f"{closure.name} closure, S_T a table in T and c", {"error of the separation": error}
    )


def table_error(comm, closure):
    """Return how far the separation is from the solution at rest for S_T from a table."""
    problem = solved(rectangle(comm, (L, L), (4, 32)), closure, [solute(IN_T_AND_C)])
    return abs(separation(problem) / at_rest(closure, IN_T_AND_C) - 1.0)


def test_a_change_of_sign_inside_the_cell(comm):
    # The separation is a small difference of what happens on both sides of the change.
    soret, closure = Polynomial((0.0, 6e-3), 300.5), CLOSURES["full"]
    exact = closed_form(closure, soret)
    assert exact < 0.0
    cell = rectangle(comm, (L, L), (4, 16))
    assert separation(solved(cell, closure, [solute(soret)])) == pytest.approx(exact, abs=1e-8 * C0)


@each_closure
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_strong_separation(comm, shape, closure):
    errors = [
        relative_error(rectangle(comm, (L, L), (4, n), shape=shape), closure, STRONG)
        for n in (8, 16)
    ]
    assert errors[-1] < 1e-6
    # Dilute and linearised separations follow from the mean alone, which is exact.
    assert order(errors) > 3.9 if closure.name == "full" else errors[-1] < 1e-12


@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
def test_strong_separation_in_3d(comm, shape):
    cell = box(comm, (L, L, L), (2, 16, 2), shape=shape)
    assert relative_error(cell, CLOSURES["full"], STRONG) < 1e-6


@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
def test_order_on_the_cylinder(comm, shape):
    cell = cylinder(comm, L, L, (4, 4), shape=shape)
    full = CLOSURES["full"]
    errors = [relative_error(made, full, STRONG) for made in (cell, cell.remake(2.0))]
    assert order(errors) > 2.9
    assert errors[-1] < 1e-5


def test_order_on_unstructured_triangles(comm, shared_tmp):
    errors = [
        relative_error(
            from_file(comm, unstructured(comm, shared_tmp, refinements)), CLOSURES["full"], STRONG
        )
        for refinements in range(3)
    ]
    assert order(errors) > 2.9
    assert errors[-1] < 1e-6


@pytest.mark.parametrize("name", ["soret_rectangle", "soret_cylinder"])
def test_meshes_that_come_with_the_code(comm, name, pytestconfig):
    cell = from_file(comm, pytestconfig.rootpath / "meshes" / f"{name}.msh", scale=1e-3)
    assert relative_error(cell, CLOSURES["full"], WEAK) < 1e-7


def unstructured(comm, folder, refinements):
    """Return the file of a rectangle in 126 triangles, each cut into four so many times."""
    gmsh = pytest.importorskip("gmsh")
    path = folder / f"rectangle-{refinements}.msh"
    if comm.rank == 0:
        gmsh.initialize()
        gmsh.option.setNumber("General.Terminal", 0)
        surface = gmsh.model.occ.addRectangle(0.0, 0.0, 0.0, 2.0 * L, L)
        gmsh.model.occ.synchronize()
        # The curves are numbered from the lower one anticlockwise.
        for tag, name in enumerate(("bottom", "right", "top", "left"), start=1):
            gmsh.model.addPhysicalGroup(1, [tag], name=name)
        gmsh.model.addPhysicalGroup(2, [surface], name="fluid")
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.2 * L)
        gmsh.model.mesh.generate(2)
        for _ in range(refinements):
            gmsh.model.mesh.refine()
        gmsh.write(str(path))
        gmsh.finalize()
    comm.barrier()
    return path
