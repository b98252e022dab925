"""Equations: named tuples of terms with the blocks that they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from femsoret.closures import State
from femsoret.errors import CaseError
from femsoret.forms import mass
from femsoret.forms.conduction import conduction
from femsoret.forms.energy import heat_advection, heat_carried, heat_conduction
from femsoret.forms.flow import (
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
from femsoret.forms.species import species_advection, species_carried, species_diffusion

Term = Callable[[State, State, Any, Any], Any]
"""``term(s, v, m, dx) -> ufl.Form``: fields, test functions, mixture, measure."""


@dataclass(frozen=True)
class Equations:
    """A sum of terms, all on the left-hand side.

    Args:
        name: What is solved, in a word.
        fields: Fields of :class:`State` that are unknown; the others are zero or given.
        terms: The terms.
        given: Fields that the terms need but that are not solved for.
        mass: Terms whose rate of change stands beside the others when time counts.
        without_rate: What leaves the rate of change out of its terms, so that the equations have
            steady states, but neither a course in time nor modes; empty where nothing does.
    """

    name: str
    fields: tuple[str, ...]
    terms: tuple[Term, ...]
    given: tuple[str, ...] = ()
    mass: tuple[Term, ...] = ()
    without_rate: str = ""

    def check_rates(self) -> None:
        """Refuse equations that are those of the problem in its steady states only.

        Raises:
            CaseError: A term leaves out the rate of change.
        """
        if self.without_rate:
            raise CaseError(
                f"with the stabilisation {self.without_rate!r} there are steady states only: its "
                "terms leave out the rate of change, which a course in time and modes depend on",
                'for these take solver.stabilisation = "none" and mesh cells that hold the layers',
            )

    def nearly_divergence_free(self) -> Equations:
        """Return the same with a strong grad-div term, in place of the one that it has, if any."""
        others = tuple(term for term in self.terms if not isinstance(term, GradDiv))
        return replace(self, name=f"{self.name}, strong grad-div", terms=(*others, strong_grad_div))

    def without_velocity_potential(self) -> Equations:
        """Return what is left where chi is eliminated, nearly, for preconditioners.

        With a weakly divergence-free w the conservation form -gamma w.grad r is r w.grad gamma, for
        layers linear in the height to the last bit; that is r u.grad gamma, since grad gamma r is
        what w and u differ across. It conserves nothing exactly, and need not.
        """
        if "chi" not in self.fields:
            return self
        return replace(
            self,
            name=f"{self.name}, in advective form",
            fields=tuple(field for field in self.fields if field != "chi"),
            terms=tuple(
                _ADVECTIVE.get(term, term) for term in self.terms if term is not velocity_potential
            ),
        )


_ADVECTIVE: dict[Term, Term] = {
    heat_advection: heat_carried,
    species_advection: species_carried,
}


IN_SOLIDS: frozenset[Term] = frozenset({heat_conduction, conduction, mass.heat})
"""The terms that hold in solid walls too, with the solid in place of the mixture; all others, the
advection of heat among them, live in the fluid alone."""

_MASS: tuple[Term, ...] = (mass.momentum, mass.heat, mass.species)

_FRICTION: tuple[Term, ...] = (viscosity, pressure, continuity)

_TRANSPORT: tuple[Term, ...] = (
    inertia,
    *_FRICTION,
    heat_advection,
    heat_conduction,
    species_advection,
    species_diffusion,
)

CONVECTION = Equations(
    name="convection",
    fields=("u", "p", "phi", "chi", "theta", "gamma"),
    terms=(*_TRANSPORT, grad_div, rotational_buoyancy, potential, velocity_potential),
    mass=_MASS,
)
"""Flow, heat and species together, with well-balanced buoyancy and the transport adjoint to it."""

PLAIN_CONVECTION = Equations(
    name="convection with the buoyancy as it stands",
    fields=("u", "p", "theta", "gamma"),
    terms=(*_TRANSPORT, buoyancy),
    mass=_MASS,
)
"""The same without potential and grad-div: with Taylor-Hood elements it makes flows of its own,
with divergence-free ones it does not."""

STOKES = Equations(
    name="Stokes flow",
    fields=("u", "p", "phi"),
    terms=(*_FRICTION, grad_div, rotational_buoyancy, potential),
    given=("theta", "gamma"),
)
"""Slow flow driven by given heat and species, with well-balanced buoyancy."""

PLAIN_STOKES = Equations(
    name="Stokes flow with the buoyancy as it stands",
    fields=("u", "p"),
    terms=(*_FRICTION, buoyancy),
    given=("theta", "gamma"),
)
"""The same without potential and grad-div."""

DIFFUSION = Equations(
    name="diffusion",
    fields=("theta", "gamma"),
    terms=(heat_conduction, species_diffusion),
    mass=(mass.heat, mass.species),
)
"""Heat and species without flow: the gravity-free reference."""

CONDUCTION = Equations(name="conduction", fields=("theta",), terms=(conduction,), mass=(mass.heat,))
"""Heat alone, the yardstick of Nusselt numbers."""
