"""Layout: the order, the roles and the components of the blocks, which no other module knows.

A *block* is the unknown in one function space: velocity, pressure, ..., "gamma" with all N
compositions. A *field* is a scalar: a block such as the temperature, or a component of "gamma",
which :func:`composition` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import ufl

from femsoret.base.types import Expr
from femsoret.physics.closures import State
from femsoret.physics.coordinates import CARTESIAN, Coordinates

if TYPE_CHECKING:
    from dolfinx import fem


class Role(Enum):
    """The role of a block in the equations."""

    VELOCITY = "velocity"
    CONSERVED = "conserved"
    """Heat and species, of which a volume holds an amount."""
    MULTIPLIER = "multiplier"
    """The pressure: without a rate of change, it imposes a condition on the others."""
    POTENTIAL = "potential"
    """Without a rate of change; only its gradient is in the equations."""


ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "u": Role.VELOCITY,
        "p": Role.MULTIPLIER,
        "phi": Role.POTENTIAL,
        "chi": Role.POTENTIAL,
        "theta": Role.CONSERVED,
        "gamma": Role.CONSERVED,
    }
)
"""Role of every block."""


def _with(*roles: Role) -> frozenset[str]:
    return frozenset(block for block, role in ROLES.items() if role in roles)


ALGEBRAIC: Final = _with(Role.MULTIPLIER, Role.POTENTIAL)
"""Blocks without a rate of change: they follow the others at once. If walls fix the velocity all
around, the equations determine them but for a constant."""

POTENTIALS: Final = _with(Role.POTENTIAL)
"""Blocks of which only the gradient is in the equations: nothing depends on their level."""


CONSERVED: Final = _with(Role.CONSERVED)
"""Blocks of which a volume holds an amount."""

_WORDS: Final = {
    "u": "velocity",
    "p": "pressure",
    "phi": "buoyancy potential",
    "chi": "velocity potential",
    "theta": "temperature",
    "gamma": "composition",
}

COMPOSITIONS: Final = "gamma"
"""The block of all mass fractions."""


def composition(species: int = 0) -> str:
    """Return the name of the field that is the mass fraction of a species."""
    return f"{COMPOSITIONS}_{species}"


def block_of(field: str) -> str:
    """Return the block of a field; a block is its own."""
    return field.partition("_")[0]


def component_of(field: str) -> int:
    """Return the component of its block that a field is."""
    return int(field.partition("_")[2] or 0)


def field_at(block: str, component: int) -> str:
    """Return the name of a component of a block; other blocks than "gamma" are their own."""
    return composition(component) if block == COMPOSITIONS else block


def species_of(field: str) -> int | None:
    """Return the species whose mass fraction a field is, or None if it is no mass fraction."""
    return component_of(field) if block_of(field) == COMPOSITIONS else None


def plain_name(field: str) -> str:
    """Return the name of a block or a field for users."""
    return _WORDS[block_of(field)]


@dataclass(frozen=True)
class Layout:
    """Order of the unknown blocks: u, p, phi, chi, theta, gamma, as far as they are solved for.

    Args:
        names: Block names in order.
        species: Number of species of the mixture, solved for or not.
    """

    names: tuple[str, ...]
    species: int

    @classmethod
    def of(cls, fields: Sequence[str], species: int) -> Layout:
        """Return the layout of equations with given fields of :class:`State`.

        Args:
            fields: Unknown fields, in block order.
            species: Number of species; without any there is no block for them.
        """
        return cls(tuple(f for f in fields if species or f != COMPOSITIONS), species)

    def __contains__(self, name: str) -> bool:
        """Return whether a block is solved for, or a field."""
        return name in self.names or name in self.fields

    @property
    def flows(self) -> bool:
        """Whether there is a velocity to be solved for."""
        return "u" in self.names

    @property
    def fields(self) -> tuple[str, ...]:
        """The conserved scalars that are solved for, in order."""
        return tuple(field for block in self.names for field in self.fields_of(block))

    def fields_of(self, block: str) -> Iterator[str]:
        """Yield the conserved scalars of a block, in the order of its components."""
        if block == COMPOSITIONS:
            yield from self.compositions
        elif block in CONSERVED:
            yield block

    @property
    def compositions(self) -> tuple[str, ...]:
        """The mass fractions that are solved for, one a species."""
        if COMPOSITIONS not in self.names:
            return ()
        return tuple(composition(i) for i in range(self.species))

    def index(self, name: str) -> int:
        """Return the position of a block, or of the block of a field."""
        return self.names.index(block_of(name))

    def shape(self, block: str, dim: int) -> tuple[int, ...]:
        """Return the shape of a block's values; a single composition is a scalar."""
        if ROLES[block] is Role.VELOCITY:
            return (dim,)
        return (self.species,) if block == COMPOSITIONS and self.species > 1 else ()

    def only(self, field: str, value: Expr) -> Expr:
        """Return a UFL expression for a block with one component that is not zero.

        Args:
            field: Name of that component's field.
            value: Its value.
        """
        if field in self.names or self.species == 1:
            return value
        component = component_of(field)
        return ufl.as_vector([value if k == component else 0.0 for k in range(self.species)])

    def state(
        self,
        parts: Sequence[Expr],
        given: Mapping[str, Expr] = MappingProxyType({}),
        coordinates: Coordinates = CARTESIAN,
    ) -> State:
        """Return the fields, given one UFL expression a block.

        Args:
            parts: Functions or test functions in block order.
            given: Block name -> known field; a field that is neither solved for nor given is absent
                or zero.
            coordinates: Coordinates of the components of vectors.
        """
        block = {**given, **dict(zip(self.names, parts, strict=True))}
        gamma = block.get(COMPOSITIONS)
        return State(
            block.get("u"),
            block.get("p"),
            block.get("theta"),
            tuple(0.0 if gamma is None else scalar(gamma, i) for i in range(self.species)),
            block.get("phi"),
            block.get("chi"),
            coordinates,
        )


def scalar(function: Expr, component: int) -> Expr:
    """Return a component of a block's function as a UFL expression; a scalar is its own.

    Args:
        function: A function, or a test function.
        component: The component.
    """
    return function[component] if function.ufl_shape else function


def component_function(function: fem.Function, field: str) -> fem.Function:
    """Return the function into which a field is interpolated: its block's, or a component of it."""
    return function.sub(component_of(field)) if function.ufl_shape else function
