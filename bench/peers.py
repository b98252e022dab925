"""How fast is it beside NGSolve, FreeFEM and OpenFOAM? Error against CPU time, unknowns, memory.

The cases are the heated square (Ra = 1e6) and the whole heated cube (Ra = 1e5), Pr = 0.71. Each run
is a process of its own on one core; of several repetitions the fastest counts, for all codes. The
user says where the peers are:

    python3 bench/peers.py --peers FOLDER --ngsolve PYTHON [--case square] [--plot PNG]

FOLDER (or the variable FEMSORET_PEERS) holds ngsolve_square.py, ngsolve_cube.py, freefem_square.py
and openfoam_cavity.py, which take mesh size and Ra and print one line of JSON; PYTHON (or
FEMSORET_NGSOLVE) imports NGSolve; FreeFem++ and OpenFOAM are on the PATH. What is missing is
skipped, with a message. Where DOLFINx lives in a root of its own, which does not see the peers, run
this script with the system's python3: it starts femsoret by tools/fenicsx.

CPU time counts neither imports nor meshing nor the compilation of forms: both Python sides run on
the meter of bench/peers/metered.py; FreeFEM's is its assembly and solution alone, OpenFOAM's the
whole of its processes. A system is "to 1e-3" as fast as its fastest run whose error, like that of
every finer run of the same series, is at most 1e-3.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import HEATED_CUBE, Goal, finish, table

HERE = Path(__file__).resolve().parent
OURS = "femsoret"
NUSSELT = {"square": 8.8252, "cube": HEATED_CUBE}
"""The square: Chebyshev spectral, all digits."""

RAYLEIGH = {"square": 1e6, "cube": 1e5}
REPEATS = {"square": 2, "cube": 1}

GOALS = (
    Goal("square 1e-3", "square to 1e-3: CPU over NGSolve's, or over 0.375 s", at_most=0.8),
    Goal("square 1e-4", "square to 1e-4: CPU over NGSolve's", at_most=0.8),
    Goal("square FreeFEM 1e-3", "square to 1e-3: CPU over FreeFEM's", at_most=0.25),
    Goal("square FreeFEM 1e-4", "square to 1e-4: CPU over FreeFEM's", at_most=0.25),
    Goal("cube 1e-3", "cube to 1e-3: CPU over NGSolve's", at_most=0.5),
    Goal("cube 1e-4", "cube to 1e-4: CPU over NGSolve's", at_most=0.3),
    Goal("cube memory 1e-3", "cube to 1e-3: memory over NGSolve's", at_most=0.5),
    Goal("cube memory 1e-4", "cube to 1e-4: memory over NGSolve's", at_most=0.5),
    Goal("cube OpenFOAM", "cube: CPU to 1e-3 over OpenFOAM's to 3e-3", at_most=0.2),
    Goal("cube Nu", "cube: least error of Nu on one mesh, %", at_most=0.02),
)


@dataclass(frozen=True)
class Series:
    """Runs of one system that differ only in the mesh.

    Args:
        case: "square" or "cube".
        system: "femsoret", "ngsolve", "freefem" or "openfoam".
        name: What distinguishes it: degree and cells.
        cells: Mesh cells a side, coarsest first.
        options: The remaining arguments of the script.
        quick: How many of the coarsest meshes a quick run takes.
    """

    case: str
    system: str
    name: str
    cells: tuple[int, ...]
    options: tuple[str, ...]
    quick: int = 0


def _ours(case: str, name: str, cells: tuple[int, ...], text: str, quick: int = 0) -> Series:
    return Series(case, OURS, name, cells, tuple(text.split()), quick)


def _ngsolve(case: str, name: str, cells: tuple[int, ...], text: str, quick: int = 0) -> Series:
    return Series(case, "ngsolve", name, cells, tuple(text.split()), quick)


CUBE = "--dim 3 --preset multigrid --tolerance 1e-6"
SERIES = (
    _ours("square", "2, quadrilaterals", (12, 16, 24, 32), "--degree 2 --grading 8"),
    _ours("square", "2, triangles", (10, 14, 20), "--degree 2 --grading 8 --simplices"),
    _ours("square", "3, quadrilaterals", (6, 8, 10, 14), "--degree 3 --grading 5", 3),
    _ours("square", "3, triangles", (5, 7, 10), "--degree 3 --grading 5 --simplices"),
    _ours("square", "4, quadrilaterals", (4, 6, 8), "--degree 4 --grading 5"),
    _ngsolve("square", "2, triangles", (20, 30, 44), "--order 2 --cascade"),
    _ngsolve("square", "3, triangles", (8, 10, 14, 20), "--order 3 --cascade"),
    _ngsolve("square", "3, quadrilaterals", (6, 8, 10, 14), "--order 3 --cascade --quad", 3),
    _ngsolve("square", "4, quadrilaterals", (5, 6, 8, 10), "--order 4 --cascade --quad", 3),
    Series("square", "freefem", "3, triangles", (8, 10, 14), ("--order", "3"), 1),
    Series("square", "freefem", "2, triangles", (14, 20, 30), ("--order", "2")),
    _ours("cube", "2, hexahedra", (8, 10, 12), f"{CUBE} --degree 2 --grading 5"),
    _ours("cube", "3, hexahedra", (4, 5, 6, 8, 9), f"{CUBE} --degree 3 --grading 4"),
    _ngsolve("cube", "3, hexahedra", (5, 6, 8, 9), "--order 3 --hex"),
    Series("cube", "openfoam", "finite volumes", (20, 40), ("--dim", "3")),
)


def command_of(series: Series, cells: int, options: argparse.Namespace) -> list[str]:
    """Return the command of one run; an empty one where the system is missing."""
    Ra = ["--Ra", str(RAYLEIGH[series.case])]
    if series.system == OURS:
        script = str(HERE / "peers" / "heated_cavity.py")
        return [*options.femsoret, script, "--cells", str(cells), *series.options, *Ra]
    kind = "cavity" if series.system == "openfoam" else series.case
    script = str(options.peers / f"{series.system}_{kind}.py") if options.peers else ""
    program = {"freefem": "FreeFem++", "openfoam": "blockMesh"}.get(series.system, options.ngsolve)
    if not Path(script).is_file() or not shutil.which(program or ""):
        return []
    start = [sys.executable]
    if series.system == "ngsolve":
        start = [options.ngsolve, str(HERE / "peers" / "metered.py")]
    return [*start, script, "-n", str(cells), *series.options, *Ra]


def run(series: Series, cells: int, command: list[str], repeats: int) -> dict[str, Any]:
    """Return the row of one run, of several the fastest.

    Args:
        series: Its series.
        cells: Its mesh.
        command: Its command.
        repeats: How often.
    """
    found = []
    for _ in range(repeats):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found.append({key: value for line in lines for key, value in line.items()})
    best = min(found, key=_seconds)
    return {
        "case": series.case,
        "system": series.system,
        "elements": series.name,
        "cells": cells,
        "unknowns": best["dofs"],
        "Nu": best["Nu"],
        "error": abs(best["Nu"] / NUSSELT[series.case] - 1.0),
        "CPU s": _seconds(best),
        "whole process s": best["cpu"],
        "MB": best["maxrss_mb"],
        "shares": best.get("shares"),
    }


def _seconds(result: dict[str, Any]) -> float:
    """Return the CPU seconds that count."""
    if "counted" in result:
        return float(result["counted"])
    if result["tool"] == "freefem":
        return float(result["t_asm"] + result["t_solve"])
    return float(result["cpu"])


def within(rows: Iterable[dict[str, Any]], error: float) -> Iterator[dict[str, Any]]:
    """Yield the runs whose error, like that of every finer one of their series, is small enough."""
    series: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        series.setdefault((row["system"], row["elements"]), []).append(row)
    for runs in series.values():
        for i, row in enumerate(runs):
            if all(finer["error"] <= error for finer in runs[i:]):
                yield row


def judged(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers of the goals, as far as the systems are installed."""

    def fastest(case: str, system: str, error: float) -> dict[str, Any] | None:
        mine = [row for row in rows if (row["case"], row["system"]) == (case, system)]
        return min(within(mine, error), key=lambda row: float(row["CPU s"]), default=None)

    found: dict[str, float] = {}
    for case, system, key in (
        ("square", "ngsolve", "square"),
        ("square", "freefem", "square FreeFEM"),
        ("cube", "ngsolve", "cube"),
    ):
        for error in (1e-3, 1e-4):
            we, they = fastest(case, OURS, error), fastest(case, system, error)
            if we and they:
                name = f"{key} {error:.0e}".replace("e-0", "e-")
                found[name] = we["CPU s"] / they["CPU s"]
                if case == "cube":
                    found[name.replace("cube", "cube memory")] = we["MB"] / they["MB"]
    if "square 1e-3" in found:  # 0.3 s will do
        seconds = fastest("square", OURS, 1e-3)["CPU s"]  # type: ignore[index]
        found["square 1e-3"] = min(found["square 1e-3"], seconds / 0.375)
    we, they = fastest("cube", OURS, 1e-3), fastest("cube", "openfoam", 3e-3)
    if we and they:
        found["cube OpenFOAM"] = we["CPU s"] / they["CPU s"]
    cubes = [row["error"] for row in rows if (row["case"], row["system"]) == ("cube", OURS)]
    if cubes:
        found["cube Nu"] = 100.0 * min(cubes)
    return found


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = os.environ.get
    parser.add_argument("--quick", action="store_true", help="few runs of the square")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and goals to FILE")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw error over CPU time")
    parser.add_argument("--case", choices=tuple(NUSSELT), help="one case only")
    parser.add_argument(
        "--systems", nargs="+", choices=list(dict.fromkeys(s.system for s in SERIES)), help="only"
    )
    parser.add_argument("--peers", type=Path, metavar="FOLDER", default=known("FEMSORET_PEERS"))
    parser.add_argument("--ngsolve", metavar="PYTHON", default=known("FEMSORET_NGSOLVE"))
    options = parser.parse_args()
    options.peers = Path(options.peers) if options.peers else None
    here = find_spec("dolfinx") is not None
    options.femsoret = (
        [sys.executable] if here else [str(HERE.parent / "tools" / "fenicsx"), "python3"]
    )
    return options


def main() -> int:
    """Run the benchmark."""
    options = arguments()
    rows, missing = [], set()
    for series in SERIES:
        if options.case not in (None, series.case):
            continue
        if options.systems and series.system not in options.systems:
            continue
        for cells in series.cells[: series.quick] if options.quick else series.cells:
            command = command_of(series, cells, options)
            if not command:
                missing.add(series.system)
                continue
            rows.append(run(series, cells, command, 1 if options.quick else REPEATS[series.case]))
            row = rows[-1]
            print(
                f"{series.case}, {series.system}, {series.name}, {cells}: "
                f"error {row['error']:.1e}, {row['CPU s']:.2f} s",
                flush=True,
            )
    print("\n" + table([{k: v for k, v in row.items() if k != "shares"} for row in rows]))
    for system in sorted(missing):
        print(f"SKIPPED: {system} was not found; its goals are not judged (see --help)")
    status = finish(options, rows, GOALS, judged(rows))
    if options.plot:
        script = str(HERE / "peers" / "plot.py")
        text = json.dumps(rows)
        subprocess.run(
            [*options.femsoret, script, str(options.plot)], input=text, text=True, check=True
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
