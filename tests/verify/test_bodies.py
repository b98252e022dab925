"""Rigid bodies that are free of force and torque, against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ufl
from cases import DRIVEN, JANUS, check
from spheres import (
    BODY,
    Unbounded,
    ball,
    gradient_far_away,
    half_disc,
    in_given_temperature,
    two_ellipses,
)
from walled import pure_fluid, solid

from femsoret.base.errors import CaseError, ConditionError
from femsoret.case import load_case
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION, STOKES
from femsoret.post.balances import balances, entropy_rates
from femsoret.post.fields import integral, values_at
from femsoret.post.wall_flows import flows_of, released_at_interfaces
from femsoret.problem import Problem
from femsoret.problem.bodies import (
    Motion,
    RigidBody,
    bodies_of,
    check_closed,
    load_on,
    motions_in,
    surface_centre,
)
from femsoret.problem.conditions import HeatFlux, Temperature
from femsoret.problem.heat_sources import HeatSource
from femsoret.solve import (
    Held,
    SpectrumOptions,
    body_motions,
    counted_modes,
    find_steady,
    free_bodies,
    growth_rates,
    motion_of_bodies,
    solve_free_bodies,
    solve_steady,
)
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.measure.steady import measure

DEMOS = Path(__file__).resolve().parents[2] / "demos"

ALONG = Motion(1, turns=False)
"""The motion along the axis, in (r, z)."""

MU_S = 1.0


def extrapolated(of_radius: Any, radius: float) -> float:
    """Return a velocity without the outer wall, which is felt as the cube of 1 over its radius."""
    near, far = of_radius(radius), of_radius(2.0 * radius)
    return float((8.0 * far - near) / 7.0)


# -- thermophoresis of a sphere --------------------------------------------------------------------


KAPPAS = {f"kappa_p/kappa_s = {kappa:g}": kappa for kappa in (0.0, 1.0, 5.0, 1e6)}


def speed_in_gradient(tmp: Path, kappa: float) -> float:
    """Return the velocity of a sphere along a gradient 1, far from walls, in mu_s."""

    def speed(radius: float) -> float:
        cell = half_disc(tmp / f"{radius:g}.msh", radius, 0.18, conducting=kappa > 0.0)
        body = RigidBody("particle", mu_s=MU_S)
        problem = in_given_temperature(cell, (body,), (gradient_far_away(2),), kappa)
        _, (motion,) = solve_free_bodies(problem)
        assert motion.velocity[0] == 0.0
        assert motion.rotation == (0.0, 0.0, 0.0)
        return motion.velocity[1]

    return extrapolated(speed, 4.0)


@pytest.mark.ranks
@pytest.mark.parametrize("given", KAPPAS)
def test_sphere_in_a_gradient(shared_tmp, given):
    check(DRIVEN, given, {"U/(mu_s grad T)": speed_in_gradient(shared_tmp, KAPPAS[given])})


def test_far_field_is_a_dipole(shared_tmp):
    """u = (3 rr - I).U/(2 r^3): no Stokeslet, and no pressure."""
    cell = half_disc(shared_tmp / "far.msh", 40.0, 0.18, conducting=False)
    body = RigidBody("particle", mu_s=MU_S)
    problem = in_given_temperature(cell, (body,), (gradient_far_away(2),))
    _, (motion,) = solve_free_bodies(problem)
    U = motion.velocity[1]
    for angle in (20.0, 50.0, 80.0):
        e = np.array([math.sin(math.radians(angle)), math.cos(math.radians(angle))])
        for r in (2.0, 3.0):
            dipole = 0.5 / r**3 * (3.0 * e * e[1] - np.array([0.0, 1.0])) * U
            found = values_at(problem.function("u"), [(*(r * e), 0.0)])[0]
            assert found == pytest.approx(dipole, abs=0.01 * float(np.linalg.norm(dipole)))


HALVES = {f"kappa_p/kappa_s = {kappa:g}": kappa for kappa in (0.0, 5.0)}


def speed_if_heated_on_one_half(tmp: Path, kappa: float) -> float:
    """Return the velocity of a sphere away from a heat flux on its upper half, over mu_s q0."""
    q0 = 3.0

    def speed(radius: float) -> float:
        path = tmp / f"{radius:g}.msh"
        cell = half_disc(path, radius, 0.18, conducting=kappa > 0.0, halves=True)
        heat = Temperature("far", 0.0), HeatFlux("above", q0)
        body = RigidBody(("below", "above"), mu_s=MU_S)
        _, (motion,) = solve_free_bodies(in_given_temperature(cell, (body,), heat, kappa))
        return motion.velocity[1]

    return -extrapolated(speed, 4.0) / (MU_S * q0)


@pytest.mark.parametrize("given", HALVES)
def test_a_particle_heated_on_one_half(shared_tmp, given):
    """What a particle that conducts leads away, within it, weakens the drive."""
    found = speed_if_heated_on_one_half(shared_tmp, HALVES[given])
    check(JANUS, given, {"|U| kappa_s/(mu_s q0)": found})


def heated_inside(path: Path, radius: float, h: float, q: float) -> Problem:
    """Return conduction in and around a particle at whose surface the heat flux q is released."""
    cell = half_disc(path, radius, h, conducting=True)
    fluid = replace(pure_fluid(), T0=300.0)
    heat = Temperature("far", 300.25), HeatFlux("particle", q)
    return Problem(cell, fluid, heat, equations=CONDUCTION, gap=1.0, solids={BODY: solid(5.0)})


@pytest.mark.ranks
def test_heat_that_is_released_at_the_surface_of_a_particle(shared_tmp):
    """T = T_far + q a^2/kappa (1/r - 1/R) in the fluid, the particle inside at the value for a.

    The heat leaves through the outer sphere, and it leaves the fluid at the surface with a minus.
    """
    q, R = 3.0, 4.0
    problem = heated_inside(shared_tmp / "released.msh", R, 0.18, q)
    solve_steady(problem)
    kappa = problem.mixture.reference.kappa
    for r in (0.0, 0.5, 1.0, 2.0):
        rise = q / kappa * (1.0 / max(r, 1.0) - 1.0 / R)
        found = values_at(problem.function("theta"), [(0.0, r, 0.0)])
        assert found[0, 0] - 0.25 == pytest.approx(rise, rel=1e-4)
    power, flows = q * problem.cell.area("particle"), flows_of(problem)
    assert power == pytest.approx(4.0 * math.pi * q, rel=1e-3)
    assert flows.heat["far"] == pytest.approx(power, rel=1e-9)
    assert flows.heat["particle"] == pytest.approx(-power, rel=1e-3)
    assert released_at_interfaces(problem) == pytest.approx(power, rel=1e-9)
    entropy = entropy_rates(problem)
    found = balances(problem, flows, entropy)
    assert found.heat < 1e-9
    # What conduction produces is less than a hundredth of what the heat brings in and takes along.
    assert abs(entropy.produced + entropy.supplied - entropy.leaving) < 1e-9 * entropy.produced


@pytest.mark.ranks
def test_a_march_counts_the_heat_that_is_released_at_a_surface(comm, shared_tmp):
    q = 3.0
    problem = heated_inside(shared_tmp / "warming.msh", 3.0, 0.8, q)
    with March(problem, MarchOptions(first_step=1e-3, tolerance=1e-2)) as march:
        done = list(march.until(0.5))
    amounts = [step.throughput for step in done]
    created, gained = (
        np.array([getattr(each, name)["theta"] for each in amounts])
        for name in ("created", "gained")
    )
    left = np.array([comm.allreduce(float(each.left["theta"].sum())) for each in amounts])
    assert created.sum() == pytest.approx(0.5 * released_at_interfaces(problem), rel=1e-9)
    assert np.abs(gained + left - created).max() < 1e-9 * created.sum()


def test_a_temperature_cannot_be_given_at_the_surface_of_a_particle(shared_tmp):
    cell = half_disc(shared_tmp / "refused.msh", 3.0, 0.8, conducting=True)
    far = Temperature("far", 0.0)
    with pytest.raises(ConditionError, match=r'is computed(.|\n)*kind "heat-flux"'):
        Problem(cell, pure_fluid(), (Temperature("particle", 1.0), far), solids={BODY: solid(1.0)})


def test_a_particle_that_absorbs_light_in_one_half(shared_tmp):
    """U = -mu_s q a/[8 (2 kappa_s + kappa_p)] for a power density q, with the radius a.

    The surface temperature t P_1(cos theta) moves a sphere at -2/3 mu_s t/a. Tested with r P_1, the
    equation of heat gives t = 3/4 (integral of q r^3 dr)/[a^2 (2 kappa_s + kappa_p)], of which the
    heat flux q0 on one half of the surface is the case of a thin layer.
    """
    kappa, q = 5.0, 10.0

    def speed(radius: float) -> float:
        path = shared_tmp / f"{radius:g}.msh"
        cell = half_disc(path, radius, 0.18, conducting=True, halves=True)
        body = RigidBody(("below", "above"), mu_s=MU_S)
        light = HeatSource(lambda x: q * (x[1] > 0.0), BODY)
        problem = in_given_temperature(
            cell, (body,), (Temperature("far", 0.0),), kappa, sources=(light,)
        )
        _, (motion,) = solve_free_bodies(problem)
        return motion.velocity[1]

    assert extrapolated(speed, 4.0) == pytest.approx(-MU_S * q / (8.0 * (2.0 + kappa)), rel=2e-3)


def test_bodies_of_one_mobility_keep_their_places(shared_tmp):
    """U = -mu_s grad T and no rotation, whatever their shapes and neighbours, if they insulate.

    u = mu_s (grad T - G) then has all that is wanted of the flow (F. A. Morrison, J. Colloid
    Interface Sci. 34 (1970) 210, for electrophoresis).
    """
    cell = two_ellipses(shared_tmp / "two.msh", 0.12)
    made = {name: surface_centre(cell, (name,)) for name in ("first", "second")}
    bodies = [RigidBody(name, mu_s=MU_S, centre=centre) for name, centre in made.items()]
    walls = (*bodies, Unbounded("far", mu_s=MU_S))
    problem = in_given_temperature(cell, walls, (gradient_far_away(2),))
    _, motions = solve_free_bodies(problem)
    for motion in motions:
        assert motion.velocity == pytest.approx((0.0, -MU_S, 0.0), abs=2e-3 * MU_S)
        assert motion.rotation == pytest.approx((0.0, 0.0, 0.0), abs=2e-3 * MU_S)


# -- forces ----------------------------------------------------------------------------------------


def narrowed(ratio: float) -> float:
    """Return the drag on a sphere in a concentric sphere at rest, over 6 pi mu a U.

    It is 4/3 B of Stokes' stream function sin^2(theta) (A/r + B r + C r^2 + D r^4) between the two,
    which moves with the one (first two rows: u_r, -u_theta) and rests at the other. Equal to
    the formula of J. Happel, H. Brenner, Low Reynolds number hydrodynamics (1965), sec. 4-22.
    """
    R = 1.0 / ratio
    rows = [
        row
        for r in (1.0, R)
        for row in ([2 / r**3, 2 / r, 2, 2 * r**2], [-1 / r**3, 1 / r, 2, 4 * r**2])
    ]
    _, stokeslet, _, _ = np.linalg.solve(rows, [1.0, 1.0, 0.0, 0.0])
    x = ratio
    quoted = (1.0 - x**5) / (1.0 - 2.25 * x + 2.5 * x**3 - 2.25 * x**5 + x**6)
    assert 4.0 / 3.0 * stokeslet == pytest.approx(quoted, rel=1e-9)
    return quoted


def test_drag_on_a_sphere_that_is_pulled(shared_tmp):
    cell = half_disc(shared_tmp / "drag.msh", 4.0, 0.18, conducting=False)
    body = RigidBody("particle", force=(0.0, 2.0, 0.0))
    problem = in_given_temperature(cell, (body,), (gradient_far_away(2),))
    _, (motion,) = solve_free_bodies(problem)
    drag = 6.0 * math.pi * problem.mixture.reference.mu * narrowed(0.25)
    assert motion.velocity[1] == pytest.approx(2.0 / drag, rel=1e-3)
    assert motion.force[1] == pytest.approx(-2.0, rel=1e-9)


def test_the_force_counts_the_pressure_of_the_potential(shared_tmp):
    """A sphere at rest in level layers: the weight of the displaced fluid, by Archimedes.

    Degree 3 holds the hydrostatic pressure on curved mesh cells, so that the force is exact for the
    surface that the mesh has.
    """
    cell = half_disc(shared_tmp / "level.msh", 4.0, 0.6, conducting=False)
    body, heat = RigidBody("particle"), gradient_far_away(2)
    made = in_given_temperature(cell, (body,), (heat,), equations=STOKES)
    made.given["theta"].interpolate(lambda x: x[1] + 0.5)
    buoyant = Problem(
        cell,
        pure_fluid(Ra=1e5),
        made.conditions,
        equations=made.equations,
        given=made.given,
        gap=1.0,
        degree=3,
    )
    solve_steady(buoyant)
    ((_, bound),) = bodies_of(buoyant)
    force = integral(buoyant, load_on(buoyant, bound, ALONG))
    z, n = ufl.SpatialCoordinate(cell.mesh)[1], ufl.FacetNormal(cell.mesh)
    displaced = -integral(buoyant, (z**2 / 2.0 + z / 2.0) * n[1] * buoyant.ds(("particle",)))
    m = buoyant.mixture
    weight = m.rho0 * m.gravity.magnitude * m.beta_T * displaced
    assert force == pytest.approx(-weight, rel=1e-9)
    assert displaced == pytest.approx(0.5 * 4.0 / 3.0 * math.pi, rel=1e-3)


@pytest.mark.parametrize("dim", [2, 3])
def test_a_body_turns_and_drifts_with_the_wall_around_it(shared_tmp, dim):
    """All moves as one solid: every force and torque, and several bodies."""
    velocity, rotation = (0.3, -0.2, 0.5), (0.4, -0.7, 0.6)
    if dim == 2:
        velocity, rotation = (0.3, -0.2, 0.0), (0.0, 0.0, 0.6)
    cell = ball(shared_tmp / "solid.msh", dim, 3.0, 0.5)
    around = RigidBody("far", velocity=velocity, rotation=rotation, centre=(0.2, 0.1, 0.0))
    body = RigidBody("particle")
    problem = in_given_temperature(cell, (body, around), (gradient_far_away(dim),))
    every = motions_in(dim, about_axis=False)
    _, (motion, held) = solve_free_bodies(problem, held={"far": every})
    assert held.velocity == velocity
    assert motion.rotation == pytest.approx(rotation, abs=1e-6)
    at_centre = np.array(velocity) - np.cross(rotation, around.centre)
    assert motion.velocity == pytest.approx(list(at_centre), abs=1e-6)


def test_torque_on_a_cylinder(shared_tmp):
    """A cylinder in another one turns at torque/(4 pi mu) (1/R1^2 - 1/R2^2)."""
    cell = ball(shared_tmp / "turned.msh", 2, 3.0, 0.2)
    body = RigidBody("particle", torque=(0.0, 0.0, 2.0))
    problem = in_given_temperature(cell, (body,), (gradient_far_away(2),))
    _, (motion,) = solve_free_bodies(problem)
    mu = problem.mixture.reference.mu
    assert motion.rotation[2] == pytest.approx(2.0 / (4.0 * math.pi * mu) * (1 - 1 / 9), rel=1e-3)
    assert motion.velocity == pytest.approx([0.0] * 3, abs=1e-3 * motion.rotation[2])


def test_axisymmetric_equals_three_dimensions(shared_tmp):
    """To the error of the mesh in 3D, which is 1 % at this size and 0.1 % at two thirds of it."""
    body = RigidBody("particle", mu_s=MU_S)
    plane = half_disc(shared_tmp / "plane.msh", 3.0, 0.15, conducting=False)
    _, (revolved,) = solve_free_bodies(
        in_given_temperature(plane, (body,), (gradient_far_away(2),))
    )
    space = ball(shared_tmp / "space.msh", 3, 3.0, 0.36)
    _, (full,) = solve_free_bodies(in_given_temperature(space, (body,), (gradient_far_away(3),)))
    assert full.velocity[2] == pytest.approx(revolved.velocity[1], rel=1e-2)
    assert full.velocity[:2] == pytest.approx([0.0, 0.0], abs=1e-3)


# -- in time ---------------------------------------------------------------------------------------


def test_a_march_of_a_free_body_ends_in_its_steady_motion(shared_tmp):
    """Heat spreads from the outer sphere; the body feels no force at any instant."""
    cell = half_disc(shared_tmp / "march.msh", 4.0, 0.4, conducting=False)
    walls = RigidBody("particle", mu_s=0.5), gradient_far_away(2)
    steady, marched = (Problem(cell, pure_fluid(Ra=0.0), walls, gap=1.0) for _ in range(2))
    _, (end,) = solve_free_bodies(steady)
    speeds = []
    with March(marched, MarchOptions(tolerance=1e-2), free=free_bodies(marched)) as march:
        for _ in march.until(20.0):
            (motion,) = body_motions(marched)
            assert abs(motion.force[1]) < 1e-9
            speeds.append(motion.velocity[1] / end.velocity[1])
    assert speeds[-1] == pytest.approx(1.0, abs=1e-4)
    assert any(0.2 < speed < 0.8 for speed in speeds)


def test_modes_of_a_free_body(shared_tmp):
    """A fluid that comes to rest takes a free body along; march and spectrum find the same rate.

    A body that is held makes the fluid come to rest almost twice as fast.
    """
    cell = half_disc(shared_tmp / "modes.msh", 3.0, 0.5, conducting=False)
    heat = Temperature("far", 0.25)
    problem = Problem(cell, pure_fluid(Ra=0.0, Pr=0.05), (RigidBody("particle"), heat), gap=1.0)
    problem.impose()
    free, only = free_bodies(problem), SpectrumOptions(number=2)
    rate, held = (
        growth_rates(problem, shifts=[0.01], options=only, free=how).leading.growth_rate
        for how in (free, Held)
    )
    assert held < 1.5 * rate < 0.0
    problem.function("u").interpolate(lambda x: (0.0 * x[0], 9.0 - x[0] ** 2 - x[1] ** 2))
    energy = []
    with March(problem, MarchOptions(tolerance=1e-3), free=free) as march:
        for t in (20.0, 22.0):
            for _ in march.until(t):
                pass
            energy.append(
                integral(problem, ufl.inner(problem.state.u, problem.state.u) * problem.dx)
            )
    assert 0.25 * math.log(energy[1] / energy[0]) == pytest.approx(rate, rel=5e-3)


@pytest.mark.ranks
def test_a_body_grows_unstable_by_its_freedom(shared_tmp):
    """Heated from below, a sphere that is free rises with the fluid; one that is held stops it.

    Real and complex shifts find the same modes, and the count of growing ones counts bodies.
    """
    cell = half_disc(shared_tmp / "rises.msh", 3.0, 0.8, conducting=False)
    heat = Temperature("far", lambda x: -x[1])
    problem = Problem(cell, pure_fluid(Ra=1e3, Pr=0.1), (RigidBody("particle"), heat), gap=1.0)
    find_steady(problem)
    solve_free_bodies(problem)
    found, few = {}, SpectrumOptions(number=4)
    for how in (motion_of_bodies(problem), Held):
        modes = counted_modes(problem, options=few, reach=300.0, free=how)
        found[how is Held] = modes.leading.growth_rate, modes.count
    assert found[False][0] == pytest.approx(7.02449, rel=1e-5)
    assert found[True][0] < 0.0
    assert [count.growing for _, count in (found[False], found[True])] == [1, 0]
    free = motion_of_bodies(problem)
    waves = [
        next(
            mode
            for mode in growth_rates(problem, shifts=[shift], free=free).modes
            if mode.frequency
        )
        for shift in (1.0, -2.0 + 6.0j)
    ]
    assert waves[0].eigenvalue == pytest.approx(waves[1].eigenvalue, rel=1e-8)


def test_how_bodies_move_in_time_must_be_stated(comm, shared_tmp):
    cell = half_disc(shared_tmp / "stated.msh", 3.0, 0.8, conducting=False)
    problem = Problem(
        cell, pure_fluid(Ra=0.0), (RigidBody("particle"), Temperature("far", 0.25)), gap=1.0
    )
    with pytest.raises(CaseError, match=r"a march does not know(.|\n)*free_bodies"):
        March(problem)
    with pytest.raises(CaseError, match="a spectrum does not know"):
        growth_rates(problem, shifts=[1.0])


# -- with all equations ----------------------------------------------------------------------------


def test_heat_and_mass_stay_uniform_around_a_body_that_moves(comm, shared_tmp):
    """A body pulled through fluid of one temperature and composition leaves both as they are."""
    cell = half_disc(shared_tmp / "uniform.msh", 3.0, 0.4, conducting=False)
    body = RigidBody("particle", force=(0.0, 50.0, 0.0))
    problem = Problem(cell, trace(), (body, Temperature("far", 0.25)), gap=1.0)
    _, (motion,) = solve_free_bodies(problem)
    assert motion.velocity[1] > 0.1
    for name, value in (("theta", 0.25), ("gamma_0", 0.0)):
        assert np.abs(problem.function(name).x.array - value).max(initial=0.0) < 1e-9


@pytest.mark.parametrize(
    ("sides", "says"), [(("below",), "not a closed surface"), (("far",), "around the fluid")]
)
def test_what_is_no_body_is_refused(shared_tmp, sides, says):
    cell = half_disc(shared_tmp / "halves.msh", 3.0, 0.8, conducting=False, halves=True)
    check_closed(cell, ("below", "above"))
    with pytest.raises(ConditionError, match=says):
        check_closed(cell, sides)


def trace() -> Any:
    scaled = property_values(Groups(Ra=1e-3, Pr=1.0, Le=10.0, psi=0.1), c0=0.5, S_T_dT=0.1)
    return mixture_of_groups(scaled, up=(0.0, 1.0), closure="full")


def test_a_case_with_a_body(comm):
    """The sphere of glass of the demo: -2 kappa/(2 kappa + kappa_s) mu_s grad T, and the wall."""
    built = load_case(DEMOS / "slip_sphere.toml").build(comm)
    experiment = built.experiment
    findings = measure(experiment, with_numerical_error=False)
    (motion,) = findings.bodies
    kappa, kappa_s = experiment.mixture.reference.kappa, 1.2
    alone = -2.0 * kappa / (2.0 * kappa + kappa_s) * 1e-11 * 1e5
    assert motion.name == "particle"
    # A sphere of fluid of 8 radii slows a sphere that insulates by 0.6 %.
    assert motion.velocity[1] == pytest.approx(0.995 * alone, rel=2e-3)
    assert findings.stability.verdict == "no growth found"
    assert findings.uncertainties == ()
    body = next(each for each in experiment.conditions if isinstance(each, RigidBody))
    with pytest.raises(CaseError, match="an audit compares steady states of the composition"):
        body.ideal(at_plate=False)


def test_the_centre_of_a_body(comm, shared_tmp):
    cell = half_disc(shared_tmp / "centre.msh", 3.0, 0.4, conducting=False)
    assert surface_centre(cell, ("particle",)) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    box = rectangle(comm, (2.0, 1.0), (2, 2))
    assert surface_centre(box, tuple(box.sides)) == pytest.approx((1.0, 0.5, 0.0))
    assert surface_centre(box, ("top",)) == pytest.approx((1.0, 1.0, 0.0))


# -- what is refused -------------------------------------------------------------------------------


def test_what_is_refused(comm):
    cell = rectangle(comm, (1.0, 1.0), (2, 2))
    held = Temperature("left", 0.5), Temperature("right", -0.5)
    problem = Problem(cell, pure_fluid(), held)
    with pytest.raises(CaseError, match="no rigid body"):
        solve_free_bodies(problem)
    with pytest.raises(ConditionError, match="centre has 2 components"):
        RigidBody("top", centre=(0.0, 0.0))  # type: ignore[arg-type]
