"""Pseudo-arclength continuation: follow a branch of steady states past folds.

Both the state x and the parameter p are unknown along the branch. A step of length ds from a point
(x0, p0) with unit tangent (x', p') solves

    F(x, p) = 0,    <x', x - x0> + p' (p - p0) = ds

(H. B. Keller, in P. Rabinowitz (ed.), Applications of Bifurcation Theory, 1977). The second
equation determines the unknown parameter (:mod:`femsoret.solve.branches.unknowns`). Each Newton
step takes one factorisation of the Jacobian and two back-substitutions.

At a fold the branch turns back in the parameter: p' changes sign, and so does det J. At a simple
branch point only det J changes sign. The determinant of the bordered matrix, which is det J/p' for
a unit tangent, therefore changes sign at branch points, but not at folds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from petsc4py import PETSc

import numpy as np
from scipy.optimize import brentq

from femsoret.base.errors import CaseError, NotConverged, nearest
from femsoret.base.log import get_logger
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC
from femsoret.solve.branches.unknowns import BorderedNewton, Unknown
from femsoret.solve.linear.bordered import Array
from femsoret.solve.steady.newton import Newton, NewtonOptions

PointKind = Literal["fold", "branch point"]
"""Kind of a special point: a fold, where the branch turns back, or a branch point, where another
branch crosses."""


@dataclass(frozen=True)
class BranchOptions:
    """Options of the continuation of a branch.

    Step lengths are dimensionless: the parameter is divided by the difference between its end value
    and its first value.

    Args:
        first: First step.
        longest: Longest step.
        shortest: Shortest step; the branch ends when a shorter one would be needed.
        careful: Longest step across a branch point. A longer step may mistake two branches that
            pass close to each other (an imperfect bifurcation) for a branch point.
        turn: Largest angle between the tangents at successive points, in degrees.
        max_points: Maximum number of points.
        max_iterations: Maximum number of Newton steps of the corrector.
        easy: Number of Newton steps up to which the next step is lengthened.
        tolerance: Largest entry of the last update of a block, relative to the largest entry of the
            block or its natural size, whichever is larger, since a branch may start at rest.
    """

    first: float = 0.05
    longest: float = 0.3
    shortest: float = 1e-6
    careful: float = 0.005
    turn: float = 30.0
    max_points: int = 100
    max_iterations: int = 8
    easy: int = 4
    tolerance: float = 1e-8


@dataclass(frozen=True)
class BranchPoint:
    """A steady state on a branch.

    Args:
        parameter: Value of the parameter.
        measure: Value of the user's measure of the state.
        tangent: dp/ds, with the parameter p divided by the difference between its end value and its
            first value; the sign changes at folds.
        determinant_sign: Sign of det J; 0 if the linear solver does not compute determinants.
        iterations: Number of Newton steps.
    """

    parameter: float
    measure: float
    tangent: float
    determinant_sign: int
    iterations: int


@dataclass(frozen=True)
class SpecialPoint:
    """A fold or a branch point.

    Args:
        kind: "fold" or "branch point".
        parameter: Value of the parameter.
        measure: Value of the user's measure of the state.
        after: Index of the last point of the branch before this one.
    """

    kind: PointKind
    parameter: float
    measure: float
    after: int


@dataclass(frozen=True)
class Branch:
    """A branch of steady states.

    Args:
        name: Name of the parameter.
        points: The points in order along the branch.
        special: Folds and branch points in order along the branch.
        ended: Where and why the branch ends, as a clause.
        factorisations: Number of Jacobians for which the linear solver was set up.
    """

    name: str
    points: tuple[BranchPoint, ...]
    special: tuple[SpecialPoint, ...]
    ended: str
    factorisations: int

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """The points where the branch turns back in the parameter."""
        return tuple(point for point in self.special if point.kind == "fold")

    @property
    def branch_points(self) -> tuple[SpecialPoint, ...]:
        """The points where other branches cross."""
        return tuple(point for point in self.special if point.kind == "branch point")


log = get_logger(__name__)

DIVERGED = 1e3
"""Change, relative to the size of the field, above which the corrector has diverged."""

WITH_DETERMINANT = NewtonOptions(petsc={"mat_mumps_icntl_33": 1})
"""Newton options with which MUMPS computes determinants, for the detection of branch points."""

LOCATED = 1e-4
"""Tolerance for the location of special points, relative to the step that contains them."""


def follow_branch(
    problem: Problem,
    parameter: str,
    to: float,
    measure: Callable[[Problem], float],
    *,
    options: BranchOptions | None = None,
    newton: Newton | None = None,
) -> Branch:
    """Follow the branch through the problem's present state along a parameter; collective.

    The branch ends when the parameter reaches ``to`` or returns to its first value, when steps
    become too short, or after ``max_points`` points. The problem is left at the last point.

    Args:
        problem: A problem whose state is a solution, at least approximately.
        parameter: Name of the problem parameter.
        to: End value of the parameter; the branch starts in its direction.
        measure: Function that returns a number to distinguish states with the same parameter;
            called on all ranks.
        options: Step lengths and tolerances; None uses the defaults.
        newton: Newton's method for this problem; None creates one. Branch points are detected only
            if its linear solver computes determinants, as with the options WITH_DETERMINANT.

    Raises:
        CaseError: The parameter is unknown, or ``to`` is its present value.
        NotConverged: Newton's method failed at the first or last point.
    """
    if parameter not in problem.parameters:
        raise CaseError(f"unknown parameter {parameter!r}", nearest(parameter, problem.parameters))
    if float(problem.parameters[parameter].value) == to:
        raise CaseError(
            f"the parameter {parameter!r} already has the end value {to:g}",
            "choose a different end value",
        )
    if newton is not None:
        return _follow(newton, parameter, to, measure, options)
    with Newton(problem, WITH_DETERMINANT) as own:
        return _follow(own, parameter, to, measure, options)


def _follow(
    newton: Newton,
    parameter: str,
    to: float,
    measure: Callable[[Problem], float],
    options: BranchOptions | None,
) -> Branch:
    tracer = _Tracer(newton, parameter, to, measure, options or BranchOptions())
    branch = tracer.trace()
    tracer.close()
    return branch


@dataclass(frozen=True, eq=False)
class _Here:
    """A point of the branch with the data required by the next step.

    Args:
        x: The state in natural sizes.
        p: The scaled parameter (s of :class:`~femsoret.solve.branches.unknowns.Unknown`).
        dx: Component of the unit tangent for the state.
        dp: Component of the unit tangent for the parameter.
        weights: Weights w of the inner product sum_i w_i a_i b_i of states.
        determinant: Sign and binary logarithm of |det J|; None if unknown.
        iterations: Number of Newton steps.
        measure: Value of the user's measure.
    """

    x: PETSc.Vec
    p: float
    dx: PETSc.Vec
    dp: float
    weights: PETSc.Vec
    determinant: tuple[int, float] | None
    iterations: int
    measure: float

    @property
    def sign(self) -> int:
        """Sign of det J; 0 if unknown."""
        return self.determinant[0] if self.determinant else 0

    @property
    def bordered_sign(self) -> float:
        """Sign of the determinant of the bordered matrix, det J/p'; 0 if unknown."""
        return self.sign * math.copysign(1.0, self.dp)

    def point(self) -> BranchPoint:
        """Return the point for the report, with the scaled parameter."""
        return BranchPoint(self.p, self.measure, self.dp, self.sign, self.iterations)


class _Arc:
    """The added equation that prescribes the length of a step.

    See :class:`~femsoret.solve.branches.unknowns.AddedEquation`.

    Args:
        here: The point at which the step starts.
        step: Length of the step.
        work: Two work vectors.
    """

    def __init__(self, here: _Here, step: float, work: Sequence[PETSc.Vec]) -> None:
        self._here, self._step = here, step
        self._gradient, self._away = work
        self._gradient.pointwiseMult(here.weights, here.dx)

    def residual(self, x: PETSc.Vec, s: Array) -> float:
        self._away.waxpy(-1.0, self._here.x, x)
        along = float(self._gradient.dot(self._away))
        return along + self._here.dp * (float(s[0]) - self._here.p) - self._step

    def put_gradient(self, x: PETSc.Vec, w: PETSc.Vec) -> None:
        self._gradient.copy(w)

    def slopes(self, x: PETSc.Vec, s: Array) -> Sequence[float]:
        return (self._here.dp,)


class _Tracer:
    """Predictor-corrector continuation with detection of special points."""

    def __init__(
        self,
        newton: Newton,
        parameter: str,
        to: float,
        measure: Callable[[Problem], float],
        options: BranchOptions,
    ) -> None:
        self.newton, self.system, self.name = newton, newton.system, parameter
        start = float(newton.problem.parameters[parameter].value)
        self.unknown = Unknown(parameter, to - start, start)
        self.measure, self.options = measure, options
        self._bordered = BorderedNewton(newton, [self.unknown], [])
        self._dx, self._product, *self._work = (self.system.vector() for _ in range(4))

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self._bordered.destroy()
        for vector in (self._dx, self._product, *self._work):
            vector.destroy()

    # -- the branch ------------------------------------------------------------------------------

    def trace(self) -> Branch:
        """Follow the branch to its end."""
        options, spent = self.options, self.newton.factorisations
        here = self._first()
        points, special = [here.point()], []
        step, ended = options.first, f"after {options.max_points} points"
        while len(points) < options.max_points:
            try:
                there = self._step(here, step)
                kinds = self._kinds(here, there)
                self._check_turn(here, there)
            except NotConverged as failure:
                step *= 0.5
                if step < options.shortest:
                    ended = f"at a step shorter than {options.shortest:g}: {failure.message}"
                    break
                continue
            if "branch point" in kinds and step > options.careful:
                step *= 0.5
                continue
            special += [self._located(kind, here, step, len(points) - 1) for kind in kinds]
            last, here = here, there
            points.append(here.point())
            self.newton.note(f"branch: {self.name} = {self._value(here.p):.6g}, {here.measure:.6g}")
            if here.p >= 1.0 or here.p <= 0.0:
                here = self._stop(last, here)
                points[-1] = here.point()
                ended = f"at {self.name} = {self._value(here.p):g}"
                break
            if here.iterations <= options.easy:
                step = min(1.5 * step, options.longest)
        self._bordered.put(here.x, np.array([here.p]))
        return Branch(
            self.name,
            tuple(replace(point, parameter=self._value(point.parameter)) for point in points),
            tuple(special),
            ended,
            self.newton.factorisations - spent,
        )

    def _first(self) -> _Here:
        """Solve at the first point, with the tangent in the direction of the end value."""
        self.newton.solve()
        x, nothing = self.system.vector(), self.system.vector()
        self.system.read(x)
        return self._arrived(x, 0.0, nothing, 1.0, nothing, 0)

    def _stop(self, last: _Here, beyond: _Here) -> _Here:
        """Return the point at the end value of the parameter, after the last step passed it."""
        end = 1.0 if beyond.p >= 1.0 else 0.0
        share = (end - last.p) / (beyond.p - last.p)
        x = beyond.x.copy()
        x.aypx(share, last.x * (1.0 - share))
        self._bordered.put(x, np.array([end]))
        report = self.newton.solve()
        self.system.read(x)
        return self._arrived(x, end, beyond.dx, beyond.dp, beyond.weights, report.newton_iterations)

    # -- one step --------------------------------------------------------------------------------

    def _step(self, here: _Here, step: float) -> _Here:
        """Return the next point: predict along the tangent, and correct by Newton's method."""
        x, dx, p = here.x.copy(), self._dx, np.array([here.p + step * here.dp])
        x.axpy(step, here.dx)
        self._bordered.equations = (_Arc(here, step, self._work),)
        for iteration in range(1, self.options.max_iterations + 1):
            dp = self._bordered.step(x, p, dx)
            x.axpy(1.0, dx)
            p = p + dp
            change = self._bordered.change(x, dx, p, dp)
            if not math.isfinite(change) or change > DIVERGED:
                break
            if change <= self.options.tolerance:
                return self._arrived(x, float(p[0]), here.dx, here.dp, here.weights, iteration)
        raise NotConverged(
            f"the corrector failed for a step of {step:.2g}", "", self.newton.history
        )

    def _check_turn(self, here: _Here, there: _Here) -> None:
        """Raise NotConverged if a step cuts a corner or jumps to another branch."""
        along = self._inner(here.weights, here.dx, there.dx) + here.dp * there.dp
        length = math.sqrt(self._inner(here.weights, there.dx, there.dx) + there.dp**2)
        if along < length * math.cos(math.radians(self.options.turn)):
            raise NotConverged(
                f"the branch turns by more than {self.options.turn:g} degrees in a step"
            )

    def _arrived(
        self,
        x: PETSc.Vec,
        p: float,
        old_dx: PETSc.Vec,
        old_dp: float,
        old_weights: PETSc.Vec,
        iterations: int,
    ) -> _Here:
        """Return the point at a solution, with the tangent in the direction of the old tangent."""
        old = _Here(x, p, old_dx, old_dp, old_weights, None, 0, 0.0)
        self._bordered.equations = (_Arc(old, 0.0, self._work),)
        self._bordered.factorise(x, np.array([p]))
        determinant = self.newton.linear.determinant()
        dx, weights = self.system.vector(), self._weights(x)
        # The tangent whose component along the old one is 1, then scaled to unit length.
        (dp,) = self._bordered.solver.solve_added(np.ones(1), dx)
        length = math.sqrt(self._inner(weights, dx, dx) + dp**2)
        dx.scale(1.0 / length)
        measure = float(self.measure(self.newton.problem))
        return _Here(x, p, dx, float(dp) / length, weights, determinant, iterations, measure)

    def _weights(self, x: PETSc.Vec) -> PETSc.Vec:
        """Return the weights of the inner product: the sum of scaled mean squares of the blocks."""
        weights, sizes = self.system.vector(), self.system.block_maxima(x)
        for i, name in enumerate(self.newton.problem.layout.names):
            if name not in ALGEBRAIC:  # pressure and potentials follow the others
                V = self.newton.problem.spaces[i].dofmap
                number = V.index_map.size_global * V.index_map_bs
                self.system.local(weights, i)[:] = 1.0 / (number * max(sizes[i], 1.0) ** 2)
        return weights

    def _inner(self, weights: PETSc.Vec, a: PETSc.Vec, b: PETSc.Vec) -> float:
        """Return the weighted inner product sum_i w_i a_i b_i."""
        self._product.pointwiseMult(weights, a)
        return float(self._product.dot(b))

    def _value(self, p: float) -> float:
        return self.unknown.value(p)

    # -- special points --------------------------------------------------------------------------

    def _kinds(self, here: _Here, there: _Here) -> list[PointKind]:
        """Return the kinds of special points between two points."""
        kinds: list[PointKind] = []
        if here.dp * there.dp < 0.0:
            kinds.append("fold")
        if here.bordered_sign * there.bordered_sign < 0.0:
            kinds.append("branch point")
        return kinds

    def _located(self, kind: PointKind, here: _Here, step: float, after: int) -> SpecialPoint:
        """Locate a special point as a zero of its test function, by Brent's method.

        Args:
            kind: Kind of the special point.
            here: The point before it.
            step: Length of the step that contains it.
            after: Index of the point before it.
        """
        points = {0.0: here}

        def test(length: float) -> float:
            if length not in points:
                try:
                    points[length] = self._step(here, length)
                except NotConverged:  # so close to a branch point that J is singular
                    return 0.0
            point = points[length]
            if kind == "fold" or point.determinant is None or here.determinant is None:
                return point.dp
            ratio = 2.0 ** min(point.determinant[1] - here.determinant[1], 500.0)
            return float(ratio * point.bordered_sign)

        root = brentq(test, 0.0, step, xtol=LOCATED * step, rtol=1e-12, maxiter=20)
        lengths = sorted(points)
        p = float(np.interp(root, lengths, [points[length].p for length in lengths]))
        measure = float(np.interp(root, lengths, [points[length].measure for length in lengths]))
        return SpecialPoint(kind, self._value(p), measure, after)
