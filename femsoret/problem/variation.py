"""Variations: how a problem changes with an unknown that is no parameter of its own.

A tilt turns gravity, whose components are parameters; an error of a thermostat moves values that
are prescribed on a wall, or the course of these values in time. A :class:`Setting` holds all values
that such unknowns change, at given values of the unknowns. Two settings on either side of a value
are a :class:`Variation`, from which derivatives by the unknown are taken as central differences of
*settings*: parameters depend on unknowns linearly or nearly so, and all else follows from exact
derivatives by the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.problem.problem import Problem
from femsoret.problem.protocol import UNCHANGED, Change, Protocol

Walls = Mapping[tuple[str, str], Array]
"""(field, side) -> values prescribed there, as in :attr:`Problem.wall_values`."""


@dataclass(frozen=True, eq=False)
class Setting:
    """The values of a problem that unknowns change.

    Args:
        parameters: Name of a parameter of the problem -> its value.
        walls: (field, side) -> values prescribed there, as deviations, shape (local dofs,).
        protocol: Changes with time, which are applied after these values.
    """

    parameters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    walls: Walls = field(default_factory=lambda: MappingProxyType({}))
    protocol: Protocol = UNCHANGED

    def apply(self, problem: Problem, t: float = 0.0, since: float = 0.0) -> None:
        """Write all values at time t into a problem.

        Args:
            problem: The problem to change.
            t: Time, s.
            since: Start of the time step that contains t, s.
        """
        for name, value in self.parameters.items():
            problem.parameters[name].value = value
        for key, values in self.walls.items():
            problem.wall_values[key].x.array[:] = values
        self.protocol.apply(problem, t, since)

    @property
    def touched(self) -> frozenset[str]:
        """Names of the parameters that are written."""
        driven = (change.parameters for change in self.protocol.changes)
        return frozenset(self.parameters).union(*driven)


@dataclass(frozen=True, eq=False)
class Variation:
    """Two settings on either side of the value of an unknown.

    Args:
        lower: Setting at the value less half of the difference.
        upper: Setting at the value plus half of the difference.
        between: Difference of the two values, in the unit of the unknown.

    Raises:
        CaseError: The difference is not positive, or the protocols have different breaks.
    """

    lower: Setting
    upper: Setting
    between: float

    def __post_init__(self) -> None:
        if not self.between > 0.0:
            raise CaseError(
                f"a variation between values that differ by {self.between:g}",
                "give a positive difference",
            )
        if self.lower.protocol.breaks != self.upper.protocol.breaks:
            raise CaseError(
                "an unknown moves the times at which conditions jump or change their slope, and "
                "steps end at these times",
                "vary values, not times; a shift of all times is that of the clock of the data",
            )

    @classmethod
    def around(cls, setting: Callable[[float], Setting], value: float, step: float) -> Variation:
        """Return the variation about a value.

        Args:
            setting: The setting as a function of the value of the unknown.
            value: The value.
            step: Half of the difference of the two values.
        """
        return cls(setting(value - step), setting(value + step), 2.0 * step)

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the parameters that may differ between the two settings."""
        lower, upper = self.lower, self.upper
        given = {
            name
            for name in {*lower.parameters, *upper.parameters}
            if lower.parameters.get(name) != upper.parameters.get(name)
        }
        return frozenset(given).union(*(change.parameters for change in self._changes()))

    def _changes(self) -> tuple[Change, ...]:
        """Return the changes with time that differ between the two settings."""
        lower, upper = self.lower.protocol.changes, self.upper.protocol.changes
        return tuple(
            change for change in (*lower, *upper) if (change in lower) != (change in upper)
        )

    @property
    def moves_walls(self) -> bool:
        """Whether values that are prescribed on walls differ, in time or from the start."""
        lower, upper = self.lower.walls, self.upper.walls
        # By identity: ranks that hold no node of a wall must come to the same answer.
        given = any(lower.get(key) is not upper.get(key) for key in {*lower, *upper})
        return given or any(not change.parameters for change in self._changes())
