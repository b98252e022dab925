"""Particles with internal states in reports: their part of the summary, their table, warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from femsoret.report.rounding import percent, plain
from femsoret.report.table import Row, Sheet, number, rounded
from femsoret.report.units import units_of
from femsoret.studies.measure.internal_states import ParticleStates

HOMOGENISED: Final = 0.01
"""Error of the homogenised S_T, relative to the fast limit, above which a run warns."""


def particle_part(states: ParticleStates) -> dict[str, Any]:
    """Return the part of a summary on the internal states of a particle.

    Args:
        states: The states, solved for.
    """
    found, error, middle = states.transport, states.error, states.transport.middle
    return {
        "name": found.name,
        "soret": found.soret,
        "fast": found.fast,
        "slow": found.slow,
        "middle": middle,
        "damkohler": found.damkohler,
        "homogenisation": {"soret": error.soret, "field": error.field},
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


def particle_warnings(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is to be said about a particle; empty without internal states.

    Args:
        summary: Summary of a run, without its warnings.
    """
    particle = summary.get("particle")
    if particle is None:
        return ()
    length = units_of(summary).length
    warnings = [
        f"the mesh misses the boundary layer of the internal states at the side {layer['side']!r}: "
        f"it is {plain(layer['thickness'] * length.factor, 2)} {length.label} thick, mesh cells "
        f"resolve {plain(layer['resolved'] * length.factor, 2)} {length.label} there. Amounts at "
        "the walls are those of fast transitions, not of the states; refine the mesh at the walls"
        for layer in particle["layers"]
        if layer["resolved"] > layer["thickness"]
    ]
    apart = particle["homogenisation"]["soret"]
    if abs(apart) > HOMOGENISED * abs(particle["fast"]):
        warnings.append(
            f"S_T apparent is that of fast transitions. With all states of {particle['name']} "
            f"solved for it is {plain(particle['soret'], 4)} 1/K from wall to wall, "
            f"{percent(abs(apart / particle['fast']))} of S_T away: transitions are not fast "
            "enough in this cell, or its mesh is too coarse"
        )
    return tuple(warnings)


def _soret(label: str, key: str) -> Row:
    return Row(label, f"particle.{key}", number(5, "soret"), optional=True)


PARTICLE: Final[Sheet] = Sheet(
    "Internal states",
    (
        _soret("S_T from wall to wall, all states solved for", "soret"),
        _soret("the same, homogenised less states", "homogenisation.soret"),
        _soret("fast transitions at rest", "fast"),
        _soret("slow transitions at rest", "slow"),
        Row("temperature in the middle", "particle.middle.T", number(6, "temperature")),
        _soret("bias −d ln P/dT there", "middle.bias"),
        _soret("Cov(E, D)/(R T² <D>) there", "middle.covariance"),
        Row(
            "heat of transport there, J/mol",
            "particle.middle.heat_of_transport",
            number(4),
            optional=True,
        ),
        Row("drift there, d<x>/dt per gradient, m²/(s K)", "particle.middle.drift", number(4)),
        Row("Damköhler number, slowest", "particle.damkohler.slowest", rounded(), optional=True),
        Row("Damköhler number, fastest", "particle.damkohler.fastest", rounded(), optional=True),
        Row("heat taken from the solvent, W/mol", "particle.heat.taken", number(4)),
        Row("heat given to the solvent, W/mol", "particle.heat.given", number(4)),
        Row("entropy by transitions, R/s", "particle.entropy.by_transitions", number(4)),
        Row("entropy by diffusion of the states, R/s", "particle.entropy.by_diffusion", number(4)),
        Row("paid by energy carried from warm to cold, R/s", "particle.entropy.carried", number(4)),
        Row("paid by affinities, R/s", "particle.entropy.work", number(4)),
        Row("relative defect of this balance", "particle.entropy.defect", rounded()),
    ),
    note="Heat and entropy are per mole of the particle. The energy that transitions take and give "
    "is not part of the heat equation.",
    path="particle",
)
"""Table of a particle with internal states."""
