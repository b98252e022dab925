"""Where laws of properties leave what physics allows: conductivity, viscosity, D are positive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.reference import eigenvalues, is_diagonal, matrix_of


@dataclass(frozen=True, order=True)
class Violation:
    """The worst value of a property among some states.

    Args:
        value: The value, in the unit of the property; minus infinity stands for what is no number.
        name: The property.
        at: Which of the states.
        T: Temperature there, K.
        c: Mass fraction of component 1 there.
    """

    value: float
    name: str
    at: int
    T: float
    c: float

    def __str__(self) -> str:
        """Return the clause on it."""
        number = f"{self.value:.4g}" if np.isfinite(self.value) else "no number"
        return f"{self.name} = {number} at T = {self.T:.6g} K, c = {self.c:.6g}"


def positive_properties(mixture: Mixture, T: Array, c: Sequence[Array]) -> dict[str, Array]:
    """Return the properties of a mixture that have to be positive, by name.

    Args:
        mixture: The mixture; its leaves are numbers.
        T: Temperatures, K, shape (n,).
        c: Mass fractions, one array of that shape a species.
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
            found["least eigenvalue of the diffusion matrix"] = eigenvalues(D)[:, 0]
    return {
        name: np.broadcast_to(np.asarray(values, float), T.shape) for name, values in found.items()
    }


def violations(properties: Mapping[str, Array], T: Array, c: Array) -> Iterator[Violation]:
    """Yield, for each property that is not positive everywhere, its worst value.

    Args:
        properties: Name -> values, shape (n,).
        T: Temperatures, K, likewise.
        c: Mass fractions of component 1, likewise.
    """
    if not len(T):
        return
    for name, found in properties.items():
        values = np.where(np.isfinite(found), found, -np.inf)
        worst = int(np.argmin(values))
        if values[worst] <= 0.0:
            yield Violation(float(values[worst]), name, worst, float(T[worst]), float(c[worst]))
