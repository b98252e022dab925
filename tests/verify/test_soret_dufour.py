"""Soret and Dufour effect together, in convection between walls of given composition."""

from __future__ import annotations

import pytest
from cases import DOUBLE, HEATED, check, rows
from double_diffusive import square, transfer

from femsoret.fluids.groups import DoubleDiffusiveGroups

# Le = 1, Sr = Df = s, N = 1: T and C are one field, with s more conduction and twice the buoyancy.
# Ra and Pr are chosen so that the single fluid is the heated square, Ra = 1e4 and Pr = 0.71,
# whose Nusselt number is known: Nu = Sh = (1 + s) times that.
SINGLE = DoubleDiffusiveGroups(Ra=1e4, Pr=0.71, Le=1.0)
ROW = DoubleDiffusiveGroups(Ra=1e4, Pr=0.71, Le=2.0, N=1.0, Sr=0.3, Df=0.3)


def mapped(s):
    return DoubleDiffusiveGroups(Ra=0.5e4 * (1 + s), Pr=0.71 * (1 + s), Le=1.0, N=1.0, Sr=s, Df=s)


@pytest.mark.parametrize("s", [0.2, 0.5, 0.8])
def test_map_to_a_single_fluid_is_exact_on_any_mesh(s):
    single = transfer(square(SINGLE, 8, pure=True))
    for name, value in transfer(square(mapped(s), 8)).items():
        wall = name.split()[1]
        assert value == pytest.approx((1 + s) * single[f"Nu {wall}"], rel=1e-9), name


def test_single_fluid_is_the_heated_square():
    found = transfer(square(SINGLE, 16, pure=True))
    (spectral,) = (case for case in rows(HEATED, "Ra = 1e4") if case.quantity == "Nu hot")
    assert spectral.holds(found["Nu hot"])
    assert spectral.holds(found["Nu cold"])


@pytest.mark.parametrize("s", [0.2, 0.5, 0.8])
def test_mapped_nusselt_and_sherwood_number(s):
    check(DOUBLE, f"Le = 1, Sr = Df = {s:g}", transfer(square(mapped(s), 16)))


def test_spectral_nusselt_and_sherwood_number():
    found = transfer(square(ROW, 20))
    check(DOUBLE, "Le = 2, Sr = Df = 0.3", found)
    # Reactions conserve to round-off, whatever the mesh.
    assert found["Nu hot"] == pytest.approx(found["Nu cold"], rel=1e-11)
    assert found["Sh hot"] == pytest.approx(found["Sh cold"], rel=1e-11)
