"""What differs between DOLFINx 0.9, 0.10 and 0.11, found by feature and never by version number.

Functions of DOLFINx's C++ interface, which has no promise of stability, are called only here.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from petsc4py import PETSc

import numpy as np
from dolfinx import cpp, fem, la
from dolfinx.fem import petsc
from dolfinx.mesh import (
    GhostMode,
    Mesh,
    create_cell_partitioner,
    create_submesh,
    entities_to_geometry,
)

from femsoret.base.errors import MissingDependency
from femsoret.base.types import Array, Indices

BlockForms = list[list["fem.Form | None"]]
"""Compiled bilinear forms, block by block; None where a block is zero."""


def coordinate_element(mesh: Mesh) -> fem.CoordinateElement:
    """Return the element of the geometry map (`cmaps[0]` since 0.11, `cmap` before)."""
    geometry = mesh.geometry
    return geometry.cmaps[0] if hasattr(geometry, "cmaps") else geometry.cmap


def geometry_dofmap(mesh: Mesh) -> Indices:
    """Return the geometry nodes of each local cell, shape (cells, nodes).

    The attribute is `dofmaps[0]` since 0.11 and was `dofmap` before.
    """
    geometry = mesh.geometry
    return np.asarray(geometry.dofmaps[0] if hasattr(geometry, "dofmaps") else geometry.dofmap)


def entity_nodes(mesh: Mesh, dim: int, entities: Indices) -> Indices:
    """Return the geometry nodes of entities, vertices first, shape (entities, nodes).

    Args:
        mesh: The mesh.
        dim: Dimension of the entities.
        entities: Their local indices, shape (entities,).
    """
    if len(entities) == 0:
        # In 0.9 the division by the number of entities ends the process.
        return np.empty((0, 0), dtype=np.int32)
    return np.asarray(entities_to_geometry(mesh, dim, entities))


def submesh(mesh: Mesh, cells: Indices) -> tuple[Mesh, Indices]:
    """Return mesh cells as a mesh of their own, and the original of each of its cells.

    Args:
        mesh: The mesh.
        cells: Owned mesh cells, in ascending order; may be none on some ranks.
    """
    made, originals = create_submesh(mesh, mesh.topology.dim, np.asarray(cells, dtype=np.int32))[:2]
    if not hasattr(originals, "sub_topology_to_topology"):  # an array before 0.10
        return made, np.asarray(originals, dtype=np.int32)
    index_map = made.topology.index_map(made.topology.dim)
    local = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    return made, np.asarray(originals.sub_topology_to_topology(local, False), dtype=np.int32)


def ghosting_partitioner() -> Any:
    """Return a partitioner that gives each rank its neighbours' cells across shared facets."""
    try:
        return create_cell_partitioner(GhostMode.shared_facet, 2)  # 0.10 and, required, 0.11
    except TypeError:
        return create_cell_partitioner(GhostMode.shared_facet)


def create_block_matrix(a: BlockForms, *, nested: bool = False) -> PETSc.Mat:
    """Return the PETSc matrix of a rectangular list of bilinear forms.

    Args:
        a: The forms.
        nested: Whether each block is a matrix of its own, and the whole a MATNEST of them.
    """
    if hasattr(petsc, "create_matrix_block"):  # before 0.10
        return petsc.create_matrix_nest(a) if nested else petsc.create_matrix_block(a)
    return petsc.create_matrix(a, kind=PETSc.Mat.Type.NEST if nested else None)


def assemble_block_matrix(A: PETSc.Mat, a: BlockForms, bcs: Sequence[fem.DirichletBC]) -> None:
    """Assemble bilinear forms into their blocks of A, unit rows and columns for Dirichlet dofs."""
    if not hasattr(petsc, "assemble_matrix_block"):
        petsc.assemble_matrix(A, a, bcs=bcs)
    elif A.getType() == PETSc.Mat.Type.NEST:
        petsc.assemble_matrix_nest(A, a, bcs=bcs)
    else:
        petsc.assemble_matrix_block(A, a, bcs=bcs)


def add_to_block(
    A: PETSc.Mat,
    i: int,
    j: int,
    form: fem.Form,
    bcs: Sequence[fem.DirichletBC],
    index_sets: Sequence[PETSc.IS],
) -> None:
    """Add a bilinear form to a block of A, nothing to rows and columns of Dirichlet dofs.

    :func:`assemble_block_matrix` also sets diagonals, and refuses rows of blocks without any form.
    The caller assembles A afterwards.

    Args:
        A: The matrix of all blocks.
        i: Row of blocks.
        j: Column of blocks.
        form: The form.
        bcs: Dirichlet conditions.
        index_sets: Local index sets of all blocks, from :func:`block_index_sets`.
    """
    compiled = form._cpp_object
    constants, coefficients = cpp.fem.pack_constants(compiled), cpp.fem.pack_coefficients(compiled)
    fixed = [bc._cpp_object for bc in bcs]
    if A.getType() == PETSc.Mat.Type.NEST:
        block = A.getNestSubMatrix(i, j)
        cpp.fem.petsc.assemble_matrix(block, compiled, constants, coefficients, fixed)
        return
    rows, columns = index_sets[i], index_sets[j]
    block = A.getLocalSubMatrix(rows, columns)
    cpp.fem.petsc.assemble_matrix(block, compiled, constants, coefficients, fixed, True)
    A.restoreLocalSubMatrix(rows, columns, block)


def block_index_sets(spaces: Sequence[fem.FunctionSpace]) -> Sequence[PETSc.IS]:
    """Return the local index sets of the blocks of a matrix, ghosts included."""
    maps = [(V.dofmap.index_map, V.dofmap.index_map_bs) for V in spaces]
    index_sets: Sequence[PETSc.IS] = cpp.la.petsc.create_index_sets(maps)
    return index_sets


def add_ghosts(b: la.Vector) -> None:
    """Add the contributions that other ranks assembled to their ghosts of a vector."""
    b.scatter_reverse(la.InsertMode.add)


def point_ownership(mesh: Mesh, points: Array, padding: float) -> Any:
    """Return which rank and cell of a mesh holds each point (`cells` is an argument since 0.10).

    Args:
        mesh: The mesh.
        points: The points, shape (n, 3), m.
        padding: Distance within which a point counts as in a cell, m.
    """
    determine = cpp.geometry.determine_point_ownership
    try:
        return determine(mesh._cpp_object, points, padding, None)
    except TypeError:
        return determine(mesh._cpp_object, points, padding)


def checkpoint_library() -> ModuleType:
    """Return io4dolfinx, or adios4dolfinx as it is called for 0.9.

    Raises:
        MissingDependency: Neither is installed.
    """
    for name in ("io4dolfinx", "adios4dolfinx"):
        if find_spec(name) is not None:
            return import_module(name)
    raise MissingDependency(
        "checkpoints of transient runs need adios4dolfinx (io4dolfinx from DOLFINx 0.10 on)",
        "install it: conda and Debian have it, see environment.yml",
    )


def lift_step_limit(snes: PETSc.SNES) -> None:
    """Remove PETSc's limit of Newton steps.

    PETSc shortens steps of a norm above 1e8, which a linear problem with Ra = 1e9 exceeds. (The
    line search has an interface since petsc4py 3.23, where its option has another name.)
    """
    if hasattr(snes, "getLineSearch"):
        snes.getLineSearch().setTolerances(maxstep=_NO_LIMIT)
        return
    options, key = PETSc.Options(), f"{snes.getOptionsPrefix()}snes_linesearch_maxstep"
    options[key] = _NO_LIMIT
    snes.setFromOptions()
    options.delValue(key)


_NO_LIMIT: Final = 1e30

_REASONS: Any = PETSc.SNES.ConvergedReason
NOT_A_NUMBER = getattr(_REASONS, "DIVERGED_FUNCTION_NANORINF", None) or _REASONS.DIVERGED_FNORM_NAN
"""Why SNES stops at a residual that is not finite, as PETSc names it since 3.25 and before."""
