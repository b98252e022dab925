"""VTX: folders of ADIOS2 for ParaView, second order kept.

Two folders: ``fields.bp`` with all that is continuous, ``fluxes.bp`` with what is made of gradients
and jumps from mesh cell to mesh cell. DOLFINx numbers the points of a file by the first function's
dofs and does not look at the others (FEniCS/dolfinx#3178), so all functions of a file are made for
it on spaces with one numbering, which is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from dolfinx import fem, io

from femsoret.errors import MissingDependency, OutputError
from femsoret.io.about import about
from femsoret.io.fields import OutputField, UnitSystem, output_fields
from femsoret.io.samples import Samples, Space
from femsoret.io.series import FieldSeries
from femsoret.io.staging import Staging
from femsoret.problem import Problem


def open_fields(
    problem: Problem,
    folder: Path,
    units: UnitSystem = "SI",
    fields: Sequence[OutputField] | None = None,
) -> FieldSeries:
    """Open VTX folders for all fields of a problem.

    Args:
        problem: The problem.
        folder: Where results go.
        units: "groups" where the problem is stated by dimensionless groups.
        fields: What to write; None for all fields.

    Raises:
        MissingDependency: DOLFINx was built without ADIOS2.
        OutputError: The folder cannot be written to.
    """
    if not hasattr(io, "VTXWriter"):
        raise MissingDependency(
            "this DOLFINx was built without ADIOS2, which VTX output needs",
            'write "xdmf" instead (first order), or install a DOLFINx with ADIOS2',
        )
    fields = tuple(fields or output_fields(problem, units))
    samples = Samples(problem.cell, fields, space_of)
    continuous = [field.continuous for field in fields]
    files = {
        "fields.bp": list(compress(samples.functions, continuous)),
        "fluxes.bp": list(compress(samples.functions, (not whole for whole in continuous))),
    }
    files = {name: functions for name, functions in files.items() if functions}
    for name, functions in files.items():
        _check_numbering(name, functions)
    staging = Staging(problem.cell.comm, folder, "vtx")
    file_of = ["fields.bp" if whole else "fluxes.bp" for whole in continuous]
    staging.add_text(
        "fields.bp.README.txt", about(problem, list(zip(fields, file_of, strict=True)), space_of)
    )
    return FieldSeries(staging, samples, lambda: _Folders(staging.partial, files), tuple(files))


def space_of(field: OutputField) -> Space:
    """Return the space that VTX holds a field in: Lagrange of the field's own degree."""
    return Space(field.degree, field.continuous)


class _Folders:
    """Open VTX folders."""

    def __init__(self, partial: Path, files: dict[str, list[fem.Function]]) -> None:
        # BP4 is the engine that ParaView's reader was tried with.
        self._writers = [
            io.VTXWriter(functions[0].function_space.mesh.comm, partial / name, functions, "BP4")
            for name, functions in files.items()
        ]

    def write(self, time: float) -> None:
        for writer in self._writers:
            writer.write(time)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


def _check_numbering(name: str, functions: Sequence[fem.Function]) -> None:
    """Make sure that the functions of a file number their nodes alike, on all ranks."""
    first: Any = functions[0].function_space
    alike = all(
        np.array_equal(first.dofmap.list, function.function_space.dofmap.list)
        for function in functions
    )
    if not all(first.mesh.comm.allgather(alike)):
        raise OutputError(
            f"the functions for {name} number their nodes differently, so VTX would mix them up",
            'write "xdmf" instead, and tell the developers',
        )
