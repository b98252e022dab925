"""Coarser cells from the surface of a mesh: same shape, same sides, fewer mesh cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from femsoret.base.errors import MeshError, MissingDependency
from femsoret.cells import elements, from_file, gmsh_model, remeshed
from femsoret.cells.distribute import on_root, to_cell

MESHES = Path(__file__).resolve().parents[2] / "meshes"
SIDES = ("heater", "lid", "walls")


@pytest.fixture
def bench_box(comm, shared_tmp):
    """Write a box with a heater amid its bottom, all other walls but the lid under one name."""

    def make(shape: str):
        def work():
            with gmsh_model.session() as gmsh:
                occ = gmsh.model.occ
                if shape == "hexahedron":
                    boxes = [occ.addBox(x, 0, 0, 1, 1, 1) for x in (0, 1)]
                    occ.fragment([(3, boxes[0])], [(3, boxes[1])])
                else:
                    box = occ.addBox(0, 0, 0, 2, 1, 1)
                    heater = occ.addRectangle(0.75, 0.25, 0, 0.5, 0.5)
                    occ.fragment([(3, box)], [(2, heater)])
                occ.synchronize()
                if shape == "hexahedron":
                    for _, curve in gmsh.model.getEntities(1):
                        gmsh.model.mesh.setTransfiniteCurve(curve, 7)
                    for _, face in gmsh.model.getEntities(2):
                        gmsh.model.mesh.setTransfiniteSurface(face)
                        gmsh.model.mesh.setRecombine(2, face)
                    for _, volume in gmsh.model.getEntities(3):
                        gmsh.model.mesh.setTransfiniteVolume(volume)
                groups: dict[str, list[int]] = {name: [] for name in SIDES}
                for _, face in gmsh.model.getEntities(2):
                    x, _, z = occ.getCenterOfMass(2, face)
                    if len(gmsh.model.getAdjacencies(2, face)[0]) == 2:
                        continue  # between the halves
                    bottom = abs(z) < 1e-6
                    small = occ.getMass(2, face) < 0.5 or (shape == "hexahedron" and x < 1)
                    top = abs(z - 1) < 1e-6
                    name = "heater" if bottom and small else "lid" if top else "walls"
                    groups[name].append(face)
                for name, faces in groups.items():
                    gmsh.model.addPhysicalGroup(2, faces, name=name)
                volumes = [volume for _, volume in gmsh.model.getEntities(3)]
                gmsh.model.addPhysicalGroup(3, volumes, name="fluid")
                gmsh.option.setNumber("Mesh.MeshSizeMax", 0.12)
                gmsh.model.mesh.generate(3)
                gmsh.write(str(shared_tmp / "box.msh"))

        on_root(comm, "gmsh", work)
        return from_file(comm, shared_tmp / "box.msh", scale=1e-3)

    return make


@pytest.mark.parametrize(("shape", "closed"), [("sphere", True), ("torus", True), ("pipe", False)])
def test_walls_that_no_plane_can_hold_are_cut(comm, shape, closed):
    def work():
        with gmsh_model.session() as gmsh:
            occ = gmsh.model.occ
            if shape == "sphere":
                occ.addSphere(0, 0, 0, 1)
            elif shape == "torus":
                occ.addTorus(0, 0, 0, 1, 0.4)
            else:
                outer, inner = (occ.addCylinder(0, 0, 0, 0, 0, 1, r) for r in (1, 0.5))
                occ.cut([(3, outer)], [(3, inner)])
            occ.synchronize()
            for dim, name in ((2, "walls"), (3, "fluid")):
                gmsh.model.addPhysicalGroup(
                    dim, [e for _, e in gmsh.model.getEntities(dim)], name=name
                )
            gmsh.option.setNumber("Mesh.MeshSizeMax", 0.15 if shape == "torus" else 0.25)
            gmsh.model.mesh.generate(3)
            return elements.raw_mesh(*gmsh_model.model_elements(gmsh))

    raw = on_root(comm, "gmsh", work)
    surface = on_root(comm, "surface", lambda: remeshed.surface_of(raw))
    if comm.rank == 0:
        parts = remeshed.parts_of(surface).max() + 1
        assert parts >= 2 if closed else parts == 4
    cell, coarse = to_cell(comm, raw, shape), remeshed.remeshed(comm, surface, shape, 0.5)
    assert coarse.num_cells < 0.3 * cell.num_cells
    assert coarse.volume == pytest.approx(cell.volume, rel=0.15)


@pytest.mark.parametrize(("shape", "heater"), [("tetrahedron", 0.25), ("hexahedron", 1.0)])
def test_sides_and_their_borders_stay(bench_box, shape, heater):
    cell = bench_box(shape)
    coarse = cell.halved
    assert set(coarse.sides) == set(SIDES)
    # The border of a heater amid a wall is nothing but its name; its corners may be cut.
    areas = {"heater": heater, "lid": 2.0, "walls": 8.0 - heater}
    for name, area in areas.items():
        assert coarse.area(name) == pytest.approx(area * 1e-6, rel=0.1), name
    assert coarse.area("lid") == pytest.approx(2e-6, rel=1e-9)
    assert coarse.volume == pytest.approx(2e-9, rel=1e-9)
    # Eight times fewer cells, six times as many of them for tetrahedra instead of hexahedra.
    fewer = cell.num_cells / coarse.num_cells * (6 if shape == "hexahedron" else 1)
    assert 4.0 < fewer < 12.0
    if shape == "tetrahedron":  # the other is as coarse as a box can be
        assert coarse.halved.num_cells < 0.5 * coarse.num_cells


def test_curved_walls_become_chords(comm):
    cell = from_file(comm, MESHES / "soret_cylinder.msh", scale=1e-3)
    coarse = cell.rotated(90.0, (0.0, 0.0, 1.0)).halved
    assert set(coarse.sides) == {"bottom", "side", "top"}
    assert 0.9 * cell.volume < coarse.volume < cell.volume
    assert coarse.normal("top") == pytest.approx([-1.0, 0.0, 0.0], abs=1e-9)
    assert cell.halved is cell.halved
    # Mesh sizes follow the given mesh: fine at the plates, coarse amid them.
    assert coarse.h_range[1] > 1.5 * coarse.h_range[0]


def test_no_coarser_cell_where_gmsh_gives_none(comm, monkeypatch):
    cell = from_file(comm, MESHES / "soret_cylinder.msh", scale=1e-3)
    for error in (MeshError("a hole in the surface"), MissingDependency("no gmsh")):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(remeshed, "_meshed", fail)
        assert replace(cell).halved is None
    # As fine as before: nothing is gained.
    assert replace(cell, coarsen=lambda ratio: cell).halved is None


def test_sizes_are_those_of_tetrahedra(comm):
    # A unit cube cut into six tetrahedra has the same size as the cube itself.
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=float)
    cube = remeshed._share(corners[None])
    corner = remeshed._share(corners[None, [0, 1, 2, 4]])
    assert cube == pytest.approx([1 / 6])
    assert corner == pytest.approx([1 / 6])
