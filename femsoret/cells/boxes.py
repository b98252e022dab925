"""Rectangle and box: structured meshes, graded towards the walls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from mpi4py import MPI

import numpy as np
import numpy.typing as npt
from dolfinx import mesh as dmesh

from femsoret.cells import grading as maps
from femsoret.cells import numbers
from femsoret.cells.cell import Cell
from femsoret.errors import MeshError, nearest

Shape2D = Literal["quadrilateral", "triangle"]
Shape3D = Literal["hexahedron", "tetrahedron"]

# Name of the side at the lower and at the upper end of each axis.
_ENDS = (("left", "right"), ("bottom", "top"), ("back", "front"))


def rectangle(
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape2D = "quadrilateral",
) -> Cell:
    """Make a rectangle with one corner at the origin.

    Sides: left, right (lowest and highest x), bottom, top (lowest and highest y).

    Args:
        comm: Communicator to spread the mesh over.
        size: Lengths (Lx, Ly), m.
        cells: Numbers of mesh cells (nx, ny).
        grading: Mesh cell size at the centre over that at the walls, at least 1, for both axes or
            one for each.
        shape: "triangle" cuts each quadrilateral along both diagonals into four, so that the mesh
            keeps every mirror symmetry of the rectangle and cannot prefer a sense of rotation.

    Raises:
        MeshError: A number is not allowed.
    """
    lengths, number = numbers.sizes(size, 2), numbers.counts(cells, 2)
    ratios = numbers.gradings(grading, numbers.AXES[:2])
    _check_shape(shape, get_args(Shape2D))
    mesh = dmesh.create_rectangle(
        comm,
        [np.zeros(2), np.ones(2)],
        list(number),
        dmesh.CellType[shape],
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
        diagonal=dmesh.DiagonalType.crossed,
    )
    facets, sides = _named_ends(mesh)
    _stretch(mesh, lengths, ratios)
    return Cell(
        mesh,
        facets,
        sides,
        title=_title("rectangle", number, shape),
        remake=lambda ratio: rectangle(
            comm, lengths, numbers.rescaled(number, ratio), grading=ratios, shape=shape
        ),
    )


def box(
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape3D = "hexahedron",
) -> Cell:
    """Make a box with one corner at the origin.

    Sides: left, right (lowest and highest x), bottom, top (lowest and highest y, the vertical as in
    2D), back, front (lowest and highest z).

    Args:
        comm: Communicator to spread the mesh over.
        size: Lengths (Lx, Ly, Lz), m.
        cells: Numbers of mesh cells (nx, ny, nz).
        grading: Mesh cell size at the centre over that at the walls, at least 1, for all axes or
            one for each.
        shape: "tetrahedron" cuts each hexahedron along one diagonal into six.

    Raises:
        MeshError: A number is not allowed.
    """
    lengths, number = numbers.sizes(size, 3), numbers.counts(cells, 3)
    ratios = numbers.gradings(grading, numbers.AXES[:3])
    _check_shape(shape, get_args(Shape3D))
    mesh = dmesh.create_box(
        comm,
        [np.zeros(3), np.ones(3)],
        list(number),
        dmesh.CellType[shape],
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
    )
    facets, sides = _named_ends(mesh)
    _stretch(mesh, lengths, ratios)
    return Cell(
        mesh,
        facets,
        sides,
        title=_title("box", number, shape),
        remake=lambda ratio: box(
            comm, lengths, numbers.rescaled(number, ratio), grading=ratios, shape=shape
        ),
    )


def _named_ends(mesh: dmesh.Mesh) -> tuple[dmesh.MeshTags, dict[str, int]]:
    """Tag the ends of each axis of the unit square or cube."""
    dim = mesh.topology.dim
    names = [name for pair in _ENDS[:dim] for name in pair]
    sides = {name: tag for tag, name in enumerate(names, start=1)}
    found, values = [], []
    for axis, pair in enumerate(_ENDS[:dim]):
        for end, name in enumerate(pair):
            facets = dmesh.locate_entities_boundary(
                # Half a cell of the finest mesh that fits into memory is far above this.
                mesh,
                dim - 1,
                lambda x, axis=axis, end=end: np.abs(x[axis] - end) < 1e-8,
            )
            found.append(facets)
            values.append(np.full(len(facets), sides[name], dtype=np.int32))
    facets = np.concatenate(found)
    order = np.argsort(facets)
    return dmesh.meshtags(mesh, dim - 1, facets[order], np.concatenate(values)[order]), sides


def _stretch(mesh: dmesh.Mesh, lengths: Sequence[float], ratios: Sequence[float]) -> None:
    """Take a mesh that no one else holds yet from the unit square or cube to its place."""
    x: npt.NDArray[np.float64] = mesh.geometry.x
    for axis, (length, ratio) in enumerate(zip(lengths, ratios, strict=True)):
        x[:, axis] = length * maps.both_ends(x[:, axis], ratio)


def _check_shape(shape: str, allowed: Sequence[str]) -> None:
    if shape not in allowed:
        raise MeshError(f"the shape of mesh cells is {shape!r}", nearest(str(shape), allowed))


def _title(kind: str, number: Sequence[int], shape: str) -> str:
    return f"{kind}, {' x '.join(map(str, number))} cells ({shape})"
