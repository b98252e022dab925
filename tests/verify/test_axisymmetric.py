"""Cells of revolution: orders, closed forms, what is conserved, and the same cell in 3D."""

from __future__ import annotations

from dataclasses import replace
from math import log, pi

import numpy as np
import pytest
import ufl
from dolfinx import fem
from manufactured import (
    conditions,
    errors,
    exact_on,
    mixture,
    start_from_exact,
    strong_form,
    with_sources,
)
from ranks import assert_same_on_all_ranks
from soret_profile import C0, DT, relative_error, solute, solved

from femsoret.base.errors import CaseError, ConditionError
from femsoret.cells import annulus, cylinder
from femsoret.experiment import Experiment, Pair
from femsoret.fluids import Groups, load_fluid, property_values
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import CLOSURES, Gravity, State, mixture_of, mixture_of_groups
from femsoret.physics.coordinates import AXISYMMETRIC
from femsoret.physics.forms import CONVECTION
from femsoret.physics.forms.stabilisation import strong_species
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Robin, Temperature
from femsoret.problem.discretisation import SCOTT_VOGELIUS
from femsoret.solve import NewtonOptions, solve_steady
from femsoret.studies.columns import OPTIMUM, column_slope
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure
from femsoret.studies.onset.critical import critical_value
from femsoret.studies.parallel_flow import ParallelFlow

# -- manufactured solution, on the axis and everywhere -------------------------------------------

UPRIGHT = replace(mixture(2), gravity=Gravity(5.0, (0.0, 1.0)))
LEAST = {"u": 2.8, "p": 1.9, "theta": 2.9, "gamma_0": 2.9}


def manufactured_errors(comm, shape, n, *, closed):
    problem = Problem(
        annulus(comm, (0.0, 1.0), 1.0, (n, n), shape=shape),
        UPRIGHT,
        conditions(2, closed=closed, coordinates=AXISYMMETRIC),
        equations=with_sources(CONVECTION),
    )
    start_from_exact(problem)
    solve_steady(problem, NewtonOptions(tolerance=1e-6))
    return errors(problem)


@pytest.mark.parametrize(
    ("shape", "closed", "cells"), [("quadrilateral", True, (8, 16)), ("triangle", False, (8, 16))]
)
def test_orders_of_convergence(comm, shape, closed, cells):
    coarse, fine = (manufactured_errors(comm, shape, n, closed=closed) for n in cells)
    orders = {name: float(np.log2(coarse[name] / fine[name])) for name in LEAST}
    assert all(orders[name] >= LEAST[name] for name in LEAST), (orders, fine)


def test_the_pressure_does_not_depend_on_which_equation_its_mean_replaces(comm, monkeypatch):
    # Interpolated wall values let a little fluid through. While one equation took it, the errors
    # of p were 1.2e-2 or 1.9e-2.
    first = manufactured_errors(comm, "triangle", 8, closed=False)
    replaced = Problem.replaced_dof

    def last_owned(problem, row):
        dof, dofs = replaced(problem, row), problem.dofs_in_part(row.block, row.part, row.component)
        if dof is None or row.block != "p":
            return dof
        return int(dofs[dofs < problem.space("p").dofmap.index_map.size_local].max())

    monkeypatch.setattr(Problem, "replaced_dof", last_owned)
    other = manufactured_errors(comm, "triangle", 8, closed=False)
    assert other["p"] == pytest.approx(first["p"], rel=1e-6)


def test_the_strong_residual_of_the_species_has_the_hoop_part(comm):
    # What SUPG tests is the conservation law in (r, z), which is written apart from the code.
    problem = Problem(
        annulus(comm, (0.5, 1.0), 1.0, (2, 2)),
        UPRIGHT,
        conditions(2, closed=False, coordinates=AXISYMMETRIC),
    )
    fields, x = exact_on(problem), ufl.SpatialCoordinate(problem.cell.mesh)
    s = State(fields["u"], None, fields["theta"], (fields["gamma_0"],), coordinates=AXISYMMETRIC)
    law = strong_form(x, UPRIGHT, AXISYMMETRIC)["gamma_0"]
    off, size = (
        comm.allreduce(fem.assemble_scalar(fem.form(value**2 * problem.dx)))
        for value in (strong_species(0, s, UPRIGHT) - law, law)
    )
    assert off < 1e-24 * size


def test_nothing_flows_across_the_axis(comm):
    walls = Temperature("top", 0.5), Temperature("bottom", -0.5)
    problem = by_groups(annulus(comm, (0.0, 1.0), 1.0, (2, 2)), (0.0, 1.0), 1.0, *walls).problem()
    u = problem.function("u")
    u.x.array[:] = 1.0
    problem.impose()
    r, z = problem.space("u").tabulate_dof_coordinates()[:, :2].T
    amid = (z > 0.1) & (z < 0.9)
    values = u.x.array.reshape(-1, 2)
    assert np.all(values[(r < 1e-12) & amid] == (0.0, 1.0))
    assert np.all(values[(r > 0.1) & (r < 0.9) & amid] == 1.0)
    assert comm.allreduce(int(np.sum((r < 1e-12) & amid))) >= 3


# -- without flow --------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", [0.0, 2e-3])
def test_heated_along_the_axis_the_separation_is_exact(comm, inner):
    cell = annulus(comm, (inner, 5e-3), 5e-3, (3, 16))
    for closure in CLOSURES.values():
        assert relative_error(cell, closure, Constant(0.3 / DT)) < 1e-8


def radially_heated(comm, n):
    """Return relative errors of heat flow and of the hot reading between radii of 1 and 3 mm."""
    cell = annulus(comm, (1e-3, 3e-3), 2e-3, (n, 2))
    renamed = replace(
        cell, sides={{"inner": "top", "outer": "bottom"}.get(k, f"{k} end"): v
                     for k, v in cell.sides.items()}
    )  # fmt: skip
    problem = solved(renamed, CLOSURES["linearised"], [solute(Constant(0.3 / DT))])
    heat = wall_flows(problem, "theta")["bottom"]
    exact_heat = 2 * pi * 0.6 * 2e-3 * DT / log(3.0)
    # c = c0 - S_T c0(1-c0) (T - mean T), where the mean of T counts volume: r dr.
    mean = DT * (log(3.0) - (9 * log(3.0) / 2 - 2.0) / 4.0) / log(3.0)
    exact = -0.3 * C0 * (1 - C0) * (1.0 - mean / DT)
    hot = WallMean("top").of(problem, "gamma_0")
    return np.abs([heat / exact_heat - 1.0, hot / exact - 1.0])


def test_heated_across_an_annulus(comm):
    # T = ln r is no polynomial; heat flow and mean value converge with twice the degree.
    coarse, fine = radially_heated(comm, 4), radially_heated(comm, 8)
    assert np.all(fine < 2e-4)
    assert np.all(np.log2(coarse / fine) > 3.5)


# -- with flow -----------------------------------------------------------------------------------


def stirred(comm, inner, cells):
    """Return what is found in water and ethanol heated from above, its round wall cooled."""
    fluid = load_fluid("water-ethanol")
    experiment = Experiment(
        "cooled",
        annulus(comm, (inner, 4e-3), 5e-3, cells, grading=2.0),
        mixture_of(fluid, T0=295.65, c0=fluid.c, up=(0.0, 1.0)),
        (Temperature("top", 300.65), Temperature("bottom", 290.65), Robin("outer", 30.0, 290.65)),
        fluid=fluid,
    )
    return measure(experiment, with_numerical_error=False)


def test_same_numbers_on_all_ranks():
    def numbers(comm):
        found = stirred(comm, 0.0, (4, 4))
        heat = {f"heat through {side}": wall.heat for side, wall in found.walls.items()}
        return heat | {
            "bias": found.solution.soret.bias,
            "max speed": found.speed.maximum,
            "entropy": found.entropy.produced,
            "friction": found.entropy.viscous,
            "layer": found.resolution.walls["outer"].thickness,
        }

    assert_same_on_all_ranks(numbers)


def test_balances_of_a_stirred_annulus_with_cooled_walls(comm):
    found = stirred(comm, 1e-3, (6, 8))
    assert found.solution.soret.bias < -0.05  # it is stirred
    assert found.balances.heat < 1e-12
    assert found.balances.mass < 1e-12
    assert found.balances.species < 1e-12
    assert found.balances.entropy < 1e-4
    assert found.balances.spurious_peclet < 1e-8
    # The gradient at the wall is that of the cell of revolution too.
    assert found.walls["top"].nusselt_gradient == pytest.approx(
        found.walls["top"].nusselt, rel=0.05
    )


def by_groups(cell, up, Ra, *conditions, **more):
    """Return an experiment at Pr = 10, Le = 20, psi = 0.2."""
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=20.0, psi=0.2), c0=0.5, S_T_dT=1.0)
    return Experiment(
        "by groups",
        cell,
        mixture_of_groups(scaled, up=up),
        conditions,
        gap=1.0,
        absolute_temperature=False,
        **more,
    )


@pytest.mark.slow
@pytest.mark.serial
def test_a_cylinder_is_that_of_3d(comm):
    # Heat that the round wall loses makes the liquid sink there; neither mesh knows the other.
    found = {}
    for cell, rim in (
        (annulus(comm, (0.0, 1.0), 1.0, (8, 8), grading=2.0), "outer"),
        (cylinder(comm, 1.0, 1.0, (5, 5), grading=2.0), "side"),
    ):
        walls = Temperature("top", 0.5), Temperature("bottom", -0.5), Robin(rim, 2.0, -0.5)
        readings = Pair("axial", WallMean("top"), WallMean("bottom"))
        up = (0.0, 1.0, 0.0)[: cell.dim]
        solution = solve(by_groups(cell, up, 200.0, *walls, readings=readings))
        heat = wall_flows(solution.convection, "theta")
        found[cell.dim] = [solution.soret.bias, heat["top"], heat["bottom"], heat[rim]]
    # Nothing of this is as small as what the two differ by.
    assert abs(found[2][0]) > 0.018
    assert found[2][0] == pytest.approx(found[3][0], abs=5e-4)
    assert found[2][1:] == pytest.approx(found[3][1:], rel=1.5e-3)


@pytest.mark.slow
def test_onset_in_a_slippery_cylinder_is_that_of_the_layer(comm):
    # J0(kr) and J1(kr) fit between the axis and a wall without friction where J1(kR) = 0, so that
    # rigid plates give the Ra_c of the infinite layer at that k: 1707.762 at 3.1163.
    radius = 3.8317060 / 3.1163
    cell = annulus(comm, (0.0, radius), 1.0, (2, 4), grading=(1.0, 2.0))
    walls = Temperature("top", -0.5), Temperature("bottom", 0.5), FreeSlip("outer")

    def at(Ra):
        experiment = by_groups(cell, (0.0, 1.0), Ra, *walls)
        pure = replace(experiment.mixture, species=())
        return replace(experiment, mixture=pure, degree=4)

    assert critical_value(at, 1705.0, 1711.0, close=1e-5).value == pytest.approx(1707.762, abs=2e-2)


# -- the column ----------------------------------------------------------------------------------


def test_parallel_flow_of_a_narrow_annulus_is_that_of_the_slot():
    narrow = ParallelFlow(1.0001)
    assert narrow.optimum == pytest.approx(OPTIMUM, rel=1e-6)
    for X in (50.0, 602.3952, 3000.0):
        assert narrow.slope(X) == pytest.approx(column_slope(X), rel=1e-6)


def test_parallel_flow_by_another_method():
    """The same by finite differences of the equations of flow and composition as they stand."""
    n, ratio, X = 500, 3.0, 300.0
    inner = 1.0 / (ratio - 1.0)
    r = inner + (np.arange(n) + 0.5) / n
    faces = inner + np.arange(1, n) / n
    laplace = np.zeros((n, n))
    for i, face in enumerate(faces):
        for here, there in ((i, i + 1), (i + 1, i)):
            laplace[here, there] += face * n**2 / r[here]
            laplace[here, here] -= face * n**2 / r[here]
    at_rest = laplace.copy()
    at_rest[0, 0] -= 2 * inner * n**2 / r[0]
    at_rest[-1, -1] -= 2 * (inner + 1.0) * n**2 / r[-1]
    theta = np.log((inner + 1.0) / r) / log(ratio)
    rise, push = np.linalg.solve(at_rest, np.array([-theta, np.ones(n)]).T).T
    w = rise - push * (rise @ r) / (push @ r)
    # w m = (1/r)(r (g' + theta'))' without flux through the walls, and X int w g r = m int r.
    per_slope = np.linalg.lstsq(laplace, X * w, rcond=None)[0]
    m = -X * (w * r) @ theta / (r.sum() - X * (w * r) @ per_slope)
    assert ParallelFlow(ratio).slope(X) == pytest.approx(abs(m), rel=1e-4)


# -- what is refused -----------------------------------------------------------------------------


def test_what_is_refused(comm):
    cell = annulus(comm, (0.0, 1.0), 1.0, (1, 1), shape="triangle")
    walls = Temperature("top", 0.5), Temperature("bottom", -0.5)
    with pytest.raises(ConditionError, match="is not axisymmetric"):
        by_groups(cell, (0.1, 0.995), 1.0, *walls).problem()
    with pytest.raises(ConditionError, match="no side 'axis'"):
        by_groups(cell, (0.0, 1.0), 1.0, *walls, Robin("axis", 1.0, 0.0)).problem()
    with pytest.raises(CaseError, match="Cartesian coordinates only"):
        by_groups(cell, (0.0, 1.0), 1.0, *walls, discretisation=SCOTT_VOGELIUS)
    with pytest.raises(ConditionError, match="ratio of the radii"):
        ParallelFlow(0.5)
