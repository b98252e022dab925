"""Multigrid on remade meshes and block AMG: same states as the direct solver, in few iterations."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise

from mpi4py import MPI

import basix.ufl
import numpy as np
import pytest
from dolfinx import fem
from walled import solid

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.functions_of_time import ramp
from femsoret.cells import Cell, Wall, box, cylinder, from_file, rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.discretisation import WELL_BALANCED
from femsoret.problem.orientation import up_vector
from femsoret.problem.protocol import WallValue
from femsoret.solve import Newton, NewtonOptions, find_steady, strategy
from femsoret.solve.linear import multigrid, selection
from femsoret.solve.linear.elimination import without_velocity_potential
from femsoret.solve.linear.interpolation import copy_settings, interpolate, interpolation_matrix
from femsoret.solve.linear.multigrid import coarser_problems
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.steady.newton import REUSE
from femsoret.solve.steady.stages import PlainNewton
from femsoret.solve.steady.tangents import sensitivity
from femsoret.solve.strategy import FIRST_LINEAR, Nested, stages_of

AXIS = (0.0, 1.0, 0.0)
MESHES = {
    "tetrahedra": lambda comm, n: box(comm, (1, 1, 1), (n, n, n), grading=2.0, shape="tetrahedron"),
    "hexahedra": lambda comm, n: box(comm, (1, 1, 1), (n, n, n), grading=2.0),
}


def soret_cell(cell, Ra: float, tilt: float = 5.0, degree: int = 2, **more) -> Problem:
    """Return a closed cell heated from above, with flow, heat and composition coupled."""
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=50.0, psi=0.2), c0=0.5, S_T_dT=1.0)
    up = up_vector(AXIS[: cell.dim], tilt)
    mixture = mixture_of_groups(scaled, up=up, closure="full", T0=0.0)
    walls = (Temperature("top", 0.5), Temperature("bottom", -0.5))
    return Problem(cell, mixture, walls, degree=degree, **more)


def assert_same_state(one: Problem, other: Problem) -> None:
    for a, b, name in zip(one.functions, other.functions, one.layout.names, strict=True):
        size = one.cell.comm.allreduce(np.abs(a.x.array).max(), op=MPI.MAX)
        assert np.allclose(a.x.array, b.x.array, rtol=0, atol=1e-7 * size), name


@pytest.mark.parametrize("kind", MESHES)
@pytest.mark.parametrize("cells", [(2, 4), (5, 3)])  # nested, and not
@pytest.mark.parametrize(("degree", "shape"), [(1, None), (2, (3,)), (3, None)])
def test_interpolation_keeps_polynomials(comm, kind, cells, degree, shape):
    first, second = (
        fem.functionspace(
            cell.mesh,
            basix.ufl.element("Lagrange", cell.mesh.basix_cell(), degree, shape=shape),
        )
        for cell in (MESHES[kind](comm, n) for n in cells)
    )

    def polynomial(x):
        p = x[0] ** degree + 2 * x[1] ** degree - x[2] * x[0] ** (degree - 1)
        return np.stack([p, 3 * p + 1, x[2] ** degree - p]) if shape else p

    given, wanted = fem.Function(first), fem.Function(second)
    given.interpolate(polynomial)
    wanted.interpolate(polynomial)
    matrix = interpolation_matrix(first, second)
    x, y = matrix.createVecs()
    x.array[:] = given.x.array[: x.getLocalSize()]
    matrix.mult(x, y)
    assert np.allclose(y.array, wanted.x.array[: y.getLocalSize()], rtol=0, atol=1e-11)


@pytest.mark.parametrize("kind", MESHES)
@pytest.mark.parametrize("n", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_same_state_as_the_direct_solver(comm, kind, n):
    cell = MESHES[kind](comm, n)
    direct, iterative = soret_cell(cell, 1e3), soret_cell(cell, 1e3)
    find_steady(direct, NewtonOptions(preset="direct"))
    report = find_steady(iterative, NewtonOptions(preset="multigrid"))
    assert_same_state(direct, iterative)
    assert report.newton_iterations < report.linear_iterations <= 15 * report.newton_iterations


@pytest.mark.parametrize("kind", MESHES)
def test_a_step_that_can_be_the_last_is_solved_until_it_is(comm, kind):
    cell, tolerance = MESHES[kind](comm, 3), 1e-6
    direct, iterative = soret_cell(cell, 1e3), soret_cell(cell, 1e3)
    find_steady(direct, NewtonOptions(preset="direct"))
    report = find_steady(iterative, NewtonOptions(tolerance, preset="multigrid"))
    fine = "\n".join(report.history).rpartition("#")[2]
    changes = [math.inf, *(float(found) for found in re.findall(r"change +(\S+)", fine))]

    def can_be_the_last(before: float, change: float) -> bool:
        """Return whether the step leaves an error below the tolerance if solved exactly."""
        rate = max(change / before, before) if before <= REUSE else change
        return change**2 <= tolerance and rate * change <= tolerance

    # Tolerances of Eisenstat and Walker alone leave 10^-3 to 10^-2 of the third change.
    able = [can_be_the_last(*pair) for pair in pairwise(changes)]
    assert able == [*(False for _ in able[1:]), True], changes
    for a, b in zip(direct.functions, iterative.functions, strict=True):
        size, error = np.abs(a.x.array).max(), np.abs(a.x.array - b.x.array).max()
        size, error = (comm.allreduce(value, op=MPI.MAX) for value in (size, error))
        assert error <= tolerance * size


@pytest.mark.parametrize("preset", ["multigrid", "amg"])
def test_a_state_that_needs_no_step(comm, preset):
    warm = soret_cell(MESHES["hexahedra"](comm, 3), 1e3)
    problem = Problem(
        warm.cell, warm.mixture, (Temperature("top", 0.0), Temperature("bottom", 0.0))
    )
    report = find_steady(problem, NewtonOptions(preset=preset), stages=(PlainNewton(),))
    assert report.newton_iterations <= 1
    for function in problem.functions:
        assert np.abs(function.x.array).max(initial=0.0) <= 1e-12


def test_options_of_the_linear_test_are_kept(comm):
    problem = soret_cell(MESHES["hexahedra"](comm, 3), 1e3)
    petsc = {"ksp_converged_maxits": True, "ksp_max_it": 3}
    options = NewtonOptions(preset="multigrid", petsc=petsc)
    report = find_steady(problem, options, stages=(PlainNewton(),))
    assert report.linear_iterations <= 3 * report.newton_iterations


@pytest.mark.slow
def test_a_lower_degree_comes_before_a_coarser_mesh(comm):
    cell = MESHES["tetrahedra"](comm, 3)
    direct, iterative = (soret_cell(cell, 300.0, degree=3) for _ in range(2))
    assert [(p.degree, p.cell) for p in coarser_problems(iterative)] == [(2, cell)]
    find_steady(direct, NewtonOptions(preset="direct"))
    report = find_steady(iterative, NewtonOptions(preset="multigrid"), stages=(PlainNewton(),))
    assert_same_state(direct, iterative)
    # 37 in 6 steps (two ranks: 60 in 7); with a coarser mesh of degree 3 in its place 75 in 7.
    assert report.linear_iterations <= 10 * report.newton_iterations


def test_the_first_linear_solve_of_a_liquid_from_rest_is_a_tight_one(comm):
    cell = MESHES["tetrahedra"](comm, 4)
    liquid = soret_cell(cell, 1e3)
    plain = next(
        stage for stage in stages_of(liquid, "multigrid") if isinstance(stage, PlainNewton)
    )
    assert plain.first_linear == FIRST_LINEAR
    found = []
    with Newton(liquid, NewtonOptions(preset="multigrid")) as newton:
        for tightness in (None, FIRST_LINEAR, None):
            before = newton.linear_iterations
            with pytest.raises(NotConverged):
                newton.solve(1, tightness)
            found.append(newton.linear_iterations - before)
        own = NewtonOptions(preset="multigrid", petsc={"snes_ksp_ew_rtol0": 0.1})
    assert found[1] > found[0] == found[2]
    with Newton(liquid, own) as newton, pytest.raises(NotConverged):
        newton.solve(1, FIRST_LINEAR)
    assert newton.linear_iterations <= found[0]
    liquid.function("u").x.array[:] = 1.0
    others = (stages_of(liquid, "multigrid"), stages_of(soret_cell(cell, 1e3), "direct"))
    assert {s.first_linear for some in others for s in some if isinstance(s, PlainNewton)} == {None}


def test_the_coarsest_mesh_is_as_fine_as_can_be_factorised(comm, monkeypatch):
    # 8^3, 7^3, 5^3, 4^3, 3^3 and 2^3 cells with a lean potential have 30,207, 20,762, 8,202,
    # 4,499, 2,122 and 777 unknowns.
    problem = soret_cell(MESHES["tetrahedra"](comm, 8), 1.0)
    for limit, expected in (
        (50_000, [4_499]),  # would be factorised as it is: half will do
        (25_000, [20_762]),
        (6_000, [4_499]),
        (3_000, [8_202, 2_122]),
        (2_000, [8_202, 2_122, 777]),  # from 3^3 the finest that fits is 3^3 again
    ):
        monkeypatch.setattr(multigrid, "COARSEST", limit)
        assert [coarse.num_dofs for coarse in coarser_problems(problem)] == expected


def test_only_the_potential_is_leaner_on_coarser_meshes(comm):
    glass = {"left": Wall(2.0, 6)}  # most of the mesh, where nothing but heat has unknowns
    cell = box(comm, (1.0, 1.0, 1.0), (4, 4, 4), walls=glass)
    liquid = soret_cell(cell, 1.0, solids={"left wall": solid(2.0)})
    coarse = multigrid.coarser_problem(liquid)
    rest = without_velocity_potential(liquid)
    own, whole = (rest.on(coarse.cell, discretisation=d) for d in (None, WELL_BALANCED))
    assert coarse.layout.names == rest.layout.names == ("u", "p", "phi", "theta", "gamma")
    less = {
        name: whole.num_dofs_of(name) - coarse.num_dofs_of(name) for name in coarse.layout.names
    }
    assert own.num_dofs == whole.num_dofs
    assert {name for name, fewer in less.items() if fewer} == {"phi"}
    full = liquid.on(coarse.cell)
    assert full.num_dofs == whole.num_dofs + whole.num_dofs_of("phi")
    assert multigrid._lean_num_dofs(full) == multigrid._lean_num_dofs(whole)
    assert multigrid._lean_num_dofs(whole) == coarse.num_dofs == multigrid._lean_num_dofs(coarse)
    plane = soret_cell(rectangle(comm, (1.0, 1.0), (4, 4)), 1.0)
    assert multigrid.coarser_problem(plane).discretisation == plane.discretisation


def test_a_guess_comes_from_half_the_mesh_or_the_coarsest_of_multigrid(comm, monkeypatch):
    # 8^3 is for multigrid, on 7^3 at most; half, 4^3, has 4,499 unknowns with a lean potential.
    problem = soret_cell(MESHES["tetrahedra"](comm, 8), 1.0)
    monkeypatch.setattr(selection, "SMALL_LIQUID", 10_000)
    for coarsest, expected in ((25_000, 4_499), (4_000, 2_122)):
        for module in (multigrid, strategy):
            monkeypatch.setattr(module, "COARSEST", coarsest)
        assert strategy._coarse(problem).num_dofs == expected
    monkeypatch.setattr(selection, "SMALL_LIQUID", 50_000)  # factorised whole: no levels to share
    assert strategy._coarse(problem).num_dofs == 4_499


def test_a_mesh_from_a_file_that_cannot_be_fitted_is_halved(comm, pytestconfig, monkeypatch):
    cell = cylinder_from_a_file(comm, pytestconfig)
    problem = soret_cell(cell, 1.0)
    monkeypatch.setattr(multigrid, "COARSEST", problem.num_dofs // 2)
    assert cell.coarser(multigrid.ratio_below(problem)) is None  # more than half the vertices
    assert [coarse.cell for coarse in coarser_problems(problem)] == [cell.halved]


@pytest.mark.slow
def test_amg_finds_the_state_of_a_pure_fluid(comm):
    cell = MESHES["tetrahedra"](comm, 4)
    scaled = property_values(Groups(Ra=1e3, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    mixture = mixture_of_groups(scaled, up=AXIS, T0=0.0, pure=True)
    walls = (Temperature("left", 0.5), Temperature("right", -0.5))
    direct, iterative = Problem(cell, mixture, walls), Problem(cell, mixture, walls)
    find_steady(direct, NewtonOptions(preset="direct"))
    report = find_steady(iterative, NewtonOptions(preset="amg"))
    assert_same_state(direct, iterative)
    # Without inner steps for velocity and pressure together more than twice as many.
    assert report.newton_iterations < report.linear_iterations <= 7 * report.newton_iterations


@pytest.mark.slow
def test_few_iterations_a_step_in_a_curved_cell(comm):
    # Curved: the meshes are not nested, and nodes on arcs lie outside the coarser mesh.
    problem = soret_cell(cylinder(comm, 1.0, 1.0, (6, 6), axis="y"), 1e3)
    report = find_steady(problem, NewtonOptions(preset="multigrid"))
    # Without the balance of the potential in the smoother, or with the coarse mesh left out, three
    # times as many.
    assert report.linear_iterations <= 15 * report.newton_iterations


def test_parameters_reach_the_coarser_meshes(comm):
    problem = soret_cell(MESHES["tetrahedra"](comm, 4), 1e3)
    with problem.changed(gravity__magnitude=0.0):
        report = find_steady(problem, NewtonOptions(preset="multigrid"))
    assert np.abs(problem.function("u").x.array).max(initial=0.0) < 1e-10
    assert report.linear_iterations <= 15 * report.newton_iterations


@pytest.mark.parametrize("kind", ["box", "rectangle"])
def test_walls_that_change_reach_the_coarser_meshes(comm, kind):
    """A protocol writes what walls are held at into the problem; other meshes are to know it."""
    cell = MESHES["hexahedra"](comm, 3) if kind == "box" else rectangle(comm, (1.0, 1.0), (6, 6))
    problem = soret_cell(cell, 1.0)
    with Newton(problem, NewtonOptions(preset="multigrid")) as newton:
        WallValue("top", ramp(0.5, 0.9, 1.0)).apply(problem, 1.0, 0.0)
        newton.system.reread_walls()
        problem.impose()
        x = newton.system.vector()
        newton.system.read(x)
        newton.linear.update(x)
        for system in (newton.linear.coarsest, *(each.system for each in newton.linear.levels)):
            there = system.problem
            theta = there.function("theta").x.array
            for side, wanted in (("top", 0.9), ("bottom", -0.5)):
                held = theta[there.dofs_on("theta", (side,))]
                assert held == pytest.approx(np.full(len(held), wanted), abs=1e-12)
    coarse = multigrid.coarser_problem(problem)
    copy_settings(problem, coarse)
    assert coarse.wall_values["theta", "top"].x.array == pytest.approx(0.9, abs=1e-12)


def cylinder_from_a_file(comm, pytestconfig) -> Cell:
    path = pytestconfig.rootpath / "meshes" / "soret_cylinder.msh"
    cell = from_file(comm, path, scale=1 / 5)  # in units of the height
    assert cell.remake is None
    return cell


@pytest.mark.slow
def test_same_state_on_a_mesh_from_a_file(comm, pytestconfig):
    cell = cylinder_from_a_file(comm, pytestconfig)
    direct, iterative = soret_cell(cell, 300.0, tilt=1.0), soret_cell(cell, 300.0, tilt=1.0)
    find_steady(direct, NewtonOptions(preset="direct"))
    report = find_steady(iterative, NewtonOptions(preset="multigrid"))
    assert_same_state(direct, iterative)
    assert report.linear_iterations <= 15 * report.newton_iterations


@pytest.mark.slow
def test_multigrid_wants_a_coarser_mesh(comm, pytestconfig):
    cell = replace(cylinder_from_a_file(comm, pytestconfig), coarsen=None)
    problem = soret_cell(cell, 1.0)
    assert preset_for(problem, "automatic") == "reduced"
    with pytest.raises(CaseError, match="no coarser mesh"):
        find_steady(problem, NewtonOptions(preset="multigrid"))


def test_points_far_outside_take_the_nearest_cell(comm):
    # A wall that the coarse mesh cuts off by more than its cells' usual reach.
    coarse, fine = (box(comm, (size, 1, 1), (4, 4, 4)) for size in (1.0, 2.0))
    spaces = [fem.functionspace(cell.mesh, ("Lagrange", 1)) for cell in (coarse, fine)]
    given, found = map(fem.Function, spaces)
    given.interpolate(lambda x: 1 + x[0] - 2 * x[1])
    interpolate(given, found)
    x = spaces[1].tabulate_dof_coordinates()
    assert np.allclose(found.x.array, 1 + x[:, 0] - 2 * x[:, 1], rtol=0, atol=1e-11)


def test_automatic_preset(comm):
    tiny, small, large = (soret_cell(MESHES["hexahedra"](comm, n), 1.0) for n in (2, 6, 10))
    assert preset_for(tiny, "automatic") == "direct"
    assert preset_for(small, "automatic") == "reduced"
    assert preset_for(without_velocity_potential(small), "automatic") == "direct"
    assert preset_for(large, "automatic") == "multigrid"
    assert preset_for(large, "direct") == "direct"


@pytest.mark.parametrize(("tilt", "first"), [(1.0, PlainNewton), (20.0, Nested)])
def test_a_liquid_that_barely_flows_starts_from_rest(comm, tilt, first):
    problem = soret_cell(MESHES["hexahedra"](comm, 6), 1.0, tilt)
    assert preset_for(problem, "automatic") == "reduced"
    assert isinstance(stages_of(problem)[0], first)


@pytest.mark.slow
def test_sensitivities_are_those_of_the_direct_solver(comm):
    # Buoyancy dwarfs the rest of this right-hand side: the tolerance of a Newton step leaves errors
    # of a hundred per cent.
    cell, changes = MESHES["tetrahedra"](comm, 4), []
    for preset in ("direct", "multigrid"):
        problem = soret_cell(cell, 1e3)
        options = NewtonOptions(preset=preset)
        find_steady(problem, options)
        with Newton(problem, options) as newton:
            changes.append(sensitivity(newton, "beta_T", 1e-4))
    for direct, iterative, name in zip(*changes, problem.layout.names, strict=True):
        size = comm.allreduce(np.abs(direct).max(), op=MPI.MAX)
        assert np.allclose(direct, iterative, rtol=0, atol=1e-4 * size), name
