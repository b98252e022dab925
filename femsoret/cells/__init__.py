"""Cells: a mesh with named sides, made here or read from a file."""

from femsoret.cells.alfeld import alfeld_split
from femsoret.cells.annulus import annulus
from femsoret.cells.axis import axis_facets, axisymmetric
from femsoret.cells.boxes import box, rectangle
from femsoret.cells.cell import Cell
from femsoret.cells.cylinder import cylinder
from femsoret.cells.imported import from_file

__all__ = [
    "Cell",
    "alfeld_split",
    "annulus",
    "axis_facets",
    "axisymmetric",
    "box",
    "cylinder",
    "from_file",
    "rectangle",
]
