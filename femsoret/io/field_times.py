"""Fields at chosen times: a folder a time, complete or absent, and an index of them for ParaView.

A series in one file would be lost with its last write. The index is an XDMF file that refers to the
HDF5 files of the times; it is made from what is there, so that it is right after any interruption.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from femsoret.io.fields import UnitSystem
from femsoret.io.staging import Staging
from femsoret.io.writers import write_fields
from femsoret.io.xdmf import FLUID, SOLIDS, new_collection
from femsoret.problem import Problem

INDEX: Final = "times.xdmf"
"""Name of the index."""

INDICES: Final = MappingProxyType({INDEX: FLUID, "times_solids.xdmf": SOLIDS})
"""All indices, and the files of a time that they refer to."""


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

    Args:
        problem: The problem.
        folder: Where fields are; made if missing.
        name: Name of the time's own folder in it, which is replaced.
        time: Time, s.
        formats: Some of ``FORMATS``.
        units: "groups" where the problem is stated by dimensionless groups.

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
                index.add_text(index_name, _index(folder, file) if comm.rank == 0 else "")
        index.publish()
    return made


def _index(folder: Path, file: str) -> str:
    """Return an XDMF series of a file at all times in a folder, in order of time."""
    grids = []
    for part in sorted(folder.glob(f"*/{file}")):
        if part.parent.suffix == ".partial":
            continue
        for grid in ET.parse(part).getroot().findall("Domain/Grid/Grid"):
            for item in grid.iter("DataItem"):
                item.text = f"{part.parent.name}/{(item.text or '').strip()}"
            grids.append(grid)
    root, series = new_collection()
    series.extend(sorted(grids, key=_time_of))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _time_of(grid: ET.Element) -> float:
    time = grid.find("Time")
    return 0.0 if time is None else float(time.attrib["Value"])
