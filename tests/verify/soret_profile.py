"""The separation of a closed cell without flow: closed form and cells that must show it.

Phi(c) + integral of S_T dT = K,  K from the mean composition over a linear temperature
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from femsoret.cells import Cell
from femsoret.fluids.properties import Constant, Table
from femsoret.physics.closures import BoussinesqMixture, Closure, Gravity, Species
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady

T0, DT, C0 = 300.0, 10.0, 0.3
HOT, COLD = "top", "bottom"
IN_T_AND_C = Table(
    values=(
        (0.031, 0.024, 0.020, 0.017),
        (0.034, 0.028, 0.023, 0.019),
        (0.036, 0.031, 0.028, 0.022),
        (0.037, 0.035, 0.030, 0.023),
    ),
    T=(T0 - 0.5 * DT, T0 - 0.125 * DT, T0 + 0.25 * DT, T0 + 0.5 * DT),
    c=(0.1, 0.2, 0.4, 0.6),
)
"""S_T, 1/K, made up. Its temperatures are those of nodes, for the sake of the order."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)


def closed_form(closure: Closure, soret: Any) -> float:
    """Return c(cold) - c(hot) of a cell whose temperature is linear between its walls.

    Args:
        closure: The closure.
        soret: S_T(T, c), a function of temperature alone.
    """

    def integral_of_soret(T: float) -> float:
        half = 0.5 * (T - T0)
        return float(half * sum(WEIGHTS * soret(T0 + half * (NODES + 1.0), C0)))

    inside = np.array([integral_of_soret(T0 + 0.5 * DT * s) for s in NODES])
    cold, hot = (integral_of_soret(T0 + 0.5 * DT * s) for s in (-1.0, 1.0))

    def excess(K: float) -> float:
        return float(0.5 * WEIGHTS @ closure.phi_inverse(K - inside, C0)) - C0

    at_mean = float(closure.phi(C0, C0))
    K = brentq(excess, at_mean - 5.0, at_mean + 5.0, xtol=1e-15, rtol=1e-15)
    return float(closure.phi_inverse(K - cold, C0) - closure.phi_inverse(K - hot, C0))


def solved(
    cell: Cell, closure: Closure, species: Sequence[Species], equations: Equations = DIFFUSION
) -> Problem:
    """Return the solved problem of a closed cell without gravity.

    Args:
        cell: A cell with sides top (hot) and bottom (cold).
        closure: The closure.
        species: The species.
        equations: Equations.
    """
    water = BoussinesqMixture(
        T0=T0,
        rho0=1000.0,
        cp=4000.0,
        beta_T=2e-4,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.6),
        gravity=Gravity(0.0, (0.0, 1.0, 0.0)[: cell.dim]),
        species=tuple(species),
        closure=closure,
    )
    walls = [Temperature((HOT,), T0 + 0.5 * DT), Temperature((COLD,), T0 - 0.5 * DT)]
    problem = Problem(cell, water, walls, equations=equations)
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    return problem


def separation(problem: Problem, i: int = 0) -> float:
    """Return c_i(cold) - c_i(hot) as the wall means show it."""
    cold, hot = (WallMean(side).of(problem, f"gamma_{i}") for side in (COLD, HOT))
    return cold - hot


def solute(soret: Any, c0: float = C0) -> Species:
    """Return a species."""
    return Species("solute", c0, 0.3, Constant(1e-9), soret)


def relative_error(
    cell: Cell, closure: Closure, soret: Any, equations: Equations = DIFFUSION
) -> float:
    """Return how far the separation of a solute is from the closed form; see :func:`solved`."""
    found = separation(solved(cell, closure, [solute(soret)], equations))
    return abs(found / closed_form(closure, soret) - 1.0)


def at_rest(closure: Closure, soret: Any) -> float:
    """Return c(cold) - c(hot) for S_T(T, c): the solution of dPhi/dT = -S_T with the mean c0.

    Args:
        closure: The closure.
        soret: S_T(T, c), a function of temperature and composition.
    """

    def profile(phi_cold: float, at: Any) -> Any:
        walls = (T0 - 0.5 * DT, T0 + 0.5 * DT)
        phi = solve_ivp(
            lambda T, phi: -soret(T, closure.phi_inverse(phi, C0)),
            walls,
            [phi_cold],
            method="DOP853",
            rtol=1e-13,
            atol=1e-14,
            max_step=DT / 32,
            dense_output=True,
        ).sol(at)[0]
        return closure.phi_inverse(phi, C0)

    # Gauss points of 16 parts: the interpolant of a table is smooth between its knots only.
    ends = np.linspace(T0 - 0.5 * DT, T0 + 0.5 * DT, 17)
    points = (ends[:-1, None] + 0.5 * np.diff(ends)[:, None] * (NODES + 1.0)).ravel()
    weights = np.tile(WEIGHTS, 16) / 32.0
    lowest, highest = (float(closure.phi(c, C0)) for c in (C0, C0 + 0.08))
    cold = brentq(lambda phi: weights @ profile(phi, points) - C0, lowest, highest, xtol=1e-15)
    c_cold, c_hot = profile(cold, np.array([T0 - 0.5 * DT, T0 + 0.5 * DT]))
    return float(c_cold - c_hot)
