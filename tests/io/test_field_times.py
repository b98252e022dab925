"""Fields at times: complete or absent, with an index that VTK reads as a series."""

from __future__ import annotations

import pytest
from io_known import CONTINUOUS, assert_close, expected
from test_xdmf import read
from vtk_reading import read_with_vtk

from femsoret.base.errors import OutputError
from femsoret.io.writers import INDEX, write_fields_at

LABEL = "temperature deviation (K)"


def write_two(problem, folder):
    """Write the known fields at 7.5 s, after those of a second time with twice the theta."""
    problem.function("theta").x.array[:] *= 2.0
    write_fields_at(problem, folder, name="end", time=20.0, formats=["xdmf"])
    problem.function("theta").x.array[:] *= 0.5
    write_fields_at(problem, folder, name="0000", time=7.5, formats=["xdmf"])


def test_the_index_has_all_times_in_order(known_2d, shared_tmp):
    write_two(known_2d, shared_tmp)
    first, second = read(shared_tmp / INDEX)
    assert (first["time"], second["time"]) == (7.5, 20.0)
    assert_close(first[LABEL][1], expected(CONTINUOUS[LABEL], first["points"], 2))
    assert_close(second[LABEL][1], 2 * first[LABEL][1])


@pytest.mark.serial
@pytest.mark.parametrize(
    "reader", ["vtkIOXdmf2.vtkXdmfReader", "vtkIOXdmf3.vtkXdmf3Reader"], ids=lambda r: r[:10]
)
@pytest.mark.parametrize("time", [7.5, 20.0])
def test_vtk_reads_the_index_as_a_series(known_2d, shared_tmp, reader, time):
    write_two(known_2d, shared_tmp)
    found = read_with_vtk(reader, shared_tmp / INDEX, time, shared_tmp / "read.npz")
    factor = 1.0 if time == 7.5 else 2.0
    assert_close(found[LABEL], factor * expected(CONTINUOUS[LABEL], found["points"], 2))


def test_every_format_of_a_time_is_there_or_none(known_2d, shared_tmp, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("femsoret.io.files.sync", refuse)
    with pytest.raises(OutputError, match="No space left"):
        write_fields_at(
            known_2d, shared_tmp, name="0000", time=1.0, formats=["vtx", "xdmf"], units="SI"
        )
    known_2d.cell.comm.barrier()
    assert not (shared_tmp / "0000").exists()
    monkeypatch.undo()
    write_fields_at(known_2d, shared_tmp, name="0000", time=1.0, formats=["vtx", "xdmf"])
    known_2d.cell.comm.barrier()
    names = {path.name for path in (shared_tmp / "0000").iterdir()}
    assert {"fields.bp", "fluxes.bp", "fields.xdmf", "fields.h5"} <= names
