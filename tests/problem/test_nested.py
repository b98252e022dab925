"""Nested start: a state at rest is first sought on a coarser mesh."""

from __future__ import annotations

import re

from petsc4py import PETSc

import numpy as np
import pytest

from femsoret.cells import Cell, rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.solve import find_steady
from femsoret.solve.strategy import Nested, PlainNewton, stages_of


def square(comm, cells: int) -> Cell:
    return rectangle(comm, (1.0, 1.0), (cells, cells), grading=4.0)


def heated(cell: Cell) -> Problem:
    scaled = property_values(Groups(Ra=1e5, Pr=0.71, Le=1.0), c0=0.5, S_T_dT=0.0)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), pure=True)
    return Problem(cell, mixture, (Temperature("left", 0.5), Temperature("right", -0.5)))


def test_same_state_in_fewer_factorisations_of_the_fine_mesh(comm):
    cell = square(comm, 16)
    plain, nested = heated(cell), heated(cell)
    from_rest = find_steady(plain, stages=(PlainNewton(),))
    from_coarse = find_steady(nested, stages=(Nested(),))
    assert from_coarse.factorisations < from_rest.factorisations
    for a, b in zip(plain.functions, nested.functions, strict=True):
        assert np.allclose(a.x.array, b.x.array, rtol=0, atol=1e-9 * np.abs(a.x.array).max())


def test_parameters_of_the_moment_count(comm):
    # What is ramped on the fine mesh must be where it is on the coarse one, too.
    problem = heated(square(comm, 16))
    with problem.changed(gravity__magnitude=0.0):
        report = find_steady(problem, stages=(Nested(),))
    assert report.factorisations <= 2
    assert np.abs(problem.function("u").x.array).max(initial=0.0) < 1e-9


@pytest.mark.parametrize(("cells", "first"), [(16, PlainNewton), (32, Nested)])
def test_large_problems_at_rest(comm, cells, first):
    assert isinstance(stages_of(heated(square(comm, cells)))[0], first)


def test_a_moving_state_is_the_better_guess(comm):
    problem = heated(square(comm, 32))
    problem.function("u").x.array[:] = 1.0
    assert isinstance(stages_of(problem)[0], PlainNewton)


def test_solves_leave_nothing_behind(comm, capfd):
    # Several ranks free what Python lets go of together, or never.
    problem = heated(square(comm, 4))
    for _ in range(3):
        find_steady(problem, stages=(PlainNewton(),))
    capfd.readouterr()
    PETSc.garbage_view(problem.cell.comm)
    waiting = re.search(r"Total entries: (\d+)", capfd.readouterr().out) if not comm.rank else None
    # Of the last solve some vectors; without the cleanup 16 a solve.
    assert waiting is None or int(waiting.group(1)) <= 8
