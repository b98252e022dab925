"""Fixtures: problems in known states, nothing solved."""

from __future__ import annotations

import pytest
from io_known import make, set_known


@pytest.fixture(params=[2, 3], ids=["2d", "3d"])
def dim(request):
    return request.param


@pytest.fixture
def known(comm, dim):
    return set_known(make(comm, dim))


@pytest.fixture
def known_2d(comm):
    return set_known(make(comm, 2))
