"""Named lines, and in 3D named surfaces, inside a mesh: no walls, but places to read at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import basix
import numpy as np

from femsoret.base.types import Array, GlobalIndices

DEGREE = 6
"""Degree of the polynomials along a line that its points integrate exactly."""


@dataclass(frozen=True, eq=False)
class NamedLine:
    """A line or surface as points to integrate over.

    Args:
        points: Where, m, shape (n, dim).
        weights: Weight of each point in a mean, shape (n,); they add up to 1.
    """

    points: Array
    weights: Array

    def turned(self, matrix: Array) -> NamedLine:
        """Return where it is in a cell that was turned about the origin.

        Args:
            matrix: Rotation, shape (3, 3).
        """
        dim = self.points.shape[1]
        return NamedLine(self.points @ matrix[:dim, :dim].T, self.weights)


@dataclass(frozen=True, eq=False)
class Part:
    """Elements of one type of a named group.

    Args:
        kind: Cell type in the words of Basix.
        degree: Degree of the geometry.
        nodes: Rows into the points, in the order of DOLFINx.
    """

    kind: str
    degree: int
    nodes: GlobalIndices


def named_lines(points: Array, groups: Mapping[str, Iterable[Part]]) -> dict[str, NamedLine]:
    """Return lines and surfaces by name.

    Args:
        points: GlobalIndices, m, shape (nodes, dim).
        groups: Name -> its elements.
    """
    found = {}
    for name, parts in groups.items():
        pairs = [_quadrature(points, part) for part in parts]
        weights = np.concatenate([of_part for _, of_part in pairs])
        found[name] = NamedLine(np.concatenate([x for x, _ in pairs]), weights / weights.sum())
    return found


def _quadrature(points: Array, part: Part) -> tuple[Array, Array]:
    """Return points and weights (lengths or areas, m or m2) of elements."""
    kind = basix.CellType[part.kind]
    element = basix.create_element(
        basix.ElementFamily.P, kind, part.degree, basix.LagrangeVariant.equispaced
    )
    at, weights = basix.make_quadrature(kind, DEGREE)
    table = element.tabulate(1, at)[..., 0]
    nodes = points[part.nodes]
    x = np.einsum("qn,cni->cqi", table[0], nodes)
    tangents = np.einsum("jqn,cni->cqji", table[1:], nodes)
    size = np.sqrt(np.linalg.det(tangents @ np.swapaxes(tangents, -1, -2)))
    return x.reshape(-1, x.shape[-1]), (size * weights).ravel()
