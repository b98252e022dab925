"""The same numbers on one, two and three ranks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from mpi4py import MPI

import pytest
from on_ranks import all_numbers

SCRIPT = Path(__file__).with_name("on_ranks.py")
REL = 1e-9
SECONDS = 180


@pytest.fixture(scope="module")
def on_one_rank():
    return all_numbers(MPI.COMM_SELF)


def on_ranks(count):
    """Run the script under an mpirun of its own and return what it prints."""
    # This process has started MPI itself, and what says so must not reach the new one.
    ours = ("OMPI_", "PMIX_", "PRTE_", "PMI_", "HYDRA_", "MPIR_", "MPI_")
    keep = ("OMPI_MCA_", "PRTE_MCA_", "OMPI_ALLOW_", "PMIX_MCA_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(keep) or not name.startswith(ours)
    }
    run = subprocess.run(
        ["mpirun", "-n", str(count), sys.executable, str(SCRIPT)],
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.serial
@pytest.mark.parametrize("count", [2, 3])
def test_same_numbers(on_one_rank, count):
    found = on_ranks(count)
    assert found["ranks"] == count
    assert found["same everywhere"]
    assert found["numbers"].keys() == on_one_rank.keys()
    errors = {
        name: abs(found["numbers"][name][0] - value) / abs(scale)
        for name, (value, scale) in on_one_rank.items()
    }
    assert max(errors.values()) <= REL, {n: e for n, e in errors.items() if e > REL}


@pytest.mark.serial
def test_the_cells_are_stirred(on_one_rank):
    # Without convection the comparison would show little.
    assert abs(on_one_rank["cell: bias"][0]) > 1e-2
    assert abs(on_one_rank["box: bias"][0]) > 1e-3
