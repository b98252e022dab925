"""Where a failed solve is worst."""

from __future__ import annotations

import numpy as np
import pytest
from everything import full_problem

from femsoret.base.errors import NotConverged
from femsoret.physics.forms import STOKES
from femsoret.problem import Problem
from femsoret.solve import NewtonOptions, find_steady
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.steady.diagnosis import diagnose
from femsoret.solve.steady.stages import PlainNewton, PseudoTransient, Ramp

SIZE, CELLS = np.array([6e-3, 5e-3]), np.array([3, 2])  # of full_problem


@pytest.fixture
def system():
    return BlockSystem(full_problem(tuple(CELLS)))


def spike(system, block, at, size):
    """Return a vector that is zero but for one node."""
    problem, vector = system.problem, system.vector()
    i = problem.layout.index(block)
    V = problem.spaces[i]
    place = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local, :2]
    near = np.flatnonzero(np.linalg.norm(place - at, axis=1) < 1e-9)
    system.local(vector, i)[near * V.dofmap.index_map_bs] = size
    return vector


def test_field_place_and_cell_peclet_number(system):
    problem, m = system.problem, system.problem.mixture
    speed = np.array([3e-4, -4e-4])
    problem.function("u").interpolate(lambda x: speed[:, None] * np.ones_like(x[0]))
    problem.function("theta").x.array[:] = 2.0
    x = system.vector()
    system.read(x)
    place = SIZE / CELLS  # a vertex amid
    update, residual = spike(system, "theta", place, -0.5), spike(system, "u", 2 * place, 7.0)
    system.local(residual, problem.layout.index("p"))[:] = 1e9  # follows the others: not looked at
    trouble = diagnose(system, x, update, residual)
    h, c0 = np.linalg.norm(SIZE / CELLS), m.species[0].c0
    reach = 5e-4 * h
    assert trouble.update.field == "temperature"
    assert trouble.update.at == pytest.approx(place)
    assert trouble.update.size == pytest.approx(0.5 * problem.scales.unknown["theta"] / 2.0)
    alpha = m.conductivity(m.T0 + 2.0, c0) / (m.rho0 * m.cp)
    assert trouble.update.peclet_thermal == pytest.approx(reach / alpha)
    D = m.species[0].diffusion(m.T0 + 2.0, c0)
    assert trouble.update.peclet_solutal == pytest.approx(reach / D)
    assert trouble.residual.field == "velocity"
    assert trouble.residual.at == pytest.approx(2 * place)
    assert trouble.is_coarse
    assert "temperature at (0.002, 0.0025), cell Péclet number" in str(trouble)


def test_cell_peclet_number_of_given_fields(system):
    """Stokes flow knows heat and composition as given fields."""
    full = system.problem
    given = {name: full.function(name) for name in ("theta", "gamma")}
    problem = Problem(
        full.cell, full.mixture, full.conditions, equations=STOKES, degree=full.degree, given=given
    )
    problem.function("u").x.array[:] = 1e-4
    stokes = BlockSystem(problem)
    x = stokes.vector()
    stokes.read(x)
    update = spike(stokes, "u", SIZE / CELLS, 1.0)
    found = diagnose(stokes, x, update, update)
    assert found.update.peclet_solutal > found.update.peclet_thermal > 0.0


def test_what_is_no_number_is_missing_uncertainties(system):
    x, update = system.vector(), system.vector()
    system.local(update, 0)[:] = np.nan
    trouble = diagnose(system, x, update, spike(system, "theta", SIZE / CELLS, 1.0))
    assert trouble.update is None
    assert trouble.residual.field == "temperature"
    assert not trouble.is_coarse


def test_a_failure_says_where_and_what_was_tried():
    problem = full_problem((4, 3))
    gravity = Ramp("gravity", ("gravity.magnitude",), 0.5, tries=2)
    stages = (PlainNewton(), PseudoTransient(max_steps=3), gravity)
    with problem.changed(gravity__magnitude=50.0), pytest.raises(NotConverged) as failure:
        find_steady(problem, NewtonOptions(max_iterations=1), stages=stages)
    error = failure.value
    tried = error.record["tried"]
    assert [attempt["stage"] for attempt in tried] == [stage.name for stage in stages]
    assert [attempt["factorisations"] for attempt in tried] == [1, 3, 2]
    assert not any(attempt["converged"] for attempt in tried)
    newton = "Newton (1 factorisation): stopped after 1 Newton step: the limit was reached"
    assert newton in error.message
    assert "no solution even with gravity at 0.05 times its value" in error.message
    assert "is largest in" in error.message
    assert "cell Péclet number" in error.message
    at = np.array(error.record["residual"]["at"])
    assert np.all((at >= 0.0) & (at <= SIZE))
    assert "ramp: gravity at 0.5 times its value" in error.history
