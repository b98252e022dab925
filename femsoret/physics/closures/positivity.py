"""Checks that viscosity, conductivity and diffusion coefficients are positive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.reference import eigenvalues, is_diagonal, matrix_of


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
        found = {"viscosity": at.mu, "conductivity": at.kappa}
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
    return {
        name: np.broadcast_to(np.asarray(values, float), T.shape) for name, values in found.items()
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
