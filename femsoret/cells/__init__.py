"""Cells: a mesh with named sides, made here or read from a file."""

from femsoret.cells.alfeld import alfeld_split
from femsoret.cells.boxes import Wall, box, rectangle
from femsoret.cells.cell import Cell
from femsoret.cells.cylinder import cylinder
from femsoret.cells.imported import from_file

__all__ = ["Cell", "Wall", "alfeld_split", "box", "cylinder", "from_file", "rectangle"]
