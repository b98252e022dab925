"""The rows of the verification table on signals, light and columns."""

from __future__ import annotations

import instruments
import pytest
from cases import CASES, DUCT, EVALUATED_COLUMN, LIGHT, LIGHT_IN_TIME, SIGNALS, check


def given(problem):
    """Return what is given in the rows of a problem."""
    return list(dict.fromkeys(case.given for case in CASES if case.problem == problem))


@pytest.mark.parametrize("name", given(SIGNALS))
def test_signals(name):
    check(SIGNALS, name, {"S_T over closed form, less 1": instruments.at_places()[name]})


@pytest.mark.parametrize("kind", given(LIGHT))
def test_light(kind):
    found = instruments.through(kind) if kind in instruments.CELLS else instruments.through_glass()
    check(LIGHT, kind, found)


def test_light_in_time():
    check(LIGHT_IN_TIME, "marched", instruments.in_time())
    check(LIGHT_IN_TIME, "samples and 30 plateaus", instruments.with_a_constant())


def test_columns_are_those_of_their_own_tests():
    # tests/verify/test_column_evaluation.py solves them, and checks the rows.
    assert given(EVALUATED_COLUMN) == list(instruments.COLUMNS)


@pytest.mark.parametrize("name", given(DUCT))
def test_ducts(name):
    check(DUCT, name, instruments.of_duct(float(name.split()[1])))
