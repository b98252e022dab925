"""A uniform liquid may reach another steady state than the separated one."""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.flow import speed
from femsoret.problem.conditions import Composition, Temperature
from femsoret.report.summary.audit import audit_summary
from femsoret.report.summary.head import RunContext
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.solve.march import MarchOptions
from femsoret.studies.audit.audit import AuditPlan, audit
from femsoret.studies.audit.ideal import causes_in
from femsoret.studies.measure import uniform_start as of_uniform_start
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time
from femsoret.studies.measure.uniform_start import uniform_start

SEPARATED = -0.0413
"""Bias of the state found from rest at 2 degrees, on 24 x 16 and 48 x 32 cells (degree 2, 3)."""

MIXED = -0.680
"""Bias of the state that the uniform liquid reaches, likewise."""


def plates(comm, degrees: float) -> Experiment:
    """Return water-ethanol between plates of 10 mm, 3 mm apart, 20 K warmer at the top."""
    fluid, tilt = load_fluid("water-ethanol"), math.radians(degrees)
    up = (-math.sin(tilt), math.cos(tilt))
    return Experiment(
        "plates",
        rectangle(comm, (10e-3, 3e-3), (12, 8)),
        mixture_of(fluid, T0=295.65, c0=fluid.c, up=up),
        (Temperature(("top",), 305.65), Temperature(("bottom",), 285.65)),
    )


@pytest.fixture(scope="module")
def tilted():
    return measure(plates(MPI.COMM_WORLD, degrees=2.0))


def test_the_run_shows_the_state_that_a_uniform_liquid_reaches(tilted):
    start = tilted.uniform_start
    assert start.reached == "another state"
    assert tilted.solution.soret.bias == pytest.approx(MIXED, abs=0.01)
    assert start.outcomes[0].bias == pytest.approx(SEPARATED, abs=0.001)
    assert start.peclet > 100.0 * start.separated_peclet
    assert tilted.stability.lasts


@pytest.mark.slow
def test_a_march_heated_from_a_uniform_temperature_ends_there(comm, tilted):
    experiment = plates(comm, degrees=2.0)
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    schedule = Schedule(
        40.0 * tau, march=MarchOptions(tolerance=1e-2), evaluation=None, settled=1e-3
    )
    end = measure_in_time(experiment, schedule).end
    assert end.soret.apparent == pytest.approx(tilted.solution.soret.apparent, rel=0.02)


def test_the_numerical_error_is_that_of_the_state_shown(tilted):
    error = tilted.numerical_error.of["soret.bias"]
    assert abs(tilted.solution.soret.bias - MIXED) < error < 0.05


def test_levelled_better_there_is_one_state(comm):
    found = measure(plates(comm, degrees=1.0), with_numerical_error=False)
    assert found.uniform_start.reached == "this state"
    assert found.uniform_start.relaxation_times > 1.0  # it was followed in time
    assert found.solution.soret.bias == pytest.approx(-0.0099, abs=2e-4)


def test_a_flow_that_the_composition_does_not_hold_back_is_not_followed(comm):
    experiment = plates(comm, degrees=90.0)
    found = measure(experiment, with_numerical_error=False)
    assert found.uniform_start.reached == "this state"
    assert found.uniform_start.relaxation_times is None
    assert np.isfinite(found.uniform_start.peclet)


def test_an_audit_of_the_separated_liquid_says_so(comm):
    experiment = plates(comm, degrees=2.0)
    plan = AuditPlan(causes_in(experiment), with_limits=False, with_numerical_error=False)
    found = audit(experiment, plan)
    assert found.uniform_start.reached == "another state"
    page = audit_summary(found, RunContext(units="SI"))
    assert page["budget"]["total"]["value"] == pytest.approx(SEPARATED, abs=0.001)
    assert page["regime"]["uniform_liquid"]["bias"] == pytest.approx(MIXED, abs=0.01)
    finding = audit_verdict(page).finding
    assert "a liquid that is uniform at first reaches another steady state" in finding
    assert "68 % low" in finding
    page["regime"]["uniform_liquid"] |= {"reached": "not looked at", "reason": "it is too large"}
    assert "is unknown: it is too large." in audit_verdict(page).finding


def test_a_failure_on_the_way_leaves_the_state_that_was_found(comm, monkeypatch):
    """Else the run would measure the guess for the other state, and call its numbers valid."""

    def fails(solution, report):
        raise RuntimeError("no memory")

    monkeypatch.setattr(of_uniform_start, "departed_from", fails)
    experiment = plates(comm, degrees=2.0)
    found = measure(experiment, with_numerical_error=False)
    assert "no memory" in found.failed["start from a uniform liquid"]
    assert found.uniform_start is None
    separated = speed(solve(experiment).convection)
    assert found.speed.peclet_solutal == pytest.approx(separated.peclet_solutal, rel=1e-6)


def test_with_the_composition_imposed_at_walls_nobody_knows(comm):
    """The separated liquid holds its flow back there, too; no separation tells two states apart."""
    experiment = plates(comm, degrees=2.0)
    c0 = experiment.mixture.species[0].c0
    held = (Composition(("top",), c0 - 0.008), Composition(("bottom",), c0 + 0.008))
    start = uniform_start(solve(replace(experiment, conditions=(*experiment.conditions, *held))))
    assert start.reached == "not looked at"
    assert "imposed at walls" in start.reason
    assert start.peclet > 10.0


@pytest.mark.ranks
def test_on_any_number_of_ranks(tilted):
    assert tilted.uniform_start.reached == "another state"
    assert tilted.solution.soret.bias == pytest.approx(MIXED, abs=0.01)
