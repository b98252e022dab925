"""VTX: folders of ADIOS2 for ParaView, second order kept.

Folders: ``fields.bp`` with all that is continuous, ``fluxes.bp`` with what is made of gradients and
jumps from mesh cell to mesh cell, both of the fluid; ``solids.bp`` with the solids. DOLFINx numbers
the points of a file by the first function's dofs and does not look at the others
(FEniCS/dolfinx#3178), so all functions of a file are made for it on spaces with one numbering,
which is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dolfinx import fem, io

from femsoret.base.errors import MissingDependency, OutputError
from femsoret.base.versions import coordinate_element
from femsoret.io.about import about
from femsoret.io.fields import OutputField, UnitSystem, output_fields, region_field
from femsoret.io.parts import Part, fluid_part, solid_part
from femsoret.io.samples import Content, Samples, Space
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
    contents = _contents(problem, fields)
    samples = [Samples(problem.cell, content) for content in contents]
    for of_file in samples:
        _check_numbering(of_file.name, of_file.functions)
    staging = Staging(problem.cell.comm, folder, "vtx")
    staging.add_text("fields.bp.README.txt", about(problem, contents))
    return FieldSeries(staging, samples, lambda: _Folders(staging.partial, samples))


def _contents(problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
    """Return what each folder holds."""
    cell, region = problem.cell, region_field(problem)
    fluid, solid = fluid_part(cell), solid_part(cell)
    of_mesh = int(coordinate_element(cell.mesh).degree)

    def content(
        name: str, part: Part, chosen: Iterable[OutputField], *, continuous: bool
    ) -> list[Content]:
        chosen = tuple(chosen)
        if not chosen:
            return []
        # The points of a file are all that readers know of its mesh: fewer would cut its curves.
        space = Space(max(of_mesh, *(field.degree for field in chosen)), continuous)
        return [Content(name, part, (*chosen, *region), lambda _: space)]

    whole = [field for field in fields if field.continuous]
    broken = [field for field in fields if not field.continuous]
    heat = [field for field in fields if field.in_solids]
    return (
        *content("fields.bp", fluid, whole, continuous=True),
        *content("fluxes.bp", fluid, broken, continuous=False),
        # Solids that meet differ in their fluxes and in the number of their region.
        *(content("solids.bp", solid, heat, continuous=False) if solid else ()),
    )


class _Folders:
    """Open VTX folders."""

    def __init__(self, folder: Path, samples: Sequence[Samples]) -> None:
        # BP4 is the engine that ParaView's reader was tried with.
        self._writers = [
            io.VTXWriter(of_file.mesh.comm, folder / of_file.name, of_file.functions, "BP4")
            for of_file in samples
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
