"""Two species that become each other: only their sum is conserved, and one row says how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from ranks import assert_same_on_all_ranks
from solutes import solution

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Species
from femsoret.physics.forms import CONVECTION, DIFFUSION
from femsoret.post.wall_flows import integral, left_at_means, left_at_nodes
from femsoret.problem import Filling, Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import NewtonOptions, SpectrumOptions, growth_rates, solve_steady
from femsoret.solve.march import March, MarchOptions

C0 = (0.010, 0.004)
RATE, RATIO = 2e-3, 0.25  # 1/s, of the second; c_0 = c_1 RATIO where they are in equilibrium


@dataclass(frozen=True)
class Exchanging(BoussinesqMixture):
    """The first species becomes the second at RATE, the second the first at RATE times RATIO."""

    def at(self, T, c):
        lost = self.rho0 * RATE * (c[0] - RATIO * c[1])
        return replace(super().at(T, c), rates=(-lost, lost))


def mixture(soret, gravity, *, exchange):
    solutes = [
        Species(f"state {i}", c0, 0.3, Constant(1e-9), Constant(S))
        for i, (c0, S) in enumerate(zip(C0, soret, strict=True))
    ]
    return solution(solutes, gravity, Exchanging if exchange else BoussinesqMixture)


def problem_of(
    comm,
    equations=DIFFUSION,
    conserved=((1.0, 1.0),),
    *,
    fillings=(),
    conditions=(),
    soret=(0.05, -0.02),
    exchange=True,
):
    walls = (Temperature(("top",), 305.0), Temperature(("bottom",), 295.0), *conditions)
    return Problem(
        rectangle(comm, (1e-3, 1e-3), (4, 4)),
        mixture(soret, gravity=9.81, exchange=exchange),
        walls,
        equations=equations,
        fillings=fillings,
        conserved=conserved,
    )


def means(problem):
    """Return the mean mass fractions."""
    return [
        c0 + integral(problem, problem.scalar(block) * problem.dx) / problem.cell.volume
        for c0, block in zip(C0, ("gamma_0", "gamma_1"), strict=True)
    ]


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_the_sum_is_what_was_filled_in_and_the_rest_is_equilibrium(comm, preset):
    problem = problem_of(comm, fillings=(Filling("fluid", 0.020),))
    assert len(problem.pinned) == 1
    solve_steady(problem, NewtonOptions(preset=preset, tolerance=1e-10))
    first, second = means(problem)
    assert first + second == pytest.approx(0.024, rel=1e-12)
    assert first == pytest.approx(RATIO * second, rel=1e-9)
    # The equation that gave way follows from the others, which the exchange alone does not spoil.
    size = 1000.0 * RATE * 0.02 * 1e-6
    (missing,) = left_at_means(problem, "gamma_0", left_at_nodes(problem, "gamma_0"))
    assert abs(missing) <= 1e-9 * size


def test_two_means_would_be_wrong_and_show_it(comm):
    """Each species on its own: its equation that gave way is what the exchange is short of."""
    problem = problem_of(comm, conserved=None)
    solve_steady(problem)
    (missing,) = left_at_means(problem, "gamma_0", left_at_nodes(problem, "gamma_0"))
    expected = 1000.0 * RATE * (C0[0] - RATIO * C0[1]) * 1e-6
    assert abs(missing) == pytest.approx(expected, rel=1e-9)


def test_a_wall_that_holds_one_lets_both_go(comm):
    problem = problem_of(comm, conditions=(Composition(("top",), 0.006, species=1),))
    assert problem.pinned == ()
    solve_steady(problem)
    first, second = means(problem)
    assert first == pytest.approx(RATIO * second, rel=1e-9)


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_sum_and_difference_are_both_means(comm, preset):
    """Without exchange both are conserved, however that is written."""
    options = NewtonOptions(preset=preset, tolerance=1e-10)
    found = []
    for conserved in (None, ((1.0, 1.0), (1.0, -1.0))):
        problem = problem_of(
            comm,
            CONVECTION,
            conserved,
            fillings=(Filling("fluid", 0.012, species=1),),
            exchange=False,
        )
        report = solve_steady(problem, options)
        found.append((problem.get_state(), report.linear_iterations))
        assert means(problem) == pytest.approx([C0[0], 0.012], rel=1e-12)
    for name, one, other in zip(problem.layout.names, found[0][0], found[1][0], strict=True):
        assert abs(one - other).max() <= 1e-7 * problem.scales.largest(name), name
    assert abs(found[0][1] - found[1][1]) <= 2


SLOWEST = RATE * (1.0 + RATIO)
"""The two relax at this rate: diffusion across the cell, pi^2 D/L^2, is four times as fast."""


def test_the_slowest_mode_is_the_exchange(comm):
    """Only the sum is conserved, so the exchange is a mode; with two means imposed it would not."""
    problem = problem_of(comm, soret=(0.0, 0.0))
    solve_steady(problem)
    for shift in (-0.9 * SLOWEST, SLOWEST * (-0.9 + 0.1j)):
        modes = growth_rates(problem, shifts=(shift,), options=SpectrumOptions(number=2)).modes
        mode = max(modes, key=lambda mode: mode.growth_rate)
        assert mode.growth_rate == pytest.approx(-SLOWEST, rel=1e-8)
        assert abs(mode.frequency) <= 1e-8 * SLOWEST


def test_the_sum_stays_and_the_rest_decays_in_time(comm):
    problem = problem_of(comm, fillings=(Filling("fluid", 0.020),))
    start = means(problem)
    end, total = 0.5 / SLOWEST, sum(start)
    with March(problem, MarchOptions(tolerance=1e-4)) as march:
        for _ in march.until(end):
            assert sum(means(problem)) == pytest.approx(total, rel=1e-12)
    first = total * RATIO / (1.0 + RATIO)
    expected = first + (start[0] - first) * np.exp(-SLOWEST * end)
    assert means(problem)[0] == pytest.approx(expected, rel=1e-4)


def test_same_on_all_ranks():
    def numbers(comm):
        problem = problem_of(comm, fillings=(Filling("fluid", 0.020),))
        solve_steady(problem, NewtonOptions(tolerance=1e-10))
        squares = [
            integral(problem, problem.scalar(f"gamma_{i}") ** 2 * problem.dx) for i in (0, 1)
        ]
        return {"first": means(problem)[0], "squares": float(np.sum(squares))}

    assert_same_on_all_ranks(numbers)
