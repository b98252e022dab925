"""Forms are compiled into folders of their own, within the cache that DOLFINx is set to use."""

from __future__ import annotations

from pathlib import Path

import pytest
import ufl
from dolfinx import fem, jit

from femsoret.cells import rectangle
from femsoret.compiled import FOLDER, compiled


def test_a_form_goes_into_the_folder_of_its_signature(comm, monkeypatch, tmp_path):
    cache = Path(comm.bcast(str(tmp_path)))
    monkeypatch.setitem(jit.DOLFINX_DEFAULT_JIT_OPTIONS, "cache_dir", (cache, ""))
    monkeypatch.setattr(jit, "_load_options", lambda: ({}, {}))
    cell = rectangle(comm, (1.0, 2.0), (2, 2))
    x = ufl.SpatialCoordinate(cell.mesh)
    dx = ufl.dx(domain=cell.mesh)
    forms = [(1.0 + x[0] ** power) * dx for power in range(3)]
    found = [comm.allreduce(fem.assemble_scalar(compiled(form))) for form in forms]
    assert found == pytest.approx([4.0, 3.0, 8.0 / 3.0], rel=1e-14)
    folders = {cache / FOLDER / form.signature()[:2] for form in forms}
    assert set((cache / FOLDER).iterdir()) == folders
    assert sum(len(list(folder.glob("*.c"))) for folder in folders) == len(forms)
    assert [path.name for path in cache.iterdir()] == [FOLDER]
