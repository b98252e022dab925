"""The regime and what it rests on."""

from __future__ import annotations

import numpy as np
import pytest
from test_budget import experiment

import femsoret as fs
from femsoret.base.errors import CaseError
from femsoret.report.summary.audit import audit_summary
from femsoret.report.summary.head import RunContext
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.studies.audit.audit import AuditPlan, audit
from femsoret.studies.audit.ideal import causes_in
from femsoret.studies.audit.regime import _name, turning_one_way
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.stability_check import StabilityCheck, stability_check


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ((0.5, 0.0, 1.0, "stable"), "thin layer"),
        ((5.0, 0.001, 0.9, "not looked at"), "unicellular"),
        ((5.0, 0.001, 0.1, "no growth found"), "multicellular"),
        ((500.0, 0.3, 0.9, "no growth found"), "convective"),
        ((0.0, 0.0, None, "unstable"), "unstable"),
    ],
)
def test_names(numbers, name):
    *flow, verdict = numbers
    assert _name(*flow, StabilityCheck(verdict, "")) == name


def rolls(number):
    """Return the flow of some rolls beside each other, u = rot of sin^2 sin^2."""

    def flow(x):
        a, b = np.pi * number * x[0] / 10e-3, np.pi * x[1] / 5e-3
        sign = np.sign(np.sin(a))
        return np.stack(
            [
                sign * np.sin(a) ** 2 * np.sin(2 * b) / 5e-3,
                -sign * number * np.sin(2 * a) * np.sin(b) ** 2 / 10e-3,
            ]
        )

    return flow


def test_one_roll_turns_one_way_and_two_do_not():
    problem = experiment().problem()
    assert turning_one_way(problem) is None
    u = problem.function("u")
    shares = []
    for number in (1, 2):
        u.interpolate(rolls(number))
        shares.append(turning_one_way(problem))
    assert shares[0] > 0.9
    assert shares[1] < 0.5


def test_a_stable_layer_is_not_searched_and_one_heated_from_below_is():
    found = stability_check(solve(experiment(0.0)))
    assert found.verdict == "stable"
    assert "stable everywhere" in found.reason
    assert found.growth_rate is None
    found = stability_check(solve(experiment(180.0, cells=(6, 4))))
    assert found.verdict == "unstable"
    assert found.growth_rate > 0.0
    assert found.reason == "a stationary mode grows, also at higher order"


@pytest.mark.serial
def test_a_mode_that_grows_on_a_coarse_mesh_only_proves_nothing():
    # Stratified by its composition, and strongly, the liquid is as stable as can be.
    fluid = fs.load_fluid("water-ethanol").with_(thermal_expansion=-1e-9)
    found = stability_check(solve(experiment(0.0, fluid=fluid, cells=(12, 8))))
    assert found.verdict == "no growth found"


def plan(cell):
    return AuditPlan(causes_in(cell))


def refused(cell):
    with pytest.raises(CaseError) as error:
        audit(cell, plan(cell))
    return error.value.message


def test_nothing_to_audit():
    assert "nothing to audit" in refused(experiment(0.0))
    assert "nothing to audit" in refused(experiment(g=0.0))


def test_no_soret_coefficient():
    cell = experiment()
    held = fs.Experiment(
        "held", cell.cell, cell.mixture, (*cell.conditions, fs.Composition("top", 0.6))
    )
    assert "composition is imposed at walls" in refused(held)
    vanishing = fs.load_fluid("water-ethanol").with_(soret=0.0)
    assert "S_T is zero" in refused(experiment(fluid=vanishing))


def test_walls_of_one_temperature():
    cell = experiment()
    same = fs.Experiment(
        "same", cell.cell, cell.mixture, (fs.Temperature(("top", "bottom"), 295.65),)
    )
    with pytest.raises(CaseError, match="the same temperature"):
        audit(same, AuditPlan(()))


def test_an_unstable_total_reports_nothing():
    """S_T < 0 heated from above: the tilt makes a bias of a state that no cell shows."""
    fluid = fs.load_fluid("water-ethanol").with_(soret=-3.171e-3)
    cell = experiment(0.02, fluid=fluid, cells=(8, 6))
    found = audit(cell, AuditPlan(causes_in(cell), with_limits=False, with_numerical_error=False))
    assert found.regime.name == "unstable"
    summary = audit_summary(found, RunContext("SI"))
    assert summary["soret"]["reported"] is None
    assert summary["regime"]["verdict"] == "unstable"
    text = audit_verdict(summary).finding
    assert "unstable: the real cell will not show this" in text
    assert "would report S_T" not in text
