"""What a case says that cannot be, or that is more likely a slip than meant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.case.tables import (
    CompositionCondition,
    FileCell,
)
from femsoret.cells import Cell
from femsoret.cells.geometry import is_polygon
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.positive import positive_properties, violations
from femsoret.problem.conditions import Condition, FreeSlip
from femsoret.problem.orientation import Orientation

if TYPE_CHECKING:
    from femsoret.case.case import Case

_TEMPERATURES: Final = 201
"""Temperatures between the walls at which laws of properties are looked at."""


LARGE: Final = 0.05
"""Gap above which a cell of liquid is larger than those of the field, m; and"""

SLOW: Final = 90 * 86400.0
"""relaxation time above which nobody waits for it, s: both together are a mesh read in the wrong
unit more often than a cell."""

SMALL: Final = 1e-6
"""Gap below which a cell is smaller than can be made, m."""

BOUSSINESQ: Final = 0.1
"""Relative change of density from which on the approximation is off by as much, and more
(D. D. Gray, A. Giorgini, Int. J. Heat Mass Transfer 19 (1976) 545)."""

_YEAR: Final = 365.25 * 86400.0


def plausible_warnings(case: Case, frame: Orientation, mixture: Mixture) -> tuple[str, ...]:
    """Return what a user should look at again, one sentence each.

    Args:
        case: A case with a fluid.
        frame: Hot and cold side, gap.
        mixture: The mixture.
    """
    found = (_size(case, frame, mixture), _density(case, frame, mixture))
    return tuple(warning for warning in found if warning)


def _size(case: Case, frame: Orientation, mixture: Mixture) -> str:
    """Return the warning that the cell may have been read in the wrong unit of length."""
    gap = frame.gap
    tau = gap**2 / (math.pi**2 * mixture.reference.slowest)
    if gap < SMALL:
        says = f"the gap between hot and cold wall is {1e6 * gap:.3g} µm"
    elif gap > LARGE and tau > SLOW:
        says = (
            f"the gap between hot and cold wall is {gap:.3g} m, across which the composition takes "
            f"{float(f'{tau / _YEAR:.2g}'):g} years to separate"
        )
    else:
        return ""
    if not isinstance(case.cell, FileCell):
        return f'{says}: is that meant? Lengths without a unit are metres; "5 mm" has one'
    scale = case.cell.scale
    if abs(scale - 1.0) > 1e-12:
        return f"{says}: is that meant? cell.scale makes {scale:g} m of the unit of the mesh file"
    return (
        f"{says}: is that meant? The numbers of the mesh file are read as metres; where it is "
        'drawn in millimetres, say cell.scale = "1 mm"'
    )


def _density(case: Case, frame: Orientation, mixture: Mixture) -> str:
    """Return the warning that density varies too much for the Boussinesq approximation."""
    values = mixture.reference.binary
    held = [x.value for x in case.condition if isinstance(x, CompositionCondition)]
    across = max(held) - min(held) if held else abs(values.S_T) * values.f * frame.dT
    parts = {
        "beta_T ΔT": abs(values.beta_T) * frame.dT,
        "beta_c Δc": abs(values.beta_c) * across,
    }
    worst = max(parts, key=lambda name: parts[name])
    if parts[worst] <= BOUSSINESQ:
        return ""
    return (
        f"the density varies by {100 * parts[worst]:.0f} % ({worst} = {parts[worst]:.2g}): the "
        "Boussinesq approximation, in which it varies in the buoyancy alone, holds for a few per "
        "cent, and what flows here may be off by tens of per cent"
    )


def polygon_warnings(conditions: Sequence[Condition], cell: Cell) -> tuple[str, ...]:
    """Return what is to be said of free slip where a wall may be round, and its mesh is not.

    Args:
        conditions: The conditions, one a side.
        cell: The cell.
    """
    return tuple(
        f"free slip on {side!r}, which bends at the edges of straight mesh facets: if that wall is "
        "round, each edge holds the fluid as a corner does, however fine the mesh is. Take a mesh "
        "of second order"
        for condition in conditions
        if isinstance(condition, FreeSlip)
        for side in condition.sides
        if is_polygon(cell, side)
    )


def check_laws_between(
    mixture: Mixture,
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
    means = tuple(np.full_like(T, c) for c in mixture.reference.c[1:])
    found = [
        each
        for c in (np.full_like(T, first) for first in filled)
        for each in violations(positive_properties(mixture, T, (c, *means)), T, c)
    ]
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
