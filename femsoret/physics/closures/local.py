"""Local: the properties of a medium at a point, from which every flux is written.

N is the number of independent mass fractions; the component left over is number N + 1. Sums over
species run over 1 to N. Notation and frame: S. R. de Groot, P. Mazur, Non-Equilibrium
Thermodynamics (1962), ch. XI; fluxes are relative to the barycentric velocity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]
Matrix = tuple[Row, ...]
"""N rows of N entries: numbers, numpy arrays of one shape, or UFL expressions."""


@dataclass(frozen=True)
class Local:
    """Properties of a fluid or a solid at one temperature and one composition.

    Entries are numbers, numpy arrays of one shape or UFL expressions, as temperature and
    composition were. A solid has no species.

    Args:
        T: Temperature that heats of transport and entropy are taken at, K; some closures freeze it.
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
        rates: What species gain from others, N, kg/(m3 s); empty where none becomes another.
    """

    T: Any
    rho: Any
    heat_capacity: Any
    mu: Any
    kappa: Any
    D: Matrix = ()
    D_T: Row = ()
    heats: Row = ()
    G: Matrix | None = ()
    rates: Row = ()


def diagonal(entries: Sequence[Any]) -> Matrix:
    """Return the matrix with these entries on its diagonal.

    Args:
        entries: N scalars.
    """
    return tuple(
        tuple(entry if i == k else 0.0 for k in range(len(entries)))
        for i, entry in enumerate(entries)
    )


def solve(A: Matrix, b: Sequence[Any]) -> Row:
    """Return x with A x = b, by elimination without exchange of rows.

    Expressions have no size to choose a row by. So no leading minor of A may vanish, which in a
    diffusion matrix would be an accident.

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
    x: list[Any] = [None] * n
    for i in reversed(range(n)):
        rest = right[i]
        for j in range(i + 1, n):
            rest = rest - rows[i][j] * x[j]
        x[i] = rest / rows[i][i]
    return tuple(x)


def times(A: Matrix, x: Sequence[Any]) -> Row:
    """Return A x.

    Args:
        A: N x N scalars.
        x: N entries, scalars or vectors.
    """
    return tuple(_sum([a * b for a, b in zip(row, x, strict=True) if not _is_zero(a)]) for row in A)


def _sum(terms: Sequence[Any]) -> Any:
    return sum(terms[1:], start=terms[0]) if terms else 0.0


def _is_zero(entry: Any) -> bool:
    """Return whether an entry is the number 0 that says that there is no coupling."""
    return isinstance(entry, float) and not entry
