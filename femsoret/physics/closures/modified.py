"""Modified mixtures: copies of a mixture without an effect, or with other property models.

:class:`ModifiedMixture` removes an effect from any mixture. Replacing the models of single
properties is possible for mixtures that have a model for each property.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.base.types import Value
from femsoret.fluids.properties import Constant, Property, Scaled, is_constant
from femsoret.physics.closures.diffusion import Closure, EntropyTemperature
from femsoret.physics.closures.evaluated import WithReference
from femsoret.physics.closures.medium import Gravity, Mixture, TransportedSpecies, Vibration
from femsoret.physics.closures.mixture import BoussinesqMixture
from femsoret.physics.closures.multicomponent import (
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    SoretTransport,
    Transport,
)
from femsoret.physics.closures.point import LocalProperties


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
    def rest(self) -> str:
        """Name of the component that is not transported by itself."""
        return self.mixture.rest

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
        gravity.vibration,
    )
    stated: Value = mixture
    changed: Mixture = replace(stated, gravity=other)
    return changed


def with_vibration(mixture: Mixture, vibration: Vibration | None) -> Mixture:
    """Return a copy of a mixture with another vibration of the cell.

    Args:
        mixture: Mixture to copy, a frozen dataclass with the field `gravity`.
        vibration: The vibration; None for none.
    """
    stated: Value = mixture
    changed: Mixture = replace(stated, gravity=replace(mixture.gravity, vibration=vibration))
    return changed


# -- laws of T and c ------------------------------------------------------------------------------


def with_constant_properties(mixture: Mixture, T: float) -> Mixture:
    """Return a copy of a mixture with constant viscosity, conductivity and transport coefficients.

    Args:
        mixture: Mixture to copy.
        T: Temperature, K, at which the properties are evaluated, at the mean composition.

    Raises:
        FluidError: The mixture does not have models of its properties that can be replaced.
    """
    stated, at = _stated(mixture), mixture.reference_at(T)
    held = replace(stated, viscosity=_held(at.mu), conductivity=_held(at.kappa))
    return with_constant_transport(held, T)


def with_constant_transport(mixture: Mixture, T: float) -> Mixture:
    """Return a copy of a mixture with constant transport coefficients.

    Args:
        mixture: Mixture to copy.
        T: Temperature, K, at which the coefficients are evaluated, at the mean composition.

    Raises:
        FluidError: The mixture does not have models of its properties that can be replaced.
    """
    held, at = _stated(mixture), mixture.reference_at(T)
    if isinstance(held, MulticomponentMixture):
        return replace(
            held, transport=_mapped(held.transport, lambda law: _held(float(law(T, at.c))))
        )
    return replace(
        held,
        species=tuple(
            replace(species, diffusion=_held(float(D)), soret=_held(float(S_T)))
            for species, D, S_T in zip(held.species, at.D.diagonal(), at.soret, strict=True)
        ),
    )


def with_laws_of(mixture: Mixture, other: Mixture) -> Mixture:
    """Return a copy of a mixture with another's models of viscosity, conductivity and transport.

    Args:
        mixture: Mixture to copy.
        other: Mixture of the same species, from which the models are taken.

    Raises:
        FluidError: A mixture does not have models of its properties that can be replaced.
    """
    stated, laws = _stated(mixture), _stated(other)
    changed = replace(stated, viscosity=laws.viscosity, conductivity=laws.conductivity)
    if isinstance(changed, MulticomponentMixture):
        assert isinstance(laws, MulticomponentMixture)
        return replace(changed, transport=laws.transport)
    assert isinstance(laws, BoussinesqMixture)
    return replace(
        changed,
        species=tuple(
            replace(species, diffusion=law.diffusion, soret=law.soret)
            for species, law in zip(changed.species, laws.species, strict=True)
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
        FluidError: The mixture does not have models of its properties that can be replaced.
    """
    varying = _varying(_stated(mixture))
    cold, middle, hot = (_named_values(mixture, T) for T in (T_cold, 0.5 * (T_cold + T_hot), T_hot))
    return {
        name: (hot[name] - cold[name]) / middle[name]
        for name in middle
        if name in varying and middle[name]
    }


def _varying(mixture: BoussinesqMixture | MulticomponentMixture) -> set[str]:
    """Return the names of :func:`_named_values` of properties whose models are not constant."""
    laws = {"viscosity": [mixture.viscosity], "conductivity": [mixture.conductivity]}
    if isinstance(mixture, MulticomponentMixture):
        each = _laws_of_coefficients(mixture.transport)
    else:
        each = [[law] for one in mixture.species for law in (one.diffusion, one.soret)]
    laws |= dict(zip(_transport_names(mixture), each, strict=True))
    return {name for name, of in laws.items() if not all(map(is_constant, of))}


def _named_values(mixture: Mixture, T: float) -> dict[str, float]:
    at = mixture.reference_at(T)
    if isinstance(mixture, MulticomponentMixture):
        transport = [*at.D.ravel(), *at.separation]
    else:
        transport = [*np.column_stack([at.D.diagonal(), at.soret]).ravel()]
    names = _transport_names(mixture)
    return {
        "viscosity": at.mu,
        "conductivity": at.kappa,
        **dict(zip(names, map(float, transport), strict=True)),
    }


def _transport_names(mixture: Mixture) -> list[str]:
    """Return the names of the transport coefficients, in the order of :func:`_named_values`."""
    names = [species.name for species in mixture.species]
    if isinstance(mixture, MulticomponentMixture):
        return [f"D of {i} by {k}" for i in names for k in names] + [f"S'_T of {i}" for i in names]
    if len(names) == 1:
        return ["D", "S_T"]
    return [f"{symbol} of {name}" for name in names for symbol in ("D", "S_T")]


def _held(value: float) -> Scaled:
    """Return a constant times 1, a factor through which uncertainties of the data propagate."""
    return Scaled(Constant(value), 1.0)


def _mapped(transport: Transport, change: Callable[[Property], Property]) -> Transport:
    """Return a copy of transport coefficients with another model in place of each.

    Raises:
        FluidError: The coefficients are not made of models.
    """

    def of(entry: Value) -> Value:
        if isinstance(entry, tuple):
            return tuple(map(of, entry))
        return None if entry is None else change(entry)

    if not isinstance(transport, MeasuredTransport | SoretTransport | OnsagerTransport):
        raise _unknown(transport)
    stated: Value = transport
    changed: Transport = replace(
        stated, **{field.name: of(getattr(stated, field.name)) for field in fields(stated)}
    )
    return changed


def _laws_of_coefficients(transport: Transport) -> list[list[Property]]:
    """Return the models on which each D_ik and then each S'_T,i depends."""

    def every(*rows: Sequence[Property]) -> list[Property]:
        return [law for row in rows for law in row]

    match transport:
        case SoretTransport(D=D, S=S):
            return [[law] for law in every(*D)] + [[law] for law in S]
        case MeasuredTransport(D=D, D_T=D_T):
            return [[law] for law in every(*D)] + [every(*D, D_T)] * len(D_T)
        case OnsagerTransport(L=L, G=G, heats=heats):
            n = len(heats)
            return [every(*L, *G)] * n**2 + [every(*G, heats)] * n
        case _:
            raise _unknown(transport)


def _unknown(transport: Transport) -> FluidError:
    return FluidError(
        f"a {type(transport).__name__} has no models of D and S_T that can be replaced",
        "use MeasuredTransport, SoretTransport or OnsagerTransport",
    )


def _stated(mixture: Mixture) -> BoussinesqMixture | MulticomponentMixture:
    if not isinstance(mixture, BoussinesqMixture | MulticomponentMixture):
        raise FluidError(
            f"a {type(mixture).__name__} has no models of D and S_T that can be replaced",
            "use a BoussinesqMixture or a MulticomponentMixture",
        )
    return mixture
