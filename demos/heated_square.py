"""Heated square: is the flow right, and the heat that it carries?

The oldest benchmark of natural convection. A square of pure fluid, Pr = 0.71, is hot on the left
and cold on the right; the other two walls are adiabatic. The Nusselt number, heat flow over that
of conduction alone, was given by de Vahl Davis in 1983; the values below are from a Chebyshev
spectral solution and are good to all digits shown.

    mpirun -n 2 python3 demos/heated_square.py

The same as a case file: femsoret run demos/heated_square.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case, measure

# Rayleigh number -> Nusselt number.
SPECTRAL = {1e3: 1.11779, 1e4: 2.24482, 1e5: 4.52164}
CELLS = 20
TOLERANCE = 2e-4

# The case file states the problem. Single keys are changed as by --set on the command line.
case_file = Path(__file__).with_suffix(".toml")
comm = MPI.COMM_WORLD

for Ra, expected in SPECTRAL.items():
    case = load_case(case_file, [f"groups.Ra={Ra}", f"cell.cells=[{CELLS},{CELLS}]"])
    found = measure(case.build(comm).experiment)

    # Heat flows are reactions of the walls, so what enters on the left leaves on the right to
    # round-off. Integrating the gradient over the wall is the obvious way, and less accurate.
    hot, cold = found.walls["left"], found.walls["right"]
    bound = found.numerical_error.of["nusselt.left"]
    if comm.rank == 0:
        print(
            f"Ra = {Ra:.0e}: Nu = {hot.nusselt:.5f} +- {bound:.0e} (spectral {expected}), "
            f"by gradient {hot.nusselt_gradient:.5f}"
        )

    assert abs(hot.nusselt - expected) < TOLERANCE * expected
    assert abs(hot.heat + cold.heat) < 1e-10 * abs(hot.heat)
    # The error that is reported holds the true one, up to the last digit of the spectral value.
    assert abs(hot.nusselt - expected) < bound + 5e-6
