"""Where laws of properties leave what physics allows: conductivity, viscosity, D are positive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from femsoret.closures.mixture import BoussinesqMixture

Array = npt.NDArray[np.float64]
Law = Callable[[Any, Any], Any]


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


def positive_laws(mixture: BoussinesqMixture) -> dict[str, Law]:
    """Return the laws of a mixture that have to be positive, by name; their leaves are numbers.

    Args:
        mixture: The mixture.
    """
    several = len(mixture.species) > 1
    of_species = {
        f"diffusion of {law.name}" if several else "diffusion": law.diffusion
        for law in mixture.species
    }
    return {"viscosity": mixture.viscosity, "conductivity": mixture.conductivity, **of_species}


def violations(laws: Mapping[str, Law], T: Array, c: Array) -> Iterator[Violation]:
    """Yield, for each law that is not positive everywhere, its worst value.

    Args:
        laws: Name -> law.
        T: Temperatures, K, shape (n,).
        c: Mass fractions of component 1, shape (n,).
    """
    if not len(T):
        return
    for name, law in laws.items():
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(law(T, c), dtype=float), T.shape)
        values = np.where(np.isfinite(values), values, -np.inf)
        worst = int(np.argmin(values))
        if values[worst] <= 0.0:
            yield Violation(float(values[worst]), name, worst, float(T[worst]), float(c[worst]))
