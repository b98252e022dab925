"""Stratification: how temperature and compositions vary along gravity and across it, everywhere.

Buoyancy is sum_i w_i s_i along "up", with w = g beta_T for the temperature and -g beta_c for a
composition. Where w_i times the derivative of s_i along up is positive, that scalar stratifies the
fluid stably.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array, Indices
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.physics.closures import Reference, State, fluxes
from femsoret.post.fields import field_values, slopes, values
from femsoret.problem import Problem
from femsoret.problem.layout import component_of, composition


@dataclass(frozen=True, eq=False)
class Scalar:
    """Temperature, or the composition of a species, at the nodes of the fluid's mesh cells.

    Args:
        comm: The ranks; arrays are those of this rank.
        weight: Acceleration upwards of fluid with one unit more of it, m/s2 (per K for T).
        upward: Derivative along up, 1/m (K/m for T), shape (n,).
        across: Length of the gradient across up, likewise.
        diffusivity: alpha or D, m2/s, likewise.
        D_T: Thermodiffusion coefficient, m2/(s K), likewise; zero for the temperature.
        share: Part of the fluid's volume that a node stands for, summing up to 1 on all ranks.
        across_species: Largest |D_ik|, m2/s, by which the gradient of composition k drives the flux
            of this one, one a species; zero for itself. Empty for the temperature.
    """

    comm: MPI.Comm
    weight: float
    upward: Array
    across: Array
    diffusivity: Array
    D_T: Array
    share: Array
    across_species: tuple[float, ...] = ()

    @property
    def stratified(self) -> tuple[float, float]:
        """Smallest and largest weight times derivative along up, 1/s2: N^2; collective."""
        return self._ends(self.weight * self.upward)

    @property
    def mean(self) -> float:
        """Mean of the same over the fluid; collective."""
        local = float((self.weight * self.upward) @ self.share)
        return float(self.comm.allreduce(local, op=MPI.SUM))

    @property
    def slope(self) -> float:
        """Largest ratio of the gradient across up to that along it; collective."""
        tiny = np.finfo(float).tiny
        return self._ends(self.across / np.maximum(np.abs(self.upward), tiny))[1]

    @property
    def steepest(self) -> float:
        """Largest length of the gradient, 1/m (K/m for T); collective."""
        return self._ends(np.hypot(self.upward, self.across))[1]

    @property
    def slowest(self) -> float:
        """Smallest diffusivity, m2/s; collective."""
        return self._ends(self.diffusivity)[0]

    @property
    def crossed(self) -> float:
        """Largest |D_T|, m2/(s K): |D S_T f| of a binary mixture; collective."""
        return self._ends(np.abs(self.D_T))[1]

    def mismatch(self, a: float) -> float:
        """Return the largest |w up - a grad s|; collective.

        Args:
            a: Any number, in the unit of w over that of grad s.
        """
        along = self.weight - a * self.upward
        return self._ends(np.hypot(along, a * self.across))[1]

    def _ends(self, numbers: Array) -> tuple[float, float]:
        low = self.comm.allreduce(float(numbers.min(initial=np.inf)), op=MPI.MIN)
        high = self.comm.allreduce(float(numbers.max(initial=-np.inf)), op=MPI.MAX)
        return low, high


@dataclass(frozen=True, eq=False)
class Stratification:
    """Stratification and shear of a state.

    Args:
        scalars: Temperature, then the compositions.
        nu: Smallest kinematic viscosity, m2/s.
        strain: Largest Frobenius norm of the rate of strain, 1/s.
        speed: Largest speed at the nodes, m/s.
    """

    scalars: tuple[Scalar, ...]
    nu: float
    strain: float
    speed: float

    @property
    def heat(self) -> Scalar:
        """The temperature."""
        return self.scalars[0]

    @property
    def species_mix(self) -> bool:
        """Whether the gradient of one composition drives the flux of another."""
        return any(entry > 0.0 for scalar in self.scalars for entry in scalar.across_species)

    def dufour(self, at: Reference) -> tuple[float, ...]:
        """Return bounds of sum_i Q*_i D_ik/cp, what a gradient of composition k makes of heat.

        Args:
            at: The numbers of the mixture, for the heats of transport.

        Returns:
            One a species, m2 K/s.
        """
        species = self.scalars[1:]
        Q = np.abs(at.heats) / at.cp
        return tuple(
            float(Q[k]) * scalar.slowest
            + sum(float(Q[i]) * other.across_species[k] for i, other in enumerate(species))
            for k, scalar in enumerate(species)
        )


def stratification(problem: Problem) -> Stratification:
    """Return stratification and shear of a state, at the nodes of the temperature; collective.

    Args:
        problem: A problem with flow, in the state that is asked for.
    """
    m, comm = problem.mixture, problem.cell.comm
    g, up = float(m.gravity.magnitude), np.asarray(m.gravity.up)
    names = ("theta", *map(composition, range(len(m.species))))
    parts = [_in_cells(problem, names, up, cells) for cells in chunks(problem.cell.fluid_cells)]
    # A rank without fluid has arrays of no length.
    keys = ("upward", "across", "diffusivity", "D_T")
    stacked = {
        (name, key): np.concatenate([part[name, key] for part in parts] or [np.zeros(0)])
        for name in names
        for key in keys
    }

    def of(key: str) -> Array:
        return np.concatenate([part["flow", key] for part in parts] or [np.zeros(0)])

    volume = comm.allreduce(float(of("volume").sum()), op=MPI.SUM)
    weights = (m.beta_T, *(-law.beta_c for law in m.species))
    share = of("volume") / volume
    scalars = tuple(
        Scalar(
            comm,
            g * float(weight),
            upward=stacked[name, "upward"],
            across=stacked[name, "across"],
            diffusivity=stacked[name, "diffusivity"],
            D_T=stacked[name, "D_T"],
            share=share,
            across_species=across_species,
        )
        for name, weight, across_species in zip(
            names, weights, ((), *_across_species(comm, parts, len(m.species))), strict=True
        )
    )
    return Stratification(
        scalars,
        nu=comm.allreduce(float(of("nu").min(initial=np.inf)), op=MPI.MIN),
        strain=comm.allreduce(float(of("strain").max(initial=0.0)), op=MPI.MAX),
        speed=comm.allreduce(float(of("speed").max(initial=0.0)), op=MPI.MAX),
    )


def _across_species(
    comm: MPI.Comm, parts: list[dict[tuple[str, str], Array]], number: int
) -> tuple[tuple[float, ...], ...]:
    """Return the largest off-diagonal entries of the diffusion matrix, row by row; collective."""
    rows = tuple(
        tuple(
            max((float(part[key].max()) for part in parts if key in part), default=0.0)
            for key in ((f"D_{i}", f"D_{k}") for k in range(number))
        )
        for i in range(number)
    )
    if number < 2:
        return rows
    return tuple(tuple(comm.allreduce(entry, op=MPI.MAX) for entry in row) for row in rows)


def _in_cells(
    problem: Problem, names: tuple[str, ...], up: Array, cells: Indices
) -> dict[tuple[str, str], Array]:
    """Return (block, quantity) -> values at the nodes of some mesh cells, flattened."""
    m, points = problem.mixture, problem.space("theta").element.basix_element.points
    x, J = geometry_jacobians(problem.cell.mesh, cells, points)
    inverse = np.linalg.inv(J)
    held = {name: field_values(problem, name, cells, points) for name in names}
    s = State(None, None, held["theta"], tuple(held[name] for name in names[1:]))
    like = np.ones_like(held["theta"])
    at = fluxes.local(m, s)
    found: dict[tuple[str, str], Array] = {}
    for i, name in enumerate(names):
        reference = slopes(problem.function(name), cells, points)[:, :, component_of(name)]
        gradient = np.einsum("cqi,cqij->cqj", reference, inverse)
        along = gradient @ up
        across = np.linalg.norm(gradient - along[..., None] * up, axis=-1)
        diffusivity = at.D[i - 1][i - 1] if i else at.kappa / at.heat_capacity
        D_T = at.D_T[i - 1] if i else 0.0
        found[name, "upward"], found[name, "across"] = along.ravel(), across.ravel()
        found[name, "diffusivity"] = (diffusivity * like).ravel()
        found[name, "D_T"] = (D_T * like).ravel()
    u = problem.function("u")
    flow = values(u, cells, points)
    rate = np.einsum("cqbi,cqij->cqbj", slopes(u, cells, points), inverse)
    rate = 0.5 * (rate + np.swapaxes(rate, -1, -2))
    squared = np.einsum("cqij,cqij->cq", rate, rate)
    weight = problem.cell.coordinates.weight(np.moveaxis(x, -1, 0)) * like
    if problem.cell.coordinates.has_axis:  # hoops stretch by u_r/r
        r = x[..., 0]
        squared += np.divide(flow[..., 0], r, out=np.zeros_like(r), where=r > 0.0) ** 2
    found["flow", "strain"] = np.sqrt(squared).ravel()
    found["flow", "speed"] = np.linalg.norm(flow, axis=-1).ravel()
    found["flow", "nu"] = (at.mu / at.rho * like).ravel()
    for i, row in enumerate(at.D):
        for k, entry in enumerate(row):
            if k != i and np.any(entry):
                found[f"D_{i}", f"D_{k}"] = np.abs(entry * like).ravel()
    found["flow", "volume"] = (np.abs(np.linalg.det(J)) * weight).ravel()
    return found
