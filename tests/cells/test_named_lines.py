"""Named lines and surfaces inside the fluid of a mesh file: no sides, but places to read at."""

from __future__ import annotations

import numpy as np
import pytest
from case_texts import condition
from mesh_files import NAMES, SIDES, TRIANGLES, msh

from femsoret.base.errors import ConditionError
from femsoret.case import load_case
from femsoret.cells import from_file
from femsoret.post.readings import QuadratureMean
from femsoret.studies.measure.time_series import layer_of

FOIL = msh(elements=[*SIDES, (1, 6, 1, 3), *TRIANGLES], names=[*NAMES, (1, 6, "foil")])

CASE = (
    """
[cell]
kind = "file"
path = "square.msh"
[groups]
Ra = 0.0
Pr = 1.0
Le = 1.0
[gravity]
direction = [0, -1]
"""
    + condition("temperature", "top", 1)
    + condition("temperature", "bottom", 0)
)


def test_a_line_between_mesh_cells(comm, write):
    cell = from_file(comm, write(FOIL, "square.msh"), scale=2.0)
    assert list(cell.lines) == ["foil"]
    line = cell.lines["foil"]
    assert line.weights.sum() == pytest.approx(1.0, rel=1e-12)
    # From (0, 0) to (2, 2): moments of a straight line.
    assert line.weights @ line.points == pytest.approx([1.0, 1.0], rel=1e-12)
    assert line.weights @ line.points[:, 0] ** 2 == pytest.approx(4.0 / 3.0, rel=1e-12)
    turned = cell.rotated(90.0).lines["foil"]
    assert turned.weights @ turned.points == pytest.approx([-1.0, 1.0], rel=1e-12)


def test_it_is_read_and_has_its_place(comm, write):
    write(FOIL, "square.msh")
    path = write(CASE + '[readings]\nhot = { named = "foil" }\ncold = { wall = "bottom" }\n')
    experiment = load_case(path).build(comm).experiment
    problem = experiment.problem()
    T0 = problem.mixture.T0
    # T = y: a function of the reading is another number than the reading of that function.
    problem.function("theta").interpolate(lambda x: x[1] - T0)
    assert isinstance(experiment.pair.hot, QuadratureMean)
    assert experiment.pair.hot.of(problem, "theta") + T0 == pytest.approx(0.5, rel=1e-9)
    square = experiment.pair.hot.of_law(problem, lambda theta: (theta + T0) ** 2)
    assert square == pytest.approx(1.0 / 3.0, rel=1e-9)
    # The mean of cos(n pi y) from 0 to 1 is zero for all n; at the bottom it is 1.
    layer = layer_of(experiment)
    assert layer.linear == pytest.approx(0.5, rel=1e-9)
    assert layer.modes[:20] == pytest.approx(-np.ones(20), abs=1e-4)  # a quadrature of the line


@pytest.mark.parametrize(
    ("hot", "said"),
    [
        ("named = 'foyl'", r"no inner line 'foyl'\n.*did you mean 'foil'"),
        ("wall = 'foil'", r"'foil' is not a side: it lies inside the cell\n.*named = \"foil\""),
        ("named = 'top'", r"no inner line 'top'"),
    ],
)
def test_what_is_no_such_line(comm, write, hot, said):
    write(FOIL, "square.msh")
    path = write(CASE + f'[readings]\nhot = {{ {hot} }}\ncold = {{ wall = "bottom" }}\n')
    with pytest.raises(ConditionError, match=rf"\[readings\] hot: .*{said}"):
        load_case(path).build(comm)


def test_without_lines_there_are_none(comm, write):
    assert from_file(comm, write(msh(), "square.msh")).lines == {}


def test_a_surface_and_a_curve_in_3D(comm, shared_tmp):
    path = shared_tmp / "cube.msh"
    if comm.rank == 0:
        _cube_in_two_halves(path)
    comm.barrier()
    cell = from_file(comm, path)
    assert sorted(cell.lines) == ["beam", "middle"]
    for name, centre in (("middle", [0.5, 0.5, 0.5]), ("beam", [0.0, 0.0, 0.5])):
        line = cell.lines[name]
        assert line.weights @ line.points == pytest.approx(centre, abs=1e-12)
    assert np.ptp(cell.lines["middle"].points[:, 2]) == pytest.approx(0.0, abs=1e-12)


def _cube_in_two_halves(path):
    import gmsh

    gmsh.initialize(readConfigFiles=False, interruptible=False)
    gmsh.option.setNumber("General.Terminal", 0)
    occ, model = gmsh.model.occ, gmsh.model
    lower, upper = occ.addBox(0, 0, 0, 1, 1, 0.5), occ.addBox(0, 0, 0.5, 1, 1, 0.5)
    occ.fragment([(3, lower)], [(3, upper)])
    occ.synchronize()
    middle = [t for _, t in model.getEntitiesInBoundingBox(-1, -1, 0.4, 2, 2, 0.6, 2)]
    walls = [t for _, t in model.getEntities(2) if t not in middle]
    beam = [t for _, t in model.getEntitiesInBoundingBox(-0.1, -0.1, -1, 0.1, 0.1, 2, 1)]
    for dim, name, tags in (
        (2, "walls", walls),
        (2, "middle", middle),
        (1, "beam", beam),
        (3, "fluid", [t for _, t in model.getEntities(3)]),
    ):
        model.setPhysicalName(dim, model.addPhysicalGroup(dim, tags), name)
    gmsh.option.setNumber("Mesh.MeshSizeMin", 0.5)
    model.mesh.generate(3)
    gmsh.write(str(path))
    gmsh.finalize()
