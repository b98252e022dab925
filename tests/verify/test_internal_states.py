"""What is reported of particles with internal states, against closed forms and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from dolfinx import fem
from particles import (
    C0,
    COLD,
    HOT,
    T0,
    Power,
    in_cosines,
    random_particle,
    solvent,
    strip,
    two_states,
)
from ranks import assert_same_on_all_ranks
from scipy.linalg import null_space

from femsoret.base.errors import ConditionError
from femsoret.cells import rectangle
from femsoret.fluids import load_fluid
from femsoret.fluids.properties import Arrhenius, Constant, R
from femsoret.physics.closures import InternalState, Transition, particle
from femsoret.physics.closures.homogenised import (
    FastDiffusion,
    FastSoret,
    fast_diffusivity,
    fast_soret,
    fast_soret_between,
    homogenised,
)
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.physics.forms.transport import species_diffusion, species_exchange, species_storage
from femsoret.post.fields import integral
from femsoret.post.internal_states import (
    InternalStates,
    heat_exchanged,
    homogenisation_error,
    local_transport,
    particle_transport,
    profile,
    slow_amounts,
    slow_soret,
    states_entropy,
    wall_layers,
    wall_to_wall_soret,
)
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady

FINE = NewtonOptions(tolerance=1e-10)


def solved(problem):
    solve_steady(problem, FINE)
    return InternalStates(problem)


@pytest.mark.parametrize(
    ("seed", "affinity", "overdamped"), [(1, 0.0, False), (5, 0.0, True), (3, 1.0, False)]
)
def test_entropy_is_paid_for(comm, seed, affinity, overdamped):
    """Both sides from integrals of their own; the defect is of order h^2p.

    Overdamped diffusivities are proportional to one function of T here.
    """
    of = random_particle(seed, affinity=affinity, overdamped=overdamped)
    defects = []
    for cells in (4, 8):
        found = states_entropy(solved(strip(comm, [of], cells=cells, grading=1.0)))
        assert min(found.by_transitions, found.by_diffusion) > 0.0
        assert abs(found.mobility) <= 1e-4 * found.produced
        assert (found.work > 0.0) == bool(affinity)
        defects.append(found.defect)
    assert defects[1] <= 2e-5
    assert defects[1] <= defects[0] / 6.0


def test_different_laws_of_D_carry_heat_of_velocities(comm):
    states = [
        InternalState("1", Constant(0.0), Power(0.2, 1.0)),
        InternalState("2", Constant(R), Power(1.0, 2.5)),
    ]
    down = [Transition("2", "1", Constant(2.0))]
    of = particle("A", states, down, c0=C0, T0=T0, flux="overdamped")
    found = states_entropy(solved(strip(comm, [of], cells=16, grading=1.0)))
    assert found.defect <= 1e-6
    assert abs(found.mobility) > 0.01 * found.produced


def test_closed_currents_carry_heat_to_the_cold_side(comm):
    of = solved(strip(comm, [two_states(0.1, 1.0, 1.0, 10.0)]))
    along = profile(of)
    # The currents of both states are opposite; the excited one goes to the cold wall.
    largest = abs(along.currents).max()
    assert abs(along.currents.sum(axis=0)).max() <= 1e-4 * largest
    assert along.currents[1, 50] < -0.5 * largest
    # Particles climb at the hot wall and fall at the cold one ("2" falls to "1": net > 0).
    assert along.net[0, 0] > 0.0 > along.net[0, -1]
    heat = heat_exchanged(of)
    assert heat.taken == pytest.approx(heat.given, rel=1e-8)
    # All heat that is taken beyond a plane crosses it: the largest energy current is that heat.
    mean = -R * along.currents[1].min()
    assert heat.taken == pytest.approx(mean, rel=2e-3)


def test_affinities_heat_the_solvent(comm):
    """What is given beyond what is taken is the work, n A, at constant energies."""
    of = solved(strip(comm, [random_particle(3, affinity=1.0)]))
    heat = heat_exchanged(of)
    (driven,) = [i for i, t in enumerate(of.particle.transitions) if t.affinity is not None]
    each = of.exchanges[driven]
    work = of.per_particle(each.net(of.P) * each.affinity)
    assert heat.given - heat.taken == pytest.approx(work, rel=1e-7)
    assert work > 0.0


def test_a_released_cloud_drifts_as_said(comm):
    """The integral of the fluxes of a narrow cloud, against sum_i p_i (dD_i/dT - tau_i) grad T."""
    shares, slope = np.array([0.3, 0.7]), HOT - COLD
    for flux in ("fick", "overdamped"):
        states = [
            InternalState("1", Constant(0.0), Power(0.2, 1.0)),
            InternalState("2", Constant(R), Power(1.0, 2.5)),
        ]
        down = [Transition("2", "1", Constant(2.0))]
        of = particle("A", states, down, c0=C0, T0=T0, flux=flux)
        problem = strip(comm, [of], cells=64, grading=1.0)
        problem.function("theta").interpolate(lambda x: COLD - T0 + slope * x[1])
        for i, share in enumerate(shares):
            mean = problem.mixture.species[i].c0
            problem.function("gamma").sub(i).interpolate(
                lambda x, share=share, mean=mean: (
                    share * np.exp(-(((x[1] - 0.5) / 0.04) ** 2)) - mean
                )
            )
        cloud = InternalStates(problem)
        moved = cloud.per_particle(sum(J[1] for J in cloud.J)) / slope
        expected = shares @ [0.2, 2.5 * T0**1.5] if flux == "fick" else 0.0
        assert moved == pytest.approx(expected, rel=2e-3, abs=1e-4)
        said = local_transport(cloud, profile(cloud), 50).drift
        assert said == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_drift_and_bias_need_not_have_one_sign(comm):
    """Diffusivities that grow with T: a cloud drifts to the hot side, the steady state does not."""
    states = [
        InternalState("1", Constant(0.0), Power(0.1, 2.0)),
        InternalState("2", Constant(R), Power(1.0, 2.0)),
    ]
    of = particle("A", states, [Transition("2", "1", Constant(1e5))], c0=C0, T0=T0)
    found = particle_transport(solved(strip(comm, [of])).problem)
    assert found.middle.drift > 0.0
    assert found.middle.bias > 0.0  # to the cold side
    assert found.middle.bias == pytest.approx(found.middle.fast, rel=1e-2)
    assert found.soret == pytest.approx(found.fast, rel=2e-2)


def test_overdamped_states_have_a_slow_limit(comm):
    for k0 in (1e-5, 1e5):
        states = [
            InternalState("1", Constant(0.0), Power(0.2, 1.0)),
            InternalState("2", Constant(R), Power(1.0, 2.5)),
        ]
        down = [Transition("2", "1", Constant(k0))]
        of = solved(strip(comm, [particle("A", states, down, c0=C0, T0=T0, flux="overdamped")]))
        found = wall_to_wall_soret(of)
        if k0 < 1.0:
            assert found == pytest.approx(slow_soret(of), rel=1e-4)
        else:
            assert found == pytest.approx(particle_transport(of.problem).fast, rel=5e-3)
            assert abs(found - slow_soret(of)) > 0.1


# -- selection of a fast branch --------------------------------------------------------------------


def branches(dE, eB, eC, scale):
    """Return states A (high), B behind the barrier eB and C behind eC, both lower by dE."""
    states = [
        InternalState("A", Constant(dE * R), Constant(1.0)),
        *(InternalState(name, Constant(0.0), Constant(1.0)) for name in "BC"),
    ]
    rates = [
        Transition("A", name, Arrhenius(scale * np.exp(-barrier / 0.7), 0.7, barrier * R))
        for name, barrier in (("B", eB), ("C", eC))
    ]
    return particle("A", states, rates, c0=C0, T0=0.7)


SELECTED = [
    (1.0, 3.0, 2.0, 1.03049, 1.01246),
    (1.0, 4.5, 2.5, 1.04782, 1.02322),
    (1.0, 6.0, 2.0, 1.08629, 1.04495),
    (5.0, 3.0, 2.0, 1.09561, 1.05401),
    (5.0, 4.5, 2.5, 1.14507, 1.10069),
    (5.0, 6.0, 2.0, 1.27057, 1.20082),
]
"""Energy drop, barriers, and P_C/P_B in two boxes at 0.6 and 0.8 and in a cell between them, if
diffusion is far faster than all transitions."""

SPECIES = Equations(
    "species", ("gamma",), (species_diffusion, species_exchange, species_storage), given=("theta",)
)


@pytest.mark.parametrize("boxes", [False, True], ids=["cell", "boxes"])
def test_a_gradient_selects_the_fast_branch(comm, boxes):
    cell = rectangle(comm, (0.1, 1.0), (1, 12))
    V = fem.functionspace(cell.mesh, ("DG", 0) if boxes else ("Lagrange", 1))
    theta = fem.Function(V)
    theta.interpolate(lambda x: 0.1 * np.sign(x[1] - 0.5) if boxes else 0.2 * (x[1] - 0.5))
    for dE, eB, eC, in_boxes, in_cell in SELECTED:
        of = branches(dE, eB, eC, 1e-3)
        mixture = solvent([of], T0=0.7)
        walls = (Temperature(("top",), 0.8), Temperature(("bottom",), 0.6))
        problem = Problem(cell, mixture, walls, equations=SPECIES, given={"theta": theta})
        # Round-off of 1e-15, divided by the slowest rate, 1e-10 D/L^2, is what a solver can reach.
        solve_steady(problem, NewtonOptions(tolerance=1e-4))
        amounts = [integral(problem, P * problem.dx) for P in InternalStates(problem).P]
        expected = in_boxes if boxes else in_cell
        assert amounts[2] / amounts[1] == pytest.approx(expected, rel=1e-4)
        said = slow_amounts(InternalStates(problem))
        assert said[2] / said[1] == pytest.approx(expected, rel=1e-4)


def selected(amounts):
    """Return P_C/P_B - 1 from the amounts of A, B, C."""
    return amounts[2] / amounts[1] - 1.0


def test_selection_is_largest_at_finite_diffusion(comm):
    """Barriers 8 and 6, energy drop 0.5: more at D = 1e-5 of the rates than without limits.

    The null vector of a Galerkin method with cosines has the same amounts.
    """
    found = []
    for scale in (0.1, 1e5):  # rates in units of the diffusivity
        of = branches(0.5, 8.0, 6.0, scale)
        cell = rectangle(comm, (0.1, 1.0), (1, 16), grading=(1.0, 4.0))
        theta = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
        theta.interpolate(lambda x: 0.2 * (x[1] - 0.5))
        walls = (Temperature(("top",), 0.8), Temperature(("bottom",), 0.6))
        given = {"theta": theta}
        problem = Problem(cell, solvent([of], T0=0.7), walls, equations=SPECIES, given=given)
        solve_steady(problem, NewtonOptions(tolerance=1e-6))
        amounts = [integral(problem, P * problem.dx) for P in InternalStates(problem).P]
        A = in_cosines(of, 0.6, 0.8)
        means = null_space(A, rcond=1e-13)[:, 0].reshape(3, -1)[:, 0]
        assert selected(amounts) == pytest.approx(selected(means), rel=1e-4)
        found.append(selected(amounts))
    assert found[1] > 1.2 * found[0] > 0.0


# -- homogenised ---------------------------------------------------------------------------------


def test_a_homogenised_particle_is_the_fast_limit(comm):
    """In a cell at rest its error falls as the layers at the walls do, with k^-1/2."""
    errors = []
    for k0 in (1e4, 1e6):
        of = solved(strip(comm, [two_states(0.1, 1.0, 1.0, k0)]))
        one = homogenised(of.problem.mixture)
        walls = (Temperature(("top",), HOT), Temperature(("bottom",), COLD))
        effective = Problem(of.problem.cell, one, walls, equations=DIFFUSION)
        solve_steady(effective, FINE)
        errors.append(homogenisation_error(of, effective))
        said = fast_soret_between(of.particle, COLD, HOT)
        assert errors[-1].soret == pytest.approx(said - wall_to_wall_soret(of), abs=1e-7)
    assert errors[1].soret / errors[0].soret == pytest.approx(0.05, abs=0.05)
    assert 0.0 < errors[1].field < 0.2 * errors[0].field < 0.02


def test_homogenised_laws_serve_in_a_fluid():
    of = two_states(1e-10, 4e-10, 300.0, 1.0)
    fluid = load_fluid("water-ethanol").with_(diffusion=FastDiffusion(of), soret=FastSoret(of))
    values = fluid.at(1.1, 0.6)
    assert pytest.approx(fast_diffusivity(of, 1.1)) == values.D
    assert pytest.approx(fast_soret(of, 1.1)) == values.S_T


# -- warnings --------------------------------------------------------------------------------------


def test_layers_that_the_mesh_misses(comm):
    of = solved(strip(comm, [two_states(0.1, 1.0, 1.0, 1e4)], cells=8, grading=1.0))
    layers = wall_layers(of)
    assert [layer.side for layer in layers] == ["top", "bottom"]
    assert all(layer.is_missed for layer in layers)
    # lambda = k (1/D_2 + e^(-E/T)/D_1) of two states.
    assert layers[0].thickness == pytest.approx((1e4 * (1.0 + np.exp(-1.0 / HOT) / 0.1)) ** -0.5)
    fine = strip(comm, [two_states(0.1, 1.0, 1.0, 1e4)], cells=32, grading=10.0)
    assert not any(layer.is_missed for layer in wall_layers(InternalStates(fine)))


def test_only_particles_have_states(comm):
    problem = strip(comm, [two_states(0.1, 1.0, 1.0, 1.0)])
    with pytest.raises(ConditionError, match="no particle 1"):
        InternalStates(problem, 1)


@pytest.mark.ranks
def test_same_on_all_ranks():
    def numbers(comm):
        found = particle_transport(solved(strip(comm, [two_states(0.1, 1.0, 1.0, 10.0)])).problem)
        return {
            "soret": found.soret,
            "bias": found.middle.bias,
            "produced": found.entropy.produced,
            "carried": found.entropy.carried,
            "taken": found.heat.taken,
            "thickness": found.layers[0].thickness,
        }

    assert_same_on_all_ranks(numbers)
