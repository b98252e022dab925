"""Compiled forms: found quickly, whole or absent, and with the processor's wide registers.

FFCx looks for a form that it has compiled before by listing the folder of its cache, on every rank,
which is slow in a cache of thousands of forms. So each form has a folder of its own, in one of 256
folders in the cache that DOLFINx is set to use.

FFCx makes ``X.c``, compiles it where it is and adds ``X.c.cached`` at the end. If it is killed in
between it leaves ``X.c``, and whoever needs that form afterwards waits for ten seconds and fails,
until somebody deletes the file. Here a form is compiled in a folder beside its own, which then
takes the final name in one step. What any program left incomplete is made again.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from mpi4py import MPI

import ffcx.naming
import ffcx.options
import ufl
from dolfinx import default_scalar_type, fem
from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS, ffcx_jit, get_options

from femsoret.base.errors import OutputError
from femsoret.base.types import Array, Expr, Form

FOLDER = "femsoret"
"""Folder in DOLFINx's cache that holds the folders of the forms."""

COMPILER = "cffi_extra_compile_args"

VARIABLE = "FEMSORET_CFLAGS"
"""Environment variable with arguments of the compiler that replace all below, such as DOLFINx's own
"-O2 -g0"; the same on all ranks."""

OPTIMISED = ("-O3", "-g0", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")
"""Arguments for gcc and clang: sums over quadrature points may be taken in any order, so that they
can be vectorised. Nothing here hides a nan, nor changes the arithmetic of the process, as all of
-ffast-math would."""

AVX2 = ("-mavx2", "-mfma")
"""Arguments where the processors of all ranks have these instructions. They are part of what FFCx
names a file after, so different processors can share a cache."""

UNFINISHED = "making-"
"""Prefix of the folders in which something is being made."""

DAY = 86400.0
"""After this time, s, such a folder was left by a process that was killed."""

LEAST = 5_000_000
"""Free space, in bytes, below which a compiler that failed has failed for want of it."""

_PROCESSOR = Path("/proc/cpuinfo")
_SOURCE, _READY, _LIBRARY = ".c", ".c.cached", str(sysconfig.get_config_var("EXT_SUFFIX"))


def compiled(form: Form) -> fem.Form:
    """Return a form compiled; collective.

    Args:
        form: The form, with at least one integral.

    Raises:
        OutputError: The cache cannot be written to; the same on all ranks.
        RuntimeError: The form cannot be compiled, with the reason.
    """
    return fem.form(form, jit_options=_jit_options(form.ufl_domain(), form))


def compiled_expression(expression: Expr, points: Array) -> fem.Expression:
    """Return an expression compiled; collective.

    Args:
        expression: A UFL expression on a mesh.
        points: Points of the reference mesh cell at which it is evaluated, shape (points, dim).

    Raises:
        OutputError: The cache cannot be written to; the same on all ranks.
        RuntimeError: The expression cannot be compiled, with the reason.
    """
    (domain,) = ufl.domain.extract_domains(expression)
    options = _jit_options(domain, (expression, points))
    return fem.Expression(expression, points, jit_options=options, dtype=default_scalar_type)


def check_cache() -> None:
    """Refuse unreadable settings of DOLFINx and a cache that cannot be made, early.

    Raises:
        OutputError: One of them; maybe on this rank only, where machines have disks of their own.
    """
    try:
        folder = get_options()["cache_dir"] / FOLDER
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"DOLFINx's settings of compiled forms cannot be read: {error}",
            "set HOME (or XDG_CONFIG_HOME) to a folder that you may read, or mend the file",
        ) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_room(folder.parent, str(error)) from error


def _jit_options(domain: ufl.Mesh, target: Form | tuple[Expr, Array]) -> dict[str, object]:
    """Return the options with which FFCx finds a compiled form, which exists by then; collective.

    Args:
        domain: Mesh of the form.
        target: A form, or an expression and its points.
    """
    comm = domain.ufl_cargo().comm
    options = get_options()
    arguments = _arguments(options, comm)
    # Everything that FFCx names a file after, but for its place.
    given = options | {"cache_dir": None, COMPILER: arguments}
    python = [sysconfig.get_config_var(name) for name in ("CFLAGS", "SOABI")]
    tag = str((sorted(given.items()), sorted(ffcx.options.get_options().items()), python))
    name = ffcx.naming.compute_signature([target], tag)
    folder = options["cache_dir"] / FOLDER / name[:2] / name[2:]

    def make(place: Path) -> None:
        scalar = {"scalar_type": default_scalar_type}
        here = given | {"cache_dir": place}
        ffcx_jit(MPI.COMM_SELF, target, form_compiler_options=scalar, jit_options=here)

    provide(comm, folder, make)
    return {"cache_dir": folder, COMPILER: arguments}


def _arguments(options: dict[str, Any], comm: MPI.Comm) -> list[str]:
    """Return the arguments of the compiler, the same on all ranks: one compiles for all."""
    if VARIABLE in os.environ:
        return shlex.split(os.environ[VARIABLE])
    if options[COMPILER] != DOLFINX_DEFAULT_JIT_OPTIONS[COMPILER][0]:  # the user has set some
        return list(options[COMPILER])
    return [*OPTIMISED, *(AVX2 if comm.allreduce(_has_avx2(), op=MPI.LAND) else ())]


@cache
def _has_avx2() -> bool:
    """Return whether this rank's processor has the instructions, as far as Linux knows."""
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return {"avx2", "fma"} <= set(flags)


def is_whole(folder: Path) -> bool:
    """Return whether a folder holds a compiled form, and nothing incomplete."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    stems = [name.removesuffix(_SOURCE) for name in names if name.endswith(_SOURCE)]
    return bool(stems) and all({s + _READY, s + _LIBRARY} <= {*names} for s in stems)


def provide(comm: MPI.Comm, folder: Path, make: Callable[[Path], object]) -> None:
    """Make sure that a folder holds a compiled form, for all ranks; collective.

    One process makes the form; the others sleep meanwhile, and leave it the processor.

    Args:
        comm: The ranks.
        folder: The folder.
        make: Makes the compiled form in the empty folder that it is given.

    Raises:
        OutputError: The cache cannot be written to; the same on all ranks.
        RuntimeError: The form could not be made for another reason; on all ranks.
    """
    if not comm.allreduce(not is_whole(folder), op=MPI.LOR):
        return
    # Rank 0, then those on other machines, where these have a cache of their own.
    for turn in (comm.rank == 0, comm.rank > 0):
        failure = None
        if turn and not is_whole(folder):
            try:
                _make_beside(folder, make)
            except Exception as error:  # the other ranks must learn of any error
                failure = error
        _sleeping_barrier(comm)
        reasons = comm.allgather(None if failure is None else _reason(folder, failure))
        first = next((reason for reason in reasons if reason is not None), None)
        if first is not None:
            reason, is_of_disk = first
            if is_of_disk:
                raise _no_room(folder.parent.parent.parent, reason) from failure
            raise RuntimeError(f"a form could not be compiled: {reason}") from failure


def _no_room(folder: Path, reason: str) -> OutputError:
    return OutputError(
        f"compiled forms cannot be kept in {folder}: {reason}",
        "make room there, or set XDG_CACHE_HOME to a folder that you may write to",
    )


def _reason(folder: Path, failure: Exception) -> tuple[str, bool]:
    """Return what went wrong, and whether the disk, not the form, is to blame.

    A compiler that has no room left says so in words of its own, if at all.
    """
    if isinstance(failure, OSError):
        return str(failure), True
    with suppress(OSError):
        free = shutil.disk_usage(folder.parent).free
        if free < LEAST:
            return f"{free / 1e6:.1f} MB are free there", True
    return f"{type(failure).__name__}: {failure}", False


def _make_beside(folder: Path, make: Callable[[Path], object]) -> None:
    """Make the form in a folder beside its own, which then takes the final name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder.parent):
        if is_whole(folder):
            return  # another process made it meanwhile
        _remove_abandoned(folder.parent)
        workshop = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        try:
            made = workshop / "made"
            made.mkdir()
            make(made)
            # A lock may hold on one machine only, or not at all, so the form may exist by now.
            if not is_whole(folder):
                if folder.exists():
                    folder.rename(workshop / "broken")
                try:
                    made.rename(folder)
                except OSError:
                    if not is_whole(folder):
                        raise
        finally:
            shutil.rmtree(workshop, ignore_errors=True)


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; without locks work may be done twice.

    The lock goes with the process, however that ends.
    """
    with (place / "lock").open("a") as file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_abandoned(place: Path) -> None:
    """Delete what processes left that were killed."""
    for old in place.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # another process was quicker
            if time.time() - old.stat().st_mtime > DAY:
                shutil.rmtree(old, ignore_errors=True)


def _sleeping_barrier(comm: MPI.Comm) -> None:
    """Wait asleep until all ranks are here; a barrier of MPI would occupy the processor."""
    arrived, pause = comm.Ibarrier(), 1e-3
    while not arrived.Test():
        time.sleep(pause)
        pause = min(2.0 * pause, 0.05)
