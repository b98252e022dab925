"""Drivers: they take a Problem and return a report, or raise a named error."""

from femsoret.solve.branches.continuation import Branch, BranchOptions, follow_branch
from femsoret.solve.branches.unknowns import Unknown, Wanted, solve_with_unknowns
from femsoret.solve.spectrum.modes import Found, Mode, Spectrum, SpectrumOptions
from femsoret.solve.spectrum.stability import counted_modes, growth_rates
from femsoret.solve.steady.newton import Attempt, Newton, NewtonOptions, SolveReport
from femsoret.solve.strategy import find_steady, solve_linear, solve_steady

__all__ = [
    "Attempt",
    "Branch",
    "BranchOptions",
    "Found",
    "Mode",
    "Newton",
    "NewtonOptions",
    "SolveReport",
    "Spectrum",
    "SpectrumOptions",
    "Unknown",
    "Wanted",
    "counted_modes",
    "find_steady",
    "follow_branch",
    "growth_rates",
    "solve_linear",
    "solve_steady",
    "solve_with_unknowns",
]
