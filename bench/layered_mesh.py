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

LAYER_CELLS = 1.5
"""Mesh cells (of second degree) within the thinnest layer at a wall."""

COARSEST = 1.0 / 12.0
"""Largest mesh cell, in units of the gap."""

FINEST = 1.0 / 48.0
"""Smallest mesh cell in the middle that is asked for, in units of the gap."""

LARGEST_GRADING = 60.0

FEWEST = 6
"""Smallest number of mesh cells along a side."""


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

    The map :func:`femsoret.cells.axes.both_ends` has the slopes b/tanh b and that over cosh^2 b.
    """
    grading = min(LARGEST_GRADING, max(1.0, middle / wall))
    b = math.acosh(math.sqrt(grading))
    slope = b / math.tanh(b) if b > 0.0 else 1.0
    return math.ceil(slope * length / middle), grading
