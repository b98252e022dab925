"""VTX: folders of ADIOS2 for ParaView, second order kept.

``fields.bp`` holds all continuous fields of the fluid, ``fluxes.bp`` those that are made of
gradients and jump from mesh cell to mesh cell; ``solids.bp`` holds the solids. DOLFINx numbers the
points of a file by the first function's dofs and does not look at the others
(FEniCS/dolfinx#3178), so all functions of a file are made for it on spaces with one numbering,
which is checked.
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
    """Return what each folder holds.

    Raises:
        MissingDependency: DOLFINx was built without ADIOS2.
    """
    if not hasattr(io, "VTXWriter"):
        raise MissingDependency(
            "this DOLFINx was built without ADIOS2, which VTX output needs",
            'write "xdmf" instead (first order), or install a DOLFINx with ADIOS2',
        )
    cell, region = problem.cell, region_field(problem)
    fluid, solid = fluid_part(cell), solid_part(cell)
    mesh_degree = int(coordinate_element(cell.mesh).degree)
    candidates = [
        ("fields.bp", fluid, [field for field in fields if field.continuous], True),
        ("fluxes.bp", fluid, [field for field in fields if not field.continuous], False),
        # Solids that meet differ in their fluxes and in the number of their region.
        ("solids.bp", solid, [field for field in fields if field.in_solids], False),
    ]
    made = []
    for name, part, chosen, continuous in candidates:
        if part is not None and chosen:
            # Readers know of the mesh only the points of its file: fewer would cut its curves.
            space = Space(max(mesh_degree, *(field.degree for field in chosen)), continuous)
            made.append(Content(name, part, dict.fromkeys((*chosen, *region), space)))
    return tuple(made)


def open_file(samples: Samples, path: Path) -> OpenFile:
    """Open a folder; collective.

    Raises:
        OutputError: The functions number their nodes differently.
    """
    check_numbering(samples.name, samples.functions)
    # BP4 is the engine that ParaView's reader was tried with.
    writer: OpenFile = io.VTXWriter(samples.mesh.comm, path, samples.functions, "BP4")
    return writer


def check_numbering(name: str, functions: Sequence[fem.Function]) -> None:
    """Check that the functions of a file number their nodes alike, on all ranks; collective.

    Raises:
        OutputError: They do not.
    """
    first = functions[0].function_space
    alike = all(
        np.array_equal(first.dofmap.list, function.function_space.dofmap.list)
        for function in functions
    )
    if not all(first.mesh.comm.allgather(alike)):
        raise OutputError(
            f"the functions for {name} number their nodes differently, so VTX would mix them up",
            'write "xdmf" instead, and tell the developers',
        )
