"""Rigid bodies in the fluid: walls that move as a solid does, and the forces on them.

The velocity of the surface of a body is U + Omega x (x - x_c). The fluid slips relative to it as at
any wall with slip (:class:`femsoret.problem.conditions.Slip`). The bodies stand where the mesh has
them: states are those of an instant, and describe the motion as long as the Peclet number U a/alpha
(with species U a/D) of a body of size a is small.

A body that is free moves such that the force and the torque of the fluid on it balance those that
are applied (:func:`femsoret.solve.solve_free_bodies`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from petsc4py import PETSc

import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.errors import CaseError, ConditionError
from femsoret.base.types import Expr, Form, Value
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture, State
from femsoret.physics.forms.wall import (
    Wall,
    carried_along,
    impermeable,
    normal_force,
    slipping,
    tangential_force,
)
from femsoret.problem.conditions import Condition, Slip

if TYPE_CHECKING:
    from femsoret.problem.problem import Problem

Vector = tuple[float, float, float]
"""Components along x, y, z; in cells of revolution along r and z, the third being zero."""

OPEN = 1e-6
"""Mean of a component of the normal over that of its magnitude, from which a surface is open; the
rest is round-off."""

NONE: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Motion:
    """One of the motions of a rigid body: a translation, or a rotation about its centre.

    Args:
        axis: Index of the coordinate along or about which the body moves.
        turns: Whether the body rotates.
    """

    axis: int
    turns: bool

    @property
    def parameter(self) -> str:
        """Name of the motion's speed among the parameters of a body."""
        return f"{'rotation' if self.turns else 'velocity'}.{self.axis}"

    def field(self, x: Expr, centre: Sequence[Value]) -> Expr:
        """Return the velocity field of the motion at unit speed, m/s or m, shape (d,).

        Args:
            x: Coordinates, m, a UFL vector of shape (d,).
            centre: Centre of the body, m, three numbers.
        """
        d = len(x)
        along = [float(i == self.axis) for i in range(3)]
        if not self.turns:
            return ufl.as_vector(along[:d])
        r = [x[i] - centre[i] if i < d else 0.0 for i in range(3)]
        i, j = (self.axis + 1) % 3, (self.axis + 2) % 3
        turned = {i: -r[j], j: r[i]}  # the unit vector along the axis, times r
        return ufl.as_vector([turned.get(k, 0.0) for k in range(d)])


def motions_in(dim: int, *, about_axis: bool) -> tuple[Motion, ...]:
    """Return the motions that a rigid body can make.

    Args:
        dim: Dimension of the mesh.
        about_axis: Whether the coordinates are (r, z) without swirl. A body can then only move
            along the axis of symmetry.
    """
    if about_axis:
        return (Motion(1, turns=False),)
    translations = tuple(Motion(axis, turns=False) for axis in range(dim))
    rotations = range(3) if dim == 3 else (2,)
    return translations + tuple(Motion(axis, turns=True) for axis in rotations)


def possible_motions(cell: Cell) -> tuple[Motion, ...]:
    """Return the motions that a rigid body can make in a cell."""
    return motions_in(cell.dim, about_axis=cell.coordinates.has_axis)


@dataclass(frozen=True)
class RigidBody(Slip):
    """The surface of a rigid body that moves in the fluid, at which the fluid may slip.

    With V = U + Omega x (x - x_c) the conditions are (u - V).n = 0 and the law of :class:`Slip` for
    u - V. The heat and mass that pass the surface are those relative to the body. All sides of the
    body must be named; they form a closed surface, or in (r, z) one that ends on the axis.

    Args:
        sides: Names of the sides that are the surface of the body.
        mu_s: Mobility mu_s, m2/(s K) (see :class:`Slip`).
        mu_c: Mobilities mu_c,i, m2/s.
        b: Slip length, m.
        centre: Centre x_c, m, about which rotations and torques count.
        velocity: Velocity U of the centre, m/s; the initial guess for a body that is free.
        rotation: Angular velocity Omega, 1/s; likewise.
        force: Force applied to the body, N (per metre of depth in 2D), such as its weight less the
            weight of the displaced fluid at the reference density.
        torque: Torque applied to the body about the centre, N m.
    """

    centre: Vector = NONE
    velocity: Vector = NONE
    rotation: Vector = NONE
    force: Vector = NONE
    torque: Vector = NONE
    unbound: ClassVar[tuple[str, ...]] = ("force", "torque")

    @property
    def name(self) -> str:
        """Name of the body, made of the names of its sides."""
        return body_name(self.sides)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("centre", "velocity", "rotation", "force", "torque"):
            if len(getattr(self, name)) != 3:
                raise ConditionError(
                    f"RigidBody on {', '.join(self.sides)}: {name} has {len(getattr(self, name))} "
                    "components",
                    "give three numbers, zero for components that the cell does not have",
                )

    def ideal(self, *, at_plate: bool) -> Condition:
        """Raise an error: an audit compares steady states that take longer than the body stays."""
        raise CaseError(
            f"the body {self.name!r} is free: an audit compares steady states of the composition, "
            "which take L^2/D to form, and in that time the body would have moved elsewhere",
            "compare runs with and without the body, or with other mobilities",
        )

    def term(self, s: State, v: State, m: Mixture, wall: Wall) -> Form | None:
        """Return Nitsche's terms for the velocity at the surface, and the heat carried with it."""
        surface = self.surface_velocity(s, wall)
        passing = ufl.dot(surface, wall.n)
        form = impermeable(s, v, m, wall, passing)
        form += slipping(s, v, m, wall, surface + self.sliding(s, m), self.b)
        carried = carried_along(s, v, m, wall, passing)
        return form if carried is None else form + carried

    def surface_velocity(self, s: State, wall: Wall) -> Expr:
        """Return V = U + Omega x (x - x_c), m/s, shape (d,).

        Args:
            s: Fields, for their coordinates.
            wall: A side of the body.
        """
        x = ufl.SpatialCoordinate(wall.ds.ufl_domain())
        possible = motions_in(len(x), about_axis=s.coordinates.has_axis)
        return sum(self._speed(motion) * motion.field(x, self.centre) for motion in possible)

    def load(self, s: State, m: Mixture, wall: Wall, motion: Motion) -> Form:
        """Return the component of the fluid's force or torque for a motion, on one side.

        It is the force that the discrete momentum equation of the fluid contains, so that momentum
        is conserved exactly, with the pressure p + phi. The hydrostatic pressure at the reference
        density is not counted.

        Args:
            s: Fields.
            m: Mixture.
            wall: The side.
            motion: The motion.
        """
        surface = self.surface_velocity(s, wall)
        across = normal_force(s, m, wall, ufl.dot(surface, wall.n))
        if s.phi is not None:
            across += s.phi
        along = tangential_force(s, m, wall, surface + self.sliding(s, m), self.b)
        moved = motion.field(ufl.SpatialCoordinate(wall.ds.ufl_domain()), self.centre)
        return across * ufl.dot(wall.n, moved) * wall.ds + ufl.inner(along, moved) * wall.gauss

    def applied(self, motion: Motion) -> float:
        """Return the component of the applied force, N, or torque, N m, for a motion."""
        return (self.torque if motion.turns else self.force)[motion.axis]

    def _speed(self, motion: Motion) -> float:
        return (self.rotation if motion.turns else self.velocity)[motion.axis]


def body_name(sides: Sequence[str]) -> str:
    """Return the name of a body in reports.

    Args:
        sides: Names of the sides that are its surface.
    """
    return " + ".join(sides)


def surface_centre(cell: Cell, sides: Sequence[str]) -> Vector:
    """Return the centroid of the surface of a body, m; in (r, z) the point on the axis; collective.

    Args:
        cell: The cell.
        sides: Names of the sides that are the surface.
    """
    x = ufl.SpatialCoordinate(cell.mesh)
    middle = [_mean_over(cell, sides, x[i]) for i in range(cell.dim)]
    if cell.coordinates.has_axis:
        middle[0] = 0.0
    return (middle[0], middle[1], middle[2] if cell.dim == 3 else 0.0)


def check_closed(cell: Cell, sides: Sequence[str]) -> None:
    """Check that the sides of a body are a closed surface with the body inside; collective.

    The integral of the normal over a closed surface vanishes; in (r, z) its component along the
    axis does. The normal n of the fluid points into the body, so that the integral of x.n is minus
    its volume, times the dimension.

    Args:
        cell: The cell.
        sides: Names of the sides.

    Raises:
        ConditionError: The surface is open, or it encloses the fluid.
    """
    x, n = ufl.SpatialCoordinate(cell.mesh), ufl.FacetNormal(cell.mesh)
    along = range(1, 2) if cell.coordinates.has_axis else range(cell.dim)
    # Parts of the normal, which cancel over a closed surface and otherwise do not.
    ends = [(_mean_over(cell, sides, n[i]), _mean_over(cell, sides, abs(n[i]))) for i in along]
    name = body_name(sides)
    if any(abs(mean) > OPEN * size for mean, size in ends):
        raise ConditionError(
            f"the sides of the body {name!r} are not a closed surface: its normals do not cancel",
            "name all sides of the body; a wall that stands still takes kind slip, or no condition",
        )
    centre = surface_centre(cell, sides)
    outwards = sum((x[i] - centre[i]) * n[i] for i in range(cell.dim))
    if _mean_over(cell, sides, outwards) > 0.0:
        raise ConditionError(
            f"the sides of the body {name!r} are around the fluid, not around a body in it",
            "name the sides of the body; outer walls stand still",
        )


def surface_radius(cell: Cell, sides: Sequence[str]) -> float:
    """Return the rms distance of the surface of a body from its centroid, m; collective.

    It is the radius of a sphere.

    Args:
        cell: The cell.
        sides: Names of the sides that are the surface.
    """
    centre, x = surface_centre(cell, sides), ufl.SpatialCoordinate(cell.mesh)
    squares = sum((x[i] - centre[i]) ** 2 for i in range(cell.dim))
    return math.sqrt(_mean_over(cell, sides, squares))


def _mean_over(cell: Cell, sides: Sequence[str], value: Expr) -> float:
    surface = cell.ds()(cell.tags(*sides))
    one = fem.Constant(cell.mesh, PETSc.ScalarType(1.0))
    total, area = (
        cell.comm.allreduce(fem.assemble_scalar(compiled(weight * surface)))
        for weight in (value, one)
    )
    return float(total / area)


def has_bodies(conditions: Iterable[Condition]) -> bool:
    """Return whether there is a rigid body among conditions."""
    return any(isinstance(condition, RigidBody) for condition in conditions)


def bodies_of(problem: Problem) -> Iterator[tuple[int, RigidBody]]:
    """Yield each body of a problem: its index among the conditions, and its bound condition."""
    for i, condition in enumerate(problem.bound_conditions):
        if isinstance(condition, RigidBody):
            yield i, condition


def load_on(problem: Problem, body: RigidBody, motion: Motion) -> Form:
    """Return the fluid's force, N, or torque, N m, on a body for a motion, as a UFL form.

    Args:
        problem: The problem with flow.
        body: One of its bodies, with parameters (see :func:`bodies_of`).
        motion: The motion.
    """
    s, m = problem.state, problem.bound_mixture
    return sum(body.load(s, m, problem.wall(side, body.sides), motion) for side in body.sides)
