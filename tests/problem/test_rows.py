"""What is conserved, and what stands in the place of equations that follow from others."""

from __future__ import annotations

import numpy as np
import pytest

from femsoret.base.errors import ConditionError
from femsoret.problem.rows import FunctionalRow, Weight, combinations_of, conserved_rows


def rows_of(conserved, held=(), filled=None, part=0):
    return conserved_rows(combinations_of(conserved, 3), part, held, filled or {})


def summed(row):
    return {weight.field: weight.factor for weight in row.weights}


def test_each_species_on_its_own_unless_said_otherwise():
    rows = rows_of(None, held=[1], filled={2: 0.1}, part=4)
    assert rows == (
        FunctionalRow.mean("gamma", 0, part=4),
        FunctionalRow.mean("gamma", 2, part=4, value=0.1),
    )
    assert [row.field for row in rows] == ["gamma_0", "gamma_2"]
    assert rows[0].is_mean_of("gamma", 0)
    assert not rows[0].is_mean_of("gamma", 1)


def test_a_sum_is_one_row_whose_value_is_what_was_filled_in():
    (row,) = rows_of([(1.0, 2.0, 0.0)], filled={0: 0.1, 1: -0.02, 2: 0.5})
    assert summed(row) == {"gamma_0": 1.0, "gamma_1": 2.0}
    assert row.value == pytest.approx(0.06)
    assert row.field == "gamma_1"
    assert not row.is_mean_of("gamma", 1)


def test_equations_that_give_way_are_independent():
    """Of (1, 1, 0) and (1, 0, 0) each row gives way to an equation that the other leaves."""
    rows = rows_of([(1.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0)])
    assert len({row.field for row in rows}) == 3
    sums = np.zeros((3, 3))
    for line, row in zip(sums, rows, strict=True):
        for weight in row.redundant:
            line[weight.component] = weight.factor
    replaced = [row.component for row in rows]
    assert abs(np.linalg.det(sums[:, replaced])) > 0.1


def test_what_a_wall_holds_is_in_no_conserved_combination():
    assert rows_of([(1.0, 1.0, 0.0)], held=[1]) == ()
    (row,) = rows_of([(1.0, 1.0, 0.0), (0.0, 1.0, 2.0)], held=[1])
    factors = summed(row)
    assert set(factors) == {"gamma_0", "gamma_2"}
    assert factors["gamma_2"] / factors["gamma_0"] == pytest.approx(-2.0, rel=1e-12)
    assert rows_of([], held=[1]) == ()


@pytest.mark.parametrize(
    ("conserved", "words"),
    [
        ([(1.0, 1.0)], r"\(1, 1\) is not one number for each of the 3 species"),
        ([(1.0, np.nan, 0.0)], "is not one number for each"),
        (
            [(1.0, 1.0, 0.0), (2.0, 2.0, 0.0)],
            r"\(2, 2, 0\) is linearly dependent on those before it",
        ),
        ([(0.0, 0.0, 0.0)], "linearly dependent"),
    ],
)
def test_what_is_refused(conserved, words):
    with pytest.raises(ConditionError, match=words):
        combinations_of(conserved, 3)


def test_a_row_sums_something_and_replaces_an_equation_that_it_may():
    with pytest.raises(ConditionError, match="no weight other than 0"):
        FunctionalRow((Weight("p", factor=0.0),))
    with pytest.raises(ConditionError, match="a weight of 0 for 'p'"):
        FunctionalRow((Weight("p", factor=0.0), Weight("phi")))
