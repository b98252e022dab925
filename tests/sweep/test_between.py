"""Between the points of a sweep: where levels are passed, in lines and in maps."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import contour as drawn_contours
from matplotlib.axes import Axes

from femsoret.case.axes import SweepAxis
from femsoret.report.figures.sweep import crossings, draw_sweep, finer, finer_line, finer_map
from femsoret.report.verdicts.sweep import BIAS


def test_where_a_level_is_passed():
    """A bias that grows with the square passes 1 % where it should, in between two points."""
    x = np.linspace(0.0, 4.0, 9)
    assert crossings(x, -0.0025 * x**2, 0.01) == pytest.approx([2.0], rel=1e-12)
    (place,) = crossings(x, -0.002 * x**2, 0.01)
    assert place == pytest.approx(np.sqrt(5.0), rel=1e-2)
    assert crossings(x, 0.0 * x, 0.01) == []
    assert crossings([0.0, 1.0], [0.0, 0.02], 0.01) == [0.5]
    assert crossings([0.0, 1.0, 2.0], [0.0, np.nan, 0.02], 0.01) == []


def test_a_power_is_met_exactly_on_logarithmic_axes():
    x = np.geomspace(0.1, 10.0, 4)
    (place,) = crossings(np.log(x), -3e-3 * x**2, 0.01)
    assert np.exp(place) == pytest.approx(np.sqrt(10.0 / 3.0), rel=1e-12)


def test_signed_values_pass_a_level_on_both_sides_of_zero():
    """From +30 % to -20 % in one step: no end is within 10 %, and the line is there twice."""
    assert crossings([0.0, 1.0], [0.3, -0.2], 0.1) == pytest.approx([0.4, 0.8], rel=1e-12)
    # Within a level on one side, beyond it on the other: once.
    assert crossings([0.0, 1.0], [0.05, -0.2], 0.1) == pytest.approx([0.6], rel=1e-12)


def test_round_off_at_a_levelled_point_is_a_zero():
    assert crossings([0.0, 1.0], [1e-15, 0.02], 0.01) == pytest.approx([0.5], rel=1e-9)
    assert crossings([0.0, 1.0], [-1e-15, 0.02], 0.01) == pytest.approx([0.5], rel=1e-9)


def test_the_drawn_line_passes_a_level_where_it_is_marked():
    x, y = np.array([0.1, 0.5, 2.0]), np.array([-1e-3, -0.04, -0.3])
    for level in (0.01, 0.1):
        (place,) = crossings(x, y, level)
        line = np.interp(place, finer(x, 24), finer_line(y, 24))
        assert abs(line) == pytest.approx(level, rel=5e-3)


def plan_and_records(x, y, bias):
    axes = (
        SweepAxis("gravity.tilt", tuple(map(float, x)), "deg", logarithmic=True),
        SweepAxis("groups.Ra", tuple(map(float, y)), logarithmic=True),
    )
    records = [
        {"at": {"gravity.tilt": a, "groups.Ra": b}, "numbers": {BIAS: bias(a, b)}}
        for a in axes[0].values
        for b in axes[1].values
    ]
    return axes, records


@pytest.fixture
def contours(monkeypatch):
    """Return a function that draws a sweep and gives the vertices of each contour by level."""
    drawn = []
    draw = Axes.contour

    def noted(self, *args, **kwargs):
        drawn.append(draw(self, *args, **kwargs))
        return drawn[-1]

    monkeypatch.setattr(Axes, "contour", noted)

    def of(axes, records):
        drawn.clear()
        assert draw_sweep(axes, records, BIAS)
        found = {}
        for lines in drawn:
            assert isinstance(lines, drawn_contours.ContourSet)
            for height, path in zip(lines.levels, lines.get_paths(), strict=True):
                found[float(height)] = path.vertices
        return found

    return of


def test_contours_of_a_map_are_those_of_powers(contours):
    """|bias| = (tilt Ra / 1e4)^2 passes 1 % at tilt Ra = 1e3, between points a decade apart."""
    plan, records = plan_and_records(
        np.geomspace(0.01, 100.0, 5), np.geomspace(10.0, 1e5, 5), lambda a, b: -((a * b / 1e4) ** 2)
    )
    lines = contours(plan, records)
    assert set(lines) == {-0.01, -0.1}
    for level, vertices in lines.items():
        assert vertices[:, 0] * vertices[:, 1] / 1e4 == pytest.approx(np.sqrt(abs(level)), rel=1e-2)


def test_a_map_has_the_contours_of_both_signs(contours):
    """The bias changes its sign between two points that are both beyond 10 %."""
    plan, records = plan_and_records(
        np.geomspace(0.1, 10.0, 3), np.geomspace(10.0, 1e3, 3), lambda a, b: 0.3 - 0.5 * (a > 1.5)
    )
    lines = contours(plan, records)
    assert set(lines) == {-0.1, -0.01, 0.01, 0.1}
    places = [lines[level][:, 0].mean() for level in (0.1, 0.01, -0.01, -0.1)]
    assert places == sorted(places)


def test_a_map_and_a_line_agree_and_a_failed_point_spoils_no_other():
    x = np.geomspace(1.0, 100.0, 4)
    values = 1e-3 * np.outer(x, x**2) * np.array([1, 1, -1, 1])
    found = finer_map(values, 8)
    np.testing.assert_allclose(found[8], finer_line(values[1], 8), rtol=1e-12)
    np.testing.assert_allclose(found[:, 16], finer_line(values[:, 2], 8), rtol=1e-12)
    values[0, 0] = np.nan
    found = finer_map(values, 8)
    assert np.isnan(found[:8, :8]).all()
    assert np.isfinite(found[8:, :]).all()
    assert np.isfinite(found[:, 8:]).all()


def test_a_logarithmic_axis_of_negative_values_is_drawn():
    axis = SweepAxis("groups.psi", (-1.0, -0.1, -0.01), logarithmic=True)
    records = [{"at": {"groups.psi": a}, "numbers": {BIAS: 0.02 * a}} for a in axis.values]
    assert draw_sweep([axis], records, BIAS)
