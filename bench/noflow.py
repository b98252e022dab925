"""The spurious flow in closed cells heated from above, on meshes not aligned with gravity.

First Stokes flow with given layers of temperature and composition is solved, then the coupled
problem, each with plain Taylor-Hood elements, the well-balanced default and Scott-Vogelius
elements. Numbers are in units of L and alpha; Le = 100, so the spurious solutal Peclet number is a
hundred times max |u|.

Stokes flow is driven twice: by the layers in P5, which are nearly exact, and by their interpolants
in the space in which a run computes them (Pk), which are no longer level. No discretisation is free
of the second flow, which makes up what remains of max |u| in the default. The order of the default
itself shows in the first, or in a norm that does not pick the worst node of each mesh.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mpi4py import MPI

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

import ufl  # noqa: E402
from dolfinx import fem  # noqa: E402
from harness import Goal, arguments, finish, table  # noqa: E402

from femsoret.base.errors import NotConverged  # noqa: E402
from femsoret.cells import Cell, alfeld_split  # noqa: E402
from femsoret.cells.distribute import on_root, to_cell  # noqa: E402
from femsoret.cells.elements import raw_mesh  # noqa: E402
from femsoret.cells.gmsh_model import model_elements, session  # noqa: E402
from femsoret.experiment import Experiment  # noqa: E402
from femsoret.fluids.groups import Groups, property_values  # noqa: E402
from femsoret.fluids.properties import IacopiniPiazza, Linear  # noqa: E402
from femsoret.physics.closures import BoussinesqMixture, mixture_of_groups  # noqa: E402
from femsoret.post.flow import speed  # noqa: E402
from femsoret.post.wall_flows import integral  # noqa: E402
from femsoret.problem import Problem  # noqa: E402
from femsoret.problem.conditions import Temperature  # noqa: E402
from femsoret.problem.discretisation import (  # noqa: E402
    SCOTT_VOGELIUS,
    TAYLOR_HOOD,
    WELL_BALANCED,
    Discretisation,
)
from femsoret.solve import Newton, NewtonOptions  # noqa: E402
from femsoret.studies.measure.solution import solve  # noqa: E402

LE, PR, PSI, C0, T0 = 100.0, 10.0, 0.2, 0.5, 100.0
RAYLEIGH = (1e5, 1e7, 1e9)
EXACT_DEGREE = 5
EXACTLY, COMPUTED = f"P{EXACT_DEGREE}", "Pk"
ALL = (TAYLOR_HOOD, WELL_BALANCED, SCOTT_VOGELIUS)

GOALS = (
    Goal("linear", "linear layers, Stokes: max |u|/(Ra alpha/L)", at_most=1e-15),
    Goal("coupled linear", "linear layers, coupled: max |u|/(Ra alpha/L)", at_most=1e-15),
    Goal("ratio", "curved layers, h <= 1/20: max |u|, Taylor-Hood over default", at_least=100.0),
    Goal("order", "curved layers in P5: order of max |u|, default less Taylor-Hood", at_least=1.0),
    Goal("order Pk", "curved layers in Pk: order of the L2 norm of u, likewise", at_least=1.0),
    Goal("bias", "Ra = 1e7, h = 1/40: |S_app(g)/S_app(0) - 1|, largest", at_most=1e-6),
)


# -- cells ---------------------------------------------------------------------------------------


def unit_cell(dim: int, h: float) -> Cell:
    """Return the unit square or cube in unstructured triangles or tetrahedra of size h."""
    comm = MPI.COMM_WORLD

    def work() -> Any:
        with session() as gmsh:
            occ = gmsh.model.occ
            body = occ.addRectangle(0, 0, 0, 1, 1) if dim == 2 else occ.addBox(0, 0, 0, 1, 1, 1)
            occ.synchronize()
            gmsh.model.addPhysicalGroup(dim, [body], name="fluid")
            groups: dict[str, list[int]] = {}
            for _, tag in gmsh.model.getEntities(dim - 1):
                y = occ.getCenterOfMass(dim - 1, tag)[1]
                name = "bottom" if y < 0.1 else "top" if y > 0.9 else "sides"
                groups.setdefault(name, []).append(tag)
            for name, tags in groups.items():
                gmsh.model.addPhysicalGroup(dim - 1, tags, name=name)
            gmsh.option.setNumber("Mesh.MeshSizeMin", h)
            gmsh.option.setNumber("Mesh.MeshSizeMax", h)
            gmsh.model.mesh.generate(dim)
            return raw_mesh(*model_elements(gmsh), dim=dim)

    return to_cell(comm, on_root(comm, "gmsh", work), title=f"unit cell in {dim}D, h = {h:g}")


# -- layers and liquids --------------------------------------------------------------------------


@dataclass(frozen=True)
class Layers:
    """Temperature and composition of a cell at rest, as functions of the height z in [0, 1].

    Args:
        name: What bends them.
        theta: T - T0.
        gamma: c - c0.
    """

    name: str
    theta: Callable[[Any], Any]
    gamma: Callable[[Any], Any]


F0 = C0 * (1.0 - C0)
SORET = IacopiniPiazza(1.0, T0 - 1.0, 1.0)  # 0.39 to 0.78 over the cell
BEND = 0.9  # kappa from 0.55 to 1.45 over the cell

LAYERS = (
    Layers("linear", lambda z: z - 0.5, lambda z: F0 * (0.5 - z)),
    # dc/dT = -S_T(T) f0, whose integral is z + exp(-(z + 1/2)).
    Layers("S_T(T)", lambda z: z - 0.5, lambda z: -F0 * (z + np.exp(-(z + 0.5)))),
    # (1 + BEND theta) dtheta/dz = 1.
    Layers(
        "kappa(T)",
        lambda z: (np.sqrt((1.0 - 0.5 * BEND) ** 2 + 2.0 * BEND * z) - 1.0) / BEND,
        lambda z: 0.0 * z,
    ),
    Layers("tanh", lambda z: 0.5 * np.tanh(10.0 * (z - 0.5)), lambda z: 0.0 * z),
)


def liquid(Ra: float, dim: int) -> BoussinesqMixture:
    """Return the liquid with constant properties, gravity along -y."""
    scaled = property_values(Groups(Ra=Ra, Pr=PR, Le=LE, psi=PSI), c0=C0, S_T_dT=1.0)
    return mixture_of_groups(scaled, up=(0.0, 1.0, 0.0)[:dim], T0=T0)


def liquids(Ra: float, dim: int) -> dict[str, BoussinesqMixture]:
    """Return the liquids of the coupled problem by what bends their layers."""
    constant = liquid(Ra, dim)
    (law,) = constant.species
    return {
        "linear": constant,
        "S_T(T)": replace(constant, species=(replace(law, soret=SORET),)),
        "kappa(T)": replace(constant, conductivity=Linear(1.0, T0, BEND)),
    }


WALLS = (Temperature("top", T0 + 0.5), Temperature("bottom", T0 - 0.5))


def degree_of(discretisation: Discretisation, dim: int) -> int:
    return discretisation.smallest_degree[dim - 2]


# -- Stokes flow ---------------------------------------------------------------------------------


def stokes(
    cell: Cell, h: float, discretisation: Discretisation, *, exact: bool
) -> Iterator[dict[str, Any]]:
    """Yield a row for each set of layers and each Ra: one factorisation serves them all."""
    if discretisation.alfeld:
        cell = alfeld_split(cell)
    degree = degree_of(discretisation, cell.dim)
    V = fem.functionspace(cell.mesh, ("Lagrange", EXACT_DEGREE if exact else degree))
    theta, gamma = fem.Function(V), fem.Function(V)
    problem = Problem(
        cell,
        liquid(1.0, cell.dim),
        WALLS,
        discretisation=discretisation,
        equations=discretisation.stokes,
        degree=degree,
        given={"theta": theta, "gamma": gamma},
    )
    gravity = problem.parameters["gravity.magnitude"]
    unit = float(gravity.value)
    with Newton(problem, NewtonOptions(petsc={"snes_lag_jacobian": -2})) as newton:
        for layers in LAYERS:
            theta.interpolate(lambda x, f=layers.theta: f(x[1]))
            gamma.interpolate(lambda x, f=layers.gamma: f(x[1]))
            for Ra in RAYLEIGH:
                gravity.value = Ra * unit
                for function in problem.functions:
                    function.x.array[:] = 0.0
                newton.solve()
                yield {
                    "problem": "Stokes",
                    "dim": cell.dim,
                    "layers": layers.name,
                    "in": EXACTLY if exact else COMPUTED,
                    "h": f"1/{round(1 / h)}",
                    "Ra": Ra,
                    "discretisation": discretisation.name,
                    "unknowns": problem.num_dofs,
                    **flow(problem, Ra),
                    "bias": None,
                }


def flow(problem: Problem, Ra: float) -> dict[str, float]:
    found, u = speed(problem), problem.function("u")
    return {
        "max |u|": found.maximum,
        "max |u|/Ra": found.maximum / Ra,
        "Pe": found.maximum * LE,
        "L2 norm of u": integral(problem, ufl.inner(u, u) * problem.dx) ** 0.5,
    }


# -- the coupled problem -------------------------------------------------------------------------


def coupled(
    cell: Cell, h: float, discretisation: Discretisation, strongest: float
) -> Iterator[dict[str, Any]]:
    """Yield a row for each liquid and each Ra; the bias is S_app(g)/S_app(0) - 1 on this mesh."""
    for Ra in (Ra for Ra in RAYLEIGH if Ra <= strongest):
        for name, mixture in liquids(Ra, cell.dim).items():
            experiment = Experiment(
                name,
                cell,
                mixture,
                WALLS,
                discretisation=discretisation,
                degree=degree_of(discretisation, cell.dim),
            )
            row = {
                "problem": "coupled",
                "dim": cell.dim,
                "layers": name,
                "in": COMPUTED,
                "h": f"1/{round(1 / h)}",
                "Ra": Ra,
                "discretisation": discretisation.name,
                "unknowns": experiment.problem().num_dofs,
            }
            try:
                solution = solve(experiment)
            except NotConverged:
                yield row | dict.fromkeys(("max |u|", "max |u|/Ra", "Pe", "L2 norm of u", "bias"))
                continue
            soret = solution.soret
            yield (
                row
                | flow(solution.convection, Ra)
                | {"bias": soret.apparent / soret.without_gravity - 1.0}
            )


# -- goals ---------------------------------------------------------------------------------------


def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the numbers of the goals, the worst of each kind."""

    def of(**wanted: Any) -> list[dict[str, Any]]:
        return [row for row in rows if all(row[key] == value for key, value in wanted.items())]

    def worst(found: list[dict[str, Any]], key: str) -> float:
        return max(float("inf") if row[key] is None else abs(row[key]) for row in found)

    def by_size(key: str, **wanted: Any) -> Any:
        """Return 1/h and the numbers of Stokes flow, for Taylor-Hood and for the default."""
        both = [
            of(problem="Stokes", dim=2, Ra=1e7, discretisation=d.name, **wanted)
            for d in (TAYLOR_HOOD, WELL_BALANCED)
        ]
        n = np.array([float(row["h"][2:]) for row in both[0]])
        return n, *(np.array([row[key] for row in found]) for found in both)

    def ratio(**wanted: Any) -> float:
        n, plain, balanced = by_size("max |u|", **wanted)
        return float(np.min((plain / balanced)[n >= 20.0]))

    def gain(key: str, **wanted: Any) -> float:
        n, *both = by_size(key, **wanted)
        plain, balanced = (-np.polyfit(np.log(n), np.log(values), 1)[0] for values in both)
        return float(balanced - plain)

    linear = [r for r in of(layers="linear") if r["discretisation"] != TAYLOR_HOOD.name]
    curved = [layers.name for layers in LAYERS if layers.name != "linear"]
    numbers = {
        "linear": worst([r for r in linear if r["problem"] == "Stokes"], "max |u|/Ra"),
        "coupled linear": worst([r for r in linear if r["problem"] == "coupled"], "max |u|/Ra"),
        "ratio": min(ratio(layers=name, **{"in": COMPUTED}) for name in curved),
        "order": min(gain("max |u|", layers=name, **{"in": EXACTLY}) for name in curved),
        "order Pk": min(gain("L2 norm of u", layers=name, **{"in": COMPUTED}) for name in curved),
    }
    at_40 = of(problem="coupled", dim=2, Ra=1e7, h="1/40", discretisation=WELL_BALANCED.name)
    return numbers | ({"bias": worst(at_40, "bias")} if at_40 else {})


def side_by_side(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with the three discretisations side by side."""
    wide: dict[tuple[Any, ...], dict[str, Any]] = {}
    short = {TAYLOR_HOOD.name: "TH", WELL_BALANCED.name: "WB", SCOTT_VOGELIUS.name: "SV"}
    columns = [f"{key} {name}" for key in ("|u|", "Pe", "bias") for name in short.values()]
    for row in rows:
        case = {key: row[key] for key in ("problem", "dim", "layers", "in", "h", "Ra")}
        line = wide.setdefault(tuple(case.values()), case | dict.fromkeys(columns))
        for key, value in (("|u|", row["max |u|"]), ("Pe", row["Pe"]), ("bias", row["bias"])):
            line[f"{key} {short[row['discretisation']]}"] = value
    return list(wide.values())


@dataclass(frozen=True)
class Plan:
    """What is computed on the meshes of one dimension.

    Args:
        dim: The dimension.
        sizes: Sizes h of the mesh cells.
        coupled_sizes: Those on which the coupled problem is solved.
        strongest: Discretisation -> largest Ra of its coupled problem; Taylor-Hood elements reach
            no steady state at larger ones (tried at h = 1/20). Without an entry: Stokes flow alone.
        exact: Whether Stokes flow is driven by the layers in P5 as well.
        coarsest_only: Discretisations for the first mesh alone: cubic elements on four times the
            tetrahedra soon exceed what a direct solver can do.
    """

    dim: int
    sizes: tuple[float, ...]
    coupled_sizes: tuple[float, ...]
    strongest: dict[Discretisation, float]
    exact: bool = True
    coarsest_only: tuple[Discretisation, ...] = ()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of all meshes."""
        for h in self.sizes:
            cell = unit_cell(self.dim, h)
            for discretisation in ALL:
                if h != self.sizes[0] and discretisation in self.coarsest_only:
                    continue
                for exact in (False, True) if self.exact else (False,):
                    yield from stokes(cell, h, discretisation, exact=exact)
                if h in self.coupled_sizes and discretisation in self.strongest:
                    yield from coupled(cell, h, discretisation, self.strongest[discretisation])


QUICK = (
    Plan(2, (1 / 10, 1 / 14, 1 / 20), (1 / 20,), {TAYLOR_HOOD: 1e5, WELL_BALANCED: 1e7}),
    Plan(3, (1 / 2,), (), {}, exact=False),
)
FULL = (
    Plan(
        2,
        (1 / 10, 1 / 14, 1 / 20, 1 / 28, 1 / 40),
        (1 / 10, 1 / 20, 1 / 40),
        {TAYLOR_HOOD: 1e5, WELL_BALANCED: 1e9, SCOTT_VOGELIUS: 1e9},
    ),
    Plan(
        3,
        (1 / 4, 1 / 6, 1 / 8),
        (1 / 4,),
        {TAYLOR_HOOD: 1e5, WELL_BALANCED: 1e9},
        exact=False,
        coarsest_only=(SCOTT_VOGELIUS,),
    ),
)


def main() -> int:
    options = arguments(__doc__)
    rows = [row for plan in (QUICK if options.quick else FULL) for row in plan.rows()]
    print("|u|: max |u| in alpha/L; Pe: the same times Le; bias: S_app(g)/S_app(0) - 1.")
    print("TH: Taylor-Hood; WB: well-balanced, the default; SV: Scott-Vogelius.\n")
    print(table(side_by_side(rows)))
    return finish(options, rows, GOALS, measured(rows))


if __name__ == "__main__":
    sys.exit(main())
