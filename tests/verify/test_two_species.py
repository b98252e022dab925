"""Two trace solutes in one solvent: each with its own closed form."""

from math import exp

import pytest
from scipy.integrate import quad
from solutes import solution

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant, Linear
from femsoret.physics.closures import Species
from femsoret.physics.forms import CONVECTION, DIFFUSION
from femsoret.post.readings import WallMean
from femsoret.post.soret import apparent, read, true_soret
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import solve_steady
from femsoret.studies.measure.steady import measure

S_T = (0.05, -0.02)
HOT, COLD = WallMean("top"), WallMean("bottom")


def experiment(comm, gravity, *, conditions=(), of_second=None):
    laws = Constant(S_T[0]), of_second or Constant(S_T[1])
    solutes = tuple(
        Species(f"solute {i}", c0, beta_c, Constant(D), laws[i])
        for i, (c0, beta_c, D) in enumerate([(0.010, 0.3, 1e-9), (0.004, -0.2, 4e-10)])
    )
    cell = rectangle(comm, (2e-3, 2e-3), (8, 8))
    walls = (Temperature(("top",), 305.0), Temperature(("bottom",), 295.0), *conditions)
    return Experiment("two solutes", cell, solution(solutes, gravity), walls)


def test_each_species_follows_its_own_closed_form(comm):
    case = experiment(comm, 0.0)
    problem = case.problem(DIFFUSION)
    solve_steady(problem)
    for i, S in enumerate(S_T):
        at = read(problem, HOT, COLD, species=i)
        assert apparent(case.mixture, at) == pytest.approx(S, rel=1e-6)
        c0 = case.mixture.species[i].c0
        ratio = (c0 + at.gamma_hot) / (c0 + at.gamma_cold)
        assert ratio == pytest.approx(exp(-S * 10.0), rel=1e-7)


def test_both_are_mixed_by_one_flow(comm):
    case = experiment(comm, 9.81)
    problem = case.problem(CONVECTION)
    solve_steady(problem)
    assert problem.layout.names == ("u", "p", "phi", "chi", "theta", "gamma")
    seen = [apparent(case.mixture, read(problem, HOT, COLD, species=i)) for i in (0, 1)]
    # The same flow; the slower solute is mixed more.
    lost = [1 - value / S for value, S in zip(seen, S_T, strict=True)]
    assert 0 < lost[0] < lost[1] < 1


def test_a_wall_may_fix_one_and_close_the_other(comm):
    case = experiment(comm, 0.0, conditions=(Composition(("top",), 0.006, species=1),))
    problem = case.problem(DIFFUSION)
    assert [mean.field for mean in problem.pinned] == ["gamma_0"]
    solve_steady(problem)
    at = read(problem, HOT, COLD, species=1)
    assert case.mixture.species[1].c0 + at.gamma_hot == pytest.approx(0.006, rel=1e-12)
    assert apparent(case.mixture, at) == pytest.approx(S_T[1], rel=1e-6)


def test_properties_of_the_second_are_those_at_the_first_ones_fraction(comm):
    """S_T of the second, linear in the first one's c: 0.02 1/K at its mean, three times that at 0.

    The mean of S_T over the temperatures is S_2(c_1(T)), c_1 the first one's own closed form.
    """
    law = Linear(0.02, 300.0, 0.0, c_ref=0.010, slope_c=-4.0)
    case = experiment(comm, 0.0, of_second=law)
    problem = case.problem(DIFFUSION)
    solve_steady(problem)
    seen = apparent(case.mixture, read(problem, HOT, COLD, species=1))
    true = true_soret(problem, HOT, COLD)[1]
    assert true.value == pytest.approx(seen, rel=1e-6)
    mean = quad(lambda x: exp(-S_T[0] * x), -5.0, 5.0)[0] / 10.0
    at_cold = 0.010 + read(problem, HOT, COLD).gamma_cold
    c_1 = at_cold * exp(-S_T[0] * 5.0) * mean
    assert true.value == pytest.approx(0.02 - 4.0 * (c_1 - 0.010), rel=1e-6)
    assert case.mixture.reference.soret[1] == pytest.approx(0.02, rel=1e-12)
    assert case.mixture.reference.D[1, 1] == pytest.approx(4e-10, rel=1e-12)


def test_walls_that_hold_both_have_a_sherwood_number_of_each(comm):
    held = [
        Composition((side,), c0 * share, species=i)
        for i, c0 in enumerate((0.010, 0.004))
        for side, share in (("left", 0.9), ("right", 1.1))
    ]
    found = measure(experiment(comm, 9.81, conditions=held), with_numerical_error=False)
    left, right = (found.walls[side].species for side in ("left", "right"))
    for i in (0, 1):
        assert left[i].mass == pytest.approx(-right[i].mass, rel=1e-8)
        assert left[i].sherwood == pytest.approx(right[i].sherwood, rel=1e-8)
    # One flow carries both, and the slower solute farther than it would get by itself.
    assert left[1].sherwood > left[0].sherwood > 1.0
    assert found.walls["left"].sherwood == left[0].sherwood
    assert found.balances.species < 1e-8
