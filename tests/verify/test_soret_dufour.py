"""Soret and Dufour effect together, in convection between walls of given composition."""

from __future__ import annotations

import pytest
from double_diffusive import square, transfer

from femsoret.fluids.groups import DoubleDiffusiveGroups

# Le = 1, Sr = Df = s, N = 1: T and C are one field, with s more conduction and twice the buoyancy.
S = 0.5
MAPPED = DoubleDiffusiveGroups(Ra=7500.0, Pr=1.065, Le=1.0, N=1.0, Sr=S, Df=S)
SINGLE = DoubleDiffusiveGroups(Ra=2 * 7500.0 / (1 + S), Pr=1.065 / (1 + S), Le=1.0)
# Chebyshev spectral solution.
ROW = DoubleDiffusiveGroups(Ra=1e4, Pr=0.71, Le=2.0, N=1.0, Sr=0.3, Df=0.3)


def test_map_to_a_single_fluid_is_exact_on_any_mesh():
    single = transfer(square(SINGLE, 8, pure=True))
    for name, value in transfer(square(MAPPED, 8)).items():
        wall = name.split()[1]
        assert value == pytest.approx((1 + S) * single[f"Nu {wall}"], rel=1e-9), name


def test_single_fluid_is_the_heated_square():
    # Ra = 1e4, Pr = 0.71: spectral value.
    found = transfer(square(SINGLE, 16, pure=True))
    assert found == pytest.approx({"Nu hot": 2.24482, "Nu cold": 2.24482}, rel=1e-4)


def test_mapped_nusselt_and_sherwood_number():
    for name, value in transfer(square(MAPPED, 16)).items():
        assert value == pytest.approx(3.3672, rel=1e-4), name


def test_spectral_nusselt_and_sherwood_number():
    found = transfer(square(ROW, 16))
    for wall in ("hot", "cold"):
        assert found[f"Nu {wall}"] == pytest.approx(3.24187, rel=1e-4)
        assert found[f"Sh {wall}"] == pytest.approx(4.20480, rel=1e-4)
    # Reactions conserve to round-off, whatever the mesh.
    assert found["Nu hot"] == pytest.approx(found["Nu cold"], rel=1e-11)
    assert found["Sh hot"] == pytest.approx(found["Sh cold"], rel=1e-11)
