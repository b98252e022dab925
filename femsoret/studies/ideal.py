"""The ideal cell of an experiment, and the causes that make the experiment another."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from femsoret.conditions import (
    Ambient,
    Condition,
    HeatFlux,
    Insulated,
    Robin,
    Temperature,
    resolve,
)
from femsoret.experiment import Experiment
from femsoret.fluids.properties import Constant, Scaled, is_constant
from femsoret.studies.causes import (
    Cause,
    Measurement,
    Plates,
    Properties,
    Readings,
    SideWalls,
    Tilt,
    laws_of,
    tilt_of,
    with_laws,
)

LEVEL: Final = 1e-9
"""Sine of the tilt below which a cell is level."""


def ideal_of(experiment: Experiment) -> Measurement:
    """Return the ideal cell of an experiment.

    Args:
        experiment: The experiment, with a hot and a cold side.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    plates = {frame.hot, frame.cold}
    conditions = tuple(
        _perfect(condition.on((side,)), side in plates)
        for condition in resolve(experiment.conditions, experiment.cell)
        for side in condition.sides
    )
    at = frame.T_mean, mixture.species[0].c0
    # With the factors by which the uncertainty of the fluid data reaches the result.
    constant = {
        name: Scaled(Constant(float(law(*at))), 1.0) for name, law in laws_of(mixture).items()
    }
    level = replace(
        with_laws(mixture, constant), gravity=replace(mixture.gravity, up=tuple(frame.axis))
    )
    return Measurement(
        replace(
            experiment,
            mixture=level,
            conditions=conditions,
            readings=None,
            extra_readings=(),
            gradients={},
            start_up=None,
        )
    )


def _perfect(condition: Condition, is_plate: bool) -> Condition:
    """Return the condition of an ideal cell in place of one."""
    match condition:
        case Robin() if is_plate:
            return Temperature(condition.sides, condition.T_outside)
        case Robin() | HeatFlux():
            return Insulated(condition.sides)
        case _:
            return condition


def causes_in(experiment: Experiment) -> tuple[Cause, ...]:
    """Return what makes an experiment another than its ideal cell.

    Args:
        experiment: The experiment, with a hot and a cold side.
    """
    frame, mixture = experiment.orientation, experiment.mixture
    found: list[Cause] = []
    sine = math.sin(math.radians(tilt_of(experiment, mixture.gravity.up)))
    upside_down = float(np.dot(frame.axis, mixture.gravity.up)) < 0.0
    if mixture.gravity.magnitude and (sine > LEVEL or upside_down):
        found.append(Tilt(mixture.gravity.up, start_up=experiment.start_up))
    walls: list[Ambient | HeatFlux] = []
    plates: list[tuple[str, float]] = []
    for condition in resolve(experiment.conditions, experiment.cell):
        for side in condition.sides:
            match condition:
                case Robin(h=h) if side in (frame.hot, frame.cold):
                    plates.append((side, h))
                case Robin(h=h, T_outside=T):
                    walls.append(Ambient((side,), h, T))
                case HeatFlux() if condition.value:
                    walls.append(condition.on((side,)))
    if walls:
        found.append(SideWalls(tuple(walls)))
    if plates:
        found.append(Plates(tuple(plates)))
    if not all(map(is_constant, laws_of(mixture).values())):
        found.append(Properties(mixture))
    if experiment.readings is not None:
        found.append(Readings(experiment.readings))
    return tuple(found)
