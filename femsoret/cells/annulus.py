"""Annulus: the half-plane of an annular or cylindrical cell, graded towards its walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from mpi4py import MPI

import numpy as np
from dolfinx import mesh as dmesh

from femsoret.cells import grading as maps
from femsoret.cells import numbers
from femsoret.cells.axis import axisymmetric
from femsoret.cells.boxes import Shape2D, named_ends, unit_square
from femsoret.cells.cell import Cell
from femsoret.errors import MeshError, nearest

# Name of the side at the lower and at the upper end of r and z.
_ENDS = (("inner", "outer"), ("bottom", "top"))


def annulus(
    comm: MPI.Comm,
    radii: Sequence[float],
    height: float,
    cells: Sequence[int],
    *,
    grading: float | Sequence[float] = 1.0,
    shape: Shape2D = "quadrilateral",
) -> Cell:
    """Make the space between two coaxial cylinders, upright on z = 0, in coordinates (r, z).

    Sides: inner and outer (the round walls), bottom, top. With an inner radius of 0 it is a whole
    cylinder, and the axis takes the place of the inner side.

    Args:
        comm: Communicator to spread the mesh over.
        radii: Inner radius, 0 or more, and outer radius, m.
        height: Height, m.
        cells: Numbers of mesh cells (along r, along z).
        grading: Mesh cell size away from the walls over that at the walls, at least 1, for both or
            as (radial, over the height). There is no wall on the axis.
        shape: "triangle" cuts each quadrilateral along both diagonals into four.

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
    if shape not in get_args(Shape2D):
        raise MeshError(
            f"the shape of mesh cells is {shape!r}", nearest(str(shape), get_args(Shape2D))
        )
    mesh = unit_square(comm, list(number), dmesh.CellType[shape])
    facets, sides = named_ends(mesh, _ENDS)
    x = mesh.geometry.x
    towards_walls = maps.both_ends if inner > 0.0 else maps.upper_end
    s, t = np.array(x[:, 0]), np.array(x[:, 1])
    x[:, 0] = inner + (outer - inner) * towards_walls(s, ratios[0])
    x[:, 1] = height * maps.both_ends(t, ratios[1])
    what = "annulus" if inner > 0.0 else "cylinder"
    drawn = Cell(
        mesh,
        facets,
        sides,
        title=f"axisymmetric {what}, {number[0]} x {number[1]} cells ({shape})",
    )
    return replace(
        axisymmetric(drawn),
        remake=lambda ratio: annulus(
            comm, radii, height, numbers.rescaled(number, ratio), grading=ratios, shape=shape
        ),
    )
