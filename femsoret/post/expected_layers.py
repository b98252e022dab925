"""Layers that a cell is going to have, from its groups, beside the mesh cells at its walls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from mpi4py import MPI

import basix
import numpy as np

from femsoret.base.types import Array
from femsoret.cells.geometry import chunks, geometry_jacobians
from femsoret.post.fields import is_simplex
from femsoret.post.resolution import ways_in
from femsoret.problem import Problem

WEAK = 0.25
"""Thickness over the gap above which a layer counts as none: the flow fills the cell."""

LEVEL = 1e-6
"""Sine of the tilt up to which a cell counts as level: heated from above it rests."""


def buoyancy_layer(Ra: float, sine: float = 1.0) -> float:
    """Return the thickness of the layer of flow along a wall, in units of the gap.

    Ra^(-1/4) along a vertical wall, of temperature with the Rayleigh number, of composition with
    Ra Le |psi|: there friction balances the buoyancy of what the flow carries across the
    stratification. Along a wall that is inclined to the isopycnals, only the component of gravity
    along the wall counts, twice (O. M. Phillips, Deep-Sea Res. 17 (1970) 435).

    Args:
        Ra: Rayleigh number of what stratifies; its sign does not matter.
        sine: Sine of the angle between wall and isopycnals.
    """
    strength = abs(Ra) * sine**2
    return inf if strength == 0.0 else strength**-0.25


def largest_cell(layer: float, degree: int) -> float:
    """Return the largest size of the mesh cells at a wall that holds a layer, in its unit.

    As large as the layer at degree 2, twice that at degree 3: then the temperature is within 1 %
    of its range, and the flow within 3 % of its largest speed (measured: docs/evidence.md).

    Args:
        layer: Thickness of the layer.
        degree: Polynomial degree.
    """
    return float(layer * 2.0 ** (degree - 2))


@dataclass(frozen=True)
class ExpectedLayer:
    """The thinnest layer of flow that is expected along a side.

    Args:
        kind: "thermal" or "buoyancy" (of the composition).
        thickness: Its thickness, m.
        cell_size: Largest size of the mesh cells at the side, along its normal, m.
        largest: Largest size that holds it, m.
    """

    kind: str
    thickness: float
    cell_size: float
    largest: float

    @property
    def held(self) -> bool:
        """Whether the mesh cells are small enough."""
        return self.cell_size <= self.largest


def expected_layers(problem: Problem, groups: Mapping[str, float]) -> dict[str, ExpectedLayer]:
    """Return the layers that are expected along the sides of the fluid; collective.

    What is stratified unstably turns over and has its layers at all walls; what is stratified
    stably has them where walls are inclined to the isopycnals, which are level then, and only if
    the cell is not level itself.

    Args:
        problem: The problem with flow, not solved.
        groups: Its dimensionless groups.

    Returns:
        Side -> its thinnest layer; sides without one are left out.
    """
    up = np.asarray(problem.mixture.gravity.up)[: problem.cell.dim]
    gap, upright = problem.orientation.gap, float(np.dot(problem.orientation.axis, up))
    level = 1.0 - upright**2 <= LEVEL**2
    thermal = groups.get("Ra", 0.0)
    solutal = thermal * groups.get("Le", 0.0) * groups.get("psi", 0.0)
    found = {}
    for side in problem.cell.fluid_sides:
        size, sine = _at_wall(problem, side, up)
        layers = {}
        for kind, number in (("thermal", thermal), ("buoyancy", solutal)):
            turns = number * upright < -LEVEL * abs(number)  # not by round-off
            if level and not turns:
                continue
            layers[kind] = gap * buoyancy_layer(number, 1.0 if turns else sine)
        if not layers:
            continue
        kind = min(layers, key=lambda name: layers[name])
        if layers[kind] <= WEAK * gap:
            largest = largest_cell(layers[kind], problem.degree)
            found[side] = ExpectedLayer(kind, layers[kind], size, largest)
    return found


def _at_wall(problem: Problem, side: str, up: Array) -> tuple[float, float]:
    """Return the largest size of the mesh cells along the normal of a side, and its steepest sine.

    The sine is that of the angle between wall and horizontal.
    """
    cell, kind = problem.cell, problem.cell.mesh.basix_cell()
    attached, numbers = cell.attached(side)
    size = steepest = 0.0
    for number in range(len(basix.cell.topology(kind)[cell.dim - 1])):
        points, _, outward = ways_in(kind, number, simplex=is_simplex(problem))
        for cells in chunks(attached[numbers == number]):
            _, J = geometry_jacobians(cell.mesh, cells, points)
            gradient = np.einsum("i,cqij->cqj", outward, np.linalg.inv(J))
            h = 1.0 / np.linalg.norm(gradient, axis=-1)
            along = np.clip(np.einsum("cqj,j,cq->cq", gradient, up, h), -1.0, 1.0)
            size = max(size, float(h.max()))
            steepest = max(steepest, float(np.sqrt(1.0 - along**2).max()))
    comm = cell.comm
    return comm.allreduce(size, op=MPI.MAX), comm.allreduce(steepest, op=MPI.MAX)
