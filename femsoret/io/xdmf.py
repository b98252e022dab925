"""XDMF: one file for ParaView and VisIt that needs HDF5 only, first order.

A file holds values at the nodes of the mesh and of mesh cells, so fields of degree 2 are
interpolated at the vertices (a mesh with curved cells keeps its own degree), and what is made of
gradients is taken at the middle of each mesh cell. The log and the text beside the file say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from dolfinx import fem, io
from dolfinx.mesh import Mesh

from femsoret._compat import coordinate_element
from femsoret.io.about import about
from femsoret.io.fields import OutputField, UnitSystem, output_fields
from femsoret.io.samples import Samples, Space
from femsoret.io.series import FieldSeries
from femsoret.io.staging import Staging
from femsoret.log import get_logger
from femsoret.problem import Problem

log = get_logger(__name__)


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
    mesh = problem.cell.mesh
    fields = tuple(fields or output_fields(problem, units))
    space = partial(space_of, int(coordinate_element(mesh).degree))
    samples = Samples(problem.cell, fields, space)
    staging = Staging(problem.cell.comm, folder, "xdmf")
    staging.add_text(
        "fields.xdmf.README.txt",
        about(problem, [(field, "fields.xdmf") for field in fields], space),
    )
    log.info(
        "fields.xdmf: fields of degree %d interpolated at the nodes of the mesh, fluxes at the "
        'middle of its cells; "vtx" keeps the degree',
        problem.degree,
    )
    return FieldSeries(
        staging,
        samples,
        lambda: _File(mesh, staging.partial / "fields.xdmf", samples.functions),
        ("fields.xdmf",),
    )


def space_of(mesh_degree: int, field: OutputField) -> Space:
    """Return the space that XDMF holds a field in."""
    return Space(mesh_degree if field.continuous else 0, field.continuous)


class _File:
    """An open XDMF file."""

    def __init__(self, mesh: Mesh, path: Path, functions: list[fem.Function]) -> None:
        self._functions = functions
        self._path = path
        self._rank = mesh.comm.rank
        self._file = io.XDMFFile(mesh.comm, path, "w")
        self._file.write_mesh(mesh)

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
