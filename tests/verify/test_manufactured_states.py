"""A manufactured solution for particles whose states exchange energy with the fluid that flows.

Strong forms are typed here from the conservation laws, not from the code: -grad(D P) and -D grad P,
Arrhenius rates, energies E = F - T dF/dT, and the heat that transitions and fluxes carry.
"""

from __future__ import annotations

import numpy as np
import pytest
import ufl
from dolfinx import fem
from manufactured import interpolate
from particles import Power, solvent

from femsoret.cells import axisymmetric, box, rectangle
from femsoret.fluids.properties import Arrhenius, Constant, R
from femsoret.physics.closures import InternalState, Transition, particle
from femsoret.physics.forms import Equations, term
from femsoret.physics.forms.transport import (
    heat_advection,
    heat_conduction,
    heat_of_conversion,
    species_advection,
    species_diffusion,
    species_exchange,
)
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import NewtonOptions, solve_steady

T0, C0 = 1.0, 0.1
M = 0.5 * R
"""Molar mass: the energies count as much as the heat of the solvent."""

ENERGIES = (0.2, 1.0, 0.5)  # of R, at T = 1; free energies R E T^(n_i)
EXPONENTS = (0.2, 0.5, -1.0)
DIFFUSIVITIES = (0.5, 1.0, 0.3)
RATES = ((0, 1, 6.0, 2.0), (1, 2, 3.0, 0.0))  # source, target, at T = 1, activation/R
DRIVE = 0.7  # affinity/R of the second transition


def molecule(flux):
    laws = zip("abc", ENERGIES, EXPONENTS, DIFFUSIVITIES, strict=True)
    states = [
        InternalState(name, Power(R * E, n), Power(D, 0.5 + n), 1.0 + i)
        for i, (name, E, n, D) in enumerate(laws)
    ]
    transitions = [
        Transition("a", "b", Arrhenius(6.0, 1.0, 2.0 * R)),
        Transition("b", "c", Constant(3.0), Constant(DRIVE * R)),
    ]
    return particle("A", states, transitions, c0=C0, T0=T0, flux=flux, molar_mass=M)


def temperature(x, lib):
    return T0 + 0.2 * lib.sin(1.3 * x[0] ** 2 + 0.3) * lib.cos(x[-1])


def amount(i, x, lib):
    return C0 * (0.3 + 0.1 * i + 0.1 * lib.cos((2.0 + i) * x[-1]) * lib.exp(0.5 * x[0] ** 2))


def velocity(x, coordinates):
    """Without divergence."""
    if len(x) == 2:
        return ufl.as_vector((-x[0], (2.0 if coordinates.has_axis else 1.0) * x[1]))
    return ufl.as_vector((x[1], x[2], x[0]))


def strong_form(x, coordinates, flux):
    """Return what is left of the balances of heat and of each state, rho = cp = kappa = 1."""
    r = x[0] if coordinates.has_axis else 1.0

    def div(a):
        return sum((r * a[k]).dx(k) for k in range(len(a))) / r

    u = velocity(x, coordinates)
    T = temperature(x, ufl)
    P = [amount(i, x, ufl) for i in range(3)]
    D = [d * T ** (0.5 + n) for d, n in zip(DIFFUSIVITIES, EXPONENTS, strict=True)]
    # F = E T^n, so that the energy F - T dF/dT is (1 - n) E T^n.
    F = [E * T**n for E, n in zip(ENERGIES, EXPONENTS, strict=True)]
    energy = [(1.0 - n) * f for n, f in zip(EXPONENTS, F, strict=True)]
    if flux == "fick":
        J = [-d * ufl.grad(p) for d, p in zip(D, P, strict=True)]
    else:
        J = [-ufl.grad(d * p) for d, p in zip(D, P, strict=True)]
    rates, released = [0.0, 0.0, 0.0], 0.0
    for (a, b, k, climb), drive in zip(RATES, (0.0, DRIVE), strict=True):
        down = k * ufl.exp(-climb * (1.0 / T - 1.0))
        ratio = (1.0 + a) / (1.0 + b) * ufl.exp((F[b] - F[a] - drive) / T)
        net = down * (P[a] - ratio * P[b])
        rates[a] -= net
        rates[b] += net
        released += net * (energy[a] - energy[b] + drive)
    # Per mole, in units of R: M = R/2.
    carried = sum(ufl.inner(j, ufl.grad(e)) for j, e in zip(J, energy, strict=True))
    heat = ufl.dot(u, ufl.grad(T)) - div(ufl.grad(T)) - 2.0 * (released - carried)
    species = [
        ufl.dot(u, ufl.grad(p)) + div(j) - rate for p, j, rate in zip(P, J, rates, strict=True)
    ]
    return heat, species


def errors(cell, flux):
    """Return the L2 errors of the temperature and of all states."""

    @term()
    def sources(s, v, m, dx):
        x = ufl.SpatialCoordinate(dx.ufl_domain())
        heat, species = strong_form(tuple(x[k] for k in range(len(x))), s.coordinates, flux)
        tested = heat * v.theta + sum(f * r for f, r in zip(species, v.gamma, strict=True))
        return -tested * dx

    x = ufl.SpatialCoordinate(cell.mesh)
    flow = fem.Function(fem.functionspace(cell.mesh, ("Lagrange", 2, (cell.dim,))))
    interpolate(flow, velocity(x, cell.coordinates))
    terms = (
        *(heat_advection, heat_conduction, heat_of_conversion),
        *(species_advection, species_diffusion, species_exchange, sources),
    )
    dim, up = cell.dim, (0.0,) * (cell.dim - 1) + (1.0,)
    problem = Problem(
        cell,
        solvent([molecule(flux)], T0=T0, up=up),
        (
            Temperature(("all",), lambda x: temperature(x[:dim], np)),
            *(
                Composition(("all",), lambda x, i=i: amount(i, x[:dim], np), species=i)
                for i in range(3)
            ),
        ),
        equations=Equations("states", ("theta", "gamma"), terms, given=("u",)),
        given={"u": flow},
    )
    solve_steady(problem, NewtonOptions(tolerance=1e-8))
    s, m = problem.state, problem.mixture
    x = tuple(x[k] for k in range(dim))
    squares = [(m.T0 + s.theta - temperature(x, ufl)) ** 2]
    squares += [
        ((each.c0 + gamma - amount(i, x, ufl)) / C0) ** 2
        for i, (each, gamma) in enumerate(zip(m.species, s.gamma, strict=True))
    ]
    found = [fem.assemble_scalar(fem.form(square * problem.dx)) for square in squares]
    return np.sqrt(problem.cell.comm.allreduce(np.array(found)))


@pytest.mark.parametrize(
    ("shape", "flux", "cells"),
    [
        ("plane", "fick", (4, 8)),
        ("axisymmetric", "overdamped", (4, 8)),
        ("box", "fick", (2, 4)),
    ],
)
def test_full_orders_with_exchange(comm, shape, flux, cells):
    def made(n):
        if shape == "box":
            return box(comm, (1.0, 1.0, 1.0), (n, n, n))
        cell = rectangle(comm, (1.0, 1.0), (n, n))
        return axisymmetric(cell) if shape == "axisymmetric" else cell

    coarse, fine = (errors(made(n), flux) for n in cells)
    orders = np.log2(coarse / fine)
    assert orders.min() >= (2.6 if shape == "box" else 2.8), orders
