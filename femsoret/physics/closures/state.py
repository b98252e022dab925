"""The fields that closures and forms see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ufl

from femsoret.physics.coordinates import CARTESIAN, Coordinates


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
        chi: Potential of the part of u that is a gradient, m2/s; None where it is not taken out.
        coordinates: What the components of u mean; its derivatives are taken by them.
    """

    u: Any
    p: Any
    theta: Any
    gamma: tuple[Any, ...] = ()
    phi: Any = None
    chi: Any = None
    coordinates: Coordinates = CARTESIAN

    @property
    def carrier(self) -> Any:
        """The velocity that carries heat and species, m/s: u less its part that is a gradient.

        Nothing sums over w = u - grad chi: (w, grad eta) = 0 for all eta of chi's space, of degree
        k + 1, where u alone is free of divergence on average over mesh cells only. Well-balanced
        buoyancy b - grad phi does the same work on u as b on w, so that what carries a
        stratification and what the stratification does are adjoint: no energy comes of it.
        """
        return self.u if self.chi is None else self.u - ufl.grad(self.chi)
