"""A mesh of the same topology whose nodes lie elsewhere."""

from __future__ import annotations

import numpy as np
import ufl
from dolfinx import cpp
from dolfinx.mesh import Mesh

from femsoret.base.types import Array
from femsoret.base.versions import coordinate_element, geometry_dofmap


def with_coordinates(mesh: Mesh, x: Array) -> Mesh:
    """Return the mesh with other coordinates; the given mesh is untouched.

    Args:
        mesh: The mesh to move; the new one shares its topology, hence its tags.
        x: New coordinates of the local nodes in their order, shape (nodes, geometric dimension), m.
    """
    old = mesh.geometry
    # The Python helper `create_geometry` forgets to unwrap the element before 0.11; the C++
    # constructors below are the same in all versions.
    geometry = cpp.mesh.Geometry_float64(
        old.index_map(),
        geometry_dofmap(mesh),
        coordinate_element(mesh)._cpp_object,
        np.ascontiguousarray(x, dtype=np.float64),
        old.input_global_indices,
    )
    moved = cpp.mesh.Mesh_float64(mesh.comm, mesh.topology._cpp_object, geometry)
    return Mesh(moved, ufl.Mesh(mesh.ufl_domain().ufl_coordinate_element()))
