"""Heat in solid walls: closed forms, limits, balances, and what glass does to a Soret cell."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
import ufl
from dolfinx import fem
from scipy.optimize import brentq
from scipy.special import iv, kv
from walled import GLASS, PLATE, pure_fluid, solid, walled_cell, water_ethanol

from femsoret.cells import Wall, axisymmetric, rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Linear
from femsoret.physics.forms import CONDUCTION
from femsoret.post.wall_flows import flows_of, gradient_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.discretisation import SCOTT_VOGELIUS
from femsoret.solids import load_solid
from femsoret.solve import growth_rates, solve_steady
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

COMM = MPI.COMM_WORLD
GAP, SLAB, WIDTH = 5e-3, 2e-3, 10e-3


# -- plates in series ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def series():
    """A level cell between plates of glass, insulated at its sides."""
    cell = rectangle(
        COMM, (WIDTH, GAP), (4, 4), grading=2.0, walls={s: Wall(SLAB, 2) for s in ("bottom", "top")}
    )
    glass = load_solid("borosilicate")
    solids = dict.fromkeys(cell.walls.solids, glass)
    return measure(water_ethanol(cell, solids, closure="linearised"), with_numerical_error=False)


@pytest.fixture(scope="module")
def share(series):
    """The part of the temperature difference that falls off in the fluid."""
    fluid = GAP / series.solution.experiment.mixture.reference.kappa
    return fluid / (fluid + 2 * SLAB / 1.2)


def test_the_fluid_takes_its_part_of_the_difference(series, share):
    assert series.solution.soret.at.dT == pytest.approx(10.0 * share, rel=1e-10)


def test_the_separation_follows_the_temperature_of_the_fluid(series, share):
    mixture = series.solution.experiment.mixture
    S_T, c0 = mixture.reference.binary.S_T, mixture.species[0].c0
    expected = S_T * c0 * (1 - c0) * 10.0 * share
    assert series.solution.soret.at.separation == pytest.approx(expected, rel=1e-8)
    assert abs(series.solution.soret.bias) < 1e-9


def test_a_thermometer_in_the_thermostat_reads_less_soret(series, share):
    beyond = series.solution.at_thermostats
    assert beyond.at.dT == pytest.approx(10.0, rel=1e-12)
    assert beyond.bias == pytest.approx(share - 1.0, rel=1e-8)
    assert beyond.true.value == pytest.approx(series.solution.soret.true.value, rel=1e-12)


def test_heat_passes_all_of_it(series, share):
    kappa = series.solution.experiment.mixture.reference.kappa
    passing = kappa * 10.0 * share / GAP * WIDTH
    for side, sign in {"top": -1, "top outside": -1, "bottom": 1, "bottom outside": 1}.items():
        assert series.walls[side].heat == pytest.approx(sign * passing, rel=1e-9)
        assert series.walls[side].nusselt == pytest.approx(1.0, rel=1e-4)  # kappa_0 is larger
        assert series.walls[side].nusselt_gradient == pytest.approx(1.0, rel=1e-4)
    assert series.balances.heat < 1e-12


def test_balances_count_solids_and_fluid_once(series):
    assert series.balances.mass < 1e-12
    assert series.balances.species < 1e-9
    assert series.balances.entropy < 1e-9  # linear profiles: no discretisation error
    assert series.balances.spurious_peclet < 1e-8


def test_unknowns_are_those_that_are_solved_for(series):
    problem = series.solution.convection
    alone = series.solution.experiment.with_ideal_walls().problem()
    more = problem.num_dofs - alone.num_dofs
    assert more == 9 * (17 - 9)  # temperatures of two walls of two cells of degree 2
    assert series.solution.reports[-1].dofs == problem.num_dofs


def test_the_uncertainty_of_the_plates_counts(series):
    entries = {c.entry: c for c in series.uncertainty.contributions}
    assert entries["conductivity of top wall"].relative == 0.08
    assert abs(entries["conductivity of top wall"].sensitivity) < 1e-8  # at rest


# -- in two dimensions ---------------------------------------------------------------------------

KAPPA = 3.0


def test_a_wall_that_bends_isotherms(comm):
    """T = cos(pi y) f(x), f'' = pi^2 f on both sides; kappa f' is one at the interface."""
    d, k = GLASS, np.pi
    # f = cosh k(x+d) + b sinh k(x+d) in the wall, a cosh k(1-x) in the fluid, insulated at x = 1.
    left = [[np.sinh(k * d), -np.cosh(k)], [KAPPA * np.cosh(k * d), np.sinh(k)]]
    b, a = np.linalg.solve(left, [-np.cosh(k * d), -KAPPA * np.sinh(k * d)])

    def exact(x, lib):
        wall = lib.cosh(k * (x[0] + d)) + b * lib.sinh(k * (x[0] + d))
        fluid = a * lib.cosh(k * (1 - x[0]))
        return lib.cos(k * x[1]) * (
            ufl.conditional(ufl.lt(x[0], 0.0), wall, fluid)
            if lib is ufl
            else np.where(x[0] < 0, wall, fluid)
        )

    errors = []
    for n in (4, 8):
        cell = rectangle(comm, (1.0, 1.0), (n, n), walls={"left": Wall(d, n // 4)})
        held = Temperature("left", lambda x: exact(x, np))
        problem = Problem(
            cell, pure_fluid(), (held,), equations=CONDUCTION, solids={"left wall": solid(KAPPA)}
        )
        solve_steady(problem)
        x = ufl.SpatialCoordinate(cell.mesh)
        off = (problem.function("theta") - exact(x, ufl)) ** 2
        square = sum(
            fem.assemble_scalar(fem.form(off * problem.phases.dx(*r))) for r in ((), ("left wall",))
        )
        errors.append(np.sqrt(comm.allreduce(square)))
        # Over the lower half heat goes one way and over the upper half the other.
        assert abs(flows_of(problem).heat["left"]) < 1e-10
        by_gradient = gradient_flows(problem, "theta")
        assert abs(by_gradient["left outside"]) < 1e-10
    assert errors[1] < 2e-4
    assert np.log2(errors[0] / errors[1]) > 2.8


def test_a_tube_around_a_cylinder(comm):
    """T = cos(pi z) f(r) with modified Bessel functions on both sides of the wall of a tube."""
    d, k, end = GLASS, np.pi, 1.0 + GLASS
    # f = a I0(kr) in the fluid, b I0(kr) + c K0(kr) in the tube; f = 1 outside.
    left = [
        [0.0, iv(0, k * end), kv(0, k * end)],
        [-iv(0, k), iv(0, k), kv(0, k)],
        [-iv(1, k), KAPPA * iv(1, k), -KAPPA * kv(1, k)],
    ]
    a, b, c = np.linalg.solve(left, [1.0, 0.0, 0.0])

    def exact(x):
        r = np.maximum(k * x[0], 1e-12)
        return np.cos(k * x[1]) * np.where(
            x[0] < 1, a * iv(0, r), b * iv(0, r) + c * kv(0, np.maximum(r, 1.0))
        )

    errors = []
    for n in (4, 8):
        drawn = rectangle(comm, (1.0, 1.0), (n, n), walls={"right": Wall(d, n // 4)})
        cell = axisymmetric(drawn)
        assert cell.volume == pytest.approx(np.pi * end**2)
        assert cell.fluid_volume == pytest.approx(np.pi)
        assert cell.area("right") == pytest.approx(2 * np.pi)
        held = Temperature("right", exact)
        problem = Problem(
            cell, pure_fluid(), (held,), equations=CONDUCTION, solids={"right wall": solid(KAPPA)}
        )
        solve_steady(problem)
        theta = problem.function("theta")
        x = theta.function_space.tabulate_dof_coordinates().T
        off = float(np.abs(theta.x.array - exact(x)).max(initial=0.0))
        errors.append(comm.allreduce(off, op=MPI.MAX))
    assert errors[1] < 3e-4
    assert np.log2(errors[0] / errors[1]) > 2.5


def test_conductivity_of_solids_may_vary(comm):
    """kappa = 1 + a (T - 1): what passes the wall is [F(1) - F(T)]/d, F the integral of kappa."""
    d, slope = 0.5, 0.8
    cell = rectangle(comm, (1.0, 1.0), (2, 2), walls={"left": Wall(d, 6)})
    material = solid(Linear(value=1.0, T_ref=1.0, slope_T=slope))
    walls = (Temperature("left", 1.0), Temperature("right", 0.0))
    problem = Problem(
        cell, pure_fluid(), walls, equations=CONDUCTION, solids={"left wall": material}
    )
    solve_steady(problem)

    def missing(T):  # of the interface: what passes the wall less what passes the fluid
        return (1 - T - 0.5 * slope * (1 - T) ** 2) / d - T

    assert flows_of(problem).heat["right"] == pytest.approx(brentq(missing, 0, 1), rel=1e-6)


# -- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_perfect_walls_are_no_walls(comm, shape):
    """Perfect conductors and insulators around the heated square leave it as it is without them."""
    sides = ("left", "right", "bottom", "top")
    cell = rectangle(
        comm, (1, 1), (6, 6), grading=3.0, shape=shape, walls={s: Wall(0.2, 1) for s in sides}
    )
    if shape == "triangle":
        cell = rectangle(comm, (1, 1), (3, 3), shape=shape, walls={s: Wall(0.2, 1) for s in sides})
    kappa = {"left": 1e7, "right": 1e7, "bottom": 1e-7, "top": 1e-7}
    walled = Experiment(
        "heated square",
        cell,
        pure_fluid(Ra=1e4),
        (Temperature("left", 0.5), Temperature("right", -0.5)),
        solids={f"{side} wall": solid(kappa[side]) for side in sides},
        **({"discretisation": SCOTT_VOGELIUS} if shape == "triangle" else {}),
        absolute_temperature=False,
    )
    ideal = walled.with_ideal_walls()
    found, known = (measure(e, with_numerical_error=False) for e in (walled, ideal))
    for side in ("left", "right", "left outside", "right outside"):
        expected = known.walls[side.removesuffix(" outside")].nusselt
        assert found.walls[side].nusselt == pytest.approx(expected, rel=1e-6)
    assert found.speed.maximum == pytest.approx(known.speed.maximum, rel=1e-5)
    if shape == "quadrilateral":
        assert found.walls["left"].nusselt == pytest.approx(2.2448, rel=2e-2)


# -- in time -------------------------------------------------------------------------------------


def test_solids_hold_heat(comm):
    """The slowest decay of a slab between two plates: alpha and kappa change at the interfaces."""
    kappa, rho_cp = 4.0, 2.5
    cell = rectangle(
        comm, (1.0, 1.0), (1, 10), walls={s: Wall(PLATE, 4) for s in ("bottom", "top")}
    )
    walls = (Temperature("top", 0.0), Temperature("bottom", 0.0))
    solids = {region: solid(kappa, rho_cp) for region in cell.walls.solids}
    problem = Problem(cell, pure_fluid(), walls, equations=CONDUCTION, solids=solids)
    solve_steady(problem)
    slowest = growth_rates(problem, shifts=(0.0,)).modes[0]

    def mismatch(rate):  # cos in the fluid from its middle, sin in the plate from its outside
        k, m = np.sqrt(rate), np.sqrt(rate * rho_cp / kappa)
        fluid = k * np.sin(k / 2) * np.sin(m * PLATE)
        return fluid - kappa * m * np.cos(k / 2) * np.cos(m * PLATE)

    expected = brentq(mismatch, 0.5, 9.0)
    assert slowest.growth_rate == pytest.approx(-expected, rel=3e-5)
    assert abs(slowest.frequency) < 1e-6 * expected


def test_heat_stored_in_walls_is_on_the_books(comm):
    """What came less what left is what fluid and walls hold more, step by step."""
    walls = {s: Wall(SLAB, 1) for s in ("bottom", "top", "left")}
    cell = rectangle(comm, (WIDTH, GAP), (3, 2), walls=walls)
    experiment = water_ethanol(cell, dict.fromkeys(cell.walls.solids, load_solid("pmma")))
    marched = measure_in_time(experiment, Schedule(end=20.0, march=MarchOptions(1e-2))).with_gravity
    last = marched.rows[-1]
    assert last["nusselt.bottom outside"] > 1.05  # the walls still give heat away
    assert max(row["balance.heat"] for row in marched.rows) < 1e-12
    assert max(row["balance.mass"] for row in marched.rows) < 1e-12
    assert not any(f"heat_flow.{side}" in last for side in cell.walls.interfaces)


# -- a Soret cell --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def glazed():
    """The level cell between plates of steel, with a glass wall at one side."""
    walls = {"bottom": Wall(2e-3, 1), "top": Wall(2e-3, 1), "left": Wall(2e-3, 2)}
    cell = rectangle(COMM, (WIDTH, GAP), (8, 6), grading=(4.0, 2.0), walls=walls)
    steel, glass = load_solid("stainless-steel"), load_solid("borosilicate")
    solids = {"bottom wall": steel, "top wall": steel, "left wall": glass}
    return measure(water_ethanol(cell, solids), with_numerical_error=False)


def test_glass_bends_isotherms_and_they_drive_a_flow(glazed):
    bare = measure(glazed.solution.experiment.with_ideal_walls(), with_numerical_error=False)
    assert abs(bare.solution.soret.bias) < 1e-9
    assert bare.speed.peclet_solutal < 1e-6
    bias = glazed.solution.soret.bias
    assert -0.05 < bias < -1e-5  # the flow mixes
    assert glazed.speed.peclet_solutal > 1e-2
    lost = 1.0 - glazed.solution.soret.at.dT / 10.0  # in the plates
    assert 0.01 < lost < 0.03
    assert glazed.solution.at_thermostats.bias == pytest.approx(
        (1 + bias) * (1 - lost) - 1, rel=1e-3
    )


def test_glass_like_the_fluid_drives_nothing(glazed):
    """A wall of the fluid's own conductivity leaves isotherms level."""
    experiment = glazed.solution.experiment
    kappa = experiment.mixture.reference.kappa
    like = replace(load_solid("borosilicate"), conductivity=solid(kappa).conductivity)
    solids = {**experiment.solids, "left wall": like}
    # kappa of the mixture is its own at j = 0 only where it is at rest, as it is here.
    found = measure(replace(experiment, solids=solids), with_numerical_error=False)
    assert abs(found.solution.soret.bias) < 1e-2 * abs(glazed.solution.soret.bias)


def test_balances_of_a_flow_beside_solids(glazed):
    assert glazed.balances.heat < 1e-9
    assert glazed.balances.species < 1e-9
    assert glazed.balances.mass < 1e-12
    assert glazed.balances.entropy < 1e-4
    into_glass = glazed.walls["left"].heat
    around = sum(glazed.walls[s].heat for s in ("left", "right", "bottom", "top"))
    assert abs(around) < 1e-9 * abs(glazed.walls["top"].heat)
    assert abs(into_glass) > 1e-9 * abs(glazed.walls["top"].heat)


def test_walls_of_the_fluid_only_are_resolved(glazed):
    assert set(glazed.resolution.walls) == {"left", "right", "bottom", "top"}
    assert glazed.resolution.coarsest.side in glazed.resolution.walls


def test_perpendicular_flow_of_heat_at_an_interface(comm):
    """The fluid's own reaction and the flux of the solid's gradient agree."""
    cell = walled_cell(comm, (8, 6))
    solids = {"bottom wall": solid(20.0), "top wall": solid(20.0), "left wall": solid(2.0)}
    walls = (Temperature("top", 0.5), Temperature("bottom", -0.5))
    problem = Problem(cell, pure_fluid(), walls, equations=CONDUCTION, solids=solids)
    solve_steady(problem)
    heat, gradient = flows_of(problem).heat, gradient_flows(problem, "theta")
    for side in ("top", "bottom", "top outside", "bottom outside"):
        assert gradient[side] == pytest.approx(heat[side], rel=2e-2)
    fluid = sum(heat[side] for side in cell.fluid_sides)
    assert abs(fluid) < 1e-11
    assert abs(sum(heat[side] for side in cell.exterior_sides)) < 1e-10
