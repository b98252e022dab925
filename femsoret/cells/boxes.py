"""Rectangle and box: structured meshes, graded towards the walls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    return _made(_RECTANGLE, comm, size, cells, grading, shape)


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
    return _made(_BOX, comm, size, cells, grading, shape)


def unit_square(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
    """Return a mesh of the unit square; triangles come from both diagonals.

    Args:
        comm: Communicator to spread it over.
        number: Numbers of mesh cells (quadrilaterals before they are cut).
        shape: Shape of the mesh cells.
    """
    return dmesh.create_rectangle(
        comm,
        [np.zeros(2), np.ones(2)],
        number,
        shape,
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
        diagonal=dmesh.DiagonalType.crossed,
    )


def _unit_cube(comm: MPI.Comm, number: list[int], shape: dmesh.CellType) -> dmesh.Mesh:
    return dmesh.create_box(
        comm,
        [np.zeros(3), np.ones(3)],
        number,
        shape,
        dtype=np.float64,
        ghost_mode=dmesh.GhostMode.shared_facet,
    )


@dataclass(frozen=True)
class _Kind:
    """What a rectangle and a box do not share.

    Args:
        name: Its name.
        dim: Its dimension.
        shapes: Shapes that its mesh cells may have.
        unit: Makes its mesh of side 1.
    """

    name: str
    dim: int
    shapes: tuple[str, ...]
    unit: Callable[[MPI.Comm, list[int], dmesh.CellType], dmesh.Mesh]


_RECTANGLE = _Kind("rectangle", 2, get_args(Shape2D), unit_square)
_BOX = _Kind("box", 3, get_args(Shape3D), _unit_cube)


def _made(
    kind: _Kind,
    comm: MPI.Comm,
    size: Sequence[float],
    cells: Sequence[int],
    grading: float | Sequence[float],
    shape: str,
) -> Cell:
    lengths, number = numbers.sizes(size, kind.dim), numbers.counts(cells, kind.dim)
    ratios = numbers.gradings(grading, numbers.AXES[: kind.dim])
    if shape not in kind.shapes:
        raise MeshError(f"the shape of mesh cells is {shape!r}", nearest(str(shape), kind.shapes))
    mesh = kind.unit(comm, list(number), dmesh.CellType[shape])
    facets, sides = named_ends(mesh)
    _stretch(mesh, lengths, ratios)
    return Cell(
        mesh,
        facets,
        sides,
        title=f"{kind.name}, {' x '.join(map(str, number))} cells ({shape})",
        remake=lambda ratio: _made(
            kind, comm, lengths, numbers.rescaled(number, ratio), ratios, shape
        ),
    )


def named_ends(
    mesh: dmesh.Mesh, ends: Sequence[tuple[str, str]] = _ENDS
) -> tuple[dmesh.MeshTags, dict[str, int]]:
    """Tag the ends of each axis of the unit square or cube.

    Args:
        mesh: Its mesh.
        ends: Names of the sides at the lower and at the upper end of each axis.
    """
    dim = mesh.topology.dim
    names = [name for pair in ends[:dim] for name in pair]
    sides = {name: tag for tag, name in enumerate(names, start=1)}
    found, values = [], []
    for axis, pair in enumerate(ends[:dim]):
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
