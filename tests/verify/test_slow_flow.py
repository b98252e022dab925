"""A composition that stratifies a cell unstably: the flow grows at the pace of diffusion.

With S_T < 0 and heated from above the separated liquid has its heavier component on top. A tilt
then has a steady state with a bias that a reading at six relaxation times does not show.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from femsoret.cells import rectangle
from femsoret.experiment import Experiment
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.fluids import load_fluid
from femsoret.physics.closures import mixture_of
from femsoret.problem.conditions import Temperature
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

S_T = -3e-3


def leaning(comm, sign: float = 1.0) -> Experiment:
    """Return 4 mm x 1 mm of a liquid, 0.6 K warmer at the top, one degree off the vertical."""
    fluid, tilt = load_fluid("water-ethanol").with_(soret=sign * S_T), math.radians(1.0)
    return Experiment(
        "leaning",
        rectangle(comm, (4e-3, 1e-3), (10, 6)),
        mixture_of(fluid, T0=295.65, c0=fluid.c, up=(-math.sin(tilt), math.cos(tilt))),
        (Temperature(("top",), 295.95), Temperature(("bottom",), 295.35)),
        fluid=fluid,
    )


def bias_after(experiment: Experiment, taus: float) -> float:
    """Return the bias of a reading after so many relaxation times."""
    tau = relaxation_time(experiment.mixture, experiment.orientation.gap)
    schedule = Schedule(taus * tau, march=MarchOptions(tolerance=1e-2), evaluation=None)
    return measure_in_time(experiment, schedule).end.soret.apparent / S_T - 1.0


@pytest.mark.slow
def test_the_state_is_reached_long_after_a_laboratory_has_read(comm):
    experiment = leaning(comm)
    found = measure(experiment, with_numerical_error=False)
    steady = found.solution.soret.bias
    assert steady < -0.1
    assert found.stability.verdict == "no growth found"
    assert found.slow
    assert abs(bias_after(experiment, 6.0)) < 0.01
    assert bias_after(experiment, 150.0) == pytest.approx(steady, rel=0.05)


def test_a_composition_that_stabilises_is_not_slow(comm):
    assert not measure(leaning(comm, -1.0), with_numerical_error=False).slow


def test_a_flow_that_heat_drives_is_not_slow(comm):
    """Heated from the side it begins at once, although the composition lies unstably."""
    experiment = leaning(comm)
    upright = replace(
        experiment.mixture, gravity=replace(experiment.mixture.gravity, up=(1.0, 0.0))
    )
    found = measure(replace(experiment, mixture=upright), with_numerical_error=False)
    assert abs(found.solution.soret.bias) > 0.01
    assert found.stability.by_composition
    assert not found.slow
