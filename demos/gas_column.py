"""A Clusius-Dickel column: nitrogen and oxygen, separated along a slot of a few millimetres.

Where the Soret effect separates across a slot, the slow flow up the hot plate and down the cold one
separates along it: with X = g beta_T dT a^3/(nu D) the slope is (X/720)/(1 + X^2/9!) in units of
S_T c(1-c) dT/a (Furry, Jones and Onsager 1939), if composition does not change the density. In
liquids that is a question of psi; nitrogen and oxygen have nearly the same mass. Unlike in a liquid
the flow carries heat as well as it carries the gases, and properties vary by a few per cent between
the plates.

    mpirun -n 2 python3 demos/gas_column.py

At the best width, as a case file: femsoret run demos/gas_column.toml
"""

from __future__ import annotations

from pathlib import Path

from mpi4py import MPI

from femsoret import load_case, measure
from femsoret.studies.columns import OPTIMUM, column_slope

WIDTHS = (3.0, 5.0, 6.7, 8.0)  # mm

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
slopes = {}
for width in WIDTHS:
    middle, height = 5.0 * width, 10.0 * width
    changes = [
        f"cell.size=['{width} mm', '{height} mm']",
        f"readings.gradient.0.line=[['0 mm', '{middle} mm'], ['{width} mm', '{middle} mm']]",
    ]
    experiment = load_case(case_file, changes).build(comm).experiment
    found = measure(experiment, with_numerical_error=False)
    fluid, g = experiment.mixture.reference, experiment.mixture.gravity.magnitude
    a, dT = 1e-3 * width, experiment.orientation.dT
    X = g * fluid.beta_T * dT * a**3 / (fluid.nu * fluid.slowest)
    values = experiment.fluid.at(experiment.mixture.T0)
    slope = -found.gradients["mid-height"].c * a / (values.S_T * values.f * dT)
    slopes[width] = slope
    if comm.rank == 0:
        print(f"width {width} mm: X = {X:7.1f}, slope {slope:.4f} (formula {column_slope(X):.4f})")
    assert abs(slope / column_slope(X) - 1.0) < 0.01
    # Nitrogen, the lighter gas, goes to the hot plate and with the flow to the top.
    assert values.S_T < 0.0 < found.gradients["mid-height"].c

# The best width is where X is near sqrt(9!) = 602.
assert max(slopes, key=lambda width: slopes[width]) == 6.7
assert abs(column_slope(OPTIMUM) - 0.4183) < 1e-3
