"""Mixtures: the only place where fluxes are written.

The same objects feed the equations, the wall integrals, the entropy production and the report, so
that these cannot disagree. Signs and symbols:

    j_i = -rho0 D_i [grad c_i + S_T,i f(c_i) grad T]      S_T > 0: the component goes to the cold
    q   = -kappa grad T + sum_i Qs_i j_i                   Qs_i = T S_T,i f(c_i) mu_c,i  (Dufour)
    b   = rho0 g [-beta_T (T - T0) + sum_i beta_c,i (c_i - c0_i)]

One coefficient S_T gives both cross terms, which is Onsager's symmetry (de Groot & Mazur,
Non-Equilibrium Thermodynamics, ch. XI). kappa is the conductivity at j = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any, Protocol

import ufl

from femsoret.closures.diffusion import CLOSURES, Closure
from femsoret.closures.mixing import Mixing, MolarMixing, ProportionalMixing
from femsoret.closures.state import State
from femsoret.errors import FluidError, nearest
from femsoret.fluids.groups import ScaledProperties
from femsoret.fluids.properties import Constant, Scaled
from femsoret.fluids.table import STANDARD_GRAVITY
from femsoret.fluids.values import PropertyValues

if TYPE_CHECKING:
    from femsoret.fluids import Fluid


class Mixture(Protocol):
    """What forms, wall integrals and reports ask of a constitutive law."""

    @property
    def species(self) -> tuple[Species, ...]:
        """The transported species, in block order."""

    def T(self, s: State) -> Any:
        """Return the temperature, K."""

    def density(self) -> Any:
        """Return rho0, kg/m3."""

    def heat_capacity(self) -> Any:
        """Return rho0 cp, J/(m3 K)."""

    def mu(self, s: State) -> Any:
        """Return the viscosity, Pa s."""

    def kappa_0(self, s: State) -> Any:
        """Return the conductivity at zero composition gradient, W/(m K)."""

    def D(self, i: int, s: State) -> Any:
        """Return the diffusion coefficient of species i, m2/s."""

    def stress(self, s: State) -> Any:
        """Return the viscous stress, Pa."""

    def buoyancy(self, s: State) -> Any:
        """Return the buoyancy force, N/m3."""

    def heat_flux(self, s: State) -> Any:
        """Return q, W/m2."""

    def mass_flux(self, i: int, s: State) -> Any:
        """Return j_i, kg/(m2 s)."""

    def entropy_production(self, s: State) -> Any:
        """Return sigma as fluxes times forces, W/(m3 K)."""


@dataclass(frozen=True)
class Gravity:
    """Gravity as a magnitude and the unit vector that points up.

    Args:
        magnitude: |g|, m/s2.
        up: -g/|g|, one number a space dimension.
    """

    magnitude: Any
    up: tuple[Any, ...]

    def vector(self) -> Any:
        """Return g as a UFL vector, m/s2."""
        return -self.magnitude * ufl.as_vector(self.up)


@dataclass(frozen=True)
class Species:
    """One transported component.

    Args:
        name: Its name.
        c0: Mean mass fraction.
        beta_c: (1/rho) drho/dc.
        diffusion: D(T, c), m2/s.
        soret: S_T(T, c), 1/K.
        mixing: Thermodynamics of mixing; None leaves the Dufour effect out.
    """

    name: str
    c0: Any
    beta_c: Any
    diffusion: Any
    soret: Any
    mixing: Mixing | None = None


@dataclass(frozen=True)
class BoussinesqMixture:
    """A Newtonian Boussinesq liquid or gas with any number of species.

    Species do not diffuse across one another: one species is a binary mixture, several are trace
    solutes of one solvent. Properties depend on T and on the mass fraction of the first species.
    All leaves are numbers (SI or another consistent system); a Problem replaces each by a named
    constant, so that changing a value never compiles anything again.

    Args:
        T0: Reference temperature, K.
        rho0: Density, kg/m3.
        cp: Specific heat capacity, J/(kg K).
        beta_T: -(1/rho) drho/dT, 1/K.
        viscosity: mu(T, c), Pa s.
        conductivity: kappa(T, c) at j = 0, W/(m K).
        gravity: Gravity.
        species: Transported components.
        closure: f(c), the same for all species.
    """

    T0: Any
    rho0: Any
    cp: Any
    beta_T: Any
    viscosity: Any
    conductivity: Any
    gravity: Gravity
    species: tuple[Species, ...]
    closure: Closure

    # -- local state -----------------------------------------------------------------------------

    def T(self, s: State) -> Any:
        """Return the temperature, K."""
        return self.T0 + s.theta

    def c(self, i: int, s: State) -> Any:
        """Return the mass fraction of species i."""
        return self.species[i].c0 + s.gamma[i]

    def _at(self, s: State) -> tuple[Any, Any]:
        """Return (T, c of the first species), the arguments of every property."""
        return self.T(s), (self.c(0, s) if s.gamma else self._c_reference())

    def _c_reference(self) -> Any:
        return self.species[0].c0 if self.species else 0.0

    def _frozen(self, i: int, s: State) -> tuple[Any, Any]:
        """Return the (T, c_i) at which the closure takes thermodynamics."""
        return self.closure.frozen((self.T(s), self.c(i, s)), (self.T0, self.species[i].c0))

    # -- coefficients ----------------------------------------------------------------------------

    def density(self) -> Any:
        """Return rho0, kg/m3."""
        return self.rho0

    def heat_capacity(self) -> Any:
        """Return rho0 cp, J/(m3 K)."""
        return self.rho0 * self.cp

    def mu(self, s: State) -> Any:
        """Return the viscosity, Pa s."""
        return self.viscosity(*self._at(s))

    def D(self, i: int, s: State) -> Any:
        """Return the diffusion coefficient of species i, m2/s."""
        return self.species[i].diffusion(*self._at(s))

    def soret_strength(self, i: int, s: State) -> Any:
        """Return S_T f(c), 1/K: -dc/dT where nothing flows."""
        law = self.species[i]
        return law.soret(*self._at(s)) * self.closure.f(self.c(i, s), law.c0)

    def heat_of_transport(self, i: int, s: State) -> Any:
        """Return Qs = T S_T f mu_c, J/kg, or None without thermodynamics of mixing."""
        law = self.species[i]
        if law.mixing is None:
            return None
        T, c = self._frozen(i, s)
        return T * law.soret(*self._at(s)) * law.mixing.g(T, c)

    def mu_c(self, i: int, s: State) -> Any:
        """Return d(mu1 - mu2)/dc, J/kg, or None without thermodynamics of mixing."""
        law = self.species[i]
        if law.mixing is None:
            return None
        return law.mixing.g(*self._frozen(i, s)) / self.closure.f(self.c(i, s), law.c0)

    def kappa_0(self, s: State) -> Any:
        """Return the conductivity at zero composition gradient, W/(m K).

        kappa_0 = kappa + sum rho0 D S_T f Qs; this is what a hot wire measures.
        """
        kappa = self.conductivity(*self._at(s))
        for i in range(len(self.species)):
            heat = self.heat_of_transport(i, s)
            if heat is not None:
                kappa += self.rho0 * self.D(i, s) * self.soret_strength(i, s) * heat
        return kappa

    def reference_diffusion(self, i: int) -> float:
        """Return D of species i at the reference state, m2/s, for numbers.

        Like every property it is one of T and the mass fraction of the *first* species.
        """
        return float(self.species[i].diffusion(self.T0, self._c_reference()))

    def reference_soret(self, i: int, T: float | None = None) -> float:
        """Return S_T of species i at the reference composition, 1/K, for numbers; likewise.

        Args:
            i: Index of the species.
            T: Temperature, K; None: T0.
        """
        return float(self.species[i].soret(self.T0 if T is None else T, self._c_reference()))

    def reference_values(self) -> PropertyValues:
        """Return the properties at the reference state, for a mixture whose leaves are numbers.

        The composition is that of the first species; a pure fluid has D = S_T = nan.
        """
        c0 = float(self._c_reference())
        law = self.species[0] if self.species else None
        f = float(self.closure.f(c0, c0)) if law else nan
        g = float(law.mixing.g(self.T0, c0)) if law and law.mixing else nan
        S_T = float(law.soret(self.T0, c0)) if law else nan
        return PropertyValues(
            T=self.T0,
            c=c0,
            rho=self.rho0,
            mu=float(self.viscosity(self.T0, c0)),
            kappa=float(self.conductivity(self.T0, c0)),
            cp=self.cp,
            beta_T=self.beta_T,
            beta_c=law.beta_c if law else 0.0,
            D=float(law.diffusion(self.T0, c0)) if law else nan,
            S_T=S_T,
            Gamma=nan,
            M1=nan,
            M2=nan,
            mu_c=g / f if law else nan,
            Qs=self.T0 * S_T * g if law and law.mixing else 0.0,
        )

    # -- fluxes ----------------------------------------------------------------------------------

    def stress(self, s: State) -> Any:
        """Return 2 mu e(u), Pa; in axisymmetric coordinates a 3 x 3 matrix."""
        return 2 * self.mu(s) * ufl.sym(s.coordinates.gradient(s.u))

    def buoyancy(self, s: State) -> Any:
        """Return rho0 g [-beta_T theta + sum beta_c gamma], N/m3."""
        expansion = -self.beta_T * s.theta
        for law, gamma in zip(self.species, s.gamma, strict=True):
            expansion += law.beta_c * gamma
        return self.rho0 * expansion * self.gravity.vector()

    def mass_flux(self, i: int, s: State) -> Any:
        """Return j_i, kg/(m2 s)."""
        force = ufl.grad(s.gamma[i]) + self.soret_strength(i, s) * ufl.grad(s.theta)
        return -self.rho0 * self.D(i, s) * force

    def heat_flux(self, s: State) -> Any:
        """Return q, W/m2, with its Dufour part."""
        q = -self.conductivity(*self._at(s)) * ufl.grad(s.theta)
        for i in range(len(s.gamma)):
            heat = self.heat_of_transport(i, s)
            if heat is not None:
                q += heat * self.mass_flux(i, s)
        return q

    # -- entropy ---------------------------------------------------------------------------------

    def entropy_temperature(self, s: State) -> Any:
        """Return the temperature at which the closure takes entropy, K."""
        return self.closure.frozen((self.T(s), None), (self.T0, None))[0]

    def entropy_production(self, s: State) -> Any:
        """Return sigma = -q.grad T/T^2 - sum mu_c j.grad c/T, W/(m3 K)."""
        T = self.entropy_temperature(s)
        sigma = -ufl.inner(self.heat_flux(s), ufl.grad(s.theta)) / T**2
        for i in range(len(s.gamma)):
            mu_c = self.mu_c(i, s)
            if mu_c is not None:
                sigma -= mu_c * ufl.inner(self.mass_flux(i, s), ufl.grad(s.gamma[i])) / T
        return sigma

    def entropy_production_squares(self, s: State) -> Any:
        """Return kappa |grad T|^2/T^2 + sum mu_c |j|^2/(rho0 D T), W/(m3 K).

        Identical to :meth:`entropy_production` when, and only when, Onsager's symmetry holds.
        """
        T = self.entropy_temperature(s)
        grad_T = ufl.grad(s.theta)
        sigma = self.conductivity(*self._at(s)) * ufl.inner(grad_T, grad_T) / T**2
        for i in range(len(s.gamma)):
            mu_c = self.mu_c(i, s)
            if mu_c is not None:
                j = self.mass_flux(i, s)
                sigma += mu_c * ufl.inner(j, j) / (self.rho0 * self.D(i, s) * T)
        return sigma

    def viscous_entropy_production(self, s: State) -> Any:
        """Return 2 mu e:e/T, W/(m3 K); the Boussinesq energy equation leaves this heat out."""
        return ufl.inner(self.stress(s), s.coordinates.gradient(s.u)) / self.entropy_temperature(s)


def mixture_of(
    fluid: Fluid,
    *,
    T0: float,
    c0: float,
    up: Sequence[float],
    g: float = STANDARD_GRAVITY,
    closure: str = "full",
) -> BoussinesqMixture:
    """Return the binary mixture of a database fluid at a reference state.

    Density, heat capacity and the expansion coefficients are taken at (T0, c0); viscosity,
    conductivity, D and S_T keep their dependence on T and c.

    Args:
        fluid: Sourced values.
        T0: Reference temperature, K.
        c0: Mean mass fraction of the component named first.
        up: Unit vector against gravity, one number a space dimension.
        g: Magnitude of gravity, m/s2.
        closure: "full", "dilute" or "linearised".

    Raises:
        FluidError: The closure is unknown or a value is out of bounds.
    """
    law = _closure(closure)
    at = fluid.at(T0, c0)
    given = fluid.conductivity.value
    # Every property carries a factor: the handle by which its uncertainty reaches the bias.
    binary = Species(
        name=fluid.components[0],
        c0=float(c0),
        beta_c=at.beta_c,
        diffusion=Scaled(fluid.diffusion.value, 1.0),
        soret=Scaled(fluid.soret.value, 1.0),
        mixing=MolarMixing(M1=at.M1, M2=at.M2, Gamma=at.Gamma),
    )
    return BoussinesqMixture(
        T0=float(T0),
        rho0=at.rho,
        cp=at.cp,
        beta_T=at.beta_T,
        viscosity=Scaled(fluid.viscosity.value, 1.0),
        # The data may be kappa_0 (hot wire): its ratio to kappa is taken at the reference state.
        conductivity=Scaled(given, at.kappa / float(given(T0, c0))),
        gravity=Gravity(float(g), tuple(float(x) for x in up)),
        species=(binary,),
        closure=law,
    )


def mixture_of_groups(
    scaled: ScaledProperties,
    *,
    up: Sequence[float],
    closure: str = "linearised",
    T0: float = 0.0,
    pure: bool = False,
) -> BoussinesqMixture:
    """Return the mixture that dimensionless groups stand for, in units of L, alpha, dT and rho.

    Args:
        scaled: Properties and gravity, from :mod:`femsoret.fluids.groups`.
        up: Unit vector against gravity, one number a space dimension.
        closure: "full", "dilute" or "linearised".
        T0: Reference temperature in units of dT, where the groups know no absolute one.
        pure: Whether to leave the species out.

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
