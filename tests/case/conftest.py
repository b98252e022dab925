"""Case files for the tests, the same on all ranks."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

from mpi4py import MPI

import pytest

COMM = MPI.COMM_WORLD
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def collected_together(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect as in all tests, but only where a mesh was made: most tests here only read."""
    yield
    if "comm" in request.fixturenames:
        gc.collect()
    COMM.barrier()


@pytest.fixture
def write(shared_tmp: Path) -> Write:
    """Return a function that writes a file next to the others of the test."""

    def to_file(text: str, name: str = "cell.toml") -> Path:
        path = shared_tmp / name
        if COMM.rank == 0:
            path.write_text(text, encoding="utf-8")
        COMM.barrier()
        return path

    return to_file
