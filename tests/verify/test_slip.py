"""Walls at which the fluid slips along gradients of temperature and composition."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from mpi4py import MPI

import numpy as np
import pytest
import ufl
from bent import bulging, curved_square, drawn, leaning
from manufactured import (
    C0,
    conditions,
    errors,
    exact,
    exact_on,
    mixture,
    start_from_exact,
    with_sources,
)
from walled import pure_fluid

from femsoret.base.errors import CaseError, ConditionError
from femsoret.cells import Cell, alfeld_split, box, rectangle
from femsoret.physics.closures import Gravity, State
from femsoret.physics.coordinates import AXISYMMETRIC
from femsoret.physics.forms import CONVECTION
from femsoret.physics.forms.wall import Wall, impermeable, slipping
from femsoret.post.fields import integral, values_at
from femsoret.post.stratification import stratification
from femsoret.post.wall_flows import flows_of
from femsoret.problem import Filling, Problem
from femsoret.problem.conditions import FreeSlip, NoSlip, Slip, Temperature
from femsoret.problem.discretisation import SCOTT_VOGELIUS
from femsoret.solve import Newton, NewtonOptions, SpectrumOptions, growth_rates, solve_steady
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.energy_method import growth_bound, why_stable

# -- orders of convergence -------------------------------------------------------------------------

FULL = {"u": 2.75, "p": 1.9, "theta": 2.85, "gamma_0": 2.85}
FULL_3D = {"u": 2.6, "p": 1.7, "theta": 2.6, "gamma_0": 2.6}


@dataclass(frozen=True)
class ExactSlip(Slip):
    """A law of slip with the velocity that the exact fields have beyond it."""

    def term(self, s: State, v: State, m: Any, wall: Wall) -> Any:
        fields = exact(ufl.SpatialCoordinate(wall.ds.ufl_domain()), s.coordinates)
        friction = 2.0 * ufl.dot(ufl.sym(ufl.grad(fields["u"])), wall.n)  # over mu
        beyond = fields["u"] + self.b * friction
        beyond -= self.mu_s * ufl.grad(fields["theta"])
        beyond -= self.mu_c[0] * ufl.grad(fields["gamma_0"])
        passing = ufl.inner(fields["u"], wall.n)
        return impermeable(s, v, m, wall, passing) + slipping(
            s, v, m, wall, self.sliding(s, m) + beyond, self.b
        )


def manufactured_errors(cell: Cell, slip: Slip) -> dict[str, float]:
    """Return the errors of a cell whose composition is closed and some of whose walls slip."""
    coordinates = cell.coordinates
    fluid = mixture(cell.dim)
    if coordinates.has_axis:
        fluid = replace(mixture(2), gravity=Gravity(5.0, (0.0, 1.0)))
    walls = (*conditions(cell.dim, closed=True, coordinates=coordinates), slip)
    equations = with_sources(CONVECTION)
    problem = Problem(cell, fluid, walls, equations=equations)
    mean = integral(problem, exact_on(problem)["gamma_0"] * problem.dx) / cell.fluid_volume
    (name,) = cell.parts.names
    problem = Problem(cell, fluid, walls, equations=equations, fillings=[Filling(name, C0 + mean)])
    start_from_exact(problem)
    solve_steady(problem, NewtonOptions(tolerance=1e-6))
    found = errors(problem)
    off = integral(problem, (problem.pressure - exact_on(problem)["p"]) * problem.dx)
    found["p"] = math.sqrt(found["p"] ** 2 - off**2 / cell.fluid_volume)
    return found


CELLS = {
    "leaning": lambda comm, n: drawn(rectangle(comm, (1, 1), (n, n), shape="triangle"), leaning),
    "curved": lambda comm, n: curved_square(comm, n, bulging),
    "about an axis": lambda comm, n: curved_square(comm, n, bulging, coordinates=AXISYMMETRIC),
    "leaning in 3D": lambda comm, n: drawn(box(comm, (1,) * 3, (n,) * 3), leaning),
}


@pytest.mark.parametrize(
    ("kind", "sides", "b", "cells", "least"),
    [
        ("leaning", ("right", "top"), 0.0, (6, 12), FULL),
        ("curved", ("right", "top"), 0.3, (6, 12), FULL),
        ("about an axis", ("right", "top"), 0.0, (4, 8), FULL),
        pytest.param(
            *("leaning in 3D", ("right", "top", "back"), 0.0, (2, 4), FULL_3D),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_orders_of_convergence(comm, kind, sides, b, cells, least):
    """Mobilities of order one, with gradients of the unknown temperature and composition.

    Without slip length the velocity equals these gradients at the wall, of one degree less.
    """
    slip = ExactSlip(sides, mu_s=0.7, mu_c=(-0.4,), b=b)
    coarse, fine = (manufactured_errors(CELLS[kind](comm, n), slip) for n in cells)
    orders = {name: float(np.log2(coarse[name] / fine[name])) for name in fine}
    assert all(orders[name] >= least[name] for name in least), (orders, fine)


# -- a slot between plates -------------------------------------------------------------------------

LENGTH, MU_S = 6.0, 0.01


def slot(comm: Any, walls: tuple[Any, ...]) -> Problem:
    """Return a closed slot of height 1 with a gradient 1 of the temperature along it."""
    cell = rectangle(comm, (LENGTH, 1.0), (24, 8), grading=2.0)
    ends = Temperature("left", 0.0), Temperature("right", LENGTH)
    return Problem(cell, pure_fluid(), (*walls, *ends))


@pytest.mark.ranks
@pytest.mark.parametrize("b", [0.0, 0.25])
def test_flow_in_a_closed_slot(comm, b):
    """u = u_w (1 - 6 y + 6 y^2), dp/dx = 12 mu u_w, u_w = mu_s dT/dx/(1 + 6 b) in the middle.

    Slip drives the fluid to the warm end along the plates, and it returns between them.
    """
    problem = slot(comm, (Slip(("bottom", "top"), mu_s=MU_S, b=b),))
    solve_steady(problem)
    u_w = MU_S / (1.0 + 6.0 * b)
    middle = 0.5 * LENGTH
    u = values_at(problem.function("u"), [(middle, y, 0.0) for y in (0.0, 0.25, 0.5)])[:, 0]
    assert u == pytest.approx([u_w, -0.125 * u_w, -0.5 * u_w], abs=2e-3 * u_w)
    ends = [(x, 0.5, 0.0) for x in (middle - 0.5, middle + 0.5)]
    p = values_at(problem.function("p"), ends) + values_at(problem.function("phi"), ends)
    mu = problem.mixture.reference.mu
    assert np.diff(p.ravel())[0] == pytest.approx(12.0 * mu * u_w, rel=2e-3)


@pytest.mark.slow
def test_a_march_ends_in_the_steady_state(comm):
    walls = (Slip(("bottom", "top"), mu_s=MU_S, b=0.1),)
    steady, marched = slot(comm, walls), slot(comm, walls)
    solve_steady(steady)
    marched.impose()
    with March(marched, MarchOptions(tolerance=1e-3)) as march:
        for _ in march.until(40.0):
            pass
    for name in ("u", "theta"):
        wanted = steady.function(name).x.array
        size = comm.allreduce(abs(wanted).max(), op=MPI.MAX)
        assert abs(marched.function(name).x.array - wanted).max() < 1e-3 * size
    with Newton(steady) as newton:
        newton.solve()
        found = growth_rates(steady, shifts=[0.1], options=SpectrumOptions(number=1), newton=newton)
    # The slowest mode is that of heat along the slot, hardly changed by the slow flow.
    alpha = steady.mixture.reference.alpha
    assert found.leading.growth_rate == pytest.approx(-alpha * (math.pi / LENGTH) ** 2, rel=1e-3)


def test_slip_lengths_lead_from_no_slip_to_free_slip(comm):
    """A cell heated from the side, between walls that lean."""
    found = {}
    bounds: dict[Any, Any] = {
        "held": NoSlip(("bottom", "top")),
        "b = 0": Slip(("bottom", "top")),
        "b = 1": Slip(("bottom", "top"), b=1.0),
        "b = 1e9": Slip(("bottom", "top"), b=1e9),
        "free": FreeSlip(("bottom", "top")),
    }
    for name, walls in bounds.items():
        cell = drawn(rectangle(comm, (1, 1), (8, 8), grading=2.0), leaning)
        held = Temperature("left", 0.5), Temperature("right", -0.5)
        problem = Problem(cell, pure_fluid(Ra=1e4), (walls, *held), gap=1.0)
        solve_steady(problem)
        found[name] = flows_of(problem).heat["right"]
    assert found["b = 0"] == pytest.approx(found["held"], rel=2e-3)
    assert found["b = 1e9"] == pytest.approx(found["free"], rel=2e-3)
    assert found["held"] * 1.05 < found["b = 1"] < found["free"] / 1.01


# -- what is refused, and what is not claimed ------------------------------------------------------


def test_what_is_refused(comm):
    cell = rectangle(comm, (1.0, 1.0), (2, 2), shape="triangle")
    held = Temperature("left", 0.5), Temperature("right", -0.5)
    with pytest.raises(ConditionError, match=r"slip length is -1(.|\n)*FreeSlip"):
        Slip("top", b=-1.0)
    problem = Problem(cell, pure_fluid(), (Slip("top", mu_c=(1.0,)), *held))
    with pytest.raises(ConditionError, match="1 mobilities"):
        _ = problem.residual_ufl
    split = alfeld_split(cell)
    with pytest.raises(CaseError, match=r"slip on side 'top'"):
        Problem(split, pure_fluid(), (Slip("top"), *held), discretisation=SCOTT_VOGELIUS)


def test_energy_proves_no_stability_where_walls_drive_a_flow(comm):
    """Disturbances of the temperature set the fluid in motion at the wall, even without gravity."""
    for walls, proven in (((), True), ((Slip("top", mu_s=MU_S),), False)):
        problem = slot(comm, walls)
        problem.function("theta").interpolate(lambda x: x[0] - 0.5)
        layers = stratification(problem)
        assert bool(why_stable(problem, layers)) is proven
        assert (growth_bound(problem, layers) is not None) is proven
