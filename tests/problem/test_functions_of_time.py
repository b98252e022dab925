"""Courses: values on both sides of a break, and what is refused."""

from __future__ import annotations

import math

import pytest

from femsoret.base.errors import CaseError
from femsoret.base.functions_of_time import Oscillation, PiecewiseLinear, Sum, ramp, steps


def test_a_ramp_between_constants():
    function = ramp(300.0, 305.0, 60.0, begin=10.0)
    assert function.breaks == (10.0, 70.0)
    assert [function.value(t, t) for t in (0.0, 10.0, 40.0, 70.0, 90.0)] == [
        300,
        300,
        302.5,
        305,
        305,
    ]


def test_the_piece_that_begins_with_the_step_counts_at_its_end_and_beyond():
    function = ramp(300.0, 305.0, 60.0, begin=10.0)
    assert function.value(10.0, 0.0) == 300.0
    # A derivative at the end of a piece is taken within the piece, on both sides of the time.
    assert function.value(76.0, 69.0) == pytest.approx(305.5)
    assert function.value(9.0, 10.0) == pytest.approx(300.0 - 5.0 / 60.0)


@pytest.mark.parametrize(
    "function", [ramp(300.0, 305.0, 0.0, begin=10.0), steps((300.0, 305.0), (10.0,))]
)
def test_a_jump_has_both_values_at_its_time(function):
    assert function.breaks == (10.0,)
    assert function.value(10.0, 4.0) == 300.0
    assert function.value(10.0, 10.0) == 305.0
    assert function.value(99.0, 12.0) == 305.0


def test_values_held_in_turn():
    function = steps((1.0, 2.0, 0.5), (5.0, 8.0))
    assert function.breaks == (5.0, 8.0)
    assert [function.value(t, t) for t in (0.0, 5.0, 7.9, 8.0, 20.0)] == [
        1.0,
        2.0,
        2.0,
        0.5,
        0.5,
    ]
    assert function.value(8.0, 5.0) == 2.0


def test_one_value_held_for_ever():
    assert [steps((3.0,), ()).value(t, t) for t in (-1.0, 0.0, 7.0)] == [3.0] * 3


def test_a_zigzag_takes_the_line_of_its_piece():
    function = PiecewiseLinear((0.0, 1.0, 3.0), (0.0, 2.0, -2.0))
    assert function.value(2.0, 1.0) == 0.0
    assert function.value(2.0, 0.5) == 4.0


def test_an_oscillation_stands_at_its_mean_until_it_begins():
    function = Oscillation(300.0, 2.0, frequency=0.25, phase=0.5 * math.pi, start=3.0)
    assert function.breaks == (3.0,)
    assert function.value(3.0, 1.0) == 300.0
    assert function.value(3.0, 3.0) == 302.0
    assert function.value(5.0, 3.0) == pytest.approx(298.0)


def test_a_sum_breaks_where_a_part_does():
    function = Sum((ramp(0.0, 1.0, 2.0), steps((0.0, 10.0), (1.0,)), Oscillation(5.0, 0.0, 1.0)))
    assert function.breaks == (0.0, 1.0, 2.0)
    assert function.value(1.0, 0.0) == 5.5
    assert function.value(1.0, 1.0) == 15.5


@pytest.mark.parametrize(
    ("times", "values"),
    [((), ()), ((0.0, 1.0), (1.0,)), ((1.0, 0.0), (1.0, 2.0)), ((1.0,) * 3, (1.0, 2.0, 3.0))],
    ids=["nothing", "one value too few", "backwards", "three at one time"],
)
def test_tables_that_are_none(times, values):
    with pytest.raises(CaseError, match="function of time"):
        PiecewiseLinear(times, values)


@pytest.mark.parametrize(("values", "times"), [((1.0, 2.0), ()), ((), ()), ((1.0,), (3.0,))])
def test_as_many_changes_as_there_are_values_but_one(values, times):
    with pytest.raises(CaseError, match=f"{len(values)} values"):
        steps(values, times)


def test_held_values_out_of_order():
    with pytest.raises(CaseError, match="out of order"):
        steps((1.0, 2.0, 3.0), (5.0, 4.0))


def test_what_does_not_move_says_so():
    function = ramp(300.0, 305.0, 60.0, begin=10.0)
    assert [function.is_constant(t) for t in (0.0, 10.0, 69.0, 70.0, 90.0)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert all(steps((1.0, 2.0), (5.0,)).is_constant(t) for t in (0.0, 5.0, 6.0))
    wave = Oscillation(1.0, 0.5, 2.0, start=3.0)
    assert wave.is_constant(2.0)
    assert not wave.is_constant(3.0)
    assert not Sum((function, wave)).is_constant(80.0)
