"""The separation of a closed cell without flow: closed form and cells that must show it.

Phi(c) + integral of S_T dT = K,  K from the mean composition over a linear temperature
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from femsoret.cells import Cell
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Closure, Gravity, Species
from femsoret.physics.forms import DIFFUSION, Equations
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, solve_steady

T0, DT, C0 = 300.0, 10.0, 0.3
HOT, COLD = "top", "bottom"
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
