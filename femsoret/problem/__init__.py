"""A problem: equations, conditions and phases of a cell as one nonlinear system."""

from femsoret.problem.problem import Filling, Problem

__all__ = ["Filling", "Problem"]
