"""A suspension whose composition outweighs its temperature: psi = -3.5, so that 1 + psi < 0.

While the flow of a leaning cell is weak, it is driven by the stratification of rest, whose density
varies by (1 + psi) beta_T dT: the flow runs the other way, and takes (1 + psi)^2 times as much.
"""

from __future__ import annotations

from mpi4py import MPI

import pytest

import femsoret as fs
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure

PSI = -3.5
CONTEXT = RunContext("groups", 0.0, 0.0)


def experiment(psi, *, Ra, tilt, above=True, Le=100.0):
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=Le, psi=psi), c0=0.5, S_T_dT=1e-3)
    up = fs.up_vector((0.0, 1.0), tilt)
    mixture = mixture_of_groups(scaled, up=up)
    hot, cold = ("top", "bottom") if above else ("bottom", "top")
    walls = (fs.Temperature(hot, 0.5), fs.Temperature(cold, -0.5))
    cell = fs.rectangle(MPI.COMM_WORLD, (2.0, 1.0), (12, 8))
    return fs.Experiment("suspension", cell, mixture, walls, absolute_temperature=False)


def test_a_weak_flow_runs_backwards_and_takes_its_square():
    biases, speeds = [], []
    for psi in (0.0, PSI):
        found = solve(experiment(psi, Ra=0.005, tilt=20.0))
        biases.append(found.soret.bias)
        u = found.convection.function("u")
        speeds.append(float(u.x.array[abs(u.x.array).argmax()]))
    assert biases[0] < -1e-9
    assert biases[1] / biases[0] == pytest.approx((1.0 + PSI) ** 2, rel=0.02)
    assert speeds[1] / speeds[0] == pytest.approx(1.0 + PSI, rel=0.02)


def test_a_level_cell_heated_from_below_rests():
    """What the thermal Rayleigh number alone would set in motion, the composition holds."""
    found = measure(experiment(PSI, Ra=3000.0, tilt=0.0, above=False), with_numerical_error=False)
    assert found.solution.soret.bias == pytest.approx(0.0, abs=1e-8)
    assert found.groups["psi"] == pytest.approx(PSI)
    assert found.stability.verdict != "unstable"
    assert steady_verdict(summary(found, CONTEXT)).finding


def test_heated_from_above_it_overturns():
    """Heavy above: what is stable for psi > -1 is not."""
    found = measure(experiment(PSI, Ra=30.0, tilt=0.0), with_numerical_error=False)
    assert found.stability.verdict == "unstable"
