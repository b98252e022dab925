"""The two squares of the verification table: heated from the side, and closed with Soret effect.

Both are stated by groups, in units of the side, alpha and dT.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mpi4py import MPI

import numpy as np
from cases import CONVERGED, HEATED, SORET

from femsoret.cells import Cell, box, rectangle
from femsoret.experiment import Experiment, Pair
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import (
    BoussinesqMixture,
    Closure,
    Full,
    Linearised,
    mixture_of_groups,
)
from femsoret.post.fields import values_at
from femsoret.post.readings import WallMean
from femsoret.post.soret import read
from femsoret.problem.conditions import FreeSlip, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.studies.measure.solution import Solution, solve

GRADING = 4.0
CELLS = 24
"""Cells a side of the closed squares of the table."""

T0 = 100.0  # in units of dT; enters no group
C0, S_T = 0.5, 1.0


# -- heated square -------------------------------------------------------------------------------


def heated_square(Ra: float, cells: int = CELLS, *, comm: MPI.Comm = MPI.COMM_WORLD) -> Experiment:
    """Return the square of a pure fluid, hot on the left, adiabatic above and below.

    Args:
        Ra: Rayleigh number; Pr = 0.71.
        cells: Mesh cells a side.
        comm: Communicator.
    """
    scaled = property_values(Groups(Ra=Ra, Pr=0.71, Le=1.0), c0=C0, S_T_dT=0.0)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=T0, pure=True)
    return Experiment(
        title=f"heated square, Ra = {Ra:g}",
        cell=rectangle(comm, (1.0, 1.0), (cells, cells), grading=GRADING),
        mixture=mixture,
        conditions=hot_and_cold("left", "right"),
    )


def heated_square_numbers(solution: Solution) -> dict[str, float]:
    """Return Nusselt numbers, and the largest velocities on the centre lines, in alpha/L.

    Args:
        solution: A solved heated square.
    """
    walls = solution.nusselt
    return {
        "Nu hot": walls["left"],
        "Nu cold": walls["right"],
        "u_max": largest_on_line(solution, component=0),
        "v_max": largest_on_line(solution, component=1),
    }


def largest_on_line(solution: Solution, component: int, points: int = 401) -> float:
    """Return the maximum of a velocity component on the centre line across it.

    Args:
        solution: A solved square.
        component: 0 on x = 1/2, 1 on y = 1/2.
        points: Points of the first search; the second one is between the neighbours of the best.
    """
    low, high = 0.0, 1.0
    for _ in range(2):
        x = np.full((points, 2), 0.5)
        x[:, 1 - component] = line = np.linspace(low, high, points)
        values = values_at(solution.convection.function("u"), x)[:, component]
        best = int(np.argmax(values))
        low, high = line[max(best - 1, 0)], line[min(best + 1, points - 1)]
    return float(values[best])


# -- closed Soret square -------------------------------------------------------------------------


@dataclass(frozen=True)
class Soret:
    """A closed Soret cell of side 1, Pr = 10.

    Args:
        X: Ra Le.
        psi: Separation ratio.
        tilt: Angle from the axis (cold to hot) to up, degrees: 90 is side-heated.
        Le: Lewis number.
        closure: The closure.
        S_T: Soret coefficient times dT.
        c0: Mean mass fraction.
    """

    X: float
    psi: float = 0.0
    tilt: float = 90.0
    Le: float = 100.0
    closure: Closure = field(default_factory=Linearised)
    S_T: float = S_T
    c0: float = C0

    def mixture(self, up: tuple[float, ...]) -> BoussinesqMixture:
        """Return the mixture with gravity against ``up``."""
        wanted = Groups(Ra=self.X / self.Le, Pr=10.0, Le=self.Le, psi=self.psi)
        scaled = property_values(wanted, c0=self.c0, S_T_dT=self.S_T)
        return mixture_of_groups(scaled, up=up, closure=self.closure.name, T0=T0)

    @property
    def up(self) -> tuple[float, float]:
        """Up in the frame of the cell, whose hot wall is the left one from 45 degrees of tilt."""
        axis = (-1.0, 0.0) if self.side_heated else (0.0, 1.0)
        return up_vector(axis, -self.tilt)

    @property
    def side_heated(self) -> bool:
        """Whether the hot wall is the left one; otherwise it is the upper one."""
        return self.tilt >= 45.0

    def square(self, cells: int = CELLS, *, comm: MPI.Comm = MPI.COMM_WORLD) -> Experiment:
        """Return the square.

        Args:
            cells: Mesh cells a side.
            comm: Communicator.
        """
        cell = rectangle(comm, (1.0, 1.0), (cells, cells), grading=GRADING)
        return self.on(cell, self.up)

    def turned(self, angle: float, cells: int) -> Experiment:
        """Return the square with gravity and all, turned by an angle in degrees."""
        cell = rectangle(MPI.COMM_WORLD, (1.0, 1.0), (cells, cells), grading=GRADING)
        a = np.radians(angle)
        x, y = self.up
        up = (np.cos(a) * x - np.sin(a) * y, np.sin(a) * x + np.cos(a) * y)
        return self.on(cell.rotated(angle), tuple(map(float, up)))

    def slice(self, cells: int, depth: int) -> Experiment:
        """Return the square as a box between planes of symmetry, ``depth`` cells deep."""
        cell = box(
            MPI.COMM_WORLD, (1.0, 1.0, 0.3), (cells, cells, depth), grading=(GRADING, GRADING, 1.0)
        )
        experiment = self.on(cell, (*self.up, 0.0))
        sides = FreeSlip(("back", "front"))
        return replace(experiment, conditions=(*experiment.conditions, sides))

    def on(self, cell: Cell, up: tuple[float, ...]) -> Experiment:
        """Return the experiment on a cell; the extra readings are across the axis, lower to upper.

        Args:
            cell: A cell with sides left, right, bottom and top.
            up: Unit vector against gravity.
        """
        walls = ("left", "right") if self.side_heated else ("top", "bottom")
        low, high = ("bottom", "top") if self.side_heated else ("left", "right")
        return Experiment(
            title=f"Soret square, Ra Le = {self.X:g}, psi = {self.psi:g}",
            cell=cell,
            mixture=self.mixture(up),
            conditions=hot_and_cold(*walls),
            extra_readings=(Pair("across", WallMean(high), WallMean(low)),),
        )


SORET_ROWS = {
    "Ra Le = 1, psi = 0": Soret(1.0),
    "Ra Le = 3, psi = 0": Soret(3.0),
    "Ra Le = 10, psi = 0": Soret(10.0),
    "Ra Le = 10, psi = 0.2": Soret(10.0, psi=0.2),
    "Ra Le = 1e3, psi = 0": Soret(1e3),
    "Ra Le = 1e3, psi = 0.2": Soret(1e3, psi=0.2),
    "Ra Le = 1e4, psi = 0": Soret(1e4),
    "Ra Le = 1e5, psi = 0, tilt 0.5": Soret(1e5, tilt=0.5),
}
"""The Soret squares of the table by name."""


STRONG = Soret(1e3, psi=0.2, closure=Full(), c0=0.3)
"""A square in which the closures differ."""


def without_gravity(experiment: Experiment, factor: float = 0.0) -> Experiment:
    """Return an experiment with gravity multiplied by a factor."""
    gravity = experiment.mixture.gravity
    weaker = replace(gravity, magnitude=factor * gravity.magnitude)
    return replace(experiment, mixture=replace(experiment.mixture, gravity=weaker))


def bias_without_gravity(closure: Closure) -> tuple[float, Solution]:
    """Return the bias of the strong square at g = 0, on a coarse mesh, and the solution."""
    solution = solve(without_gravity(replace(STRONG, closure=closure).square(12)))
    return solution.soret.bias, solution


def table_square(Ra: float, *, comm: MPI.Comm = MPI.COMM_WORLD) -> Experiment:
    """Return it on the mesh of the table: degree 3, 12,886 unknowns.

    Args:
        Ra: Rayleigh number; Pr = 0.71.
        comm: Communicator.
    """
    cell = rectangle(comm, (1.0, 1.0), (14, 14), grading=5.0)
    return replace(heated_square(Ra, comm=comm), cell=cell, degree=3)


def hot_and_cold(hot: str, cold: str) -> tuple[Any, ...]:
    """Return the conditions T = T0 + 1/2 and T0 - 1/2."""
    return Temperature((hot,), T0 + 0.5), Temperature((cold,), T0 - 0.5)


def soret_numbers(solution: Solution) -> dict[str, float]:
    """Return S along and across the axis: differences of C = -(c - c0)/(S_T c0(1-c0) dT).

    The first is C(hot) - C(cold), 1 without flow. The second is C(upper) - C(lower side), positive
    for S_T of either sign, since what gathers at the hot wall rises with the flow there.

    Args:
        solution: A solved Soret square.
    """
    (law,) = solution.experiment.mixture.species
    unit = law.soret.value * law.c0 * (1.0 - law.c0)
    (across,) = solution.experiment.extra_readings
    along = solution.soret.at.separation / unit
    return {
        "S_x": along,
        "1 - S_x": 1.0 - along,
        "S_y": read(solution.convection, across.hot, across.cold).separation / unit,
    }


# -- by the names of the table -------------------------------------------------------------------


def experiment(problem: str, given: str, cells: int | None = None) -> Experiment:
    """Return a square of the table.

    Args:
        problem: HEATED or SORET.
        given: With which parameters.
        cells: Mesh cells a side, of degree 2; None takes the mesh of the table.
    """
    if problem == SORET:
        return SORET_ROWS[given].square(cells or CELLS)
    Ra = float(given.removeprefix("Ra = "))
    return heated_square(Ra, cells) if cells else table_square(Ra)


def numbers(solution: Solution, problem: str) -> dict[str, float]:
    """Return what the table asks of a solved square."""
    return {HEATED: heated_square_numbers, SORET: soret_numbers}[problem](solution)


def true_values(problem: str, given: str) -> dict[str, float]:
    """Return the quantities whose numerical error is reported, from the converged values."""
    values = CONVERGED[problem, given]
    if problem == HEATED:
        return {"nusselt.left": values["nusselt"], "nusselt.right": values["nusselt"]}
    apparent = S_T * (1.0 + values["bias"])
    return {
        "separation": apparent * C0 * (1.0 - C0),
        "soret.apparent": apparent,
        "soret.bias": values["bias"],
    }
