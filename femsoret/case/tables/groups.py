"""Tables of dimensionless groups, which may replace the fluid."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from femsoret.base.errors import CaseError, FluidError
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.materials import CLOSURE_MEANS, ClosureName
from femsoret.case.values import Number, Positive, Table, optional
from femsoret.fluids import (
    DoubleDiffusiveGroups,
    Groups,
    ScaledProperties,
    double_diffusive_values,
    property_values,
)
from femsoret.physics.closures import Mixture, mixture_of_groups
from femsoret.problem import conditions as bc
from femsoret.problem.orientation import Orientation

_ONE: Final = 1e-6
"""Largest deviation of a gap or temperature difference from 1, for round-off of coordinates."""


class _Groups(Table):
    """Dimensionless groups that define a fluid."""

    def scaled(self) -> ScaledProperties:
        """Return the dimensionless properties and gravity that follow from the groups."""
        raise NotImplementedError

    @property
    def soret_closure(self) -> ClosureName:
        """Name of the closure: how the Soret flux depends on the composition."""
        return "linearised"

    @property
    def has_absolute_temperature(self) -> bool:
        """Whether the groups determine the absolute temperature."""
        return self.scaled().values.has_entropy

    def conductivity(self, T_mean: float) -> float:
        """Return the thermal conductivity, dimensionless.

        Args:
            T_mean: Mean temperature of the walls; the conductivity does not depend on it.
        """
        return self.scaled().values.kappa

    def check_scale(self, orientation: Orientation) -> None:
        """Check that the gap and the temperature difference of the cell are 1.

        Args:
            orientation: Gap and temperatures of the cell.

        Raises:
            CaseError: The gap, the temperature difference or the driving heat flux is not 1.
        """
        gap, dT, flux = orientation.gap, orientation.dT, orientation.flux
        if abs(gap - 1.0) > _ONE:
            with at_key("cell"):
                raise CaseError(
                    f"with [groups], the gap between hot and cold wall must be 1, not {gap:g}",
                    "lengths are in units of the gap; set gap = 1 if the gap L of the mesh is "
                    "defined in another way",
                )
        if abs(dT - 1.0) > _ONE and orientation.rise is None:
            with at_key("condition"):
                if flux is not None:
                    raise CaseError(
                        "with [groups], the heat flux that drives a cell must be 1, not "
                        f"{abs(flux):g}",
                        "heat fluxes are in units of kappa dT/L, where dT is the temperature "
                        "difference that the flux causes in a layer at rest",
                    )
                raise CaseError(
                    f"with [groups], the wall temperature difference must be 1, not {dT:g}",
                    "temperatures are in units of this difference: use 1 and 0, or 0.5 and -0.5",
                )

    def build(
        self,
        orientation: Orientation,
        up: tuple[float, ...],
        conditions: tuple[bc.Condition, ...],
    ) -> tuple[Mixture, tuple[bc.Condition, ...]]:
        """Return the mixture that the groups define, and the conditions in its temperature scale.

        Without a Soret effect and without walls of given composition, the composition remains
        uniform, and the mixture is a pure fluid. The zero of the temperature scale is then
        arbitrary. With a Dufour effect, the temperatures in the conditions are shifted so that
        their mean is T0, at which the heat of transport is evaluated.

        Args:
            orientation: Temperatures of the hot and the cold side.
            up: Upward unit vector, opposite to gravity, shape (dim,).
            conditions: The conditions, in the temperatures of the case file.
        """
        scaled = self.scaled()
        of_composition = [c for c in conditions if not {"u", "theta"} & set(c.fields)]
        pure = not scaled.values.S_T and not any(c.essential for c in of_composition)
        mixture = mixture_of_groups(
            scaled, up=up, closure=self.soret_closure, T0=orientation.T_mean, pure=pure
        )
        shift = mixture.T0 - orientation.T_mean
        moved = tuple(
            condition.with_temperatures(lambda T: T + shift)
            for condition in conditions
            if not (pure and condition in of_composition)
        )
        return mixture, moved


class SoretGroups(_Groups):
    """Dimensionless groups of Soret convection, instead of a fluid."""

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha).")
    Pr: Positive = Field(description="Prandtl number nu/alpha.")
    Le: Positive = Field(description="Lewis number alpha/D (about 100 in liquids).")
    psi: Number = Field(
        default=0.0,
        description="Separation ratio (beta_c/beta_T) S_T c0(1-c0). With 0, the composition does "
        "not affect the buoyancy.",
    )
    closure: ClosureName = Field(
        default="linearised",
        description=f"Closure: {CLOSURE_MEANS}. The full and the dilute closure require S_T_dT "
        f"and c0.",
    )
    S_T_dT: Number = Field(
        default=0.01,
        description="Soret coefficient times the wall temperature difference. With 0, the fluid is "
        "pure unless walls have a given composition.",
    )
    c0: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=0.5, description="Mean mass fraction of component 1."
    )
    T0_dT: Positive | None = optional(
        "Ratio of the mean absolute temperature to the wall temperature difference. Together with "
        "mu_c it determines the Dufour effect and the entropy.",
        default="unknown",
    )
    mu_c: Positive | None = optional(
        "Derivative d(mu1 - mu2)/dc of the chemical potentials at the mean state, in units of "
        "cp dT.",
        default="unknown",
    )

    @model_validator(mode="before")
    @classmethod
    def _needs_the_mixture(cls, table: object) -> object:
        # Only the linearised closure has results that do not depend on c0 and S_T dT once scaled.
        if isinstance(table, Mapping) and table.get("closure", "linearised") != "linearised":
            for key in ("S_T_dT", "c0"):
                if key not in table:
                    raise wrong("missing", "the full and the dilute closure require it", key)
        return table

    @model_validator(mode="after")
    def _is_possible(self) -> SoretGroups:
        if (self.T0_dT is None) != (self.mu_c is None):
            raise wrong(
                "T0_dT and mu_c belong together",
                "give both, for the Dufour effect and the entropy, or neither",
            )
        _check(self)
        return self

    @property
    def soret_closure(self) -> ClosureName:
        """Name of the closure given in the table."""
        return self.closure

    def scaled(self) -> ScaledProperties:
        """Return the properties in units of L, alpha, dT and rho."""
        return property_values(
            Groups(Ra=self.Ra, Pr=self.Pr, Le=self.Le, psi=self.psi),
            c0=self.c0,
            S_T_dT=self.S_T_dT,
            T0_dT=nan if self.T0_dT is None else self.T0_dT,
            mu_c=nan if self.mu_c is None else self.mu_c,
        )


class DoubleDiffusive(_Groups):
    """Dimensionless groups of double-diffusive convection.

    The mass fraction is 0 and 1 on the walls, and the closure is linearised.
    """

    model_config = ConfigDict(title="double-diffusive")

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha_0).")
    Pr: Positive = Field(description="Prandtl number nu/alpha_0.")
    Le: Positive = Field(description="Lewis number alpha_0/D.")
    N: Number = Field(default=0.0, description="Buoyancy ratio -beta_c dc/(beta_T dT).")
    Sr: Number = Field(default=0.0, description="Soret number S_T c0(1-c0) dT/dc.")
    Df: Number = Field(default=0.0, description="Dufour number rho D Q_s dc/(kappa_0 dT).")

    @model_validator(mode="after")
    def _is_possible(self) -> DoubleDiffusive:
        _check(self)
        return self

    def scaled(self) -> ScaledProperties:
        """Return the properties in units of L, alpha_0, dT and rho."""
        return double_diffusive_values(
            DoubleDiffusiveGroups(
                Ra=self.Ra, Pr=self.Pr, Le=self.Le, N=self.N, Sr=self.Sr, Df=self.Df
            )
        )


def _check(groups: _Groups) -> None:
    """Raise an error for groups that no fluid can have."""
    try:
        groups.scaled()
    except FluidError as error:
        raise wrong(error.message, error.hint) from error


def _which_groups(table: object) -> str:
    if isinstance(table, Mapping):
        return "double-diffusive" if table.keys() & {"N", "Sr", "Df"} else "soret"
    return "double-diffusive" if isinstance(table, DoubleDiffusive) else "soret"


def _one_set_of_groups(table: object) -> object:
    if not isinstance(table, Mapping):
        raise wrong(f"{table!r} is not a table", "Ra = ..., Pr = ..., Le = ..., psi = ...")
    soret, double = SoretGroups.model_fields.keys(), DoubleDiffusive.model_fields.keys()
    mixed = [[key for key in table if key in some] for some in (soret - double, double - soret)]
    if all(mixed):
        raise wrong(
            f"{', '.join(mixed[0])} and {', '.join(mixed[1])} exclude each other",
            "give either Ra, Pr, Le, psi or, for double diffusion, Ra, Pr, Le, N, Sr, Df",
        )
    return table


GroupsTable: TypeAlias = Annotated[
    Annotated[SoretGroups, Tag("soret")] | Annotated[DoubleDiffusive, Tag("double-diffusive")],
    Discriminator(_which_groups),
    BeforeValidator(_one_set_of_groups),
]
