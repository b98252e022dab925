"""Heat that is released inside a cell: closed forms, balances, onset, and what a beam does."""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from cases import BEAM, check
from scipy.special import exp1
from walled import pure_fluid, solid

from femsoret.base.errors import CaseError, ConditionError
from femsoret.base.functions_of_time import steps
from femsoret.cells import Wall, annulus, box, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION, DIFFUSION
from femsoret.post.balances import entropy_rates
from femsoret.post.readings import Point, WallMean
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.problem.heat_sources import (
    GaussianBeam,
    HeatSource,
    Uniform,
    beam,
    beam_cells,
    unresolved,
)
from femsoret.problem.orientation import orientation_of
from femsoret.problem.protocol import ParameterChange, Protocol, power_factor
from femsoret.solve import Newton, NewtonOptions, SpectrumOptions, growth_rates, solve_steady
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.audit.reported import check_auditable
from femsoret.studies.measure.heating import heating
from femsoret.studies.measure.solution import solve

PLATES = (Temperature("top", 0.0), Temperature("bottom", 0.0))


def conducted(cell, walls, *sources, degree=2, **arguments):
    """Return the solved problem of conduction with kappa = 1."""
    problem = Problem(
        cell,
        pure_fluid(),
        walls,
        equations=CONDUCTION,
        degree=degree,
        heat_sources=sources,
        **arguments,
    )
    solve_steady(problem)
    return problem


# -- closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["plane", "axisymmetric", "box"])
def test_uniform_heating_between_plates(comm, cell):
    made = {
        "plane": lambda: rectangle(comm, (1.0, 1.0), (1, 2)),
        "axisymmetric": lambda: annulus(comm, (0.0, 1.0), 1.0, (1, 2)),
        "box": lambda: box(comm, (1.0, 1.0, 1.0), (1, 1, 2)),
    }[cell]()
    walls = PLATES
    if cell == "box":
        walls = (Temperature("front", 0.0), Temperature("back", 0.0))
    problem = conducted(made, walls, HeatSource(Uniform(3.0)))
    middle = (0.5,) * made.dim
    assert Point(middle).of(problem, "theta") == pytest.approx(3.0 / 8.0, rel=1e-10)
    assert sum(flows_of(problem).heat.values()) == pytest.approx(3.0 * made.volume, rel=1e-10)


def test_a_gaussian_beam_along_the_axis_of_a_cylinder(comm):
    """T(0) - T(R) = P'/(4 pi kappa) [ln(2 R^2/w^2) + gamma + E1(2 R^2/w^2)], P' the power absorbed
    per length where little is absorbed (from 2 pi r kappa dT/dr = -P' [1 - exp(-2 r^2/w^2)])."""
    w, absorbed, errors = 0.25, 2.0, []
    for number in (8, 16):
        cell = annulus(comm, (0.0, 1.0), 0.1, (number, 1))
        weak = 1e-9  # hardly any of the light is lost on the way
        source = beam(
            cell,
            power=absorbed / weak,
            radius=w,
            absorption=weak,
            point=(0.0, 0.0),
            direction=(0.0, 1.0),
        )
        problem = conducted(cell, (Temperature("outer", 0.0),), source)
        s = 2.0 / w**2
        exact = absorbed / (4.0 * math.pi) * (math.log(s) + np.euler_gamma + exp1(s))
        errors.append(abs(Point((0.0, 0.05)).of(problem, "theta") / exact - 1.0))
    assert errors[1] < 3e-4, errors
    assert errors[0] > 7.0 * errors[1]  # third order


def particles_in_a_beam(comm, number=16):
    """Return rise and separation by a beam through a film at rest, each over its closed form.

    The rise on the axis is that of the test above; particles whose share is small follow it as
    c = C exp(-S_T (T - T0)).

    Args:
        comm: MPI communicator.
        number: Mesh cells along the radius.
    """
    w, power, weak, S_T = 0.25, 2.0, 1e-9, 1.5
    cell = annulus(comm, (0.0, 1.0), 0.1, (number, 1))
    light = beam(
        cell,
        power=power / weak,
        radius=w,
        absorption=weak,
        point=(0.0, 0.0),
        direction=(0.0, 1.0),
    )
    scaled = property_values(Groups(Ra=0.0, Pr=1.0, Le=10.0, psi=0.0), c0=0.5, S_T_dT=S_T)
    problem = Problem(
        cell,
        mixture_of_groups(scaled, up=(0.0, 1.0), closure="dilute"),
        (Temperature("outer", 0.0),),
        equations=DIFFUSION,
        heat_sources=(light,),
    )
    solve_steady(problem)
    places = Point((0.0, 0.05)), Point((1.0, 0.05))
    theta, gamma = ([at.of(problem, name) for at in places] for name in ("theta", "gamma_0"))
    s = 2.0 / w**2
    exact = power / (4.0 * math.pi) * (math.log(s) + np.euler_gamma + exp1(s))
    kept = math.log((0.5 + gamma[0]) / (0.5 + gamma[1]))
    return {
        "rise/closed form": (theta[0] - theta[1]) / exact,
        "ln of c(0)/c(R) over closed form": kept / (-S_T * exact),
    }


def test_particles_leave_a_beam(comm):
    check(BEAM, "w = R/4, S_T dT of order 1", particles_in_a_beam(comm))


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_wide_beam_that_is_absorbed_between_plates(comm, direction):
    """-T'' = I a exp(-a s), s from the plate at which the light enters, T = 0 at both."""
    a, intensity, wide = 3.0, 2.0, 1e6
    cell = rectangle(comm, (1.0, 1.0), (1, 8))
    source = beam(
        cell,
        power=intensity * wide * math.sqrt(math.pi / 2.0),
        radius=wide,
        absorption=a,
        point=(0.5, 7.0),  # anywhere on the axis
        direction=(0.0, direction),
    )
    problem = conducted(cell, PLATES, source, degree=3)
    (released,) = problem.bound_sources
    assert released.power == pytest.approx(intensity * (1.0 - math.exp(-a)), rel=1e-9)
    s = 0.375
    exact = intensity / a * (1.0 - math.exp(-a * s) - s * (1.0 - math.exp(-a)))
    found = Point((0.5, s if direction > 0.0 else 1.0 - s)).of(problem, "theta")
    assert found == pytest.approx(exact, rel=1e-6)


def test_beams_of_all_shapes_leave_what_is_absorbed(comm):
    a, w = 2.0, 0.2
    lost = 1.0 - math.exp(-a)
    cells = {
        "sheet": (rectangle(comm, (2.0, 1.0), (16, 4)), (1.0, 0.0), (0.0, 2.0), lost),
        "across": (rectangle(comm, (2.0, 1.0), (16, 8)), (1.0, 0.5), (0.0, 0.0, 1.0), a),
        "round": (box(comm, (1.0, 2.0, 1.0), (4, 8, 8)), (0.0, 1.0, 0.5), (-1.0, 0.0, 0.0), lost),
        "revolved": (annulus(comm, (0.0, 1.0), 1.0, (8, 4)), (0.0, 9.0), (0.0, 1.0), lost),
    }
    for name, (cell, point, direction, wanted) in cells.items():
        source = beam(cell, power=1.0, radius=w, absorption=a, point=point, direction=direction)
        problem = Problem(
            cell,
            pure_fluid(up=(0.0, 1.0, 0.0)[: cell.dim]),
            (Temperature("top", 0.0),),
            equations=CONDUCTION,
            heat_sources=(source,),
        )
        found = problem.bound_sources[0].power
        assert found == pytest.approx(wanted, rel=2e-3), name


def test_light_that_a_plate_absorbs_heats_the_fluid_from_the_plate(comm):
    walls = {"bottom": Wall(0.5, 2)}
    cell = rectangle(comm, (1.0, 1.0), (1, 2), walls=walls)
    source = HeatSource(Uniform(4.0), "bottom wall")
    problem = conducted(
        cell, (Temperature("top", 0.0),), source, solids={"bottom wall": solid(0.25)}
    )
    # All of it (4 x 0.5) passes from the plate to the fluid, where T falls by flux/kappa.
    heat = flows_of(problem).heat
    assert heat["bottom"] == pytest.approx(-2.0, rel=1e-10)
    assert heat["top"] == pytest.approx(2.0, rel=1e-10)
    assert Point((0.5, 0.0)).of(problem, "theta") == pytest.approx(2.0, rel=1e-10)
    # In the insulated plate: T(bottom) = 2 + q d^2/(2 kappa).
    assert WallMean("bottom outside").of(problem, "theta") == pytest.approx(4.0, rel=1e-10)
    # In the fluid it would leave the same way; the wall behind it would pass nothing.
    within = conducted(
        cell, (Temperature("top", 0.0),), HeatSource(Uniform(2.0)), solids=problem.solids
    )
    assert flows_of(within).heat["bottom"] == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize(
    ("walls", "wavenumber", "around", "published"),
    [
        # F. A. Kulacki, R. J. Goldstein, Appl. Sci. Res. 31 (1975) 81, tables 1 and 2.
        ((Temperature("top", 0.0),), 2.63, (2766.0, 2778.0), 2772.27),
        (PLATES, 4.00, (37200.0, 37450.0), 37325.17),
    ],
)
def test_onset_in_a_layer_that_is_heated_inside(comm, walls, wavenumber, around, published):
    """Ra = g beta q L^5/(nu alpha kappa), the upper plate cold, the lower one insulated or cold."""
    cell = rectangle(comm, (math.pi / wavenumber, 1.0), (3, 6))
    problem = Problem(
        cell,
        pure_fluid(Ra=1.0, Pr=1.0),
        (*walls, FreeSlip(("left", "right"))),
        degree=4,
        heat_sources=(HeatSource(Uniform(1.0)),),
        rise=1.0,
    )
    gravity, unit = (
        problem.parameters["gravity.magnitude"],
        float(problem.mixture.gravity.magnitude),
    )
    rates = []
    with Newton(problem, NewtonOptions(preset="direct")) as newton:
        for Ra in around:
            gravity.value = Ra * unit
            newton.solve()
            modes = growth_rates(problem, shifts=[5.0], options=SpectrumOptions(2), newton=newton)
            rates.append(modes.leading.growth_rate)
    assert rates[0] < 0.0 < rates[1]
    assert float(np.interp(0.0, rates, around)) == pytest.approx(published, rel=2e-4)


# -- a convecting cell -----------------------------------------------------------------------------


def film(comm, Ra=3e5, factor=1.0):
    """Return a cylinder with a beam along its axis, its wall and plates at one temperature."""
    scaled = property_values(
        Groups(Ra=Ra, Pr=5.0, Le=10.0, psi=0.1), c0=0.5, S_T_dT=0.1, T0_dT=30.0, mu_c=1.0
    )
    cell = annulus(comm, (0.0, 1.0), 1.0, (6, 6))
    source = beam(
        cell, power=2.0, radius=0.4, absorption=0.7, point=(0.0, 0.0), direction=(0.0, 1.0)
    )
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), closure="full")
    walls = (Temperature(("outer", "top", "bottom"), 30.0),)
    return Experiment(
        "film", cell, mixture, walls, heat_sources=(HeatSource(source.density, factor=factor),)
    )


@pytest.fixture(scope="module")
def convecting():
    return solve(film(MPI.COMM_WORLD))


def test_heat_and_entropy_balance_with_a_beam_and_flow(convecting):
    entropy = entropy_rates(convecting.convection)
    found = convecting.balances(entropy, None)
    assert found.heat < 1e-11
    assert found.species < 1e-9
    assert found.entropy < 2e-3
    # Without what the beam brings in the balance would fail altogether.
    assert entropy.supplied > 0.9 * entropy.leaving
    assert heating(convecting).power == pytest.approx(
        2.0 * (1.0 - math.exp(-0.7)) * (1.0 - math.exp(-2.0 / 0.16)), rel=2e-3
    )


def test_flow_lowers_the_rise_and_the_separation(convecting):
    found, frame = heating(convecting), convecting.experiment.orientation
    assert frame.hot == frame.cold
    assert frame.gap == pytest.approx(1.0)
    assert frame.T_hot - frame.T_cold == pytest.approx(found.conducted, rel=0.1)  # an estimate
    assert found.nusselt > 1.1
    # The default readings: the point that is heated most, and the wall.
    assert convecting.soret.true.value == pytest.approx(0.1, rel=1e-9)
    assert convecting.soret.at.dT == pytest.approx(found.rise, rel=1e-9)
    assert convecting.soret.bias < -0.1
    at_rest = convecting.soret.without_gravity
    assert at_rest == pytest.approx(0.1, rel=1e-3)


def test_the_factor_is_a_parameter_of_the_power(comm, convecting):
    problem = convecting.experiment.problem()
    (released,) = problem.bound_sources
    whole = released.power
    with problem.changed(heat_sources__0__factor=0.25):
        assert released.power == pytest.approx(0.25 * whole, rel=1e-12)
    with convecting.convection.changed(heat_sources__0__factor=0.0):
        switched_off = heating(convecting)
    assert (switched_off.power, switched_off.nusselt) == (0.0, None)


def test_a_march_counts_the_heat_of_a_pulse(comm):
    cell = rectangle(comm, (1.0, 1.0), (2, 2))
    problem = Problem(cell, pure_fluid(), PLATES, heat_sources=(HeatSource(Uniform(2.0)),))
    pulse = Protocol((ParameterChange(power_factor(0), steps([1.0, 0.0], [0.02])),))
    options = MarchOptions(first_step=1e-3, tolerance=1e-4)
    with March(problem, options, protocol=pulse) as march:
        done = list(march.until(0.05))
    created = np.array([step.throughput.created["theta"] for step in done])
    gained = np.array([step.throughput.gained["theta"] for step in done])
    left = np.array([comm.allreduce(float(s.throughput.left["theta"].sum())) for s in done])
    assert created.sum() == pytest.approx(2.0 * 0.02, rel=1e-10)
    assert np.abs(gained + left - created).max() < 1e-12


# -- orientation and errors ------------------------------------------------------------------------


def test_walls_or_fluxes_that_differ_come_before_heat_sources(comm):
    cell = rectangle(comm, (2.0, 1.0), (2, 2))
    alone = orientation_of(cell, PLATES, rise=-0.5)
    assert (alone.T_hot, alone.T_cold, alone.rise) == (0.0, -0.5, -0.5)
    assert alone.gap == pytest.approx(1.0)
    driven = (Temperature("top", 1.0), Temperature("bottom", 0.0))
    assert orientation_of(cell, driven, rise=5.0).rise is None


def test_the_mesh_may_miss_a_narrow_beam(comm):
    cell = annulus(comm, (0.0, 1.0), 1.0, (4, 2))
    wide, narrow = (
        HeatSource(GaussianBeam(1.0, w, 1.0, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0))) for w in (0.5, 0.02)
    )
    assert unresolved(wide, cell, 6) < 1e-3
    assert unresolved(narrow, cell, 6) > 0.1
    assert beam_cells(wide, cell) == beam_cells(narrow, cell) == pytest.approx(0.25)
    upright = rectangle(comm, (2.0, 1.0), (12, 8))
    sheet = beam(
        upright, power=1.0, radius=0.1, absorption=0.5, point=(0.99, 0.0), direction=(0.0, 1.0)
    )
    # Two cells of 1.7 radii: the rules agree on 6 %, by chance, where the power is 8 % off.
    assert beam_cells(sheet, upright) == pytest.approx(1.0 / 6.0)
    assert (
        beam_cells(replace(sheet, density=replace(sheet.density, point=(9.0, 0.0, 0.0))), upright)
        == 0.0
    )


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"point": (0.1, 0.0)}, "does not run along the axis"),
        ({"direction": (1.0, 0.0)}, "does not run along the axis"),
        ({"point": (0.0, 0.0, 0.0)}, "3 coordinates .* in a 2D cell"),
        ({"region": "bottom wall"}, "no solid region"),
    ],
)
def test_beams_that_a_cell_does_not_allow(comm, place, error):
    cell = annulus(comm, (0.0, 1.0), 1.0, (2, 2))
    given = {"point": (0.0, 0.0), "direction": (0.0, 1.0), **place}
    with pytest.raises(ConditionError, match=error):
        beam(cell, power=1.0, radius=0.1, absorption=1.0, **given)


def test_a_density_that_is_not_finite_is_refused(comm):
    cell = rectangle(comm, (1.0, 1.0), (1, 1))
    infinite = HeatSource(lambda x: np.full(x.shape[1:], np.inf))
    with pytest.raises(ConditionError, match="not a finite number"):
        conducted(cell, PLATES, infinite)


def test_an_audit_refuses_heat_sources(comm):
    with pytest.raises(CaseError, match="heat sources"):
        check_auditable(film(comm))


def test_points_are_found_in_mesh_cells_of_a_micrometre(comm):
    """DOLFINx compares squared distances with 2e-12, which is more than the size of such cells."""
    cell = annulus(comm, (0.0, 150e-6), 60e-6, (40, 24), grading=(1.0, 3.0))
    before = cell.mesh.geometry.x.copy()
    problem = Problem(cell, pure_fluid(), PLATES, equations=CONDUCTION)
    problem.function("theta").interpolate(lambda x: 1e6 * x[0] + 2e6 * x[1])
    for r, z in ((0.0, 1.25e-6), (1e-9, 0.3e-6), (77.7e-6, 31.3e-6), (149e-6, 59.9e-6)):
        found = Point((r, z)).of(problem, "theta")
        assert found == pytest.approx(1e6 * r + 2e6 * z, rel=1e-9)
    assert np.array_equal(before, cell.mesh.geometry.x)
