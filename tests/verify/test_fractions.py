"""A negative mass fraction, that of the last component included, is told with its place."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import pytest
from quaternary import quaternary
from test_several_species import experiment

from femsoret.cells import rectangle
from femsoret.experiment.schedule import Schedule
from femsoret.fluids import load_fluid
from femsoret.physics.closures import Component, mixture_of
from femsoret.physics.closures.modified import without_dufour
from femsoret.post.fractions import least_fraction
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

CONTEXT = RunContext("SI", 0.0, 0.0)


def of(means):
    """Return the cell with other mean mass fractions, and so with another rest."""
    species = tuple(
        Component(old.name, mean, old.beta_c)
        for old, mean in zip(quaternary().species, means, strict=True)
    )
    mixture = replace(quaternary(gravity=9.81, tilt=0.02), species=species, rest="d")
    return replace(experiment(), mixture=mixture)


def told(content):
    return [text for text in content["warnings"] if "no mass fraction can be negative" in text]


@pytest.mark.parametrize(
    ("means", "component"), [((0.3, 0.25, 1e-3), "c"), ((0.5, 0.3, 0.1985), "d")]
)
def test_of_a_steady_state(means, component):
    """A component leaves one wall by more than there is of it; the last one does so, too."""
    found = measure(of(means), with_numerical_error=False)
    least = least_fraction(found.solution.convection)
    assert least.component == component
    assert least.value < -1e-5
    separations = [at.separation for at, _ in found.solution.each]
    of_component = -sum(separations) if component == "d" else separations[2]
    hot, cold = 5e-3, 0.0  # the heights of the walls
    assert least.x[1] == pytest.approx(hot if of_component > 0.0 else cold, abs=1e-12)
    (text,) = told(summary(found, CONTEXT))
    assert f"the mass fraction of {component} is −" in text


def test_the_rest_is_called_by_its_name():
    """Of a binary mixture, and of one without the Dufour effect; ethanol is the lesser part."""
    fluid = load_fluid("water-ethanol")
    mixture = mixture_of(fluid, T0=fluid.T, c0=fluid.c, up=(0.0, 1.0))
    cell = rectangle(MPI.COMM_WORLD, (1.0, 1.0), (2, 2))
    walls = (Temperature("top", fluid.T + 5.0), Temperature("bottom", fluid.T - 5.0))
    for one in (mixture, without_dufour(mixture)):
        least = least_fraction(Problem(cell, one, walls))
        assert least.component == "ethanol"
        assert least.value == pytest.approx(1.0 - fluid.c, abs=1e-15)


def test_a_state_with_all_fractions_is_quiet():
    found = measure(of((0.3, 0.25, 0.2)), with_numerical_error=False)
    content = summary(found, CONTEXT)
    assert 0.0 < content["least_fraction"]["value"] < 0.25
    assert told(content) == []


@pytest.mark.slow
def test_of_all_steps_of_a_march():
    found = measure_in_time(of((0.3, 0.25, 1e-3)), Schedule(end=3e4, march=MarchOptions(1e-2)))
    rows = found.with_gravity.rows
    assert rows[0]["least_c"] == pytest.approx(1e-3, rel=0.2)
    worst = min(rows, key=lambda row: row["least_c"])
    assert worst["least_c.component"] == 3
    content = transient_summary(found, None, CONTEXT)
    assert content["least_fraction"]["component"] == "c"
    assert content["least_fraction"]["t"] == worst["t"]
    (text,) = told(content)
    assert " at " in text.partition("mm")[2].partition(":")[0]
