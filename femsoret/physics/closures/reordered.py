"""A mixture with its components in another order, and so with another one of them as the rest.

With the N + 1 mass fractions in the new order, the gradients of the old independent ones are
grad c = B grad c', where B has entries 0, 1 and -1. Hence, with A = B^-1,

    D' = A D B    D_T' = A D_T    G' = B^T G B (so H)    Q*' = B^T Q*    beta_c' = B^T beta_c

and L' = A L A^T. Fluxes, forces and the entropy production are the same: only names change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Value
from femsoret.fluids.properties import Property
from femsoret.physics.closures.multicomponent import (
    Coefficients,
    Component,
    MulticomponentMixture,
    Transport,
)
from femsoret.physics.closures.point import Matrix, Row, times


@dataclass(frozen=True)
class Order:
    """The order of N + 1 components.

    Args:
        old: Old number of each component, as a text such as "2 0 1", the rest last. (A text, since
            the numbers of a mixture become parameters of a problem.)
    """

    old: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """Old number of each component, in the new order."""
        return tuple(map(int, self.old.split()))

    def fractions(self, c: Sequence[Value]) -> tuple[Value, ...]:
        """Return the N old mass fractions for N new ones."""
        every = (*c, 1.0 - sum(c[1:], start=c[0]))
        return tuple(every[self.numbers.index(i)] for i in range(len(c)))

    def of_gradients(self) -> Matrix:
        """Return B: old gradients from new ones, N x N."""
        *first, last = self.numbers
        return tuple(
            tuple(float(old == i) - float(last == i) for old in first) for i in range(len(first))
        )

    def of_fluxes(self) -> Matrix:
        """Return A: new fluxes from old ones, N x N."""
        *first, _ = self.numbers
        n = len(first)
        return tuple(
            tuple(-1.0 if old == n else float(old == i) for i in range(n)) for old in first
        )


@dataclass(frozen=True)
class ReorderedTransport:
    """Transport coefficients of components in another order.

    Args:
        transport: Coefficients in the old order.
        order: The new order.
    """

    transport: Transport
    order: Order

    def at(self, rho: Value, T: Value, c: tuple[Value, ...]) -> Coefficients:
        """Return the coefficients of the components in the new order."""
        D, D_T, heats, G, H = self.transport.at(rho, T, self.order.fractions(c))
        A, B = self.order.of_fluxes(), self.order.of_gradients()
        turned = _transposed(B)
        return Coefficients(
            D=_product(A, _product(D, B)),
            D_T=times(A, D_T),
            heats=times(turned, heats),
            G=None if G is None else _product(turned, _product(G, B)),
            H=_product(turned, _product(H, B)) if H else (),
        )


@dataclass(frozen=True)
class ReorderedProperty:
    """A property model of components in another order.

    Args:
        model: Model as a function of the mass fractions in the old order.
        order: The new order.
    """

    model: Property
    order: Order

    def __call__(self, T: Value, c: Value) -> Value:
        """Evaluate the model at temperature T (K) and the N new mass fractions."""
        return self.model(T, self.order.fractions(c))


def reordered(mixture: MulticomponentMixture, names: Sequence[str]) -> MulticomponentMixture:
    """Return the same mixture with its components in another order.

    Args:
        mixture: Mixture with parameters that are floats.
        names: Names of all N + 1 components in the new order; the last one becomes the rest.

    Raises:
        FluidError: These are not the components of the mixture.
    """
    known = [*(species.name for species in mixture.species), mixture.rest]
    for name in names:
        if name not in known:
            raise FluidError(f"the mixture has no component {name!r}", nearest(name, known))
    if sorted(names) != sorted(known):
        raise FluidError(
            f"{', '.join(names)} is not an order of the components {', '.join(known)}",
            "name each of them once",
        )
    order = Order(" ".join(str(known.index(name)) for name in names))
    means = [float(species.c0) for species in mixture.species]
    every = [*means, 1.0 - sum(means)]
    beta_c = times(
        _transposed(order.of_gradients()), [float(species.beta_c) for species in mixture.species]
    )
    return replace(
        mixture,
        viscosity=ReorderedProperty(mixture.viscosity, order),
        conductivity=ReorderedProperty(mixture.conductivity, order),
        species=tuple(
            Component(name, every[old], beta)
            for name, old, beta in zip(names[:-1], order.numbers[:-1], beta_c, strict=True)
        ),
        transport=ReorderedTransport(mixture.transport, order),
        rest=names[-1],
    )


def _transposed(A: Matrix) -> Matrix:
    return tuple(zip(*A, strict=True))


def _product(A: Matrix, B: Matrix) -> Matrix:
    columns: list[Row] = [times(A, column) for column in zip(*B, strict=True)]
    return _transposed(tuple(columns))
