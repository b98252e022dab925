"""Samples: fields as functions of the spaces that a format can hold, on a part of the cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import basix
import basix.ufl
import numpy as np
from dolfinx import fem
from dolfinx.mesh import Mesh

from femsoret.base.compiled import compiled_expression
from femsoret.cells import Cell
from femsoret.io.fields import OutputField
from femsoret.io.parts import Part


@dataclass(frozen=True)
class Space:
    """Lagrange functions that hold a sample.

    Args:
        degree: Polynomial degree.
        continuous: Whether they are continuous across mesh cells.
    """

    degree: int
    continuous: bool

    def element(self, mesh: Mesh) -> Any:
        """Return the scalar element on the cells of a mesh."""
        # VTK's cells of higher order have equally spaced nodes; DOLFINx's own from degree 3 on not.
        even = basix.LagrangeVariant.equispaced if self.degree > 0 else basix.LagrangeVariant.unset
        return basix.ufl.element(
            "Lagrange", mesh.basix_cell(), self.degree, even, discontinuous=not self.continuous
        )

    def on(self, mesh: Mesh, shape: tuple[int, ...]) -> fem.FunctionSpace:
        """Return the space of values of a shape on a mesh."""
        element = self.element(mesh)
        whole = basix.ufl.blocked_element(element, shape=shape) if shape else element
        return fem.functionspace(mesh, whole)

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
        fields: Its fields.
        space: Gives the space that the file holds a field in.
    """

    name: str
    part: Part
    fields: Sequence[OutputField]
    space: Callable[[OutputField], Space]


class Samples:
    """The fields of a file, evaluated at the nodes of its spaces.

    Everything is compiled when a Samples is made; evaluating again costs no compilation.

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
        self._sources: list[tuple[fem.Function, Any]] = []
        spaces: dict[tuple[Space, tuple[int, ...]], tuple[Any, Any]] = {}
        for field in content.fields:
            kind, shape = content.space(field), field.shape
            if (kind, shape) not in spaces:
                spaces[kind, shape] = kind.on(cell.mesh, shape), kind.on(self.mesh, shape)
            evaluated, written = spaces[kind, shape]
            self.functions.append(fem.Function(written, name=field.label))
            source = _interpolable(field.expression, kind.element(cell.mesh))
            self._sources.append((fem.Function(evaluated), source))

    def update(self) -> None:
        """Evaluate all fields at the problem's present state."""
        for function, (evaluated, source) in zip(self.functions, self._sources, strict=True):
            evaluated.interpolate(source, self._cells, self._cells)
            function.interpolate(evaluated, self._cells, self._own)


def _interpolable(expression: Any, element: Any) -> Any:
    """Return what ``Function.interpolate`` takes; a function needs nothing compiled."""
    if isinstance(expression, fem.Function):
        return expression
    return compiled_expression(expression, element.basix_element.points)
