"""Named groups of mesh files: which may overlap, and how each format keeps the names."""

from __future__ import annotations

import contextlib
import io
import sys

import meshio
import numpy as np
import pytest

from femsoret.base.errors import MeshError
from femsoret.cells import from_file


@pytest.fixture
def drawn(comm, shared_tmp, monkeypatch):
    """Draw a unit square or cube on rank 0 with further groups, and read it on all ranks."""

    def draw(dim, groups, version=4.1, library="gmsh", suffix="msh", size=0.5):
        path = shared_tmp / f"cell.{suffix}"
        if comm.rank == 0:
            _draw(path, dim, groups, version, size)
        comm.barrier()
        if library == "meshio":
            monkeypatch.setitem(sys.modules, "gmsh", None)
        return from_file(comm, path)

    return draw


def _draw(path, dim, groups, version, size):
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
    for end in ("Min", "Max"):
        gmsh.option.setNumber(f"Mesh.MeshSize{end}", size)
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


def check_names(cell, regions=("fluid",)):
    """Check that a cell has the names that are drawn, each on its whole side."""
    assert list(cell.sides) == ["hot", "rest"]
    assert cell.area("hot") == pytest.approx(1.0, rel=1e-12)
    assert cell.area("rest") == pytest.approx(2 * cell.dim - 1, rel=1e-12)
    assert list(cell.region_names) == list(regions)


@pytest.mark.parametrize("dim", [2, 3])
def test_names_of_su2_and_of_inp_as_gmsh_writes_them(drawn, dim):
    check_names(drawn(dim, [], suffix="su2"), regions=())  # its regions have no names
    # Elements are listed under names of gmsh's own, and named in sets afterwards.
    check_names(drawn(dim, [], suffix="inp"))


def test_names_on_the_lines_that_list_elements_of_an_inp(read_text):
    listed = "*NODE\n1, 0, 0\n2, 1, 0\n3, 1, 1\n4, 0, 1\n*ELEMENT, type=T3D2, ELSET=hot\n1, 1, 2\n"
    listed += "*Element, Type=T3D2, Elset=rest\n2, 2, 3\n3, 3, 4\n4, 4, 1\n"
    listed += "*ELEMENT, type=CPS3, ELSET=fluid\n5, 1, 2, 3\n6, 1, 3, 4\n"
    check_names(read_text(listed, "cell.inp"))


@pytest.fixture
def read_text(comm, write):
    """Write a text on rank 0 and read it as a cell on all ranks."""
    return lambda text, name: from_file(comm, write(text, name))


@pytest.fixture
def converted(drawn, comm, shared_tmp):
    """Draw a square, change what meshio reads of it, write that, and read it."""

    def convert(suffix, change=lambda mesh: mesh):
        drawn(2, [], size=0.2)
        if comm.rank == 0:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                change(meshio.read(shared_tmp / "cell.msh")).write(shared_tmp / f"new.{suffix}")
        comm.barrier()
        return from_file(comm, shared_tmp / f"new.{suffix}")

    return convert


@pytest.mark.parametrize("suffix", ["vtu", "vtk"])
def test_a_msh_that_meshio_converted_as_it_is(converted, suffix):
    # meshio joins the names, and writes notes of its own over some of the numbers.
    check_names(converted(suffix))


def merged(mesh, data, name):
    """Return a mesh with one block a type, and one number a physical group."""
    kinds = dict.fromkeys(block.type for block in mesh.cells)
    blocks = [(k, np.concatenate([b.data for b in mesh.cells if b.type == k])) for k in kinds]
    tags = [
        data
        * np.concatenate(
            [
                tag
                for block, tag in zip(mesh.cells, mesh.cell_data["gmsh:physical"], strict=True)
                if block.type == k
            ]
        )
        for k in kinds
    ]
    return meshio.Mesh(mesh.points, blocks, cell_data={name: tags})


def with_families(mesh):
    """Return a mesh with the families of MED, one of which is in two groups."""
    numbers = {tag: name for name, (tag, _) in mesh.field_data.items()}
    made = merged(mesh, -1, "cell_tags")
    made.cell_tags = {-tag: [name] for tag, name in numbers.items()}
    return made


def test_families_of_med(converted):
    check_names(converted("med", with_families))


@pytest.mark.parametrize("suffix", ["vtu", "vtk", "xdmf", "med"])
def test_a_format_that_lost_the_names_says_so(converted, suffix):
    said = (
        rf"no side .* has a name: this \.{suffix} file contains none, only the numbers 'tags' "
        r"\(1, 2, 3\)\n.*use a format that stores names: \.msh"
    )
    with pytest.raises(MeshError, match=said):
        converted(suffix, lambda mesh: merged(mesh, 1, "tags"))


def test_a_file_without_facets(converted):
    def alone(mesh):
        triangles = [block.data for block in mesh.cells if block.type == "triangle"]
        sets = {"fluid": [np.arange(len(triangles[0]))], "nothing": [np.array([], dtype=int)]}
        made = meshio.Mesh(mesh.points, [("triangle", triangles[0])], cell_sets=sets)
        made.cell_sets_to_data()
        return made

    with pytest.raises(MeshError, match="no side of the mesh has a name: the file lists no facets"):
        converted("vtu", alone)
