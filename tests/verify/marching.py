"""A manufactured solution in time, exact in space, so that what is left is the error in time.

On the unit square every field is a polynomial of degree 4 at most in each coordinate, which
elements of degree 4 on quadrilaterals hold. Temperature and composition depend on the height alone,
hence the buoyancy is a gradient, and the potential of the well-balanced scheme a polynomial too.
Velocities vanish on the walls, whose temperatures move; no heat leaves through the sides, and no
mass through any wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from manufactured import interpolate

from femsoret.cells import rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import BoussinesqMixture, Gravity, ProportionalMixing, Species, State
from femsoret.physics.closures.diffusion import CLOSURES
from femsoret.physics.forms import CONVECTION, Equations, Term
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.problem.protocol import Protocol

T0, C0 = 3.0, 0.4
RHO, CP, MU, KAPPA, D, S_T, MU_C = 1.3, 0.9, 0.8, 1.1, 0.6, 0.9, 1.5
F0 = C0 * (1.0 - C0)
QS = T0 * S_T * F0 * MU_C


def mixture() -> BoussinesqMixture:
    """Return a mixture of order one with constant properties, Dufour effect included."""
    return BoussinesqMixture(
        T0=T0,
        rho0=RHO,
        cp=CP,
        beta_T=0.7,
        viscosity=Constant(MU),
        conductivity=Constant(KAPPA),
        gravity=Gravity(5.0, (0.0, 1.0)),
        species=(
            Species(
                "first", C0, 0.9, Constant(D), Constant(S_T), ProportionalMixing(MU_C * F0, T0)
            ),
        ),
        closure=CLOSURES["linearised"],
    )


def wall_theta(t: float, y: float) -> float:
    """Return theta of the wall at height y = 0 or 1."""
    return float(fields((0.0, y), t, np)["theta"])


def fields(x: Any, t: Any, lib: Any) -> dict[str, Any]:
    """Return the exact scalar fields and the amplitude of the flow at a time."""
    y = x[1]
    theta = lib.cos(2.0 * t + 0.4) * (y - 0.5) + lib.sin(3.0 * t) * (y**2 - y + 1 / 6)
    return {
        "theta": theta,
        # Its second part has no slope at the walls: the total mass flux vanishes there.
        "gamma_0": -S_T * F0 * theta + lib.sin(2.5 * t + 0.7) * (3 * y**2 - 2 * y**3 - 0.5),
        "p": lib.cos(1.5 * t) * (x[0] - 0.5) * (1.0 + y),
        "flow": 1.5 + lib.sin(2.0 * t),
    }


def velocity(x: Any, t: Any) -> Any:
    """Return the exact velocity, the curl of a stream function with double roots at the walls."""
    stream = 20.0 * (x[0] * (1 - x[0]) * x[1] * (1 - x[1])) ** 2
    return fields(x, t, ufl)["flow"] * ufl.as_vector((stream.dx(1), -stream.dx(0)))


class Manufactured:
    """The problem with its sources and its clock.

    Args:
        comm: Communicator.
    """

    def __init__(self, comm: Any) -> None:
        cell = rectangle(comm, (1.0, 1.0), (2, 2))
        self.time = fem.Constant(cell.mesh, 0.0)
        walls = tuple(
            Temperature(side, T0 + wall_theta(0.0, y)) for side, y in (("bottom", 0), ("top", 1))
        )
        self.problem = Problem(
            cell,
            mixture(),
            walls,
            equations=Equations(
                "manufactured",
                CONVECTION.fields,
                (*CONVECTION.terms, Term("sources", self._sources)),
            ),
            degree=4,
            gap=1.0,
        )
        self.protocol = Protocol((_Clock(self.time),))

    def _exact(self) -> dict[str, Any]:
        x = ufl.SpatialCoordinate(self.problem.cell.mesh)
        return fields(x, self.time, ufl) | {"u": velocity(x, self.time)}

    def _sources(self, s: State, v: State, m: Any, dx: Any) -> Any:
        """Return minus the strong form at the exact fields; insulated sides have theta_x = 0."""
        x, t = ufl.SpatialCoordinate(dx.ufl_domain()), ufl.variable(self.time)
        exact, u = fields(x, t, ufl), velocity(x, t)
        theta, gamma = exact["theta"], exact["gamma_0"]
        # The force of gravity, a gradient here, is balanced by the potential.
        force = ufl.grad(exact["p"]) - MU * ufl.div(ufl.grad(u))
        momentum = RHO * (ufl.diff(u, t) + ufl.dot(ufl.grad(u), u)) + force
        flux = -RHO * D * (ufl.grad(gamma) + S_T * F0 * ufl.grad(theta))
        q = -KAPPA * ufl.grad(theta) + QS * flux
        heat = RHO * CP * (ufl.diff(theta, t) + ufl.dot(u, ufl.grad(theta))) + ufl.div(q)
        mass = RHO * (ufl.diff(gamma, t) + ufl.dot(u, ufl.grad(gamma))) + ufl.div(flux)
        return -(ufl.inner(momentum, v.u) + heat * v.theta + mass * v.gamma[0]) * dx

    def start(self) -> None:
        """Make the state the exact one at t = 0; the pressure is split as the scheme splits it."""
        self.time.value = 0.0
        exact, problem = self._exact(), self.problem
        for name in ("u", "p", "theta", "gamma_0"):
            interpolate(problem.function(name), exact[name])
        problem.function("phi").x.array[:] = 0.0

    def errors(self, t: float) -> dict[str, float]:
        """Return the L2 error of every field, over its norm."""
        self.time.value = t
        found = {}
        for name, expression in self._exact().items():
            if name == "flow":
                continue
            difference = self.problem.function(name) - expression
            squares = [
                self.problem.cell.comm.allreduce(
                    fem.assemble_scalar(fem.form(ufl.inner(f, f) * self.problem.dx))
                )
                for f in (difference, expression)
            ]
            found[name] = float(np.sqrt(squares[0] / squares[1]))
        return found


@dataclass(frozen=True)
class _Clock:
    """The time of the sources, and the temperatures of the walls."""

    time: Any
    breaks: tuple[float, ...] = ()

    def is_constant(self, since: float) -> bool:
        return False

    def apply(self, problem: Problem, t: float, since: float) -> None:
        self.time.value = t
        for side, y in (("bottom", 0.0), ("top", 1.0)):
            problem.wall_values["theta", side].x.array[:] = wall_theta(t, y)
