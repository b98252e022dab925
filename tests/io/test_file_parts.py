"""Files hold the fluid and the solids apart, each mesh cell once, on their own curved geometry."""

from __future__ import annotations

import numpy as np
import pytest
from bp_files import BP
from io_known import make, mixture, set_known
from test_xdmf import read
from walled import GLASS, PLATE, walled_cell

from femsoret.cells import cylinder
from femsoret.io import write_fields
from femsoret.io.writers import write_fields_at
from femsoret.physics.forms import CONVECTION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solids import load_solid

GLASS_NAME = "borosilicate"
LABEL = (
    "region (0 fluid, 1 bottom wall of copper, 2 top wall of copper, 3 left wall of borosilicate)"
)
AREAS = {1: PLATE * (2 + GLASS), 2: PLATE * (2 + GLASS), 3: GLASS}
SOLID_LABELS = {
    "temperature (K)",
    "temperature deviation (K)",
    "heat flux (W/m2)",
    "entropy production by heat and mass (W/m3/K)",
    LABEL,
}


def walled(comm, cells=(6, 4)):
    """Return known fields in a cell with two copper plates and one wall of glass."""
    cell = walled_cell(comm, cells)
    solids = {name: load_solid("copper") for name in ("bottom wall", "top wall")}
    solids["left wall"] = load_solid(GLASS_NAME)
    walls = [Temperature(("bottom outside",), 299.0), Temperature(("top outside",), 297.0)]
    problem = Problem(cell, mixture(2), walls, equations=CONVECTION, degree=2, solids=solids)
    return set_known(problem)


def areas(points, cells):
    """Return the area of each straight quadrilateral; VTX goes round it, XDMF as well."""
    x, y = points[cells[:, :4], 0], points[cells[:, :4], 1]
    ahead = [1, 2, 3, 0]
    return 0.5 * np.abs((x * y[:, ahead] - x[:, ahead] * y).sum(axis=1))


@pytest.fixture(scope="module")
def vtx_and_xdmf(tmp_path_factory):
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    folder = comm.bcast(tmp_path_factory.mktemp("walled") if comm.rank == 0 else None, root=0)
    problem = walled(comm)
    paths = {
        path.name: path
        for format_ in ("vtx", "xdmf")
        for path in write_fields(problem, folder, format=format_)
    }
    comm.barrier()
    return paths


def test_every_value_of_every_file_is_a_number(vtx_and_xdmf):
    paths = vtx_and_xdmf
    assert set(paths) == {"fields.bp", "fluxes.bp", "solids.bp", "fields.xdmf", "solids.xdmf"}
    for name in ("fields.bp", "fluxes.bp", "solids.bp"):
        for label, steps in BP(paths[name]).fields.items():
            assert np.isfinite(steps[0]).all(), (name, label)
    for name in ("fields.xdmf", "solids.xdmf"):
        (step,) = read(paths[name])
        for label, (_, values) in list(step.items())[3:]:
            assert np.isfinite(values).all(), (name, label)


def test_the_fluid_is_there_once(vtx_and_xdmf):
    paths = vtx_and_xdmf
    for name in ("fields.bp", "fluxes.bp"):
        file = BP(paths[name])
        assert areas(file.points, file.cells).sum() == pytest.approx(2.0, rel=1e-12)
        np.testing.assert_allclose(file.fields[LABEL][0], 0.0, atol=1e-12)
    (step,) = read(paths["fields.xdmf"])
    assert areas(step["points"], step["cells"]).sum() == pytest.approx(2.0, rel=1e-12)
    assert len(step["cells"]) == 24
    assert "velocity (m/s)" in step


def test_each_solid_is_there_once_with_its_number_and_its_temperature(vtx_and_xdmf):
    paths = vtx_and_xdmf
    file = BP(paths["solids.bp"])
    assert set(file.fields) == SOLID_LABELS
    sizes, of = areas(file.points, file.cells), file.fields[LABEL][0][:, 0][file.cells]
    np.testing.assert_allclose(np.ptp(of, axis=1), 0.0, atol=1e-12)
    X, Y = 1e3 * file.points[:, 0], 1e3 * file.points[:, 1]
    theta = file.fields["temperature deviation (K)"][0][:, 0]
    wanted = X**2 - 2 * Y**2 + X * Y
    np.testing.assert_allclose(theta, wanted, rtol=0, atol=1e-11 * np.abs(wanted).max())
    (step,) = read(paths["solids.xdmf"])
    _, regions = step[LABEL]
    for number, area in AREAS.items():
        there = np.round(of[:, 0]) == number
        assert sizes[there].sum() == pytest.approx(area, rel=1e-12)
        there = np.round(regions[:, 0]) == number
        found = areas(step["points"], step["cells"])[there].sum()
        assert found == pytest.approx(area, rel=1e-12)


def test_the_text_says_what_the_numbers_of_the_regions_mean(vtx_and_xdmf):
    paths = vtx_and_xdmf
    for name in ("fields.bp", "fields.xdmf"):
        text = paths[name].with_name(f"{name}.README.txt").read_text()
        assert "0 fluid, 1 bottom wall of copper, 2 top wall of copper, 3 left wall of boro" in text
        assert "nan" not in text


@pytest.mark.parametrize("format", ["vtx", "xdmf"])
def test_a_rank_may_have_nothing_of_a_part(comm, shared_tmp, format):
    """One mesh cell of fluid, on two ranks or more."""
    paths = write_fields(walled(comm, (1, 1)), shared_tmp, format=format)
    comm.barrier()
    if format == "vtx":
        assert len(BP(paths[0]).cells) == 1
        return
    (step,) = read(paths[0])
    assert len(step["cells"]) == 1


def test_times_have_an_index_of_the_solids_too(comm, shared_tmp):
    problem = walled(comm, (2, 2))
    for name, time in (("0000", 0.0), ("0001", 2.5)):
        write_fields_at(problem, shared_tmp, name=name, time=time, formats=("xdmf",))
    comm.barrier()
    first, second = read(shared_tmp / "times_solids.xdmf")
    assert (first["time"], second["time"]) == (0.0, 2.5)
    assert LABEL in first


@pytest.fixture(scope="module", params=["hexahedron", "tetrahedron"])
def round_cell(request, tmp_path_factory):
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    cell = cylinder(comm, 5e-3, 4e-3, (4, 2), shape=request.param)
    walls = [Temperature(("top",), 299.0), Temperature(("bottom",), 297.0)]
    problem = set_known(Problem(cell, mixture(3), walls, equations=CONVECTION, degree=2))
    folder = comm.bcast(tmp_path_factory.mktemp("round") if comm.rank == 0 else None, root=0)
    paths = write_fields(problem, folder)
    comm.barrier()
    return [BP(path) for path in paths], cell


def test_mesh_cells_at_the_border_of_ranks_stand_once(round_cell):
    for file in round_cell[0]:
        assert len(file.cells) == round_cell[1].num_cells
        corners = file.points[file.cells].mean(axis=1)
        assert len(np.unique(np.round(corners * 1e9), axis=0)) == len(file.cells)


def test_fluxes_are_as_round_as_the_cell(round_cell):
    fields, fluxes = round_cell[0]
    for file in (fields, fluxes):
        lateral = np.hypot(file.points[:, 0], file.points[:, 2])  # its axis is y
        assert lateral.max() == pytest.approx(5e-3, rel=1e-9)
    assert fields.cells.shape == fluxes.cells.shape

    def found(file):
        middles = file.points[file.cells].mean(axis=1)
        return np.unique(np.round(middles * 1e9), axis=0)

    np.testing.assert_array_equal(found(fields), found(fluxes))


def test_a_cell_that_is_all_fluid_has_no_regions(comm, shared_tmp):
    paths = write_fields(make(comm, 2), shared_tmp)
    comm.barrier()
    assert [path.name for path in paths] == ["fields.bp", "fluxes.bp"]
    assert not [label for label in BP(paths[0]).fields if label.startswith("region")]
