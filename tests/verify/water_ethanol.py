"""Small cells of water and ethanol: full closure, Dufour effect, tilted, stirred by convection."""

from __future__ import annotations

from mpi4py import MPI

from femsoret.cells import Cell, box, rectangle
from femsoret.experiment import Experiment, Pair
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.balances import balances, entropy_rates
from femsoret.post.readings import WallMean
from femsoret.problem.conditions import Temperature
from femsoret.problem.orientation import up_vector
from femsoret.studies.measure.solution import solve

L, DT, TILT = 2e-3, 4.0, 1.5


def tilted_cell(cells: int, *, comm: MPI.Comm = MPI.COMM_WORLD) -> Experiment:
    """Return a square of 2 mm, heated from above, its axis 1.5 degrees off the vertical.

    Args:
        cells: Mesh cells a side.
        comm: Communicator.
    """
    return _experiment(rectangle(comm, (L, L), (cells, cells), grading=3.0))


def tilted_box(cells: int, *, comm: MPI.Comm = MPI.COMM_WORLD) -> Experiment:
    """Return the cube that goes with it."""
    return _experiment(box(comm, (L, L, L), (cells,) * 3, grading=2.0))


def _experiment(cell: Cell) -> Experiment:
    fluid = load_fluid("water-ethanol")
    axis = (0.0, 1.0, 0.0)[: cell.dim]
    return Experiment(
        title="water and ethanol",
        cell=cell,
        mixture=mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=up_vector(axis, TILT), closure="full"),
        conditions=(
            Temperature(("top",), fluid.T + 0.5 * DT),
            Temperature(("bottom",), fluid.T - 0.5 * DT),
        ),
        extra_readings=(Pair("across", WallMean("right"), WallMean("left")),),
        fluid=fluid,
    )


def defects(
    comm: MPI.Comm = MPI.COMM_WORLD, meshes: tuple[int, ...] = (8, 12, 18)
) -> dict[str, float]:
    """Return the relative defects of the tilted cell, the worst of several meshes, and its bias.

    What carries heat and species is adjoint to the buoyancy: the entropy balance closes like the
    others, on any mesh.

    Args:
        comm: Communicator.
        meshes: Mesh cells a side, from coarse to fine.
    """
    solutions = [solve(tilted_cell(n, comm=comm)) for n in meshes]
    found = [balances(s.convection, s.flows, entropy_rates(s.convection)) for s in solutions]
    return {
        "mass defect": max(each.mass for each in found),
        "heat defect": max(each.heat for each in found),
        "species defect": max(each.species for each in found),
        "entropy defect": max(each.entropy for each in found),
        "bias": solutions[-1].soret.bias,
    }
