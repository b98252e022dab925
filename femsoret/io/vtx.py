"""VTX format: ADIOS2 folders for ParaView, which preserve the polynomial degree.

``fields.bp`` contains all continuous fields of the fluid, ``fluxes.bp`` the fields computed from
gradients, which jump between mesh cells, and ``solids.bp`` the solids. DOLFINx takes the numbering
of a file's points from the dofs of the first function and ignores that of the others
(FEniCS/dolfinx#3178). Therefore all functions of a file are created on spaces with the same
numbering, and this is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from dolfinx import fem, io

from femsoret.base.errors import MissingDependency, OutputError
from femsoret.base.versions import coordinate_element
from femsoret.io.field_files import Content, OpenFile, Samples, Space, fluid_part, solid_part
from femsoret.io.fields import OutputField, region_field
from femsoret.problem import Problem


def contents(problem: Problem, fields: Sequence[OutputField]) -> tuple[Content, ...]:
    """Return the content of each ADIOS2 folder.

    Args:
        problem: The problem.
        fields: Fields to write.

    Raises:
        MissingDependency: DOLFINx was built without ADIOS2.
    """
    if not hasattr(io, "VTXWriter"):
        raise MissingDependency(
            "this DOLFINx was built without ADIOS2, which VTX output requires",
            'use the format "xdmf" (first order), or install a DOLFINx with ADIOS2',
        )
    cell, region = problem.cell, region_field(problem)
    fluid, solid = fluid_part(cell), solid_part(cell)
    mesh_degree = int(coordinate_element(cell.mesh).degree)
    candidates = [
        ("fields.bp", fluid, [field for field in fields if field.continuous], True),
        ("fluxes.bp", fluid, [field for field in fields if not field.continuous], False),
        # Fluxes and region numbers jump where two solids meet.
        ("solids.bp", solid, [field for field in fields if field.in_solids], False),
    ]
    made = []
    for name, part, chosen, continuous in candidates:
        if part is not None and chosen:
            # Readers rebuild the mesh from these points: a lower degree would straighten curves.
            space = Space(max(mesh_degree, *(field.degree for field in chosen)), continuous)
            made.append(Content(name, part, dict.fromkeys((*chosen, *region), space)))
    return tuple(made)


def open_file(samples: Samples, path: Path) -> OpenFile:
    """Open an ADIOS2 folder for writing; collective.

    Args:
        samples: Interpolated fields of the folder.
        path: Path of the folder.

    Raises:
        OutputError: The nodes of the functions are numbered differently.
    """
    check_numbering(samples.name, samples.functions)
    # BP4 is the engine with which ParaView's reader was tested.
    writer: OpenFile = io.VTXWriter(samples.mesh.comm, path, samples.functions, "BP4")
    return writer


def check_numbering(name: str, functions: Sequence[fem.Function]) -> None:
    """Check that the nodes of all functions of a file have the same numbering; collective.

    Args:
        name: Name of the file, for the error message.
        functions: Functions that the file contains.

    Raises:
        OutputError: The numberings differ on some rank.
    """
    first = functions[0].function_space
    alike = all(
        np.array_equal(first.dofmap.list, function.function_space.dofmap.list)
        for function in functions
    )
    if not all(first.mesh.comm.allgather(alike)):
        raise OutputError(
            f"the nodes of the functions in {name} are numbered differently, so that VTX output "
            "would be wrong",
            'use the format "xdmf" instead, and report this as a bug',
        )
