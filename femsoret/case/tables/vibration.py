"""Table of a fast vibration of the cell, whose mean effect on the flow is computed."""

from __future__ import annotations

import math
from typing import Annotated, Final, TypeAlias

import numpy as np
from pydantic import Field, Strict, ValidationInfo, model_validator

from femsoret.base.errors import CaseError
from femsoret.case.messages import at_key, wrong
from femsoret.case.values import (
    Direction,
    InUnit,
    Positive,
    PositiveLength,
    Table,
    context_of,
    optional,
)
from femsoret.experiment import Experiment
from femsoret.fluids.groups import vibrational_velocity
from femsoret.physics.closures import Mixture, Vibration
from femsoret.physics.closures.modified import with_vibration
from femsoret.problem.orientation import Orientation

_Speed: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("m/s")]
_PositiveAcceleration: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("m/s^2")]
_Frequency: TypeAlias = Annotated[float, Strict(), Field(gt=0), InUnit("Hz")]

_SIZES: Final = ("amplitude", "velocity", "acceleration", "Ra_v")

_FAST: Final = 0.1
"""Thickness of the layers into which friction and conduction reach in a period, and displacement of
the fluid relative to the cell, relative to the gap, up to which the averaged equations are used
without a warning."""


class VibrationTable(Table):
    """A translational vibration so fast that only its mean effect is computed.

    The mean flow is that of the averaged equations of Gershuni and Lyubimov
    ([theory](theory.md#vibration)). A slow vibration is a `[[protocol]]` of kind gravity.
    """

    direction: Direction = Field(
        description="Direction along which the cell vibrates, one number per dimension."
    )
    frequency: _Frequency | None = optional(
        "Frequency, on which the validity of the averaged equations depends; not with [groups].",
        default="required except with [groups]",
    )
    amplitude: PositiveLength | None = optional(
        "Amplitude b of the displacement b sin(omega t).", default="given in another way"
    )
    velocity: _Speed | None = optional(
        "In place of amplitude: that of the velocity, b omega.", default="given in another way"
    )
    acceleration: _PositiveAcceleration | None = optional(
        "In place of amplitude: that of the acceleration, b omega^2.",
        default="given in another way",
    )
    Ra_v: Positive | None = optional(
        "With [groups], in place of amplitude and frequency: the vibrational Rayleigh (Gershuni) "
        "number (b omega beta_T dT L)^2/(2 nu alpha).",
        default="given in another way",
    )

    @model_validator(mode="after")
    def _one_size(self, info: ValidationInfo) -> VibrationTable:
        groups = context_of(info).units == "groups"
        allowed = ("Ra_v",) if groups else ("amplitude", "velocity", "acceleration")
        given = [name for name in _SIZES if getattr(self, name) is not None]
        if len(given) != 1 or given[0] not in allowed:
            raise wrong(
                f"the size of the vibration is given by {' and '.join(given) or 'nothing'}",
                f"give {' or '.join(allowed)}",
            )
        if groups != (self.frequency is None):
            raise wrong(
                "with [groups], the averaged equations do not depend on the frequency"
                if groups
                else "missing",
                "leave it out" if groups else 'frequency = "50 Hz"',
                "frequency",
            )
        return self

    def added_to(self, mixture: Mixture, orientation: Orientation) -> Mixture:
        """Return a mixture with the vibration.

        Args:
            mixture: The mixture.
            orientation: Gap and temperature difference of the cell.

        Raises:
            CaseError: Ra_v is given, but the density does not depend on temperature.
        """
        n = np.asarray(self.direction) / np.linalg.norm(self.direction)
        direction = tuple(0.0 + float(x) for x in n)
        return with_vibration(mixture, Vibration(self._speed(mixture, orientation), direction))

    def _speed(self, mixture: Mixture, orientation: Orientation) -> float:
        """Return the amplitude of the velocity, m/s."""
        if self.Ra_v is not None:
            if not mixture.beta_T:
                with at_key("Ra_v"):
                    raise CaseError(
                        "the density does not depend on temperature, so that Ra_v is zero",
                        "give the fluid an expansion coefficient",
                    )
            at = mixture.reference
            return vibrational_velocity(at, self.Ra_v, L=orientation.gap, dT=orientation.dT)
        omega = 2.0 * math.pi * (self.frequency or 0.0)
        if self.amplitude is not None:
            return omega * self.amplitude
        return self.velocity or (self.acceleration or 0.0) / omega

    def warnings(self, experiment: Experiment) -> tuple[str, ...]:
        """Return why the averaged equations may not hold, one sentence each.

        Args:
            experiment: The experiment, whose mixture has the vibration.
        """
        vibration, frame = experiment.mixture.gravity.vibration, experiment.orientation
        if self.frequency is None or vibration is None:
            return ()
        at, L, omega = experiment.mixture.reference, frame.gap, 2.0 * math.pi * self.frequency
        expands = abs(at.beta_T) * frame.dT + sum(
            abs(float(beta) * float(separation)) * frame.dT
            for beta, separation in zip(at.beta_c, at.separation, strict=True)
        )
        reaches = {
            "the layer that friction reaches in a period, sqrt(2 nu/omega),": at.mu / at.rho,
            "the layer that conduction reaches in a period, sqrt(2 alpha/omega),": at.alpha,
        }
        parts = {what: math.sqrt(2.0 * rate / omega) / L for what, rate in reaches.items()}
        parts["the displacement of the fluid by the vibration"] = (
            float(vibration.velocity) / omega * expands
        ) / L
        return tuple(
            f"{what} is {part:.2g} of the gap, but the averaged equations of a vibration are those "
            f"of the limit in which it is small (up to {_FAST:g} without this warning): use a "
            "[[protocol]] of kind gravity with an oscillation in a transient run"
            for what, part in parts.items()
            if part > _FAST
        )
