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

Columns between cylinders, and columns whose composition acts on the flow, are in
:mod:`femsoret.studies.parallel_flow`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from femsoret.base.errors import FluidError
from femsoret.fluids.values import PropertyValues

NINE_FACTORIAL: Final = float(math.factorial(9))

OPTIMUM: Final = math.sqrt(NINE_FACTORIAL)
"""X at which the slope of a column is largest, 602.395."""

UNICELLULAR_ONSET: Final = 720.0
"""X' = Ra Le psi at the onset of a single roll in a long layer heated from below, psi Le >> 1."""

STRONG: Final = 504.0
"""Limit of X times the slope of a column for X -> infinity."""


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
