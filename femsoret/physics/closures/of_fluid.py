"""Mixtures made of sourced fluids, with two components or more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from femsoret.base.errors import FluidError
from femsoret.fluids.fluid import Fluid
from femsoret.fluids.groups import STANDARD_GRAVITY
from femsoret.fluids.multicomponent import MulticomponentFluid
from femsoret.physics.closures.mixture import BoussinesqMixture, binary_mixture_of
from femsoret.physics.closures.multicomponent import (
    MulticomponentMixture,
    Reciprocity,
    multicomponent_mixture_of,
)


@overload
def mixture_of(
    fluid: Fluid,
    *,
    T0: float,
    c0: float | Sequence[float],
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
    reciprocity: Reciprocity = "measured",
) -> BoussinesqMixture: ...


@overload
def mixture_of(
    fluid: MulticomponentFluid,
    *,
    T0: float,
    c0: Sequence[float],
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
    reciprocity: Reciprocity = "measured",
) -> MulticomponentMixture: ...


@overload
def mixture_of(
    fluid: Fluid | MulticomponentFluid,
    *,
    T0: float,
    c0: Sequence[float],
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
    reciprocity: Reciprocity = "measured",
) -> BoussinesqMixture | MulticomponentMixture: ...


def mixture_of(
    fluid: Fluid | MulticomponentFluid,
    *,
    T0: float,
    c0: float | Sequence[float],
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
    reciprocity: Reciprocity = "measured",
) -> BoussinesqMixture | MulticomponentMixture:
    """Return the mixture of a fluid around a reference state.

    Density, heat capacity and the expansion coefficients are constants, evaluated at (T0, c0);
    viscosity, conductivity and the transport coefficients depend on T and c as in the fluid.

    Args:
        fluid: Sourced fluid, of two components or more.
        T0: Reference temperature, K.
        c0: Mean mass fractions of all components but the last; of two components one number will
            do.
        up: Upward unit vector, shape (d,).
        g: Magnitude of gravity, m/s2.
        closure: "full", "dilute" or "linearised"; only "full" for three or more components, whose
            coefficients have no prefactor.
        reciprocity: "imposed" to correct D of three or more components so that Onsager's matrix is
            symmetric (:func:`.multicomponent_mixture_of`); a binary has a single entry.

    Raises:
        FluidError: The closure is unknown, the number of mass fractions is wrong, or a value is not
            physical at T0 and c0.
    """
    means, wanted = tuple(c0) if isinstance(c0, Sequence) else (c0,), len(fluid.components) - 1
    if len(means) != wanted:
        raise FluidError(
            f"{fluid.name}: c0 = {c0} is not {'one' if wanted == 1 else wanted} mass fraction"
            f"{'s' if wanted > 1 else ''}",
            f"give the mean mass fraction of {', '.join(fluid.components[:-1])}",
        )
    if isinstance(fluid, Fluid):
        return binary_mixture_of(fluid, T0=T0, c0=means[0], up=up, g=g, closure=closure)
    if closure != "full":
        raise FluidError(
            f"{fluid.name}: the closure {closure!r} is for two components",
            "leave the closure out: coefficients of three or more components have no prefactor",
        )
    return multicomponent_mixture_of(fluid, T0=T0, c0=means, up=up, g=g, reciprocity=reciprocity)
