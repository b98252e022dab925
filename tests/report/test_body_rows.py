"""What a page says of bodies that are free."""

from __future__ import annotations

import pytest

from femsoret.report.tables.run import tables


@pytest.mark.slow
def test_each_body_has_its_row(moving_sphere):
    """2/3 of mu_s grad T, less 3.6 % for the outer wall at 4 radii."""
    body = moving_sphere.summary["bodies"]["particle"]
    assert body["velocity"] == pytest.approx((0.0, -0.1 * 0.6425, 0.0), rel=2e-3)
    assert body["rotation"] == (0.0, 0.0, 0.0)
    table = next(t for t in tables(moving_sphere.summary) if t.title == "Bodies")
    ((name, velocity, _, size, *_),) = table.rows
    assert name == "particle"
    assert velocity.startswith("0, −0.064")
    assert float(size.split()[0]) == pytest.approx(1.0, rel=1e-3)
    assert body["peclet_thermal"] == pytest.approx(0.1 * 0.6425, rel=2e-3)
    assert body["peclet_solutal"] is None
    assert "moved" not in body
