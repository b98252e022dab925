"""Solid walls in case files."""

from __future__ import annotations

import math

import pytest
from case_texts import GROUPS, PHYSICAL, condition

from femsoret.base.errors import CaseError, ConditionError, FluidError, MeshError
from femsoret.case import load_case, resolved_toml
from femsoret.post.readings import TemperatureElsewhere, WallMean
from femsoret.problem.conditions import NoSlip, Temperature
from femsoret.problem.protocol import WallValue
from femsoret.studies.audit.causes import SolidWall

WALLS = """
[cell.walls.top]
thickness = "3 mm"
material = "copper"
[cell.walls.left]
thickness = "1 mm"
material = "glass"
cells = 2
[solid.glass]
name = "borosilicate"
conductivity = { kind = "linear", value = "1.1 W/m/K", T_ref = "300 K", slope_T = 1e-3 }
"""
WALLED = PHYSICAL.replace("[fluid]", WALLS + "[fluid]")


def test_walls_around_a_rectangle(write, comm):
    run = load_case(write(WALLED)).build(comm)
    experiment = run.experiment
    assert experiment.cell.walls.solids == ("top wall", "left wall")
    assert experiment.solids["top wall"].name == "copper"
    at = experiment.solids["left wall"].at(310.0)
    assert (at.kappa, at.rho) == (pytest.approx(1.11), 2230.0)
    assert experiment.cell.volume == pytest.approx(11e-3 * 3e-3 + 11e-3 * 5e-3)
    assert experiment.cell.fluid_volume == pytest.approx(50e-6)


HEATED = (
    '[fluid]\nname = "water-ethanol"\n'
    + condition("temperature", "HOT", '"303.15 K"')
    + condition("temperature", "COLD", '"293.15 K"')
)
COLUMN = """
[cell]
kind = "annulus"
inner_radius = "10 mm"
outer_radius = "11 mm"
height = "50 mm"
cells = [2, 4]
[cell.walls]
inner = { thickness = "10 mm", material = "copper" }
outer = { thickness = "1 mm", material = "stainless-steel", cells = 2 }
bottom = { thickness = "2 mm", material = "pmma" }
"""
GLASS = """
[cell]
kind = "cylinder"
radius = "5 mm"
height = "4 mm"
cells = [2, 2]
[cell.walls]
side = { thickness = "1 mm", material = "borosilicate", cells = 1 }
top = { thickness = "2 mm", material = "copper", cells = 1 }
"""


def heated(cell, hot, cold):
    return cell + HEATED.replace("HOT", hot).replace("COLD", cold)


def test_walls_around_round_cells(write, comm):
    run = load_case(write(heated(COLUMN, "outer", "top"))).build(comm)
    cell = run.experiment.cell
    made_of = {region: solid.name for region, solid in run.experiment.solids.items()}
    assert made_of == {
        "bottom wall": "pmma",
        "inner wall": "copper",
        "outer wall": "stainless-steel",
    }
    assert cell.volume == pytest.approx(math.pi * 12e-3**2 * 52e-3, rel=1e-12)
    assert cell.fluid_volume == pytest.approx(math.pi * 21e-6 * 50e-3, rel=1e-12)
    held = {c.value: c.sides for c in run.experiment.conditions if isinstance(c, Temperature)}
    assert held == {303.15: ("outer outside",), 293.15: ("top", "top outside")}

    run = load_case(write(heated(GLASS, "top", "bottom"))).build(comm)
    assert run.experiment.cell.walls.interfaces == ("side", "top")
    held = {c.value: c.sides for c in run.experiment.conditions if isinstance(c, Temperature)}
    assert held == {303.15: ("top outside",), 293.15: ("bottom", "bottom outside")}


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ('inner = { thickness = "10', 'inner = { thickness = "11', MeshError, "at most 0.01 m"),
        ('inner_radius = "10 mm"', "", MeshError, "a whole cylinder has no side 'inner'"),
        ("bottom = {", "side = {", CaseError, "side"),
        # A rod has no outside where a temperature could be held.
        ('["outer"]', '["inner"]', ConditionError, "is computed and cannot be given"),
    ],
)
def test_walls_that_round_cells_cannot_have(write, comm, old, new, error, says):
    path = write(heated(COLUMN, "outer", "top").replace(old, new))
    with pytest.raises(error) as caught:
        load_case(path).build(comm)
    assert says in str(caught.value)


def test_temperatures_are_held_behind_walls(write, comm):
    experiment = load_case(write(WALLED)).build(comm).experiment
    held = {c.value: c.sides for c in experiment.conditions if isinstance(c, Temperature)}
    # What holds the bottom touches the end of the glass too.
    assert held == {303.15: ("top outside",), 293.15: ("bottom", "bottom outside")}
    (no_slip,) = (c for c in experiment.conditions if isinstance(c, NoSlip))
    assert set(no_slip.sides) == {"left", "right", "bottom", "top"}
    frame = experiment.orientation
    assert (frame.hot, frame.hot_outside) == ("top", "top outside")
    assert (frame.gap, frame.dT) == (pytest.approx(5e-3), pytest.approx(10.0))
    assert experiment.pair.hot == WallMean("top")
    assert experiment.thermostat_pair.hot.temperature == WallMean("top outside")


def test_an_audit_looks_at_each_wall(write, comm):
    plan = load_case(write(heated(GLASS, "top", "bottom"))).build(comm).audit
    walls = {cause.name: cause.is_plate for cause in plan.causes if isinstance(cause, SolidWall)}
    assert walls == {"side_wall": False, "top_wall": True}
    assert "conductivity of the plates" not in {advice.label for advice in plan.unstated}


def test_the_resolved_case_is_the_same(write):
    case = load_case(write(WALLED))
    again = load_case(write(resolved_toml(case), "again.toml"))
    assert again.cell == case.cell
    assert again.solid == case.solid


def test_temperature_may_be_read_at_a_thermostat(write, comm):
    readings = """
[readings]
hot = { wall = "top", temperature = "top outside" }
cold = { wall = "bottom" }
"""
    pair = load_case(write(WALLED + readings)).build(comm).experiment.pair
    assert pair.hot == TemperatureElsewhere(WallMean("top"), WallMean("top outside"))


def test_a_protocol_moves_the_outer_side(write, comm):
    moving = """
[time]
end = "1 h"
[[protocol]]
kind = "temperature"
sides = ["top", "bottom"]
ramp = { initial = "298.15 K", duration = "1 min" }
"""
    schedule = load_case(write(WALLED + moving)).build(comm).schedule
    moved = {change.side for change in schedule.protocol.changes if isinstance(change, WallValue)}
    assert moved == {"top outside", "bottom", "bottom outside"}


def test_groups_count_solids_in_units_of_the_fluid(write, comm):
    walls = '[cell.walls.top]\nthickness = 0.2\nmaterial = "m"\n[groups]'
    given = "[solid.m]\nconductivity = 3\ndensity = 1\nheat_capacity = 1\n"
    text = GROUPS.replace("[groups]", walls) + given
    case = load_case(write(text))
    experiment = case.build(comm).experiment
    assert experiment.solids["top wall"].at(1.0).kappa == 3.0
    assert load_case(write(resolved_toml(case), "again.toml")).solid == case.solid
    with pytest.raises(CaseError, match="relative to the fluid's"):
        load_case(write(text.replace('material = "m"', 'material = "copper"')))
    with pytest.raises(CaseError, match="only plain numbers"):
        load_case(write(text.replace("conductivity = 3", 'conductivity = "3 W/m/K"')))


@pytest.mark.parametrize(
    ("old", "new", "error", "part"),
    [
        ('"copper"', '"coper"', CaseError, "did you mean 'copper'"),
        ("walls.top", "walls.tpo", CaseError, "tpo"),
        ('name = "borosilicate"', 'name = "glas"', CaseError, "no solid 'glas'"),
        ('name = "borosilicate"\n', "", CaseError, "missing density, heat_capacity"),
        ('"3 mm"', '"-3 mm"', CaseError, "greater than 0"),
        ('"1.1 W/m/K"', '"-1.1 W/m/K"', FluidError, "not positive"),
    ],
)
def test_walls_that_cannot_be(write, comm, old, new, error, part):
    path = write(WALLED.replace(old, new))
    with pytest.raises(error) as caught:
        load_case(path).build(comm).experiment.problem()
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("added", "part"),
    [
        (
            '[[condition]]\nkind = "closed"\nsides = ["top outside"]\n',
            "which does not bound the fluid",
        ),
        (
            '[readings]\nhot = { wall = "top outside" }\ncold = { wall = "bottom" }\n',
            'use { wall = "top", temperature = "top outside" }',
        ),
        (
            '[readings]\nhot = { point = ["5 mm", "6 mm"] }\ncold = { wall = "bottom" }\n',
            "inside a solid",
        ),
    ],
)
def test_there_is_no_fluid_in_a_solid(write, comm, added, part):
    with pytest.raises(ConditionError) as caught:
        load_case(write(WALLED + added)).build(comm)
    assert part in str(caught.value)
