"""Gases of three or more components as fluids."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any, Final

import numpy as np

from femsoret.base.errors import FluidError, nearest
from femsoret.base.types import Array
from femsoret.fluids.fluid import ATMOSPHERE, Fluid
from femsoret.fluids.gases.fluid import IDEAL, check_given_once, covered, gas_fluid
from femsoret.fluids.gases.kinetic import Gas
from femsoret.fluids.gases.multicomponent import fick_values
from femsoret.fluids.multicomponent import (
    COMPONENT_UNITS,
    PAIR_UNITS,
    FluidComponent,
    MulticomponentFluid,
)
from femsoret.fluids.properties import IdealGasExpansion, Property
from femsoret.fluids.properties.gas_mixtures import (
    GasExpansion,
    IdealMixtureDensity,
    IdealMixtureExpansion,
    IdealMixturePotential,
)
from femsoret.fluids.sourced import Sourced

REACH: Final = 0.1
"""Part of a mass fraction, of each component and of the rest, up to which properties are fitted."""

_TEMPERATURES: Final = 6
"""Number of temperatures at which properties are computed."""


def gas_mixture(
    names: str,
    *,
    x: Mapping[str, float] | None = None,
    c: Mapping[str, float] | None = None,
    pressure: float = ATMOSPHERE,
    T: float = 300.0,
    mechanism: str | None = None,
) -> MulticomponentFluid:
    """Return a gas of three or more components whose properties are computed with Cantera.

    Transport coefficients are expanded to second order about the composition that is given; the
    notes say how well that holds where mass fractions differ from it by a tenth. The component
    named last is the rest.

    Args:
        names: Names of the gases with hyphens between, such as "He-Ne-Ar".
        x: Mole fractions by name, of all components or of all but one.
        c: Mass fractions by name, in place of x.
        pressure: Pressure, Pa.
        T: Temperature of the reference state, K.
        mechanism: File of Cantera's format with the molecules; None for those of this package and
            of gri30.yaml.

    Raises:
        MissingDependency: Cantera is not installed.
        FluidError: A name or a number is not allowed.
    """
    gas = Gas(tuple(names.split("-")), mechanism)
    if len(gas.names) < 3:
        raise FluidError(f"gas {names!r} has two components", "use gas_fluid")
    check_given_once(names, x, c, "mole fractions or mass fractions, by name")
    moles = _fractions(gas, x) if x is not None else _moles(gas, _fractions(gas, c or {}))
    mass = moles * gas.molar_masses
    mass /= mass.sum()
    found = _computed(gas.names, gas.mechanism, tuple(float(m) for m in mass))
    M = tuple(float(m) for m in gas.molar_masses)

    def computed(name: str, unit: str, factor: float = 1.0) -> Sourced:
        law, error = found[name]
        rows = tuple(tuple(factor * a for a in row) for row in law.coefficients)
        return Sourced(
            value=GasExpansion(rows, law.T_ref, law.exponent, law.c_ref),
            unit=unit,
            source=gas.source,
            computed_with=gas.package,
            T_range=covered(gas),
            note=f"expanded about the composition: within {100.0 * error:.1g} % where mass "
            f"fractions are {100.0 * REACH:.0f} % of themselves away from it",
        )

    def exact(law: Property, name: str, unit: str) -> Sourced:
        return Sourced(value=law, unit=unit, source=IDEAL[name], derived=True, verified=True)

    N = len(M) - 1
    thin = ATMOSPHERE / pressure  # D and D'_T are those at 1 atm, and grow as the gas gets thinner
    components = [
        FluidComponent(
            name=gas.names[i],
            c=float(mass[i]),
            solutal_expansion=exact(
                IdealMixtureExpansion(M, M[i]),
                "solutal_expansion",
                COMPONENT_UNITS["solutal_expansion"],
            ),
            thermodiffusion=computed(
                f"thermodiffusion.{i}", COMPONENT_UNITS["thermodiffusion"], thin
            ),
            diffusion={
                gas.names[k]: computed(f"diffusion.{i}.{k}", PAIR_UNITS["diffusion"], thin)
                for k in range(N)
            },
            chemical_derivative={
                gas.names[k]: exact(
                    IdealMixturePotential(
                        M, M[i], M[k], tuple(float(i == k == n) for n in range(N))
                    ),
                    "chemical_derivative",
                    PAIR_UNITS["chemical_derivative"],
                )
                for k in range(i, N)
            },
        )
        for i in range(N)
    ]
    fluid = MulticomponentFluid(
        name=names,
        T=T,
        component=(*components, FluidComponent(name=gas.names[-1])),
        density=exact(IdealMixtureDensity(pressure, M), "density", "kg/m3"),
        thermal_expansion=exact(IdealGasExpansion(), "thermal_expansion", "1/K"),
        conductivity_kind="no-gradient",
        summary=f"gas at {pressure:g} Pa, {gas.source}",
        viscosity=computed("viscosity", "Pa s"),
        conductivity=computed("conductivity", "W/m/K"),
        heat_capacity=computed("heat_capacity", "J/kg/K"),
    )
    fluid.validate()
    return fluid


def gas_of(
    names: str,
    *,
    x: float | Mapping[str, float] | None = None,
    c: float | Mapping[str, float] | None = None,
    pressure: float = ATMOSPHERE,
    T: float = 300.0,
    mechanism: str | None = None,
) -> Fluid | MulticomponentFluid:
    """Return a gas of two components or more; see :func:`gas_fluid` and :func:`gas_mixture`.

    Args:
        names: Names of the gases with hyphens between.
        x: Mole fraction of the first of two gases, or mole fractions of more by name.
        c: Mass fractions in the same way, in place of x.
        pressure: Pressure, Pa.
        T: Temperature of the reference state, K.
        mechanism: File of Cantera's format with the molecules.

    Raises:
        MissingDependency: Cantera is not installed.
        FluidError: A name or a number is not allowed.
    """
    first, *others = names.split("-")
    if len(others) > 1:
        if isinstance(x, float) or isinstance(c, float):
            raise FluidError(
                f"gas {names!r} has {len(others) + 1} components, but one fraction is given",
                "give a table, as { "
                + ", ".join(f"{n} = ..." for n in (first, *others[:-1]))
                + " }",
            )
        return gas_mixture(names, x=x, c=c, pressure=pressure, T=T, mechanism=mechanism)
    if isinstance(x, Mapping) or isinstance(c, Mapping):
        raise FluidError(
            f"gas {names!r} has two components, but a table of fractions is given",
            f"give that of {first} as a number",
        )
    return gas_fluid(names, x=x, c=c, pressure=pressure, T=T, mechanism=mechanism)


def _fractions(gas: Gas, given: Mapping[str, float]) -> Array:
    """Return the fractions of all components from those of all, or of all but one."""
    for name in given:
        if name not in gas.names:
            raise FluidError(
                f"gas {gas.name!r} has no component {name!r}", nearest(name, gas.names)
            )
    missing = [name for name in gas.names if name not in given]
    if len(missing) > 1:
        raise FluidError(
            f"gas {gas.name!r}: the fractions of {', '.join(missing)} are missing",
            "give those of all components, or of all but one",
        )
    total = sum(given.values())
    each = {**given, **dict.fromkeys(missing, 1.0 - total)}
    found = np.array([each[name] for name in gas.names], dtype=float)
    if not (np.all(found > 0.0) and abs(found.sum() - 1.0) < 1e-9):
        raise FluidError(
            f"gas {gas.name!r}: the fractions "
            + ", ".join(f"{name} {each[name]:g}" for name in gas.names)
            + " are not positive numbers that add up to 1",
            "leave out one of them, which then is the rest",
        )
    return found


def _moles(gas: Gas, c: Array) -> Array:
    moles = c / gas.molar_masses
    return np.asarray(moles / moles.sum())


@cache
def _computed(
    names: tuple[str, ...], mechanism: str | None, c: tuple[float, ...]
) -> Mapping[str, tuple[GasExpansion, float]]:
    """Return the laws of a gas about a composition at 1 atm, and their largest relative errors."""
    gas = Gas(names, mechanism)
    low, high = np.log(covered(gas))
    temperatures = np.exp(np.linspace(low, high, _TEMPERATURES))
    T_ref, c_ref = float(np.exp(0.5 * (low + high))), np.asarray(c)
    states, values = [], []
    # The rest stays positive: all components together move by no more than a part of it.
    reach = REACH * np.minimum(c_ref[:-1], c_ref[-1] / (len(c) - 1))
    for T, steps in product(temperatures, product((-1.0, 0.0, 1.0), repeat=len(c) - 1)):
        moved = c_ref[:-1] + reach * steps
        x = _moles(gas, np.append(moved, 1.0 - moved.sum()))
        states.append([1.0, np.log(T / T_ref), *(moved - c_ref[:-1])])
        values.append(_values(gas, float(T), x))
    z = np.asarray(states)
    pairs = [(i, k) for i in range(z.shape[1]) for k in range(i, z.shape[1])]
    # Columns of one size, for the sake of the least squares.
    columns = np.stack([z[:, i] * z[:, k] for i, k in pairs], axis=1)
    sizes = np.abs(columns).max(axis=0)
    at_reference = ~z[:, 2:].any(axis=1)
    laws = {}
    for name in values[0]:
        plain = np.array([one[name] for one in values])
        exponent = _exponent(z[at_reference, 1], plain[at_reference])
        y = plain / np.exp(exponent * z[:, 1])
        fitted = np.linalg.lstsq(columns / sizes, y, rcond=None)[0]
        error = float(np.abs(columns / sizes @ fitted - y).max() / np.abs(y).max())
        of = dict(zip(pairs, fitted / sizes, strict=True))
        n = z.shape[1]
        rows = tuple(tuple(float(of[i, k]) for k in range(i, n)) for i in range(n))
        laws[name] = GasExpansion(rows, T_ref, exponent, tuple(c[:-1])), error
    return laws


def _exponent(t: Array, values: Array) -> float:
    """Return the mean of d ln(value)/d ln(T), which leaves least to the expansion in ln(T).

    Args:
        t: ln(T/T_ref), in ascending order.
        values: Values of the property; if they change sign, there is no exponent.
    """
    if values.min() * values.max() <= 0.0:
        return 0.0
    return float(np.polynomial.polynomial.polyfit(t, np.log(np.abs(values)), 1)[1])


def _values(gas: Gas, T: float, x: Array) -> dict[str, Any]:
    at, matrices = gas.at(T, ATMOSPHERE, tuple(x)), fick_values(gas, T, ATMOSPHERE, tuple(x))
    found = {"viscosity": at.mu, "conductivity": at.kappa_0, "heat_capacity": at.cp}
    for i, D_T in enumerate(matrices.D_T):
        found[f"thermodiffusion.{i}"] = D_T
        found |= {f"diffusion.{i}.{k}": D for k, D in enumerate(matrices.D[i])}
    return found
