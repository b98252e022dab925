"""VTX folders, read back with ADIOS2."""

from __future__ import annotations

import dolfinx.io
import numpy as np
import pytest
from bp_files import BP
from io_known import CONTINUOUS, FLUXES, assert_close, expected, make, set_known

from femsoret.base.errors import MissingDependency, OutputError
from femsoret.io import open_fields, vtx, write_fields
from femsoret.physics.forms import DIFFUSION
from femsoret.post.fields import values_at
from femsoret.solve import solve_steady


def unique_points(points):
    return len(np.unique(np.round(points * 1e9).astype(int), axis=0))


def test_known_fields_come_back_at_all_second_order_nodes(known, dim, shared_tmp):
    fields_bp, fluxes_bp = write_fields(known, shared_tmp)
    assert (fields_bp.name, fluxes_bp.name) == ("fields.bp", "fluxes.bp")
    read = BP(fields_bp)
    assert set(read.fields) == set(CONTINUOUS)
    assert unique_points(read.points) == known.space("theta").dofmap.index_map.size_global
    assert set(read.types) == {69 if dim == 2 else 71}  # VTK_LAGRANGE_TRIANGLE, _TETRAHEDRON
    for label, field in CONTINUOUS.items():
        assert_close(read.fields[label][0], expected(field, read.points, dim))


def test_fluxes_are_those_of_the_mixture_at_every_node(known, dim, shared_tmp):
    read = BP(write_fields(known, shared_tmp)[1])
    for label, field in FLUXES.items():
        assert read.fields[label][0].shape[1] == 3
        assert_close(read.fields[label][0], expected(field, read.points, dim))
    sigma = read.fields["entropy production by heat and mass (W/m3/K)"][0]
    assert sigma.min() > 0


@pytest.mark.parametrize(
    ("shape", "degree", "vtk"), [("quadrilateral", 2, 70), ("triangle", 3, 69)]
)
def test_other_cells_and_degree_three(comm, shared_tmp, shape, degree, vtk):
    problem = set_known(make(comm, 2, degree=degree, shape=shape))
    read = BP(write_fields(problem, shared_tmp)[0])
    assert set(read.types) == {vtk}
    assert unique_points(read.points) == problem.space("theta").dofmap.index_map.size_global
    for label, field in CONTINUOUS.items():
        assert_close(read.fields[label][0], expected(field, read.points, 2))
    # VTK's cells have equally spaced nodes: of an edge of 0.8 mm (bottom side).
    bottom = read.points[np.abs(read.points[:, 1]) < 1e-12][:, 0]
    steps = np.diff(np.unique(np.round(bottom * 1e9)))
    np.testing.assert_allclose(steps, 0.8e6 / degree, atol=1.1)


def test_a_solved_problem_comes_back(comm, dim, shared_tmp):
    problem = make(comm, dim)
    solve_steady(problem)
    read = BP(write_fields(problem, shared_tmp)[0])
    points = comm.bcast(read.points, root=0)
    speed = values_at(problem.function("u"), points)
    assert np.abs(speed).max() > 1e-7
    assert_close(read.fields["velocity (m/s)"][0][:, :dim], speed)
    for label, blocks in {
        "pressure (Pa)": ("p", "phi"),
        "temperature deviation (K)": ("theta",),
        "composition deviation of water": ("gamma_0",),
    }.items():
        solved = sum(values_at(problem.function(block), points) for block in blocks)
        assert_close(read.fields[label][0], solved)


def test_a_problem_without_flow(comm, shared_tmp):
    problem = make(comm, 2, equations=DIFFUSION)
    solve_steady(problem)
    read = BP(write_fields(problem, shared_tmp)[0])
    assert not [label for label in read.fields if "velocity" in label or "pressure" in label]
    assert_close(
        read.fields["temperature deviation (K)"][0],
        values_at(problem.function("theta"), read.points),
    )


def test_a_series_holds_the_state_of_each_time(known_2d, shared_tmp):
    with open_fields(known_2d, shared_tmp) as series:
        series.write(0.0)
        known_2d.function("theta").x.array[:] *= 2.0
        series.write(1.5)
    read = BP(shared_tmp / "fields.bp")
    assert read.times == [0.0, 1.5]
    first, second = read.fields["temperature deviation (K)"]
    assert_close(first, expected(CONTINUOUS["temperature deviation (K)"], read.points, 2))
    assert_close(second, 2 * first)


def test_functions_numbered_differently_are_refused(known_2d):
    p, theta = known_2d.function("p"), known_2d.function("theta")
    with pytest.raises(OutputError, match="are numbered differently"):
        vtx.check_numbering("fields.bp", [theta, p])


def test_without_adios2_the_error_names_xdmf(known_2d, shared_tmp, monkeypatch):
    monkeypatch.delattr(dolfinx.io, "VTXWriter")
    with pytest.raises(MissingDependency, match="xdmf"):
        write_fields(known_2d, shared_tmp)
    assert not list(shared_tmp.iterdir())
