"""Orders in time: a manufactured solution with moving walls, equal and unequal steps."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from marching import Manufactured

from femsoret.base.functions_of_time import Oscillation
from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Gravity, Linearised
from femsoret.physics.forms import CONDUCTION
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.protocol import Protocol, WallValue
from femsoret.solve.march import March, MarchOptions
from femsoret.solve.march.rosenbrock import RODAS4P2, RODASP

END = 0.6


def errors_after(made, scheme, times):
    """Return the errors after steps that end at given times."""
    made.start()
    with March(made.problem, MarchOptions(scheme=scheme, fixed_step=END), made.protocol) as march:
        ends = [step.clock.t for step in march.until(END, times)]
    assert ends == [*times, END]
    return made.errors(END)


def ends_of(steps, ratio):
    """Return where steps end that are alternately ratio times longer and shorter, save the last."""
    lengths = np.resize([ratio, 1.0], steps)
    return list(END * (np.cumsum(lengths) / lengths.sum())[:-1])


LEAST = {"u": 3.5, "theta": 3.6, "gamma_0": 3.8, "p": 3.5}
"""The pressure, which has no rate of its own (index 2), loses less than half an order."""


@pytest.fixture(scope="module")
def made():
    return Manufactured(MPI.COMM_WORLD)


@pytest.mark.parametrize("ratio", [1.0, 3.0], ids=["equal steps", "unequal steps"])
@pytest.mark.parametrize("scheme", [RODAS4P2, RODASP], ids=lambda scheme: scheme.name)
def test_every_field_keeps_the_order(made, scheme, ratio):
    coarse, fine = (errors_after(made, scheme, ends_of(n, ratio)) for n in (16, 32))
    orders = {name: float(np.log2(coarse[name] / fine[name])) for name in LEAST}
    assert all(orders[name] >= least for name, least in LEAST.items()), (orders, fine)
    assert max(fine.values()) < 1e-7


# -- a wall whose temperature moves --------------------------------------------------------------


@pytest.fixture
def strip(comm):
    """A strip of order one, one wall at T0, the temperature of the other to be moved."""
    mixture = BoussinesqMixture(
        T0=300.0,
        rho0=1.0,
        cp=1.0,
        beta_T=1.0,
        viscosity=Constant(1.0),
        conductivity=Constant(1.0),
        gravity=Gravity(0.0, (0.0, 1.0)),
        species=(),
        closure=Linearised(),
    )
    walls = (Temperature("bottom", 300.0), Temperature("top", 300.0))
    cell = rectangle(comm, (0.2, 1.0), (1, 6))
    return Problem(cell, mixture, walls, equations=CONDUCTION, gap=1.0)


def orders_with_a_sine(problem, scheme):
    """Return the orders of the temperature against many steps, the wall going like sin(2 pi t)."""
    protocol = Protocol((WallValue("bottom", Oscillation(300.0, 1.0, frequency=1.0)),))
    theta = problem.function("theta").x.array
    found = {}
    for steps in (10, 20, 40, 400):
        theta[:] = 0.0
        options = MarchOptions(scheme=scheme, fixed_step=1.0 / steps)
        with March(problem, options, protocol) as march:
            *_, last = march.until(1.0)
        assert last.clock.steps == steps
        found[steps] = theta.copy()
    reference = found.pop(400)
    comm = problem.cell.comm
    errors = [max(comm.allgather(np.abs(x - reference).max())) for x in found.values()]
    return np.log2(np.divide(errors[:-1], errors[1:]))


@pytest.mark.parametrize("scheme", [RODAS4P2, RODASP], ids=lambda scheme: scheme.name)
def test_a_moving_wall_keeps_the_order(strip, scheme):
    assert min(orders_with_a_sine(strip, scheme)) > 3.8


def test_without_the_rate_of_the_wall_the_order_is_lost(strip, monkeypatch):
    """So does PETSc's TSROSW."""
    monkeypatch.setattr(March, "_rate", lambda self, dt: None)
    assert max(orders_with_a_sine(strip, RODASP)) < 2.0
