"""The approach of a steady state: like a quiet layer where the early flow is weak, else marched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_budget import GAP, experiment

import femsoret as fs
from femsoret.base.errors import NotConverged
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.post.evaluation import Layer
from femsoret.report.summary.audit import audit_summary
from femsoret.report.summary.head import RunContext
from femsoret.report.tables.audit import audit_tables
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.studies.audit.approach import deficit, is_quiet, marched
from femsoret.studies.audit.audit import AuditPlan, audit
from femsoret.studies.audit.budget import budget
from femsoret.studies.audit.causes import FiniteTime, Measurement
from femsoret.studies.audit.ideal import causes_in, ideal_of
from femsoret.studies.audit.reported import measured
from femsoret.studies.measure.solution import solve_at_rest
from femsoret.studies.measure.stability_check import StabilityCheck
from femsoret.studies.measure.transient import measure_in_time

CELLS = (12, 8)


def read_after(real, scaled):
    """Return a cell's measurement some relaxation times after its composition was uniform."""
    tau = relaxation_time(real.mixture, GAP)
    return measured(Measurement(real, scaled * tau), ideal_of(real).experiment)


def run_for(real, scaled):
    """Return the bias of a transient run's last readings, over S_T at the mean temperature."""
    tau = relaxation_time(real.mixture, GAP)
    return measure_in_time(real, Schedule(end=scaled * tau)).with_gravity.rows[-1]["bias"]


@pytest.fixture(scope="module")
def leaning():
    """Audit of a cell at 2 degrees, read after 3 relaxation times."""
    real = experiment(2.0, cells=CELLS)
    tau = relaxation_time(real.mixture, GAP)
    causes = (*causes_in(real), FiniteTime(3.0 * tau, tau))
    plan = AuditPlan(causes, with_limits=False, with_numerical_error=False)
    return real, audit(real, plan)


@pytest.mark.slow
def test_a_strong_early_flow_is_marched(leaning):
    real, found = leaning
    total = found.budget.total.value
    assert total == pytest.approx(run_for(real, 3.0), rel=5e-3)
    # A quiet layer would be at -10 % (-8.5 % on a finer mesh); the early flow does the rest.
    early = found.budget.early_flow.value
    assert -0.12 < total - early < -0.07
    assert early < -0.1
    late = next(t.entry.value for t in found.budget.terms if t.cause.name == "finite_time")
    assert late == pytest.approx(float(Layer.between(GAP).approach(3.0)) - 1.0, rel=1e-2)


def test_the_page_says_that_it_was_marched_and_why(leaning):
    _, found = leaning
    content = audit_summary(found, RunContext("SI"))
    assert content["approach"] == {"kind": "marched", "deficit": None}
    assert content["budget"]["early_flow"]["value"] == found.budget.early_flow.value
    assert "much early flow" in content["data_uncertainty"]["reason"]
    rows = {row[0]: row[1] for row in audit_tables(content)[0].rows}
    assert "due to the flow of the initially uniform liquid, by a march" in rows["interaction"]
    finding = audit_verdict(content).finding
    assert "The interaction of the causes is even larger" in finding
    assert "mostly due to the flow of the initially uniform liquid" in finding
    assert finding.startswith("This cell would report")
    grows = StabilityCheck("unstable", "a stationary mode grows", 1e-3, 0.0, modes=1)
    unstable = replace(found, regime=replace(found.regime, stability=grows))
    content = audit_summary(unstable, RunContext("SI"))
    assert content["soret"]["reported"] is None
    finding = audit_verdict(content).finding
    assert finding.startswith("The steady state is unstable: the real cell will not show this")


def test_what_is_not_marched_is_within_the_deficit():
    real = experiment(0.5, cells=CELLS)
    quiet = read_after(real, 5.0)
    assert quiet.reported.marched == ()
    assert quiet.early_flow is None
    # The estimate at one relaxation time, where it can be seen, holds what the quiet layer misses.
    tau = quiet.reported.time
    steady = (
        quiet.reported.ratio(real, [quiet.solution.soret.at])[0] / quiet.reported.completeness[0, 0]
    )
    at_tau = (
        steady * float(Layer.between(GAP).approach(relaxation_time(real.mixture, GAP) / tau)) - 1.0
    )
    missed = at_tau - run_for(real, 1.0)
    assert 0.4 * deficit(quiet.solution, 1.0) < missed < deficit(quiet.solution, 1.0)


def test_when_a_cell_is_quiet():
    still = solve_at_rest(experiment(0.0, cells=(4, 3)))
    assert is_quiet(still, 0.01)
    assert deficit(still, 0.01) == 0.0
    weak = read_after(experiment(0.5, cells=CELLS), 5.0).solution
    assert is_quiet(weak, 5.0)
    assert not is_quiet(weak, 1.0)
    strong = read_after(experiment(2.0, cells=CELLS), 0.2).solution
    # However late: the layers may never form.
    assert not is_quiet(strong, 20.0)


def test_error_bounds_have_room_for_the_deficit():
    real = experiment(0.5, cells=(6, 4))
    tau = relaxation_time(real.mixture, GAP)
    causes = (*causes_in(real), FiniteTime(5.0 * tau, tau))
    found = budget(ideal_of(real), causes, with_numerical_error=True)
    left_out = found.state.reported.deficit
    assert left_out > 1e-5
    assert found.total.error > left_out
    assert found.interaction.error > left_out
    assert found.early_flow is None


def test_a_march_in_three_dimensions_is_left_to_the_user(comm):
    cell = fs.box(comm, (2e-3, 2e-3, 2e-3), (2, 2, 2))
    up = fs.up_vector((0.0, 1.0, 0.0), 1.0)
    flat = experiment()
    tilted = replace(flat.mixture.gravity, up=up)
    deep = replace(flat, cell=cell, mixture=replace(flat.mixture, gravity=tilted))
    with pytest.raises(NotConverged, match="too strong for the formula of a layer at rest"):
        marched(deep, 1e3, 2)
