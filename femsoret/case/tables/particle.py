"""Tables of particles with internal states: component 1 of the fluid, and tracers beside it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.messages import wrong
from femsoret.case.values import MolarMass, Property, PropertyIn, Table, Text, optional
from femsoret.fluids.sourced import sourced
from femsoret.physics.closures import InternalState, Particle, Transition, particle

_ENERGY, _DIFFUSIVITY, _RATE = "J/mol", "m^2/s", "1/s"


class StateTable(Table):
    """One state of the particle."""

    name: Text = Field(description="Name of the state.")
    free_energy: Annotated[Property, PropertyIn(_ENERGY)] = Field(
        description="Free energy F(T) without the part of the degeneracy; a number is an energy."
    )
    diffusion: Annotated[Property, PropertyIn(_DIFFUSIVITY)] = Field(
        description="Diffusion coefficient D(T)."
    )
    degeneracy: float = Field(default=1.0, gt=0.0, description="Degeneracy.")

    def build(self) -> InternalState:
        """Return the state."""
        return InternalState(
            self.name,
            sourced(self.free_energy, _ENERGY).value,
            sourced(self.diffusion, _DIFFUSIVITY).value,
            self.degeneracy,
        )


class TransitionTable(Table):
    """A transition between two states, in both directions."""

    between: tuple[Text, Text] = Field(description="Names of two states, source and target.")
    rate: Annotated[Property, PropertyIn(_RATE)] = Field(
        description="Rate from source to target, such as an Arrhenius law whose activation is the "
        "barrier above the source; the reverse rate follows."
    )
    affinity: Annotated[Property | None, PropertyIn(_ENERGY)] = optional(
        "Work that drives the transition from source to target.", "local detailed balance"
    )

    def build(self) -> Transition:
        """Return the transition."""
        drive = None if self.affinity is None else sourced(self.affinity, _ENERGY).value
        return Transition(*self.between, sourced(self.rate, _RATE).value, drive)


class StatesTable(Table):
    """A dilute particle with internal states."""

    name: Text = Field(default="particle", description="Name of the particle.")
    flux: Literal["fick", "overdamped"] = Field(
        default="fick", description="Flux of each state: -D grad P, or -grad(D P)."
    )
    state: tuple[StateTable, ...] = Field(description="The states, numbered from 0.")
    transition: tuple[TransitionTable, ...] = Field(
        default=(), description="Transitions between them, which connect all states."
    )
    molar_mass: MolarMass | None = optional(
        "Molar mass, with which the energies of the states enter the heat equation of the run that "
        "solves for them.",
        "they do not",
    )

    @model_validator(mode="after")
    def _is_one_species(self) -> Self:
        try:
            made = self.build(300.0)
        except FluidError as error:
            raise wrong(error.message, error.hint) from error
        if len(made.groups) > 1:
            raise wrong("its transitions do not connect all states", "add a transition")
        return self

    def build(self, T0: float, c0: float = 1e-3, beta_c: float = 0.0) -> Particle:
        """Return the particle.

        Args:
            T0: Reference temperature, K.
            c0: Mean mass fraction.
            beta_c: Solutal expansion coefficient, dimensionless.

        Raises:
            FluidError: A name occurs twice or is unknown, or a number is not physical at T0.
        """
        return particle(
            self.name,
            [state.build() for state in self.state],
            [transition.build() for transition in self.transition],
            c0=c0,
            T0=T0,
            beta_c=beta_c,
            flux=self.flux,
            molar_mass=self.molar_mass,
        )


class ParticleTable(StatesTable):
    """Component 1 of the fluid as a dilute particle with internal states.

    Its D and S_T follow from the states. A run solves for all states, or marches them in time, and
    reports the S_T of their sum; its stability, audits and onset studies are those of all states.
    The fluid needs `closure = "dilute"`. Its own D and S_T are not used; all its other properties
    are.
    """


class TracerTable(StatesTable):
    """A further particle with internal states, too dilute to drive the flow that carries it.

    A run solves for its states, or marches them, with those of the particle of `[particle]`, and
    reports its S_T; nothing else depends on it.
    """

    c0: float = Field(
        default=1e-3,
        gt=0.0,
        lt=1.0,
        description="Mean mass fraction, which counts only for the heat that its states exchange.",
    )
