"""Systems of equations: terms, the fields they solve for and the fields they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femsoret.base.errors import CaseError
from femsoret.physics.forms.flow import (
    buoyancy,
    continuity,
    grad_div,
    inertia,
    momentum_storage,
    potential,
    pressure,
    rotational_buoyancy,
    strong_grad_div,
    velocity_potential,
    vibration_potential,
    viscosity,
)
from femsoret.physics.forms.term import Term
from femsoret.physics.forms.transport import (
    conduction,
    heat_advection,
    heat_conduction,
    heat_of_conversion,
    heat_of_mixing,
    heat_storage,
    species_advection,
    species_diffusion,
    species_exchange,
    species_storage,
)


@dataclass(frozen=True)
class Equations:
    """A system of equations: a sum of terms, all on the left-hand side.

    Args:
        name: Short name of the system.
        fields: Names of the fields of :class:`State` that are solved for; others are zero or given.
        terms: Terms of the equations, including storage terms.
        given: Names of the fields that the terms need but that are not solved for.
    """

    name: str
    fields: tuple[str, ...]
    terms: tuple[Term, ...]
    given: tuple[str, ...] = ()

    @property
    def steady(self) -> tuple[Term, ...]:
        """The terms of the steady equations, that is, all except storage terms."""
        return tuple(each for each in self.terms if not each.is_rate)

    @property
    def rates(self) -> tuple[Term, ...]:
        """The storage terms, whose rates of change are added in transient problems."""
        return tuple(each for each in self.terms if each.is_rate)

    @property
    def sources(self) -> tuple[Term, ...]:
        """The terms that create what an equation balances, instead of moving it."""
        return tuple(each for each in self.terms if each.is_source)

    @property
    def without_rate(self) -> tuple[Term, ...]:
        """The terms that are valid in steady states only, because they omit the rate of change."""
        return tuple(each for each in self.terms if each.leaves_out_rate)

    def check_rates(self) -> None:
        """Check that the equations hold in transient problems, and not only in steady states.

        Raises:
            CaseError: A term omits the rate of change.
        """
        for each in self.without_rate:
            raise CaseError(
                f"the stabilisation {each.name!r} is for steady states only: it omits the rate of "
                "change, on which transient runs and eigenmodes depend",
                'set solver.stabilisation = "none", with a mesh that resolves the boundary layers',
            )

    def nearly_divergence_free(self) -> Equations:
        """Return the equations with a strong grad-div term, which replaces any existing one."""
        others = tuple(each for each in self.terms if each.resistance is None)
        return replace(self, name=f"{self.name}, strong grad-div", terms=(*others, strong_grad_div))

    def vibrated(self) -> Equations:
        """Return the equations with the mean force of a fast vibration and its potential zeta.

        The force is part of the buoyancy (:func:`femsoret.physics.closures.fluxes.buoyancy`).
        """
        before = self.fields.index("theta")
        return replace(
            self,
            name=f"{self.name} under vibration",
            fields=(*self.fields[:before], "zeta", *self.fields[before:]),
            terms=(*self.terms, vibration_potential),
        )

    def without_velocity_potential(self) -> Equations:
        """Return the equations with chi eliminated approximately, for preconditioners.

        Since w is weakly divergence-free, the conservative form -gamma w.grad r equals
        r w.grad gamma approximately, and exactly if gamma is linear in the coordinates; w is then
        replaced by u. The result does not conserve heat and species exactly, which is acceptable in
        a preconditioner.
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
    heat_of_mixing,
    heat_of_conversion,
    species_advection,
    species_diffusion,
    species_exchange,
)

CONVECTION = Equations(
    name="convection",
    fields=("u", "p", "phi", "chi", "theta", "gamma"),
    terms=(*_TRANSPORT, grad_div, rotational_buoyancy, potential, velocity_potential, *_RATES),
)
"""Flow, heat and species transport, with well-balanced buoyancy and the advection adjoint to it."""

PLAIN_CONVECTION = Equations(
    name="convection with unsplit buoyancy",
    fields=("u", "p", "theta", "gamma"),
    terms=(*_TRANSPORT, buoyancy, *_RATES),
)
"""Flow, heat and species transport without potentials and grad-div term. Taylor-Hood elements then
produce spurious flows, while divergence-free elements do not."""

STOKES = Equations(
    name="Stokes flow",
    fields=("u", "p", "phi"),
    terms=(*_FRICTION, grad_div, rotational_buoyancy, potential),
    given=("theta", "gamma"),
)
"""Stokes flow driven by given temperature and compositions, with well-balanced buoyancy."""

PLAIN_STOKES = Equations(
    name="Stokes flow with unsplit buoyancy",
    fields=("u", "p"),
    terms=(*_FRICTION, buoyancy),
    given=("theta", "gamma"),
)
"""Stokes flow driven by given temperature and compositions, without potential and grad-div term."""

VELOCITY_POTENTIAL = Equations(
    name="velocity potential", fields=("chi",), terms=(velocity_potential,), given=("u",)
)
"""The velocity potential of a given velocity."""

DIFFUSION = Equations(
    name="diffusion",
    fields=("theta", "gamma"),
    terms=(
        *(heat_conduction, heat_of_mixing, heat_of_conversion),
        *(species_diffusion, species_exchange),
        *(heat_storage, species_storage),
    ),
)
"""Heat and species transport without flow: the reference state without gravity."""

CONDUCTION = Equations(name="conduction", fields=("theta",), terms=(conduction, heat_storage))
"""Heat conduction at uniform composition: the reference state of Nusselt numbers."""
