"""ParaView's own readers, which are VTK's, open the files (docs/testing.md says which VTK)."""

from __future__ import annotations

import pytest
from io_known import CONTINUOUS, FLUXES, assert_close, expected
from vtk_reading import read_with_vtk

from femsoret.io import open_fields

pytestmark = pytest.mark.serial
READERS = {
    "vtkIOXdmf2.vtkXdmfReader": "xdmf",
    "vtkIOXdmf3.vtkXdmf3Reader": "xdmf",
    "vtkIOADIOS2.vtkADIOS2VTXReader": "vtx",
}


@pytest.mark.parametrize("reader", READERS)
def test_vtk_reads_all_fields_of_the_second_time(known_2d, shared_tmp, reader):
    with open_fields(known_2d, shared_tmp, format=READERS[reader]) as series:
        known_2d.function("theta").x.array[:] *= 0.5
        series.write(0.0)
        known_2d.function("theta").x.array[:] *= 2.0
        series.write(0.5)
        path, *others = series.close()
    labels = set(CONTINUOUS)
    if not others:
        labels |= {*FLUXES, "entropy production by heat and mass (W/m3/K)"}
    read = read_with_vtk(reader, path, 0.5, shared_tmp / "read.npz")
    assert labels <= set(read)
    for label, field in CONTINUOUS.items():
        assert_close(read[label], expected(field, read["points"], 2))
    assert read["measure"] == pytest.approx(4e-3 * 1e-3, rel=1e-9)
