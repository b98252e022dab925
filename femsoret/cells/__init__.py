"""Measuring cells: meshes with named sides, generated here or read from files."""

from femsoret.cells.axes import Wall
from femsoret.cells.axis import axis_facets, axisymmetric
from femsoret.cells.cell import Cell
from femsoret.cells.cylinder import cylinder
from femsoret.cells.derived import alfeld_split, fluid_alone
from femsoret.cells.imported import from_file
from femsoret.cells.structured import annulus, box, rectangle

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
