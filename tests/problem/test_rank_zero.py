"""What rank 0 does for all ranks, and how its errors reach them."""

from __future__ import annotations

import pytest

from femsoret.base.errors import CaseError
from femsoret.base.ranks import from_root

pytestmark = pytest.mark.ranks


def refused():
    raise CaseError("refused", "try another")


def test_all_ranks_get_what_rank_0_found(comm):
    assert from_root(comm, lambda: {"rank": comm.rank}) == {"rank": 0}


def test_an_error_of_rank_0_is_raised_on_all_ranks(comm):
    with pytest.raises(CaseError, match="refused") as caught:
        from_root(comm, refused)
    assert caught.value.hint == "try another"


def test_what_cannot_be_sent_leaves_no_rank_waiting(comm):
    if comm.size == 1:
        pytest.skip("one rank sends nothing")
    with pytest.raises(Exception, match=r"pickle|local object"):
        from_root(comm, lambda: lambda: None)
    comm.barrier()
