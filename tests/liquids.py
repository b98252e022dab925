"""Mixtures and states to test closures with: every property depends on something."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pointwise import DIM, Field, Here

from femsoret.fluids.properties import Arrhenius, Constant, IacopiniPiazza, Linear, Polynomial
from femsoret.physics.closures import (
    BoussinesqMixture,
    Closure,
    Component,
    Gravity,
    MolarMixing,
    MulticomponentMixture,
    OnsagerTransport,
    ProportionalMixing,
    Species,
)

T0 = 298.15

FIRST = Species(
    name="first",
    c0=0.35,
    beta_c=0.21,
    diffusion=Arrhenius(6e-10, 300.0, 2e4),
    soret=IacopiniPiazza(8e-3, 285.0, 18.0),
    mixing=MolarMixing(0.132, 0.170, Constant(1.1)),
)
SECOND = Species(
    name="second",
    c0=0.1,
    beta_c=-0.13,
    diffusion=Linear(9e-10, T0, 2e-11, 0.35, -3e-10),
    soret=Polynomial((-4e-3, 3e-5), T0),
    mixing=ProportionalMixing(2.4e4, T0),
)


def mixture(closure: Closure, species: tuple[Species, ...] = (FIRST,)) -> BoussinesqMixture:
    """Return a liquid with T- and c-dependent properties."""
    return BoussinesqMixture(
        T0=T0,
        rho0=870.0,
        cp=1800.0,
        beta_T=9e-4,
        viscosity=Linear(1.2e-3, T0, -1.5e-5, 0.35, 4e-4),
        conductivity=Linear(0.13, T0, -2e-4, 0.35, 0.03),
        gravity=Gravity(9.81, (0.3, np.sqrt(1 - 0.3**2))),
        species=species,
        closure=closure,
    )


def without_mixing(law: Species) -> Species:
    """Return the species without thermodynamics of mixing, hence without Dufour effect."""
    return replace(law, mixing=None)


def random_here(number: int, seed: int, strength: float = 1.0, spread: float = 0.08) -> Here:
    """Return a random state with independent forces.

    Args:
        number: Number of species.
        seed: Seed of the generator.
        strength: Factor of all gradients.
        spread: Of the mass fractions.
    """
    draw = np.random.default_rng(seed)

    def field(width: float, gradient: float) -> Field:
        return Field(draw.uniform(-width, width), strength * draw.normal(0.0, gradient, DIM))

    return Here.of(field(15.0, 3e3), [field(spread, 20.0) for _ in range(number)])


def driven(number: int, theta: Field, gamma: Field) -> Here:
    """Return a state whose species all have the same field."""
    return Here.of(theta, [gamma] * number)


def _linear(value: float, of_T: float = 0.0, *of_c: float) -> SeveralLinear:
    return SeveralLinear(value, of_T, of_c)


@dataclass(frozen=True)
class SeveralLinear:
    """A property that is linear in T - T0 and in every mass fraction."""

    value: float
    of_T: float
    of_c: tuple[float, ...]

    def __call__(self, T, c):
        """Return the property."""
        return (
            self.value
            + self.of_T * (T - T0)
            + sum(slope * c_i for slope, c_i in zip(self.of_c, c, strict=False))
        )


def quaternary(transport) -> MulticomponentMixture:
    """Return a liquid of four components whose every property depends on something."""
    return MulticomponentMixture(
        T0=T0,
        rho0=870.0,
        cp=1800.0,
        beta_T=9e-4,
        viscosity=_linear(1.2e-3, -1.5e-5, 4e-4, 1e-4, -2e-4),
        conductivity=_linear(0.13, -2e-4, 0.03, 0.01, -0.02),
        gravity=Gravity(9.81, (0.3, np.sqrt(1 - 0.3**2))),
        species=tuple(
            Component(name, c0, beta)
            for name, c0, beta in (("a", 0.35, 0.21), ("b", 0.2, -0.13), ("c", 0.1, 0.05))
        ),
        transport=transport,
    )


SYMMETRIC = OnsagerTransport(
    # rho0 T D G^-1 with D of 1e-9 m2/s and G of 1e5 J/kg.
    L=(
        (_linear(2.6e-9, 2e-11, 1e-10, 0.0, 2e-10),),
        (_linear(-4e-10, 1e-12), _linear(1.9e-9, 1e-11, 0.0, 3e-10)),
        (_linear(3e-10), _linear(-2e-10, -2e-12), _linear(1.4e-9, 1.5e-11, 1e-10)),
    ),
    G=(
        (_linear(2.2e5, 3e2, -2e4),),
        (_linear(6e4, 1e2), _linear(3.1e5, 4e2, 1e4, 2e4)),
        (_linear(5e4, 0.0, 1e4), _linear(7e4), _linear(5.5e5, 8e2, 0.0, 0.0, -3e4)),
    ),
    heats=(_linear(3e2, 1.0, 50.0), _linear(-4e2, 2.0), _linear(6e2, -1.0, 0.0, 90.0)),
)
"""Made-up coefficients, symmetric by construction, of the size of those of liquids."""
