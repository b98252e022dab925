"""Microgravity cell: how quiet must an orbit be, and in which direction?

A cylinder of water and ethanol, 10 mm wide and 5 mm high, its ends 10 K apart, in an orbit with a
thousandth to a millionth of the gravity on the ground. Gravity along the axis, from the cold to the
hot end or back, drives nothing. Across it, the flow is as strong as gravity is, and takes from the
separation in proportion to its square: 0.006 % at a millionth, 0.6 % at a hundred-thousandth, and
all but a third at a thousandth, where the square no longer holds. In between it is the part across
the axis that counts.

    mpirun -n 2 python3 demos/microgravity_cell.py [FIGURE.png]

One direction and size as a case file: femsoret run demos/microgravity_cell.toml
"""

from __future__ import annotations

import sys
from math import hypot, log10
from pathlib import Path

from mpi4py import MPI

from femsoret import load_case
from femsoret.studies.measure.solution import solve

ACROSS, TURNED, OBLIQUE, ALONG = (1, 0, 0), (0, 0, 1), (0.6, -0.64, 0.48), (0, -1, 0)
QUIET = 1e-6  # of the gravity on the ground, g0
SIZES = (1e-6, 1e-5, 1e-4, 1e-3)

comm = MPI.COMM_WORLD
case_file = Path(__file__).with_suffix(".toml")
cell = None


def bias(size: float, direction: tuple[float, ...]) -> float:
    """Return the bias of S_T at a size of gravity, in g0, and a direction."""
    global cell
    changes = (f"gravity.magnitude={size!r} g0", f"gravity.direction={list(direction)}")
    experiment = load_case(case_file, changes).build(comm, cell).experiment
    cell = experiment.cell
    found = solve(experiment).soret.bias
    if comm.rank == 0:
        print(f"{size:g} g0 in the direction {direction}: bias {100 * found:+.5f} %")
    return found


across = {size: bias(size, ACROSS) for size in SIZES}
turned, oblique, along = bias(QUIET, TURNED), bias(QUIET, OBLIQUE), bias(SIZES[-1], ALONG)
power = log10(across[1e-5] / across[1e-6])
if comm.rank == 0:
    print(f"while the flow is weak the bias grows with the power {power:.3f} of gravity")

assert abs(power - 2.0) < 0.01
assert -0.8 < across[1e-3] < -0.6  # no square any more: it would be 60 times all there is
assert abs(along) < 1e-9  # even at a thousandth: rest is a state, and a stable one
# A cylinder has no preferred direction across its axis, nor has its mesh for quarter turns.
assert abs(turned / across[QUIET] - 1.0) < 1e-6
# What lies along the axis stratifies a little, and counts in the next order only.
assert abs(oblique / across[QUIET] / hypot(OBLIQUE[0], OBLIQUE[2]) ** 2 - 1.0) < 0.005


def draw(path: Path) -> None:
    """Draw the bias over gravity."""
    from femsoret.report.figures.canvas import BLUE, GREY, INK, ORANGE, finish, new_figure, styled

    with styled():
        figure, axes = new_figure(3.2)
        weak = [across[QUIET] * (size / QUIET) ** 2 for size in (1e-6, 2e-4)]
        axes.loglog((1e-6, 2e-4), [100 * abs(b) for b in weak], color=INK, lw=1.0, ls="--",
                    label="∝ g²")  # fmt: skip
        axes.plot(SIZES, [100 * abs(b) for b in across.values()], "o-", color=BLUE, ms=6.0,
                  label="across the axis")  # fmt: skip
        axes.plot([QUIET], [100 * abs(oblique)], "^", color=ORANGE, ms=6.0, label="oblique")
        axes.axhline(1.0, color=GREY, lw=0.8, ls=":")
        axes.set_xlabel("residual gravity / g$_0$")
        axes.set_ylabel("−bias of S$_T$ / %")
        axes.legend(loc="lower right")
        path.write_bytes(finish(figure, "microgravity", "", "").png)


if comm.rank == 0 and len(sys.argv) > 1:
    draw(Path(sys.argv[1]))
