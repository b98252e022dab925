"""Compiled forms: a cache with fast look-up, atomic updates and vectorised code.

To find a form that was compiled before, FFCx lists its whole cache folder on every rank, which is
slow when the cache holds thousands of forms. Here each form has its own folder, in one of 256
subfolders of DOLFINx's cache.

FFCx writes ``X.c``, compiles it in place and finally adds ``X.c.cached``. If the process is killed
in between, ``X.c`` remains, and every later process that needs the form waits for ten seconds and
fails, until somebody deletes the file. Here a form is compiled in a temporary folder that is then
renamed in one step. Incomplete forms, whichever program left them, are compiled again.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
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
from typing import IO, Any

from mpi4py import MPI

import ffcx.naming
import ffcx.options
import ufl
from dolfinx import default_scalar_type, fem
from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS, ffcx_jit, get_options

from femsoret.base.errors import OutputError
from femsoret.base.log import get_logger
from femsoret.base.types import Array, Expr, Form

FOLDER = "femsoret"
"""Name of the folder in DOLFINx's cache that holds femsoret's compiled forms."""

COMPILER = "cffi_extra_compile_args"
"""DOLFINx's option with the arguments of the C compiler."""

VARIABLE = "FEMSORET_CFLAGS"
"""Environment variable with C compiler arguments that replace all of the arguments below, for
example "-O2 -g0", DOLFINx's default. It must be the same on all ranks."""

OPTIMISED = ("-O3", "-g0", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")
"""Arguments for gcc and clang that allow sums over quadrature points to be reordered and thus
vectorised. Unlike the full -ffast-math, they neither hide NaNs nor change the floating-point mode
of the process."""

AS_WRITTEN = "-fno-associative-math"
"""Argument for sums of which terms cancel. What one species gains another one loses: reordered, the
two differ by the round-off of rates that may be 10^8 times those of diffusion."""

AVX2 = ("-mavx2", "-mfma")
"""Further arguments if the processors of all ranks support these instructions. They enter the hash
in a form's file name, so machines with different processors can share a cache."""

UNFINISHED = "making-"
"""Prefix of the temporary folders in which forms are compiled."""

DAY = 86400.0
"""Age, in seconds, above which a temporary folder is assumed to be left by a killed process."""

SILENT, PATIENCE = 20.0, 300.0
"""Times, in seconds, after which a process that waits for another one to compile says so, and after
which it compiles without the lock: the other one may have been stopped (Ctrl-Z) and hold it for
ever."""

LEAST = 5_000_000
"""Free disk space, in bytes, below which a compilation failure is attributed to a full disk."""

log = get_logger(__name__)
_PROCESSOR = Path("/proc/cpuinfo")
_SOURCE, _READY, _LIBRARY = ".c", ".c.cached", str(sysconfig.get_config_var("EXT_SUFFIX"))


def compiled(form: Form, *, as_written: bool = False) -> fem.Form:
    """Compile a UFL form, or load it from the cache; collective.

    Args:
        form: UFL form with at least one integral.
        as_written: Whether to keep the order of sums, for terms that cancel.

    Raises:
        OutputError: The cache cannot be written to; raised on all ranks.
        RuntimeError: The form cannot be compiled; the message gives the reason.
    """
    options = _jit_options(form.ufl_domain(), form, as_written=as_written)
    return fem.form(form, jit_options=options)


def compiled_expression(expression: Expr, points: Array) -> fem.Expression:
    """Compile a UFL expression, or load it from the cache; collective.

    Args:
        expression: UFL expression defined on a mesh.
        points: Evaluation points in the reference mesh cell, shape (points, dim).

    Raises:
        OutputError: The cache cannot be written to; raised on all ranks.
        RuntimeError: The expression cannot be compiled; the message gives the reason.
    """
    (domain,) = ufl.domain.extract_domains(expression)
    options = _jit_options(domain, (expression, points))
    return fem.Expression(expression, points, jit_options=options, dtype=default_scalar_type)


def check_cache() -> None:
    """Check early that DOLFINx's JIT options can be read and that its cache folder can be created.

    Raises:
        OutputError: Either check failed; possibly on this rank only, if machines have local disks.
    """
    try:
        folder = get_options()["cache_dir"] / FOLDER
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"cannot read DOLFINx's options for compiled forms: {error}",
            "set HOME (or XDG_CONFIG_HOME) to a folder that you may read, or correct the file",
        ) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_room(folder.parent, str(error)) from error


def _jit_options(
    domain: ufl.Mesh, target: Form | tuple[Expr, Array], *, as_written: bool = False
) -> dict[str, object]:
    """Compile a form if necessary and return the JIT options that make FFCx load it; collective.

    Args:
        domain: UFL mesh of the form.
        target: A form, or a pair of an expression and its evaluation points.
        as_written: Whether to keep the order of sums.
    """
    comm = domain.ufl_cargo().comm
    options = get_options()
    arguments = _arguments(options, comm, as_written=as_written)
    # Everything that enters the hash in FFCx's file names, except the location of the cache.
    given = options | {"cache_dir": None, COMPILER: arguments}
    python = [sysconfig.get_config_var(name) for name in ("CFLAGS", "SOABI")]
    tag = str((sorted(given.items()), sorted(ffcx.options.get_options().items()), python))
    name = ffcx.naming.compute_signature([target], tag)
    folder = options["cache_dir"] / FOLDER / name[:2] / name[2:]

    def make(place: Path) -> None:
        scalar = {"scalar_type": default_scalar_type}
        here = given | {"cache_dir": place}
        with _entry_points_read_once():
            ffcx_jit(MPI.COMM_SELF, target, form_compiler_options=scalar, jit_options=here)

    provide(comm, folder, make)
    return {"cache_dir": folder, COMPILER: arguments}


def _arguments(options: dict[str, Any], comm: MPI.Comm, *, as_written: bool) -> list[str]:
    """Return the C compiler arguments, identical on all ranks because one rank compiles for all."""
    if VARIABLE in os.environ:
        return shlex.split(os.environ[VARIABLE])
    if options[COMPILER] != DOLFINX_DEFAULT_JIT_OPTIONS[COMPILER][0]:  # the user has set some
        return list(options[COMPILER])
    instructions = AVX2 if comm.allreduce(has_avx2(), op=MPI.LAND) else ()
    return [*OPTIMISED, *instructions, *((AS_WRITTEN,) if as_written else ())]


@cache
def has_avx2() -> bool:
    """Return whether Linux reports that this rank's processor supports AVX2 and FMA."""
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return {"avx2", "fma"} <= set(flags)


def is_whole(folder: Path) -> bool:
    """Return whether a folder holds at least one compiled form and no incomplete ones."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    stems = [name.removesuffix(_SOURCE) for name in names if name.endswith(_SOURCE)]
    return bool(stems) and all({s + _READY, s + _LIBRARY} <= {*names} for s in stems)


def provide(comm: MPI.Comm, folder: Path, make: Callable[[Path], object]) -> None:
    """Ensure on all ranks that a folder holds a compiled form; collective.

    One process per file system compiles the form; the other ranks sleep meanwhile instead of
    occupying their processors.

    Args:
        comm: Communicator of the ranks that need the form.
        folder: Folder of the compiled form in the cache.
        make: Function that compiles the form into the empty folder passed to it.

    Raises:
        OutputError: The cache cannot be written to; raised on all ranks.
        RuntimeError: The form could not be compiled for another reason; raised on all ranks.
    """
    if not comm.allreduce(not is_whole(folder), op=MPI.LOR):
        return
    # Rank 0 first, then the ranks on other machines, if those have caches of their own.
    for turn in (comm.rank == 0, comm.rank > 0):
        failure = None
        if turn and not is_whole(folder):
            try:
                _make_beside(folder, make)
            except Exception as error:  # any error must be reported to the other ranks
                failure = error
        _sleeping_barrier(comm)
        reasons = comm.allgather(None if failure is None else _reason(folder, failure))
        first = next((reason for reason in reasons if reason is not None), None)
        if first is not None:
            reason, is_of_disk = first
            if is_of_disk:
                raise _no_room(folder.parent.parent.parent, reason) from failure
            raise RuntimeError(f"cannot compile a form: {reason}") from failure


def _no_room(folder: Path, reason: str) -> OutputError:
    return OutputError(
        f"cannot write compiled forms to {folder}: {reason}",
        "free disk space there, or set XDG_CACHE_HOME to a folder that you may write to",
    )


def _reason(folder: Path, failure: Exception) -> tuple[str, bool]:
    """Return the reason for a failure, and whether the disk rather than the form caused it.

    Compilers report a full disk in their own words, if at all, so the free space is checked, too.
    """
    if isinstance(failure, OSError):
        return str(failure), True
    with suppress(OSError):
        free = shutil.disk_usage(folder.parent).free
        if free < LEAST:
            return f"only {free / 1e6:.1f} MB of disk space are free", True
    return f"{type(failure).__name__}: {failure}", False


def _make_beside(folder: Path, make: Callable[[Path], object]) -> None:
    """Compile a form in a temporary folder and rename that folder to its final name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder.parent):
        if is_whole(folder):
            return  # another process has compiled it meanwhile
        _remove_abandoned(folder.parent)
        workshop = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        try:
            made = workshop / "made"
            made.mkdir()
            make(made)
            # Locks may work on one machine only, or not at all, so the form may exist by now.
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


_entry_points = cache(importlib.metadata.entry_points)


@contextmanager
def _entry_points_read_once() -> Iterator[None]:
    """Let setuptools, by which cffi compiles, read the entry points of all packages only once.

    It reads them six times for each form, which takes a tenth of the time of most forms.
    """
    original = importlib.metadata.entry_points
    vars(importlib.metadata)["entry_points"] = _entry_points
    try:
        yield
    finally:
        vars(importlib.metadata)["entry_points"] = original


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    """Allow only one process at a time to work in a folder, where the file system supports locks.

    Without locks, work may be done twice. The lock is released when the process ends, even if it
    is killed, but not while it is stopped: those that wait say so, and work without the lock after
    a time that no form needs.
    """
    with (place / "lock").open("a") as file:
        with suppress(OSError):
            _wait_for(file, place / "lock")
        yield


def _wait_for(file: IO[str], path: Path) -> None:
    """Lock a file, or give up after ``PATIENCE``."""
    begin, pause, said = time.monotonic(), 1e-3, False
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waited = time.monotonic() - begin
        if waited > PATIENCE:
            log.warning("compiling without the lock %s: its holder seems to stand still", path)
            return
        if waited > SILENT and not said:
            said = True
            log.warning(
                "waiting for another process that compiles a form, and has the lock %s (has it "
                "been stopped, by Ctrl-Z?); after %g s this process compiles without it",
                path,
                PATIENCE,
            )
        time.sleep(pause)
        pause = min(2.0 * pause, 0.1)


def _remove_abandoned(place: Path) -> None:
    """Delete temporary folders left by killed processes."""
    for old in place.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # another process may have deleted it first
            if time.time() - old.stat().st_mtime > DAY:
                shutil.rmtree(old, ignore_errors=True)


def _sleeping_barrier(comm: MPI.Comm) -> None:
    """Wait for all ranks while sleeping; an MPI barrier would keep the processor busy."""
    arrived, pause = comm.Ibarrier(), 1e-3
    while not arrived.Test():
        time.sleep(pause)
        pause = min(2.0 * pause, 0.05)
