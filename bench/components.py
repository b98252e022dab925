"""What does a third component cost? A whole `measure` of a binary and of a ternary liquid.

Both fill the cell of demos/ternary_cell.toml, 10 mm x 5 mm, heated from above by 10 K: water and
ethanol, and the ternary liquid of the demo. Level both states are proven stable; one degree off the
vertical modes are sought for both. The two take turns; the CPU times are the least of all turns,
after a first one that compiles forms.

    tools/fenicsx python3 bench/components.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from mpi4py import MPI

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.case import load_case  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.studies.measure.solution import solve  # noqa: E402
from femsoret.studies.measure.steady import measure  # noqa: E402

FLUIDS = {"binary": ('fluid={name="water-ethanol"}',), "ternary": ()}
MOST = 1.6
"""Largest ratio of the CPU times of a whole `measure`."""

GOALS = tuple(
    Goal(f"measure {tilt}", f"CPU of `measure`, a ternary over a binary, {where}", at_most=MOST)
    for tilt, where in ((0, "level"), (1, "1 degree off"))
)


def experiment(components: str, tilt: int, cells: tuple[int, int]) -> Experiment:
    """Return the cell of the demo with one of the liquids."""
    changes = (f"gravity.tilt={tilt} deg", f"cell.cells=[{cells[0]}, {cells[1]}]")
    case = load_case(ROOT / "demos/ternary_cell.toml", (*changes, *FLUIDS[components]))
    return case.build(MPI.COMM_WORLD).experiment


def row(components: str, tilt: int, cells: tuple[int, int]) -> dict[str, Any]:
    """Solve and measure once."""
    start = time.process_time()
    solve(experiment(components, tilt, cells))
    solved = time.process_time()
    found = measure(experiment(components, tilt, cells))
    return {
        "tilt": tilt,
        "liquid": components,
        "unknowns": found.solution.convection.num_dofs,
        "solves (CPU s)": solved - start,
        "measure (CPU s)": time.process_time() - solved,
        "stability": found.stability.verdict,
    }


def main() -> int:
    """Run, print, and return 1 where a goal was missed."""
    options = arguments(__doc__)
    cells, turns = ((16, 8), 2) if options.quick else ((32, 16), 4)
    rows, measured = [], {}
    for tilt in (0, 1):
        runs = [{name: row(name, tilt, cells) for name in FLUIDS} for _ in range(turns)][1:]
        timed = [key for key in runs[0]["binary"] if key.endswith("(CPU s)")]
        best = {
            name: {**runs[0][name], **{key: min(run[name][key] for run in runs) for key in timed}}
            for name in FLUIDS
        }
        rows += best.values()
        for key in timed:
            ratio = best["ternary"][key] / best["binary"][key]
            measured[f"{key.split()[0]} {tilt}"] = ratio
    print(table(rows))
    return finish(options, rows, GOALS, measured)


if __name__ == "__main__":
    sys.exit(main())
