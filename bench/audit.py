"""The audit: each term against a direct simulation, and what an audit costs.

1. The water-ethanol cell of demos/audit_water_ethanol.toml. Each term of its budget is compared
   with a direct simulation that does not use causes: a cell stated by hand with this imperfection
   alone, on a finer mesh of one degree more, whose S_T follows from the readings by the formula.
   Finite time is simulated to the moment of reading, and so is the total, with everything together.
2. The time of that audit, and of one of a box of 300,000 unknowns on two ranks. ``--part 3D`` runs
   the latter alone. Its log goes to standard error.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mpi4py import MPI

from harness import Goal, arguments, finish, table

import femsoret as fs
from femsoret.experiment.schedule import Schedule
from femsoret.fluids.properties import Arrhenius
from femsoret.physics.forms import DIFFUSION
from femsoret.post.soret import read
from femsoret.solve.march import March, MarchOptions
from femsoret.studies.measure.marching import initial_problem
from femsoret.studies.measure.solution import solve

HERE = Path(__file__).resolve().parent
CASE = HERE.parent / "demos" / "audit_water_ethanol.toml"

GOALS = (
    Goal(
        "steady",
        "largest |term - direct| of the steady terms over their reported error",
        at_most=1.5,
    ),
    Goal("finite time", "|term - direct| of finite time", at_most=1e-4),
    Goal("total", "|total - direct|: a twentieth of the usual target", at_most=5e-4),
    Goal("2D", "CPU seconds of the audit in 2D", at_most=120.0),
    Goal("3D", "CPU seconds of the audit in 3D, both ranks", at_most=3600.0),
    Goal("3D wall", "wall seconds of the audit in 3D on two cores", at_most=1800.0),
)

HOT, COLD, C0, S_T = 300.65, 290.65, 0.6088, 3.171e-3
TAU = 5e-3**2 / (math.pi**2 * 4.32e-10)
DIRECT = {"cells": (36, 24), "degree": 3}
QUICK = {"cells": (24, 16), "degree": 2}
ROUND_OFF = 1e-6
"""Percent that a difference may have where nothing flows."""

IN_TIME = (24, 16)
"""Mesh of the runs in time, of degree 2."""

BOX = """
title = "Water-ethanol, box"
[cell]
kind = "box"
size = ["5 mm", "5 mm", "5 mm"]
shape = "tetrahedron"
cells = {cells}
grading = 2
[fluid]
name = "water-ethanol"
[fluid.overrides.viscosity]
kind = "arrhenius"
value = "2.54e-3 Pa s"
T_ref = "295.65 K"
activation = "-24 kJ/mol"
[gravity]
tilt = "1 deg"
[[condition]]
kind = "temperature"
sides = ["top"]
value = "300.65 K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "290.65 K"
[audit]
duration = "6 tau"
side_walls = {{ h = "5 W/m^2/K", T_outside = "22 degC" }}
plates = {{ thickness = "5 mm", conductivity = "400 W/m/K" }}
"""
CELLS_3D = [16, 16, 16]
QUICK_3D = [8, 8, 8]


def by_hand(
    cell: fs.Cell,
    degree: int,
    *,
    tilt: float = 0.0,
    room: bool = False,
    copper: bool = False,
    laws: bool = False,
) -> fs.Experiment:
    """Return the cell with the imperfections that are asked for."""
    fluid = fs.load_fluid("water-ethanol")
    if laws:
        fluid = fluid.with_(
            viscosity=Arrhenius(2.54e-3, 295.65, -24e3), diffusion=Arrhenius(4.32e-10, 295.65, 24e3)
        )
    mixture = fs.mixture_of(fluid, T0=295.65, c0=C0, up=fs.up_vector((0.0, 1.0), tilt))
    h = 400.0 / 5e-3
    plates = (
        (fs.Robin("top", h, HOT), fs.Robin("bottom", h, COLD))
        if copper
        else (fs.Temperature("top", HOT), fs.Temperature("bottom", COLD))
    )
    walls = (fs.Robin(("left", "right"), 5.0, 295.15),) if room else ()
    return fs.Experiment("by hand", cell, mixture, (*plates, *walls), degree=degree, fluid=fluid)


def bias(c_hot: float, c_cold: float) -> float:
    """Return S_T from the readings and the temperatures of the thermostats, over S_T, less 1."""
    logit = math.log(c_hot / (1.0 - c_hot)) - math.log(c_cold / (1.0 - c_cold))
    return -logit / (HOT - COLD) / S_T - 1.0


def steady(experiment: fs.Experiment) -> float:
    """Return the bias of a steady cell."""
    at = solve(experiment).soret.at
    return bias(C0 + at.gamma_hot, C0 + at.gamma_cold)


def in_time(experiment: fs.Experiment, duration: float) -> float:
    """Return the bias after a time, from a uniform composition on."""
    schedule = Schedule(end=duration, start="uniform", march=MarchOptions(tolerance=1e-4))
    problem = initial_problem(experiment, schedule, experiment.problem(DIFFUSION))
    with March(problem, schedule.march, schedule.protocol, None) as stepper:
        for _ in stepper.until(duration, ()):
            pass
    at = read(problem, experiment.pair.hot, experiment.pair.cold)
    return bias(C0 + at.gamma_hot, C0 + at.gamma_cold)


@dataclass(frozen=True)
class Cost:
    """What an audit cost.

    Args:
        cpu: CPU seconds of all ranks.
        wall: Wall seconds.
    """

    cpu: float
    wall: float

    def row(self, name: str, summary: Mapping[str, Any]) -> dict[str, Any]:
        """Return the cost as a row of a table."""
        return {
            "audit": name,
            "unknowns": summary["solver"]["dofs"],
            "CPU s": self.cpu,
            "wall s": self.wall,
            "memory, GB": summary["solver"]["peak_memory_mb"] / 1e3,
        }


def audited(case: Path, folder: Path, ranks: int = 1, *changes: str) -> tuple[dict[str, Any], Cost]:
    """Run an audit in processes of its own; return its summary and its cost."""
    command = [sys.executable, "-m", "femsoret", "audit", str(case), "-o", str(folder), *changes]
    if ranks > 1:
        command = ["mpirun", "-n", str(ranks), *command]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return summary, Cost(cpu, wall)


def compared(summary: Mapping[str, Any], quick: bool) -> list[dict[str, Any]]:
    """Return the rows of the comparison with direct simulations."""
    mesh = QUICK if quick else DIRECT
    cell = fs.rectangle(MPI.COMM_SELF, (10e-3, 5e-3), mesh["cells"], grading=3.0)
    coarse = fs.rectangle(MPI.COMM_SELF, (10e-3, 5e-3), IN_TIME, grading=3.0)
    everything = {"tilt": 1.0, "room": True, "copper": True, "laws": True}
    direct = {
        "tilt": lambda: steady(by_hand(cell, mesh["degree"], tilt=1.0)),
        "side_walls": lambda: steady(by_hand(cell, mesh["degree"], room=True)),
        "plates": lambda: steady(by_hand(cell, mesh["degree"], copper=True)),
        "properties": lambda: steady(by_hand(cell, mesh["degree"], laws=True)),
        "finite_time": lambda: in_time(by_hand(coarse, 2), 6.0 * TAU),
        "total": lambda: in_time(by_hand(coarse, 2, **everything), 6.0 * TAU),
    }
    entries = {**summary["budget"]["terms"], "total": summary["budget"]["total"]}
    rows = []
    for name, simulate in direct.items():
        if quick and name == "total":
            continue
        start, found = time.process_time(), simulate()
        entry = entries[name]
        rows.append(
            {
                "term": name,
                "audit (%)": 100.0 * entry["value"],
                "its error (%)": 100.0 * entry["error"],
                "direct (%)": 100.0 * found,
                "difference (%)": 100.0 * (entry["value"] - found),
                "CPU s, direct": time.process_time() - start,
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def terms(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a budget."""
    budget = summary["budget"]
    entries = {
        **budget["terms"],
        **{name: budget[name] for name in ("interaction", "total")},
    }
    return [
        {"term": name, "value (%)": 100.0 * e["value"], "its error (%)": 100.0 * e["error"]}
        for name, e in entries.items()
    ]


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers of the goals that come from the comparison."""
    by_name = {row["term"]: row for row in rows}
    steady_terms = [by_name[name] for name in ("tilt", "side_walls", "plates", "properties")]
    found = {
        "steady": max(
            abs(row["difference (%)"]) / (row["its error (%)"] + ROUND_OFF) for row in steady_terms
        ),
        "finite time": abs(by_name["finite_time"]["difference (%)"]) / 100.0,
    }
    if "total" in by_name:
        found["total"] = abs(by_name["total"]["difference (%)"]) / 100.0
    return found


def main() -> int:
    options = arguments(__doc__, ("2D", "3D"))
    rows: list[dict[str, Any]] = []
    costs: list[dict[str, Any]] = []
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if options.part != "3D":
            changes = ("--set", "cell.cells=[16,12]") if options.quick else ()
            summary, cost = audited(CASE, folder / "2d", 1, *changes)
            rows = compared(summary, options.quick)
            print(table(rows))
            interaction = summary["budget"]["interaction"]
            print(f"\ninteraction: {100.0 * interaction['value']:.4g} %")
            found = measured(rows) | {"2D": cost.cpu}
            costs.append(cost.row("2D", summary))
        if options.part == "3D" or not (options.part or options.quick):
            case = folder / "box.toml"
            cells = QUICK_3D if options.quick else CELLS_3D
            case.write_text(BOX.format(cells=cells), encoding="utf-8")
            box, cost = audited(case, folder / "3d", 2)
            found |= {"3D": cost.cpu, "3D wall": cost.wall}
            costs.append(cost.row("3D", box))
            budget = terms(box)
            print(table(budget))
            rows += budget
        print(f"\n{table(costs)}")
    return finish(options, [*rows, *costs], GOALS, found)


if __name__ == "__main__":
    sys.exit(main())
