"""Interface to the gmsh library: a session, and the elements of the current model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np
from dolfinx.io.utils import cell_perm_gmsh
from dolfinx.mesh import CellType

from femsoret.base.errors import MissingDependency
from femsoret.cells.elements import Elements, Points

# Element types of the MSH format: Basix cell and degree. Complete second order only.
_KINDS = {
    1: ("interval", 1),
    2: ("triangle", 1),
    3: ("quadrilateral", 1),
    4: ("tetrahedron", 1),
    5: ("hexahedron", 1),
    8: ("interval", 2),
    9: ("triangle", 2),
    10: ("quadrilateral", 2),
    11: ("tetrahedron", 2),
    12: ("hexahedron", 2),
}


@contextmanager
def session() -> Iterator[ModuleType]:
    """Open a silent gmsh session with a new, empty model, and close it at the end of the context.

    Only one rank may call it, because gmsh does not use MPI. A session that was already open stays
    open.

    Yields:
        The gmsh module.

    Raises:
        MissingDependency: gmsh, or a library that it needs, cannot be loaded.
    """
    try:
        import gmsh
    except (ImportError, OSError) as error:  # OSError: a shared library of its own is missing
        raise MissingDependency(
            f"gmsh cannot be loaded: {error}",
            "install it (pip install gmsh, apt install python3-gmsh, conda install python-gmsh)",
        ) from None
    was_open = bool(gmsh.isInitialized())
    if not was_open:
        # Neither the user's ~/.gmshrc nor signal handlers: the same mesh for everyone.
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    terminal = gmsh.option.getNumber("General.Terminal")
    gmsh.option.setNumber("General.Terminal", 0)
    previous = gmsh.model.getCurrent() if was_open else ""
    gmsh.model.add("femsoret")
    try:
        yield gmsh
    finally:
        if was_open:
            gmsh.model.remove()
            gmsh.model.setCurrent(previous)
            gmsh.option.setNumber("General.Terminal", terminal)
        else:
            gmsh.finalize()


def model_elements(gmsh: ModuleType) -> tuple[Points, list[Elements]]:
    """Return the nodes and elements of the current model, with the names of physical groups.

    Args:
        gmsh: The gmsh module, within a :func:`session`.

    Returns:
        Coordinates of the nodes in units of the model, shape (nodes, 3), and the elements.
    """
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    points = np.asarray(coordinates, dtype=np.float64).reshape(-1, 3)
    row = np.zeros(int(tags.max(initial=0)) + 1, dtype=np.int64)
    row[tags] = np.arange(len(tags))
    found = []
    for dim, entity in gmsh.model.getEntities():
        groups = _groups(gmsh, dim, entity)
        types, _, connectivity = gmsh.model.mesh.getElements(dim, entity)
        for kind, nodes in zip(types, connectivity, strict=True):
            label, _, _, width, _, _ = gmsh.model.mesh.getElementProperties(kind)
            rows = row[nodes].reshape(-1, width)
            cell, degree = _KINDS.get(int(kind), ("", 0))
            if cell:
                rows = rows[:, cell_perm_gmsh(CellType[cell], width)]
            found.append(Elements(cell, degree, dim, label, rows, groups))
    return points, found


def _groups(gmsh: ModuleType, dim: int, entity: int) -> tuple[str, ...]:
    """Return the names of the physical groups that contain an entity, in alphabetical order."""
    groups = gmsh.model.getPhysicalGroupsForEntity(dim, entity)
    names = {gmsh.model.getPhysicalName(dim, group) for group in groups}
    return tuple(sorted(names - {""}))
