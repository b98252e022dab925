"""XDMF: a file for ParaView and VisIt that needs HDF5 only, first order.

The fluid is in ``fields.xdmf``, solids are in ``solids.xdmf``. A file holds values at the nodes of
the mesh and of mesh cells, so fields of degree 2 are interpolated at the vertices (a mesh with
curved cells keeps its own degree), and what is made of gradients is taken at the middle of each
mesh cell. The log and the text beside the file say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from dolfinx import io

from femsoret.base.log import get_logger
from femsoret.base.versions import coordinate_element
from femsoret.io.about import about
from femsoret.io.fields import OutputField, UnitSystem, output_fields, region_field
from femsoret.io.parts import fluid_part, solid_part
from femsoret.io.samples import Content, Samples, Space
from femsoret.io.series import FieldSeries
from femsoret.io.staging import Staging
from femsoret.problem import Problem

log = get_logger(__name__)

FLUID: Final = "fields.xdmf"
SOLIDS: Final = "solids.xdmf"
"""Names of the files of the fluid and of the solids."""


def open_fields(
    problem: Problem,
    folder: Path,
    units: UnitSystem = "SI",
    fields: Sequence[OutputField] | None = None,
) -> FieldSeries:
    """Open an XDMF file for all fields of a problem.

    Args:
        problem: The problem.
        folder: Where results go.
        units: "groups" where the problem is stated by dimensionless groups.
        fields: What to write; None for all fields.

    Raises:
        OutputError: The folder cannot be written to.
    """
    fields = tuple(fields or output_fields(problem, units))
    contents = _contents(problem, fields)
    samples = [Samples(problem.cell, content) for content in contents]
    staging = Staging(problem.cell.comm, folder, "xdmf")
    staging.add_text("fields.xdmf.README.txt", about(problem, contents))
    log.info(
        "fields.xdmf: fields of degree %d interpolated at the nodes of the mesh, fluxes at the "
        'middle of its cells; "vtx" keeps the degree',
        problem.degree,
    )
    return FieldSeries(staging, samples, lambda: _Files(staging.partial, samples))


def _contents(problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
    """Return what each file holds."""
    cell, region = problem.cell, region_field(problem)
    space = partial(space_of, int(coordinate_element(cell.mesh).degree))
    fluid, solid = fluid_part(cell), solid_part(cell)
    heat = [field for field in fields if field.in_solids]
    return (
        Content(FLUID, fluid, (*fields, *region), space),
        *([Content(SOLIDS, solid, (*heat, *region), space)] if solid and heat else ()),
    )


def space_of(mesh_degree: int, field: OutputField) -> Space:
    """Return the space that XDMF holds a field in."""
    return Space(mesh_degree if field.continuous else 0, field.continuous)


class _Files:
    """Open XDMF files."""

    def __init__(self, folder: Path, samples: Sequence[Samples]) -> None:
        self._files = [_File(of_file, folder / of_file.name) for of_file in samples]

    def write(self, time: float) -> None:
        for file in self._files:
            file.write(time)

    def close(self) -> None:
        for file in self._files:
            file.close()


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
