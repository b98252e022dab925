"""Mesh files that meshio reads: their elements and the names that each format keeps in its way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx.io.utils import cell_perm_vtk
from dolfinx.mesh import CellType

from femsoret.cells.elements import Elements, Points
from femsoret.errors import MeshError

# Element types of meshio: Basix cell and degree. Complete second order only.
_KINDS = {
    "line": ("interval", 1),
    "triangle": ("triangle", 1),
    "quad": ("quadrilateral", 1),
    "tetra": ("tetrahedron", 1),
    "hexahedron": ("hexahedron", 1),
    "line3": ("interval", 2),
    "triangle6": ("triangle", 2),
    "quad9": ("quadrilateral", 2),
    "tetra10": ("tetrahedron", 2),
    "hexahedron27": ("hexahedron", 2),
}

# What meshio joins the names of cell sets with where a format has only integers for each cell.
_JOINTS = "-_#+/"

_PHYSICAL = "gmsh:physical"


def file_elements(path: Path) -> tuple[Points, list[Elements]]:
    """Return the nodes and elements of a file, with the names of cell sets or physical groups.

    Args:
        path: The file; its suffix says the format.

    Raises:
        MeshError: meshio cannot read it.
    """
    mesh = _read(path)
    groups = _groups(mesh)
    found = []
    for number, block in enumerate(mesh.cells):
        nodes = np.asarray(block.data, dtype=np.int64)
        cell, degree = _KINDS.get(block.type, ("", 0))
        if cell:
            nodes = nodes[:, cell_perm_vtk(CellType[cell], nodes.shape[1])]
        for names, rows in _split(groups, number, len(nodes)):
            found.append(Elements(cell, degree, block.dim, block.type, nodes[rows], names))
    return np.asarray(mesh.points, dtype=np.float64), found


def _read(path: Path) -> Any:
    """Return the mesh as meshio holds it; what meshio prints becomes the error."""
    # On the way to a file's elements only: importing meshio loads all its formats.
    import meshio

    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return meshio.read(path)
    # meshio ends the whole process on a file that it cannot read, hence SystemExit.
    except (Exception, SystemExit) as error:
        reasons = " ".join(said.getvalue().split()) or str(error) or type(error).__name__
        raise MeshError(
            f"meshio cannot read the file: {reasons}", "check that its suffix says its format"
        ) from None


def _groups(mesh: Any) -> dict[str, list[npt.NDArray[np.int64]]]:
    """Return, for each name, the rows of each block that bear it."""
    sets = {
        name: [np.asarray([] if rows is None else rows, dtype=np.int64) for rows in blocks]
        for name, blocks in mesh.cell_sets.items()
        if not name.startswith("gmsh:")  # meshio's own notes, not the user's groups
    }
    if sets:
        return sets
    if mesh.field_data and _PHYSICAL in mesh.cell_data:
        tags = mesh.cell_data[_PHYSICAL]
        return {
            name: [
                np.flatnonzero(values == tag) if block.dim == dim else np.empty(0, dtype=np.int64)
                for block, values in zip(mesh.cells, tags, strict=True)
            ]
            for name, (tag, dim) in mesh.field_data.items()
        }
    return dict(_joined_names(mesh.cell_data))


def _joined_names(cell_data: Any) -> Iterator[tuple[str, list[npt.NDArray[np.int64]]]]:
    """Yield the sets that meshio wrote as integers under the joined names, such as "cold-hot"."""
    for key, blocks in cell_data.items():
        values = [np.asarray(block) for block in blocks]
        if not all(block.ndim == 1 and block.dtype.kind in "iu" for block in values):
            continue
        largest = max((int(block.max(initial=-1)) for block in values), default=-1)
        for joint in _JOINTS:
            names = key.split(joint)
            if len(names) > 1 and largest < len(names):
                for number, name in enumerate(names):
                    yield name, [np.flatnonzero(block == number) for block in values]
                return


def _split(
    groups: dict[str, list[npt.NDArray[np.int64]]], block: int, size: int
) -> Iterator[tuple[tuple[str, ...], npt.NDArray[np.int64]]]:
    """Yield the rows of a block that bear the same names, which may be none."""
    names = [name for name in groups if len(groups[name][block]) > 0]
    bears = np.zeros((size, len(names)), dtype=bool)
    for number, name in enumerate(names):
        bears[groups[name][block], number] = True
    kinds, which = np.unique(bears, axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        yield (
            tuple(name for name, held in zip(names, kind, strict=True) if held),
            np.flatnonzero(which.ravel() == number),
        )
