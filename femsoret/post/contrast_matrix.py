"""Mass fractions from refractive indices at several wavelengths.

N mass fractions follow from the changes of the refractive index at N wavelengths,

    dn_j = n_T,j dT + sum_i N_ji dc_i,    dc = N^-1 (dn - n_T dT),

where N is the matrix of contrast factors. Its condition number says by how much errors may grow;
the covariance of dc, by how much the noise of the signals does: N^-1 diag(s_j^2) N^-T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array

_SINGULAR = 1e12
"""Condition number above which the contrast factors do not tell the components apart."""


@dataclass(frozen=True, eq=False)
class ContrastMatrix:
    """Contrast factors of N components at N wavelengths.

    Args:
        matrix: dn/dc, one row a wavelength, shape (N, N).
        by_temperature: dn/dT, 1/K, shape (N,).

    Raises:
        ConditionError: The numbers of components and wavelengths differ, or the matrix is singular.
    """

    matrix: Array
    by_temperature: Array

    def __post_init__(self) -> None:
        rows, columns = self.matrix.shape
        if rows != columns:
            raise ConditionError(
                f"{rows} wavelength{'s' * (rows > 1)} for {columns} mass "
                f"fraction{'s' * (columns > 1)}",
                f"give {columns} wavelength{'s' * (columns > 1)}, as many as there are independent "
                "components",
            )
        if not self.condition < _SINGULAR:
            if columns == 1:
                raise ConditionError(
                    "dn/dc is zero, so that light does not see the composition",
                    "give dn/dc (n_c) at this wavelength",
                )
            raise ConditionError(
                "the contrast factors at these wavelengths do not tell the components apart: their "
                "matrix is singular",
                "choose wavelengths at which the components differ",
            )

    @property
    def condition(self) -> float:
        """Condition number of the matrix: its largest singular value over its smallest."""
        return float(np.linalg.cond(self.matrix))

    def fractions(self, of_index: Sequence[float] | Array, dT: float) -> Array:
        """Return changes of mass fractions, shape (N,).

        Args:
            of_index: Changes of the refractive index at each wavelength, shape (N,).
            dT: Change of the temperature, K.
        """
        return np.asarray(
            np.linalg.solve(self.matrix, np.asarray(of_index) - self.by_temperature * dT)
        )

    def covariance(self, noise: Sequence[float] | Array) -> Array:
        """Return the covariance of the mass fractions, shape (N, N).

        Args:
            noise: Standard deviation of the index at each wavelength, independent, shape (N,).
        """
        inverse = np.linalg.inv(self.matrix)
        return np.asarray(inverse @ np.diag(np.square(noise)) @ inverse.T)


@dataclass(frozen=True)
class Ellipse:
    """Confidence ellipse of two numbers with normal errors.

    Args:
        major: Greater half axis, in the unit of the numbers.
        minor: Smaller half axis.
        angle: Angle of the greater half axis to the first number, rad, between -pi/2 and pi/2.
    """

    major: float
    minor: float
    angle: float

    def outline(self, centre: Sequence[float], points: int = 200) -> Array:
        """Return points of the ellipse around a centre, shape (points, 2)."""
        t = np.linspace(0.0, 2.0 * np.pi, points)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        axes = np.stack([self.major * np.cos(t), self.minor * np.sin(t)])
        return np.asarray((np.array([[cos, -sin], [sin, cos]]) @ axes).T + np.asarray(centre))


def ellipse(covariance: Array, probability: float) -> Ellipse:
    """Return the ellipse that contains two numbers with a given probability.

    The square of its half axes over the eigenvalues of the covariance is -2 ln(1 - probability),
    the quantile of chi^2 with two degrees of freedom.

    Args:
        covariance: Covariance of the two numbers, shape (2, 2).
        probability: Probability, between 0 and 1.
    """
    values, vectors = np.linalg.eigh(covariance)
    half = np.sqrt(-2.0 * np.log1p(-probability) * np.clip(values, 0.0, None))
    x, y = vectors[:, 1] if vectors[0, 1] >= 0.0 else -vectors[:, 1]
    return Ellipse(float(half[1]), float(half[0]), float(np.arctan2(y, x)))
