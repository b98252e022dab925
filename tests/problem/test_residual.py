"""Residual and Jacobian of the full nonlinear problem."""

from __future__ import annotations

import numpy as np
import pytest
from everything import Units, full_problem, put_waves

from femsoret.physics.forms import CONVECTION, SUPG
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator

BLOCKS = ["u", "p", "phi", "chi", "theta", "gamma"]
# Which equations a block enters. The mean values stand in rows of p, phi, chi and gamma.
ENTERS = {
    "u": {"u", "p", "chi", "theta", "gamma"},
    "p": {"u", "p"},
    "phi": {"u", "phi"},
    "chi": {"chi", "theta", "gamma"},
    "theta": {"u", "phi", "theta", "gamma"},
    "gamma": {"u", "phi", "theta", "gamma"},
}
STEP = 1e-5


@pytest.fixture(scope="module")
def problem():
    return full_problem()


def state_vector(problem, system, seed):
    put_waves(problem, seed)
    problem.impose()
    x = system.vector()
    system.read(x)
    return x


def direction(problem, system, blocks):
    """Return a direction in some blocks that leaves the Dirichlet values alone."""
    put_waves(problem, 7, blocks)
    for block, bc in problem.dirichlet:
        bc.set(problem.function(block).x.array, alpha=0.0)
    d = system.vector()
    system.read(d)
    return d


def residual(system, x):
    F = system.vector()
    system.residual(x, F)
    return F


def block_norms(system, v):
    squares = [np.sum(system.owned(v, i) ** 2) for i in range(len(BLOCKS))]
    return np.sqrt(system.comm.allreduce(np.array(squares)))


def apply_jacobian(system, x, d):
    system.jacobian(x)
    y = system.vector()
    ConstrainedOperator(system.matrix, system.constraints).mult(None, d, y)
    return y


@pytest.mark.parametrize("blocks", [*([b] for b in BLOCKS), BLOCKS], ids="-".join)
def test_jacobian_is_the_derivative_of_the_residual(problem, blocks):
    check_jacobian(problem, blocks)


def test_jacobian_knows_the_stabilisation():
    check_jacobian(full_problem(equations=SUPG.added_to(CONVECTION)), BLOCKS)


def check_jacobian(problem, blocks):
    system = BlockSystem(problem)
    assert problem.layout.names == tuple(BLOCKS)
    x, d = state_vector(problem, system, 1), direction(problem, system, tuple(blocks))
    exact = apply_jacobian(system, x, d)
    plus, minus = x.copy(), x.copy()
    plus.axpy(STEP, d)
    minus.axpy(-STEP, d)
    difference = residual(system, plus)
    difference.axpy(-1.0, residual(system, minus))
    difference.scale(1.0 / (2 * STEP))
    size = block_norms(system, exact)
    reached = set().union(*(ENTERS[block] for block in blocks))
    expected = np.array([name in reached for name in BLOCKS])
    assert np.array_equal(size > 1e-12, expected), dict(zip(BLOCKS, size, strict=True))
    difference.axpy(-1.0, exact)
    errors = block_norms(system, difference)[expected] / size[expected]
    assert errors.max() < 1e-6, errors


@pytest.mark.parametrize(
    ("parameter", "rows"),
    [
        ("species.0.soret.S_inf", {"theta", "gamma"}),
        ("species.0.mixing.value", {"theta"}),
        ("species.0.beta_c", {"u", "phi"}),
        ("viscosity.slope_T", {"u"}),
        ("conditions.1.h", {"theta"}),
    ],
)
def test_jacobian_follows_its_parameters(problem, parameter, rows):
    system = BlockSystem(problem)
    x, d = state_vector(problem, system, 1), direction(problem, system, tuple(BLOCKS))
    before = apply_jacobian(system, x, d)
    value = float(problem.parameters[parameter].value)
    with problem.changed(**{parameter.replace(".", "__"): 1.1 * value}):
        after = apply_jacobian(system, x, d)
    assert float(problem.parameters[parameter].value) == value
    after.axpy(-1.0, before)
    changes = block_norms(system, after) / block_norms(system, before)
    for name, change in zip(BLOCKS, changes, strict=True):
        assert (change > 1e-6) if name in rows else (change < 1e-13), (name, change)


def test_every_parameter_changes_the_residual(problem):
    system = BlockSystem(problem)
    x = state_vector(problem, system, 2)
    before = residual(system, x)
    names = set(problem.parameters)
    assert {"T0", "rho0", "cp", "beta_T", "gravity.magnitude", "gravity.up.1"} <= names
    assert {"conditions.1.h", "conditions.1.T_outside", "conditions.2.value"} <= names
    for name in names:
        value = float(problem.parameters[name].value)
        with problem.changed(**{name.replace(".", "__"): 1.01 * value + 1e-6}):
            change = residual(system, x)
        change.axpy(-1.0, before)
        assert change.norm() > 1e-9 * before.norm(), name


def test_a_changed_parameter_is_a_new_problem_without_a_new_compilation(problem, monkeypatch):
    other = full_problem(S_T=5e-3)
    x = state_vector(other, BlockSystem(other), 2)
    expected = residual(BlockSystem(other), x)
    monkeypatch.setattr(problem, "scales", other.scales)  # they are those of the first statement
    with problem.changed(species__0__soret__S_inf=5e-3):
        found = residual(BlockSystem(problem), x)
    found.axpy(-1.0, expected)
    assert found.norm() < 1e-12 * expected.norm()
    for one, two in zip(problem.residual_forms, other.residual_forms, strict=True):
        assert one.module.__name__ == two.module.__name__


def test_residual_and_jacobian_know_no_units():
    # Millimetres, grams, minutes and another degree: the solver sees the same numbers.
    units = Units(metre=1e-3, kilogram=1e-3, second=60.0, kelvin=2.5)
    found = []
    for p in (full_problem(), full_problem(units=units)):
        system = BlockSystem(p)
        x, d = state_vector(p, system, 3), direction(p, system, tuple(BLOCKS))
        found.append((residual(system, x), apply_jacobian(system, x, d)))
    for one, two in zip(*found, strict=True):
        two.axpy(-1.0, one)
        assert two.norm() < 1e-11 * one.norm()


def test_natural_sizes_make_blocks_comparable(problem):
    system = BlockSystem(problem)
    x = state_vector(problem, system, 3)
    assert np.all((system.block_maxima(x) > 0.5) & (system.block_maxima(x) < 2.5))
