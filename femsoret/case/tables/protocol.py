"""The tables of a case file that describe changes in the course of a transient run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, Strict, field_validator

from femsoret.base.errors import CaseError, ConditionError, nearest
from femsoret.base.functions_of_time import PiecewiseLinear, TimeFunction
from femsoret.base.profiles import Profile
from femsoret.case.messages import at_key, wrong
from femsoret.case.tables.gravity import GravityTable
from femsoret.case.tables.time_functions import D, FunctionTable, SpinTable, V
from femsoret.case.values import (
    ByKind,
    InUnit,
    Sides,
    Temperature,
    Units,
    check_absolute,
    optional,
)
from femsoret.experiment import Experiment
from femsoret.problem import conditions as bc
from femsoret.problem.layout import composition
from femsoret.problem.protocol import (
    GRAVITY,
    Change,
    GravityDirection,
    ParameterChange,
    Protocol,
    WallProfile,
    WallValue,
    power_factor,
)

_Temperature: TypeAlias = Annotated[
    float, Strict(), InUnit("K", plain=True), AfterValidator(check_absolute)
]
_TemperatureDifference: TypeAlias = Annotated[
    float, Strict(), InUnit("K", plain=True, difference=True)
]
_MassFraction: TypeAlias = Annotated[float, Strict(), Field(ge=0, le=1), InUnit("1")]
_Number: TypeAlias = Annotated[float, Strict(), InUnit("1")]
_Acceleration: TypeAlias = Annotated[float, Strict(), InUnit("m/s^2", plain=True)]
_Angle: TypeAlias = Annotated[float, Strict(), InUnit("deg", plain=True)]


@dataclass(frozen=True)
class TransientSetting:
    """The data of a transient run that its changes refer to.

    Args:
        experiment: The experiment.
        gravity: The [gravity] table of the case.
        units: "SI", or "groups" where lengths and temperatures are dimensionless.
        temperature_shift: Temperature in the experiment minus that in the case file; nonzero only
            with groups.
        tau: Relaxation time, s.
        end: End of the run, s.
    """

    experiment: Experiment
    gravity: GravityTable
    units: Units
    temperature_shift: float
    tau: float
    end: float


NamedChanges: TypeAlias = Iterator[tuple[tuple[str, ...], Change]]
"""Pairs of the names of the changed quantities and the change of the problem."""


class _Change(FunctionTable[V, D]):
    """A change of the problem that follows a function of time."""

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield pairs of the names of the changed quantities and the change of the problem.

        Args:
            setting: Data of the run that the table refers to.

        Raises:
            FemsoretError: CaseError or ConditionError if the run has no such quantity to change.
        """
        raise NotImplementedError

    def _in_time(
        self, setting: TransientSetting, unchanged: float, scale: float = 1.0, offset: float = 0.0
    ) -> TimeFunction:
        return self.function(unchanged, setting.tau, setting.end, scale, offset)


class _OfSides(_Change[V, D]):
    """A change of a value that conditions prescribe on sides."""

    sides: Sides = Field(description="Names of sides.")

    @field_validator("sides")
    @classmethod
    def _not_all(cls, sides: tuple[str, ...]) -> tuple[str, ...]:
        if "all" in sides:
            raise wrong('"all" is not allowed here', 'name the sides, or use kind = "heating"')
        return sides

    def _checked_sides(
        self, setting: TransientSetting, held: Collection[str], kind: str
    ) -> list[str]:
        """Return the sides on which the conditions apply; with solid walls, their outer sides.

        Args:
            setting: Data of the run that the table refers to.
            held: Sides that have a condition of this kind.
            kind: Kind of the condition, for messages.

        Raises:
            ConditionError: A side does not exist or has no condition of this kind.
        """
        cell, outer = setting.experiment.cell, []
        for side in self.sides:
            there = cell.thermal_sides(side) if side in cell.sides else (side,)
            outer += [name for name in there if name in held] or [side]
        for side in outer:
            if side not in held:
                what = f"side {side!r} has no condition of kind {kind}: there is nothing to change"
                raise ConditionError(
                    f"sides: {what}" if side in cell.sides else f"sides: there is no side {side!r}",
                    nearest(side, held),
                )
        return outer


class TemperatureChange(_OfSides[_Temperature, _TemperatureDifference]):
    """The temperature, K, of sides that have a condition of kind temperature."""

    kind: Literal["temperature"] = Field(description="The temperature of walls.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes of wall temperatures (see the base class)."""
        held = _held_values(setting, "theta")
        for side in self.sides:
            if side in _profiles(setting):
                raise CaseError(
                    f"sides: the temperature of side {side!r} varies along it, so it has no single "
                    "value to change",
                    'kind = "heating" changes all temperatures together, from a uniform one',
                )
        for side in self._checked_sides(setting, held, "temperature"):
            function = self._in_time(setting, held[side], offset=setting.temperature_shift)
            yield (f"the temperature of side {side!r}",), WallValue(side, function)


class SurroundingsChange(_OfSides[_Temperature, _TemperatureDifference]):
    """The temperature, K, of the surroundings of sides that have a condition of kind robin."""

    kind: Literal["surroundings"] = Field(description="The temperature of surroundings.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes of temperatures of the surroundings (see the base class)."""
        exchanging = _robin_conditions(setting)
        held = [side for condition in exchanging.values() for side in condition.sides]
        sides = set(self._checked_sides(setting, held, "robin"))
        for name, condition in exchanging.items():
            if not sides & set(condition.sides):
                continue
            if set(condition.sides) - sides:
                raise CaseError(
                    f"sides {', '.join(condition.sides)} share one condition of kind robin",
                    "name all of these sides, or give each a separate [[condition]]",
                )
            function = self._in_time(setting, condition.T_outside, offset=setting.temperature_shift)
            yield _surroundings(condition), ParameterChange(name, function)


class CompositionChange(_OfSides[_MassFraction, _Number]):
    """The mass fraction of sides that have a condition of kind composition."""

    kind: Literal["composition"] = Field(description="The composition of walls.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes of wall compositions (see the base class)."""
        held = _held_values(setting, composition())
        for side in self._checked_sides(setting, held, "composition"):
            change = WallValue(side, self._in_time(setting, held[side]), composition())
            yield (f"the composition of side {side!r}",), change


class HeatingChange(_Change[_Number, _Number]):
    """A factor on all temperature differences: 1 gives those of the conditions, 0 gives none.

    A separation run ramps the factor from 0 to 1, a relaxation run (start = "steady") from 1 to 0.
    It also multiplies the power of all heat sources.
    """

    kind: Literal["heating"] = Field(
        description="All temperatures of walls and of their surroundings, and all heat sources."
    )
    rest: Temperature | None = optional(
        "Temperature of all walls when the factor is 0.",
        default="mean of the hot and the cold wall; that of the walls if heat sources alone drive "
        "the cell",
    )

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes of all wall and surrounding temperatures (see the base class)."""
        frame = setting.experiment.orientation
        rest = frame.T_mean
        if frame.rise is not None:
            rest = frame.T_cold if frame.rise > 0.0 else frame.T_hot
        if self.rest is not None:
            rest = self.rest + setting.temperature_shift
        for side, T in _held_values(setting, "theta").items():
            change = WallValue(side, self._in_time(setting, T, T - rest, rest))
            yield (f"the temperature of side {side!r}",), change
        for side, profile in _profiles(setting).items():
            factor = self._in_time(setting, 1.0)
            yield (f"the temperature of side {side!r}",), WallProfile(side, profile, rest, factor)
        for name, condition in _robin_conditions(setting).items():
            T = condition.T_outside
            function = self._in_time(setting, T, T - rest, rest)
            yield _surroundings(condition), ParameterChange(name, function)
        for i, source in enumerate(setting.experiment.heat_sources):
            function = self._in_time(setting, source.factor, source.factor)
            yield (f"heat source {i}",), ParameterChange(power_factor(i), function)


class HeatSourceChange(_Change[_Number, _Number]):
    """A factor on the power of heat sources: 1 gives that of their tables, 0 switches them off."""

    kind: Literal["heat-source"] = Field(
        description="The power of heat sources, relative to that of their tables."
    )
    source: Annotated[int, Strict(), Field(ge=0)] | None = optional(
        "Number of the heat source, counted from 0.", default="all heat sources"
    )

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the changes of the power of heat sources (see the base class)."""
        number = len(setting.experiment.heat_sources)
        if self.source is None and not number:
            raise CaseError("the case has no heat source to change", "add a [[heat_source]]")
        if self.source is not None and self.source >= number:
            with at_key("source"):
                raise CaseError(
                    f"there is no heat source {self.source}: the case has {number}",
                    "heat sources are numbered from 0",
                )
        for i in range(number) if self.source is None else (self.source,):
            unchanged = setting.experiment.heat_sources[i].factor
            function = self._in_time(setting, unchanged, unchanged)
            yield (f"heat source {i}",), ParameterChange(power_factor(i), function)


class GravityChange(_Change[_Acceleration, _Acceleration]):
    """The magnitude of gravity, m/s^2; with [groups], relative to that given by the groups.

    A negative magnitude reverses gravity.
    """

    kind: Literal["gravity"] = Field(description="The magnitude of gravity.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the change of the magnitude of gravity (see the base class)."""
        unchanged = float(setting.experiment.mixture.gravity.magnitude)
        function = self._in_time(
            setting, unchanged, unchanged if setting.units == "groups" else 1.0
        )
        yield ("the magnitude of gravity",), ParameterChange(GRAVITY, function)


class TiltChange(_Change[_Angle, _Angle]):
    """The tilt, degrees: the angle from the axis to up, in the direction of lean of [gravity]."""

    ways: ClassVar[tuple[str, ...]] = ("ramp", "step", "table", "spin")
    kind: Literal["tilt"] = Field(description="The direction of gravity.")
    spin: SpinTable | None = optional("A steady rotation.")

    def build(self, setting: TransientSetting) -> NamedChanges:
        """Yield the change of the direction of gravity (see the base class)."""
        experiment = setting.experiment
        if experiment.cell.coordinates.has_axis:
            raise CaseError(
                "an axisymmetric cell cannot be tilted",
                'its flow would depend on the angle: use a 3D cell (kind = "cylinder")',
            )
        axis = experiment.orientation.axis
        unchanged, aside = setting.gravity.lean(axis, experiment.mixture.gravity.up)
        yield ("the tilt",), GravityDirection(axis, aside, self._in_time(setting, unchanged))

    def piecewise(
        self, unchanged: float, tau: float, end: float, scale: float = 1.0, offset: float = 0.0
    ) -> PiecewiseLinear:
        """Return the tilt as a function of time, also for a spin (see the base class)."""
        if self.spin is None:
            return super().piecewise(unchanged, tau, end, scale, offset)
        at = self.spin.at.seconds(tau)
        turned = self.spin.rate * max(end - at, 0.0)
        return PiecewiseLinear((at, max(end, at)), (unchanged, unchanged + turned))

    def frequencies(self, tau: float) -> list[float]:
        """Return the frequencies of the oscillations and the spin, Hz (see the base class)."""
        spin = [] if self.spin is None else [abs(self.spin.rate) / 360.0]
        return super().frequencies(tau) + spin


ChangeTable: TypeAlias = Annotated[
    TemperatureChange
    | SurroundingsChange
    | CompositionChange
    | HeatingChange
    | HeatSourceChange
    | GravityChange
    | TiltChange,
    ByKind(),
]


def build_protocol(tables: Sequence[ChangeTable], setting: TransientSetting) -> Protocol:
    """Return the protocol of a transient run: all changes in its course.

    Args:
        tables: The [[protocol]] tables.
        setting: Data of the run that the tables refer to.

    Raises:
        FemsoretError: CaseError or ConditionError if a quantity to be changed does not exist or is
            changed by two tables.
    """
    changes: list[Change] = []
    first: dict[str, int] = {}
    for i, table in enumerate(tables):
        with at_key("protocol", i):
            for names, change in table.build(setting):
                for name in names:
                    if first.setdefault(name, i) != i:
                        raise CaseError(
                            f"{name} is changed twice, in protocol.{first[name]} and in "
                            f"protocol.{i}",
                            "combine both changes in one table, with more steps or times",
                        )
                changes.append(change)
    return Protocol(tuple(changes))


def _held_values(setting: TransientSetting, block: str) -> dict[str, float]:
    """Return the constant values that conditions prescribe for a field, by side."""
    return {
        side: condition.value
        for condition in setting.experiment.conditions
        if isinstance(condition, bc.Temperature | bc.Composition)
        and condition.fields == (block,)
        and not callable(condition.value)
        for side in condition.sides
    }


def _profiles(setting: TransientSetting) -> dict[str, Profile]:
    """Return the temperatures that vary along a side, by side."""
    return {
        side: condition.value
        for condition in setting.experiment.conditions
        if isinstance(condition, bc.Temperature) and callable(condition.value)
        for side in condition.sides
    }


def _robin_conditions(setting: TransientSetting) -> dict[str, bc.Robin]:
    """Return the Robin conditions, by the parameter name of their outside temperature."""
    resolved = bc.resolve(setting.experiment.conditions, setting.experiment.cell)
    return {
        f"conditions.{i}.T_outside": condition
        for i, condition in enumerate(resolved)
        if isinstance(condition, bc.Robin)
    }


def _surroundings(condition: bc.Robin) -> tuple[str, ...]:
    return tuple(f"the surroundings of side {side!r}" for side in condition.sides)
