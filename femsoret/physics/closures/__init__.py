"""Closures: they turn fields into fluxes (UFL only, no DOLFINx)."""

from femsoret.physics.closures.diffusion import CLOSURES, Closure, Dilute, Full, Linearised
from femsoret.physics.closures.local import Local
from femsoret.physics.closures.media import Gravity, Medium, Mixture
from femsoret.physics.closures.mixing import Mixing, MolarMixing, ProportionalMixing
from femsoret.physics.closures.mixture import (
    BoussinesqMixture,
    Species,
    mixture_of,
    mixture_of_groups,
)
from femsoret.physics.closures.multicomponent import (
    Component,
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    check_transport,
    onsager_asymmetry,
    onsager_matrix,
)
from femsoret.physics.closures.reference import Reference
from femsoret.physics.closures.solid import SolidBody, body_of
from femsoret.physics.closures.state import State

__all__ = [
    "CLOSURES",
    "BoussinesqMixture",
    "Closure",
    "Component",
    "Dilute",
    "Full",
    "Gravity",
    "Linearised",
    "Local",
    "MeasuredTransport",
    "Medium",
    "Mixing",
    "Mixture",
    "MolarMixing",
    "MulticomponentMixture",
    "OnsagerTransport",
    "ProportionalMixing",
    "Reference",
    "SolidBody",
    "Species",
    "State",
    "body_of",
    "check_transport",
    "mixture_of",
    "mixture_of_groups",
    "onsager_asymmetry",
    "onsager_matrix",
]
