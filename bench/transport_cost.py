"""What transport by the projected velocity w = u - grad chi costs in 2D, beside the version before.

Heated squares (Ra = 1e6, Pr = 0.71) are solved from rest to a tolerance of 1e-8 by this version and
by the last one whose heat was carried by u, which is checked out into a temporary folder; the clone
must have that commit. Each run is a process of bench/peers/heated_cavity.py of its version, in
turn; the CPU time is that of its meter: forms compiled, no imports. The ratio is that of the
medians. The first two meshes are those on which bench/peers.py had errors of 1e-3 and 1e-4 soonest
before chi; from 5,000 unknowns on Newton steps leave chi out of the factorisation. Where DOLFINx
lives in a root of its own, run this script with the system's python3.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from harness import Goal, arguments, finish, table

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "4b342ef"
"""The commit before chi was introduced."""

NUSSELT = 8.8252
"""As in bench/peers.py."""

MESHES = (
    "--cells 6 --degree 3 --grading 5",
    "--cells 8 --degree 3 --grading 5",
    "--cells 7 --degree 3 --grading 5 --simplices",
    "--cells 16 --degree 2 --grading 8",
    "--cells 24 --degree 2 --grading 8",
)
QUICK = MESHES[:2]
REPEATS = {False: 7, True: 5}

GOALS = (Goal("worst", "CPU over that before chi, on any mesh", at_most=1.25),)


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a folder with the tree of a commit of this clone."""
    with TemporaryDirectory(prefix="femsoret-before-") as folder:
        place, git = Path(folder) / "tree", ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(place), commit], check=True)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


def run(tree: Path, mesh: str) -> dict[str, Any]:
    """Return what bench/peers/heated_cavity.py of a tree prints for a mesh."""
    command = [str(tree / "tools" / "fenicsx"), "python3", "bench/peers/heated_cavity.py"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *mesh.split()],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(mesh: str, before: Path, repeats: int) -> dict[str, Any]:
    """Return the row of one mesh."""
    for tree in (ROOT, before):
        run(tree, mesh)  # compiles the forms
    runs = [[run(tree, mesh) for tree in (ROOT, before)] for _ in range(repeats)]
    now, then = (median(found["counted"] for found in side) for side in zip(*runs, strict=True))
    new, old = runs[0]
    return {
        "mesh": mesh.replace("--", ""),
        "unknowns, before": f"{new['dofs']}, {old['dofs']}",
        "error of Nu": abs(new["Nu"] / NUSSELT - 1.0),
        "factorisations, before": f"{new['factorisations']}, {old['factorisations']}",
        "CPU ms": 1e3 * now,
        "before, ms": 1e3 * then,
        "ratio": now / then,
    }


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__)
    with checkout(BEFORE) as before:
        meshes = QUICK if options.quick else MESHES
        rows = [row(mesh, before, REPEATS[options.quick]) for mesh in meshes]
    print(table(rows))
    worst = max(found["ratio"] for found in rows)
    return finish(options, rows, GOALS, {"worst": worst})


if __name__ == "__main__":
    sys.exit(main())
