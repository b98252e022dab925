"""Onset of convection in cells whose state of rest, or pure conduction, loses its stability.

Stated by groups, in units of the gap, alpha and dT. A layer is half a wavelength between two planes
of symmetry (free-slip, adiabatic, impermeable sides).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mpi4py import MPI

from scipy.optimize import brentq

from femsoret.cells import Cell, box, rectangle
from femsoret.fluids.groups import (
    DoubleDiffusiveGroups,
    Groups,
    ScaledProperties,
    double_diffusive_values,
    property_values,
)
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Condition, FreeSlip, Temperature
from femsoret.solve import Newton, NewtonOptions, SpectrumOptions, growth_rates

C0 = 0.5


@dataclass(frozen=True)
class Onset:
    """A cell, and where to look for its onset.

    Args:
        fluid: Groups, with Ra = 1.
        size: Width and height.
        cells: Mesh cells.
        between: Two Rayleigh numbers, stable and unstable.
        near: Number near the eigenvalue that crosses.
        slip: Sides without friction.
        grading: Of the mesh.
        degree: Of the elements.
        quantity: Name of what the table has.
        factor: What it is over the Rayleigh number.
    """

    fluid: Groups | DoubleDiffusiveGroups
    size: tuple[float, float]
    cells: tuple[int, int]
    between: tuple[float, float]
    near: complex = 5.0
    slip: tuple[str, ...] = ()
    grading: float | tuple[float, float] = 1.0
    degree: int = 4
    quantity: str = "Ra"
    factor: float = 1.0

    def numbers(self, comm: MPI.Comm = MPI.COMM_WORLD) -> tuple[dict[str, float], int]:
        """Return what the table asks of the onset, and the unknowns of the mesh."""
        problem = self.problem(comm)
        found = threshold(problem, self.between, self.near)
        values = {self.quantity: self.factor * found.Ra, "frequency": found.frequency}
        return values, problem.num_dofs

    def problem(self, comm: MPI.Comm) -> Problem:
        """Return the problem, whose gravity is Ra Pr."""
        cell = rectangle(comm, self.size, self.cells, grading=self.grading)
        if isinstance(self.fluid, DoubleDiffusiveGroups):
            return _between_plates(self.fluid, cell, self.degree)
        return heated_from_below(self.fluid, cell, self.slip, self.degree)


def heated_from_below(
    fluid: Groups, cell: Cell, slip: Sequence[str] = (), degree: int = 2, turned: float = 0.0
) -> Problem:
    """Return a closed cell, hot at the bottom and cold at the top, adiabatic at other sides.

    Args:
        fluid: Groups; without a psi it is a pure fluid.
        cell: The cell.
        slip: Sides without friction.
        degree: Of the elements.
        turned: Angle by which the cell stands turned, in its plane, degrees.
    """
    scaled = property_values(fluid, c0=C0, S_T_dT=0.1 if fluid.psi else 0.0)
    angle = math.radians(turned)
    up = (-math.sin(angle), math.cos(angle), 0.0)[: cell.dim]
    walls: list[Condition] = [Temperature(("bottom",), 0.5), Temperature(("top",), -0.5)]
    if slip:
        walls.append(FreeSlip(tuple(slip)))
    mixture = mixture_of_groups(scaled, up=up, closure="linearised", pure=not fluid.psi)
    return Problem(cell, mixture, walls, degree=degree)


def _between_plates(fluid: DoubleDiffusiveGroups, cell: Cell, degree: int) -> Problem:
    """Return the square with T and c given on its vertical walls."""
    scaled: ScaledProperties = double_diffusive_values(fluid)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=1.0)
    c0, T0 = scaled.values.c, mixture.T0
    walls = [
        condition
        for side, half in (("left", 0.5), ("right", -0.5))
        for condition in (Temperature((side,), T0 + half), Composition((side,), c0 + half))
    ]
    return Problem(cell, mixture, walls, degree=degree)


@dataclass(frozen=True)
class Threshold:
    """Where a state loses its stability.

    Args:
        Ra: Rayleigh number.
        frequency: Of the mode there, alpha/L^2; 0 for a stationary one.
    """

    Ra: float
    frequency: float


def threshold(
    problem: Problem, between: tuple[float, float], near: complex, *, close: float = 1e-7
) -> Threshold:
    """Return where the growth rate of a state at rest is zero; collective.

    Args:
        problem: A problem whose magnitude of gravity is Ra at Ra = 1, times itself.
        between: Two Rayleigh numbers.
        near: Number near the eigenvalue.
        close: Accuracy, relative.
    """
    gravity = problem.parameters["gravity.magnitude"]
    unit, two = float(problem.mixture.gravity.magnitude), SpectrumOptions(number=2)
    frequencies = {}

    with Newton(problem, NewtonOptions(preset="direct")) as newton:

        def growth(Ra: float) -> float:
            gravity.value = Ra * unit
            newton.solve()
            mode = growth_rates(problem, shifts=[near], options=two, newton=newton).leading
            frequencies[Ra] = mode.frequency
            return mode.growth_rate

        Ra = float(brentq(growth, *between, xtol=close * between[0], rtol=1e-14))
        growth(Ra)
    return Threshold(Ra, frequencies[Ra])


# -- the table -----------------------------------------------------------------------------------


def _layer(
    k: float,
    fluid: Groups,
    between: tuple[float, float],
    *free: str,
    cells: tuple[int, int] = (3, 4),
    near: complex = 5.0,
) -> Onset:
    """Return half a wavelength of a layer; ``free`` plates have no friction."""
    sides = ("left", "right", *free)
    return Onset(fluid, (math.pi / k, 1.0), cells, between, near, sides, (1.0, 2.0))


_PURE = Groups(Ra=1.0, Pr=10.0, Le=1.0)


def _liquid(psi: float) -> Groups:
    return Groups(Ra=1.0, Pr=10.0, Le=100.0, psi=psi)


ONSETS = {
    "rigid plates": _layer(3.1163, _PURE, (1690.0, 1730.0)),
    "rigid and free plate": _layer(2.6823, _PURE, (1080.0, 1120.0), "top"),
    "free plates": _layer(2.2214, _PURE, (640.0, 670.0), "bottom", "top"),
    "square box, adiabatic sides": Onset(_PURE, (1.0, 1.0), (6, 6), (2550.0, 2620.0), grading=2.0),
    "Le = 100, psi = 0.001": _layer(
        2.9756, _liquid(0.001), (1460.0, 1485.0), cells=(3, 5), near=1.0
    ),
    "Le = 100, psi = -0.25, Pr = 10": _layer(
        3.1353, _liquid(-0.25), (2270.0, 2290.0), cells=(3, 5), near=1.0 + 11.0j
    ),
    # What a long wave has left to k = 0 goes with k squared.
    "Le = 100, psi = 0.1, k = 0.02": replace(
        _layer(0.02, _liquid(0.1), (71.0, 73.0), cells=(2, 4), near=1e-3),
        quantity="Ra Le psi",
        factor=10.0,
    ),
    "N = -1, Le = 2": Onset(
        DoubleDiffusiveGroups(Ra=1.0, Pr=1.0, Le=2.0, N=-1.0),
        (1.0, 1.0),
        (6, 6),
        (17000.0, 17300.0),
        grading=2.0,
        quantity="Ra (Le - 1)",
    ),
}
"""The onsets of the table in 2D by name."""


def cube_numbers(cells: int = 4, comm: MPI.Comm = MPI.COMM_WORLD) -> tuple[dict[str, float], int]:
    """Return the onset in the cube, the growth rate of its second mode there, and the unknowns.

    Args:
        cells: Mesh cells a side, of degree 3.
        comm: Communicator.
    """
    problem = heated_from_below(_PURE, box(comm, (1.0,) * 3, (cells,) * 3, grading=2.0), degree=3)
    found = threshold(problem, (3350.0, 3430.0), 5.0)
    spectrum = growth_rates(problem, shifts=[5.0], options=SpectrumOptions(number=2))
    values = {"Ra": found.Ra, "second growth rate": spectrum.modes[1].growth_rate}
    return values, problem.num_dofs
