"""Readings along which the temperature varies: their own effect on S_T, apart from convection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tolerances import ROUND_OFF

import femsoret as fs
from femsoret.base.errors import ConditionError
from femsoret.experiment import Pair
from femsoret.fluids.properties import Constant, Linear
from femsoret.physics.closures import CLOSURES, BoussinesqMixture, Gravity, Species
from femsoret.post.readings import LineMean, Point, WallMean
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.studies.measure.numerical_error import quantities
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure

S_T, LE, PR = 2.0, 10.0, 10.0
RISE = 1.0
"""Temperature along the hot wall, from one end to the other, over the mean difference."""


def cell_of(comm, *, hot, cold=-0.5, soret=None, closure="dilute", cells=(8, 8), axis=False):
    """Return a unit square, hot on top, cold below, insulated at its sides."""
    mixture = BoussinesqMixture(
        T0=0.0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(PR),
        conductivity=Constant(1.0),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=(Species("a", 0.5, 0.0, Constant(1.0 / LE), soret or Constant(S_T)),),
        closure=CLOSURES[closure],
    )
    cell = fs.rectangle(comm, (1.0, 1.0), cells)
    if axis:
        cell = fs.annulus(comm, (0.0, 1.0), 1.0, cells)
    walls = (fs.Temperature("top", hot), fs.Temperature("bottom", cold))
    pair = Pair("walls", WallMean("top"), WallMean("bottom"))
    return fs.Experiment(
        "square", cell, mixture, walls, readings=pair, gap=1.0, absolute_temperature=False
    )


def rising(x):
    return 0.5 + RISE * (x[0] - 0.5)


def of_a_rising_wall(s=S_T):
    """Return S_true/S_T where T rises linearly along the hot wall and c = A exp(-s T)."""
    return 1.0 - np.log(np.sinh(0.5 * s * RISE) / (0.5 * s * RISE)) / s


def test_a_wall_whose_temperature_rises_reads_the_mean_of_exponentials(comm):
    rested = solve(cell_of(comm, hot=rising)).soret
    assert rested.true.fluid == pytest.approx(S_T, rel=1e-12)
    assert rested.true.value == pytest.approx(S_T * of_a_rising_wall(), rel=1e-8)
    assert rested.true.reading_effect == pytest.approx(of_a_rising_wall() - 1.0, rel=1e-7)
    assert rested.true.reading_effect < -0.08
    # Nothing of it is a bias: the state at rest, read alike, says the same but for its own error.
    assert abs(rested.bias) < 1e-4


def test_both_walls_and_any_closure_keep_what_was_read_in_the_cold(comm):
    """A cold wall along which T varies: the constant is found, and the state at rest agrees."""

    def falling(x):
        return -0.5 - 0.6 * (x[0] - 0.5)

    soret = Linear(S_T, 0.0, 0.8)
    for closure in ("full", "dilute", "linearised"):
        cell = cell_of(comm, hot=rising, cold=falling, soret=soret, closure=closure, cells=(12, 12))
        found = solve(replace(cell, degree=3)).soret
        assert abs(found.true.reading_effect) > 5e-3
        assert found.true.value == pytest.approx(found.without_gravity, rel=1e-5)


@pytest.mark.parametrize("closure", ["full", "linearised"])
def test_walls_of_one_temperature_have_no_effect_of_their_own(comm, closure):
    found = solve(cell_of(comm, hot=0.5, closure=closure, cells=(4, 4))).soret.true
    assert found.value == pytest.approx(found.fluid, rel=ROUND_OFF)
    assert abs(found.reading_effect) < ROUND_OFF


def test_a_point_has_none_and_a_line_along_the_gradient_has(comm):
    cell = cell_of(comm, hot=0.5)
    points = Pair("points", Point((0.5, 0.9)), Point((0.5, 0.1)))
    assert abs(solve(replace(cell, readings=points)).soret.true.reading_effect) < ROUND_OFF
    hot = LineMean((0.5, 0.5), (0.5, 1.0))
    lines = Pair("lines", hot, Point((0.5, 0.0)))
    found = solve(replace(cell, readings=lines)).soret.true
    # T from 0 to 0.5: the mean of exp(-2 T) over it, beside exp of the mean.
    mean = (1.0 - np.exp(-S_T * 0.5)) / (S_T * 0.5)
    said = (S_T * 0.5 - np.log(mean)) / 0.75
    assert found.value == pytest.approx(said, rel=1e-9)


def test_in_a_cylinder_the_mean_counts_areas(comm):
    cell = cell_of(comm, hot=lambda x: 0.5 + RISE * (x[0] ** 2 - 0.5), axis=True, cells=(8, 8))
    # T rises linearly with the area, so that the mean is that of the square.
    found = solve(cell).soret.true
    assert found.reading_effect == pytest.approx(of_a_rising_wall() - 1.0, rel=1e-6)


@pytest.mark.parametrize("flux", [1.0, -1.0])
def test_a_spot_that_a_heat_flux_warms_or_cools_is_read_unasked(comm, flux):
    cell = cell_of(comm, hot=0.5)
    walls = (fs.HeatFlux("top", flux), fs.Temperature(("left", "right", "bottom"), 0.0))
    spot = replace(cell, conditions=walls, readings=None)
    found = solve(spot).soret
    assert found.at_reference.dT > 0.1
    assert found.true.fluid == pytest.approx(S_T, rel=1e-9)
    # Warmest in the middle of the wall: the mean composition is that of a colder wall, or warmer.
    assert found.true.reading_effect * flux < -1e-3
    both = (fs.HeatFlux(("top", "right"), flux), fs.Temperature(("left", "bottom"), 0.0))
    with pytest.raises(ConditionError, match="imposed on several sides"):
        _ = replace(spot, conditions=both).pair


def test_the_headline_names_the_readings_and_not_convection(comm):
    found = measure(cell_of(comm, hot=rising), with_numerical_error=True)
    content = summary(found, RunContext("groups"))
    assert content["soret"]["fluid"] == pytest.approx(S_T, rel=1e-12)
    assert content["soret"]["reading_effect"] == pytest.approx(of_a_rising_wall() - 1.0, rel=1e-7)
    assert "soret.reading_effect" in quantities(found.solution)
    said = steady_verdict(content)
    assert "The readings alone make it 8.1 % low, independent of the flow" in said.finding
    assert "there is no gravity" in said.finding
    assert "convection" not in said.finding
    shown = {fact.label: fact.value for fact in said.facts}
    assert shown["by the readings"] == "−8.0720(9) %"


def test_an_error_of_the_mesh_is_not_put_down_to_convection(comm):
    # Isothermal walls and a composition that three cells cannot hold, without gravity.
    cell = cell_of(comm, hot=0.5, soret=Constant(12.0), cells=(2, 3))
    found = measure(cell, with_numerical_error=False)
    content = summary(found, RunContext("groups"))
    assert abs(content["soret"]["bias"]) > 1e-3
    assert content["soret"]["apparent"] == pytest.approx(content["soret"]["without_gravity"])
    finding = steady_verdict(content).finding
    assert "the error of this mesh" in finding
    assert "because" not in finding


def test_what_the_fluid_data_do_to_the_effect_is_no_part_of_the_bias(comm):
    """Without flow a larger S_T changes apparent and true alike, exponentially or not."""
    fluid = fs.load_fluid("water-ethanol")
    cell = fs.rectangle(comm, (10e-3, 5e-3), (6, 6))
    mixture = fs.mixture_of(fluid, T0=295.65, c0=0.6088, up=(0.0, 1.0), g=0.0)
    walls = (
        fs.Temperature("top", lambda x: 300.65 + 4e3 * (x[0] - 5e-3)),
        fs.Temperature("bottom", 290.65),
    )
    pair = Pair("walls", WallMean("top"), WallMean("bottom"))
    warm = fs.Experiment("cell", cell, mixture, walls, readings=pair, gap=5e-3, fluid=fluid)
    found = measure(warm, with_numerical_error=False)
    assert found.solution.soret.true.reading_effect != 0.0
    sensitivities = [abs(c.sensitivity) for c in found.uncertainty.contributions]
    assert max(sensitivities) < 1e-9
