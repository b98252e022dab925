"""How far is the estimate of the numerical error from the truth, where the solution is not smooth?

The cells have coarse meshes, in the plane and in 3D: they are heated from the side, or from above
and tilted, or by a heater over half a wall; they have a corner of glass, copper and liquid; or they
are cylinders. The errors of each run are estimated as in every run
(femsoret.studies.measure.numerical_error) and compared with the true ones, from a fine mesh. A
*slab* is a plane cell between two planes of symmetry: its mesh is 3D, but its solution is that of
the plane cell, which a fine plane mesh gives. In the same way an axisymmetric cell gives that of an
upright cylinder. Boxes and leaning cylinders are solved in 3D throughout.

A number counts where its error is more than round-off: 1e-7 of its size, for a bias 1e-6, for a
Nusselt number 1e-7 of what the flow changes in it. The output has one line for each run, then how
often and by how much the estimate was too small. Results are stored line by line, so that a second
start continues with the runs that are missing.

    tools/fenicsx python3 bench/error_estimate.py [--quick] [--part plane] [--json FILE]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a checkout

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh
from harness import Goal, arguments, finish, table

from femsoret.cells import Cell, Wall, annulus, box, cylinder, rectangle
from femsoret.experiment import Experiment, Pair
from femsoret.fluids import Groups, property_values
from femsoret.physics.closures import BoussinesqMixture, mixture_of_groups
from femsoret.post.readings import WallMean
from femsoret.problem.conditions import FreeSlip, Robin, Temperature
from femsoret.problem.orientation import up_vector
from femsoret.solids import solid_of
from femsoret.studies.measure.numerical_error import (
    SecondSolve,
    between_nodes,
    estimated,
    quantities,
    second_solves,
    solved_again,
)
from femsoret.studies.measure.solution import solve

KEPT = Path("results/bench/error_estimate.jsonl")

GOALS = (
    Goal("below", "part of the runs with an estimate below the truth", at_most=0.05),
    Goal("worst", "largest true error over its estimate", at_most=2.0),
    Goal("runs", "runs", at_least=60),
)

COMM = MPI.COMM_WORLD
DEPTH = 0.5
"""Depth of a slab."""

GLASS, COPPER = 2.0, 700.0
"""Conductivity of walls, in units of the liquid's."""


@dataclass(frozen=True)
class Physics:
    """What is solved.

    Args:
        mixture: Up (2 or 3 components) -> mixture.
        conditions: Conditions at sides that plane cells and boxes share.
        tilt: Angle of up from the axis, degrees.
        axis: Axis of the cell, from the cold to the hot side, in the plane.
        walls: Side -> solid wall: thickness, conductivity.
        heater: Whether the lower half of the left side is one of its own, "heater".
    """

    mixture: Callable[[tuple[float, ...]], BoussinesqMixture]
    conditions: tuple[Any, ...]
    tilt: float = 0.0
    axis: tuple[float, float] = (0.0, 1.0)
    walls: Mapping[str, tuple[float, float]] | None = None
    heater: bool = False


def pure(Ra: float, Pr: float = 0.71) -> Callable[[tuple[float, ...]], BoussinesqMixture]:
    """Return mixtures of a pure fluid."""
    scaled = property_values(Groups(Ra=Ra, Pr=Pr, Le=1.0), c0=0.5, S_T_dT=0.0)
    return lambda up: mixture_of_groups(scaled, up=up, pure=True)


def liquid(Ra: float, Le: float, psi: float) -> Callable[[tuple[float, ...]], BoussinesqMixture]:
    """Return mixtures with Soret effect, S_T dT = 0.1."""
    scaled = property_values(Groups(Ra=Ra, Pr=10.0, Le=Le, psi=psi), c0=0.5, S_T_dT=0.1)
    return lambda up: mixture_of_groups(scaled, up=up)


def held(hot: str, cold: str) -> tuple[Any, ...]:
    """Return the conditions T = 1/2 and -1/2."""
    return Temperature(hot, 0.5), Temperature(cold, -0.5)


PLANE: Mapping[str, Physics] = {
    "gas, side": Physics(pure(1e4), held("left", "right"), 90.0, (-1.0, 0.0)),
    "gas, side, fast": Physics(pure(1e5), held("left", "right"), 90.0, (-1.0, 0.0)),
    "liquid, side": Physics(liquid(10.0, 100.0, 0.2), held("left", "right"), 90.0, (-1.0, 0.0)),
    "liquid, tilted": Physics(liquid(2e4, 100.0, 0.2), held("top", "bottom"), 2.0),
    "liquid, heater": Physics(
        liquid(20.0, 100.0, 0.2), held("heater", "right"), 90.0, (-1.0, 0.0), heater=True
    ),
    "gas, heater": Physics(pure(1e4), held("heater", "right"), 90.0, (-1.0, 0.0), heater=True),
    "liquid, glass and copper": Physics(
        liquid(2e3, 100.0, 0.2),
        (*held("top", "bottom"), Robin("left", h=5.0, T_outside=0.1)),
        1.0,
        walls={"left": (0.2, GLASS), "bottom": (0.25, COPPER), "top": (0.25, COPPER)},
    ),
    "gas, glass and copper": Physics(
        pure(3e4),
        held("left", "right"),
        90.0,
        (-1.0, 0.0),
        walls={"left": (0.25, COPPER), "bottom": (0.2, GLASS), "right": (0.25, COPPER)},
    ),
}
"""Cells whose solution is plane."""


def _parted(cell: Cell) -> Cell:
    """Return a cell whose left side is two: "heater" below half the height, and the rest.

    As from a mesh file, it cannot be made again.
    """
    tag, heater = cell.sides["left"], max(cell.sides.values()) + 1
    fdim = cell.dim - 1
    cell.mesh.topology.create_connectivity(fdim, cell.dim)
    middles = dmesh.compute_midpoints(cell.mesh, fdim, cell.facets.indices)
    values = cell.facets.values.copy()
    values[(values == tag) & (middles[:, 1] < 0.5)] = heater
    return replace(
        cell,
        facets=dmesh.meshtags(cell.mesh, fdim, cell.facets.indices, values),
        sides={**cell.sides, "heater": heater},
        remake=None,
    )


def _walls(physics: Physics, cells: int) -> dict[str, Wall]:
    return {side: Wall(d, cells) for side, (d, _) in (physics.walls or {}).items()}


def on(name: str, physics: Physics, cell: Cell, *, symmetric: bool = False) -> Experiment:
    """Return the physics on a cell.

    Args:
        name: Its name.
        physics: What is solved.
        cell: A plane cell or a box.
        symmetric: Whether back and front of a box are planes of symmetry.
    """
    up = (*up_vector(physics.axis, -physics.tilt), *([0.0] if cell.dim == 3 else []))
    if cell.dim == 3 and not symmetric:
        lean = np.array([up[0], up[1], 0.1])  # nothing is plane then
        up = tuple(map(float, lean / np.linalg.norm(lean)))
    conditions = physics.conditions
    if symmetric:
        conditions = (*conditions, FreeSlip(("back", "front")))
    return Experiment(
        name,
        _parted(cell) if physics.heater else cell,
        physics.mixture(up),
        conditions,
        gap=1.0,
        absolute_temperature=False,
        solids={
            f"{side} wall": solid_of("wall", conductivity=kappa, density=1.0, heat_capacity=1.0)
            for side, (_, kappa) in (physics.walls or {}).items()
        },
    )


def plane(physics: Physics, n: int, shape: str, grading: float = 2.0) -> Cell:
    """Return a square of n x n mesh cells."""
    walls = _walls(physics, max(1, n // 4))
    return rectangle(COMM, (1.0, 1.0), (n, n), grading=grading, shape=shape, walls=walls)


def slab(physics: Physics, n: int, shape: str, depth: float = DEPTH) -> Cell:
    """Return a box of n x n mesh cells and half as many over its depth."""
    walls = _walls(physics, max(1, n // 4))
    return box(
        COMM,
        (1.0, 1.0, depth),
        (n, n, max(1, round(n * depth))),
        grading=(2.0, 2.0, 2.0 if depth == 1.0 else 1.0),
        shape=shape,
        walls=walls,
    )


# -- cylinders -------------------------------------------------------------------------------------

ROUND = ("liquid, cooled rim", "liquid, glass tube")


def revolved(name: str, n: int, shape: str) -> Experiment:
    """Return an upright cylinder; axisymmetric for the shape "flat".

    Args:
        name: One of :data:`ROUND`.
        n: Mesh cells across its height, and its diameter in 3D.
        shape: "flat", "hexahedron" or "tetrahedron".
    """
    flat = shape == "flat"
    side = "outer" if flat else "side"
    glass = name == ROUND[1]
    few = max(1, n // 4)
    walls = {side: Wall(0.25, few), "bottom": Wall(0.25, few), "top": Wall(0.25, few)}
    walls = walls if glass else {}
    cell = (
        annulus(COMM, (0.0, 1.0), 1.0, (n, n), grading=2.0, walls=walls)
        if flat
        else cylinder(COMM, 1.0, 1.0, (n, n), grading=2.0, shape=shape, walls=walls)
    )
    kappa = {f"{side} wall": GLASS, "bottom wall": COPPER, "top wall": COPPER} if glass else {}
    return Experiment(
        name,
        cell,
        liquid(200.0, 20.0, 0.2)((0.0, 1.0) if flat else (0.0, 1.0, 0.0)),
        (*held("top", "bottom"), Robin(side, h=2.0, T_outside=-0.5)),
        readings=Pair("axial", hot=WallMean("top"), cold=WallMean("bottom")),
        gap=1.0,
        absolute_temperature=False,
        solids={
            region: solid_of("wall", conductivity=k, density=1.0, heat_capacity=1.0)
            for region, k in kappa.items()
        },
    )


def leaning(n: int, shape: str) -> Experiment:
    """Return a cylinder that leans by two degrees."""
    cell = cylinder(COMM, 1.0, 1.0, (n, n), grading=2.0, shape=shape)
    a = np.radians(2.0)
    return Experiment(
        "liquid, leaning cylinder",
        cell,
        liquid(2e3, 100.0, 0.2)((float(np.sin(a)), float(np.cos(a)), 0.0)),
        held("top", "bottom"),
        gap=1.0,
        absolute_temperature=False,
    )


# -- runs ------------------------------------------------------------------------------------------

MESHES = {
    "plane": (
        (6, "quadrilateral"),
        (8, "quadrilateral"),
        (12, "quadrilateral"),
        (4, "triangle"),
        (6, "triangle"),
    ),
    "slab": ((4, "hexahedron"), (4, "tetrahedron"), (6, "hexahedron")),
    "box": ((4, "hexahedron"), (4, "tetrahedron")),
    "round": ((4, "hexahedron"), (6, "hexahedron"), (4, "tetrahedron")),
    "leaning": ((4, "hexahedron"), (4, "tetrahedron")),
}
IN_BOXES = ("gas, side", "liquid, tilted", "liquid, glass and copper")


@dataclass(frozen=True)
class Run:
    """A run and its truth.

    Args:
        part: Kind of mesh, of :data:`MESHES`.
        name: What is solved.
        mesh: On which mesh, in words.
        make: Makes the experiment.
        truth: Name of the reference run.
        solve_truth: Makes the experiment of the reference run, and its degree.
    """

    part: str
    name: str
    mesh: str
    make: Callable[[], Experiment]
    truth: str
    solve_truth: Callable[[], tuple[Experiment, int]]

    @property
    def key(self) -> str:
        """Key of the run in the store."""
        return f"{self.part}: {self.name}, {self.mesh}"


def runs(parts: tuple[str, ...]) -> Iterator[Run]:
    """Yield the runs of some parts."""
    for part in parts:
        for n, shape in MESHES[part]:
            mesh = f"{n} {shape}"
            if part == "leaning":
                yield Run(
                    part,
                    "liquid",
                    mesh,
                    lambda n=n, shape=shape: leaning(n, shape),
                    part,
                    lambda: (leaning(6, "hexahedron"), 3),
                )
                continue
            for name in {"round": ROUND, "box": IN_BOXES}.get(part, tuple(PLANE)):
                yield _run(part, name, n, shape)


def _run(part: str, name: str, n: int, shape: str) -> Run:
    mesh = f"{n} {shape}"
    if part == "round":
        return Run(
            part,
            name,
            mesh,
            lambda: revolved(name, n, shape),
            f"flat: {name}",
            lambda: (revolved(name, 20, "flat"), 4),
        )
    physics = PLANE[name]
    if part == "box":
        return Run(
            part,
            name,
            mesh,
            lambda: on(name, physics, slab(physics, n, shape, 1.0)),
            f"box: {name}",
            lambda: (on(name, physics, slab(physics, 6, "hexahedron", 1.0)), 3),
        )
    make = plane if part == "plane" else slab
    return Run(
        part,
        name,
        mesh,
        lambda: on(name, physics, make(physics, n, shape), symmetric=part == "slab"),
        f"plane: {name}",
        lambda: (on(name, physics, plane(physics, 28, "quadrilateral", 3.0)), 4),
    )


class Store:
    """Results, stored as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.found = {line["key"]: line for line in map(json.loads, lines)}

    def get(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the result under a key; compute and store it where there is none."""
        if key not in self.found:
            start = time.process_time()
            self.found[key] = {"key": key, **make(), "cpu": time.process_time() - start}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self.found[key]) + "\n")
        return self.found[key]


def measured(experiment: Experiment) -> dict[str, Any]:
    """Return the numbers of a run, and the same from its second solves."""
    solution = solve(experiment)
    numbers = quantities(solution)
    return {
        "numbers": numbers,
        "between nodes": between_nodes(numbers, solution.convection),
        "seconds": [
            {"degree": second.degree, "numbers": quantities(solved_again(solution, second))}
            for second in second_solves(experiment)
        ],
        "cells": experiment.cell.num_cells,
        "unknowns": solution.reports[-1].dofs,
    }


def known(experiment: Experiment, degree: int) -> dict[str, Any]:
    """Return the true numbers."""
    return {"numbers": quantities(solve(experiment, degree=degree))}


def ratios(
    run: Mapping[str, Any], truth: Mapping[str, float], rule: Sequence[SecondSolve]
) -> dict[str, float]:
    """Return the estimated over the true error of each number whose error is not round-off."""
    numbers, short = run["numbers"], run["between nodes"]
    others = list(zip(rule, [each["numbers"] for each in run["seconds"]], strict=True))
    errors = estimated(numbers, others)
    true = {name.replace("outer", "side"): value for name, value in truth.items()}
    found = {}
    for name, value in numbers.items():
        if name not in true or name.startswith("peclet"):
            continue
        reported = value - short.get(name, 0.0)
        error = abs(reported - true[name])
        if error > _round_off(name, true[name]):
            found[name] = (errors[name] + short.get(name, 0.0)) / error
    return found


def _round_off(name: str, true: float) -> float:
    """Return the error below which a number is right for any purpose."""
    if name == "soret.reading_effect" or name == "soret.bias":
        return 1e-6
    if name.startswith("nusselt"):
        return max(1e-7, 1e-6 * abs(true - 1.0))
    return 1e-7 * abs(true)


def main() -> int:
    """Run the benchmark."""
    options = arguments(__doc__, tuple(MESHES))
    parts = (options.part,) if options.part else tuple(MESHES)
    if options.quick:
        parts = ("plane",)
    store, rows = Store(KEPT), []
    for run in runs(parts):
        truth = store.get(run.truth, lambda: known(*run.solve_truth()))  # noqa: B023
        found = store.get(run.key, lambda: measured(run.make()))  # noqa: B023
        of = ratios(found, truth["numbers"], second_solves(run.make()))  # by the present rule
        least = min(of, key=lambda name: of[name], default="")
        rows.append(
            {
                "run": run.key,
                "unknowns": found["unknowns"],
                "S_T or Nu": _least(of, lambda name: not name.startswith("max")),
                "largest speed": of.get("max_speed"),
                "least for": least,
                "median": float(np.median(list(of.values()))) if of else None,
                "CPU s": found["cpu"],
            }
        )
        print(rows[-1], flush=True)
    print(table(rows))
    print("\n" + table([_statistics(part, rows) for part in (*parts, "all")]))
    least = [_least_of(row) for row in rows]
    measured_numbers = {
        "below": float(np.mean([value < 1.0 for value in least])),
        "worst": 1.0 / min(least),
        "runs": len(rows),
    }
    return finish(options, rows, GOALS, measured_numbers)


def _least_of(row: Mapping[str, Any]) -> float:
    """Return the least estimate over the truth of a run."""
    known = (row["S_T or Nu"], row["largest speed"])
    return min(value for value in known if value is not None)


def _statistics(part: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how often, and by how much, the estimate was too small."""
    mine = [row for row in rows if part == "all" or row["run"].startswith(f"{part}: ")]
    least = [_least_of(row) for row in mine]
    return {
        "meshes": part,
        "runs": len(mine),
        "below the truth": sum(value < 1.0 for value in least),
        "least": min(least),
        "median of all numbers": float(np.median([row["median"] for row in mine])),
        "largest median of a run": max(row["median"] for row in mine),
    }


def _least(of: Mapping[str, float], wanted: Callable[[str], bool]) -> float | None:
    return min((value for name, value in of.items() if wanted(name)), default=None)


if __name__ == "__main__":
    raise SystemExit(main())
