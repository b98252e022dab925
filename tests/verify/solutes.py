"""Dilute solutes in a made-up solvent like water."""

from __future__ import annotations

from collections.abc import Sequence

from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Dilute, Gravity, Species


def solution(
    solutes: Sequence[Species], gravity: float, kind: type[BoussinesqMixture] = BoussinesqMixture
) -> BoussinesqMixture:
    """Return the solution, leaning a little.

    Args:
        solutes: The solutes.
        gravity: Magnitude of gravity, m/s2.
        kind: Class of the mixture.
    """
    return kind(
        T0=300.0,
        rho0=1000.0,
        cp=4000.0,
        beta_T=3e-4,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.6),
        gravity=Gravity(gravity, (0.02, 0.9998)),
        species=tuple(solutes),
        closure=Dilute(),
    )
