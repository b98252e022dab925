"""Layout: the order, the roles and the components of the blocks of unknowns.

A *block* is the unknown in one function space: velocity, pressure, ..., and "gamma", which contains
all N compositions. A *field* is a scalar: a block such as the temperature, or a component of
"gamma", named by :func:`composition`. Other modules must not depend on the order of the blocks.
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
    """Temperature and compositions, which determine the amount of a conserved quantity."""
    MULTIPLIER = "multiplier"
    """The pressure: a Lagrange multiplier without a time derivative."""
    POTENTIAL = "potential"
    """A potential without a time derivative; only its gradient occurs in the equations."""


ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "u": Role.VELOCITY,
        "p": Role.MULTIPLIER,
        "phi": Role.POTENTIAL,
        "chi": Role.POTENTIAL,
        "zeta": Role.POTENTIAL,
        "theta": Role.CONSERVED,
        "gamma": Role.CONSERVED,
    }
)
"""Name of a block -> its role."""


def _with(*roles: Role) -> frozenset[str]:
    return frozenset(block for block, role in ROLES.items() if role in roles)


ALGEBRAIC: Final = _with(Role.MULTIPLIER, Role.POTENTIAL)
"""Blocks without a time derivative, which follow the others instantaneously. The equations
determine them up to a constant if the normal velocity is prescribed on all walls."""

POTENTIALS: Final = _with(Role.POTENTIAL)
"""Blocks of which only the gradient occurs in the equations, so that their level is arbitrary."""


CONSERVED: Final = _with(Role.CONSERVED)
"""Blocks of conserved scalars: temperature and compositions."""

_WORDS: Final = {
    "u": "velocity",
    "p": "pressure",
    "phi": "buoyancy potential",
    "chi": "velocity potential",
    "zeta": "vibration potential",
    "theta": "temperature",
    "gamma": "composition",
}

COMPOSITIONS: Final = "gamma"
"""Name of the block of all mass fractions."""


def composition(species: int = 0) -> str:
    """Return the name of the mass fraction of a species as a field, such as "gamma_0".

    Args:
        species: Index of the species, counted from 0.
    """
    return f"{COMPOSITIONS}_{species}"


def block_of(field: str) -> str:
    """Return the name of the block that contains a field; names of blocks are returned as is."""
    return field.partition("_")[0]


def component_of(field: str) -> int:
    """Return the index of a field within its block; 0 for the name of a block."""
    return int(field.partition("_")[2] or 0)


def field_at(block: str, component: int) -> str:
    """Return the name of the field that is a component of a block.

    Args:
        block: Name of the block.
        component: Index of the component; ignored unless the block is "gamma".
    """
    return composition(component) if block == COMPOSITIONS else block


def species_of(field: str) -> int | None:
    """Return the index of the species if a field is a mass fraction, else None."""
    return component_of(field) if block_of(field) == COMPOSITIONS else None


def plain_name(field: str) -> str:
    """Return the name of a block or field for messages, such as "temperature" for "theta"."""
    return _WORDS[block_of(field)]


@dataclass(frozen=True)
class Layout:
    """The blocks that are solved for, in the order u, p, phi, chi, zeta, theta, gamma.

    Args:
        names: Names of the blocks that are solved for, in order.
        species: Number of species of the mixture, whether or not they are solved for.
    """

    names: tuple[str, ...]
    species: int

    @classmethod
    def of(cls, fields: Sequence[str], species: int) -> Layout:
        """Return the layout of equations for given unknowns.

        Args:
            fields: Names of the unknown attributes of :class:`State`, in block order.
            species: Number of species of the mixture; if it is 0, "gamma" is left out.
        """
        return cls(tuple(f for f in fields if species or f != COMPOSITIONS), species)

    def __contains__(self, name: str) -> bool:
        """Return whether a block or a field is solved for."""
        return name in self.names or name in self.fields

    @property
    def flows(self) -> bool:
        """Whether the velocity is solved for."""
        return "u" in self.names

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the conserved scalar fields that are solved for, in order."""
        return tuple(field for block in self.names for field in self.fields_of(block))

    def fields_of(self, block: str) -> Iterator[str]:
        """Yield the names of a block's conserved scalar fields, in the order of its components."""
        if block == COMPOSITIONS:
            yield from self.compositions
        elif block in CONSERVED:
            yield block

    @property
    def compositions(self) -> tuple[str, ...]:
        """Names of the mass fractions that are solved for, one per species."""
        if COMPOSITIONS not in self.names:
            return ()
        return tuple(composition(i) for i in range(self.species))

    def index(self, name: str) -> int:
        """Return the position of a block, or of the block that contains a field."""
        return self.names.index(block_of(name))

    def shape(self, block: str, dim: int) -> tuple[int, ...]:
        """Return the value shape of a block: (dim,), (species,), or () for a scalar.

        Args:
            block: Name of the block; "gamma" is a scalar if there is only one species.
            dim: Dimension of the mesh.
        """
        if ROLES[block] is Role.VELOCITY:
            return (dim,)
        return (self.species,) if block == COMPOSITIONS and self.species > 1 else ()

    def only(self, field: str, value: Expr) -> Expr:
        """Return a UFL expression for a block in which all components but one are zero.

        Args:
            field: Name of the field that is not zero.
            value: Value of that field.
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
        """Return the fields as a :class:`State`, given one UFL expression per block.

        Args:
            parts: Functions or test functions, in block order.
            given: Name of a block that is not solved for -> its known field. Fields that are
                neither solved for nor given are None, or 0 for compositions.
            coordinates: Coordinate system of vector components.
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
            block.get("zeta"),
            coordinates,
        )


def scalar(function: Expr, component: int) -> Expr:
    """Return a component of a block's function as a UFL expression.

    Args:
        function: A function, or a test function.
        component: Index of the component; ignored if the function is a scalar.
    """
    return function[component] if function.ufl_shape else function


def component_function(function: fem.Function, field: str) -> fem.Function:
    """Return the function, or the subfunction, into which a field can be interpolated.

    Args:
        function: Function of the block that contains the field.
        field: Name of the field.
    """
    return function.sub(component_of(field)) if function.ufl_shape else function
