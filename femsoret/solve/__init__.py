"""Drivers: they take a Problem and return a report, or raise a named error."""

from femsoret.solve.branch import Branch, BranchOptions
from femsoret.solve.continuation import follow_branch
from femsoret.solve.report import Attempt, NewtonOptions, SolveReport
from femsoret.solve.spectrum import Found, Mode, Spectrum, SpectrumOptions
from femsoret.solve.stability import counted_modes, growth_rates
from femsoret.solve.steady import Newton
from femsoret.solve.strategy import find_steady, solve_linear, solve_steady
from femsoret.solve.unknowns import Unknown, Wanted, solve_with_unknowns

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
