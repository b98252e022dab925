"""How fine a rectangle must be: estimates of its boundary layers from the groups.

In units of the gap L and of alpha. The speed of the flow follows the balance of buoyancy with
viscosity or inertia, the layers follow the speed:

    u = 0.35 sqrt(Ra Pr/(1 + Pr)) Ra/(Ra + 300)     free fall; weak flow below Ra of some hundred
    heat:         u^-1/2
    momentum:     (Pr/u)^1/2, where it is thinner than that of heat
    composition:  Le^-1/3 of that of heat, as behind a wall at rest

The coefficients fit the speeds of the heated square (de Vahl Davis 1983) from Ra = 10^3 to 10^6
within a factor of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WEAK = 0.25
"""Layers thicker than this part of the gap are no layers: the flow fills the cell."""

LAYER_CELLS = 1.5
"""Mesh cells (of second degree) within the thinnest layer at a wall."""

COARSEST = 1.0 / 12.0
"""Largest mesh cell, in units of the gap."""

FINEST = 1.0 / 48.0
"""Smallest mesh cell in the middle that is asked for, in units of the gap."""

LARGEST_GRADING = 60.0

FEWEST = 6
"""Smallest number of mesh cells along a side."""


def buoyancy_layer(Ra: float, sine: float = 1.0) -> float:
    """Return the thickness of the layer of flow along a wall, in units of the gap.

    Ra^(-1/4) along a vertical wall, of temperature with the Rayleigh number, of composition with
    Ra Le |psi|: there friction balances the buoyancy of what the flow carries across the
    stratification. Along a wall that is inclined to the isopycnals, only the component of gravity
    along the wall counts, twice (O. M. Phillips, Deep-Sea Res. 17 (1970) 435).

    Args:
        Ra: Rayleigh number of what stratifies; its sign does not matter.
        sine: Sine of the angle between wall and isopycnals.
    """
    strength = abs(Ra) * sine**2
    return math.inf if strength == 0.0 else strength**-0.25


def largest_cell(layer: float, degree: int) -> float:
    """Return the largest size of the mesh cells at a wall that holds a layer, in its unit.

    As large as the layer at degree 2, twice that at degree 3: then the temperature is within 1 %
    of its range, and the flow within 3 % of its largest speed (measured: docs/evidence.md).

    Args:
        layer: Thickness of the layer.
        degree: Polynomial degree.
    """
    return float(layer * 2.0 ** (degree - 2))


@dataclass(frozen=True)
class MeshChoice:
    """A graded rectangle.

    Args:
        cells: Numbers of mesh cells across the walls that are adiabatic, and across the gap.
        grading: Mesh cell size in the middle over that at the walls, likewise.
        layer: Thinnest boundary layer, in units of the gap.
        capped: Whether the layers asked for more cells than were allowed.
    """

    cells: tuple[int, int]
    grading: tuple[float, float]
    layer: float
    capped: bool


def free_fall_speed(Ra: float, Pr: float) -> float:
    """Return the estimate of the largest speed, in units of alpha over the gap.

    Args:
        Ra: Rayleigh number; its sign does not matter.
        Pr: Prandtl number.
    """
    Ra = abs(Ra)
    return 0.35 * math.sqrt(Ra * Pr / (1.0 + Pr)) * Ra / (Ra + 300.0)


def choose_rectangle(
    Ra: float, Pr: float, Le: float, aspect: float, *, max_cells: int = 4000
) -> MeshChoice:
    """Return a mesh for convection in a rectangle of gap 1 and width ``aspect``.

    Args:
        Ra: Rayleigh number; its sign does not matter.
        Pr: Prandtl number.
        Le: Lewis number.
        aspect: Width over gap.
        max_cells: Largest number of mesh cells.
    """
    heat = min(1.0, 1.0 / math.sqrt(max(free_fall_speed(Ra, Pr), 1e-12)))
    momentum = heat * min(1.0, math.sqrt(Pr))
    layer = min(momentum, heat * min(1.0, Le ** (-1.0 / 3.0)), 0.5 * aspect)
    middle = min(COARSEST, max(FINEST, 0.6 * min(heat, momentum)))
    wall = layer / LAYER_CELLS
    across, across_grading = _axis(aspect, min(middle, aspect / 10.0), wall)
    along, along_grading = _axis(1.0, middle, wall)
    shrink = min(1.0, math.sqrt(max_cells / (across * along)))
    return MeshChoice(
        cells=(_at_least(shrink * across), _at_least(shrink * along)),
        grading=(across_grading, along_grading),
        layer=layer,
        capped=shrink < 1.0,
    )


def _at_least(number: float) -> int:
    return max(FEWEST, math.floor(number))


def _axis(length: float, middle: float, wall: float) -> tuple[int, float]:
    """Return number and grading of cells of size ``middle`` amid and ``wall`` at both ends.

    The map of :mod:`femsoret.cells.axes` has the slopes b/tanh b and that over cosh^2 b.
    """
    grading = min(LARGEST_GRADING, max(1.0, middle / wall))
    b = math.acosh(math.sqrt(grading))
    slope = b / math.tanh(b) if b > 0.0 else 1.0
    return math.ceil(slope * length / middle), grading
