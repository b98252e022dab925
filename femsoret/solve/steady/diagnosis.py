"""Diagnosis of a failed solve: field and location of the largest entries, and mesh resolution."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np

from femsoret.base.types import Array, GlobalIndices
from femsoret.physics.closures.evaluated import diffusivities_at
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC, COMPOSITIONS, plain_name
from femsoret.solve.linear.assembly import BlockSystem

COARSE = 10.0
"""Cell Peclet number above which unresolved layers cause spurious oscillations."""

ZERO = 1e-12
"""Absolute value of a coordinate, relative to the gap, below which it counts as zero."""


@dataclass(frozen=True)
class LargestEntry:
    """The entry of a vector with the largest absolute value.

    Args:
        field: Plain name of the block of the entry.
        at: Coordinates of the node, in the problem's unit of length, shape (dim,).
        size: Absolute value of the entry, scaled as described in :class:`Diagnosis`.
        peclet_thermal: Largest |u| h/alpha of the mesh cells around the node, with cell size h and
            the largest nodal speed |u| in the cell; None without flow.
        peclet_solutal: Largest |u| h/D, likewise; None without flow or species.
    """

    field: str
    at: tuple[float, ...]
    size: float
    peclet_thermal: float | None = None
    peclet_solutal: float | None = None

    @property
    def peclet_numbers(self) -> tuple[float, ...]:
        """The cell Peclet numbers that are not None."""
        return tuple(n for n in (self.peclet_thermal, self.peclet_solutal) if n is not None)

    def __str__(self) -> str:
        place = ", ".join(f"{x:.4g}" for x in self.at)
        numbers = " and ".join(f"{n:.3g}" for n in self.peclet_numbers)
        return f"{self.field} at ({place})" + (f", cell Péclet number {numbers}" if numbers else "")


@dataclass(frozen=True)
class Diagnosis:
    """Location of the largest update and residual when a solve stopped.

    Pressure and potentials are ignored, since they follow from the other fields.

    Args:
        update: Largest entry of the last update, relative to the largest entry of its field; None
            if there is no finite nonzero update.
        residual: Largest entry of the last residual, in natural sizes; None if it is not finite.
    """

    update: LargestEntry | None
    residual: LargestEntry | None

    @property
    def is_coarse(self) -> bool:
        """Whether a cell Peclet number at the largest update or residual exceeds COARSE."""
        peclet = [
            n for worst in (self.update, self.residual) if worst for n in worst.peclet_numbers
        ]
        return max(peclet, default=0.0) > COARSE

    def __str__(self) -> str:
        parts = (("change", self.update), ("residual", self.residual))
        return "; ".join(f"the last {of} is largest in {worst}" for of, worst in parts if worst)

    def record(self) -> dict[str, object]:
        """Return the diagnosis as a dictionary for the error and for ``failure.json``."""
        return {"where": str(self), "is_coarse": self.is_coarse, **asdict(self)}


def diagnose(
    system: BlockSystem, x: PETSc.Vec, update: PETSc.Vec, residual: PETSc.Vec
) -> Diagnosis:
    """Return the location of the largest update and residual; collective.

    The problem's state is set to x.

    Args:
        system: The assembled problem.
        x: The last iterate, in natural sizes.
        update: The last update.
        residual: The residual at x.
    """
    system.write(x)
    return Diagnosis(
        update=_worst(system, update, system.relative_maxima(update, x)),
        residual=_worst(system, residual, system.block_maxima(residual)),
    )


def _worst(system: BlockSystem, vector: PETSc.Vec, maxima: Array) -> LargestEntry | None:
    """Return the largest entry of the block with the largest maximum.

    Args:
        system: The assembled problem.
        vector: The vector to search.
        maxima: Scaled maximum of each block, shape (blocks,).

    Returns:
        The entry; None if the maxima are not finite or all zero.
    """
    comm, problem = system.comm, system.problem
    if not np.isfinite(maxima).all():
        return None
    maxima = np.where([name in ALGEBRAIC for name in problem.layout.names], 0.0, maxima)
    if not maxima.any():
        return None
    block = int(np.argmax(maxima))
    entries = np.abs(system.owned(vector, block))
    largest_here = float(entries.max(initial=-1.0))
    _, owner = comm.allreduce((largest_here, comm.rank), op=MPI.MAXLOC)
    worst: LargestEntry | None = None
    if comm.rank == owner:
        V = problem.spaces[block]
        node = int(np.argmax(entries)) // V.dofmap.index_map_bs
        gap = problem.orientation.gap
        place = V.tabulate_dof_coordinates()[node][: problem.cell.dim]
        worst = LargestEntry(
            field=plain_name(problem.layout.names[block]),
            # Walls of mapped meshes are at 1e-17 instead of 0.
            at=tuple(float(v) for v in np.where(abs(place) < ZERO * gap, 0.0, place)),
            size=float(maxima[block]),
            **_cell_peclet(system, block, node),
        )
    worst = comm.bcast(worst, root=owner)
    return worst


def _cell_peclet(system: BlockSystem, block: int, node: int) -> dict[str, float]:
    """Return the largest |u| h/alpha and |u| h/D in the local mesh cells around a node."""
    problem = system.problem
    if not problem.layout.flows:
        return {}
    cells = np.flatnonzero((problem.spaces[block].dofmap.list == node).any(axis=1))
    h = problem.cell.mesh.h(problem.cell.dim, cells.astype(np.int32))
    speeds = np.linalg.norm(_nodal(problem, "u", cells), axis=-1).max(axis=1)
    m = problem.mixture
    T = m.T0 + _nodal(problem, "theta", cells).mean(axis=(1, 2))
    c = tuple(
        species.c0 + _nodal(problem, COMPOSITIONS, cells)[..., i].mean(axis=1)
        for i, species in enumerate(m.species)
    )
    spread = diffusivities_at(m, T, c)
    peclet = {"peclet_thermal": float(np.max(speeds * h / spread.alpha))}
    if c:
        peclet["peclet_solutal"] = float(np.max(speeds * h / spread.D.min(axis=-1)))
    return peclet


def _nodal(problem: Problem, name: str, cells: GlobalIndices) -> Array:
    """Return the nodal values of a block in mesh cells, shape (cells, nodes, components)."""
    function = problem.function(name) if name in problem.layout else problem.given[name]
    dofmap = function.function_space.dofmap
    return np.asarray(function.x.array.reshape(-1, dofmap.index_map_bs)[dofmap.list[cells]])
