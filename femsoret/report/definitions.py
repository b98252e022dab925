"""Definitions of what a report shows, one line each."""

from __future__ import annotations

from typing import Final

DEFINITIONS: Final = (
    ("separation", "c of the cold reading less c of the hot reading, first species."),
    ("S_T apparent", "−[Φ(c_hot) − Φ(c_cold)]/(T_hot − T_cold), with Φ' = 1/f of the closure."),
    ("S_T true", "The same number from the closed form dΦ/dT = −S_T(T, c), which has no flow."),
    ("bias", "S_T apparent/S_T true − 1; none where S_T changes sign between the readings."),
    ("numerical error", "A bound of it, from a second solve of higher order."),
    ("Nusselt number Nu", "Heat flow of a side over that of pure conduction in the same cell."),
    ("Sherwood number Sh", "Mass flow of a side with given c over that of pure diffusion."),
    ("thermal Péclet number", "Largest speed times L/α."),
    ("solutal Péclet number", "Largest speed times L/D: flow against diffusion."),
    (
        "relative defect",
        "Of mass: |mean c − imposed|/imposed. Of heat: |sum|/largest. Of species: "
        "|sum|/largest wall integral of |ρ D S_T f grad T|. Of entropy: "
        "|produced − leaving|/produced.",
    ),
    (
        "spurious Péclet number",
        "Largest speed times L/D (L/α in a pure fluid) of the discrete Stokes flow that the "
        "horizontal mean of T and c drives; the exact one is zero.",
    ),
    (
        "regime",
        "Convection: the flow changes the separation by more than 10 %. Conduction: by less "
        "than 1 %, with a solutal Péclet number below 1. Else weak convection. In a pure fluid the "
        "heat flow and the thermal Péclet number stand for these.",
    ),
    ("tilt", "Angle from the axis (cold to hot wall) to up: 0 when heated from above."),
)
"""What each reported quantity is, in one line."""
