"""Property values of a fluid at one temperature and composition, and relations between them.

The functions accept floats, numpy arrays of shapes that broadcast together, and UFL expressions.
They implement the thermodynamics of the cross effects: the chemical derivative mu_c, the heat of
transport Q_s, and the difference between the two thermal conductivities due to the Dufour effect
(S. R. de Groot, P. Mazur, Non-Equilibrium Thermodynamics, North-Holland 1962, ch. XI).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from femsoret.base.types import Value
from femsoret.fluids.composition import mean_molar_mass
from femsoret.fluids.properties import R


def mixing_energy(T: Value, c: Value, Gamma: Value, M1: Value, M2: Value) -> Value:
    """Return mu_c c(1-c) = Gamma R T M/(M1 M2), J/kg, which is finite at c = 0 and c = 1.

    Args:
        T: Temperature, K.
        c: Mass fraction of component 1.
        Gamma: Thermodynamic factor, 1 for an ideal mixture.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    return Gamma * R * T * mean_molar_mass(c, M1, M2) / (M1 * M2)


def chemical_derivative(T: Value, c: Value, Gamma: Value, M1: Value, M2: Value) -> Value:
    """Return mu_c = d(mu1 - mu2)/dc at constant T and p, J/kg.

    mu_c = Gamma R T M/(M1 M2 c(1-c)), from mu_i = mu_i0 + (R T/M_i) ln a_i and Gibbs-Duhem.

    Args:
        T: Temperature, K.
        c: Mass fraction of component 1.
        Gamma: Thermodynamic factor, 1 for an ideal mixture.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
    """
    return mixing_energy(T, c, Gamma, M1, M2) / (c * (1.0 - c))


def heat_of_transport(T: Value, S_T: Value, f: Value, mu_c: Value) -> Value:
    """Return the heat of transport Q_s = T S_T f mu_c, J/kg.

    Q_s is the heat carried per mass of component 1 that diffuses. By Onsager's reciprocal
    relations, S_T determines both the Soret and the Dufour effect.

    Args:
        T: Temperature, K.
        S_T: Soret coefficient, 1/K.
        f: Composition factor f(c) of the closure; c(1-c) in the full closure.
        mu_c: Chemical derivative, J/kg.
    """
    return T * S_T * f * mu_c


def dufour_conductivity(rho: Value, D: Value, S_T: Value, f: Value, Qs: Value) -> Value:
    """Return kappa_0 - kappa = rho D S_T f Q_s, W/m/K.

    kappa_0 is the conductivity at uniform composition, before the mixture separates; kappa is the
    conductivity at zero mass flux, in the separated steady state. The difference is never negative.

    Args:
        rho: Density, kg/m3.
        D: Diffusion coefficient, m2/s.
        S_T: Soret coefficient, 1/K.
        f: Composition factor f(c) of the closure; c(1-c) in the full closure.
        Qs: Heat of transport, J/kg.
    """
    return rho * D * S_T * f * Qs


class HeatAndMomentum:
    """Base class of property values: the diffusivities of momentum and heat."""

    rho: float
    mu: float
    kappa: float
    cp: float

    @property
    def nu(self) -> float:
        """Kinematic viscosity mu/rho, m2/s."""
        return self.mu / self.rho

    @property
    def alpha(self) -> float:
        """Thermal diffusivity kappa/(rho cp), m2/s."""
        return self.kappa / (self.rho * self.cp)


@dataclass(frozen=True, kw_only=True)
class PropertyValues(HeatAndMomentum):
    """Properties of a mixture at one temperature and composition, as floats.

    The values are in SI units if they come from a fluid, and in units of L, alpha, dT and rho if
    they come from dimensionless groups. Dimensionless groups may determine neither the absolute
    temperature nor the molar masses; unknown values are nan (see `has_entropy`).

    Args:
        T: Temperature, K.
        c: Mass fraction of component 1.
        rho: Density, kg/m3.
        mu: Dynamic viscosity, Pa s.
        kappa: Thermal conductivity at zero mass flux, W/m/K.
        cp: Specific heat capacity, J/kg/K.
        beta_T: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc, dimensionless.
        D: Diffusion coefficient, m2/s.
        S_T: Soret coefficient, 1/K; positive if component 1 migrates to the cold side.
        Gamma: Thermodynamic factor, 1 for an ideal mixture.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        mu_c: Chemical derivative d(mu1 - mu2)/dc, J/kg.
        Qs: Heat of transport for f = c(1-c), J/kg; 0 for no Dufour effect.
    """

    T: float
    c: float
    rho: float
    mu: float
    kappa: float
    cp: float
    beta_T: float
    beta_c: float
    D: float
    S_T: float
    Gamma: float
    M1: float
    M2: float
    mu_c: float
    Qs: float

    @property
    def f(self) -> float:
        """Composition factor c(1-c), dimensionless."""
        return self.c * (1.0 - self.c)

    @property
    def slowest(self) -> float:
        """Smallest diffusivity, which is D, m2/s."""
        return self.D

    @property
    def psi(self) -> float:
        """Separation ratio (beta_c/beta_T) S_T c(1-c), dimensionless."""
        return self.beta_c / self.beta_T * self.S_T * self.f

    @property
    def D_T(self) -> float:
        """Thermodiffusion coefficient S_T D, m2/(s K)."""
        return self.S_T * self.D

    @property
    def kappa_0(self) -> float:
        """Thermal conductivity at uniform composition, W/m/K."""
        # The functions above are typed for UFL too; with floats they return floats.
        return self.kappa + float(dufour_conductivity(self.rho, self.D, self.S_T, self.f, self.Qs))

    @property
    def has_entropy(self) -> bool:
        """Whether T and mu_c are known, which the entropy production requires."""
        return isfinite(self.T) and isfinite(self.mu_c)
