"""Rosenbrock schemes: their coefficients, and how long the next step may be.

For M y' + N(y, t) = 0 a step of size h solves, with one matrix for all stages,

    (M/(gamma h) + J) u_i = -N(y_n + sum_j a_ij u_j, t_n + alpha_i h)
                            + M sum_j (c_ij/h) u_j - gamma_i h N_t

with J and the rate N_t taken at (t_n, y_n), and y_{n+1} = y_n + sum_i m_i u_i (E. Hairer,
G. Wanner, *Solving Ordinary Differential Equations II*, 2nd edition, Springer 1996, section IV.7).
Rows without mass are algebraic: wall values, incompressibility, the potential.

PETSc's TSROSW leaves N_t out, so that a wall whose temperature changes costs thirty times the steps
(docs/evidence.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femsoret.base.types import Array


@dataclass(frozen=True)
class Scheme:
    """A stiffly accurate Rosenbrock scheme: its last stage is the difference to the embedded one.

    Args:
        name: Name of the scheme.
        order: Order of convergence.
        embedded_order: Order of the embedded scheme; the difference is the estimated error.
        gamma: Diagonal entry.
        a: Strictly lower triangle, row by row: a_21; a_31, a_32; ...
        c: Strictly lower triangle, likewise.
        source: Where the numbers come from.
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
        """a_ij, shape (stages, stages)."""
        return _lower(self.a)

    @cached_property
    def C(self) -> Array:
        """c_ij, shape (stages, stages)."""
        return _lower(self.c)

    @cached_property
    def m(self) -> Array:
        """m_i, weights of the u_i in the step, shape (stages,)."""
        weights: Array = self.A[-1].copy()
        weights[-1] = 1.0
        return weights

    @cached_property
    def Gamma(self) -> Array:
        """gamma_ij with k_i = sum_j (Gamma^-1)_ij u_j: C = diag(1/gamma) - Gamma^-1."""
        return np.asarray(np.linalg.inv(np.eye(self.stages) / self.gamma - self.C))

    @cached_property
    def alpha(self) -> Array:
        """alpha_i, times of the stages over the step: row sums of A Gamma, shape (stages,)."""
        return np.asarray((self.A @ self.Gamma).sum(axis=1))

    @cached_property
    def gamma_sums(self) -> Array:
        """gamma_i, factors of the rate N_t: row sums of Gamma, shape (stages,)."""
        return np.asarray(self.Gamma.sum(axis=1))

    @cached_property
    def b(self) -> Array:
        """b_i, weights of the k_i in the step: m = b Gamma^-1, shape (stages,)."""
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
    """Choose steps by their estimated errors: h' = h safety e^(-1/k).

    e is the error over what is allowed, k the order of the estimate (E. Hairer, G. Wanner, *Solving
    Ordinary Differential Equations II*, section IV.2). The controller has no memory: relaxations
    double their steps again and again, which a PI controller (K. Gustafsson, 1991) damps at twice
    the number of steps, and a restart has less to remember.

    Ratios are rounded to two decimals. Where an error is a small difference of large numbers, its
    round-off would otherwise reach the steps, and with them every number of a run on other ranks
    or after a restart.

    Args:
        safety: Step over the step that the error would just allow.
        growth: Largest ratio of a step to the one before.
        cut: Smallest ratio.
    """

    safety: float = 0.9
    growth: float = 6.0
    cut: float = 0.1

    def ratio(self, error: float, order: int) -> float:
        """Return the ratio of the next step to this one.

        Args:
            error: Error of this step over what is allowed: above 1 it is repeated; infinite where
                the step broke down.
            order: Order of the error estimate.
        """
        if not np.isfinite(error):
            return self.cut
        limit = self.growth if error <= 1.0 else self.safety
        allowed = self.safety * max(error, 1e-10) ** (-1.0 / order)
        return float(np.clip(np.round(allowed, 2), self.cut, limit))
