"""How far a knob may be turned."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from test_budget import COPPER, GAP, experiment

from femsoret.errors import NotConverged
from femsoret.studies import limits
from femsoret.studies.causes import Measurement
from femsoret.studies.ideal import ideal_of
from femsoret.studies.knobs import Gap, TemperatureDifference, TiltAngle
from femsoret.studies.limits import limit
from femsoret.studies.reported import measured


@pytest.fixture
def real():
    return Measurement(experiment())


@pytest.fixture
def law(monkeypatch):
    """Return a function that sets the bias as a function of the knob, on either mesh.

    ``lasts`` says at which values, and on which mesh, the steady state is stable.
    """

    def of(bias, fine=1.0, coarse=None, lasts=lambda value, on_coarse: True):
        def solved(cell, knob, value, start, **how):
            on_coarse = cell.experiment is coarse
            return SimpleNamespace(
                bias=(1.0 if on_coarse else fine) * bias(value),
                reported=SimpleNamespace(time=None),
                solution=SimpleNamespace(stable=lasts(value, on_coarse)),
            )

        def checked(solution):
            return SimpleNamespace(verdict="stable" if solution.stable else "unstable")

        monkeypatch.setattr(limits, "_bias", solved)
        monkeypatch.setattr(limits, "stability_check", checked)

    return of


def test_at_most_and_its_correction(real, law):
    coarse = experiment()
    law(lambda gap: -0.02 * (gap / GAP) ** 3, fine=1.1, coarse=coarse)
    found = limit(real, coarse, Gap(), 0.01)
    assert found.kind == "at most"
    # The finer mesh has a tenth more: (0.5/1.1)^(1/3).
    assert found.value == pytest.approx(GAP * (0.5 / 1.1) ** (1.0 / 3.0), rel=1e-3)
    assert found.check.bias == pytest.approx(-0.011, rel=5e-3)
    assert [t.value for t in found.trials] == sorted(t.value for t in found.trials)


def test_at_most_from_below(real, law):
    law(lambda gap: 0.004 * (gap / GAP) ** 2)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == ("at most", pytest.approx(GAP * math.sqrt(2.5), rel=1e-3))


def test_at_least(real, law):
    law(lambda dT: 0.1 / dT)
    found = limit(real, real.experiment, TemperatureDifference(), 0.005)
    assert (found.kind, found.value) == ("at least", pytest.approx(20.0, rel=1e-3))


@pytest.mark.parametrize(("size", "kind"), [(0.02, "never"), (0.001, "always")])
def test_no_limit(real, law, size, kind):
    law(lambda value: size)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == (kind, None)
    assert max(t.value for t in found.trials) == pytest.approx(10.0 * GAP)


def test_where_the_flow_ends_being_steady(real, law):
    def bias(gap):
        if gap > 2.0 * GAP:
            raise NotConverged("no steady state found; tried: much", "", [])
        return 0.001

    law(bias)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == ("none", None)
    assert "no steady state found" in found.note


def test_no_limit_lies_where_the_state_is_unstable(real, law):
    law(lambda gap: 1e-6, lasts=lambda gap, _: gap < 1.5 * GAP)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert found.kind == "at most"
    assert found.value == pytest.approx(1.5 * GAP, rel=0.05)
    assert found.value < 1.5 * GAP
    assert "no steady state that lasts was found" in found.note
    assert all(trial.value < 1.5 * GAP for trial in found.trials)


def test_a_cell_that_is_unstable_may_be_made_stable(real, law):
    """Also where nothing is found for a while on the way down."""

    def bias(gap):
        if 0.2 * GAP < gap < 0.9 * GAP:
            raise NotConverged("no steady state found; tried: much", "", [])
        return 0.001

    law(bias, lasts=lambda gap, _: gap < 0.5 * GAP)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert found.kind == "at most"
    assert found.value == pytest.approx(0.2 * GAP, rel=0.05)


def test_nothing_is_claimed_where_no_state_lasts(real, law):
    law(lambda gap: 1e-6, lasts=lambda gap, _: False)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value, found.trials) == ("none", None, ())
    assert "have no steady state that lasts" in found.note


def test_no_limit_between_meshes_that_see_different_states(real, law):
    coarse = experiment()
    law(lambda gap: -0.02 * (gap / GAP) ** 3, fine=3.0, coarse=coarse)
    found = limit(real, coarse, Gap(), 0.01)
    assert (found.kind, found.value, found.check) == ("none", None, None)
    assert "different branches" in found.note


def test_no_limit_that_is_unstable_on_the_own_mesh(real, law):
    coarse = experiment()
    law(lambda gap: 0.02 * gap / GAP, coarse=coarse, lasts=lambda _, on_coarse: on_coarse)
    found = limit(real, coarse, Gap(), 0.01)
    assert (found.kind, found.value) == ("none", None)
    assert "unstable on the cell's own mesh" in found.note


def test_a_zero_crossing_is_below_the_target(real, law):
    law(lambda gap: 0.02 * math.log(gap / GAP))
    assert limit(real, real.experiment, Gap(), 0.01).kind == "at most"


def test_a_level_cell_has_no_tilt_to_turn(law):
    law(lambda value: 0.001)
    level = Measurement(experiment(0.0))
    assert limit(level, level.experiment, TiltAngle(), 0.01).kind == "none"


def test_knobs_turn_what_they_say(real):
    wider = Gap().turned(real, 2.0 * GAP).experiment
    assert wider.orientation.gap == pytest.approx(2.0 * GAP)
    assert wider.cell.area("top") == pytest.approx(real.experiment.cell.area("top"))
    assert wider.at_resolution(0.5).orientation.gap == pytest.approx(2.0 * GAP)
    leaning = TiltAngle().turned(real, 2.0)
    assert TiltAngle().present(leaning) == pytest.approx(2.0)
    assert leaning.experiment.mixture.gravity.up[0] < 0.0
    warmer = TemperatureDifference().turned(COPPER.onto(real), 20.0).experiment.orientation
    assert (warmer.T_hot, warmer.T_cold) == (pytest.approx(305.65), pytest.approx(285.65))


def test_the_bias_at_the_limit_is_the_target(real):
    found = limit(real, real.experiment, TiltAngle(), 0.005)
    assert found.kind == "at most"
    there = TiltAngle().turned(real, found.value)
    bias = measured(there, ideal_of(there.experiment).experiment).bias
    assert abs(bias) == pytest.approx(0.005, rel=2e-3)
