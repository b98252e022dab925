"""Modified mixtures: what studies change in a mixture, named after what the change means.

An effect is taken out of any mixture by :class:`ModifiedMixture`, whatever its laws are. Holding
properties constant and restoring their laws needs to know how a class states its laws: only
:class:`BoussinesqMixture` can do that.
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
    """A mixture with other properties at every point.

    Args:
        mixture: The mixture.
        alter: Its properties at a point -> the other ones.
    """

    mixture: Mixture
    alter: Callable[[LocalProperties], LocalProperties]

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the properties at a temperature, K, and at mass fractions, one a species."""
        return self.alter(self.mixture.at(T, c))

    @property
    def T0(self) -> Value:
        """The temperature that deviations are counted from, K."""
        return self.mixture.T0

    @property
    def rho0(self) -> Value:
        """Density, kg/m3."""
        return self.mixture.rho0

    @property
    def cp(self) -> Value:
        """Specific heat capacity, J/(kg K)."""
        return self.mixture.cp

    @property
    def beta_T(self) -> Value:
        """-(1/rho) drho/dT, 1/K."""
        return self.mixture.beta_T

    @property
    def gravity(self) -> Gravity:
        """Gravity."""
        return self.mixture.gravity

    @property
    def species(self) -> Sequence[TransportedSpecies]:
        """The transported species."""
        return self.mixture.species

    @property
    def closure(self) -> Closure:
        """How Soret coefficients are stated."""
        return self.mixture.closure

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature at which heats of transport and entropy are taken."""
        return self.mixture.entropy_temperature


def without_soret(mixture: Mixture) -> Mixture:
    """Return a mixture in which neither the Soret nor the Dufour effect is."""
    return ModifiedMixture(mixture, _without_soret)


def without_dufour(mixture: Mixture) -> Mixture:
    """Return a mixture in which diffusion carries no heat; there is no entropy production then."""
    return ModifiedMixture(mixture, _without_dufour)


def _without_soret(at: LocalProperties) -> LocalProperties:
    nothing = (0.0,) * len(at.D_T)
    return replace(at, D_T=nothing, heats=nothing)


def _without_dufour(at: LocalProperties) -> LocalProperties:
    return replace(at, heats=(0.0,) * len(at.heats), G=None)


def with_gravity(
    mixture: Mixture, *, up: tuple[float, ...] | None = None, magnitude: float | None = None
) -> Mixture:
    """Return a mixture under another gravity.

    Args:
        mixture: The mixture, a frozen dataclass with a field for it.
        up: Unit vector against gravity; None leaves it.
        magnitude: m/s2; None leaves it.
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
    """Return a mixture whose viscosity, conductivity, D and S_T are those of one temperature.

    Args:
        mixture: The mixture.
        T: The temperature, K; the composition is the mean one.

    Raises:
        FluidError: Properties that are not stated as laws of D and S_T.
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
    """Return a mixture with the laws of the viscosity, the conductivity, D and S_T of another.

    Args:
        mixture: The mixture.
        other: The other, of the same species.

    Raises:
        FluidError: Properties that are not stated as laws of D and S_T.
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
    """Return how much properties change between two temperatures, of those that vary at all.

    Args:
        mixture: The mixture; the composition is the mean one.
        T_cold: K.
        T_hot: K.

    Returns:
        Name -> hot less cold over the value halfway between; a property that varies with the
        composition alone is there too.

    Raises:
        FluidError: Properties that are not stated as laws of D and S_T.
    """
    laws = _named(_stated(mixture))
    cold, middle, hot = (_named_values(mixture, T) for T in (T_cold, 0.5 * (T_cold + T_hot), T_hot))
    return {
        name: (hot[name] - cold[name]) / middle[name]
        for name, law in laws.items()
        if not is_constant(law)
    }


def _named(mixture: BoussinesqMixture) -> dict[str, Property]:
    """Return name -> law, in the order of :func:`_named_values`."""
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
    """Return a constant, with the factor by which the uncertainty of data reaches a result."""
    return Scaled(Constant(value), 1.0)


def _stated(mixture: Mixture) -> BoussinesqMixture:
    if not isinstance(mixture, BoussinesqMixture):
        raise FluidError(
            f"properties of a {type(mixture).__name__} cannot be held constant",
            "a mixture whose species each have a law of D and of S_T (BoussinesqMixture)",
        )
    return mixture
