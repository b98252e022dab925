"""The derivative of a residual, in two parts: one that is the same at every state, and the rest.

Friction, pressure, continuity, the buoyancy potential and, where properties do not vary, most of
the rest are linear: their derivatives are assembled once. What a Newton step assembles anew is what
depends on the state. In 3D, with constant properties, that is a tenth of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from petsc4py import PETSc

import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled

Forms = list[list[fem.Form | None]]
"""Compiled bilinear forms, block by block; None where a block is zero."""


@dataclass(frozen=True, eq=False)
class Linearisation:
    """The derivative of a residual by the state, block by block.

    Args:
        constant: What depends on no field, only on parameters. It is None where the derivative is
            zero, except on the diagonal: the other blocks give the matrix its pattern.
        varying: What depends on the state or on given fields; None where nothing does.
    """

    constant: Forms
    varying: Forms

    def couples(self, i: int, j: int) -> bool:
        """Return whether equations of block i depend on block j: whether there is such a block."""
        return self.constant[i][j] is not None


def linearise(
    residual: Sequence[ufl.Form], functions: Sequence[fem.Function], dx: ufl.Measure
) -> Linearisation:
    """Return the exact derivative of a residual.

    Args:
        residual: One form a block, in the order of the functions.
        functions: The state.
        dx: Measure of the whole mesh, of the residual's own quadrature: two quadrature rules in one
            kernel give wrong matrices on curved hexahedra (FFCx 0.9 and 0.11).
    """
    spaces = [function.function_space for function in functions]
    mixed = ufl.MixedFunctionSpace(*spaces)
    trials, tests = ufl.TrialFunctions(mixed), ufl.TestFunctions(mixed)
    zero = fem.Constant(spaces[0].mesh, PETSc.ScalarType(0.0))
    constant: Forms = []
    varying: Forms = []
    for i, F in enumerate(residual):
        constant.append([])
        varying.append([])
        for j, (u, du) in enumerate(zip(functions, trials, strict=True)):
            same, rest = _derivative(F, u, du)
            # Direct solvers want the diagonal, and a pinned dof writes to it.
            if i == j or not (same.empty() and rest.empty()):
                same += zero * _sum(du) * _sum(tests[i]) * dx
            constant[i].append(_part(same))
            varying[i].append(_part(rest))
    return Linearisation(constant, varying)


def _derivative(F: ufl.Form, u: fem.Function, du: Any) -> tuple[ufl.Form, ufl.Form]:
    """Return dF/du, what depends on no field and what does, integral by integral."""
    constant, varying = ufl.Form([]), ufl.Form([])
    for integral in F.integrals():
        if u not in ufl.algorithms.extract_coefficients(integral):
            continue
        change = ufl.algorithms.expand_derivatives(ufl.derivative(ufl.Form([integral]), u, du))
        if change.coefficients():
            varying += change
        else:
            constant += change
    return constant, varying


def _sum(field: Any) -> Any:
    """Return the sum of a field's components."""
    return sum(field[i] for i in range(field.ufl_shape[0])) if field.ufl_shape else field


def _part(form: ufl.Form) -> fem.Form | None:
    return None if form.empty() else compiled(form)
