"""Conditions on the sides. What a class says of itself stands beside its kind."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator

from femsoret.case.tables.kinds import kinds_of, one_of_kinds
from femsoret.case.values import (
    HeatFlux,
    HeatTransfer,
    MassFraction,
    Table,
    Temperature,
    Text,
    wrong,
)


class _OnSides(Table):
    """A condition on sides."""

    field: ClassVar[str]

    kind: Any  # first here, so that it comes first in what is written
    sides: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description='Names of sides, or ["all"] for those where no other condition says more.'
    )

    @field_validator("sides")
    @classmethod
    def _each_once(cls, sides: tuple[str, ...]) -> tuple[str, ...]:
        for side in sides:
            if sides.count(side) > 1:
                raise wrong(f"side {side!r} is named twice", "name each side once")
        if "all" in sides and len(sides) > 1:
            raise wrong('"all" stands beside other sides', 'either ["all"] or names of sides')
        return sides


class _ForTemperature(_OnSides):
    """A condition for the temperature."""

    field: ClassVar[str] = "temperature"


class _ForVelocity(_OnSides):
    """A condition for the velocity."""

    field: ClassVar[str] = "velocity"


class _ForComposition(_OnSides):
    """A condition for the composition."""

    field: ClassVar[str] = "composition"


class TemperatureCondition(_ForTemperature):
    """A wall at given temperature."""

    kind: Literal["temperature"] = Field(description=__doc__)
    value: Temperature = Field(description="Temperature.")


class HeatFluxCondition(_ForTemperature):
    """A wall with given heat flux; where walls hold one temperature only, it drives the cell."""

    kind: Literal["heat-flux"] = Field(description=__doc__)
    value: HeatFlux = Field(description="Heat flux, positive into the cell.")


class RobinCondition(_ForTemperature):
    """A wall that exchanges heat with its surroundings."""

    kind: Literal["robin"] = Field(description=__doc__)
    h: HeatTransfer = Field(description="Heat transfer coefficient.")
    T_outside: Temperature = Field(description="Temperature of the surroundings.")


class InsulatedCondition(_ForTemperature):
    """A wall without heat flux (what a wall is when nothing is said)."""

    kind: Literal["insulated"] = Field(description=__doc__)


class NoSlipCondition(_ForVelocity):
    """A wall at rest (what a wall is when nothing is said)."""

    kind: Literal["no-slip"] = Field(description=__doc__)


class FreeSlipCondition(_ForVelocity):
    """A wall without friction, flat or curved, or a plane of symmetry."""

    kind: Literal["free-slip"] = Field(description=__doc__)
    weakly: bool = Field(
        False,
        description="Whether u.n = 0 is a term of the equations (Nitsche's method) on sides in "
        "coordinate planes too, for comparison; on all others it is.",
    )


class CompositionCondition(_ForComposition):
    """A wall at given composition."""

    kind: Literal["composition"] = Field(description=__doc__)
    value: MassFraction = Field(description="Mass fraction of the component named first.")


class ClosedCondition(_ForComposition):
    """An impermeable wall (what a wall is when nothing is said)."""

    kind: Literal["closed"] = Field(description=__doc__)


_AnyCondition: TypeAlias = (
    TemperatureCondition
    | HeatFluxCondition
    | RobinCondition
    | InsulatedCondition
    | NoSlipCondition
    | FreeSlipCondition
    | CompositionCondition
    | ClosedCondition
)
ConditionTable: TypeAlias = Annotated[
    _AnyCondition,
    Field(discriminator="kind"),
    BeforeValidator(lambda table: one_of_kinds(table, kinds_of(_AnyCondition))),
]
