"""Solid walls around a fluid, with their inner and outer sides.

The sides of a cell with solids are of three kinds: exterior sides of the fluid, *interfaces*
between the fluid and a solid, and *outsides*, where a solid ends. Those of the first two kinds are
the walls of the fluid, and have the same names as without solids. An outside that would have the
same name as one of them gets the suffix "outside": "left outside" lies behind "left", and "inner
outside" behind the inner wall of an annulus.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from mpi4py import MPI

import numpy as np
import numpy.typing as npt
from dolfinx import la
from dolfinx import mesh as dmesh

from femsoret.base.errors import MeshError, nearest
from femsoret.base.types import Flags, Indices

OUTSIDE = " outside"
"""Suffix that makes the name of an outside from the name of the fluid's wall in front of it."""

_NONE = 0  # tags of sides are >= 1; facets on an axis of symmetry have this one


@dataclass(frozen=True)
class Walls:
    """The solid regions of a cell and their sides.

    Args:
        solids: Names of the solid regions.
        interfaces: Names of the sides between the fluid and a solid.
        outside: Names of the sides where a solid ends.
    """

    solids: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def among(self, sides: Container[str]) -> Walls:
        """Return the walls with only those interfaces and outsides that are among given sides."""
        interfaces, outside = (
            tuple(name for name in names if name in sides)
            for names in (self.interfaces, self.outside)
        )
        return Walls(self.solids, interfaces, outside)


def fluid_flags(mesh: dmesh.Mesh, regions: dmesh.MeshTags | None, solids: Sequence[int]) -> Flags:
    """Return whether each local mesh cell, ghosts included, is fluid; collective.

    Args:
        mesh: The mesh.
        regions: Mesh cells tagged by region, at least the owned ones; None if all are fluid.
        solids: Tags of the solid regions.

    Returns:
        Array of shape (local cells,).
    """
    index_map = mesh.topology.index_map(mesh.topology.dim)
    if regions is None or not solids:
        return np.ones(index_map.size_local + index_map.num_ghosts, dtype=bool)
    solid = la.vector(index_map)
    for tag in solids:
        solid.array[regions.find(tag)] = 1.0
    # Tags from a mesh file reach the owner of a mesh cell only, and the other ranks from there.
    solid.scatter_forward()
    return np.asarray(solid.array < 0.5)


def named_walls(
    mesh: dmesh.Mesh,
    labels: dmesh.MeshTags,
    names: Mapping[str, int],
    regions: dmesh.MeshTags | None,
    region_names: Mapping[str, int],
    solids: Sequence[str],
) -> tuple[dmesh.MeshTags, dict[str, int], Walls]:
    """Return the sides of a cell with solids; collective.

    An interface without a name gets the name of the solid behind it.

    Args:
        mesh: The mesh; on each rank, its ghosts include the neighbours of the owned mesh cells.
        labels: Facets tagged by name, exterior or interior. All exterior facets have a name, except
            those on an axis of symmetry.
        names: Name -> tag of these facets.
        regions: Mesh cells tagged by region.
        region_names: Name -> tag of each region.
        solids: Names of the solid regions.

    Returns:
        Facets tagged by side (interfaces on the rank that owns the fluid mesh cell), name -> tag of
        each side, and the solid regions with their sides.

    Raises:
        MeshError: A solid is not a region of the mesh, there is no fluid, or only part of a side
            has a solid behind it.
    """
    for name in solids:
        if name not in region_names:
            raise MeshError(
                f"the mesh has no region {name!r} that could be solid",
                nearest(name, region_names) if region_names else "the mesh has no named regions",
            )
    fluid = fluid_flags(mesh, regions, [region_names[name] for name in solids])
    if not mesh.comm.allreduce(int(fluid.sum())):
        raise MeshError("all regions are solid", "leave at least one region for the fluid")
    facets, inner, touching = _borders(mesh, fluid)
    kind = np.where(inner >= 0, np.where(touching, "interface", "open"), "outside")
    base = _bases(mesh, facets, labels, names)
    behind = _region_behind(mesh, facets, fluid, regions, region_names)
    base = np.where((kind == "interface") & (base == ""), behind, base)
    kind = np.where(base == "", "axis", kind)  # of symmetry: the only facets left without a name

    found = {which: _union(mesh.comm, base[kind == which]) for which in ("open", "interface")}
    both = sorted(found["open"] & found["interface"])
    if both:
        raise MeshError(
            f"the side {both[0]!r} has a solid behind one part of it and none behind another",
            "give the two parts different names",
        )
    of_fluid = found["open"] | found["interface"]
    shared = np.isin(base, sorted(of_fluid))
    full = np.where((kind == "outside") & shared, np.char.add(base.astype(str), OUTSIDE), base)
    outside = _union(mesh.comm, full[kind == "outside"])
    order = [*names, *region_names]
    order += [name + OUTSIDE for name in order]
    ordered = [*sorted(of_fluid, key=order.index), *sorted(outside, key=order.index)]
    sides = {name: tag for tag, name in enumerate(ordered, start=1)}
    values = np.array([sides.get(name, _NONE) for name in full], dtype=np.int32)
    walls = Walls(
        tuple(solids),
        tuple(name for name in sides if name in found["interface"]),
        tuple(name for name in sides if name in outside),
    )
    return dmesh.meshtags(mesh, mesh.topology.dim - 1, facets, values), sides, walls


def _borders(mesh: dmesh.Mesh, fluid: Flags) -> tuple[Indices, Indices, Flags]:
    """Return this rank's facets at the boundary of the fluid or of the cell.

    Returns:
        Facets in ascending order; for each facet, its fluid mesh cell, or -1 if it has none, and
        whether it lies between fluid and solid.
    """
    dim = mesh.topology.dim
    mesh.topology.create_connectivity(dim - 1, dim)
    to_cells = mesh.topology.connectivity(dim - 1, dim)
    exterior = np.zeros(len(to_cells.offsets) - 1, dtype=bool)
    exterior[dmesh.exterior_facet_indices(mesh.topology)] = True
    number = np.diff(to_cells.offsets)
    first = to_cells.array[to_cells.offsets[:-1]]
    second = to_cells.array[to_cells.offsets[1:] - 1]
    touching = (number == 2) & (fluid[first] != fluid[second])
    inner = np.where(fluid[first], first, np.where(fluid[second], second, -1))
    owned = mesh.topology.index_map(dim).size_local
    mine = (touching & (inner < owned)) | (exterior & (number == 1))
    facets = np.flatnonzero(mine).astype(np.int32)
    return facets, inner[facets].astype(np.int32), touching[facets]


def _bases(
    mesh: dmesh.Mesh, facets: Indices, labels: dmesh.MeshTags, names: Mapping[str, int]
) -> npt.NDArray[np.object_]:
    """Return the given name of each facet; an empty string for facets without a name."""
    size = mesh.topology.index_map(mesh.topology.dim - 1)
    tags = la.vector(size)
    tags.array[:] = _NONE
    tags.array[labels.indices] = labels.values
    # The rank that owns a mesh cell of fluid need not be the one that has the name.
    local = tags.array.copy()
    tags.scatter_forward()
    of = np.maximum(local, tags.array).astype(np.int32)[facets]
    name_of = {tag: name for name, tag in names.items()} | {_NONE: ""}
    return np.array([name_of[tag] for tag in of.tolist()], dtype=object)


def _region_behind(
    mesh: dmesh.Mesh,
    facets: Indices,
    fluid: Flags,
    regions: dmesh.MeshTags | None,
    region_names: Mapping[str, int],
) -> npt.NDArray[np.object_]:
    """Return the name of the solid region at each facet; an empty string if there is none."""
    dim = mesh.topology.dim
    of_cell = la.vector(mesh.topology.index_map(dim))
    if regions is not None:
        of_cell.array[regions.indices] = regions.values
    of_cell.scatter_forward()
    to_cells = mesh.topology.connectivity(dim - 1, dim)
    cells = np.stack(
        [to_cells.array[to_cells.offsets[facets]], to_cells.array[to_cells.offsets[facets + 1] - 1]]
    )
    tag = np.where(fluid[cells], _NONE, of_cell.array[cells].astype(np.int32)).max(axis=0)
    name_of = {tag: name for name, tag in region_names.items()} | {_NONE: ""}
    return np.array([name_of[t] for t in tag.tolist()], dtype=object)


def _union(comm: MPI.Comm, names: npt.NDArray[np.object_]) -> set[str]:
    """Return the set of all names that occur on any rank; collective."""
    return set().union(*comm.allgather({str(name) for name in names}))
