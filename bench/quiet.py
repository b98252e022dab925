"""Does a level, stably stratified cell stay at rest, or do spurious modes of its mesh grow?

The cell is closed, at rest and heated from above, and its heavy component gathers at the bottom.
Every perturbation decays. The slowest possible decay is computed on the same mesh without flow. For
every mesh and kind of layer the table gives the largest growth rate over that slowest decay rate,
the worst of many fluids (Pr = 10). The next columns are for the form in which the velocity itself
carries heat and species, which gains energy from the stratification.

On small meshes all eigenvalues are computed, so that no mode can be missed: the dense matrix
(J + s M)^-1 M on the velocity, the temperature and the composition has them all. On fine meshes
`growth_rates` searches around shifts; the small meshes show how many growing modes these would
find.

    layers     linear; bent: S_T and kappa depend on T; sinh: c as sinh(4 z), as in a run in time
    worst      largest growth rate over the slowest rate of decay; -1 where the bound is attained
    resolved   whether a run would not warn that the mesh is too coarse for c
    grow       how many fluids of the row have a growing mode
    plain u    largest growth rate with the velocity as it is, alpha/L^2, and its frequency
    unsettled  shifts around which fewer than six eigenvalues converged (none are needed for all)

    tools/fenicsx python3 bench/quiet.py [--quick] [--part PART] [--json FILE]
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mpi4py import MPI

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from harness import Goal, Row, arguments, finish, table  # noqa: E402
from noflow import unit_cell  # noqa: E402

from femsoret.cells import Cell, Wall, annulus, box, cylinder, rectangle  # noqa: E402
from femsoret.cells.geometry import with_coordinates  # noqa: E402
from femsoret.fluids.groups import Groups, property_values  # noqa: E402
from femsoret.fluids.properties import IacopiniPiazza, Linear  # noqa: E402
from femsoret.physics.closures import BoussinesqMixture, mixture_of_groups  # noqa: E402
from femsoret.physics.forms import CONVECTION, DIFFUSION, Equations, velocity_potential  # noqa: E402
from femsoret.post.resolution import resolution  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Condition, FreeSlip, Robin, Temperature  # noqa: E402
from femsoret.problem.layout import ALGEBRAIC  # noqa: E402
from femsoret.solids import Solid, solid_of  # noqa: E402
from femsoret.solve import (  # noqa: E402
    Newton,
    NewtonOptions,
    SpectrumOptions,
    growth_rates,
    solve_steady,
)
from femsoret.solve.spectrum.shift_invert import RealShift  # noqa: E402
from femsoret.solve.spectrum.stability import default_shifts  # noqa: E402

PR, C0, T0 = 10.0, 0.5, 100.0

GOALS = (
    Goal("worst", "layers that are resolved: largest growth over the slowest decay", at_most=-0.5),
    Goal("coarse", "layers that are not: part of the fluids in which nothing grows", at_least=0.9),
    Goal("plain", "rows in which a mode grows with the velocity as it is, part", at_least=0.5),
    Goal("seen", "growing modes of these, leading: found around the shifts, part", at_least=1.0),
    Goal("weak wall", "weakly coupled wall: leading rate, off that of degree 4", at_most=0.01),
)

PLAIN = replace(
    CONVECTION,
    name="heat and species carried by the velocity as it is",
    fields=tuple(name for name in CONVECTION.fields if name != "chi"),
    terms=tuple(term for term in CONVECTION.terms if term is not velocity_potential),
)
"""What the default was: without chi the carrier of a state is u."""

FASTEST = 1e8
"""Distance from the shift, in alpha/L^2, beyond which eigenvalues are round-off: (J + s M)^-1 M has
zeros for velocities with a divergence and for fixed values. The largest buoyancy frequency here is
2.4e5, and nothing of these meshes grows faster."""


# -- meshes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mesh:
    """A cell on a mesh, one unit high.

    Args:
        name: What it is.
        make: Makes it.
        solids: Solid region -> what it is.
    """

    name: str
    make: Callable[[], Cell]
    solids: Mapping[str, Solid] = field(default_factory=dict)


def shaken(cell: Cell) -> Cell:
    """Return the cell with inner nodes moved by up to a fifth of the distance of their neighbours.

    Quadrilaterals and hexahedra are then not parallelograms, and integrals are not exact.
    """
    x = cell.mesh.geometry.x.copy()
    size = 0.2 / cell.num_cells ** (1.0 / cell.dim)
    low, high = x.min(axis=0), x.max(axis=0)
    random = np.random.default_rng(1)
    for i in range(cell.dim):
        inside = (x[:, i] > low[i] + 1e-9) & (x[:, i] < high[i] - 1e-9)
        x[inside, i] += size * (high[i] - low[i]) * random.uniform(-1.0, 1.0, inside.sum())
    return replace(cell, mesh=with_coordinates(cell.mesh, x[:, : cell.dim]), remake=None)


COMM = MPI.COMM_WORLD
STEEL = solid_of("steel", conductivity=50.0, density=2.0, heat_capacity=1.0)


def between_plates() -> Cell:
    """Return a cell between steel plates: beside solid side walls bent layers are not level."""
    walls = {side: Wall(0.25, 1) for side in ("bottom", "top")}
    return rectangle(COMM, (2.0, 1.0), (8, 5), grading=2.0, walls=walls)


SMALL = (
    Mesh("8 x 6 quadrilaterals", lambda: rectangle(COMM, (2.0, 1.0), (8, 6))),
    Mesh("8 x 6, graded 3:1", lambda: rectangle(COMM, (2.0, 1.0), (8, 6), grading=3.0)),
    Mesh("8 x 6, inner nodes moved", lambda: shaken(rectangle(COMM, (2.0, 1.0), (8, 6)))),
    Mesh("4 x 4, a square", lambda: rectangle(COMM, (1.0, 1.0), (4, 4))),
    Mesh("5 x 4 x 4 triangles", lambda: rectangle(COMM, (2.0, 1.0), (5, 4), shape="triangle")),
    Mesh("unstructured triangles", lambda: unit_cell(2, 0.2)),
    Mesh(
        "8 x 5 between solid plates",
        between_plates,
        {f"{s} wall": STEEL for s in ("bottom", "top")},
    ),
    Mesh("cylinder, axisymmetric, 6 x 6", lambda: annulus(COMM, (0.0, 1.0), 1.0, (6, 6))),
    Mesh(
        "annulus, 4 x 4 x 4 triangles",
        lambda: annulus(COMM, (0.3, 1.3), 1.0, (4, 4), grading=2.0, shape="triangle"),
    ),
    Mesh("2 x 3 x 2 hexahedra", lambda: box(COMM, (1.0, 1.0, 1.0), (2, 3, 2))),
    Mesh("2 x 2 x 2 hexahedra, moved", lambda: shaken(box(COMM, (1.0, 1.0, 1.0), (2, 2, 2)))),
    Mesh(
        "2 x 2 x 2 x 6 tetrahedra",
        lambda: box(COMM, (1.0, 1.0, 1.0), (2, 2, 2), shape="tetrahedron"),
    ),
)
"""Meshes on which all eigenvalues are computed, with every fluid."""

LARGER = (
    Mesh("3 x 3 x 3 hexahedra, graded 2:1", lambda: box(COMM, (1.0,) * 3, (3,) * 3, grading=2.0)),
    Mesh("cylinder of 4 x 2 hexahedra", lambda: cylinder(COMM, 0.5, 1.0, (4, 2))),
)
"""The same with few fluids: a minute a row."""

QUICK = ("8 x 6 quadrilaterals", "5 x 4 x 4 triangles", "cylinder, axisymmetric, 6 x 6")
"""Those of --quick."""

FINE = (
    Mesh("16 x 12, graded 3:1", lambda: rectangle(COMM, (2.0, 1.0), (16, 12), grading=3.0)),
    Mesh("12 x 8 x 4 triangles", lambda: rectangle(COMM, (2.0, 1.0), (12, 8), shape="triangle")),
    Mesh("unstructured triangles, h = 1/12", lambda: unit_cell(2, 1 / 12)),
)
"""Meshes on which modes are sought around shifts; the first one is that of a relaxation run that
overturned by itself, levelled."""


# -- fluids and layers ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Fluid:
    """Groups of a fluid in a cell.

    Args:
        Ra: Rayleigh number.
        Le: Lewis number.
        psi: Separation ratio.
    """

    Ra: float
    Le: float
    psi: float

    def __str__(self) -> str:
        return f"{self.Ra:.0e}, {self.Le:g}, {self.psi:g}"

    @property
    def buoyancy_frequency(self) -> float:
        """Buoyancy frequency in alpha/L^2; no flow that buoyancy drives is faster."""
        return math.sqrt(self.Ra * PR * (1.0 + self.psi))


FLUIDS = (
    Fluid(1e3, 1.0, 0.0),
    Fluid(1e3, 1e4, 5.0),
    Fluid(1e5, 100.0, 1.0),
    Fluid(1e5, 1e4, 0.0),
    Fluid(1e7, 1.0, 5.0),
    Fluid(1e7, 1e4, 0.2),
    Fluid(1e9, 100.0, 0.0),
    Fluid(1e9, 1e4, 5.0),
)
FEW = (Fluid(1e5, 100.0, 1.0), Fluid(1e9, 1e4, 5.0))
"""Those of --quick, and of larger meshes."""

LESS = (Fluid(1e5, 100.0, 1.0), Fluid(1e6, 1e3, 0.2))
"""Those of fine meshes, where a fluid takes half a minute."""

LAYERS = ("linear", "bent", "sinh")
CURVED = LAYERS[1:]

BEND = 0.9
"""kappa goes from 0.55 to 1.45 of its mean over the cell, S_T from 0.39 to 0.78."""

WALLS = (Temperature(("top",), T0 + 0.5), Temperature(("bottom",), T0 - 0.5))
OUTSIDE = (Temperature(("top outside",), T0 + 0.5), Temperature(("bottom outside",), T0 - 0.5))


def liquid(layers: str, dim: int) -> BoussinesqMixture:
    """Return a liquid whose numbers are those of Ra = Le = psi = 1."""
    constant = mixture_of_groups(
        property_values(Groups(Ra=1.0, Pr=PR, Le=1.0, psi=1.0), c0=C0, S_T_dT=1.0),
        up=(0.0, 1.0, 0.0)[:dim],
        T0=T0,
    )
    if layers != "bent":
        return constant
    (law,) = constant.species
    soret = IacopiniPiazza(1.0, T0 - 1.0, 1.0)
    conductivity = Linear(1.0, T0, BEND)
    return replace(constant, species=(replace(law, soret=soret),), conductivity=conductivity)


def at_rest(mesh: Mesh, layers: str, equations: Equations) -> Problem:
    """Return a cell at rest with its layers, which are the same for every fluid.

    Linear and bent layers are those of the cell without flow on its own mesh.

    Args:
        mesh: The cell.
        layers: Kind of the layers.
        equations: How heat and species are carried.
    """
    cell = mesh.make()
    walls = OUTSIDE if mesh.solids else WALLS
    problem = Problem(
        cell, liquid(layers, cell.dim), walls, equations=equations, gap=1.0, solids=mesh.solids
    )
    diffusion = problem.with_equations(DIFFUSION)
    solve_steady(diffusion)
    for name in diffusion.layout.names:
        problem.function(name).x.array[:] = diffusion.function(name).x.array
    if layers == "sinh":
        strength = C0 * (1.0 - C0)
        problem.function("gamma").interpolate(
            lambda x: -strength * (np.sinh(4.0 * x[1]) / math.sinh(4.0) - 0.5)
        )
    return problem


def set_fluid(problem: Problem, fluid: Fluid) -> None:
    """Give a problem of :func:`at_rest` the numbers of a fluid."""
    values, gravity = property_values(
        Groups(Ra=fluid.Ra, Pr=PR, Le=fluid.Le, psi=fluid.psi), c0=C0, S_T_dT=1.0
    )
    numbers = {
        "gravity.magnitude": gravity,
        "species.0.diffusion.value": values.D,
        "species.0.beta_c": values.beta_c,
    }
    for name, value in numbers.items():
        if name in problem.parameters:  # without flow nothing weighs
            problem.parameters[name].value = value


def slowest_decay(problem: Problem) -> float:
    """Return the slowest rate of decay of the same cell without flow, positive."""
    diffusion = problem.with_equations(DIFFUSION)
    return -growth_rates(diffusion, shifts=[0.0]).leading.growth_rate


# -- eigenvalues ---------------------------------------------------------------------------------


def all_eigenvalues(problem: Problem) -> npt.NDArray[np.complex128]:
    """Return every eigenvalue of a state of a small problem, on one rank, fastest growth first.

    M has columns for velocity, temperature and compositions alone, so that (J + s M)^-1 M, taken on
    these, is a matrix with the eigenvalues 1/(s - lambda), and zeros.

    Args:
        problem: A problem in a steady state.

    Returns:
        The eigenvalues in 1 over the problem's unit of time, all that are within ``FASTEST``.
    """
    shift = problem.scales.unknown["u"] / problem.orientation.gap  # alpha/L^2
    with Newton(problem, NewtonOptions(preset="direct")) as newton:
        system = newton.system
        x, unit, image = (system.vector() for _ in range(3))
        system.read(x)
        inverse = RealShift(newton, x, shift)
        rows = np.concatenate(
            [
                np.arange(system.offsets[i], system.offsets[i + 1])
                for i, name in enumerate(problem.layout.names)
                if name not in ALGEBRAIC
            ]
        )
        matrix = np.empty((len(rows), len(rows)))
        for column, row in enumerate(rows):
            unit.array_w[:] = 0.0
            unit.array_w[row] = 1.0
            inverse.mult(None, unit, image)
            matrix[:, column] = image.array_r[rows]
        inverse.close()
    inverted = np.linalg.eigvals(matrix)
    found = shift - 1.0 / inverted[np.abs(inverted) > 1.0 / (FASTEST * shift)]
    return np.asarray(found[np.argsort(-found.real)], dtype=np.complex128)


def ladder(fluid: Fluid, slowest: float) -> tuple[complex, ...]:
    """Return shifts a decade apart from the buoyancy frequency down to the slowest decay.

    A real shift s finds the modes that lie nearer to it than the sixth decaying one: where at most
    five modes grow, all growing ones within the circle around s through 0. Shifts beside the
    imaginary axis do the same for oscillations.

    Args:
        fluid: The fluid.
        slowest: The slowest decay, positive.
    """
    fast = fluid.buoyancy_frequency
    rungs = [fast / 10.0**k for k in range(1 + math.ceil(math.log10(max(1.0, fast / slowest))))]
    return tuple(way * rung for rung in rungs for way in (1.0, 0.1 + 1.0j))


Found = tuple[complex, int]
"""A leading eigenvalue, and the number of shifts around which not all that was asked for was found
in the restarts allowed."""


def leading_around(problem: Problem, shifts: Sequence[complex]) -> Found:
    """Return the eigenvalue of fastest growth of those found around shifts."""
    spectrum = growth_rates(problem, shifts=shifts, options=SpectrumOptions(number=6))
    unsettled = sum(not report.converged for report in spectrum.shifts)
    return spectrum.leading.eigenvalue, unsettled


# -- rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leading:
    """The leading eigenvalue of a cell with one fluid.

    Args:
        fluid: The fluid.
        eigenvalue: The eigenvalue, alpha/L^2.
        slowest: The slowest decay of the same cell without flow, positive.
        unsettled: Number of shifts around which fewer modes converged than were asked for.
    """

    fluid: Fluid
    eigenvalue: complex
    slowest: float
    unsettled: int

    @property
    def ratio(self) -> float:
        """Growth rate over the slowest decay."""
        return self.eigenvalue.real / self.slowest

    @property
    def grows(self) -> bool:
        """Whether the mode grows, by more than round-off of the slowest decay."""
        return self.ratio > 1e-6


Find = Callable[[Problem, Fluid, float], Found]
"""The leading eigenvalue of a problem, its fluid and its slowest decay."""


def by_all(problem: Problem, fluid: Fluid, slowest: float) -> Found:
    """Return the leading one of all eigenvalues."""
    return complex(all_eigenvalues(problem)[0]), 0


def by_shifts(problem: Problem, fluid: Fluid, slowest: float) -> Found:
    """Return the leading one of those found around the ladder of shifts."""
    return leading_around(problem, ladder(fluid, slowest))


def leading(problem: Problem, fluids: Sequence[Fluid], find: Find) -> list[Leading]:
    """Return the leading eigenvalue with each fluid."""
    found = []
    for fluid in fluids:
        set_fluid(problem, fluid)
        slowest = slowest_decay(problem)
        eigenvalue, unsettled = find(problem, fluid, slowest)
        found.append(Leading(fluid, eigenvalue, slowest, unsettled))
    return found


def row(how: str, mesh: Mesh, layers: str, fluids: Sequence[Fluid], find: Find) -> Row:
    """Return a mesh and kind of layers as a row, both forms side by side."""
    start = time.process_time()
    problem = at_rest(mesh, layers, CONVECTION)
    coarsest = resolution(problem).coarsest
    projected = leading(problem, fluids, find)
    plain = leading(at_rest(mesh, layers, PLAIN), fluids, find)
    worst = max(projected, key=lambda one: one.ratio)
    fastest = max(plain, key=lambda one: one.eigenvalue.real)
    return {
        "how": how,
        "mesh": mesh.name,
        "layers": layers,
        "unknowns": problem.num_dofs,
        "resolved": coarsest is None or coarsest.resolved,
        "fluids": len(fluids),
        "grow": sum(one.grows for one in projected),
        "worst": worst.ratio,
        "at Ra, Le, psi": str(worst.fluid),
        "unsettled": sum(one.unsettled for one in projected),
        "plain u: growth": fastest.eigenvalue.real,
        "frequency": abs(fastest.eigenvalue.imag),
        "at": str(fastest.fluid),
        "plain u: grow": sum(one.grows for one in plain),
        "CPU s": time.process_time() - start,
    }


def seen(mesh: Mesh, fluids: Sequence[Fluid]) -> dict[str, float]:
    """Return the share of the unstable states in which the ladder of shifts finds a growing mode.

    The states are those of linear layers carried by the velocity itself, whose eigenvalues are all
    known.
    """
    problem = at_rest(mesh, "linear", PLAIN)
    growing = [one for one in leading(problem, fluids, by_all) if one.grows]
    around = leading(problem, [one.fluid for one in growing], by_shifts)
    return {"seen": sum(one.grows for one in around) / len(growing)} if growing else {}


# -- a weakly coupled wall -----------------------------------------------------------------------

WAVENUMBER, BIOT, IMPOSED = 2.55, 1e-4, 1.2e7
"""A layer heated from below whose upper plate hardly loses heat. 1e-4 of the imposed difference
falls across the liquid: its Rayleigh number is 1200, its critical one 1296 at this wavenumber.
theta counts from the mean of what is imposed, half the difference from the liquid's own."""


def weak_wall(cells: tuple[int, int], degree: int, equations: Equations) -> Problem:
    """Return half a wavelength of the layer at rest."""
    cell = rectangle(COMM, (math.pi / WAVENUMBER, 1.0), cells)
    scaled = property_values(Groups(Ra=IMPOSED, Pr=PR, Le=1.0), c0=C0, S_T_dT=0.0)
    conditions: tuple[Condition, ...] = (
        Temperature(("bottom",), 0.5),
        Robin(("top",), h=BIOT, T_outside=-0.5),
        FreeSlip(("left", "right")),
    )
    mixture = mixture_of_groups(scaled, up=(0.0, 1.0), pure=True)
    problem = Problem(cell, mixture, conditions, equations=equations, degree=degree, gap=1.0)
    diffusion = problem.with_equations(DIFFUSION)
    solve_steady(diffusion)
    problem.function("theta").x.array[:] = diffusion.function("theta").x.array
    return problem


def weak_wall_rows() -> Iterator[Row]:
    """Yield the leading eigenvalue of the layer on meshes, the best one last."""
    for cells, degree, equations in (
        ((4, 6), 2, PLAIN),
        ((8, 12), 2, PLAIN),
        ((4, 6), 2, CONVECTION),
        ((8, 12), 2, CONVECTION),
        ((4, 6), 4, CONVECTION),
    ):
        problem = weak_wall(cells, degree, equations)
        found, _ = leading_around(problem, default_shifts(problem))
        yield {
            "carried by": "u" if equations is PLAIN else "u - grad chi",
            "cells": f"{cells[0]} x {cells[1]}",
            "degree": degree,
            "growth rate": found.real,
            "frequency": found.imag,
        }


def measured(rows: Sequence[Row]) -> dict[str, float]:
    """Return the numbers of the goals that the rows of the table have."""
    numbers = {}
    resolved = [one for one in rows if one["resolved"]]
    coarse = [one for one in rows if not one["resolved"]]
    if resolved:
        numbers["worst"] = max(one["worst"] for one in resolved)
    if coarse:
        fluids = sum(one["fluids"] for one in coarse)
        numbers["coarse"] = 1.0 - sum(one["grow"] for one in coarse) / fluids
    if rows:
        numbers["plain"] = sum(one["plain u: grow"] > 0 for one in rows) / len(rows)
    return numbers


# -- the whole -----------------------------------------------------------------------------------

ALL, SHIFTS, WEAK = "all", "shifts", "weak wall"


def main() -> int:
    options = arguments(__doc__, (ALL, SHIFTS, WEAK))
    parts = (options.part,) if options.part else (ALL, SHIFTS, WEAK)
    rows: list[Row] = []
    numbers: dict[str, float] = {}
    fluids = FEW if options.quick else FLUIDS
    if ALL in parts:
        meshes = [m for m in SMALL if not options.quick or m.name in QUICK]
        rows += [row(ALL, mesh, layers, fluids, by_all) for mesh in meshes for layers in LAYERS]
        if not options.quick:
            rows += [row(ALL, mesh, layers, FEW, by_all) for mesh in LARGER for layers in CURVED]
        numbers |= seen(SMALL[0], fluids)
    if SHIFTS in parts and not options.quick:
        rows += [row(SHIFTS, mesh, layers, LESS, by_shifts) for mesh in FINE for layers in CURVED]
    print(table(rows))
    numbers |= measured(rows)
    if WEAK in parts:
        layer = list(weak_wall_rows())
        print("\n" + table(layer))
        coarse, fine = (one["growth rate"] for one in layer[-2:])
        numbers["weak wall"] = abs(coarse / fine - 1.0)
        rows += layer
    return finish(options, rows, GOALS, numbers)


if __name__ == "__main__":
    sys.exit(main())
