"""The Alfeld split: three triangles for one, four tetrahedra for one, and every name kept."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
import ufl
from dolfinx.fem import assemble_scalar, form
from dolfinx.mesh import locate_entities, meshtags
from scipy.spatial import KDTree

from femsoret.base.errors import MeshError
from femsoret.base.versions import entity_nodes
from femsoret.cells import alfeld_split, box, cylinder, from_file, rectangle
from femsoret.cells.geometry import owned_cells


def split_pair(comm, dim, pytestconfig):
    if dim == 2:
        cell = from_file(comm, pytestconfig.rootpath / "meshes" / "two_chambers.msh", scale=1e-3)
    else:
        cell = box(comm, (1.0, 2.0, 0.5), (2, 3, 2), shape="tetrahedron")
    return cell, alfeld_split(cell)


@pytest.mark.parametrize("dim", [2, 3])
def test_geometry_sides_and_number_of_cells(comm, dim, pytestconfig):
    cell, split = split_pair(comm, dim, pytestconfig)
    assert split.num_cells == (dim + 1) * cell.num_cells
    assert split.volume == pytest.approx(cell.volume, rel=1e-13)
    assert dict(split.sides) == dict(cell.sides)
    for side in cell.sides:
        assert split.area(side) == pytest.approx(cell.area(side), rel=1e-13)
        assert split.centroid(side) == pytest.approx(cell.centroid(side), rel=1e-12, abs=1e-15)
    assert (split.alfeld, cell.alfeld) == (True, False)
    assert split.title == f"{cell.title}, Alfeld split"


def test_regions_keep_their_names_and_places(comm):
    cell = rectangle(comm, (4.0, 2.0), (4, 2), shape="triangle")
    left = locate_entities(cell.mesh, 2, lambda x: x[0] < 1.0 + 1e-9)
    tags = meshtags(cell.mesh, 2, left, np.full(len(left), 7, dtype=np.int32))
    split = alfeld_split(replace(cell, regions=tags, region_names={"left quarter": 7}))
    assert dict(split.region_names) == {"left quarter": 7}
    x = ufl.SpatialCoordinate(split.mesh)
    dx = ufl.Measure("dx", domain=split.mesh, subdomain_data=split.regions)(7)
    found = [assemble_scalar(form(f * dx)) for f in (1.0 + 0.0 * x[0], x[0])]
    assert comm.allreduce(np.array(found), op=MPI.SUM) == pytest.approx([2.0, 1.0], rel=1e-12)


@pytest.mark.parametrize("dim", [2, 3])
def test_every_part_has_the_barycentre_in_place_of_one_corner(comm, dim, pytestconfig):
    cell, split = split_pair(comm, dim, pytestconfig)
    corners = gathered_corners(cell)
    barycentres = corners.mean(axis=1, keepdims=True)
    expected = barycentres + (barycentres - corners) / (dim + 1)  # the parts' own barycentres
    found = gathered_corners(split).mean(axis=1)
    distances, which = KDTree(expected.reshape(-1, dim)).query(found)
    assert np.max(distances) < 1e-12 * cell.diameter()
    assert np.array_equal(np.sort(which), np.arange(len(found)))


def gathered_corners(cell):
    """Return the corners of all mesh cells, shape (cells, dim + 1, dim), on all ranks."""
    nodes = entity_nodes(cell.mesh, cell.dim, owned_cells(cell.mesh))
    return np.concatenate(cell.comm.allgather(cell.mesh.geometry.x[nodes][:, :, : cell.dim]))


def test_ghosts_across_shared_facets(comm, pytestconfig):
    _, split = split_pair(comm, 2, pytestconfig)
    ghosts = comm.allreduce(split.mesh.topology.index_map(2).num_ghosts, op=MPI.SUM)
    assert (ghosts > 0) == (comm.size > 1)


def test_it_can_be_made_again_and_turned(comm):
    split = alfeld_split(rectangle(comm, (2.0, 1.0), (4, 2), shape="triangle"))
    finer = split.remake(2.0)
    assert (finer.num_cells, finer.alfeld) == (4 * split.num_cells, True)
    turned = split.rotated(30.0)
    assert turned.alfeld
    assert turned.remake(1.0).alfeld


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda comm: rectangle(comm, (1.0, 1.0), (2, 2)), "quadrilateral"),
        (lambda comm: box(comm, (1.0,) * 3, (1, 1, 1)), "hexahedron"),
        (lambda comm: cylinder(comm, 1.0, 1.0, (4, 4), shape="tetrahedron"), "curved tetrahedron"),
    ],
    ids=["quadrilateral", "hexahedron", "curved"],
)
def test_only_straight_simplices_are_split(comm, make, what):
    with pytest.raises(MeshError, match=f"of the shape '{what}'"):
        alfeld_split(make(comm))
