"""Mesh files that meshio reads: their elements and the names that each format keeps in its way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from dolfinx.io.utils import cell_perm_vtk
from dolfinx.mesh import CellType

from femsoret.base.errors import MeshError
from femsoret.base.types import GlobalIndices
from femsoret.cells.elements import Elements, Points
from femsoret.cells.mesh_names import Rows, named_rows, no_names

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


def file_elements(path: Path) -> tuple[Points, list[Elements]]:
    """Return the nodes and elements of a file, with the names of cell sets or physical groups.

    Args:
        path: The file; its suffix says the format.

    Raises:
        MeshError: meshio cannot read it, or the format lost all names.
    """
    mesh = _read(path)
    groups = named_rows(mesh, path)
    if not groups and path.suffix != ".msh":
        raise no_names(mesh, path)
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
        reasons = " ".join(said.getvalue().split()) or f"{type(error).__name__}: {error}"
        raise MeshError(
            f"meshio cannot read the file: {reasons}",
            "check that its suffix says its format; .msh is the safest, with groups of facets and "
            "cells and none of points",
        ) from None


def _split(
    groups: dict[str, Rows], block: int, size: int
) -> Iterator[tuple[tuple[str, ...], GlobalIndices]]:
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
