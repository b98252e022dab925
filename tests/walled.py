"""Cells with solid walls that several tests look at."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
from mesh_files import columns

from femsoret.cells import Wall, from_file, rectangle
from femsoret.experiment import Experiment
from femsoret.fluids import load_fluid
from femsoret.fluids.groups import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.problem.conditions import Temperature
from femsoret.solids import solid_of

PLATE, GLASS = 0.25, 0.2
"""Thickness of the walls in units of the gap."""


def solid(kappa, rho_cp=1.0):
    """Return a solid in units of the fluid's conductivity and heat capacity."""
    return solid_of("a solid", conductivity=kappa, density=rho_cp, heat_capacity=1.0)


def walled_cell(comm, cells=(6, 4), *, sides=("bottom", "top", "left"), shape="quadrilateral"):
    """Return a rectangle 2 wide and 1 high: plates below and above, glass at the left."""
    walls = {side: Wall(GLASS if side == "left" else PLATE, 2) for side in sides}
    return rectangle(comm, (2.0, 1.0), cells, grading=2.0, shape=shape, walls=walls)


CHAMBER, BETWEEN, HIGH = 4.0, 2.0, 5.0  # mm


def chambers_cell(folder, *names, wall="wall", finer=1.0):
    """Return a cell of equal chambers in a row, each 4 mm wide and 5 mm high, walls between them.

    Args:
        folder: Where its mesh file goes, the same on all ranks.
        names: Group of mesh cells of each chamber.
        wall: That of the walls.
        finer: Resolution over that of 6 x 8 mesh cells a chamber.
    """
    comm, nx, ny = MPI.COMM_WORLD, round(6 * finer), round(8 * finer)
    x, regions = [0.0], []
    for i, name in enumerate(names):
        if i:
            x += [x[-1] + BETWEEN / 2, x[-1] + BETWEEN]
            regions += 2 * [wall]
        x += list(x[-1] + CHAMBER / nx * np.arange(1, nx + 1))
        regions += nx * [name]
    path = folder / f"{'-'.join(names)}-{nx}.msh"
    if comm.rank == 0:
        path.write_text(columns(x, HIGH / ny * np.arange(ny + 1), regions))
    comm.barrier()
    return from_file(comm, path, scale=1e-3, solids=(wall,) if len(names) > 1 else ())


def pure_fluid(Ra=0.0, Pr=0.71, up=(0.0, 1.0)):
    scaled = property_values(Groups(Ra=Ra, Pr=Pr, Le=1.0, psi=0.0), c0=0.5, S_T_dT=1.0)
    return mixture_of_groups(scaled, up=up, pure=True)


def water_ethanol(cell, solids, **changes):
    """Return a Soret cell of water and ethanol, 10 K across what encloses it, heated from above."""
    from femsoret.physics.closures import mixture_of

    fluid = load_fluid("water-ethanol")
    mixture = mixture_of(fluid, T0=295.65, c0=fluid.c, up=(0.0, 1.0), **changes)
    walls = (Temperature("top", 300.65), Temperature("bottom", 290.65))
    return Experiment("walled", cell, mixture, walls, fluid=fluid, solids=solids)
