"""The search for a design: what it ranks by, and which run it saves."""

from __future__ import annotations

import numpy as np
import pytest
from analytic_models import Analytic, unknown

from femsoret.base.errors import CaseError
from femsoret.studies.design.fluid_data import FluidShare
from femsoret.studies.design.recording import dense_times
from femsoret.studies.design.response import response_of
from femsoret.studies.design.search import Search
from femsoret.studies.design.space import CandidateCell, CellAxis, RecordChoices, Span
from femsoret.studies.fit.unknowns import Prior

TIMES = dense_times(4.0)
S = unknown("S_T", "soret", prior=Prior(1.0), start=1.0)
CHOICES = RecordChoices((("separation",),), (50,), (Span(1.0, False), Span(4.0, False)))


class Sizes:
    """Cells whose signal is proportional to their size."""

    def __init__(self, *sizes):
        self.axes = (CellAxis("size", "", sizes),)

    def at(self, values):
        if values[0] > 3.9:
            raise CaseError("it does not fit", "smaller")
        return CandidateCell(values, None, None, (S,), 1.0)


def respond(cell):
    model = Analytic((S,), lambda x: cell.values[0] * x[0] * (1.0 - np.exp(-TIMES)))
    return response_of(model, ("separation",), TIMES)


def searched(of_fluid, gain=0.02, doubt=lambda cell: (), sizes=(1.0, 2.0, 4.0)):
    asked = []

    def counted(cell, response, recording):
        asked.append((cell.values, recording.duration))
        return (FluidShare("viscosity", of_fluid(cell)),)

    search = Search(Sizes(*sizes), CHOICES, {"separation": 0.01}, 0, respond, doubt, counted, gain)
    search.grid()
    return search, asked


def test_fluid_data_decide_where_they_are_the_most():
    """The large cell has less noise; what the fluid data make of it is more."""
    without, _ = searched(lambda cell: 0.0)
    assert without.best.cell.values == (2.0,)
    search, _ = searched(lambda cell: 0.01 * cell.values[0] ** 3)
    assert search.best.cell.values == (1.0,)
    assert search.plan().total == pytest.approx(
        np.hypot(search.plan().uncertainty, 0.01), rel=1e-12
    )


def test_fluid_data_are_not_looked_at_where_noise_is_too_much():
    search, asked = searched(lambda cell: 0.0)
    assert ((1.0,), 1.0) not in asked  # of the first cell the longer record is better
    by_record = {(each.cell.values, each.recording.duration): each for each in search.designs}
    assert by_record[(1.0,), 1.0].fluid is None
    assert by_record[(2.0,), 4.0].fluid is not None


def test_what_does_not_fit_or_last_is_not_recommended():
    search, asked = searched(lambda cell: 0.0)
    assert [each.values for each in search.failed] == [(4.0,)]
    search, asked = searched(lambda cell: 0.0, doubt=lambda cell: ("it convects",))
    assert search.best is None
    assert search.plan() is None
    assert not asked
    assert search.refine(5)


def test_refined_cells_have_three_digits_and_stay_in_the_range():
    """The best cell of the grid, at its end, is not solved again as another one."""
    search, _ = searched(lambda cell: 0.0, sizes=(1.0, 1.2366))
    assert search.best.cell.values == (1.2366,)
    search.refine(6)
    sizes = {each.cell.values[0] for each in search.designs}
    assert max(sizes) == 1.2366
    assert len(sizes) > 2
    assert all(size == float(f"{size:.3g}") for size in sizes - {1.2366})
