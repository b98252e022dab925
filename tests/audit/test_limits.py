"""How far a parameter may be changed."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_budget import COPPER, GAP, experiment

import femsoret as fs
from femsoret.base.errors import NotConverged
from femsoret.fluids.properties import Constant
from femsoret.report.summary.audit import Limit, limit_part
from femsoret.report.tables.audit import LIMITS
from femsoret.report.verdicts.audit import limit_sentence
from femsoret.studies.audit import limits
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.audit.design_parameters import Gap, TemperatureDifference, TiltAngle
from femsoret.studies.audit.ideal import ideal_of
from femsoret.studies.audit.limits import limit
from femsoret.studies.audit.reported import measured


@pytest.fixture
def real():
    return Measurement(experiment())


def verdict(word):
    return SimpleNamespace(verdict=word, reason="a mode grows")


@pytest.fixture
def law(monkeypatch):
    """Return a function that sets the bias as a function of the parameter, on either mesh."""

    def of(bias, fine=1.0, coarse=None):
        def solved(cell, parameter, value, start, **how):
            factor = 1.0 if cell.experiment is coarse else fine
            coarse_for = ("velocity",) if value > 1.9 * GAP else ()
            return SimpleNamespace(
                bias=factor * bias(value),
                reported=SimpleNamespace(time=None),
                solution=SimpleNamespace(experiment=None, convection=SimpleNamespace(gap=value)),
                unresolved=coarse_for,
            )

        monkeypatch.setattr(limits, "_bias", solved)
        monkeypatch.setattr(limits, "stability_check", lambda solution: verdict("stable"))

    return of


def words_of(found, target):
    """Return what a page says of a limit."""
    part = Limit.model_validate(limit_part(found)).model_dump()
    where = {"coordinates": "cartesian", "axis": [0.0, 1.0]}
    summary = {"units": "SI", "orientation": where, "target": target, "limits": {"gap": part}}
    # A note that the sentence has is not repeated beside it.
    (row,) = LIMITS.table(summary).rows
    assert row[2] == limit_sentence(summary, "gap")
    assert not part["note"] or (part["note"] in row[2]) != (part["note"] == row[-1])
    return limit_sentence(summary, "gap")


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
    # Both ends of the range were tried, whichever way the bias errs.
    assert found.tried == found.range
    assert max(t.value for t in found.trials) == pytest.approx(10.0 * GAP)
    assert min(t.value for t in found.trials) == pytest.approx(0.1 * GAP)
    assert all(t.unresolved == ("velocity",) * (t.value > 1.9 * GAP) for t in found.trials)


def test_where_the_flow_ends_being_steady(real, law):
    def bias(gap):
        if gap > 2.0 * GAP:
            raise NotConverged("no steady state found; tried: much", "", [])
        return 0.001

    law(bias)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == ("none", None)
    assert "no steady state found" in found.note
    # Half a step was tried beyond, and the other way was walked to its end.
    assert 2.0 * GAP / math.sqrt(2.0) < found.tried[1] <= 2.0 * GAP
    assert found.tried[0] == found.range[0]


def test_below_the_target_both_ways_are_walked(real, law):
    law(lambda gap: 0.02 * (GAP / gap) ** 2 * 0.25)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == ("at least", pytest.approx(GAP / math.sqrt(2.0), rel=1e-3))
    assert found.tried[1] == found.range[1]


def fingers(gap):
    """A cell that only a small gap keeps stable: small bias there, none known beyond."""
    if gap == GAP:
        return -0.68
    if gap > 0.3 * GAP:
        raise NotConverged("no steady state found; tried: much", "", [])
    return -0.002 * (10.0 * gap / GAP) ** 3


def test_no_gap_is_never_said_of_what_was_not_tried(real, law):
    law(fingers)
    found = limit(real, real.experiment, Gap(), 0.01)
    # Neither way from the present gap is there a state; from the small end there is.
    assert (found.kind, found.value) == (
        "at most",
        pytest.approx(0.1 * GAP * 5 ** (1 / 3), rel=1e-3),
    )
    assert found.tried[0] == found.range[0]
    assert found.tried[1] < 0.3 * GAP


def test_where_states_end_before_the_target_is_passed(real, law):
    law(fingers)
    found = limit(real, real.experiment, Gap(), 0.2)
    assert (found.kind, found.value) == ("none", None)
    assert found.tried[0] == found.range[0]
    assert 0.3 * GAP / 1.25 < found.tried[1] <= 0.3 * GAP
    sentence = words_of(found, 0.2)
    assert sentence.startswith("|bias| is below 20 % at every gap tried, from 0.5 mm to 1.")
    why = r"No limit was found: at (0\.\d+) times the present value, no steady state found$"
    beyond = float(re.search(why, sentence)[1])
    assert found.tried[1] < beyond * GAP < 2.0 * found.tried[1]


def test_above_the_target_as_far_as_it_was_tried(real, law):
    def bias(gap):
        if not 0.6 * GAP < gap < 1.8 * GAP:
            raise NotConverged("no steady state found; tried: much", "", [])
        return -0.68

    law(bias)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert found.kind == "none"
    assert 0.6 * GAP < found.tried[0] < GAP < found.tried[1] < 1.8 * GAP
    sentence = words_of(found, 0.01)
    assert sentence.startswith("|bias| is above 1 % at every gap tried, from ")
    assert ": its smallest value is 68 % at " in sentence
    assert "50 mm" not in sentence


def test_two_meshes_that_show_two_states_give_no_limit(real, law):
    law(lambda gap: -0.68)
    known = SimpleNamespace(bias=-0.68, reported=SimpleNamespace(time=None))
    found = limit(real, experiment(), Gap(), 0.01, known=known, bias=-0.002)
    assert found.kind == "none"
    assert "two different states" in found.note
    assert found.tried is None
    assert "-68 % on the coarse mesh on which limits are sought, but -0.2 %" in words_of(
        found, 0.01
    )


def test_a_root_that_the_own_mesh_does_not_share_is_no_limit(real, law):
    coarse = experiment()
    law(lambda gap: -0.02 * (gap / GAP) ** 3, fine=0.01, coarse=coarse)
    found = limit(real, coarse, Gap(), 0.01)
    assert (found.kind, found.value, found.check) == ("none", None, None)
    assert "two different states" in found.note


def test_a_state_that_does_not_last_is_no_state(real, law, monkeypatch):
    law(lambda gap: -0.001)

    def checked(solution):
        return verdict("unstable" if solution.convection.gap > 2.0 * GAP else "no growth found")

    monkeypatch.setattr(limits, "stability_check", checked)
    found = limit(real, real.experiment, Gap(), 0.01)
    assert (found.kind, found.value) == ("none", None)
    assert "steady state is unstable: a mode grows" in found.note
    assert max(t.value for t in found.trials) <= 2.0 * GAP


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (
            0.02,
            "|bias| is above 1 % at every gap tried, from 0.5 mm to 50 mm: its smallest value is "
            "2.0 %",
        ),
        (0.001, "|bias| is below 1 % at every gap tried, from 0.5 mm to 50 mm"),
    ],
)
def test_words_give_the_range_that_was_tried(real, law, size, words):
    law(lambda gap: size)
    assert words_of(limit(real, real.experiment, Gap(), 0.01), 0.01).startswith(words)


def test_words_of_a_limit_give_it_too(real, law):
    law(lambda gap: 0.004 * (gap / GAP) ** 2)
    sentence = words_of(limit(real, real.experiment, Gap(), 0.01), 0.01)
    assert sentence.startswith(
        "For |bias| below 1 %, the gap may be at most 7.91 mm (now 5 mm; tried"
    )
    assert "tried from 5 mm to " in sentence


def test_a_zero_crossing_is_below_the_target(real, law):
    law(lambda gap: 0.02 * math.log(gap / GAP))
    assert limit(real, real.experiment, Gap(), 0.01).kind == "at most"


def test_a_level_cell_has_no_tilt_to_turn(law):
    law(lambda value: 0.001)
    level = Measurement(experiment(0.0))
    assert limit(level, level.experiment, TiltAngle(), 0.01).kind == "none"


def test_parameters_change_what_they_say(real):
    wider = Gap().with_value(real, 2.0 * GAP).experiment
    assert wider.orientation.gap == pytest.approx(2.0 * GAP)
    assert wider.cell.area("top") == pytest.approx(real.experiment.cell.area("top"))
    assert wider.at_resolution(0.5).orientation.gap == pytest.approx(2.0 * GAP)
    ends = [
        fs.LineMean((0.0, 0.2 * GAP), (10e-3, 0.2 * GAP)),
        fs.TemperatureElsewhere(fs.Point((5e-3, 0.8 * GAP)), fs.WallMean("top")),
    ]
    read = replace(real, experiment=replace(real.experiment, readings=fs.Pair("inside", *ends)))
    pair = Gap().with_value(read, 2.0 * GAP).experiment.readings
    assert pair.hot.start == pytest.approx((0.0, 0.4 * GAP))
    assert pair.hot.end == pytest.approx((10e-3, 0.4 * GAP))
    assert pair.cold.composition.x == pytest.approx((5e-3, 1.6 * GAP))
    assert pair.cold.temperature == fs.WallMean("top")
    leaning = TiltAngle().with_value(real, 2.0)
    assert TiltAngle().present(leaning) == pytest.approx(2.0)
    assert leaning.experiment.mixture.gravity.up[0] < 0.0
    warmer = TemperatureDifference().with_value(COPPER.onto(real), 20.0).experiment.orientation
    assert (warmer.T_hot, warmer.T_cold) == (pytest.approx(305.65), pytest.approx(285.65))


def test_the_bias_at_the_limit_is_the_target(real):
    found = limit(real, real.experiment, TiltAngle(), 0.005)
    assert found.kind == "at most"
    there = TiltAngle().with_value(real, found.value)
    bias = measured(there, ideal_of(there.experiment).experiment).bias
    assert abs(bias) == pytest.approx(0.005, rel=2e-3)


@pytest.mark.slow
def test_a_liquid_that_fingers_has_a_limit_from_the_stable_end():
    # Heated from above with S_T < 0: at 1 mm modes grow, and the first steps find nothing that
    # lasts. From 0.1 mm, where the liquid is stable, the walk goes up to nearly 0.4 mm.
    fluid = fs.load_fluid("water-ethanol").with_(soret=Constant(-3e-3))
    cell = Gap().with_value(Measurement(experiment(0.5, fluid=fluid, cells=(6, 4))), 1e-3)
    found = limit(cell, cell.experiment, Gap(), 0.03)
    assert found.kind in {"at most", "none"}
    assert found.tried[0] == found.range[0]
    assert 0.25e-3 < found.tried[1] < 0.5e-3
    assert abs(found.trials[0].bias) < 1e-5
