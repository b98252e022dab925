"""Two chambers, an insulating wall between them: each has its own levels and composition."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from dolfinx import fem
from walled import chambers_cell, solid, water_ethanol

from femsoret.base.errors import ConditionError
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Constant
from femsoret.physics.closures.homogenised import homogenised, with_states
from femsoret.physics.closures.particles import InternalState, Transition, particle
from femsoret.physics.forms import DIFFUSION
from femsoret.post.balances import balances
from femsoret.post.chambers import InChamber, mean_of, why_not_together
from femsoret.post.soret import read
from femsoret.problem import Filling
from femsoret.problem.conditions import Composition
from femsoret.solve import NewtonOptions, SpectrumOptions, growth_rates
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.transient import measure_in_time

COMM = MPI.COMM_WORLD
INSULATOR = 1e-6  # W/(m K): 10^5 times less than a liquid, so that neither feels the other


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return COMM.bcast(tmp_path_factory.mktemp("chambers") if COMM.rank == 0 else None)


def tilted(cell, **changes):
    """Return a Soret cell leaning by 1 degree."""
    solids = {name: solid(INSULATOR) for name in cell.walls.solids}
    experiment = water_ethanol(cell, solids)
    lean = np.deg2rad(1.0)
    gravity = replace(experiment.mixture.gravity, up=(np.sin(lean), np.cos(lean)))
    return replace(experiment, mixture=replace(experiment.mixture, gravity=gravity), **changes)


@pytest.fixture(scope="module")
def alone(folder):
    return solve(tilted(chambers_cell(folder, "fluid")))


@pytest.fixture(scope="module")
def alike(folder):
    return solve(tilted(chambers_cell(folder, "fluid", "fluid")))


def test_chambers_alike_show_what_one_alone_does(alone, alike):
    assert alone.chambers == ()
    assert abs(alone.soret.bias) > 5e-3
    for chamber in alike.chambers:
        assert chamber.soret.bias == pytest.approx(alone.soret.bias, rel=1e-5)
        assert chamber.at.separation == pytest.approx(alone.readings[0].separation, rel=1e-6)
    assert alike.soret.bias == pytest.approx(alone.soret.bias, rel=1e-5)


def test_each_chamber_keeps_what_was_filled_in(alike):
    c0 = alike.experiment.mixture.species[0].c0
    separation = alike.readings[0].separation
    for chamber in alike.chambers:
        assert chamber.mean == pytest.approx(c0, abs=1e-10 * separation)
        assert chamber.filled == pytest.approx(c0, rel=1e-15)
        assert chamber.volume == pytest.approx(20e-6, rel=1e-12)


def test_chambers_filled_differently(alike, folder):
    c0 = alike.experiment.mixture.species[0].c0
    cell, other = alike.experiment.cell, c0 - 0.1
    found = solve(tilted(cell, fillings=(Filling("fluid 2", other),)))
    first, second = found.chambers
    assert (first.mean, second.mean) == pytest.approx((c0, other), abs=1e-9)
    assert first.soret.bias == pytest.approx(alike.chambers[0].soret.bias, rel=1e-5)
    lonely = chambers_cell(folder, "fluid")
    there = solve(tilted(lonely, fillings=(Filling("fluid", other),)))
    assert second.soret.bias == pytest.approx(there.soret.bias, rel=1e-5)
    assert second.soret.bias != pytest.approx(first.soret.bias, rel=1e-2)  # c (1-c) is another
    assert second.soret.true.value == pytest.approx(first.soret.true.value, rel=1e-6)
    assert found.soret is None
    assert "filled differently" in found.soret_missing


def test_chambers_that_differ_in_the_second_species_have_nothing_in_common(alike):
    m = alike.experiment.mixture
    (first,) = m.species
    m = replace(m, species=(first, replace(first, name="trace", c0=0.01)))
    pair = alike.experiment.pair
    for fillings, apart in (((), False), ((Filling("fluid 2", 0.02, species=1),), True)):
        problem = replace(alike.experiment, mixture=m, fillings=fillings).problem(DIFFUSION)
        said = why_not_together(problem, pair.hot, pair.cold)
        assert ("filled differently" in said) == apart


def test_a_wall_that_holds_the_composition_does_so_in_its_own_chamber(alike):
    cell = alike.experiment.cell
    held = Composition("left", 0.6)
    problem = tilted(cell, conditions=(*alike.experiment.conditions, held)).problem()
    means = [(mean.field, mean.part) for mean in problem.pinned]
    assert means == [(b, k) for b in ("p", "phi", "chi") for k in (0, 1)] + [("gamma_0", 1)]
    with pytest.raises(ConditionError, match="'fluid 1' has both a filling and a wall"):
        tilted(
            cell, conditions=problem.conditions[:3], fillings=(Filling("fluid 1", 0.5),)
        ).problem()
    with pytest.raises(ConditionError, match="no part 'left chamber'"):
        tilted(cell, fillings=(Filling("left chamber", 0.5),)).problem()
    with pytest.raises(ConditionError, match="has no species 1"):
        tilted(cell, fillings=(Filling("fluid 1", 0.5, species=1),)).problem()


def test_the_balance_of_mass_sees_what_is_not_conserved(alike):
    """Moving species about keeps its mean, which was all that this balance used to look at."""
    problem = alike.convection
    before = problem.get_state()
    assert balances(problem, alike.flows, None).mass < 1e-10
    gamma = problem.function("gamma")
    separation = alike.readings[0].separation
    try:
        height = lambda x: 1e-3 * separation * (x[1] / 5e-3 - 0.5)  # noqa: E731
        moved = fem.Function(gamma.function_space)
        moved.interpolate(height)
        gamma.x.array[:] += moved.x.array
        c0 = problem.mixture.species[0].c0
        assert mean_of(problem, 0) == pytest.approx(c0, abs=1e-9 * separation)
        assert balances(problem, alike.flows, None).mass > 1e-5
    finally:
        problem.set_state(before)


def test_levels_are_those_of_each_chamber(alike):
    problem = alike.convection
    for block in ("p", "phi", "chi"):
        values, size = problem.function(block).x.array, problem.scales.unknown[block]
        largest = COMM.allreduce(abs(values).max(), op=MPI.MAX)
        for part in (0, 1):
            dofs = problem.dofs_in_part(block, part)
            here = COMM.allreduce(values[dofs].max(initial=-np.inf), op=MPI.MAX)
            low = COMM.allreduce(values[dofs].min(initial=np.inf), op=MPI.MIN)
            assert low < 0.0 < here or largest < 1e-9 * size
    c0 = problem.mixture.species[0].c0
    assert mean_of(problem, 1) == pytest.approx(c0, abs=1e-11)


def test_both_have_the_modes_of_one_alone(alone, alike):
    # No slower one: what a chamber holds cannot decay into the other.
    options = SpectrumOptions(number=3)
    found = [
        [m.growth_rate for m in growth_rates(s.convection, shifts=[1e-4], options=options).modes]
        for s in (alone, alike)
    ]
    assert found[0][0] == pytest.approx(-1.695e-4, rel=1e-3)
    slowest = found[0][0]
    assert found[1][0] == pytest.approx(slowest, rel=1e-5)
    # Each is double now, and may be found once or twice.
    others = [rate for rate in found[1] if abs(rate / slowest - 1.0) > 1e-4]
    assert others[0] == pytest.approx(found[0][1], rel=1e-5)


def test_a_march_starts_with_what_was_filled_in_and_keeps_it(alike):
    experiment = replace(alike.experiment, fillings=(Filling("fluid 2", 0.5),))
    problem = experiment.problem()
    c0 = problem.mixture.species[0].c0
    assert [mean_of(problem, part) for part in (0, 1)] == pytest.approx([c0, 0.5], rel=1e-12)
    with March(problem, MarchOptions(tolerance=1e-2)) as march:
        steps = list(march.until(20.0))
    assert len(steps) > 2
    assert [mean_of(problem, part) for part in (0, 1)] == pytest.approx([c0, 0.5], rel=1e-12)
    pair = experiment.pair
    there = [read(problem, InChamber(pair.hot, k), InChamber(pair.cold, k)) for k in (0, 1)]
    assert all(0.0 < at.separation < alike.readings[0].separation for at in there)
    # Both relax alike, each towards S_T f(c) dT.
    shares = [at.separation / (c * (1.0 - c)) for at, c in zip(there, (c0, 0.5), strict=True)]
    assert shares[0] == pytest.approx(shares[1], rel=1e-3)


@pytest.fixture(scope="module")
def weak(folder):
    """Chambers in 1e-4 of the weight, solved directly: in full the coupling defeats amg."""
    cell = chambers_cell(folder, "fluid", "fluid")
    cell = replace(cell, remake=lambda ratio: chambers_cell(folder, "fluid", "fluid", finer=ratio))
    found = tilted(cell, fillings=(Filling("fluid 2", 0.5),), newton=NewtonOptions(preset="direct"))
    gravity = replace(found.mixture.gravity, magnitude=1e-3)
    return solve(replace(found, mixture=replace(found.mixture, gravity=gravity)))


@pytest.mark.parametrize("preset", ["reduced", "amg", "multigrid"])
def test_other_solvers_find_the_same(weak, preset):
    found = solve(replace(weak.experiment, newton=NewtonOptions(preset=preset)))
    for direct, other in zip(weak.chambers, found.chambers, strict=True):
        assert other.mean == pytest.approx(direct.mean, abs=1e-10)
        assert other.soret.bias == pytest.approx(direct.soret.bias, rel=1e-5)
    assert found.reports[-1].newton_iterations <= weak.reports[-1].newton_iterations + 2


def test_readings_of_chambers_with_nothing_in_common_have_no_history_of_soret(alike):
    fillings = (Filling("fluid 2", 0.5),)
    for experiment, known in (
        (alike.experiment, True),
        (replace(alike.experiment, fillings=fillings), False),
    ):
        found = measure_in_time(experiment, Schedule(end=1.0, march=MarchOptions(0.1)))
        (row,) = found.with_gravity.rows[-1:]
        assert (row["S_app"] is not None) == known
        assert row["balance.mass"] < 1e-12
        assert bool(found.steady.outcomes) == known


@pytest.mark.slow
def test_chambers_hold_internal_states(folder):
    """Each chamber has S_T of all states, whatever was filled in: the particles are dilute."""
    cell = chambers_cell(folder, "fluid", "fluid")
    states = [
        InternalState("open", Constant(0.0), Constant(0.7e-9)),
        InternalState("closed", Constant(60e3), Constant(1.2e-9), 2.2e10),
    ]
    plain = tilted(cell)
    T0, c0 = float(plain.mixture.T0), 0.02
    jump = [Transition("closed", "open", Constant(2e-4))]  # slow: D/L2 is 2.5e-4/s
    of = particle("molecule", states, jump, c0=c0, T0=T0, beta_c=-0.2)
    mixture = homogenised(with_states(plain.mixture, [of]))
    there = tilted(cell, particles=(of,), fillings=(Filling("fluid 2", 0.01),))
    there = replace(there, mixture=replace(mixture, gravity=plain.mixture.gravity))
    found = solve(there)
    assert [chamber.mean for chamber in found.chambers] == pytest.approx([c0, 0.01], abs=1e-9)
    known = found.chambers[0].soret.true.value
    fast = solve(replace(there, particles=())).chambers[0].soret.true.value
    assert abs(known / fast - 1.0) > 0.2
    for chamber in found.chambers:
        assert chamber.soret.true.value == pytest.approx(known, rel=1e-6)
        assert chamber.soret.without_gravity == pytest.approx(known, rel=1e-6)
        assert chamber.soret.bias != pytest.approx(0.0, abs=1e-6)
    run = measure_in_time(there, Schedule(2e4, march=MarchOptions(tolerance=1e-2)))
    assert [chamber.mean for chamber in run.end.chambers] == pytest.approx([c0, 0.01], abs=1e-8)
    for chamber, steady in zip(run.end.chambers, found.chambers, strict=True):
        assert chamber.soret.true.value == pytest.approx(known, rel=1e-6)
        assert chamber.soret.apparent == pytest.approx(steady.soret.apparent, abs=1e-2 * known)
