"""Cell Peclet numbers: how far a mesh cell is from diffusion's reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.cells.measure import chunks, geometry_jacobians
from femsoret.post.pointwise import (
    Array,
    Indices,
    diffusivity,
    nearest_side,
    reference_metric,
    values,
)
from femsoret.problem import Problem


@dataclass(frozen=True)
class CellPeclet:
    """The largest cell Peclet number |u| h/alpha or |u| h/D; h is the length of the cell along u.

    Args:
        value: The number.
        x: Where it is, m.
        side: The side nearest to that place.
    """

    value: float
    x: tuple[float, ...]
    side: str


def cell_peclet(problem: Problem, block: str, cells: Indices) -> tuple[Array, Array]:
    """Return |u| h over the diffusivity of a block at the nodes of cells, and where those are.

    Args:
        problem: A solved problem with flow.
        block: "theta", or a composition.
        cells: Local cells.

    Returns:
        Numbers, shape (cells, nodes), and positions, shape (cells, nodes, dim), m.
    """
    nodes = problem.space("theta").element.basix_element.points
    x, J = geometry_jacobians(problem.cell.mesh, cells, nodes)
    u = values(problem.function("u"), cells, nodes)
    speed = np.linalg.norm(u, axis=-1)
    # h = |u|/sqrt(u.G u) with the metric G of the cell, as in forms.stabilisation.
    reference = np.linalg.solve(J, u[..., None])[..., 0]
    G = reference_metric(problem)
    per_cell = np.sqrt(np.einsum("cqi,ij,cqj->cq", reference, G, reference))
    h = np.divide(speed, per_cell, out=np.zeros_like(speed), where=per_cell > 0.0)
    return speed * h / diffusivity(problem, block, cells, nodes), x


def largest_cell_peclet(problem: Problem, block: str) -> CellPeclet:
    """Return the largest cell Peclet number in the fluid of a solved problem; collective.

    Args:
        problem: A solved problem with flow.
        block: "theta" for the thermal number, a composition for its solutal one.
    """
    best, where = 0.0, np.zeros(problem.cell.dim)
    for cells in chunks(problem.cell.fluid_cells):
        numbers, x = cell_peclet(problem, block, cells)
        cell, node = np.unravel_index(int(np.argmax(numbers)), numbers.shape)
        if numbers[cell, node] > best:
            best, where = float(numbers[cell, node]), x[cell, node]
    best, where = max(problem.cell.comm.allgather((best, where)), key=lambda found: found[0])
    return CellPeclet(best, tuple(map(float, where)), nearest_side(problem, where))
