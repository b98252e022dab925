"""The cause that a headline names for a small bias: a weak flow, or none."""

from __future__ import annotations

from copy import deepcopy

import pytest

from femsoret.report.verdicts.steady import steady_verdict


@pytest.mark.parametrize(
    ("bias", "said"),
    [(-2e-3, "0.20 % low, because convection mixes"), (-2e-6, "because the flow is negligible")],
)
def test_a_bias_by_a_weak_flow_is_one(physical, bias, said):
    summary = deepcopy(physical.summary)
    soret, separation = summary["soret"], summary["separation"]
    summary["numerical_error"] = {"reason": "not requested"}
    summary["peclet"]["solutal"] = 0.5
    soret |= {"bias": bias, "without_gravity": soret["true"], "reading_effect": 0.0}
    separation["value"] = separation["without_gravity"] * (1.0 + bias)
    assert said in steady_verdict(summary).finding
