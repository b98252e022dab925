"""Binary gases as fluids: all properties from kinetic theory and the ideal gas law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

import numpy as np

from femsoret.base.errors import FluidError
from femsoret.fluids.composition import mass_fraction
from femsoret.fluids.fluid import ATMOSPHERE, MOLAR_MASS_UNIT, UNITS, Fluid
from femsoret.fluids.gases.comparisons import Comparison, Quantity, comparisons
from femsoret.fluids.gases.fit import gas_polynomial, nodes, polynomial
from femsoret.fluids.gases.kinetic import Gas
from femsoret.fluids.properties import (
    Constant,
    GasPolynomial,
    IdealGasDensity,
    IdealGasExpansion,
    IdealGasSolutalExpansion,
    MassWeighted,
    Property,
    Scaled,
)
from femsoret.fluids.sourced import Sourced

COVERED: Final = (200.0, 600.0)
"""Temperatures for which properties are computed, K, as far as heat capacities are known there."""

_EXPONENTS: Final = {"viscosity": 0.5, "conductivity": 0.5, "diffusion": 1.5, "soret": -1.0}
"""Exponents of T of gases of hard spheres; S_T is alpha_T/T."""

IDEAL: Final = {
    "density": "ideal gas law",
    "thermal_expansion": "ideal gas: 1/T",
    "solutal_expansion": "ideal gas: M (1/M2 - 1/M1)",
    "thermodynamic_factor": "ideal gas: 1",
    "chemical_derivative": "ideal gas: derivatives of R T ln(x_i)/M_i",
}
"""Properties that need no kinetic theory, and their sources."""


def gas_fluid(
    names: str,
    *,
    x: float | None = None,
    c: float | None = None,
    pressure: float = ATMOSPHERE,
    T: float = 300.0,
    mechanism: str | None = None,
) -> Fluid:
    """Return a binary gas whose properties are computed with Cantera.

    Viscosity, conductivity, heat capacity, D and S_T are fits to values that are computed once, for
    all compositions and the temperatures :data:`COVERED`. Density and expansion are those of an
    ideal gas. Uncertainties are unknown; notes on D and S_T say how far other sources are apart.
    Laws of other sources are alternatives of the fluid.

    Args:
        names: Names of the two gases with a hyphen between, component 1 first, such as "He-Ar".
        x: Mole fraction of component 1.
        c: Mass fraction of component 1, in place of x.
        pressure: Pressure, Pa.
        T: Temperature of the reference state, K.
        mechanism: File of Cantera's format with the molecules; None for those of this package and
            of gri30.yaml.

    Raises:
        MissingDependency: Cantera is not installed.
        FluidError: A name or a number is not allowed.
    """
    gas = Gas(tuple(names.split("-")), mechanism)
    first, second = _two(gas)
    check_given_once(names, x, c, f"the mole fraction of {first} or its mass fraction")
    fraction, kind = (x, "mole") if x is not None else (c, "mass")
    if not (fraction is not None and 0.0 < fraction < 1.0):
        raise FluidError(
            f"gas {names!r}: the {kind} fraction {fraction} of {first} is out of range",
            "give a number between 0 and 1, both excluded",
        )
    M1, M2 = (float(M) for M in gas.molar_masses)
    fluid = Fluid(
        name=names,
        components=(first, second),
        T=T,
        c=fraction if x is None else mass_fraction(fraction, M1, M2),
        molar_masses=(_molar_mass(gas, M1), _molar_mass(gas, M2)),
        conductivity_kind="no-gradient",
        pressure=pressure,
        alternatives=_alternatives(gas, pressure),
        summary=f"gas at {pressure:g} Pa, {gas.source}",
        **_entries(gas, pressure),
    )
    fluid.validate()
    return fluid


def check_given_once(names: str, x: object, c: object, either: str) -> None:
    """Check that the composition of a gas is given in one of two ways.

    Args:
        names: Names of the gases.
        x: Mole fractions, or None.
        c: Mass fractions, or None.
        either: The two ways in words.

    Raises:
        FluidError: Both are given, or neither.
    """
    if (x is None) == (c is None):
        raise FluidError(
            f"gas {names!r}: the composition is given " + ("nowhere" if x is None else "twice"),
            f"give either {either}",
        )


def _two(gas: Gas) -> tuple[str, str]:
    if len(gas.names) != 2:
        raise FluidError(
            f"gas {gas.name!r} has {len(gas.names)} components", "give a gas of two, as He-Ar"
        )
    return gas.names[0], gas.names[1]


def _entries(gas: Gas, pressure: float) -> dict[str, Any]:
    """Return the properties of a gas by name."""
    M1, M2 = (float(M) for M in gas.molar_masses)
    T_range = covered(gas)
    computed = _computed(gas.names, gas.mechanism)
    notes = {
        "conductivity": "at uniform composition",
        "diffusion": _note(gas, "diffusion"),
        "soret": _note(gas, "alpha_T"),
    }
    entries = {
        name: Sourced(
            value=_at(pressure, law) if name == "diffusion" else law,
            unit=UNITS[name],
            source=gas.source,
            computed_with=gas.package,
            T_range=T_range,
            note=notes.get(name, ""),
        )
        for name, law in computed.items()
    }
    exact: dict[str, Property] = {
        "density": IdealGasDensity(pressure, M1, M2),
        "thermal_expansion": IdealGasExpansion(),
        "solutal_expansion": IdealGasSolutalExpansion(M1, M2),
        "thermodynamic_factor": Constant(1.0),
    }
    return entries | {
        name: Sourced(value=law, unit=UNITS[name], source=IDEAL[name], derived=True, verified=True)
        for name, law in exact.items()
    }


def covered(gas: Gas) -> tuple[float, float]:
    """Return the lowest and the highest temperature for which a gas is computed, K."""
    low, high = gas.T_range
    return max(COVERED[0], low), min(COVERED[1], high)


@cache
def _computed(names: tuple[str, ...], mechanism: str | None) -> Mapping[str, Property]:
    """Return the fitted laws of a gas; D is at 1 atm."""
    gas = Gas(names, mechanism)
    T_range = covered(gas)
    M = float(gas.molar_masses[0]), float(gas.molar_masses[1])
    T, x = nodes(T_range)
    shape = T.size, x.size
    found = {name: np.empty(shape) for name in _EXPONENTS}
    for i, k in np.ndindex(shape):
        at = gas.at(T[i], ATMOSPHERE, (x[k], 1.0 - x[k]))
        found["viscosity"][i, k] = at.mu
        found["conductivity"][i, k] = at.kappa_0
        found["diffusion"][i, k] = at.D[0, 1]
        found["soret"][i, k] = gas.alpha_T(T[i], x[k]) / T[i]
    laws: dict[str, Property] = {
        name: gas_polynomial(f"gas {gas.name!r}: {name}", values, T_range, _EXPONENTS[name], M)
        for name, values in found.items()
    }
    first, second = (polynomial(partial(gas.heat_capacity, component=i), T_range) for i in (0, 1))
    return laws | {"heat_capacity": MassWeighted(first, second)}


def _at(pressure: float, law: Property) -> Property:
    """Return the law of D at a pressure, Pa, from that at 1 atm: p D depends on T alone."""
    if isinstance(law, GasPolynomial):
        factor = ATMOSPHERE / pressure
        rows = tuple(tuple(factor * a for a in row) for row in law.coefficients)
        return replace(law, coefficients=rows)
    return Scaled(law, ATMOSPHERE / pressure)


def _molar_mass(gas: Gas, M: float) -> Sourced:
    source = f"atomic masses of {gas.package}"
    return Sourced(
        value=Constant(M), unit=MOLAR_MASS_UNIT, source=source, computed_with=gas.package
    )


def _note(gas: Gas, quantity: Quantity) -> str:
    """Return how far the computed value is from those of other sources."""
    return "; ".join(
        other.sentence(_found(gas, quantity, other)) for other in comparisons(quantity, gas.names)
    )


def _found(gas: Gas, quantity: Quantity, other: Comparison) -> float:
    """Return the computed value where another source has one, of the sign that it has there."""
    x = 0.5 if other.x is None else other.x
    swapped = other.pair != gas.names
    first = 1.0 - x if swapped else x
    if quantity == "diffusion":
        return float(gas.at(other.T_ref, ATMOSPHERE, (first, 1.0 - first)).D[0, 1])
    return (-1.0 if swapped else 1.0) * gas.alpha_T(other.T_ref, first)


def _alternatives(gas: Gas, pressure: float) -> dict[str, dict[str, Sourced]]:
    """Return the laws of other sources, from which a case can choose."""
    M1, M2 = (float(M) for M in gas.molar_masses)

    def alternative(name: str, other: Comparison, factor: float, exponent: float) -> Sourced:
        return Sourced(
            value=GasPolynomial(((factor * other.value,),), other.T_ref, exponent, M1, M2),
            unit=UNITS[name],
            source=other.source,
            verified=True,
            T_range=other.T_range,
        )

    found = {
        "diffusion": {
            other.name: alternative("diffusion", other, ATMOSPHERE / pressure, other.exponent)
            for other in comparisons("diffusion", gas.names)
            if other.name
        },
        # S_T = alpha_T/T is that of component 1, alpha_T that of the heavier gas.
        "soret": {
            other.name: alternative("soret", other, sign / other.T_ref, other.exponent - 1.0)
            for other in comparisons("alpha_T", gas.names)
            if other.name
            for sign in (1.0 if other.pair == gas.names else -1.0,)
        },
    }
    return {name: others for name, others in found.items() if others}
