"""Dimensionless groups of a fluid in a cell, and the properties that given groups stand for.

Conventions: L is the gap between the hot and the cold wall, dT = |T_hot - T_cold|,
alpha = kappa/(rho cp) with kappa the conductivity at zero mass flux, nu = mu/rho.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import copysign, isfinite, nan
from typing import Final, NamedTuple, Protocol

from femsoret.base.errors import FluidError
from femsoret.fluids.values import PropertyValues

STANDARD_GRAVITY: Final = 9.80665
"""m/s2, ISO 80000-3."""


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
        """Check the groups."""
        _check_groups(self)

    @property
    def Sc(self) -> float:
        """Schmidt number, nu/D = Pr Le."""
        return self.Pr * self.Le


@dataclass(frozen=True, kw_only=True)
class DoubleDiffusiveGroups:
    """The groups of convection driven by given temperatures and compositions.

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
        FluidError: Pr or Le is not positive; Sr Df >= 1 (no positive conductivity is left);
            Df without Sr, or of the other sign, which Onsager's symmetry forbids.
    """

    Ra: float
    Pr: float
    Le: float
    N: float = 0.0
    Sr: float = 0.0
    Df: float = 0.0

    def __post_init__(self) -> None:
        """Check the groups."""
        _check_groups(self)
        if self.Df != 0.0 and self.Sr == 0.0:
            raise FluidError(
                f"Df = {self.Df:g} with Sr = 0 contradicts Onsager's symmetry",
                "the Dufour and the Soret effect come from one coefficient: give Sr too, or Df = 0",
            )
        if self.Sr * self.Df < 0.0:
            raise FluidError(
                f"Sr = {self.Sr:g} and Df = {self.Df:g} have opposite signs",
                "Df/Sr is T mu_c dc^2/(cp dT^2)/Le, which is positive in every stable mixture",
            )
        if self.Sr * self.Df >= 1.0:
            raise FluidError(
                f"Sr Df = {self.Sr * self.Df:g} is not below 1",
                "kappa = kappa_0 (1 - Sr Df) must be positive, or heat flows from cold to warm",
            )

    @property
    def Sc(self) -> float:
        """Schmidt number, nu/D = Pr Le."""
        return self.Pr * self.Le


class GroupProperties(Protocol):
    """What the groups are made of; see :class:`femsoret.fluids.values.PropertyValues`."""

    @property
    def nu(self) -> float:
        """Kinematic viscosity, m2/s."""

    @property
    def alpha(self) -> float:
        """Thermal diffusivity, m2/s."""

    @property
    def slowest(self) -> float:
        """Diffusivity of what spreads most slowly, m2/s."""

    @property
    def beta_T(self) -> float:
        """Thermal expansion, 1/K."""

    @property
    def psi(self) -> float:
        """Separation ratio."""


class ScaledProperties(NamedTuple):
    """Properties in units of L, alpha, dT and rho, and the gravity that belongs to them."""

    values: PropertyValues
    g: float


def groups(properties: GroupProperties, *, L: float, dT: float, g: float) -> Groups:
    """Return the dimensionless groups of a cell.

    Args:
        properties: The fluid at the reference temperature and composition.
        L: Gap between the hot and the cold wall, m.
        dT: Temperature difference between them, without sign, K.
        g: Magnitude of gravity, m/s2.

    Raises:
        FluidError: L or dT is not positive, g is negative, or the thermal expansion is zero.
    """
    if not (L > 0.0 and dT > 0.0 and g >= 0.0):
        raise FluidError(
            f"no groups for L = {L:g} m, dT = {dT:g} K, g = {g:g} m/s2",
            "L and dT are positive, g is a magnitude and not negative",
        )
    p = properties
    if p.beta_T == 0.0:
        raise FluidError(
            "the thermal expansion is 0: the separation ratio psi is not defined",
            "choose another reference temperature, or give the groups themselves",
        )
    return Groups(
        Ra=g * p.beta_T * dT * L**3 / (p.nu * p.alpha),
        Pr=p.nu / p.alpha,
        Le=p.alpha / p.slowest,
        psi=p.psi,
    )


def property_values(
    groups: Groups, *, c0: float, S_T_dT: float, T0_dT: float = nan, mu_c: float = nan
) -> ScaledProperties:
    """Return properties that have the given groups in a cell with L = 1 and dT = 1.

    The units are L, alpha, dT and rho: rho = cp = kappa = alpha = 1, mu = Pr, D = 1/Le,
    |beta_T| = 1 and |g| = |Ra| Pr (beta_T takes the sign of Ra),
    beta_c = psi beta_T/(S_T c0(1-c0)).
    With psi = 0 the composition does not weigh, and the Soret effect stays on.

    Args:
        groups: The groups.
        c0: Mean mass fraction of component 1.
        S_T_dT: Soret coefficient times the temperature difference.
        T0_dT: Mean absolute temperature over the temperature difference; nan if unknown.
        mu_c: Chemical derivative in units of cp dT; nan if unknown. Only if both are known is
            there a Dufour effect (kappa_0 > kappa) and an entropy production.

    Raises:
        FluidError: c0 is not between 0 and 1, T0_dT or mu_c is not positive, or psi is not 0
            although S_T_dT is.
    """
    if not 0.0 < c0 < 1.0:
        raise FluidError(f"c0 = {c0:g} is not a mixture", "a mass fraction between 0 and 1")
    if not isfinite(S_T_dT):
        raise FluidError(f"S_T dT = {S_T_dT} is not finite")
    if T0_dT <= 0.0 or mu_c <= 0.0:
        raise FluidError(
            f"T0/dT = {T0_dT:g} and mu_c = {mu_c:g} have to be positive", "or leave both out"
        )
    if groups.psi != 0.0 and S_T_dT == 0.0:
        raise FluidError(
            f"psi = {groups.psi:g} with S_T dT = 0: without Soret effect psi is 0",
            "give S_T dT, or psi = 0",
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
    """Return properties that have the given groups with L = 1, dT = 1 and dc = 1.

    The units are L, alpha_0, dT and rho: rho = cp = kappa_0 = 1, kappa = 1 - Sr Df, mu = Pr,
    D = 1/Le, S_T f = Sr, Q_s = Df Le, beta_c = -N beta_T, |g| = |Ra| Pr. They belong to the
    linearised closure (f and Q_s constant) around c0 = 1/2, so that dc = 1 spans 0 to 1. Only the
    product T mu_c = Df Le/Sr is known, so there is no entropy production.
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
