"""Plates and walls that conduct heat: what do they do to S_T?

A level Soret cell, heated from above, should be at rest. Plates of finite conductivity and glass at
the sides bend its isotherms, and that drives a flow: glass conducts eight times better than the
liquid, so that the plates are cooled and warmed more where they touch it. Besides, some of the
temperature difference is lost in the plates; who reads it at the thermostats finds too small an S_T
even where nothing flows. The script tells the two apart, for plates of copper and of steel, and for
copper in a room that is 5 K too warm or too cold.

    mpirun -n 2 python3 demos/conducting_walls.py

The cell with plates of steel as a case file: femsoret run demos/conducting_walls.toml
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mpi4py import MPI

from femsoret import (
    Experiment,
    Robin,
    Temperature,
    from_file,
    load_fluid,
    load_solid,
    mixture_of,
)
from femsoret.post.flow import speed
from femsoret.studies.measure.solution import solve

MESH = Path(__file__).parents[1] / "meshes" / "soret_walls.msh"
T_HOT, T_COLD, T_MEAN = 300.65, 290.65, 295.65
SOLIDS = ("lower plate", "upper plate", "glass")
EXCHANGE = 10.0  # between glass and room, W/(m2 K)

comm = MPI.COMM_WORLD
fluid = load_fluid("water-ethanol")
cell = from_file(comm, MESH, scale=1e-3, solids=SOLIDS)
held = (Temperature("top", T_HOT), Temperature("bottom", T_COLD))


def cell_of(plates: str, room: float) -> Experiment:
    """Return the cell with plates of a material, in a room at a temperature, K."""
    made_of = (load_solid(plates), load_solid(plates), load_solid("borosilicate"))
    return Experiment(
        f"plates of {plates}",
        cell,
        mixture_of(fluid, T0=T_MEAN, c0=fluid.c, up=(0.0, 1.0)),
        (*held, Robin(("left", "right"), h=EXCHANGE, T_outside=room)),
        fluid=fluid,
        solids=dict(zip(SOLIDS, made_of, strict=True)),
    )


steel = cell_of("stainless-steel", T_MEAN)
ideal = steel.with_ideal_walls()  # plates and glass taken away, and the room with them
ideal = replace(ideal, conditions=held)
cells = {
    "ideal walls": ideal,
    "copper and glass": cell_of("copper", T_MEAN),
    "steel and glass": steel,
    "copper, room 5 K warmer": cell_of("copper", T_MEAN + 5.0),
    "copper, room 5 K colder": cell_of("copper", T_MEAN - 5.0),
}

bias = {}
for name, experiment in cells.items():
    found = solve(experiment)
    soret, beyond = found.soret, found.at_thermostats or found.soret
    peclet, balances = speed(found.convection).peclet_solutal, found.balances()
    bias[name] = soret.bias
    if comm.rank == 0:
        print(
            f"{name:24} bias {100 * soret.bias:8.4f} %, with T of the thermostats "
            f"{100 * beyond.bias:7.3f} %; dT in the fluid {soret.at.dT:7.4f} K, "
            f"solutal Peclet number {peclet:.2g}"
        )

    # One separation, two temperature differences: S_T is constant here, and so is their product.
    assert abs((1 + soret.bias) * soret.at.dT / ((1 + beyond.bias) * beyond.at.dT) - 1) < 1e-9
    # Heat that enters leaves; a closed cell keeps what was filled in, and no mass flows out of it.
    assert balances.heat < 1e-9
    assert balances.mass < 1e-12
    assert balances.species < 1e-9

# Zero means zero; worse plates bend the isotherms more; warm and cold rooms do the same harm.
assert abs(bias["ideal walls"]) < 1e-9
assert bias["steel and glass"] < 50 * bias["copper and glass"] < 0
warm, cold = bias["copper, room 5 K warmer"], bias["copper, room 5 K colder"]
assert abs(warm / cold - 1) < 0.02
assert warm < 5 * bias["copper and glass"]
