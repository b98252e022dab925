"""Onsets of convection against what is known."""

from __future__ import annotations

import pytest
from cases import ONSET, check
from onsets import ONSETS


@pytest.mark.parametrize("given", ONSETS)
def test_onset(given, comm):
    values, _ = ONSETS[given].numbers(comm)
    check(ONSET, given, values)
    assert (values["frequency"] > 0.0) == ("psi = -0.25" in given)
