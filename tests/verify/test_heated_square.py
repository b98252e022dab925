"""The heated square of de Vahl Davis against spectral values, with at most 14,000 unknowns."""

from __future__ import annotations

import pytest
from cases import HEATED, check
from squares import heated_square_numbers, table_square

from femsoret.studies.measure.solution import solve

RAYLEIGH = ("1e3", "1e4", "1e5", "1e6")


@pytest.mark.parametrize("Ra", [*RAYLEIGH[:-1], pytest.param("1e6", marks=pytest.mark.slow)])
def test_spectral_values(comm, Ra):
    solution = solve(table_square(float(Ra), comm=comm))  # from rest
    assert solution.convection.num_dofs <= 14_000
    found = heated_square_numbers(solution)
    check(HEATED, f"Ra = {Ra}", found)
    assert found["Nu hot"] == pytest.approx(found["Nu cold"], rel=1e-9)
