"""Write fields of a problem in formats for ParaView: one state, a series, or selected times."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol, cast

from femsoret.base.errors import OutputError, nearest
from femsoret.io.field_files import Content, FieldSeries, OpenFile, Samples, description
from femsoret.io.fields import OutputField, UnitSystem, output_fields
from femsoret.io.files import Staging
from femsoret.io.xdmf import FLUID, SOLIDS, merge_times
from femsoret.problem import Problem

FORMATS = ("vtx", "xdmf")
"""Names of the field formats; see :mod:`femsoret.io.vtx` and :mod:`femsoret.io.xdmf`."""

INDEX: Final = "times.xdmf"
"""Name of the index of the fluid's fields at selected times."""
INDICES: Final = MappingProxyType({INDEX: FLUID, "times_solids.xdmf": SOLIDS})
"""Name of each index -> name of the file in each time's folder to which it refers."""


class Format(Protocol):
    """Interface of the module of a format."""

    def contents(self, problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
        """Return the content of each file."""

    def open_file(self, samples: Samples, path: Path) -> OpenFile:
        """Open a file for writing; collective."""


def open_fields(
    problem: Problem,
    folder: Path,
    *,
    format: str = "vtx",
    units: UnitSystem = "SI",
    fields: Sequence[OutputField] | None = None,
) -> FieldSeries:
    """Open field files to which states of a problem are appended; collective.

    Args:
        problem: The problem.
        folder: Results folder; created if missing.
        format: "vtx" or "xdmf".
        units: "SI", or "groups" if the problem is defined by dimensionless groups.
        fields: Fields to write; None for all fields.

    Returns:
        The open files; a context manager.

    Raises:
        MissingDependency: DOLFINx was built without a library that the format requires.
        OutputError: The format is unknown, or the folder cannot be written to.
    """
    if format not in FORMATS:
        raise OutputError(f"unknown field format {format!r}", nearest(format, FORMATS))
    module = cast(Format, import_module(f"femsoret.io.{format}"))
    files = module.contents(problem, tuple(fields or output_fields(problem, units)))
    samples = [Samples(problem.cell, content) for content in files]
    staging = Staging(problem.cell.comm, folder, format)
    staging.add_text(f"{files[0].name}.README.txt", partial(description, problem, files))
    return FieldSeries(staging, samples, module.open_file)


def write_fields(
    problem: Problem,
    folder: Path,
    *,
    format: str = "vtx",
    units: UnitSystem = "SI",
    time: float = 0.0,
) -> tuple[Path, ...]:
    """Write the current state of a problem to field files; collective.

    Args:
        problem: The problem.
        folder: Results folder; created if missing.
        format: "vtx" or "xdmf".
        units: "SI", or "groups" if the problem is defined by dimensionless groups.
        time: Time of the state, s.

    Returns:
        Paths of the files to open in ParaView; the same on all ranks.

    Raises:
        MissingDependency: DOLFINx was built without a library that the format requires.
        OutputError: The format is unknown, or the folder cannot be written to.
    """
    with open_fields(problem, folder, format=format, units=units) as series:
        series.write(time)
        return series.close()


def write_fields_at(
    problem: Problem,
    folder: Path,
    *,
    name: str,
    time: float,
    formats: Sequence[str],
    units: UnitSystem = "SI",
) -> Path:
    """Write the current state to a separate folder and update the index of all times; collective.

    Each time has its own folder, which is either complete or absent; a series in a single file
    could be lost by an interrupted write. The index is an XDMF file that refers to the HDF5 files
    of all times. It is built from the existing folders, so it is correct after any interruption.

    Args:
        problem: The problem.
        folder: Parent folder of the fields at all times; created if missing.
        name: Name of the folder for this time; an existing folder is replaced.
        time: Time of the state, s.
        formats: Formats to write, "vtx", "xdmf" or both.
        units: "SI", or "groups" if the problem is defined by dimensionless groups.

    Returns:
        Path of the folder for this time.

    Raises:
        MissingDependency: DOLFINx was built without a library that a format requires.
        OutputError: The files cannot be written; raised on all ranks.
    """
    comm = problem.cell.comm
    staging = Staging(comm, folder, name)
    for format_ in formats:
        write_fields(problem, staging.partial, format=format_, units=units, time=time)
    made = staging.publish_as(name)
    if "xdmf" in formats:
        index = Staging(comm, folder, "index")
        for index_name, file in INDICES.items():
            if file == FLUID or problem.solids:
                index.add_text(index_name, partial(merge_times, folder, file))
        index.publish()
    return made
