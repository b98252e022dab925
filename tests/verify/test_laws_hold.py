"""Laws of properties that turn negative: between the plates, and in the state that is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_texts import condition, in_a_rectangle
from walled import water_ethanol

from femsoret.base.errors import CaseError, FluidError
from femsoret.case import load_case
from femsoret.cells import Wall, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.fluids.properties import Linear, Table
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem.conditions import HeatFlux, Temperature
from femsoret.solids import solid_of
from femsoret.studies.measure.solution import solve

CASE = in_a_rectangle(
    'name = "water-ethanol"',
    condition("temperature", "top", '"300.65 K"'),
    condition("temperature", "bottom", '"290.65 K"'),
)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "diffusion={kind='linear', value=4e-10, T_ref=298, slope_T=1.5e-10}",
            r"diffusion = -7\.025e-10 at T = 290\.65 K, c = 0\.6088, at the cold side 'bottom'",
        ),
        (
            "viscosity={kind='linear', value=1e-3, T_ref=298, slope_T=-1e-3}",
            r"viscosity = -0\.00165 at T = 300\.65 K, c = 0\.6088, at the hot side 'top'",
        ),
        (
            "conductivity={kind='polynomial', coefficients=[-0.1, 0, 0.1], T_ref=297}",
            r"conductivity = -0\.0\d+ at T = 297 K, c = 0\.6088, between the cold and the hot side",
        ),
    ],
)
def test_between_the_plates(write, comm, override, said):
    with pytest.raises(FluidError, match=rf"\[fluid\]: {said}\n.*stays positive from 290\.65 to"):
        load_case(write(CASE), [f"fluid.overrides.{override}"]).build(comm)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "soret={kind='table', T=['15 degC', '25 degC'], values=['3e-3 1/K', '4e-3 1/K']}",
            r"soret: a law is used at T = 300\.65 K, but it is given from 288\.15 to 298\.15 K",
        ),
        (
            "viscosity={kind='limited', model={kind='arrhenius', value='1 mPa s', T_ref=298, "
            "activation='-16 kJ/mol'}, T_range=['15 degC', '25 degC']}",
            r"viscosity: a law is used at T = 300\.65 K, but it is given from 288\.15 to 298\.15 K",
        ),
        (
            "diffusion={kind='table', c=['10 %', '50 %'], values=[4e-10, 5e-10]}",
            r"diffusion: a law is used at c = 0\.6088, but it is given from 0\.1 to 0\.5",
        ),
    ],
)
def test_in_their_ranges_between_the_plates(write, comm, override, said):
    with pytest.raises((FluidError, CaseError), match=rf"{said}(.*\n)+.*outside = .constant."):
        load_case(write(CASE), [f"fluid.overrides.{override}"]).build(comm)


def test_outside_of_its_range_a_law_is_extrapolated_on_request(write, comm):
    table = "kind='table', T=['18 degC', '22 degC', '25 degC'], values=[3e-3, 3.5e-3, 4e-3]"
    found = {
        outside: load_case(write(CASE), [f"fluid.overrides.soret={{{table}, outside='{outside}'}}"])
        .build(comm)
        .experiment.mixture.reference_at(300.15)
        .soret[0]
        for outside in ("constant", "linear")
    }
    assert found["constant"] == pytest.approx(4e-3, rel=1e-12)
    assert found["linear"] > 4.2e-3


def layer(comm, **laws):
    """Return a level layer, heated from above, whose composition differs by 0.1."""
    scaled = property_values(Groups(Ra=1.0, Pr=1.0, Le=1.0), c0=0.5, S_T_dT=0.4)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), T0=0.0)
    species = (replace(mixture.species[0], diffusion=laws.pop("diffusion", Linear(1.0, 0.0, 0.0))),)
    walls = (Temperature("top", 0.5), Temperature("bottom", -0.5))
    mixture = replace(mixture, species=species, **laws)
    return Experiment("layer", rectangle(comm, (1.0, 1.0), (2, 4)), mixture, walls)


def test_at_the_compositions_that_are_found(comm):
    # c is 0.55 in the cold: D = 1 - 30 (c - 0.5) is negative there, and nothing else shows it.
    with pytest.raises(FluidError, match=r"has diffusion = -[\d.]+ at T = -0.*, at the point \("):
        solve(layer(comm, diffusion=Linear(1.0, 0.0, 0.0, 0.5, -30.0)))
    solve(layer(comm, diffusion=Linear(1.0, 0.0, 0.0, 0.5, -19.0)))


def test_in_their_ranges_at_the_compositions_that_are_found(comm):
    # c is 0.45 in the hot, outside the table; between the plates c is taken as 0.5.
    table = Table((1.0, 1.1, 1.3), c=(0.48, 0.5, 0.6))
    with pytest.raises(
        FluidError, match=r"diffusion: a law is used at c = 0\.4\d+, .*at the point \(.*, 1\)"
    ):
        solve(layer(comm, diffusion=table))
    solve(layer(comm, diffusion=replace(table, outside="linear")))


def test_a_solid_is_in_the_range_of_its_law(comm):
    cell = rectangle(comm, (10e-3, 5e-3), (2, 2), walls={"top": Wall(2e-3, 1)})
    glass = solid_of(
        "made up", conductivity=Table((1.1, 1.2), T=(280.0, 296.0)), density=1.0, heat_capacity=1.0
    )
    experiment = water_ethanol(cell, dict.fromkeys(cell.walls.solids, glass))
    with pytest.raises(FluidError, match=r"conductivity: a law is used at T = 300.*\(.*, 0\.007\)"):
        solve(experiment)


def test_at_the_temperatures_that_a_heat_flux_makes(comm):
    hot = replace(
        layer(comm, viscosity=Linear(1.0, 0.0, -0.5)),
        conditions=(HeatFlux("top", 4.0), Temperature("bottom", 0.0)),
    )
    with pytest.raises(FluidError, match=r"viscosity = -1 at T = 4 K.*\n.*is positive"):
        solve(hot)
