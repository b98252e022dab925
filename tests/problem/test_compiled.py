"""Forms are compiled once, into folders of their own in the cache that DOLFINx is set to use.

For the processor at hand, unless the user has told DOLFINx what the compiler is to be told.
"""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import ufl
from dolfinx import fem, jit

from femsoret.base import compiled as module
from femsoret.base.compiled import (
    AS_WRITTEN,
    AVX2,
    COMPILER,
    FOLDER,
    OPTIMISED,
    VARIABLE,
    compiled,
    compiled_expression,
    is_whole,
)
from femsoret.cells import rectangle


@pytest.fixture
def cache(shared_tmp, monkeypatch):
    """An empty cache of DOLFINx."""
    monkeypatch.setitem(jit.DOLFINX_DEFAULT_JIT_OPTIONS, "cache_dir", (shared_tmp, ""))
    monkeypatch.setattr(jit, "_load_options", lambda: ({}, {}))
    return shared_tmp


def test_each_form_has_a_folder_and_is_compiled_once(comm, cache):
    cell = rectangle(comm, (1.0, 2.0), (2, 2))
    x = ufl.SpatialCoordinate(cell.mesh)
    dx = ufl.dx(domain=cell.mesh)
    forms = [(1.0 + x[0] ** power) * dx for power in range(3)]
    found = [comm.allreduce(fem.assemble_scalar(compiled(form))) for form in forms]
    assert found == pytest.approx([4.0, 3.0, 8.0 / 3.0], rel=1e-14)
    folders = {path.parent for path in (cache / FOLDER).glob("*/*/*.c")}
    assert len(folders) == len(forms)
    assert all(is_whole(folder) for folder in folders)
    assert [path.name for path in cache.iterdir()] == [FOLDER]
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    again = [comm.allreduce(fem.assemble_scalar(compiled(form))) for form in forms]
    assert again == pytest.approx(found, rel=1e-14)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


@pytest.fixture
def arguments(monkeypatch):
    """What the compiler is told, without compiling; and a way to say what the user has set."""
    told = []
    module.has_avx2.cache_clear()
    monkeypatch.setattr(fem, "form", lambda form, jit_options: told.append(jit_options[COMPILER]))
    monkeypatch.setattr(module, "provide", lambda comm, folder, make: None)
    monkeypatch.delenv(VARIABLE, raising=False)

    def of(user, comm, **options):
        monkeypatch.setattr(jit, "_load_options", lambda: (user, {}))
        compiled(1.0 * ufl.dx(domain=rectangle(comm, (1.0, 1.0), (2, 2)).mesh), **options)
        return told.pop()

    yield of
    module.has_avx2.cache_clear()


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


def test_terms_that_cancel_are_added_as_written(comm, arguments):
    assert arguments({}, comm, as_written=True) == [*arguments({}, comm), AS_WRITTEN]
    assert arguments({COMPILER: ["-O1"]}, comm, as_written=True) == ["-O1"]


def test_a_variable_overrules_all_of_it(comm, monkeypatch, arguments):
    monkeypatch.setenv(VARIABLE, "-O2 -g0")
    assert arguments({COMPILER: ["-O1"]}, comm) == ["-O2", "-g0"]


def test_an_expression_is_compiled_once_like_a_form(comm, cache):
    mesh = rectangle(comm, (1.0, 2.0), (2, 2)).mesh
    x, points = ufl.SpatialCoordinate(mesh), np.array([[0.5, 0.5]])
    cells = np.arange(mesh.topology.index_map(2).size_local, dtype=np.int32)
    twice = [compiled_expression(3.0 * x[0], points).eval(mesh, cells) for _ in range(2)]
    assert comm.allreduce(np.sum(twice[0])) == pytest.approx(6.0, rel=1e-14)
    (folder,) = {path.parent for path in cache.rglob("*.c")}
    assert is_whole(folder)
    assert list(folder.parent.glob("making-*")) == []


KILLED = """
from mpi4py import MPI
import dolfinx.jit
from pathlib import Path
from test_compiled import some_form
from femsoret.base.compiled import compiled
dolfinx.jit.DOLFINX_DEFAULT_JIT_OPTIONS["cache_dir"] = (Path({cache!r}), "")
dolfinx.jit._load_options = lambda: ({{}}, {{}})
compiled(some_form(MPI.COMM_WORLD))
"""


def some_form(comm):
    return 7.0 * ufl.dx(domain=rectangle(comm, (1.0, 2.0), (2, 2)).mesh)


@pytest.mark.serial
def test_a_kill_while_the_compiler_runs_harms_nobody(comm, cache):
    """FFCx alone leaves a .c that the next process waits for, ten seconds, and then fails."""
    compiler = cache.with_name(cache.name + "-cc")
    compiler.write_text('#!/bin/sh\ntouch "$0.called"\nkill -9 $PPID\n', encoding="utf-8")
    compiler.chmod(0o755)
    here = Path(__file__)
    called = compiler.with_name(compiler.name + ".called")
    try:
        done = subprocess.run(
            [sys.executable, "-c", KILLED.format(cache=str(cache))],
            env=os.environ | {"CC": str(compiler)},
            cwd=here.parent,
            check=False,
            timeout=120,
        )
        assert called.exists()
    finally:
        compiler.unlink()
        called.unlink(missing_ok=True)
    assert done.returncode == -signal.SIGKILL
    assert list(cache.rglob("*.c"))
    assert fem.assemble_scalar(compiled(some_form(comm))) == pytest.approx(14.0, rel=1e-14)


def test_what_has_lost_its_mark_is_made_again(comm, cache):
    compiled(some_form(comm))
    comm.barrier()
    if comm.rank == 0:
        (mark,) = cache.rglob("*.c.cached")
        mark.unlink()
    comm.barrier()
    area = comm.allreduce(fem.assemble_scalar(compiled(some_form(comm))))
    assert area == pytest.approx(14.0, rel=1e-14)
    assert len(list(cache.rglob("*.c.cached"))) == 1


def test_nothing_is_compiled_by_another_way():
    """What goes past these two functions is not safe from kills."""
    package = Path(module.__file__).parents[1]
    past = [
        f"{path.relative_to(package)}: {call}"
        for path in package.rglob("*.py")
        if path.name != "compiled.py"
        for call in ("fem.form(", "fem.Expression(", "ffcx_jit(")
        if call in path.read_text(encoding="utf-8")
    ]
    assert past == []


def test_nan_is_still_known_as_such(comm):
    cell = rectangle(comm, (1.0, 2.0), (2, 2))
    field = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 1)))
    field.x.array[:] = float("nan")
    is_nan = ufl.conditional(ufl.eq(field, field), 0.0, 1.0)
    assert comm.allreduce(fem.assemble_scalar(compiled(is_nan * ufl.dx))) == pytest.approx(2.0)


def test_entry_points_are_remembered_only_while_a_form_is_compiled():
    original = importlib.metadata.entry_points
    known = original(group="console_scripts")
    with module._entry_points_read_once():
        found = importlib.metadata.entry_points(group="console_scripts")
        assert found == known
        assert importlib.metadata.entry_points(group="console_scripts") is found
    assert importlib.metadata.entry_points is original
