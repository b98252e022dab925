"""Field files: fields of one problem, sampled for a file format, at one or more times.

The fluid and the solids are in files of their own, because most fields end at the walls of the
fluid and readers have no word for that: a zero looks like a value, and a nan spoils integrals and
ends ParaView's stream tracer.
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
    """Some mesh cells of a cell, as a mesh of their own.

    Args:
        mesh: The mesh, distributed over the ranks as the cell's. It has the mesh cells that each
            rank owns and no others: files of a mesh with ghosts hold cells between ranks twice.
        cells: The mesh cell of the cell's mesh for each local mesh cell, shape (n,).
    """

    mesh: Mesh
    cells: Indices


def fluid_part(cell: Cell) -> Part:
    """Return the fluid of a cell; collective."""
    return Part(*submesh(cell.mesh, cell.fluid_cells))


def solid_part(cell: Cell) -> Part | None:
    """Return the solids of a cell together, or None if it has none; collective."""
    if not cell.walls.solids:
        return None
    return Part(*submesh(cell.mesh, np.setdiff1d(owned_cells(cell.mesh), cell.fluid_cells)))


@dataclass(frozen=True)
class Space:
    """A space of Lagrange functions in which a file holds a field.

    Args:
        degree: Polynomial degree.
        continuous: Whether the functions are continuous across mesh cells.
    """

    degree: int
    continuous: bool

    def element(self, mesh: Mesh) -> basix.ufl._ElementBase:
        """Return the scalar element on the cells of a mesh."""
        # VTK's cells of higher order have equally spaced nodes; DOLFINx's own from degree 3 on not.
        even = basix.LagrangeVariant.equispaced if self.degree > 0 else basix.LagrangeVariant.unset
        return basix.ufl.element(
            "Lagrange", mesh.basix_cell(), self.degree, even, discontinuous=not self.continuous
        )

    def on(self, mesh: Mesh, shape: tuple[int, ...]) -> fem.FunctionSpace:
        """Return the function space on a mesh for values of a shape, () or (dim,)."""
        element = self.element(mesh)
        return fem.functionspace(
            mesh, basix.ufl.blocked_element(element, shape=shape) if shape else element
        )

    def __str__(self) -> str:
        if self.degree == 0:
            return "one value a mesh cell, taken at its middle"
        kind = "" if self.continuous else "discontinuous "
        return f"{kind}Lagrange degree {self.degree}"


@dataclass(frozen=True, eq=False)
class Content:
    """What one file holds.

    Args:
        name: Name of the file.
        part: The part of the cell.
        spaces: Field -> the space in which the file holds the field.
    """

    name: str
    part: Part
    spaces: Mapping[OutputField, Space]


class Samples:
    """The fields of a file, evaluated at the nodes of its spaces.

    All expressions are compiled by the constructor.

    Args:
        cell: The cell.
        content: What to evaluate, and where.

    Attributes:
        name: Name of the file.
        mesh: The mesh of the part.
        functions: One function a field, in the same order, named by the field's label.
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
        """Evaluate all fields at the problem's present state."""
        for function, (evaluated, source) in zip(self.functions, self._sources, strict=True):
            evaluated.interpolate(source, self._cells, self._cells)
            function.interpolate(evaluated, self._cells, self._own)


class OpenFile(Protocol):
    """An open file of one format, opened with the functions that it holds."""

    def write(self, time: float) -> None:
        """Add the present values of the functions at a time, s."""

    def close(self) -> None:
        """Finish the file."""


class FieldSeries:
    """Open field files; a context manager. They become results when they are closed.

    Leaving the context with an exception leaves the incomplete files in a folder ``*.partial``.

    Args:
        staging: Where the files grow.
        samples: The content of the files.
        open_file: Opens a file, given its content and its path.
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
        """Add the problem's present state; collective.

        Args:
            time: Time, s.

        Raises:
            OutputError: The file system refused.
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
        """Finish the files and move them to the results folder; collective.

        Returns:
            The files to open in ParaView; the same on all ranks.

        Raises:
            OutputError: The file system refused, or nothing was written.
        """
        self._check_open()
        self._closed = True
        self._staging.collectively("write to", self._close_files)
        if not self._written:
            raise OutputError("field files were closed before anything was written")
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
            return  # to close a file takes all ranks
        # What was written so far stays readable, under a name that nobody takes for a result.
        self._closed = True
        self._close_files()
        log.warning(
            "field output was interrupted; what there is stays in %s", self._staging.partial
        )


def description(problem: Problem, files: Iterable[Content]) -> str:
    """Return the text beside field files: what each holds, how, and relative to which reference.

    Args:
        problem: The problem.
        files: What the files hold.
    """
    mixture = problem.mixture
    lines = ["Fields for ParaView", "", f"{problem!r}", f"Solved with degree {problem.degree}."]
    if problem.cell.coordinates.has_axis:
        lines.append(
            "Axisymmetric: x is r, the distance from the axis, and y is z, the height along it; "
            "the components of vectors are those along r and z."
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
            "The solids are in files of their own, with the temperature and what is made of it; "
            "all other files hold the fluid alone. The numbers of the regions: "
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
