"""Audits and data uncertainty of cells whose solute has internal states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from particles import C0, COLD, HOT, in_cosines, leaning_strip, two_states
from scipy.linalg import expm

from femsoret.case import load_case
from femsoret.fluids.properties import Scaled
from femsoret.studies.audit.budget import budget
from femsoret.studies.audit.causes import Measurement
from femsoret.studies.audit.ideal import causes_in, ideal_of
from femsoret.studies.audit.reported import measured
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.uncertainty import bias_uncertainties

DEMO = Path(__file__).resolve().parents[2] / "demos" / "internal_states.toml"
E, D1, D2 = 1.0, 0.1, 1.0


def leaning(comm, rate):
    """Return a square that leans by 20 degrees, whose flow changes S_T by some per cent."""
    of = two_states(D1, D2, E, rate)
    return leaning_strip(
        comm, of, cells=(4, 6), degree=2, tilt=20.0, gravity=1e7, cp=0.1, size=(1.0, 1.0)
    )


def audited(cell):
    return budget(ideal_of(cell), causes_in(cell), with_numerical_error=False)


@pytest.mark.slow
def test_the_budget_is_that_of_all_states(comm):
    """Slow transitions: S_T of the ideal cell is that of all states, the total is the run's."""
    cell = leaning(comm, 2.0)
    found, run = audited(cell), solve(cell)
    fast = audited(replace(cell, particles=()))
    (term,) = found.terms
    assert term.cause.name == "tilt"
    true = found.state.reported.fluid[0]
    assert true == pytest.approx(run.soret.true.value, rel=1e-6)  # kappa does not vary
    assert true < 0.7 * fast.state.reported.fluid[0]
    assert found.total.value == pytest.approx(run.soret.bias, rel=1e-5)
    assert found.shape.value == pytest.approx(0.0, abs=1e-9)
    assert abs(term.entry.value / fast.terms[0].entry.value - 1.0) > 0.05


@pytest.mark.slow
def test_the_budget_of_fast_transitions_is_that_of_one_species(comm):
    cell = leaning(comm, 1e6)
    found, fast = audited(cell), audited(replace(cell, particles=()))
    # The laboratory's S_T is a mean over the cell, that of one species the one at its mean T.
    assert found.state.reported.fluid[0] == pytest.approx(fast.state.reported.fluid[0], rel=1e-2)
    assert found.total.value == pytest.approx(fast.total.value, rel=2e-2)


def test_a_reading_at_a_finite_time_marches_all_states(comm):
    """At rest the separation after 0.5 is that of all eigenvalues (cosines)."""
    of, time = two_states(D1, D2, E, 2.0), 0.5
    cell = leaning_strip(comm, of)
    found = measured(Measurement(cell, time), ideal_of(cell).experiment)
    A, modes = in_cosines(of, COLD, HOT), 24
    start = np.zeros((2, modes))
    start[:, 0] = C0 * np.array(of.shares)
    sign = (-1.0) ** np.arange(modes)
    differences = []
    for t in (time, 200.0):
        P = (expm(-A * t) @ start.ravel()).reshape(start.shape)
        differences.append(np.log(P.sum() / (P @ sign).sum()))
    complete = differences[0] / differences[1]
    assert 0.3 < complete < 0.9
    assert found.reported.completeness[0, 0] == pytest.approx(complete, abs=2e-3)
    assert found.bias == pytest.approx(complete - 1.0, abs=3e-3)


@pytest.mark.slow
def test_the_uncertainty_follows_from_the_data_of_the_states(comm):
    """Sensitivities of the bias are those by solving again with other data."""
    changes = [
        "cell.cells=[4, 6]",
        'particle.transition=[{ between = ["closed", "open"], rate = "1e-3 1/s" }]',
    ]
    cell = load_case(DEMO, changes, comm=comm).build(comm).experiment
    solution = solve(cell)
    (found,) = bias_uncertainties(solution)
    slopes = {each.entry: each.sensitivity for each in found.contributions}
    assert {each.entry for each in found.contributions if each.relative is None} <= set(
        found.unknown
    ) | {"free energy of open"}
    (of,), step = cell.particles, 1e-2

    def bias(changed):
        return solve(replace(cell, particles=(changed,))).soret.bias

    def with_diffusion(factor):
        state = replace(of.states[1], diffusion=Scaled(of.states[1].diffusion, factor))
        return replace(of, states=(of.states[0], state))

    def with_rate(factor):
        (law,) = of.transitions
        return replace(of, transitions=(replace(law, rate=Scaled(law.rate, factor)),))

    for entry, change in (
        ("diffusion of closed", with_diffusion),
        ("rate of closed to open", with_rate),
    ):
        wanted = (bias(change(1.0 + step)) - bias(change(1.0 - step))) / (2.0 * step)
        assert slopes[entry] == pytest.approx(wanted, rel=2e-3)
    # A factor on both degeneracies changes nothing.
    both = [slopes[f"degeneracy of {state}"] for state in ("open", "closed")]
    assert sum(both) == pytest.approx(0.0, abs=1e-4 * abs(both[0]))
