"""Closures: local properties and fluxes of mixtures and solids (UFL only, no DOLFINx)."""

from femsoret.physics.closures.all_components import AllComponents, of_all_components
from femsoret.physics.closures.diffusion import CLOSURES, Closure, Dilute, Full, Linearised
from femsoret.physics.closures.medium import Gravity, Medium, Mixture, Vibration
from femsoret.physics.closures.mixture import (
    BoussinesqMixture,
    Mixing,
    MolarMixing,
    ProportionalMixing,
    Species,
    mixture_of_groups,
)
from femsoret.physics.closures.multicomponent import (
    Component,
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    SoretTransport,
    check_transport,
    onsager_asymmetry,
    onsager_matrix,
)
from femsoret.physics.closures.of_fluid import mixture_of
from femsoret.physics.closures.particles import (
    FluxForm,
    InternalState,
    Particle,
    ParticleMixture,
    Transition,
    particle,
)
from femsoret.physics.closures.point import LocalProperties, State
from femsoret.physics.closures.reference import Reference
from femsoret.physics.closures.reordered import reordered
from femsoret.physics.closures.solid import SolidBody, body_of

__all__ = [
    "CLOSURES",
    "AllComponents",
    "BoussinesqMixture",
    "Closure",
    "Component",
    "Dilute",
    "FluxForm",
    "Full",
    "Gravity",
    "InternalState",
    "Linearised",
    "LocalProperties",
    "MeasuredTransport",
    "Medium",
    "Mixing",
    "Mixture",
    "MolarMixing",
    "MulticomponentMixture",
    "OnsagerTransport",
    "Particle",
    "ParticleMixture",
    "ProportionalMixing",
    "Reference",
    "SolidBody",
    "SoretTransport",
    "Species",
    "State",
    "Transition",
    "Vibration",
    "body_of",
    "check_transport",
    "mixture_of",
    "mixture_of_groups",
    "of_all_components",
    "onsager_asymmetry",
    "onsager_matrix",
    "particle",
    "reordered",
]
