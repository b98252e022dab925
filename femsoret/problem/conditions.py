"""Boundary conditions: objects that apply themselves to a problem.

A side that no condition names is a wall: no-slip, insulated and closed. Insulated and closed are
natural conditions of the *total* fluxes q.n = 0 and j.n = 0; they add nothing to the forms and
exist so that a script can say what it means.

A condition may hold fields at values and add a term to the equations, both at once: where a side
lies in a coordinate plane free slip holds one component of the velocity, elsewhere it is a term.

Sides are given by name, ``("left", "right")`` or just ``"left"``, or as "all": every side for which
no other condition says more.

A value is a number or, for temperatures and compositions, a function of the coordinates
``f(x) -> array`` with x of shape (3, n), as in DOLFINx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.physics.closures import Mixture, State
from femsoret.physics.forms.wall import Wall, impermeable
from femsoret.problem.layout import block_of, composition, plain_name

if TYPE_CHECKING:
    from dolfinx.fem import DirichletBC

    from femsoret.cells import Cell
    from femsoret.problem import Problem

Value = float | Callable[[Any], Any]

_HEAT = "theta"


class Condition(Protocol):
    """What a problem asks of a condition."""

    @property
    def sides(self) -> tuple[str, ...]:
        """Names of the sides that it holds on; "all" for every side."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The blocks that it determines: "u", "theta", compositions; of others it may make use."""

    @property
    def fixes_level(self) -> bool:
        """Whether it fixes the level of its fields, so that nothing is left to pin."""

    @property
    def essential(self) -> bool:
        """Whether it holds its fields at values of its own, on some sides at least."""

    @property
    def unbound(self) -> tuple[str, ...]:
        """Names of its numbers that are no parameters of the problem, because no term has them.

        All others are bound to the constants ``conditions.i.name``.
        """

    def on(self, sides: tuple[str, ...]) -> Condition:
        """Return the same condition on other sides."""

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return the temperature that it gives to a side, K; None if it gives none.

        The hot and the cold side of a cell, and with them its axis and its gap, are told by this.
        """

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Return what it holds on its sides: blocks and their values.

        It is asked where the problem solves for one of its fields; of several it holds those only
        that are in ``problem.layout``.
        """

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Any:
        """Return what it adds to the residual on one of its sides, a UFL form, or None.

        Args:
            s: Fields.
            v: Test functions.
            m: Mixture, its numbers bound to constants, as this condition's are.
            wall: The side.
        """


@dataclass(frozen=True)
class _OnSides:
    """Sides, and the answers of a condition that neither fixes nor adds anything.

    Args:
        sides: Names of the sides; a single name may be given as it is.
    """

    sides: tuple[str, ...]
    essential: ClassVar[bool] = False
    unbound: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        sides = (self.sides,) if isinstance(self.sides, str) else tuple(self.sides)
        if not sides:
            raise ConditionError(
                f"{type(self).__name__} on no side", 'name its sides, or give "all"'
            )
        if "all" in sides and len(sides) > 1:
            raise ConditionError(
                f'{type(self).__name__}: "all" stands beside other sides',
                'either "all" or names of sides',
            )
        object.__setattr__(self, "sides", sides)

    def on(self, sides: tuple[str, ...]) -> Any:
        """Return the same condition on other sides."""
        return replace(self, sides=sides)

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return no temperature."""
        return None

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Return no Dirichlet condition."""
        return []

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Any:
        """Return no boundary term."""
        return None


@dataclass(frozen=True)
class Temperature(_OnSides):
    """A wall at given temperature, K."""

    value: Value
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = True
    unbound: ClassVar[tuple[str, ...]] = ("value",)

    def temperature(self, cell: Cell, side: str) -> float:
        """Return its value, or the one at the centre of the side where it varies."""
        if callable(self.value):
            x = np.zeros((3, 1))
            x[: cell.dim, 0] = cell.centroid(side)
            return float(np.mean(self.value(x)))
        return float(self.value)

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Fix theta = T - T0 on the sides."""
        return problem.fix_scalar("theta", self.sides, self.value, problem.mixture.T0)


@dataclass(frozen=True)
class Composition(_OnSides):
    """A wall at given mass fraction of one species, 0 to 1."""

    value: Value
    species: int = 0
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = True
    unbound: ClassVar[tuple[str, ...]] = ("value", "species")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.value) and not 0.0 <= self.value <= 1.0:
            raise ConditionError(
                f"Composition on {', '.join(self.sides)}: the mass fraction {self.value:g} is "
                "outside 0..1",
                "60 % is 0.6",
            )

    @property
    def fields(self) -> tuple[str, ...]:
        """The block of its species."""
        return (composition(self.species),)

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Fix gamma = c - c0 on the sides."""
        c0 = problem.mixture.species[self.species].c0
        return problem.fix_scalar(self.fields[0], self.sides, self.value, c0)


@dataclass(frozen=True)
class HeatFlux(_OnSides):
    """A wall through which a given heat flux enters, W/m2 (positive: into the cell)."""

    value: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = False

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Any:
        """Return (q.n) s with q.n = -value."""
        return -self.value * v.theta * wall.ds


@dataclass(frozen=True)
class Robin(_OnSides):
    """A wall that loses heat to surroundings: q.n = h (T - T_outside).

    Args:
        sides: Names of the sides.
        h: Heat transfer coefficient, W/(m2 K).
        T_outside: Temperature of the surroundings, K.
    """

    h: float
    T_outside: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return the temperature of the surroundings."""
        return self.T_outside

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Any:
        """Return h (T - T_outside) s."""
        return self.h * (m.T0 + s.theta - self.T_outside) * v.theta * wall.ds


@dataclass(frozen=True)
class Ambient(Robin):
    """A wall that exchanges heat with the room: a Robin condition that drives no experiment.

    However warm or cold the room is, such a wall is neither the hot nor the cold side of the cell.
    """

    def temperature(self, cell: Cell, side: str) -> None:
        """Return no temperature."""
        return


@dataclass(frozen=True)
class Insulated(_OnSides):
    """A wall without heat flux, q.n = 0 (the natural condition)."""

    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = False


@dataclass(frozen=True)
class Closed(_OnSides):
    """An impermeable wall, j.n = 0 (the natural condition: total flux, not grad c)."""

    species: int = 0
    fixes_level: ClassVar[bool] = False
    unbound: ClassVar[tuple[str, ...]] = ("species",)

    @property
    def fields(self) -> tuple[str, ...]:
        """The block of its species."""
        return (composition(self.species),)


@dataclass(frozen=True)
class NoSlip(_OnSides):
    """A wall at rest, u = 0."""

    fields: ClassVar[tuple[str, ...]] = ("u",)
    fixes_level: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Fix u = 0 on the sides."""
        return problem.fix_velocity(self.sides, component=None)


@dataclass(frozen=True)
class FreeSlip(_OnSides):
    """A wall without friction, or a plane of symmetry: u.n = 0, no tangential stress.

    On a side in a coordinate plane one component of the velocity is held at zero. On any other,
    inclined or curved, u.n = 0 is a term of the equations: Nitsche's method.

    Args:
        sides: Names of the sides.
        weakly: Whether it is a term on sides in coordinate planes, too.
    """

    weakly: bool = False
    fields: ClassVar[tuple[str, ...]] = ("u",)
    fixes_level: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    def dirichlet(self, problem: Problem) -> list[tuple[str, DirichletBC]]:
        """Fix the normal velocity component on sides in coordinate planes."""
        planes = {side: problem.cell.plane(side) for side in self.sides}
        return [
            held
            for side, component in planes.items()
            if component is not None and not self.weakly
            for held in problem.fix_velocity((side,), component=component)
        ]

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Any:
        """Return what keeps the fluid from passing any other side."""
        if wall.plane is not None and not self.weakly:
            return None
        return impermeable(s, v, m, wall)


def sides_with_values(conditions: Iterable[Condition], field: str) -> tuple[str, ...]:
    """Return the sides that hold a field at given values, or any field of a block.

    Args:
        conditions: The conditions.
        field: Name of a field or of a block.
    """
    return tuple(
        side
        for condition in conditions
        if condition.essential and any(field in {held, block_of(held)} for held in condition.fields)
        for side in condition.sides
    )


def resolve(conditions: Iterable[Condition], cell: Cell) -> tuple[Condition, ...]:
    """Return the conditions where they hold: "all" spelled out, walls added where nothing was said.

    A condition on "all" is a default: a condition that names a side takes precedence there. Those
    of the temperature hold where the mesh ends (see :meth:`femsoret.cells.Cell.thermal_sides`),
    those of velocity and composition at the walls of the fluid.

    Args:
        conditions: As the user gave them.
        cell: The cell.

    Raises:
        ConditionError: Two conditions determine one field on one side, or one for more than the
            temperature names an outside of a solid.
    """
    named: list[Condition] = []
    spread: list[Condition] = []
    taken: dict[tuple[str, str], Condition] = {}
    for condition in conditions:
        for side in condition.sides:
            for field in condition.fields:
                if (side, field) in taken:
                    raise _twice(condition, taken[side, field], side, field)
                taken[side, field] = condition
        (spread if condition.sides == ("all",) else named).append(condition)
    explicit = {side for side, field in taken if field == _HEAT}
    placed = [
        condition.on(_thermal_sides(condition, cell, explicit))
        if _only_heat(condition)
        else _in_fluid(condition, cell)
        for condition in named
    ]
    held = {
        (side, field)
        for condition in placed
        for side in condition.sides
        for field in condition.fields
    }
    for default in (*spread, NoSlip(("all",))):
        sides = cell.exterior_sides if _only_heat(default) else cell.fluid_sides
        rest = tuple(s for s in sides if not any((s, field) in held for field in default.fields))
        if rest:
            placed.append(default.on(rest))
            held |= {(side, field) for side in rest for field in default.fields}
    return tuple(placed)


def _only_heat(condition: Condition) -> bool:
    """Whether a condition is one for the temperature alone, which goes on through solids."""
    return condition.fields == (_HEAT,)


def _thermal_sides(condition: Condition, cell: Cell, explicit: set[str]) -> tuple[str, ...]:
    """Return where a condition for the temperature holds, but for sides that others name."""
    found = [
        there
        for side in condition.sides
        for there in cell.thermal_sides(side)
        if there == side or there not in explicit
    ]
    return tuple(dict.fromkeys(found))


def _in_fluid(condition: Condition, cell: Cell) -> Condition:
    """Return a condition for velocity or composition, if it is at walls of the fluid."""
    for side in condition.sides:
        if side in cell.walls.outside:
            raise ConditionError(
                f"{type(condition).__name__} on {side!r}, where there is no fluid",
                "name a wall of the fluid: " + ", ".join(cell.fluid_sides),
            )
    return condition


def _twice(first: Condition, second: Condition, side: str, field: str) -> ConditionError:
    kinds = sorted({type(first).__name__, type(second).__name__})
    return ConditionError(
        f"side {side!r} has two conditions for the {plain_name(field)}: {' and '.join(kinds)}",
        "keep one of them",
    )
