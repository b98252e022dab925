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
from femsoret.studies.duct import duct_factors, slope_ratio
from femsoret.studies.measure.steady import measure


def laplacian(n, h, *, fixed):
    """Return the second derivative on n cells; walls at the ends are at zero, or insulated."""
    end = -3.0 if fixed else -1.0
    diagonal = np.full(n, -2.0)
    diagonal[[0, -1]] = end
    return sparse.diags([np.ones(n - 1), diagonal, np.ones(n - 1)], [-1, 0, 1]) / h**2


def by_differences(depth, n):
    """Return I1 and I2 of a duct on a grid of cells, over those between plates without end."""
    h, m = 1.0 / n, round(n * depth)
    x = np.repeat((np.arange(n) + 0.5) * h - 0.5, m)
    one, many = sparse.identity(n), sparse.identity(m)

    def solved(right, *, fixed):
        A = sparse.kron(laplacian(n, h, fixed=fixed), many)
        A = (A + sparse.kron(one, laplacian(m, h, fixed=fixed))).tolil()
        if not fixed:  # the level is free; the right side has no mean
            A[0, :] = 0.0
            A[0, 0] = 1.0
            right = right.copy()
            right[0] = 0.0
        return spsolve(A.tocsc(), right)

    w = solved(-x, fixed=True)
    phi = solved(w, fixed=False)
    return np.array([(x @ w) * 720.0, -(w @ phi) * 362880.0]) / len(x)


@pytest.mark.parametrize("depth", [1.0, 2.5])
def test_the_integrals_are_those_of_finite_differences(depth):
    coarse, fine = (by_differences(depth, n) for n in (16, 32))
    extrapolated = fine + (fine - coarse) / 3.0  # of second order
    assert duct_factors(depth) == pytest.approx(tuple(extrapolated), rel=2e-3)


def test_deep_columns_are_plates():
    far, farther = slope_ratio(50.0, 1e5) - 1.0, slope_ratio(100.0, 1e5) - 1.0
    assert 0.0 < farther < 0.003
    assert far == pytest.approx(2.0 * farther, rel=0.05)  # of first order in gap over depth
    # Weak flow is held back and less steep, strong flow mixes less and is steeper.
    assert slope_ratio(4.0, 1.0) == pytest.approx(duct_factors(4.0).first, rel=1e-4)
    assert slope_ratio(4.0, 1.0) < 1.0 < slope_ratio(4.0, 1e4)


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
    expected = slope_ratio(2.0, findings.column.theory.X) - 1.0
    assert expected > 0.1
    found = findings.column.bias(findings.column.theory.soret_of(findings.column.interior.slope))
    assert found == pytest.approx(expected, abs=0.03)  # a coarse mesh, and psi = 0.2
    page = summary(findings, RunContext(units="SI"))
    checks = {check["name"]: check for check in page["column"]["checks"]}
    (name,) = [name for name in checks if "in front and behind" in name]
    assert not checks[name]["met"]
    assert name in steady_verdict(page).finding
