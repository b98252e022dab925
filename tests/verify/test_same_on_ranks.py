"""The same numbers on one, two and three ranks."""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

import pytest
from on_ranks import all_numbers
from ranks import under_mpirun
from tolerances import REPEATED

SCRIPT = Path(__file__).with_name("on_ranks.py")
REL = 0.1 * REPEATED
SECONDS = 180


@pytest.fixture(scope="module")
def on_one_rank():
    return all_numbers(MPI.COMM_SELF)


@pytest.mark.alone
@pytest.mark.serial
@pytest.mark.parametrize("count", [2, 3])
def test_same_numbers(on_one_rank, count):
    found = under_mpirun(SCRIPT, count, SECONDS)
    assert found["ranks"] == count
    assert found["same everywhere"]
    assert found["numbers"].keys() == on_one_rank.keys()
    errors = {
        name: abs(found["numbers"][name][0] - value) / abs(scale)
        for name, (value, scale) in on_one_rank.items()
    }
    assert max(errors.values()) <= REL, {n: e for n, e in errors.items() if e > REL}


@pytest.mark.alone
@pytest.mark.serial
def test_the_cells_are_stirred(on_one_rank):
    # Without convection the comparison would show little.
    assert abs(on_one_rank["cell: bias"][0]) > 1e-2
    assert abs(on_one_rank["box: bias"][0]) > 1e-3
