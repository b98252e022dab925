"""Cells read from mesh files, with the named sides of the file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from mpi4py import MPI

from femsoret.base.errors import MeshError, MissingDependency
from femsoret.cells import gmsh_model, meshio_file, numbers
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import RawMesh, on_root, to_cell
from femsoret.cells.elements import Elements, Points, raw_mesh
from femsoret.cells.outline import outline_of
from femsoret.cells.remeshed import remeshed, surface_of
from femsoret.physics.coordinates import AXISYMMETRIC, CARTESIAN, Coordinates


def from_file(
    comm: MPI.Comm,
    path: str | Path,
    *,
    scale: float = 1.0,
    dim: int | None = None,
    coordinates: Coordinates = CARTESIAN,
    solids: Sequence[str] = (),
) -> Cell:
    """Read a cell from a mesh file that rank 0 can access; collective.

    The sides are the named physical groups (gmsh) or cell sets (other formats) of facets. Every
    exterior facet must be in one of them. A group of interior facets is a side only if it lies
    between fluid and solid (see :mod:`femsoret.cells.walls`); otherwise it is a line or surface
    where fields can be read. Named groups of mesh cells become the regions.

    Args:
        comm: Communicator over which the mesh is distributed.
        path: A .msh file (version 2.2 or 4.1), which is read by gmsh if that can be loaded, or any
            file that meshio can read.
        scale: Metres per unit of the file; 1e-3 for a mesh in millimetres.
        dim: Dimension of the mesh cells to use, 2 or 3; the highest dimension in the file if None.
            A 2D mesh must lie in a plane of constant z; z is then ignored.
        coordinates: With :data:`AXISYMMETRIC`, x is the distance r from the axis and y the height z
            of a cell of revolution. Facets on r = 0 are its axis, whether they are named or not.
        solids: Names of the solid regions; all other regions are fluid.

    Raises:
        MeshError: The file is missing or unreadable, mixes cell types, leaves exterior facets
            unnamed, or contains flat or folded mesh cells; or an axisymmetric mesh is 3D or crosses
            the axis. The same error is raised on all ranks.
    """
    path = Path(path)
    if dim not in (None, 2, 3):
        raise MeshError(
            f"the dimension of a cell is {dim!r}", "give 2 or 3, or None for the highest one"
        )
    scale = numbers.positive("the scale from the units of the mesh file to metres", scale)

    def work() -> RawMesh:
        try:
            return raw_mesh(*_read(path), dim=dim, scale=scale)
        except MeshError as error:
            raise MeshError(f"{path}: {error.message}", error.hint) from None

    raw = on_root(comm, str(path), work)
    cell = to_cell(comm, raw, title=path.name, coordinates=coordinates, solids=solids)
    lines = comm.bcast(None if raw is None else dict(raw.lines), root=0)
    # A line between fluid and solid is a side.
    inside = {name: line for name, line in lines.items() if name not in cell.sides}
    cell = replace(cell, lines=inside)
    if solids or coordinates == AXISYMMETRIC:  # a remeshed cell has one region and no axis
        return cell
    if cell.dim == 2:

        def coarser(ratio: float) -> Cell:
            outline = on_root(comm, str(path), lambda: outline_of(cast("RawMesh", raw)))
            return remeshed(comm, outline, path.name, ratio)

        return replace(cell, coarsen=coarser)
    surface = on_root(comm, str(path), lambda: surface_of(cast("RawMesh", raw)))
    return replace(cell, coarsen=lambda ratio: remeshed(comm, surface, path.name, ratio))


def _read(path: Path) -> tuple[Points, list[Elements]]:
    """Return the nodes and elements of a mesh file."""
    if not path.is_file():
        raise MeshError("there is no such file", f"looked for {path.absolute()}")
    if path.suffix == ".geo":
        raise MeshError(
            "this is a geometry without a mesh",
            f"generate the mesh first: gmsh -2 {path.name} (or -3 for a 3D cell)",
        )
    if path.suffix == ".msh":
        # Without gmsh, meshio reads the format too; gmsh knows all of its dialects.
        with suppress(MissingDependency):
            return _read_with_gmsh(path)
    return meshio_file.file_elements(path)


def _read_with_gmsh(path: Path) -> tuple[Points, list[Elements]]:
    with gmsh_model.session() as gmsh:
        try:
            gmsh.merge(str(path))
        except Exception as error:  # gmsh raises nothing more precise
            raise MeshError(
                f"gmsh cannot read the file: {error}", "check that gmsh itself opens it"
            ) from None
        return gmsh_model.model_elements(gmsh)
