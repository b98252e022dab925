"""Throughput: what passed through the walls in a step, integrated by the scheme itself.

The flow through a node of a wall is the reaction there: the residual of the node's own equation,
its rate of change and its terms. Weighted over the stages like the step itself, it closes the
balance of every step to round-off, whatever the step's size: what came in less what went out is
stored. With an iterative solver it does so to the solver's tolerance.

Sum over stages of b_i times stage i of :mod:`femsoret.solve.march.rosenbrock`:

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
    """What passed through the walls during a step, in J or kg; in 2D for a metre of depth.

    Args:
        left: Field name -> what left through each node, owned entries of this rank, shape (nodes,);
            zero away from the walls.
        gained: Field name -> increase of what the cell holds, all ranks together.
    """

    left: dict[str, Array]
    gained: dict[str, float]


class Throughput:
    """Adds up what passes through the walls during one step.

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

    def _action(self, form: ufl.Form) -> fem.Form:
        """Return the derivative of a form in the direction of ``self._direction``."""
        problem = self.system.problem
        parts = [
            ufl.derivative(form, u, d)
            for u, d in zip(problem.functions, self._direction, strict=True)
        ]
        return compiled(sum(parts[1:], start=parts[0]))

    def begin(self) -> None:
        """Start a step."""
        for total in self._sums.values():
            total[:] = 0.0

    def add(self, weight: float, equations: PETSc.Vec) -> None:
        """Add the terms at the state that the problem's functions hold.

        Args:
            weight: Weight of the state in the step, s.
            equations: The equations alone, from :meth:`BlockSystem.residual`.
        """
        for i in self.blocks:
            self._sums[i] += weight * self._terms(i, equations)

    def _terms(self, i: int, equations: PETSc.Vec) -> Array:
        terms = self.system.owned(equations, i) * self.system.residual_size(i)
        if i in self._wall_forms:
            terms = terms - self.system.assembled(self._wall_forms[i], i)
        return terms

    def finish(
        self, x: PETSc.Vec, weighed: PETSc.Vec, change: PETSc.Vec, dt: float
    ) -> WallThroughput:
        """Return what passed during the step; collective.

        Args:
            x: State at the start of the step, which the problem's functions hold afterwards.
            weighed: sum_i b_i u_i.
            change: y_{n+1} - y_n.
            dt: Step, s.
        """
        system = self.system
        system.write(x)
        for i, passed in self._along(weighed, self._tangent_forms).items():
            self._sums[i] += dt * passed
        held = self._along(change, self._held_forms)
        for i, stored in held.items():
            self._sums[i] += stored
        by_field = list(self._by_field(held))
        totals = system.comm.allreduce(np.array([part.sum() for _, part in by_field]))
        return WallThroughput(
            left={field: -part for field, part in self._by_field(self._sums)},
            gained=dict(zip((field for field, _ in by_field), map(float, totals), strict=True)),
        )

    def _by_field(self, blocks: Mapping[int, Array]) -> Iterator[tuple[str, Array]]:
        """Yield each field with its entries, given those of the blocks."""
        problem = self.system.problem
        for field in problem.layout.fields:
            yield field, problem.entries(blocks[problem.layout.index(field)], field)

    def _along(self, direction: PETSc.Vec, forms: Mapping[int, fem.Form]) -> dict[int, Array]:
        """Return derivatives in a direction, by block."""
        self.system.write(direction, self._direction)
        return {i: self.system.assembled(form, i) for i, form in forms.items()}
