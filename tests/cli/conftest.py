"""The command line, called in this process on all ranks."""

from __future__ import annotations

from collections.abc import Callable

from mpi4py import MPI

import pytest
from cli_calls import Said

from femsoret.cli import app

COMM = MPI.COMM_WORLD


@pytest.fixture
def femsoret(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Return a function that calls the command line; what C libraries print counts too."""

    def call(*arguments: object) -> Said:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        mine = (int(ended.value.code or 0), captured.out, captured.err)
        return Said(*zip(*COMM.allgather(mine), strict=True))

    return call
