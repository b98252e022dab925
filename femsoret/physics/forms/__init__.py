"""Forms: they turn fluxes into residual terms (UFL only, no DOLFINx)."""

from femsoret.physics.forms.conduction import conduction
from femsoret.physics.forms.energy import heat_advection, heat_carried, heat_conduction
from femsoret.physics.forms.equations import (
    CONDUCTION,
    CONVECTION,
    DIFFUSION,
    PLAIN_CONVECTION,
    PLAIN_STOKES,
    STOKES,
    Equations,
)
from femsoret.physics.forms.flow import (
    GradDiv,
    buoyancy,
    continuity,
    grad_div,
    inertia,
    potential,
    pressure,
    rotational_buoyancy,
    strong_grad_div,
    velocity_potential,
    viscosity,
)
from femsoret.physics.forms.species import (
    species_advection,
    species_carried,
    species_diffusion,
    species_exchange,
)
from femsoret.physics.forms.stabilisation import STABILISATIONS, SUPG, UNSTABILISED, Stabilisation
from femsoret.physics.forms.term import Phase, Term, term

__all__ = [
    "CONDUCTION",
    "CONVECTION",
    "DIFFUSION",
    "PLAIN_CONVECTION",
    "PLAIN_STOKES",
    "STABILISATIONS",
    "STOKES",
    "SUPG",
    "UNSTABILISED",
    "Equations",
    "GradDiv",
    "Phase",
    "Stabilisation",
    "Term",
    "buoyancy",
    "conduction",
    "continuity",
    "grad_div",
    "heat_advection",
    "heat_carried",
    "heat_conduction",
    "inertia",
    "potential",
    "pressure",
    "rotational_buoyancy",
    "species_advection",
    "species_carried",
    "species_diffusion",
    "species_exchange",
    "strong_grad_div",
    "term",
    "velocity_potential",
    "viscosity",
]
