"""Particles with internal states between a cold and a hot wall, from slow to fast transitions."""

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
    cube,
    random_particle,
    solvent,
    strip,
    three_states,
    two_states,
)
from ranks import assert_same_on_all_ranks
from tolerances import ROUND_OFF

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant, R
from femsoret.physics.closures.homogenised import fast_soret_between
from femsoret.physics.closures.particles import InternalState, Transition, particle
from femsoret.physics.forms import CONVECTION
from femsoret.post.fields import integral, read_at
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import Newton, NewtonOptions, solve_steady
from femsoret.solve.linear.exchange import combination
from femsoret.solve.linear.options import EVEN_STEPS
from femsoret.solve.linear.selection import options_of

FINE = NewtonOptions(tolerance=1e-10)
DECADES = (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6, 1e8)


def amounts(problem, heights):
    """Return the mass fraction of each state at some heights, shape (states, heights)."""
    points = [[0.05, y] for y in heights]
    return np.array(
        [
            species.c0 + read_at(problem, f"gamma_{i}", points)
            for i, species in enumerate(problem.mixture.species)
        ]
    )


def soret(problem):
    """Return the Soret coefficient from wall to wall."""
    cold, hot = amounts(problem, (0.0, 1.0)).sum(axis=0)
    return -np.log(hot / cold) / (HOT - COLD)


@pytest.mark.parametrize(
    ("D1", "D2", "E", "k0", "expected"),
    [
        (0.1, 1.0, 1.0, 1.0, 0.118954),
        (0.1, 1.0, 1.0, 100.0, 0.389427),
        (0.1, 1.0, 1.0, 1e8, 0.428408),
        (1.0, 0.1, 1.0, 1e8, -0.206043),
        (1.0, 0.1, 2.0, 1e8, -0.204057),
        (1.0, 2.0, 1.0, 1e8, 0.132204),
    ],
)
def test_wall_to_wall(comm, D1, D2, E, k0, expected):
    """Values of independent Chebyshev solutions, and the closed form of the fast limit."""
    of = two_states(D1, D2, E, k0)
    problem = strip(comm, [of])
    solve_steady(problem, FINE)
    assert soret(problem) == pytest.approx(expected, rel=1e-4)
    if k0 > 1e3:
        assert fast_soret_between(of, COLD, HOT) == pytest.approx(expected, abs=6e-7)


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_fourteen_decades_of_rates(comm, preset):
    """The sum of D_i P_i is uniform, and the solvers do not notice the rate."""
    options = NewtonOptions(preset=preset, tolerance=1e-10)
    steps, found = [], []
    for k0 in DECADES:
        problem = strip(comm, [two_states(0.1, 1.0, 1.0, k0)])
        steps.append(solve_steady(problem, options).newton_iterations)
        P = amounts(problem, np.linspace(0.0, 1.0, 41))
        total = 0.1 * P[0] + P[1]
        assert np.ptp(total) <= 1e-8 * total.mean(), k0
        found.append(soret(problem))
    assert max(steps) <= 1.2 * min(steps)
    assert found == sorted(found)
    # Slow transitions: linear in the rate; fast ones: the rest is a layer of thickness k^-1/2.
    assert found[1] / found[0] == pytest.approx(100.0, rel=1e-3)
    limit = fast_soret_between(two_states(0.1, 1.0, 1.0, 1.0), COLD, HOT)
    assert (limit - found[-1]) / (limit - found[-2]) == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda k: two_states(0.1, 1.0, 1.0, k), id="2"),
        pytest.param(three_states, id="3", marks=pytest.mark.slow),
    ],
)
def test_multigrid_does_not_notice_the_rate(comm, make):
    """As many Newton steps at every rate, and iterations within a fifth.

    Where steps were solved as Eisenstat and Walker say, two states took 10 to 14 iterations in 3 or
    4 steps.
    """
    steps, iterations = [], []
    for k0 in (1e-6, 1e-3, 1.0, 1e3, 1e6, 1e8):
        report = solve_steady(cube(comm, make(k0), 4), NewtonOptions(preset="multigrid"))
        steps.append(report.newton_iterations)
        iterations.append(report.linear_iterations)
    assert len(set(steps)) == 1, steps
    assert max(iterations) <= 1.2 * min(iterations), iterations


def test_only_conversion_makes_all_newton_steps_even(comm):
    """Not in other mixtures, in flows and with AMG; options of the user go before."""
    of = two_states(0.1, 1.0, 1.0, 1.0)
    apart = particle("A", of.states, [], c0=C0, T0=T0, shares={"1": 0.5, "2": 0.5})
    converted, own = cube(comm, of, 2), {"ksp_rtol": 1e-7}
    assert options_of(cube(comm, apart, 2), "multigrid") == {}
    flow = Problem(converted.cell, converted.mixture, converted.conditions, equations=CONVECTION)
    for problem, preset in ((converted, "amg"), (flow, "multigrid")):
        assert not EVEN_STEPS.keys() & options_of(problem, preset).keys()
    with Newton(converted, NewtonOptions(preset="multigrid", petsc=own)) as newton:
        assert newton.petsc_options["snes_ksp_ew"] == "false"
        assert newton.petsc_options["ksp_rtol"] == 1e-7


def test_conversion_cancels_in_the_sum_of_the_equations(comm):
    """To the last digit of diffusion, however fast; not if compilers reorder what is added."""
    sums = []
    for k0 in (1.0, 1e8):
        of = three_states(k0)
        problem = strip(comm, [of], cells=4)
        gamma = problem.function("gamma")
        y = gamma.function_space.tabulate_dof_coordinates()[:, 1]
        gamma.x.array[:] = np.outer(C0 * np.sin(2.0 * y), of.shares).ravel()  # in equilibrium
        form = problem.residual_forms[problem.layout.index("gamma")]
        sums.append(fem.assemble_vector(form).array.reshape(-1, 3).sum(axis=1))
    slow, fast = sums
    assert np.abs(fast - slow).max() < 1e-12 * np.abs(slow).max()


@pytest.mark.parametrize("k0", [1e-6, 1.0, 1e8])
def test_combined_equations_keep_what_is_conserved(comm, k0):
    """S leaves the sum of the equations alone, and brings conversion to the size of diffusion."""
    problem = strip(comm, [two_states(0.1, 1.0, 1.0, k0)], cells=4)
    found = combination(problem)
    np.testing.assert_allclose(found.S.sum(axis=0), 1.0, rtol=ROUND_OFF)
    X = problem.mixture.reference.exchange
    # k_21 = k0, k_12 = k0 e^(-E/T).
    down, up = k0, k0 * np.exp(-1.0 / T0)
    np.testing.assert_allclose(X, [[up, -down], [-up, down]], rtol=1e-9)
    assert abs(found.S @ X).max() <= 1.01 * min(k0, 1e3)


@pytest.mark.parametrize("k0", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize(("D2", "E"), [(0.3, 1.5), (1.0, 0.0)])
def test_equal_diffusivities_or_energies_give_nothing(comm, k0, D2, E):
    states = [
        InternalState("1", Constant(0.0), Constant(0.3)),
        InternalState("2", Constant(E * R), Constant(D2), 3.0),
        InternalState("3", Constant(0.5 * E * R), Constant(D2 if D2 == 0.3 else 0.5)),
    ]
    ring = [Transition("1", "2", Constant(k0)), Transition("2", "3", Constant(0.2 * k0))]
    ring.append(Transition("3", "1", Power(k0, 3.0)))
    problem = strip(comm, [particle("A", states, ring, c0=C0, T0=T0)])
    solve_steady(problem, FINE)
    assert abs(soret(problem)) <= 1e-8


def test_driving_makes_equal_energies_move(comm):
    """With equal energies only an affinity that depends on temperature moves the particle."""
    states = [
        InternalState(name, Constant(0.0), Constant(D)) for name, D in (("1", 0.3), ("2", 1.0))
    ]
    rates = [
        Transition("1", "2", Constant(1e4)),
        Transition("1", "2", Constant(1e4), Constant(2.0 * R)),
    ]
    of = particle("A", states, rates, c0=C0, T0=T0)
    problem = strip(comm, [of])
    solve_steady(problem, FINE)
    assert abs(soret(problem)) > 0.05
    assert soret(problem) == pytest.approx(fast_soret_between(of, COLD, HOT), rel=2e-2)


@pytest.mark.parametrize("k0", [0.1, 10.0])
def test_overdamped_states_keep_the_sum_of_D_P(comm, k0):
    """sum_i D_i(T) P_i is uniform, to the discretisation error of order h^(p+1)."""
    states = [
        InternalState("1", Constant(0.0), Power(0.2, 1.0)),
        InternalState("2", Constant(R), Power(1.0, 2.5)),
    ]
    of = particle(
        "A", states, [Transition("2", "1", Constant(k0))], c0=C0, T0=T0, flux="overdamped"
    )
    spread = []
    for cells in (8, 16):
        problem = strip(comm, [of], cells=cells, grading=1.0)
        solve_steady(problem, FINE)
        y = (np.arange(cells) + 0.2) / cells  # nodes of a strip are exact
        T = COLD + (HOT - COLD) * y
        P = amounts(problem, y)
        total = 0.2 * T * P[0] + T**2.5 * P[1]
        spread.append(np.ptp(total) / total.mean())
    assert spread[1] <= 1e-5
    assert spread[1] <= 0.2 * spread[0]


def test_the_network_says_what_is_conserved(comm):
    """Two particles, one of them in two groups: three totals, none of them listed by hand."""
    states = [
        InternalState(n, Constant(e * R), Constant(d))
        for n, e, d in (("a", 0.0, 1.0), ("b", 1.0, 0.2), ("c", 0.0, 0.5))
    ]
    parted = particle(
        "B",
        states,
        [Transition("a", "b", Constant(3.0))],
        c0=2e-3,
        T0=T0,
        shares={"a": 0.6, "c": 0.4},
    )
    problem = strip(comm, [two_states(0.1, 1.0, 1.0, 10.0), parted])
    assert len(problem.pinned) == 3
    solve_steady(problem, FINE)
    means = [
        species.c0
        + integral(problem, problem.scalar(f"gamma_{i}") * problem.dx) / problem.cell.volume
        for i, species in enumerate(problem.mixture.species)
    ]
    assert means[0] + means[1] == pytest.approx(C0, rel=1e-10)
    assert means[2] + means[3] == pytest.approx(0.6 * 2e-3, rel=1e-10)
    assert means[4] == pytest.approx(0.4 * 2e-3, rel=1e-10)


def test_a_solvent_that_flows_mixes(comm):
    """Rolls in a cell heated from the side bring the separation down and keep the total."""
    found = []
    for gravity in (0.0, 3e6):
        problem = Problem(
            rectangle(comm, (1.0, 1.0), (10, 10), grading=2.0),
            solvent([two_states(0.1, 1.0, 1.0, 100.0)], gravity),
            (Temperature(("left",), HOT), Temperature(("right",), COLD)),
            equations=CONVECTION,
        )
        solve_steady(problem, NewtonOptions(tolerance=1e-9))
        ends = [[0.0, 0.5], [1.0, 0.5]]
        P = [
            s.c0 + read_at(problem, f"gamma_{i}", ends)
            for i, s in enumerate(problem.mixture.species)
        ]
        hot, cold = np.sum(P, axis=0)
        found.append(-np.log(hot / cold) / (HOT - COLD))
        total = sum(integral(problem, problem.scalar(f"gamma_{i}") * problem.dx) for i in (0, 1))
        assert abs(total) <= 1e-12 * C0
    assert found[0] == pytest.approx(0.389427, rel=1e-3)
    assert 0.0 < found[1] < 0.8 * found[0]


@pytest.mark.ranks
def test_same_on_all_ranks():
    def numbers(comm):
        problem = strip(comm, [random_particle(1)])
        solve_steady(problem, FINE)
        return {"soret": soret(problem)}

    assert_same_on_all_ranks(numbers)
