"""Gradients as readings: in a direction, on faces of mesh cells, on walls, outside."""

from __future__ import annotations

import numpy as np
import pytest
from everything import full_problem

from femsoret.base.errors import ConditionError
from femsoret.post.signals import MeanGradient, read_gradients

UP = (0.0, 1.0)


@pytest.fixture(scope="module")
def fields():
    """T - T0 = x^2 + 3 x y, c - c0 = |y - h|, in a cell of w x 2 h; mesh cells meet at y = h."""
    problem = full_problem((3, 2))
    corner = problem.cell.mesh.geometry.x.max(axis=0, initial=0.0)
    w, top = problem.cell.comm.allreduce(corner, op=maximum)[:2]
    problem.function("theta").interpolate(lambda x: x[0] ** 2 + 3.0 * x[0] * x[1])
    problem.function("gamma").interpolate(lambda x: np.abs(x[1] - 0.5 * top))
    return problem, w, top


def maximum(a, b):
    return np.maximum(a, b)


@pytest.mark.parametrize("height", [0.0, 0.3, 0.5, 1.0])
def test_mean_along_a_line(fields, height):
    problem, w, top = fields
    y = height * top
    line = ((0.0, y), (w, y))
    assert MeanGradient(*line, UP).of(problem, "theta") == pytest.approx(1.5 * w)
    assert MeanGradient(*line, (0.0, -7.0)).of(problem, "theta") == pytest.approx(-1.5 * w)
    across = MeanGradient(*line, (1.0, 0.0)).of(problem, "theta")
    assert across == pytest.approx(w + 3.0 * y)


def test_both_sides_of_a_kink_count(fields):
    problem, w, top = fields
    for height, slope in ((0.3, -1.0), (0.5, 0.0), (0.7, 1.0), (0.0, -1.0), (1.0, 1.0)):
        at = (0.4 * w, height * top)
        found = MeanGradient(at, at, UP, number=1).of(problem, "gamma_0")
        assert found == pytest.approx(slope, abs=1e-9)


def test_of_both_fields_by_name(fields):
    problem, w, top = fields
    at = (0.2 * w, 0.7 * top)
    found = read_gradients(problem, {"here": MeanGradient(at, at, UP, number=1)})["here"]
    assert (found.T, found.c) == pytest.approx((0.6 * w, 1.0))


def test_what_cannot_be_read(fields):
    problem, w, top = fields
    with pytest.raises(ConditionError, match="outside the cell"):
        MeanGradient((0.0, 2.0 * top), (w, 2.0 * top), UP).of(problem, "theta")
    with pytest.raises(ConditionError, match="length zero"):
        MeanGradient((0.0, 0.0), (w, 0.0), (0.0, 0.0)).of(problem, "theta")
