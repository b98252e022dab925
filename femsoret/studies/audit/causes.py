"""Causes of bias: imperfections that make a cell report a wrong Soret coefficient, one class each.

The *ideal* cell has none of them: it is heated from above and perfectly level, its side walls are
insulated and its plates conduct perfectly, properties are constant, and T and c are read at the
plates in the steady state. A cause adds one imperfection of the real cell to it. Causes change
different parts of a measurement, so that their order does not matter; with all of them, the ideal
cell becomes the real one.
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
        experiment: The experiment, with the positions of its readings.
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
        """Whether the imperfection is an assumed tolerance that the case does not state."""

    def sentence(self, ideal: Experiment) -> str:
        """Return a short description of the imperfection, with its numbers."""

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with this imperfection added."""


def all_onto(causes: Iterable[Cause], cell: Measurement) -> Measurement:
    """Return a measurement with several imperfections added.

    Args:
        causes: The imperfections.
        cell: The measurement without them.
    """
    return reduce(lambda measurement, cause: cause.onto(measurement), causes, cell)


@dataclass(frozen=True)
class Tilt:
    """The axis of the cell is not parallel to gravity.

    Args:
        up: Unit vector opposite to gravity.
        assumed: Whether the tilt is an assumed tolerance that the case does not state.
        start_up: Upward unit vector of the tilted cell that the search for the steady state starts
            from; None starts without it.
    """

    up: tuple[float, ...]
    assumed: bool = False
    start_up: tuple[float, ...] | None = None
    name: ClassVar[str] = "tilt"
    label: ClassVar[str] = "levelling"

    def sentence(self, ideal: Experiment) -> str:
        """Return a description with the tilt in degrees."""
        return f"tilted by {tilt_of(ideal, self.up):.4g}°"

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with gravity tilted."""
        mixture = cell.experiment.mixture
        tilted = with_gravity(mixture, up=self.up)
        experiment = replace(cell.experiment, mixture=tilted, start_up=self.start_up)
        return replace(cell, experiment=experiment)


def tilt_of(experiment: Experiment, up: Sequence[float]) -> float:
    """Return the angle between the axis of a cell and a direction, in degrees.

    Args:
        experiment: The experiment, whose axis points from one plate to the other.
        up: A unit vector.
    """
    return abs(tilt_and_lean(experiment.orientation.axis, up)[0])


@dataclass(frozen=True)
class SideWalls:
    """Side walls exchange heat with their surroundings.

    Args:
        conditions: Thermal boundary conditions of the sides other than the plates.
    """

    conditions: tuple[Ambient | HeatFlux, ...]
    name: ClassVar[str] = "side_walls"
    label: ClassVar[str] = "heat through the side walls"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return a description of the heat exchange through the side walls."""
        return "; ".join(dict.fromkeys(_exchange(c, ideal) for c in self.conditions))

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with these conditions on the side walls."""
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
    """Return a unit; empty if the experiment is stated by dimensionless groups."""
    return unit if experiment.fluid is not None else ""


def _says_heat(condition: Condition, sides: set[str]) -> bool:
    return condition.fields == ("theta",) and set(condition.sides) <= sides


@dataclass(frozen=True)
class Plates:
    """Plates conduct heat imperfectly: the liquid differs from the set temperature.

    A plate of thickness d and conductivity k between thermostat and liquid has h = k/d.

    Args:
        h: Pairs of a plate's side and the heat transfer coefficient between thermostat and liquid,
            W/(m2 K).
    """

    h: tuple[tuple[str, float], ...]
    name: ClassVar[str] = "plates"
    label: ClassVar[str] = "conductivity of the plates"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return a description of how well the plates conduct, compared with the liquid."""
        liquid = ideal.mixture.reference.kappa / ideal.orientation.gap
        return "; ".join(
            dict.fromkeys(
                f"{h:.6g}{_unit(ideal, ' W/(m² K)')} from thermostat to liquid, "
                f"{h / liquid:.4g} times the liquid's κ/L"
                for _, h in self.h
            )
        )

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with the plates between the thermostats and the liquid."""
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
        mixture: A mixture with the laws of viscosity, conductivity, D and S_T.
    """

    mixture: Mixture
    name: ClassVar[str] = "properties"
    label: ClassVar[str] = "properties that vary"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return which properties vary, and by how many percent from the cold to the hot plate."""
        frame = ideal.orientation
        parts = (
            f"{name} {100.0 * change:+.3g} % from cold to hot"
            for name, change in variations(self.mixture, frame.T_cold, frame.T_hot).items()
        )
        return ", ".join(parts).replace("-", "−")

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with the laws of the properties."""
        mixture = with_laws_of(cell.experiment.mixture, self.mixture)
        return replace(cell, experiment=replace(cell.experiment, mixture=mixture))


@dataclass(frozen=True, eq=False)
class SolidWall:
    """A solid wall has the conductivity of its material.

    Args:
        region: Name of the solid region.
        solid: Material of the wall.
        is_plate: Whether the wall lies between a thermostat and the liquid. In the ideal cell,
            such walls are perfect conductors and all others are insulators.
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
        """Name for people: that of the region."""
        return self.region

    def sentence(self, ideal: Experiment) -> str:
        """Return a description of the material, with its conductivity over that of the liquid."""
        T = ideal.orientation.T_mean
        ratio = self.solid.at(T).kappa / ideal.mixture.reference.kappa
        perfect = "conductor" if self.is_plate else "insulator"
        return f"{self.solid.name}, {ratio:.3g} times the liquid's κ; ideal: a perfect {perfect}"

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with the wall made of its material."""
        solids = {**cell.experiment.solids, self.region: self.solid}
        return replace(cell, experiment=replace(cell.experiment, solids=solids))


@dataclass(frozen=True, eq=False)
class WallsAndRoom:
    """Solid side walls and the surroundings behind them, as one cause.

    Neither has much effect alone: the surroundings do not act through the insulating walls of the
    ideal cell, and a wall insulated on its outside hardly bends the isotherms. As two causes, most
    of their joint effect would appear as an interaction.

    Args:
        walls: The solid walls.
        room: Heat exchange of the side walls with their surroundings, through these walls or not.
    """

    walls: tuple[SolidWall, ...]
    room: SideWalls
    name: ClassVar[str] = SideWalls.name
    label: ClassVar[str] = "side walls and what surrounds them"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return a description of the materials of the walls and of the surroundings."""
        parts = [f"{wall.label}: {wall.sentence(ideal)}" for wall in self.walls]
        return "; ".join([*parts, self.room.sentence(ideal)])

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with the walls made of their materials, in their surroundings."""
        return all_onto((*self.walls, self.room), cell)


@dataclass(frozen=True, eq=False)
class Readings:
    """T and c are not read at the plates.

    Args:
        pair: The hot and the cold reading.
    """

    pair: Pair
    name: ClassVar[str] = "readings"
    label: ClassVar[str] = "position of the readings"
    assumed: ClassVar[bool] = False

    def sentence(self, ideal: Experiment) -> str:
        """Return a description with the name of the readings."""
        return f"read as {self.pair.name!r}"

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement with these readings of T and c."""
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
        """Return a description with the time in units of the relaxation time."""
        return f"read after {self.duration / self.tau:.3g} relaxation times"

    def onto(self, cell: Measurement) -> Measurement:
        """Return the measurement read at this time."""
        return replace(cell, duration=self.duration)


def _number(condition: Temperature) -> float:
    if callable(condition.value):
        raise ConditionError(
            "a plate conducts imperfectly and its imposed temperature varies along it, which is "
            "not supported",
            "give the plate a single temperature",
        )
    return condition.value
