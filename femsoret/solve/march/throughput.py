"""Heat and mass that pass through the walls in a time step, integrated by the scheme itself.

The flow through a wall node is the reaction there: the residual of the node's equation, including
its rate of change. With the same weights for the stages as in the step itself, the balance of each
step (inflow minus outflow equals the increase of the content) holds to round-off for any step size,
or to the tolerance of an iterative linear solver.

The sum over b_i times stage i of :mod:`femsoret.solve.march.rosenbrock` gives

    integral of the reaction = M (y_{n+1} - y_n) + h sum_i b_i N(Y_i) + h J sum_i b_i u_i
                               + h^2 (sum_i b_i gamma_i) N_t
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from petsc4py import PETSc

import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.types import Array
from femsoret.problem.layout import CONSERVED
from femsoret.solve.linear.assembly import BlockSystem


@dataclass(frozen=True, eq=False)
class WallThroughput:
    """Heat in J and mass in kg that passed through the walls during a step; in 2D per m of depth.

    Args:
        left: Field name -> amount that left the cell through each node owned by this rank, shape
            (nodes,); zero away from the walls.
        gained: Field name -> increase of the content of the cell, summed over all ranks.
        created: Field name -> amount that sources created in the cell, summed over all ranks.
    """

    left: dict[str, Array]
    gained: dict[str, float]
    created: dict[str, float]


class Throughput:
    """Accumulator for the heat and mass that pass through the walls during one step.

    Args:
        system: The assembled problem.
    """

    def __init__(self, system: BlockSystem) -> None:
        self.system = system
        problem = system.problem
        self.blocks = [i for i, name in enumerate(problem.layout.names) if name in CONSERVED]
        self._direction = [fem.Function(V) for V in problem.spaces]
        self._wall_forms = {
            i: compiled(problem.wall_ufl[i]) for i in self.blocks if problem.wall_ufl is not None
        }
        self._held_forms = {i: self._action(problem.mass_ufl[i]) for i in self.blocks}
        self._tangent_forms = {i: self._action(problem.volume_ufl[i]) for i in self.blocks}
        self._sums = {i: np.zeros(system.sizes[i]) for i in self.blocks}
        sources = {i: form for i, form in problem.source_ufl.items() if i in self.blocks}
        self._source_forms = {i: compiled(form) for i, form in sources.items()}
        # A source that is a function of the coordinates does not change with the state.
        self._source_tangents = {
            i: self._action(form)
            for i, form in sources.items()
            if set(form.coefficients()) & set(problem.functions)
        }
        self._created = {i: np.zeros(system.sizes[i]) for i in self.blocks}

    def _action(self, form: ufl.Form) -> fem.Form:
        """Return the derivative of a form in the direction of ``self._direction``."""
        problem = self.system.problem
        parts = [
            ufl.derivative(form, u, d)
            for u, d in zip(problem.functions, self._direction, strict=True)
        ]
        return compiled(sum(parts[1:], start=parts[0]))

    def begin(self) -> None:
        """Reset the sums at the start of a step."""
        for total in (*self._sums.values(), *self._created.values()):
            total[:] = 0.0

    def add(self, weight: float, equations: PETSc.Vec) -> None:
        """Add the terms at the present state of the problem.

        Args:
            weight: Weight of the state in the step, in s.
            equations: Residual of the equations before Dirichlet and functional rows are applied,
                from :meth:`BlockSystem.residual`.
        """
        for i in self.blocks:
            self._sums[i] += weight * self._terms(i, equations)
        for i, form in self._source_forms.items():
            self._created[i] -= weight * self.system.assembled(form, i)

    def _terms(self, i: int, equations: PETSc.Vec) -> Array:
        terms = self.system.owned(equations, i) * self.system.residual_size(i)
        if i in self._wall_forms:
            terms = terms - self.system.assembled(self._wall_forms[i], i)
        return terms

    def finish(
        self, x: PETSc.Vec, weighed: PETSc.Vec, change: PETSc.Vec, dt: float
    ) -> WallThroughput:
        """Return the heat and mass that passed during the step; collective.

        Args:
            x: State y_n at the start of the step, to which the problem's functions are set.
            weighed: The vector sum_i b_i u_i.
            change: The vector y_{n+1} - y_n.
            dt: Length of the step in s.
        """
        system = self.system
        system.write(x)
        for i, passed in self._along(weighed, self._tangent_forms).items():
            self._sums[i] += dt * passed
        for i, passed in self._along(weighed, self._source_tangents).items():
            self._created[i] -= dt * passed
        held = self._along(change, self._held_forms)
        for i, stored in held.items():
            self._sums[i] += stored
        return WallThroughput(
            left={field: -part for field, part in self._by_field(self._sums)},
            gained=self._totals(held),
            created=self._totals(self._created),
        )

    def _totals(self, blocks: Mapping[int, Array]) -> dict[str, float]:
        """Return the sum of the entries of each field on all ranks; collective."""
        by_field = dict(self._by_field(blocks))
        sums = self.system.comm.allreduce(np.array([part.sum() for part in by_field.values()]))
        return dict(zip(by_field, map(float, sums), strict=True))

    def _by_field(self, blocks: Mapping[int, Array]) -> Iterator[tuple[str, Array]]:
        """Yield the name and entries of each field, given the entries of the blocks."""
        problem = self.system.problem
        for field in problem.layout.fields:
            yield field, problem.entries(blocks[problem.layout.index(field)], field)

    def _along(self, direction: PETSc.Vec, forms: Mapping[int, fem.Form]) -> dict[int, Array]:
        """Return the derivatives of forms in a direction, by block."""
        self.system.write(direction, self._direction)
        return {i: self.system.assembled(form, i) for i, form in forms.items()}
