"""Newton: its convergence, and what a failure leaves behind."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.base.errors import CaseError, NotConverged
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.solve.steady.newton import REUSE


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.fixture(scope="module")
def problem():
    return full_problem((8, 6))


def test_convergence_is_quadratic_and_reported(problem):
    put_waves(problem, 0, ())
    report = solve_steady(problem, NewtonOptions(tolerance=1e-10))
    assert report.dofs == problem.num_dofs == (2 + 2) * 17 * 13 + 9 * 7 + 2 * 25 * 19
    # u, T, c; p; phi, chi
    assert len(report.history) == report.newton_iterations + 1
    assert report.options["pc_factor_mat_solver_type"] == "mumps"
    changes = [float(c) for c in re.findall(r"largest change +(\S+)", "\n".join(report.history))]
    assert len(changes) == report.newton_iterations
    assert changes[-1] < 1e-10
    for before, after in pairwise(changes):
        # Quadratic while every step has its own factorisation, then linear by the last one's.
        assert after < 10.0 * before * max(before, REUSE) or after < 1e-13
    assert report.factorisations < report.newton_iterations
    # A solution is its own solution.
    again = solve_steady(problem)
    assert again.newton_iterations <= 2


def test_not_converged_leaves_the_state_as_it_was(problem):
    put_waves(problem, 3)
    before = problem.get_state()
    with problem.changed(gravity__magnitude=9.81), pytest.raises(NotConverged) as failure:
        solve_steady(problem, NewtonOptions(max_iterations=1))
    assert same(problem.get_state(), before)
    assert len(failure.value.history) == 2
    assert "after 1 Newton step: the limit was reached" in failure.value.message
    assert failure.value.hint


def test_unknown_preset_is_refused(problem):
    with pytest.raises(CaseError, match="unknown solver preset 'drect'"):
        solve_steady(problem, NewtonOptions(preset="drect"))
