"""The ideal cell of an experiment, the causes by which the two differ, and cells at rest.

If temperature and composition without flow vary along gravity alone, the pressure balances the
buoyancy and rest is a steady state. This holds for an ideal cell between parallel plates, also with
imperfectly conducting plates and with variable properties. The flow need not be solved for then,
and an iterative solver would only find noise. In a closed cell at rest the composition depends on
the temperature alone, and heat that flows along one direction does so for any conductivity that
depends on temperature and composition. Therefore the isotherms for a constant conductivity decide;
if they are level, any mesh represents them to round-off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import ufl

from femsoret.base.types import Expr
from femsoret.experiment import Experiment
from femsoret.physics.closures.modified import (
    variations,
    with_constant_properties,
    with_constant_transport,
    with_gravity,
    without_dufour,
)
from femsoret.physics.forms import CONDUCTION
from femsoret.post.fields import integral
from femsoret.problem import Problem
from femsoret.problem.conditions import (
    Ambient,
    HeatFlux,
    Robin,
    resolve,
)
from femsoret.solids import Solid
from femsoret.solve import solve_steady
from femsoret.studies.audit.causes import (
    Cause,
    Measurement,
    Plates,
    Properties,
    Readings,
    SideWalls,
    SolidWall,
    Tilt,
    WallsAndRoom,
    tilt_of,
)

LEVEL: Final = 1e-9
"""Sine of the tilt below which a cell counts as level."""

PERFECT: Final = 1e6
"""Conductivity ratio of an ideal cell: that of its plates over that of the liquid, and that of the
liquid over that of its other walls."""

LEVEL_ISOTHERMS: Final = 1e-9
"""Root-mean-square slope below which isotherms count as level: round-off of a direct solver."""

FEWEST: Final = {2: 150, 3: 500}
"""Minimum number of cells of a coarse mesh, by dimension. On a mesh of 12 x 8 cells, the tilted
water-ethanol cell has a spurious second steady state, which finer meshes do not have."""

RATIOS: Final = (1.0 / 2.0, 2.0 / 3.0)
"""Resolutions of a coarse mesh relative to that of the cell, in order of preference."""


def ideal_of(experiment: Experiment) -> Measurement:
    """Return the ideal cell of an experiment: level, insulated, between perfect plates.

    Internal states of particles keep their laws, without which they would have no Soret effect.

    Args:
        experiment: The experiment, which needs a hot and a cold side.

    Raises:
        CaseError: The experiment has a condition for which no ideal one is known.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    plates = {frame.hot_outside, frame.cold_outside}
    conditions = tuple(
        condition.on((side,)).ideal(at_plate=side in plates)
        for condition in resolve(experiment.conditions, experiment.cell)
        for side in condition.sides
    )
    constant = with_constant_properties(mixture, frame.T_mean)
    level = with_gravity(constant, up=tuple(frame.axis))
    return Measurement(
        replace(
            experiment.with_main_pair_only(),
            mixture=level,
            conditions=conditions,
            readings=None,
            start_up=None,
            solids=_ideal_solids(experiment),
        )
    )


def _ideal_solids(experiment: Experiment) -> dict[str, Solid]:
    """Return solids that conduct nearly perfectly in plates, and hardly at all elsewhere."""
    kappa, plates = experiment.mixture.reference.kappa, plates_of(experiment)
    return {
        region: solid.conducting(kappa * (PERFECT if region in plates else 1.0 / PERFECT))
        for region, solid in experiment.solids.items()
    }


def plates_of(experiment: Experiment) -> frozenset[str]:
    """Return the names of the solid regions between a thermostat and the liquid; collective.

    For each outer side with an imposed temperature, this is the region with most of its facets:
    the ends of other walls may lie in the same plane.

    Args:
        experiment: The experiment, which needs a hot and a cold side.
    """
    cell, frame = experiment.cell, experiment.orientation
    plates = set()
    for side in (frame.hot_outside, frame.cold_outside):  # the same order on all ranks
        if side not in cell.walls.outside:
            continue
        at_side, _ = cell.attached(side)
        sizes = {
            region: cell.comm.allreduce(int(np.isin(at_side, cell.cells_of(region)).sum()))
            for region in cell.walls.solids
        }
        plates.add(max(sizes, key=lambda region: sizes[region]))
    return frozenset(plates)


def with_surroundings(causes: Sequence[Cause], experiment: Experiment) -> tuple[Cause, ...]:
    """Merge solid side walls and the surroundings behind them into one cause; collective.

    Plates remain separate causes: they are thermal resistances in series with the liquid.

    Args:
        causes: The causes, in any order.
        experiment: The experiment, for the regions of its cell.

    Returns:
        The merged cause followed by the others; the same causes if there is nothing to merge.
    """
    room = next((cause for cause in causes if isinstance(cause, SideWalls)), None)
    if room is None:
        return tuple(causes)
    regions = {
        region
        for condition in room.conditions
        for side in condition.sides
        for region in _regions_at(side, experiment)
    }
    walls = tuple(
        cause
        for cause in causes
        if isinstance(cause, SolidWall) and cause.region in regions and not cause.is_plate
    )
    if not walls:
        return tuple(causes)
    left = [cause for cause in causes if cause is not room and cause not in walls]
    return (WallsAndRoom(walls, room), *left)


def _regions_at(side: str, experiment: Experiment) -> list[str]:
    """Return the solid regions with facets on a side; collective."""
    cell = experiment.cell
    at_side, _ = cell.attached(side)
    return [
        region
        for region in cell.walls.solids
        if cell.comm.allreduce(int(np.isin(at_side, cell.cells_of(region)).sum()))
    ]


def causes_in(experiment: Experiment) -> tuple[Cause, ...]:
    """Return the causes by which an experiment differs from its ideal cell; collective.

    Args:
        experiment: The experiment, which needs a hot and a cold side.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    causes: list[Cause] = []
    sine = math.sin(math.radians(tilt_of(experiment, mixture.gravity.up)))
    upside_down = float(np.dot(frame.axis, mixture.gravity.up)) < 0.0
    if mixture.gravity.magnitude and (sine > LEVEL or upside_down):
        causes.append(Tilt(mixture.gravity.up, start_up=experiment.start_up))
    walls: list[Ambient | HeatFlux] = []
    plates: list[tuple[str, float]] = []
    for condition in resolve(experiment.conditions, experiment.cell):
        for side in condition.sides:
            match condition:
                case Robin(h=h) if side in (frame.hot_outside, frame.cold_outside):
                    plates.append((side, h))
                case Robin(h=h, T_outside=T):
                    walls.append(Ambient((side,), h, T))
                case HeatFlux() if condition.value:
                    walls.append(condition.on((side,)))
    if walls:
        causes.append(SideWalls(tuple(walls)))
    if plates:
        causes.append(Plates(tuple(plates)))
    behind = plates_of(experiment)
    causes += [SolidWall(name, s, name in behind) for name, s in experiment.solids.items()]
    causes = list(with_surroundings(causes, experiment))
    laws = mixture
    if experiment.particles:  # those of D and S_T belong to the states, also in the ideal cell
        laws = with_constant_transport(mixture, frame.T_mean)
    if variations(laws, frame.T_cold, frame.T_hot):
        causes.append(Properties(laws))
    if experiment.readings is not None:
        causes.append(Readings(experiment.readings))
    return tuple(causes)


def on_coarse_mesh(experiment: Experiment) -> Experiment:
    """Return an experiment on a coarser mesh, or the same experiment if there is no coarser mesh.

    Args:
        experiment: The experiment. A mesh from a file cannot be coarsened.
    """
    for ratio in RATIOS:
        coarse = experiment.at_resolution(ratio)
        if coarse is not None and coarse.cell.num_cells >= FEWEST[coarse.cell.dim]:
            return coarse
    return experiment


def rests(experiment: Experiment) -> bool:
    """Return whether rest is a steady state of an experiment; collective.

    This depends on the shape of the cell only, so that a coarse mesh is sufficient.

    Args:
        experiment: The experiment.

    Raises:
        NotConverged: The solve of pure conduction failed.
    """
    if not experiment.mixture.gravity.magnitude:
        return True
    if experiment.start_up is not None:
        return False  # the search is meant to leave the state at rest
    return _slope(_conduction(experiment)) < LEVEL_ISOTHERMS


def _conduction(experiment: Experiment) -> Problem:
    """Return the solved problem of heat conduction at constant conductivity."""
    constant = with_constant_properties(experiment.mixture, experiment.orientation.T_mean)
    # The Dufour effect would make the conductivity depend on the temperature again.
    plain = replace(experiment, mixture=without_dufour(constant))
    problem = plain.problem(CONDUCTION)
    solve_steady(problem, experiment.newton)
    return problem


def _slope(problem: Problem) -> float:
    """Return the norm of the horizontal temperature gradient over that of the full gradient."""
    up, gradient = ufl.as_vector(problem.mixture.gravity.up), ufl.grad(problem.function("theta"))
    across = gradient - ufl.dot(gradient, up) * up

    def norm(vector: Expr) -> float:
        return math.sqrt(integral(problem, ufl.inner(vector, vector) * problem.cell.dx()))

    size = norm(gradient)
    return norm(across) / size if size else 0.0
