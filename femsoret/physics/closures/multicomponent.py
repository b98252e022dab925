"""Mixtures of N + 1 components that diffuse across one another, without reactions.

How transport is stated is a value of its own: measured coefficients D and D_T with or without the
thermodynamics G, or phenomenological coefficients L and heats of transport Q*. Notation:
:mod:`femsoret.physics.closures.point`; formulas: S. R. de Groot, P. Mazur, Non-Equilibrium
Thermodynamics (1962), ch. XI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import FluidError
from femsoret.base.types import Array, Value
from femsoret.fluids.properties import Property
from femsoret.physics.closures.diffusion import LocalTemperature, Unweighted
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.closures.point import LocalProperties, Matrix, Row, solve, times


@dataclass(frozen=True)
class Component:
    """One of the N components whose mass fractions are transported.

    Args:
        name: Its name.
        c0: Mean mass fraction.
        beta_c: (1/rho) drho/dc_i, the other mass fractions constant but for the last component's.
    """

    name: str
    c0: Value
    beta_c: Value


class Coefficients(NamedTuple):
    """What a law of transport gives at a point; see :class:`.LocalProperties`."""

    D: Matrix
    D_T: Row
    heats: Row
    G: Matrix | None


class Transport(Protocol):
    """How diffusion, thermodiffusion and the thermodynamics of mixing are stated."""

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients at a density, a temperature (K) and mass fractions."""


@dataclass(frozen=True)
class MeasuredTransport:
    """Transport by the coefficients that laboratories report.

    Reciprocity is then a property of the data; see :func:`onsager_asymmetry`.

    Args:
        D: Diffusion matrix, N x N laws, m2/s, in the barycentric frame.
        D_T: Thermodiffusion coefficients, N laws, m2/(s K): no prefactor c(1-c).
        G: d(mu_i - mu_(N+1))/dc_k, N x N laws, J/kg; None: no Dufour effect and no entropy.
    """

    D: tuple[tuple[Property, ...], ...]
    D_T: tuple[Property, ...]
    G: tuple[tuple[Property, ...], ...] | None = None

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients; Q* = T G D^-1 D_T."""
        D, D_T = _matrix(self.D, T, c), _row(self.D_T, T, c)
        if self.G is None:
            return Coefficients(D, D_T, (0.0,) * len(D_T), None)
        G = _matrix(self.G, T, c)
        return Coefficients(D, D_T, tuple(T * x for x in times(G, solve(D, D_T))), G)


@dataclass(frozen=True)
class OnsagerTransport:
    """Transport by phenomenological coefficients: reciprocity holds by construction.

    D = L G/(rho T) and D_T = L Q*/(rho T^2).

    Args:
        L: Onsager's matrix, kg K/(m3 s) times kg/J: its lower triangle, row by row, so that it is
            symmetric; i + 1 laws in row i.
        G: Likewise d(mu_i - mu_(N+1))/dc_k, J/kg: the Hessian of a specific Gibbs energy.
        heats: Heats of transport Q*, N laws, J/kg.
    """

    L: tuple[tuple[Property, ...], ...]
    G: tuple[tuple[Property, ...], ...]
    heats: tuple[Property, ...]

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients."""
        L, G = (_symmetric(_matrix(of, T, c)) for of in (self.L, self.G))
        heats = _row(self.heats, T, c)
        columns = tuple(zip(*G, strict=True))
        D = tuple(
            tuple(
                sum(a * b for a, b in zip(row, column, strict=True)) / (rho * T)
                for column in columns
            )
            for row in L
        )
        D_T = tuple(x / (rho * T**2) for x in times(L, heats))
        return Coefficients(D, D_T, heats, G)


@dataclass(frozen=True)
class MulticomponentMixture(BoussinesqFluid):
    """A Newtonian Boussinesq fluid of N + 1 components; see :func:`check_transport`.

    Viscosity and conductivity are laws of T and of the tuple of mass fractions.
    The first arguments are those of :class:`~femsoret.physics.closures.mixture.BoussinesqFluid`.

    Args:
        species: The first N components.
        transport: How they diffuse.
    """

    species: tuple[Component, ...]
    transport: Transport
    entropy_temperature: ClassVar[LocalTemperature] = LocalTemperature()
    closure: ClassVar[Unweighted] = Unweighted()

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the properties at a temperature, K, and at mass fractions, one a species."""
        D, D_T, heats, G = self.transport.at(self.rho0, T, c)
        return LocalProperties(
            T=T,
            rho=self.rho0,
            heat_capacity=self.rho0 * self.cp,
            mu=self.viscosity(T, c),
            kappa=self.conductivity(T, c),
            D=D,
            D_T=D_T,
            heats=heats,
            G=G,
        )


def check_transport(mixture: Mixture) -> None:
    """Refuse a mixture whose transport is not physical at its reference state.

    Raises:
        FluidError: Numbers of coefficients do not agree, D has eigenvalues that are not real and
            positive, or Onsager's matrix is not positive.
    """
    n = len(mixture.species)
    if not n:
        return
    at = mixture.at(mixture.T0, tuple(float(species.c0) for species in mixture.species))
    shapes = {len(at.D), len(at.D_T), *map(len, at.D), *([] if at.G is None else map(len, at.G))}
    if shapes != {n}:
        raise FluidError(
            f"{n} species, but coefficients for {sorted(shapes - {n})}",
            f"give a diffusion matrix of {n} x {n} and {n} thermodiffusion coefficients",
        )
    eigenvalues = np.linalg.eigvals(np.array(at.D, dtype=float))
    if np.iscomplex(eigenvalues).any() or eigenvalues.real.min() <= 0.0:
        raise FluidError(
            f"the diffusion matrix has the eigenvalues {_listed(eigenvalues)} m2/s",
            "they have to be real and positive: check the order of the components and the frame",
        )
    if at.G is not None:
        L = onsager_matrix(at)
        least = float(np.linalg.eigvalsh(0.5 * (L + L.T)).min())
        if least <= 0.0:
            raise FluidError(
                f"Onsager's matrix has an eigenvalue of {least:.3g} in its symmetric part, so that "
                "entropy would be destroyed",
                "check D and G: the frame, the order of the components and the units",
            )


def onsager_matrix(at: LocalProperties) -> Array:
    """Return L = rho0 T D G^-1, N x N, of numbers.

    Args:
        at: Properties at a point, G among them.

    Raises:
        FluidError: G is not known.
    """
    if at.G is None:
        raise FluidError("Onsager's matrix needs the thermodynamics of mixing", "give G")
    D, G = np.array(at.D, dtype=float), np.array(at.G, dtype=float)
    return np.asarray(at.rho * at.T * np.linalg.solve(G.T, D.T).T)


def onsager_asymmetry(at: LocalProperties) -> float:
    """Return |L - L^T|/|L + L^T| (Frobenius norms), 0 where reciprocity holds.

    Args:
        at: Properties at a point, numbers, G among them.

    Raises:
        FluidError: G is not known.
    """
    L = onsager_matrix(at)
    return float(np.linalg.norm(L - L.T) / np.linalg.norm(L + L.T))


def _row(laws: Sequence[Property], T: Value, c: tuple[Value, ...]) -> Row:
    return tuple(law(T, c) for law in laws)


def _matrix(laws: Sequence[Sequence[Property]], T: Value, c: tuple[Value, ...]) -> Matrix:
    return tuple(_row(row, T, c) for row in laws)


def _symmetric(lower: Matrix) -> Matrix:
    """Return the matrix of a lower triangle."""
    n = range(len(lower))
    return tuple(tuple(lower[max(i, k)][min(i, k)] for k in n) for i in n)


def _listed(eigenvalues: npt.NDArray[Value]) -> str:
    return ", ".join(f"{value:.3g}" for value in np.atleast_1d(eigenvalues))
