"""Arc-length continuation: branch points and folds that are known."""

from __future__ import annotations

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.base.errors import CaseError
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.flow import speed
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solve import BranchOptions, Newton, follow_branch, solve_steady
from femsoret.solve.branches.continuation import WITH_DETERMINANT


def heated_from_below(comm, Ra, tilt=180.0, cells=6):
    """Return the square box of a pure fluid with adiabatic sides; gravity is Ra, as Pr = 1."""
    scaled = property_values(Groups(Ra=Ra, Pr=1.0, Le=1.0), c0=0.5, S_T_dT=0.0)
    return Problem(
        rectangle(comm, (1.0, 1.0), (cells, cells)),
        mixture_of_groups(scaled, up=up_vector((0.0, 1.0), tilt), pure=True),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )


def largest_speed(problem):
    return speed(problem).maximum


def test_onset_of_convection_is_a_branch_point(comm):
    """Ra_c = 2585.02 in the square box (Mizushima & Nakamura, J. Phys. Soc. Jpn 72 (2003) 197)."""
    problem = heated_from_below(comm, 2000.0, cells=12)
    branch = follow_branch(problem, "gravity.magnitude", 3200.0, largest_speed)
    (onset,) = branch.special
    assert onset.kind == "branch point"
    assert onset.parameter == pytest.approx(2585.02, rel=1e-3)
    # Rest remains a solution. Round-off, which the nearly singular matrix amplifies, depends on the
    # processor: up to 1.2e-8. Rolls move at 1 and more.
    assert onset.measure == pytest.approx(0.0, abs=1e-7)
    before, after = branch.points[onset.after], branch.points[onset.after + 1]
    assert before.parameter < onset.parameter < after.parameter
    assert before.determinant_sign == -after.determinant_sign != 0
    assert all(point.tangent > 0.0 for point in branch.points)
    assert branch.points[-1].parameter == 3200.0
    assert float(problem.parameters["gravity.magnitude"].value) == 3200.0


def fold_of(comm, lean):
    """Return the fold of the branch that a lean against the roll cuts off, and the branch."""
    problem = heated_from_below(comm, 4000.0, 180.0 + lean)
    solve_steady(problem)  # from rest Newton finds the state that has lost its stability
    branch = follow_branch(problem, "gravity.magnitude", 1000.0, largest_speed)
    (fold,) = branch.special
    assert fold.kind == "fold"
    assert fold.parameter < min(point.parameter for point in branch.points)
    # Round the fold the branch comes back to the same Ra in another state.
    first, last = branch.points[0], branch.points[-1]
    assert last.parameter == pytest.approx(first.parameter, rel=1e-12)
    assert last.measure > 3.0 * first.measure
    # p' and det J change sign together: no branch point.
    signs = {point.determinant_sign * np.sign(point.tangent) for point in branch.points}
    assert len(signs) == 1
    return fold.parameter


@pytest.mark.slow
def test_folds_of_the_imperfect_bifurcation(comm):
    """A lean d moves the fold off the onset by d^(2/3): eight times the lean, four times as far."""
    onset = heated_from_below(comm, 2300.0)
    branch = follow_branch(onset, "gravity.magnitude", 2900.0, largest_speed)
    (point,) = branch.branch_points
    small, large = (fold_of(comm, lean) - point.parameter for lean in (0.02, 0.16))
    assert small > 0.0
    assert large / small == pytest.approx(4.0, rel=0.05)


def test_any_parameter_and_what_is_refused(comm):
    problem = full_problem((4, 3))
    solve_steady(problem)
    start = float(problem.parameters["species.0.beta_c"].value)
    branch = follow_branch(problem, "species.0.beta_c", 2 * start, lambda p: 1.0)
    end = problem.get_state()
    assert branch.ended == f"at species.0.beta_c = {2 * start:g}"
    solve_steady(problem)  # the state at the end is a solution
    for before, function in zip(end, problem.functions, strict=True):
        assert abs(function.x.array - before).max() <= 1e-7 * abs(before).max()
    with pytest.raises(CaseError, match="unknown parameter 'gravity'"):
        follow_branch(problem, "gravity", 1.0, lambda p: 1.0)
    with pytest.raises(CaseError, match="already"):
        follow_branch(problem, "species.0.beta_c", 2 * start, lambda p: 1.0)


def test_a_branch_ends_after_its_points(comm):
    problem = heated_from_below(comm, 2000.0, cells=2)
    branch = follow_branch(
        problem,
        "gravity.magnitude",
        4000.0,
        largest_speed,
        options=BranchOptions(first=0.01, longest=0.01, max_points=4),
    )
    assert len(branch.points) == 4
    assert branch.ended == "after 4 points"
    assert branch.points[-1].parameter == pytest.approx(2060.0)


def test_determinant_is_that_of_the_dense_jacobian():
    """With the means in their rows; sign and size, in natural sizes."""
    problem = full_problem((2, 1))
    for seed in (1, 2, 3):
        put_waves(problem, seed)
        with Newton(problem, WITH_DETERMINANT) as newton:
            problem.impose()
            x = newton.system.vector()
            newton.system.read(x)
            newton.factorise(x)
            y = newton.system.vector()
            newton.back_substitute(x, y)
            sign, size = newton.linear.determinant()
            A = newton.system.matrix
            first, last = A.getOwnershipRange()
            rows = [A.getRow(row) for row in range(first, last)]
            dense = np.zeros((last - first, A.getSize()[1]))
            for line, (columns, values) in zip(dense, rows, strict=True):
                line[columns] = values
            dense = np.concatenate(newton.system.comm.allgather(dense))
            for constraint in newton.system.constraints:
                weights = newton.system.comm.allgather(constraint.weights.array_r)
                dense[constraint.row] = np.concatenate(weights)
            expected_sign, expected = np.linalg.slogdet(dense)
            assert sign == expected_sign
            assert size == pytest.approx(expected / np.log(2.0), rel=1e-9)
