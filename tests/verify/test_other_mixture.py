"""The protocol of mixtures is complete: one that has nothing else runs steady, in time, in spectra.

It has the coefficients of a mixture of the package, whose numbers it has to give.
"""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from tiny_mixture import Solute, Tiny

import femsoret as fs
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import (
    BoussinesqMixture,
    Gravity,
    Linearised,
    Medium,
    Mixture,
    ProportionalMixing,
    Species,
)
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time
from femsoret.studies.onset.onset import stability

T0, C0, PR, LE, DRIFT, ENERGY = 40.0, 0.4, 7.0, 10.0, 0.02, 3.0
GRAVITY = Gravity(2e3, (0.28, 0.96))
F = C0 * (1 - C0)

TINY = Tiny(
    T0=T0,
    rho0=1.0,
    cp=1.0,
    beta_T=1.0,
    gravity=GRAVITY,
    species=(Solute("solute", C0, 4.0),),
    friction=PR,
    conduction=1.0,
    spread=1.0 / LE,
    drift=DRIFT,
    attraction=ENERGY / F,
)

SAME = BoussinesqMixture(
    T0=T0,
    rho0=1.0,
    cp=1.0,
    beta_T=1.0,
    viscosity=Constant(PR),
    conductivity=Constant(1.0),
    gravity=GRAVITY,
    species=(
        Species(
            "solute",
            C0,
            4.0,
            Constant(1.0 / LE),
            Constant(DRIFT / F),
            ProportionalMixing(ENERGY, T0),
        ),
    ),
    closure=Linearised(),
)


def cell_of(comm, mixture):
    """Return a square whose liquid flows, with walls of copper."""
    cell = fs.rectangle(comm, (1.0, 1.0), (4, 4))
    walls = (fs.Temperature("top", T0 + 0.5), fs.Temperature("bottom", T0 - 0.5))
    return fs.Experiment("a cell", cell, mixture, walls, gap=1.0)


def test_it_has_what_the_protocol_names_and_no_more():
    named = {name for kind in (Medium, Mixture) for name in vars(kind) if not name.startswith("_")}
    of_tiny = {name for name in dir(TINY) if not name.startswith("_")}
    own = {field.name for field in fields(TINY)}
    assert named <= of_tiny
    assert of_tiny - own <= named
    with pytest.raises(AssertionError, match="asked for 'viscosity'"):
        _ = hasattr(TINY, "viscosity")


def test_steady(comm):
    found, expected = (
        summary(measure(cell_of(comm, mixture), with_numerical_error=False), RunContext("groups"))
        for mixture in (TINY, SAME)
    )
    assert found["separation"]["value"] == pytest.approx(expected["separation"]["value"], rel=1e-9)
    assert found["soret"]["true"] == pytest.approx(DRIFT, rel=1e-12)
    assert expected["soret"]["true"] == pytest.approx(DRIFT / F, rel=1e-12)
    assert abs(expected["soret"]["bias"]) > 1e-4
    for key in ("soret.bias", "max_speed", "entropy.produced", "entropy.leaving", "nusselt.top"):
        table, _, name = key.partition(".")
        pair = [content[table][name] if name else content[table] for content in (found, expected)]
        assert pair[0] == pytest.approx(pair[1], rel=1e-8), key
    assert found["stability"] == expected["stability"]


@pytest.mark.slow
def test_in_time_and_in_the_spectrum(comm):
    schedule = Schedule(end=0.2, march=MarchOptions(1e-2))
    runs = [measure_in_time(cell_of(comm, mixture), schedule) for mixture in (TINY, SAME)]
    found, expected = (run.with_gravity.rows[-1] for run in runs)
    assert found["step"] == expected["step"] > 3
    for name in ("separation", "bias", "max_speed", "heat_flow.top"):
        assert found[name] == pytest.approx(expected[name], rel=1e-7), name
    content = transient_summary(runs[0], None, RunContext("groups"))
    assert content["soret"]["true"] == pytest.approx(DRIFT, rel=1e-12)
    modes = [
        stability(replace(cell_of(comm, mixture)), modes=2).leading for mixture in (TINY, SAME)
    ]
    assert modes[0].growth_rate == pytest.approx(modes[1].growth_rate, rel=1e-7)
