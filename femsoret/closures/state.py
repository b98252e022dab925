"""The fields that closures and forms see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from femsoret.coordinates import CARTESIAN, Coordinates


@dataclass(frozen=True)
class State:
    """Fields of a problem, or test functions, one attribute a block.

    Temperature and compositions are deviations from the reference state of the mixture, so that a
    separation of 1e-6 keeps its digits.

    Args:
        u: Velocity, m/s; None where nothing flows (gravity-free reference).
        p: Pressure less its hydrostatic part, Pa; None likewise. Where there is a potential phi,
            the physical pressure is p + phi.
        theta: T - T0, K.
        gamma: c_i - c0_i, one entry a species; empty for a pure fluid.
        phi: Potential of the part of the buoyancy that is a gradient, Pa; None where the buoyancy
            is not split.
        coordinates: What the components of u mean; its derivatives are taken by them.
    """

    u: Any
    p: Any
    theta: Any
    gamma: tuple[Any, ...] = ()
    phi: Any = None
    coordinates: Coordinates = CARTESIAN
