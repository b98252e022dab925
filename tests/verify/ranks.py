"""The same numbers on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mpi4py import MPI

import pytest

Numbers = Mapping[str, float]


def assert_same_on_all_ranks(
    compute: Callable[[MPI.Comm], Numbers], scales: Numbers | None = None, rel: float = 1e-9
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
