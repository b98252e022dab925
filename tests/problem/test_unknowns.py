"""Parameters that are unknown, and determined by what is wanted of the state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from everything import full_problem, liquid

from femsoret.base.errors import CaseError, NotConverged
from femsoret.cells import rectangle
from femsoret.fluids.groups import Groups, property_values
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import mixture_of_groups
from femsoret.physics.forms import CONDUCTION
from femsoret.post.wall_flows import integral
from femsoret.problem import Problem
from femsoret.problem.conditions import HeatFlux, Temperature
from femsoret.problem.layout import composition
from femsoret.problem.orientation import up_vector
from femsoret.problem.rows import FunctionalRow, Weight
from femsoret.solve import (
    Newton,
    NewtonOptions,
    Target,
    Unknown,
    find_steady,
    solve_steady,
    solve_with_unknowns,
)
from femsoret.solve.branches.unknowns import BorderedNewton, added_equation

GRAVITY, FLUX = "gravity.magnitude", "conditions.2.value"


def separation(problem):
    """Return the mean composition at the bottom less that at the top, over the width."""
    c, width = problem.scalar(composition()), problem.cell.volume / problem.orientation.gap
    return c / width * problem.ds(("bottom",)) - c / width * problem.ds(("top",))


def number(problem, form):
    return integral(problem, form(problem))


@pytest.fixture(scope="module")
def solved():
    """Return a solved problem: its separation and its mean temperature are what others want."""
    problem = full_problem((4, 3))
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    theta = integral(problem, problem.function("theta") * problem.dx) / problem.cell.volume
    return problem, number(problem, separation), theta


def test_gravity_from_a_wanted_separation(solved):
    known, wanted, _ = solved
    problem = full_problem((4, 3), g=0.01)
    assert abs(number(problem, separation) - wanted) > 0.05 * abs(wanted)
    report = solve_with_unknowns(problem, [GRAVITY], [Target(separation, wanted)])
    assert float(problem.parameters[GRAVITY].value) == pytest.approx(0.02, rel=1e-7)
    assert number(problem, separation) == pytest.approx(wanted, rel=1e-9)
    for name, f, g in zip(known.layout.names, known.functions, problem.functions, strict=True):
        assert abs(f.x.array - g.x.array).max() <= 1e-6 * known.scales.largest(name), name
    assert GRAVITY in report.history[-1]


@pytest.mark.parametrize("preset", ["direct", "amg"])
def test_two_unknowns_from_two_wanted_values(solved, preset):
    """The second is a functional row: the mean temperature, for a wall's heat flux."""
    _, wanted, theta = solved
    problem = full_problem((4, 3), g=0.017)
    assert float(problem.parameters[FLUX].value) == 40.0
    problem.parameters[FLUX].value = 25.0
    solve_with_unknowns(
        problem,
        [GRAVITY, Unknown(FLUX, size=10.0)],
        [Target(separation, wanted), FunctionalRow((Weight("theta"),), value=theta)],
        NewtonOptions(preset=preset),
    )
    assert float(problem.parameters[GRAVITY].value) == pytest.approx(0.02, rel=1e-6)
    assert float(problem.parameters[FLUX].value) == pytest.approx(40.0, rel=1e-6)


def test_a_heat_flux_in_closed_form(comm):
    """Conduction through a layer: its mean temperature is q H/(2 kappa) above the cold side."""
    cell = rectangle(comm, (1e-3, 2e-3), (2, 4))
    walls = (Temperature(("bottom",), 298.15), HeatFlux(("top",), 0.0))
    mixture = replace(liquid(), conductivity=Constant(0.13), species=())
    problem = Problem(cell, mixture, walls, equations=CONDUCTION)
    row = FunctionalRow.mean("theta", value=0.5)
    with pytest.raises(CaseError, match="is zero or not finite"):
        solve_with_unknowns(problem, ["conditions.1.value"], [row])
    solve_with_unknowns(problem, [Unknown("conditions.1.value", size=100.0)], [row])
    found = float(problem.parameters["conditions.1.value"].value)
    assert abs(found) == pytest.approx(0.5 * 2.0 * 0.13 / 2e-3, rel=1e-9)


def test_what_is_refused_and_nothing_is_lost(solved):
    problem = full_problem((4, 3))
    wanted = Target(separation, 1e-3)
    with pytest.raises(CaseError, match="unknown parameter 'gravity'"):
        solve_with_unknowns(problem, ["gravity"], [wanted])
    with pytest.raises(CaseError, match="unknown parameters is 1, but that of targets is 2"):
        solve_with_unknowns(problem, [GRAVITY], [wanted, wanted])
    before = problem.get_state()
    # The mean of gamma is conserved, whatever gravity is; a separation tenfold is out of reach.
    mean = Target(lambda p: p.scalar(composition()) * p.dx, 1e-9)
    for beyond, words in (
        (mean, "do not determine gravity.magnitude"),
        (Target(separation, 10.0 * solved[1]), "closer|not reached|converge"),
    ):
        with pytest.raises(NotConverged, match=words):
            solve_with_unknowns(problem, [GRAVITY], [beyond])
        assert float(problem.parameters[GRAVITY].value) == 0.02
        assert all(np.array_equal(a, b) for a, b in zip(before, problem.get_state(), strict=True))


def test_adjoint_and_tangent_agree(solved):
    """d separation/d gravity is w.A^-1 dF/dp and (A^-T w).dF/dp; the transpose is bordered too."""
    problem = full_problem((4, 3))
    with Newton(problem) as newton:
        newton.solve()
        unknown = Unknown(GRAVITY, size=0.02)
        equation = added_equation(newton, Target(separation, solved[1]), [unknown])
        search = BorderedNewton(newton, [unknown], [equation])
        x, side, found, back = (newton.system.vector() for _ in range(4))
        newton.system.read(x)
        search.factorise(x, np.ones(1))
        (border,) = search.solver.borders
        newton.back_substitute_transposed(border.weights, back)
        tangent = border.weights.dot(search.solver.columns[0])
        assert back.dot(border.column) == pytest.approx(tangent, rel=1e-8)
        # <K^-1 (b, 2), (a, 3)> = <(b, 2), K^-T (a, 3)>
        a = border.column.copy()
        first, last = side.getOwnershipRange()
        side.array_w[:] = np.sin(np.arange(first, last))
        s = search.solver.solve(side, np.array([2.0]), found)
        t = search.solver.solve_transposed(a, np.array([3.0]), back)
        left = found.dot(a) + 3.0 * s[0]
        assert left == pytest.approx(side.dot(back) + 2.0 * t[0], rel=1e-7)
        search.destroy()
    with Newton(problem, NewtonOptions(preset="amg")) as newton:
        newton.factorise(x)
        with pytest.raises(CaseError, match="transposed Jacobian needs a factorisation"):
            newton.back_substitute_transposed(side, back)


@pytest.mark.parametrize("name", [GRAVITY, "species.0.soret.value"])
def test_from_far_where_the_flow_is_strong(comm, name):
    """Ra Le = 1e7: 30 % of gravity, or of S_T, in a few whole steps, whose residuals are large."""
    scaled = property_values(Groups(Ra=1e5, Pr=10.0, Le=100.0, psi=0.3), c0=0.5, S_T_dT=0.1)
    problem = Problem(
        rectangle(comm, (1.0, 1.0), (6, 6)),
        mixture_of_groups(scaled, up=up_vector((0.0, 1.0), 2.0)),
        (Temperature(("top",), 0.5), Temperature(("bottom",), -0.5)),
    )
    find_steady(problem)
    wanted, true = number(problem, separation), float(problem.parameters[name].value)
    problem.parameters[name].value = 0.7 * true
    report = solve_with_unknowns(problem, [name], [Target(separation, wanted)])
    assert float(problem.parameters[name].value) == pytest.approx(true, rel=1e-6)
    assert report.newton_iterations <= 12
