"""Boundary conditions: objects that add Dirichlet values and boundary terms to a problem.

A side without any condition is a no-slip, insulated and impermeable wall. :class:`Insulated` and
:class:`Closed` are natural conditions on the *total* fluxes, q.n = 0 and j.n = 0; they add nothing
to the forms and exist so that scripts can be explicit.

A condition may both prescribe values of fields and add a term to the equations. Free slip, for
example, sets one component of the velocity to zero on sides in a coordinate plane, and adds a term
on all other sides.

Sides are given by name, as ``("left", "right")`` or ``"left"``. "all" denotes every side that is
not named by another condition for the same field.

A value is a number or, for temperatures and compositions, a function of the coordinates
``f(x) -> array`` with x of shape (3, n), m, and a result of shape (n,), as in DOLFINx.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import ufl

from femsoret.base.errors import CaseError, ConditionError
from femsoret.base.profiles import Changed
from femsoret.base.types import Expr, Form
from femsoret.cells import Cell
from femsoret.cells.along import along
from femsoret.cells.sides import FREE, least_crossing
from femsoret.physics.closures import Mixture, State
from femsoret.physics.forms.wall import Wall, impermeable, slipping
from femsoret.problem.blocks import BlockCondition, Blocks, GivenValue
from femsoret.problem.discretisation import Discretisation
from femsoret.problem.layout import block_of, composition, plain_name, species_of

_HEAT = "theta"

Change = Callable[[Any], Any]
"""A function of a temperature, K, that takes numbers and arrays."""


class Condition(Protocol):
    """Interface of boundary conditions."""

    @property
    def sides(self) -> tuple[str, ...]:
        """Names of the sides to which the condition applies, or ("all",)."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields for which this is a condition: "u", "theta", compositions or "zeta".

        Its boundary term may also depend on other fields.
        """

    @property
    def fixes_level(self) -> bool:
        """Whether it fixes the level of its fields, which then need no functional row."""

    @property
    def essential(self) -> bool:
        """Whether the condition prescribes values of its fields, at least on some of its sides."""

    @property
    def unbound(self) -> tuple[str, ...]:
        """Names of numeric attributes that are not parameters of the problem.

        They occur in no boundary term. All other numeric attributes become the constants
        ``conditions.i.name`` of the problem.
        """

    def on(self, sides: tuple[str, ...]) -> Condition:
        """Return the same condition on other sides."""

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return the temperature, K, that the condition imposes on a side, or None.

        These temperatures determine the hot and the cold side of a cell, its axis and its gap.

        Args:
            cell: The cell.
            side: Name of the side.
        """

    def with_temperatures(self, change: Change) -> Condition:
        """Return the condition with the temperatures that drive the cell changed, if it has any.

        Args:
            change: Function of a temperature, K.
        """

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return the condition that replaces this one in the ideal cell of an audit.

        Args:
            at_plate: Whether its sides are those of the plates whose temperatures drive the cell.

        Raises:
            CaseError: No such condition is known.
        """

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet conditions on the condition's sides; collective.

        A problem calls this method if it solves for at least one of the condition's fields.

        Args:
            blocks: The unknowns. Fields that are not in ``blocks.layout`` must be left out.
        """

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return the term that the condition adds to the residual on one side, or None.

        Args:
            s: Fields.
            v: Test functions.
            m: Mixture whose numbers are replaced by constants, like those of this condition.
            wall: Measure and geometry of the side.
        """


@dataclass(frozen=True)
class SideCondition:
    """Base class of all conditions, which prescribes no values and adds no term.

    Args:
        sides: Names of the sides, or "all"; a single name need not be in a tuple.

    Raises:
        ConditionError: No side is named, or "all" is combined with other sides.
    """

    sides: tuple[str, ...]
    fixes_level: ClassVar[bool] = False
    essential: ClassVar[bool] = False
    unbound: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        sides = (self.sides,) if isinstance(self.sides, str) else tuple(self.sides)
        if not sides:
            raise ConditionError(
                f"the condition {type(self).__name__} has no sides", 'name its sides, or give "all"'
            )
        if "all" in sides and len(sides) > 1:
            raise ConditionError(
                f'the condition {type(self).__name__} combines "all" with other sides',
                'give either "all" or names of sides',
            )
        object.__setattr__(self, "sides", sides)

    @property
    def fields(self) -> tuple[str, ...]:
        """No fields; a condition names its own."""
        return ()

    def on(self, sides: tuple[str, ...]) -> Self:
        """Return the same condition on other sides."""
        return replace(self, sides=sides)

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return None: the condition imposes no temperature."""
        return None

    def with_temperatures(self, change: Change) -> Self:
        """Return the same condition: it has no temperature."""
        return self

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return the same condition if it is none for the temperature."""
        if _HEAT not in self.fields:
            return self
        raise CaseError(
            f"{type(self).__name__} on {', '.join(self.sides)}: no condition is known that "
            "replaces this one in the ideal cell of an audit",
            "audit a cell whose thermal conditions are temperatures, heat fluxes and heat "
            "transfer coefficients",
        )

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return an empty list: the condition prescribes no values."""
        return []

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return None: the condition adds no boundary term."""
        return None


@dataclass(frozen=True)
class Temperature(SideCondition):
    """A wall at a given temperature.

    Args:
        sides: Names of the sides, or "all".
        value: Temperature, K: a number, or a function of the coordinates.
    """

    value: GivenValue
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = True
    unbound: ClassVar[tuple[str, ...]] = ("value",)

    def temperature(self, cell: Cell, side: str) -> float:
        """Return the temperature, K; if it varies, its mean over the side."""
        if callable(self.value):
            return along(cell, side, self.value).mean
        return float(self.value)

    def with_temperatures(self, change: Change) -> Self:
        """Return the condition with the imposed temperature changed, everywhere if it varies."""
        if callable(self.value):
            return replace(self, value=Changed(self.value, change))
        return replace(self, value=change(self.value))

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return the same condition."""
        return self

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet condition theta = T - T0 on the sides."""
        return blocks.fix_scalar("theta", self.sides, self.value)


@dataclass(frozen=True)
class Composition(SideCondition):
    """A wall at a given mass fraction of one species.

    Args:
        sides: Names of the sides, or "all".
        value: Mass fraction, 0 to 1: a number, or a function of the coordinates.
        species: Index of the species, counted from 0.

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
                "give a fraction, such as 0.6 for 60 %",
            )

    @property
    def fields(self) -> tuple[str, ...]:
        """The composition of the species."""
        return (composition(self.species),)

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet condition gamma = c - c0 on the sides."""
        return blocks.fix_scalar(self.fields[0], self.sides, self.value)


@dataclass(frozen=True)
class HeatFlux(SideCondition):
    """A wall with a given heat flux.

    At an interface with a solid that has no outside of its name, such as the surface of a particle,
    the heat is released between the two: q.n is larger by the flux on the side of the fluid than
    on that of the solid. Behind other interfaces it enters through the outside of the solid.

    Args:
        sides: Names of the sides, or "all".
        value: Heat flux into the cell, W/m2; negative values cool the cell.
    """

    value: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return an insulated wall."""
        return Insulated(self.sides)

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return the integral of (q.n) v over the side, with q.n = -value."""
        return -self.value * v.theta * wall.ds


@dataclass(frozen=True)
class Robin(SideCondition):
    """A wall that exchanges heat with the surroundings: q.n = h (T - T_outside).

    Args:
        sides: Names of the sides, or "all".
        h: Heat transfer coefficient, W/(m2 K).
        T_outside: Temperature of the surroundings, K.
    """

    h: float
    T_outside: float
    fields: ClassVar[tuple[str, ...]] = ("theta",)
    fixes_level: ClassVar[bool] = True

    def temperature(self, cell: Cell, side: str) -> float | None:
        """Return the temperature of the surroundings, K, as the temperature of the side."""
        return self.T_outside

    def with_temperatures(self, change: Change) -> Self:
        """Return the condition with the temperature of the surroundings changed."""
        return replace(self, T_outside=change(self.T_outside))

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return a plate at the temperature of the surroundings, or an insulated wall."""
        return Temperature(self.sides, self.T_outside) if at_plate else Insulated(self.sides)

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return the integral of h (T - T_outside) v over the side."""
        return self.h * (m.T0 + s.theta - self.T_outside) * v.theta * wall.ds


@dataclass(frozen=True)
class Ambient(Robin):
    """A wall that exchanges heat with the room: a Robin condition that does not drive the cell.

    Whatever the temperature of the room, such a wall is neither the hot nor the cold side of the
    cell.

    Args:
        sides: Names of the sides, or "all".
        h: Heat transfer coefficient, W/(m2 K).
        T_outside: Temperature of the room, K.
    """

    def temperature(self, cell: Cell, side: str) -> None:
        """Return None: the temperature of the room does not define a hot or cold side."""
        return

    def with_temperatures(self, change: Change) -> Self:
        """Return the same condition: the temperature of the room does not drive the cell."""
        return self


@dataclass(frozen=True)
class Insulated(SideCondition):
    """A wall without heat flux, q.n = 0 (the natural condition).

    Args:
        sides: Names of the sides, or "all".
    """

    fields: ClassVar[tuple[str, ...]] = ("theta",)

    def ideal(self, *, at_plate: bool) -> Condition:
        """Return the same condition."""
        return self


@dataclass(frozen=True)
class Closed(SideCondition):
    """An impermeable wall, j.n = 0 (the natural condition on the total flux, not on grad c).

    Args:
        sides: Names of the sides, or "all".
        species: Index of the species, counted from 0.
    """

    species: int = 0
    unbound: ClassVar[tuple[str, ...]] = ("species",)

    @property
    def fields(self) -> tuple[str, ...]:
        """The composition of the species."""
        return (composition(self.species),)


@dataclass(frozen=True)
class NoSlip(SideCondition):
    """A no-slip wall at rest, u = 0.

    Args:
        sides: Names of the sides, or "all".
    """

    fields: ClassVar[tuple[str, ...]] = ("u",)
    essential: ClassVar[bool] = True

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet condition u = 0 on the sides."""
        return blocks.fix_velocity(self.sides, component=None)


@dataclass(frozen=True)
class FreeSlip(SideCondition):
    """A frictionless wall, or a plane of symmetry: u.n = 0 and no tangential stress.

    On a side in a coordinate plane, one component of the velocity is prescribed as zero. On
    inclined or curved sides, u.n = 0 is imposed weakly by Nitsche's method.

    Args:
        sides: Names of the sides, or "all".
        weakly: Whether to impose u.n = 0 weakly on sides in coordinate planes, too.
    """

    weakly: bool = False
    fields: ClassVar[tuple[str, ...]] = ("u",)
    essential: ClassVar[bool] = True

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet conditions u.n = 0 on sides in coordinate planes."""
        planes = {side: blocks.cell.plane(side) for side in self.sides}
        return [
            fixed
            for side, component in planes.items()
            if component is not None and not self.weakly
            for fixed in blocks.fix_velocity((side,), component=component)
        ]

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return Nitsche's terms for u.n = 0 on a side, None if the value is prescribed there."""
        if wall.plane is not None and not self.weakly:
            return None
        return impermeable(s, v, m, wall)


@dataclass(frozen=True)
class VibrationSymmetry(SideCondition):
    """A plane of symmetry perpendicular to a vibration, which the pulsation of the fluid crosses.

    The mirror image of the cell vibrates the other way, so that the potential zeta is odd there:
    zeta = 0. At all other sides, which are walls or planes of symmetry along the vibration, the
    pulsation has no normal component. Without a vibration the condition has no effect.

    Args:
        sides: Names of the sides.
    """

    fields: ClassVar[tuple[str, ...]] = ("zeta",)
    fixes_level: ClassVar[bool] = True
    essential: ClassVar[bool] = True

    def dirichlet(self, blocks: Blocks) -> list[BlockCondition]:
        """Return the Dirichlet condition zeta = 0 on the sides."""
        return blocks.fix_zero("zeta", self.sides)


@dataclass(frozen=True)
class Slip(SideCondition):
    """An impermeable wall at which the fluid slips along gradients of temperature and composition.

    Thermo-osmosis and diffusio-osmosis, in a boundary layer much thinner than all other lengths
    (J. L. Anderson, Annu. Rev. Fluid Mech. 21 (1989) 61), with Navier's slip length b:

        u.n = 0,    (I - nn) u = (I - nn) [mu_s grad T + sum_i mu_c,i grad c_i - (b/mu) 2 mu e(u) n]

    Both are imposed weakly, by Nitsche's method. Without mobilities the fluid is held for b = 0,
    and slips freely in the limit of large b. The Onsager partner of the slip, a flow of heat (and
    mass) in the boundary layer that the friction at the wall drives, is left out: it is smaller
    than heat conduction by about mu_s^2 T mu/(kappa L^2).

    Args:
        sides: Names of the sides, or "all".
        mu_s: Mobility mu_s, m2/(s K), positive if the fluid slips towards the warm side.
        mu_c: Mobilities mu_c,i, m2/s, one for each species; empty if all are zero.
        b: Slip length, m, zero or positive.

    Raises:
        ConditionError: The slip length is negative or not finite.
    """

    mu_s: float = 0.0
    mu_c: tuple[float, ...] = ()
    b: float = 0.0
    fields: ClassVar[tuple[str, ...]] = ("u",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.b, int | float) and not 0.0 <= self.b < math.inf:
            raise ConditionError(
                f"{type(self).__name__} on {', '.join(self.sides)}: the slip length is {self.b:g} "
                "m",
                "give zero or a positive number; for a wall without friction use FreeSlip",
            )

    def ideal(self, *, at_plate: bool) -> Condition:
        """Raise an error: an audit does not separate the flow that slip drives."""
        raise CaseError(
            f"{type(self).__name__} on {', '.join(self.sides)}: audits do not separate the flow "
            "that slip at a wall drives from the other causes",
            "compare runs with and without the slip",
        )

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return Nitsche's terms for u.n = 0 and for the law of slip on a side."""
        sliding = self.sliding(s, m)
        return impermeable(s, v, m, wall) + slipping(s, v, m, wall, sliding, self.b)

    def passive(self) -> Self:
        """Return the same wall without mobilities, at which only forces move the fluid."""
        return replace(self, mu_s=0.0, mu_c=())

    def sliding(self, s: State, m: Mixture) -> Expr:
        """Return mu_s grad T + sum_i mu_c,i grad c_i, m/s, shape (d,).

        Args:
            s: Fields.
            m: Mixture.

        Raises:
            ConditionError: There is not one mobility for each species.
        """
        if self.mu_c and len(self.mu_c) != len(m.species):
            raise ConditionError(
                f"{type(self).__name__} on {', '.join(self.sides)} has {len(self.mu_c)} mobilities "
                f"mu_c, but the mixture has {len(m.species)} species",
                "give one mobility for each species, 0 where there is no slip",
            )
        gradient = self.mu_s * ufl.grad(s.theta)
        for mobility, gamma in zip(self.mu_c, s.gamma, strict=bool(self.mu_c)):
            gradient += mobility * ufl.grad(gamma)
        return gradient


def sides_with_values(conditions: Iterable[Condition], field: str) -> tuple[str, ...]:
    """Return the sides with prescribed values of a field, or of any field of a block.

    Args:
        conditions: The conditions, resolved.
        field: Name of a field or of a block.
    """
    return tuple(
        side
        for condition in conditions
        if condition.essential and any(field in {own, block_of(own)} for own in condition.fields)
        for side in condition.sides
    )


def resolve(conditions: Iterable[Condition], cell: Cell) -> tuple[Condition, ...]:
    """Resolve "all" to names of sides, move thermal conditions to outsides, and add no-slip walls.

    Conditions that name a side take precedence over conditions on "all". Conditions for the
    temperature apply to the boundary of the mesh (see
    :meth:`femsoret.cells.Cell.thermal_sides`), conditions for velocity and composition to the walls
    of the fluid.

    Args:
        conditions: Conditions as specified by the user.
        cell: The cell.

    Returns:
        The conditions on the sides to which they apply, and a no-slip condition on all fluid walls
        without a condition for the velocity.

    Raises:
        ConditionError: There are two conditions for a field on a side, or a condition for velocity
            or composition names an outer side of a solid.
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
    """Return whether a condition is for the temperature only, which also exists in solids."""
    return condition.fields == (_HEAT,)


def _thermal_sides(condition: Condition, cell: Cell, explicit: set[str]) -> tuple[str, ...]:
    """Return the sides to which a condition for the temperature applies.

    They bound the mesh, except that heat may be released at an interface.

    Args:
        condition: The condition.
        cell: The cell.
        explicit: Sides named by conditions for the temperature; they take precedence there.
    """
    sides = [
        outside
        for side in condition.sides
        for outside in (
            (side,)
            if isinstance(condition, HeatFlux) and cell.has_bare_interface(side)
            else cell.thermal_sides(side)
        )
        if outside == side or outside not in explicit
    ]
    return tuple(dict.fromkeys(sides))


def _in_fluid(condition: Condition, cell: Cell) -> Condition:
    """Return a condition for velocity or composition unchanged if its sides bound the fluid.

    Raises:
        ConditionError: One of the sides is an outer side of a solid.
    """
    for side in condition.sides:
        if side in cell.walls.outside:
            raise ConditionError(
                f"{type(condition).__name__} on side {side!r}, which does not bound the fluid",
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
    """Check that a condition is not for a species that the mixture does not have.

    It would otherwise be ignored, like conditions for fields that are not solved for.

    Args:
        condition: The condition.
        species: Number of species of the mixture.

    Raises:
        ConditionError: The mixture has no such species.
    """
    allowed = ("u", _HEAT, "zeta", *map(composition, range(species)))
    for field in condition.fields:
        if field not in allowed:
            raise ConditionError(
                f"{type(condition).__name__} on {', '.join(condition.sides)}: the mixture has no "
                f"species {species_of(field)}",
                f"species are counted from 0; allowed: {', '.join(map(str, range(species)))}"
                if species
                else "this is a pure fluid: remove the condition",
            )


def check_temperature(conditions: Iterable[Condition], cell: Cell) -> None:
    """Check that the temperature is fixed somewhere on each connected piece of the mesh.

    Args:
        conditions: The conditions, resolved.
        cell: The cell.

    Raises:
        ConditionError: No condition fixes the temperature of the mesh, or of one of its pieces.
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
            f"the mesh consists of {pieces} disconnected pieces, and the temperature is not fixed "
            f"on {loose} of them",
            "give each piece a side with a Temperature or a Robin condition, or join the pieces "
            "(Coherence in gmsh)",
        )


def check_slip(
    conditions: Iterable[Condition],
    cell: Cell,
    discretisation: Discretisation,
    up: Sequence[float],
) -> None:
    """Check that slip determines the flow uniquely and suits the discretisation.

    In 3D, frictionless walls that are symmetric about the vertical let the fluid rotate freely.
    With exactly divergence-free velocities, weakly imposed slip allows an inflow through one
    wall that is balanced by an outflow through another, so that a cell at rest does not stay at
    rest.

    Args:
        conditions: The conditions, resolved.
        cell: The cell.
        discretisation: Discretisation of the flow.
        up: Unit vector against gravity, shape (dim,).

    Raises:
        CaseError: The discretisation does not support slip that is imposed weakly.
        ConditionError: The fluid could rotate as a rigid body forever.
    """
    slip = [(c, side) for c in conditions if isinstance(c, FreeSlip) for side in c.sides]
    if discretisation.alfeld:
        weak = [side for c, side in slip if c.weakly or cell.plane(side) is None]
        weak += [side for c in conditions if isinstance(c, Slip) for side in c.sides]
        for side in weak:
            raise CaseError(
                f"the discretisation {discretisation.name!r} requires conditions on the "
                f"velocity to hold at every point of a wall, but slip on side {side!r} is "
                "imposed weakly and holds on average only",
                "use the discretisation 'well-balanced', the default",
            )
    if not slip or cell.dim < 3:
        return
    slipping = {side for _, side in slip}
    for part in range(len(cell.parts)):
        walls = [side for side in cell.fluid_sides if part in cell.parts_at(side)]
        if slipping.issuperset(walls) and least_crossing(cell, walls, up) < FREE:
            raise ConditionError(
                f"free slip on all of {', '.join(walls)}, which are symmetric about the vertical: "
                "the fluid there can rotate as a rigid body forever, so the solution is not unique",
                "give one of these sides a NoSlip condition",
            )
