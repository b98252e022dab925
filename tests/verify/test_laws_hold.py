"""Laws of properties that turn negative: between the plates, and in the state that is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_texts import condition

from femsoret.base.errors import FluidError
from femsoret.case import load_case
from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.fluids.properties import Linear
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem.conditions import HeatFlux, Temperature
from femsoret.studies.measure.solution import solve

CASE = (
    """
[cell]
kind = "rectangle"
size = ["10 mm", "5 mm"]
cells = [4, 2]
[fluid]
name = "water-ethanol"
"""
    + condition("temperature", "top", '"300.65 K"')
    + condition("temperature", "bottom", '"290.65 K"')
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


def test_at_the_temperatures_that_a_heat_flux_makes(comm):
    hot = replace(
        layer(comm, viscosity=Linear(1.0, 0.0, -0.5)),
        conditions=(HeatFlux("top", 4.0), Temperature("bottom", 0.0)),
    )
    with pytest.raises(FluidError, match=r"viscosity = -1 at T = 4 K.*\n.*is positive"):
        solve(hot)
