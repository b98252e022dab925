"""Design parameters: what an experimentalist can change about a cell, each by one number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Protocol

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.experiment import Experiment, Pair
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.modified import with_gravity
from femsoret.problem.conditions import Ambient, Condition, Robin, Temperature
from femsoret.problem.orientation import tilt_and_lean
from femsoret.studies.audit.causes import Measurement, tilt_of

MOST: Final = 10.0
"""Factor by which a parameter is increased at most."""

SMALLEST: Final = 1e-6
"""Angle from the axis below which up leans no way, degrees: round-off."""

LEAST: Final = 0.05
"""Part of its value at the mean temperature below which the law of a property is not followed: a
linear law that nears zero means nothing."""


class DesignParameter(Protocol):
    """One parameter of a cell."""

    @property
    def name(self) -> str:
        """Name in summary.json."""

    @property
    def label(self) -> str:
        """Name for people."""

    def present(self, cell: Measurement) -> float:
        """Return the present value, in SI and degrees; 0 where it cannot be changed."""

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return the smallest and the largest value that are tried."""

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Return a measurement with another value."""


@dataclass(frozen=True)
class Gap:
    """The distance of the plates; extents across the axis do not change."""

    name: ClassVar[str] = "gap"
    label: ClassVar[str] = "gap"

    def present(self, cell: Measurement) -> float:
        """Return the gap, m."""
        return cell.experiment.orientation.gap

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a tenth and ten times the gap."""
        return self.present(cell) / MOST, self.present(cell) * MOST

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Stretch the cell along its axis."""
        experiment = cell.experiment
        factor, axis = value / self.present(cell), experiment.orientation.axis
        pair, n = experiment.readings, np.asarray(axis)

        def move(x: Array) -> Array:
            return x + (factor - 1.0) * np.outer(x @ n, n)

        stretched = replace(
            experiment,
            cell=experiment.cell.stretched(factor, axis),
            gap=None if experiment.gap is None else experiment.gap * factor,
            readings=pair and Pair(pair.name, pair.hot.moved(move), pair.cold.moved(move)),
            extra_readings=(),
        )
        return replace(cell, experiment=stretched)


@dataclass(frozen=True)
class TiltAngle:
    """The angle between the axis and gravity; the direction of the lean does not change."""

    name: ClassVar[str] = "tilt"
    label: ClassVar[str] = "tilt"

    def present(self, cell: Measurement) -> float:
        """Return the tilt, degrees; 0 without gravity, and where up does not lean to any side."""
        gravity = cell.experiment.mixture.gravity
        tilt = tilt_of(cell.experiment, gravity.up)
        leans = SMALLEST < tilt < 180.0 - SMALLEST
        return tilt if gravity.magnitude and leans else 0.0

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a hundredth of the tilt and ten times it, 90 degrees at most."""
        tilt = self.present(cell)
        return tilt / 100.0, min(MOST * tilt, max(90.0, tilt))

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Tilt gravity."""
        experiment = cell.experiment
        axis, gravity = experiment.orientation.axis, experiment.mixture.gravity
        tilt, aside = tilt_and_lean(axis, gravity.up)
        angle = np.copysign(np.radians(value), tilt)
        turned = np.cos(angle) * np.asarray(axis) + np.sin(angle) * np.asarray(aside)
        up = tuple(float(x) for x in turned)
        mixture = with_gravity(experiment.mixture, up=up)
        return replace(cell, experiment=replace(experiment, mixture=mixture))


@dataclass(frozen=True)
class TemperatureDifference:
    """The temperature difference of the plates; their mean and the room do not change."""

    name: ClassVar[str] = "dT"
    label: ClassVar[str] = "temperature difference"

    def present(self, cell: Measurement) -> float:
        """Return the temperature difference, K."""
        return cell.experiment.orientation.dT

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a tenth and ten times the difference, as far as the laws of properties go."""
        dT, highest = self.present(cell), MOST * self.present(cell)
        while highest > dT and not self._is_lawful(cell.experiment, highest):
            highest = max(dT, highest / 1.1)
        return dT / MOST, highest

    def _is_lawful(self, experiment: Experiment, dT: float) -> bool:
        """Return whether no property comes near zero between the plates."""
        frame, mixture = experiment.orientation, experiment.mixture
        cold, hot = frame.T_mean - 0.5 * dT, frame.T_mean + 0.5 * dT
        if experiment.fluid is not None and cold <= 0.0:
            return False
        least = LEAST * _positive(mixture, frame.T_mean)
        return all(bool((_positive(mixture, T) > least).all()) for T in (cold, hot))

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Bring the plates nearer to their mean temperature, or farther from it."""
        experiment = cell.experiment
        frame, factor = experiment.orientation, value / self.present(cell)

        def to(T: float) -> float:
            return frame.T_mean + factor * (T - frame.T_mean)

        conditions: list[Condition] = []
        for condition in experiment.conditions:
            match condition:
                case Temperature(value=float(T)):
                    conditions.append(replace(condition, value=to(T)))
                case Temperature():
                    raise ConditionError(
                        "a plate whose temperature varies along it: no temperature difference to "
                        "change",
                        "give the plate a single temperature",
                    )
                case Robin(T_outside=T) if not isinstance(condition, Ambient):
                    conditions.append(replace(condition, T_outside=to(T)))
                case _:
                    conditions.append(condition)
        return replace(cell, experiment=replace(experiment, conditions=tuple(conditions)))


def _positive(mixture: Mixture, T: float) -> Array:
    """Return what is positive in a fluid: viscosity, conductivity and diffusivities, SI."""
    at = mixture.reference_at(T)
    return np.array([at.mu, at.kappa, *at.diffusivities])


DESIGN_PARAMETERS: Final[tuple[DesignParameter, ...]] = (
    Gap(),
    TiltAngle(),
    TemperatureDifference(),
)
"""The parameters whose limits an audit seeks."""
