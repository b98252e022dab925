"""Scott-Vogelius elements: stable on the Alfeld split, divergence-free, and the same solution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ufl
from dolfinx import fem
from manufactured import conditions, mixture, with_sources
from slanted import slanted
from squares import Soret, soret_numbers

from femsoret.cells import Cell, alfeld_split, box, rectangle
from femsoret.post.wall_flows import integral
from femsoret.problem import Problem
from femsoret.problem.discretisation import SCOTT_VOGELIUS
from femsoret.solve import solve_steady
from femsoret.studies.measure.solution import solve


def triangles_of(experiment, cells):
    return replace(
        experiment,
        cell=rectangle(experiment.cell.comm, (1.0, 1.0), (cells, cells), shape="triangle"),
        discretisation=SCOTT_VOGELIUS,
    )


def test_the_soret_square_is_the_same():
    found = soret_numbers(solve(triangles_of(Soret(1e3, psi=0.2).square(6), 14)))
    expected = soret_numbers(solve(Soret(1e3, psi=0.2).square(16)))
    assert found == pytest.approx(expected, rel=2e-4)


def flow_of(cell: Cell, degree: int) -> Problem:
    problem = Problem(
        cell,
        mixture(cell.dim),
        conditions(cell.dim, closed=False)[1:],
        discretisation=SCOTT_VOGELIUS,
        equations=with_sources(SCOTT_VOGELIUS.convection),
        degree=degree,
    )
    solve_steady(problem)
    return problem


@pytest.mark.parametrize("dim", [2, 3])
def test_velocity_has_no_divergence_at_any_point(comm, dim):
    if dim == 2:
        cell = alfeld_split(rectangle(comm, (1.0, 1.0), (4, 4), shape="triangle"))
    else:
        cell = alfeld_split(box(comm, (1.0,) * 3, (1, 1, 1), shape="tetrahedron"))
    problem = flow_of(cell, dim)
    u = problem.function("u")
    gradient = np.sqrt(integral(problem, ufl.inner(ufl.grad(u), ufl.grad(u)) * problem.dx))
    divergence = np.sqrt(integral(problem, ufl.div(u) ** 2 * problem.dx))
    assert gradient > 1e-3
    assert divergence < 1e-12 * gradient


@pytest.mark.serial
@pytest.mark.parametrize("mesh", ["crossed", "slanted", "tetrahedra"])
def test_one_continuity_equation_is_redundant_and_no_more(comm, mesh):
    """Singular vertices would add kernels: crossed squares have them before they are split."""
    cell = {
        "crossed": lambda: rectangle(comm, (1.0, 1.0), (2, 2), shape="triangle"),
        "slanted": lambda: slanted(rectangle(comm, (1.0, 1.0), (3, 3), shape="triangle")),
        "tetrahedra": lambda: box(comm, (1.0,) * 3, (1, 1, 1), shape="tetrahedron"),
    }[mesh]()
    assert redundant(alfeld_split(cell), cell.dim) == 1
    if mesh == "crossed":
        assert redundant(cell, cell.dim) > 1


def redundant(cell: Cell, degree: int) -> int:
    """Return the number of discontinuous pressures that no velocity at rest on the walls feels."""
    V = fem.functionspace(cell.mesh, ("Lagrange", degree))
    Q = fem.functionspace(cell.mesh, ("Discontinuous Lagrange", degree - 1))
    v, q = ufl.TrialFunction(V), ufl.TestFunction(Q)
    cell.mesh.topology.create_connectivity(cell.dim - 1, cell.dim)
    walls = fem.locate_dofs_topological(V, cell.dim - 1, cell.facets.indices)
    inside = np.setdiff1d(np.arange(V.dofmap.index_map.size_local), walls)
    forms = [fem.form(q * v.dx(i) * ufl.dx) for i in range(cell.dim)]
    B = np.hstack([fem.assemble_matrix(form).to_dense()[:, inside] for form in forms])
    return int(len(B) - np.linalg.matrix_rank(B, tol=1e-10 * abs(B).max()))
