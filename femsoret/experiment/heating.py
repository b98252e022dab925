"""The temperature rise that heat sources cause in a cell, from pure conduction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.cells import Cell
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity
from femsoret.physics.forms import CONDUCTION
from femsoret.problem import Problem
from femsoret.problem.conditions import Condition
from femsoret.problem.heat_sources import HeatSource
from femsoret.problem.orientation import orientation_of
from femsoret.solids import Solid
from femsoret.solve import solve_steady


@dataclass(frozen=True)
class Rise:
    """The temperature rise that heat sources cause in pure conduction.

    Args:
        value: Difference between the temperature at the place and that of the walls, K; negative if
            the sources cool.
        place: The point of the fluid where the temperature differs most from that of the walls, m,
            shape (dim,).
        power: Power of each source that is absorbed, W (per metre of depth in 2D).
    """

    value: float
    place: tuple[float, ...]
    power: tuple[float, ...]


def temperature_rise(
    cell: Cell,
    conditions: Sequence[Condition],
    sources: Sequence[HeatSource],
    conductivity: float,
    solids: Mapping[str, Solid],
) -> Rise:
    """Return the temperature rise that heat sources cause in pure conduction; collective.

    It is an estimate: finite elements of first order on the mesh of the cell, and one conductivity
    for the fluid. Walls of different temperatures are taken into account by the range of their
    temperatures, beyond which the rise counts.

    Args:
        cell: The cell.
        conditions: Boundary conditions; only those for the temperature matter.
        sources: The heat sources.
        conductivity: Thermal conductivity of the fluid, W/(m K).
        solids: Name of each solid region -> its material.

    Raises:
        ConditionError: No side has a temperature, a source is in no region of the cell, or all
            sources together release no heat anywhere.
    """
    walls = orientation_of(cell, conditions, cell.diameter())
    problem = Problem(
        cell,
        _conducting(walls.T_cold, conductivity, cell.dim),
        [condition for condition in conditions if "theta" in condition.fields],
        equations=CONDUCTION,
        degree=1,
        gap=cell.diameter(),
        solids=solids,
        heat_sources=sources,
    )
    solve_steady(problem)
    highest, at_highest = _extreme(problem, 1.0)
    lowest, at_lowest = _extreme(problem, -1.0)
    warmer, cooler = highest - walls.dT, -lowest
    value, place = (warmer, at_highest) if warmer >= cooler else (-cooler, at_lowest)
    if not abs(value) > 0.0:
        raise ConditionError(
            "the heat sources do not change the temperature of the fluid",
            "check that their power and absorption are not zero, that a beam meets the region, and "
            "that mesh cells there are not wider than the beam",
        )
    return Rise(value, place, tuple(source.power for source in problem.bound_sources))


_ALIKE: Final = 1e-9
"""Part of the largest rise within which two nodes are equally hot."""


def _extreme(problem: Problem, sign: float) -> tuple[float, tuple[float, ...]]:
    """Return the highest temperature of the fluid (sign 1), or the lowest (-1), and its place.

    Of nodes that are equally hot it takes the one nearest to the middle of the cell.
    """
    cell, theta = problem.cell, problem.function("theta")
    V = theta.function_space
    dofs = np.unique(V.dofmap.list[cell.fluid_cells])
    values, x = sign * theta.x.array[dofs], V.tabulate_dof_coordinates()[dofs, : cell.dim]
    low, high = np.empty(cell.dim), np.empty(cell.dim)
    cell.comm.Allreduce(x.min(axis=0, initial=np.inf), low, op=MPI.MIN)
    cell.comm.Allreduce(x.max(axis=0, initial=-np.inf), high, op=MPI.MAX)
    highest = float(cell.comm.allreduce(float(values.max(initial=-np.inf)), op=MPI.MAX))
    as_hot = x[values >= highest - _ALIKE * abs(highest)]
    apart = np.linalg.norm(as_hot - 0.5 * (low + high), axis=1) / np.linalg.norm(high - low)
    nearest = [
        (round(float(d), 6), tuple(map(float, at))) for d, at in zip(apart, as_hot, strict=True)
    ]
    place = min(min(found) for found in cell.comm.allgather(nearest) if found)[1]
    return sign * highest, place


def _conducting(T0: float, conductivity: float, dim: int) -> BoussinesqMixture:
    """Return a pure fluid that does nothing but conduct heat."""
    up = (0.0, 1.0) if dim == 2 else (0.0, 0.0, 1.0)
    return BoussinesqMixture(
        T0=T0,
        rho0=1.0,
        cp=1.0,
        beta_T=0.0,
        viscosity=Constant(1.0),
        conductivity=Constant(conductivity),
        gravity=Gravity(0.0, up),
        species=(),
        closure=CLOSURES["dilute"],
    )
