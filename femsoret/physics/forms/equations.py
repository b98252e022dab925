"""Equations: named tuples of terms with the blocks that they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.errors import CaseError
from femsoret.physics.forms.flow import (
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
from femsoret.physics.forms.term import Term
from femsoret.physics.forms.terms import (
    conduction,
    heat_advection,
    heat_conduction,
    heat_storage,
    momentum_storage,
    species_advection,
    species_diffusion,
    species_exchange,
    species_storage,
)


@dataclass(frozen=True)
class Equations:
    """A sum of terms, all on the left-hand side.

    Args:
        name: What is solved, in a word.
        fields: Fields of :class:`State` that are unknown; the others are zero or given.
        terms: The terms, those whose rate of change stands in the equations among them.
        given: Fields that the terms need but that are not solved for.
    """

    name: str
    fields: tuple[str, ...]
    terms: tuple[Term, ...]
    given: tuple[str, ...] = ()

    @property
    def steady(self) -> tuple[Term, ...]:
        """The terms that make a steady state."""
        return tuple(each for each in self.terms if not each.is_rate)

    @property
    def rates(self) -> tuple[Term, ...]:
        """The terms whose rate of change stands beside the others when time counts."""
        return tuple(each for each in self.terms if each.is_rate)

    @property
    def without_rate(self) -> tuple[Term, ...]:
        """The terms because of which there are steady states, but no course in time nor modes."""
        return tuple(each for each in self.terms if each.leaves_out_rate)

    def check_rates(self) -> None:
        """Refuse equations that are those of the problem in its steady states only.

        Raises:
            CaseError: A term leaves out the rate of change.
        """
        for each in self.without_rate:
            raise CaseError(
                f"with the stabilisation {each.name!r} there are steady states only: it leaves out "
                "the rate of change, which a course in time and modes depend on",
                'for these take solver.stabilisation = "none" and mesh cells that hold the layers',
            )

    def nearly_divergence_free(self) -> Equations:
        """Return the same with a strong grad-div term, in place of the one that it has, if any."""
        others = tuple(each for each in self.terms if each.resistance is None)
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
                other
                for each in self.terms
                for other in ((each,) if each.without_chi is None else each.without_chi)
            ),
        )


_RATES: tuple[Term, ...] = (momentum_storage, heat_storage, species_storage)

_FRICTION: tuple[Term, ...] = (viscosity, pressure, continuity)

_TRANSPORT: tuple[Term, ...] = (
    inertia,
    *_FRICTION,
    heat_advection,
    heat_conduction,
    species_advection,
    species_diffusion,
    species_exchange,
)

CONVECTION = Equations(
    name="convection",
    fields=("u", "p", "phi", "chi", "theta", "gamma"),
    terms=(*_TRANSPORT, grad_div, rotational_buoyancy, potential, velocity_potential, *_RATES),
)
"""Flow, heat and species together, with well-balanced buoyancy and the transport adjoint to it."""

PLAIN_CONVECTION = Equations(
    name="convection with the buoyancy as it stands",
    fields=("u", "p", "theta", "gamma"),
    terms=(*_TRANSPORT, buoyancy, *_RATES),
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
    terms=(heat_conduction, species_diffusion, species_exchange, heat_storage, species_storage),
)
"""Heat and species without flow: the gravity-free reference."""

CONDUCTION = Equations(name="conduction", fields=("theta",), terms=(conduction, heat_storage))
"""Heat alone, the yardstick of Nusselt numbers."""
