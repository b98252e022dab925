"""Warnings: what a case states that is more likely a slip than meant, or that one should know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from femsoret.case.tables.cell import CellTable, FileCell
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.materials import FluidTable
from femsoret.case.values import Units
from femsoret.cells.geometry import is_polygon
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.problem.conditions import Composition, FreeSlip
from femsoret.problem.orientation import (
    Orientation,
    WallPair,
    angle_between,
    heated_from,
    side_facing,
)

_TOO_COLD: Final = 150.0
"""Temperature below which no liquid exists that is liquid near room temperature, K."""

_LARGE_GAP: Final = 0.05
_LONG_TAU: Final = 90 * 86400.0
"""Gap, m, and relaxation time, s. A cell of liquid above both is more often a mesh read in the
wrong unit than meant."""

_SMALL_GAP: Final = 1e-6
"""Gap below which no cell can be made, m."""

_BOUSSINESQ_LIMIT: Final = 0.1
"""Relative change of density above which the error of the approximation is as large, or larger
(D. D. Gray, A. Giorgini, Int. J. Heat Mass Transfer 19 (1976) 545)."""

_OFFSET_ANGLE: Final = 1.0
"""Least angle between the axis and the line between the centres of hot and cold wall, degrees, at
which a reader should know which was taken: a degree of tilt spoils measurements."""

_MISALIGNMENT: Final = 0.1
"""Angle between hot and cold wall above which they count as not parallel, degrees."""

_GAP_DIFFERENCE: Final = 0.03
"""Relative difference of a stated gap from the distance of the walls that is worth a warning."""

_ZERO_CELSIUS: Final = 273.15
_YEAR: Final = 365.25 * 86400.0


def case_warnings(
    experiment: Experiment,
    schedule: Schedule | None,
    *,
    cell: CellTable,
    gravity: GravityTable,
    fluid: FluidTable | None,
    temperatures: Iterable[tuple[str, float]],
    units: Units,
) -> tuple[str, ...]:
    """Return what a user should check again, one sentence each; collective.

    Args:
        experiment: What is built of the case.
        schedule: What a transient run does in time; None for a steady one.
        cell: The cell as stated.
        gravity: Gravity as stated.
        fluid: The fluid as stated; None for a case stated by groups.
        temperatures: Keys and temperatures of the case, K.
        units: Units of the case.
    """
    orientation, pair = experiment.orientation, experiment.orientation.wall_pair
    warnings: list[str] = []
    if fluid is not None:
        warnings.append(_celsius(fluid, temperatures))
        warnings += fluid.warnings(orientation, [filling.c for filling in experiment.fillings])
        warnings += [_size(cell, experiment), _density(experiment)]
    for solid in experiment.solids.values():
        warnings += solid.warnings((orientation.T_cold, orientation.T_hot))
    if pair is not None:
        warnings += [_axis(orientation, pair), _gap(cell, orientation, pair, units)]
        if gravity.direction is None and (
            gravity.magnitude != 0.0 or (schedule and schedule.protocol)
        ):
            warnings.append(_upside_down(cell, experiment))
        warnings.append(_heated_from_below(experiment))
    warnings += [
        _polygon(side)
        for condition in experiment.conditions
        if isinstance(condition, FreeSlip)
        for side in condition.sides
        if is_polygon(experiment.cell, side)
    ]
    if schedule is not None:
        warnings.append(_late_changes(schedule, units))
    return tuple(warning for warning in warnings if warning)


# -- units of temperatures and lengths ---------------------------------------------------------


def _celsius(fluid: FluidTable, temperatures: Iterable[tuple[str, float]]) -> str:
    """Return the question whether degrees Celsius were meant."""
    name, T_known = fluid.fluid.name, fluid.fluid.T
    cold = {T: key for key, T in temperatures if T < _TOO_COLD}
    if not cold or T_known < _TOO_COLD:
        return ""
    stated = ", ".join(f"{T:g} K ({T - _ZERO_CELSIUS:.4g} °C) in {key}" for T, key in cold.items())
    meant = ", ".join(f'"{T:g} degC"' for T in cold)
    return f"far colder than where {name} is known: {stated}: meant {meant}?"


def _size(table: CellTable, experiment: Experiment) -> str:
    """Return the warning that the cell may have been read in the wrong unit of length."""
    gap = experiment.orientation.gap
    tau = relaxation_time(experiment.mixture, gap)
    if gap < _SMALL_GAP:
        size = f"the gap between hot and cold wall is {1e6 * gap:.3g} µm"
    elif gap > _LARGE_GAP and tau > _LONG_TAU:
        size = (
            f"the gap between hot and cold wall is {gap:.3g} m, across which the composition takes "
            f"{float(f'{tau / _YEAR:.2g}'):g} years to separate"
        )
    else:
        return ""
    if not isinstance(table, FileCell):
        return f'{size}: is that meant? Lengths without a unit are metres; "5 mm" has one'
    if abs(table.scale - 1.0) > 1e-12:
        scale = f"cell.scale makes {table.scale:g} m of the unit of the mesh file"
        return f"{size}: is that meant? {scale}"
    return (
        f"{size}: is that meant? The numbers of the mesh file are read as metres; where it is "
        'drawn in millimetres, say cell.scale = "1 mm"'
    )


def _density(experiment: Experiment) -> str:
    """Return the warning that density varies too much for the Boussinesq approximation."""
    values, dT = experiment.mixture.reference.binary, experiment.orientation.dT
    held = [
        condition.value
        for condition in experiment.conditions
        if isinstance(condition, Composition) and not callable(condition.value)
    ]
    dc = max(held) - min(held) if held else abs(values.S_T) * values.f * dT
    parts = {
        "beta_T ΔT": abs(values.beta_T) * dT,
        "beta_c Δc": abs(values.beta_c) * dc,
    }
    worst = max(parts, key=lambda name: parts[name])
    if parts[worst] <= _BOUSSINESQ_LIMIT:
        return ""
    return (
        f"the density varies by {100 * parts[worst]:.0f} % ({worst} = {parts[worst]:.2g}): the "
        "Boussinesq approximation, in which it varies in the buoyancy alone, holds for a few per "
        "cent, and what flows here may be off by tens of per cent"
    )


# -- axis, gap and gravity ---------------------------------------------------------------------


def _axis(orientation: Orientation, pair: WallPair) -> str:
    """Return the warning that centres and normals of the walls give different axes."""
    walls = f"the hot side {orientation.hot!r} and the cold side {orientation.cold!r}"
    axis = _direction(orientation.axis)
    if pair.basis == "centres":
        angle = (
            ""
            if pair.misalignment is None
            else f" (they are {pair.misalignment:.3g} degrees askew)"
        )
        return (
            f"{walls} do not face each other{angle}: the axis, from which tilt is counted, is the "
            f"line between their centres, {axis}. Say where gravity points by gravity.direction"
        )
    if pair.misalignment is not None and pair.misalignment > _MISALIGNMENT:
        return (
            f"{walls} are not parallel but {pair.misalignment:.3g} degrees askew: the axis, from "
            f"which tilt is counted, halves the angle between them, {axis}"
        )
    if pair.offset_angle > _OFFSET_ANGLE:
        return (
            f"the centres of {walls} are shifted sideways: the line between them is "
            f"{pair.offset_angle:.2g} degrees off the normal of the walls, which is taken for the "
            f"axis, {axis}"
        )
    return ""


def _gap(table: CellTable, orientation: Orientation, pair: WallPair, units: Units) -> str:
    """Return the warning that a stated gap is not the distance of the walls."""
    if table.gap is None or abs(orientation.gap / pair.distance - 1.0) <= _GAP_DIFFERENCE:
        return ""
    stated, measured = (
        f"{1e3 * length:.4g} mm" if units == "SI" else f"{length:.4g}"
        for length in (orientation.gap, pair.distance)
    )
    return (
        f"cell.gap is {stated}, but the hot side {orientation.hot!r} and the cold side "
        f"{orientation.cold!r} are {measured} apart: dimensionless groups, Péclet numbers and tau "
        f"are formed with {stated}, while the liquid and the evaluation for D and S_T know "
        f"{measured}. Leave cell.gap out to have it measured"
    )


def _upside_down(table: CellTable, experiment: Experiment) -> str:
    """Return the warning that up follows a hot side that is not the upper one of the drawing."""
    cell, orientation = experiment.cell, experiment.orientation
    up = experiment.mixture.gravity.up
    if heated_from(orientation, up) != "above":
        return ""
    # What is turned with the cell is still its top.
    turn = Rotation.from_euler("z", table.rotation, degrees=True).as_matrix()
    tops = [turn[: cell.dim, axis] for axis in table.upward_axes(cell.dim)]
    if any(angle_between(np.asarray(orientation.axis), top) < 45.0 for top in tops):
        return ""
    side = side_facing(cell, up)
    down = " or ".join(str([0.0 - round(float(x), 4) for x in top]) for top in tops)
    return (
        "no direction of gravity is given, only a tilt from the axis (0 where nothing is said): "
        f"the cell is heated from above, and up is towards {side or _direction(up)!r}, which is "
        f"not the top of the mesh. If it is not meant so, say gravity.direction = {down}; to "
        "confirm it, give the direction that is meant"
    )


def _heated_from_below(experiment: Experiment) -> str:
    """Return the warning that a steady state heated from below may be unstable."""
    orientation = experiment.orientation
    if np.dot(orientation.axis, experiment.mixture.gravity.up) > -1e-9:
        return ""
    return (
        f"the hot side {orientation.hot!r} lies below the cold side {orientation.cold!r}: the "
        "state at rest may be found where it is not stable and a real cell convects (with "
        "solver.start_tilt the run looks for a flow, and says whether it found one; [time] shows "
        "what the cell does); the report says what is known of its stability"
    )


def _direction(vector: Sequence[float]) -> str:
    return f"({', '.join(f'{x:.4f}' for x in np.round(vector, 4) + 0.0)})"


# -- walls and time ----------------------------------------------------------------------------


def _polygon(side: str) -> str:
    """Return the warning of free slip on a wall that may be round where its mesh is not."""
    return (
        f"free slip on {side!r}, which bends at the edges of straight mesh facets: if that wall is "
        "round, each edge holds the fluid as a corner does, however fine the mesh is. Take a mesh "
        "of second order"
    )


def _late_changes(schedule: Schedule, units: Units) -> str:
    """Return the warning that the protocol goes on when the run has ended."""
    late = [t for t in schedule.protocol.breaks if t > schedule.end * (1.0 + 1e-9)]
    if not late:
        return ""
    unit = "s" if units == "SI" else "L²/alpha"
    return (
        f"the protocol changes something until {late[-1]:.6g} {unit}, but the run ends at "
        f"{schedule.end:.6g} {unit}: what walls or gravity come to is never reached"
    )
