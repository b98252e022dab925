"""Writers: modules that write fields, found by name and imported when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from femsoret.base.errors import OutputError, nearest
from femsoret.io.fields import OutputField, UnitSystem
from femsoret.io.series import FieldSeries
from femsoret.problem import Problem

FORMATS = ("vtx", "xdmf")


class FieldWriter(Protocol):
    """What a module that writes fields offers."""

    def open_fields(
        self,
        problem: Problem,
        folder: Path,
        units: UnitSystem = "SI",
        fields: Sequence[OutputField] | None = None,
    ) -> FieldSeries:
        """Open files for the fields of a problem.

        Args:
            problem: The problem.
            folder: Where results go.
            units: "groups" where the problem is stated by dimensionless groups.
            fields: What to write; None for all fields.
        """


def get_writer(name: str) -> FieldWriter:
    """Return the writer of a format.

    Args:
        name: One of ``FORMATS``.

    Raises:
        OutputError: There is no such format.
    """
    if name not in FORMATS:
        raise OutputError(f"there is no field format {name!r}", nearest(name, FORMATS))
    return cast(FieldWriter, import_module(f"femsoret.io.{name}"))


def write_fields(
    problem: Problem,
    folder: Path,
    *,
    format: str = "vtx",
    units: UnitSystem = "SI",
    time: float = 0.0,
) -> tuple[Path, ...]:
    """Write the present state of a problem.

    Args:
        problem: The problem.
        folder: Where results go; made if missing.
        format: One of ``FORMATS``.
        units: "groups" where the problem is stated by dimensionless groups.
        time: Time of the state, s.

    Returns:
        What ParaView opens; the same on all ranks.

    Raises:
        MissingDependency: DOLFINx was built without what the format needs.
        OutputError: There is no such format, or the folder cannot be written to.
    """
    with get_writer(format).open_fields(problem, folder, units) as series:
        series.write(time)
        return series.close()
