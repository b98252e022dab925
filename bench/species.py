"""How far from a refined run is the composition of a stirred Soret cell, and does the run say so?

A side-heated and a slightly tilted square, Pr = 10, psi = 0 (so that nothing damps the flow), on a
uniform and on a graded mesh, without and with SUPG. The refined run has cubic elements on a finer
mesh. One line a run:

    extremes   over- or undershoot: how far the largest or least c is beyond that of the refined run
    deviation  largest |c - c_refined| anywhere; both in parts of the separation
    S_app      relative error of the apparent Soret coefficient
    missed     what the worst mesh cell misses of the range of c; "coarse" where the run warns

    tools/fenicsx python3 bench/species.py [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout

from mpi4py import MPI

import numpy as np

from femsoret.cells import rectangle
from femsoret.closures import mixture_of_groups
from femsoret.conditions import Temperature
from femsoret.experiment import Experiment
from femsoret.fluids.groups import Groups, property_values
from femsoret.forms import SUPG, UNSTABILISED, Stabilisation
from femsoret.orientation import up_vector
from femsoret.post.balances import balances
from femsoret.post.readings import values_at
from femsoret.post.resolution import resolution
from femsoret.studies.solution import Solution, solve

GOALS = {
    "deviation on the graded mesh": 0.01,
    "extremes on the graded mesh": 0.01,
    "mass defect of any run": 1e-12,
    # A run that is off by more than this must warn, one that is off by less than half of it not.
    "deviation that warns": 0.01,
}

CELLS = {"side-heated": (90.0, 1e3), "tilted by 1 degree": (1.0, 1e4)}
"""Name -> tilt in degrees and Rayleigh number."""

LEWIS = (1e2, 1e3, 1e4)
GRADED = 8.0


@dataclass(frozen=True)
class Mesh:
    """A mesh and a method.

    Args:
        cells: Mesh cells a side.
        grading: Cell size at the centre over that at the walls.
        stabilisation: Stabilisation.
        degree: Polynomial degree.
    """

    cells: int
    grading: float
    stabilisation: Stabilisation = UNSTABILISED
    degree: int = 2

    @property
    def title(self) -> str:
        """What it is."""
        kind = f"graded {self.grading:g}:1" if self.grading > 1.0 else "uniform"
        more = "" if self.stabilisation is UNSTABILISED else " + SUPG"
        return f"{self.cells} x {self.cells} {kind}{more}"


@dataclass(frozen=True)
class Row:
    """One run against the refined one."""

    cell: str
    Le: float
    mesh: str
    extremes: float
    deviation: float
    soret_error: float
    cell_peclet: float
    missed: float
    warns: bool
    mass_defect: float
    cpu_seconds: float


def experiment(name: str, Le: float, mesh: Mesh) -> Experiment:
    """Return a closed square in units of its side, alpha and dT."""
    tilt, Ra = CELLS[name]
    hot, cold, axis = (
        ("left", "right", (-1.0, 0.0)) if tilt == 90.0 else ("top", "bottom", (0.0, 1.0))
    )
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=Le, psi=0.0), c0=0.5, S_T_dT=1.0)
    return Experiment(
        title=f"{name}, Le = {Le:g}",
        cell=rectangle(MPI.COMM_WORLD, (1.0, 1.0), (mesh.cells,) * 2, grading=mesh.grading),
        mixture=mixture_of_groups(scaled, up=up_vector(axis, -tilt), T0=100.0),
        conditions=(Temperature((hot,), 100.5), Temperature((cold,), 99.5)),
        degree=mesh.degree,
        stabilisation=mesh.stabilisation,
    )


def sampled(solution: Solution) -> np.ndarray:
    """Return the composition at points that are dense near the walls."""
    line = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, 121)))
    x, y = np.meshgrid(line, line, indexing="ij")
    return values_at(
        solution.convection.function("gamma_0"), np.column_stack([x.ravel(), y.ravel()])
    )


def compare(name: str, Le: float, meshes: tuple[Mesh, ...], refined: Mesh) -> list[Row]:
    """Solve a cell on every mesh and return the rows."""
    best = solve(experiment(name, Le, refined))
    exact, separation = sampled(best), abs(best.soret.at.separation)
    rows = []
    for mesh in meshes:
        start = time.process_time()
        found = solve(experiment(name, Le, mesh))
        seconds = time.process_time() - start
        c, quality = sampled(found), resolution(found.convection)
        beyond = max(c.max() - exact.max(), exact.min() - c.min(), 0.0)
        rows.append(
            Row(
                cell=name,
                Le=Le,
                mesh=mesh.title,
                extremes=float(beyond / separation),
                deviation=float(np.abs(c - exact).max() / separation),
                soret_error=found.soret.apparent / best.soret.apparent - 1.0,
                cell_peclet=quality.solutal.value,
                missed=quality.coarsest.missed,
                warns=not quality.coarsest.resolved,
                mass_defect=balances(found.convection, None).mass,
                cpu_seconds=seconds,
            )
        )
    return rows


def missed_goals(rows: list[Row]) -> list[str]:
    """Return the goals that were missed, one line each."""
    missed, edge = [], GOALS["deviation that warns"]
    for row in rows:
        where = f"{row.cell}, Le = {row.Le:g}, {row.mesh}"
        if "graded" in row.mesh:
            for key in ("deviation", "extremes"):
                if getattr(row, key) > GOALS[f"{key} on the graded mesh"]:
                    missed.append(f"{where}: {key} {getattr(row, key):.2%}")
        if row.mass_defect > GOALS["mass defect of any run"]:
            missed.append(f"{where}: mass defect {row.mass_defect:.1e}")
        if row.deviation > edge and not row.warns:
            missed.append(f"{where}: off by {row.deviation:.2%} without a warning")
        if row.deviation < 0.5 * edge and row.warns:
            missed.append(f"{where}: warns, though off by {row.deviation:.2%} only")
    return missed


def main() -> int:
    """Run, print, and return 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="Le = 1e3 alone, coarser refined run")
    parser.add_argument("--json", type=Path, help="file for the rows")
    options = parser.parse_args()
    cells, lewis = (24, LEWIS[1:2]) if options.quick else (24, LEWIS)
    meshes = tuple(
        Mesh(cells, grading, stabilisation)
        for grading in (1.0, GRADED)
        for stabilisation in (UNSTABILISED, SUPG)
    )
    refined = Mesh(24 if options.quick else 40, 12.0, degree=3)
    speaks = MPI.COMM_WORLD.rank == 0
    if speaks:
        print(
            f"{'cell':18s} {'Le':>6s}  {'mesh':25s} {'extremes':>8s} {'deviation':>9s} "
            f"{'S_app':>9s} {'cell Pe':>8s} {'missed':>7s}         {'mass':>7s} {'CPU s':>6s}"
        )
    rows: list[Row] = []
    for name in CELLS:
        for Le in lewis:
            for row in compare(name, Le, meshes, refined):
                rows.append(row)
                if speaks:
                    print(
                        f"{row.cell:18s} {row.Le:6.0f}  {row.mesh:25s} {row.extremes:8.2%} "
                        f"{row.deviation:9.2%} {row.soret_error:+9.1e} {row.cell_peclet:8.1f} "
                        f"{row.missed:7.2%} {'coarse' if row.warns else '':6s} "
                        f"{row.mass_defect:8.0e} {row.cpu_seconds:6.1f}",
                        flush=True,
                    )
    if speaks and options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    missed = missed_goals(rows)
    for line in missed if speaks else ():
        print(f"goal missed: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
