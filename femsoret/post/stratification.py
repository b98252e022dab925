"""Stratification: how temperature and compositions vary along the vertical and across it.

The buoyancy is sum_i w_i s_i in the upward direction, with w = g beta_T for the temperature and
w = -g beta_c for a composition. Where w_i times the upward derivative of s_i is positive, the
scalar s_i stratifies the fluid stably.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.physics.closures import Reference, State, fluxes
from femsoret.physics.closures.reference import entries_of, is_diagonal
from femsoret.post.fields import field_values, slopes, values
from femsoret.problem import Problem
from femsoret.problem.layout import component_of, composition


@dataclass(frozen=True, eq=False)
class Scalar:
    """Temperature, or the composition of a species, at the nodes of the fluid's mesh cells.

    The arrays contain the n nodes on this rank; a node is repeated in each mesh cell that has it.

    Args:
        comm: Communicator of the mesh.
        weight: Upward acceleration of the fluid per unit of the scalar, m/s2 (m/(s2 K) for T).
        upward: Upward derivative, 1/m (K/m for T), shape (n,).
        across: Magnitude of the horizontal gradient, 1/m (K/m for T), shape (n,).
        diffusivity: alpha or D, m2/s, shape (n,).
        D_T: Thermodiffusion coefficient, m2/(s K), shape (n,); zero for the temperature.
        share: Fraction of the fluid's volume that belongs to each node, shape (n,); the sum over
            all ranks is 1.
    """

    comm: MPI.Comm
    weight: float
    upward: Array
    across: Array
    diffusivity: Array
    D_T: Array
    share: Array

    @property
    def stratified(self) -> tuple[float, float]:
        """Smallest and largest weight times upward derivative, N^2, 1/s2; collective."""
        return self._extremes(self.weight * self.upward)

    @property
    def mean(self) -> float:
        """Mean of weight times upward derivative over the fluid, 1/s2; collective."""
        local = float((self.weight * self.upward) @ self.share)
        return float(self.comm.allreduce(local, op=MPI.SUM))

    @property
    def slope(self) -> float:
        """Largest ratio of the horizontal gradient to the vertical one; collective."""
        tiny = np.finfo(float).tiny
        return self._extremes(self.across / np.maximum(np.abs(self.upward), tiny))[1]

    @property
    def steepest(self) -> float:
        """Largest magnitude of the gradient, 1/m (K/m for T); collective."""
        return self._extremes(np.hypot(self.upward, self.across))[1]

    @property
    def slowest(self) -> float:
        """Smallest diffusivity, m2/s; collective."""
        return self._extremes(self.diffusivity)[0]

    @property
    def crossed(self) -> float:
        """Largest |D_T|, m2/(s K), which is |D S_T f| in a binary mixture; collective."""
        return self._extremes(np.abs(self.D_T))[1]

    def mismatch(self, a: float) -> float:
        """Return the largest |w up - a grad s|, in the unit of w; collective.

        Args:
            a: Any number, in the unit of w over that of grad s.
        """
        along = self.weight - a * self.upward
        return self._extremes(np.hypot(along, a * self.across))[1]

    def _extremes(self, numbers: Array) -> tuple[float, float]:
        low = self.comm.allreduce(float(numbers.min(initial=np.inf)), op=MPI.MIN)
        high = self.comm.allreduce(float(numbers.max(initial=-np.inf)), op=MPI.MAX)
        return low, high


@dataclass(frozen=True, eq=False)
class Stratification:
    """Stratification and shear of a state.

    Args:
        scalars: The temperature, followed by the composition of each species.
        nu: Smallest kinematic viscosity, m2/s.
        strain: Largest Frobenius norm of the rate of strain at the nodes, 1/s.
        speed: Largest speed at the nodes, m/s.
        up: Upward unit vector, shape (dim,).
        gradients: Gradients of the 1 + N scalars, 1/m (K/m for T), shape (n, 1 + N, dim).
        matrices: Matrix K of the diffusion of the scalars, d_t s = div(K grad s), with the Soret
            and the Dufour effect and cross-diffusion, m2/s with factors of K, shape
            (n, 1 + N, 1 + N).
    """

    scalars: tuple[Scalar, ...]
    nu: float
    strain: float
    speed: float
    up: Array
    gradients: Array
    matrices: Array

    @property
    def comm(self) -> MPI.Comm:
        """Communicator of the mesh."""
        return self.heat.comm

    @property
    def heat(self) -> Scalar:
        """The temperature, the first of the scalars."""
        return self.scalars[0]

    @property
    def species_mix(self) -> bool:
        """Whether the gradient of one composition drives the flux of another; collective."""
        mixes = not is_diagonal(self.matrices[:, 1:, 1:])
        return bool(self.comm.allreduce(mixes, op=MPI.LOR))

    def dufour(self, at: Reference) -> tuple[float, ...]:
        """Return |Q*_k D_k/cp|, by which gradients of composition drive heat.

        The species must not diffuse across one another (:attr:`species_mix`).

        Args:
            at: Reference values of the mixture, for the heats of transport Q* and cp.

        Returns:
            One number per species k, m2 K/s.
        """
        pairs = zip(np.abs(at.heats) / at.cp, self.scalars[1:], strict=True)
        return tuple(float(carried) * scalar.slowest for carried, scalar in pairs)


def stratification(problem: Problem) -> Stratification:
    """Return the stratification and shear of a solved problem with flow; collective.

    They are evaluated at the nodes of the temperature.
    """
    m, comm, number = problem.mixture, problem.cell.comm, 1 + len(problem.mixture.species)
    # A rank without fluid has arrays of no length.
    none = (
        np.zeros((0, number, problem.cell.dim)),
        np.zeros((0, number, number)),
        np.zeros((0, number)),
        np.zeros((5, 0)),
    )
    parts = [none, *(_in_cells(problem, cells) for cells in chunks(problem.cell.fluid_cells))]
    gradients, matrices, D_T = (np.concatenate([part[i] for part in parts]) for i in range(3))
    volume, strain, speed, nu, alpha = np.concatenate([part[3] for part in parts], axis=-1)
    up = np.asarray(m.gravity.up, dtype=float)
    upward = gradients @ up
    across = np.linalg.norm(gradients - upward[..., None] * up, axis=-1)
    share = volume / comm.allreduce(float(volume.sum()), op=MPI.SUM)
    weights = (m.beta_T, *(-species.beta_c for species in m.species))
    g = float(m.gravity.magnitude)
    return Stratification(
        tuple(
            Scalar(
                comm,
                g * float(weight),
                upward[:, i],
                across[:, i],
                matrices[:, i, i] if i else alpha,
                D_T[:, i],
                share,
            )
            for i, weight in enumerate(weights)
        ),
        nu=comm.allreduce(float(nu.min(initial=np.inf)), op=MPI.MIN),
        strain=comm.allreduce(float(strain.max(initial=0.0)), op=MPI.MAX),
        speed=comm.allreduce(float(speed.max(initial=0.0)), op=MPI.MAX),
        up=up,
        gradients=gradients,
        matrices=matrices,
    )


def _in_cells(problem: Problem, cells: Indices) -> tuple[Array, Array, Array, Array]:
    """Return the quantities of a stratification at the n nodes of some mesh cells of this rank.

    Returns:
        Gradients of T and the N compositions, shape (n, 1 + N, dim); the matrices K of their
        diffusion, shape (n, 1 + N, 1 + N); their D_T, zero for T, shape (n, 1 + N); volume, rate of
        strain, speed, kinematic viscosity and kappa/(rho cp), shape (5, n). The volumes are
        weights, up to a common factor.
    """
    m, points = problem.mixture, problem.space("theta").element.basix_element.points
    names = ("theta", *map(composition, range(len(m.species))))
    x, J = geometry_jacobians(problem.cell.mesh, cells, points)
    inverse = np.linalg.inv(J)
    theta, *gamma = (field_values(problem, name, cells, points) for name in names)
    local = fluxes.local(m, State(None, None, theta, tuple(gamma)))
    gradients = [
        np.einsum(
            "cqi,cqij->cqj",
            slopes(problem.function(name), cells, points)[:, :, component_of(name)],
            inverse,
        ).reshape(theta.size, -1)
        for name in names
    ]
    matrices = entries_of(fluxes.transport_matrix(local), len(names), theta.shape)
    D_T = [np.broadcast_to(entry, theta.shape).ravel() for entry in (0.0, *local.D_T)]
    u = problem.function("u")
    velocity = values(u, cells, points)
    rate = np.einsum("cqbi,cqij->cqbj", slopes(u, cells, points), inverse)
    rate = 0.5 * (rate + np.swapaxes(rate, -1, -2))
    squared = np.einsum("cqij,cqij->cq", rate, rate)
    if problem.cell.coordinates.has_axis:  # hoops stretch by u_r/r
        r = x[..., 0]
        squared += np.divide(velocity[..., 0], r, out=np.zeros_like(r), where=r > 0.0) ** 2
    weight = problem.cell.coordinates.weight(np.moveaxis(x, -1, 0))
    flow = (
        np.abs(np.linalg.det(J)) * weight,
        np.sqrt(squared),
        np.linalg.norm(velocity, axis=-1),
        local.mu / local.rho,
        local.kappa / local.heat_capacity,
    )
    return (
        np.stack(gradients, axis=1),
        matrices.reshape(theta.size, len(names), len(names)),
        np.stack(D_T, axis=1),
        np.stack([np.broadcast_to(numbers, theta.shape).ravel() for numbers in flow]),
    )
