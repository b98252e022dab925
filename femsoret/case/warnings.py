"""Warnings about input that is probably a mistake, or whose consequences a user should know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from femsoret.case.boussinesq import density_warning
from femsoret.case.tables.cell import CellTable, FileCell
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.materials import FluidTable
from femsoret.case.tables.vibration import VibrationTable
from femsoret.case.values import Units
from femsoret.cells.along import along
from femsoret.cells.sides import is_polygon
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.problem.conditions import FreeSlip, Slip, Temperature
from femsoret.problem.heat_sources import GaussianBeam, beam_cells, unresolved
from femsoret.problem.orientation import (
    Orientation,
    WallPair,
    angle_between,
    heated_from,
    side_facing,
)
from femsoret.problem.problem import quadrature_degree

_TOO_COLD: Final = 150.0
"""Temperature below which substances that are liquid near room temperature are solid, K."""

_LARGE_GAP: Final = 0.05
_LONG_TAU: Final = 90 * 86400.0
"""Gap, m, and relaxation time, s. If a liquid cell exceeds both, its mesh has probably been read in
the wrong unit."""

_SMALL_GAP: Final = 1e-6
"""Gap below which no real cell can be manufactured, m."""

_OFFSET_ANGLE: Final = 1.0
"""Smallest angle between the axis and the line between the centres of hot and cold wall, degrees,
that is reported: a tilt of one degree can spoil a measurement."""

_MISALIGNMENT: Final = 0.1
"""Largest angle between the hot and the cold wall for which they count as parallel, degrees."""

_GAP_DIFFERENCE: Final = 0.03
"""Relative difference between cell.gap and the distance of the walls that causes a warning."""

_UNIFORM: Final = 1e-6
"""Variation of the temperature along a wall, relative to the temperature difference, below which
the wall counts as uniform."""

_MISSED_POWER: Final = 1e-2
"""Part of the power of a heat source that the mesh may miss without a warning."""

_ZERO_CELSIUS: Final = 273.15
_YEAR: Final = 365.25 * 86400.0


def case_warnings(
    experiment: Experiment,
    schedule: Schedule | None,
    *,
    cell: CellTable,
    gravity: GravityTable,
    vibration: VibrationTable | None,
    fluid: FluidTable | None,
    temperatures: Iterable[tuple[str, float]],
    units: Units,
) -> tuple[str, ...]:
    """Return warnings about input that a user should check, one sentence each; collective.

    Args:
        experiment: The experiment built from the case.
        schedule: Schedule of a transient run; None for a steady run.
        cell: The [cell] table.
        gravity: The [gravity] table.
        vibration: The [vibration] table; None without one.
        fluid: The [fluid] table; None for a case with groups.
        temperatures: Keys and temperatures in the case file, K.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
    """
    orientation, pair = experiment.orientation, experiment.orientation.wall_pair
    warnings: list[str] = []
    if fluid is not None:
        warnings.append(_celsius(fluid, temperatures))
        warnings += fluid.warnings(orientation, _filled(experiment))
        warnings += [_size(cell, experiment), density_warning(experiment)]
    for solid in experiment.solids.values():
        warnings += solid.warnings((orientation.T_cold, orientation.T_hot))
    imposed = (orientation.hot_outside, orientation.cold_outside)
    warnings += [_varying(experiment, side, units) for side in imposed]
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
        if isinstance(condition, FreeSlip) or (isinstance(condition, Slip) and condition.b)
        for side in condition.sides
        if is_polygon(experiment.cell, side)
    ]
    warnings.append(_onsager_partner(experiment, units))
    warnings += [_unresolved(experiment, i) for i in range(len(experiment.heat_sources))]
    warnings.append(_hot_inside(experiment, units))
    if vibration is not None:
        warnings += vibration.warnings(experiment)
    if schedule is not None:
        warnings.append(_late_changes(schedule, units))
    return tuple(warning for warning in warnings if warning)


def _filled(experiment: Experiment) -> list[tuple[float, ...]]:
    """Return the mean mass fractions of each chamber that is not filled with c0."""
    means: dict[str, list[float]] = {}
    for filling in experiment.fillings:
        of_part = means.setdefault(filling.part, list(experiment.mixture.reference.c))
        of_part[filling.species] = filling.c
    return [tuple(of_part) for of_part in means.values()]


# -- units of temperatures and lengths ---------------------------------------------------------


def _celsius(fluid: FluidTable, temperatures: Iterable[tuple[str, float]]) -> str:
    """Return the warning that kelvins may have been given instead of degrees Celsius, or ""."""
    name, T_known = fluid.fluid.name, fluid.fluid.T
    cold = {T: key for key, T in temperatures if T < _TOO_COLD}
    if not cold or T_known < _TOO_COLD:
        return ""
    stated = ", ".join(f"{T:g} K ({T - _ZERO_CELSIUS:.4g} °C) in {key}" for T, key in cold.items())
    meant = ", ".join(f'"{T:g} degC"' for T in cold)
    return f"{stated} is far below the temperatures at which {name} is known: meant {meant}?"


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
        return (
            f"{size}: is that intended? Lengths without a unit are in metres; give a unit, as in "
            '"5 mm"'
        )
    if abs(table.scale - 1.0) > 1e-12:
        scale = f"With cell.scale, one unit of the mesh file is {table.scale:g} m"
        return f"{size}: is that intended? {scale}"
    return (
        f"{size}: is that intended? Coordinates in the mesh file are read in metres; if the mesh "
        'is in millimetres, set cell.scale = "1 mm"'
    )


def _varying(experiment: Experiment, side: str, units: Units) -> str:
    """Return the warning that the temperature imposed on the hot or cold side varies along it."""
    cell = experiment.cell
    for condition in experiment.conditions:
        if not isinstance(condition, Temperature) or not callable(condition.value):
            continue
        if any(side in cell.thermal_sides(given) for given in condition.sides):
            found = along(cell, side, condition.value)
            if found.spread > _UNIFORM * experiment.orientation.dT:
                unit = " K" if units == "SI" else ""
                return (
                    f"the temperature of side {side!r} varies along it from "
                    f"{found.lowest:.6g} to {found.highest:.6g}{unit}: ΔT, the dimensionless "
                    f"groups and the reference state count its mean, {found.mean:.6g}{unit}, "
                    "and a reading of this wall is a mean over it"
                )
    return ""


# -- axis, gap and gravity ---------------------------------------------------------------------


def _axis(orientation: Orientation, pair: WallPair) -> str:
    """Return the warning that the centres and the normals of the walls give different axes."""
    walls = f"the hot side {orientation.hot!r} and the cold side {orientation.cold!r}"
    axis = _direction(orientation.axis)
    if pair.basis == "centres":
        angle = (
            ""
            if pair.misalignment is None
            else f" (they are {pair.misalignment:.3g} degrees askew)"
        )
        return (
            f"{walls} do not face each other{angle}: the axis, from which tilt is measured, is the "
            f"line between their centres, {axis}. Set gravity.direction instead of a tilt"
        )
    if pair.misalignment is not None and pair.misalignment > _MISALIGNMENT:
        return (
            f"{walls} are not parallel but {pair.misalignment:.3g} degrees askew: the axis, from "
            f"which tilt is measured, bisects the angle between their normals, {axis}"
        )
    if pair.offset_angle > _OFFSET_ANGLE:
        return (
            f"the centres of {walls} are shifted sideways: the line between them is "
            f"{pair.offset_angle:.2g} degrees off the normal of the walls, which is used as the "
            f"axis, {axis}"
        )
    return ""


def _gap(table: CellTable, orientation: Orientation, pair: WallPair, units: Units) -> str:
    """Return the warning that cell.gap differs from the distance between the walls."""
    if table.gap is None or abs(orientation.gap / pair.distance - 1.0) <= _GAP_DIFFERENCE:
        return ""
    stated, measured = (
        f"{1e3 * length:.4g} mm" if units == "SI" else f"{length:.4g}"
        for length in (orientation.gap, pair.distance)
    )
    return (
        f"cell.gap is {stated}, but the hot side {orientation.hot!r} and the cold side "
        f"{orientation.cold!r} are {measured} apart: dimensionless groups, Péclet numbers and tau "
        f"are computed with {stated}, while the solution and the evaluation for D and S_T use "
        f"{measured}. Omit cell.gap to use the measured distance"
    )


def _upside_down(table: CellTable, experiment: Experiment) -> str:
    """Return the warning that up points to a hot side that is not at the top of the drawing."""
    cell, orientation = experiment.cell, experiment.orientation
    up = experiment.mixture.gravity.up
    if heated_from(orientation, up) != "above":
        return ""
    # The top of the drawing turns with the cell.
    turn = Rotation.from_euler("z", table.rotation, degrees=True).as_matrix()
    tops = [turn[: cell.dim, axis] for axis in table.upward_axes(cell.dim)]
    if any(angle_between(np.asarray(orientation.axis), top) < 45.0 for top in tops):
        return ""
    side = side_facing(cell, up)
    down = " or ".join(str([0.0 - round(float(x), 4) for x in top]) for top in tops)
    return (
        "gravity.direction is not given, only a tilt from the axis (0 by default): "
        f"the cell is heated from above, and up is towards {side or _direction(up)!r}, which is "
        f"not the top of the mesh. If this is not intended, set gravity.direction = {down}; if it "
        "is, set gravity.direction accordingly to confirm it"
    )


def _heated_from_below(experiment: Experiment) -> str:
    """Return the warning that a steady state heated from below may be unstable."""
    orientation = experiment.orientation
    if np.dot(orientation.axis, experiment.mixture.gravity.up) > -1e-9:
        return ""
    return (
        f"the hot side {orientation.hot!r} lies below the cold side {orientation.cold!r}: the "
        "solver may find the state of rest although it is unstable and a real cell convects. With "
        "solver.start_tilt the run also searches for a convecting state; [time] computes how the "
        "cell evolves from rest, which only round-off disturbs if the axis is exactly vertical (a "
        "tilt of a degree does). The report states what is known about the stability"
    )


def _direction(vector: Sequence[float]) -> str:
    return f"({', '.join(f'{x:.4f}' for x in np.round(vector, 4) + 0.0)})"


# -- walls and time ----------------------------------------------------------------------------


def _polygon(side: str) -> str:
    """Return the warning that slip is set on a polygonal side that may stand for a curve."""
    return (
        f"slip on {side!r}, which has edges between its straight mesh facets: if the real "
        "wall is round, each edge holds back the fluid as a corner does, however fine the mesh is. "
        "Use a second-order mesh"
    )


def _onsager_partner(experiment: Experiment, units: Units) -> str:
    """Return the warning that what is reciprocal to slip along gradients is left out, or ""."""
    slipping = [
        (abs(c.mu_s), max(map(abs, c.mu_c), default=0.0), side)
        for c in experiment.conditions
        if isinstance(c, Slip)
        for side in c.sides
    ]
    mobility, along_c, side = max(slipping, default=(0.0, 0.0, ""))
    if not mobility and not along_c:
        return ""
    if not mobility:
        return (
            f"slip along grad c at {side!r}: its Onsager partner, the excess of solute that "
            "friction at the wall drags along in the boundary layer, is left out; nor is its "
            "entropy production counted"
        )
    at, gap = experiment.mixture.reference, experiment.orientation.gap
    ratio = mobility**2 * experiment.orientation.T_mean * at.mu / (at.kappa * gap**2)
    amount = f" (about {ratio:.0e} of heat conduction)" if units == "SI" else ""
    return (
        f"slip along grad T at {side!r}: its Onsager partner, the heat that friction at the wall "
        f"drags along in the boundary layer, is left out{amount}; nor is its entropy production "
        "counted"
    )


def _unresolved(experiment: Experiment, number: int) -> str:
    """Return the warning that the mesh misses part of the power of a heat source, or ""."""
    cell, species = experiment.cell, bool(experiment.mixture.species)
    source = experiment.heat_sources[number]
    beam = source.density if isinstance(source.density, GaussianBeam) else None
    if beam and (ratio := beam_cells(source, cell) / beam.radius) > 1.0:
        return (
            f"the mesh cells in the beam of heat source {number} are {ratio:.2g} times as wide as "
            "its radius: the power that they absorb is uncertain, and may be missed altogether. "
            "Make them smaller than the radius"
        )
    degree = quadrature_degree(cell, experiment.degree, species=species)
    missed = unresolved(source, cell, degree)
    if missed <= _MISSED_POWER:
        return ""
    return (
        f"the mesh misses {100.0 * missed:.2g} % of the power of heat source {number}: make mesh "
        "cells smaller than the length over which the source varies"
    )


def _hot_inside(experiment: Experiment, units: Units) -> str:
    """Return the warning that heat sources change the temperature more than the walls do, or ""."""
    frame, rise = experiment.orientation, experiment.rise
    if rise is None or frame.rise is not None or abs(rise.value) <= frame.dT or units == "groups":
        return ""
    return (
        f"the heat sources change the temperature by {rise.value:.3g} K, but the walls differ by "
        f"{frame.dT:.3g} K only: ΔT, the dimensionless groups, the reference state and the "
        "check of property ranges before the solve count that of the walls"
    )


def _late_changes(schedule: Schedule, units: Units) -> str:
    """Return the warning that the protocol continues beyond the end of the run."""
    late = [t for t in schedule.protocol.breaks if t > schedule.end * (1.0 + 1e-9)]
    if not late:
        return ""
    unit = "s" if units == "SI" else "L²/alpha"
    return (
        f"the protocol continues until {late[-1]:.6g} {unit}, but the run ends at "
        f"{schedule.end:.6g} {unit}: the final values of the protocol are never reached"
    )
