"""A film under a laser beam: thermo-osmosis along its plates against buoyancy.

A beam warms the axis of a film of water between two plates. The fluid slips along the plates to the
warm side, and returns in the middle; warm water rises in the beam, and returns along the bottom.
Where the film is thin beside the beam both flows are known in closed form. With the slope G of the
temperature along the plates and z from the middle of the film,

    slip       u = mu_s G (6 z^2/h^2 - 1/2)
    buoyancy   u = (g beta_T G/nu) (z^3/6 - h^2 z/24)

and the axis is warmer than the rim by P'/(4 pi kappa) [ln(2 R^2/w^2) + gamma + E1(2 R^2/w^2)], P'
the power absorbed per height. Slip does not depend on the height h, buoyancy grows with its cube:
with a mobility of 6e-13 m2/(s K) the two are equally fast at 30 micrometres.
Both flows are so slow that they add up.

    mpirun -n 2 python3 demos/laser_film.py [FIGURE.png]

The film as a case file: femsoret run demos/laser_film.toml
"""

from __future__ import annotations

import sys
from math import exp, log, pi, sqrt
from pathlib import Path

from mpi4py import MPI

import numpy as np
from scipy.special import exp1

from femsoret import load_case
from femsoret.base.types import Array
from femsoret.post.fields import values_at
from femsoret.studies.measure.heating import heating
from femsoret.studies.measure.solution import Solution, solve

HEIGHTS = (20e-6, 40e-6)
DRIVES = {
    "slip": ("gravity.magnitude=0",),
    "buoyancy": ("condition.1.mu_s=0",),
    "both": (),
}
AT = 150e-6
"""Distance from the axis at which the flow is read, m."""

P, W, R, A, KAPPA = 10e-3, 150e-6, 500e-6, 600.0, 0.6
MU_S, NU = 6e-13, 0.9e-3 / 997.05

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")


films: dict[tuple[float, str], Solution] = {}


def solved(height: float, *changes: str) -> Solution:
    """Return the states of a film of given height, m."""
    return solve(load_case(case_file, [f"cell.height={height!r}", *changes]).build(comm).experiment)


def along(height: float, drive: str, z: Array) -> Array:
    """Return the velocity along the plates at heights z above the middle, m/s; collective."""
    places = np.stack([np.full(len(z), AT), 0.5 * height + z], axis=1)
    return values_at(films[height, drive].convection.function("u"), places)[:, 0]


for height in HEIGHTS:
    for drive, changes in DRIVES.items():
        films[height, drive] = solved(height, *changes)
    film = films[height, "both"]
    found, mixture = heating(film), film.experiment.mixture
    assert found is not None

    # The rise of the temperature on the axis.
    absorbed = P * (1.0 - exp(-A * height)) / height
    s = 2.0 * R**2 / W**2
    rise = absorbed / (4.0 * pi * KAPPA) * (log(s) + np.euler_gamma + float(exp1(s)))
    assert abs(found.rise / rise - 1.0) < 3e-3

    # The flow at one distance from the axis.
    G = -absorbed * (1.0 - exp(-2.0 * AT**2 / W**2)) / (2.0 * pi * KAPPA * AT)
    place = 0.5 * height / sqrt(3.0)  # where the flow by buoyancy is fastest
    slip = along(height, "slip", np.array([0.0, 0.499999 * height]))
    lift = along(height, "buoyancy", np.array([place]))[0]
    beta = float(mixture.beta_T)
    expected = {
        "slip in the middle": (slip[0], -0.5 * MU_S * G),
        "slip at a plate": (slip[1], MU_S * G),
        "buoyancy": (lift, -9.80665 * beta * G / NU * height**3 / (72.0 * sqrt(3.0))),
    }
    for what, (u, form) in expected.items():
        if comm.rank == 0:
            print(
                f"{1e6 * height:.0f} um, {what}: {1e9 * u:+.4g} nm/s, closed form of a thin film "
                f"{1e9 * form:+.4g} ({100.0 * (u / form - 1.0):+.2f} %)"
            )
        assert abs(u / form - 1.0) < 1.5 * (height / W) ** 2 + 5e-3
    # Both together: the sum, since heat and momentum are hardly carried along.
    z = np.linspace(-0.45, 0.45, 7) * height
    total = along(height, "slip", z) + along(height, "buoyancy", z)
    assert np.abs(along(height, "both", z) - total).max() < 1e-3 * np.abs(total).max()
    assert film.balances().heat < 1e-9


def draw(path: Path) -> None:
    """Draw isotherms and streamlines of slip, buoyancy and both in the lower film; collective."""
    height, radius = HEIGHTS[0], 400e-6
    r, z = np.meshgrid(np.linspace(1e-9, radius, 161), np.linspace(0.0, height, 81))
    places = np.stack([r.ravel(), z.ravel()], axis=1)
    drawn = {}
    for drive in DRIVES:
        problem = films[height, drive].convection
        T = values_at(problem.function("theta"), places).reshape(r.shape)
        u = values_at(problem.function("u"), places)[:, 0].reshape(r.shape)
        drawn[drive] = T, u
    if comm.rank:
        return
    from femsoret.report.figures.canvas import BLUE, ORANGE, finish, new_figure, styled

    with styled():
        figure, first = new_figure(4.2)
        first.remove()
        axes = figure.subplots(3, 1, sharex=True)
        for ax, (drive, (T, u)) in zip(axes, drawn.items(), strict=True):
            # Stokes' stream function: the flow between the bottom and a point.
            mean = 0.5 * (u[1:] + u[:-1]) * r[1:]
            stream = np.concatenate([np.zeros((1, r.shape[1])), np.cumsum(mean, axis=0)])
            most = np.abs(stream).max()
            levels = most * np.linspace(-0.9, 0.9, 12)
            lines = {"linewidths": 0.8, "linestyles": "solid"}
            ax.contour(1e6 * r, 1e6 * z, T, 16, colors=ORANGE, **lines)
            ax.contour(1e6 * r, 1e6 * z, stream, levels, colors=BLUE, **lines)
            ax.set_ylabel("height (µm)")
            ax.set_title(drive, loc="left")
        axes[-1].set_xlabel("distance from the axis (µm)")
        path.write_bytes(finish(figure, "laser_film", "", "").png)


if len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
