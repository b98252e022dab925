"""Protocol: what an experiment changes in time.

Conditions and mixture state the experiment that a steady run solves; a protocol states how walls
and gravity reach that state, or leave it. It changes values, never equations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar
from typing import Protocol as Interface

import numpy as np

from femsoret.base.errors import ConditionError, nearest
from femsoret.base.functions_of_time import TimeFunction
from femsoret.problem import Problem


class Change(Interface):
    """A quantity that changes in time."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which it jumps or bends, s, in order."""

    @property
    def of_gravity(self) -> bool:
        """Whether gravity changes."""

    def is_constant(self, since: float) -> bool:
        """Return whether it is constant from a time, s, to its next break."""

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value into a problem.

        Args:
            problem: The problem.
            t: Time, s.
            since: Start of the step that t belongs to, s; see
                :class:`~femsoret.base.functions_of_time.TimeFunction`.
        """


class _Driven:
    """A change that follows a function of time."""

    time_function: TimeFunction

    @property
    def breaks(self) -> tuple[float, ...]:
        """The breaks of the function, s."""
        return self.time_function.breaks

    def is_constant(self, since: float) -> bool:
        """Return whether the function is constant from a time, s, to its next break."""
        return self.time_function.is_constant(since)


@dataclass(frozen=True)
class WallValue(_Driven):
    """The given temperature, or the given mass fraction, of a side.

    Args:
        side: Name of the side, which must have a condition that gives it a value.
        time_function: Temperature, K, or mass fraction, 0 to 1.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
    """

    side: str
    time_function: TimeFunction
    block: str = "theta"
    of_gravity: ClassVar[bool] = False

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value into the given values of the side.

        Raises:
            ConditionError: The side has no given value.
        """
        if self.block not in problem.layout:
            return  # equations that leave the field out
        values = problem.wall_values.get((self.block, self.side))
        if values is None:
            sides = [side for block, side in problem.wall_values if block == self.block]
            raise ConditionError(
                f"the protocol changes what side {self.side!r} is held at, but nothing holds it",
                nearest(self.side, sides),
            )
        values.x.array[:] = self.time_function.value(t, since) - problem.references[self.block]


@dataclass(frozen=True)
class GravityDirection(_Driven):
    """Gravity that turns, as in a spinning cell: up = cos(angle) up_0 + sin(angle) aside.

    Args:
        up: Unit vector up at angle 0.
        aside: Unit vector perpendicular to up_0, towards which up turns.
        time_function: Angle, degrees.
    """

    up: tuple[float, ...]
    aside: tuple[float, ...]
    time_function: TimeFunction
    of_gravity: ClassVar[bool] = True

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the direction into the problem's parameters."""
        angle = math.radians(self.time_function.value(t, since))
        up = math.cos(angle) * np.asarray(self.up) + math.sin(angle) * np.asarray(self.aside)
        for i, component in enumerate(up):
            problem.parameters[f"gravity.up.{i}"].value = float(component)


@dataclass(frozen=True)
class ParameterChange(_Driven):
    """A change of a named parameter of the problem, such as the magnitude of gravity.

    Args:
        name: Its name in :attr:`Problem.parameters`.
        time_function: Its value.
    """

    name: str
    time_function: TimeFunction

    @property
    def of_gravity(self) -> bool:
        """Whether the parameter is the magnitude of gravity."""
        return self.name == GRAVITY

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value.

        Raises:
            ConditionError: The problem has no such parameter.
        """
        if self.name not in problem.parameters:
            raise ConditionError(
                f"the protocol changes {self.name!r}, which the problem does not have",
                nearest(self.name, problem.parameters),
            )
        problem.parameters[self.name].value = self.time_function.value(t, since)


@dataclass(frozen=True)
class Protocol:
    """All changes of an experiment.

    Args:
        changes: The changes; none for an experiment whose walls never change.
    """

    changes: tuple[Change, ...] = ()

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which anything jumps or bends, s, in order."""
        return tuple(sorted({time for change in self.changes for time in change.breaks}))

    def is_constant(self, since: float) -> bool:
        """Return whether nothing changes from a time, s, to the next break."""
        return all(change.is_constant(since) for change in self.changes)

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write all values into a problem.

        Args:
            problem: The problem.
            t: Time, s.
            since: Start of the step that t belongs to, s.
        """
        for change in self.changes:
            change.apply(problem, t, since)

    def initial_temperatures(self) -> dict[str, float]:
        """Return the temperatures of walls and their surroundings before anything changes.

        Returns:
            Name of the side, or of the parameter -> temperature, K.
        """
        temperatures = {}
        for change in self.changes:
            match change:
                case WallValue(block="theta"):
                    temperatures[change.side] = change.time_function.value(0.0, -math.inf)
                case ParameterChange() if not change.of_gravity:
                    temperatures[change.name] = change.time_function.value(0.0, -math.inf)
        return temperatures

    def without_gravity(self) -> Protocol:
        """Return the protocol without the changes of gravity."""
        return Protocol(tuple(change for change in self.changes if not change.of_gravity))

    def __bool__(self) -> bool:
        return bool(self.changes)


GRAVITY = "gravity.magnitude"
"""Parameter of a :class:`ParameterChange` of |g|, m/s2; negative values turn it around."""

UNCHANGED = Protocol()
"""Nothing changes."""
