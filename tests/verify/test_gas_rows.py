"""Gases of the verification table."""

from __future__ import annotations

import gases
import pytest
from cases import GAS_COLUMN, GASES, check


@pytest.mark.parametrize("given", gases.exact())
def test_first_approximation(given):
    check(GASES, given, gases.exact()[given])


def test_cantera():
    pytest.importorskip("cantera", reason="gases are computed with Cantera")
    for given, found in gases.computed().items():
        check(GASES, given, found)


@pytest.mark.slow
def test_column():
    pytest.importorskip("cantera", reason="gases are computed with Cantera")
    found, _ = gases.column()
    check(GAS_COLUMN, "width 6.7 mm", found)
