"""Transient runs of particles with internal states, which march all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from particles import C0, COLD, HOT, T0, in_cosines, leaning_strip, two_states
from scipy.linalg import expm

from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Constant, R
from femsoret.physics.closures.particles import InternalState, Transition, particle
from femsoret.post.beam_deflection import N_AIR, BeamDeflection, Behind
from femsoret.post.optical import Beam, Contrast, Optics
from femsoret.post.rays import Normal
from femsoret.problem.conditions import Temperature
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.transient import measure_in_time

E, D1, D2 = 1.0, 0.1, 1.0


def three_states(k0):
    """Return a particle of energies 0, 1 and 2, which changes its state from one to the next."""
    states = [
        InternalState(f"{i}", Constant(i * R), Constant(D)) for i, D in enumerate((0.1, 0.5, 1.0))
    ]
    jumps = [Transition("1", "0", Constant(k0)), Transition("2", "1", Constant(3.0 * k0))]
    return particle("A", states, jumps, c0=C0, T0=T0)


def of_rows(marched, name):
    return np.array([row[name] for row in marched.rows], dtype=float)


@pytest.mark.ranks
@pytest.mark.parametrize("make", [lambda k: two_states(D1, D2, E, k), three_states], ids=["2", "3"])
@pytest.mark.parametrize("k0", [0.5, 20.0], ids=["slow", "fast"])
def test_the_separation_follows_all_eigenvalues(comm, make, k0):
    """Uniform at first, with the occupations of T0: P(t) = exp(-A t) P(0), A by cosines."""
    of = make(k0)
    experiment = leaning_strip(comm, of)
    end = 2.0
    findings = measure_in_time(experiment, Schedule(end, march=MarchOptions(tolerance=1e-4)))
    modes = 24
    A, start = in_cosines(of, COLD, HOT, modes), np.zeros((len(of.states), modes))
    start[:, 0] = C0 * np.array(of.shares)
    for marched in (findings.with_gravity, findings.without_gravity):
        t, found = of_rows(marched, "t"), of_rows(marched, "separation")
        share = of_rows(marched, "share.A.1")
        sign = (-1.0) ** np.arange(modes)
        wanted, shares = [], []
        for time in t:
            P = (expm(-A * time) @ start.ravel()).reshape(start.shape)
            wanted.append(P.sum() - (P @ sign).sum())  # cold below, hot above
            at_hot = P @ sign
            number = [state.name for state in of.states].index("1")
            shares.append(at_hot[number] / at_hot.sum())
        np.testing.assert_allclose(found, wanted, atol=2e-3 * max(map(abs, wanted)))
        np.testing.assert_allclose(share, shares, atol=2e-3)
        assert max(of_rows(marched, "balance.species")) < 1e-9
        assert max(of_rows(marched, "balance.mass")) < 1e-9
    assert findings.end.soret.true.value == pytest.approx(findings.particles[0].at_rest, rel=1e-9)
    assert len(t) > 5


@pytest.mark.slow
def test_fast_transitions_are_one_species(comm):
    """Rates of 1e5 D/L2: the run is that of the homogenised particle within its tolerance."""
    experiment = leaning_strip(comm, two_states(D1, D2, E, 1e5))
    times = tuple(np.linspace(0.1, 4.0, 14))
    schedule = Schedule(4.0, row_times=times, march=MarchOptions(tolerance=1e-3))
    found = measure_in_time(experiment, schedule)
    fast = measure_in_time(replace(experiment, particles=()), schedule)

    def at_times(findings):
        t = of_rows(findings.with_gravity, "t")
        at = [int(np.argmin(abs(t - time))) for time in times]
        np.testing.assert_allclose(t[at], times)
        return of_rows(findings.with_gravity, "separation")[at]

    known = at_times(fast)
    np.testing.assert_allclose(at_times(found), known, atol=2e-3 * max(abs(known)))
    one, other = (run.evaluations.of["with_gravity"] for run in (found, fast))
    assert pytest.approx(other.fit.D, rel=5e-3) == one.fit.D
    assert pytest.approx(other.S_T, rel=2e-3) == one.S_T
    assert one.S_T_true == pytest.approx(other.S_T_true, rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("start", ["uniform", "diffused", "steady"])
def test_a_run_with_flow_ends_in_the_steady_state_of_all_states(comm, start):
    """In a cell that leans, slow transitions: all starts end where the steady solve does."""
    of = two_states(D1, D2, E, 2.0)
    experiment = leaning_strip(
        comm, of, cells=(4, 6), degree=2, tilt=30.0, gravity=1e7, cp=0.1, size=(1.0, 1.0)
    )
    findings = measure_in_time(
        experiment, Schedule(60.0, start=start, settled=1e-5, march=MarchOptions(tolerance=1e-3))
    )
    steady = solve(experiment)
    wanted, alone = (
        each.readings[0].separation for each in (steady, solve(replace(experiment, particles=())))
    )
    assert abs(wanted / steady.readings[1].separation - 1.0) > 0.02  # the flow counts
    assert abs(wanted / alone - 1.0) > 0.1  # and so do slow transitions
    assert findings.end.readings[0].separation == pytest.approx(wanted, rel=1e-3)
    assert findings.end.readings[1].separation == pytest.approx(
        steady.readings[1].separation, rel=1e-3
    )
    assert findings.end.soret.true.value == pytest.approx(steady.soret.true.value, rel=1e-9)
    assert findings.state.balances.species < 1e-9
    if start == "steady":
        assert of_rows(findings.with_gravity, "separation") == pytest.approx(wanted, rel=1e-3)


def test_a_uniform_start_has_the_occupations_of_its_temperature(comm):
    """At a start at 1.2 the shares are those of 1.2, not of T0, and they stay if walls agree."""
    of = two_states(D1, D2, E, 2.0)
    experiment = leaning_strip(comm, of)
    at_hot = replace(
        experiment, conditions=(Temperature(("top",), HOT), Temperature(("bottom",), HOT - 1e-9))
    )
    schedule = Schedule(0.1, start_temperature=HOT, march=MarchOptions(tolerance=1e-3))
    rows = measure_in_time(at_hot, schedule).with_gravity.rows
    for row in rows:
        assert row["share.A.1"] == pytest.approx(of.occupations(HOT)[0], rel=1e-6)


def test_light_sees_the_states_together(comm):
    """A beam across the plane: its angle is 1/n_air of the gradients, its lever that of l/2."""
    depth, away, n = 0.2, 3.0, 1.36
    beam = Beam((Normal((0.05, 0.4), depth),), (1.0,))
    optics = Optics((Contrast(633e-9, n, -2e-4, (-0.04,)),))
    laser = BeamDeflection(beam, (0.0, 1.0), optics, Behind((), away))
    experiment = leaning_strip(comm, two_states(D1, D2, E, 2.0))
    seen = replace(experiment, instruments={"laser": laser})
    findings = measure_in_time(seen, Schedule(0.5, march=MarchOptions(tolerance=1e-2)))
    for marched in (findings.with_gravity, findings.without_gravity):
        moved, turned = (of_rows(marched, f"optical.laser.0.{of}") for of in ("total", "angle"))
        assert moved == pytest.approx(turned * N_AIR * (depth / (2.0 * n) + away / N_AIR))
        solutal = of_rows(marched, "optical.laser.0.solutal")
        assert solutal[-1] > 10.0 * abs(solutal[0]) > 0.0
