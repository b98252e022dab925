"""What a case says that cannot be, or that is more likely a slip than meant."""

from __future__ import annotations

from typing import Final

import numpy as np

from femsoret.closures import BoussinesqMixture
from femsoret.closures.positive import positive_laws, violations
from femsoret.errors import FluidError
from femsoret.orientation import Orientation

_TEMPERATURES: Final = 201
"""Temperatures between the walls at which laws of properties are looked at."""


def check_laws_between(
    mixture: BoussinesqMixture,
    frame: Orientation,
    between: tuple[float, float],
    filled: tuple[float, ...],
) -> None:
    """Check that properties are positive between the walls, at the compositions that are filled in.

    Args:
        mixture: The mixture.
        frame: Hot and cold side.
        between: Lowest and highest temperature, K.
        filled: Mass fractions of component 1.

    Raises:
        FluidError: One is not; with the wall where it is worst.
    """
    T = np.linspace(*between, _TEMPERATURES, dtype=np.float64)
    laws = positive_laws(mixture)
    found = [each for c in filled for each in violations(laws, T, np.full_like(T, c))]
    if not found:
        return
    worst = min(found)
    ends = {0: f"at the cold side {frame.cold!r}", len(T) - 1: f"at the hot side {frame.hot!r}"}
    place = ends.get(worst.at, "between the cold and the hot side")
    raise FluidError(
        f"{worst}, {place}",
        "a positive number; a law that is fitted to a range means nothing outside it: give one "
        f"that stays positive from {between[0]:.6g} to {between[1]:.6g} K, or take a smaller "
        "temperature difference",
    )
