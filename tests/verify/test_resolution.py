"""Whether a run sees what its mesh does not resolve, and resolves what a good mesh can."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from squares import Soret, heated_square

from femsoret.cells import box, rectangle
from femsoret.post.balances import balances
from femsoret.post.decay import limit, missed
from femsoret.post.fields import values_at
from femsoret.post.resolution import resolution
from femsoret.studies.measure.solution import solve

# -- given fields --------------------------------------------------------------------------------


def given(cell, *, flow=(0.0, 0.0, 0.0), composition=None):
    """Return the problem of a Soret cell with a given state; D = 1/100 in units of alpha."""
    up = (0.0, 1.0, 0.0)[: cell.dim]
    problem = Soret(1e3, Le=100.0).on(cell, up).problem()
    for i, part in enumerate(flow[: cell.dim]):
        problem.function("u").sub(i).interpolate(lambda x, part=part: np.full(x.shape[1], part))
    if composition is not None:
        problem.function("gamma").interpolate(composition)
    return problem


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_cell_peclet_numbers_take_the_length_along_the_flow(comm, shape):
    along, across = (
        resolution(given(rectangle(comm, (1.0, 1.0), (8, 2), shape=shape), flow=flow))
        for flow in ((3.0, 0.0), (0.0, 3.0))
    )
    if shape == "quadrilateral":
        assert along.thermal.value == pytest.approx(3.0 / 8)
        assert across.thermal.value == pytest.approx(3.0 / 2)
    assert across.thermal.value == pytest.approx(4.0 * along.thermal.value, rel=0.5)
    for found in (along, across):
        assert found.solutal.value == pytest.approx(100.0 * found.thermal.value)


def test_the_largest_cell_peclet_number_is_found_where_it_is(comm):
    cell = rectangle(comm, (1.0, 1.0), (6, 6))
    problem = given(cell)
    problem.function("u").sub(0).interpolate(lambda x: np.exp(5.0 * x[1]) * (1.0 + x[0]))
    found = resolution(problem).solutal
    assert found.x == pytest.approx((1.0, 1.0))
    assert found.side in {"right", "top"}
    problem.function("u").sub(0).interpolate(lambda x: x[0] * (1.0 - x[1]) * x[1])
    found = resolution(problem).solutal
    assert found.x == pytest.approx((1.0, 0.5))
    assert found.side == "right"


@pytest.mark.parametrize("make", [rectangle, box])
def test_what_a_cell_misses_of_a_parabola(comm, make):
    # In a cell of size h, x^2 is h^2 s^2 and a straight line: off by h^2/8 from the best line, and
    # by h^2/6 at the ends from the line nearest in the mean square.
    dim, h = (2, 1 / 4) if make is rectangle else (3, 1 / 3)
    cell = make(comm, (1.0,) * dim, (round(1 / h),) * dim)
    found = resolution(given(cell, composition=lambda x: x[0] ** 2))
    assert found.walls["left"].missed == pytest.approx(h**2 / 8)
    assert found.walls["bottom"].missed == pytest.approx(0.0, abs=1e-12)
    assert found.coarsest.missed == pytest.approx(h**2 / 6)
    assert all(wall.cell_size == pytest.approx(h) for wall in found.walls.values())
    assert found.coarsest.resolved == (h**2 / 6 < 0.03)
    assert found.coarsest.needed == pytest.approx(h)


def test_a_corner_belongs_to_the_wall_that_has_the_layer(comm):
    cell = rectangle(comm, (1.0, 1.0), (4, 4))
    for axis, sides in ((0, {"left"}), (1, {"bottom"})):
        layer = given(cell, composition=lambda x, axis=axis: np.exp(-20.0 * x[axis]) * (1 + x[1]))
        assert resolution(layer).coarsest.side in sides


def test_layers_in_a_shear_flow(comm):
    # delta = (D l/s)^(1/3) with D = 1/100, l = 2 and s = 16 at the lower wall.
    problem = given(rectangle(comm, (2.0, 1.0), (4, 4)))
    problem.function("u").sub(0).interpolate(lambda x: 16.0 * x[1])
    found = resolution(problem).walls
    assert found["bottom"].thickness == pytest.approx((0.01 * 2.0 / 16.0) ** (1 / 3))
    assert found["top"].thickness == pytest.approx((0.01 * 2.0 / 16.0) ** (1 / 2))


def test_without_flow_or_separation_there_is_nothing_to_resolve(comm):
    found = resolution(given(rectangle(comm, (1.0, 1.0), (3, 3))))
    assert found.thermal.value == 0.0
    assert found.coarsest is None
    assert all(np.isinf(wall.thickness) for wall in found.walls.values())


def test_a_pure_fluid_has_no_layers(comm):
    found = resolution(solve(heated_square(1e3, 4, comm=comm)).convection)
    assert found.solutal is None
    assert found.walls == {}
    assert found.coarsest is None
    assert found.thermal.value > 0.1


def test_limits_that_were_measured():
    assert [limit(k) for k in (2, 3)] == pytest.approx([0.03, 0.01])
    assert [limit(k, "velocity") for k in (2, 3)] == pytest.approx([0.1, 0.05])


# -- temperature and velocity --------------------------------------------------------------------


def test_a_flow_too_slow_to_carry_anything_is_not_judged(comm):
    # Pe = |u| L/D is 5 and 50; the shape of the flow is the same.
    for speed, judged in ((0.05, False), (0.5, True)):
        problem = given(rectangle(comm, (1.0, 1.0), (4, 4)))
        problem.function("u").sub(0).interpolate(lambda x, s=speed: s * np.exp(-20.0 * x[1]))
        found = resolution(problem).velocity
        assert (found is not None) == judged
    assert found.side == "bottom"
    assert not found.resolved


def test_what_is_missed_of_the_temperature_is_that_of_the_same_composition(comm):
    def layer(x):
        return np.exp(-20.0 * x[0])

    problem = given(rectangle(comm, (1.0, 1.0), (4, 4)), composition=layer)
    problem.function("theta").interpolate(layer)
    found = resolution(problem)
    assert found.temperature.missed == pytest.approx(found.coarsest.missed)
    assert found.temperature.side == found.coarsest.side == "left"
    worst = missed(problem)
    assert worst["temperature"] == pytest.approx(found.temperature.missed)
    assert worst["velocity"] == 0.0


@pytest.mark.slow
@pytest.mark.serial
def test_thermal_layers_that_the_mesh_cannot_hold_are_seen():
    # Ra = 10^6 on 12 x 12 uniform cells: Nu 1.5 % and velocities 11 % off; graded, 0.1 and 2 %.
    for grading, resolved in ((1.0, False), (6.0, True)):
        square = heated_square(1e6, 4)
        cell = rectangle(MPI.COMM_WORLD, (1.0, 1.0), (16, 16), grading=grading)
        found = resolution(solve(replace(square, cell=cell)).convection)
        assert found.temperature.resolved == resolved
    assert found.temperature.missed < 0.03


# -- a stirred cell at Le = 10^4 -----------------------------------------------------------------

STIRRED = Soret(1e7, Le=1e4)
"""Side-heated: hot on the left, cold on the right; 96 % of the separation is lost."""


def composition(solution):
    """Return the composition at points that are dense near the walls."""
    line = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, 81)))
    x, y = np.meshgrid(line, line, indexing="ij")
    points = np.column_stack([x.ravel(), y.ravel()])
    return values_at(solution.convection.function("gamma"), points)[:, 0]


@pytest.fixture(scope="module")
def coarse():
    cell = rectangle(MPI.COMM_WORLD, (1.0, 1.0), (12, 12))
    return solve(STIRRED.on(cell, STIRRED.up))


@pytest.fixture(scope="module")
def graded():
    cell = rectangle(MPI.COMM_WORLD, (1.0, 1.0), (24, 24), grading=6.0)
    return solve(STIRRED.on(cell, STIRRED.up))


def test_a_graded_mesh_resolves_it(graded):
    better = replace(graded.experiment, degree=3)
    refined = solve(better, start=graded)
    exact, separation = composition(refined), refined.soret.at.separation
    found = composition(graded)
    assert np.abs(found - exact).max() < 0.01 * separation
    assert found.max() - exact.max() < 0.001 * separation
    assert exact.min() - found.min() < 0.001 * separation
    assert graded.soret.apparent == pytest.approx(refined.soret.apparent, rel=2e-3)
    assert balances(graded.convection, graded.flows, None).mass < 1e-12
    assert resolution(graded.convection).coarsest.resolved


def test_a_coarse_mesh_is_seen_with_its_wall_and_the_size_needed(coarse, graded):
    found = resolution(coarse.convection)
    worst = found.coarsest
    assert not worst.resolved
    assert worst.side in {"left", "right"}
    assert worst.cell_size == pytest.approx(1 / 12)
    assert worst.cell_peclet > 100.0
    # The size needed does not depend on how coarse the mesh was: the graded mesh has it.
    enough = resolution(graded.convection)
    assert enough.coarsest.resolved
    assert worst.needed == pytest.approx(enough.walls[worst.side].thickness, rel=0.05)
    assert worst.needed == pytest.approx(enough.walls[worst.side].cell_size, rel=0.1)
