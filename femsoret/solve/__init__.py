"""Drivers: they take a Problem and return a report, or raise a named error."""

from femsoret.solve.steady import Newton, NewtonOptions, SolveReport, solve_steady
from femsoret.solve.strategy import find_steady

__all__ = ["Newton", "NewtonOptions", "SolveReport", "find_steady", "solve_steady"]
