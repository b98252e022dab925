"""Wall flows as reactions: the residual tested with the indicator function of a wall.

The negative residual, assembled without Dirichlet rows and summed over the nodes of a wall, is the
flow out through that wall. It is exactly conservative, and far more accurate than a gradient
integrated over the wall (P. M. Gresho, R. L. Lee, R. L. Sani, M. K. Maslanik, B. E. Eaton, Int. J.
Numer. Meth. Fluids 7 (1987) 371). Where the flux is prescribed by a natural condition, the
prescribed flow is added to the residual, which then contains only the error of the solver.

Corner rule: the flow of a node on several walls is divided equally among them. Only the walls of
the highest precedence share it: those with given values come before those with given fluxes, and
these before closed ones. The flows of the walls thus add up to the total.

In a cell with solid walls, heat leaves the mesh through its exterior sides, whose flows add up to
the total, and it leaves the fluid through the interfaces. The flow through an interface is
evaluated from the residual of the fluid alone, because in the whole residual the contributions of
fluid and solid cancel.

Where two walls held at different values touch, the flux grows as the inverse distance from the
corner, and its integral over either wall is infinite. Any number for it depends on the mesh and
grows with every refinement (:func:`jumps`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mpi4py import MPI

import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.types import Array, Expr, Indices, Value
from femsoret.base.versions import add_ghosts
from femsoret.physics.closures import fluxes
from femsoret.post.fields import integral
from femsoret.problem import Problem
from femsoret.problem.conditions import Condition
from femsoret.problem.layout import component_of

Weight = Callable[[Value], Value]
"""Value of a block -> weight of its flow, for arrays of nodal values and UFL expressions alike."""


def _one(value: Value) -> Value:
    return 0.0 * value + 1.0


@dataclass(frozen=True)
class Flows:
    """Flows out through every side, per metre of depth in 2D.

    Args:
        heat: Side name -> heat flow, W; at an interface, from the fluid to the solid.
        mass: Name of a composition -> side name -> mass flow of its species, kg/s; empty without
            species.
    """

    heat: Mapping[str, float]
    mass: Mapping[str, Mapping[str, float]]


def flows_of(problem: Problem) -> Flows:
    """Return the flows of heat and of all species out of a solved problem; collective."""
    return Flows(
        heat=wall_flows(problem, "theta") | interface_flows(problem),
        mass={field: wall_flows(problem, field) for field in problem.layout.compositions},
    )


def wall_flows(problem: Problem, block: str, weight: Weight = _one) -> dict[str, float]:
    """Return the flows through all sides of the mesh (heat) or of the fluid (species); collective.

    Args:
        problem: A solved problem.
        block: "theta" for heat, W; a :func:`~femsoret.problem.layout.composition` for mass, kg/s;
            per metre of depth in 2D.
        weight: Weight of the flow as a function of the value of the block, for instance 1/T for
            the flow of entropy.

    Returns:
        Side name -> flow, positive outwards; the same on all ranks.
    """
    left = _left(problem, block, problem.residual_forms[problem.layout.index(block)], weight)
    sums = _summed(problem, block, left, _sides(problem, block))
    given = _given_flows(problem, block, weight)
    comm = problem.cell.comm
    return {
        side: float(comm.allreduce(value + given.get(side, 0.0))) for side, value in sums.items()
    }


def interface_flows(problem: Problem) -> dict[str, float]:
    """Return the heat flows out of the fluid through its interfaces with solids; collective.

    Args:
        problem: A solved problem.

    Returns:
        Interface name -> heat flow, W (per metre of depth in 2D); empty without solids.
    """
    if not problem.cell.walls.interfaces:
        return {}
    form = compiled(problem.fluid_ufl[problem.layout.index("theta")])
    left = _left(problem, "theta", form, _one)
    sums = _summed(problem, "theta", left, problem.cell.fluid_sides)
    comm = problem.cell.comm
    return {side: float(comm.allreduce(sums[side])) for side in problem.cell.walls.interfaces}


def released_at_interfaces(problem: Problem, weight: Weight = _one) -> float:
    """Return the heat that conditions release between the fluid and solids; collective.

    Args:
        problem: A solved problem.
        weight: Weight of the heat as a function of theta, as for :func:`wall_flows`.

    Returns:
        Heat, W (per metre of depth in 2D), times the weight.
    """
    given = _given_flows(problem, "theta", weight)
    inside = sum(given.get(side, 0.0) for side in problem.cell.walls.interfaces)
    return -float(problem.cell.comm.allreduce(inside))


def _left(problem: Problem, block: str, form: fem.Form, weight: Weight) -> Array:
    """Return the flow out through each owned node: the negative residual, weighted."""
    b = fem.assemble_vector(form)
    add_ghosts(b)
    size = problem.space(block).dofmap.index_map.size_local
    residual = problem.entries(b.array, block)[:size]
    return np.asarray(-residual * weight(problem.nodal_values(block)[:size]))


def _sides(problem: Problem, block: str) -> tuple[str, ...]:
    """Return the sides that bound the domain of a block."""
    cell = problem.cell
    return cell.exterior_sides if block == "theta" else cell.fluid_sides


def _summed(problem: Problem, block: str, left: Array, sides: Sequence[str]) -> dict[str, float]:
    """Return this rank's part of the flows through sides, given the flows through its nodes."""
    shares = _shares(problem, block, len(left), sides)
    return {side: float(share @ left[dofs]) for side, (dofs, share) in shares.items()}


def wall_sums(problem: Problem, block: str, left: Array) -> dict[str, float]:
    """Return the flows, or amounts, through sides, given those through nodes; collective.

    Args:
        problem: The problem.
        block: "theta" or a :func:`~femsoret.problem.layout.composition`.
        left: Flow, or amount, out through each node owned by this rank, shape (owned nodes,).

    Returns:
        Side name -> flow, or amount, positive outwards; the same on all ranks.
    """
    local = _summed(problem, block, left, _sides(problem, block))
    total = problem.cell.comm.allreduce(np.array(list(local.values())))
    return dict(zip(local, map(float, total), strict=True))


def left_at_means(problem: Problem, block: str, left: Array) -> list[float]:
    """Return the flows through the nodes whose equations are replaced by functional rows.

    The replaced equations are not solved. They are satisfied nevertheless if all others are,
    because the discretisation is conservative. Collective.

    Args:
        problem: The problem.
        block: Name of the block.
        left: Flow out through each node owned by this rank, shape (owned nodes,).

    Returns:
        One flow per functional row of the block; the same on all ranks.
    """
    number = problem.space(block).dofmap.index_map_bs
    found = [
        0.0 if dof is None else float(left[dof // number])
        for dof in (problem.replaced_dof(row) for row in problem.pinned if row.field == block)
    ]
    return [float(amount) for amount in problem.cell.comm.allreduce(np.array(found))]


def left_at_nodes(problem: Problem, block: str) -> Array:
    """Return the flow out through each node of a block that this rank owns; collective.

    Args:
        problem: A solved problem.
        block: "theta" for heat, W; a :func:`~femsoret.problem.layout.composition` for mass, kg/s;
            per metre of depth in 2D.

    Returns:
        Array of shape (owned nodes,).
    """
    return _left(problem, block, problem.residual_forms[problem.layout.index(block)], _one)


def gradient_flows(problem: Problem, block: str) -> dict[str, float]:
    """Return the flux of the solution integrated over every side; collective.

    This is a cross-check of :func:`wall_flows`, and less accurate.

    Args:
        problem: A solved problem.
        block: "theta" or a :func:`~femsoret.problem.layout.composition`.

    Returns:
        Side name -> flow, W or kg/s (per metre of depth in 2D), positive outwards.
    """
    flux = (
        problem.heat_flux
        if block == "theta"
        else fluxes.mass_flux(problem.bound_mixture, component_of(block), problem.state)
    )
    normal = ufl.FacetNormal(problem.cell.mesh)
    return {
        side: integral(problem, ufl.inner(flux, normal) * problem.ds((side,)))
        for side in (problem.cell.sides if block == "theta" else problem.cell.fluid_sides)
    }


def _shares(
    problem: Problem, block: str, size: int, sides: Sequence[str]
) -> dict[str, tuple[Indices, Array]]:
    """Return the owned nodes of each side, and the fraction of each node's flow that it gets."""
    precedence = {side: _precedence(problem, block, side) for side in sides}
    nodes = {}
    highest, count = np.full(size, -1), np.zeros(size)
    for side, rank in sorted(precedence.items(), key=lambda item: -item[1]):
        dofs = problem.dofs_on(block, (side,))
        nodes[side] = dofs = dofs[dofs < size]
        highest[dofs] = np.maximum(highest[dofs], rank)
        count[dofs] += highest[dofs] == rank
    return {
        side: (dofs, (highest[dofs] == precedence[side]) / count[dofs])
        for side, dofs in nodes.items()
    }


def _precedence(problem: Problem, block: str, side: str) -> int:
    """Return 2 for a side with given values, 1 for one with a given flux, 0 for a closed one.

    For heat, an interface has the precedence of the outside behind it, but at least 1: a plate with
    a given temperature outside comes before the glass beside it.
    """
    cell = problem.cell
    if block == "theta" and side in cell.walls.interfaces:
        facing = [name for name in cell.walls.outside if cell.inside_of(name) == side]
        return max((_precedence(problem, block, name) for name in facing), default=0) or 1
    for condition in problem.bound_conditions:
        if block in condition.fields and side in condition.sides:
            given = _given(problem, condition, side, block, problem.scalar(block))
            return 2 if condition.essential else int(given is not None)
    return 0


def _given_flows(problem: Problem, block: str, weight: Weight) -> dict[str, float]:
    """Return this rank's part of the flows that natural conditions prescribe, by side."""
    tested = weight(problem.scalar(block))
    flows: dict[str, float] = {}
    for condition in problem.bound_conditions:
        if block not in condition.fields:
            continue
        for side in condition.sides:
            given = _given(problem, condition, side, block, tested)
            if given is not None:
                flows[side] = float(fem.assemble_scalar(compiled(given)))
    return flows


def _given(
    problem: Problem, condition: Condition, side: str, block: str, tested: Expr
) -> ufl.Form | None:
    """Return the weighted flow that a condition prescribes through a side; None if it does not."""
    tests = ufl.TestFunctions(ufl.MixedFunctionSpace(*problem.spaces))
    v = problem.layout.state(tests, coordinates=problem.cell.coordinates)
    term = condition.term(problem.state, v, problem.bound_mixture, problem.wall(side))
    if term is None:
        return None
    weights = {test: ufl.constantvalue.Zero(test.ufl_shape) for test in tests}
    test = tests[problem.layout.index(block)]
    weights[test] = problem.layout.only(block, tested)
    left = ufl.replace(term, weights)
    return None if left.empty() else left


# -- corners ---------------------------------------------------------------------------------------

SAME: Final = 1e-6
"""Difference of two given values, relative to the scale of the block, up to which they are equal.
"""


@dataclass(frozen=True)
class Corner:
    """Two walls with given values that touch.

    Args:
        sides: Names of the two walls.
        nodes: Local indices of the nodes that lie on both walls, ghosts included.
    """

    sides: tuple[str, str]
    nodes: Indices


def corners(problem: Problem, block: str) -> tuple[Corner, ...]:
    """Return the corners between walls with given values of a block; collective.

    Corners between walls with equal values are included.

    Args:
        problem: The problem.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
    """
    held = [side for name, side in problem.wall_values if name == block]
    nodes = {side: problem.dofs_on(block, (side,)) for side in held}
    return tuple(
        Corner((one, other), np.intersect1d(nodes[one], nodes[other]))
        for one, other in combinations(held, 2)
    )


def jumps(
    problem: Problem, block: str, where: tuple[Corner, ...] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of touching walls whose given values differ at present; collective.

    Args:
        problem: The problem.
        block: "theta", or a :func:`~femsoret.problem.layout.composition`.
        where: Result of :func:`corners` for the same block; computed if None.
    """
    where = corners(problem, block) if where is None else where
    if not where:
        return ()
    apart = np.zeros(len(where))
    for i, corner in enumerate(where):
        one, other = (
            problem.entries(problem.wall_values[block, side].x.array, block)[corner.nodes]
            for side in corner.sides
        )
        apart[i] = np.abs(one - other).max(initial=0.0)
    problem.cell.comm.Allreduce(MPI.IN_PLACE, apart, op=MPI.MAX)
    allowed = SAME * problem.scales.unknown[block]
    return tuple(
        corner.sides for corner, gap in zip(where, apart, strict=True) if float(gap) > allowed
    )


def sides_of(pairs: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the names of all sides that occur in pairs of sides."""
    return frozenset(side for pair in pairs for side in pair)
