"""Warnings about how a cell stands: its axis, its gap, and where its hot side is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from femsoret.case.tables import CellTable, CylinderCell, FileCell
from femsoret.cells import Cell
from femsoret.problem.orientation import (
    Orientation,
    Vector,
    WallPair,
    angle_between,
    heated_from,
    side_facing,
)

if TYPE_CHECKING:
    from femsoret.case.case import Case

ASIDE: Final = 1.0
"""Angle between the axis and the line between the centres of hot and cold wall, degrees, from which
on a reader should know which was taken: a degree of tilt spoils measurements."""

ASKEW: Final = 0.1
"""Angle between hot and cold wall, degrees, from which on they are not parallel."""

OTHER_GAP: Final = 0.03
"""Relative difference of a stated gap from the distance of the walls."""


def standing_warnings(
    case: Case, cell: Cell, frame: Orientation, up: Sequence[float]
) -> tuple[str, ...]:
    """Return what a user should know of how a cell stands, one sentence each; collective.

    Args:
        case: The case.
        cell: Its cell.
        frame: Hot and cold side, axis and gap.
        up: Unit vector against gravity, shape (dim,).
    """
    if frame.wall_pair is None:
        return ()
    found = (
        _axis(frame, frame.wall_pair),
        _gap(case, frame, frame.wall_pair),
        _turned_over(case, cell, frame, up),
        _heated_from_below(frame, up),
    )
    return tuple(warning for warning in found if warning)


def _axis(frame: Orientation, pair: WallPair) -> str:
    """Return the warning that centres and normals of the walls do not say the same."""
    walls = f"the hot side {frame.hot!r} and the cold side {frame.cold!r}"
    if pair.basis == "centres":
        turned = (
            ""
            if pair.misalignment is None
            else f" (they are {pair.misalignment:.3g} degrees askew)"
        )
        return (
            f"{walls} do not face each other{turned}: the axis, from which tilt is counted, is the "
            f"line between their centres, {_direction(frame.axis)}. Say where gravity points by "
            "gravity.direction"
        )
    if pair.misalignment is not None and pair.misalignment > ASKEW:
        return (
            f"{walls} are not parallel but {pair.misalignment:.3g} degrees askew: the axis, from "
            f"which tilt is counted, halves the angle between them, {_direction(frame.axis)}"
        )
    if pair.offset_angle > ASIDE:
        return (
            f"the centres of {walls} are shifted sideways: the line between them is "
            f"{pair.offset_angle:.2g} degrees off the normal of the walls, which is taken for the "
            f"axis, {_direction(frame.axis)}"
        )
    return ""


def _gap(case: Case, frame: Orientation, wall_pair: WallPair) -> str:
    """Return the warning that a stated gap is not the distance of the walls."""
    if case.cell.gap is None or abs(frame.gap / wall_pair.distance - 1.0) <= OTHER_GAP:
        return ""
    stated, measured = (
        f"{1e3 * length:.4g} mm" if case.units == "SI" else f"{length:.4g}"
        for length in (frame.gap, wall_pair.distance)
    )
    return (
        f"cell.gap is {stated}, but the hot side {frame.hot!r} and the cold side {frame.cold!r} "
        f"are {measured} apart: dimensionless groups, Péclet numbers and tau are formed with "
        f"{stated}, while the liquid and the evaluation for D and S_T know {measured}. Leave "
        "cell.gap out to have it measured"
    )


def _turned_over(case: Case, cell: Cell, frame: Orientation, up: Sequence[float]) -> str:
    """Return the warning that up follows the hot side, which is not the upper one of the mesh."""
    weightless = case.gravity.magnitude == 0.0 and not case.protocol
    if case.gravity.direction is not None or weightless or heated_from(frame, up) != "above":
        return ""
    tops = _tops(case.cell, cell.dim)
    if any(angle_between(np.asarray(frame.axis), top) < 45.0 for top in tops):
        return ""
    side = side_facing(cell, up)
    down = " or ".join(str([0.0 - round(float(x), 4) for x in top]) for top in tops)
    return (
        "no direction of gravity is given, only a tilt from the axis (0 where nothing is said): "
        f"the cell is heated from above, and up is towards {side or _direction(up)!r}, which is "
        f"not the top of the mesh. If it is not meant so, say gravity.direction = {down}; to "
        "confirm it, give the direction that is meant"
    )


def _tops(table: CellTable, dim: int) -> list[Vector]:
    """Return which directions a reader of a case takes for upwards: one, or in mesh files two."""
    upright = np.eye(dim)[1]
    match table:
        case CylinderCell(axis="z"):
            tops = [np.eye(dim)[2]]
        case FileCell() if dim == 3:
            tops = [upright, np.eye(dim)[2]]
        case _:
            tops = [upright]
    # What is turned with the cell is still its top.
    turn = Rotation.from_euler("z", table.rotation, degrees=True).as_matrix()[:dim, :dim]
    return [turn @ top for top in tops]


def _heated_from_below(frame: Orientation, up: Sequence[float]) -> str:
    """Return the warning that a steady state heated from below may be unstable."""
    if np.dot(frame.axis, up) > -1e-9:
        return ""
    return (
        f"the hot side {frame.hot!r} lies below the cold side {frame.cold!r}: the state at rest "
        "may be found where it is not stable and a real cell convects (with solver.start_tilt the "
        "run looks for a flow, and says whether it found one; [time] shows what the cell does); "
        "the report says what is known of its stability"
    )


def _direction(vector: Sequence[float]) -> str:
    return f"({', '.join(f'{x:.4f}' for x in np.round(vector, 4) + 0.0)})"
