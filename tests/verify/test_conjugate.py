"""Conjugate natural convection beside one conducting wall, against other codes and a limit."""

from __future__ import annotations

import pytest
from cases import CONJUGATE, CONJUGATE_NU, check
from conjugate import WALL, enclosure, of_case


@pytest.mark.parametrize("given", [given for given in CONJUGATE_NU if "1e5" in given])
def test_heat_through_wall_and_fluid(given):
    found, _ = of_case(given, 12)
    check(CONJUGATE, given, found)
    assert found["Nu interface"] == pytest.approx(found["Nu"], rel=1e-9)


def test_without_flow_wall_and_fluid_are_in_series():
    found, _ = enclosure(0.0, 0.1, 4)
    assert found["Nu"] == pytest.approx(1.0 / (1.0 - WALL + WALL / 0.1), rel=1e-9)
