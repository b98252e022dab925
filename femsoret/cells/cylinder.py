"""Cylinder: a curved block-structured mesh, graded towards the walls, optionally in solid walls.

In the cross-section, the mesh is a square core inside four blocks that reach the round wall, with
four more blocks for a tube around it; plates lie below and above. gmsh makes a straight mesh, the
prism over the square that these blocks form, and a smooth map then bends it. All nodes follow the
map, also those of second order, so that mesh cells at the wall remain valid however thin they are,
and the area of the wall is accurate to fourth order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Literal, get_args

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import MeshError, nearest
from femsoret.base.types import Array
from femsoret.cells import gmsh_model, numbers
from femsoret.cells.axes import FLUID, Axis, Wall, checked_walls, region_of, upper_end
from femsoret.cells.cell import Cell
from femsoret.cells.distribute import RawMesh, on_root, to_cell
from femsoret.cells.elements import raw_mesh
from femsoret.cells.structured import Shape3D, check_shape

Upright = Literal["y", "z"]
Order = Literal[1, 2]
CylinderSide = Literal["bottom", "top", "side"]

# Half the width of the square core before it is bent, over the radius of the cylinder.
_CORE = 0.55
# How much the core bulges towards a circle, from 0 (a square) to 1 (whose corners would be flat).
_BULGE = 0.5
# Width of the layers of the straight mesh around the core, over half the width of that. Thin layers
# have edges of one length on both sides, and diagonals whose middle stays the middle when bent.
_LAYER = 1.0 / 64.0


def cylinder(
    comm: MPI.Comm,
    radius: float,
    height: float,
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    axis: Upright = "y",
    shape: Shape3D = "hexahedron",
    order: Order = 2,
    walls: Mapping[str, Wall] = MappingProxyType({}),
) -> Cell:
    """Make a cylinder whose base is centred at the origin and whose axis is y (upwards) or z.

    The sides are "bottom" and "top" (the lower and the upper end of the axis) and "side".

    Args:
        comm: Communicator over which the mesh is distributed.
        radius: Radius, m.
        height: Height, m.
        cells: Numbers of mesh cells (across the diameter, over the height). Half of those across
            the diameter, rounded, are in the core, and at least one in each of the two layers
            around it; the circumference has four times as many as the core has across.
        grading: Mesh cell size inside over that at the walls, at least 1: one number for both
            directions, or (radial, over the height).
        axis: "y" or "z".
        shape: "hexahedron", or "tetrahedron", which divides each hexahedron into six.
        order: Degree of the geometry, 1 or 2. With 1 the round wall is a polygon, and the error of
            its area is proportional to the square of the cell size.
        walls: Side name -> solid wall there; the region of the wall at "side" is "side wall", and
            its outside is "side outside". Plates at the bottom and the top extend over the full
            width of a tube at the side.

    Raises:
        MeshError: A number is not allowed, or gmsh cannot make the mesh.
        MissingDependency: gmsh cannot be loaded.
    """
    radius = numbers.positive("the radius of the cylinder", radius)
    height = numbers.positive("the height of the cylinder", height)
    numbers.check_length("cells", cells, ("across the diameter", "over the height"))
    across = numbers.count("the number of cells across the diameter", cells[0])
    layers = numbers.count("the number of cells over the height", cells[1])
    ratios = numbers.gradings(grading, ("the radius", "the height"))
    if axis not in get_args(Upright):
        raise MeshError(
            f"the axis of the cylinder is {axis!r}", nearest(str(axis), get_args(Upright))
        )
    check_shape(shape, 3)
    if order not in get_args(Order):
        raise MeshError(f"the order of the geometry is {order!r}", "give 1 or 2")
    within = checked_walls("cylinder", walls, get_args(CylinderSide))
    core = max(1, round(across / 2))
    ring = max(1, round((across - core) / 2))
    tube = within.get("side")
    # From the edge of the core, at 0, to the round wall of the fluid, at 1.
    outwards = Axis(
        ("core", "side"),
        1.0,
        ring,
        ratios[0],
        high=tube and Wall(tube.thickness / radius, tube.cells),
        towards_walls=upper_end,
    )
    plates = within.get("bottom"), within.get("top")
    upwards = Axis(("bottom", "top"), height, layers, ratios[1], *plates)

    def work() -> RawMesh:
        with gmsh_model.session() as gmsh:
            _draw_straight(gmsh, core, outwards, upwards, shape, order)
            points, elements = gmsh_model.model_elements(gmsh)
        x, y = _bent(points[:, 0], points[:, 1], outwards)
        z = _between(points[:, 2], upwards)
        # Cyclic, so that the frame stays right-handed: the axis is y, and x comes after it.
        bent = (radius * y, z, radius * x) if axis == "y" else (radius * x, radius * y, z)
        return raw_mesh(np.stack(bent, axis=1), elements, dim=3)

    solids = [region_of(side) for side in get_args(CylinderSide) if side in within]
    return to_cell(
        comm,
        on_root(comm, "gmsh could not make the cylinder", work),
        title=f"cylinder, {across} x {layers} cells ({shape}, order {order})"
        + (f" within walls ({', '.join(solids)})" if solids else ""),
        remake=lambda ratio: cylinder(
            comm,
            radius,
            height,
            numbers.rescaled((across, layers), ratio),
            grading=ratios,
            axis=axis,
            shape=shape,
            order=order,
            walls={side: wall.rescaled(ratio) for side, wall in within.items()},
        ),
        solids=solids,
    )


def _draw_straight(
    gmsh: ModuleType, core: int, outwards: Axis, upwards: Axis, shape: Shape3D, order: Order
) -> None:
    """Mesh the straight prism: core of half width 1, thin layers around it, layers of height 1."""
    geo = gmsh.model.geo
    recombine = shape == "hexahedron"
    rings = [outwards.cells, *([outwards.high.cells] if outwards.high else [])]
    groups: dict[tuple[int, str], list[int]] = {}
    # A stack of blocks stands on each of these surfaces of the ground: number of the ring that it
    # belongs to, 0 for the core.
    ground = _ground(gmsh, core, rings, recombine=recombine)
    plates = [(region_of("bottom"), upwards.start), (FLUID, upwards.cells)]
    plates.append((region_of("top"), upwards.total - upwards.start - upwards.cells))
    for ring, surface in ground:
        groups.setdefault((2, "bottom"), []).append(surface)
        for layer, number in plates:
            if not number:
                continue
            extruded = geo.extrude(
                [(2, surface)], 0.0, 0.0, float(number), numElements=[number], recombine=recombine
            )
            surface = extruded[0][1]
            region = region_of("side") if ring == 2 and layer == FLUID else layer
            groups.setdefault((3, region), []).append(extruded[1][1])
            # Each layer ends where the fluid does, or the mesh.
            end = "bottom" if layer == region_of("bottom") else "top"
            groups.setdefault((2, end), []).append(surface)
            # Behind the volume come the lateral surfaces in the order of the loop's lines; the
            # second line of an outer block is on the outside.
            if ring:
                groups.setdefault((2, "side"), []).append(extruded[3][1])
    geo.synchronize()
    for (dim, name), entities in groups.items():
        gmsh.model.setPhysicalName(dim, gmsh.model.addPhysicalGroup(dim, entities), name)
    gmsh.option.setNumber("Mesh.SecondOrderIncomplete", 0)
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(order)


def _ground(
    gmsh: ModuleType, core: int, rings: Sequence[int], *, recombine: bool
) -> list[tuple[int, int]]:
    """Draw the square core and four blocks per ring around it; return ring and surface of each."""
    geo, after = gmsh.model.geo, [1, 2, 3, 0]
    reach = 1.0 + _LAYER * np.cumsum([0, *rings])
    corners = [
        [geo.addPoint(h * x, h * y, 0.0) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        for h in map(float, reach)
    ]
    squares = [[geo.addLine(at[i], at[j]) for i, j in enumerate(after)] for at in corners]
    loops = [(0, squares[0])]
    for ring, number in enumerate(rings, start=1):
        spokes = [geo.addLine(corners[ring - 1][i], corners[ring][i]) for i in range(4)]
        inside, outside = squares[ring - 1], squares[ring]
        loops += [
            (ring, [spokes[i], outside[i], -spokes[j], -inside[i]]) for i, j in enumerate(after)
        ]
        for line in spokes:
            geo.mesh.setTransfiniteCurve(line, number + 1)
    for line in (line for square in squares for line in square):
        geo.mesh.setTransfiniteCurve(line, core + 1)
    surfaces = [(ring, geo.addPlaneSurface([geo.addCurveLoop(loop)])) for ring, loop in loops]
    for _, surface in surfaces:
        geo.mesh.setTransfiniteSurface(surface)
        if recombine:
            geo.mesh.setRecombine(2, surface)
    return surfaces


def _bent(x: Array, y: Array, outwards: Axis) -> tuple[Array, Array]:
    """Map points of the straight mesh to the cross-section of the cylinder.

    Args:
        x: First coordinates in the straight mesh, shape (n,).
        y: Second coordinates in the straight mesh, shape (n,).
        outwards: The layers around the core, from 0 at its edge to 1 at the round wall.

    Returns:
        Both coordinates in the cylinder, in units of the radius, shape (n,) each.
    """
    # Largest coordinate: 1 on the edge of the core.
    reach = np.maximum(np.abs(x), np.abs(y))
    # How far from the core to the wall, 0 within the core, and how far beyond the wall.
    far = _between(np.maximum(reach - 1.0, 0.0) / _LAYER, outwards)
    beyond = np.maximum(far - 1.0, 0.0)
    far = np.minimum(far, 1.0)
    # The core, and for points outside it the place on its edge from which they are drawn outwards.
    p, q = x / np.maximum(reach, 1.0), y / np.maximum(reach, 1.0)
    core_x = _CORE * p * np.sqrt(1.0 - 0.5 * _BULGE * q**2)
    core_y = _CORE * q * np.sqrt(1.0 - 0.5 * _BULGE * p**2)
    # The place on the circle: equal steps along an edge become equal angles.
    steep = np.abs(q) > np.abs(p)
    angle = 0.25 * math.pi * np.where(steep, p, q)
    along, beside = np.cos(angle), np.sin(angle)
    wall_x = np.where(steep, beside, np.sign(p) * along)
    wall_y = np.where(steep, np.sign(q) * along, beside)
    return (
        (1.0 - far) * core_x + (far + beyond) * wall_x,
        (1.0 - far) * core_y + (far + beyond) * wall_y,
    )


def _between(step: Array, axis: Axis) -> Array:
    """Return the coordinates along an axis of points given by numbers of layers, shape (n,).

    The map is linear within each layer, because a node of second order far from the middle of its
    edge would fold the mesh cell.
    """
    ends = np.arange(axis.total + 1)
    return np.interp(step, ends, axis.placed(ends.astype(np.float64)))
