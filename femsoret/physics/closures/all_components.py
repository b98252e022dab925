"""Soret coefficients of all N + 1 components, with each of them as the reference component.

What depends on which component is the rest is the set of independent mass fractions, not the
coefficients of a component: S'_T,i and D'_T,i are the same for any choice, and add up to zero over
all components. The frame-invariant coefficient of two components,

    S_ik = S'_T,i/c_i - S'_T,k/c_k = -d ln(c_i/c_k)/dT,

is the same for mass, mole and volume fractions (J. M. Ortiz de Zarate, Eur. Phys. J. E 42 (2019)
43).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures.diffusion import Linearised
from femsoret.physics.closures.medium import Mixture


@dataclass(frozen=True, eq=False)
class AllComponents:
    """Coefficients of N + 1 components at one temperature and composition.

    Args:
        names: Names of the components, shape (N + 1,).
        c: Mass fractions, shape (N + 1,).
        separation: S'_T,i = -dc_i/dT, 1/K, shape (N + 1,).
        thermodiffusion: D'_T,i, m2/(s K), shape (N + 1,).
    """

    names: tuple[str, ...]
    c: Array
    separation: Array
    thermodiffusion: Array

    @property
    def invariant(self) -> Array:
        """S_ik with component k as the reference, 1/K, shape (N + 1, N + 1); zero for i = k."""
        return frame_invariant(self.c, self.separation)


def frame_invariant(c: Array, separation: Array) -> Array:
    """Return S_ik = S'_T,i/c_i - S'_T,k/c_k, 1/K, shape (N + 1, N + 1).

    Args:
        c: Mass fractions of all components, shape (N + 1,).
        separation: S'_T,i = -dc_i/dT of all components, 1/K, shape (N + 1,).

    Returns:
        The coefficients; not finite where a mass fraction vanishes.
    """
    with np.errstate(all="ignore"):
        each = np.asarray(separation) / np.asarray(c)
        return np.asarray(each[:, None] - each[None, :])


def with_rest(values: Array, total: float) -> Array:
    """Return the values of N components and that of the rest, so that all add up to a total.

    Args:
        values: Values of the first N components, shape (N,).
        total: Sum over all components: 1 for mass fractions, 0 for S'_T and D'_T.
    """
    return np.append(values, total - np.sum(values))


def has_fractions(mixture: Mixture) -> bool:
    """Return whether the composition of a mixture is known in absolute terms.

    With the linearised closure results do not depend on c0, which is then often arbitrary.

    Args:
        mixture: The mixture.
    """
    return not isinstance(mixture.closure, Linearised)


def of_all_components(mixture: Mixture) -> AllComponents:
    """Return the coefficients of all components of a mixture at T0 and the mean composition.

    Args:
        mixture: Mixture with parameters that are floats.
    """
    at = mixture.reference
    names = (*(species.name for species in mixture.species), mixture.rest)
    return AllComponents(
        names=names,
        c=with_rest(np.asarray(at.c), 1.0),
        separation=with_rest(at.separation, 0.0),
        thermodiffusion=with_rest(at.D_T, 0.0),
    )
