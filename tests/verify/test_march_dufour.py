"""The Dufour effect in time and at rest: helium and argon, half and half, 300 K, 1 atm.

Where compositions differ at one temperature, diffusion carries heat, q = Qs j. With the linearised
closure (T0, c0 in Qs) both equations are linear,

    theta_t = alpha_0 theta_xx + (D Qs/cp) gamma_xx        alpha_0 = kappa_0/(rho cp)
    gamma_t = D S_T f theta_xx + D gamma_xx

and a cosine stays one: its two amplitudes obey a matrix exponential.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant, R
from femsoret.physics.closures import BoussinesqMixture, Gravity, MolarMixing, Species
from femsoret.physics.closures.diffusion import CLOSURES
from femsoret.physics.forms import DIFFUSION
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import solve_steady
from femsoret.solve.march import March, MarchOptions

T, PRESSURE = 300.0, 101325.0
M_AR, M_HE = 39.948e-3, 4.0026e-3
ALPHA_T = 0.393
"""Thermal diffusion factor, Lennard-Jones, equimolar; argon, the heavier, goes to the cold side."""

D = 1e-4 * 10.0 ** (1.684 * np.log10(T) - 4.2902)
KAPPA = 0.0573
"""What the difference below is about 1.7 % of."""

N = PRESSURE / (R * T)
RHO = N * 0.5 * (M_AR + M_HE)
CP = 2.5 * R / (0.5 * (M_AR + M_HE))
C0 = M_AR / (M_AR + M_HE)
F0 = C0 * (1.0 - C0)
S_T = ALPHA_T / T
QS = T * S_T * R * T * 0.5 * (M_AR + M_HE) / (M_AR * M_HE)
KAPPA_0 = KAPPA + N * R * D * 0.25 * ALPHA_T**2
"""lambda_0 = lambda_inf + n R D x1 x2 alpha_T^2 (Hirschfelder, Curtiss, Bird)."""

LENGTH = 0.1


@pytest.fixture
def gases():
    return BoussinesqMixture(
        T0=T,
        rho0=RHO,
        cp=CP,
        beta_T=1.0 / T,
        viscosity=Constant(2e-5),
        conductivity=Constant(KAPPA),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=(
            Species(
                "argon", C0, 0.5, Constant(D), Constant(S_T), MolarMixing(M_AR, M_HE, Constant(1.0))
            ),
        ),
        closure=CLOSURES["linearised"],
    )


def test_two_gases_brought_into_contact(comm, gases):
    """Half of the cell: by symmetry T and c stay what they were where the gases meet."""
    k, amplitude = np.pi / LENGTH, 0.05
    problem = Problem(
        rectangle(comm, (0.5 * LENGTH, 0.1 * LENGTH), (5, 1)),
        gases,
        (Temperature("right", T), Composition("right", C0)),
        equations=DIFFUSION,
        degree=4,
        gap=0.5 * LENGTH,
    )
    problem.function("gamma").interpolate(lambda x: amplitude * np.cos(k * x[0]))
    matrix = np.array([[KAPPA_0 / (RHO * CP), D * QS / CP], [D * S_T * F0, D]])

    def exact(t):
        """Return T at the end rich in argon less T at the other."""
        return 2.0 * (expm(-(k**2) * t * matrix) @ (0.0, amplitude))[0]

    found = []
    with March(problem, MarchOptions(tolerance=1e-5)) as march:
        for step in march.until(12.0 / (k**2 * D)):
            found.append((step.clock.t, 2.0 * WallMean("left").of(problem, "theta")))
    errors = [difference - exact(t) for t, difference in found]
    # What argon leaves cools: it takes heat of transport along.
    extreme = min(difference for _, difference in found)
    assert -10.0 < extreme < -1.0
    assert max(map(abs, errors)) < 1e-3 * abs(extreme)
    assert abs(found[-1][1]) < 1e-3 * abs(extreme)


def test_conductivity_with_and_without_a_composition_gradient(comm, gases):
    """A closed cell shows lambda_inf, one with equal c held on both walls lambda_0."""
    cell = rectangle(comm, (LENGTH, 0.1 * LENGTH), (2, 1))
    walls = (Temperature("left", T - 5.0), Temperature("right", T + 5.0))
    held = (Composition("left", C0), Composition("right", C0))
    found = []
    for conditions in (walls, (*walls, *held)):
        problem = Problem(cell, gases, conditions, equations=DIFFUSION)
        solve_steady(problem)
        found.append(wall_flows(problem, "theta")["left"] / (0.1 * LENGTH * 10.0 / LENGTH))
    lambda_inf, lambda_0 = found
    assert lambda_inf == pytest.approx(KAPPA, rel=1e-10)
    assert lambda_0 == pytest.approx(KAPPA_0, rel=1e-10)
    assert lambda_0 - lambda_inf == pytest.approx(N * R * D * 0.25 * ALPHA_T**2, rel=1e-7)
    assert 1.0 - lambda_inf / lambda_0 == pytest.approx(0.017, abs=1e-3)
