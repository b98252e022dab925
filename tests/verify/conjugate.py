"""Conjugate natural convection: a square enclosure, one vertical wall of which conducts.

Wall and fluid together are a unit square, the wall a fifth of it. Its outside is hot, the side of
the fluid across is cold, bottom and top are adiabatic. Ra and Nu count with the side of the square
and the whole temperature difference; Pr = 0.71.
"""

from __future__ import annotations

from mpi4py import MPI

from walled import pure_fluid, solid

from femsoret.cells import Wall, rectangle
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import solve_steady

WALL = 0.2


def enclosure(Ra: float, ratio: float, cells: int) -> tuple[dict[str, float], int]:
    """Return the Nusselt numbers, and the unknowns.

    Args:
        Ra: Rayleigh number.
        ratio: Conductivity of the wall over that of the fluid.
        cells: Mesh cells of the fluid along each side.
    """
    walls = {"left": Wall(WALL, max(1, cells // 4))}
    cell = rectangle(MPI.COMM_WORLD, (1.0 - WALL, 1.0), (cells, cells), grading=4.0, walls=walls)
    held = Temperature("left", 0.5), Temperature("right", -0.5)
    problem = Problem(cell, pure_fluid(Ra=Ra), held, solids={"left wall": solid(ratio)})
    solve_steady(problem)
    heat = flows_of(problem).heat
    found = {"Nu": heat["right"], "Nu (published)": heat["right"], "Nu interface": -heat["left"]}
    return found, problem.num_dofs


def of_case(given: str, cells: int = 24) -> tuple[dict[str, float], int]:
    """Return the same for a row of the table, "Ra = 1e4, kappa_s/kappa = 0.1"."""
    Ra, ratio = (float(part.split("=")[1]) for part in given.split(","))
    return enclosure(Ra, ratio, cells)
