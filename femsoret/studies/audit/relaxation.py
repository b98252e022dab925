"""How fast the separation of a cell approaches its steady value, from the steady state alone.

Near a steady state a deviation z obeys M dz/dt = -J z. One back-substitution with the Jacobian
integrates a reading r of it over all time, a second one weights the integral with time:

    z_1 = J^-1 M z_0,  z_2 = J^-1 M z_1,      r(z_k) = integral of t^(k-1)/(k-1)! r(z(t)) dt

For a decay exp(-t/tau), r(z_2)/r(z_1) is tau. What a quiet layer has beside its slowest mode is
known (:mod:`femsoret.post.evaluation`), and divided out: there the result is L^2/(pi^2 D).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from femsoret.post.evaluation import TERMS, Layer
from femsoret.post.readings import Reading
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition
from femsoret.solve import Newton, NewtonOptions

TOLERANCE: Final = 1e-7
"""Residual, relative, of an iterative solver: the time constant is then right to about 1e-5, and
S_T read after six of them to 1e-7."""


def separation_time(
    problem: Problem, hot: Reading, cold: Reading, layer: Layer, options: NewtonOptions
) -> float:
    """Return the time constant of the late approach of a separation, s; collective.

    Args:
        problem: A problem in its steady state, closed; the state stays as it is. Where the liquid
            rests heat and species alone will do.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
        layer: Where these readings are.
        options: Of the linear solver.

    Raises:
        NotConverged: The linear solver failed.
    """
    before = problem.get_state()
    moments = []
    with Newton(problem, options) as newton:
        x, z, b = (newton.system.vector() for _ in range(3))
        newton.system.read(x)
        newton.factorise(x)
        for name, function in zip(problem.layout.names, problem.functions, strict=True):
            if name != COMPOSITIONS:  # it is uniform at first, all else follows fast
                function.x.array[:] = 0.0
        newton.system.read(z)
        for _ in range(2):
            newton.system.mass.mult(z, b)
            newton.back_substitute(b, z, TOLERANCE)
            problem.set_state(newton.system.arrays(z))
            moments.append(cold.of(problem, composition()) - hot.of(problem, composition()))
    problem.set_state(before)
    return moments[1] / moments[0] / _of_a_quiet_layer(layer)


def _of_a_quiet_layer(layer: Layer) -> float:
    """Return r(z_2)/r(z_1) of a layer at rest, in units of its tau."""
    n = np.arange(1, 2 * TERMS, 2)
    size = (np.cos(n * math.pi * layer.cold) - np.cos(n * math.pi * layer.hot)) / n**2
    return float(np.sum(size / n**4) / np.sum(size / n**2))
