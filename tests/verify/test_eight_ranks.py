"""More ranks than cores, and hardly any mesh cells for each."""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

import pytest
from eight_ranks import found
from ranks import under_mpirun

SECONDS = 240


@pytest.mark.serial
def test_multigrid_on_eight_ranks():
    alone = found(MPI.COMM_SELF)
    together = under_mpirun(Path(__file__).with_name("eight_ranks.py"), 8, SECONDS)
    assert together["ranks"] == 8
    assert together["same"]
    # Newton's tolerance is 1e-8. Sweeps stop at the borders between ranks, which are everywhere.
    for side in ("left", "right"):
        assert together[side] == pytest.approx(alone[side], rel=1e-6)
    assert together["outer"] <= 2.0 * alone["outer"]
