"""Boundary conditions: objects that apply themselves to a problem.

A side that no condition names is a wall: no-slip, insulated and closed. Insulated and closed are
natural conditions of the *total* fluxes q.n = 0 and j.n = 0; they add nothing to the forms and
exist so that a script can say what it means.

A condition may fix fields at given values and add a term to the equations, both at once: where a
side lies in a coordinate plane free slip fixes one component of the velocity, elsewhere it is a
term.

Sides are given by name, ``("left", "right")`` or just ``"left"``, or as "all": every side that no
other condition for the same field names.

A value is a number or, for temperatures and compositions, a function of the coordinates
``f(x) -> array`` with x of shape (3, n), as in DOLFINx.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np

from femsoret.base.errors import CaseError, ConditionError
from femsoret.base.types import Form
from femsoret.cells import Cell
from femsoret.cells.geometry import FREE, least_crossing
from femsoret.physics.closures import Mixture, State
from femsoret.physics.forms.wall import Wall, impermeable
from femsoret.problem.blocks import BlockCondition, Blocks, GivenValue
from femsoret.problem.discretisation import Discretisation
from femsoret.problem.layout import block_of, composition, plain_name, species_of

_HEAT = "theta"


class Condition(Protocol):
    """What a problem asks of a condition."""

    @property
    def sides(self) -> tuple[str, ...]:
        """Names of the sides where it holds; "all" for every side."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it determines: "u", "theta", compositions. Its term may use others."""

    @property
    def fixes_level(self) -> bool:
        """Whether it fixes the level of its fields, so that no functional row is needed."""

    @property
    def essential(self) -> bool:
        """Whether it fixes its fields at given values, on some sides at least."""

    @property
    def unbound(self) -> tuple[str, ...]:
        """Names of its numbers that are no parameters of the problem, because no term has them.

        All others are bound to the constants ``conditions.i.name``.
        """

    def on(self, sides: tuple[str, ...]) -> Condition:
        """Return the same condition on other sides."""

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return the temperature that it gives to a side, K; None if it gives none.

        These temperatures determine the hot and the cold side of a cell, its axis and its gap.
        """

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet conditions on its sides; collective.

        A problem calls this if it solves for one of the fields; a condition for several fields
        returns only what is in ``blocks.layout``.
        """

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return what it adds to the residual on one of its sides, or None.

        Args:
            s: Fields.
            v: Test functions.
            m: Mixture, its numbers bound to constants, as this condition's are.
            wall: The side.
        """


@dataclass(frozen=True)
class SideCondition:
    """A condition on sides that fixes nothing and adds nothing; base class of all conditions.

    Args:
        sides: Names of the sides; a single name may be given without a tuple.

    Raises:
        ConditionError: No side is named, or "all" beside other sides.
    """

    sides: tuple[str, ...]
    fixes_level: ClassVar[bool] = False
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

    def on(self, sides: tuple[str, ...]) -> Self:
        """Return the same condition on other sides."""
        return replace(self, sides=sides)

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return no temperature."""
        return None

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return no Dirichlet condition."""
        return []

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return no boundary term."""
        return None


@dataclass(frozen=True)
class Temperature(SideCondition):
    """A wall at a given temperature.

    Args:
        sides: Names of the sides.
        value: The temperature, K: a number, or a function of the coordinates.
    """

    value: GivenValue
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = True
    unbound: ClassVar[tuple[str, ...]] = ("value",)

    def temperature(self, cell: Cell, side: str) -> float:
        """Return the temperature, K; the one at the centre of the side if it varies."""
        if callable(self.value):
            x = np.zeros((3, 1))
            x[: cell.dim, 0] = cell.centroid(side)
            return float(np.mean(self.value(x)))
        return float(self.value)

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the condition theta = T - T0 on the sides."""
        return blocks.fix_scalar("theta", self.sides, self.value)


@dataclass(frozen=True)
class Composition(SideCondition):
    """A wall at a given mass fraction of one species.

    Args:
        sides: Names of the sides.
        value: The mass fraction, 0 to 1: a number, or a function of the coordinates.
        species: Index of the species.

    Raises:
        ConditionError: The mass fraction is not between 0 and 1.
    """

    value: GivenValue
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
        """The composition of its species."""
        return (composition(self.species),)

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the condition gamma = c - c0 on the sides."""
        return blocks.fix_scalar(self.fields[0], self.sides, self.value)


@dataclass(frozen=True)
class HeatFlux(SideCondition):
    """A wall through which a given heat flux enters.

    Args:
        sides: Names of the sides.
        value: Heat flux into the cell, W/m2.
    """

    value: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return (q.n) s with q.n = -value."""
        return -self.value * v.theta * wall.ds


@dataclass(frozen=True)
class Robin(SideCondition):
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
        """Return the temperature of the surroundings, K."""
        return self.T_outside

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
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
class Insulated(SideCondition):
    """A wall without heat flux, q.n = 0 (the natural condition)."""

    fields: ClassVar[tuple[str, ...]] = ("theta",)


@dataclass(frozen=True)
class Closed(SideCondition):
    """An impermeable wall, j.n = 0 (the natural condition: total flux, not grad c).

    Args:
        sides: Names of the sides.
        species: Index of the species.
    """

    species: int = 0
    unbound: ClassVar[tuple[str, ...]] = ("species",)

    @property
    def fields(self) -> tuple[str, ...]:
        """The composition of its species."""
        return (composition(self.species),)


@dataclass(frozen=True)
class NoSlip(SideCondition):
    """A wall at rest, u = 0."""

    fields: ClassVar[tuple[str, ...]] = ("u",)
    essential: ClassVar[bool] = True

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the condition u = 0 on the sides."""
        return blocks.fix_velocity(self.sides, component=None)


@dataclass(frozen=True)
class FreeSlip(SideCondition):
    """A wall without friction, or a plane of symmetry: u.n = 0, no tangential stress.

    On a side in a coordinate plane one component of the velocity is fixed at zero. On any other,
    inclined or curved, u.n = 0 is a term of the equations: Nitsche's method.

    Args:
        sides: Names of the sides.
        weakly: Whether it is a term on sides in coordinate planes too.
    """

    weakly: bool = False
    fields: ClassVar[tuple[str, ...]] = ("u",)
    essential: ClassVar[bool] = True

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the condition u.n = 0 on sides in coordinate planes."""
        planes = {side: blocks.cell.plane(side) for side in self.sides}
        return [
            fixed
            for side, component in planes.items()
            if component is not None and not self.weakly
            for fixed in blocks.fix_velocity((side,), component=component)
        ]

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return the term of u.n = 0 on any other side."""
        if wall.plane is not None and not self.weakly:
            return None
        return impermeable(s, v, m, wall)


def sides_with_values(conditions: Iterable[Condition], field: str) -> tuple[str, ...]:
    """Return the sides on which conditions fix a field at given values, or any field of a block.

    Args:
        conditions: The conditions.
        field: Name of a field or of a block.
    """
    return tuple(
        side
        for condition in conditions
        if condition.essential and any(field in {own, block_of(own)} for own in condition.fields)
        for side in condition.sides
    )


def resolve(conditions: Iterable[Condition], cell: Cell) -> tuple[Condition, ...]:
    """Return the conditions with the sides where they hold, and no-slip walls on all other sides.

    A condition on "all" is a default: a condition that names a side takes precedence there.
    Conditions for the temperature hold where the mesh ends (see
    :meth:`femsoret.cells.Cell.thermal_sides`), those for velocity and composition at the walls of
    the fluid.

    Args:
        conditions: Conditions as the user gave them.
        cell: The cell.

    Raises:
        ConditionError: Two conditions determine one field on one side, or a condition for velocity
            or composition names an outside of a solid.
    """
    named: list[Condition] = []
    defaults: list[Condition] = []
    taken: dict[tuple[str, str], Condition] = {}
    for condition in conditions:
        for side in condition.sides:
            for field in condition.fields:
                if (side, field) in taken:
                    raise _twice(condition, taken[side, field], side, field)
                taken[side, field] = condition
        (defaults if condition.sides == ("all",) else named).append(condition)
    explicit = {side for side, field in taken if field == _HEAT}
    placed = [
        condition.on(_thermal_sides(condition, cell, explicit))
        if _only_heat(condition)
        else _in_fluid(condition, cell)
        for condition in named
    ]
    covered = {
        (side, field)
        for condition in placed
        for side in condition.sides
        for field in condition.fields
    }
    for default in (*defaults, NoSlip(("all",))):
        sides = cell.exterior_sides if _only_heat(default) else cell.fluid_sides
        rest = tuple(s for s in sides if not any((s, field) in covered for field in default.fields))
        if rest:
            placed.append(default.on(rest))
            covered |= {(side, field) for side in rest for field in default.fields}
    return tuple(placed)


def _only_heat(condition: Condition) -> bool:
    """Return whether a condition is for the temperature alone, which goes on through solids."""
    return condition.fields == (_HEAT,)


def _thermal_sides(condition: Condition, cell: Cell, explicit: set[str]) -> tuple[str, ...]:
    """Return where a condition for the temperature holds, without sides that others name."""
    sides = [
        outside
        for side in condition.sides
        for outside in cell.thermal_sides(side)
        if outside == side or outside not in explicit
    ]
    return tuple(dict.fromkeys(sides))


def _in_fluid(condition: Condition, cell: Cell) -> Condition:
    """Return a condition for velocity or composition, if its sides are walls of the fluid."""
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


# -- checks ----------------------------------------------------------------------------------------


def check_fields(condition: Condition, species: int) -> None:
    """Refuse a condition for a species that the mixture does not have.

    Conditions for fields that the equations leave out are dropped; this one would be dropped too.

    Raises:
        ConditionError: The mixture has no such species.
    """
    allowed = ("u", _HEAT, *map(composition, range(species)))
    for field in condition.fields:
        if field not in allowed:
            raise ConditionError(
                f"{type(condition).__name__} on {', '.join(condition.sides)}: the mixture has no "
                f"species {species_of(field)}",
                f"species are counted from 0; allowed: {', '.join(map(str, range(species)))}"
                if species
                else "this is a pure fluid, without composition",
            )


def check_temperature(conditions: Iterable[Condition], cell: Cell) -> None:
    """Refuse a mesh, or a piece of one, whose temperature nothing fixes.

    Args:
        conditions: The conditions, resolved.
        cell: The cell.

    Raises:
        ConditionError: Nothing fixes the temperature of the mesh, or of one of its pieces.
    """
    fixing = [c for c in conditions if c.fixes_level and _HEAT in c.fields]
    if not fixing:
        raise ConditionError(
            "no temperature is fixed anywhere",
            "give at least one side a Temperature or a Robin condition",
        )
    fixed = {piece for c in fixing for side in c.sides for piece in cell.pieces_at(side)}
    pieces, loose = cell.pieces[0], cell.pieces[0] - len(fixed)
    if loose:
        raise ConditionError(
            f"the mesh is in {pieces} pieces that touch nowhere, and no temperature is fixed "
            f"at {loose} of them",
            "give each a side with a Temperature or a Robin condition, or join the pieces "
            "(Coherence in gmsh)",
        )


def check_free_slip(
    conditions: Iterable[Condition],
    cell: Cell,
    discretisation: Discretisation,
    up: Sequence[float],
) -> None:
    """Refuse free slip that leaves the flow undetermined, or that the discretisation cannot take.

    In 3D round walls without friction let the fluid turn about the vertical. On meshes where
    velocities have no divergence at any point, flow through one wall would be made up for by flow
    through another, and a cell at rest would not rest.

    Args:
        conditions: The conditions, resolved.
        cell: The cell.
        discretisation: How flow is discretised.
        up: Unit vector against gravity, shape (dim,).

    Raises:
        CaseError: The discretisation needs the velocity fixed at every point of a wall.
        ConditionError: The fluid could turn like a solid body for ever.
    """
    slip = [(c, side) for c in conditions if isinstance(c, FreeSlip) for side in c.sides]
    if discretisation.alfeld:
        for condition, side in slip:
            if condition.weakly or cell.plane(side) is None:
                raise CaseError(
                    f"with the discretisation {discretisation.name!r} walls have to hold "
                    f"the velocity at every point; free slip on side {side!r}, which is "
                    "imposed weakly, holds it on average",
                    "take 'well-balanced', the default",
                )
    if not slip or cell.dim < 3:
        return
    slipping = {side for _, side in slip}
    for part in range(len(cell.parts)):
        walls = [side for side in cell.fluid_sides if part in cell.parts_at(side)]
        if slipping.issuperset(walls) and least_crossing(cell, walls, up) < FREE:
            raise ConditionError(
                f"free slip on all of {', '.join(walls)}, which are round about the vertical: the "
                "fluid may turn there like a solid body for ever, and no state is the only one",
                "give one of them NoSlip",
            )
