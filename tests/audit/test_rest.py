"""Whether gravity moves anything."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import pytest
from test_budget import COPPER, CURVED, ROOM, VISCOUS, experiment

import femsoret as fs
from femsoret.fluids.properties import Linear
from femsoret.studies.audit.ideal import ideal_of, rests

LAWS = {"soret": CURVED, "viscosity": VISCOUS, "conductivity": Linear(0.37, 295.65, 4e-3)}
SMALL = (4, 3)


@pytest.fixture(params=["quadrilateral", "triangle"])
def level(request):
    fluid = fs.load_fluid("water-ethanol").with_(**LAWS)
    made = experiment(0.0, fluid=fluid, cells=SMALL)
    cell = fs.rectangle(MPI.COMM_WORLD, (10e-3, 5e-3), SMALL, shape=request.param)
    return replace(made, cell=cell)


def test_a_level_cell_rests_whatever_its_plates_and_properties(level):
    assert rests(level)
    assert rests(COPPER.onto(ideal_of(level)).experiment)


def test_what_bends_isotherms_or_leans_moves(level):
    assert not rests(ROOM.onto(ideal_of(level)).experiment)
    assert not rests(experiment(0.01, cells=SMALL))
    assert not rests(replace(level, start_up=(0.1, 0.99)))
    assert rests(experiment(0.01, g=0.0, cells=SMALL))
