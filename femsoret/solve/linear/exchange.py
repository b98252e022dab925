"""Combinations of the equations of species that are converted into one another.

Fast conversion makes the equations of the species nearly dependent: each of them says that the
species are in equilibrium, and only their conserved combinations show the diffusion that decides
the solution. Norms and interpolation of iterative solvers would see a multiple of the first
statement. With the rates of diffusion over some distance in a diagonal matrix A, and the rates of
conversion X = -d(rate)/dc/rho at the reference state, they therefore see the equations of each node
multiplied by

    S = A (A + X)^-1,

after which conversion is as large as diffusion over this distance, or smaller. S leaves the
conserved combinations l of the equations alone: l X = 0, so that l (A + X) = l A and l S = l. Any
matrix gives the same solution; that of the rates at other temperatures differs by factors that cost
iterations. Factorisations do not need it, and are more accurate without.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.problem import Problem
from femsoret.problem.layout import COMPOSITIONS, composition
from femsoret.problem.rows import combinations_of

WAVES = 1e3
"""(k L)^2 of the waves over which diffusion enters A, L the gap; meshes resolve some 10 per gap. Of
1, 10^2, 10^3, 10^4 this one keeps the iterations of multigrid most level (docs/evidence.md)."""

RELAXES = 1e-6
"""Growth rate, relative to the largest relaxation rate, up to which rates are combined."""


@dataclass(frozen=True)
class Combination:
    """How the equations of species are combined.

    Args:
        S: The matrix for equations in the units of the problem, shape (N, N).
        sizes: Natural size of each combined equation, shape (N,).
    """

    S: Array
    sizes: Array


def combination(problem: Problem) -> Combination | None:
    """Return how the equations of species are combined; None if species are not converted.

    Rates under which a combination grows, as in autocatalysis, are not combined either.

    Args:
        problem: The problem.
    """
    at, L, N = problem.mixture.reference, problem.orientation.gap, problem.layout.species
    if COMPOSITIONS not in problem.layout or not at.exchange.any():
        return None
    diffusion = np.diag(at.D) / L**2
    A = WAVES * np.diag(diffusion)
    relaxation = np.real(np.linalg.eigvals(np.linalg.solve(A, at.exchange)))
    if relaxation.min() < -RELAXES * relaxation.max():
        return None
    S = A @ np.linalg.inv(A + at.exchange)
    conserved = combinations_of(problem.conserved, N)
    # Round-off of X relative to A must not touch what is conserved.
    S += np.linalg.pinv(conserved) @ (conserved - conserved @ S)
    sizes = np.array([problem.scales.residual[composition(i)] for i in range(N)])
    return Combination(S, sizes * diffusion / (diffusion + abs(np.diag(at.exchange))))


class CombinedEquations:
    """Multiplies the equations of species by S at each node where no value is prescribed.

    Args:
        combination: The matrix S.
        fixed: Local indices of the equations of species that prescribe values.
        size: Number of equations of species on this rank.
        comm: Communicator of the matrices.
    """

    def __init__(self, combination: Combination, fixed: Indices, size: int, comm: MPI.Comm) -> None:
        sizes = combination.sizes
        self._S, self._comm = combination.S * sizes / sizes[:, None], comm
        self._free = np.ones(size // len(self._S), dtype=bool)
        self._free[fixed // len(self._S)] = False
        self._products: dict[Hashable, PETSc.Mat] = {}
        self._factors: dict[tuple[int, int], PETSc.Mat] = {}

    def combine(self, entries: Array) -> None:
        """Multiply the entries of a vector, shape (equations of species,), in place."""
        nodes = entries.reshape(-1, len(self._S))
        nodes[self._free] = nodes[self._free] @ self._S.T

    def combine_rows(self, A: PETSc.Mat, key: Hashable, first: int = 0) -> None:
        """Multiply the rows of an assembled matrix in place; collective.

        Args:
            A: The matrix, in whose rows all species of a node have the same columns.
            key: Name of the matrix; those with the same name have the same sparsity pattern.
            first: Local index of the first row that belongs to a species.
        """
        rows = A.getLocalSize()[0]
        if (rows, first) not in self._factors:
            start = A.getOwnershipRange()[0]
            self._factors[rows, first] = self._factor(rows, first, start)
        product = self._factors[rows, first].matMult(A, result=self._products.get(key))
        self._products[key] = product
        product.copy(A, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)

    def _factor(self, rows: int, first: int, start: int) -> PETSc.Mat:
        """Return the matrix with S in the rows of each node and the identity elsewhere.

        Args:
            rows: Number of rows on this rank.
            first: Local index of the first row that belongs to a species.
            start: Global index of the first row on this rank.
        """
        N, nodes = len(self._S), len(self._free)
        inside = np.where(self._free[:, None, None], self._S, np.eye(N))
        before, after = first, rows - first - N * nodes
        values = np.concatenate([np.ones(before), inside.ravel(), np.ones(after)])
        lengths = np.concatenate([np.ones(before), np.full(N * nodes, N), np.ones(after)])
        own = start + np.arange(rows)
        at_nodes = own[before : before + N * nodes].reshape(nodes, 1, N)
        columns = np.concatenate(
            [own[:before], np.tile(at_nodes, (1, N, 1)).ravel(), own[rows - after :]]
        )
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return PETSc.Mat().createAIJ(
            ((rows, None), (rows, None)),
            csr=(starts.astype(PETSc.IntType), columns.astype(PETSc.IntType), values),
            comm=self._comm,
        )

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        for matrix in (*self._factors.values(), *self._products.values()):
            matrix.destroy()
