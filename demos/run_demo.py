"""The demo: which S_T would a water-ethanol cell report, in 2D and in 3D on two ranks?

Run it with ``make demo``; it writes results/demo/ with a report page, figures and ParaView files
for each of the cells and for one of them levelled perfectly. ``-o DIR`` writes them elsewhere.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from femsoret.report.tables.headline import headline

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "results" / "demo"

# (folder, ranks, arguments of `femsoret run`)
RUNS = (
    ("2d-tilted", 1, ["water_ethanol.toml"]),
    ("2d-level", 1, ["water_ethanol.toml", "--set", "gravity.tilt=0 deg", "--set",
                     "title=The same, levelled"]),
    ("3d-tilted", 2, ["soret_cylinder.toml"]),
)  # fmt: skip


def run(target: Path, ranks: int, arguments: list[str]) -> None:
    """Run a case in its own process, or processes, and leave its run folder."""
    case, *options = arguments
    command = [sys.executable, "-m", "femsoret", "run", str(HERE / case), "-o", str(target)]
    command += ["--force"]  # these folders are the demo's own, and it may be run again
    if ranks > 1:
        command = ["mpirun", "-n", str(ranks), *command]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Solve all cells, print one table and check its numbers."""
    options = argparse.ArgumentParser(description="The demo: table, figures, ParaView files.")
    options.add_argument(
        "-o", "--output", type=Path, default=RESULTS, metavar="DIR", help="where to (%(default)s)"
    )
    results = options.parse_args().output
    start = time.perf_counter()
    summaries = []
    for folder, ranks, arguments in RUNS:
        run(results / folder, ranks, arguments)
        summaries.append(
            json.loads((results / folder / "summary.json").read_text(encoding="utf-8"))
        )
    console = Console(width=110)
    console.print(headline(summaries).for_terminal())
    for folder, _, _ in RUNS:
        console.print(f"report, figures and ParaView files: {results / folder}/report.html")
    console.print(f"{time.perf_counter() - start:.0f} s")

    tilted, level, cylinder = (summary["soret"]["bias"] for summary in summaries)
    assert -0.012 < tilted < -0.008, "one degree of tilt costs about 1 % here"
    assert abs(level) < 1e-8, "a level cell heated from above does not flow, so it must not err"
    assert -0.012 < cylinder < -0.008, "nor does the shape of the side wall matter much"


if __name__ == "__main__":
    main()
