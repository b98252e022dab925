"""Closures: they turn fields into fluxes (UFL only, no DOLFINx)."""

from femsoret.closures.diffusion import CLOSURES, Closure, Dilute, Full, Linearised
from femsoret.closures.mixing import Mixing, MolarMixing, ProportionalMixing
from femsoret.closures.mixture import (
    BoussinesqMixture,
    Gravity,
    Mixture,
    Species,
    mixture_of,
    mixture_of_groups,
)
from femsoret.closures.solid import SolidBody, body_of
from femsoret.closures.state import State

__all__ = [
    "CLOSURES",
    "BoussinesqMixture",
    "Closure",
    "Dilute",
    "Full",
    "Gravity",
    "Linearised",
    "Mixing",
    "Mixture",
    "MolarMixing",
    "ProportionalMixing",
    "SolidBody",
    "Species",
    "State",
    "body_of",
    "mixture_of",
    "mixture_of_groups",
]
