"""Tables of particles with internal states."""

from __future__ import annotations

from typing import Final

from femsoret.report.tables.table import Column, Listing, Row, Sheet, number, rounded, text


def _soret(label: str, key: str) -> Row:
    return Row(label, f"particle.{key}", number(5, "soret"), optional=True)


PARTICLE: Final[Sheet] = Sheet(
    "Internal states",
    (
        _soret("S_T from wall to wall, all states solved for", "soret"),
        _soret("the same with fast transitions, less that", "homogenisation.soret"),
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
        Row(
            "warming by the energies of the states",
            "particle.heat_fed.warming",
            number(3, "temperature"),
            optional=True,
        ),
        Row("entropy by transitions, R/s", "particle.entropy.by_transitions", number(4)),
        Row("entropy by diffusion of the states, R/s", "particle.entropy.by_diffusion", number(4)),
        Row("paid by energy carried from warm to cold, R/s", "particle.entropy.carried", number(4)),
        Row("paid by affinities, R/s", "particle.entropy.work", number(4)),
        Row("relative defect of this balance", "particle.entropy.defect", rounded()),
    ),
    note="Heat and entropy are per mole of the particle. The energy that transitions take and give "
    "is part of the heat equation if the case gives a molar mass.",
    path="particle",
)
"""Table of a particle with internal states."""

TRACERS: Final[Listing] = Listing(
    "Tracers with internal states",
    "tracers",
    (
        Column("tracer", "name", text),
        Column("S_T from wall to wall", "soret", number(5, "soret")),
        Column("fast transitions at rest", "fast", number(5, "soret")),
        Column("slow transitions at rest", "slow", number(5, "soret")),
        Column("Damköhler number, slowest", "damkohler.slowest", rounded()),
        Column("fastest", "damkohler.fastest", rounded()),
    ),
    note="Further particles, carried by the same flow, which they do not drive.",
)
"""Table of further particles."""

IN_TIME: Final[Listing] = Listing(
    "Internal states, marched",
    "states_in_time",
    (
        Column("particle", "name", text),
        Column("separation at the end", "separation", number()),
        Column("S_T from wall to wall", "soret", number(5, "soret")),
        Column("steady at rest", "at_rest", number(5, "soret")),
        Column("fast transitions at rest", "fast", number(5, "soret")),
        Column("Damköhler number, slowest", "damkohler.slowest", rounded()),
    ),
    note="All states are marched, and their sum is what the run reads and evaluates.",
)
"""Table of particles in transient runs."""
