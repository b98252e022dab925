"""Design parameters: numbers of a cell that an experimentalist can change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Protocol

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.modified import with_gravity
from femsoret.problem.orientation import tilt_and_lean
from femsoret.studies.audit.causes import Measurement, tilt_of

MOST: Final = 10.0
"""Largest factor by which a parameter is increased."""

SMALLEST: Final = 1e-6
"""Tilt below which the direction of the lean is undefined due to round-off, degrees."""

LEAST: Final = 0.05
"""Fraction of a property's value at the mean temperature below which its law is not used: a linear
law has no meaning near zero."""


class DesignParameter(Protocol):
    """One design parameter of a cell."""

    @property
    def name(self) -> str:
        """Name in summary.json."""

    @property
    def label(self) -> str:
        """Name for people."""

    def present(self, cell: Measurement) -> float:
        """Return the present value, in SI units or degrees; 0 if it cannot be changed."""

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return the smallest and the largest value to try, in SI units or degrees."""

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Return the measurement with another value of the parameter."""


@dataclass(frozen=True)
class Gap:
    """The distance between the plates; extents perpendicular to the axis do not change."""

    name: ClassVar[str] = "gap"
    label: ClassVar[str] = "gap"

    def present(self, cell: Measurement) -> float:
        """Return the gap, in m."""
        return cell.experiment.orientation.gap

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a tenth of the gap and ten times the gap, in m."""
        return self.present(cell) / MOST, self.present(cell) * MOST

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Return the measurement with the cell stretched along its axis to another gap, in m."""
        experiment = cell.experiment
        factor, axis = value / self.present(cell), experiment.orientation.axis
        pair, n = experiment.readings, np.asarray(axis)

        def move(x: Array) -> Array:
            return x + (factor - 1.0) * np.outer(x @ n, n)

        stretched = replace(
            experiment.with_main_pair_only(),
            cell=experiment.cell.stretched(factor, axis),
            gap=None if experiment.gap is None else experiment.gap * factor,
            readings=pair and pair.moved(move),
        )
        return replace(cell, experiment=stretched)


@dataclass(frozen=True)
class TiltAngle:
    """The angle between the axis and gravity; the direction of the lean does not change."""

    name: ClassVar[str] = "tilt"
    label: ClassVar[str] = "tilt"

    def present(self, cell: Measurement) -> float:
        """Return the tilt, in degrees; 0 without gravity or if the cell is level."""
        gravity = cell.experiment.mixture.gravity
        tilt = tilt_of(cell.experiment, gravity.up)
        leans = SMALLEST < tilt < 180.0 - SMALLEST
        return tilt if gravity.magnitude and leans else 0.0

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a hundredth of the tilt, and ten times the tilt or 90 degrees if that is less."""
        tilt = self.present(cell)
        return tilt / 100.0, min(MOST * tilt, max(90.0, tilt))

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Return the measurement with another tilt of gravity, in degrees."""
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
    """The temperature difference of the plates; their mean and the room temperature stay fixed."""

    name: ClassVar[str] = "dT"
    label: ClassVar[str] = "temperature difference"

    def present(self, cell: Measurement) -> float:
        """Return the temperature difference, in K."""
        return cell.experiment.orientation.dT

    def range(self, cell: Measurement) -> tuple[float, float]:
        """Return a tenth and ten times the difference, in K, limited by the laws of properties."""
        dT, highest = self.present(cell), MOST * self.present(cell)
        while highest > dT and not self._is_lawful(cell.experiment, highest):
            highest = max(dT, highest / 1.1)
        return dT / MOST, highest

    def _is_lawful(self, experiment: Experiment, dT: float) -> bool:
        """Return whether all properties stay well above zero between the plates."""
        frame, mixture = experiment.orientation, experiment.mixture
        cold, hot = frame.T_mean - 0.5 * dT, frame.T_mean + 0.5 * dT
        if experiment.fluid is not None and cold <= 0.0:
            return False
        least = LEAST * _positive(mixture, frame.T_mean)
        return all(bool((_positive(mixture, T) > least).all()) for T in (cold, hot))

    def with_value(self, cell: Measurement, value: float) -> Measurement:
        """Return the measurement with another temperature difference, in K, about the same mean."""
        experiment = cell.experiment
        frame, factor = experiment.orientation, value / self.present(cell)

        def to(T: float) -> float:
            return frame.T_mean + factor * (T - frame.T_mean)

        conditions = tuple(each.with_temperatures(to) for each in experiment.conditions)
        return replace(cell, experiment=replace(experiment, conditions=conditions))


def _positive(mixture: Mixture, T: float) -> Array:
    """Return the properties that must be positive: mu, kappa and the diffusivities, SI."""
    at = mixture.reference_at(T)
    return np.array([at.mu, at.kappa, *at.diffusivities])


DESIGN_PARAMETERS: Final[tuple[DesignParameter, ...]] = (
    Gap(),
    TiltAngle(),
    TemperatureDifference(),
)
"""The parameters whose limits an audit seeks."""
