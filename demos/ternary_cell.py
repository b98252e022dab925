"""A ternary cell: what does one degree of tilt do to the Soret vector of a liquid of DCMIX?

10 mm wide, 5 mm high, 10 K, heated from above: the cell of the experiments DCMIX on the space
station, on the ground, with 80 % tetralin (THN), 10 % isobutylbenzene (IBB) and 10 % dodecane
(nC12). Without convection the separation is known: -dc/dT = S'_T for each component, and the
frame-invariant coefficients follow. In a tilted cell each component loses its part to a flow that
all of them drive. The diffusion matrix is made up (demos/fluids/thn_ibb_nc12.toml): the numbers say
how such a cell errs, not by how much that of DCMIX would.

    mpirun -n 2 python3 demos/ternary_cell.py

The same as a case file: femsoret run demos/ternary_cell.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.physics.closures import of_all_components
from femsoret.studies.measure.solution import solve

TILTED, LEVEL = "gravity.tilt=1 deg", "gravity.tilt=0 deg"
IN_3D = (
    "cell.kind=box",
    'cell.size=["10 mm", "5 mm", "10 mm"]',
    "cell.cells=[6, 5, 6]",
    "cell.grading=[2, 1.5, 2]",
    "cell.shape=hexahedron",
)

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")


def biases(*changes: str) -> dict[str, float]:
    """Return the bias of each component, over the norm of the Soret vector."""
    experiment = load_case(case_file, changes).build(comm).experiment
    found = solve(experiment)
    names = [species.name for species in experiment.mixture.species]
    lost = {name: of.bias for name, of in zip(names, found.outcomes, strict=True)}
    if comm.rank == 0:
        print(f"{experiment.cell.dim}D, {changes[0]}:")
        for name, of in zip(names, found.outcomes, strict=True):
            print(
                f"  {name}: S'_app {of.apparent:+.5e} 1/K, true {of.true.value:+.5e} 1/K, "
                f"bias {100 * of.bias:+.4f} %"
            )
    return lost


flat, level, deep = biases(TILTED), biases(LEVEL), biases(TILTED, *IN_3D)
fluid = of_all_components(load_case(case_file).build(comm).experiment.mixture)
invariant = {name: fluid.invariant[i, 2] for i, name in enumerate(fluid.names)}
if comm.rank == 0:
    said = ", ".join(f"{name} {S:.3e} 1/K" for name, S in invariant.items())
    print(f"frame-invariant S with nC12 as the reference: {said}")

# Zero means zero, for each component.
assert max(map(abs, level.values())) < 1e-8
# A flow takes from every component what it separates: opposite signs for THN and IBB.
assert -6e-3 < flat["THN"] < -3e-3
assert 5e-4 < flat["IBB"] < 2e-3
# Walls in front and behind slow the flow, and so its harm, a little.
assert 0.5 < deep["THN"] / flat["THN"] < 1.0
# S'_T of Gebhardt and Köhler (2015) in frame-invariant form; their D'_T within its errors.
assert abs(invariant["THN"] - 10.1e-3) < 0.05e-3
assert abs(invariant["IBB"] - 5.2e-3) < 0.05e-3
assert abs(fluid.thermodiffusion[0] - 0.72e-12) < 0.26e-12
assert abs(fluid.thermodiffusion[1] + 0.22e-12) < 0.42e-12
