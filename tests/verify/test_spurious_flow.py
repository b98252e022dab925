"""The flow that a mesh makes of its own: found where it is, and nothing else taken for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ufl
from manufactured import interpolate
from slanted import slanted
from squares import SORET_ROWS, Soret, without_gravity

from femsoret.cells import box, rectangle
from femsoret.experiment import Experiment
from femsoret.post.flow import speed
from femsoret.post.horizontal import horizontal_means
from femsoret.problem.discretisation import SCOTT_VOGELIUS, TAYLOR_HOOD, WELL_BALANCED
from femsoret.problem.orientation import up_vector
from femsoret.studies.measure.solution import Solution, solve
from femsoret.studies.measure.state import spurious_flow, spurious_peclet

RA, LE = 1e6, 100.0
LINEAR = {"theta": lambda x: x[1] - 0.5, "gamma_0": lambda x: 0.25 * (0.5 - x[1])}
CURVED = {"theta": lambda x: 0.5 * ufl.tanh(6.0 * (x[1] - 0.5))}


def level_cell(comm, discretisation=WELL_BALANCED, *, dim=2, tilt=0.0, cells=8) -> Experiment:
    """Return a cell heated from above on a mesh that does not know where up is."""
    if dim == 2:
        cell = rectangle(comm, (1.0, 1.0), (cells, cells), shape="triangle")
    else:
        cell = box(comm, (1.0,) * 3, (cells,) * 3, shape="tetrahedron")
    up = up_vector((0.0, 1.0, 0.0)[:dim], tilt)
    return replace(
        Soret(RA * LE, psi=0.2, tilt=0.0, Le=LE).on(slanted(cell), up),
        discretisation=discretisation,
        degree=discretisation.smallest_degree[dim - 2],
    )


def with_state(experiment: Experiment, **fields) -> Solution:
    """Return an experiment as if it had been solved, with theta and gamma_0 as given."""
    convection = experiment.problem()
    x = ufl.SpatialCoordinate(convection.cell.mesh)
    for name, field in fields.items():
        interpolate(convection.function(name), field(x))
    return Solution(experiment, convection, convection, convection, ())


def test_ranks_make_the_given_fields_in_one_order(comm):
    """To make a function is collective: in another order on another rank they would wait for ever.

    (Of sets, whose order is another in every process, see ``test_order``.)
    """
    found = spurious_flow(with_state(level_cell(comm, cells=2), **LINEAR))
    assert list(found.given) == ["theta", "gamma"]


@pytest.mark.parametrize(
    ("discretisation", "dim"),
    [(WELL_BALANCED, 2), (WELL_BALANCED, 3), (SCOTT_VOGELIUS, 2), (SCOTT_VOGELIUS, 3)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_linear_layers_drive_round_off(comm, discretisation, dim):
    experiment = level_cell(comm, discretisation, dim=dim, cells=8 if dim == 2 else 2)
    assert spurious_peclet(with_state(experiment, **LINEAR)) < 1e-15 * RA * LE


@pytest.mark.parametrize("dim", [2, 3])
def test_taylor_hood_elements_make_a_flow_of_their_own(comm, dim):
    experiment = level_cell(comm, TAYLOR_HOOD, dim=dim, cells=8 if dim == 2 else 3)
    assert spurious_peclet(with_state(experiment, **LINEAR)) > 1.0


def test_of_curved_layers_the_others_make_a_hundredth(comm):
    found = {
        d.name: spurious_peclet(with_state(level_cell(comm, d, cells=12), **CURVED))
        for d in (TAYLOR_HOOD, WELL_BALANCED, SCOTT_VOGELIUS)
    }
    assert 1e-12 * RA * LE < found["well-balanced"] < 1e-2 * found["taylor-hood"]
    assert 1e-12 * RA * LE < found["scott-vogelius"] < 1e-2 * found["taylor-hood"]


def test_what_varies_along_the_horizontal_is_not_in_it(comm):
    # Odd about the middle of a mesh with that symmetry: the mean is the straight line alone.
    cell = rectangle(comm, (1.0, 1.0), (8, 8), shape="triangle")
    experiment = replace(level_cell(comm), cell=cell)
    odd = {"theta": lambda x: x[1] - 0.5 + 5.0 * (x[0] - 0.5) * x[1] ** 2}
    solution = with_state(experiment, **odd, gamma_0=LINEAR["gamma_0"])
    assert spurious_peclet(solution) < 1e-15 * RA * LE


def test_it_is_far_below_a_flow_that_is_there(comm):
    solution = solve(SORET_ROWS["Ra Le = 1e3, psi = 0"].square(12, comm=comm))
    assert spurious_peclet(solution) < 1e-3 * speed(solution.convection).peclet_solutal


def test_without_gravity_there_is_none(comm):
    assert spurious_peclet(with_state(without_gravity(level_cell(comm)), **LINEAR)) is None


def test_in_a_pure_fluid_it_is_a_thermal_one(comm):
    mixed = level_cell(comm, TAYLOR_HOOD)
    pure = replace(mixed, mixture=replace(mixed.mixture, species=()))
    both = with_state(mixed, theta=LINEAR["theta"])
    alone = with_state(pure, theta=LINEAR["theta"])
    assert spurious_peclet(both) == pytest.approx(LE * spurious_peclet(alone), rel=1e-6)


# -- the mean itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("tilt", [0.0, 37.0])
def test_horizontal_mean_of_layers_is_the_layers(comm, dim, tilt):
    problem = level_cell(comm, dim=dim, tilt=tilt, cells=10 if dim == 2 else 4).problem()
    up = np.array(problem.mixture.gravity.up)
    x = ufl.SpatialCoordinate(problem.cell.mesh)
    z = sum(up[i] * x[i] for i in range(dim))
    interpolate(problem.function("theta"), 3.0 + 2.0 * z)
    interpolate(problem.function("gamma"), ufl.sin(2.0 * z))
    means = horizontal_means(problem, ["theta", "gamma_0"])
    points = np.zeros((3, 30))
    points[:dim] = np.random.default_rng(1).uniform(0.0, 1.0, (dim, 30))
    z = up @ points[:dim]
    assert means["theta"](points) == pytest.approx(3.0 + 2.0 * z, abs=1e-12)
    interpolation = 2e-4 if dim == 2 else 2e-3
    assert means["gamma_0"](points) == pytest.approx(np.sin(2.0 * z), abs=interpolation)


def test_horizontal_mean_takes_the_mean(comm):
    # Level layers of mesh cells: there are heights without points.
    problem = replace(level_cell(comm), cell=rectangle(comm, (1.0, 1.0), (16, 16))).problem()
    x = ufl.SpatialCoordinate(problem.cell.mesh)
    wave = (3.0 * x[0] ** 2 - 1.0) * ufl.exp(x[1])
    interpolate(problem.function("theta"), wave + ufl.cos(4.0 * x[1]))
    z = np.linspace(0.0, 1.0, 57)
    found = horizontal_means(problem, ["theta"])["theta"](np.stack([0.3 + 0 * z, z, 0 * z]))
    assert found == pytest.approx(np.cos(4.0 * z), abs=2e-4)
