"""Names of the parameters of a mixture that ramps and uncertainty estimates vary.

A problem names each number of a mixture by its path through the fields of the mixture, such as
"species.0.beta_c" (:mod:`femsoret.base.parameters`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from femsoret.fluids.properties import Constant, Scaled
from femsoret.physics.closures.medium import Mixture
from femsoret.physics.closures.mixture import BoussinesqMixture
from femsoret.physics.closures.multicomponent import (
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
    SoretTransport,
)
from femsoret.physics.closures.particles import Particle, ParticleMixture

FLUID_DATA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "density": "rho0",
        "heat_capacity": "cp",
        "thermal_expansion": "beta_T",
        "viscosity": "viscosity.factor",
        "conductivity": "conductivity.factor",
        "solutal_expansion": "species.0.beta_c",
        "diffusion": "species.0.diffusion.factor",
        "soret": "species.0.soret.factor",
        "thermodynamic_factor": "species.0.mixing.Gamma.factor",
    }
)
"""For each property of a fluid, the parameter that is proportional to it in a mixture made by
:func:`femsoret.physics.closures.mixture_of`."""


_TRANSPORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "soret": "S",
        "thermodiffusion": "D_T",
        "heat_of_transport": "heats",
        "diffusion": "D",
        "onsager": "L",
        "chemical_derivative": "G",
    }
)
"""For each property of a component or of a pair of components, the field of the transport
coefficients that holds its models."""

_SHARED: Final = frozenset(
    {"density", "heat_capacity", "thermal_expansion", "viscosity", "conductivity"}
)
"""Properties of a fluid as a whole, whatever the number of its components."""


def data_parameters(mixture: Mixture, entries: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the parameters of a mixture that are proportional to the entries of a fluid's data.

    Args:
        mixture: Mixture made by :func:`femsoret.physics.closures.mixture_of`, or with all internal
            states of its solute by :func:`femsoret.physics.closures.homogenised.with_states`.
        entries: Names of entries of the fluid.

    Returns:
        Names of parameters by entry, for entries on which the mixture depends; with internal states
        also by the names of their data.
    """
    if isinstance(mixture, ParticleMixture):
        data = {entry: (FLUID_DATA[entry],) for entry in entries if entry in _SHARED}
        if "solutal_expansion" in entries:
            data["solutal_expansion"] = ("particles.0.beta_c",)
        return {**data, **_of_states(mixture.particles[0])}
    if not isinstance(mixture, MulticomponentMixture):
        return {entry: (FLUID_DATA[entry],) for entry in entries if entry in FLUID_DATA}
    numbers = {species.name: i for i, species in enumerate(mixture.species)}
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        kind, *components = entry.split(".")
        of = tuple(numbers[name] for name in components)
        if kind in _SHARED:
            found[entry] = (FLUID_DATA[kind],)
        elif kind == "solutal_expansion":
            found[entry] = (f"species.{of[0]}.beta_c",)
        elif names := _of_transport(mixture, kind, of):
            found[entry] = names
    return found


def _of_states(of: Particle) -> dict[str, tuple[str, ...]]:
    """Return the parameters of the solute's internal states by the names of their data."""
    found: dict[str, tuple[str, ...]] = {}
    for i, state in enumerate(of.states):
        found[f"free energy of {state.name}"] = (f"particles.0.states.{i}.free_energy.factor",)
        found[f"diffusion of {state.name}"] = (f"particles.0.states.{i}.diffusion.factor",)
        found[f"degeneracy of {state.name}"] = (f"particles.0.states.{i}.degeneracy",)
    for i, each in enumerate(of.transitions):
        way = f"{each.source} to {each.target}"
        found[f"rate of {way}"] = (f"particles.0.transitions.{i}.rate.factor",)
        if each.affinity is not None:
            found[f"affinity of {way}"] = (f"particles.0.transitions.{i}.affinity.factor",)
    return found


def _of_transport(
    mixture: MulticomponentMixture, kind: str, of: tuple[int, ...]
) -> tuple[str, ...]:
    """Return the factors of the models of a property of components, given by their numbers."""
    name = _TRANSPORT[kind]
    laws = getattr(mixture.transport, name, None)
    if laws is None:
        return ()
    # A symmetric matrix has each entry twice, or only its lower triangle.
    places = [of, of[::-1]] if name in {"L", "G"} else [of]
    if name in {"L", "G"}:
        places = [(i, k) for i, k in dict.fromkeys(places) if k < len(laws[i])]
    return tuple(f"transport.{name}.{'.'.join(map(str, place))}.factor" for place in places)


def diffusion_parameters(mixture: Mixture) -> tuple[str, ...]:
    """Return the names of the parameters that scale all diffusion coefficients of a mixture.

    Multiplying all of them by the same factor changes the rate of diffusion, but not the separation
    at rest.

    Returns:
        Names of parameters; empty if a property model has no such parameter.
    """
    laws: list[tuple[str, object]]
    match mixture:
        case BoussinesqMixture(species=species):
            laws = [(f"species.{i}.diffusion", law.diffusion) for i, law in enumerate(species)]
        case MulticomponentMixture(transport=MeasuredTransport(D=D, D_T=D_T)):
            laws = [(f"transport.D_T.{i}", law) for i, law in enumerate(D_T)]
            laws += _entries("transport.D", D)
        case MulticomponentMixture(transport=SoretTransport(D=D)):
            laws = _entries("transport.D", D)
        case MulticomponentMixture(transport=OnsagerTransport(L=L)):
            laws = _entries("transport.L", L)
        case _:
            return ()
    names = [_factor(name, law) for name, law in laws]
    return () if None in names else tuple(name for name in names if name)


def _entries(name: str, rows: Iterable[Iterable[object]]) -> list[tuple[str, object]]:
    return [(f"{name}.{i}.{k}", law) for i, row in enumerate(rows) for k, law in enumerate(row)]


def _factor(name: str, law: object) -> str | None:
    """Return the parameter to which a property model is proportional; None if there is none."""
    if isinstance(law, Scaled):
        return f"{name}.factor"
    return f"{name}.value" if isinstance(law, Constant) else None
