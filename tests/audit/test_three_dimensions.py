"""What an audit in 3D takes from coarser meshes, and from states of other cells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_budget import GAP, experiment

import femsoret as fs
from femsoret.experiment.schedule import relaxation_time
from femsoret.post.evaluation import Layer
from femsoret.solve.steady.stages import PlainNewton
from femsoret.studies.audit.approach import separation_time
from femsoret.studies.measure.solution import solve, solve_at_rest


def test_a_start_from_another_mesh_and_degree_saves_steps():
    fine, coarse = experiment(cells=(16, 12)), experiment(cells=(12, 8))
    known = solve(fine)
    from_rest = solve(coarse, degree=3, stages=(PlainNewton(),))
    started = solve(coarse, degree=3, start=known, stages=(PlainNewton(),))
    assert started.soret.bias == pytest.approx(from_rest.soret.bias, rel=1e-8)
    assert started.reports[-1].newton_iterations < from_rest.reports[-1].newton_iterations
    # What was started from is as it was.
    assert solve(fine, start=known).reports[-1].newton_iterations <= 2


def test_what_rests_relaxes_by_diffusion_alone():
    level, layer = experiment(0.0, cells=(4, 6)), Layer.between(GAP)
    found = solve_at_rest(level)
    assert found.relaxing is found.reference
    pair = level.pair
    times = [
        separation_time(problem, pair.hot, pair.cold, layer, level.newton)
        for problem in (found.reference, found.convection)
    ]
    assert times[0] == pytest.approx(times[1], rel=1e-10)
    assert times[0] == pytest.approx(relaxation_time(level.mixture, GAP), rel=5e-3)
    assert not solve(experiment(cells=(4, 6))).rests


@pytest.mark.slow
def test_an_iterative_solver_finds_the_same_relaxation_time(comm):
    # A gap so small that the liquid barely flows, and that few mesh cells are enough.
    cell = fs.box(comm, (2e-3, 2e-3, 2e-3), (4, 4, 4), grading=2.0)
    tilted = replace(experiment().mixture.gravity, up=fs.up_vector((0.0, 1.0, 0.0), 1.0))
    small = replace(experiment(), cell=cell)
    small = replace(small, mixture=replace(small.mixture, gravity=tilted))
    solution, pair, layer = solve(small), small.pair, Layer.between(small.orientation.gap)
    times = [
        separation_time(
            solution.convection, pair.hot, pair.cold, layer, fs.NewtonOptions(preset=preset)
        )
        for preset in ("direct", "multigrid")
    ]
    assert times[1] == pytest.approx(times[0], rel=1e-5)
