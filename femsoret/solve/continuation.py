"""Pseudo-arclength continuation: follow a branch of steady states past folds.

State x and parameter p are both unknown along the branch; a step of length ds from a point with
unit tangent (x', p') ends where

    F(x, p) = 0,    <x', x - x0> + p' (p - p0) = ds

(H. B. Keller, in P. Rabinowitz (ed.), Applications of Bifurcation Theory, 1977). The bordered
systems are solved by block elimination: one factorisation of the Jacobian, two back-substitutions.

At a fold the parameter turns round, p' changes sign, and so does det J. At a simple branch point
det J changes sign alone. The determinant of the bordered matrix, det J/p' for a unit tangent, is
therefore blind to folds and tells branch points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from petsc4py import PETSc

import numpy as np
from scipy.optimize import brentq

from femsoret.errors import CaseError, NotConverged, nearest
from femsoret.layout import ALGEBRAIC
from femsoret.log import get_logger
from femsoret.problem import Problem
from femsoret.solve.branch import Branch, BranchOptions, BranchPoint, Kind, SpecialPoint
from femsoret.solve.report import NewtonOptions
from femsoret.solve.steady import Newton

log = get_logger(__name__)

DIFFERENCE = 1e-4
"""Step of dF/dp, relative to the parameter's way."""

WITH_DETERMINANT = NewtonOptions(petsc={"mat_mumps_icntl_33": 1})
"""Newton options for branches: MUMPS computes the determinant of what it factorises."""

LOCATED = 1e-4
"""How closely special points are located, relative to the step that they lie in."""


def follow_branch(
    problem: Problem,
    parameter: str,
    to: float,
    measure: Callable[[Problem], float],
    *,
    options: BranchOptions | None = None,
    newton: Newton | None = None,
) -> Branch:
    """Follow the branch through the problem's present state along a parameter.

    The branch ends when the parameter reaches ``to``, comes back to where it started, or after
    ``max_points``. State and parameter are left at the last point.

    Args:
        problem: A problem whose state solves it, or nearly.
        parameter: Name of the problem parameter.
        to: Value towards which the branch sets out, and at which it ends.
        measure: Number that tells states of one parameter apart; called on all ranks.
        options: Steps and tolerances.
        newton: Solver of this very problem; None makes one. Branch points are found only where it
            gives determinants (:meth:`Newton.determinant`), as the one made here does.

    Raises:
        CaseError: The parameter is unknown, or ``to`` is its present value.
        NotConverged: Already the first state is no solution.
    """
    if parameter not in problem.parameters:
        raise CaseError(f"unknown parameter {parameter!r}", nearest(parameter, problem.parameters))
    if float(problem.parameters[parameter].value) == to:
        raise CaseError(f"the parameter {parameter!r} is already {to:g}", "give another value")
    if newton is not None:
        return _Tracer(newton, parameter, to, measure, options or BranchOptions()).trace()
    with Newton(problem, WITH_DETERMINANT) as own:
        return _Tracer(own, parameter, to, measure, options or BranchOptions()).trace()


@dataclass(frozen=True, eq=False)
class _Here:
    """A point of the branch with what the next step needs: state, unit tangent, metric."""

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
        """Return what the report keeps."""
        return BranchPoint(self.p, self.measure, self.dp, self.sign, self.iterations)


class _Tracer:
    """Predictor, corrector and the search for special points; p counts in units of the way."""

    def __init__(
        self,
        newton: Newton,
        parameter: str,
        to: float,
        measure: Callable[[Problem], float],
        options: BranchOptions,
    ) -> None:
        self.newton, self.system, self.name = newton, newton.system, parameter
        self.constant = newton.problem.parameters[parameter]
        self.start, self.end = float(self.constant.value), to
        self.measure, self.options = measure, options
        self._product = self.system.vector()

    # -- the branch ------------------------------------------------------------------------------

    def trace(self) -> Branch:
        """Follow the branch."""
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
        self._put(here)
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
        x, zero = self.system.vector(), self.system.vector()
        self.system.read(x)
        return self._arrived(x, 0.0, zero, 1.0, 0)

    def _stop(self, last: _Here, beyond: _Here) -> _Here:
        """Return the state at the end of the way that the last step overshot."""
        end = 1.0 if beyond.p >= 1.0 else 0.0
        share = (end - last.p) / (beyond.p - last.p)
        x = beyond.x.copy()
        x.aypx(share, last.x * (1.0 - share))
        self.constant.value = self._value(end)
        self.system.write(x)
        report = self.newton.solve()
        self.system.read(x)
        return self._arrived(x, end, beyond.dx, beyond.dp, report.newton_iterations)

    # -- one step --------------------------------------------------------------------------------

    def _step(self, here: _Here, step: float) -> _Here:
        """Predict along the tangent and correct."""
        x, p = here.x.copy(), here.p + step * here.dp
        x.axpy(step, here.dx)
        F = self.system.vector()
        for iteration in range(1, self.options.max_iterations + 1):
            self.constant.value = self._value(p)
            self.system.residual(x, F)
            away = x.copy()
            away.axpy(-1.0, here.x)
            gap = self._inner(here.weights, here.dx, away) + here.dp * (p - here.p) - step
            dx, dp = self._bordered(x, F, gap, here)
            x.axpy(1.0, dx)
            p += dp
            change = self.system.block_maxima(dx) / np.maximum(self.system.block_maxima(x), 1.0)
            if not np.isfinite(change).all() or change.max() > 1e3:
                break
            if max(change.max(), abs(dp)) <= self.options.tolerance:
                self.constant.value = self._value(p)
                return self._arrived(x, p, here.dx, here.dp, iteration)
        raise NotConverged(f"the corrector failed at step {step:.2g}", "", self.newton.history)

    def _check_turn(self, here: _Here, there: _Here) -> None:
        """Refuse a step that cuts a corner, or jumps to another branch."""
        along = self._inner(here.weights, here.dx, there.dx) + here.dp * there.dp
        length = math.sqrt(self._inner(here.weights, there.dx, there.dx) + there.dp**2)
        if along < length * math.cos(math.radians(self.options.turn)):
            raise NotConverged(f"the branch turns by more than {self.options.turn:g} degrees")

    def _bordered(
        self, x: PETSc.Vec, F: PETSc.Vec, gap: float, here: _Here
    ) -> tuple[PETSc.Vec, float]:
        """Return the Newton step of the bordered system."""
        self.newton.factorise(x)
        back, along = self.system.vector(), self.system.vector()
        self.newton.back_substitute(F, back)
        self.newton.back_substitute(self._derivative(x), along)
        slope = here.dp - self._inner(here.weights, here.dx, along)
        dp = (self._inner(here.weights, here.dx, back) - gap) / slope
        back.axpy(dp, along)
        back.scale(-1.0)
        return back, dp

    def _arrived(
        self, x: PETSc.Vec, p: float, old_dx: PETSc.Vec, old_dp: float, iterations: int
    ) -> _Here:
        """Return the point at a solution, with the tangent that goes on in the old direction."""
        self.newton.factorise(x)
        determinant = self.newton.linear.determinant()
        along, weights = self.system.vector(), self._weights(x)
        self.newton.back_substitute(self._derivative(x), along)
        along.scale(-1.0)
        dp = 1.0 / math.sqrt(1.0 + self._inner(weights, along, along))
        if self._inner(weights, along, old_dx) + old_dp < 0.0:
            dp = -dp
        along.scale(dp)
        self.system.write(x)
        measure = float(self.measure(self.newton.problem))
        return _Here(x, p, along, dp, weights, determinant, iterations, measure)

    def _derivative(self, x: PETSc.Vec) -> PETSc.Vec:
        """Return dF/dp for p in units of the way."""
        way = self.end - self.start
        dF = self.system.parameter_derivative(x, self.name, DIFFERENCE * abs(way))
        dF.scale(way)
        return dF

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
        return self.start + p * (self.end - self.start)

    def _put(self, here: _Here) -> None:
        self.constant.value = self._value(here.p)
        self.system.write(here.x)

    # -- special points --------------------------------------------------------------------------

    def _kinds(self, here: _Here, there: _Here) -> list[Kind]:
        """Return what lies between two points."""
        kinds: list[Kind] = []
        if here.dp * there.dp < 0.0:
            kinds.append("fold")
        if here.bordered_sign * there.bordered_sign < 0.0:
            kinds.append("branch point")
        return kinds

    def _located(self, kind: Kind, here: _Here, step: float, after: int) -> SpecialPoint:
        """Find the point where the test function of its kind vanishes, by Brent's method."""
        seen = {0.0: here}

        def test(length: float) -> float:
            if length not in seen:
                try:
                    seen[length] = self._step(here, length)
                except NotConverged:  # so close to a branch point that J is singular
                    return 0.0
            at = seen[length]
            if kind == "fold" or at.determinant is None or here.determinant is None:
                return at.dp
            ratio = 2.0 ** min(at.determinant[1] - here.determinant[1], 500.0)
            return float(ratio * at.bordered_sign)

        root = brentq(test, 0.0, step, xtol=LOCATED * step, rtol=1e-12, maxiter=20)
        lengths = sorted(seen)
        p, measure = (
            float(np.interp(root, lengths, [getattr(seen[length], of) for length in lengths]))
            for of in ("p", "measure")
        )
        return SpecialPoint(kind, self._value(p), measure, after)
