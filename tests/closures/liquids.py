"""Mixtures and states to test closures with: every property depends on something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pointwise import DIM, Field, Here

from femsoret.closures import (
    BoussinesqMixture,
    Closure,
    Gravity,
    MolarMixing,
    ProportionalMixing,
    Species,
)
from femsoret.fluids.properties import Arrhenius, IacopiniPiazza, Linear, Polynomial

T0 = 298.15

FIRST = Species(
    name="first",
    c0=0.35,
    beta_c=0.21,
    diffusion=Arrhenius(6e-10, 300.0, 2e4),
    soret=IacopiniPiazza(8e-3, 285.0, 18.0),
    mixing=MolarMixing(0.132, 0.170, 1.1),
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


def random_here(number: int, seed: int, strength: float = 1.0) -> Here:
    """Return a random state with independent forces.

    Args:
        number: Number of species.
        seed: Seed of the generator.
        strength: Factor of all gradients.
    """
    draw = np.random.default_rng(seed)

    def field(spread: float, gradient: float) -> Field:
        return Field(draw.uniform(-spread, spread), strength * draw.normal(0.0, gradient, DIM))

    return Here.of(field(15.0, 3e3), [field(0.08, 20.0) for _ in range(number)])


def driven(number: int, theta: Field, gamma: Field) -> Here:
    """Return a state whose species all have the same field."""
    return Here.of(theta, [gamma] * number)
