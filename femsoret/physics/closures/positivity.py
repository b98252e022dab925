"""Checks that viscosity, conductivity, diffusion and the thermodynamics of mixing are positive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.point import LocalProperties
from femsoret.physics.closures.reference import eigenvalues, entries_of, is_diagonal, matrix_of


@dataclass(frozen=True, order=True)
class Violation:
    """The lowest value of a property that is not positive in all of a set of states.

    Args:
        value: Value in the unit of the property; minus infinity for a value that is not finite.
        name: Name of the property.
        at: Index of the state.
        T: Temperature of the state, K.
        c: Mass fraction of component 1 in the state.
    """

    value: float
    name: str
    at: int
    T: float
    c: float

    def __str__(self) -> str:
        """Return a clause that names the property, its value and the state."""
        finite = np.isfinite(self.value)
        what = f"{self.name} = {self.value:.4g}" if finite else f"a non-finite {self.name}"
        return f"{what} at T = {self.T:.6g} K, c = {self.c:.6g}"


def positive_properties(mixture: Mixture, T: Array, c: Sequence[Array]) -> dict[str, Array]:
    """Return the values of all properties of a mixture that must be positive.

    Args:
        mixture: Mixture with parameters that are floats.
        T: Temperatures, K, shape (n,).
        c: Mass fractions, one array of shape (n,) per species.

    Returns:
        Arrays of shape (n,), in SI units, by name of the property.
    """
    with np.errstate(all="ignore"):
        at = mixture.at(T, tuple(c))
        found = {"conductivity": at.kappa}
        if np.isfinite(mixture.reference.mu):  # a solid has none
            found["viscosity"] = at.mu
        D = matrix_of(at, len(c), T.shape)
        if len(c) == 1:
            found["diffusion"] = D[:, 0, 0]
        elif is_diagonal(D):
            found |= {
                f"diffusion of {species.name}": D[:, i, i]
                for i, species in enumerate(mixture.species)
            }
        else:
            found["smallest eigenvalue of the diffusion matrix"] = eigenvalues(D)[:, 0]
        if at.G is not None and c:
            found |= _stability(mixture, at, c, D)
    return {
        name: np.broadcast_to(np.asarray(values, float), T.shape) for name, values in found.items()
    }


def _stability(
    mixture: Mixture, at: LocalProperties, c: Sequence[Array], D: Array
) -> dict[str, Array]:
    """Return what must be positive for the mixture to be stable and to obey the second law.

    Of a binary it is g = mu_c f(c), which stays finite where f vanishes.
    """
    assert at.G is not None
    means = [float(species.c0) for species in mixture.species]
    if is_diagonal(D):
        factors = [mixture.closure.f(c_i, c0) for c_i, c0 in zip(c, means, strict=True)]
        several = len(c) > 1
        return {
            f"mu_c f(c){f' of {species.name}' if several else ''}": np.asarray(row[i] * f)
            for i, (species, row, f) in enumerate(zip(mixture.species, at.G, factors, strict=True))
        }
    G = entries_of(at.G, len(c), D.shape[:-2])
    T = np.broadcast_to(np.asarray(at.T, dtype=float), D.shape[:-2])
    finite = np.asarray(np.isfinite(G + D).all(axis=(-2, -1)))
    eye = np.eye(len(c))
    safe = np.where(finite[:, None, None], G, eye)
    L = (
        at.rho
        * T[:, None, None]
        * np.swapaxes(
            np.linalg.solve(np.swapaxes(safe, 1, 2), np.swapaxes(np.nan_to_num(D), 1, 2)), 1, 2
        )
    )
    return {
        f"smallest eigenvalue of the symmetric part of {what}": np.where(
            finite, np.linalg.eigvalsh(0.5 * (A + np.swapaxes(A, 1, 2)))[:, 0], np.nan
        )
        for what, A in (("d(mu)/dc", safe), ("Onsager's matrix", L))
    }


def violations(properties: Mapping[str, Array], T: Array, c: Array) -> Iterator[Violation]:
    """Yield the lowest value of each property that is not positive in all states.

    Args:
        properties: Values of properties, shape (n,), by name.
        T: Temperatures, K, shape (n,).
        c: Mass fractions of component 1, shape (n,).
    """
    if not len(T):
        return
    for name, found in properties.items():
        values = np.where(np.isfinite(found), found, -np.inf)
        worst = int(np.argmin(values))
        if values[worst] <= 0.0:
            yield Violation(float(values[worst]), name, worst, float(T[worst]), float(c[worst]))
