"""Free bodies: their velocities are solved for together with the flow, in one bordered system.

The added unknowns are the components of the velocity and of the rotation of each body, the added
equations its balances of force and torque (:mod:`femsoret.problem.bodies`). The bordered systems
are those of :mod:`femsoret.solve.branches.unknowns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from petsc4py import PETSc

import numpy as np
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.problem import Problem
from femsoret.problem.bodies import (
    Motion,
    RigidBody,
    Vector,
    bodies_of,
    has_bodies,
    load_on,
    possible_motions,
)
from femsoret.problem.layout import composition
from femsoret.solve.branches.unknowns import (
    BorderedNewton,
    Target,
    Unknown,
    added_equation,
    solve_with_unknowns,
)
from femsoret.solve.march.quasi_steady import Held, QuasiSteady
from femsoret.solve.steady.newton import Newton, NewtonOptions, SolveReport


@dataclass(frozen=True)
class BodyMotion:
    """How a body moves, and what the fluid exerts on it.

    Args:
        sides: Names of the sides that are its surface.
        velocity: Velocity of its centre, m/s.
        rotation: Angular velocity, 1/s.
        force: Force of the fluid on the body, N (N/m in 2D), without the hydrostatic pressure at
            the reference density.
        torque: Torque of the fluid about the centre, N m (N in 2D).
    """

    sides: tuple[str, ...]
    velocity: Vector
    rotation: Vector
    force: Vector
    torque: Vector


@dataclass(frozen=True, eq=False)
class FreeBodies:
    """The velocities of free bodies as unknowns, and the balances of force and torque for them.

    It is made by :func:`free_bodies`. Bodies have no inertia.

    Args:
        unknowns: The unknown parameters.
        targets: The balances, as many.
    """

    unknowns: tuple[Unknown, ...]
    targets: tuple[Target, ...]

    def bordered(self, newton: Newton) -> BorderedNewton:
        """Return Newton steps for state and velocities together; to be destroyed after use.

        Args:
            newton: Newton's method for the problem.
        """
        equations = [added_equation(newton, target, self.unknowns) for target in self.targets]
        return BorderedNewton(newton, self.unknowns, equations)

    def __call__(self, newton: Newton) -> QuasiSteady:
        """Return the velocities as unknowns of a march, given its Newton's method."""
        return _InMarch(self.bordered(newton))


class _InMarch:
    """Added unknowns in the stages of a march (see :class:`QuasiSteady`)."""

    def __init__(self, search: BorderedNewton) -> None:
        self._search = search
        self._s = search.present()
        self._stages: list[Array] = []

    def factorise(self, x: PETSc.Vec, shift: float) -> None:
        self._stages.clear()
        self._search.factorise(x, self._s, shift)

    def enter(self, weights: Array) -> None:
        self._search.put_parameters(self._after(weights))

    def solve(self, y: PETSc.Vec, b: PETSc.Vec, stage: PETSc.Vec) -> None:
        search, s = self._search, self._search.present()
        r = np.array([equation.residual(y, s) for equation in search.equations])
        self._stages.append(search.solver.solve(b, -r, stage))

    def accept(self, weights: Array) -> None:
        self._search.put_parameters(self._after(weights))
        self._s = self._search.present()  # a restart reads the same, to the last bit

    def reject(self) -> None:
        self._search.put_parameters(self._s)

    def values(self) -> dict[str, float]:
        parameters = self._search.newton.problem.parameters
        return {u.parameter: float(parameters[u.parameter].value) for u in self._search.unknowns}

    def _after(self, weights: Array) -> Array:
        """Return the unknowns after the stages so far, with their weights."""
        return self._s + sum(w * stage for w, stage in zip(weights, self._stages, strict=True))

    def close(self) -> None:
        self._search.destroy()


def free_bodies(
    problem: Problem, held: Mapping[str, Sequence[Motion]] = MappingProxyType({})
) -> FreeBodies:
    """Return the velocities of the bodies of a problem as unknowns, for a march or a spectrum.

    Args:
        problem: The problem, with flow and at least one body.
        held: First side of a body -> the motions that it is not free to make (see
            :func:`solve_free_bodies`).

    Raises:
        CaseError: The problem has no body or does not solve for the flow, or ``held`` names a side
            that is not the first of a body.
    """
    bodies = list(bodies_of(problem))
    _check(problem, [body for _, body in bodies], held)
    unknowns, targets = [], []
    for i, body in bodies:
        given = problem.conditions[i]
        assert isinstance(given, RigidBody)
        size = _speed(problem, given)
        for motion in possible_motions(problem.cell):
            if motion in held.get(body.sides[0], ()):
                continue
            length = problem.orientation.gap if motion.turns else 1.0
            unknowns.append(Unknown(f"conditions.{i}.{motion.parameter}", size / length))
            targets.append(_balance(problem, body, given, motion, size))
    return FreeBodies(tuple(unknowns), tuple(targets))


def motion_of_bodies(problem: Problem) -> FreeBodies | type[Held]:
    """Return what marches and spectra are to know of bodies: where the fluid flows, they are free.

    Args:
        problem: The problem, with bodies or without.
    """
    moves = problem.layout.flows and has_bodies(problem.conditions)
    return free_bodies(problem) if moves else Held


def solve_free_bodies(
    problem: Problem,
    *,
    held: Mapping[str, Sequence[Motion]] = MappingProxyType({}),
    options: NewtonOptions | None = None,
) -> tuple[SolveReport, tuple[BodyMotion, ...]]:
    """Solve for a steady state in which bodies are free of force and torque; collective.

    The fluid's force and torque on each body balance those that are applied to it
    (:class:`femsoret.problem.bodies.RigidBody`). The velocities are afterwards the values of the
    bodies' parameters.

    Args:
        problem: The problem, with flow and at least one body; contains the solution afterwards.
        held: First side of a body -> the motions that it is not free to make; they keep the speeds
            of its condition. A body at a plane of symmetry cannot leave it, for example.
        options: Options of Newton's method and the linear solver.

    Raises:
        CaseError: The problem has no body or does not solve for the flow, or ``held`` names a side
            that is not the first of a body.
        NotConverged: No solution was found.
    """
    free = free_bodies(problem, held)
    report = solve_with_unknowns(problem, free.unknowns, free.targets, options)
    return report, body_motions(problem)


def body_motions(problem: Problem) -> tuple[BodyMotion, ...]:
    """Return how the bodies of a problem move at its present state; collective."""
    return tuple(_motion(problem, i, body) for i, body in bodies_of(problem))


def _check(
    problem: Problem, bodies: Sequence[RigidBody], held: Mapping[str, Sequence[Motion]]
) -> None:
    """Check that there are bodies in a flow, and that ``held`` names them."""
    if not bodies or not problem.layout.flows:
        raise CaseError(
            f"{problem!r} has no rigid body in a flow",
            "give the surface of the body a RigidBody condition, and solve for the velocity",
        )
    first = [body.sides[0] for body in bodies]
    for side in held:
        if side not in first:
            raise CaseError(
                f"{side!r} is not the first side of a body",
                f"name one of {', '.join(map(repr, first))}",
            )


def _speed(problem: Problem, body: RigidBody) -> float:
    """Return a typical speed of a body, m/s: by slip, by the applied force, else by diffusion."""
    frame, sizes = problem.orientation, problem.scales.unknown
    driven = [body.mu_s * frame.dT]
    driven += [mobility * _size(sizes, i) for i, mobility in enumerate(body.mu_c)]
    by_force = max(map(abs, body.force)) / problem.mixture.reference.mu
    largest = max(*map(abs, driven), by_force * frame.gap ** (3 - problem.cell.dim))
    return largest / frame.gap if largest else sizes["u"]


def _size(sizes: Mapping[str, float], species: int) -> float:
    """Return the natural size of a composition; 1 if it is given, not solved for."""
    return sizes.get(composition(species), 1.0)


def _balance(
    problem: Problem, body: RigidBody, given: RigidBody, motion: Motion, speed: float
) -> Target:
    """Return the balance of force or torque of a body for a motion."""
    length = problem.orientation.gap
    size = problem.mixture.reference.mu * speed * length ** (problem.cell.dim - 2)
    size *= length if motion.turns else 1.0
    return Target(lambda _: load_on(problem, body, motion), -given.applied(motion), size)


def _motion(problem: Problem, i: int, body: RigidBody) -> BodyMotion:
    """Return the motion of a body and the fluid's force on it; collective."""
    values = {
        name: [float(problem.parameters[f"conditions.{i}.{name}.{k}"].value) for k in range(3)]
        for name in ("velocity", "rotation")
    }
    exerted = {name: [0.0] * 3 for name in ("velocity", "rotation")}
    for motion in possible_motions(problem.cell):
        local = fem.assemble_scalar(compiled(load_on(problem, body, motion)))
        name = motion.parameter.partition(".")[0]
        exerted[name][motion.axis] = float(problem.cell.comm.allreduce(local))
    return BodyMotion(
        body.sides,
        _vector(values["velocity"]),
        _vector(values["rotation"]),
        _vector(exerted["velocity"]),
        _vector(exerted["rotation"]),
    )


def _vector(components: Sequence[float]) -> Vector:
    x, y, z = components
    return (x, y, z)
