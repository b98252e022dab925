"""Cells of a spherical particle in a large sphere of fluid, in (r, z) and in 3D."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from mpi4py import MPI

import ufl
from walled import pure_fluid, solid

from femsoret.cells import Cell, from_file
from femsoret.cells.gmsh_model import session
from femsoret.physics.closures import State
from femsoret.physics.coordinates import AXISYMMETRIC
from femsoret.physics.forms import CONDUCTION, PLAIN_STOKES, Equations
from femsoret.physics.forms.wall import Wall, impermeable, slipping
from femsoret.problem import Problem
from femsoret.problem.conditions import Condition, Slip, Temperature
from femsoret.problem.heat_sources import HeatSource
from femsoret.solve import solve_steady

BODY = "body"
"""Name of the region of a particle that conducts."""


def half_disc(
    path: Path, radius: float, h: float, *, conducting: bool, halves: bool = False
) -> Cell:
    """Return a sphere of radius 1 about the origin in a sphere of fluid, in (r, z); collective.

    Args:
        path: Where the mesh file goes, the same on all ranks.
        radius: Outer radius of the fluid.
        h: Size of the mesh cells at the particle; it grows in proportion to the distance.
        conducting: Whether the particle is meshed.
        halves: Whether its surface is two sides, "below" and "above", or one, "particle"; if so, no
            mesh cell of the particle reaches across its equator.
    """

    def draw(gmsh: ModuleType) -> None:
        geo = gmsh.model.geo
        centre = geo.addPoint(0, 0, 0, h)
        s, e, n = (geo.addPoint(x, y, 0, h) for x, y in ((0, -1), (1, 0), (0, 1)))
        S, E, N = (
            geo.addPoint(radius * x, radius * y, 0, radius * h)
            for x, y in ((0, -1), (1, 0), (0, 1))
        )
        lower, upper = geo.addCircleArc(s, centre, e), geo.addCircleArc(e, centre, n)
        far = [geo.addCircleArc(S, centre, E), geo.addCircleArc(E, centre, N)]
        axis = [geo.addLine(S, s), geo.addLine(n, N)]
        loop = geo.addCurveLoop([axis[0], lower, upper, axis[1], -far[1], -far[0]])
        regions = {"fluid": geo.addPlaneSurface([loop])}
        if conducting:
            inside = [geo.addLine(s, centre), geo.addLine(centre, n)]
            regions[BODY] = geo.addPlaneSurface([geo.addCurveLoop([*inside, -upper, -lower])])
            axis += inside
            equator = geo.addLine(centre, e)
        geo.synchronize()
        surface = {"below": [lower], "above": [upper]} if halves else {"particle": [lower, upper]}
        for name, curves in {**surface, "far": far, "axis": axis}.items():
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        for name, region in regions.items():
            gmsh.model.addPhysicalGroup(2, [region], name=name)
        if conducting and halves:
            gmsh.model.mesh.embed(1, [equator], 2, regions[BODY])

    return _drawn(path, 2, draw, coordinates=AXISYMMETRIC, solids=(BODY,) if conducting else ())


def beside_walls(
    path: Path, spheres: dict[str, tuple[float, float]], box: tuple[float, float, float], h: float
) -> Cell:
    """Return insulating spheres on the axis of an upright cylinder of fluid, in (r, z); collective.

    The sides are "bottom", "top" and "wall", and those of the spheres.

    Args:
        path: Where the mesh file goes, the same on all ranks.
        spheres: Name -> height of the centre and radius, from below.
        box: Radius of the cylinder, height of its bottom and height of its top.
        h: Size of the mesh cells at the spheres, in their radii; it grows in proportion to the
            distance from their centres.
    """

    def draw(gmsh: ModuleType) -> None:
        geo = gmsh.model.geo
        R, low, high = box
        points = [geo.addPoint(0, low, 0)]
        axis, surfaces = [], {}
        for name, (z, a) in spheres.items():
            centre = geo.addPoint(0, z, 0)
            s, e, n = (geo.addPoint(a * x, z + a * y, 0) for x, y in ((0, -1), (1, 0), (0, 1)))
            axis.append(geo.addLine(points[-1], s))
            surfaces[name] = [geo.addCircleArc(s, centre, e), geo.addCircleArc(e, centre, n)]
            points.append(n)
        corners = [geo.addPoint(R, low, 0), geo.addPoint(R, high, 0), geo.addPoint(0, high, 0)]
        axis.append(geo.addLine(points[-1], corners[2]))
        ends = [points[0], *corners]
        bottom, wall, top = (geo.addLine(*pair) for pair in pairwise(ends))
        pieces = zip(axis[:-1], surfaces.values(), strict=True)
        up = [curve for below, arcs in pieces for curve in (below, *arcs)]
        loop = geo.addCurveLoop([*up, axis[-1], -top, -wall, -bottom])
        region = geo.addPlaneSurface([loop])
        geo.synchronize()
        sides = {"bottom": [bottom], "wall": [wall], "top": [top], "axis": axis}
        for name, curves in {**sides, **surfaces}.items():
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, [region], name="fluid")
        _sized(gmsh, *(f"{h} * Sqrt(x^2 + (y - ({z}))^2)" for z, _ in spheres.values()))

    return _drawn(path, 2, draw, coordinates=AXISYMMETRIC)


def ball(path: Path, dim: int, radius: float, h: float) -> Cell:
    """Return the same in 3D, or a disc in a disc in 2D, without the inside of the particle."""

    def draw(gmsh: ModuleType) -> None:
        occ = gmsh.model.occ
        if dim == 3:
            outer, inner = (occ.addSphere(0, 0, 0, r) for r in (radius, 1.0))
        else:
            outer, inner = (occ.addDisk(0, 0, 0, r, r) for r in (radius, 1.0))
        ((_, fluid),), _ = occ.cut([(dim, outer)], [(dim, inner)])
        occ.synchronize()
        for _, surface in gmsh.model.getBoundary([(dim, fluid)], oriented=False):
            extent = gmsh.model.getBoundingBox(dim - 1, surface)[3]
            name = "particle" if extent < 0.5 * (1.0 + radius) else "far"
            gmsh.model.addPhysicalGroup(dim - 1, [surface], name=name)
        gmsh.model.addPhysicalGroup(dim, [fluid], name="fluid")
        _sized(gmsh, f"{h} * Sqrt(x^2 + y^2 + z^2)")

    return _drawn(path, dim, draw)


def two_ellipses(path: Path, h: float) -> Cell:
    """Return a square of fluid of side 6 with holes "first" and "second": ellipses, close by."""

    def draw(gmsh: ModuleType) -> None:
        occ = gmsh.model.occ
        square = occ.addRectangle(-3, -3, 0, 6, 6)
        first, second = occ.addDisk(-1.0, 0.2, 0, 1.0, 0.6), occ.addDisk(0.9, 0.0, 0, 0.6, 0.4)
        occ.rotate([(2, first)], -1.0, 0.2, 0, 0, 0, 1, 0.5)
        holes = [(2, first), (2, second)]
        ((_, fluid),), _ = occ.cut([(2, square)], holes)
        occ.synchronize()
        sides: dict[str, list[int]] = {"first": [], "second": [], "far": []}
        for _, curve in gmsh.model.getBoundary([(2, fluid)], oriented=False):
            x, y, _ = occ.getCenterOfMass(1, curve)
            is_far = max(abs(x), abs(y)) > 2.5
            sides["far" if is_far else "first" if x < 0.0 else "second"].append(curve)
        for name, curves in sides.items():
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, [fluid], name="fluid")
        gmsh.option.setNumber("Mesh.MeshSizeMax", 3.0 * h)
        gmsh.option.setNumber("Mesh.MeshSizeFromCurvature", 2.0 * math.pi / h)

    return _drawn(path, 2, draw)


def _sized(gmsh: ModuleType, *sizes: str) -> None:
    """Set the size of mesh cells: the least of expressions of x, y and z in gmsh's syntax."""
    field = gmsh.model.mesh.field
    for tag, size in enumerate(sizes, start=1):
        field.add("MathEval", tag)
        field.setString(tag, "F", size)
    least = field.add("Min")
    field.setNumbers(least, "FieldsList", range(1, len(sizes) + 1))
    field.setAsBackgroundMesh(least)
    for option in ("FromPoints", "FromCurvature", "ExtendFromBoundary"):
        gmsh.option.setNumber(f"Mesh.MeshSize{option}", 0)


def _drawn(path: Path, dim: int, draw: Callable[[ModuleType], None], **more: Any) -> Cell:
    """Return the cell of a mesh of second order that rank 0 makes of a drawing."""
    comm = MPI.COMM_WORLD
    if comm.rank == 0:
        with session() as gmsh:
            draw(gmsh)
            gmsh.model.mesh.generate(dim)
            gmsh.model.mesh.setOrder(2)
            gmsh.write(str(path))
    comm.barrier()
    return from_file(comm, path, **more)


def in_given_temperature(
    cell: Cell,
    walls: tuple[Condition, ...],
    heat: tuple[Condition, ...],
    kappa: float = 0.0,
    equations: Equations = PLAIN_STOKES,
    sources: tuple[HeatSource, ...] = (),
) -> Problem:
    """Return slow flow at the temperature that conduction makes; the unit of length is the radius.

    Args:
        cell: The cell.
        walls: Conditions for the flow.
        heat: Conditions for the temperature.
        kappa: Conductivity of the particle over that of the fluid, if it is meshed.
        equations: Equations of the flow.
        sources: Sources of heat.
    """
    up = (0.0, 1.0) if cell.dim == 2 else (0.0, 0.0, 1.0)
    solids = {BODY: solid(kappa)} if cell.walls.solids else {}
    made = {"gap": 1.0, "solids": solids}
    conducted = Problem(
        cell, pure_fluid(up=up), heat, equations=CONDUCTION, heat_sources=sources, **made
    )
    solve_steady(conducted)
    given = {"theta": conducted.function("theta")}
    return Problem(
        cell, pure_fluid(up=up), (*walls, *heat), equations=equations, given=given, **made
    )


def gradient_far_away(dim: int) -> Temperature:
    """Return the temperature of a gradient 1 along the last coordinate, on the side "far"."""
    return Temperature("far", lambda x: x[dim - 1])


@dataclass(frozen=True)
class Unbounded(Slip):
    """The flow mu_s (grad T - G) across a side, with G = (0, 1) the gradient far away."""

    def term(self, s: State, v: State, m: Any, wall: Wall) -> Any:
        flow = self.sliding(s, m) - self.mu_s * ufl.as_vector((0.0, 1.0))
        passing = ufl.dot(flow, wall.n)
        return impermeable(s, v, m, wall, passing) + slipping(s, v, m, wall, flow, self.b)
