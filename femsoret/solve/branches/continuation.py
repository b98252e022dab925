"""Pseudo-arclength continuation: follow a branch of steady states past folds.

State x and parameter p are both unknown along the branch. A step of length ds from a point with
unit tangent (x', p') ends where

    F(x, p) = 0,    <x', x - x0> + p' (p - p0) = ds

(H. B. Keller, in P. Rabinowitz (ed.), Applications of Bifurcation Theory, 1977): a parameter that
is unknown, and an equation that determines it (:mod:`femsoret.solve.branches.unknowns`). One
factorisation of the Jacobian takes two back-substitutions.

At a fold the parameter turns round, p' changes sign, and so does det J. At a simple branch point
det J changes sign alone. The determinant of the bordered matrix, det J/p' for a unit tangent, is
therefore blind to folds and tells branch points.
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
"""A fold, where the branch turns round, or a branch point, where another branch crosses."""


@dataclass(frozen=True)
class BranchOptions:
    """How a branch is followed.

    Args:
        first: First step, over the difference between the first parameter value and the last.
        longest: Longest step, likewise.
        shortest: Shortest step, likewise.
        careful: Longest step across a branch point. A longer step may take two branches that pass
            one another (an imperfect bifurcation) for a branch point.
        turn: Largest angle between the tangents of two points, degrees.
        max_points: Most points.
        max_iterations: Most Newton steps of a corrector.
        easy: Most Newton steps after which the next step is longer.
        tolerance: Largest entry of the last update of a block, relative to the largest entry of the
            block or to its natural size, whichever is larger: a branch may start at rest.
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
    """One steady state on a branch.

    Args:
        parameter: Value of the parameter.
        measure: The user's measure of the state.
        tangent: d(parameter)/ds, the parameter over the difference between its first value and its
            last; the sign changes at folds.
        determinant_sign: Sign of det J; 0 where the linear solver gives no determinant.
        iterations: Newton steps.
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
        kind: Fold or branch point.
        parameter: Value of the parameter.
        measure: The measure of the state.
        after: Index of the point of the branch before this one.
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
        points: The points in order.
        special: Folds and branch points in order.
        ended: Why the branch ends, a clause.
        factorisations: Jacobians set up.
    """

    name: str
    points: tuple[BranchPoint, ...]
    special: tuple[SpecialPoint, ...]
    ended: str
    factorisations: int

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """Where the branch turns round."""
        return tuple(point for point in self.special if point.kind == "fold")

    @property
    def branch_points(self) -> tuple[SpecialPoint, ...]:
        """Where other branches cross."""
        return tuple(point for point in self.special if point.kind == "branch point")


log = get_logger(__name__)

DIVERGED = 1e3
"""Change, over the size of the field, from which a corrector has diverged."""

WITH_DETERMINANT = NewtonOptions(petsc={"mat_mumps_icntl_33": 1})
"""Newton options for branches: MUMPS computes the determinant."""

LOCATED = 1e-4
"""Tolerance of the location of special points, relative to the step that they lie in."""


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

    The branch ends when the parameter reaches ``to`` or returns to its first value, or after
    ``max_points``. State and parameter are left at the last point.

    Args:
        problem: A problem whose state solves it, or nearly.
        parameter: Name of the problem parameter.
        to: Value towards which the branch sets out, and at which it ends.
        measure: Number that distinguishes states with the same parameter; called on all ranks.
        options: Steps and tolerances.
        newton: Solver of this problem; None makes one. Branch points are found only if its linear
            solver gives determinants, as that of WITH_DETERMINANT does.

    Raises:
        CaseError: The parameter is unknown, or ``to`` is its present value.
        NotConverged: The first state is no solution.
    """
    if parameter not in problem.parameters:
        raise CaseError(f"unknown parameter {parameter!r}", nearest(parameter, problem.parameters))
    if float(problem.parameters[parameter].value) == to:
        raise CaseError(f"the parameter {parameter!r} is already {to:g}", "give another value")
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
    """A point of the branch with what the next step needs.

    Args:
        x: The state in natural sizes.
        p: The parameter as unknown (see :class:`~femsoret.solve.branches.unknowns.Unknown`).
        dx: Unit tangent of the state.
        dp: Unit tangent of the parameter.
        weights: Weights w of the inner product sum w a b of states.
        determinant: Sign and binary logarithm of |det J|; None where unknown.
        iterations: Newton steps.
        measure: The user's measure.
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
        """Sign of det J; 0 where it is unknown."""
        return self.determinant[0] if self.determinant else 0

    @property
    def bordered_sign(self) -> float:
        """Sign of the determinant of the bordered matrix, det J/p'; 0 where it is unknown."""
        return self.sign * math.copysign(1.0, self.dp)

    def point(self) -> BranchPoint:
        """Return the point as it is reported."""
        return BranchPoint(self.p, self.measure, self.dp, self.sign, self.iterations)


class _Arc:
    """The equation of a step's length (see :class:`~femsoret.solve.unknowns.AddedEquation`).

    Args:
        here: The point that the step sets out from.
        step: Its length.
        work: Two vectors to work with.
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
    """Predictor, corrector and the search for special points."""

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
                    ended = f"at steps below {options.shortest:g}: {failure.message}"
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
        """Solve at the start and set out towards the end."""
        self.newton.solve()
        x, nothing = self.system.vector(), self.system.vector()
        self.system.read(x)
        return self._arrived(x, 0.0, nothing, 1.0, nothing, 0)

    def _stop(self, last: _Here, beyond: _Here) -> _Here:
        """Return the point at the last parameter value, which the last step overshot."""
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
        """Predict along the tangent and correct."""
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
        raise NotConverged(f"the corrector failed at step {step:.2g}", "", self.newton.history)

    def _check_turn(self, here: _Here, there: _Here) -> None:
        """Raise NotConverged for a step that cuts a corner or jumps to another branch."""
        along = self._inner(here.weights, here.dx, there.dx) + here.dp * there.dp
        length = math.sqrt(self._inner(here.weights, there.dx, there.dx) + there.dp**2)
        if along < length * math.cos(math.radians(self.options.turn)):
            raise NotConverged(f"the branch turns by more than {self.options.turn:g} degrees")

    def _arrived(
        self,
        x: PETSc.Vec,
        p: float,
        old_dx: PETSc.Vec,
        old_dp: float,
        old_weights: PETSc.Vec,
        iterations: int,
    ) -> _Here:
        """Return the point at a solution, with the tangent that continues the old direction."""
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
        """Return weights that make the mean square of each independent block, over its size, 1."""
        weights, sizes = self.system.vector(), self.system.block_maxima(x)
        for i, name in enumerate(self.newton.problem.layout.names):
            if name not in ALGEBRAIC:  # pressure and potentials follow the others
                V = self.newton.problem.spaces[i].dofmap
                number = V.index_map.size_global * V.index_map_bs
                self.system.local(weights, i)[:] = 1.0 / (number * max(sizes[i], 1.0) ** 2)
        return weights

    def _inner(self, weights: PETSc.Vec, a: PETSc.Vec, b: PETSc.Vec) -> float:
        """Return sum w a b."""
        self._product.pointwiseMult(weights, a)
        return float(self._product.dot(b))

    def _value(self, p: float) -> float:
        return self.unknown.value(p)

    # -- special points --------------------------------------------------------------------------

    def _kinds(self, here: _Here, there: _Here) -> list[PointKind]:
        """Return what lies between two points."""
        kinds: list[PointKind] = []
        if here.dp * there.dp < 0.0:
            kinds.append("fold")
        if here.bordered_sign * there.bordered_sign < 0.0:
            kinds.append("branch point")
        return kinds

    def _located(self, kind: PointKind, here: _Here, step: float, after: int) -> SpecialPoint:
        """Find the zero of the kind's test function by Brent's method."""
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
