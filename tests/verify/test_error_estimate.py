"""The estimate of the numerical error where one difference alone says too little.

Glass meets copper meets the fluid, a heater ends amid a wall, a mesh is 3D and coarse: one degree
more takes away half of the error only, or as much as another error brings. (The sample of seventy
such runs, with its statistics, is bench/error_estimate.py.)
"""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from dolfinx import mesh as dmesh
from walled import pure_fluid, solid

import femsoret as fs
from femsoret.base.errors import NotConverged
from femsoret.cells import Wall
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.flow import fastest, speed
from femsoret.studies.measure import numerical_error as module
from femsoret.studies.measure.numerical_error import (
    SecondSolve,
    estimated,
    numerical_error,
    quantities,
    second_solves,
)
from femsoret.studies.measure.solution import solve

GLASS, COPPER = 2.0, 700.0
SIDEWAYS = (fs.Temperature("left", 0.5), fs.Temperature("right", -0.5))


def between_walls(comm, n, *, depth=None, shape="quadrilateral"):
    """Return a fluid between plates of copper on a floor of glass, heated from the side."""
    few = max(1, n // 4)
    walls = {"left": Wall(0.25, few), "bottom": Wall(0.2, few), "right": Wall(0.25, few)}
    conditions = SIDEWAYS
    if depth is None:
        cell = fs.rectangle(comm, (1.0, 1.0), (n, n), grading=2.0, shape=shape, walls=walls)
    else:
        size, cells = (1.0, 1.0, 0.5), (n, n, depth)
        cell = fs.box(comm, size, cells, grading=(2.0, 2.0, 1.0), shape=shape, walls=walls)
        conditions = (*SIDEWAYS, fs.FreeSlip(("back", "front")))
    kappa = {"left wall": COPPER, "bottom wall": GLASS, "right wall": COPPER}
    return fs.Experiment(
        "copper and glass",
        cell,
        pure_fluid(Ra=3e4, up=(0.0, 1.0, 0.0)[: cell.dim]),
        conditions,
        gap=1.0,
        absolute_temperature=False,
        solids={name: solid(k) for name, k in kappa.items()},
    )


def heater(comm, n):
    """Return a gas that a heater over half a wall warms; as from a file, on this one mesh."""
    cell = fs.rectangle(comm, (1.0, 1.0), (n, n), grading=2.0)
    middles = dmesh.compute_midpoints(cell.mesh, 1, cell.facets.indices)
    values = cell.facets.values.copy()
    values[(values == cell.sides["left"]) & (middles[:, 1] < 0.5)] = 9
    cell = replace(
        cell,
        facets=dmesh.meshtags(cell.mesh, 1, cell.facets.indices, values),
        sides={**cell.sides, "heater": 9},
        remake=None,
    )
    walls = (fs.Temperature("heater", 0.5), fs.Temperature("right", -0.5))
    return fs.Experiment("heater", cell, pure_fluid(Ra=1e4), walls, absolute_temperature=False)


def ratios(experiment, truth):
    """Return estimated over true errors of the Nusselt numbers."""
    solution = solve(experiment)
    errors, found = numerical_error(solution).of, quantities(solution)
    return {
        name: errors[name] / abs(found[name] - truth[name])
        for name in found
        if name.startswith("nusselt")
    }


@pytest.fixture(scope="module")
def plane_truth():
    return quantities(solve(replace(between_walls(MPI.COMM_WORLD, 20), degree=3)))


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.parametrize(
    ("n", "depth", "shape"), [(6, None, "quadrilateral"), (4, 2, "hexahedron")]
)
def test_glass_meets_copper_meets_the_fluid(comm, plane_truth, n, depth, shape):
    found = ratios(between_walls(comm, n, depth=depth, shape=shape), plane_truth)
    assert min(found.values()) > 1.0, found
    assert np.median(list(found.values())) < 10.0, found


@pytest.mark.slow
@pytest.mark.serial
def test_a_heater_ends_amid_a_wall(comm):
    truth = quantities(solve(replace(heater(comm, 16), degree=4)))
    (found, *_) = ratios(heater(comm, 8), truth).values()
    assert 1.0 < found < 6.0


def test_the_larger_difference_counts():
    others = [
        (SecondSolve(None, 3, 3.0), {"a": 1.0, "b": 2.0}),
        (SecondSolve(None, 2, 0.25), {"a": 5.0, "c": 1.0}),
    ]
    assert estimated({"a": 1.0, "b": 3.0, "c": 2.0, "d": 0.0}, others) == pytest.approx(
        {"a": 1.0, "b": 3.0, "c": 0.25}
    )


def test_which_second_solves_there_are(comm):
    def made(experiment):
        found = second_solves(experiment)
        return [(second.experiment.cell.num_cells, second.degree) for second in found]

    flat, deep = between_walls(comm, 8), between_walls(comm, 4, depth=2, shape="hexahedron")
    assert made(flat) == [(flat.cell.num_cells, 3), (30, 2)]
    assert [degree for _, degree in made(deep)] == [3, 2]
    assert made(deep)[1][0] < made(deep)[0][0] < deep.cell.num_cells
    assert made(heater(comm, 4)) == [(16, 3), (16, 4)]  # a file in 2D knows one mesh
    lone = replace(deep, cell=replace(deep.cell, remake=None))
    assert made(lone) == [(deep.cell.num_cells, 3)]
    # A mesh that is hardly coarser says less, and counts more.
    assert second_solves(flat)[1].weight == pytest.approx(1.0 / 3.0)
    assert second_solves(between_walls(comm, 4, depth=1, shape="hexahedron"))[1].weight > 0.4
    smallest = heater(comm, 2)
    once = replace(smallest, cell=fs.rectangle(comm, (1.0, 1.0), (1, 1)), conditions=SIDEWAYS)
    assert made(once) == [(1, 3), (1, 4)]  # half of one cell is one cell


def test_one_failed_second_solve_leaves_the_other_to_count_alone(comm, monkeypatch):
    solution, again = solve(heater(comm, 4)), module.solved_again
    both = numerical_error(solution)

    def fails(solution, second):
        if second.degree == 4:
            raise NotConverged("Newton stopped after 20 steps")
        return again(solution, second)

    monkeypatch.setattr(module, "solved_again", fails)
    one = numerical_error(solution)
    assert "Newton stopped after 20 steps" in one.method
    assert "5 times the difference" in one.method
    assert "estimate" in both.method
    assert one.of["nusselt.heater"] > 0.0
    assert one.second is not None


def test_the_error_of_a_speed_knows_what_lies_between_nodes(comm):
    """u_x = 1 - (y - 0.4)^2 is 1 between the nodes of three cells."""
    problem = heater(comm, 3).problem()
    problem.function("u").interpolate(lambda x: np.stack([1.0 - (x[1] - 0.4) ** 2, 0.0 * x[0]]))
    assert speed(problem).maximum < 0.995
    assert fastest(problem) == pytest.approx(1.0, abs=1e-5)
    still = heater(comm, 3).problem()
    assert fastest(still) == pytest.approx(0.0, abs=1e-300)


def test_sherwood_numbers_have_an_estimate(comm):
    scaled = property_values(Groups(Ra=1e3, Pr=1.0, Le=2.0), c0=0.5, S_T_dT=0.1)
    walls = (*SIDEWAYS, fs.Composition("left", 0.6), fs.Composition("right", 0.4))
    cell = fs.rectangle(comm, (1.0, 1.0), (4, 4))
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0))
    found = fs.measure(fs.Experiment("two", cell, mixture, walls, absolute_temperature=False))
    errors = found.numerical_error.of
    assert 0.0 < errors["sherwood.left"] < 0.2 * found.walls["left"].sherwood
