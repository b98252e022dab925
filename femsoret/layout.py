"""Layout: the only place that knows the order of the blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from femsoret.closures import State
from femsoret.coordinates import CARTESIAN, Coordinates


@dataclass(frozen=True)
class Layout:
    """Order of the unknown blocks: u, p, phi, chi, theta, gamma_0, ... as far as they are solved.

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
            species: Number of species; "gamma" becomes one block a species.
        """
        names: list[str] = []
        for field in fields:
            names += [f"gamma_{i}" for i in range(species)] if field == "gamma" else [field]
        return cls(tuple(names), species)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def index(self, name: str) -> int:
        """Return the position of a block."""
        return self.names.index(name)

    def of_species(self, i: int) -> tuple[str, int]:
        """Return block and component of a species.

        Args:
            i: Index of the species.
        """
        return f"gamma_{i}", 0

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
        gamma = tuple(block.get(f"gamma_{i}", 0.0) for i in range(self.species))
        return State(
            block.get("u"),
            block.get("p"),
            block.get("theta"),
            gamma,
            block.get("phi"),
            block.get("chi"),
            coordinates,
        )


ALGEBRAIC = frozenset({"p", "phi", "chi"})
"""Blocks without a rate of change: they follow the others at once."""

POTENTIALS = frozenset({"phi", "chi"})
"""Those that count by their gradients only: nothing depends on their level."""

BY_GRADIENT = POTENTIALS | {"p"}
"""Those that the equations know but for a constant, where walls hold the velocity all around."""


def plain_name(block: str) -> str:
    """Return the word that users know for a block."""
    words = {
        "u": "velocity",
        "p": "pressure",
        "phi": "buoyancy potential",
        "chi": "velocity potential",
        "theta": "temperature",
    }
    return words.get(block, "composition")
