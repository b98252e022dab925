"""The Poisson solver of the velocity's potential: iterations level in mesh and degree."""

from __future__ import annotations

from petsc4py import PETSc

import pytest
import ufl
from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.cells import box
from femsoret.solve.linear.elimination import set_linear_level
from femsoret.solve.linear.options import in_database, resolved


def iterations(comm, shape, cells, degree, **overrides):
    """Return the iterations to 1e-6, and the type of the preconditioner."""
    space = fem.functionspace(
        box(comm, (1.0, 1.0, 1.0), (cells,) * 3, grading=3.0, shape=shape).mesh,
        ("Lagrange", degree),
    )
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    matrix = fem_petsc.assemble_matrix(fem.form(ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx))
    matrix.assemble()
    kernel = PETSc.NullSpace().create(constant=True, comm=comm)
    matrix.setNullSpace(kernel)
    x, b = matrix.createVecs()
    b.setRandom()
    kernel.remove(b)
    solver = PETSc.KSP().create(comm)
    with in_database(resolved("reduced", overrides)) as prefix:
        solver.setOptionsPrefix(f"{prefix}chi_")
        set_linear_level(solver.getPC(), space)
        solver.setFromOptions()
        solver.setOperators(matrix)
        solver.solve(b, x)
    residual = (b - matrix * x).norm() / b.norm()
    assert residual < 1e-5  # the stop is that of the preconditioned residual
    return solver.getIterationNumber(), solver.getPC().getType()


@pytest.mark.parametrize("degree", [3, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", ["tetrahedron", "hexahedron"])
def test_finer_meshes_take_no_more_iterations(comm, shape, degree):
    (coarse, kind), (fine, _) = (iterations(comm, shape, n, degree) for n in (3, 6))
    assert kind == "mg"
    assert fine <= 20
    assert fine <= 1.35 * coarse


def test_algebraic_multigrid_of_the_degree_itself_takes_more_and_can_be_chosen(comm):
    two_levels, _ = iterations(comm, "tetrahedron", 6, 3)
    algebraic, kind = iterations(comm, "tetrahedron", 6, 3, chi_pc_type="gamg")
    assert kind == "gamg"
    assert algebraic > 2 * two_levels
