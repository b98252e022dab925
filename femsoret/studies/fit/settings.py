"""How the unknowns of a fit change a problem and the protocol of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from operator import add
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.functions_of_time import shifted
from femsoret.base.profiles import Changed
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.physics.closures.given_transport import GivenTransport
from femsoret.problem import Problem
from femsoret.problem.conditions import Robin, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.problem.protocol import (
    UNCHANGED,
    Change,
    GravityDirection,
    ParameterChange,
    Protocol,
    WallProfile,
    WallValue,
    up_component,
)
from femsoret.problem.variation import Setting, Variation
from femsoret.studies.fit.priors import stated_prior
from femsoret.studies.fit.unknowns import Unknown

OF_THE_CLOCK: Final = frozenset({"zero_of_time", "contrast", "baseline"})
"""Unknowns of the record alone: they change no problem."""

_DEGREES: Final = 1e-2
"""Step of angles, degrees: the error of central differences of sine and cosine is 5e-9."""

_PART: Final = 1e-2
"""Step of all other unknowns, of which parameters are linear functions, relative to their scale."""


class Settings:
    """The setting of a problem as a function of the values of unknowns.

    - ``tilt`` and ``azimuth`` are those of :func:`~femsoret.problem.orientation.up_vector`. Where a
      protocol turns the cell, the difference from the stated tilt is added at all times.
    - ``side_loss`` is the heat-transfer coefficient of conditions of kind robin.
    - ``thermostat_offset`` is added to the temperature that a wall, or its surroundings, is stated
      to have at any time of the run.

    Args:
        problem: The problem, as it was made.
        experiment: Its experiment.
        unknowns: All unknowns of the fit that belong to the data of this experiment.
        protocol: Protocol of the run; unchanged for steady states.

    Attributes:
        stated: Name of a parameter -> its value as the experiment states it.

    Raises:
        CaseError: The experiment has no such quantity, or it cannot be changed alone.
    """

    def __init__(
        self,
        problem: Problem,
        experiment: Experiment,
        unknowns: Sequence[Unknown],
        protocol: Protocol = UNCHANGED,
    ) -> None:
        self.unknowns = tuple(unknowns)
        self._problem, self._experiment, self._protocol = problem, experiment, protocol
        names = [species.name for species in experiment.mixture.species]
        self._soret = {i: _components(u, names, 1)[0] for i, u in self._of("soret")}
        pairs = {i: _components(u, names, 2) for i, u in self._of("D")}
        self._diffusion = {i: (row, column) for i, (row, column) in pairs.items()}
        self._given = GivenTransport(
            experiment.mixture, self._soret.values(), self._diffusion.values()
        )
        self._places = {u.quantity: i for i, u in enumerate(unknowns)}
        self._losses = {i: self._robin(u) for i, u in self._of("side_loss")}
        self._offsets = {i: self._thermostat(u) for i, u in self._of("thermostat_offset")}
        self.stated = {name: float(constant.value) for name, constant in problem.parameters.items()}
        self._walls = {key: values.x.array.copy() for key, values in problem.wall_values.items()}
        self._angles = {
            quantity: stated_prior(experiment, quantity, (), ()).value
            for quantity in ("tilt", "azimuth")
            if self._needs(quantity)
        }
        # The same array for the same offset: a variation sees by it which walls do not change.
        self._moved = lru_cache(maxsize=64)(self._wall)

    def _of(self, quantity: str) -> list[tuple[int, Unknown]]:
        return [(i, u) for i, u in enumerate(self.unknowns) if u.quantity == quantity]

    def _needs(self, quantity: str) -> bool:
        turned = "tilt" in self._places or "azimuth" in self._places
        return turned and (quantity == "tilt" or self._experiment.cell.dim == 3)

    def at(self, values: Array) -> Setting:
        """Return the setting at given values of the unknowns.

        Args:
            values: Their values, in their units, shape (unknowns,).
        """
        parameters, walls = self._coefficients(values), dict[tuple[str, str], Array]()
        changes = list(self._protocol.changes)
        if self._angles:
            tilt, azimuth = self._turned(values)
            up = up_vector(self._problem.orientation.axis, tilt, azimuth)
            parameters |= {up_component(i): component for i, component in enumerate(up)}
            changes = [self._turn(change, tilt, azimuth) for change in changes]
        for i, names in self._losses.items():
            parameters |= dict.fromkeys(names, float(values[i]))
        for i, (side, name) in self._offsets.items():
            by = float(values[i])
            changes = [_warm(change, side, name, by) for change in changes]
            if name is None:
                walls["theta", side] = self._moved(side, by)
            else:
                parameters[name] = self.stated[name] + by
        return Setting(parameters, walls, Protocol(tuple(changes)))

    def variation(self, values: Array, unknown: int) -> Variation | None:
        """Return the variation by an unknown; None if the problem does not depend on it.

        Args:
            values: Values of all unknowns.
            unknown: Number of the unknown.
        """
        of = self.unknowns[unknown]
        if of.quantity in OF_THE_CLOCK:
            return None

        def setting(value: float) -> Setting:
            moved = values.copy()
            moved[unknown] = value
            return self.at(moved)

        step = _DEGREES if of.quantity in {"tilt", "azimuth"} else _PART * of.scale
        return Variation.around(setting, float(values[unknown]), step)

    @property
    def touched(self) -> frozenset[str]:
        """Names of all parameters that depend on unknowns."""
        values = np.array([unknown.start for unknown in self.unknowns])
        driven = self._places.keys() & {"tilt", "azimuth", "thermostat_offset"}
        setting = self.at(values)
        return setting.touched if driven else frozenset(setting.parameters)

    def _coefficients(self, values: Array) -> dict[str, float]:
        """Return the parameters of the mixture."""
        return self._given.parameters(
            {place: float(values[i]) for i, place in self._soret.items()},
            {place: float(values[i]) for i, place in self._diffusion.items()},
        )

    # -- gravity ---------------------------------------------------------------------------------

    def _turned(self, values: Array) -> tuple[float, float]:
        """Return tilt and azimuth, degrees."""
        tilt, azimuth = (
            float(values[self._places[quantity]])
            if quantity in self._places
            else self._angles.get(quantity, 0.0)
            for quantity in ("tilt", "azimuth")
        )
        return tilt, azimuth

    def _turn(self, change: Change, tilt: float, azimuth: float) -> Change:
        """Return a change with a rotation of gravity that starts from another tilt or azimuth."""
        if not isinstance(change, GravityDirection):
            return change
        aside = change.aside
        if "azimuth" in self._places:
            aside = up_vector(self._problem.orientation.axis, 90.0, azimuth)
        by = tilt - self._angles["tilt"]
        return replace(change, aside=aside, time_function=shifted(change.time_function, by))

    # -- heat ------------------------------------------------------------------------------------

    def _robin(self, unknown: Unknown) -> tuple[str, ...]:
        """Return the names of the coefficients of heat transfer at the sides of an unknown."""
        found, sides = [], set(unknown.sides)
        for i, condition in enumerate(self._problem.conditions):
            if isinstance(condition, Robin) and sides & set(condition.sides):
                if not set(condition.sides) <= sides:
                    raise _shared(unknown, condition.sides)
                found.append(f"conditions.{i}.h")
                sides -= set(condition.sides)
        if sides or not found:
            raise CaseError(
                f"{unknown.name}: {', '.join(sorted(sides)) or 'no side'} loses no heat to "
                "surroundings",
                "name sides with a condition of kind robin",
            )
        return tuple(found)

    def _thermostat(self, unknown: Unknown) -> tuple[str, str | None]:
        """Return the side of an offset, and the parameter with the temperature outside if any."""
        (side,) = unknown.sides or ("",)
        for i, condition in enumerate(self._problem.conditions):
            if side not in condition.sides or not isinstance(condition, Temperature | Robin):
                continue
            if condition.sides != (side,):
                raise _shared(unknown, condition.sides)
            robin = isinstance(condition, Robin)
            return side, f"conditions.{i}.T_outside" if robin else None
        raise CaseError(
            f"{unknown.name}: no thermostat holds the temperature of side {side!r}",
            "name a side with a condition of kind temperature or robin",
        )

    def _wall(self, side: str, by: float) -> Array:
        values: Array = self._walls["theta", side] + by
        return values


def _components(unknown: Unknown, names: Sequence[str], number: int) -> tuple[int, ...]:
    """Return the numbers of the components to which an unknown belongs."""
    if not names:
        raise CaseError("a pure fluid has neither S_T nor D", "use a mixture")
    components = unknown.components or (tuple(names) if len(names) == 1 else ()) * number
    if len(components) != number or not set(components) <= set(names):
        raise CaseError(
            f"{unknown.name}: {', '.join(components) or 'nothing'} names no coefficient",
            f"name {number} of {', '.join(names)}",
        )
    return tuple(map(names.index, components))


def _warm(change: Change, side: str, name: str | None, by: float) -> Change:
    """Return a change with an offset of the temperature of a wall, or of its surroundings."""
    match change:
        case WallValue(block="theta") if change.side == side:
            return replace(change, time_function=shifted(change.time_function, by))
        case WallProfile() if change.side == side and by:
            profile = Changed(change.profile, partial(add, by))
            return replace(change, profile=profile, rest=change.rest + by)
        case ParameterChange() if change.name == name:
            return replace(change, time_function=shifted(change.time_function, by))
    return change


def _shared(unknown: Unknown, sides: Sequence[str]) -> CaseError:
    return CaseError(
        f"{unknown.name}: the sides {', '.join(sides)} share one condition",
        "name all of these sides, or give each a [[condition]] of its own",
    )
