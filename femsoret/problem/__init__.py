"""The nonlinear system of a cell: equations, boundary conditions, fluid and solids."""

from femsoret.problem.problem import Problem
from femsoret.problem.rows import Filling

__all__ = ["Filling", "Problem"]
