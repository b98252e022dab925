"""XDMF: a file for ParaView and VisIt that needs HDF5 only, first order.

The fluid is in ``fields.xdmf``, solids are in ``solids.xdmf``. A file holds values at the nodes of
the mesh and of mesh cells, so fields of degree 2 are interpolated at the vertices (a mesh with
curved cells keeps its own degree), and what is made of gradients is taken at the middle of each
mesh cell. The log and the text beside the file say so.
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
    """Return what each file holds."""
    log.info(
        "fields.xdmf: fields of degree %d interpolated at the nodes of the mesh, fluxes at the "
        'middle of its cells; "vtx" keeps the degree',
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
    """Open a file; collective."""
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
    """Return an XDMF document and the series of grids in it, empty."""
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
    """Rewrite DOLFINx's XDMF as one series of grids that hold all fields.

    DOLFINx makes one series a field and refers from each to the mesh: ParaView shows a block a
    field (so that no streamline takes the colour of a temperature), and its XDMF2 reader ends the
    process at the references. Numbers are declared to have 8 bytes, or readers round them to 4.

    Args:
        path: The closed file.
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
    """Return an XDMF document that is the series of a file at all times, in order.

    Args:
        folder: Folder with a folder for each time that holds the file.
        file: Name of the file.
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
