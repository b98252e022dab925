"""Which law of a mixture is used outside the range for which it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from femsoret.base.types import Array
from femsoret.fluids.properties import OutOfRange, Property
from femsoret.physics.closures.medium import Mixture


class Excess(NamedTuple):
    """A law that is used outside its range.

    Args:
        name: Name of the law in the mixture, such as "soret"; empty if it is not a law of its own.
        error: What is said of the worst value.
    """

    name: str
    error: OutOfRange

    def __str__(self) -> str:
        """Return a clause that names the property, the value and the range."""
        return f"{self.name}: {self.error.message}" if self.name else self.error.message


def excess(mixture: Mixture, T: Array, c: Sequence[Array]) -> Excess | None:
    """Return the first law that is used outside its range in a set of states.

    Args:
        mixture: Mixture with parameters that are floats.
        T: Temperatures, K, shape (n,).
        c: Mass fractions, one array of shape (n,) per species.
    """
    try:
        mixture.at(T, tuple(c))
    except OutOfRange as error:
        # Laws are called with the mass fraction of the first species or with all of them.
        for composition in (*c[:1], tuple(c)):
            for name, law in _laws(mixture):
                try:
                    law(T, composition)
                except OutOfRange as of_law:
                    return Excess(name, of_law)
        return Excess("", error)
    return None


def _laws(tree: object, name: str = "") -> Iterator[tuple[str, Property]]:
    """Yield the laws in a tree of dataclasses with the names of the fields that hold them."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from _laws(part, name)
    elif is_dataclass(tree) and not isinstance(tree, type):
        if isinstance(tree, Property):
            yield name, tree
        else:
            for field in fields(tree):
                yield from _laws(getattr(tree, field.name), field.name)
