"""Reads VTX folders with the Python interface of ADIOS2."""

from __future__ import annotations

import os
from xml.etree import ElementTree as ET

from mpi4py import MPI

import numpy as np

# Debian ships the MPI bindings only, and ADIOS2 looks for the serial ones without mpirun.
os.environ.setdefault("ADIOS2_ALWAYS_USE_MPI", "1")

import adios2


class BP:
    """Points, cells and fields of every step; the pieces of all ranks joined.

    Attributes:
        times: One a step.
        points: Shape (n, 3).
        cells: Points of each mesh cell, shape (cells, points a cell).
        types: VTK cell types of the pieces.
        fields: Name -> one array a step, shape (n, components).
    """

    def __init__(self, path):
        with adios2.FileReader(str(path), MPI.COMM_SELF) as file:
            schema = file.read_attribute("vtk.xml")
            schema = schema if isinstance(schema, str) else schema[0]
            names = [
                array.attrib["Name"]
                for array in ET.fromstring(schema).iter("DataArray")
                if array.attrib["Name"] not in _VTK
            ]
            steps = file.num_steps()
            times = [file.read("step", step_selection=[i, 1]) for i in range(steps)]
            self.times = [float(np.ravel(time)[0]) for time in times]
            self.points = self._joined(file, "geometry", 0)
            self.cells = self._cells(file)
            self.types = [int(t) for t in np.ravel(file.read("types", step_selection=[0, 1]))]
            self.fields = {
                name: [self._joined(file, name, i) for i in range(steps)] for name in names
            }

    @classmethod
    def _cells(cls, file):
        # Each rank counts its own points from 0, and names their number first.
        starts, before = [], 0
        for block in cls._pieces(file, "geometry", 0):
            starts.append(before)
            before += len(block)
        pieces = cls._pieces(file, "connectivity", 0)
        return np.concatenate(
            [piece[:, 1:].astype(np.int64) + at for piece, at in zip(pieces, starts, strict=True)]
        )

    @classmethod
    def _joined(cls, file, name, step):
        return np.concatenate(cls._pieces(file, name, step))

    @staticmethod
    def _pieces(file, name, step):
        variable = file.inquire_variable(name)
        blocks = len(file.engine.blocks_info(name, step))
        parts = []
        for block in range(blocks):
            variable.set_block_selection(block)
            variable.set_step_selection([step, 1])
            if 0 in variable.count():  # the file's interface for Python divides by that
                parts.append(np.empty(variable.count()))
                continue
            parts.append(np.asarray(file.read(variable)).reshape(variable.count()))
        return parts


_VTK = {"geometry", "connectivity", "types", "TIME", "vtkOriginalPointIds", "vtkGhostType"}
