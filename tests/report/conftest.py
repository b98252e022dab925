"""Small real solves, one of each kind that a page must tell apart; solved once."""

from __future__ import annotations

import pytest
from report_cases import Solved, by_groups, from_data, pure, sign_change


@pytest.fixture(scope="session")
def square() -> Solved:
    return Solved(by_groups(), "groups")


@pytest.fixture(scope="session")
def heated() -> Solved:
    return Solved(pure(), "groups")


@pytest.fixture(scope="session")
def unbiased() -> Solved:
    return Solved(sign_change(), "groups")


@pytest.fixture(scope="session")
def physical() -> Solved:
    return Solved(from_data(), "SI")
