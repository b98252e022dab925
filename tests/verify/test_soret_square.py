"""The closed Soret square: what convection leaves of the separation, against spectral values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import weak_flow
from cases import SORET, WEAK_FLOW, check, rows
from squares import SORET_ROWS, Soret, soret_numbers

from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, LocalProperties
from femsoret.studies.measure.solution import solve

WITH_PSI = "Ra Le = 1e3, psi = 0.2"


@pytest.mark.parametrize("row", SORET_ROWS)
def test_spectral_values(row):
    check(SORET, row, soret_numbers(solve(SORET_ROWS[row].square())))


def test_weak_flow_takes_away_in_proportion_to_its_square():
    lost = {X: soret_numbers(solve(Soret(X).square(12)))["1 - S_x"] for X in (0.1, 1.0)}
    assert lost[1.0] == pytest.approx(WEAK_FLOW, rel=1e-3)  # 12 x 12 mesh cells
    assert lost[1.0] / lost[0.1] == pytest.approx(100.0, rel=1e-4)


def test_the_coefficient_of_weak_flow_is_that_of_another_method():
    coarse, fine = (weak_flow.coefficients(degree) for degree in (10, 16))
    assert fine == pytest.approx(coarse, rel=1e-5)
    assert fine == pytest.approx((2.270787e-7, 1.460119e-7), rel=1e-6)
    assert weak_flow.lost(1.0, Le=100.0) == pytest.approx(WEAK_FLOW, rel=1e-6)


# -- the sign of S_T -----------------------------------------------------------------------------


@dataclass(frozen=True)
class WrongSign(BoussinesqMixture):
    """A mixture in whose flux the Soret term has the wrong sign."""

    def at(self, T: Any, c: tuple[Any, ...]) -> LocalProperties:
        at = super().at(T, c)
        return replace(at, D_T=tuple(-D_T for D_T in at.D_T))


def with_wrong_sign(experiment):
    m = experiment.mixture
    return replace(experiment, mixture=WrongSign(**{f: getattr(m, f) for f in m.__match_args__}))


def test_the_table_finds_a_wrong_sign_in_the_flux():
    found = soret_numbers(solve(with_wrong_sign(SORET_ROWS[WITH_PSI].square(12))))
    assert not any(case.holds(found[case.quantity]) for case in rows(SORET, WITH_PSI))
    # Even where only magnitudes are looked at: what should help the flow along now holds it back.
    right, neutral = (
        soret_numbers(solve(SORET_ROWS[row].square(12)))["S_x"]
        for row in (WITH_PSI, "Ra Le = 1e3, psi = 0")
    )
    assert right < neutral < abs(found["S_x"])


def test_the_other_sign_of_the_soret_coefficient_is_the_other_sign_of_psi():
    experiment = SORET_ROWS[WITH_PSI].square(12)
    (law,) = experiment.mixture.species
    other = replace(law, soret=Constant(-law.soret.value))
    flipped = solve(replace(experiment, mixture=replace(experiment.mixture, species=(other,))))
    assert flipped.soret.at.separation < 0.0  # component 1 in the warm
    # S is in units of the gravity-free separation and so keeps its sign; only psi has changed.
    expected = soret_numbers(solve(Soret(1e3, psi=-0.2).square(12)))
    found = soret_numbers(flipped)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    assert found["S_x"] > rows(SORET, "Ra Le = 1e3, psi = 0")[0].expected + 0.02


def test_flow_lifts_what_gathers_at_the_hot_wall():
    # S_T > 0: water-like component 1 is in the cold, which sinks: c is larger at the bottom.
    solution = solve(Soret(1e3).square(8))
    assert solution.soret.at.gamma_cold > 0.0 > solution.soret.at.gamma_hot
    (vertical,) = solution.experiment.extra_readings
    top, bottom = (
        wall.of(solution.convection, "gamma_0") for wall in (vertical.hot, vertical.cold)
    )
    assert top < 0.0 < bottom
    assert soret_numbers(solution)["S_y"] > 0.0
