from __future__ import annotations

import pytest

from femsoret.report.words.numbers import percent, percent_with_error, plain, short, with_error
from femsoret.report.words.phrases import signed


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (6.3124e-3, 2.1e-5, "6.312(21)×10⁻³"),
        (6.3124e-3, 4.2e-5, "6.31(5)×10⁻³"),  # up: a bound stays a bound
        (-0.0988, 0.0042, "−0.099(5)"),
        (12.34, 1.4, "12.3(1.4)"),
        (250.0, 31.0, "2.5(4)×10²"),
        (5.0, 9.96e-4, "5.0000(10)"),
        (9.9996, 0.02, "10.000(20)"),
        (1.2000000000000001e-3, 9e-19, "1.20000000(12)×10⁻³"),  # no digits of round-off
        (0.001, 0.002, "1.0×10⁻³ ± 2.0×10⁻³"),
        (0.5, None, "0.5000"),
        (0.5, 0.0, "0.5000"),
        (None, 0.1, "–"),
    ],
)
def test_a_number_has_as_many_digits_as_its_error_leaves(value, error, text):
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01, "0.01000"),
        (0.001, "1.000×10⁻³"),
        (9999.7, "1.000×10⁴"),
        (-12.0, "−12.00"),
    ],
)
def test_plain_numbers_are_written_out_where_that_is_short(value, text):
    assert plain(value) == text


def test_short_numbers_have_no_trailing_zeros():
    assert [short(v) for v in (2.5, 100.0, 1e-8, 0.25)] == ["2.5", "100", "1×10⁻⁸", "0.25"]


def test_ratios_are_shown_in_percent():
    assert percent(0.0437) == "4.4 %"
    assert percent_with_error(-0.0437, 0.0031) == "−4.4(4) %"
    assert percent_with_error(0.01, 0.02) == "(1.0 ± 2.0) %"
    assert percent(None) == "–"


def test_percentages_of_round_off_are_bounds():
    assert percent(-1.7e-14) == percent_with_error(1.7e-14, 6e-15) == "< 10⁻⁸ %"
    assert percent_with_error(1.7e-14, 1e-3) == "(1.7×10⁻¹² ± 0.10) %"


def test_a_bound_has_no_sign():
    """A bar of an audit said "0 (+< 10⁻⁸ %)"."""
    assert [signed(v) for v in (0.012, -0.012, 1e-14, -1e-14, 0.0)] == [
        "+1.2 %", "−1.2 %", "< 10⁻⁸ %", "< 10⁻⁸ %", "0 %",
    ]  # fmt: skip
