"""ParaView's own readers, which are VTK's, open the files. Debian's VTK has them from 9.6 on.

VTK brings an HDF5 of its own, which does not go together with DOLFINx's in one process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from io_known import CONTINUOUS, FLUXES, assert_close, expected

from femsoret.io import get_writer

pytestmark = pytest.mark.serial
READERS = {
    "vtkIOXdmf2.vtkXdmfReader": "xdmf",
    "vtkIOXdmf3.vtkXdmf3Reader": "xdmf",
    "vtkIOADIOS2.vtkADIOS2VTXReader": "vtx",
}


@pytest.mark.parametrize("reader", READERS)
def test_vtk_reads_all_fields_of_the_second_time(known_2d, shared_tmp, reader):
    module = reader.partition(".")[0]
    pytest.importorskip(f"vtkmodules.{module}")
    with get_writer(READERS[reader]).open_fields(known_2d, shared_tmp) as series:
        known_2d.function("theta").x.array[:] *= 0.5
        series.write(0.0)
        known_2d.function("theta").x.array[:] *= 2.0
        series.write(0.5)
        path, *others = series.close()
    labels = set(CONTINUOUS)
    if not others:
        labels |= {*FLUXES, "entropy production by heat and mass (W/m3/K)"}
    script = Path(__file__).with_name("vtk_dump.py")
    out = shared_tmp / "read.npz"
    subprocess.run([sys.executable, script, reader, path, "0.5", out], check=True, timeout=60)
    with np.load(out) as read:
        assert labels <= set(read)
        for label, field in CONTINUOUS.items():
            assert_close(read[label], expected(field, read["points"], 2))
