"""Parallel flow in a duct of finite depth, against finite differences and against a 3D column."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from femsoret.case import load_case
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.studies.duct import DuctFlow
from femsoret.studies.measure.steady import measure
from femsoret.studies.parallel_flow import ParallelFlow


def laplacian(n, h, *, fixed):
    """Return the second derivative on n cells; walls at the ends are at zero, or insulated."""
    end = -3.0 if fixed else -1.0
    diagonal = np.full(n, -2.0)
    diagonal[[0, -1]] = end
    return sparse.diags([np.ones(n - 1), diagonal, np.ones(n - 1)], [-1, 0, 1]) / h**2


def by_differences(depth, n, K):
    """Return I1 and I2 of a duct on a grid of cells: both fields at once."""
    h, m = 1.0 / n, round(n * depth)
    x = np.repeat((np.arange(n) + 0.5) * h - 0.5, m)
    one, many, size = sparse.identity(n), sparse.identity(m), n * m

    def laplacian_of(*, fixed):
        across = sparse.kron(laplacian(n, h, fixed=fixed), many)
        return across + sparse.kron(one, laplacian(m, h, fixed=fixed))

    insulated = laplacian_of(fixed=False).tolil()
    insulated[0, :] = 1.0  # H has no mean, like W
    carried = sparse.identity(size).tolil()
    carried[0, 0] = 0.0
    system = sparse.bmat(
        [[laplacian_of(fixed=True), K * sparse.identity(size)], [-carried, insulated]]
    )
    solution = spsolve(system.tocsc(), np.concatenate([-x, np.zeros(size)]))
    W, H = solution[:size], solution[size:]
    return np.array([x @ W, -(W @ H)]) / size


@pytest.mark.parametrize(("depth", "K"), [(1.0, 0.0), (2.5, 0.0), (1.5, 2e3), (2.0, -200.0)])
def test_the_integrals_are_those_of_finite_differences(depth, K):
    coarse, fine = (by_differences(depth, n, K) for n in (16, 32))
    extrapolated = fine + (fine - coarse) / 3.0  # of second order
    found = DuctFlow(depth=depth).integrals(K)
    assert (found.first, found.second) == pytest.approx(tuple(extrapolated), rel=3e-3)


def ratio(depth, X, psi=0.0):
    """Return the slope along a duct over that between plates without end."""
    return DuctFlow(depth=depth).slope(X, psi) / ParallelFlow().slope(X, psi)


@pytest.mark.parametrize("psi", [0.0, 1.0])
def test_deep_columns_are_plates(psi):
    far, farther = ratio(50.0, 1e5, psi) - 1.0, ratio(100.0, 1e5, psi) - 1.0
    assert 0.0 < farther < 0.003
    assert far == pytest.approx(2.0 * farther, rel=0.05)  # of first order in gap over depth


def test_both_sides_of_the_depth_from_which_walls_do_not_feel_each_other():
    below, above = DuctFlow(depth=8.0), DuctFlow(depth=8.0 + 1e-9)
    for K in (-100.0, 0.0, 1e4):
        assert below.integrals(K) == pytest.approx(above.integrals(K), rel=1e-8)
    # Half way: what a wall changes is proportional to 1/b from well below on.
    far, plates = DuctFlow(depth=7.0).integrals(1e4), ParallelFlow().integrals(1e4)
    near = DuctFlow(depth=8.0).integrals(1e4)
    for at, deep, without in zip(far, near, plates, strict=True):
        assert 7.0 * (at / without - 1.0) == pytest.approx(8.0 * (deep / without - 1.0), rel=1e-4)


def test_weak_flow_is_held_back_and_strong_flow_mixes_less():
    assert ratio(4.0, 1.0) == pytest.approx(
        720.0 * DuctFlow(depth=4.0).integrals(0.0).first, rel=1e-4
    )
    assert ratio(4.0, 1.0) < 1.0 < ratio(4.0, 1e4)
    assert ratio(2.0, 1e4, 1.0) > ratio(2.0, 1e4, 0.0)  # by 1 %: the stratification is steeper


def test_the_second_integral_is_the_derivative_of_the_first():
    duct, K, step = DuctFlow(depth=1.3), 500.0, 1.0
    slope = (duct.integrals(K + step).first - duct.integrals(K - step).first) / (2.0 * step)
    assert duct.integrals(K).second == pytest.approx(-slope, rel=1e-6)


BOX = """
title = "Column in 3D"
[cell]
kind = "box"
size = ["1 mm", "10 mm", "2 mm"]
cells = [4, 8, 2]
[fluid]
name = "water-ethanol"
[gravity]
direction = [0, -1, 0]
[[condition]]
kind = "temperature"
sides = ["left"]
value = "21 degC"
[[condition]]
kind = "temperature"
sides = ["right"]
value = "20 degC"
[solver]
numerical_error = false
"""


@pytest.mark.parametrize(
    ("slipping", "depth"), [([], 2e-3), (["front"], 4e-3), (["front", "back"], None)]
)
def test_the_depth_is_that_between_walls_that_hold(write, comm, slipping, depth):
    text = BOX
    if slipping:
        text += f'[[condition]]\nkind = "free-slip"\nsides = {slipping}\n'
    column = load_case(write(text)).build(comm).experiment.column
    assert column.depth == (None if depth is None else pytest.approx(depth))


@pytest.mark.slow
def test_a_column_two_gaps_deep_reports_what_a_duct_does(write, comm):
    built = load_case(write(BOX)).build(comm)
    findings = measure(built.experiment, with_numerical_error=False)
    expected = findings.column.theory.depth_changes
    assert expected > 0.1
    theory = findings.column.theory
    assert expected == pytest.approx(ratio(2.0, theory.X, theory.psi) - 1.0)
    found = findings.column.bias(findings.column.theory.soret_of(findings.column.interior.slope))
    assert found == pytest.approx(expected, abs=0.03)  # a coarse mesh, and psi = 0.2
    page = summary(findings, RunContext(units="SI"))
    checks = {check["name"]: check for check in page["column"]["checks"]}
    (name,) = [name for name in checks if "in front and behind" in name]
    assert not checks[name]["met"]
    assert name in steady_verdict(page).finding
