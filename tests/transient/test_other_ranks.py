"""A run in 3D that was stopped on two ranks goes on with one, and with three."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import BOX, largest_difference

from femsoret.commands.run import resume_case, run_case

pytestmark = [pytest.mark.serial, pytest.mark.alone]

SECONDS = 300
OVERSUBSCRIBED = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
"""Open MPI refuses more ranks than cores unless told otherwise."""


def on_ranks(number, *arguments):
    """Call Python on a number of ranks, and return its status and what it said."""
    process = subprocess.Popen(
        ["mpirun", "-n", str(number), sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **OVERSUBSCRIBED},
    )
    try:
        said, _ = process.communicate(timeout=SECONDS)
    finally:
        if process.poll() is None:
            process.terminate()  # so that mpirun ends its ranks
            process.communicate()
    return process.returncode, said


def test_stopped_on_two_ranks_goes_on_with_one_and_with_three(case, comm, shared_tmp):
    whole, one, three = (shared_tmp / name for name in ("whole", "one", "three"))
    run_case(case(BOX), comm, whole)
    script = Path(__file__).with_name("stop_on_ranks.py")
    status, said = on_ranks(2, script, shared_tmp / "case.toml", one, 6)
    assert status == 143, said
    shutil.copytree(one, three)
    resume_case(one, comm)
    assert largest_difference(one, whole) < 1e-10
    status, said = on_ranks(3, "-m", "femsoret", "resume", three)
    assert status == 0, said
    assert largest_difference(three, whole) < 1e-10
