"""Samples: fields as functions of the spaces that a format can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import basix
import basix.ufl
import numpy as np
from dolfinx import fem
from dolfinx.mesh import Mesh

from femsoret.cells import Cell
from femsoret.cells.inside import outside_fluid
from femsoret.compiled import compiled_expression
from femsoret.io.fields import OutputField


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

    def __str__(self) -> str:
        if self.degree == 0:
            return "one value a mesh cell, taken at its middle"
        kind = "" if self.continuous else "discontinuous "
        return f"{kind}Lagrange degree {self.degree}"


class Samples:
    """Fields evaluated at the nodes of output spaces.

    Everything is compiled when a Samples is made; evaluating again costs no compilation.

    Args:
        cell: The cell. Fields of its fluid are not a number inside its solids: a zero there would
            look like a value.
        fields: What to evaluate.
        space: Gives the output space of a field.

    Attributes:
        functions: One function a field, in the same order, named by the field's label.
    """

    def __init__(
        self, cell: Cell, fields: Sequence[OutputField], space: Callable[[OutputField], Space]
    ) -> None:
        mesh = cell.mesh
        spaces: dict[tuple[Space, tuple[int, ...]], fem.FunctionSpace] = {}
        self.functions: list[fem.Function] = []
        self._sources: list[Any] = []
        self._outside: list[Any] = []
        for field in fields:
            element = space(field).element(mesh)
            key = (space(field), field.shape)
            if key not in spaces:
                whole = basix.ufl.blocked_element(element, shape=field.shape)
                spaces[key] = fem.functionspace(mesh, whole if field.shape else element)
            self.functions.append(fem.Function(spaces[key], name=field.label))
            self._sources.append(_interpolable(field.expression, element))
            nowhere = np.empty(0, dtype=np.int32)
            outside = nowhere if field.in_solids else outside_fluid(cell, spaces[key])
            width = int(np.prod(field.shape, dtype=int))
            self._outside.append((width * outside[:, None] + np.arange(width)).ravel())

    def update(self) -> None:
        """Evaluate all fields at the problem's present state."""
        for function, source, outside in zip(
            self.functions, self._sources, self._outside, strict=True
        ):
            function.interpolate(source)
            function.x.scatter_forward()
            function.x.array[outside] = np.nan


def _interpolable(expression: Any, element: Any) -> Any:
    """Return what ``Function.interpolate`` takes; a function needs nothing compiled."""
    if isinstance(expression, fem.Function):
        return expression
    return compiled_expression(expression, element.basix_element.points)
