"""Binary mixtures and trace solutes: species without cross-diffusion.

With S_T, f(c) and mu_c = d(mu_1 - mu_2)/dc of each species (S. R. de Groot, P. Mazur,
Non-Equilibrium Thermodynamics, ch. XI):

    D_ii = D_i    D_T,i = D_i S_T,i f(c_i)    Q*_i = T S_T,i f(c_i) mu_c,i    G_ii = mu_c,i

S_T > 0 means that the species migrates to the cold side. D and G are diagonal, so that
L = rho0 T D G^-1 is symmetric for any values.

The heat of transport contains the product g = mu_c f(c), which stays finite where f vanishes.
Models of mixing therefore return g, and mu_c = g/f.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Value
from femsoret.fluids.groups import STANDARD_GRAVITY, ScaledProperties
from femsoret.fluids.properties import Constant, Property, Scaled, depends_on_temperature
from femsoret.fluids.values import mixing_energy
from femsoret.physics.closures.diffusion import CLOSURES, Closure, EntropyTemperature
from femsoret.physics.closures.enthalpy import gibbs_helmholtz
from femsoret.physics.closures.evaluated import WithReference
from femsoret.physics.closures.medium import Gravity
from femsoret.physics.closures.point import LocalProperties, Matrix, diagonal

if TYPE_CHECKING:
    from femsoret.fluids import Fluid


class Mixing(Protocol):
    """Interface of a model of the thermodynamics of mixing, g(T, c) = mu_c f(c)."""

    def g(self, T: Value, c: Value) -> Value:
        """Return mu_c f(c) at temperature T (K) and mass fraction c, J/kg."""

    @property
    def has_enthalpy(self) -> bool:
        """Whether g/T depends on T, so that mixing has an enthalpy that depends on composition."""


@dataclass(frozen=True)
class MolarMixing:
    """A mixture of given Gamma(T, c): g = Gamma R T M/(M1 M2), 1/M = c/M1 + (1-c)/M2.

    With f = c(1-c) this is mu_c = Gamma R T M/(M1 M2 c(1-c)) (de Groot & Mazur, ch. XI).

    Args:
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        Gamma: Model of the thermodynamic factor, 1 for an ideal mixture.
    """

    M1: Value
    M2: Value
    Gamma: Property

    def g(self, T: Value, c: Value) -> Value:
        """Return mu_c f(c) at temperature T (K) and mass fraction c, J/kg."""
        return mixing_energy(T, c, self.Gamma(T, c), self.M1, self.M2)

    @property
    def has_enthalpy(self) -> bool:
        """Whether Gamma depends on temperature."""
        return depends_on_temperature(self.Gamma)


@dataclass(frozen=True)
class ProportionalMixing:
    """A mixture with g = value T/T_ref, as in problems stated by dimensionless groups.

    Args:
        value: mu_c f(c) at T_ref, J/kg or in the unit of the problem.
        T_ref: Reference temperature, K or in the unit of the problem.
    """

    value: Value
    T_ref: Value
    has_enthalpy: ClassVar[bool] = False

    def g(self, T: Value, c: Value) -> Value:
        """Return mu_c f(c) at temperature T; c is ignored."""
        return self.value * T / self.T_ref


@dataclass(frozen=True)
class BoussinesqFluid(WithReference):
    """Base class of Newtonian fluids in the Boussinesq approximation.

    All parameters, including those of the property models, are floats in SI units or in another
    consistent system. A Problem replaces each of them by a named constant, so that changing a value
    requires no recompilation.

    Args:
        T0: Reference temperature, K.
        rho0: Reference density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        beta_T: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        viscosity: Dynamic viscosity mu(T, c), Pa s.
        conductivity: Thermal conductivity kappa(T, c) at zero mass flux, W/(m K).
        gravity: Magnitude and direction of gravity.
    """

    T0: Value
    rho0: Value
    cp: Value
    beta_T: Value
    viscosity: Property
    conductivity: Property
    gravity: Gravity


@dataclass(frozen=True)
class Species:
    """A transported species of a mixture without cross-diffusion.

    Args:
        name: Name of the species.
        c0: Mean mass fraction.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc, dimensionless.
        diffusion: Diffusion coefficient D(T, c), m2/s.
        soret: Soret coefficient S_T(T, c), 1/K.
        mixing: Thermodynamics of mixing; None for no Dufour effect.
    """

    name: str
    c0: Value
    beta_c: Value
    diffusion: Property
    soret: Property
    mixing: Mixing | None = None


@dataclass(frozen=True)
class BoussinesqMixture(BoussinesqFluid):
    """A Boussinesq fluid with any number of species without cross-diffusion.

    A mixture with one species is binary; several species are trace solutes in one solvent.
    Properties depend on T and on the mass fraction of the first species. The first arguments are
    those of :class:`~femsoret.physics.closures.mixture.BoussinesqFluid`.

    Args:
        species: Transported species.
        closure: Closure of the Soret flux, f(c), the same for all species.
        rest: Name of the component that is not transported by itself.
    """

    species: tuple[Species, ...]
    closure: Closure
    rest: str = "the rest"

    @property
    def entropy_temperature(self) -> EntropyTemperature:
        """The temperature used in heats of transport and entropy, as the closure defines it."""
        return self.closure.entropy_temperature

    def at(self, T: Value, c: tuple[Value, ...]) -> LocalProperties:
        """Return the local properties at temperature T (K) and the N mass fractions c."""
        first = c[0] if c else 0.0
        transport = tuple(
            self._transport(species, T, c_i, first)
            for species, c_i in zip(self.species, c, strict=True)
        )
        known = all(species.mixing is not None for species in self.species)
        warming = self.entropy_temperature.is_local and any(
            species.mixing is not None and species.mixing.has_enthalpy for species in self.species
        )
        return LocalProperties(
            T=self.entropy_temperature.of(T, self.T0),
            rho=self.rho0,
            heat_capacity=self.rho0 * self.cp,
            mu=self.viscosity(T, first),
            kappa=self.conductivity(T, first),
            D=diagonal([D for D, _, _, _ in transport]),
            D_T=tuple(D_T for _, D_T, _, _ in transport),
            heats=tuple(heat for _, _, heat, _ in transport),
            G=diagonal([mu_c for _, _, _, mu_c in transport]) if known else None,
            H=self._enthalpies(T, c) if known and warming else (),
        )

    def _enthalpies(self, T: Value, c: tuple[Value, ...]) -> Matrix:
        """Return H, J/kg, N x N: zero for species whose g/T does not depend on T."""
        return diagonal(
            [
                gibbs_helmholtz(partial(species.mixing.g, c=c_i), T)
                / self.closure.f(c_i, species.c0)
                if species.mixing is not None and species.mixing.has_enthalpy
                else 0.0
                for species, c_i in zip(self.species, c, strict=True)
            ]
        )

    def _transport(self, species: Species, T: Value, c: Value, first: Value) -> tuple[Value, ...]:
        """Return D, D_T, Q* and mu_c of one species; Q* and mu_c are 0 without a model of mixing.

        Args:
            species: The species.
            T: Temperature, K.
            c: Mass fraction of the species.
            first: Mass fraction of the first species, on which D and S_T depend.
        """
        D, S_T = species.diffusion(T, first), species.soret(T, first)
        f = self.closure.f(c, species.c0)
        if species.mixing is None:
            return D, D * (S_T * f), 0.0, 0.0
        T, c = self.entropy_temperature.frozen((T, c), (self.T0, species.c0))
        g = species.mixing.g(T, c)
        return D, D * (S_T * f), T * S_T * g, g / f


def binary_mixture_of(
    fluid: Fluid,
    *,
    T0: float,
    c0: float,
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
) -> BoussinesqMixture:
    """Return the binary mixture of a fluid around a reference state.

    Density, heat capacity and the expansion coefficients are constants, evaluated at (T0, c0);
    viscosity, conductivity, D, S_T and Gamma depend on T and c as in the fluid. Without the
    thermodynamic factor or the molar masses there is neither a Dufour effect nor an entropy. In a
    solid the viscosity is infinite, and expansion and gravity are zero: only equations without flow
    apply (:data:`~femsoret.problem.discretisation.NO_FLOW`).

    Args:
        fluid: Sourced fluid.
        T0: Reference temperature, K.
        c0: Mean mass fraction of component 1, between 0 and 1.
        up: Upward unit vector, shape (d,).
        g: Magnitude of gravity, m/s2.
        closure: "full", "dilute" or "linearised".

    Raises:
        FluidError: The closure is unknown, a property is a gap, or a value is not physical at T0
            and c0.
    """
    law = _closure(closure)
    values = fluid.at(T0, c0)
    conductivity = fluid.require("conductivity").value
    # Every property carries a factor, through which its uncertainty reaches the bias.
    mixing = (
        MolarMixing(values.M1, values.M2, Scaled(fluid.require("thermodynamic_factor").value, 1.0))
        if fluid.has_entropy
        else None
    )
    binary = Species(
        name=fluid.components[0],
        c0=float(c0),
        beta_c=values.beta_c,
        diffusion=Scaled(fluid.require("diffusion").value, 1.0),
        soret=Scaled(fluid.require("soret").value, 1.0),
        mixing=mixing,
    )
    return BoussinesqMixture(
        T0=float(T0),
        rho0=values.rho,
        cp=values.cp,
        beta_T=values.beta_T,
        viscosity=(
            Scaled(fluid.require("viscosity").value, 1.0) if fluid.flows else Constant(values.mu)
        ),
        # The data may be kappa_0 (hot wire): its ratio to kappa is taken at the reference state.
        conductivity=Scaled(conductivity, values.kappa / float(conductivity(T0, c0))),
        gravity=Gravity(float(g) if fluid.flows else 0.0, tuple(float(x) for x in up)),
        species=(binary,),
        closure=law,
        rest=fluid.components[1],
    )


def mixture_of_groups(
    scaled: ScaledProperties,
    *,
    up: Sequence[float],
    closure: str = "linearised",
    T0: float = 0.0,
    pure: bool = False,
) -> BoussinesqMixture:
    """Return the mixture with given dimensionless groups, in units of L, alpha, dT and rho.

    Args:
        scaled: Dimensionless properties and gravity from :mod:`femsoret.fluids.groups`.
        up: Upward unit vector, shape (d,).
        closure: "full", "dilute" or "linearised".
        T0: Reference temperature in units of dT; ignored if the groups determine the absolute
            temperature or include a Dufour effect.
        pure: Whether to return a pure fluid, without species.

    Raises:
        FluidError: The closure is unknown.
    """
    values, g = scaled
    mixing = None
    if values.has_entropy:
        T0 = values.T
        mixing = ProportionalMixing(value=values.mu_c * values.f, T_ref=T0)
    elif values.Qs:
        # Double-diffusive groups know the product T mu_c only, so any T0 gives the same fluxes.
        T0 = 1.0
        mixing = ProportionalMixing(value=values.Qs / (T0 * values.S_T), T_ref=T0)
    law = Species(
        name="component 1",
        c0=values.c,
        beta_c=values.beta_c,
        diffusion=Constant(values.D),
        soret=Constant(values.S_T),
        mixing=mixing,
    )
    return BoussinesqMixture(
        T0=T0,
        rho0=values.rho,
        cp=values.cp,
        beta_T=values.beta_T,
        viscosity=Constant(values.mu),
        conductivity=Constant(values.kappa),
        gravity=Gravity(g, tuple(float(x) for x in up)),
        species=() if pure else (law,),
        closure=_closure(closure),
    )


def _closure(name: str) -> Closure:
    if name not in CLOSURES:
        raise FluidError(f"unknown closure {name!r}", nearest(name, CLOSURES))
    return CLOSURES[name]
