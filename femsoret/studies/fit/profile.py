"""Profile of the likelihood: how well the data are explained at fixed values of one unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array

LIES = 0.25
"""Relative difference of the profile from the parabola from which on the parabola lies."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The smallest sum of squares at fixed values of one unknown.

    Args:
        name: Name of the unknown.
        values: Values of the unknown in ascending order, shape (n,).
        chi2: Smallest sum of squares less that of the mode, shape (n,).
        parabola: What the covariance about the mode says of it, shape (n,).
    """

    name: str
    values: Array
    chi2: Array
    parabola: Array

    @property
    def parabola_lies(self) -> bool:
        """Whether the parabola misses the profile where it is between 1 and 9."""
        between = (self.parabola >= 0.9) & (self.parabola <= 9.0)
        wrong = np.abs(self.chi2 - self.parabola) > LIES * self.parabola
        return bool((between & wrong).any())
