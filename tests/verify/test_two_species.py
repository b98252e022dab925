"""Two trace solutes in one solvent: two species blocks, each with its own closed form."""

from math import exp

import pytest

from femsoret.cells import rectangle
from femsoret.closures import BoussinesqMixture, Dilute, Gravity, Species
from femsoret.conditions import Composition, Temperature
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant
from femsoret.forms import CONVECTION, DIFFUSION
from femsoret.post.readings import WallMean
from femsoret.post.soret import apparent, read
from femsoret.solve import solve_steady

S_T = (0.05, -0.02)
HOT, COLD = WallMean("top"), WallMean("bottom")


def experiment(comm, gravity, *, conditions=()):
    solutes = tuple(
        Species(f"solute {i}", c0, beta_c, Constant(D), Constant(S))
        for i, (c0, beta_c, D, S) in enumerate(
            [(0.010, 0.3, 1e-9, S_T[0]), (0.004, -0.2, 4e-10, S_T[1])]
        )
    )
    mixture = BoussinesqMixture(
        T0=300.0,
        rho0=1000.0,
        cp=4000.0,
        beta_T=3e-4,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.6),
        gravity=Gravity(gravity, (0.02, 0.9998)),
        species=solutes,
        closure=Dilute(),
    )
    cell = rectangle(comm, (2e-3, 2e-3), (8, 8))
    walls = (Temperature(("top",), 305.0), Temperature(("bottom",), 295.0), *conditions)
    return Experiment("two solutes", cell, mixture, walls)


def test_each_species_follows_its_own_closed_form(comm):
    case = experiment(comm, 0.0)
    problem = case.problem(DIFFUSION)
    solve_steady(problem)
    for i, S in enumerate(S_T):
        at = read(problem, HOT, COLD, species=i)
        assert apparent(case.mixture, at, species=i) == pytest.approx(S, rel=1e-6)
        c0 = case.mixture.species[i].c0
        ratio = (c0 + at.gamma_hot) / (c0 + at.gamma_cold)
        assert ratio == pytest.approx(exp(-S * 10.0), rel=1e-7)


def test_both_are_mixed_by_one_flow(comm):
    case = experiment(comm, 9.81)
    problem = case.problem(CONVECTION)
    solve_steady(problem)
    assert problem.layout.names == ("u", "p", "phi", "chi", "theta", "gamma_0", "gamma_1")
    seen = [apparent(case.mixture, read(problem, HOT, COLD, species=i), species=i) for i in (0, 1)]
    # The same flow; the slower solute is mixed more.
    lost = [1 - value / S for value, S in zip(seen, S_T, strict=True)]
    assert 0 < lost[0] < lost[1] < 1


def test_a_wall_may_fix_one_and_close_the_other(comm):
    case = experiment(comm, 0.0, conditions=(Composition(("top",), 0.006, species=1),))
    problem = case.problem(DIFFUSION)
    assert [mean.block for mean in problem.pinned] == ["gamma_0"]
    solve_steady(problem)
    at = read(problem, HOT, COLD, species=1)
    assert case.mixture.species[1].c0 + at.gamma_hot == pytest.approx(0.006, rel=1e-12)
    assert apparent(case.mixture, at, species=1) == pytest.approx(S_T[1], rel=1e-6)
