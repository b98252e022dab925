"""One experiment in other words gives the same numbers; without gravity there is no bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mpi4py import MPI

import pytest
from case_texts import PHYSICAL
from cases import SORET, check
from squares import STRONG, Soret, bias_without_gravity, soret_numbers, without_gravity
from water_ethanol import tilted_cell

from femsoret.case import load_case
from femsoret.experiment import Experiment
from femsoret.physics.closures import Dilute, Full, Linearised, mixture_of
from femsoret.post.fields import values_at
from femsoret.post.soret import read
from femsoret.studies.measure.solution import solve

CELLS = 8


def swapped(soret: Soret) -> Soret:
    """Return the square with the components named the other way round; psi stays.

    c0 -> 1 - c0 and S_T -> -S_T make psi the product of beta_c -> -beta_c with an unchanged rest.
    """
    return replace(soret, c0=1.0 - soret.c0, S_T=-soret.S_T)


def bias(experiment: Experiment) -> float:
    return solve(experiment).soret.bias


# -- other words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_slice_between_planes_of_symmetry_is_the_square(depth):
    square = Soret(1e3, psi=0.2)
    flat, slice_ = (solve(e) for e in (square.square(CELLS), square.slice(CELLS, depth)))
    assert soret_numbers(slice_) == pytest.approx(soret_numbers(flat), abs=1e-9)
    assert slice_.soret.bias == pytest.approx(flat.soret.bias, abs=1e-9)


TILTED = (
    PHYSICAL.replace("cells = [4, 2]", "cells = [6, 4]")
    + """
[gravity]
tilt = "1 deg"
[[readings.extra]]
name = "across"
hot = { wall = "left" }
cold = { wall = "right" }
"""
)
EXTRUDED = """
[[condition]]
kind = "free-slip"
sides = ["back", "front"]
"""
AS_A_BOX = ["cell.kind=box", "cell.size=['10 mm', '5 mm', '4 mm']", "cell.cells=[6, 4, 1]"]


def tilted_numbers(path: Path, overrides: Sequence[str] = ()) -> dict[str, float]:
    """Return numbers of a case file whose size or sign depends on which way up leans."""
    experiment = load_case(path, overrides).build(MPI.COMM_WORLD).experiment
    solution = solve(experiment)
    (across,) = experiment.extra_readings
    under_the_top = 0.9 * experiment.cell.centroid("top")
    return {
        "bias": solution.soret.bias,
        "across": read(solution.convection, across.hot, across.cold).separation,
        "u": values_at(solution.convection.function("u"), [under_the_top])[0, 0],
    }


def test_a_tilted_box_is_the_extrusion_of_the_tilted_rectangle(write):
    flat = tilted_numbers(write(TILTED))
    box = tilted_numbers(write(TILTED + EXTRUDED), AS_A_BOX)
    assert abs(flat["bias"]) > 5e-3
    assert box == pytest.approx(flat, rel=1e-6)


@pytest.mark.parametrize("tilt", [90.0, 5.0])
def test_turning_cell_and_gravity_changes_nothing(tilt):
    square = Soret(1e3, psi=0.2, tilt=tilt)
    here, there = solve(square.square(CELLS)), solve(square.turned(37.0, CELLS))
    assert soret_numbers(there) == pytest.approx(soret_numbers(here), abs=1e-10)


@pytest.mark.parametrize("closure", [Full(), Linearised()], ids=lambda c: c.name)
def test_naming_the_other_component_first_changes_nothing(closure):
    named = replace(STRONG, closure=closure)
    here, there = solve(named.square(CELLS)), solve(swapped(named).square(CELLS))
    assert there.soret.at.separation == pytest.approx(-here.soret.at.separation, rel=1e-10)
    assert there.soret.apparent == pytest.approx(-here.soret.apparent, rel=1e-10)
    assert there.soret.bias == pytest.approx(here.soret.bias, abs=1e-10)


def test_naming_the_other_component_first_with_dufour_effect_and_varying_properties():
    here = tilted_cell(6)
    m = here.mixture
    other = mixture_of(
        here.fluid.swapped(), T0=m.T0, c0=1.0 - m.species[0].c0, up=m.gravity.up, closure="full"
    )
    found, expected = bias(replace(here, mixture=other)), bias(here)
    assert abs(expected) > 1e-3
    assert found == pytest.approx(expected, abs=1e-9)


def test_in_a_dilute_mixture_the_components_have_different_parts():
    # f = c says that component 1 is the trace: naming the solvent first is another mixture.
    named = replace(STRONG, closure=Dilute())
    assert abs(bias(swapped(named).square(CELLS)) - bias(named.square(CELLS))) > 1e-4


# -- no gravity ----------------------------------------------------------------------------------

each_closure = pytest.mark.parametrize(
    "closure", [Full(), Dilute(), Linearised()], ids=lambda c: c.name
)


@each_closure
def test_no_gravity_no_bias(closure):
    found, solution = bias_without_gravity(closure)
    outcome = solution.soret
    assert outcome.apparent == pytest.approx(outcome.without_gravity, rel=1e-12)
    check(SORET, f"{closure.name} closure, no gravity", {"bias": found})


@each_closure
def test_bias_goes_to_zero_with_the_square_of_gravity(closure):
    cell = replace(STRONG, X=10.0, closure=closure).square(CELLS)
    biases = []
    for factor in (1.0, 0.1):
        outcome = solve(without_gravity(cell, factor)).soret
        biases.append(outcome.apparent / outcome.without_gravity - 1.0)
    assert biases[0] == pytest.approx(100.0 * biases[1], rel=2e-3)
    assert 1e-6 < abs(biases[0]) < 1e-4
