"""The interface of property laws.

A law is a frozen dataclass that is called with the temperature T (K) and the composition c: the
mass fraction of component 1 of a binary, or the tuple of the N mass fractions of a mixture of N + 1
components. The arguments may be floats, numpy arrays or UFL expressions, and the fields may
themselves be UFL constants, whose values a solver can change without recompiling. Constructors
therefore neither convert nor check fields; :func:`~femsoret.fluids.properties.validate` does.

Array arguments must have shapes that broadcast together. A law that does not depend on an argument
does not broadcast its result over it: a constant returns a scalar for any arguments.
"""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from femsoret.base.types import Value

R: Final = 8.31446261815324
"""Molar gas constant, J/(mol K), exact in the 2019 SI."""


@runtime_checkable
class Property(Protocol):
    """A property of a material as a function of temperature and composition."""

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the property.

        Args:
            T: Temperature, K.
            c: Mass fraction of component 1, with a shape that broadcasts with T, or the tuple of
                the mass fractions of N components.

        Returns:
            The property in its SI unit.
        """
        ...


def first_of(c: Value) -> Value:
    """Return the mass fraction of component 1 of a composition."""
    return c[0] if isinstance(c, tuple) else c
