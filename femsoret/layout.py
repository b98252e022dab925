"""Layout: the only place that knows the order of the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from femsoret.closures import State


@dataclass(frozen=True)
class Layout:
    """Order of the unknown blocks: u, p, phi, theta, gamma_0, ... as far as they are solved.

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

    def state(self, parts: Sequence[Any]) -> State:
        """Return the fields made of one object a block; what is not solved for is absent or zero.

        Args:
            parts: Functions or test functions in block order.
        """
        block = dict(zip(self.names, parts, strict=True))
        gamma = tuple(block.get(f"gamma_{i}", 0.0) for i in range(self.species))
        return State(block.get("u"), block.get("p"), block["theta"], gamma, block.get("phi"))

    def degree(self, name: str, degree: int) -> int:
        """Return the polynomial degree of a block: Taylor-Hood, scalars like the velocity.

        The gradient of the potential must hold a buoyancy of the scalars' degree.
        """
        return {"p": degree - 1, "phi": degree + 1}.get(name, degree)


def plain_name(block: str) -> str:
    """Return the word that users know for a block."""
    words = {
        "u": "velocity",
        "p": "pressure",
        "phi": "buoyancy potential",
        "theta": "temperature",
    }
    return words.get(block, "composition")
