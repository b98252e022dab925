"""A thermophoretic trap: particles leave a laser beam, and the flow gathers them at its foot.

A laser heats the axis of a thin film of water by four kelvins. Particles with a Soret coefficient
of 1/K drift to the cold: at rest their concentration is c = C exp(-S_T (T - T0)) at every point,
seventy times less in the middle of the beam than far from it. But warm water rises in the beam and
sinks around it. It does so at half a micrometre a second, which heat does not notice, while the
particles, which diffuse 70,000 times more slowly than heat, are carried along: thermophoresis moves
them down to the cold bottom, the flow along the bottom into the beam, and there they gather, five
times as many as in the mean (D. Braun, A. Libchaber, Phys. Rev. Lett. 89 (2002) 188103, trapped DNA
so). S_T from the depletion in the middle of the beam would be four tenths too small. In a film of
half the height the flow is slow, and it is 0.8 % too small.

    mpirun -n 2 python3 demos/laser_trap.py [FIGURE.png]

The film as a case file: femsoret run demos/laser_trap.toml
"""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

import numpy as np
import ufl

from femsoret import load_case
from femsoret.base.types import Array
from femsoret.post.fields import integral, values_at
from femsoret.problem import Problem
from femsoret.studies.measure.heating import heating
from femsoret.studies.measure.solution import Solution, solve

FILMS = {
    "S_T dT = 4": (),
    "the same on a coarser mesh": ("cell.cells=[30,16]",),
    "S_T dT = 11": ("fluid.overrides.soret=2.5",),
    "half the height": ('cell.height="30 um"',),
}
WITHIN = 0.01
"""Largest error of a mass fraction, relative to its range, and largest over- and undershoot."""

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")


def least_and_most(values: Array) -> tuple[float, float]:
    """Return the least and the largest of nodal values on all ranks."""
    least, most = comm.allreduce(values.min(), MPI.MIN), comm.allreduce(values.max(), MPI.MAX)
    return float(least), float(most)


def relative(problem: Problem) -> Array:
    """Return the mass fraction at the nodes over its mean."""
    return np.asarray(1.0 + problem.nodal_values("gamma_0") / problem.mixture.species[0].c0)


def closed_form(problem: Problem, S_T: float) -> Array:
    """Return the mass fraction at rest at the nodes over its mean, exp(-S_T (T - T0)) C/c0."""
    mean = integral(problem, ufl.exp(-S_T * problem.scalar("theta")) * problem.dx)
    return np.exp(-S_T * problem.nodal_values("theta")) * problem.cell.volume / mean


def lost(problem: Problem) -> float:
    """Return the part of the particles that the solution has lost."""
    change = integral(problem, problem.scalar("gamma_0") * problem.dx)
    return -change / (problem.mixture.species[0].c0 * problem.cell.volume)


films: dict[str, Solution] = {}
for name, changes in FILMS.items():
    experiment = load_case(case_file, list(changes)).build(comm).experiment
    film = films[name] = solve(experiment)
    assert film.soret is not None
    exact = closed_form(film.reference, film.soret.true.value)
    low, high = least_and_most(exact)
    worst = least_and_most(relative(film.reference) - exact)
    (rest, _), (least, most) = (
        least_and_most(relative(state)) for state in (film.reference, film.convection)
    )
    if comm.rank == 0:
        print(
            f"{name}: at rest c/c0 from {low:.3g} to {high:.4g}, error {max(map(abs, worst)):.1e}; "
            f"with flow from {least:.3g} to {most:.4g}; "
            f"S_T from the depletion {100 * film.soret.bias:+.1f} %"
        )
    # Closed form, no over- or undershoot, nothing negative, nothing lost.
    assert max(map(abs, worst)) < WITHIN * (high - low)
    assert min(rest, least) > 0.0
    assert max(abs(lost(film.reference)), abs(lost(film.convection))) < 1e-12
    # What the beam leaves passes the walls; heat does not notice the flow.
    assert film.balances().heat < 1e-9
    found = heating(film)
    assert found is not None
    assert abs(found.nusselt - 1.0) < 1e-5

film, coarse = films["S_T dT = 4"], films["the same on a coarser mesh"]
fine, rough = (least_and_most(relative(each.convection)) for each in (film, coarse))
assert all(abs(a - b) < WITHIN * fine[1] for a, b in zip(fine, rough, strict=True))
assert film.soret.bias < -0.4
assert -0.01 < films["half the height"].soret.bias < 0.0


def draw(path: Path) -> None:
    """Draw the concentration at rest (left) and with the flow and its streamlines; collective."""
    problem, c0 = film.convection, film.convection.mixture.species[0].c0
    radius, height = 100e-6, 60e-6
    r, z = np.meshgrid(np.linspace(1e-9, radius, 161), np.linspace(0.0, height, 97))
    places = np.stack([r.ravel(), z.ravel()], axis=1)
    at_rest, flowing = (
        1.0 + values_at(state.function("gamma_0"), places)[:, 0].reshape(r.shape) / c0
        for state in (film.reference, problem)
    )
    u = values_at(problem.function("u"), places).T.reshape(2, *r.shape)
    if comm.rank:
        return
    from femsoret.report.figures.canvas import INK, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(2.4)
        levels = np.geomspace(0.015, 5.0, 25)
        scaled = np.log10(levels)
        for side, c in ((-1.0, at_rest), (1.0, flowing)):
            filled = axes.contourf(
                1e6 * side * r, 1e6 * z, np.log10(c), scaled, cmap="viridis", extend="both"
            )
        # Stokes' stream function: the flow through the disc below a point.
        stream = np.concatenate(
            [np.zeros((1, r.shape[1])), np.cumsum(0.5 * (u[0][1:] + u[0][:-1]) * r[1:], axis=0)]
        )
        most = np.abs(stream).max()
        levels = most * np.linspace(-0.9, 0.9, 10)
        axes.contour(
            1e6 * r, 1e6 * z, stream, levels, colors="white", linewidths=0.8, linestyles="solid"
        )
        axes.axvline(0.0, color=INK, lw=0.8)
        axes.set_aspect("equal")
        axes.set_xlabel("distance from the axis (µm): at rest (left), with flow (right)")
        axes.set_ylabel("height (µm)")
        bar = figure.colorbar(filled, ax=axes, shrink=0.8, ticks=np.log10([0.02, 0.1, 0.5, 1, 5]))
        bar.ax.set_yticklabels(["0.02", "0.1", "0.5", "1", "5"])
        bar.set_label("c/c$_0$")
        path.write_bytes(finish(figure, "laser_trap", "", "").png)


if len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
