"""Dilute suspensions of spheres that slip at their surface drives along temperature gradients.

A sphere of radius a moves at -D_T grad T, and diffuses as Stokes and Einstein say:

    D_T = 2 kappa/(2 kappa + kappa_s) mu_s        D = k_B T/(6 pi mu a)        S_T = D_T/D

kappa and mu are those of the liquid, kappa_s is the conductivity of the sphere and mu_s its
mobility (J. L. Anderson, Annu. Rev. Fluid Mech. 21 (1989) 61). D_T does not depend on the radius,
so that S_T is proportional to it. Interactions of the spheres are left out.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, pi

from scipy import constants

from femsoret.base.errors import FluidError
from femsoret.fluids.fluid import FOR_ENTROPY, UNITS, Fluid
from femsoret.fluids.properties import Constant, Power, Product, Property, Scaled, StokesEinstein
from femsoret.fluids.sourced import Sourced

DILUTE = 0.01
"""Largest mean mass fraction; beyond it spheres interact."""

_SOURCES = {
    "diffusion": "Stokes-Einstein relation for a sphere",
    "soret": "D_T/D, D_T of a sphere: J. L. Anderson, Annu. Rev. Fluid Mech. 21 (1989) 61",
    "solutal_expansion": "additive volumes",
}


def thermophoretic_mobility(mu_s: float, kappa: float, kappa_s: float) -> float:
    """Return D_T of a free sphere, m2/(s K), positive towards the cold side.

    Args:
        mu_s: Mobility of slip at its surface, m2/(s K), positive if the fluid slips to the warm
            side.
        kappa: Conductivity of the liquid, W/m/K.
        kappa_s: Conductivity of the sphere, W/m/K.
    """
    return 2.0 * kappa / (2.0 * kappa + kappa_s) * mu_s


def suspension(
    liquid: Fluid,
    *,
    radius: float,
    mu_s: float,
    kappa_s: float,
    density: float,
    c: float,
    name: str = "spheres",
) -> Fluid:
    """Return a dilute suspension of equal spheres, component 1, in a liquid.

    D and S_T are those of one sphere at the reference temperature of the liquid, and follow its
    viscosity from there. All other properties are those of the liquid; the solutal expansion is
    that of additive volumes. Without Gamma there is no Dufour effect. Use the closure "dilute".

    Args:
        liquid: A fluid whose component 2 is the liquid, and that has so little of component 1 that
            its properties are those of the liquid.
        radius: Radius of the spheres, m.
        mu_s: Mobility of slip at their surface, m2/(s K).
        kappa_s: Conductivity of the spheres, W/m/K; 0 if they insulate.
        density: Mass density of the spheres, kg/m3.
        c: Mean mass fraction of the spheres.
        name: Name of component 1.

    Raises:
        FluidError: A number is not allowed, or the suspension or the liquid is not dilute.
    """
    allowed = {
        "radius": isfinite(radius) and radius > 0.0,
        "mu_s": isfinite(mu_s),
        "kappa_s": isfinite(kappa_s) and kappa_s >= 0.0,
        "density": isfinite(density) and density > 0.0,
        "c": 0.0 < c <= DILUTE,
    }
    for key, fits in allowed.items():
        if not fits:
            raise FluidError(
                f"a suspension of {name} in {liquid.components[1]}: {key} is out of range",
                f"lengths and densities are positive, mass fractions between 0 and {DILUTE:g}",
            )
    if liquid.c > DILUTE:
        raise FluidError(
            f"{liquid.name} contains {liquid.c:.3g} of {liquid.components[0]}: its properties are "
            f"not those of {liquid.components[1]}",
            f"take a fluid with at most {DILUTE:g} of component 1",
        )
    T, at = liquid.T, liquid.at(liquid.T, liquid.c)
    viscosity = liquid.entries()["viscosity"].value
    D = constants.k * T / (6.0 * pi * at.mu * radius)
    D_T = thermophoretic_mobility(mu_s, at.kappa, kappa_s)
    # S_T = D_T/D, which is proportional to mu/T.
    S_T = Product((Power(D_T / D, T, exponent=-1.0), Scaled(viscosity, 1.0 / at.mu)))
    made = replace(
        liquid,
        name=f"{name}-{liquid.components[1]}",
        components=(name, liquid.components[1]),
        c=c,
        diffusion=_entry("diffusion", StokesEinstein(D, T, viscosity)),
        soret=_entry("soret", S_T),
        solutal_expansion=_entry("solutal_expansion", Constant(1.0 - at.rho / density)),
        thermodynamic_factor=None,
        molar_masses=None,
        missing=dict.fromkeys(FOR_ENTROPY, "spheres are not molecules"),
        alternatives={},
        optics=(),
        summary=f"spheres of radius {1e9 * radius:.4g} nm that slip, in {liquid.components[1]}",
    )
    made.validate()
    return made


def _entry(name: str, law: Property) -> Sourced:
    return Sourced(value=law, unit=UNITS[name], source=_SOURCES[name])
