"""What a page says of chambers that glass separates."""

from __future__ import annotations

import pytest

from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict


@pytest.mark.slow
def test_each_chamber_has_its_row(two_chambers):
    content = two_chambers.summary
    assert list(content["chambers"]) == ["left chamber", "right chamber"]
    left, right = content["chambers"].values()
    c0 = two_chambers.solution.experiment.mixture.species[0].c0
    assert (left["filled"], right["filled"]) == pytest.approx((c0, 0.4), rel=1e-12)
    assert (left["mean"], right["mean"]) == pytest.approx((c0, 0.4), abs=1e-9)
    assert content["soret"] is None
    assert "filled differently" in content["soret_reason"]
    table = next(table for table in tables(content) if table.title == "Chambers")
    assert [row[0] for row in table.rows] == ["left chamber", "right chamber"]
    for name, of in content["chambers"].items():
        assert of["bias"] < 0.0
        error = content["numerical_error"][f"chambers.{name}.soret.bias"]
        assert 0.0 < error < abs(of["bias"])


@pytest.mark.slow
def test_the_finding_sends_to_the_chambers(two_chambers):
    assert "chambers are filled differently" in steady_verdict(two_chambers.summary).finding
