"""The state of a binary mixture in which a coefficient of thermodiffusion is converted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Final

from femsoret.base.errors import FluidError
from femsoret.fluids.composition import mass_fraction, mass_fraction_at_molality, mole_fraction
from femsoret.fluids.electrolytes import (
    electrolyte_thermodynamic_factor,
    mixture_thermodynamic_factor,
)
from femsoret.fluids.fluid import Fluid


@dataclass(frozen=True, kw_only=True)
class MixtureState:
    """The state of a binary mixture in which a coefficient is converted; None is not given.

    One of c, x and m gives the composition; x and m need the molar masses to become c.

    Args:
        T: Temperature, K.
        c: Mass fraction of component 1.
        x: Mole fraction of component 1.
        m: Molality of component 1 in component 2, mol/kg.
        M1: Molar mass of component 1, kg/mol.
        M2: Molar mass of component 2, kg/mol.
        rho: Density, kg/m3.
        D: Mutual diffusion coefficient, m2/s; the same number in mass, mole and volume frame.
        Gamma: Thermodynamic factor 1 + d ln gamma1/d ln x1, dimensionless.
        Gamma_el: Thermodynamic factor of an electrolyte, 1 + d ln gamma/d ln m, dimensionless; it
            gives Gamma, and Gamma gives it, with `ions`.
        ions: Number of ions of a formula unit of a salt, component 1.
        beta_T: Thermal expansion coefficient -(1/rho) drho/dT, 1/K.
        beta_c: Solutal expansion coefficient (1/rho) drho/dc, dimensionless.
        beta_1: Thermal expansion coefficient of pure component 1, 1/K.
        beta_2: Thermal expansion coefficient of pure component 2, 1/K.

    Raises:
        FluidError: The composition is given twice, or a value is not physical.
    """

    T: float | None = None
    c: float | None = None
    x: float | None = None
    m: float | None = None
    M1: float | None = None
    M2: float | None = None
    rho: float | None = None
    D: float | None = None
    Gamma: float | None = None
    Gamma_el: float | None = None
    ions: float | None = None
    beta_T: float | None = None
    beta_c: float | None = None
    beta_1: float | None = None
    beta_2: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("c", "x", "m") if getattr(self, name) is not None]
        if len(given) > 1:
            raise FluidError(
                f"the composition is given {len(given)} times, as {' and '.join(given)}",
                "give one of c (mass fraction), x (mole fraction) and m (molality)",
            )
        for name, value in self.given().items():
            signed = name in {"beta_T", "beta_c", "beta_1", "beta_2"}
            if not isfinite(value) or (value <= 0.0 and not signed):
                raise FluidError(
                    f"{name} = {value:g} is not {'finite' if signed else 'positive and finite'}",
                    STATE_UNITS[name][1],
                )
            if name in {"c", "x"} and value >= 1.0:
                raise FluidError(f"{name} = {value:g} is not a fraction", "60.88 wt% is c = 0.6088")

    def given(self) -> dict[str, float]:
        """Return the values that are given, by name."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    def known(self) -> frozenset[str]:
        """Return the names of the quantities that are given, or follow from those that are."""
        known = set(self.given())
        masses = {"M1", "M2"} <= known
        if known & {"c", "x", "m"}:
            if masses:
                known |= {"c", "x"}
            elif "m" in known and "M1" in known:
                known.add("c")
        if {"ions", "x"} <= known and known & {"Gamma", "Gamma_el"}:
            known |= {"Gamma", "Gamma_el"}
        return frozenset(known)

    def __getitem__(self, name: str) -> float:
        """Return a quantity of :meth:`known`, in its SI unit."""
        value: float | None = getattr(self, name)
        if value is not None:
            return value
        match name:
            case "c" if self.m is not None:
                return float(mass_fraction_at_molality(self.m, self["M1"]))
            case "c" if self.x is not None:
                return float(mass_fraction(self.x, self["M1"], self["M2"]))
            case "x" if self.c is not None or self.m is not None:
                return float(mole_fraction(self["c"], self["M1"], self["M2"]))
            case "Gamma" if self.Gamma_el is not None:
                return float(mixture_thermodynamic_factor(self.Gamma_el, self["ions"], self["x"]))
            case "Gamma_el" if self.Gamma is not None:
                return float(electrolyte_thermodynamic_factor(self.Gamma, self["ions"], self["x"]))
        raise FluidError(f"{name} is not given", f"give {name}: {STATE_UNITS[name][1]}")


STATE_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "T": ("K", "temperature, such as 300 K"),
    "c": ("1", "mass fraction of component 1, such as 0.5"),
    "x": ("1", "mole fraction of component 1, such as 0.5"),
    "m": ("mol/kg", "molality of component 1 in component 2, such as 0.5 mol/kg"),
    "M1": ("kg/mol", "molar mass of component 1, such as 18.015 g/mol"),
    "M2": ("kg/mol", "molar mass of component 2, such as 46.069 g/mol"),
    "rho": ("kg/m3", "density, such as 935 kg/m3"),
    "D": ("m2/s", "diffusion coefficient, such as 4.3e-10 m2/s"),
    "Gamma": ("1", "thermodynamic factor, 1 for an ideal mixture"),
    "Gamma_el": ("1", "thermodynamic factor of an electrolyte, 1 + d ln gamma/d ln m"),
    "ions": ("1", "number of ions of a formula unit, 2 for NaCl"),
    "beta_T": ("1/K", "thermal expansion coefficient, such as 7.9e-4 1/K"),
    "beta_c": ("1", "solutal expansion coefficient (1/rho) drho/dc"),
    "beta_1": ("1/K", "thermal expansion coefficient of pure component 1"),
    "beta_2": ("1/K", "thermal expansion coefficient of pure component 2"),
}
"""SI unit and explanation of the quantities of a state."""


def state_of(fluid: Fluid, T: float | None = None, c: float | None = None) -> MixtureState:
    """Return the state of a fluid, with what is known of it.

    Args:
        fluid: The fluid.
        T: Temperature, K; None for that of the reference state of the fluid.
        c: Mass fraction of component 1; None for that of the reference state of the fluid.

    Raises:
        FluidError: A property is not physical at this temperature and composition.
    """
    known = fluid.known(T, c)
    return MixtureState(
        T=fluid.T if T is None else T,
        c=fluid.c if c is None else c,
        M1=known.get("molar_mass_1"),
        M2=known.get("molar_mass_2"),
        rho=known.get("density"),
        D=known.get("diffusion"),
        Gamma=known.get("thermodynamic_factor"),
        beta_T=known.get("thermal_expansion"),
        beta_c=known.get("solutal_expansion"),
    )
