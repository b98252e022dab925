"""Soret and Dufour effect together, in convection between walls of given composition."""

from __future__ import annotations

import pytest
from double_diffusive import square, transfer

from femsoret.fluids.groups import DoubleDiffusiveGroups

# Le = 1, Sr = Df = s, N = 1: T and C are one field, with s more conduction and twice the buoyancy.
# Ra and Pr are chosen so that the single fluid is the heated square, Ra = 1e4 and Pr = 0.71,
# whose spectral Nusselt number is 2.24482: Nu = Sh = (1 + s) 2.24482.
SINGLE = DoubleDiffusiveGroups(Ra=1e4, Pr=0.71, Le=1.0)
NU_SINGLE = 2.24482
# Chebyshev spectral solution.
ROW = DoubleDiffusiveGroups(Ra=1e4, Pr=0.71, Le=2.0, N=1.0, Sr=0.3, Df=0.3)


def mapped(s):
    return DoubleDiffusiveGroups(
        Ra=0.5e4 * (1 + s), Pr=0.71 * (1 + s), Le=1.0, N=1.0, Sr=s, Df=s
    )


@pytest.mark.parametrize("s", [0.2, 0.5, 0.8])
def test_map_to_a_single_fluid_is_exact_on_any_mesh(s):
    single = transfer(square(SINGLE, 8, pure=True))
    for name, value in transfer(square(mapped(s), 8)).items():
        wall = name.split()[1]
        assert value == pytest.approx((1 + s) * single[f"Nu {wall}"], rel=1e-9), name


def test_single_fluid_is_the_heated_square():
    found = transfer(square(SINGLE, 16, pure=True))
    assert found == pytest.approx({"Nu hot": NU_SINGLE, "Nu cold": NU_SINGLE}, rel=1e-4)


@pytest.mark.parametrize("s", [0.2, 0.5, 0.8])
def test_mapped_nusselt_and_sherwood_number(s):
    for name, value in transfer(square(mapped(s), 16)).items():
        assert value == pytest.approx((1 + s) * NU_SINGLE, rel=1e-4), name


def test_spectral_nusselt_and_sherwood_number():
    found = transfer(square(ROW, 16))
    for wall in ("hot", "cold"):
        assert found[f"Nu {wall}"] == pytest.approx(3.24187, rel=1e-4)
        assert found[f"Sh {wall}"] == pytest.approx(4.20480, rel=1e-4)
    # Reactions conserve to round-off, whatever the mesh.
    assert found["Nu hot"] == pytest.approx(found["Nu cold"], rel=1e-11)
    assert found["Sh hot"] == pytest.approx(found["Sh cold"], rel=1e-11)
