"""Suspensions of spheres with slip: from one particle to the Soret coefficient of a cell."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from scipy.integrate import quad

from femsoret.base.errors import CaseError, FluidError
from femsoret.case import load_case, resolved_toml
from femsoret.cells import rectangle
from femsoret.fluids import load_fluid
from femsoret.fluids.suspensions import suspension, thermophoretic_mobility
from femsoret.physics.closures import mixture_of
from femsoret.physics.forms import DIFFUSION
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import solve_steady

DEMOS = Path(__file__).resolve().parents[2] / "demos"
SPHERES = {"radius": 50e-9, "mu_s": 3e-12, "kappa_s": 0.16, "density": 1050.0, "c": 0.002}
K_B = 1.380649e-23


@pytest.fixture(scope="module")
def water():
    return load_fluid("latex-water")


def test_one_sphere_makes_D_and_S_T(water):
    """D = k_B T/(6 pi mu a), S_T = D_T/D, and the mass of what a sphere displaces."""
    fluid = suspension(water, **SPHERES)
    for T in (293.15, 297.15, 301.15):
        at, liquid = fluid.at(T), water.at(T)
        D = K_B * T / (6.0 * math.pi * liquid.mu * SPHERES["radius"])
        D_T = 3e-12 * 2.0 * 0.604862 / (2.0 * 0.604862 + 0.16)
        assert pytest.approx(D, rel=1e-12) == at.D
        assert pytest.approx(D_T / D, rel=1e-12) == at.S_T
        assert at.beta_c == pytest.approx(1.0 - 997.051 / 1050.0, rel=1e-6)
    twice = suspension(water, **{**SPHERES, "radius": 100e-9})
    assert pytest.approx(2.0 * fluid.at().S_T) == twice.at().S_T
    assert thermophoretic_mobility(1.0, 1.0, 1.0) == pytest.approx(2.0 / 3.0)
    assert thermophoretic_mobility(1.0, 1.0, 0.0) == 1.0


def test_a_cell_at_rest_holds_the_distribution(water, comm):
    """c_hot/c_cold = exp(-int S_T dT), for S_T dT of order one; all c positive, the mean kept."""
    fluid = suspension(water, **SPHERES)
    T_cold, T_hot = 294.15, 300.15
    mixture = mixture_of(fluid, T0=297.15, c0=fluid.c, up=(0.0, 1.0), closure="dilute")
    cell = rectangle(comm, (1e-4, 1e-4), (2, 12))
    held = Temperature("top", T_hot), Temperature("bottom", T_cold)
    problem = Problem(cell, mixture, held, equations=DIFFUSION, degree=3)
    solve_steady(problem)
    c_hot, c_cold = (fluid.c + WallMean(side).of(problem, "gamma_0") for side in ("top", "bottom"))
    exponent = quad(lambda T: fluid.at(T).S_T, T_cold, T_hot)[0]
    assert exponent > 0.5
    assert math.log(c_cold / c_hot) == pytest.approx(exponent, rel=1e-6)
    assert (fluid.c + problem.function("gamma").x.array).min(initial=1.0) > 0.0


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"radius": -1e-9}, "radius"), ({"c": 0.2}, "c is"), ({"kappa_s": -1.0}, "kappa_s")],
)
def test_what_is_refused(water, changes, named):
    with pytest.raises(FluidError, match=named):
        suspension(water, **{**SPHERES, **changes})
    with pytest.raises(FluidError, match="not those of ethanol"):
        suspension(load_fluid("water-ethanol"), **SPHERES)


# -- in case files ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> str:
    return (DEMOS / "slip_suspension.toml").read_text(encoding="utf-8")


def test_a_case_with_spheres(demo, tmp_path, comm):
    """The same fluid as in Python; the case with every default spelled out says the same."""
    path = tmp_path / "case.toml"
    path.write_text(demo, encoding="utf-8")
    case = load_case(path)
    expected = suspension(
        load_fluid("latex-water"),
        radius=50e-9,
        mu_s=4e-12,
        kappa_s=1.2,
        density=2200.0,
        c=0.001,
        name="glass spheres",
    )
    assert case.fluid is not None
    assert case.fluid.fluid == expected
    assert pytest.approx(0.42, rel=1e-2) == expected.at(297.15).S_T
    path.write_text(resolved_toml(case), encoding="utf-8")
    assert load_case(path).fluid == case.fluid


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('closure = "dilute"', 'closure = "full"', 'give closure = "dilute"'),
        ("c0 = 0.001", "", "give c0"),
        ("c0 = 0.001", "c0 = 0.2", "c is out of range"),
        ('radius = "50 nm"', 'radius = "50 K"', "radius"),
    ],
)
def test_what_a_case_with_spheres_must_state(demo, tmp_path, old, new, named):
    path = tmp_path / "case.toml"
    path.write_text(demo.replace(old, new), encoding="utf-8")
    with pytest.raises(CaseError, match=named):
        load_case(path)
