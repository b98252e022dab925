"""Mesh files that meshio can read: their elements and the names of sides and regions."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from dolfinx.io.utils import cell_perm_vtk
from dolfinx.mesh import CellType

if TYPE_CHECKING:
    from meshio import Mesh

from femsoret.base.errors import MeshError
from femsoret.base.types import GlobalIndices
from femsoret.cells.elements import Elements, Points

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
        path: The file, whose suffix determines the format.

    Returns:
        Coordinates of the nodes in units of the file, shape (nodes, 2 or 3), and the elements.

    Raises:
        MeshError: meshio cannot read the file, or the file contains no names.
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


def _read(path: Path) -> Mesh:
    """Return the meshio mesh of a file; what meshio prints becomes the message of an error."""
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
            "check that the suffix of the file is that of its format; the safest format is .msh, "
            "with groups of facets and cells and no groups of points",
        ) from None


def _split(
    groups: dict[str, Rows], block: int, size: int
) -> Iterator[tuple[tuple[str, ...], GlobalIndices]]:
    """Yield rows of a block that have the same names, with these names; there may be none."""
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


# -- names of sides and regions, which each format stores differently ------------------------------

Rows: TypeAlias = list[GlobalIndices]
"""Rows of the elements that have a certain name, for each block of elements of one type."""

_JOINTS: Final = "-_#+/"
"""Characters with which meshio joins the names of cell sets in formats that have only integer data.
"""

_NOTES: Final = "gmsh:"
"""Prefix of data that meshio adds; they are not groups of the user."""

_PHYSICAL: Final = "gmsh:physical"

_KEEPING: Final = (
    "use a format that stores names: .msh with physical groups (perhaps the file that this one was "
    "converted from), .inp, .su2, .med with families, or .vtu, .vtk or .xdmf written by meshio "
    "after mesh.cell_sets_to_data()"
)


def named_rows(mesh: Mesh, path: Path) -> dict[str, Rows]:
    """Return the rows of elements by name, for each name stored in a file.

    Args:
        mesh: The mesh, as meshio read it.
        path: The file that it was read from.

    Returns:
        Name -> rows in each block of elements.

    Raises:
        MeshError: Two markers of an SU2 file have the same number.
    """
    sets = {
        name: [np.asarray([] if rows is None else rows, dtype=np.int64) for rows in blocks]
        for name, blocks in mesh.cell_sets.items()
        if not name.startswith(_NOTES)
    }
    if sets:
        return _without_automatic(sets, path) if path.suffix == ".inp" else sets
    if path.suffix == ".su2":
        return _by_number(mesh.cell_data["su2:tag"], _su2_markers(path))
    if getattr(mesh, "cell_tags", None):  # families of MED, each of which may be in many groups
        return _by_number(mesh.cell_data["cell_tags"], mesh.cell_tags)
    if mesh.field_data and _PHYSICAL in mesh.cell_data:
        tags = mesh.cell_data[_PHYSICAL]
        return {
            name: [
                np.flatnonzero(values == tag) if block.dim == dim else np.empty(0, dtype=np.int64)
                for block, values in zip(mesh.cells, tags, strict=True)
            ]
            for name, (tag, dim) in mesh.field_data.items()
        }
    return dict(_joined_names(mesh))


def no_names(mesh: Mesh, path: Path) -> MeshError:
    """Return the error for a file without names; its message lists the integer data instead."""
    kept = [
        f"{key!r} ({', '.join(map(str, numbers[:8]))}{', ...' if len(numbers) > 8 else ''})"
        for key, blocks in mesh.cell_data.items()
        if (numbers := _integers(blocks))
    ]
    instead = f", only the numbers {' and '.join(kept)}" if kept else ""
    return MeshError(
        f"no side of the mesh has a name: this {path.suffix} file contains none{instead}", _KEEPING
    )


def _integers(blocks: Iterable[npt.ArrayLike]) -> list[int]:
    """Return the distinct integers in element data; an empty list for data of other types."""
    values = [np.asarray(block) for block in blocks]
    if not all(block.ndim == 1 and block.dtype.kind in "iu" for block in values):
        return []
    return [int(n) for n in np.unique(np.concatenate(values))]


def _by_number(tags: Iterable[npt.ArrayLike], names: dict[int, list[str]]) -> dict[str, Rows]:
    """Return the rows of each name, given integer tags of elements and the names of each tag."""
    found: dict[str, Rows] = {}
    for name in dict.fromkeys(name for each in names.values() for name in each):
        numbers = [number for number, each in names.items() if name in each]
        found[name] = [np.flatnonzero(np.isin(block, numbers)) for block in tags]
    return found


def _su2_markers(path: Path) -> dict[int, list[str]]:
    """Return the names of the markers of an SU2 file, by the number that meshio gives them.

    Raises:
        MeshError: meshio gives two markers the same number.
    """
    found: dict[int, list[str]] = {}
    number = 0
    for name in re.findall(r"^\s*MARKER_TAG\s*=\s*(.+?)\s*$", path.read_text(), re.MULTILINE):
        number = int(name) if re.fullmatch(r"[+-]?\d+", name) else number + 1
        if number in found:
            raise MeshError(
                f"the markers {found[number][0]!r} and {name!r} cannot be distinguished",
                "give all markers names that are not numbers",
            )
        found[number] = [name]
    return found


def _without_automatic(sets: dict[str, Rows], path: Path) -> dict[str, Rows]:
    """Return the sets of an Abaqus file, without elements in automatic sets that have another name.

    Abaqus files define elements in sets (*ELEMENT, ELSET=Line1, as gmsh writes them) and may put
    them into further sets afterwards (*ELSET). An element in a further set gets its name from that
    set only.
    """
    pattern = r"^\*ELEMENT\b.*?\bELSET\s*=\s*([^,\r\n]+)"
    listed = re.findall(pattern, path.read_text(), re.MULTILINE | re.IGNORECASE)
    automatic = {name.strip().strip('"').upper() for name in listed}
    chosen = {name: rows for name, rows in sets.items() if name.upper() not in automatic}
    for name in sets.keys() - chosen.keys():
        chosen[name] = [
            np.setdiff1d(rows, [row for other in chosen.values() for row in other[block]])
            for block, rows in enumerate(sets[name])
        ]
    return chosen


def _joined_names(mesh: Mesh) -> Iterator[tuple[str, Rows]]:
    """Yield the sets that meshio stored as integers under joined names, such as "cold-hot"."""
    for key, blocks in mesh.cell_data.items():
        numbers = _integers(blocks)
        for joint in _JOINTS:
            names = key.split(joint)
            if numbers and len(names) > 1 and max(numbers) < len(names):
                values = _restored(mesh, [np.asarray(block) for block in blocks], names)
                for number, name in enumerate(names):
                    if not name.startswith(_NOTES):
                        yield name, [np.flatnonzero(block == number) for block in values]
                return


def _restored(mesh: Mesh, values: Rows, names: list[str]) -> Rows:
    """Return the numbers of names, restored where meshio replaced them by its own data.

    A file converted from .msh also contains the numbers of the physical groups, and all elements of
    one group have the same name.
    """
    notes = [number for number, name in enumerate(names) if name.startswith(_NOTES)]
    if not notes or _PHYSICAL not in mesh.cell_data:
        return values
    restored = []
    for block, groups in zip(values, mesh.cell_data[_PHYSICAL], strict=True):
        lost, mended = np.isin(block, notes), block.copy()
        for group in np.unique(groups[lost]):
            there = np.unique(block[(groups == group) & ~lost])
            if len(there) == 1:
                mended[lost & (groups == group)] = there[0]
        restored.append(mended)
    return restored
