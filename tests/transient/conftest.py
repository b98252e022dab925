"""Fixtures: cases as files, and one uninterrupted run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from mpi4py import MPI

import pytest
from small_runs import CELL

from femsoret.case import Case, load_case
from femsoret.commands.run import run_case

COMM = MPI.COMM_WORLD


@pytest.fixture
def case(shared_tmp: Path) -> Callable[..., Case]:
    """Return a function that writes a case file, and reads it with changes."""

    def read(text: str = CELL, *overrides: str) -> Case:
        path = shared_tmp / "case.toml"
        if COMM.rank == 0:
            path.write_text(text, encoding="utf-8")
        COMM.barrier()
        return load_case(path, overrides)

    return read


@pytest.fixture(scope="session")
def uninterrupted() -> Iterator[Path]:
    """Give the folder of a run that nothing interrupted."""
    made = tempfile.mkdtemp(prefix="femsoret-") if COMM.rank == 0 else None
    folder = Path(COMM.bcast(made, root=0))
    if COMM.rank == 0:
        (folder / "case.toml").write_text(CELL, encoding="utf-8")
    COMM.barrier()
    run_case(load_case(folder / "case.toml"), COMM, folder / "out")
    yield folder / "out"
    COMM.barrier()
    if COMM.rank == 0:
        shutil.rmtree(folder)
