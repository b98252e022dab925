"""Compatibility with DOLFINx 0.9, 0.10 and 0.11, by detecting features instead of versions.

All calls to DOLFINx's C++ interface, which may change without notice, are in this module.
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
"""Rectangular list of compiled bilinear forms, one per block; None where a block is zero."""


def coordinate_element(mesh: Mesh) -> fem.CoordinateElement:
    """Return the coordinate element of a mesh (`cmaps[0]` since DOLFINx 0.11, `cmap` before)."""
    geometry = mesh.geometry
    return geometry.cmaps[0] if hasattr(geometry, "cmaps") else geometry.cmap


def geometry_dofmap(mesh: Mesh) -> Indices:
    """Return the geometry nodes of each local mesh cell, shape (cells, nodes).

    The attribute is `dofmaps[0]` since DOLFINx 0.11 and was `dofmap` before.
    """
    geometry = mesh.geometry
    return np.asarray(geometry.dofmaps[0] if hasattr(geometry, "dofmaps") else geometry.dofmap)


def entity_nodes(mesh: Mesh, dim: int, entities: Indices) -> Indices:
    """Return the geometry nodes of mesh entities, vertices first, shape (entities, nodes).

    Args:
        mesh: The mesh.
        dim: Topological dimension of the entities.
        entities: Local indices of the entities, shape (entities,).
    """
    if len(entities) == 0:
        # DOLFINx 0.9 crashes, because it divides by the number of entities.
        return np.empty((0, 0), dtype=np.int32)
    return np.asarray(entities_to_geometry(mesh, dim, entities))


def submesh(mesh: Mesh, cells: Indices) -> tuple[Mesh, Indices]:
    """Return a submesh of mesh cells, and the cell of the parent mesh for each of its local cells.

    Args:
        mesh: The parent mesh.
        cells: Local indices of owned mesh cells in ascending order, shape (n,); may be empty on
            some ranks.
    """
    made, originals = create_submesh(mesh, mesh.topology.dim, np.asarray(cells, dtype=np.int32))[:2]
    if not hasattr(originals, "sub_topology_to_topology"):  # an array before 0.10
        return made, np.asarray(originals, dtype=np.int32)
    index_map = made.topology.index_map(made.topology.dim)
    local = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    return made, np.asarray(originals.sub_topology_to_topology(local, False), dtype=np.int32)


def ghosting_partitioner() -> Any:
    """Return a mesh partitioner with ghost cells: the neighbours across shared facets."""
    try:
        return create_cell_partitioner(GhostMode.shared_facet, 2)  # since 0.10; required in 0.11
    except TypeError:
        return create_cell_partitioner(GhostMode.shared_facet)


def create_block_matrix(a: BlockForms, *, nested: bool = False) -> PETSc.Mat:
    """Create the unassembled PETSc matrix of a rectangular list of bilinear forms.

    Args:
        a: The forms, one per block.
        nested: Whether to store each block as a separate matrix in a MATNEST.
    """
    if hasattr(petsc, "create_matrix_block"):  # before 0.10
        return petsc.create_matrix_nest(a) if nested else petsc.create_matrix_block(a)
    return petsc.create_matrix(a, kind=PETSc.Mat.Type.NEST if nested else None)


def assemble_block_matrix(A: PETSc.Mat, a: BlockForms, bcs: Sequence[fem.DirichletBC]) -> None:
    """Assemble bilinear forms into the blocks of a matrix.

    The rows and columns of Dirichlet dofs become those of the identity. The caller completes the
    assembly with ``A.assemble()``.

    Args:
        A: Matrix from :func:`create_block_matrix`.
        a: The forms, one per block.
        bcs: Dirichlet conditions.
    """
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
    """Add a bilinear form to one block of a matrix.

    Nothing is added to the rows and columns of Dirichlet dofs. Unlike
    :func:`assemble_block_matrix`, this does not set diagonals and does not require a form in every
    row of blocks. The caller completes the assembly with ``A.assemble()``.

    Args:
        A: Matrix of all blocks.
        i: Row index of the block.
        j: Column index of the block.
        form: Compiled bilinear form of the block.
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
    """Return the local index sets of the blocks of a matrix, including ghosts.

    Args:
        spaces: Function space of each block.
    """
    maps = [(V.dofmap.index_map, V.dofmap.index_map_bs) for V in spaces]
    index_sets: Sequence[PETSc.IS] = cpp.la.petsc.create_index_sets(maps)
    return index_sets


def add_ghosts(b: la.Vector) -> None:
    """Add contributions assembled on ghosts to the entries on their owners; collective."""
    b.scatter_reverse(la.InsertMode.add)


def point_ownership(mesh: Mesh, points: Array, padding: float) -> Any:
    """Return the rank and the mesh cell that contain each point; collective.

    Args:
        mesh: The mesh.
        points: Coordinates of the points, m, shape (n, 3).
        padding: Distance from a mesh cell within which a point counts as inside it, m.

    Returns:
        DOLFINx's ``PointOwnershipData``.
    """
    determine = cpp.geometry.determine_point_ownership
    try:
        return determine(mesh._cpp_object, points, padding, None)  # cells=None, since 0.10
    except TypeError:
        return determine(mesh._cpp_object, points, padding)


def checkpoint_library() -> ModuleType:
    """Return the module io4dolfinx, or its predecessor adios4dolfinx for DOLFINx 0.9.

    Raises:
        MissingDependency: Neither package is installed.
    """
    for name in ("io4dolfinx", "adios4dolfinx"):
        if find_spec(name) is not None:
            return import_module(name)
    raise MissingDependency(
        "checkpoints of transient runs require io4dolfinx (adios4dolfinx for DOLFINx 0.9)",
        "install the package with conda (see environment.yml) or from Debian",
    )


def lift_step_limit(snes: PETSc.SNES) -> None:
    """Remove PETSc's limit on the norm of Newton steps.

    PETSc shortens steps whose norm exceeds 1e8, which is too small for a linear problem with
    Ra = 1e9. (petsc4py exposes the line search since 3.23, where the option has another name.)

    Args:
        snes: PETSc's nonlinear solver.
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
"""SNES's converged reason for a non-finite residual, which PETSc 3.25 renamed."""
