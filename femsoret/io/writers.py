"""Writers: fields of a problem in the formats that ParaView opens, once, in series or at times."""

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

INDEX: Final = "times.xdmf"
INDICES: Final = MappingProxyType({INDEX: FLUID, "times_solids.xdmf": SOLIDS})
"""All indices of fields at times, and the files of a time that they refer to."""


class Format(Protocol):
    """What the module of a format offers."""

    def contents(self, problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
        """Return what each file holds."""

    def open_file(self, samples: Samples, path: Path) -> OpenFile:
        """Open a file; collective."""


def open_fields(
    problem: Problem,
    folder: Path,
    *,
    format: str = "vtx",
    units: UnitSystem = "SI",
    fields: Sequence[OutputField] | None = None,
) -> FieldSeries:
    """Open files for the fields of a problem; collective.

    Args:
        problem: The problem.
        folder: Folder of the results; made if missing.
        format: One of ``FORMATS``.
        units: "groups" if the problem is stated by dimensionless groups.
        fields: What to write; None for all fields.

    Raises:
        MissingDependency: DOLFINx was built without what the format needs.
        OutputError: There is no such format, or the folder cannot be written to.
    """
    if format not in FORMATS:
        raise OutputError(f"there is no field format {format!r}", nearest(format, FORMATS))
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
    """Write the present state of a problem; collective.

    Args:
        problem: The problem.
        folder: Folder of the results; made if missing.
        format: One of ``FORMATS``.
        units: "groups" if the problem is stated by dimensionless groups.
        time: Time of the state, s.

    Returns:
        The files to open in ParaView; the same on all ranks.

    Raises:
        MissingDependency: DOLFINx was built without what the format needs.
        OutputError: There is no such format, or the folder cannot be written to.
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
    """Write the present state as the fields of a time, and the index anew; collective.

    Each time has a folder of its own, complete or absent: a series in one file would be lost with
    its last write. The index is an XDMF file that refers to the HDF5 files of the times. It is made
    from what is there, so that it is right after any interruption.

    Args:
        problem: The problem.
        folder: Folder of the fields of all times; made if missing.
        name: Name of the time's own folder, which is replaced.
        time: Time, s.
        formats: Some of ``FORMATS``.
        units: "groups" if the problem is stated by dimensionless groups.

    Returns:
        The time's own folder.

    Raises:
        OutputError: The file system refused; the same on all ranks.
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
