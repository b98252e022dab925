"""Dimensionless groups of a fluid in a cell, and dimensionless properties with given groups.

Conventions: L is the gap between the hot and the cold wall, dT = |T_hot - T_cold|,
alpha = kappa/(rho cp) with kappa the conductivity at zero mass flux, nu = mu/rho.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import copysign, isfinite, nan, sqrt
from typing import Final, NamedTuple, Protocol

from femsoret.base.errors import FluidError
from femsoret.fluids.values import PropertyValues

STANDARD_GRAVITY: Final = 9.80665
"""Standard acceleration of gravity, m/s2 (ISO 80000-3)."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The dimensionless groups of Soret convection.

    The Lewis number is alpha/D, about 100 in liquids; much of the binary-fluid literature calls its
    inverse, D/alpha, the Lewis number.

    Args:
        Ra: Rayleigh number, g beta_T dT L^3/(nu alpha).
        Pr: Prandtl number, nu/alpha.
        Le: Lewis number, alpha/D.
        psi: Separation ratio, (beta_c/beta_T) S_T c0(1-c0). With this sign psi > 0 destabilises a
            layer heated from below (and stabilises one heated from above).

    Raises:
        FluidError: Pr or Le is not positive, or a group is not finite.
    """

    Ra: float
    Pr: float
    Le: float
    psi: float = 0.0

    def __post_init__(self) -> None:
        """Check that the groups are finite, and that Pr and Le are positive."""
        _check_groups(self)

    @property
    def Sc(self) -> float:
        """Schmidt number, nu/D = Pr Le."""
        return self.Pr * self.Le


@dataclass(frozen=True, kw_only=True)
class DoubleDiffusiveGroups:
    """The groups of double-diffusive convection, with imposed temperatures and compositions.

    In units of L, alpha_0 = kappa_0/(rho cp), dT and the composition difference dc::

        u.grad T = lap T + Df lap C
        u.grad C = (lap C + Sr lap T)/Le
        buoyancy   Ra (T + N C)

    Here alpha_0 belongs to kappa_0, the conductivity at zero composition gradient, as in the
    literature of these problems; :class:`Groups` uses kappa = kappa_0 (1 - Sr Df).

    Args:
        Ra: Rayleigh number, g beta_T dT L^3/(nu alpha_0).
        Pr: Prandtl number, nu/alpha_0.
        Le: Lewis number, alpha_0/D.
        N: Buoyancy ratio, -beta_c dc/(beta_T dT).
        Sr: Soret number, S_T c0(1-c0) dT/dc.
        Df: Dufour number, rho D Q_s dc/(kappa_0 dT).

    Raises:
        FluidError: A group is not finite; Pr or Le is not positive; Sr Df >= 1, so that kappa would
            not be positive; or Df is non-zero where Sr is zero or of opposite sign, which violates
            Onsager's reciprocal relations.
    """

    Ra: float
    Pr: float
    Le: float
    N: float = 0.0
    Sr: float = 0.0
    Df: float = 0.0

    def __post_init__(self) -> None:
        """Check that the groups are finite, and that Pr and Le are positive."""
        _check_groups(self)
        if self.Df != 0.0 and self.Sr == 0.0:
            raise FluidError(
                f"Df = {self.Df:g} with Sr = 0 violates Onsager's reciprocal relations",
                "the Dufour and Soret effects share one coefficient: give Sr as well, or Df = 0",
            )
        if self.Sr * self.Df < 0.0:
            raise FluidError(
                f"Sr = {self.Sr:g} and Df = {self.Df:g} have opposite signs",
                "Df/Sr = T mu_c dc^2/(cp dT^2)/Le is positive in every stable mixture",
            )
        if self.Sr * self.Df >= 1.0:
            raise FluidError(
                f"Sr Df = {self.Sr * self.Df:g} is not below 1",
                "kappa = kappa_0 (1 - Sr Df) must be positive: heat flows from hot to cold",
            )

    @property
    def Sc(self) -> float:
        """Schmidt number, nu/D = Pr Le."""
        return self.Pr * self.Le


class GroupProperties(Protocol):
    """The properties from which :func:`groups` computes dimensionless groups."""

    @property
    def nu(self) -> float:
        """Kinematic viscosity, m2/s."""

    @property
    def alpha(self) -> float:
        """Thermal diffusivity, m2/s."""

    @property
    def slowest(self) -> float:
        """Smallest diffusivity: D of a binary mixture, m2/s."""

    @property
    def beta_T(self) -> float:
        """Thermal expansion coefficient, 1/K."""

    @property
    def psi(self) -> float:
        """Separation ratio, dimensionless."""


class ScaledProperties(NamedTuple):
    """Properties and gravity in units of L, alpha (or alpha_0), dT and rho.

    Args:
        values: Dimensionless properties.
        g: Dimensionless magnitude of gravity.
    """

    values: PropertyValues
    g: float


def groups(properties: GroupProperties, *, L: float, dT: float, g: float) -> Groups:
    """Return the dimensionless groups of a cell.

    Args:
        properties: Properties of the fluid at the reference temperature and composition.
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference T_hot - T_cold, K; positive.
        g: Magnitude of gravity, m/s2.

    Raises:
        FluidError: L or dT is not positive, g is negative, or the thermal expansion coefficient is
            zero.
    """
    if not (L > 0.0 and dT > 0.0 and g >= 0.0):
        raise FluidError(
            f"no dimensionless groups for L = {L:g} m, dT = {dT:g} K, g = {g:g} m/s2",
            "L and dT must be positive; g is a magnitude and must not be negative",
        )
    p = properties
    if p.beta_T == 0.0:
        raise FluidError(
            "the thermal expansion coefficient is 0, so the separation ratio psi is undefined",
            "choose another reference temperature, or give the groups directly",
        )
    return Groups(
        Ra=g * p.beta_T * dT * L**3 / (p.nu * p.alpha),
        Pr=p.nu / p.alpha,
        Le=p.alpha / p.slowest,
        psi=p.psi,
    )


def vibrational_rayleigh(p: GroupProperties, velocity: float, *, L: float, dT: float) -> float:
    """Return the vibrational Rayleigh (Gershuni) number (V beta_T dT L)^2/(2 nu alpha).

    G. Z. Gershuni, D. V. Lyubimov, *Thermal Vibrational Convection*, Wiley 1998.

    Args:
        p: Properties of the fluid at the reference temperature and composition.
        velocity: Amplitude V of the velocity of the cell, m/s.
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference, K.
    """
    return (velocity * p.beta_T * dT * L) ** 2 / (2.0 * p.nu * p.alpha)


def vibrational_velocity(p: GroupProperties, Ra_v: float, *, L: float, dT: float) -> float:
    """Return the amplitude of the velocity, m/s, at a vibrational Rayleigh number.

    Args:
        p: Properties of the fluid; beta_T is not zero.
        Ra_v: Vibrational Rayleigh number, not negative.
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference, K.
    """
    return sqrt(2.0 * Ra_v * p.nu * p.alpha) / abs(p.beta_T * dT * L)


def property_values(
    groups: Groups, *, c0: float, S_T_dT: float, T0_dT: float = nan, mu_c: float = nan
) -> ScaledProperties:
    """Return dimensionless properties that have the given groups in a cell with L = 1 and dT = 1.

    The units are L, alpha, dT and rho: rho = cp = kappa = alpha = 1, mu = Pr, D = 1/Le,
    |beta_T| = 1 and |g| = |Ra| Pr (beta_T takes the sign of Ra),
    beta_c = psi beta_T/(S_T c0(1-c0)).
    With psi = 0 the composition does not affect the density, but the Soret effect still acts.

    Args:
        groups: Groups that the properties must have.
        c0: Mean mass fraction of component 1, between 0 and 1.
        S_T_dT: Soret coefficient times the temperature difference.
        T0_dT: Mean absolute temperature divided by the temperature difference; nan if unknown.
        mu_c: Chemical derivative in units of cp dT; nan if unknown. The Dufour effect
            (kappa_0 > kappa) and the entropy production require both T0_dT and mu_c.

    Raises:
        FluidError: c0 is not between 0 and 1, S_T_dT is not finite, T0_dT or mu_c is not positive,
            or psi is non-zero while S_T_dT is zero.
    """
    if not 0.0 < c0 < 1.0:
        raise FluidError(f"c0 = {c0:g} is out of range", "give a mass fraction between 0 and 1")
    if not isfinite(S_T_dT):
        raise FluidError(f"S_T dT = {S_T_dT} is not finite")
    if T0_dT <= 0.0 or mu_c <= 0.0:
        raise FluidError(
            f"T0/dT = {T0_dT:g} and mu_c = {mu_c:g} must both be positive",
            "give positive values, or leave both out",
        )
    if groups.psi != 0.0 and S_T_dT == 0.0:
        raise FluidError(
            f"psi = {groups.psi:g} with S_T dT = 0: without a Soret effect, psi is 0",
            "give a non-zero S_T dT, or set psi = 0",
        )
    f = c0 * (1.0 - c0)
    beta_T = copysign(1.0, groups.Ra)
    Qs = T0_dT * S_T_dT * f * mu_c
    values = PropertyValues(
        T=T0_dT,
        c=c0,
        rho=1.0,
        mu=groups.Pr,
        kappa=1.0,
        cp=1.0,
        beta_T=beta_T,
        beta_c=0.0 if groups.psi == 0.0 else groups.psi * beta_T / (S_T_dT * f),
        D=1.0 / groups.Le,
        S_T=S_T_dT,
        Gamma=nan,
        M1=nan,
        M2=nan,
        mu_c=mu_c,
        Qs=Qs if isfinite(Qs) else 0.0,
    )
    return ScaledProperties(values, abs(groups.Ra) * groups.Pr)


def double_diffusive_values(groups: DoubleDiffusiveGroups) -> ScaledProperties:
    """Return dimensionless properties that have the given groups with L = 1, dT = 1 and dc = 1.

    The units are L, alpha_0, dT and rho: rho = cp = kappa_0 = 1, kappa = 1 - Sr Df, mu = Pr,
    D = 1/Le, S_T f = Sr, Q_s = Df Le, beta_c = -N beta_T, |g| = |Ra| Pr. The properties are for use
    with the linearised closure (constant f and Q_s) around c0 = 1/2, so that dc = 1 spans 0 to 1.
    The groups determine T and mu_c only through their product Df Le/Sr, so the entropy production
    is undefined.
    """
    c0 = 0.5
    beta_T = copysign(1.0, groups.Ra)
    values = PropertyValues(
        T=nan,
        c=c0,
        rho=1.0,
        mu=groups.Pr,
        kappa=1.0 - groups.Sr * groups.Df,
        cp=1.0,
        beta_T=beta_T,
        beta_c=-groups.N * beta_T,
        D=1.0 / groups.Le,
        S_T=groups.Sr / (c0 * (1.0 - c0)),
        Gamma=nan,
        M1=nan,
        M2=nan,
        mu_c=nan,
        Qs=groups.Df * groups.Le,
    )
    return ScaledProperties(values, abs(groups.Ra) * groups.Pr)


def _check_groups(g: Groups | DoubleDiffusiveGroups) -> None:
    for field in fields(g):
        value = getattr(g, field.name)
        if not isfinite(value):
            raise FluidError(f"{field.name} = {value} is not finite")
        if field.name in {"Pr", "Le"} and value <= 0.0:
            raise FluidError(f"{field.name} = {value:g} is not positive")
