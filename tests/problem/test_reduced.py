"""The solver without the velocity's potential: where it falls back on the whole, what it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import NotConverged
from femsoret.cells import box
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import Newton, NewtonOptions, solve_steady
from femsoret.solve.linear import elimination as module
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.elimination import ReducedSystem
from femsoret.solve.linear.reduced import ReducedDirect


def cell(comm, Ra):
    """Return a liquid in a cube, heated from above and nearly level, Le = 1000."""
    groups = property_values(Groups(Ra=Ra, Pr=10.0, Le=1e3, psi=1.0), c0=0.5, S_T_dT=0.1)
    return Problem(
        box(comm, (1.0, 1.0, 1.0), (2, 2, 2)),
        mixture_of_groups(groups, up=up_vector((0.0, 1.0, 0.0), 0.3, 0.0)),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )


STRONG = 1e7
"""Rayleigh number at which (Ra Le psi = 1e10) the outer iterations come to no end."""


@pytest.fixture
def direct(comm):
    problem = cell(comm, STRONG)
    solve_steady(problem, NewtonOptions(preset="direct"))
    return problem


def test_a_stratification_that_is_too_strong_for_it_is_solved_as_a_whole(comm, direct):
    problem = cell(comm, STRONG)
    report = solve_steady(problem, NewtonOptions(preset="reduced"))
    assert "# the full system is factorised" in report.history
    for name in ("u", "theta", "gamma_0"):
        one, other = (p.function(name).x.array for p in (direct, problem))
        assert np.allclose(one, other, rtol=0.0, atol=1e-7 * np.abs(one).max()), name


def test_linear_solves_of_their_own_fall_back_too(comm, direct):
    found = []
    for preset in ("direct", "reduced"):
        with Newton(direct, NewtonOptions(preset=preset)) as newton:
            x, b, y = (newton.system.vector() for _ in range(3))
            newton.system.read(x)
            newton.system.local(b, direct.layout.index("theta"))[:] = 1.0
            newton.factorise(x)
            newton.back_substitute(b, y)
            factorisations = newton.factorisations
            newton.back_substitute(b, y)  # what it fell back on serves further
            assert newton.factorisations == factorisations
            found.append(newton.system.owned(y, direct.layout.index("theta")).copy())
    size = np.abs(found[0]).max(initial=0.0)
    assert factorisations == 2
    assert np.allclose(*found, rtol=0.0, atol=1e-6 * size)


def test_linear_solves_of_their_own_leave_newton_its_tolerance(comm):
    """A Newton step takes as many iterations after them as before; they are solved further."""
    problem = cell(comm, 1e3)
    with Newton(problem, NewtonOptions(preset="reduced")) as newton:
        x, b, y = (newton.system.vector() for _ in range(3))
        problem.impose()
        newton.system.read(x)
        newton.system.residual(x, b)
        found = []
        for _ in range(2):
            before = newton.linear_iterations
            with pytest.raises(NotConverged):
                newton.solve(1)
            found.append(newton.linear_iterations - before)
            newton.factorise(x)
            newton.back_substitute(b, y)
    further = newton.linear_iterations - before - found[1]
    assert found[0] == found[1] < further


def test_where_nothing_fails_the_whole_is_not_factorised(comm):
    problem = cell(comm, 1e3)
    with Newton(problem, NewtonOptions(preset="reduced")) as newton:
        report = newton.solve()
        assert isinstance(newton.linear, ReducedDirect)
        assert newton.linear.fall_back()
        assert not newton.linear.fall_back()  # there is nothing beyond
    assert not any("#" in line for line in report.history)


def test_what_no_state_changes_is_assembled_once_for_the_parameters(comm, monkeypatch):
    problem = cell(comm, 1e3)
    whole = BlockSystem(problem, nested=True)
    rest = ReducedSystem(whole)
    assembled = []
    assemble = module.fem_petsc.assemble_matrix
    monkeypatch.setattr(
        module.fem_petsc,
        "assemble_matrix",
        lambda *a, **k: assembled.append(1) or assemble(*a, **k),
    )

    def blocks(system):
        whole.jacobian(x, 2.0, pinned=False)
        system.jacobian(system.follow(x), 2.0)
        return [system.matrix.getNestSubMatrix(i, j).norm() for i, j in system._own_blocks]

    x = whole.vector()
    x.array_w[:] = np.random.default_rng(1).normal(size=x.getLocalSize())
    blocks(rest)
    once = len(assembled)
    assert once >= len(rest._own_blocks)  # newer DOLFINx counts the blocks of the whole, too
    again = blocks(rest)
    assert len(assembled) == once
    assert again == pytest.approx(blocks(ReducedSystem(whole)), rel=1e-12)
    name = next(key for key in problem.parameters if "conductivity" in key)
    problem.parameters[name].value *= 3.0
    changed = blocks(rest)
    assert changed == pytest.approx(blocks(ReducedSystem(whole)), rel=1e-12)
    assert changed != pytest.approx(again, rel=1e-3)
