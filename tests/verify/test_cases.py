"""The verification table itself."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cases import CASES, CONVERGED, HEATED, SORET, Case, check, rows


def test_a_case_is_named_once():
    names = [(case.problem, case.given, case.quantity) for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("kind", "tolerance", "good", "bad"),
    [
        ("relative", 0.01, 2.019, 2.021),
        ("absolute", 0.01, 1.991, 1.989),
        ("at least", 0.0, 2.0, 1.999),
    ],
)
def test_a_tolerance_is_kept_to(kind, tolerance, good, bad):
    case = Case("problem", "given", "quantity", 2.0, tolerance, kind, "source")
    assert case.holds(good)
    assert not case.holds(bad)


def test_a_wrong_number_fails():
    right = {case.quantity: case.expected for case in rows(HEATED, "Ra = 1e3")}
    check(HEATED, "Ra = 1e3", right)
    with pytest.raises(AssertionError, match="u_max"):
        check(HEATED, "Ra = 1e3", right | {"u_max": 3.7})
    with pytest.raises(KeyError):
        check(HEATED, "Ra = 1e3", {"u_max": 3.64945})


def test_nan_is_wrong():
    assert not any(case.holds(float("nan")) for case in CASES if case.kind != "at least")


@pytest.mark.parametrize("name", CONVERGED, ids=" ".join)
def test_converged_values_round_to_the_spectral_ones(name):
    spectral = {case.quantity: case.expected for case in rows(*name)}
    converged = CONVERGED[name]
    if name[0] == SORET:
        assert -converged["bias"] == pytest.approx(spectral["1 - S_x"], abs=5.1e-7)
    else:
        assert converged["nusselt"] == pytest.approx(spectral["Nu hot"], abs=5.1e-6)


def test_what_is_met_is_met_within_the_reported_error(pytestconfig):
    """An expected number with too few digits is met by its tolerance alone."""
    page = (pytestconfig.rootpath / "docs" / "verification.md").read_text(encoding="utf-8")
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| Ra")]
    known = [row for row in cells if len(row) == 9 and row[6] != "–"]
    assert len(known) > 20
    for row in known:
        expected, measured, reported = (float(row[i]) for i in (2, 3, 6))
        digits = sum(0.5 * 10.0 ** Decimal(row[i]).as_tuple().exponent for i in (2, 3))
        assert abs(measured - expected) <= reported + digits, row
