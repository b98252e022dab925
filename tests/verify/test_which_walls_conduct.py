"""Nusselt and Sherwood numbers stand only where something passes, and is not infinite."""

from __future__ import annotations

import pytest
from squares import heated_square
from walled import pure_fluid, water_ethanol

import femsoret as fs
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.wall_flows import jumps
from femsoret.problem.conditions import Ambient
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.report.tables.run import tables
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

SIDES = ("left", "right", "bottom", "top")


def room(comm, outside, cells=(6, 4)):
    """Return a tilted square of water and ethanol whose side walls see the room."""
    cell = fs.rectangle(comm, (10e-3, 5e-3), cells, grading=2.0)
    experiment = water_ethanol(cell, {})
    walls = (*experiment.conditions, Ambient(("left", "right"), h=5.0, T_outside=outside))
    up = fs.up_vector((0.0, 1.0), 2.0)
    mixture = fs.mixture_of(experiment.fluid, T0=295.65, c0=experiment.fluid.c, up=up)
    return fs.Experiment("in a room", cell, mixture, walls, fluid=experiment.fluid)


def square(comm, *conditions, up=(0.0, 1.0), cells=(4, 4), mixture=None):
    cell = fs.rectangle(comm, (1.0, 1.0), cells)
    return fs.Experiment(
        "square", cell, mixture or pure_fluid(up=up), conditions, absolute_temperature=False
    )


def test_a_wall_at_the_mean_temperature_has_no_nusselt_number(comm):
    """Steady and in time alike; a wall that sees colder air has one."""
    found = measure(room(comm, 295.65), with_numerical_error=False)
    content = summary(found, RunContext("SI"))
    in_time = measure_in_time(room(comm, 295.65), Schedule(end=50.0))
    later = transient_summary(in_time, None, RunContext("SI"))
    for numbers in (content["nusselt"], content["nusselt_gradient"], later["nusselt"]):
        assert numbers["left"] is None
        assert numbers["right"] is None
        assert numbers["top"] == pytest.approx(1.0, rel=0.02)
    assert abs(content["heat_flow"]["left"]) > 0.0  # what flows there is known
    assert later["nusselt_gradient"]["left"] is None
    cold = measure(room(comm, 285.65), with_numerical_error=False)
    assert cold.walls["left"].nusselt == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("cells", [4, 8])
def test_hot_beside_cold_says_so_and_gives_no_number(comm, cells):
    hot, cold = fs.Temperature("bottom", 0.5), fs.Temperature(("left", "right", "top"), -0.5)
    experiment = square(comm, hot, cold, cells=(cells, cells))
    found = measure(experiment, with_numerical_error=cells == 4)
    content = summary(found, RunContext("groups"))
    for side in ("bottom", "left", "right"):
        assert content["nusselt"][side] is None
        assert content["heat_flow"][side] is None
        assert f"nusselt.{side}" not in content["numerical_error"]
    assert content["nusselt"]["top"] == pytest.approx(1.0, rel=1e-6)
    (said,) = (text for text in content["warnings"] if "infinite" in text)
    assert "'left' and 'bottom'" in said
    assert "'top'" not in said
    walls = next(table for table in tables(content) if table.title == "Walls")
    assert [row[1].startswith("infinite") for row in walls.rows] == [True, True, True, False]


def test_walls_that_touch_at_one_temperature_do_not_clash(comm):
    falling = fs.Temperature("left", lambda x: 0.5 - x[1])
    experiment = square(comm, fs.Temperature("bottom", 0.5), fs.Temperature("top", -0.5), falling)
    assert jumps(experiment.problem(), "theta") == ()
    apart = square(comm, fs.Temperature("left", 0.5), fs.Temperature("right", -0.5))
    assert jumps(apart.problem(), "theta") == ()


def test_no_sherwood_number_where_compositions_clash_or_nothing_diffuses(comm):
    scaled = property_values(Groups(Ra=10.0, Pr=1.0, Le=2.0, psi=0.1), c0=0.5, S_T_dT=0.1)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0))
    heat = (fs.Temperature("top", 0.5), fs.Temperature("bottom", -0.5))
    rich = fs.Composition(("top",), 0.6)
    lean = (fs.Composition("bottom", 0.4), fs.Composition("left", 0.4))
    clash = measure(square(comm, *heat, rich, *lean, mixture=mixture), with_numerical_error=False)
    assert clash.walls["top"].sherwood is None
    assert clash.walls["top"].mass is None
    assert clash.walls["bottom"].sherwood is not None
    level = measure(
        square(comm, *heat, fs.Composition(("top", "bottom"), 0.5), mixture=mixture),
        with_numerical_error=False,
    )
    assert level.walls["top"].sherwood is None


def test_insulated_sides_have_none_and_heated_ones_have(comm):
    found = measure(heated_square(1e3, 6, comm=comm), with_numerical_error=False)
    assert [found.walls[side].nusselt is None for side in SIDES] == [False, False, True, True]
