"""Is an axisymmetric cell the same as the cylinder in 3D, within the errors that both report?

The cylinder has a radius equal to its height and is heated from above. Its round wall loses heat,
so that the liquid sinks along it (groups in units of the height: Ra = 200, Pr = 10, Le = 20,
psi = 0.2, h = 2). The table has one line for each mesh. For 3D meshes it gives the difference of
the bias and the Nusselt numbers from those of the finest axisymmetric mesh, over the numerical
errors that both report together: below 1 they agree.

    tools/fenicsx python3 bench/axisymmetric.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout

from mpi4py import MPI

from harness import Goal, Row, arguments, finish, table

from femsoret.cells import Cell, annulus, cylinder
from femsoret.experiment import Experiment, Pair
from femsoret.fluids import Groups, property_values
from femsoret.physics.closures import mixture_of_groups
from femsoret.post.readings import WallMean
from femsoret.problem.conditions import Robin, Temperature
from femsoret.studies.measure.steady import SteadyFindings, measure

GOALS = (
    Goal("bias", "largest difference of the bias, 3D, over both errors", at_most=1.0),
    Goal("nusselt", "the same of Nusselt numbers, finest 3D mesh", at_most=1.0),
)

GROUPS = Groups(Ra=200.0, Pr=10.0, Le=20.0, psi=0.2)
GRADING = 2.0
ROUND_WALL = {2: "outer", 3: "side"}


def run(cell: Cell) -> tuple[SteadyFindings, float]:
    """Measure a cell; return its findings and the CPU seconds."""
    walls = (
        Temperature("top", 0.5),
        Temperature("bottom", -0.5),
        Robin(ROUND_WALL[cell.dim], h=2.0, T_outside=-0.5),
    )
    experiment = Experiment(
        "cooled cylinder",
        cell,
        mixture_of_groups(
            property_values(GROUPS, c0=0.5, S_T_dT=1.0), up=(0.0, 1.0, 0.0)[: cell.dim]
        ),
        walls,
        readings=Pair("axial", hot=WallMean("top"), cold=WallMean("bottom")),
        gap=1.0,
        absolute_temperature=False,
    )
    start = time.process_time()
    return measure(experiment), time.process_time() - start


def numbers(found: SteadyFindings, dim: int) -> dict[str, tuple[float, float]]:
    """Return bias and Nusselt numbers with their numerical errors; the round wall is "rim"."""
    errors = found.numerical_error.of
    values = {"bias": (found.solution.soret.bias, errors["soret.bias"])}
    for side in ("top", "bottom", ROUND_WALL[dim]):
        name = "rim" if side == ROUND_WALL[dim] else side
        values[f"Nu {name}"] = (found.walls[side].nusselt, errors[f"nusselt.{side}"])
    return values


def row(cell: Cell, known: dict[str, tuple[float, float]] | None) -> tuple[Row, dict]:
    """Return a line of the table, and its numbers."""
    found, seconds = run(cell)
    values = numbers(found, cell.dim)
    apart = {}
    if known is not None:
        apart = {
            name: abs(value - known[name][0]) / (error + known[name][1])
            for name, (value, error) in values.items()
        }
    line: dict = {"mesh": cell.title, "unknowns": found.solution.reports[-1].dofs}
    line |= {"bias": f"{values['bias'][0]:.6f}", "error of it": values["bias"][1]}
    line |= {name: f"{value:.6f}" for name, (value, _) in values.items() if name != "bias"}
    line |= {f"apart: {name}": apart.get(name) for name in values}
    line["CPU s"] = seconds
    return line, values


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__)
    comm = MPI.COMM_WORLD
    flat = [
        annulus(comm, (0.0, 1.0), 1.0, (n, n), grading=GRADING)
        for n in ((8,) if options.quick else (8, 16))
    ]
    solid = [
        cylinder(comm, 1.0, 1.0, (n, n), grading=GRADING)
        for n in ((4,) if options.quick else (4, 6, 8))
    ]
    rows, known = [], None
    for cell in flat:
        line, known = row(cell, None)
        rows.append(line)
    for cell in solid:
        rows.append(row(cell, known)[0])
    print(table(rows))
    in_3d = rows[len(flat) :]
    measured = {
        "bias": max(line["apart: bias"] for line in in_3d),
        "nusselt": max(value for name, value in in_3d[-1].items() if name.startswith("apart: Nu")),
    }
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    raise SystemExit(main())
