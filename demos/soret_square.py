"""Closed Soret square: how much of the separation does convection leave?

All walls are at rest and closed; the left one is hot, the right one cold, and gravity points down:
the worst orientation for a Soret cell. Without flow the separation would be S_T c0(1-c0) dT. The
flow carries the liquid round, mixes along the axis, and builds up a separation from top to bottom
that no Soret experiment is meant to have. At Ra Le = 1e3 heat does not notice (Nu = 1.0000), but a
fifth of the separation is gone: a bias of -20 %, without any trace of it in the temperature.

    mpirun -n 2 python3 demos/soret_square.py

This script states the problem in Python, by its dimensionless groups. The same as a case file:
femsoret run demos/soret_square.toml
"""

from __future__ import annotations

from mpi4py import MPI

from femsoret import (
    Experiment,
    Pair,
    Temperature,
    WallMean,
    measure,
    mixture_of_groups,
    rectangle,
)
from femsoret.fluids import Groups, property_values

RA, PR, LE = 10.0, 10.0, 100.0
CELLS, GRADING = 20, 4.0

# psi -> part of the separation that is left along the axis, and what appears across it (spectral).
SPECTRAL = {0.0: (0.832470, 0.290331), 0.2: (0.798841, 0.307921)}
TOLERANCE = 2e-5

# S_T dT and c0 are of no consequence for the linearised closure: all readings scale with them.
S_T, C0 = 1.0, 0.5
FULL_SEPARATION = S_T * C0 * (1 - C0)

comm = MPI.COMM_WORLD
cell = rectangle(comm, (1.0, 1.0), (CELLS, CELLS), grading=GRADING)

for psi, (along, across) in SPECTRAL.items():
    # Groups become properties in units of the side, alpha and dT: rho = cp = kappa = 1, mu = Pr,
    # D = 1/Le. The temperature needs an origin only.
    scaled = property_values(Groups(Ra=RA, Pr=PR, Le=LE, psi=psi), c0=C0, S_T_dT=S_T)
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), closure="linearised")
    experiment = Experiment(
        title=f"closed Soret square, psi = {psi:g}",
        cell=cell,
        mixture=mixture,
        conditions=(Temperature("left", 0.5), Temperature("right", -0.5)),
        extra_readings=(Pair("top to bottom", hot=WallMean("top"), cold=WallMean("bottom")),),
        absolute_temperature=False,
    )
    found = measure(experiment)
    soret = found.solution.soret
    S_x = soret.at.separation / FULL_SEPARATION
    S_y = found.extra["top to bottom"][0].separation / FULL_SEPARATION
    bound = found.numerical_error.of["soret.bias"]
    if comm.rank == 0:
        print(
            f"psi = {psi:g}: {S_x:.6f} of the separation is left (spectral {along}), "
            f"{S_y:.6f} across (spectral {across}); "
            f"bias {100 * soret.bias:.3f} % +- {100 * bound:.3f} %, "
            f"Nu = {found.walls['left'].nusselt:.4f}"
        )

    assert abs(S_x - along) < TOLERANCE
    assert abs(S_y - across) < 2 * TOLERANCE
    assert abs(soret.bias - (along - 1.0)) < bound + 5e-7
    # Component 1 gathers in the cold and makes the liquid there heavier: the flow is stronger.
    assert psi == 0.0 or soret.bias < SPECTRAL[0.0][0] - 1.0
