"""Discretisations as values: the element of each block, and what they refuse."""

from __future__ import annotations

import pytest
from dolfinx import fem
from everything import C0, conditions, liquid

from femsoret.base.errors import CaseError, ConditionError
from femsoret.cells import alfeld_split, rectangle
from femsoret.problem import Problem
from femsoret.problem.discretisation import (
    DISCRETISATIONS,
    SCOTT_VOGELIUS,
    TAYLOR_HOOD,
    WELL_BALANCED,
)


def cell(comm):
    return rectangle(comm, (6e-3, 5e-3), (2, 2), shape="triangle")


@pytest.mark.parametrize(
    ("discretisation", "elements"),
    [
        (WELL_BALANCED, {"u": 3, "p": 2, "phi": 4, "chi": 4, "theta": 3, "gamma": 3}),
        (TAYLOR_HOOD, {"u": 3, "p": 2, "theta": 3, "gamma": 3}),
        (SCOTT_VOGELIUS, {"u": 3, "p": 2, "theta": 3, "gamma": 3}),
    ],
    ids=DISCRETISATIONS,
)
def test_element_of_each_block(comm, discretisation, elements):
    meshed = alfeld_split(cell(comm)) if discretisation.alfeld else cell(comm)
    problem = Problem(meshed, liquid(), conditions(), discretisation=discretisation, degree=3)
    found = {name: problem.space(name).ufl_element() for name in problem.layout.names}
    assert {name: element.embedded_superdegree for name, element in found.items()} == elements
    broken = {name for name, element in found.items() if element.discontinuous}
    assert broken == ({"p"} if discretisation is SCOTT_VOGELIUS else set())


def test_what_is_not_stable_is_refused(comm):
    def problem(cell, degree):
        Problem(cell, liquid(), conditions(), discretisation=SCOTT_VOGELIUS, degree=degree)

    with pytest.raises(CaseError, match="mesh that is not an Alfeld split"):
        problem(cell(comm), 2)
    with pytest.raises(CaseError, match="not stable at degree 1 in 2D"):
        problem(alfeld_split(cell(comm)), 1)
    SCOTT_VOGELIUS.check_degree(3, 3)
    with pytest.raises(CaseError, match="use degree 3 or higher"):
        SCOTT_VOGELIUS.check_degree(3, 2)


@pytest.mark.parametrize("given", [{}, {"theta": C0}, {"theta": C0, "gamma": C0, "u": C0}])
def test_given_fields_are_those_that_the_equations_need(comm, given):
    whole = cell(comm)
    fields = {name: fem.Constant(whole.mesh, value) for name, value in given.items()}
    with pytest.raises(ConditionError, match="need theta, gamma"):
        Problem(whole, liquid(), conditions(), equations=WELL_BALANCED.stokes, given=fields)
    with pytest.raises(ConditionError, match="need none"):
        Problem(whole, liquid(), conditions(), given={"theta": C0})


def test_a_given_field_is_a_function(comm):
    """An expression has no values to carry to another mesh: solvers waited for them for ever."""
    whole = cell(comm)
    fields = {name: fem.Constant(whole.mesh, C0) for name in ("theta", "gamma")}
    with pytest.raises(ConditionError, match=r"'theta' is not a fem\.Function but a Constant"):
        Problem(whole, liquid(), conditions(), equations=WELL_BALANCED.stokes, given=fields)
