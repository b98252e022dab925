"""Where a failed solve is worst: field, place, and how coarse the mesh is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.layout import plain_name
from femsoret.solve.assembly import BlockSystem

COARSE = 10.0
"""Cell Peclet number above which a layer that Galerkin elements do not resolve makes wiggles."""


@dataclass(frozen=True)
class Worst:
    """The largest entry of a vector.

    Args:
        field: Plain name of its block.
        at: Coordinates of its node, in the problem's unit of length.
        size: The entry, in the natural size of its block.
        cell_peclet: |u| h/alpha ("heat") and |u| h/D ("composition") in the mesh cells around
            it: h the cell's size, |u| the largest nodal speed there. Empty without flow.
    """

    field: str
    at: tuple[float, ...]
    size: float
    cell_peclet: dict[str, float]

    def __str__(self) -> str:
        place = ", ".join(f"{x:.4g}" for x in self.at)
        peclet = " and ".join(f"{value:.3g} ({of})" for of, value in self.cell_peclet.items())
        return f"{self.field} at ({place})" + (f", cell Péclet number {peclet}" if peclet else "")


@dataclass(frozen=True)
class Trouble:
    """Where a solve stood when it stopped.

    Args:
        update: Largest entry of the last update; None where no finite one was made.
        residual: Largest entry of the last residual; None where it is not finite.
    """

    update: Worst | None
    residual: Worst | None

    @property
    def is_coarse(self) -> bool:
        """Whether the mesh is too coarse for the flow where the solve is worst."""
        return any(
            value > COARSE
            for worst in (self.update, self.residual)
            if worst is not None
            for value in worst.cell_peclet.values()
        )

    def __str__(self) -> str:
        parts = (("largest change", self.update), ("largest residual", self.residual))
        return "; ".join(f"{what}: {worst}" for what, worst in parts if worst is not None)


def trouble_at(system: BlockSystem, x: PETSc.Vec, update: PETSc.Vec, residual: PETSc.Vec) -> Trouble:
    """Return where update and residual are largest; collective, the state becomes x.

    Args:
        system: The system.
        x: The last iterate.
        update: The last update.
        residual: The residual at x.
    """
    system.write(x)
    return Trouble(update=_worst(system, update), residual=_worst(system, residual))


def _worst(system: BlockSystem, vector: PETSc.Vec) -> Worst | None:
    """Return the largest entry of a vector, or None where it is not finite or zero."""
    comm, problem = system.comm, system.problem
    maxima = system.block_maxima(vector)
    if not np.isfinite(maxima).all() or not maxima.any():
        return None
    block = int(np.argmax(maxima))
    entries = np.abs(system.owned(vector, block))
    mine = float(entries.max(initial=-1.0))
    _, owner = comm.allreduce((mine, comm.rank), op=MPI.MAXLOC)
    found = None
    if comm.rank == owner:
        V = problem.spaces[block]
        node = int(np.argmax(entries)) // V.dofmap.index_map_bs
        place = V.tabulate_dof_coordinates()[node][: problem.cell.dim]
        found = Worst(
            field=plain_name(problem.layout.names[block]),
            at=tuple(float(v) for v in place),
            size=mine,
            cell_peclet=_cell_peclet(system, block, node),
        )
    return comm.bcast(found, root=owner)


def _cell_peclet(system: BlockSystem, block: int, node: int) -> dict[str, float]:
    """Return the largest |u| h/alpha and |u| h/D of the local cells around a node."""
    problem = system.problem
    if "u" not in problem.layout:
        return {}
    cells = np.flatnonzero((problem.spaces[block].dofmap.list == node).any(axis=1))
    h = problem.cell.mesh.h(problem.cell.dim, cells.astype(np.int32))
    speeds = np.linalg.norm(_nodal(problem, "u", cells), axis=-1).max(axis=1)
    m = problem.mixture
    T = m.T0 + _nodal(problem, "theta", cells).mean(axis=(1, 2))
    c = np.zeros_like(T)
    if m.species:
        c = m.species[0].c0 + _nodal(problem, "gamma_0", cells).mean(axis=(1, 2))
    reach = speeds * h
    peclet = {"heat": float(np.max(reach * m.rho0 * m.cp / m.conductivity(T, c)))}
    if m.species:
        peclet["composition"] = float(np.max(reach / m.species[0].diffusion(T, c)))
    return peclet


def _nodal(problem: Any, name: str, cells: Any) -> Any:
    """Return the nodal values of a block in cells, shape (cells, nodes, components)."""
    function = problem.function(name)
    dofmap = function.function_space.dofmap
    return function.x.array.reshape(-1, dofmap.index_map_bs)[dofmap.list[cells]]
