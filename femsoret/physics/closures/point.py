"""Fields and local properties of a medium, from which fluxes are computed.

N is the number of independent mass fractions; the remaining component is component N + 1. Sums over
species run from 1 to N. Fluxes are relative to the barycentric velocity. The notation is that of
S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics (1962), ch. XI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ufl

from femsoret.base.types import Expr, Value
from femsoret.physics.coordinates import CARTESIAN, Coordinates

Row = tuple[Value, ...]
Matrix = tuple[Row, ...]
"""N rows of N entries: floats, numpy arrays of equal shape, or UFL expressions."""


@dataclass(frozen=True)
class State:
    """Fields of a problem or its test functions, one attribute per block.

    Temperature and compositions are deviations from the reference state of the mixture, so that
    small separations are not affected by round-off.

    Args:
        u: Velocity, m/s, shape (d,) in d dimensions; None without flow.
        p: Pressure minus the hydrostatic pressure, and also minus phi if the buoyancy is split, Pa,
            a scalar; None without flow.
        theta: T - T0, K, a scalar.
        gamma: Deviations c_i - c0_i, N scalars; empty for a pure fluid.
        phi: Potential of the gradient part of the buoyancy, Pa, a scalar; None if the buoyancy is
            not split.
        chi: Potential of the gradient part of u, m2/s, a scalar; None if the advecting velocity is
            u itself.
        zeta: Potential of the gradient part of the expansion along the vibration, m, a scalar; None
            without vibration.
        coordinates: Coordinate system, in which derivatives of u are taken.
    """

    u: Expr
    p: Expr
    theta: Value
    gamma: tuple[Value, ...] = ()
    phi: Expr = None
    chi: Expr = None
    zeta: Expr = None
    coordinates: Coordinates = CARTESIAN

    @property
    def advecting_velocity(self) -> Expr:
        """The velocity w = u - grad chi that advects heat and species, m/s, shape (d,).

        Unlike u, w is weakly divergence-free on the space of chi, which has degree k + 1:
        (w, grad eta) = 0 for all eta. The divergence of u vanishes only when tested with functions
        of the pressure space. The well-balanced buoyancy b - grad phi does the same work on u as b
        does on w, so that advection of a stratification and its buoyancy are adjoint and create no
        energy.
        """
        return self.u if self.chi is None else self.u - ufl.grad(self.chi)


@dataclass(frozen=True)
class LocalProperties:
    """Properties of a fluid or a solid at one temperature and one composition.

    Entries are scalars: floats, numpy arrays or UFL expressions, like the temperature and the mass
    fractions at which they are evaluated. A solid has no species.

    Args:
        T: Temperature used in heats of transport and in the entropy production, K; the linearised
            closure replaces it by T0.
        rho: Density, kg/m3.
        heat_capacity: rho cp, J/(m3 K).
        mu: Viscosity, Pa s; None in a solid.
        kappa: Thermal conductivity at zero mass flux, W/(m K).
        D: Diffusion matrix, N x N, m2/s.
        D_T: Thermodiffusion coefficients, N, m2/(s K): j_i = -rho0 (sum D_ik grad c_k + D_T,i
            grad T).
        heats: Heats of transport Q*, N, J/kg; zero if the thermodynamics of mixing is unknown.
        G: d(mu_i - mu_(N+1))/dc_k at constant T and p, N x N, J/kg; None if it is unknown for a
            species, in which case the entropy production is undefined.
        H: d(h_i - h_(N+1))/dc_k at constant T and p, N x N, J/kg, with partial enthalpies h; empty
            if G/T does not depend on T, because H = -T^2 d(G/T)/dT (Gibbs-Helmholtz).
        rates: Rates at which each species is produced from other species, N, kg/(m3 s); empty if
            species are not converted into one another.
        conserved: Combinations of mass fractions that the rates leave alone, with one factor per
            species; None if each species is conserved, or if a Problem is told what is.
        energies: Energies that species carry and exchange with the heat of the fluid, N, J/kg;
            empty if the heat equation does not count them.
        released: Heat that conversion of species releases, W/m3: minus the sum of energies times
            rates, plus work that drives the conversion.
    """

    T: Value
    rho: Value
    heat_capacity: Value
    mu: Value
    kappa: Value
    D: Matrix = ()
    D_T: Row = ()
    heats: Row = ()
    G: Matrix | None = ()
    H: Matrix = ()
    rates: Row = ()
    conserved: Matrix | None = None
    energies: Row = ()
    released: Value = 0.0


def diagonal(entries: Sequence[Value]) -> Matrix:
    """Return the N x N diagonal matrix with N given diagonal entries."""
    return tuple(
        tuple(entry if i == k else 0.0 for k in range(len(entries)))
        for i, entry in enumerate(entries)
    )


def solve(A: Matrix, b: Sequence[Value]) -> Row:
    """Solve A x = b by Gaussian elimination without pivoting.

    Entries may be UFL expressions, whose magnitudes are unknown, so pivots cannot be chosen. The
    leading principal minors of A must not vanish.

    Args:
        A: N x N scalars.
        b: N entries, scalars or vectors.

    Returns:
        The solution x, N entries.
    """
    rows, right = [list(row) for row in A], list(b)
    n = len(right)
    for k in range(n):
        for i in range(k + 1, n):
            if is_zero(rows[i][k]):
                continue
            factor = rows[i][k] / rows[k][k]
            for j in range(k + 1, n):
                rows[i][j] = rows[i][j] - factor * rows[k][j]
            right[i] = right[i] - factor * right[k]
    x: list[Value] = [None] * n
    for i in reversed(range(n)):
        rest = right[i]
        for j in range(i + 1, n):
            rest = rest - rows[i][j] * x[j]
        x[i] = rest / rows[i][i]
    return tuple(x)


def times(A: Matrix, x: Sequence[Value]) -> Row:
    """Return the product A x, N entries.

    Args:
        A: N x N scalars.
        x: N entries, scalars or vectors.
    """
    return tuple(_sum([a * b for a, b in zip(row, x, strict=True) if not is_zero(a)]) for row in A)


def _sum(terms: Sequence[Value]) -> Value:
    return sum(terms[1:], start=terms[0]) if terms else 0.0


def is_zero(entry: Value) -> bool:
    """Return whether an entry is the float 0, which means no coupling."""
    return isinstance(entry, float) and not entry
