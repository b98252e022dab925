"""Energy of transitions in the heat equation: what closed currents carry, and what walls give."""

from __future__ import annotations

import numpy as np
import pytest
from particles import C0, COLD, HOT, T0, Power, strip, two_states
from scipy.integrate import quad
from scipy.optimize import brentq
from tolerances import REPEATED

from femsoret.base.errors import FluidError
from femsoret.fluids.properties import Constant, R
from femsoret.physics.closures import InternalState, Transition, particle
from femsoret.physics.closures.homogenised import fast_soret
from femsoret.post.balances import heat_of_conversion
from femsoret.post.fields import integral
from femsoret.post.internal_states import InternalStates
from femsoret.post.wall_flows import wall_flows
from femsoret.solve import NewtonOptions, solve_steady

M = 0.2 * C0 * R
"""A molar mass with which the states carry a fifth of the heat."""


def solved(comm, of, **mesh):
    problem = strip(comm, [of], **mesh)
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    return problem, wall_flows(problem, "theta")


@pytest.mark.slow
def test_fast_states_conduct_heat(comm):
    """Heat flux with kappa + rho P/(M R T^2) [<E^2 D> - <E D>^2/<D>], from J = sum_i J_i = 0."""
    D1, D2, E = 0.1, 1.0, 1.0
    of = two_states(D1, D2, E, 1e7, molar_mass=M)
    problem, flows = solved(comm, of)

    def carried(T):  # of one particle, relative to that of R
        p = np.exp(-E / T) / (1.0 + np.exp(-E / T))
        mean = (1.0 - p) * D1 + p * D2
        return (E**2 * p * D2 - (E * p * D2) ** 2 / mean) / T**2

    def total(T):
        return np.exp(-quad(lambda t: fast_soret(of, t), COLD, T)[0])

    def amount(A):
        """Return the mean of P and the heat flux, for P = A C0 exp(-integral of S_T)."""
        conducted = [1.0 + A * total(T) * carried(T) * C0 * R / M for T in nodes]
        q = weights @ conducted
        return weights @ (A * np.array([total(T) for T in nodes]) * conducted) / q, q

    x, w = np.polynomial.legendre.leggauss(8)
    nodes, weights = 0.5 * (COLD + HOT) + 0.5 * (HOT - COLD) * x, 0.5 * (HOT - COLD) * w
    A = brentq(lambda a: amount(a)[0] - 1.0, 0.5, 2.0)
    q = amount(A)[1]
    assert q > 1.2 * (HOT - COLD)  # it is not what the solvent conducts
    assert flows["bottom"] == pytest.approx(0.1 * q, rel=1e-3)  # the strip is 0.1 wide
    # Constant energies: what is taken in one place is given in another, to round-off.
    assert abs(heat_of_conversion(problem)) <= REPEATED * q
    assert abs(sum(flows.values())) <= REPEATED * q


def test_walls_give_no_heat_on_balance(comm):
    """Energies that depend on temperature: no heat in total, to the order of the discretisation."""
    states = [
        InternalState("1", Constant(0.0), Constant(0.1)),
        InternalState("2", Power(R, -0.5), Constant(1.0)),
        InternalState("3", Power(0.5 * R, 2.0), Constant(0.4)),
    ]
    ring = [Transition("2", "1", Constant(3.0)), Transition("3", "2", Constant(5.0))]
    of = particle("A", states, ring, c0=C0, T0=T0, molar_mass=M)
    left = []
    for cells in (4, 8):
        _, flows = solved(comm, of, cells=cells, grading=1.0)
        left.append(abs(sum(flows.values())) / flows["bottom"])
    assert left[1] <= 1e-6
    assert left[1] <= left[0] / 6.0


def test_affinities_heat_the_walls(comm):
    """What leaves through the walls is the work n A that drives the ring."""
    states = [
        InternalState(n, Constant(e * R), Constant(d))
        for n, e, d in (("1", 0.0, 0.1), ("2", 1.0, 1.0), ("3", 0.3, 0.5))
    ]
    ring = [
        Transition("1", "2", Constant(4.0)),
        Transition("2", "3", Constant(2.0)),
        Transition("3", "1", Constant(3.0), Constant(1.5 * R)),
    ]
    of = particle("A", states, ring, c0=C0, T0=T0, molar_mass=M)
    problem, flows = solved(comm, of, cells=16)
    found = InternalStates(problem)
    driven = found.exchanges[2]
    work = integral(problem, driven.net(found.P) * driven.affinity * problem.dx) / M
    assert work > 0.0
    assert sum(flows.values()) == pytest.approx(work, rel=1e-7)


def test_without_a_molar_mass_the_solvent_is_not_heated(comm):
    _, flows = solved(comm, two_states(0.1, 1.0, 1.0, 10.0), cells=4)
    assert flows["bottom"] == pytest.approx(0.1 * (HOT - COLD), rel=1e-10)
    with pytest.raises(FluidError, match="molar mass -1 kg/mol is not positive"):
        two_states(0.1, 1.0, 1.0, 10.0, molar_mass=-1.0)
