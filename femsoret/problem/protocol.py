"""Protocol: the changes of walls and gravity with time during an experiment.

Boundary conditions and mixture define the steady state of an experiment; a protocol defines how
wall values and gravity approach the steady conditions, or depart from them. It changes values, but
never equations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar
from typing import Protocol as Interface

import numpy as np

from femsoret.base.errors import ConditionError, nearest
from femsoret.base.functions_of_time import TimeFunction
from femsoret.base.profiles import Profile
from femsoret.problem import Problem
from femsoret.problem.layout import plain_name


class Change(Interface):
    """A quantity that changes with time."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which the quantity may jump or have a kink, s, in ascending order."""

    @property
    def of_gravity(self) -> bool:
        """Whether the quantity is the magnitude or the direction of gravity."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of the problem that are written; none for values on walls."""

    def is_constant(self, since: float) -> bool:
        """Return whether the quantity is constant from the time ``since``, s, to its next break."""

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value at time t into a problem.

        Args:
            problem: The problem to change.
            t: Time, s.
            since: Start of the time step that contains t, s; see
                :class:`~femsoret.base.functions_of_time.TimeFunction`.
        """


class _Driven:
    """A change that follows a function of time."""

    time_function: TimeFunction

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which the function may jump or have a kink, s, in ascending order."""
        return self.time_function.breaks

    def is_constant(self, since: float) -> bool:
        """Return whether the function is constant from the time ``since``, s, to its next break."""
        return self.time_function.is_constant(since)


@dataclass(frozen=True)
class WallValue(_Driven):
    """A change of the prescribed temperature, or of a prescribed mass fraction, on a side.

    Args:
        side: Name of the side, which must have a condition that prescribes the field.
        time_function: Temperature, K, or mass fraction, 0 to 1, as a function of time.
        block: Field to change: "theta", or the name of a composition from
            :func:`~femsoret.problem.layout.composition`.
    """

    side: str
    time_function: TimeFunction
    block: str = "theta"
    of_gravity: ClassVar[bool] = False
    parameters: ClassVar[tuple[str, ...]] = ()

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value into the prescribed values of the side; see :meth:`Change.apply`.

        Raises:
            ConditionError: No condition prescribes the field on the side.
        """
        if self.block not in problem.layout:
            return  # the equations do not contain the field
        values = problem.wall_values.get((self.block, self.side))
        if values is None:
            sides = [side for block, side in problem.wall_values if block == self.block]
            raise ConditionError(
                f"the protocol changes the {plain_name(self.block)} of side {self.side!r}, but no "
                "condition prescribes it there",
                nearest(self.side, sides),
            )
        values.x.array[:] = self.time_function.value(t, since) - problem.references[self.block]


@dataclass(frozen=True)
class WallProfile(_Driven):
    """A factor on the departures of a temperature that varies along a side from a uniform one.

    The temperature is rest + factor (profile - rest).

    Args:
        side: Name of the side, which must have a condition that prescribes its temperature.
        profile: Temperature at factor 1, K, as a function of the coordinates.
        rest: Temperature at factor 0, K.
        time_function: The factor as a function of time.
    """

    side: str
    profile: Profile
    rest: float
    time_function: TimeFunction
    of_gravity: ClassVar[bool] = False
    parameters: ClassVar[tuple[str, ...]] = ()

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the temperatures into the values of the side; see :meth:`Change.apply`."""
        if "theta" not in problem.layout:
            return  # the equations do not contain the temperature
        factor, level = self.time_function.value(t, since), problem.references["theta"]
        problem.wall_values["theta", self.side].interpolate(
            lambda x: self.rest - level + factor * (self.profile(x) - self.rest)
        )


@dataclass(frozen=True)
class GravityDirection(_Driven):
    """A rotation of gravity, as in a rotating cell: up(t) = cos(angle) up + sin(angle) aside.

    Args:
        up: Unit vector against gravity at angle 0, shape (dim,).
        aside: Unit vector perpendicular to ``up`` towards which gravity's reverse rotates, shape
            (dim,).
        time_function: Angle, degrees, as a function of time.
    """

    up: tuple[float, ...]
    aside: tuple[float, ...]
    time_function: TimeFunction
    of_gravity: ClassVar[bool] = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """The components of the unit vector against gravity."""
        return tuple(up_component(i) for i in range(len(self.up)))

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the direction into the problem's parameters; see :meth:`Change.apply`."""
        angle = math.radians(self.time_function.value(t, since))
        up = math.cos(angle) * np.asarray(self.up) + math.sin(angle) * np.asarray(self.aside)
        for name, component in zip(self.parameters, up, strict=True):
            problem.parameters[name].value = float(component)


@dataclass(frozen=True)
class ParameterChange(_Driven):
    """A change of a named parameter of the problem, such as the magnitude of gravity.

    Args:
        name: Name of the parameter in :attr:`Problem.parameters`.
        time_function: Value of the parameter as a function of time, in SI units.
    """

    name: str
    time_function: TimeFunction

    @property
    def of_gravity(self) -> bool:
        """Whether the parameter is the magnitude of gravity."""
        return self.name == GRAVITY

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameter."""
        return (self.name,)

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write the value into the parameter; see :meth:`Change.apply`.

        Raises:
            ConditionError: The problem has no parameter of this name.
        """
        if self.name not in problem.parameters:
            raise ConditionError(
                f"the protocol changes {self.name!r}, which is not a parameter of the problem",
                nearest(self.name, problem.parameters),
            )
        problem.parameters[self.name].value = self.time_function.value(t, since)


@dataclass(frozen=True)
class Protocol:
    """All changes during an experiment.

    Args:
        changes: The changes; empty if walls and gravity are constant.
    """

    changes: tuple[Change, ...] = ()

    @property
    def breaks(self) -> tuple[float, ...]:
        """Times at which any quantity may jump or have a kink, s, in ascending order."""
        return tuple(sorted({time for change in self.changes for time in change.breaks}))

    def is_constant(self, since: float) -> bool:
        """Return whether nothing changes from the time ``since``, s, to the next break."""
        return all(change.is_constant(since) for change in self.changes)

    def apply(self, problem: Problem, t: float, since: float) -> None:
        """Write all values at time t into a problem.

        Args:
            problem: The problem to change.
            t: Time, s.
            since: Start of the time step that contains t, s.
        """
        for change in self.changes:
            change.apply(problem, t, since)

    def initial_temperatures(self) -> dict[str, float]:
        """Return the temperatures of walls and surroundings before the first change.

        Returns:
            Name of the side, or of the parameter such as ``conditions.0.T_outside`` -> temperature,
            K; for quantities that change only.
        """
        temperatures = {}
        for change in self.changes:
            match change:
                case WallValue(block="theta"):
                    temperatures[change.side] = change.time_function.value(0.0, -math.inf)
                case WallProfile() if not change.time_function.value(0.0, -math.inf):
                    temperatures[change.side] = change.rest
                case ParameterChange() if change.name.endswith(".T_outside"):
                    temperatures[change.name] = change.time_function.value(0.0, -math.inf)
        return temperatures

    def without_gravity(self) -> Protocol:
        """Return a copy of the protocol without changes of gravity."""
        return Protocol(tuple(change for change in self.changes if not change.of_gravity))

    def __bool__(self) -> bool:
        return bool(self.changes)


GRAVITY = "gravity.magnitude"
"""Name of the parameter |g|, m/s2, for a :class:`ParameterChange`; negative values reverse gravity.
"""


def up_component(i: int) -> str:
    """Return the name of the parameter that is a component of the unit vector against gravity.

    Args:
        i: Number of the component, counted from 0.
    """
    return f"gravity.up.{i}"


def power_factor(source: int) -> str:
    """Return the name of the parameter that is a factor on the power of a heat source.

    Args:
        source: Number of the source, counted from 0.
    """
    return f"heat_sources.{source}.factor"


UNCHANGED = Protocol()
"""A protocol without changes."""
