"""Tests run on one rank and, the same files, under mpirun."""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from mpi4py import MPI

import pytest
from _pytest._io import TerminalWriter
from distribution import groups, listed_as_slow, needs_both_versions, needs_ranks

# Workers of pytest-xdist inherit the 80 columns that readline, which pytest loads, believes in.
os.environ.pop("COLUMNS", None)

COMM = MPI.COMM_WORLD


@pytest.hookimpl(trylast=True)  # the terminal reporter must be there to be silenced
def pytest_configure(config: pytest.Config) -> None:
    try:
        # Without DOLFINx little would be tested, and that must not look green.
        import dolfinx  # noqa: F401
    except ImportError as error:
        raise pytest.UsageError(f"DOLFINx cannot be imported: {error}") from error
    if COMM.rank > 0:
        # Silenced, not unregistered: pytest asks the reporter for its writer to explain a failure.
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter._tw = TerminalWriter(io.StringIO())
        config.pluginmanager.register(FailuresOnly())


class FailuresOnly:
    """What ranks above 0 say: their failures and no more."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say(report.nodeid, report.when, report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._say(report.nodeid, "collection", report.longreprtext)

    def _say(self, *lines: str) -> None:
        print(f"[rank {COMM.rank}]", *lines, sep="\n", file=sys.stderr, flush=True)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the names of groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here, listed = Path(__file__).parent, listed_as_slow()
    for item in items:
        file = item.path.relative_to(here)
        if needs_ranks(file):
            item.add_marker("ranks")
        if f"{file}::{item.name}" in listed:
            item.add_marker("slow")
        if item.get_closest_marker("slow") and not needs_both_versions(file):
            item.add_marker("once")
    if config.pluginmanager.has_plugin("xdist"):
        for item, name in groups(items).items():
            item.add_marker(pytest.mark.xdist_group(name))
    if COMM.size > 1:
        # Skipped, not deselected, so that the summary counts them.
        skip = pytest.mark.skip(reason=f"needs exactly one rank, there are {COMM.size}")
        for item in items:
            if item.get_closest_marker("serial"):
                item.add_marker(skip)


def pytest_collection_finish() -> None:
    # What exists by now stays: left to the collection after each test, it took a tenth of a second.
    gc.collect()
    gc.freeze()


FILES = 8
"""Number of files after which everything is collected, which takes a fifth of a second and more."""

_finished = count(1)


@pytest.fixture(scope="module", autouse=COMM.size > 1)
def frozen_for_some_files() -> Iterator[None]:
    """Let go of what the tests of files shared: collections between them do not look at it."""
    yield
    if next(_finished) % FILES == 0:  # on all ranks at once, since they run the same files
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=COMM.size > 1)
def collected_together() -> Iterator[None]:
    """Destroy PETSc and MPI objects of a test on all ranks before the next test starts.

    Python collects whenever a rank has made enough objects, and some destructors wait for the
    other ranks. What survives is not looked at again before the file ends. One rank alone needs
    none of this.
    """
    yield
    gc.collect()
    gc.freeze()
    COMM.barrier()


@pytest.fixture
def comm() -> MPI.Comm:
    return COMM


@pytest.fixture
def shared_tmp() -> Iterator[Path]:
    """Give a directory that is the same on all ranks, and empty."""
    made = tempfile.mkdtemp(prefix="femsoret-") if COMM.rank == 0 else None
    path = Path(COMM.bcast(made, root=0))
    yield path
    COMM.barrier()
    if COMM.rank == 0:
        shutil.rmtree(path)


@pytest.fixture
def write(shared_tmp: Path) -> Callable[..., Path]:
    """Return a function that writes a file of the test, and gives its path on all ranks."""

    def to_file(text: str, name: str = "case.toml") -> Path:
        path = shared_tmp / name
        COMM.barrier()  # another rank may still read what was there
        if COMM.rank == 0:
            path.write_text(text, encoding="utf-8")
        COMM.barrier()
        return path

    return to_file
