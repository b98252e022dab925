"""Dimensionless groups, instead of a fluid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
"""What a gap or a temperature difference may differ from 1 by: round-off of coordinates."""


class _Groups(Table):
    """Dimensionless groups that stand for a fluid."""

    def scaled(self) -> ScaledProperties:
        """Return the properties and gravity that the groups stand for, dimensionless."""
        raise NotImplementedError

    @property
    def soret_closure(self) -> ClosureName:
        """How the Soret flux depends on the composition."""
        return "linearised"

    @property
    def has_absolute_temperature(self) -> bool:
        """Whether the groups give the absolute temperature."""
        return self.scaled().values.has_entropy

    def conductivity(self, T_mean: float) -> float:
        """Return the thermal conductivity, dimensionless.

        Args:
            T_mean: Mean temperature of the walls, on which it does not depend.
        """
        return self.scaled().values.kappa

    def check_scale(self, orientation: Orientation) -> None:
        """Check that the cell is one gap wide and one temperature difference apart.

        Args:
            orientation: Gap and temperatures of the cell.

        Raises:
            CaseError: It is not.
        """
        gap, dT, flux = orientation.gap, orientation.dT, orientation.flux
        if abs(gap - 1.0) > _ONE:
            with at_key("cell"):
                raise CaseError(
                    f"with [groups] the gap between hot and cold wall is 1, not {gap:g}",
                    "lengths are in units of the gap; give gap = 1 where the mesh has another "
                    "measure",
                )
        if abs(dT - 1.0) > _ONE:
            with at_key("condition"):
                if flux is not None:
                    raise CaseError(
                        f"with [groups] the heat flux that drives a cell is 1, not {abs(flux):g}",
                        "heat fluxes are in units of kappa dT/L, and dT is the temperature "
                        "difference that the flux makes in a layer at rest",
                    )
                raise CaseError(
                    f"with [groups] the wall temperature difference is 1, not {dT:g}",
                    "temperatures are in units of it: 1 and 0, or 0.5 and -0.5",
                )

    def build(
        self,
        orientation: Orientation,
        up: tuple[float, ...],
        conditions: tuple[bc.Condition, ...],
    ) -> tuple[Mixture, tuple[bc.Condition, ...]]:
        """Return the mixture that the groups stand for, and the conditions in its temperatures.

        Without a Soret effect, and without walls of given composition, the composition stays
        uniform, and the fluid is a pure one. The origin of temperatures is arbitrary then. Where
        there is a Dufour effect, the conditions are moved so that their mean is T0, at which the
        heat of transport is taken.

        Args:
            orientation: Temperatures of hot and cold side.
            up: Unit vector against gravity, shape (dim,).
            conditions: The conditions.
        """
        scaled = self.scaled()
        of_composition = [c for c in conditions if not {"u", "theta"} & set(c.fields)]
        pure = not scaled.values.S_T and not any(c.essential for c in of_composition)
        mixture = mixture_of_groups(
            scaled, up=up, closure=self.soret_closure, T0=orientation.T_mean, pure=pure
        )
        shift = mixture.T0 - orientation.T_mean
        moved = tuple(
            _moved(condition, shift)
            for condition in conditions
            if not (pure and condition in of_composition)
        )
        return mixture, moved


def _moved(condition: bc.Condition, shift: float) -> bc.Condition:
    """Return a condition with its temperature moved by a difference."""
    match condition:
        case bc.Temperature(value=float(value)):
            return replace(condition, value=value + shift)
        case bc.Robin():
            return replace(condition, T_outside=condition.T_outside + shift)
        case _:
            return condition


class SoretGroups(_Groups):
    """Soret convection by its dimensionless groups, instead of a fluid."""

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha).")
    Pr: Positive = Field(description="Prandtl number nu/alpha.")
    Le: Positive = Field(description="Lewis number alpha/D (about 100 in liquids).")
    psi: Number = Field(
        default=0.0,
        description="Separation ratio (beta_c/beta_T) S_T c0(1-c0). With 0 the composition causes "
        "no buoyancy.",
    )
    closure: ClosureName = Field(
        default="linearised",
        description=f"Closure: {CLOSURE_MEANS}. The full and the dilute closure need S_T_dT and "
        f"c0.",
    )
    S_T_dT: Number = Field(
        default=0.01,
        description="Soret coefficient times the wall temperature difference. With 0 the fluid is "
        "pure, unless walls have a given composition.",
    )
    c0: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=0.5, description="Mean mass fraction of component 1."
    )
    T0_dT: Positive | None = optional(
        "Mean absolute temperature over the wall temperature difference. With mu_c it "
        "gives the Dufour effect and the entropy.",
        default="unknown",
    )
    mu_c: Positive | None = optional(
        "d(mu1 - mu2)/dc in units of cp dT, at the mean state.", default="unknown"
    )

    @model_validator(mode="before")
    @classmethod
    def _needs_the_mixture(cls, table: object) -> object:
        # Only the linearised closure has results that do not depend on c0 and S_T dT once scaled.
        if isinstance(table, Mapping) and table.get("closure", "linearised") != "linearised":
            for key in ("S_T_dT", "c0"):
                if key not in table:
                    raise wrong("missing", "the full and the dilute closure depend on it", key)
        return table

    @model_validator(mode="after")
    def _is_possible(self) -> SoretGroups:
        if (self.T0_dT is None) != (self.mu_c is None):
            raise wrong(
                "T0_dT and mu_c belong together",
                "give both, for Dufour effect and entropy, or none",
            )
        _check(self)
        return self

    @property
    def soret_closure(self) -> ClosureName:
        """The closure that the table states."""
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
    """Double-diffusive convection by its groups.

    The mass fraction is 0 and 1 on walls, and the closure is linearised.
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
            "either Ra, Pr, Le, psi or the double-diffusive Ra, Pr, Le, N, Sr, Df",
        )
    return table


GroupsTable: TypeAlias = Annotated[
    Annotated[SoretGroups, Tag("soret")] | Annotated[DoubleDiffusive, Tag("double-diffusive")],
    Discriminator(_which_groups),
    BeforeValidator(_one_set_of_groups),
]
