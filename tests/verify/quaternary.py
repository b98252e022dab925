"""A made-up liquid of four components that diffuse across one another, as a problem."""

from __future__ import annotations

from dataclasses import replace

from mpi4py import MPI

from femsoret.cells import Cell, rectangle
from femsoret.fluids.properties import Constant
from femsoret.physics.closures import (
    Component,
    Gravity,
    MeasuredTransport,
    MulticomponentMixture,
    OnsagerTransport,
)
from femsoret.physics.forms import CONVECTION, DIFFUSION, Equations
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature

T0, DT = 300.0, 10.0
SIZE = 5e-3


def constants(rows: object) -> object:
    """Return nested tuples of numbers as laws that do not vary."""
    if isinstance(rows, tuple):
        return tuple(map(constants, rows))
    return Constant(rows)


TRANSPORT = OnsagerTransport(
    # L = rho0 T D G^-1 with D of 1e-9 m2/s and G of 1e5 J/kg, both symmetric and positive.
    L=constants(((2.6e-9,), (-4e-10, 1.9e-9), (3e-10, -2e-10, 1.4e-9))),
    G=constants(((2.2e5,), (6e4, 3.1e5), (5e4, 7e4, 5.5e5))),
    heats=constants((3e4, -4e4, 6e4)),
)


def quaternary(gravity: float = 0.0, tilt: float = 0.0) -> MulticomponentMixture:
    """Return the liquid.

    Args:
        gravity: Magnitude of gravity, m/s2.
        tilt: Horizontal component of up.
    """
    return MulticomponentMixture(
        T0=T0,
        rho0=1000.0,
        cp=2000.0,
        beta_T=8e-4,
        viscosity=Constant(1e-3),
        conductivity=Constant(0.15),
        gravity=Gravity(gravity, (tilt, (1.0 - tilt**2) ** 0.5)),
        species=(Component("a", 0.3, 0.2), Component("b", 0.25, -0.1), Component("c", 0.2, 0.3)),
        transport=TRANSPORT,
    )


def problem(
    comm: MPI.Comm, equations: Equations = CONVECTION, *, cell: Cell | None = None, **gravity: float
) -> Problem:
    """Return the problem of a closed cell heated from above.

    Args:
        comm: The ranks.
        equations: What is solved.
        cell: The cell; None takes a square.
        gravity: Arguments of :func:`quaternary`.
    """
    return Problem(
        cell or rectangle(comm, (SIZE, SIZE), (8, 8)),
        quaternary(**gravity),
        (Temperature("top", T0 + DT / 2), Temperature("bottom", T0 - DT / 2)),
        equations=equations,
    )


def without_soret(comm: MPI.Comm) -> Problem:
    """Return an isothermal closed cell of the liquid, without Soret and Dufour effect.

    Args:
        comm: The ranks.
    """
    at = quaternary().reference
    transport = MeasuredTransport(
        constants(tuple(map(tuple, at.D.tolist()))), constants((0.0,) * len(at.c))
    )
    return Problem(
        rectangle(comm, (SIZE, SIZE), (8, 8)),
        replace(quaternary(), transport=transport),
        (Temperature(("top", "bottom"), T0),),
        equations=DIFFUSION,
    )
