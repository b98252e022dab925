"""Which cells a plan does not recommend."""

from __future__ import annotations

import pytest
from case_texts import PHYSICAL, QUICK

from femsoret.base.errors import NotConverged
from femsoret.case import load_case
from femsoret.commands.design_inputs import design_cells
from femsoret.studies.design import design as of_design
from femsoret.studies.design.design import doubts_of_state
from femsoret.studies.measure.stability_check import StabilityCheck

PLAN = """
[[fit.unknown]]
quantity = "soret"
[design]
vary = { dT = ["5 K", "60 K"] }
readings = ["separation"]
noise = { separation = "2e-5" }
"""

SHORT = PHYSICAL.replace("10 mm", "5 mm").replace("cells = [4, 2]", "cells = [3, 3]") + QUICK
BELOW = SHORT + '[gravity]\ntilt = "180 deg"\n' + PLAN
ABOVE = SHORT + PLAN


@pytest.fixture
def stated(write, comm):
    """Return a function that makes the cells of a case."""
    return lambda text: design_cells(load_case(write(text), comm=comm), comm)


def test_a_cell_heated_from_below_is_not_recommended(stated):
    (doubt,) = doubts_of_state(stated(BELOW).stated)
    assert "grows" in doubt


def test_a_level_cell_heated_from_above_is(stated):
    assert doubts_of_state(stated(ABOVE).stated) == ()


def test_heavy_liquid_that_migrates_upwards_is_not(stated):
    """S_T < 0: water, the heavier one, goes to the hot top."""
    negative = ABOVE.replace(
        'name = "water-ethanol"', 'name = "water-ethanol"\noverrides = { soret = "-3e-3 1/K" }'
    )
    (doubt,) = doubts_of_state(stated(negative).stated)
    assert "grows" in doubt


def test_a_state_that_was_not_found_or_not_looked_at_is_said(stated, monkeypatch):
    cell = stated(ABOVE).stated
    unclear = StabilityCheck("not looked at", "the cell is 3D; it may be unstable", suspected=True)
    monkeypatch.setattr(of_design, "solve", lambda experiment: None)
    monkeypatch.setattr(of_design, "stability_check", lambda solution: unclear)
    assert doubts_of_state(cell) == (unclear.reason,)

    def fails(experiment):
        raise NotConverged("no steady state")

    monkeypatch.setattr(of_design, "solve", fails)
    assert doubts_of_state(cell) == ("its steady state was not found (no steady state)",)


def test_a_difference_out_of_range_is_said_with_the_cell(stated):
    cells = stated(ABOVE)
    (warning,) = cells.at((60.0,)).warnings
    assert "known only" in warning
    light = ABOVE.replace('"60 K"', '"200 K"')
    (doubt,) = stated(light).at((200.0,)).doubts
    assert "Boussinesq" in doubt


def test_a_state_that_no_uniform_liquid_reaches_is_not_recommended(stated):
    """At 3 degrees the uniform liquid mixes itself; a record in time is made from there anyway."""
    leaning = (
        ABOVE.replace('"5 mm"]', '"3 mm"]')
        .replace("cells = [3, 3]", "cells = [8, 6]")
        .replace('"303.15 K"', '"305.65 K"')
        .replace("293.15", "285.65")
    )
    leaning = leaning.replace(PLAN, '[gravity]\ntilt = "3 deg"\n' + PLAN)
    (doubt,) = doubts_of_state(stated(leaning).stated)
    assert "reaches another steady state" in doubt
    in_time = leaning.replace(PLAN, '[time]\nend = "3 tau"\n' + PLAN)
    assert doubts_of_state(stated(in_time).stated) == ()
