"""What all Boussinesq fluids are stated by, whatever their species and how these diffuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from femsoret.physics.closures.media import Gravity
from femsoret.physics.closures.reference import Referenced


@dataclass(frozen=True)
class BoussinesqFluid(Referenced):
    """A Newtonian fluid whose density varies in the buoyancy alone; a base class.

    All leaves are numbers (SI or another consistent system); a Problem replaces each by a named
    constant, so that changing a value never compiles anything again.

    Args:
        T0: Reference temperature, K.
        rho0: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        beta_T: -(1/rho) drho/dT, 1/K.
        viscosity: mu(T, c), Pa s.
        conductivity: kappa(T, c) at j = 0, W/(m K).
        gravity: Gravity.
    """

    T0: Any
    rho0: Any
    cp: Any
    beta_T: Any
    viscosity: Any
    conductivity: Any
    gravity: Gravity
