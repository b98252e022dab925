"""Definitions of what reports of all kinds show, in a line each: a term and what it means."""

from __future__ import annotations

from typing import Final

STEADY: Final = (
    ("separation", "c of the cold reading less c of the hot reading, first species."),
    ("S_T apparent", "−[Φ(c_hot) − Φ(c_cold)]/(T_hot − T_cold), with Φ' = 1/f of the closure."),
    ("S_T true", "The same readings of the closed form dΦ/dT = −S_T(T, c), which has no flow."),
    (
        "effect of the readings",
        "S_T true/S_T of the fluid between the temperatures that are read − 1: 0 where the "
        "temperature is one along each reading.",
    ),
    ("bias", "S_T apparent/S_T true − 1; none where S_T changes sign between the readings."),
    ("numerical error", "An estimate of it, from second solves at other resolutions."),
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
    (
        "stability",
        "Whether what disturbs the steady state a little dies away. A state that is unstable is "
        "not what a real cell shows.",
    ),
    ("tilt", "Angle from the axis (cold to hot wall) to up: 0 when heated from above."),
)
"""Quantities of a steady run."""

IN_TIME: Final = (
    ("τ", "Relaxation time of the separation, L²/(π²D) at the reference state."),
    (
        "evaluation",
        "Least squares, weighted by time, of S(t) = S_∞ {1 − Σ 4/(nπ)² [cos(nπz_1) − cos(nπz_2)]"
        "/(z_2 − z_1) exp(−n²(t − t0)/τ)}, n odd, z_1 and z_2 the places of the readings from cold "
        "to hot wall in units of L; where the temperature difference goes, of the sum alone "
        "(J. A. Bierlein, J. Chem. Phys. 23 (1955) 10). It finds S_∞ and τ.",
    ),
    ("D evaluated", "L²/(π²τ) with the τ that was found."),
    ("S_T evaluated", "S_∞/(f(c_0) ΔT (z_2 − z_1)): the plateau as S_T of a linear layer."),
    ("bias of D, of S_T", "Evaluated over true, less 1; true: D of the reference state, S_T true."),
    ("misfit", "Root mean square in time of what the fit leaves over, relative to S_∞."),
    (
        "mean in time of the apparent S_T",
        "Where it does not settle: over the part of its record in which it is statistically "
        "steady. That part begins where the marginal standard error of the rest is smallest "
        "(K. P. White, Simulation 69 (1997) 323) or later, and has no trend; standard error by "
        "batch means (B. Schmeiser, Oper. Res. 30 (1982) 556).",
    ),
    (
        "with and without gravity",
        "The same run twice: what differs is the flow's doing. What is left without gravity is "
        "the evaluation's: heat takes time to spread, properties vary, steps have errors.",
    ),
)
"""Quantities that a transient run has besides."""

AUDIT: Final = (
    (
        "ideal cell",
        "Heated from above and level, side walls that let no heat through, plates that conduct "
        "perfectly, constant properties, T and c read at the plates at steady state.",
    ),
    (
        "bias",
        "What a laboratory would report over the S_T of the fluid at the mean temperature of the "
        "plates and the mean composition, less 1. It takes plates to be at what was set, and other "
        "readings at what conduction between such plates would give.",
    ),
    ("term", "Bias of the ideal cell with this cause alone, less the bias of the ideal cell."),
    ("shape", "Bias of the ideal cell: its shape may bend isotherms. 0 between parallel plates."),
    ("interaction", "Bias with all causes, less the sum of the terms and of the shape."),
    (
        "finite time",
        "The series of a quiet layer, with the relaxation time of the cell, while the flow takes "
        "up to 1.5 % of the steady separation; else a march from a uniform composition.",
    ),
    ("numerical error", "An estimate of it, from second solves of each cell at other resolutions."),
    (
        "regime",
        "Unstable: a mode grows. Convective: the flow carries more than 2 % of the heat. Thin "
        "layer: solutal Péclet number below 1. Else one roll (more than half of the flow turns one "
        "way) or several.",
    ),
    (
        "limits",
        "Root of |bias| = target on a coarser mesh, all else as it is, corrected by one solve on "
        "the cell's own mesh. The gap stretches the cell along its axis; the temperature "
        "difference leaves the mean and the room as they are. What is said holds where it was "
        "tried, in steps of a factor 2 at most.",
    ),
)
"""Quantities of an audit."""

ONSET: Final = (
    (
        "growth rate",
        "Of a small perturbation of the steady state, exp((rate + i frequency) t). Positive: the "
        "state is unstable.",
    ),
    ("residual", "Of the eigenvalue problem, over the size of its terms."),
    (
        "critical value",
        "Value of a key of the case at which the leading growth rate is zero; the n-th, at which "
        "the n-th largest is, a mode that is there twice counting twice.",
    ),
    ("numerical error", "An estimate, from the same state with polynomials of one degree more."),
)
"""Quantities of an onset study."""

SWEEP: Final = (
    ("bias", "S_T that the cell would report over the true one, less 1."),
    (
        "does not last",
        "A mode of the steady state grows, or a second solve found another state: no cell shows "
        "it, so it is in no figure.",
    ),
    ("numerical error", "An estimate, from a second solve of each point of higher order."),
)
"""Quantities of a sweep."""
