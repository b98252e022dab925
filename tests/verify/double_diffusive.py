"""The square with given temperatures and compositions on its vertical walls, stated by groups."""

from __future__ import annotations

from collections.abc import Mapping

from mpi4py import MPI

from femsoret.cells import rectangle
from femsoret.fluids.groups import DoubleDiffusiveGroups, double_diffusive_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import solve_steady

HOT, COLD = "left", "right"


def square(
    groups: DoubleDiffusiveGroups,
    cells: int,
    *,
    comm: MPI.Comm = MPI.COMM_WORLD,
    pure: bool = False,
) -> Problem:
    """Return the solved problem T = C = +1/2 on the left, -1/2 on the right.

    Args:
        groups: The groups.
        cells: Mesh cells a side.
        comm: Communicator.
        pure: Leave the composition out.
    """
    scaled = double_diffusive_values(groups)
    c0 = scaled.values.c
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=1.0, pure=pure)
    walls = [Temperature((HOT,), mixture.T0 + 0.5), Temperature((COLD,), mixture.T0 - 0.5)]
    if not pure:
        walls += [Composition((HOT,), c0 + 0.5), Composition((COLD,), c0 - 0.5)]
    problem = Problem(rectangle(comm, (1.0, 1.0), (cells, cells), grading=3.0), mixture, walls)
    solve_steady(problem)
    return problem


def transfer(problem: Problem) -> Mapping[str, float]:
    """Return Nusselt and, with a species, Sherwood number of both walls, positive from hot to cold.

    Nu is the heat flow over kappa_0 dT, Sh the mass flow over rho D dc, and these are 1 and 1/Le.
    """
    heat = wall_flows(problem, "theta")
    found = {"Nu hot": -heat[HOT], "Nu cold": heat[COLD]}
    for law in problem.mixture.species:
        mass, D = wall_flows(problem, "gamma_0"), law.diffusion.value
        found |= {"Sh hot": -mass[HOT] / D, "Sh cold": mass[COLD] / D}
    return found
