"""Causes: what makes a cell report another Soret coefficient than its fluid has, one object each.

The *ideal* cell has none of them: heated from above and perfectly levelled, side walls that let no
heat through, plates that conduct perfectly, constant properties, T and c read at the plates, at
steady state. A cause puts one imperfection of the real cell into it. Causes change different parts
of a measurement, so that their order does not matter; all of them together make the real cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar, Protocol

from femsoret.base.errors import ConditionError
from femsoret.experiment import Experiment, Pair
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.modified import variations, with_gravity, with_laws_of
from femsoret.problem.conditions import (
    Ambient,
    Condition,
    HeatFlux,
    Robin,
    Temperature,
)
from femsoret.problem.orientation import tilt_and_lean
from femsoret.solids import Solid


@dataclass(frozen=True, eq=False)
class Measurement:
    """An experiment, and the time at which its separation is read.

    Args:
        experiment: The experiment; its readings say where.
        duration: Time from a uniform composition to the reading, s; None reads the steady state.
    """

    experiment: Experiment
    duration: float | None = None


class Cause(Protocol):
    """One imperfection of a cell."""

    @property
    def name(self) -> str:
        """Name in summary.json."""

    @property
    def label(self) -> str:
        """Name for people, in a few words."""

    @property
    def assumed(self) -> bool:
        """Whether it is a tolerance that nobody stated."""

    def sentence(self, ideal: Experiment) -> str:
        """Return what is imperfect, in a few words with its numbers."""

    def onto(self, cell: Measurement) -> Measurement:
        """Return a measurement with this imperfection in it."""


def all_onto(causes: Iterable[Cause], cell: Measurement) -> Measurement:
    """Return a measurement with several imperfections in it.

    Args:
        causes: The causes.
        cell: The measurement without them.
    """
    return reduce(lambda measurement, cause: cause.onto(measurement), causes, cell)


@dataclass(frozen=True)
class Tilt:
    """The axis of the cell is not parallel to gravity.

    Args:
        up: Unit vector against gravity.
        assumed: Whether this is a tolerance that nobody stated.
        start_up: Up with which the state is found first, as in the experiment.
    """

    up: tuple[float, ...]
    assumed: bool = False
    start_up: tuple[float, ...] | None = None
    name: ClassVar[str] = "tilt"
    label: ClassVar[str] = "levelling"

    def sentence(self, ideal: Experiment) -> str:
        """Return the tilt."""
        return f"tilted by {tilt_of(ideal, self.up):.4g}°"

    def onto(self, cell: Measurement) -> Measurement:
        """Tilt gravity."""
        mixture = cell.experiment.mixture
        tilted = with_gravity(mixture, up=self.up)
        experiment = replace(cell.experiment, mixture=tilted, start_up=self.start_up)
        return replace(cell, experiment=experiment)


def tilt_of(experiment: Experiment, up: Sequence[float]) -> float:
    """Return the angle from the axis of a cell to a direction, degrees.

    Args:
        experiment: The experiment, for its axis.
        up: A unit vector.
    """
    return abs(tilt_and_lean(experiment.orientation.axis, up)[0])


@dataclass(frozen=True)
class SideWalls:
    """Side walls exchange heat with what surrounds them.

    Args:
        conditions: Of the temperature, on sides that are no plates.
    """

    conditions: tuple[Ambient | HeatFlux, ...]
    name: ClassVar[str] = "side_walls"
    label: ClassVar[str] = "heat through the side walls"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return how much heat the side walls exchange."""
        return "; ".join(dict.fromkeys(_exchange(c, ideal) for c in self.conditions))

    def onto(self, cell: Measurement) -> Measurement:
        """Give the side walls their conditions."""
        replaced = {side for condition in self.conditions for side in condition.sides}
        kept = [c for c in cell.experiment.conditions if not _says_heat(c, replaced)]
        conditions = (*kept, *self.conditions)
        return replace(cell, experiment=replace(cell.experiment, conditions=conditions))


def _exchange(condition: Ambient | HeatFlux, ideal: Experiment) -> str:
    if isinstance(condition, HeatFlux):
        return f"heat flux of {condition.value:.4g}{_unit(ideal, ' W/m²')} inwards"
    kelvin = _unit(ideal, " K")
    return (
        f"{condition.h:.6g}{_unit(ideal, ' W/(m² K)')} to surroundings at "
        f"{condition.T_outside:.5g}{kelvin}"
    )


def _unit(experiment: Experiment, unit: str) -> str:
    """Return a unit; nothing where an experiment is stated by groups."""
    return unit if experiment.fluid is not None else ""


def _says_heat(condition: Condition, sides: set[str]) -> bool:
    return condition.fields == ("theta",) and set(condition.sides) <= sides


@dataclass(frozen=True)
class Plates:
    """Plates conduct heat imperfectly: the liquid does not have the temperature that is set.

    A plate of thickness d and conductivity k between thermostat and liquid has h = k/d.

    Args:
        h: Sides of plates, each with the heat transfer coefficient between what is set and the
            liquid, W/(m2 K).
    """

    h: tuple[tuple[str, float], ...]
    name: ClassVar[str] = "plates"
    label: ClassVar[str] = "conductivity of the plates"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return how well the plates conduct, in numbers and compared with the liquid."""
        liquid = ideal.mixture.reference.kappa / ideal.orientation.gap
        return "; ".join(
            dict.fromkeys(
                f"{h:.6g}{_unit(ideal, ' W/(m² K)')} from thermostat to liquid, "
                f"{h / liquid:.4g} times the liquid's κ/L"
                for _, h in self.h
            )
        )

    def onto(self, cell: Measurement) -> Measurement:
        """Put the plates between what is set and the liquid."""
        h = dict(self.h)
        conditions: list[Condition] = []
        for condition in cell.experiment.conditions:
            for side in condition.sides:
                if isinstance(condition, Temperature) and side in h:
                    conditions.append(Robin((side,), h[side], _number(condition)))
                else:
                    conditions.append(condition.on((side,)))
        return replace(cell, experiment=replace(cell.experiment, conditions=tuple(conditions)))


@dataclass(frozen=True, eq=False)
class Properties:
    """Properties depend on temperature and composition.

    Args:
        mixture: A mixture with the laws of the viscosity, the conductivity, D and S_T.
    """

    mixture: Mixture
    name: ClassVar[str] = "properties"
    label: ClassVar[str] = "properties that vary"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return which properties vary, and by how much from the cold to the hot plate."""
        frame = ideal.orientation
        parts = (
            f"{name} {100.0 * change:+.3g} % from cold to hot"
            for name, change in variations(self.mixture, frame.T_cold, frame.T_hot).items()
        )
        return ", ".join(parts).replace("-", "−")

    def onto(self, cell: Measurement) -> Measurement:
        """Give the mixture its laws back."""
        mixture = with_laws_of(cell.experiment.mixture, self.mixture)
        return replace(cell, experiment=replace(cell.experiment, mixture=mixture))


@dataclass(frozen=True, eq=False)
class SolidWall:
    """A solid wall conducts heat as its material does.

    Args:
        region: Name of the region.
        solid: What it is made of.
        is_plate: Whether it lies between a thermostat and the liquid, where the ideal cell has a
            perfect conductor; elsewhere it has an insulator.
    """

    region: str
    solid: Solid
    is_plate: bool
    assumed: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Name in summary.json."""
        return self.region.replace(" ", "_")

    @property
    def label(self) -> str:
        """Name for people."""
        return self.region

    def sentence(self, ideal: Experiment) -> str:
        """Return the material, and how well it conducts compared with the liquid."""
        T = ideal.orientation.T_mean
        ratio = self.solid.at(T).kappa / ideal.mixture.reference.kappa
        perfect = "conductor" if self.is_plate else "insulator"
        return f"{self.solid.name}, {ratio:.3g} times the liquid's κ; ideal: a perfect {perfect}"

    def onto(self, cell: Measurement) -> Measurement:
        """Make the wall of its material."""
        solids = {**cell.experiment.solids, self.region: self.solid}
        return replace(cell, experiment=replace(cell.experiment, solids=solids))


@dataclass(frozen=True, eq=False)
class WallsAndRoom:
    """Solid side walls and the surroundings behind them, as one cause.

    Neither does much by itself. Behind the insulator that an ideal cell has there no surroundings
    are felt, and a wall that is insulated outside bends few isotherms: apart, what they do together
    would be called an interaction.

    Args:
        walls: The solid walls.
        room: What side walls exchange heat with, behind these solids or not.
    """

    walls: tuple[SolidWall, ...]
    room: SideWalls
    name: ClassVar[str] = SideWalls.name
    label: ClassVar[str] = "side walls and what surrounds them"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return what the walls are made of, and what is behind them."""
        parts = [f"{wall.label}: {wall.sentence(ideal)}" for wall in self.walls]
        return "; ".join([*parts, self.room.sentence(ideal)])

    def onto(self, cell: Measurement) -> Measurement:
        """Make the walls of their materials, and give them their surroundings."""
        return all_onto((*self.walls, self.room), cell)


@dataclass(frozen=True, eq=False)
class Readings:
    """T and c are not read at the plates.

    Args:
        pair: Where they are read.
    """

    pair: Pair
    name: ClassVar[str] = "readings"
    label: ClassVar[str] = "where it is read"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return the name of the readings."""
        return f"read as {self.pair.name!r}"

    def onto(self, cell: Measurement) -> Measurement:
        """Read T and c at these places."""
        return replace(cell, experiment=replace(cell.experiment, readings=self.pair))


@dataclass(frozen=True)
class FiniteTime:
    """The separation is read before it is complete.

    Args:
        duration: Time from a uniform composition to the reading, s.
        tau: Relaxation time L^2/(pi^2 D) of the cell, s.
    """

    duration: float
    tau: float
    name: ClassVar[str] = "finite_time"
    label: ClassVar[str] = "finite time"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return the time in units of the relaxation time."""
        return f"read after {self.duration / self.tau:.3g} relaxation times"

    def onto(self, cell: Measurement) -> Measurement:
        """Read T and c at this time."""
        return replace(cell, duration=self.duration)


def _number(condition: Temperature) -> float:
    if callable(condition.value):
        raise ConditionError(
            "a plate that conducts imperfectly and is set to a temperature that varies along it",
            "give the plate a single temperature",
        )
    return condition.value
