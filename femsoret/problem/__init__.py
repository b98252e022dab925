"""A problem: equations, conditions and phases of a cell as one nonlinear system."""

from femsoret.problem.problem import Problem
from femsoret.problem.rows import Filling

__all__ = ["Filling", "Problem"]
