"""Tables of the conditions on the sides. Docstrings of classes also describe the kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias, cast

from pydantic import Field, field_validator, model_validator

from femsoret.base.errors import ConditionError, nearest
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.profiles import ProfileTable
from femsoret.case.values import (
    ByKind,
    HeatFlux,
    HeatTransfer,
    MassFraction,
    Sides,
    SlipLength,
    SolutalMobility,
    Table,
    Temperature,
    Text,
    ThermalMobility,
    Units,
    optional,
)
from femsoret.cells import Cell
from femsoret.problem import conditions as bc
from femsoret.problem.bodies import RigidBody, check_closed, surface_centre

_Builder: TypeAlias = Callable[..., bc.Condition]


@dataclass(frozen=True, eq=False)
class Setting:
    """What a condition depends on beside its table.

    Args:
        cell: The cell.
        components: Names of the components whose mass fractions are independent.
        rotation: Angle by which the cell was rotated about z, degrees.
        units: "SI", or "groups" where temperatures are dimensionless.
    """

    cell: Cell
    components: Sequence[str]
    rotation: float
    units: Units


class _OnSides(Table):
    """A condition on sides; its keys are the argument names of the condition class."""

    field: ClassVar[str]
    condition: ClassVar[_Builder]
    drive_key: ClassVar[str] = ""
    """Key that controls the strength of the flow; "" if there is none."""

    kind: str  # first here, so that it comes first in what is written
    sides: Sides = Field(
        description='Names of sides, or ["all"] for all sides without another condition on the '
        "same field."
    )

    @field_validator("sides")
    @classmethod
    def _all_alone(cls, sides: tuple[str, ...]) -> tuple[str, ...]:
        if "all" in sides and len(sides) > 1:
            raise wrong(
                '"all" cannot be combined with other sides', 'give ["all"] or names of sides'
            )
        return sides

    @property
    def subject(self) -> str:
        """What the condition determines: no side may have two conditions on the same."""
        return self.field

    def build(self, setting: Setting) -> bc.Condition:
        """Return the condition that the table describes.

        Args:
            setting: What a condition depends on beside its table.
        """
        return type(self).condition(**{key: value for key, value in self if key != "kind"})


class TemperatureCondition(_OnSides):
    """A wall at a given temperature."""

    field: ClassVar[str] = "temperature"
    condition: ClassVar[_Builder] = bc.Temperature
    drive_key: ClassVar[str] = "value"

    kind: Literal["temperature"] = Field(description=__doc__)
    value: Temperature | None = optional("Temperature of the wall.")
    profile: ProfileTable | None = optional("In place of value: a temperature that varies.")

    @model_validator(mode="after")
    def _one_temperature(self) -> TemperatureCondition:
        if (self.value is None) == (self.profile is None):
            raise wrong(
                "missing" if self.value is None else "value and profile exclude each other",
                'give value = "25 degC", or a profile',
                "value",
            )
        return self

    def build(self, setting: Setting) -> bc.Condition:
        """Return the condition (see the base class)."""
        if self.profile is None:
            return bc.Temperature(self.sides, cast(float, self.value))
        named = setting.cell.exterior_sides if "all" in self.sides else self.sides
        return bc.Temperature(
            self.sides, self.profile.build(setting.cell, named, setting.rotation, setting.units)
        )


class HeatFluxCondition(_OnSides):
    """A wall with a given heat flux, which drives the cell if no temperature difference does."""

    field: ClassVar[str] = "temperature"
    condition: ClassVar[_Builder] = bc.HeatFlux
    drive_key: ClassVar[str] = "value"

    kind: Literal["heat-flux"] = Field(description=__doc__)
    value: HeatFlux = Field(
        description="Heat flux, positive into the cell. On the surface of a solid body inside, "
        "such as a particle, heat that is released between the two; behind other solid walls it "
        "enters from outside."
    )


class RobinCondition(_OnSides):
    """A wall that exchanges heat with its surroundings."""

    field: ClassVar[str] = "temperature"
    condition: ClassVar[_Builder] = bc.Robin
    drive_key: ClassVar[str] = "T_outside"

    kind: Literal["robin"] = Field(description=__doc__)
    h: HeatTransfer = Field(description="Heat transfer coefficient.")
    T_outside: Temperature = Field(description="Temperature of the surroundings.")


class InsulatedCondition(_OnSides):
    """A wall without heat flux (the default of every wall)."""

    field: ClassVar[str] = "temperature"
    condition: ClassVar[_Builder] = bc.Insulated

    kind: Literal["insulated"] = Field(description=__doc__)


class NoSlipCondition(_OnSides):
    """A wall at rest (the default of every wall)."""

    field: ClassVar[str] = "velocity"
    condition: ClassVar[_Builder] = bc.NoSlip

    kind: Literal["no-slip"] = Field(description=__doc__)


class FreeSlipCondition(_OnSides):
    """A wall without friction, flat or curved, or a plane of symmetry."""

    field: ClassVar[str] = "velocity"
    condition: ClassVar[_Builder] = bc.FreeSlip

    kind: Literal["free-slip"] = Field(description=__doc__)
    weakly: bool = Field(
        False,
        description="Whether to impose u.n = 0 weakly (Nitsche's method) also on sides in "
        "coordinate planes, for comparison; on all other sides it always is imposed weakly.",
    )


class VibrationSymmetryCondition(_OnSides):
    """A plane of symmetry perpendicular to a vibration, beside the condition for the velocity."""

    field: ClassVar[str] = "vibration"
    condition: ClassVar[_Builder] = bc.VibrationSymmetry

    kind: Literal["vibration-symmetry"] = Field(description=__doc__)


class SlipCondition(_OnSides):
    """A wall at which the fluid slips along gradients of temperature and composition."""

    field: ClassVar[str] = "velocity"
    condition: ClassVar[_Builder] = bc.Slip

    kind: Literal["slip"] = Field(description=__doc__)
    mu_s: ThermalMobility = Field(
        0.0, description="Mobility along grad T, positive if the fluid slips to the warm side."
    )
    mu_c: dict[Text, SolutalMobility] | None = optional(
        "Mobilities along grad c by name of the component; of all but the last.", default="0"
    )
    b: SlipLength = Field(
        0.0, description="Navier's slip length: 0 holds the fluid against friction."
    )

    def build(self, setting: Setting) -> bc.Condition:
        """Return the condition (see the base class)."""
        mobilities = self.mu_c or {}
        for name in mobilities:
            if name not in setting.components:
                raise ConditionError(
                    f"{name!r} has a mobility mu_c, but is not a component with a mass fraction of "
                    "its own",
                    nearest(name, setting.components),
                )
        each = tuple(mobilities.get(name, 0.0) for name in setting.components)
        return bc.Slip(self.sides, self.mu_s, each if mobilities else (), self.b)


class BodyCondition(SlipCondition):
    """The surface of a rigid body that moves in the fluid, free of force and torque."""

    kind: Literal["body"] = Field(description=__doc__)  # type: ignore[assignment]

    def build(self, setting: Setting) -> bc.Condition:
        """Return the condition (see the base class); collective."""
        slip = cast("bc.Slip", super().build(setting))
        check_closed(setting.cell, self.sides)
        centre = surface_centre(setting.cell, self.sides)
        return RigidBody(self.sides, slip.mu_s, slip.mu_c, slip.b, centre=centre)


class CompositionCondition(_OnSides):
    """A wall at a given composition."""

    field: ClassVar[str] = "composition"
    condition: ClassVar[_Builder] = bc.Composition

    kind: Literal["composition"] = Field(description=__doc__)
    value: MassFraction = Field(description="Mass fraction of the component.")
    component: Text | None = optional(
        "Name of the component; of three or more, those of all but the last can be held.",
        default="the component named first",
    )

    @property
    def subject(self) -> str:
        """The composition, of a certain component if one is named."""
        return self.field if self.component is None else f"{self.field} of {self.component}"

    def build(self, setting: Setting) -> bc.Condition:
        """Return the condition (see the base class)."""
        components = setting.components
        name = components[0] if self.component is None else self.component
        if name not in components:
            raise ConditionError(
                f"the mass fraction of {name!r} cannot be held at a wall", nearest(name, components)
            )
        return bc.Composition(self.sides, self.value, components.index(name))


class ClosedCondition(_OnSides):
    """An impermeable wall (the default of every wall)."""

    field: ClassVar[str] = "composition"
    condition: ClassVar[_Builder] = bc.Closed

    kind: Literal["closed"] = Field(description=__doc__)


ConditionTable: TypeAlias = Annotated[
    TemperatureCondition
    | HeatFluxCondition
    | RobinCondition
    | InsulatedCondition
    | NoSlipCondition
    | FreeSlipCondition
    | VibrationSymmetryCondition
    | SlipCondition
    | BodyCondition
    | CompositionCondition
    | ClosedCondition,
    ByKind(),
]


def _key_of_names(table: ConditionTable) -> str:
    """Return the key of a table to which an error of its building belongs."""
    if isinstance(table, TemperatureCondition) and table.profile is not None:
        return "profile"
    if isinstance(table, BodyCondition) and not table.mu_c:
        return "sides"
    return "mu_c" if isinstance(table, SlipCondition) else "component"


def build_conditions(
    tables: Sequence[ConditionTable], setting: Setting
) -> tuple[bc.Condition, ...]:
    """Return the conditions of a cell, with "all" replaced by the names of sides; collective.

    Args:
        tables: The [[condition]] tables.
        setting: What they depend on.

    Raises:
        CaseError: A temperature that varies along a wall is not possible everywhere on it.
        ConditionError: The cell does not have one of the sides, or the fluid one of the components.
    """
    for i, table in enumerate(tables):
        with at_key("condition", i, "sides"):
            setting.cell.tags(*table.sides)
    stated = []
    for i, table in enumerate(tables):
        with at_key("condition", i, _key_of_names(table)):
            stated.append(table.build(setting))
    return bc.resolve(stated, setting.cell)
