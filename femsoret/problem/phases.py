"""Phases: the fluid and the solids of a cell, and what holds where.

This is the one place that restricts terms to the fluid. Heat goes on through solid walls, where the
solid stands for the mixture; flow and species end at the walls of the fluid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ufl
from dolfinx import fem

from femsoret.cells import Cell
from femsoret.physics.closures import Mixture, SolidBody, State
from femsoret.physics.forms import Phase, Term


class Phases:
    """The fluid of a cell and its solids, each with its constitutive law.

    Args:
        cell: The cell.
        mixture: What the fluid is, its numbers bound to constants.
        bodies: Solid region -> what it is, likewise.
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

    def dx(self, *solids: str) -> ufl.Measure:
        """Return the volume measure of solid regions, or of the fluid where none is named.

        Args:
            solids: Names of solid regions; "all" for the whole mesh.
        """
        return self.cell.dx(*solids, metadata=self._metadata)

    def in_fluid(self, terms: Sequence[Term], s: State, v: State) -> Any:
        """Return a sum of terms over the fluid; 0 of no terms.

        Args:
            terms: The terms.
            s: Fields.
            v: Test functions.
        """
        return sum(
            term.form(s, v, self.mixture, self.dx()) for term in terms if Phase.FLUID in term.where
        )

    def everywhere(self, terms: Sequence[Term], s: State, v: State) -> Any:
        """Return a sum of terms, each over the phases where it holds; 0 of no terms.

        Args:
            terms: The terms.
            s: Fields.
            v: Test functions.
        """
        return self.in_fluid(terms, s, v) + sum(
            term.form(s, v, body, self.dx(region))
            for region, body in self.bodies.items()
            for term in terms
            if Phase.SOLID in term.where
        )

    def piecewise(self, of: Callable[[Any], Any]) -> Any:
        """Return an expression on the whole mesh, made of those of the phases.

        Args:
            of: Gives the UFL expression of a mixture or of a solid.
        """
        if not self.bodies:
            return of(self.mixture)
        laws = {"": self.mixture, **self.bodies}
        return sum(self._indicator(region) * of(law) for region, law in laws.items())

    def _indicator(self, region: str) -> fem.Function:
        """Return the function that is 1 in a solid region, or in the fluid for "", and 0 else."""
        if region not in self._indicators:
            one = fem.Function(fem.functionspace(self.cell.mesh, ("DG", 0)))
            cells = self.cell.cells_of(region)
            one.x.array[one.function_space.dofmap.list[cells].ravel()] = 1.0
            one.x.scatter_forward()
            self._indicators[region] = one
        return self._indicators[region]
