"""The annular thermogravitational column: its parallel flow, solved in one dimension.

A liquid between two long vertical cylinders at different temperatures rises at the hot one and
sinks at the cold one, and carries up and down what the Soret effect sends across. Far from the ends
the flow is parallel and c = c0 + m z + g(r) (W. H. Furry, R. C. Jones, L. Onsager, Phys. Rev. 55
(1939) 1083, for the plane slot). With lengths in units of the gap a, T in units of dT, c in units
of S_T c0(1-c0) dT, and

    X = g beta_T dT a^3/(nu D)                            (Ra Le)
    (1/r)(r w')' = -(theta - const), w = 0 at both walls, integral of w r dr = 0
    theta = ln(r_out/r)/ln(r_out/r_in)                    the temperature of conduction
    Psi(r) = integral of w r dr from r_in to r            the stream function

the species equation in r gives r (g' + theta') = m X Psi, and no net flow of it along z gives

    m = X I1/(A + X^2 I2),    A = int r dr,  I1 = int Psi theta' dr,  I2 = int Psi^2/r dr

In the limit of a narrow gap that is minus the slope of the slot,
:mod:`femsoret.studies.columns.column`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.polynomial import Chebyshev

from femsoret.base.errors import ConditionError

_DEGREE = 120
"""Degree of the polynomials that hold 1/r."""


@dataclass(frozen=True)
class AnnularColumn:
    """A long column between two cylinders, filled with a liquid whose density T alone changes.

    Args:
        ratio: Outer over inner radius, above 1.

    Raises:
        ConditionError: The ratio is not above 1.
    """

    ratio: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ratio) and self.ratio > 1.0):
            raise ConditionError(
                f"the ratio of the radii of an annulus is {self.ratio!r}",
                "give the outer over the inner radius, above 1",
            )

    def slope(self, X: float) -> float:
        """Return |dc/dz| a/(S_T c0(1-c0) dT); c falls upwards for S_T > 0, whichever wall is hot.

        Args:
            X: g beta_T dT a^3/(nu D), the Rayleigh number times the Lewis number of the gap.
        """
        A, I1, I2 = self._integrals
        return abs(X * I1 / (A + X**2 * I2))

    @property
    def optimum(self) -> float:
        """X at which the slope is largest."""
        A, _, I2 = self._integrals
        return math.sqrt(A / I2)

    @cached_property
    def _integrals(self) -> tuple[float, float, float]:
        """Return A, I1 and I2."""
        inner, log_ratio = 1.0 / (self.ratio - 1.0), math.log(self.ratio)
        # All functions of s = r - r_in, from 0 to 1, so that narrow gaps lose no digits.
        s = Chebyshev.identity([0.0, 1.0])
        r = inner + s

        def inverse(s: Any) -> Any:
            return 1.0 / (inner + s)

        over_r = Chebyshev.interpolate(inverse, _DEGREE, [0.0, 1.0])
        slope_of_theta = -over_r / log_ratio
        theta = 1.0 + slope_of_theta.integ(lbnd=0.0)

        def flow(shear: Chebyshev) -> Chebyshev:
            return (shear * over_r).integ(lbnd=0.0)

        # r w' is -(integral of theta r) + const (integral of r) + another constant.
        driven, uniform, wall = (
            flow(shear)
            for shear in (-(theta * r).integ(lbnd=0.0), r.integ(lbnd=0.0), Chebyshev([1.0], [0, 1]))
        )
        ends = [(w(1.0), (w * r).integ(lbnd=0.0)(1.0)) for w in (driven, uniform, wall)]
        (f0, q0), (f1, q1), (f2, q2) = ends
        determinant = f1 * q2 - f2 * q1
        w = (
            driven
            + uniform * ((f2 * q0 - f0 * q2) / determinant)
            + wall * ((f0 * q1 - f1 * q0) / determinant)
        )
        psi = (w * r).integ(lbnd=0.0)
        A, I1, I2 = (
            float(f.integ(lbnd=0.0)(1.0)) for f in (r, psi * slope_of_theta, psi**2 * over_r)
        )
        return A, I1, I2
