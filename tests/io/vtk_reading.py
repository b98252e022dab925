"""What a reader of VTK sees in a field file, as ParaView's users do; in a process of its own.

VTK brings an HDF5 of its own, which does not go together with DOLFINx's in one process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

OWN = os.environ.get("FEMSORET_VTK")
"""Where tools/fenicsx has put a VTK whose readers Debian's lacks."""


def read_with_vtk(reader: str, path: Path, time: float, out: Path) -> dict[str, np.ndarray]:
    """Return the points, the fields and the measure of the mesh cells at a time; skips without VTK.

    Args:
        reader: Its module and class, such as ``vtkIOXdmf2.vtkXdmfReader``.
        path: The field file.
        time: The time.
        out: A file to write in between.
    """
    module = reader.partition(".")[0]
    places = [OWN] if OWN and any(Path(OWN, "vtkmodules").glob(f"{module}.*")) else []
    if not places and not (find_spec("vtkmodules") and find_spec(f"vtkmodules.{module}")):
        pytest.skip(f"no VTK here has {module}")
    python_path = os.pathsep.join(filter(None, [*places, os.environ.get("PYTHONPATH")]))
    script = Path(__file__).with_name("vtk_dump.py")
    call = [sys.executable, script, reader, path, str(time), out]
    subprocess.run(call, env=os.environ | {"PYTHONPATH": python_path}, check=True, timeout=120)
    with np.load(out) as found:
        return dict(found)
