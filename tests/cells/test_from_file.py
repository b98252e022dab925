"""Cells from mesh files: formats, names, units, and every way in which a file can be wrong."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import meshio
import numpy as np
import pytest
from mesh_files import NAMES, POINTS, SIDES, TRIANGLES, msh

from femsoret.base.errors import MeshError
from femsoret.cells import from_file

MESHES = Path(__file__).parents[2] / "meshes"


@pytest.fixture
def read(comm, write):
    """Write a text on rank 0 and read it as a cell on all ranks."""

    def write_and_read(text, name="cell.msh", **options):
        return from_file(comm, write(text, name), **options)

    return write_and_read


@pytest.fixture
def convert(comm, shared_tmp):
    """Write a meshio mesh on rank 0 in a format of meshio and read it as a cell on all ranks."""

    def write_and_read(mesh, name, **options):
        if comm.rank == 0:
            mesh.write(shared_tmp / name)
        comm.barrier()
        return from_file(comm, shared_tmp / name, **options)

    return write_and_read


def check_rectangle(cell):
    assert set(cell.sides) == {"bottom", "left", "right", "top"}
    assert cell.region_names == {"fluid": 1}
    assert cell.dim == cell.mesh.geometry.dim == 2
    assert cell.remake is None
    assert cell.volume == pytest.approx(50e-6, rel=1e-12)
    assert cell.area("top") == pytest.approx(10e-3, rel=1e-12)
    assert cell.centroid("right") == pytest.approx([10e-3, 2.5e-3], abs=1e-15)
    assert cell.normal("bottom") == pytest.approx([0.0, -1.0], abs=1e-13)
    owned = cell.mesh.topology.index_map(2).size_local
    tagged = cell.regions.indices[cell.regions.indices < owned]
    assert len(tagged) == owned


def test_soret_rectangle(comm):
    cell = from_file(comm, MESHES / "soret_rectangle.msh", scale=1e-3)
    check_rectangle(cell)
    assert cell.num_cells == 2576
    assert cell.title == "soret_rectangle.msh"
    # Graded to the walls: at least three times.
    assert cell.h_range[1] > 3.0 * cell.h_range[0]


def test_two_chambers(comm):
    cell = from_file(comm, str(MESHES / "two_chambers.msh"), scale=1e-3)
    assert set(cell.sides) == {"hot", "cold", "walls"}
    # Two chambers and a neck, and what the four rounded corners leave out of their squares.
    area = 2 * 6 * 4 + 2 * 1 + 4 * (1 - math.pi / 4) * 0.25**2
    assert cell.volume == pytest.approx(area * 1e-6, rel=1e-4)
    assert cell.centroid("hot") == pytest.approx([0.0, 2e-3], abs=1e-12)
    assert cell.centroid("cold") == pytest.approx([14e-3, 2e-3], abs=1e-12)
    assert not cell.is_flat("walls")


def test_soret_cylinder(comm):
    cell = from_file(comm, MESHES / "soret_cylinder.msh", scale=1e-3)
    assert set(cell.sides) == {"bottom", "top", "side"}
    # Of second order: straight cells of this size would be short by more than 1e-2.
    assert cell.volume == pytest.approx(math.pi * 25 * 5 * 1e-9, rel=1e-4)
    assert cell.area("side") == pytest.approx(2 * math.pi * 5 * 5 * 1e-6, rel=1e-4)
    assert cell.normal("top") == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


def test_the_readme_lists_what_is_there(comm):
    said = (MESHES / "README.md").read_text()
    made = (MESHES / "make.sh").read_text()
    for path in MESHES.glob("*.msh"):
        cell = from_file(comm, path, scale=1e-3)
        # A row is about one mesh, or about a drawing of which it names the meshes.
        line = next(
            line
            for line in said.splitlines()
            if line.startswith(f"| `{path.stem}`") or (line[:1] == "|" and f"`{path.name}`" in line)
        )
        assert str(cell.num_cells) in line
        assert all(name in line for name in cell.sides)
        command = rf"gmsh .*?-{cell.dim} (.* -o {path.name}|{path.stem}\.geo)"
        assert re.search(command, said)
        assert re.search(command, made)
        with path.open() as file:
            assert f"MSH {file.readlines()[1][:3]}" in line


@pytest.mark.parametrize("version", [2.2, 4.1])
@pytest.mark.parametrize("binary", [0, 1])
@pytest.mark.parametrize("library", ["gmsh", "meshio"])
def test_both_versions_of_msh(comm, shared_tmp, monkeypatch, version, binary, library):
    path = shared_tmp / "cell.msh"
    if comm.rank == 0:
        import gmsh

        gmsh.initialize(readConfigFiles=False, interruptible=False)
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.merge(str(MESHES / "soret_rectangle.msh"))
        gmsh.option.setNumber("Mesh.MshFileVersion", version)
        gmsh.option.setNumber("Mesh.Binary", binary)
        gmsh.write(str(path))
        gmsh.finalize()
    comm.barrier()
    if library == "meshio":
        monkeypatch.setitem(sys.modules, "gmsh", None)
    cell = from_file(comm, path, scale=1e-3)
    check_rectangle(cell)
    assert cell.num_cells == 2576


def with_sets(mesh):
    """Return a mesh whose names are cell sets, as formats other than gmsh's have them."""
    sets = {
        name: [
            np.flatnonzero(tags == tag) if block.dim == dim else np.empty(0, dtype=int)
            for block, tags in zip(mesh.cells, mesh.cell_data["gmsh:physical"], strict=True)
        ]
        for name, (tag, dim) in mesh.field_data.items()
    }
    return meshio.Mesh(mesh.points, mesh.cells, cell_sets=sets)


@pytest.mark.parametrize("suffix", ["vtu", "vtk", "xdmf", "inp"])
def test_formats_of_meshio(convert, suffix):
    mesh = with_sets(meshio.read(MESHES / "soret_rectangle.msh"))
    if suffix != "inp":
        # What has no sets keeps them as integers under the joined names.
        mesh.cell_sets_to_data()
    check_rectangle(convert(mesh, f"cell.{suffix}", scale=1e-3))


def test_names_with_hyphens_are_joined_otherwise(convert):
    mesh = with_sets(meshio.read(MESHES / "soret_rectangle.msh"))
    mesh.cell_sets["hot-top"] = mesh.cell_sets.pop("top")
    cell = convert(mesh, "cell.vtu", scale=1e-3)
    assert cell.area("hot-top") == pytest.approx(10e-3)


@pytest.mark.parametrize("shape", ["tetrahedron", "hexahedron"])
def test_second_order_through_vtu(comm, shared_tmp, convert, shape):
    path = shared_tmp / "quarter.msh"
    if comm.rank == 0:
        quarter_of_a_tube(path, shape)
    comm.barrier()
    volume = math.pi / 4 * (2.0**2 - 1.0**2) * 0.5
    direct = from_file(comm, path)
    assert direct.volume == pytest.approx(volume, rel=1e-4)
    converted = convert(with_sets(meshio.read(path)), "quarter.vtu")
    assert converted.num_cells == direct.num_cells
    assert converted.volume == pytest.approx(direct.volume, rel=1e-12)
    assert converted.min_quality() == pytest.approx(direct.min_quality(), rel=1e-9)
    for name in ("outer", "rest"):
        assert converted.area(name) == pytest.approx(direct.area(name), rel=1e-12)


def quarter_of_a_tube(path, shape):
    """Write a mesh of second order of a quarter tube, radii 1 and 2, height 0.5."""
    import gmsh

    gmsh.initialize(readConfigFiles=False, interruptible=False)
    gmsh.option.setNumber("General.Terminal", 0)
    geo = gmsh.model.geo
    corners = [geo.addPoint(x, y, 0) for x, y in ((1, 0), (2, 0), (0, 2), (0, 1))]
    centre = geo.addPoint(0, 0, 0)
    lines = [
        geo.addLine(corners[0], corners[1]),
        geo.addCircleArc(corners[1], centre, corners[2]),
        geo.addLine(corners[2], corners[3]),
        geo.addCircleArc(corners[3], centre, corners[0]),
    ]
    surface = geo.addPlaneSurface([geo.addCurveLoop(lines)])
    for line in lines:
        geo.mesh.setTransfiniteCurve(line, 5)
    geo.mesh.setTransfiniteSurface(surface)
    recombine = shape == "hexahedron"
    if recombine:
        geo.mesh.setRecombine(2, surface)
    made = geo.extrude([(2, surface)], 0, 0, 0.5, numElements=[2], recombine=recombine)
    geo.synchronize()
    top, volume, *walls = [tag for _, tag in made]
    outer = walls.pop(1)
    for dim, name, tags in (
        (2, "outer", [outer]),
        (2, "rest", [surface, top, *walls]),
        (3, "fluid", [volume]),
    ):
        gmsh.model.setPhysicalName(dim, gmsh.model.addPhysicalGroup(dim, tags), name)
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(2)
    gmsh.option.setNumber("Mesh.MshFileVersion", 2.2)
    gmsh.write(str(path))
    gmsh.finalize()


def test_two_triangles_are_a_cell(read):
    # On two ranks and more some have one mesh cell or none.
    cell = read(msh(), scale=2.0)
    assert (cell.num_cells, cell.volume) == (2, pytest.approx(4.0))
    assert cell.sides == {"bottom": 1, "left": 2, "right": 3, "top": 4}
    assert cell.diameter() == pytest.approx(math.sqrt(8.0))


def test_points_of_no_cell_are_missing_uncertainties(read):
    cell = read(msh(points=[*POINTS, (9, 9, 9)]))
    assert cell.diameter() == pytest.approx(math.sqrt(2.0))


def test_a_constant_height_is_dropped(read):
    cell = read(msh(points=[(x, y, 3.0) for x, y, _ in POINTS]))
    assert cell.mesh.geometry.dim == 2


def test_triangles_may_be_numbered_either_way_round(read):
    cell = read(msh(elements=[*SIDES, TRIANGLES[0], (2, 5, 1, 4, 3)]))
    assert cell.volume == pytest.approx(1.0)
    assert cell.normal("left") == pytest.approx([-1.0, 0.0])


def test_inner_names_are_no_sides(read):
    cell = read(msh(elements=[*SIDES, (1, 6, 1, 3), *TRIANGLES], names=[*NAMES, (1, 6, "foil")]))
    assert "foil" not in cell.sides
    assert cell.area("top") == pytest.approx(1.0)
    assert sum(cell.area(name) for name in cell.sides) == pytest.approx(4.0)


def test_a_fluid_without_a_name_has_no_regions(read):
    cell = read(msh(names=NAMES[:4]))
    assert cell.regions is None
    assert cell.region_names == {}


def test_the_2d_cells_of_a_file_with_both_can_be_taken(read):
    # A file with both: the square, and a tetrahedron above it.
    points = [*POINTS, (0, 0, 1)]
    text = msh(points, [*SIDES, *TRIANGLES, (4, 6, 1, 2, 3, 5)], [*NAMES, (3, 6, "above")])
    assert read(text, dim=2).num_cells == 2


WRONG = {
    "no cells in 3D": (msh(), {"dim": 3}, r"no 3D mesh cells\n.*elements in the file: 1, 2"),
    "lines only": (msh(elements=SIDES), {}, r"no 2D or 3D cells\n.*gmsh -2"),
    "no names": (msh(names=[]), {}, r"no side .* has a name\n.*Physical Curve\(\"hot\"\)"),
    "only the fluid named": (msh(names=NAMES[4:]), {}, r"no side of the mesh has a name"),
    "one side without a name": (
        msh(elements=[*SIDES[:3], *TRIANGLES]),
        {"scale": 0.5},
        r"1 exterior facets have no name; they lie within \[0, 0\] x \[0, 0\.5\] m",
    ),
    "a cut": (
        msh([*POINTS, (0, 0, 0), (1, 1, 0)], [*SIDES, TRIANGLES[0], (2, 5, 5, 6, 4)]),
        {},
        r"exterior facets have no name.*\n.*Coherence Mesh",
    ),
    "mixed cells": (
        msh([*POINTS, (2, 0, 0), (2, 1, 0)], [*SIDES, *TRIANGLES, (3, 5, 2, 5, 6, 3)]),
        {},
        r"mixes cell types: 1 of type Quad.*, 2 of type Triangle",
    ),
    "prisms": (
        msh([(*p[:2], z) for z in (0, 1) for p in POINTS[:3]], [(6, 5, 1, 2, 3, 4, 5, 6)], []),
        {},
        r"type are not supported: 1 of type Prism 6\n.*SecondOrderIncomplete",
    ),
    "a node twice": (
        msh(elements=[*SIDES, *TRIANGLES, (2, 5, 1, 3, 3)]),
        {},
        r"1 of 3 cells are without volume, because they list a node twice; .*at \(0\.666",
    ),
    "a flat cell": (
        msh(
            [*POINTS, (0.5, 0.5, 0)],
            [*SIDES, TRIANGLES[0], (2, 5, 1, 3, 5), (2, 5, 1, 5, 4), (2, 5, 5, 3, 4)],
        ),
        {},
        r"1 of 4 cells are without volume; the first is at \(0\.5, 0\.5\) m",
    ),
    "a folded cell": (
        msh(
            [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (1.5, 0.5, 0)],
            [*SIDES, (2, 5, 1, 2, 5), (2, 5, 2, 3, 5), (2, 5, 3, 4, 5), (2, 5, 4, 1, 5)],
        ),
        {"scale": 2.0},
        r"3 of 4 cells are folded over; the first is at \(1\.66667, 0\.333333\) m",
    ),
    "a folded quadrilateral": (
        msh([*POINTS[:2], (0.2, 0.2, 0), POINTS[3]], [*SIDES, (3, 5, 1, 2, 3, 4)]),
        {},
        r"1 of 1 cells are folded over",
    ),
    "three cells at a facet": (
        msh([*POINTS, (2, 0.2, 0)], [*SIDES, *TRIANGLES, (2, 5, 1, 3, 5)]),
        {},
        r"facets belong to more than two cells, 1 times in all; the first is at \(0\.5, 0\.5\) m",
    ),
    "a flat quadrilateral": (
        msh([*POINTS[:3], (2, 2, 0)], [*SIDES, (3, 5, 1, 2, 3, 4)]),
        {},
        r"folded over|without volume",
    ),
    "not planar": (
        msh([*POINTS[:3], (0, 1, 0.5)]),
        {},
        r"does not lie in a plane of constant z: z spans 0\.5, x 1 and y",
    ),
    "two names for one facet": (
        msh(elements=[*SIDES, (1, 2, 1, 2), *TRIANGLES]),
        {},
        r"groups 'bottom' and 'right' share mesh elements",
    ),
    "a side named all": (
        msh(names=[(1, 1, "all"), *NAMES[1:]]),
        {},
        r"named 'all'\n.*stands for every side",
    ),
    "no mesh at all": ("what is this?", {}, r"gmsh cannot read|no 2D or 3D cells"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_mesh_is_said_on_all_ranks(read, case):
    text, options, said = WRONG[case]
    with pytest.raises(MeshError, match=rf"cell\.msh.*{said}"):
        read(text, **options)


def test_gmsh_groups_that_share_an_entity(comm, shared_tmp):
    path = shared_tmp / "cell.msh"
    if comm.rank == 0:
        import gmsh

        gmsh.initialize(readConfigFiles=False, interruptible=False)
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.merge(str(MESHES / "soret_rectangle.msh"))
        gmsh.model.setPhysicalName(1, gmsh.model.addPhysicalGroup(1, [1, 3]), "hot")
        gmsh.write(str(path))
        gmsh.finalize()
    comm.barrier()
    with pytest.raises(MeshError, match="groups 'bottom' and 'hot' share mesh elements"):
        from_file(comm, path)


def test_cell_sets_that_share_cells(convert):
    mesh = with_sets(meshio.read(MESHES / "soret_rectangle.msh"))
    mesh.cell_sets["hot"] = mesh.cell_sets["top"]
    with pytest.raises(MeshError, match="groups 'hot' and 'top' share mesh elements"):
        convert(mesh, "cell.inp")


def test_coordinates_that_are_no_numbers(convert):
    mesh = with_sets(meshio.read(MESHES / "soret_rectangle.msh"))
    mesh.points[7, 0] = np.nan
    with pytest.raises(MeshError, match="not finite numbers"):
        convert(mesh, "cell.vtu")


def test_converted_without_names(convert):
    mesh = meshio.read(MESHES / "soret_rectangle.msh")
    mesh.cell_sets, mesh.field_data = {}, {}
    with pytest.raises(MeshError, match="no side of the mesh has a name"):
        convert(mesh, "cell.vtu")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cell.vtu", r"cell\.vtu: meshio cannot read the file: .*\n.*suffix"),
        ("cell.inp", r"cell\.inp: "),
        ("cell.what", r"cell\.what: meshio cannot read the file: .*[Ff]ormat"),
        ("cell.geo", r"cell\.geo: this is a geometry without a mesh\n.*gmsh -2 cell\.geo"),
    ],
)
def test_files_that_cannot_be_read(read, capfd, name, said):
    with pytest.raises(MeshError, match=said):
        read("this is no mesh", name)
    # The message is the error: nothing is printed beside it.
    assert capfd.readouterr() == ("", "")


def test_a_missing_file(comm):
    with pytest.raises(MeshError, match=r"nowhere\.msh: there is no such file\n.*looked for /"):
        from_file(comm, "nowhere.msh")


@pytest.mark.parametrize("scale", [0.0, -1e-3, math.nan, "mm"])
def test_the_scale_is_checked(comm, scale):
    with pytest.raises(MeshError, match="scale from the units of the mesh file"):
        from_file(comm, MESHES / "soret_rectangle.msh", scale=scale)


def test_the_dimension_is_checked(comm):
    with pytest.raises(MeshError, match=r"dimension of a cell is 4\n.*2 or 3"):
        from_file(comm, MESHES / "soret_rectangle.msh", dim=4)
