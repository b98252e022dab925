"""Layers between a wall of given temperature and one of given heat flux."""

from __future__ import annotations

import math

import numpy as np
import pytest
from case_texts import condition, in_a_rectangle

import femsoret as fs
from femsoret.base.errors import CaseError, ConditionError
from femsoret.case import load_case
from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.readings import WallMean
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, HeatFlux, Temperature
from femsoret.problem.orientation import orientation_of
from femsoret.solve import Newton, NewtonOptions, SpectrumOptions, growth_rates
from femsoret.studies.measure.solution import solve

S_T = 0.1
HOT_BELOW = (HeatFlux("bottom", 1.0), Temperature("top", 0.0))


def layer(comm, Ra, walls, *, cells=(6, 6), width=1.0, tilt=0.0, psi=0.0, pure=False):
    """Return a layer in units of the gap, whose temperature difference by conduction is 1."""
    scaled = property_values(Groups(Ra=Ra, Pr=1.0, Le=10.0, psi=psi), c0=0.5, S_T_dT=S_T)
    up = (math.sin(math.radians(tilt)), math.cos(math.radians(tilt)))
    mixture = mixture_of_groups(scaled, up=up, closure="full", pure=pure)
    return Experiment("layer", rectangle(comm, (width, 1.0), cells), mixture, walls)


@pytest.mark.parametrize(
    ("walls", "hot", "cold", "temperatures"),
    [
        ((HeatFlux("bottom", 3.0), Temperature("top", 5.0)), "bottom", "top", (6.5, 5.0)),
        ((HeatFlux("bottom", -3.0), Temperature("top", 5.0)), "top", "bottom", (5.0, 3.5)),
        # Of several walls at one temperature the one that faces the heater counts.
        (
            (HeatFlux("top", 3.0), Temperature(("left", "right", "bottom"), 5.0)),
            "top",
            "bottom",
            (6.5, 5.0),
        ),
        # Heat comes in through one wall and leaves through another; a third holds the level.
        (
            (HeatFlux("bottom", 3.0), HeatFlux("top", -3.0), Temperature("left", 5.0)),
            "bottom",
            "top",
            (5.75, 4.25),
        ),
        # Two temperatures are what drives a cell, whatever else is heated.
        (
            (HeatFlux("left", 9.0), Temperature("bottom", 5.0), Temperature("top", 4.0)),
            "bottom",
            "top",
            (5.0, 4.0),
        ),
    ],
)
def test_the_wall_with_the_flux_is_the_hot_or_the_cold_one(comm, walls, hot, cold, temperatures):
    frame = orientation_of(rectangle(comm, (2.0, 1.0), (2, 2)), walls, conductivity=2.0)
    assert (frame.hot, frame.cold) == (hot, cold)
    assert (frame.T_hot, frame.T_cold) == pytest.approx(temperatures, rel=1e-12)
    assert frame.gap == pytest.approx(1.0, rel=1e-12)
    assert frame.axis == pytest.approx((0.0, 1.0 if hot == "top" else -1.0), abs=1e-12)


def test_the_onset_above_a_wall_of_given_flux(comm):
    # E. M. Sparrow, R. J. Goldstein, V. K. Jonsson, J. Fluid Mech. 18 (1964) 513: 1295.78 at 2.552.
    walls = (*HOT_BELOW, FreeSlip(("left", "right")))
    rest = layer(comm, 1.0, walls, cells=(3, 4), width=math.pi / 2.5519, pure=True)
    problem = Problem(rest.cell, rest.mixture, walls, degree=4)
    # The growth rate is all but linear in Ra; at the threshold itself Newton has a singular matrix.
    gravity = problem.parameters["gravity.magnitude"]
    unit, around = float(problem.mixture.gravity.magnitude), (1290.0, 1302.0)
    rates = []
    with Newton(problem, NewtonOptions(preset="direct")) as newton:
        for Ra in around:
            gravity.value = Ra * unit
            newton.solve()
            modes = growth_rates(problem, shifts=[5.0], options=SpectrumOptions(2), newton=newton)
            rates.append(modes.leading.growth_rate)
    assert rates[0] < 0.0 < rates[1]
    assert float(np.interp(0.0, rates, around)) == pytest.approx(1295.778, rel=1e-4)


def test_Nusselt_number_and_apparent_S_T(comm):
    walls = (HeatFlux("left", 1.0), Temperature("right", 0.0))
    found = solve(layer(comm, 1e4, walls))
    at = [
        {wall: WallMean(wall).of(state, "theta") for wall in ("left", "right")}
        for state in (found.conduction, found.convection)
    ]
    still, flowing = (each["left"] - each["right"] for each in at)
    assert still == pytest.approx(1.0, rel=1e-9)
    assert found.nusselt["left"] == pytest.approx(still / flowing, rel=1e-9)
    assert found.nusselt["left"] > 1.5
    # All of the heat leaves through the other wall, whose flow is given by that.
    assert found.nusselt["right"] == pytest.approx(1.0, rel=1e-9)
    assert found.soret.true.fluid == pytest.approx(S_T, rel=1e-9)
    assert found.soret.at.dT == pytest.approx(flowing, rel=1e-9)
    # Advection takes more of the separation than of the temperature difference.
    assert found.soret.bias < -0.1


def test_heated_from_above_nothing_flows_and_S_T_is_right(comm):
    walls = (HeatFlux("top", 1.0), Temperature("bottom", 0.0))
    found = solve(layer(comm, 1e4, walls, psi=0.1, cells=(3, 3)))
    assert abs(found.soret.bias) < 1e-9
    assert found.nusselt["top"] == pytest.approx(1.0, rel=1e-9)


def test_which_of_two_heated_walls_is_read_is_asked(comm):
    both = (HeatFlux(("top", "right"), 1.0), Temperature(("left", "bottom"), 0.0))
    with pytest.raises(ConditionError, match=r"several sides \(top, right\)"):
        _ = layer(comm, 1.0, both).pair


CASE = in_a_rectangle(
    """name = "water-ethanol"
overrides.conductivity = { kind = "linear", value = 0.4, T_ref = 300.0, slope_T = 0.001 }""",
    condition("heat-flux", "top", '"800 W/m2"'),
    condition("temperature", "bottom", '"290 K"'),
    cells=(4, 4),
)


def test_a_case_in_watts(write, comm):
    experiment = load_case(write(CASE), []).build(comm).experiment
    frame, mixture = experiment.orientation, experiment.mixture
    # kappa at the mean temperature, which depends on it: dT = q L/kappa(T_mean).
    kappa = mixture.reference.kappa
    assert kappa < 0.4 + 0.001 * (mixture.T0 - 300.0)  # less the Dufour effect
    dT = 800.0 * 5e-3 / kappa
    assert frame.dT == pytest.approx(dT, rel=1e-9)
    assert pytest.approx(0.5 * dT, rel=1e-6) == mixture.T0 - 290.0
    assert (frame.hot, frame.cold) == ("top", "bottom")


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        (
            ["condition.0.value=0"],
            CaseError,
            r"\[condition\]: all walls have the same temperature, 290 K, and no .*\n.*different",
        ),
        (
            ["condition.1={kind='insulated', sides=['bottom']}"],
            CaseError,
            "no temperature is fixed anywhere: heat fluxes alone",
        ),
        (
            ["condition.0.sides=['top', 'left']"],
            ConditionError,
            r"\[readings\]: .* imposed on several sides \(top, left\)",
        ),
    ],
)
def test_what_check_refuses(write, comm, changes, error, said):
    with pytest.raises(error, match=said):
        load_case(write(CASE), changes).build(comm)


def test_with_groups_the_flux_is_one(write, comm):
    text = CASE.replace("mm", "").replace('"10 "', "2.0").replace('"5 "', "1.0")
    text = text.replace('name = "water-ethanol"', "").replace("[fluid]", "[groups]")
    text = "\n".join(line for line in text.splitlines() if "overrides" not in line)
    text = text.replace("[groups]", "[groups]\nRa = 1e3\nPr = 1.0\nLe = 1.0")
    text = text.replace('"800 W/m2"', "2.0").replace('"290 K"', "0.0")
    path = write(text)
    with pytest.raises(CaseError, match="the heat flux that drives a cell must be 1, not 2"):
        load_case(path, []).build(comm)
    run = load_case(path, ["condition.0.value=1"]).build(comm)
    assert run.experiment.orientation.dT == pytest.approx(1.0, rel=1e-12)
    assert fs.HeatFlux(("top",), 1.0) in run.experiment.conditions
