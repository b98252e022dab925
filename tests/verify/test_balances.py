"""What must be conserved is; what leaves through walls, and where a corner counts."""

from __future__ import annotations

import pytest
import water_ethanol
from cases import HEATED, WATER_ETHANOL, check, rows
from squares import T0, heated_square

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Gravity, Linearised
from femsoret.physics.forms import CONDUCTION
from femsoret.post import wall_flows as wall_flows_module
from femsoret.post.readings import WallMean
from femsoret.post.wall_flows import gradient_flows, wall_flows
from femsoret.problem import Problem
from femsoret.problem.conditions import HeatFlux, Robin, Temperature
from femsoret.solve import solve_steady
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure

# -- balances ------------------------------------------------------------------------------------


def test_defects_with_dufour_effect_and_convection(comm):
    found = water_ethanol.defects(comm)
    assert abs(found["bias"]) > 1e-2  # the cell is stirred
    check(WATER_ETHANOL, "full closure, Dufour effect", found)


# -- wall flows ----------------------------------------------------------------------------------


def test_reactions_are_far_more_accurate_than_gradients(comm):
    problem = solve(heated_square(1e5, 16, comm=comm)).convection
    exact = rows(HEATED, "Ra = 1e5")[0].expected
    reaction, gradient = (
        abs(flows(problem, "theta")["left"] / -exact - 1.0)
        for flows in (wall_flows, gradient_flows)
    )
    assert reaction < 2e-4
    assert 10.0 * reaction < gradient < 0.05


def of_order_one(cell, *conditions, g=2e3, equations=None):
    """Return the solved problem of a pure fluid whose properties are all 1."""
    mixture = BoussinesqMixture(
        T0=T0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(1.0),
        conductivity=Constant(1.0),
        gravity=Gravity(g, (0.0, 1.0)),
        species=(),
        closure=Linearised(),
    )
    problem = Problem(cell, mixture, conditions, **({"equations": equations} if equations else {}))
    solve_steady(problem)
    return problem


H, OUTSIDE, FLUX = 3.0, T0 - 0.5, 0.7


def test_walls_with_heat_loss_and_given_flux_close_the_balance(comm):
    cell = rectangle(comm, (1.0, 0.8), (8, 6))
    problem = of_order_one(
        cell,
        Temperature(("left",), T0 + 0.5),
        Robin(("right",), H, OUTSIDE),
        HeatFlux(("top",), FLUX),
    )
    flows = wall_flows(problem, "theta")
    scale = max(map(abs, flows.values()))
    assert abs(sum(flows.values())) <= 1e-10 * scale
    # Walls with a flux pass what their condition says, whatever the corner beside them does.
    assert flows["top"] == pytest.approx(-FLUX * cell.area("top"), abs=1e-10 * scale)
    assert flows["bottom"] == pytest.approx(0.0, abs=1e-10 * scale)
    surface = T0 + WallMean("right").of(problem, "theta")
    lost = H * (surface - OUTSIDE) * cell.area("right")
    assert flows["right"] == pytest.approx(lost, abs=1e-10 * scale)
    assert flows["left"] == pytest.approx(FLUX * cell.area("top") - lost, abs=1e-10 * scale)


def test_the_flows_of_a_state_are_assembled_once(comm, monkeypatch):
    assembled = []

    def counting(problem, block):
        assembled.append((problem.equations.name, block))
        return wall_flows(problem, block)

    monkeypatch.setattr(wall_flows_module, "wall_flows", counting)
    found = measure(heated_square(1e3, 4, comm=comm))
    assert found.balances.heat < 1e-10
    # Of convection and conduction, each at the first degree and in both second solves.
    assert assembled == list(dict.fromkeys(assembled)) * 3
    assert len(assembled) == 6


def test_a_corner_of_two_walls_with_temperatures_counts_half_for_each(comm):
    # Mirrored at the diagonal, the square is itself with the signs changed.
    cell = rectangle(comm, (1.0, 1.0), (6, 6))
    flows = wall_flows(
        of_order_one(
            cell,
            Temperature(("left",), T0 + 0.5),
            Temperature(("bottom",), T0 - 0.5),
            equations=CONDUCTION,
        ),
        "theta",
    )
    assert flows["left"] == pytest.approx(-flows["bottom"], rel=1e-12)
    assert flows["left"] < -1.0
    assert [flows["right"], flows["top"]] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_a_corner_with_an_adiabatic_wall_counts_for_the_wall_with_a_temperature(comm):
    flows = wall_flows(solve(heated_square(1e4, 8, comm=comm)).convection, "theta")
    assert [flows["bottom"], flows["top"]] == pytest.approx([0.0, 0.0], abs=1e-11)
    assert flows["left"] == pytest.approx(-flows["right"], rel=1e-11)
