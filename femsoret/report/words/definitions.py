"""Definitions of the terms in reports of all kinds of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from femsoret.report.words.components import components
from femsoret.report.words.phrases import is_solid
from femsoret.report.words.units import Summary

Terms = Sequence[tuple[str, str]]
"""Pairs of a term and its definition."""

STEADY: Final = (
    ("separation", "c at the cold reading less c at the hot reading, for the first species."),
    ("S_T apparent", "−[Φ(c_hot) − Φ(c_cold)]/(T_hot − T_cold), with Φ' = 1/f of the closure."),
    ("S_T true", "S_T from the same readings of the closed form dΦ/dT = −S_T(T, c) without flow."),
    (
        "effect of the readings",
        "S_T true over S_T of the fluid between the temperatures read, less 1: 0 if the "
        "temperature does not vary along either reading.",
    ),
    (
        "bias",
        "S_T apparent over S_T true, less 1; undefined if S_T changes sign between the readings.",
    ),
    ("numerical error", "An estimate from further solves at other resolutions."),
    (
        "Nusselt number Nu",
        "Heat flow through a side over that of pure conduction in the same cell.",
    ),
    ("Sherwood number Sh", "Mass flow through a side with imposed c over that of pure diffusion."),
    ("thermal Péclet number", "Largest speed times L/α."),
    (
        "solutal Péclet number",
        "Largest speed times L/D: the ratio of advection to diffusion of the species.",
    ),
    (
        "relative defect",
        "Of mass: |mean c − imposed|/imposed. Of heat: |sum|/largest. Of species: "
        "|sum|/largest wall integral of |ρ D S_T f grad T|. Of entropy: "
        "|produced + brought in − leaving − missing|/produced.",
    ),
    (
        "spurious Péclet number",
        "Largest speed times L/D (L/α in a pure fluid) of the discrete Stokes flow driven by the "
        "horizontal mean of T and c; the exact flow is zero.",
    ),
    (
        "regime",
        "Convection: the flow changes the separation by more than 10 %. Conduction: by less "
        "than 1 %, with a solutal Péclet number below 1. Otherwise weak convection. In a pure "
        "fluid, the heat flow and the thermal Péclet number are used instead.",
    ),
    (
        "stability",
        "Whether small disturbances of the steady state decay. A real cell does not show an "
        "unstable state.",
    ),
    (
        "tilt",
        "Angle between the axis (cold to hot wall) and the upward direction: 0 if heated from "
        "above.",
    ),
)
"""Terms in reports of steady runs."""

COLUMN: Final = (
    (
        "S_T of a column",
        "S_T for which the formula of parallel flow gives the slope of the straight line through "
        "Φ(c) at the ports, with D, ν, β_T and β_c of the fluid, the measured gap and the "
        "temperature difference of the liquid's walls (W. H. Furry, R. C. Jones, L. Onsager, Phys. "
        "Rev. 55 (1939) 1083, with the effect of the composition on the flow).",
    ),
    ("X", "g β_T ΔT a³/(ν D) of the gap a."),
    ("D_T by strong flow", "−(dc/dz) g β_T a⁴/(504 ν f) between plates; it needs no D."),
    (
        "interior",
        "The column without three gaps at each end, at most a third of the height each.",
    ),
)
"""Further terms in reports of columns."""

CROSS_DIFFUSION: Final = {
    "S_T apparent": "S'_T,i = −[c_i(hot) − c_i(cold)]/(T_hot − T_cold) of component i, without the "
    "factor c(1−c) of a binary mixture.",
    "S_T true": "S'_T from the same readings of the state at rest, D dc/dT = −D'_T, integrated "
    "over T.",
    "effect of the readings": "S'_T true less S'_T of the fluid between the temperatures read, "
    "over the norm of the latter: 0 if the temperature does not vary along either reading.",
}
"""Definitions that differ for components that diffuse across one another."""

OF_SEVERAL: Final = {
    "separation": "c at the cold reading less c at the hot reading, of each component.",
    "bias": "S_T apparent less S_T true of a component, over the norm of S_T true of all "
    "transported components, since a single one may vanish.",
    "solutal Péclet number": "Largest speed times L/D, D the smallest eigenvalue of the diffusion "
    "matrix: the ratio of advection to the slowest diffusion.",
    "relative defect": "Of mass: |mean c − imposed|/imposed. Of heat: |sum|/largest. Of species: "
    "|sum|/largest wall integral of the thermodiffusive flux. Of entropy: "
    "|produced + brought in − leaving − missing|/produced. Of mass and species: the largest of all "
    "components.",
    "spurious Péclet number": "Largest speed times L/D, D the smallest eigenvalue of the diffusion "
    "matrix, of the discrete Stokes flow driven by the horizontal mean of T and c; the exact flow "
    "is zero.",
    "regime": "Convection: the flow changes the norm of the separations by more than 10 %. "
    "Conduction: by less than 1 %, with a solutal Péclet number below 1. Otherwise weak "
    "convection.",
    "τ": "Relaxation time of the slowest separation, L²/(π²D), D the smallest eigenvalue of the "
    "diffusion matrix at the reference state.",
}
"""Definitions that differ for several components."""

OF_FLOW: Final = frozenset(
    {
        *("bias", "Nusselt number Nu", "Sherwood number Sh"),
        *("thermal Péclet number", "solutal Péclet number", "spurious Péclet number"),
        *("regime", "stability", "tilt"),
    }
)
"""Terms that do not occur in the report of a solid."""

IN_TIME: Final = (
    ("τ", "Relaxation time of the separation, L²/(π²D) at the reference state."),
    (
        "evaluation",
        "Least squares, weighted by time, of S(t) = S_∞ {1 − Σ 4/(nπ)² [cos(nπz_1) − cos(nπz_2)]"
        "/(z_2 − z_1) exp(−n²(t − t0)/τ)}, n odd, where z_1 and z_2 are the positions of the "
        "readings from cold to hot wall in units of L; if the temperature difference is removed, "
        "of the sum alone (J. A. Bierlein, J. Chem. Phys. 23 (1955) 10). The fit gives S_∞ and τ.",
    ),
    ("D evaluated", "L²/(π²τ) with the fitted τ."),
    (
        "S_T evaluated",
        "S_∞/(f(c_0) ΔT (z_2 − z_1)): S_T of a layer with linear profiles and the fitted plateau.",
    ),
    (
        "bias of D, of S_T",
        "Evaluated over true value, less 1. The true values are D at the reference state and "
        "S_T true.",
    ),
    ("misfit", "Root-mean-square residual of the fit in time, relative to S_∞."),
    (
        "mean in time of the apparent S_T",
        "If the apparent S_T does not settle: its mean over the part of the history in which it is "
        "statistically steady. This part has no trend and begins at or after the time at which the "
        "marginal standard error of the remainder is smallest (K. P. White, Simulation 69 (1997) "
        "323); the standard error is by batch means (B. Schmeiser, Oper. Res. 30 (1982) 556).",
    ),
    (
        "with and without gravity",
        "The same run twice: the difference is due to the flow. Biases without gravity are due to "
        "the evaluation: heat takes time to spread, properties vary, time steps have errors.",
    ),
)
"""Further terms in reports of transient runs."""

AUDIT: Final = (
    (
        "ideal cell",
        "A level cell heated from above, with insulated side walls, perfectly conducting plates "
        "and constant properties; T and c are read at the plates in the steady state.",
    ),
    (
        "bias",
        "The S_T that a laboratory would report over that of the fluid at the mean temperature of "
        "the plates and the mean composition, less 1. The laboratory assumes that the plates have "
        "their set temperatures, and other readings those of conduction between such plates.",
    ),
    ("term", "Bias of the ideal cell with this cause alone, less the bias of the ideal cell."),
    ("shape", "Bias of the ideal cell, whose shape may bend isotherms. 0 between parallel plates."),
    ("interaction", "Bias with all causes, less the sum of the terms and of the shape."),
    (
        "finite time",
        "The series of a layer at rest with the relaxation time of the cell, if the flow removes "
        "at most 1.5 % of the steady separation; otherwise a march from a uniform composition.",
    ),
    ("numerical error", "An estimate from further solves of each cell at other resolutions."),
    (
        "regime",
        "Unstable: a mode grows. Convective: the flow carries more than 2 % of the heat. Thin "
        "layer: solutal Péclet number below 1. Otherwise unicellular (more than half of the net "
        "rotation is in one sense) or multicellular.",
    ),
    (
        "limits",
        "Value of one parameter at which |bias| equals the target, found on a coarser mesh and "
        "corrected by one solve on the original mesh. Another gap stretches the cell along its "
        "axis; another temperature difference changes neither the mean nor the room temperature. "
        "Statements hold for the range that was tried, in steps of at most a factor 2.",
    ),
)
"""Terms in reports of audits."""

FIT: Final = (
    (
        "corrected",
        "By the model of the case: heat, species and flow in the cell, in the experiment of each "
        "data set, at the values of the unknowns that explain the data best, with what was known "
        "of them before. A value is the expectation given data and priors.",
    ),
    (
        "naive",
        "By the closed series of a layer at rest, as laboratories evaluate: the same data, but no "
        "flow, no side walls, and constant properties.",
    ),
    (
        "before the data",
        "The prior of an unknown: a normal distribution of what was known of it, from the case, or "
        "from the source of the fluid data.",
    ),
    (
        "interval of 95 %",
        "It holds the true value with a probability of 95 % if the model is right, by noise and "
        "priors, and for corrected values by fluid data and numerical error as far as the budget "
        "has them.",
    ),
    (
        "chi²",
        "Sum of the squared residuals of the data, and of the squared differences from the priors, "
        "over their standard uncertainties. Where it is so large that noise makes it with a "
        "probability below 0.1 %, the model does not describe the data: no interval is claimed.",
    ),
    (
        "what the data cannot tell apart",
        "Combinations of unknowns of which the Fisher matrix of the data says less than what was "
        "known before.",
    ),
)
"""Terms in reports of fits."""

ONSET: Final = (
    (
        "growth rate",
        "Rate in exp((rate + i frequency) t), the course of a small perturbation of the steady "
        "state. If positive, the state is unstable.",
    ),
    ("residual", "Residual of the eigenvalue problem, relative to the size of its terms."),
    (
        "critical value",
        "Value of a key of the case at which the leading growth rate is zero; for the n-th "
        "critical value, the n-th largest growth rate. A double mode counts twice.",
    ),
    ("numerical error", "An estimate from the same state with polynomials of one degree more."),
)
"""Terms in reports of onset studies."""

SWEEP: Final = (
    ("bias", "S_T that the cell would report over the true S_T, less 1."),
    (
        "does not last",
        "A mode of the steady state grows, or a second solve found another state. A real cell "
        "would not show such a state, so that figures leave it out.",
    ),
    ("numerical error", "An estimate from a second solve of each point at higher order."),
)
"""Terms in reports of sweeps."""


def terms_of(summary: Summary, *, in_time: bool) -> Terms:
    """Return the terms in the report of a steady or transient run, as that run means them.

    Args:
        summary: Summary of the run.
        in_time: Whether the run is transient.
    """
    terms: Terms = (*IN_TIME, *STEADY) if in_time else STEADY
    if summary.get("column") is not None:
        terms = (*COLUMN, *terms)
    if is_solid(summary):
        terms = tuple((term, definition) for term, definition in terms if term not in OF_FLOW)
    others = dict[str, str]()
    if components(summary):
        others |= OF_SEVERAL
        if summary["soret"].get("components"):
            others |= CROSS_DIFFUSION
    return tuple((term, others.get(term, definition)) for term, definition in terms)


DESIGN: Final = (
    (
        "uncertainty",
        "The standard uncertainty of the target that a fit of the whole model to the record will "
        "have: the root of its mean variance over data drawn from noise and from what is known "
        "before. A fit of the data then says what it is.",
    ),
    (
        "by the slopes at the prior values alone",
        "The usual Fisher information. It does not see a tilt of a level cell, to which the "
        "separation responds by its square.",
    ),
    (
        "naive error",
        "What the closed series of a layer at rest, fitted to the record without noise, is wrong "
        "by.",
    ),
    (
        "levelled to",
        "Standard uncertainty of the tilt; without a value, that of its prior in the case.",
    ),
)
"""Terms in reports of plans."""
