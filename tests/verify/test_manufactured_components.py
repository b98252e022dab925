"""Manufactured solutions with three and four components and full matrices: orders of convergence.

D, D_T and G are full, D and D_T vary with T and with all mass fractions, G is proportional to T.
The strong form is written here from them; the velocity, the pressure and the temperature are those
of :mod:`manufactured`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import manufactured
import numpy as np
import pytest
import revolved
import ufl
from cases import FULL_MATRICES, check
from dolfinx import fem
from manufactured import ExactVelocity

from femsoret.cells import annulus, box, rectangle
from femsoret.physics.closures import Component, Gravity, MeasuredTransport, MulticomponentMixture
from femsoret.physics.coordinates import AXISYMMETRIC, CARTESIAN
from femsoret.physics.forms import CONVECTION
from femsoret.physics.forms.equations import Equations
from femsoret.physics.forms.term import term
from femsoret.problem import Problem
from femsoret.problem.conditions import Composition, Temperature
from femsoret.solve import NewtonOptions, solve_steady

T0 = manufactured.T0
MEANS = (0.3, 0.25, 0.2)
D = np.array([[0.6, 0.15, -0.1], [0.1, 0.8, 0.2], [-0.05, 0.12, 0.7]])
D_T = (0.09, -0.06, 0.07)
G = np.array([[2.1, 0.5, 0.4], [0.5, 3.0, 0.7], [0.4, 0.7, 4.0]])


@dataclass(frozen=True)
class Law:
    """value [1 + a (T - T0) + b (c_1 - c0_1) - b (c_N - c0_N)], or value T/T0."""

    value: float
    a: float = 0.1
    b: float = 0.3
    proportional: bool = False

    def __call__(self, T, c):
        if self.proportional:
            return self.value * T / T0
        n = len(c)
        return self.value * (
            1 + self.a * (T - T0) + self.b * (c[0] - MEANS[0]) - self.b * (c[-1] - MEANS[n - 1])
        )


def mixture(n, up):
    return MulticomponentMixture(
        T0=T0,
        rho0=1.3,
        cp=0.9,
        beta_T=0.7,
        viscosity=Law(0.8, -0.1, 0.2),
        conductivity=Law(1.1, 0.1, -0.2),
        gravity=Gravity(5.0, up),
        species=tuple(
            Component(name, MEANS[i], (0.9, -0.4, 0.6)[i]) for i, name in enumerate("abc"[:n])
        ),
        transport=MeasuredTransport(
            tuple(tuple(Law(float(D[i, k])) for k in range(n)) for i in range(n)),
            tuple(Law(value, 0.05, -0.2) for value in D_T[:n]),
            tuple(
                tuple(Law(float(G[i, k]), proportional=True) for k in range(n)) for i in range(n)
            ),
        ),
    )


def compositions(n, x, lib):
    """Return the exact mass fractions, smooth and between 0 and 1; UFL and numpy alike."""
    shapes = (
        lambda: lib.sin(1.3 * x[0] + 0.4) * lib.cos(0.9 * x[1]),
        lambda: lib.cos(1.1 * x[0]) * lib.sin(1.2 * x[1] + 0.3),
        lambda: lib.sin(0.8 * x[0] - 0.2) * lib.sin(1.4 * x[1]),
    )
    last = lib.cos(0.7 * x[2] + 0.1) if len(x) == 3 else 1.0
    return [MEANS[i] + 0.06 * shapes[i]() * last for i in range(n)]


def exact(n, x, coordinates):
    x = tuple(x[i] for i in range(len(x)))
    fields = revolved if coordinates.has_axis else manufactured
    gamma = compositions(n, x, ufl)
    return {
        "u": fields.velocity(x),
        "p": fields.pressure(x, ufl),
        "theta": fields.temperature(x, ufl) - T0,
        **{f"gamma_{i}": c - MEANS[i] for i, c in enumerate(gamma)},
    }


def strong_form(n, x, m, coordinates):
    """Return what is left of the conservation laws for the exact fields, by block."""
    u, p, theta, *gamma = exact(n, x, coordinates).values()
    T, c = m.T0 + theta, [g + mean for g, mean in zip(gamma, MEANS, strict=False)]
    of = m.transport
    slopes = [ufl.grad(T), *map(ufl.grad, c)]
    fluxes = [
        -m.rho0
        * (sum(of.D[i][k](T, c) * slopes[1 + k] for k in range(n)) + of.D_T[i](T, c) * slopes[0])
        for i in range(n)
    ]
    full = ufl.as_matrix([[of.D[i][k](T, c) for k in range(n)] for i in range(n)])
    soret = ufl.inv(full) * ufl.as_vector([law(T, c) for law in of.D_T])
    heats = [T * sum(of.G[i][k](T, c) * soret[k] for k in range(n)) for i in range(n)]
    heat = -m.conductivity(T, c) * slopes[0] + sum(
        Q * j for Q, j in zip(heats, fluxes, strict=True)
    )
    mu = m.viscosity(T, c)
    if coordinates.has_axis:
        friction, spread = revolved.friction(mu, u, x[0]), partial(revolved.divergence, r=x[0])
    else:
        friction, spread = ufl.div(mu * (ufl.grad(u) + ufl.grad(u).T)), ufl.div
    lift = -m.beta_T * theta + sum(s.beta_c * g for s, g in zip(m.species, gamma, strict=True))
    return {
        "u": m.rho0 * ufl.dot(ufl.grad(u), u)
        + ufl.grad(p)
        - friction
        - m.rho0 * m.gravity.vector() * lift,
        "theta": m.rho0 * m.cp * ufl.dot(u, slopes[0]) + spread(heat),
        **{f"gamma_{i}": m.rho0 * ufl.dot(u, slopes[1 + i]) + spread(fluxes[i]) for i in range(n)},
    }


@term()
def sources(s, v, m, dx):
    n = len(m.species)
    left = strong_form(n, ufl.SpatialCoordinate(dx.ufl_domain()), m, s.coordinates)
    tested = ufl.inner(left["u"], v.u) + left["theta"] * v.theta
    return -(tested + sum(left[f"gamma_{i}"] * v.gamma[i] for i in range(n))) * dx


def errors(comm, n, kind, cells):
    """Return the L2 errors on one mesh."""
    if kind == "3D":
        cell, up = box(comm, (1.0, 0.8, 0.9), (cells,) * 3, shape="tetrahedron"), (0.48, 0.6, 0.64)
    elif kind == "2D":
        cell, up = rectangle(comm, (1.0, 0.8), (cells, cells), shape="triangle"), (0.6, 0.8)
    else:
        cell, up = annulus(comm, (0.5, 1.5), 0.8, (cells, cells)), (0.0, 1.0)
    coordinates = AXISYMMETRIC if kind == "axisymmetric" else CARTESIAN
    fields = revolved if coordinates.has_axis else manufactured
    everywhere = ("all",)
    held = tuple(
        Composition(everywhere, lambda x, i=i: compositions(n, x[: cell.dim], np)[i], i)
        for i in range(n)
    )
    problem = Problem(
        cell,
        mixture(n, up),
        (
            ExactVelocity(everywhere),
            Temperature(everywhere, lambda x: fields.temperature(x[: cell.dim], np)),
            *held,
        ),
        equations=Equations("manufactured", CONVECTION.fields, (*CONVECTION.terms, sources)),
    )
    known = exact(n, ufl.SpatialCoordinate(cell.mesh), coordinates)
    for name in ("u", "theta"):
        manufactured.interpolate(problem.function(name), known[name])
    solve_steady(problem, NewtonOptions(tolerance=1e-10))
    found = {}
    for name, expression in known.items():
        if name == "p":
            continue
        solution = problem.function(name) if name in {"u", "theta"} else problem.scalar(name)
        difference = solution - expression
        square = fem.assemble_scalar(fem.form(ufl.inner(difference, difference) * problem.dx))
        found[name] = float(np.sqrt(comm.allreduce(square)))
    return found


ORDERS = {
    "three components, 2D": (2, "2D", (8, 16)),
    "four components, 2D": (3, "2D", (8, 16)),
    "three components, axisymmetric": (2, "axisymmetric", (8, 16)),
    "four components, axisymmetric": (3, "axisymmetric", (8, 16)),
    "three components, 3D": (2, "3D", (2, 4)),
    "four components, 3D": (3, "3D", (2, 4)),
}
"""Cases of the verification table: species, kind of cell, mesh cells along a side."""


def orders(comm, given):
    """Return the orders of convergence of a case of the verification table."""
    n, kind, cells = ORDERS[given]
    coarse, fine = (errors(comm, n, kind, number) for number in cells)
    return {f"order of {name}": float(np.log2(coarse[name] / fine[name])) for name in fine}


@pytest.mark.parametrize(
    "given", [*list(ORDERS)[:-1], pytest.param("four components, 3D", marks=pytest.mark.slow)]
)
def test_all_fields_converge_at_full_order(comm, given):
    check(FULL_MATRICES, given, orders(comm, given))
