"""Closures: they turn fields into fluxes (UFL only, no DOLFINx)."""

from femsoret.closures.diffusion import CLOSURES, Closure, Dilute, Full, Linearised
from femsoret.closures.local import Local
from femsoret.closures.media import Gravity, Medium, Mixture
from femsoret.closures.mixing import Mixing, MolarMixing, ProportionalMixing
from femsoret.closures.mixture import (
    BoussinesqMixture,
    Species,
    mixture_of,
    mixture_of_groups,
)
from femsoret.closures.multicomponent import (
    Component,
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    check_transport,
    onsager_asymmetry,
    onsager_matrix,
)
from femsoret.closures.reference import Reference
from femsoret.closures.solid import SolidBody, body_of
from femsoret.closures.state import State

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
