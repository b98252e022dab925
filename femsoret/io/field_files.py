"""Field files: fields of a problem, interpolated for a file format, at one or more times.

The fluid and the solids are written to separate files. Most fields exist in the fluid only, and
file formats cannot express that: a zero would look like a value, and a NaN would spoil integrals
and stop ParaView's stream tracer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

import basix
import basix.ufl
import numpy as np
from dolfinx import fem
from dolfinx.mesh import Mesh

from femsoret.base.compiled import compiled_expression
from femsoret.base.errors import OutputError
from femsoret.base.log import get_logger
from femsoret.base.ranks import may_be_on_one_rank
from femsoret.base.types import Indices
from femsoret.base.versions import submesh
from femsoret.cells import Cell
from femsoret.cells.geometry import owned_cells
from femsoret.io.fields import OutputField
from femsoret.io.files import Staging
from femsoret.problem import Problem

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a cell, such as its fluid, as a separate mesh.

    Args:
        mesh: Submesh of the cell's mesh, with the same distribution over the ranks. It has no ghost
            cells, because files would contain those twice.
        cells: Index in the cell's mesh of each local mesh cell of the submesh, shape (n,).
    """

    mesh: Mesh
    cells: Indices


def fluid_part(cell: Cell) -> Part:
    """Return the fluid of a cell as a separate mesh; collective."""
    return Part(*submesh(cell.mesh, cell.fluid_cells))


def solid_part(cell: Cell) -> Part | None:
    """Return all solids of a cell as one separate mesh, or None without solids; collective."""
    if not cell.walls.solids:
        return None
    return Part(*submesh(cell.mesh, np.setdiff1d(owned_cells(cell.mesh), cell.fluid_cells)))


@dataclass(frozen=True)
class Space:
    """A Lagrange space in which a field is written to a file.

    Args:
        degree: Polynomial degree; 0 for one value per mesh cell.
        continuous: Whether the functions are continuous across mesh cells.
    """

    degree: int
    continuous: bool

    def element(self, mesh: Mesh) -> basix.ufl._ElementBase:
        """Return the scalar Lagrange element for the cell type of a mesh."""
        # VTK's higher-order cells have equally spaced nodes; DOLFINx's from degree 3 on have not.
        even = basix.LagrangeVariant.equispaced if self.degree > 0 else basix.LagrangeVariant.unset
        return basix.ufl.element(
            "Lagrange", mesh.basix_cell(), self.degree, even, discontinuous=not self.continuous
        )

    def on(self, mesh: Mesh, shape: tuple[int, ...]) -> fem.FunctionSpace:
        """Return the function space on a mesh.

        Args:
            mesh: The mesh.
            shape: Value shape, () or (dim,).
        """
        element = self.element(mesh)
        return fem.functionspace(
            mesh, basix.ufl.blocked_element(element, shape=shape) if shape else element
        )

    def __str__(self) -> str:
        if self.degree == 0:
            return "one value per mesh cell, evaluated at its midpoint"
        kind = "" if self.continuous else "discontinuous "
        return f"{kind}Lagrange degree {self.degree}"


@dataclass(frozen=True, eq=False)
class Content:
    """Content of one field file.

    Args:
        name: Name of the file.
        part: Part of the cell that the file covers.
        spaces: Field -> the space in which it is written.
    """

    name: str
    part: Part
    spaces: Mapping[OutputField, Space]


class Samples:
    """The fields of a file, interpolated into the spaces in which they are written.

    The constructor compiles all expressions.

    Args:
        cell: Cell on which the fields are defined.
        content: The fields and their spaces.

    Attributes:
        name: Name of the file.
        mesh: Mesh of the part of the cell that the file covers.
        functions: One function per field, in the order of ``content.spaces``, named by the label of
            the field.
    """

    def __init__(self, cell: Cell, content: Content) -> None:
        self.name, self.mesh = content.name, content.part.mesh
        self.functions: list[fem.Function] = []
        self._cells = content.part.cells
        self._own = np.arange(len(self._cells), dtype=np.int32)
        self._sources: list[tuple[fem.Function, fem.Function | fem.Expression]] = []
        spaces: dict[
            tuple[Space, tuple[int, ...]], tuple[fem.FunctionSpace, fem.FunctionSpace]
        ] = {}
        for field, kind in content.spaces.items():
            shape = field.shape
            if (kind, shape) not in spaces:
                spaces[kind, shape] = kind.on(cell.mesh, shape), kind.on(self.mesh, shape)
            evaluated, written = spaces[kind, shape]
            self.functions.append(fem.Function(written, name=field.label))
            source = field.expression
            if not isinstance(source, fem.Function):
                points = kind.element(cell.mesh).basix_element.points
                source = compiled_expression(source, points)
            self._sources.append((fem.Function(evaluated), source))

    def update(self) -> None:
        """Interpolate all fields at the current state of the problem."""
        for function, (evaluated, source) in zip(self.functions, self._sources, strict=True):
            evaluated.interpolate(source, self._cells, self._cells)
            function.interpolate(evaluated, self._cells, self._own)


class OpenFile(Protocol):
    """An open file in one of the formats, bound to the functions that it writes."""

    def write(self, time: float) -> None:
        """Append the current values of the functions, labelled with a time, s."""

    def close(self) -> None:
        """Complete and close the file."""


class FieldSeries:
    """A set of open field files to which states are appended; a context manager.

    Closing the files moves them to the results folder. If the context ends with an exception, the
    incomplete files remain in a folder ``*.partial``.

    Args:
        staging: Staging folder in which the files are written.
        samples: Interpolated fields, one object per file.
        open_file: Function that opens a file, given its samples and its path.
    """

    def __init__(
        self,
        staging: Staging,
        samples: Sequence[Samples],
        open_file: Callable[[Samples, Path], OpenFile],
    ) -> None:
        self._staging = staging
        self._samples = tuple(samples)
        self._written = 0
        self._files: list[OpenFile] = []
        self._closed = False

        def open_all() -> None:
            self._files += [open_file(sample, staging.partial / sample.name) for sample in samples]

        staging.collectively("write to", open_all)

    def write(self, time: float = 0.0) -> None:
        """Append the current state of the problem to all files; collective.

        Args:
            time: Time of the state, s.

        Raises:
            OutputError: The files cannot be written; raised on all ranks.
            ValueError: The files are closed.
        """
        self._check_open()
        for sample in self._samples:
            sample.update()

        def write_all() -> None:
            for file in self._files:
                file.write(time)

        self._staging.collectively("write to", write_all)
        self._written += 1

    def close(self) -> tuple[Path, ...]:
        """Close the files and move them to the results folder; collective.

        Returns:
            Paths of the files to open in ParaView; the same on all ranks.

        Raises:
            OutputError: The files cannot be completed or moved, or no state was written; raised on
                all ranks.
            ValueError: The files are already closed.
        """
        self._check_open()
        self._closed = True
        self._staging.collectively("write to", self._close_files)
        if not self._written:
            raise OutputError("the field files were closed before any state was written")
        self._staging.publish()
        return tuple(self._staging.folder / sample.name for sample in self._samples)

    def _close_files(self) -> None:
        for file in self._files:
            file.close()

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("the field files are closed")

    def __enter__(self) -> FieldSeries:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._closed:
            return
        if error is None:
            self.close()
            return
        if may_be_on_one_rank(self._staging.comm, error):
            return  # closing a file is collective
        # The states written so far stay readable, in a folder that cannot be mistaken for a result.
        self._closed = True
        self._close_files()
        log.warning(
            "field output was interrupted; the states written so far are in %s",
            self._staging.partial,
        )


def description(problem: Problem, files: Iterable[Content]) -> str:
    """Return the README of field files: their fields, function spaces and reference values.

    Args:
        problem: The problem.
        files: Content of each file.
    """
    mixture = problem.mixture
    degree = problem.degree
    lines = [
        "Fields for ParaView",
        "",
        f"{problem!r}",
        f"Polynomial degree of the solution: {degree}.",
    ]
    if problem.cell.coordinates.has_axis:
        lines.append(
            "Axisymmetric: x is the radius r and y is the axial coordinate z; vectors have the "
            "components along r and z."
        )
    lines += [
        "",
        *(
            f"{file.name}: {field.label}: {_representation(field, space)}"
            for file in files
            for field, space in file.spaces.items()
        ),
        "",
        f"temperature deviation = temperature - T0, T0 = {mixture.T0:.10g}",
    ]
    solids = [
        f"{number} {region} of {solid.name}"
        for number, (region, solid) in enumerate(problem.solids.items(), start=1)
    ]
    if solids:
        lines.append(
            "The solids are in separate files, which contain the temperature and fields derived "
            "from it; all other files contain the fluid only. Region numbers: "
            + ", ".join(["0 fluid", *solids])
        )
    lines += [
        f"composition deviation of {species.name} = mass fraction - c0, c0 = {species.c0:.10g}"
        for species in mixture.species
    ]
    return "\n".join(lines) + "\n"


def _representation(field: OutputField, space: Space) -> str:
    interpolated = field.continuous and space.degree < field.degree
    return f"{space}, interpolated from degree {field.degree}" if interpolated else f"{space}"
