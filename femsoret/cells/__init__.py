"""Cells: a mesh with named sides, made here or read from a file."""

from femsoret.cells.alfeld import alfeld_split
from femsoret.cells.annulus import annulus
from femsoret.cells.axis import axis_facets, axisymmetric
from femsoret.cells.boxes import box, rectangle
from femsoret.cells.cell import Cell
from femsoret.cells.cylinder import cylinder
from femsoret.cells.fluid_part import fluid_alone
from femsoret.cells.imported import from_file
from femsoret.cells.walled_axes import Wall

__all__ = [
    "Cell",
    "Wall",
    "alfeld_split",
    "annulus",
    "axis_facets",
    "axisymmetric",
    "box",
    "cylinder",
    "fluid_alone",
    "from_file",
    "rectangle",
]
