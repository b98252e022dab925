"""Annulus: the half-plane of an annular or cylindrical cell, graded towards its walls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from mpi4py import MPI

from femsoret.base.errors import MeshError
from femsoret.cells import grading as maps
from femsoret.cells import numbers
from femsoret.cells.axis import axisymmetric
from femsoret.cells.cell import Cell
from femsoret.cells.structured import Shape2D, check_shape, structured
from femsoret.cells.walled_axes import Axis, Wall, checked_walls

RoundSide = Literal["inner", "outer", "bottom", "top"]


def annulus(
    comm: MPI.Comm,
    radii: Sequence[float],
    height: float,
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape2D = "quadrilateral",
    walls: Mapping[str, Wall] = MappingProxyType({}),
) -> Cell:
    """Make the space between two coaxial cylinders, upright on z = 0, in coordinates (r, z).

    Sides: inner and outer (the round walls), bottom, top. With an inner radius of 0 it is a whole
    cylinder, and the axis takes the place of the inner side.

    Args:
        comm: Communicator to spread the mesh over.
        radii: Inner radius, 0 or more, and outer radius, m, of the fluid.
        height: Height, m.
        cells: Numbers of mesh cells (along r, along z).
        grading: Mesh cell size away from the walls over that at the walls, at least 1, for both or
            as (radial, over the height). There is no wall on the axis.
        shape: "triangle" cuts each quadrilateral along both diagonals into four.
        walls: Side -> solid wall there; its region is "inner wall", its outside "inner outside". An
            inner wall as thick as the inner radius is a rod, which has no outside.

    Raises:
        MeshError: A number is not allowed.
    """
    numbers.check_length("radii", radii, ("inner radius", "outer radius"))
    outer = numbers.positive("the outer radius", radii[1])
    inner = float(radii[0]) if radii[0] == 0.0 else numbers.positive("the inner radius", radii[0])
    if inner >= outer:
        raise MeshError(
            f"the inner radius {inner:g} m is not below the outer one, {outer:g} m",
            "give (inner, outer)",
        )
    height = numbers.positive("the height of the annulus", height)
    number = numbers.counts(cells, 2)
    ratios = numbers.gradings(grading, ("the radius", "the height"))
    check_shape(shape, 2)
    around, upright = ("inner", "outer"), ("bottom", "top")
    what, sides = ("annulus", around) if inner > 0.0 else ("whole cylinder", around[1:])
    within = checked_walls(what, walls, (*sides, *upright))
    if "inner" in within and within["inner"].thickness > inner:
        raise MeshError(
            f"the inner wall is {within['inner'].thickness:g} m thick and reaches across the axis",
            f"it lies within the inner radius: give at most {inner:g} m, which makes it a rod",
        )
    radial = Axis(
        around,
        outer - inner,
        number[0],
        ratios[0],
        low=within.get("inner"),
        high=within.get("outer"),
        origin=inner,
        towards_walls=maps.both_ends if inner > 0.0 else maps.upper_end,
    )
    plates = within.get("bottom"), within.get("top")
    axial = Axis(upright, height, number[1], ratios[1], *plates)
    name = f"axisymmetric {'annulus' if inner > 0.0 else 'cylinder'}"
    return axisymmetric(structured(comm, name, (radial, axial), shape))
