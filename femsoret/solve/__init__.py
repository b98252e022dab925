"""Drivers: they take a Problem and return a report, or raise a named error."""

from femsoret.solve.continuation import solve_ramped
from femsoret.solve.steady import Newton, NewtonOptions, SolveReport, solve_steady

__all__ = ["Newton", "NewtonOptions", "SolveReport", "solve_ramped", "solve_steady"]
