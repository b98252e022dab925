"""Fields of view and ports: means over rectangles, boxes and the parts of balls in the fluid."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.cells import annulus, box, rectangle
from femsoret.post.places import field_of_view, port

R = 0.05
EXACT = 1e-12  # Gauss points integrate these functions exactly but for round-off


def still(x):
    """Return the points of a drawing that is not rotated."""
    return x


def turned(x):
    """Return the points of a drawing rotated by 30 degrees."""
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    return x @ np.array([[cos, sin], [-sin, cos]])


def mean(reading, cell, function):
    x, weights = reading.points(cell)
    assert weights.sum() == pytest.approx(1.0, rel=EXACT)
    return float(weights @ function(x))


def test_a_window_of_a_plane_cell(comm):
    cell = rectangle(comm, (1.0, 1.0), (3, 3))
    view = field_of_view(cell, [(0.9, 0.2), (0.5, 0.6)], still)
    # The mean of x^2 y over [0.5, 0.9] x [0.2, 0.6].
    wanted = (0.9**3 - 0.5**3) / 1.2 * 0.4
    assert mean(view, cell, lambda x: x[:, 0] ** 2 * x[:, 1]) == pytest.approx(wanted, rel=EXACT)


def test_a_window_turns_with_the_cell(comm):
    cell = rectangle(comm, (1.0, 1.0), (3, 3)).rotated(30.0)
    view = field_of_view(cell, [(0.5, 0.2), (0.9, 0.6)], turned)
    centre = turned(np.array([[0.7, 0.4]]))[0]
    x, weights = view.points(cell)
    assert weights @ x == pytest.approx(centre, rel=EXACT)


def test_a_window_through_the_depth(comm):
    cell = box(comm, (1.0, 1.0, 0.5), (2, 2, 2))
    view = field_of_view(cell, [(0.2, 0.4, 0.0), (0.6, 0.5, 0.5)], still)
    found = mean(view, cell, lambda x: x[:, 1] * x[:, 2] ** 3)
    assert found == pytest.approx(0.45 * 0.5**3 / 4, rel=EXACT)


def test_a_window_of_a_cell_of_revolution_is_a_ring(comm):
    cell = annulus(comm, (1.0, 2.0), 1.0, (3, 3))
    view = field_of_view(cell, [(1.2, 0.2), (1.6, 0.8)], still)
    wanted = (1.6**3 - 1.2**3) / 3 / ((1.6**2 - 1.2**2) / 2)
    assert mean(view, cell, lambda x: x[:, 0]) == pytest.approx(wanted, rel=EXACT)


def test_a_ball_inside_has_its_centre(comm):
    cell = rectangle(comm, (1.0, 1.0), (3, 3))
    found = port(cell, (0.4, 0.6), 2 * R, still)
    assert mean(found, cell, lambda x: x[:, 0]) == pytest.approx(0.4, rel=EXACT)
    # The second moment of a ball about a plane through its centre is R^2/5 of its volume.
    second = mean(found, cell, lambda x: (x[:, 1] - 0.6) ** 2)
    assert second == pytest.approx(R**2 / 5, rel=1e-10)


@pytest.mark.parametrize("make", [rectangle, box])
def test_half_a_ball_at_a_wall(comm, make):
    dim = 2 if make is rectangle else 3
    cell = make(comm, (1.0,) * dim, (2,) * dim)
    at = (0.0, 0.6, 0.5)[:dim]
    found = port(cell, at, 2 * R, still)
    # The centroid of half a ball is 3 R/8 from its flat face.
    rel = 1e-10 if dim == 2 else 1e-8
    assert mean(found, cell, lambda x: x[:, 0]) == pytest.approx(3 * R / 8, rel=rel)
    assert mean(found, cell, lambda x: x[:, 1]) == pytest.approx(0.6, rel=EXACT)


def test_a_ball_on_the_axis(comm):
    cell = annulus(comm, (0.0, 1.0), 1.0, (3, 3))
    found = port(cell, (0.0, 0.5), 2 * R, still)
    assert mean(found, cell, lambda x: x[:, 0] ** 2) == pytest.approx(2 * R**2 / 5, rel=1e-8)
    bottom = port(cell, (0.0, 0.0), 2 * R, still)
    assert mean(bottom, cell, lambda x: x[:, 1]) == pytest.approx(3 * R / 8, rel=1e-8)


def test_what_is_no_place(comm):
    cell = rectangle(comm, (1.0, 1.0), (2, 2))
    with pytest.raises(ConditionError, match="edge of length zero"):
        field_of_view(cell, [(0.1, 0.2), (0.1, 0.4)], still)
    with pytest.raises(ConditionError, match="part of the field of view lies outside"):
        field_of_view(cell, [(0.1, 0.2), (1.2, 0.4)], still)
    with pytest.raises(ConditionError, match="no part of a port lies in the fluid"):
        port(cell, (2.0, 0.2), R, still)
    with pytest.raises(ConditionError, match="diameter of a port is not positive"):
        port(cell, (0.5, 0.2), 0.0, still)
    ring = annulus(comm, (0.0, 1.0), 1.0, (2, 2))
    with pytest.raises(ConditionError, match="reaches the axis"):
        port(ring, (0.5 * R, 0.5), 2 * R, still)
