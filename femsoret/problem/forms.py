"""Forms of a problem: the terms of each phase, and the Jacobian of a residual.

Only :class:`Phases` restricts terms to the fluid. Heat is also conducted through solid walls, where
the solid takes the place of the mixture; flow and species exist in the fluid only.

The Jacobian has two parts. Viscous friction, pressure, continuity, the buoyancy potential and, with
constant properties, most other terms are linear; their derivatives are assembled once. Each Newton
step assembles only the part that depends on the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from petsc4py import PETSc

import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.types import Expr, Form, Measure
from femsoret.base.versions import BlockForms
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture, SolidBody, State
from femsoret.physics.forms import Phase, Term


class Phases:
    """The fluid and the solids of a cell, each with its constitutive law.

    Args:
        cell: The cell.
        mixture: The mixture, whose numbers are replaced by constants.
        bodies: Name of a solid region -> its material, whose numbers are replaced by constants.
        quadrature_degree: Common quadrature degree of all volume measures. Two quadrature rules in
            one kernel give wrong matrices on curved hexahedra (FFCx 0.9 and 0.11).
    """

    def __init__(
        self,
        cell: Cell,
        mixture: Mixture,
        bodies: Mapping[str, SolidBody],
        quadrature_degree: int,
    ) -> None:
        self.cell, self.mixture, self.bodies = cell, mixture, dict(bodies)
        self._metadata = {"quadrature_degree": quadrature_degree}
        self._indicators: dict[str, fem.Function] = {}

    def dx(self, *solids: str) -> Measure:
        """Return the volume measure of solid regions, or of the fluid if none is named.

        Args:
            solids: Names of solid regions, or "all" for the whole mesh.
        """
        return self.cell.dx(*solids, metadata=self._metadata)

    def in_fluid(self, terms: Sequence[Term], s: State, v: State) -> Form:
        """Return the sum of the terms that apply to the fluid, integrated over it; 0 if none do.

        Args:
            terms: Terms of the equations.
            s: Fields.
            v: Test functions.
        """
        return sum(
            term.form(s, v, self.mixture, self.dx()) for term in terms if Phase.FLUID in term.where
        )

    def everywhere(self, terms: Sequence[Term], s: State, v: State) -> Form:
        """Return the sum of terms, each integrated over the phases to which it applies; 0 if none.

        Args:
            terms: Terms of the equations.
            s: Fields.
            v: Test functions.
        """
        return self.in_fluid(terms, s, v) + sum(
            term.form(s, v, body, self.dx(region))
            for region, body in self.bodies.items()
            for term in terms
            if Phase.SOLID in term.where
        )

    def piecewise(self, expression: Callable[[Mixture | SolidBody], Expr]) -> Expr:
        """Return an expression on the whole mesh that has a separate definition in each phase.

        Args:
            expression: Function that returns the UFL expression for a mixture or a solid.
        """
        if not self.bodies:
            return expression(self.mixture)
        media: dict[str, Mixture | SolidBody] = {"": self.mixture, **self.bodies}
        return sum(self._indicator(region) * expression(medium) for region, medium in media.items())

    def _indicator(self, region: str) -> fem.Function:
        """Return the indicator function of a solid region, or of the fluid for ""."""
        if region not in self._indicators:
            one = fem.Function(fem.functionspace(self.cell.mesh, ("DG", 0)))
            cells = self.cell.cells_of(region)
            one.x.array[one.function_space.dofmap.list[cells].ravel()] = 1.0
            one.x.scatter_forward()
            self._indicators[region] = one
        return self._indicators[region]


@dataclass(frozen=True, eq=False)
class Linearisation:
    """The derivative of a residual with respect to the state, block by block.

    Args:
        constant: The part that depends on parameters only, not on fields. Blocks are None if the
            whole derivative is zero, except on the diagonal. All other blocks, even zero ones,
            define the sparsity pattern of the matrix.
        varying: The part that depends on the state or on given fields; blocks without such a part
            are None.
    """

    constant: BlockForms
    varying: BlockForms

    def couples(self, i: int, j: int) -> bool:
        """Return whether the equations of block i depend on block j, or i equals j."""
        return self.constant[i][j] is not None


def linearise(
    residual: Sequence[Form], functions: Sequence[fem.Function], dx: Measure
) -> Linearisation:
    """Return the exact derivative of a residual, compiled block by block; collective.

    Args:
        residual: One UFL form per block, in the order of the functions.
        functions: The state, one function per block.
        dx: Volume measure of the whole mesh with the residual's quadrature degree (see
            :class:`Phases`).
    """
    spaces = [function.function_space for function in functions]
    trials, tests = [*map(ufl.TrialFunction, spaces)], [*map(ufl.TestFunction, spaces)]
    zero = fem.Constant(spaces[0].mesh, PETSc.ScalarType(0.0))
    constant: BlockForms = []
    varying: BlockForms = []
    for i, equation in enumerate(residual):
        F = _of_test_function(equation, tests[i])
        constant.append([])
        varying.append([])
        for j, (u, du) in enumerate(zip(functions, trials, strict=True)):
            same, rest = _derivative(F, u, du)
            # Direct solvers require the diagonal, and a pinned dof writes to it.
            if i == j or not (same.empty() and rest.empty()):
                same += zero * _sum(du) * _sum(tests[i]) * dx
            constant[i].append(_compiled_or_none(same))
            varying[i].append(_compiled_or_none(rest))
    return Linearisation(constant, varying)


def _of_test_function(F: Form, test: Expr) -> Form:
    """Return a block of the residual with a test function that belongs to no mixed space.

    A function of a mixed space carries the place of its block, which differs between layouts: forms
    that are otherwise the same would be compiled once for each place.

    Args:
        F: The block.
        test: Test function of the block's space.
    """
    return ufl.replace(F, dict.fromkeys(F.arguments(), test)) if F.integrals() else F


def _derivative(F: Form, u: fem.Function, du: Expr) -> tuple[Form, Form]:
    """Return the derivative dF/du, split into a part that depends on no field and the rest.

    Args:
        F: A block of the residual.
        u: Function of a block.
        du: Trial function of the block.
    """
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


def _sum(field: Expr) -> Expr:
    """Return the sum of a field's components."""
    return sum(field[i] for i in range(field.ufl_shape[0])) if field.ufl_shape else field


def _compiled_or_none(form: Form) -> fem.Form | None:
    return None if form.empty() else compiled(form)
