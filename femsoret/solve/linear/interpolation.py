"""Matrices for the interpolation between function spaces on different meshes of a cell.

The meshes need not be nested; those of a curved cell are not. If a node lies outside the other mesh
because a chord cuts off an arc, the polynomial of the nearest mesh cell is extrapolated. Multigrid
applies these matrices and their transposes. DOLFINx can interpolate between different meshes, but
it creates interpolation matrices only for spaces on the same mesh.
"""

from __future__ import annotations

from typing import Any

from petsc4py import PETSc

import numpy as np
from dolfinx import fem
from dolfinx.mesh import Mesh

from femsoret.base import versions
from femsoret.base.types import Array, GlobalIndices, Indices
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import logged

PADDING = 0.3
"""Distance up to which points outside a mesh are assigned to its cells in the first search, in mean
cell sizes."""

TRANSFER = "femsoret: interpolation"
"""Name of the event in PETSc's log for the creation of interpolation matrices."""

_NEWTON_STEPS = 20
_ROUNDOFF = 1e-13


def interpolate_state(source: Problem, target: Problem) -> None:
    """Interpolate the state of a problem to the same problem on another mesh; collective.

    Blocks that exist only in the target are set to zero.

    Args:
        source: The problem whose state is interpolated.
        target: The problem whose state is overwritten.
    """
    for name in target.layout.names:
        if name not in source.layout:
            target.function(name).x.array[:] = 0.0
            continue
        interpolate(source.function(name), target.function(name))
    target.impose()


def interpolate(
    source: fem.Function, target: fem.Function, matrix: PETSc.Mat | None = None
) -> None:
    """Interpolate a function to a space on another mesh; collective.

    Args:
        source: Function to interpolate.
        target: Function that is overwritten.
        matrix: Result of :func:`interpolation_matrix`, for repeated use; None creates it.
    """
    made = matrix or interpolation_matrix(source.function_space, target.function_space)
    x, y = made.createVecs()
    x.array[:] = source.x.array[: x.getLocalSize()]
    made.mult(x, y)
    target.x.array[: y.getLocalSize()] = y.array
    target.x.scatter_forward()
    x.destroy()
    y.destroy()
    if matrix is None:
        made.destroy()


def copy_settings(source: Problem, target: Problem) -> None:
    """Copy parameters and interpolate wall values to the problem on another mesh; collective.

    Args:
        source: The problem to copy from.
        target: The same problem on another mesh of the cell; modified.
    """
    for name, constant in source.parameters.items():
        target.parameters[name].value = constant.value
    for (block, side), values in source.wall_values.items():
        interpolate(values, target.wall_values[block, side])


@logged(TRANSFER)
def interpolation_matrix(source: fem.FunctionSpace, target: fem.FunctionSpace) -> PETSc.Mat:
    """Return the matrix that maps the dofs of one Lagrange space to those of another; collective.

    Rows and columns are numbered like the vectors of the two spaces.

    Args:
        source: Lagrange space to interpolate from.
        target: Lagrange space to interpolate to, of the same value shape, on any mesh of the cell.

    Returns:
        New matrix of shape (dofs of the target, dofs of the source).
    """
    comm = target.mesh.comm
    rows = target.dofmap.index_map
    points = target.tabulate_dof_coordinates()[: rows.size_local]
    owners = _owners(source.mesh, points)
    columns, values = _basis_at(
        source, np.asarray(owners.dest_points).reshape(-1, 3), np.asarray(owners.dest_cells)
    )
    # Each rank answers for the points inside its cells, in the order in which it was asked.
    asked_by, asked_of = np.asarray(owners.dest_owners), np.asarray(owners.src_owner)
    answers = comm.alltoall(
        [(columns[asked_by == rank], values[asked_by == rank]) for rank in range(comm.size)]
    )
    order = np.argsort(asked_of, kind="stable")
    column, value = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    back = np.argsort(order, kind="stable")
    return _matrix(column[back], value[back], target, source)


def _owners(mesh: Mesh, points: Array) -> Any:
    """Return DOLFINx's point ownership data: the rank and cell that contain each point.

    Points outside the mesh are assigned to the nearest cell.
    """
    padding = PADDING * _mean_size(mesh)
    while True:
        owners = versions.point_ownership(mesh, points, padding)
        lost = int((np.asarray(owners.src_owner) < 0).sum())
        if mesh.comm.allreduce(lost) == 0:
            return owners
        padding *= 2.0  # the search takes longer, so it begins with less


def _matrix(
    column: GlobalIndices, value: Array, target: fem.FunctionSpace, source: fem.FunctionSpace
) -> PETSc.Mat:
    """Return the matrix from the columns and values of each node, the same for all components."""
    size = target.dofmap.index_map_bs
    value = np.repeat(value, size, axis=0)
    column = np.repeat(column * size, size, axis=0)
    column += np.tile(np.arange(size), len(column) // size)[:, None]
    keep = np.abs(value) > _ROUNDOFF
    starts = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
    return PETSc.Mat().createAIJ(
        tuple((V.dofmap.index_map.size_local * size, None) for V in (target, source)),
        csr=(starts.astype(PETSc.IntType), column[keep].astype(PETSc.IntType), value[keep]),
        comm=target.mesh.comm,
    )


def _basis_at(V: fem.FunctionSpace, points: Array, cells: Indices) -> tuple[GlobalIndices, Array]:
    """Return global node numbers and basis function values at points, shape (points, nodes)."""
    # The scalar element behind a vector-valued one; it needs no dof transformations, since the
    # numbering of Lagrange dofs already follows the orientation of edges and faces.
    element = V.element.basix_element
    X = _pull_back(V.mesh, points, cells)
    values = element.tabulate(0, X)[0, :, :, 0] if len(X) else np.empty((0, element.dim))
    nodes = V.dofmap.list[cells]
    columns = V.dofmap.index_map.local_to_global(nodes.ravel()).reshape(nodes.shape)
    return columns.astype(np.int64), values


def _pull_back(mesh: Mesh, points: Array, cells: Indices) -> Array:
    """Return the reference coordinates of points in cells, shape (points, dim).

    The geometry map is inverted by Newton's method.
    """
    geometry = mesh.ufl_domain().ufl_coordinate_element().basix_element
    dim = mesh.topology.dim
    x = points[:, :dim]
    nodes = mesh.geometry.x[versions.geometry_dofmap(mesh)[cells], :dim]
    X = np.full(x.shape, 1.0 / (dim + 1))
    for _ in range(_NEWTON_STEPS if len(X) else 0):
        table = geometry.tabulate(1, X)[..., 0]
        gap = x - np.einsum("pn,pni->pi", table[0], nodes)
        jacobian = np.einsum("jpn,pni->pij", table[1:], nodes)
        step = np.linalg.solve(jacobian, gap[..., None])[..., 0]
        X += step
        if np.abs(step).max() < _ROUNDOFF:
            break
    return X


def _mean_size(mesh: Mesh) -> float:
    """Return the mean cell size: the dim-th root of bounding box volume over number of cells."""
    dim, comm = mesh.topology.dim, mesh.comm
    # A rank may own no part of a very small mesh.
    x = mesh.geometry.x[:, :dim]
    low = np.min(comm.allgather(x.min(axis=0, initial=np.inf)), axis=0)
    high = np.max(comm.allgather(x.max(axis=0, initial=-np.inf)), axis=0)
    cells = mesh.topology.index_map(dim).size_global
    return float((np.prod(high - low) / cells) ** (1.0 / dim))
