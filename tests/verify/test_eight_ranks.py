"""More ranks than cores, and hardly any mesh cells for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mpi4py import MPI

import pytest
from eight_ranks import PRESETS, found
from ranks import under_mpirun

SECONDS = 300


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    return {preset: found(MPI.COMM_SELF, preset) for preset in PRESETS}


@pytest.fixture(scope="module")
def together(alone) -> dict[str, Any]:
    """Solved after the other, so that eight ranks find all forms compiled."""
    return under_mpirun(Path(__file__).with_name("eight_ranks.py"), 8, SECONDS)


@pytest.mark.alone
@pytest.mark.serial
@pytest.mark.parametrize("preset", PRESETS)
def test_an_iterative_solver_on_eight_ranks(preset, alone, together):
    one, eight = alone[preset], together[preset]
    assert together["ranks"] == 8
    assert together["same"]
    # Sweeps stop at the borders between ranks, which are everywhere.
    for side in ("left", "right"):
        assert eight[side] == pytest.approx(one[side], rel=1e-6)
    # With an even number of sweeps, or undamped ones, 213 and 266 instead of 25 and 34.
    assert eight["outer"] <= 2.0 * one["outer"]
