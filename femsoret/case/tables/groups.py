"""Dimensionless groups, instead of a fluid."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from femsoret.base.errors import FluidError
from femsoret.case.tables.fluid import CLOSURE_MEANS, ClosureName
from femsoret.case.values import Number, Positive, Table, wrong
from femsoret.fluids import (
    DoubleDiffusiveGroups,
    Groups,
    ScaledProperties,
    double_diffusive_values,
    property_values,
)


class SoretGroups(Table):
    """Soret convection by its dimensionless groups, instead of a fluid."""

    Ra: Number = Field(description="Rayleigh number g beta_T dT L^3/(nu alpha).")
    Pr: Positive = Field(description="Prandtl number nu/alpha.")
    Le: Positive = Field(description="Lewis number alpha/D (about 100 in liquids).")
    psi: Number = Field(
        default=0.0,
        description="Separation ratio (beta_c/beta_T) S_T c0(1-c0); 0: c does not weigh.",
    )
    closure: ClosureName = Field(
        default="linearised",
        description=f"Closure: {CLOSURE_MEANS}. The others need S_T_dT and c0.",
    )
    S_T_dT: Number = Field(
        default=0.01,
        description="Soret coefficient times the wall temperature difference; 0: a pure fluid, "
        "unless walls have a given composition.",
    )
    c0: Annotated[float, Field(strict=True, gt=0, lt=1)] = Field(
        default=0.5, description="Mean mass fraction of component 1."
    )
    T0_dT: Positive | None = Field(
        default=None,
        description="Mean absolute temperature over the wall temperature difference; with mu_c it "
        "gives the Dufour effect and the entropy.",
        json_schema_extra={"default": "unknown"},
    )
    mu_c: Positive | None = Field(
        default=None,
        description="d(mu1 - mu2)/dc in units of cp dT, at the mean state.",
        json_schema_extra={"default": "unknown"},
    )

    @model_validator(mode="before")
    @classmethod
    def _needs_the_mixture(cls, table: Any) -> Any:
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

    def scaled(self) -> ScaledProperties:
        """Return the properties in units of L, alpha, dT and rho."""
        return property_values(
            Groups(Ra=self.Ra, Pr=self.Pr, Le=self.Le, psi=self.psi),
            c0=self.c0,
            S_T_dT=self.S_T_dT,
            T0_dT=nan if self.T0_dT is None else self.T0_dT,
            mu_c=nan if self.mu_c is None else self.mu_c,
        )


class DoubleDiffusive(Table):
    """Double-diffusive convection by its groups: c is 0 and 1 on walls, the closure linearised."""

    model_config = ConfigDict(title="double-diffusive")
    closure: ClassVar[ClosureName] = "linearised"

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


def _check(groups: SoretGroups | DoubleDiffusive) -> None:
    """Refuse groups that no fluid can have."""
    try:
        groups.scaled()
    except FluidError as error:
        raise wrong(error.message, error.hint) from error


def _which_groups(table: Any) -> str:
    keys = set(table) if isinstance(table, Mapping) else set(type(table).model_fields)
    return "double-diffusive" if keys & {"N", "Sr", "Df"} else "soret"


def _one_set_of_groups(table: Any) -> Any:
    if not isinstance(table, Mapping):
        raise wrong("is not a table", "Ra = ..., Pr = ..., Le = ..., psi = ...")
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
