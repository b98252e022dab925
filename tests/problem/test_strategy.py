"""The detours to a steady state: they end where Newton would, and leave no parameter changed."""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pytest
from everything import full_problem, put_waves

from femsoret.base.errors import NotConverged
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import DIFFUSION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import NewtonOptions, find_steady, solve_steady
from femsoret.solve.steady.stages import PlainNewton, PseudoTransient, Ramp, ramps_of
from femsoret.solve.strategy import stages_of

FEW = NewtonOptions(max_iterations=7)


def side_heated(comm, Ra, Le=10.0, psi=0.3, cells=8):
    """Return the Soret square heated from the side, at rest and of one temperature."""
    scaled = property_values(Groups(Ra=Ra, Pr=1.0, Le=Le, psi=psi), c0=0.4, S_T_dT=0.8)
    return Problem(
        rectangle(comm, (1.0, 1.0), (cells, cells), grading=2.0),
        mixture_of_groups(scaled, up=(0.0, 1.0), closure="full", T0=10.0),
        (Temperature(("left",), 10.5), Temperature(("right",), 9.5)),
    )


@pytest.fixture(scope="module")
def strong():
    """A flow that Newton does not find from rest, and its state by a gravity ramp."""
    from mpi4py import MPI

    problem = side_heated(MPI.COMM_WORLD, 1e5)
    rest = problem.get_state()
    with pytest.raises(NotConverged):
        solve_steady(problem, FEW)
    problem.set_state(rest)
    find_steady(problem, FEW, stages=ramps_of(problem)[:1])
    return problem, rest, problem.get_state()


def test_newton_ends_where_it_makes_no_headway(comm):
    problem = side_heated(comm, 1e6)
    with pytest.raises(NotConverged) as failure:
        solve_steady(problem)
    error = failure.value
    assert "the residual did not halve in the last 8" in error.message
    # More steps are no cure.
    assert not error.record["ran_out"]
    assert "more Newton steps" not in error.hint
    assert len(error.history) < NewtonOptions().max_iterations


def detours(problem):
    gravity, solutal, diffusion = ramps_of(problem)
    return {
        "pseudo-transient": PseudoTransient(),
        "solutal buoyancy": solutal,
        "diffusion": diffusion,
        "gravity": gravity,
    }


@pytest.mark.parametrize("way", ["pseudo-transient", "solutal buoyancy", "diffusion"])
def test_all_ways_lead_to_one_state(strong, way, caplog):
    problem, rest, expected = strong
    caplog.set_level(logging.INFO, logger="femsoret")
    problem.set_state(rest)
    before = {name: float(constant.value) for name, constant in problem.parameters.items()}
    report = find_steady(problem, FEW, stages=(PlainNewton(), detours(problem)[way]))
    assert [attempt.converged for attempt in report.attempts] == [False, True]
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert said[0].startswith("Newton: stopped after")
    assert said[-1] == f"{detours(problem)[way].name}: converged"  # not that something failed
    assert report.factorisations == sum(a.factorisations for a in report.attempts)
    assert {name: float(c.value) for name, c in problem.parameters.items()} == before
    scales = [problem.scales.largest(name) for name in problem.layout.names]
    for found, wanted, scale in zip(problem.get_state(), expected, scales, strict=True):
        # Newton ends below 1e-8 of the largest entry; pressures are large.
        assert abs(found - wanted).max() < 1e-7 * max(scale, abs(wanted).max())


def test_ramps_that_make_sense(comm):
    names = [ramp.parameters for ramp in ramps_of(side_heated(comm, 1e3))]
    assert names == [
        ("gravity.magnitude",),
        ("species.0.beta_c",),
        ("species.0.diffusion.value",),
    ]
    # Without weight the composition needs no ramp; without gravity there is nothing to ramp.
    assert len(ramps_of(side_heated(comm, 1e3, psi=0.0))) == 2
    assert not ramps_of(full_problem((2, 2), g=0.0))
    # A law that is no multiple of one number has no handle.
    assert [ramp.of for ramp in ramps_of(full_problem((2, 2)))] == [
        "gravity (Ra)",
        "solutal buoyancy (psi)",
    ]


def test_nothing_to_try_where_nothing_flows(comm):
    problem = full_problem((2, 2))
    still = Problem(problem.cell, problem.mixture, problem.conditions, equations=DIFFUSION)
    assert stages_of(still) == (PlainNewton(),)
    assert [stage.name for stage in stages_of(problem)][:3] == [
        "Newton",
        "pseudo-transient continuation",
        "ramp of gravity (Ra)",
    ]


def test_failures_restore_state_and_parameters():
    problem = full_problem((4, 3))
    put_waves(problem, 3)
    before = problem.get_state()
    gravity = float(problem.parameters["gravity.magnitude"].value)
    stages = (PseudoTransient(max_steps=2), Ramp("gravity", ("gravity.magnitude",), 0.5, tries=1))
    with pytest.raises(NotConverged) as failure:
        find_steady(problem, NewtonOptions(max_iterations=1), stages=stages)
    assert all(np.array_equal(a, b) for a, b in zip(problem.get_state(), before, strict=True))
    assert float(problem.parameters["gravity.magnitude"].value) == gravity
    assert any("ramp" in line for line in failure.value.history)


def test_a_ramp_steps_back(comm):
    """Strides that Newton cannot make are halved in their exponent, from the last solution."""
    problem = side_heated(comm, 1e5)
    ramp = Ramp("gravity", ("gravity.magnitude",), 1e-4)
    report = find_steady(problem, NewtonOptions(max_iterations=5), stages=(ramp,))
    lines = [line for line in report.history if line.startswith("ramp:")]
    factors = [float(line.split(" at ")[1].split()[0]) for line in lines]
    assert factors[:2] == pytest.approx([1e-4, 1e-3])
    assert factors[-1] == 1.0
    assert any(after < before for before, after in pairwise(factors))
