"""Forms are compiled into folders of their own, within the cache that DOLFINx is set to use.

For the processor at hand, unless the user has told DOLFINx what the compiler is to be told.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import ufl
from dolfinx import fem, jit

from femsoret import compiled as module
from femsoret.cells import rectangle
from femsoret.compiled import AVX2, COMPILER, FOLDER, OPTIMISED, compiled


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


@pytest.fixture
def arguments(monkeypatch):
    """What the compiler is told, without compiling; and a way to say what the user has set."""
    told = []
    module._has_avx2.cache_clear()
    monkeypatch.setattr(fem, "form", lambda form, jit_options: told.append(jit_options[COMPILER]))

    def of(user, comm):
        monkeypatch.setattr(jit, "_load_options", lambda: (user, {}))
        compiled(1.0 * ufl.dx(domain=rectangle(comm, (1.0, 1.0), (2, 2)).mesh))
        return told.pop()

    yield of
    module._has_avx2.cache_clear()


@pytest.mark.parametrize(
    ("described", "instructions"),
    [
        ("model name\t: A\nflags\t\t: fpu sse2 fma avx avx2 bmi2\n", AVX2),
        ("model name\t: B avx2 fma\nflags\t\t: fpu sse2 avx\n", ()),
        ("Features\t: fp asimd\n", ()),
        (None, ()),
    ],
)
def test_instructions_are_those_of_the_processor(
    comm, monkeypatch, tmp_path, arguments, described, instructions
):
    file = tmp_path / "cpuinfo"
    if described:
        file.write_text(described, encoding="utf-8")
    monkeypatch.setattr(module, "_PROCESSOR", file)
    assert tuple(arguments({}, comm)) == OPTIMISED + instructions


def test_all_ranks_use_what_each_of_them_has(comm, monkeypatch, tmp_path, arguments):
    file = tmp_path / "cpuinfo"
    file.write_text("flags : avx2 fma\n" if comm.rank == 0 else "flags : avx\n", encoding="utf-8")
    monkeypatch.setattr(module, "_PROCESSOR", file)
    assert tuple(arguments({}, comm)) == OPTIMISED + (AVX2 if comm.size == 1 else ())


def test_what_the_user_has_set_stands(comm, arguments):
    assert arguments({COMPILER: ["-O1"]}, comm) == ["-O1"]


def test_nan_is_still_known_as_such(comm):
    cell = rectangle(comm, (1.0, 2.0), (2, 2))
    field = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    field.x.array[:] = float("nan")
    is_nan = ufl.conditional(ufl.eq(field, field), 0.0, 1.0)
    assert comm.allreduce(fem.assemble_scalar(compiled(is_nan * ufl.dx))) == pytest.approx(2.0)
