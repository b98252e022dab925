"""Solvers: each takes a Problem, modifies its state and returns a report, or raises an error.

Read in this order: :mod:`linear` (linear systems), :mod:`steady` (Newton's method and the stages of
a search), :mod:`march` (time integration), :mod:`strategy` (the search for a steady state, which
uses all of these), :mod:`branches` (unknown parameters, continuation of branches), :mod:`spectrum`
(linear stability). Each of these modules imports only from those before it.
"""

from femsoret.solve.branches.bodies import (
    BodyMotion,
    FreeBodies,
    body_motions,
    free_bodies,
    motion_of_bodies,
    solve_free_bodies,
)
from femsoret.solve.branches.continuation import Branch, BranchOptions, follow_branch
from femsoret.solve.branches.unknowns import Target, Unknown, solve_with_unknowns
from femsoret.solve.march.quasi_steady import Held
from femsoret.solve.spectrum.modes import Mode, ModesCallback, Spectrum, SpectrumOptions
from femsoret.solve.spectrum.stability import counted_modes, growth_rates
from femsoret.solve.steady.newton import Attempt, Newton, NewtonOptions, SolveReport
from femsoret.solve.strategy import find_steady, solve_linear, solve_steady

__all__ = [
    "Attempt",
    "BodyMotion",
    "Branch",
    "BranchOptions",
    "FreeBodies",
    "Held",
    "Mode",
    "ModesCallback",
    "Newton",
    "NewtonOptions",
    "SolveReport",
    "Spectrum",
    "SpectrumOptions",
    "Target",
    "Unknown",
    "body_motions",
    "counted_modes",
    "find_steady",
    "follow_branch",
    "free_bodies",
    "growth_rates",
    "motion_of_bodies",
    "solve_free_bodies",
    "solve_linear",
    "solve_steady",
    "solve_with_unknowns",
]
