"""Parallel flow in closed cells: one row each of the verification table; demos run the others."""

from __future__ import annotations

import pytest
from cases import COLUMN, UNICELLULAR, check
from columns import column, unicellular


@pytest.mark.slow
def test_column_at_its_optimum():
    check(COLUMN, "X = 602.39", column(602.39)[0])


def test_unicellular_cell():
    check(UNICELLULAR, "Ra Le psi = 1440", unicellular(1440.0)[0])
