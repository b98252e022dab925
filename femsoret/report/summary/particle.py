"""Particles with internal states: layout and content."""

# ruff: noqa: D101 (tables are described at the fields that contain them)

from __future__ import annotations

from typing import Any

from femsoret.post.internal_states import ParticleTransport
from femsoret.report.summary.vocabulary import (
    Diffusivity,
    JoulePerMole,
    Kelvin,
    Metre,
    Number,
    Part,
    PerKelvin,
    Rate,
    Thermodiffusion,
    WattPerMole,
)
from femsoret.studies.measure.internal_states import ParticleStates


class LocalParticle(Part):
    T: Kelvin
    """temperature"""
    bias: PerKelvin
    """steady bias -d ln P/dT: the local Soret coefficient with all states solved for"""
    drift: Thermodiffusion
    """w in d<x>/dt = w grad T of a cloud that is released there, positive to the hot side; it need
    not have the sign of `bias`"""
    fast: PerKelvin
    """S_T of fast transitions"""
    covariance: PerKelvin | None
    """Cov(E, D)/(R T² <D>); null for driven transitions"""
    heat_of_transport: JoulePerMole | None
    """<E D>/<D> - <E> of fast transitions; null for driven ones"""
    diffusivity: Diffusivity
    """<D> of fast transitions"""


class ParticleDamkohler(Part):
    slowest: Number | None
    """of the slowest relaxation of the states; null without transitions"""
    fastest: Number | None
    """of the fastest one"""


class Homogenisation(Part):
    soret: PerKelvin
    """S_T from wall to wall with gravity if transitions were fast, less `soret`"""
    field: Number
    """largest difference of mass fractions, relative to the larger one of their ranges"""


class ParticleEntropy(Part):
    by_transitions: Rate
    """produced by transitions"""
    by_diffusion: Rate
    """produced by diffusion of the states"""
    carried: Rate
    """paid by energy that states carry from warm to cold, an integral of its own"""
    work: Rate
    """paid by affinities"""
    mobility: Rate
    """paid by the heat of velocity states, in the form -grad(D P) with different laws of D"""
    defect: Number | None
    """|produced - paid|/produced, a discretisation error"""


class ParticleHeat(Part):
    taken: WattPerMole
    """taken from the solvent where particles climb in energy"""
    given: WattPerMole
    """given to it where they fall, with the work of affinities"""


class ParticleLayer(Part):
    side: str
    """wall"""
    thickness: Metre
    """thickness of the thinnest boundary layer of the states, sqrt(D/k) of two states"""
    resolved: Metre
    """height of the mesh cells there, divided by their degree"""


class Tracer(Part):
    name: str
    """its name"""
    soret: PerKelvin
    """S_T from wall to wall with gravity, all states solved for"""
    fast: PerKelvin
    """S_T from wall to wall at rest if transitions were fast"""
    slow: PerKelvin
    """S_T from wall to wall at rest if they were slow"""
    middle: LocalParticle
    """halfway between the walls"""
    damkohler: ParticleDamkohler
    """rates of relaxation times L²/<D>"""
    entropy: ParticleEntropy
    """entropy rates in units of R, per particle"""
    heat: ParticleHeat
    """heat exchanged by transitions"""
    layers: list[ParticleLayer]
    """one table for each boundary layer, at the hot and at the cold wall; none without
    transitions"""


class HeatFed(Part):
    warming: Kelvin
    """largest difference of temperature to the run that does not count the energies of states"""
    defect: Number
    """|heat through the walls - work of affinities|, relative to the largest heat flow"""


class Particle(Tracer):
    homogenisation: Homogenisation
    """error of the homogenised particle"""
    heat_fed: HeatFed | None
    """what energies do in the heat equation; null without a molar mass"""


class ParticleInTime(Part):
    name: str
    """its name"""
    separation: Number
    """mass fraction in all states at the cold wall less that at the hot wall"""
    soret: PerKelvin | None
    """S_T from wall to wall; null if both walls have one temperature"""
    at_rest: PerKelvin | None
    """the same in the steady state without gravity, all states solved for"""
    fast: PerKelvin | None
    """the same there if transitions were fast"""
    damkohler: ParticleDamkohler
    """rates of relaxation times L²/<D>"""


def particle_parts(states: ParticleStates | None) -> dict[str, Any]:
    """Return the parts of a summary on particles with internal states; empty without any.

    Args:
        states: The states, solved for; None without any.
    """
    if states is None:
        return {}
    solute, *tracers = map(_part, states.transports)
    error = {"soret": states.error.soret, "field": states.error.field}
    of_solute = {**solute, "homogenisation": error, "heat_fed": states.fed}
    return {"particle": of_solute} | ({"tracers": tracers} if tracers else {})


def _part(found: ParticleTransport) -> dict[str, Any]:
    return {
        "name": found.name,
        "soret": found.soret,
        "fast": found.fast,
        "slow": found.slow,
        "middle": found.middle,
        "damkohler": found.damkohler,
        "entropy": {
            "by_transitions": found.entropy.by_transitions,
            "by_diffusion": found.entropy.by_diffusion,
            "carried": found.entropy.carried,
            "work": found.entropy.work,
            "mobility": found.entropy.mobility,
            "defect": found.entropy.defect,
        },
        "heat": found.heat,
        "layers": list(found.layers),
    }
