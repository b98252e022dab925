"""SUPG for the species: consistent, conservative, and worth it where the mesh is too coarse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ufl
from dolfinx import fem
from manufactured import (
    T0,
    conditions,
    errors,
    exact,
    mixture,
    start_from_exact,
    streamline_sources,
    strong_form,
    with_sources,
)
from squares import C0, Soret

from femsoret.base.errors import CaseError
from femsoret.cells import box, rectangle
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Constant, Linear, StokesEinstein
from femsoret.physics.closures import State
from femsoret.physics.forms import CONVECTION, DIFFUSION, SUPG, UNSTABILISED
from femsoret.physics.forms.stabilisation import strong_species
from femsoret.post.balances import balances
from femsoret.post.wall_flows import flows_of, wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition
from femsoret.solve import NewtonOptions, find_steady, growth_rates, solve_steady
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.stability_check import stability_check
from femsoret.studies.measure.transient import measure_in_time

# -- consistency ---------------------------------------------------------------------------------

RESOLVED, STIRRED = 0.5, 1e-5
"""Diffusion coefficients: mesh cells of 1/16 have Peclet numbers of 0.3 and 10^4."""


def orders(comm, shape, diffusion, cells, *sources):
    """Return the order of convergence of each block between the last two meshes."""
    make, dim = (rectangle, 2) if shape in {"quadrilateral", "triangle"} else (box, 3)
    of_order_one = mixture(dim)
    (law,) = of_order_one.species
    slow = replace(law, diffusion=StokesEinstein(diffusion, T0, Linear(0.8, T0, -0.2, C0, 0.5)))
    found = []
    for n in cells:
        problem = Problem(
            make(comm, (1.0,) * dim, (n,) * dim, shape=shape),
            replace(of_order_one, species=(slow,)),
            conditions(dim, closed=False),
            equations=with_sources(SUPG.added_to(CONVECTION), *sources),
        )
        start_from_exact(problem)
        solve_steady(problem, NewtonOptions(tolerance=1e-6))
        found.append(errors(problem))
    coarse, fine = found[-2:]
    return {
        name: np.log(coarse[name] / fine[name]) / np.log(cells[-1] / cells[-2]) for name in fine
    }


@pytest.mark.parametrize(
    ("shape", "diffusion", "cells", "least"),
    [
        ("quadrilateral", RESOLVED, (8, 16), 2.8),
        ("triangle", RESOLVED, (6, 12), 2.8),
        ("quadrilateral", STIRRED, (8, 16), 2.35),  # k + 1/2 is what theory promises
        ("triangle", STIRRED, (6, 12), 2.35),
        ("tetrahedron", RESOLVED, (2, 4), 2.8),
    ],
)
def test_orders_of_convergence(comm, shape, diffusion, cells, least):
    found = orders(comm, shape, diffusion, cells, streamline_sources)
    assert found["gamma_0"] >= least, found
    assert found["u"] >= 2.8, found
    assert found["theta"] >= 2.8, found


def test_an_inconsistent_term_would_be_seen(comm):
    # The same without the sources in the tested residual: the method is then of order one or so.
    assert orders(comm, "quadrilateral", STIRRED, (8, 16))["gamma_0"] < 2.0


def test_the_strong_residual_is_that_of_the_conservation_law(comm):
    # Soret flux and all that depends on T and c included; the law is written apart from the code.
    mesh = rectangle(comm, (1.0, 1.0), (2, 2)).mesh
    x = ufl.SpatialCoordinate(mesh)
    fields, m = exact(x), mixture(2)
    s = State(fields["u"], None, fields["theta"], (fields["gamma_0"],))
    law = strong_form(x, m)["gamma_0"]
    dx = ufl.dx(domain=mesh, metadata={"quadrature_degree": 6})
    off, size = (
        comm.allreduce(fem.assemble_scalar(fem.form(value**2 * dx)))
        for value in (strong_species(0, s, m) - law, law)
    )
    assert off < 1e-24 * size


# -- what it leaves alone ------------------------------------------------------------------------


def test_equations_without_flow_are_left_alone():
    assert SUPG.added_to(DIFFUSION) is DIFFUSION
    assert UNSTABILISED.added_to(CONVECTION) is CONVECTION


def stirred(comm, X, cells, *more, Le=1e4, stabilisation=SUPG, grading=1.0, soret=True):
    """Return the solved problem of a side-heated square."""
    given = Soret(X, Le=Le)
    cell = rectangle(comm, (1.0, 1.0), (cells, cells), grading=grading)
    square = given.on(cell, given.up)
    if not soret:
        species = tuple(
            replace(law, soret=Constant(0.0), mixing=None) for law in square.mixture.species
        )
        square = replace(square, mixture=replace(square.mixture, species=species))
    square = replace(square, conditions=(*square.conditions, *more), stabilisation=stabilisation)
    problem = square.problem()
    find_steady(problem, square.newton)
    return problem


def test_mass_is_conserved_to_round_off(comm):
    problem = stirred(comm, 1e6, 12)
    found = balances(problem, flows_of(problem), None)
    assert found.mass < 1e-12
    assert found.species < 1e-12
    assert found.heat < 1e-12


# -- between walls of given composition, where c stays between theirs without Soret effect -------

WALLS = Composition(("left",), C0 + 0.5), Composition(("right",), C0 - 0.5)


def overshoot(problem):
    """Return how far the composition leaves the range of the walls, which are 1 apart."""
    gamma = problem.function("gamma")
    owned = gamma.x.array[: gamma.function_space.dofmap.index_map.size_local]
    farthest = float(np.abs(owned).max(initial=0.0)) - 0.5
    return max(problem.cell.comm.allgather(farthest))


def test_overshoots_at_a_large_cell_peclet_number(comm):
    plain = overshoot(stirred(comm, 1e7, 16, *WALLS, stabilisation=UNSTABILISED, soret=False))
    assert plain > 0.2  # the boundary layers are far from resolved
    assert overshoot(stirred(comm, 1e7, 16, *WALLS, soret=False)) < plain / 20.0


def test_wall_flows_belong_to_the_stabilised_equation(comm):
    # Wall flows of a coarse mesh: with SUPG they add up, and are nearer to those of a fine one.
    fine = stirred(comm, 1e7, 24, *WALLS, stabilisation=UNSTABILISED, grading=8.0, soret=False)
    exact = wall_flows(fine, "gamma_0")["left"]
    flows = {
        each.name: wall_flows(
            stirred(comm, 1e7, 16, *WALLS, stabilisation=each, soret=False), "gamma_0"
        )
        for each in (UNSTABILISED, SUPG)
    }
    for through in flows.values():
        assert abs(sum(through.values())) < 1e-12 * abs(exact)
        assert abs(through["top"]) + abs(through["bottom"]) < 1e-10 * abs(exact)
    error = {name: abs(through["left"] / exact - 1.0) for name, through in flows.items()}
    assert error["supg"] < 0.6 * error["none"]


# -- where time counts ---------------------------------------------------------------------------


def test_courses_and_modes_are_refused(comm):
    """The residual that is tested has no rate of change: it is none of an equation in time."""
    given = Soret(1.0, Le=10.0)
    square = given.on(rectangle(comm, (1.0, 1.0), (4, 4)), given.up)
    stabilised = replace(square, stabilisation=SUPG)
    with pytest.raises(CaseError, match="steady states only"):
        measure_in_time(stabilised, Schedule(end=1.0))
    solution = solve(stabilised)
    with pytest.raises(CaseError, match="steady states only"):
        growth_rates(solution.convection)
    found = stability_check(solution)
    if found.verdict != "stable":  # proven without modes
        assert found.verdict == "not looked at"
        assert "omits the rate" in found.reason
