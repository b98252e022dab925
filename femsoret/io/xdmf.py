"""XDMF format: first-order files for ParaView and VisIt that require HDF5 only.

The fluid is written to ``fields.xdmf``, solids to ``solids.xdmf``. XDMF stores values at mesh nodes
or in mesh cells. Fields of degree 2 are therefore interpolated at the vertices (on a curved mesh at
all its nodes), and fields computed from gradients are evaluated at the midpoint of each mesh cell.
The log and the README next to the file state this.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from dolfinx import io

from femsoret.base.log import get_logger
from femsoret.base.versions import coordinate_element
from femsoret.io.field_files import Content, OpenFile, Samples, Space, fluid_part, solid_part
from femsoret.io.fields import OutputField, region_field
from femsoret.problem import Problem

log = get_logger(__name__)

FLUID: Final = "fields.xdmf"
SOLIDS: Final = "solids.xdmf"
"""Names of the files of the fluid and of the solids."""


def contents(problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
    """Return the content of each XDMF file.

    Args:
        problem: The problem.
        fields: Fields to write.
    """
    log.info(
        "fields.xdmf: fields of degree %d are interpolated at the nodes of the mesh, fluxes are "
        'evaluated at the midpoints of its cells; the format "vtx" preserves the degree',
        problem.degree,
    )
    cell, region = problem.cell, region_field(problem)
    mesh_degree = int(coordinate_element(cell.mesh).degree)
    spaces = {
        field: Space(mesh_degree if field.continuous else 0, field.continuous)
        for field in (*fields, *region)
    }
    made = [Content(FLUID, fluid_part(cell), spaces)]
    solid, heat = solid_part(cell), [field for field in fields if field.in_solids]
    if solid and heat:
        made.append(Content(SOLIDS, solid, {field: spaces[field] for field in (*heat, *region)}))
    return tuple(made)


def open_file(samples: Samples, path: Path) -> OpenFile:
    """Open an XDMF file for writing; collective.

    Args:
        samples: Interpolated fields of the file.
        path: Path of the file.
    """
    return _File(samples, path)


class _File:
    """An open XDMF file."""

    def __init__(self, samples: Samples, path: Path) -> None:
        self._functions = samples.functions
        self._path = path
        self._rank = samples.mesh.comm.rank
        self._file = io.XDMFFile(samples.mesh.comm, path, "w")
        self._file.write_mesh(samples.mesh)

    def write(self, time: float) -> None:
        for function in self._functions:
            self._file.write_function(function, time)

    def close(self) -> None:
        self._file.close()
        if self._rank == 0:
            merge_grids(self._path)


def new_collection() -> tuple[ET.Element, ET.Element]:
    """Return a new XDMF document and its empty temporal collection of grids."""
    root = ET.Element("Xdmf", Version="3.0")
    collection = ET.SubElement(
        ET.SubElement(root, "Domain"),
        "Grid",
        Name="fields",
        GridType="Collection",
        CollectionType="Temporal",
    )
    return root, collection


def merge_grids(path: Path) -> None:
    """Rewrite an XDMF file of DOLFINx as one series of grids that contain all fields.

    DOLFINx writes a separate series for each field, with references to the mesh. ParaView then
    shows one block per field, so that streamlines cannot be coloured by temperature, and its XDMF2
    reader crashes on the references. Floats are also declared as 8-byte numbers, because readers
    would round them to 4 bytes otherwise.

    Args:
        path: Path of the closed file.
    """
    given = ET.parse(path).getroot()
    mesh = given.findall("Domain/Grid[@GridType='Uniform']/*")
    series = given.findall("Domain/Grid[@GridType='Collection']/Grid")
    root, collection = new_collection()
    grids: dict[str, ET.Element] = {}
    for step in series:
        for time in step.findall("Time"):
            value = time.attrib["Value"]
            if value not in grids:
                grids[value] = ET.SubElement(collection, "Grid", Name="fields", GridType="Uniform")
                grids[value].extend([time, *mesh])
            grids[value].extend(step.findall("Attribute"))
    for item in root.iter("DataItem"):
        if item.get("NumberType") != "Int":
            item.set("NumberType", "Float")
            item.set("Precision", "8")
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def merge_times(folder: Path, file: str) -> str:
    """Return an XDMF document that combines the files of all times into one series.

    Args:
        folder: Parent folder of the folders for each time.
        file: Name of the XDMF file in the folder for each time.
    """
    grids = []
    for path in sorted(folder.glob(f"*/{file}")):
        if path.parent.suffix == ".partial":
            continue
        for grid in ET.parse(path).getroot().findall("Domain/Grid/Grid"):
            for item in grid.iter("DataItem"):
                item.text = f"{path.parent.name}/{(item.text or '').strip()}"
            grids.append(grid)
    root, series = new_collection()
    series.extend(sorted(grids, key=_time_of))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _time_of(grid: ET.Element) -> float:
    time = grid.find("Time")
    return 0.0 if time is None else float(time.attrib["Value"])
