"""What closures see at a point: the fields, and the properties of a medium.

N is the number of independent mass fractions; the remaining component is number N + 1. Sums over
species run from 1 to N. Notation and frame: S. R. de Groot, P. Mazur, Non-Equilibrium
Thermodynamics (1962), ch. XI; fluxes are relative to the barycentric velocity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ufl

from femsoret.base.types import Expr, Value
from femsoret.physics.coordinates import CARTESIAN, Coordinates

Row = tuple[Value, ...]
Matrix = tuple[Row, ...]
"""N rows of N entries: numbers, numpy arrays of one shape, or UFL expressions."""


@dataclass(frozen=True)
class State:
    """Fields of a problem, or test functions, one attribute a block.

    Temperature and compositions are deviations from the reference state of the mixture, so that a
    separation of 1e-6 keeps its digits.

    Args:
        u: Velocity, m/s, shape (d,) in d dimensions; None where nothing flows.
        p: Pressure less its hydrostatic part, Pa, a scalar; None where nothing flows. Where there
            is a potential phi, the physical pressure is p + phi.
        theta: T - T0, K, a scalar.
        gamma: c_i - c0_i, N scalars; empty for a pure fluid.
        phi: Potential of the part of the buoyancy that is a gradient, Pa, a scalar; None where the
            buoyancy is not split.
        chi: Potential of the part of u that is a gradient, m2/s, a scalar; None where that part is
            not taken out.
        coordinates: Coordinates that derivatives of u are taken in.
    """

    u: Expr
    p: Expr
    theta: Value
    gamma: tuple[Value, ...] = ()
    phi: Expr = None
    chi: Expr = None
    coordinates: Coordinates = CARTESIAN

    @property
    def advecting_velocity(self) -> Expr:
        """The velocity that advects heat and species, m/s, shape (d,): w = u - grad chi.

        Only w is weakly divergence-free on the space of chi, of degree k + 1:
        (w, grad eta) = 0 for all eta. The divergence of u itself vanishes only on average over mesh
        cells. Well-balanced buoyancy b - grad phi does the same work on u as b does on w, so that
        the advection of a stratification and its buoyancy are adjoint and create no energy.
        """
        return self.u if self.chi is None else self.u - ufl.grad(self.chi)


@dataclass(frozen=True)
class LocalProperties:
    """Properties of a fluid or a solid at one temperature and one composition.

    Entries are scalars: numbers, numpy arrays of one shape or UFL expressions, as temperature and
    composition were. A solid has no species.

    Args:
        T: Temperature at which heats of transport and entropy are taken, K; some closures freeze
            it.
        rho: Density, kg/m3.
        heat_capacity: rho cp, J/(m3 K).
        mu: Viscosity, Pa s; None in a solid.
        kappa: Conductivity where no species diffuses (j = 0), W/(m K).
        D: Diffusion matrix, N x N, m2/s.
        D_T: Thermodiffusion coefficients, N, m2/(s K): j_i = -rho0 (sum D_ik grad c_k + D_T,i
            grad T).
        heats: Heats of transport Q*, N, J/kg; zero where thermodynamics is not known.
        G: d(mu_i - mu_(N+1))/dc_k at constant T and p, N x N, J/kg; None where it is not known for
            every species: then there is no entropy production.
        rates: What each species gains from others, N, kg/(m3 s); empty without such exchange.
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
    rates: Row = ()


def diagonal(entries: Sequence[Value]) -> Matrix:
    """Return a diagonal matrix.

    Args:
        entries: Its diagonal, N scalars.
    """
    return tuple(
        tuple(entry if i == k else 0.0 for k in range(len(entries)))
        for i, entry in enumerate(entries)
    )


def solve(A: Matrix, b: Sequence[Value]) -> Row:
    """Return x with A x = b, by elimination without pivoting.

    UFL expressions have no size to choose a pivot by. So no leading minor of A may vanish; in a
    diffusion matrix that would be an accident.

    Args:
        A: N x N scalars.
        b: N entries, scalars or vectors.
    """
    rows, right = [list(row) for row in A], list(b)
    n = len(right)
    for k in range(n):
        for i in range(k + 1, n):
            if _is_zero(rows[i][k]):
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
    """Return A x.

    Args:
        A: N x N scalars.
        x: N entries, scalars or vectors.
    """
    return tuple(_sum([a * b for a, b in zip(row, x, strict=True) if not _is_zero(a)]) for row in A)


def _sum(terms: Sequence[Value]) -> Value:
    return sum(terms[1:], start=terms[0]) if terms else 0.0


def _is_zero(entry: Value) -> bool:
    """Return whether an entry is the number 0, which stands for no coupling."""
    return isinstance(entry, float) and not entry
