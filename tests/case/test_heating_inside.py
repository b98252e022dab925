"""Heat sources in case files: what becomes of their keys, what check says, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from case_texts import QUICK, condition

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.case import load_case
from femsoret.commands.check import heat_source_lines
from femsoret.post.readings import Point, WallMean
from femsoret.problem.heat_sources import GaussianBeam

CELL = """
[cell]
kind = "rectangle"
size = ["2 mm", "1 mm"]
cells = [8, 4]
walls.left = { thickness = "1 mm", material = "borosilicate" }
[fluid]
name = "water-ethanol"
[gravity]
direction = [0, -1]
"""
WALLS = '[[condition]]\nkind = "temperature"\nsides = ["top", "bottom"]\nvalue = "295 K"\n'
UNIFORM = '[[heat_source]]\nkind = "uniform"\ndensity = "2 W/cm^3"\n'
SHEET = """
[[heat_source]]
kind = "beam"
power_per_depth = "1 W/m"
radius = "0.4 mm"
absorption = "5 1/cm"
point = ["1 mm", "0 mm"]
direction = [0, 1]
"""
ROUND = SHEET.replace("power_per_depth", "power").replace("W/m", "W")
IN_GLASS = """
[[heat_source]]
kind = "expression"
expression = "1e5*(x + y)"
length_unit = "mm"
region = "left wall"
"""
CASE = CELL + WALLS + QUICK


def test_the_keys_and_what_check_says(write, comm):
    run = load_case(write(CASE + UNIFORM + SHEET + IN_GLASS), []).build(comm)
    experiment = run.experiment
    uniform, sheet, glass = experiment.heat_sources
    at = np.array([[1e-3], [0.2e-3], [0.0]])
    assert uniform.density(at) == pytest.approx([2e6])
    assert isinstance(sheet.density, GaussianBeam)
    assert sheet.density.absorption == pytest.approx(500.0)
    assert (sheet.density.is_sheet, sheet.density.entry) == (True, pytest.approx(0.0, abs=1e-15))
    assert glass.region == "left wall"
    assert glass.density(at) == pytest.approx([1.2e5])
    frame = experiment.orientation
    assert frame.gap == pytest.approx(1e-3)  # the least extent of the fluid
    assert frame.T_cold == 295.0
    assert pytest.approx(295.0 + 0.5 * frame.rise) == experiment.mixture.T0
    text = "\n".join(heat_source_lines(run))
    assert "# heat source 0 in the fluid: 4 W/m absorbed" in text
    assert "# heat source 2 in left wall" in text
    assert f"expected temperature rise {frame.rise:.4g} K by conduction alone" in text
    pair = experiment.pair
    assert pair.cold == WallMean(frame.cold)
    assert isinstance(pair.hot, Point)


def test_coordinates_turn_with_the_cell(write, comm):
    text = CASE.replace("[fluid]", 'rotation = "90 deg"\n[fluid]')
    drawn, turned = (
        load_case(write(each + SHEET + IN_GLASS), []).build(comm).experiment
        for each in (CASE, text)
    )
    for source, other in zip(drawn.heat_sources, turned.heat_sources, strict=True):
        at = np.array([[0.7e-3, -0.3e-3], [0.2e-3, 0.1e-3], [0.0, 0.0]])
        there = np.array([-at[1], at[0], at[2]])
        assert other.density(there) == pytest.approx(source.density(at), rel=1e-9)


def test_walls_of_two_temperatures_set_the_scale_and_a_strong_source_is_warned_of(write, comm):
    text = CASE.replace('["top", "bottom"]', '["bottom"]') + condition(
        "temperature", "top", '"295.001 K"'
    )
    run = load_case(write(text + UNIFORM), []).build(comm)
    assert run.experiment.orientation.dT == pytest.approx(1e-3)
    assert any("the heat sources change the temperature by" in each for each in run.warnings)


def test_a_beam_that_the_mesh_misses_is_warned_of(write, comm):
    text = CASE + SHEET.replace("0.4 mm", "0.02 mm")
    run = load_case(write(text), []).build(comm)
    assert any("in the beam of heat source 0" in each for each in run.warnings)


def test_with_groups_the_source_defines_the_unit_of_temperature(write, comm):
    text = """
[cell]
kind = "rectangle"
size = [2, 1]
cells = [2, 2]
[groups]
Ra = 1000
Pr = 1
Le = 1
[gravity]
direction = [0, -1]
[[condition]]
kind = "temperature"
sides = ["top", "bottom"]
value = 0
[[heat_source]]
kind = "uniform"
density = 1
"""
    experiment = load_case(write(text), []).build(comm).experiment
    assert experiment.orientation.dT == pytest.approx(1.0)
    assert experiment.mixture.gravity.magnitude * experiment.mixture.beta_T == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (UNIFORM.replace("uniform", "unifrom"), r"\[heat_source.0\] kind: unknown kind 'unifrom'"),
        (UNIFORM.replace("2 W/cm^3", "2 W"), r"\[heat_source.0\] density: "),
        (UNIFORM + 'region = "right wall"\n', r"\[heat_source\].*not a solid region"),
        (IN_GLASS.replace("x + y", "open(x)"), "unknown function 'open'"),
        (IN_GLASS.replace("x + y", "x + z"), r"\[heat_source.0\] expression: unknown name 'z'"),
        (IN_GLASS.replace("x + y", "log(-x-9)"), "not a finite number"),
        (ROUND, "is a sheet of light"),
        (SHEET.replace("[0, 1]", "[0, 0, 1]"), "this beam is round"),
        (
            SHEET.replace("[0, 1]", "[0, 1, 1]")
            .replace("power_per_depth", "power")
            .replace("W/m", "W"),
            "oblique",
        ),
        (SHEET.replace('"1 W/m"', '"1 W/m"\npower = "1 W"'), "exclude each other"),
        (SHEET.replace("point", "# point"), r"\[heat_source.0\] point: missing"),
        (SHEET.replace("5 1/cm", "0 1/cm"), r"\[heat_source.0\] absorption"),
        ("", r"heat the inside by a \[\[heat_source\]\]"),
    ],
)
def test_what_is_refused(write, comm, source, said):
    with pytest.raises(FemsoretError, match=f"(?s){said}"):
        load_case(write(CASE + source), []).build(comm)


def test_gravity_needs_a_direction(write, comm):
    text = CASE.replace("direction = [0, -1]", 'tilt = "0 deg"')
    with pytest.raises(CaseError, match="heat sources alone drive the cell"):
        load_case(write(text + UNIFORM), []).build(comm)


IN_TIME = '[time]\nend = "1 s"\n'
CHANGE = '[[protocol]]\nkind = "heat-source"\nstep = { value = 0, at = "0.5 s" }\n'


def test_a_protocol_switches_sources(write, comm):
    run = load_case(write(CASE + UNIFORM + IN_GLASS + IN_TIME + CHANGE + "source = 1\n"), [])
    schedule = run.build(comm).schedule
    (change,) = schedule.protocol.changes
    assert change.name == "heat_sources.1.factor"
    assert schedule.start_temperature == 295.0
    heating = CHANGE.replace("heat-source", "heating")
    changes = load_case(write(CASE + UNIFORM + IN_TIME + heating), []).build(comm).schedule
    named = [change for change in changes.protocol.changes if hasattr(change, "name")]
    assert [change.name for change in named] == ["heat_sources.0.factor"]
    # Walls stay where they are: at the temperature to which all of it relaxes.
    walls = [change for change in changes.protocol.changes if change not in named]
    assert {change.time_function.value(t, t) for change in walls for t in (0.2, 0.8)} == {295.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UNIFORM + IN_TIME + CHANGE + "source = 1\n", "there is no heat source 1: the case has 1"),
        (UNIFORM + IN_TIME + CHANGE + CHANGE, "heat source 0 is changed twice"),
        (
            IN_TIME + CHANGE + condition("temperature", "right", '"296 K"'),
            "no heat source to change",
        ),
    ],
)
def test_protocols_that_are_refused(write, comm, text, said):
    with pytest.raises(FemsoretError, match=said):
        load_case(write(CASE + text), []).build(comm)
