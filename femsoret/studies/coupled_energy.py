"""The energy method where compositions diffuse across one another.

A disturbance of a steady state with gradients grad S_i consists of a velocity u and of
s = (theta, z_1 ... z_N). With the matrix K of diffusion, Soret and Dufour effect
(:func:`femsoret.physics.closures.fluxes.transport_matrix`), buoyancy w.s along the unit vector up
and total velocity v it obeys, for constant properties,

    d_t u + ... = w.s up + nu div grad u        d_t s + v.grad s + u.grad S = div(K grad s)

Its energy is E = 1/2 <u^2 + s.W s> with one symmetric positive matrix W for the whole cell. W has
the blocks W_TT (a number) and W_cc (N x N), and no entries between them: then nothing enters
through walls at which theta vanishes or no heat flows, and which no component passes, although
heat does flow where theta vanishes. Advection leaves E unchanged, so that

    dE/dt = -<u.(grad U).u> + <u.M^T s> - nu <|grad u|^2> - <grad s:(W K) grad s>
    M_ij  = w_i up_j - sum_k W_ik d_j S_k

Where W grad S = w up, buoyancy and advection of the stratification exchange energy without gain. If
sym(W K) is positive, too, disturbances of any size decay, at any Rayleigh number, unless shear
feeds them. Such a W exists only if temperature and the compositions together each stratify the
fluid stably, w_T dT/dz > 0 and sum_i w_i dc_i/dz > 0; single compositions need not. All W_cc with
W_cc g = w and W_cc > 0 are, with N the N x (N - 1) matrix of vectors normal to g,

    W_cc = w w^T/(w.g) + N Y N^T,    Y symmetric and positive

since W_cc - w w^T/(w.g) is then semidefinite (Cauchy-Schwarz) and annihilates g. N (N - 1)/2
numbers remain to be chosen, one for a ternary mixture, such that sym(W K) is positive: a convex
condition.

*The proof.* Let B be the diagonal blocks of sym(W K) for the mean K, and q the least eigenvalue of
sym(W K) relative to B at any node. With Poincare's inequalities for u, theta and z (k_u, k_T, k_c,
in the matrix k), all disturbances decay if q > 0 and

    |B^(-1/2) k^(-1) M|^2 < 4 q k_u^2 nu (1 - strain/(k_u^2 nu))      at every node.

W is sought at some nodes and the inequality then checked at all of them: whatever W was found, what
holds is a proof.

*A bound on growing eigenvalues* uses the norm <|u|^2 + s.W s> as described in
:mod:`femsoret.studies.energy_method`, with W in place of the weights a_i.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from mpi4py import MPI

import numpy as np
import numpy.typing as npt
from scipy.linalg import null_space, solve_continuous_lyapunov
from scipy.optimize import minimize

from femsoret.base.types import Array

LEVEL: Final = 1e-6
"""|M| over |w| that counts as zero: noise of iterative solvers."""

SAMPLED: Final = 16
"""Number of nodes of each rank at which W is sought."""

FACTORS: Final = tuple(4.0**n for n in range(-6, 7))
"""Sizes of Y or of a block of W, over the natural one, at which a search begins."""

TRIALS: Final = 200
"""Largest number of matrices W that a search tries after that."""

HOPELESS: Final = 1e3
"""Least value found by the first trials above which a search is given up."""

USELESS: Final = 1e12
"""Value of a W for which sym(W K) is not positive; the farther from it, the larger."""


class Wavenumbers(NamedTuple):
    """Constants k of Poincare's inequality k |f| <= |grad f|, 1/m; None if no constant is known.

    Args:
        flow: Constant for velocities that vanish at walls.
        heat: Constant for temperatures that vanish at walls of imposed temperature.
        composition: Constant for compositions of mean zero in a closed cell.
    """

    flow: float
    heat: float | None
    composition: float | None


@dataclass(frozen=True, eq=False)
class Coupled:
    """Gradients and diffusion of temperature and compositions at n nodes of a steady state.

    Args:
        comm: Communicator over which the nodes are distributed.
        weights: Upward acceleration w of the fluid per unit of each scalar, shape (1 + N,).
        up: Upward unit vector, shape (dim,).
        gradients: Gradients of the scalars, shape (n, 1 + N, dim).
        matrices: The matrices K, shape (n, 1 + N, 1 + N).
        nu: Smallest kinematic viscosity, m2/s.
        strain: Largest Frobenius norm of the rate of strain, 1/s.
        speed: Largest speed, m/s.
    """

    comm: MPI.Comm
    weights: Array
    up: Array
    gradients: Array
    matrices: Array
    nu: float
    strain: float = 0.0
    speed: float = 0.0

    @cached_property
    def upward(self) -> Array:
        """Mean upward gradients over the nodes, shape (1 + N,); collective."""
        return self._mean(self.gradients @ self.up)

    @cached_property
    def K(self) -> Array:
        """Mean of the matrices K over the nodes, shape (1 + N, 1 + N); collective."""
        return self._mean(self.matrices)

    def _mean(self, field: Array) -> Array:
        total = self.comm.allreduce(field.sum(axis=0), op=MPI.SUM)
        return np.asarray(total / self.comm.allreduce(len(field), op=MPI.SUM))

    def largest(self, numbers: npt.NDArray[np.floating[Any]]) -> float:
        """Return the largest of some numbers at the nodes; collective."""
        return float(self.comm.allreduce(float(numbers.max(initial=-np.inf)), op=MPI.MAX))

    def sample(self) -> Coupled:
        """Return some of the nodes, the same ones on all ranks; collective."""
        some = np.unique(np.linspace(0, len(self.gradients), SAMPLED, endpoint=False).astype(int))
        some = some[: len(self.gradients)]
        fields = (self.gradients[some], self.matrices[some])
        gradients, matrices = (np.concatenate(self.comm.allgather(field)) for field in fields)
        return replace(self, comm=MPI.COMM_SELF, gradients=gradients, matrices=matrices)

    def mismatch(self, W: Array, sign: float = 1.0) -> Array:
        """Return w up - sign W grad S at each node, shape (n, 1 + N, dim)."""
        return np.outer(self.weights, self.up) - sign * (W @ self.gradients)

    def least(self, forms: Array, B: Array) -> float:
        """Return the least eigenvalue of symmetric forms at the nodes, relative to B; collective.

        Args:
            forms: Shape (n, 1 + N, 1 + N).
            B: Symmetric and positive, shape (1 + N, 1 + N).
        """
        root = np.linalg.inv(np.linalg.cholesky(B))
        return -self.largest(-np.linalg.eigvalsh(root @ forms @ root.T))

    def norm(self, M: Array, B: Array) -> float:
        """Return the largest |B^(-1/2) M| of matrices M at the nodes, shape (n, 1 + N, dim)."""
        M = np.linalg.inv(np.linalg.cholesky(B)) @ M
        return math.sqrt(max(0.0, self.largest(np.linalg.eigvalsh(M.swapaxes(-1, -2) @ M))))


def together_stable(state: Coupled) -> bool:
    """Return whether the mean stratification gives no energy to disturbances; collective.

    A layer at rest with these means of gradients and K over the nodes is stable.

    Args:
        state: The state.
    """
    layer = replace(
        state,
        comm=MPI.COMM_SELF,
        gradients=np.asarray(np.outer(state.upward, state.up)[None], dtype=np.float64),
        matrices=state.K[None],
        strain=0.0,
    )
    found = _balanced(layer, layer, Wavenumbers(1.0, 1.0, 1.0)) is not None
    return bool(state.comm.bcast(found))  # ranks may differ in the last digit


def why_none_grows(state: Coupled, wavenumbers: Wavenumbers) -> str:
    """Return a proof that disturbances of a steady state decay; collective.

    Args:
        state: The state, of constant properties, in a closed cell.
        wavenumbers: Constants of Poincare's inequality.

    Returns:
        The reason, a clause; empty if there is no proof.
    """
    sample = state.sample()
    W = state.comm.bcast(_balanced(state, sample, wavenumbers))
    if W is not None and ratio(state, W, wavenumbers) < 1.0:
        return "temperature and the compositions together make the stratification stable everywhere"
    W = _unbalanced(sample, lambda W: ratio(sample, W, wavenumbers), HOPELESS)
    W = state.comm.bcast(W)
    if W is not None and ratio(state, W, wavenumbers) < 1.0:
        return "the flow is so slow that every disturbance loses energy (energy method)"
    return ""


def ratio(state: Coupled, W: Array, wavenumbers: Wavenumbers) -> float:
    """Return what disturbances gain at most over what they dissipate; collective.

    Args:
        state: The state.
        W: Matrix of the energy, shape (1 + N, 1 + N), without entries between temperature and
            compositions.
        wavenumbers: Constants of Poincare's inequality.

    Returns:
        Less than 1 if all disturbances decay; larger than 1e12 if W or sym(W K) is not positive.
    """
    friction = 4.0 * (state.nu * wavenumbers.flow**2 - state.strain)
    if friction <= 0.0:
        return math.inf
    B = _symmetric(W @ state.K)
    B[0, 1:] = B[1:, 0] = 0.0
    for positive in (W, B):
        scale = 1.0 / np.sqrt(np.abs(np.diag(positive)))
        least = float(np.linalg.eigvalsh(positive * np.outer(scale, scale)).min())
        if not least > 0.0:
            return USELESS * (2.0 - least)
    q = state.least(_symmetric(W @ state.matrices), B)
    if q <= 0.0:
        return USELESS * (1.0 - q)
    M = state.mismatch(W)
    for block, k in ((slice(0, 1), wavenumbers.heat), (slice(1, None), wavenumbers.composition)):
        if state.largest(np.abs(M[:, block])) <= LEVEL * np.abs(state.weights[block]).max():
            M[:, block] = 0.0
        elif k is None:
            return math.inf
        else:
            M[:, block] /= k
    # A small number in place of no mismatch at all makes a search prefer large q.
    return (state.norm(M, B) ** 2 / friction + LEVEL) / q


def growth_bound(state: Coupled) -> float | None:
    """Return an upper bound on the modulus of growing eigenvalues; collective.

    Args:
        state: The state, of constant properties, in a closed cell.

    Returns:
        The bound, in 1 over the unit of time; None if the energy method gives none.
    """
    sample = state.sample()
    W = state.comm.bcast(_unbalanced(sample, lambda W: bound(sample, W)))
    best = math.inf if W is None else bound(state, W)
    return best if best < USELESS else None


def bound(state: Coupled, W: Array) -> float:
    """Return the bound on growing eigenvalues that a given norm <|u|^2 + s.W s> yields; collective.

    Args:
        state: The state.
        W: Matrix of the norm, as for :func:`ratio`.

    Returns:
        The bound, in 1 over the unit of time; larger than 1e12 if sym(W K) is not positive.
    """
    crossed = W @ state.matrices
    slowest = min(state.nu, state.least(_symmetric(crossed), W))
    if slowest <= 0.0:
        return USELESS * (2.0 - slowest / state.nu)
    supply = state.norm(state.mismatch(W), W)
    gain = 0.5 * (state.strain + math.hypot(state.strain, supply))
    steep = gain / slowest
    root = np.linalg.inv(np.linalg.cholesky(W))
    across = root @ (0.5 * (crossed - crossed.swapaxes(-1, -2))) @ root.T
    turning = state.largest(np.abs(np.linalg.eigvals(across)))
    exchange = 0.5 * state.norm(state.mismatch(W, -1.0), W)
    imaginary = 2.0 * state.speed * math.sqrt(steep) + exchange + turning * steep
    return math.hypot(gain, imaginary)


# -- the choice of W ------------------------------------------------------------------------------


def _balanced(state: Coupled, sample: Coupled, wavenumbers: Wavenumbers) -> Array | None:
    """Return the best W with W g = w for the mean upward gradients g; None if there is none.

    Collective.
    """
    w, g = state.weights, state.upward
    heat, of_all = w[0] * g[0], float(w[1:] @ g[1:])
    usual = _usual(state)
    if usual is None or not (heat > 0.0 and of_all > 0.0):
        return None
    normal = null_space(g[None, 1:])
    basis = normal @ np.linalg.cholesky(normal.T @ usual @ normal)
    fixed = np.outer(w[1:], w[1:]) / of_all
    basis *= math.sqrt(np.trace(usual @ fixed) / np.trace(usual @ basis @ basis.T))

    def energy(x: Array) -> Array:
        half = basis @ _triangle(x, basis.shape[1])
        return _of_blocks(w[0] / g[0], fixed + half @ half.T)

    size = basis.shape[1]
    starts = [_number(math.sqrt(factor) * np.eye(size)) for factor in FACTORS]
    return _best(lambda x: ratio(sample, energy(x), wavenumbers), starts, energy, HOPELESS)


def _unbalanced(
    sample: Coupled, value: Callable[[Array], float], hopeless: float = math.inf
) -> Array | None:
    """Return the W of the least value; None if none is useful."""
    w, usual = sample.weights, _usual(sample)
    if usual is None:
        return None
    steep = np.linalg.norm(sample.gradients, axis=-1).max(axis=0)
    heat = abs(w[0]) / steep[0] if w[0] and steep[0] else 1.0
    of_all = np.abs(w[1:]).max() / (np.abs(usual) @ steep[1:]).max() if steep[1:].any() else 0.0
    root = np.linalg.cholesky((of_all or 1.0) * usual)

    def energy(x: Array) -> Array:
        half = root @ _triangle(x[1:], len(root))
        return _of_blocks(heat * math.exp(2.0 * x[0]), half @ half.T)

    starts = [
        np.array([0.5 * math.log(of_heat), *_number(math.sqrt(of_rest) * np.eye(len(root)))])
        for of_heat, of_rest in itertools.product(FACTORS[3:-3], FACTORS[3:-3])
    ]
    return _best(lambda x: value(energy(x)), starts, energy, hopeless)


def _best(
    value: Callable[[Array], float],
    starts: Sequence[Array],
    energy: Callable[[Array], Array],
    hopeless: float,
) -> Array | None:
    """Return the W of the least value of a search; None if it is useless.

    Args:
        value: Value of the numbers x on which W depends.
        starts: Numbers x to try at first.
        energy: Function that returns W, given x.
        hopeless: Least value of the first trials above which the search is given up.
    """
    values = [value(start) for start in starts]
    if hopeless < min(values) < USELESS:
        return None
    start = starts[int(np.argmin(values))]
    found = minimize(value, start, method="Nelder-Mead", options={"maxfev": TRIALS, "xatol": 1e-3})
    return energy(found.x) if found.fun < USELESS else None


def _usual(state: Coupled) -> Array | None:
    """Return a W_cc for which sym(W_cc D) is positive: W_cc D + D^T W_cc = |D| 1 (Lyapunov).

    By his theorem there is none, and None is returned, if D has an eigenvalue that is not positive.
    """
    D = state.K[1:, 1:]
    if np.linalg.eigvals(D).real.min() <= 0.0:
        return None
    return np.asarray(solve_continuous_lyapunov(D.T, np.linalg.norm(D) * np.eye(len(D))))


def _of_blocks(heat: float, compositions: Array) -> Array:
    W = np.zeros((1 + len(compositions),) * 2)
    W[0, 0], W[1:, 1:] = heat, compositions
    return W


def _symmetric(A: Array) -> Array:
    return np.asarray(0.5 * (A + A.swapaxes(-1, -2)))


def _triangle(x: Array, size: int) -> Array:
    """Return the lower triangle with the logarithms of its diagonal, then its other entries, x."""
    A = np.diag(np.exp(x[:size]))
    A[np.tril_indices(size, -1)] = x[size:]
    return A


def _number(triangle: Array) -> Array:
    """Return the numbers x of a lower triangle; see :func:`_triangle`."""
    return np.concatenate([np.log(np.diag(triangle)), triangle[np.tril_indices(len(triangle), -1)]])
