"""Cylinder: a curved mesh of blocks, graded towards the walls.

Seen along its axis the mesh is a square core within four blocks that reach the round wall. gmsh
makes it straight, as the prism over a square that those blocks would form; a smooth map then bends
it. All nodes follow the map, those of second order too, so that cells at the wall stay sound
however thin they are, and the wall's area is that of a circle to fourth order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

from mpi4py import MPI

import numpy as np
import numpy.typing as npt

from femsoret.cells import gmsh_model, numbers
from femsoret.cells import grading as maps
from femsoret.cells.boxes import Shape3D
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import RawMesh, on_root, to_cell
from femsoret.cells.elements import raw_mesh
from femsoret.errors import MeshError, nearest

Axis = Literal["y", "z"]
Order = Literal[1, 2]
Array = npt.NDArray[np.float64]

# Half the width of the square core before it is bent, over the radius of the cylinder.
_CORE = 0.55
# How much the core bulges towards a circle, from 0 (a square) to 1 (whose corners would be flat).
_BULGE = 0.5


def cylinder(
    comm: MPI.Comm,
    radius: float,
    height: float,
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    axis: Axis = "y",
    shape: Shape3D = "hexahedron",
    order: Order = 2,
) -> Cell:
    """Make a cylinder that stands on the origin, its axis along y (upwards as in 2D) or z.

    Sides: bottom and top (the lower and the upper end of the axis), side.

    Args:
        comm: Communicator to spread the mesh over.
        radius: Radius, m.
        height: Height, m.
        cells: Numbers of mesh cells (across the diameter, over the height). Half of those across
            the diameter, rounded, are in the core, and at least one in each of the two layers
            around it; the circumference has four times those of the core.
        grading: Mesh cell size inside over that at the walls, at least 1, for both or as (radial,
            over the height).
        axis: "y" or "z".
        shape: "tetrahedron" cuts each hexahedron into six.
        order: Degree of the geometry. With 1 the round wall is a polygon, whose area is short by
            the square of the cell size.

    Raises:
        MeshError: A number is not allowed.
        MissingDependency: gmsh cannot be loaded.
    """
    radius = numbers.positive("the radius of the cylinder", radius)
    height = numbers.positive("the height of the cylinder", height)
    numbers.check_length("cells", cells, ("across the diameter", "over the height"))
    across = numbers.count("the number of cells across the diameter", cells[0])
    layers = numbers.count("the number of cells over the height", cells[1])
    ratios = numbers.gradings(grading, ("the radius", "the height"))
    for what, value, allowed in (("axis", axis, Axis), ("shape", shape, Shape3D)):
        if value not in get_args(allowed):
            raise MeshError(
                f"the {what} of the cylinder is {value!r}", nearest(str(value), get_args(allowed))
            )
    if order not in get_args(Order):
        raise MeshError(f"the order of the geometry is {order!r}", "give 1 or 2")
    core = max(1, round(across / 2))
    ring = max(1, round((across - core) / 2))

    def work() -> RawMesh:
        with gmsh_model.session() as gmsh:
            _draw_straight(gmsh, core, ring, layers, shape, order)
            points, elements = gmsh_model.model_elements(gmsh)
        radial = maps.upper_end(_layers(ring), ratios[0])
        x, y = _bent(points[:, 0], points[:, 1], radial)
        z = height * _between(points[:, 2], maps.both_ends(_layers(layers), ratios[1]))
        # Cyclic, so that the frame stays right-handed: the axis is y, and x comes after it.
        bent = (radius * y, z, radius * x) if axis == "y" else (radius * x, radius * y, z)
        return raw_mesh(np.stack(bent, axis=1), elements, dim=3)

    return to_cell(
        comm,
        on_root(comm, "gmsh could not make the cylinder", work),
        title=(f"cylinder, {across} x {layers} cells ({shape}, order {order})"),
        remake=lambda ratio: cylinder(
            comm,
            radius,
            height,
            numbers.rescaled((across, layers), ratio),
            grading=ratios,
            axis=axis,
            shape=shape,
            order=order,
        ),
    )


def _draw_straight(
    gmsh: Any, core: int, ring: int, layers: int, shape: Shape3D, order: Order
) -> None:
    """Mesh the prism [-1, 1]^2 x [0, 1]: a core of half width 1/2 within four blocks."""
    geo = gmsh.model.geo
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    inner = [geo.addPoint(0.5 * x, 0.5 * y, 0.0) for x, y in corners]
    outer = [geo.addPoint(x, y, 0.0) for x, y in corners]
    after = [1, 2, 3, 0]
    inner_lines = [geo.addLine(inner[i], inner[j]) for i, j in enumerate(after)]
    outer_lines = [geo.addLine(outer[i], outer[j]) for i, j in enumerate(after)]
    spokes = [geo.addLine(inner[i], outer[i]) for i in range(4)]
    loops = [
        inner_lines,
        *([spokes[i], outer_lines[i], -spokes[j], -inner_lines[i]] for i, j in enumerate(after)),
    ]
    surfaces = [geo.addPlaneSurface([geo.addCurveLoop(loop)]) for loop in loops]
    for line in (*inner_lines, *outer_lines):
        geo.mesh.setTransfiniteCurve(line, core + 1)
    for line in spokes:
        geo.mesh.setTransfiniteCurve(line, ring + 1)
    recombine = shape == "hexahedron"
    for surface in surfaces:
        geo.mesh.setTransfiniteSurface(surface)
        if recombine:
            geo.mesh.setRecombine(2, surface)
    tops, walls, volumes = [], [], []
    for surface in surfaces:
        extruded = geo.extrude(
            [(2, surface)], 0.0, 0.0, 1.0, numElements=[layers], recombine=recombine
        )
        tops.append(extruded[0][1])
        volumes.append(extruded[1][1])
        # Behind the volume come the lateral surfaces in the order of the loop's lines; the second
        # line of an outer block is on the outside.
        if surface != surfaces[0]:
            walls.append(extruded[3][1])
    geo.synchronize()
    for dim, name, entities in (
        (2, "bottom", surfaces),
        (2, "top", tops),
        (2, "side", walls),
        (3, "fluid", volumes),
    ):
        gmsh.model.setPhysicalName(dim, gmsh.model.addPhysicalGroup(dim, entities), name)
    gmsh.option.setNumber("Mesh.SecondOrderIncomplete", 0)
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(order)


def _bent(x: Array, y: Array, radial: Array) -> tuple[Array, Array]:
    """Return where points of the square [-1, 1]^2 come to lie in the unit disk.

    Args:
        x: Coordinates in the square.
        y: The same.
        radial: Where the layers around the core end, from 0 at the core to 1 at the round wall.
    """
    # Largest coordinate: 1/2 on the edge of the core, 1 on the wall.
    reach = np.maximum(np.abs(x), np.abs(y))
    # How far from the core to the wall; 0 within the core.
    far = _between(np.clip(2.0 * reach - 1.0, 0.0, 1.0), radial)
    # The core, and for points outside it the place on its edge from which they are drawn outwards.
    shrink = np.where(reach > 0.5, 0.5 / np.maximum(reach, 0.5), 1.0)
    p, q = 2.0 * shrink * x, 2.0 * shrink * y
    core_x = _CORE * p * np.sqrt(1.0 - 0.5 * _BULGE * q**2)
    core_y = _CORE * q * np.sqrt(1.0 - 0.5 * _BULGE * p**2)
    # The place on the circle: equal steps along an edge become equal angles.
    steep = np.abs(q) > np.abs(p)
    angle = 0.25 * math.pi * np.where(steep, p, q)
    along, beside = np.cos(angle), np.sin(angle)
    wall_x = np.where(steep, beside, np.sign(p) * along)
    wall_y = np.where(steep, np.sign(q) * along, beside)
    return (1.0 - far) * core_x + far * wall_x, (1.0 - far) * core_y + far * wall_y


def _between(s: Array, ends: Array) -> Array:
    """Return s in [0, 1] moved so that equal layers end where given, straight in between.

    Straight, because a node of second order far from the middle of its edge folds the cell.
    """
    return np.interp(s, _layers(len(ends) - 1), ends)


def _layers(number: int) -> Array:
    """Return the ends of equal layers from 0 to 1."""
    return np.arange(number + 1) / number
