"""More ranks than cores, and hardly any mesh cells for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mpi4py import MPI

import pytest
from eight_ranks import PRESETS, found
from ranks import under_mpirun

SECONDS = 600


@pytest.fixture(scope="module")
def together() -> dict[str, Any]:
    return under_mpirun(Path(__file__).with_name("eight_ranks.py"), 8, SECONDS)


@pytest.mark.serial
@pytest.mark.parametrize("preset", PRESETS)
def test_an_iterative_solver_on_eight_ranks(preset, together):
    alone, eight = found(MPI.COMM_SELF, preset), together[preset]
    assert together["ranks"] == 8
    assert together["same"]
    # Newton's tolerance is 1e-8. Sweeps stop at the borders between ranks, which are everywhere.
    for side in ("left", "right"):
        assert eight[side] == pytest.approx(alone[side], rel=1e-6)
    # With an even number of sweeps, or undamped ones, 213 and 266 instead of 25 and 34.
    assert eight["outer"] <= 2.0 * alone["outer"]
