"""Chambers of a mesh file in case files."""

from __future__ import annotations

import pytest
from case_texts import condition
from walled import chambers_cell

from femsoret.base.errors import CaseError, ConditionError
from femsoret.case import load_case, resolved_toml
from femsoret.commands.check import check_report
from femsoret.problem import Filling

CASE = (
    """
[cell]
kind = "file"
path = "left-right-2.msh"
scale = "1 mm"
solids = { glass = "borosilicate" }
fillings = { right = 0.45 }
[fluid]
name = "water-ethanol"
"""
    + condition("temperature", "top", '"303.15 K"')
    + condition("temperature", "bottom", '"293.15 K"')
)


@pytest.fixture
def case_of(write, comm):
    def made(text):
        path = write(text)
        chambers_cell(path.parent, "left", "right", wall="glass", finer=0.3)
        return load_case(path)

    return made


def test_chambers_are_filled(case_of, comm):
    case = case_of(CASE)
    run = case.build(comm)
    assert run.experiment.fillings == (Filling("right", 0.45),)
    assert "fillings" in resolved_toml(case)
    assert "# chambers: left (c 0.6088), right (c 0.45)" in check_report(case, comm)


def test_what_cannot_be_filled_is_told(case_of, comm):
    with pytest.raises(ConditionError, match=r"\[cell\] fillings\.middle: .* no part 'middle'"):
        case_of(CASE.replace("right =", "middle =")).build(comm)
    with pytest.raises(CaseError, match="fillings"):
        case_of(CASE.replace("0.45", "45.0"))
