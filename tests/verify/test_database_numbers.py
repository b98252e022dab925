"""What follows from the fluid database: converted forms, and hydrogen that moves in a metal."""

from __future__ import annotations

import pytest
from cases import CONVERSIONS, METAL, check
from database_numbers import argon_and_helium, hydrogen_in_zirconium


def test_argon_and_helium():
    check(CONVERSIONS, "argon and helium, x = 0.5, 300 K, alpha_T = 0.382", argon_and_helium())


@pytest.mark.ranks
def test_hydrogen_in_zirconium():
    check(METAL, "Zircaloy, 580 to 650 K, Q* = 25 kJ/mol", hydrogen_in_zirconium())
