"""Axes of sweeps as they are written."""

from __future__ import annotations

import pytest

from femsoret.base.errors import CaseError
from femsoret.case.axes import SweepAxis, parse_axis
from femsoret.commands.sweep import parse_part


def test_a_range_with_a_unit():
    axis = parse_axis("tilt=0 deg:5 deg:6")
    assert axis == SweepAxis("gravity.tilt", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), "deg")
    assert axis.override(2) == "gravity.tilt=2 deg"
    assert axis.label == "gravity.tilt (deg)"
    assert parse_axis("tilt=0:5 deg:6") == axis


def test_equal_ratios():
    axis = parse_axis("Ra=1e3:1e6:4:log")
    assert axis.key == "groups.Ra"
    assert axis.values == (1e3, 1e4, 1e5, 1e6)
    assert axis.logarithmic
    assert axis.override(1) == "groups.Ra=10000"


def test_a_list():
    axis = parse_axis("condition.0.value=301, 302.5 K")
    assert axis == SweepAxis("condition.0.value", (301.0, 302.5), "K")
    assert axis.override(1) == "condition.0.value=302.5 K"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tilt", "neither a range nor a list"),
        ("tilt=", "neither a range nor a list"),
        ("tilt=0:5", "not a range of two values or more"),
        ("tilt=0:5:1", "not a range of two values or more"),
        ("tilt=0:5:3:lin", "not a range of two values or more"),
        ("tilt=0:5:3:log", "two nonzero ends"),
        ("tilt=0 deg:1 rad:3", "two units, deg and rad"),
        ("tilt=0:5:3 deg", "not a range of two values or more"),
        ("tilt=a:b:3", "'a' does not start with a number"),
    ],
)
def test_what_is_no_axis(text, complaint):
    with pytest.raises(CaseError, match=complaint) as refused:
        parse_axis(text)
    assert text in refused.value.message
    assert "KEY=from:to:number" in refused.value.hint or refused.value.hint == "use only one"


def test_part():
    assert parse_part("3/10") == (3, 10)
    for wrong in ("0/3", "4/3", "3", "a/b"):
        with pytest.raises(CaseError, match="not of the form k/n"):
            parse_part(wrong)


def test_the_option_that_was_written_is_blamed():
    with pytest.raises(CaseError, match="--critical foo: neither a range"):
        parse_axis("foo", "--critical")
    with pytest.raises(CaseError, match="--critical Ra=a,b: 'a' does not start"):
        parse_axis("Ra=a,b", "--critical")
