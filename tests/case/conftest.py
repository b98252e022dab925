"""Reading case files needs little, and little to clean up."""

from __future__ import annotations

import gc
from collections.abc import Iterator

from mpi4py import MPI

import pytest

COMM = MPI.COMM_WORLD


@pytest.fixture(autouse=True)
def collected_together(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect as in all tests, but only where a mesh was made: most tests here only read."""
    yield
    if "comm" in request.fixturenames:
        gc.collect()
    COMM.barrier()
