"""Modified mixtures: copies of a mixture without an effect, or with other property models.

:class:`ModifiedMixture` removes an effect from any mixture. Replacing the models of single
properties is possible only for :class:`BoussinesqMixture`, which has one model per property.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.properties import Constant, Property, Scaled, is_constant
from femsoret.physics.closures.diffusion import Closure, EntropyTemperature
from femsoret.physics.closures.medium import Gravity, Mixture, TransportedSpecies
from femsoret.physics.closures.mixture import BoussinesqMixture
from femsoret.physics.closures.point import LocalProperties
from femsoret.physics.closures.reference import WithReference


@dataclass(frozen=True)
class ModifiedMixture(WithReference):
    """A mixture whose local properties are modified by a function.

    Args:
        mixture: Original mixture.
        alter: Function from the local properties of the original mixture to the modified ones.
    """

    mixture: Mixture
    alter: Callable[[LocalProperties], LocalProperties]

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the local properties at temperature T (K) and the N mass fractions c."""
        return self.alter(self.mixture.at(T, c))

    @property
    def T0(self) -> Value:
        """Reference temperature, K; theta = T - T0."""
        return self.mixture.T0

    @property
    def rho0(self) -> Value:
        """Reference density, kg/m3."""
        return self.mixture.rho0

    @property
    def cp(self) -> Value:
        """Specific heat capacity, J/(kg K)."""
        return self.mixture.cp

    @property
    def beta_T(self) -> Value:
        """Thermal expansion coefficient -(1/rho) drho/dT, 1/K."""
        return self.mixture.beta_T

    @property
    def gravity(self) -> Gravity:
        """Magnitude and direction of gravity."""
        return self.mixture.gravity

    @property
    def species(self) -> Sequence[TransportedSpecies]:
        """Transported species."""
        return self.mixture.species

    @property
    def closure(self) -> Closure:
        """Closure of the Soret flux."""
        return self.mixture.closure

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature used in heats of transport and in the entropy production."""
        return self.mixture.entropy_temperature


def without_soret(mixture: Mixture) -> Mixture:
    """Return the mixture without the Soret effect and without the Dufour effect."""
    return ModifiedMixture(mixture, _without_soret)


def without_dufour(mixture: Mixture) -> Mixture:
    """Return the mixture without the Dufour effect; its entropy production is undefined."""
    return ModifiedMixture(mixture, _without_dufour)


def _without_soret(at: LocalProperties) -> LocalProperties:
    nothing = (0.0,) * len(at.D_T)
    return replace(at, D_T=nothing, heats=nothing)


def _without_dufour(at: LocalProperties) -> LocalProperties:
    return replace(at, heats=(0.0,) * len(at.heats), G=None)


def with_gravity(
    mixture: Mixture, *, up: tuple[float, ...] | None = None, magnitude: float | None = None
) -> Mixture:
    """Return a copy of a mixture with another direction or magnitude of gravity.

    Args:
        mixture: Mixture to copy, a frozen dataclass with the field `gravity`.
        up: Upward unit vector, shape (d,); None to leave the direction unchanged.
        magnitude: Magnitude of gravity, m/s2; None to leave it unchanged.
    """
    gravity = mixture.gravity
    other = Gravity(
        gravity.magnitude if magnitude is None else magnitude,
        gravity.up if up is None else up,
    )
    stated: Value = mixture
    changed: Mixture = replace(stated, gravity=other)
    return changed


# -- laws of T and c ------------------------------------------------------------------------------


def with_constant_properties(mixture: Mixture, T: float) -> Mixture:
    """Return a copy of a mixture with constant viscosity, conductivity, D and S_T.

    Args:
        mixture: Mixture to copy.
        T: Temperature, K, at which the properties are evaluated, at the mean composition.

    Raises:
        FluidError: The mixture does not have separate models for D and S_T of each species.
    """
    stated, at = _stated(mixture), mixture.reference_at(T)
    return replace(
        stated,
        viscosity=_held(at.mu),
        conductivity=_held(at.kappa),
        species=tuple(
            replace(species, diffusion=_held(float(D)), soret=_held(float(S_T)))
            for species, D, S_T in zip(stated.species, at.D.diagonal(), at.soret, strict=True)
        ),
    )


def with_laws_of(mixture: Mixture, other: Mixture) -> Mixture:
    """Return a copy of a mixture with the models of another for viscosity, conductivity, D and S_T.

    Args:
        mixture: Mixture to copy.
        other: Mixture of the same species, from which the models are taken.

    Raises:
        FluidError: A mixture does not have separate models for D and S_T of each species.
    """
    stated, laws = _stated(mixture), _stated(other)
    return replace(
        stated,
        viscosity=laws.viscosity,
        conductivity=laws.conductivity,
        species=tuple(
            replace(species, diffusion=law.diffusion, soret=law.soret)
            for species, law in zip(stated.species, laws.species, strict=True)
        ),
    )


def variations(mixture: Mixture, T_cold: float, T_hot: float) -> dict[str, float]:
    """Return the relative changes of variable properties between two temperatures.

    Args:
        mixture: Mixture, whose properties are evaluated at the mean composition.
        T_cold: Lower temperature, K.
        T_hot: Higher temperature, K.

    Returns:
        For each property that depends on temperature or composition, by name, its value at T_hot
        minus that at T_cold, divided by that at the mean temperature.

    Raises:
        FluidError: The mixture does not have separate models for D and S_T of each species.
    """
    laws = _named(_stated(mixture))
    cold, middle, hot = (_named_values(mixture, T) for T in (T_cold, 0.5 * (T_cold + T_hot), T_hot))
    return {
        name: (hot[name] - cold[name]) / middle[name]
        for name, law in laws.items()
        if not is_constant(law)
    }


def _named(mixture: BoussinesqMixture) -> dict[str, Property]:
    """Return the property models by name, in the order of :func:`_named_values`."""
    laws = [mixture.viscosity, mixture.conductivity]
    laws += [law for species in mixture.species for law in (species.diffusion, species.soret)]
    return dict(zip(_names(mixture), laws, strict=True))


def _named_values(mixture: Mixture, T: float) -> dict[str, float]:
    at = mixture.reference_at(T)
    diffusing = np.column_stack([at.D.diagonal(), at.soret]).ravel()
    return dict(zip(_names(mixture), [at.mu, at.kappa, *map(float, diffusing)], strict=True))


def _names(mixture: Mixture) -> list[str]:
    several = len(mixture.species) > 1
    names = ["viscosity", "conductivity"]
    for species in mixture.species:
        of = f" of {species.name}" if several else ""
        names += [f"D{of}", f"S_T{of}"]
    return names


def _held(value: float) -> Scaled:
    """Return a constant times 1, a factor through which uncertainties of the data propagate."""
    return Scaled(Constant(value), 1.0)


def _stated(mixture: Mixture) -> BoussinesqMixture:
    if not isinstance(mixture, BoussinesqMixture):
        raise FluidError(
            f"a {type(mixture).__name__} has no separate models for D and S_T, so they cannot "
            "be replaced",
            "use a BoussinesqMixture, whose species each have a model for D and a model for S_T",
        )
    return mixture
