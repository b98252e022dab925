"""Derivatives of a problem's equations along directions of the state and of its parameters.

With the residual N(x, p), its derivative J = dN/dx and a mass matrix M, tangents of a march need

    N_x[dx] + N_p dp,    N_xx[dx, u] + N_xp[u] dp,    M_p[w] dp

for given directions dx, u and w of the state and rates dp of the parameters. They are linear forms,
which are assembled without a matrix. The derivatives are exact: those by a parameter replace its
constant by a UFL variable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from petsc4py import PETSc

import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.types import Form
from femsoret.problem.problem import Problem

FormsByBlock = dict[int, fem.Form]
"""Index of a block -> compiled linear form; zero forms are left out."""


class Directional:
    """Compiled derivatives of the equations of a problem along directions.

    Args:
        problem: The problem; derivatives are taken at its present state and parameters.
        names: Names of the parameters that have rates; all others are constant.

    Attributes:
        names: Names of the parameters that have rates, in order.
        along: Direction dx of the state, one function per block.
        also: A second direction u (or w) of the state, one function per block.
        first: The forms N_x[dx] + N_p dp.
        second: The forms N_xx[dx, u] + N_xp[u] dp.
        of_mass: The forms M_p[u] dp.
    """

    def __init__(self, problem: Problem, names: Collection[str] = ()) -> None:
        self.problem = problem
        self.along = [fem.Function(V) for V in problem.spaces]
        self.also = [fem.Function(V) for V in problem.spaces]
        mesh = problem.cell.mesh
        self.names = tuple(sorted(names))
        self._rates = {name: fem.Constant(mesh, PETSc.ScalarType(0.0)) for name in self.names}
        residual = problem.residual_ufl
        # One derivative is expanded before the next one is taken: UFL cannot replace constants
        # in derivatives that are yet to be expanded.
        tangent = [_expanded(self._derivative(F, self.also)) for F in residual]
        self.first = self._compiled(residual)
        self.second = self._compiled(tangent)
        self.of_mass = self._compiled(
            [_expanded(self._derivative(M, self.also)) for M in problem.mass_ufl], mass=True
        )

    def set_rates(self, rates: Mapping[str, float]) -> None:
        """Set the rates dp of the parameters; all others become zero.

        Args:
            rates: Name of a parameter -> its rate.
        """
        for name, constant in self._rates.items():
            constant.value = rates.get(name, 0.0)

    def _derivative(self, form: Form, direction: Sequence[fem.Function]) -> Form:
        """Return the derivative of a form by the state along a direction."""
        parts = [
            ufl.derivative(form, u, d)
            for u, d in zip(self.problem.functions, direction, strict=True)
        ]
        return sum(parts[1:], start=parts[0])

    def _compiled(self, forms: Sequence[Form], *, mass: bool = False) -> FormsByBlock:
        """Return the compiled derivatives of forms, by the parameters alone for mass terms."""
        found = {}
        for i, form in enumerate(forms):
            change = self._by_parameters(_expanded(form))
            if not mass:
                change += _expanded(self._derivative(form, self.along))
            if not change.empty():
                found[i] = compiled(change)
        return found

    def _by_parameters(self, form: Form) -> Form:
        """Return the derivative of an expanded form by the parameters, times their rates."""
        change, present = ufl.Form([]), set(form.constants())
        for name, rate in self._rates.items():
            constant = self.problem.parameters[name]
            if constant in present:
                variable = ufl.variable(constant)
                varied = ufl.replace(form, {constant: variable})
                change += _expanded(rate * ufl.diff(varied, variable))
        return change


def _expanded(form: Form) -> Form:
    return form if form.empty() else ufl.algorithms.expand_derivatives(form)
