"""The same numbers on any number of ranks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mpi4py import MPI

import pytest
from tolerances import REPEATED

Numbers = Mapping[str, float]


def assert_same_on_all_ranks(
    compute: Callable[[MPI.Comm], Numbers],
    scales: Numbers | None = None,
    rel: float = 0.1 * REPEATED,
) -> None:
    """Check that all ranks together find what each finds alone.

    Args:
        compute: Returns named numbers on a communicator.
        scales: Name -> size that an error counts against, for numbers that may be small or zero;
            otherwise the number itself.
        rel: Largest error relative to the scale.
    """
    together, alone = compute(MPI.COMM_WORLD), compute(MPI.COMM_SELF)
    everywhere = MPI.COMM_WORLD.allgather(dict(together))
    assert all(found == everywhere[0] for found in everywhere), "ranks report different numbers"
    assert together.keys() == alone.keys()
    for name, value in alone.items():
        scale = abs((scales or {}).get(name, value))
        assert together[name] == pytest.approx(value, rel=0.0, abs=rel * scale), name


def under_mpirun(script: Path, count: int, seconds: float) -> Any:
    """Run a script under an mpirun of its own; return what it prints last, read as JSON.

    Args:
        script: The script.
        count: Number of ranks, which may be more than there are cores.
        seconds: After which it counts as hanging.
    """
    # This process has started MPI itself, and what says so must not reach the new one.
    ours = ("OMPI_", "PMIX_", "PRTE_", "PMI_", "HYDRA_", "MPIR_", "MPI_")
    keep = ("OMPI_MCA_", "PRTE_MCA_", "OMPI_ALLOW_", "PMIX_MCA_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(keep) or not name.startswith(ours)
    }
    # Ranks that wait give way: there may be more of them than cores.
    environment |= {"OMP_NUM_THREADS": "1", "OMPI_MCA_mpi_yield_when_idle": "1"}
    process = subprocess.Popen(
        ["mpirun", "-n", str(count), sys.executable, str(script)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            process.terminate()  # so that mpirun ends its ranks; killed, it would leave them behind
            process.communicate()
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])
