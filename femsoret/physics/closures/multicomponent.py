"""Mixtures of N + 1 components with cross-diffusion, without chemical reactions.

The transport coefficients are either measured coefficients, D and D_T or D and S' = D^-1 D_T, with
or without the thermodynamics G, or phenomenological coefficients L with heats of transport Q*. See
:mod:`femsoret.physics.closures.point` for the notation, and S. R. de Groot, P. Mazur,
Non-Equilibrium Thermodynamics (1962), ch. XI for the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from femsoret.base.errors import FluidError
from femsoret.base.types import Array, Value
from femsoret.fluids import onsager
from femsoret.fluids.groups import STANDARD_GRAVITY
from femsoret.fluids.multicomponent import MulticomponentFluid
from femsoret.fluids.properties import Property, Scaled, is_proportional_to_temperature
from femsoret.physics.closures.diffusion import LocalTemperature, Unweighted
from femsoret.physics.closures.enthalpy import gibbs_helmholtz
from femsoret.physics.closures.medium import Gravity, Mixture
from femsoret.physics.closures.mixture import BoussinesqFluid
from femsoret.physics.closures.point import LocalProperties, Matrix, Row, solve, times


@dataclass(frozen=True)
class Component:
    """One of the N components whose mass fractions are transported.

    Args:
        name: Name of the component.
        c0: Mean mass fraction.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc_i, dimensionless, at constant mass
            fractions of all other components except component N + 1.
    """

    name: str
    c0: Value
    beta_c: Value


Reciprocity: TypeAlias = Literal["measured", "imposed"]
"""Whether D is as measured, or corrected so that Onsager's matrix is symmetric."""


class Coefficients(NamedTuple):
    """Transport coefficients at a point; see :class:`.LocalProperties`."""

    D: Matrix
    D_T: Row
    heats: Row
    G: Matrix | None
    H: Matrix = ()


class Transport(Protocol):
    """Interface of models of diffusion, thermodiffusion and the thermodynamics of mixing."""

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients for density rho (kg/m3), temperature T (K) and mass fractions."""


@dataclass(frozen=True)
class MeasuredTransport:
    """Transport coefficients as laboratories report them.

    The data need not satisfy Onsager's reciprocal relations; see :func:`onsager_asymmetry`.

    Args:
        D: Models of the diffusion matrix in the barycentric frame, N x N, m2/s.
        D_T: Models of the thermodiffusion coefficients, N, m2/(s K), without a prefactor c(1-c).
        G: Models of d(mu_i - mu_(N+1))/dc_k, N x N, J/kg; None for no Dufour effect and no entropy
            production. A number measured at one temperature is mostly proportional to T
            (:class:`~femsoret.fluids.properties.Proportional`); a constant means a heat of mixing.
    """

    D: tuple[tuple[Property, ...], ...]
    D_T: tuple[Property, ...]
    G: tuple[tuple[Property, ...], ...] | None = None

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients, with Q* = T G D^-1 D_T."""
        D, D_T = _matrix(self.D, T, c), _row(self.D_T, T, c)
        if self.G is None:
            return Coefficients(D, D_T, (0.0,) * len(D_T), None)
        G = _matrix(self.G, T, c)
        heats = tuple(T * x for x in times(G, solve(D, D_T)))
        return Coefficients(D, D_T, heats, G, _enthalpies(self.G, T, c))


@dataclass(frozen=True)
class SoretTransport:
    """Diffusion coefficients and Soret coefficients S' = D^-1 D_T = -dc/dT at rest.

    Args:
        D: Models of the diffusion matrix in the barycentric frame, N x N, m2/s.
        S: Models of the Soret coefficients S', N, 1/K, without a prefactor c(1-c).
        G: Models of d(mu_i - mu_(N+1))/dc_k, N x N, J/kg; None for no Dufour effect and no entropy
            production.
    """

    D: tuple[tuple[Property, ...], ...]
    S: tuple[Property, ...]
    G: tuple[tuple[Property, ...], ...] | None = None

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients, with D_T = D S' and Q* = T G S'."""
        D, S = _matrix(self.D, T, c), _row(self.S, T, c)
        D_T = times(D, S)
        if self.G is None:
            return Coefficients(D, D_T, (0.0,) * len(S), None)
        G = _matrix(self.G, T, c)
        heats = tuple(T * x for x in times(G, S))
        return Coefficients(D, D_T, heats, G, _enthalpies(self.G, T, c))


@dataclass(frozen=True)
class ReciprocalMeasuredTransport(MeasuredTransport):
    """Measured coefficients, corrected so that Onsager's matrix is symmetric.

    The corrected D = (L + L^T) G/(2 rho T) and D_T = D S' keep the separation at rest, S', and with
    it Q* = T G S'. The arguments are those of :class:`MeasuredTransport`, with a symmetric G.
    """

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the corrected coefficients."""
        return _reciprocal(super().at(rho, T, c))


@dataclass(frozen=True)
class ReciprocalSoretTransport(SoretTransport):
    """Diffusion and Soret coefficients, corrected so that Onsager's matrix is symmetric.

    See :class:`ReciprocalMeasuredTransport`; the arguments are those of :class:`SoretTransport`.
    """

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the corrected coefficients."""
        return _reciprocal(super().at(rho, T, c))


def _reciprocal(of: Coefficients) -> Coefficients:
    """Return coefficients with the symmetric part of D G^-1, the same S' and the same G."""
    if of.G is None:
        raise FluidError(
            "Onsager's matrix cannot be made symmetric without the thermodynamics of mixing",
            "give d(mu_i - mu_(N+1))/dc_k of all components, or leave reciprocity as measured",
        )
    S, n = solve(of.D, of.D_T), range(len(of.D))
    ratio = [solve(of.G, row) for row in of.D]  # G is symmetric: rows of D G^-1
    columns = tuple(zip(*of.G, strict=True))
    D = tuple(times(columns, [0.5 * (ratio[i][k] + ratio[k][i]) for k in n]) for i in n)
    return of._replace(D=D, D_T=times(D, S))


@dataclass(frozen=True)
class OnsagerTransport:
    """Phenomenological coefficients, which satisfy the reciprocal relations by construction.

    D = L G/(rho T) and D_T = L Q*/(rho T^2).

    Args:
        L: Models of the lower triangle of Onsager's symmetric matrix, kg2 K/(m s J), row by row:
            one entry in the first row and N in the last.
        G: Models of the lower triangle of d(mu_i - mu_(N+1))/dc_k, the Hessian of the specific
            Gibbs energy, J/kg, in the same form.
        heats: Models of the heats of transport Q*, N, J/kg.
    """

    L: tuple[tuple[Property, ...], ...]
    G: tuple[tuple[Property, ...], ...]
    heats: tuple[Property, ...]

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients, with D and D_T computed from L, G and Q*."""
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
        H = _enthalpies(self.G, T, c)
        return Coefficients(D, D_T, heats, G, _symmetric(H) if H else ())


@dataclass(frozen=True)
class MulticomponentMixture(BoussinesqFluid):
    """A Boussinesq fluid of N + 1 components with cross-diffusion.

    Property models are called with T and the tuple of N mass fractions. The first arguments are
    those of :class:`~femsoret.physics.closures.mixture.BoussinesqFluid`. The constructor does not
    check the coefficients; :func:`check_transport` does.

    Args:
        species: The first N components.
        transport: Transport coefficients of these components.
        rest: Name of component N + 1.
    """

    species: tuple[Component, ...]
    transport: Transport
    rest: str = "the rest"
    entropy_temperature: ClassVar[LocalTemperature] = LocalTemperature()
    closure: ClassVar[Unweighted] = Unweighted()

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the local properties at temperature T (K) and the N mass fractions c."""
        D, D_T, heats, G, H = self.transport.at(self.rho0, T, c)
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
            H=H,
        )


def multicomponent_mixture_of(
    fluid: MulticomponentFluid,
    *,
    T0: float,
    c0: Sequence[float],
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    reciprocity: Reciprocity = "measured",
) -> MulticomponentMixture:
    """Return the mixture of a fluid of three or more components around a reference state.

    Density, heat capacity and the expansion coefficients are constants, evaluated at (T0, c0);
    viscosity, conductivity and the transport coefficients depend on T and c as in the fluid.

    Args:
        fluid: Sourced fluid.
        T0: Reference temperature, K.
        c0: Mean mass fractions of the first N components, which with the rest are between 0 and 1.
        up: Upward unit vector, shape (d,).
        g: Magnitude of gravity, m/s2.
        reciprocity: "imposed" to make Onsager's matrix symmetric; D and D'_T then differ from the
            data, S'_T does not.

    Raises:
        FluidError: A value is not physical at T0 and c0; see :func:`check_transport`. Or
            reciprocity is imposed on a fluid without G.
    """
    means = tuple(map(float, c0))
    values = fluid.at(float(T0), means)
    conductivity = fluid.require("conductivity").value
    mixture = MulticomponentMixture(
        T0=float(T0),
        rho0=values.rho,
        cp=values.cp,
        beta_T=values.beta_T,
        viscosity=Scaled(fluid.require("viscosity").value, 1.0),
        # The data may be kappa_0 (hot wire): its ratio to kappa is taken at the reference state.
        conductivity=Scaled(conductivity, values.kappa / float(conductivity(T0, means))),
        gravity=Gravity(float(g), tuple(float(x) for x in up)),
        species=tuple(
            Component(component.name, mean, float(beta_c))
            for component, mean, beta_c in zip(fluid.independent, means, values.beta_c, strict=True)
        ),
        transport=_transport_of(fluid, reciprocity),
        rest=fluid.components[-1],
    )
    check_transport(mixture)
    return mixture


def _transport_of(fluid: MulticomponentFluid, reciprocity: Reciprocity) -> Transport:
    """Return the transport coefficients, each with a factor that carries its uncertainty."""
    G = fluid.matrix("chemical_derivative")
    G = G and tuple(map(_scaled, G))
    if fluid.is_phenomenological:
        L = fluid.matrix("onsager")
        assert L is not None  # as the fluid was validated
        assert G is not None
        return OnsagerTransport(
            L=_lower(tuple(map(_scaled, L))),
            G=_lower(G),
            heats=_scaled(fluid.vector("heat_of_transport")),
        )
    D = fluid.matrix("diffusion")
    assert D is not None
    D = tuple(map(_scaled, D))
    imposed = reciprocity == "imposed"
    if fluid.independent[0].soret is not None:
        of_soret = ReciprocalSoretTransport if imposed else SoretTransport
        return of_soret(D, _scaled(fluid.vector("soret")), G)
    of_thermodiffusion = ReciprocalMeasuredTransport if imposed else MeasuredTransport
    return of_thermodiffusion(D, _scaled(fluid.vector("thermodiffusion")), G)


def _scaled(laws: Sequence[Property]) -> tuple[Property, ...]:
    return tuple(Scaled(law, 1.0) for law in laws)


def _lower(rows: tuple[tuple[Property, ...], ...]) -> tuple[tuple[Property, ...], ...]:
    return tuple(row[: i + 1] for i, row in enumerate(rows))


def check_transport(mixture: Mixture) -> None:
    """Check that the transport coefficients of a mixture are physical in its reference state.

    Raises:
        FluidError: The dimensions of the coefficients do not agree, D has an eigenvalue that is not
            real and positive, or the symmetric part of Onsager's matrix is not positive definite.
    """
    n = len(mixture.species)
    if not n:
        return
    at = mixture.at(mixture.T0, tuple(float(species.c0) for species in mixture.species))
    shapes = {len(at.D), len(at.D_T), *map(len, at.D), *([] if at.G is None else map(len, at.G))}
    if shapes != {n}:
        raise FluidError(
            f"the mixture has {n} transported species, but transport coefficients have the sizes "
            f"{sorted(shapes)}",
            f"give an {n} x {n} diffusion matrix and {n} thermodiffusion coefficients",
        )
    eigenvalues = np.linalg.eigvals(np.array(at.D, dtype=float))
    if np.iscomplex(eigenvalues).any() or eigenvalues.real.min() <= 0.0:
        raise FluidError(
            f"the diffusion matrix has the eigenvalues {_listed(eigenvalues)} m2/s",
            "they must be real and positive: check the order of components and the reference frame",
        )
    if at.G is not None:
        L = onsager_matrix(at)
        least = float(np.linalg.eigvalsh(0.5 * (L + L.T)).min())
        if least <= 0.0:
            raise FluidError(
                f"the symmetric part of Onsager's matrix has the eigenvalue {least:.3g}, which is "
                "not positive: the entropy production could be negative",
                "check D and G: the reference frame, the order of the components and the units",
            )


def onsager_matrix(at: LocalProperties) -> Array:
    """Return Onsager's matrix L = rho0 T D G^-1, kg2 K/(m s J), shape (N, N).

    Args:
        at: Local properties that are floats, including G.

    Raises:
        FluidError: G is None.
    """
    if at.G is None:
        raise FluidError("Onsager's matrix requires the thermodynamics of mixing", "give G")
    return onsager.onsager_matrix(
        at.rho, at.T, np.array(at.D, dtype=float), np.array(at.G, dtype=float)
    )


def onsager_asymmetry(at: LocalProperties) -> float:
    """Return |L - L^T|/|L + L^T| in Frobenius norms; it is 0 if the reciprocal relations hold.

    Args:
        at: Local properties that are floats, including G.

    Raises:
        FluidError: G is None.
    """
    L = onsager_matrix(at)
    return float(np.linalg.norm(L - L.T) / np.linalg.norm(L + L.T))


def _row(laws: Sequence[Property], T: Value, c: tuple[Value, ...]) -> Row:
    return tuple(law(T, c) for law in laws)


def _matrix(laws: Sequence[Sequence[Property]], T: Value, c: tuple[Value, ...]) -> Matrix:
    return tuple(_row(row, T, c) for row in laws)


def _enthalpies(G: Sequence[Sequence[Property]], T: Value, c: tuple[Value, ...]) -> Matrix:
    """Return H = -T^2 d(G/T)/dT entry by entry, J/kg; () if all G are proportional to T."""
    if all(is_proportional_to_temperature(law) for row in G for law in row):
        return ()
    return tuple(tuple(_enthalpy(law, T, c) for law in row) for row in G)


def _enthalpy(law: Property, T: Value, c: tuple[Value, ...]) -> Value:
    if is_proportional_to_temperature(law):
        return 0.0
    return gibbs_helmholtz(partial(law, c=c), T)


def _symmetric(lower: Matrix) -> Matrix:
    """Return the symmetric matrix with a given lower triangle."""
    n = range(len(lower))
    return tuple(tuple(lower[max(i, k)][min(i, k)] for k in n) for i in n)


def _listed(eigenvalues: npt.NDArray[Value]) -> str:
    return ", ".join(f"{value:.3g}" for value in np.atleast_1d(eigenvalues))
