"""Named groups of a mesh file that overlap: only those of facets and of mesh cells matter."""

from __future__ import annotations

import sys

import pytest

from femsoret.cells import from_file
from femsoret.errors import MeshError


@pytest.fixture
def drawn(comm, shared_tmp, monkeypatch):
    """Draw a unit square or cube on rank 0 with further groups, and read it on all ranks."""

    def draw(dim, groups, version=4.1, library="gmsh"):
        path = shared_tmp / "cell.msh"
        if comm.rank == 0:
            _draw(path, dim, groups, version)
        comm.barrier()
        if library == "meshio":
            monkeypatch.setitem(sys.modules, "gmsh", None)
        return from_file(comm, path)

    return draw


def _draw(path, dim, groups, version):
    import gmsh

    gmsh.initialize(readConfigFiles=False, interruptible=False)
    gmsh.option.setNumber("General.Terminal", 0)
    if dim == 2:
        gmsh.model.occ.addRectangle(0, 0, 0, 1, 1)
    else:
        gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
    gmsh.model.occ.synchronize()
    walls = [tag for _, tag in gmsh.model.getEntities(dim - 1)]
    named = [
        (dim - 1, "hot", walls[:1]),
        (dim - 1, "rest", walls[1:]),
        (dim, "fluid", [1]),
        *groups,
    ]
    for of, name, tags in named:
        gmsh.model.setPhysicalName(of, gmsh.model.addPhysicalGroup(of, tags), name)
    gmsh.option.setNumber("Mesh.MeshSizeMin", 0.5)
    gmsh.model.mesh.generate(dim)
    gmsh.option.setNumber("Mesh.MshFileVersion", version)
    gmsh.write(str(path))
    gmsh.finalize()


POINTS = [(0, "corners", [1, 2, 3, 4]), (0, "left corners", [1, 4])]
EDGES = [(1, "edges", [1, 2, 3, 4]), (1, "sharp edges", [2, 3])]


@pytest.mark.parametrize("library", ["gmsh", "meshio"])
@pytest.mark.parametrize("version", [2.2, 4.1])
@pytest.mark.parametrize(("dim", "groups"), [(2, POINTS), (3, [*POINTS, *EDGES])])
def test_groups_below_facets_may_overlap(drawn, dim, groups, version, library):
    cell = drawn(dim, groups, version, library)
    assert list(cell.sides) == ["hot", "rest"]
    assert cell.area("hot") == pytest.approx(1.0, rel=1e-12)
    assert cell.region_names == {"fluid": 1}


def test_all_names_of_a_facet_are_told(drawn):
    with pytest.raises(
        MeshError, match=r"groups 'all walls', 'hot' and 'warm' share mesh elements\n.*one named"
    ):
        drawn(2, [(1, "warm", [1]), (1, "all walls", [1, 2, 3, 4])])


@pytest.mark.parametrize("library", ["gmsh", "meshio"])
@pytest.mark.parametrize("version", [2.2, 4.1])
def test_mesh_cells_in_two_groups(drawn, version, library):
    with pytest.raises(MeshError, match="groups 'domain' and 'fluid' share mesh elements"):
        drawn(2, [(2, "domain", [1])], version, library)
