"""Closed-form separations of parallel flows: thermogravitational columns and shallow layers.

Far from its ends, the flow in a slot of width a between two plates, one hotter than the other by
dT, is parallel: the composition is linear along the slot, plus a profile across it. The equations
then reduce to ordinary differential equations, which W. H. Furry, R. C. Jones, L. Onsager, Phys.
Rev. 55 (1939) 1083 solved for the vertical slot (the thermogravitational column) in which the
density does not depend on composition, psi = 0. With X = Ra Le = g beta_T dT a^3/(nu D) and z
pointing upwards

    -(dc/dz) a/(S_T f dT) = (X/720)/(1 + X^2/9!)

where f is c0(1-c0), or c in a dilute column: then the left-hand side is -(d ln c/dz) a/(S_T dT).
The slope is largest at X = sqrt(9!), and it approaches 504/X for strong convection.

In a long horizontal layer of height a heated from below, psi > 0, a single roll as long as the cell
sets in at X' = Ra Le psi = 720. In the same notation, the slope m along the layer is

    m^2 = 504 (X' - 720)/X'^2

for psi Le >> 1 (M. Elhajjar, M.-C. Charrier-Mojtabi, A. Mojtabi, Phys. Rev. E 77 (2008) 026310,
and A. Mojtabi et al., Physics 4 (2022) 51, with other signs and symbols).

Between two vertical cylinders the parallel flow depends on the radius only, and
c = c0 + m z + g(r). With lengths in units of the gap a, T in units of dT, and c in units of
S_T c0(1-c0) dT,

    (1/r)(r w')' = -(theta - const), w = 0 at both walls, integral of w r dr = 0
    theta = ln(r_out/r)/ln(r_out/r_in)                    the temperature of conduction
    Psi(r) = integral of w r dr from r_in to r            the stream function

the radial species equation gives r (g' + theta') = m X Psi, and the condition of no net species
flow along z gives

    m = X I1/(A + X^2 I2),    A = int r dr,  I1 = int Psi theta' dr,  I2 = int Psi^2/r dr

In the limit of a narrow gap, this is minus the slope of the plane slot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from numpy.polynomial import Chebyshev

from femsoret.base.errors import ConditionError, FluidError
from femsoret.fluids.values import PropertyValues

NINE_FACTORIAL: Final = float(math.factorial(9))

OPTIMUM: Final = math.sqrt(NINE_FACTORIAL)
"""X at which the slope of a column is largest, 602.395."""

UNICELLULAR_ONSET: Final = 720.0
"""X' = Ra Le psi at the onset of a single roll in a long layer heated from below, psi Le >> 1."""

STRONG: Final = 504.0
"""Limit of X times the slope of a column for X -> infinity."""

_DEGREE: Final = 120
"""Degree of the polynomials that approximate 1/r."""


def column_slope(X: float) -> float:
    """Return the dimensionless slope -(dc/dz) a/(S_T f dT) of a column far from its ends.

    Args:
        X: Ra Le, with the width of the slot as the length scale.
    """
    return (X / 720.0) / (1.0 + X**2 / NINE_FACTORIAL)


def log_ratio(X: float, S_T_dT: float, height: float) -> float:
    """Return ln(c_bottom/c_top) of a dilute column, without end effects.

    Args:
        X: Ra Le, with the width of the slot as the length scale.
        S_T_dT: Soret coefficient times the temperature difference (dimensionless).
        height: Height of the column over its width.
    """
    return S_T_dT * column_slope(X) * height


def unicellular_slope(X: float) -> float:
    """Return the slope |dc/dx| a/(S_T f dT) of a long layer heated from below; 0 below its onset.

    Args:
        X: Ra Le psi, with the height of the layer as the length scale.
    """
    return math.sqrt(max(0.0, STRONG * (X - UNICELLULAR_ONSET))) / X


def optimal_width(fluid: PropertyValues, *, dT: float, g: float) -> float:
    """Return the width of the slot with the largest dimensionless slope, X = sqrt(9!), in m.

    Args:
        fluid: The fluid at the mean temperature and composition.
        dT: Temperature difference of the plates, K.
        g: Magnitude of gravity, m/s2.

    Raises:
        FluidError: dT, g or the thermal expansion is zero, so that there is no flow.
    """
    drive = g * abs(fluid.beta_T) * abs(dT)
    if drive == 0.0:
        raise FluidError(
            "a column without buoyancy has no optimal width", "give non-zero dT, g and beta_T"
        )
    return math.cbrt(OPTIMUM * fluid.nu * fluid.D / drive)


@dataclass(frozen=True)
class ColumnReading:
    """The transport coefficients that follow from a column's vertical composition gradient.

    Args:
        S_T: Soret coefficient from the full formula, which requires D, 1/K.
        D_T: Thermodiffusion coefficient from the formula for strong convection, which does not
            require D, m2/(s K): D_T = -(dc/dz) g beta_T a^4/(504 nu f).
    """

    S_T: float
    D_T: float


def read_column(
    slope: float, fluid: PropertyValues, *, width: float, dT: float, g: float
) -> ColumnReading:
    """Return the transport coefficients that follow from a vertical composition gradient.

    A laboratory measures this gradient as the slope of c at mid-height, or as the difference of c
    between two heights over their distance. Between the ends of the column, end effects reduce the
    difference by a fraction of about the width over the height, which the formula neglects.

    Args:
        slope: -(dc/dz), positive if component 1 accumulates at the bottom, 1/m.
        fluid: The fluid at the mean temperature and composition; its S_T is not used.
        width: Width of the slot, m.
        dT: Temperature difference of the plates, K.
        g: Magnitude of gravity, m/s2.

    Raises:
        FluidError: Width, dT, g or the thermal expansion is zero.
    """
    X = g * fluid.beta_T * dT * width**3 / (fluid.nu * fluid.D)
    if X == 0.0:
        raise FluidError(
            "a column without buoyancy does not separate its components",
            "give a non-zero width, dT, g and beta_T",
        )
    return ColumnReading(
        S_T=slope * width / (fluid.f * dT * column_slope(X)),
        D_T=slope * g * fluid.beta_T * width**4 / (STRONG * fluid.nu * fluid.f),
    )


@dataclass(frozen=True)
class AnnularColumn:
    """A long column between two cylinders; the density depends on the temperature only.

    Args:
        ratio: Outer over inner radius, above 1.

    Raises:
        ConditionError: The ratio is not above 1.
    """

    ratio: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ratio) and self.ratio > 1.0):
            raise ConditionError(
                f"invalid ratio of the radii of an annulus: {self.ratio!r}",
                "give the outer over the inner radius, which must be finite and above 1",
            )

    def slope(self, X: float) -> float:
        """Return |dc/dz| a/(S_T c0(1-c0) dT); for S_T > 0, c decreases upwards.

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
        # All are functions of s = r - r_in in [0, 1], which avoids cancellation in narrow gaps.
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
