"""Rosenbrock schemes and the control of the step size.

For M y' + N(y, t) = 0 a step of size h solves, with the same matrix for all stages,

    (M/(gamma h) + J) u_i = -N(y_n + sum_j a_ij u_j, t_n + alpha_i h)
                            + M sum_j (c_ij/h) u_j - gamma_i h N_t

with J and the partial derivative N_t = dN/dt evaluated at (t_n, y_n), and y_{n+1} = y_n +
sum_i m_i u_i (E. Hairer, G. Wanner, *Solving Ordinary Differential Equations II*, 2nd edition,
Springer 1996, section IV.7). Rows without mass are algebraic equations: wall values,
incompressibility and potentials.

PETSc's TSROSW omits N_t and therefore needs about thirty times as many steps if a wall temperature
changes in time (docs/evidence.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femsoret.base.types import Array


@dataclass(frozen=True)
class Scheme:
    """A stiffly accurate Rosenbrock scheme, whose last stage is the error estimate.

    Args:
        name: Name of the scheme.
        order: Order of convergence.
        embedded_order: Order of the embedded scheme; its difference to the scheme, the last stage,
            is the estimated error.
        gamma: Diagonal coefficient gamma.
        a: Coefficients a_ij of the strictly lower triangle, row by row: a_21; a_31, a_32; ...
        c: Coefficients c_ij, likewise.
        source: Reference for the coefficients.
    """

    name: str
    order: int
    embedded_order: int
    gamma: float
    a: tuple[tuple[float, ...], ...]
    c: tuple[tuple[float, ...], ...]
    source: str

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.a) + 1

    @cached_property
    def A(self) -> Array:
        """Coefficients a_ij, shape (stages, stages)."""
        return _lower(self.a)

    @cached_property
    def C(self) -> Array:
        """Coefficients c_ij, shape (stages, stages)."""
        return _lower(self.c)

    @cached_property
    def m(self) -> Array:
        """Weights m_i of the stages u_i in the step, shape (stages,)."""
        weights: Array = self.A[-1].copy()
        weights[-1] = 1.0
        return weights

    @cached_property
    def Gamma(self) -> Array:
        """Matrix gamma_ij, shape (stages, stages), with C = diag(1/gamma) - Gamma^-1.

        The stages of the standard form are k_i = sum_j (Gamma^-1)_ij u_j.
        """
        return np.asarray(np.linalg.inv(np.eye(self.stages) / self.gamma - self.C))

    @cached_property
    def alpha(self) -> Array:
        """Stage times alpha_i, relative to the step: row sums of A Gamma, shape (stages,)."""
        return np.asarray((self.A @ self.Gamma).sum(axis=1))

    @cached_property
    def gamma_sums(self) -> Array:
        """Factors gamma_i of N_t: row sums of Gamma, shape (stages,)."""
        return np.asarray(self.Gamma.sum(axis=1))

    @cached_property
    def b(self) -> Array:
        """Weights b_i of the k_i in the step, with m = b Gamma^-1, shape (stages,)."""
        return self.m @ self.Gamma


def _lower(rows: tuple[tuple[float, ...], ...]) -> Array:
    matrix = np.zeros((len(rows) + 1, len(rows) + 1))
    for i, row in enumerate(rows, start=1):
        matrix[i, : len(row)] = row
    return matrix


RODASP = Scheme(
    name="rodasp",
    order=4,
    embedded_order=3,
    gamma=0.25,
    a=(
        (3.0,),
        (1.831036793486759, 0.4955183967433795),
        (2.304376582692669, -0.05249275245743001, -1.176798761832782),
        (-7.170454962423024, -4.741636671481785, -16.31002631330971, -1.062004044111401),
        (-7.170454962423024, -4.741636671481785, -16.31002631330971, -1.062004044111401, 1.0),
    ),
    c=(
        (-12.0,),
        (-8.791795173947035, -2.207865586973518),
        (10.81793056857153, 6.780270611428266, 19.5348594464241),
        (34.19095006749676, 15.49671153725963, 54.7476087596413, 14.16005392148534),
        (
            34.62605830930532,
            15.30084976114473,
            56.99955578662667,
            18.40807009793095,
            -5.714285714285717,
        ),
    ),
    source="G. Steinebach, preprint 1741, FB Mathematik, TH Darmstadt 1995",
)

RODAS4P2 = Scheme(
    name="rodas4p2",
    order=4,
    embedded_order=3,
    gamma=0.25,
    a=(
        (3.0,),
        (0.906377755268814, -0.189707390391685),
        (3.758617027739064, 1.161741776019525, -0.849258085312803),
        (7.089566927282776, 4.573591406461604, -8.423496976860259, -0.959280113459775),
        (7.089566927282776, 4.573591406461604, -8.423496976860259, -0.959280113459775, 1.0),
    ),
    c=(
        (-12.0,),
        (-6.354581592719008, 0.338972550544623),
        (-8.575016317114033, -7.606483992117508, 12.22499765012482),
        (-5.888975457523102, -8.157396617841821, 24.805546872612922, 12.790401512796979),
        (
            -4.408651676063871,
            -6.692003137674639,
            24.625568527593117,
            16.627521966636085,
            -5.714285714285718,
        ),
    ),
    source="G. Steinebach, in Progress in Differential-Algebraic Equations II, Springer 2020, 165",
)


@dataclass(frozen=True)
class StepControl:
    """Step size controller: h' = h safety e^(-1/k).

    Here e is the error relative to the allowed error and k the order of the estimate (E. Hairer,
    G. Wanner, *Solving Ordinary Differential Equations II*, section IV.2). The controller has no
    memory: during a relaxation the step keeps growing geometrically, which a PI controller
    (K. Gustafsson, 1991) damps, so that it needs twice as many steps. Less state also has to be
    stored for a restart.

    Ratios are rounded to two decimals. If the error is a small difference of large numbers, its
    round-off would otherwise change the steps, and with them all results, when a run uses another
    number of ranks or is restarted.

    Args:
        safety: Ratio of the step to the one for which the estimated error is just allowed.
        growth: Largest ratio of a step to the previous one.
        cut: Smallest ratio of a step to the previous one.
    """

    safety: float = 0.9
    growth: float = 6.0
    cut: float = 0.1

    def ratio(self, error: float, order: int) -> float:
        """Return the ratio of the next step to this one.

        Args:
            error: Error of this step relative to the allowed error; the step is repeated if it is
                above 1. Infinite if the step failed.
            order: Order k of the error estimate.
        """
        if not np.isfinite(error):
            return self.cut
        limit = self.growth if error <= 1.0 else self.safety
        allowed = self.safety * max(error, 1e-10) ** (-1.0 / order)
        return float(np.clip(np.round(allowed, 2), self.cut, limit))
