"""Newton steps without the velocity potential in the factorisation; all else is exact."""

from __future__ import annotations

import numpy as np
import pytest
from tolerances import REPEATED, ROUND_OFF

from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import Newton, NewtonOptions, solve_steady
from femsoret.solve.linear import selection
from femsoret.solve.steady import newton as module
from femsoret.solve.steady.tangents import sensitivity


def heated(comm, Ra=1e5):
    """Return air in a square that leans by 60 degrees, heated on one side; 1,400 unknowns."""
    groups = property_values(Groups(Ra=Ra, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    return Problem(
        rectangle(comm, (1.0, 1.0), (6, 6), grading=3.0),
        mixture_of_groups(groups, up=up_vector((0.0, 1.0), 60.0), pure=True),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )


@pytest.fixture
def reduced(monkeypatch):
    monkeypatch.setattr(selection, "REDUCED_FROM", 0)


@pytest.fixture
def solution(comm):
    """The solution by the whole Jacobian, and its report."""
    problem = heated(comm)
    assert problem.num_dofs < selection.REDUCED_FROM
    return problem, solve_steady(problem)


def assert_same(one, other):
    for name in one.layout.names:
        found, wanted = other.function(name).x.array, one.function(name).x.array
        assert np.allclose(found, wanted, rtol=0.0, atol=REPEATED * np.abs(wanted).max()), name


def test_the_solution_is_the_same_in_as_many_factorisations(comm, solution, reduced):
    problem = heated(comm)
    with Newton(problem) as newton:
        report = newton.solve()
        assert not newton.linear.is_exact
    assert_same(solution[0], problem)
    assert report.factorisations <= solution[1].factorisations
    assert report.newton_iterations <= solution[1].newton_iterations + 2


def test_a_step_solves_the_system_that_the_line_search_is_told_of(comm, solution, reduced):
    with Newton(solution[0]) as newton:
        linear, system = newton.linear, newton.system
        x, b, y, product = (system.vector() for _ in range(4))
        system.read(x)
        for i in range(len(system.sizes)):
            entries = system.local(b, i)
            entries[:] = np.cos(np.arange(len(entries)) + 3.0 * comm.rank)
            entries[system.fixed[i]] = 0.0
        linear.update_step(x)
        linear.context.reduced.setUp(None)
        linear.context.apply(None, b, y)
        linear.operator.mult(y, product)
        product.axpy(-1.0, b)
        assert product.norm() <= 1e-9 * b.norm()


def test_sensitivities_are_those_of_the_whole_jacobian(comm, solution, reduced):
    found = []
    problem = heated(comm)
    for prepared in (solution[0], problem):
        with Newton(prepared) as newton:
            if prepared is problem:
                newton.solve()
            found.append(sensitivity(newton, "gravity.magnitude", 1e-4))
            assert newton.linear.is_exact
    for i, (one, other) in enumerate(zip(*found, strict=True)):
        assert np.allclose(one, other, rtol=0.0, atol=1e-6 * np.abs(one).max()), i


def test_where_a_line_search_fails_petsc_gets_the_transpose_of_the_whole(comm, solution, reduced):
    with Newton(solution[0]) as newton:
        linear, system = newton.linear, newton.system
        x, b, first, second = (system.vector() for _ in range(4))
        system.read(x)
        b.set(1.0)
        linear.update_step(x)
        linear.operator.multTranspose(b, first)
        linear.update(x)
        linear.operator.multTranspose(b, second)
        first.axpy(-1.0, second)
        assert first.norm() <= ROUND_OFF * second.norm()


def test_where_steps_converge_slowly_the_whole_jacobian_takes_over(
    comm, solution, reduced, monkeypatch
):
    monkeypatch.setattr(module, "STALE", 0.0)
    problem = heated(comm)
    with Newton(problem) as newton:
        newton.solve()
        assert newton.linear.is_exact
    assert_same(solution[0], problem)


def test_iterative_solvers_that_a_user_chooses_get_the_whole_jacobian(comm, reduced):
    problem = heated(comm)
    with Newton(problem, NewtonOptions(petsc={"ksp_type": "gmres"})) as newton:
        newton.solve()
        assert newton.linear.is_exact


def test_small_problems_and_mixtures_are_factorised_whole(comm, monkeypatch):
    groups = property_values(Groups(Ra=1e3, Pr=10.0, Le=10.0, psi=0.2), c0=0.5, S_T_dT=0.1)
    mixture = Problem(
        rectangle(comm, (1.0, 1.0), (2, 2)),
        mixture_of_groups(groups, up=(0.0, 1.0)),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )

    def takes_reduced_steps(problem):
        with Newton(problem) as newton:
            return newton.linear.context.reduced is not None

    assert not takes_reduced_steps(heated(comm))
    monkeypatch.setattr(selection, "REDUCED_FROM", 0)
    assert takes_reduced_steps(heated(comm))
    assert not takes_reduced_steps(mixture)
