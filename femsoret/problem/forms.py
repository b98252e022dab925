"""Forms of a problem: which terms hold in which phase, and the derivative of a residual.

:class:`Phases` is the one place that restricts terms to the fluid. Heat goes on through solid
walls, where the solid stands for the mixture; flow and species end at the walls of the fluid.

The derivative has two parts. Friction, pressure, continuity, the buoyancy potential and, where
properties do not vary, most of the rest are linear: their derivatives are assembled once. A Newton
step assembles anew only what depends on the state.
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
    """The fluid of a cell and its solids, each with its constitutive law.

    Args:
        cell: The cell.
        mixture: The mixture, its numbers bound to constants.
        bodies: Solid region -> its material, likewise.
        quadrature_degree: Of all volume measures. It is one, because two quadrature rules in one
            kernel give wrong matrices on curved hexahedra (FFCx 0.9 and 0.11).
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
        """Return the volume measure of solid regions, or of the fluid where none is named.

        Args:
            solids: Names of solid regions; "all" for the whole mesh.
        """
        return self.cell.dx(*solids, metadata=self._metadata)

    def in_fluid(self, terms: Sequence[Term], s: State, v: State) -> Form:
        """Return a sum of terms over the fluid; 0 of no terms."""
        return sum(
            term.form(s, v, self.mixture, self.dx()) for term in terms if Phase.FLUID in term.where
        )

    def everywhere(self, terms: Sequence[Term], s: State, v: State) -> Form:
        """Return a sum of terms, each over the phases where it holds; 0 of no terms."""
        return self.in_fluid(terms, s, v) + sum(
            term.form(s, v, body, self.dx(region))
            for region, body in self.bodies.items()
            for term in terms
            if Phase.SOLID in term.where
        )

    def piecewise(self, expression: Callable[[Mixture | SolidBody], Expr]) -> Expr:
        """Return an expression on the whole mesh, made of those of the phases.

        Args:
            expression: Gives the UFL expression of a mixture or of a solid.
        """
        if not self.bodies:
            return expression(self.mixture)
        media: dict[str, Mixture | SolidBody] = {"": self.mixture, **self.bodies}
        return sum(self._indicator(region) * expression(medium) for region, medium in media.items())

    def _indicator(self, region: str) -> fem.Function:
        """Return the function that is 1 in a solid region, or in the fluid for "", and 0 else."""
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
        constant: What depends on no field, only on parameters. It is None where the derivative is
            zero, except on the diagonal: the other blocks give the matrix its pattern.
        varying: What depends on the state or on given fields; None where nothing does.
    """

    constant: BlockForms
    varying: BlockForms

    def couples(self, i: int, j: int) -> bool:
        """Return whether equations of block i depend on block j."""
        return self.constant[i][j] is not None


def linearise(
    residual: Sequence[Form], functions: Sequence[fem.Function], dx: Measure
) -> Linearisation:
    """Return the exact derivative of a residual.

    Args:
        residual: One form a block, in the order of the functions.
        functions: The state.
        dx: Measure of the whole mesh, of the residual's own quadrature (see :class:`Phases`).
    """
    spaces = [function.function_space for function in functions]
    mixed = ufl.MixedFunctionSpace(*spaces)
    trials, tests = ufl.TrialFunctions(mixed), ufl.TestFunctions(mixed)
    zero = fem.Constant(spaces[0].mesh, PETSc.ScalarType(0.0))
    constant: BlockForms = []
    varying: BlockForms = []
    for i, F in enumerate(residual):
        constant.append([])
        varying.append([])
        for j, (u, du) in enumerate(zip(functions, trials, strict=True)):
            same, rest = _derivative(F, u, du)
            # Direct solvers want the diagonal, and a pinned dof writes to it.
            if i == j or not (same.empty() and rest.empty()):
                same += zero * _sum(du) * _sum(tests[i]) * dx
            constant[i].append(_compiled_or_none(same))
            varying[i].append(_compiled_or_none(rest))
    return Linearisation(constant, varying)


def _derivative(F: Form, u: fem.Function, du: Expr) -> tuple[Form, Form]:
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


def _sum(field: Expr) -> Expr:
    """Return the sum of a field's components."""
    return sum(field[i] for i in range(field.ufl_shape[0])) if field.ufl_shape else field


def _compiled_or_none(form: Form) -> fem.Form | None:
    return None if form.empty() else compiled(form)
