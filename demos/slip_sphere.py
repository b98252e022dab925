"""Thermophoresis of a sphere: how fast does slip at its surface drive it through the fluid?

In a thin layer at the surface of a particle the fluid creeps along the surface to the warm side,
u = mu_s grad T. If the particle is free, force and torque on it vanish, and it moves to the cold
side. The temperature gradient at the surface depends on how well the particle conducts heat, and so
does the velocity (J. L. Anderson, Annu. Rev. Fluid Mech. 21 (1989) 61):

    U = -2 kappa/(2 kappa + kappa_s) mu_s grad T

The script solves for conduction through fluid and particle, then for the flow and U together, in
spheres of fluid of 4 and 8 radii of the particle, and extrapolates: the outer wall is felt as the
cube of the ratio of the radii. Far from the particle the flow decays as 1/r^3: no force, no
Stokeslet. Lengths are in radii, velocities in mu_s grad T.

    mpirun -n 2 python3 demos/slip_sphere.py [FIGURE.png]

A sphere of glass in water as a case file: femsoret run demos/slip_sphere.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np

from femsoret import AXISYMMETRIC, Cell, Temperature, from_file, mixture_of_groups, solid_of
from femsoret.base.types import Array
from femsoret.cells import fluid_alone
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.forms import CONDUCTION, PLAIN_STOKES
from femsoret.post.fields import values_at
from femsoret.problem import Problem
from femsoret.problem.bodies import RigidBody
from femsoret.solve import solve_free_bodies, solve_steady

MESHES = Path(__file__).parents[1] / "meshes"
RADII = (4, 8)  # of the fluid
RATIOS = (0.0, 1.0, 5.0, 1e6)  # kappa_s/kappa
DRAWN = 5.0
TOLERANCE = 2e-3

comm = MPI.COMM_WORLD
scaled = property_values(Groups(Ra=0.0, Pr=1.0, Le=1.0, psi=0.0), c0=0.5, S_T_dT=1.0)
liquid = mixture_of_groups(scaled, up=(0.0, 1.0), pure=True)
far = Temperature(("below", "above"), lambda x: x[1])
particle = RigidBody("particle", mu_s=1.0)


def cell_of(radius: int, ratio: float) -> Cell:
    """Return the cell; a particle that does not conduct is left out of it."""
    mesh = MESHES / f"sphere_{radius}.msh"
    cell = from_file(comm, mesh, coordinates=AXISYMMETRIC, solids=("body",))
    return cell if ratio else fluid_alone(cell)


def solved(radius: int, ratio: float) -> tuple[float, Problem]:
    """Return the velocity of the particle along the gradient, and the flow around it."""
    cell = cell_of(radius, ratio)
    body = solid_of("particle", conductivity=ratio, density=1.0, heat_capacity=1.0)
    solids = {"body": body} if ratio else {}
    heat = Problem(cell, liquid, (far,), equations=CONDUCTION, gap=1.0, solids=solids)
    solve_steady(heat)
    flow = Problem(
        cell,
        liquid,
        (particle, far),
        equations=PLAIN_STOKES,
        given={"theta": heat.function("theta")},
        gap=1.0,
        solids=solids,
    )
    _, (motion,) = solve_free_bodies(flow)
    assert abs(motion.force[1]) < 1e-8
    return motion.velocity[1], flow


def alone(near: float, distant: float) -> float:
    """Return a value without outer wall, given those in the smaller and the larger sphere."""
    share = (RADII[0] / RADII[1]) ** 3
    return (distant - share * near) / (1.0 - share)


flows: dict[float, list[Problem]] = {}
for ratio in RATIOS:
    (near, close), (distant, wide) = (solved(radius, ratio) for radius in RADII)
    flows[ratio] = [close, wide]
    U, theory = alone(near, distant), -2.0 / (2.0 + ratio)
    if comm.rank == 0:
        print(
            f"kappa_s/kappa = {ratio:7g}: U = {near:.6g} in 4 radii, {distant:.6g} in 8, "
            f"{U:.6g} without wall, theory {theory:.6g}"
        )
    assert abs(U / theory - 1.0) < TOLERANCE

# Ahead of the particle the dipole is U/r^3.
places = [(0.0, r, 0.0) for r in (1.5, 2.0)]
ahead = [values_at(flow.function("u"), places)[:, 1] for flow in flows[DRAWN]]
first, second = (alone(*values) for values in zip(*ahead, strict=True))
decay = float(np.log(first / second) / np.log(2.0 / 1.5))
if comm.rank == 0:
    print(f"flow ahead of the particle: decays as 1/r^{decay:.3f}")
assert abs(decay - 3.0) < 0.03


def plane(r: Array, z: Array) -> Array:
    """Return points with coordinates r and z, shape (n, 3)."""
    return np.stack([r.ravel(), z.ravel(), np.zeros(r.size)], axis=1)


def draw(path: Path) -> None:
    """Draw isotherms and streamlines, in the frame of the fluid at rest; collective."""
    flow, extent = flows[DRAWN][-1], 3.0
    r, z = np.meshgrid(np.linspace(0.0, extent, 121), np.linspace(-extent, extent, 241))
    T = values_at(flow.given["theta"], plane(r, z)).reshape(r.shape)
    distance, angle = np.meshgrid(np.geomspace(1.001, 1.5 * extent, 121), np.linspace(0, np.pi, 91))
    around, along = distance * np.sin(angle), distance * np.cos(angle)
    u = values_at(flow.function("u"), plane(around, along)).T.reshape(2, *around.shape)
    if comm.rank:
        return
    from scipy.integrate import cumulative_trapezoid

    from femsoret.report.figures.canvas import BLUE, INK, ORANGE, finish, new_figure, styled

    # Stokes' stream function: that of the moving sphere, and the flow through rays from there.
    U = float(flow.parameters["conditions.0.velocity.1"].value)
    through = around * (u[1] * np.sin(angle) - u[0] * np.cos(angle))
    stream = cumulative_trapezoid(through, distance, axis=1, initial=0.0)
    stream += 0.5 * U * np.sin(angle) ** 2
    levels = 0.5 * U * np.linspace(0.05, 0.95, 10)[::-1]
    with styled():
        figure, axes = new_figure(6.0)
        for side in (-1.0, 1.0):
            drawn = {"linewidths": 0.9, "linestyles": "solid"}
            axes.contour(side * r, z, T, 24, colors=ORANGE, **drawn)
            axes.contour(side * around, along, stream, levels, colors=BLUE, **drawn)
        circle = np.linspace(0.0, 2.0 * np.pi, 200)
        axes.plot(np.cos(circle), np.sin(circle), color=INK, lw=1.5)
        axes.annotate("", (0.0, -0.5), (0.0, 0.5), arrowprops={"arrowstyle": "-|>", "lw": 1.5})
        axes.set_aspect("equal")
        axes.set_xlim(-extent, extent)
        axes.set_ylim(-extent, extent)
        axes.set_xlabel("distance from the axis (radii)")
        axes.set_ylabel("along the temperature gradient (radii)")
        path.write_bytes(finish(figure, "slip_sphere", "", "").png)


if len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
