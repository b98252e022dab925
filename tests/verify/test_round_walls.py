"""Solid walls around round cells: tubes in series, thin gaps, a cylinder in 3D and in (r, z)."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from columns import DEMOS, LE
from dolfinx import fem
from ufl import inner
from walled import pure_fluid, solid

from femsoret.case import load_case
from femsoret.cells import Wall, annulus, cylinder
from femsoret.physics.forms import CONDUCTION
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Robin, Temperature
from femsoret.solve import solve_steady
from femsoret.studies.columns import column_slope
from femsoret.studies.measure.steady import measure

COMM = MPI.COMM_WORLD
SIDES = ("left", "right", "inner", "outer")

# -- conduction ----------------------------------------------------------------------------------


def test_tubes_in_series(comm):
    """Heat through concentric tubes: dT over the sum of ln(outer/inner radius)/(2 pi kappa H)."""
    cell = annulus(comm, (1, 2), 1, (4, 1), walls={"inner": Wall(0.5, 2), "outer": Wall(1, 4)})
    held = Temperature("inner", 0.5), Temperature("outer", -0.5)
    solids = {"inner wall": solid(5.0), "outer wall": solid(0.3)}
    problem = Problem(cell, pure_fluid(), held, equations=CONDUCTION, degree=4, solids=solids)
    solve_steady(problem)
    passing = 2 * np.pi / (np.log(2) / 5.0 + np.log(2) + np.log(1.5) / 0.3)
    heat = flows_of(problem).heat
    for side in ("outer", "outer outside"):
        assert heat[side] == pytest.approx(passing, rel=1e-9)
        assert heat[side.replace("outer", "inner", 1)] == pytest.approx(-passing, rel=1e-9)
    assert abs(heat["top"]) + abs(heat["top outside"]) < 1e-10


def test_a_rod_has_no_outside(comm):
    """A rod of the inner radius is warmed by the fluid around it, and passes no heat on."""
    cell = annulus(comm, (1, 2), 1, (2, 1), walls={"inner": Wall(1, 2)})
    assert "inner outside" not in cell.sides
    held = (Temperature("outer", 0.5),)
    problem = Problem(
        cell, pure_fluid(), held, equations=CONDUCTION, solids={"inner wall": solid(5.0)}
    )
    solve_steady(problem)
    theta = problem.function("theta").x.array
    assert np.ptp(theta) < 1e-12
    assert abs(flows_of(problem).heat["inner"]) < 1e-12


# -- a column ------------------------------------------------------------------------------------

RADIUS, PLATE, KAPPA, RA_LE, C0 = 1000.0, 0.5, 4.0, 1000.0, 0.5


@pytest.fixture(scope="module")
def columns():
    """A column between plates at its optimum, and one with a thin gap between tubes."""
    walls = [f"cell.walls.{side}={{thickness={PLATE},cells=1,material='m'}}" for side in SIDES]
    made = f"solid.m={{conductivity={KAPPA},density=1,heat_capacity=1}}"
    short = (f"groups.Ra={RA_LE / LE}", "cell.cells=[4,8]", "readings.extra=[]", made)
    plane = ("cell.size=[1,4]", "readings.gradient.0.line=[[0,2],[1,2]]", *walls[:2])
    bent = (
        "cell.height=4",
        f"cell.inner_radius={RADIUS}",
        f"cell.outer_radius={RADIUS + 1}",
        f"readings.gradient.0.line=[[{RADIUS},2],[{RADIUS + 1},2]]",
        *walls[2:],
    )
    cases = {"thermogravitational_column": plane, "annular_column": bent}
    return [
        measure(
            load_case(DEMOS / f"{name}.toml", [*short, *changes]).build(COMM).experiment,
            with_numerical_error=False,
        )
        for name, changes in cases.items()
    ]


def test_plates_take_their_part_of_the_difference(columns):
    """What is left to the fluid drives less flow, and separates less."""
    share = 1.0 / (1.0 + 2.0 * PLATE / KAPPA)
    plane = columns[0]
    assert plane.solution.soret.at.dT == pytest.approx(share, rel=1e-5)
    slope = -plane.gradients["mid-height"].c / (C0 * (1.0 - C0))
    expected = share * column_slope(share * RA_LE)
    assert slope == pytest.approx(expected, rel=3e-3)  # four widths high: the ends reach there


def test_a_thin_gap_between_tubes_is_a_slot_between_plates(columns):
    plane, bent = columns
    assert bent.gradients["mid-height"].c == pytest.approx(
        plane.gradients["mid-height"].c, rel=1e-6
    )
    assert bent.solution.soret.at.dT == pytest.approx(plane.solution.soret.at.dT, rel=1e-6)
    mean = 2 * np.pi * (RADIUS + 0.5)
    speeds = bent.speed.maximum, plane.speed.maximum
    assert speeds[0] == pytest.approx(speeds[1], rel=1e-3)
    for ours, theirs in (("left", "inner"), ("right", "outer")):
        for suffix in ("", " outside"):
            heat = bent.walls[theirs + suffix].heat / mean
            assert heat == pytest.approx(plane.walls[ours + suffix].heat, rel=1e-6)
    assert bent.balances.heat < 1e-12
    assert bent.balances.mass < 1e-12


# -- a cylinder ----------------------------------------------------------------------------------

HELD = (Temperature("top", 0.5), Temperature("bottom", -0.5))
TUBE, PLATES = solid(2.0), solid(10.0)


def solved(cell, round_wall, up, **changes):
    """Solve a glass of liquid between plates, warmed from aside; return the problem."""
    solids = {"top wall": PLATES, "bottom wall": PLATES, f"{round_wall} wall": TUBE}
    held = (*HELD, Robin(round_wall, 2.0, 0.5))
    problem = Problem(cell, pure_fluid(Ra=2000.0, up=up), held, solids=solids, **changes)
    solve_steady(problem)
    return problem


def flat(comm, cells):
    walls = {"outer": Wall(0.3, 1), "bottom": Wall(0.2, 1), "top": Wall(0.2, 1)}
    return annulus(comm, (0, 1), 1, cells, walls=walls)


def whole(comm, cells):
    walls = {"side": Wall(0.3, 1), "bottom": Wall(0.2, 1), "top": Wall(0.2, 1)}
    return cylinder(comm, 1, 1, cells, walls=walls)


def test_conduction_in_a_walled_cylinder_is_that_of_its_half_plane(comm):
    round_one = flows_of(solved(whole(comm, (8, 4)), "side", (0, 1, 0), equations=CONDUCTION)).heat
    half = flows_of(solved(flat(comm, (4, 4)), "outer", (0, 1), equations=CONDUCTION)).heat
    for side, heat in half.items():
        assert round_one[side.replace("outer", "side")] == pytest.approx(heat, rel=2e-4)


@pytest.mark.slow
@pytest.mark.serial
def test_a_weak_flow_in_a_walled_cylinder_is_that_of_its_half_plane(comm):
    problems = (
        solved(whole(comm, (4, 4)), "side", (0, 1, 0)),
        solved(flat(comm, (2, 4)), "outer", (0, 1)),
    )
    energies = []
    for problem in problems:
        u = problem.function("u")
        energies.append(fem.assemble_scalar(fem.form(inner(u, u) * problem.phases.dx())))
    assert energies[0] == pytest.approx(energies[1], rel=0.15)  # on meshes as coarse as these
    heat = [flows_of(problem).heat for problem in problems]
    for side in ("top", "bottom", "top outside", "bottom outside"):
        assert heat[0][side] == pytest.approx(heat[1][side], rel=5e-3)
