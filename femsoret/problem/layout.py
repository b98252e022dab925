"""Layout: the only place that knows the order, the roles and the components of the blocks.

A *block* is what is solved for in one function space: velocity, pressure, ..., "gamma" with all N
compositions. A *field* is a scalar of which there is one a block, such as the temperature, or one a
species: :func:`composition` names the components of "gamma".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

import ufl

from femsoret.physics.closures import State
from femsoret.physics.coordinates import CARTESIAN, Coordinates


class Role(Enum):
    """What a block is among the equations."""

    VELOCITY = "velocity"
    CONSERVED = "conserved"
    """What a volume holds an amount of: heat and species."""
    MULTIPLIER = "multiplier"
    """The pressure: without a rate of change, it sees to a condition on the others."""
    POTENTIAL = "potential"
    """Without a rate of change, and counted by its gradient alone."""


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
"""Every block's role."""


def _with(*roles: Role) -> frozenset[str]:
    return frozenset(block for block, role in ROLES.items() if role in roles)


ALGEBRAIC: Final = _with(Role.MULTIPLIER, Role.POTENTIAL)
"""Blocks without a rate of change: they follow the others at once."""

POTENTIALS: Final = _with(Role.POTENTIAL)
"""Those that count by their gradients only: nothing depends on their level."""


CONSERVED: Final = _with(Role.CONSERVED)
"""Those of which a volume holds an amount."""

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
    """Return the name of the field that is the mass fraction of a species.

    Args:
        species: Its index.
    """
    return f"{COMPOSITIONS}_{species}"


def block_of(field: str) -> str:
    """Return the block that a field is of; of a block its own name.

    Args:
        field: Name of a field or of a block.
    """
    return field.partition("_")[0]


def component_of(field: str) -> int:
    """Return which component of its block a field is.

    Args:
        field: Name of a field.
    """
    return int(field.partition("_")[2] or 0)


def field_at(block: str, component: int) -> str:
    """Return the name of a component of a block; of a block without fields its own.

    Args:
        block: Name of the block.
        component: Which component.
    """
    return composition(component) if block == COMPOSITIONS else block


def species_of(field: str) -> int | None:
    """Return the species whose mass fraction a field is; None where it is none.

    Args:
        field: Name of a field.
    """
    return component_of(field) if block_of(field) == COMPOSITIONS else None


def plain_name(field: str) -> str:
    """Return the word that users know for a block or a field."""
    return _WORDS[block_of(field)]


@dataclass(frozen=True)
class Layout:
    """Order of the unknown blocks: u, p, phi, chi, theta, gamma as far as they are solved.

    Args:
        names: Block names in order.
        species: Number of species of the mixture, solved for or not.
    """

    names: tuple[str, ...]
    species: int

    @classmethod
    def of(cls, fields: Sequence[str], species: int) -> Layout:
        """Return the layout of equations in these fields of :class:`State`.

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
        """Return the shape of a block's values; a single composition is a scalar.

        Args:
            block: Its name.
            dim: Dimension of the cell.
        """
        if ROLES[block] is Role.VELOCITY:
            return (dim,)
        return (self.species,) if block == COMPOSITIONS and self.species > 1 else ()

    def only(self, field: str, value: Any) -> Any:
        """Return the values of a block, as UFL sees them, whose one component is not zero.

        Args:
            field: Name of that component's field.
            value: Its value.
        """
        if field in self.names:
            return value
        of = component_of(field)
        parts = [value if k == of else 0.0 for k in range(self.species)]
        return ufl.as_vector(parts) if self.species > 1 else value

    def state(
        self,
        parts: Sequence[Any],
        given: Mapping[str, Any] = MappingProxyType({}),
        coordinates: Coordinates = CARTESIAN,
    ) -> State:
        """Return the fields made of one object a block.

        Args:
            parts: Functions or test functions in block order.
            given: Block name -> field that is known; what is neither solved for nor given is absent
                or zero.
            coordinates: What the components of vectors mean.
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


def scalar(function: Any, component: int) -> Any:
    """Return a component of a block's function as UFL sees it: itself where it is a scalar.

    Args:
        function: A function, or a test function.
        component: Which.
    """
    return function[component] if function.ufl_shape else function


def component_function(function: Any, field: str) -> Any:
    """Return what a field is interpolated into: its block's function, or a part of it.

    Args:
        function: A function of the block (fem.Function).
        field: Name of the field.
    """
    return function.sub(component_of(field)) if function.ufl_shape else function
