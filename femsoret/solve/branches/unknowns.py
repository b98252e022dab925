"""Newton's method for the state together with unknown parameters.

Each unknown parameter is determined by an added equation: for example, gravity by a target value of
the separation, or a wall heat flux by a target value of the mean temperature. With the equations
F(x, p) = 0 of the problem and the added equations r(x, p) = 0, a Newton step solves the bordered
system

    [ dF/dx  dF/dp ] [dx]     [F]
    [ dr/dx  dr/dp ] [dp] = - [r]

by :mod:`femsoret.solve.linear.bordered`, with the linear solver of the problem's Newton steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from petsc4py import PETSc

import numpy as np
import ufl
from dolfinx import fem

from femsoret.base.compiled import compiled
from femsoret.base.errors import CaseError, NotConverged, SolveFailure, nearest
from femsoret.base.types import Form
from femsoret.problem import Problem
from femsoret.problem.rows import FunctionalRow
from femsoret.solve.linear.bordered import PETSC_VECTORS, Array, BorderedSolver
from femsoret.solve.steady.newton import Newton, NewtonOptions, SolveReport

DIFFERENCE = 1e-4
"""Step of difference quotients with respect to a parameter, relative to the parameter's size."""

SHORTEST = 1.0 / 64.0
"""Smallest fraction of a Newton step that is tried."""


@dataclass(frozen=True)
class Unknown:
    """A parameter to be solved for: its value is ``origin`` + s ``size`` with the unknown s.

    Args:
        parameter: Name of the problem parameter.
        size: Typical change of the parameter, in the unit of the parameter.
        origin: Value of the parameter at s = 0.
    """

    parameter: str
    size: float
    origin: float = 0.0

    def value(self, s: float) -> float:
        """Return the value of the parameter.

        Args:
            s: The dimensionless unknown.
        """
        return self.origin + s * self.size

    def at(self, value: float) -> float:
        """Return the dimensionless unknown at a value of the parameter.

        Args:
            value: Value of the parameter.
        """
        return (value - self.origin) / self.size


class AddedEquation(Protocol):
    """An added equation r(x, s) = 0; all methods are collective."""

    def residual(self, x: PETSc.Vec, s: Array) -> float:
        """Return the residual r.

        Args:
            x: The state in natural sizes; the problem's functions are already set to it.
            s: The unknowns, shape (unknowns,); the problem's parameters are already set to them.
        """

    def put_gradient(self, x: PETSc.Vec, w: PETSc.Vec) -> None:
        """Set w to the gradient dr/dx at the state x, both in natural sizes."""

    def slopes(self, x: PETSc.Vec, s: Array) -> Sequence[float]:
        """Return the derivatives dr/ds at (x, s), shape (unknowns,)."""


class BorderedNewton:
    """Newton steps for the state together with unknown parameters.

    Args:
        newton: Newton's method for the problem at given parameters.
        unknowns: The parameters to solve for.
        equations: Added equations, one for each unknown; may be replaced between steps.
    """

    def __init__(
        self, newton: Newton, unknowns: Sequence[Unknown], equations: Sequence[AddedEquation]
    ) -> None:
        self.newton, self.system = newton, newton.system
        self.unknowns, self.equations = tuple(unknowns), tuple(equations)
        self._borders = [_Border(self.system.vector(), self.system.vector()) for _ in unknowns]
        self._F = self.system.vector()
        self._slopes: Array | None = None
        self.solver = BorderedSolver(
            self._borders,
            newton.back_substitute,
            newton.back_substitute_transposed,
            what=" and ".join(unknown.parameter for unknown in unknowns),
        )

    def present(self) -> Array:
        """Return the unknowns at the present values of the parameters, shape (unknowns,)."""
        parameters = self.newton.problem.parameters
        return np.array([u.at(float(parameters[u.parameter].value)) for u in self.unknowns])

    def put_parameters(self, s: Array) -> None:
        """Set the problem's parameters to the unknowns s."""
        for unknown, value in zip(self.unknowns, s, strict=True):
            self.newton.problem.parameters[unknown.parameter].value = unknown.value(value)

    def put(self, x: PETSc.Vec, s: Array) -> None:
        """Set the problem's state to x, in natural sizes, and its parameters to the unknowns s."""
        self.put_parameters(s)
        self.system.write(x)

    def residuals(self, x: PETSc.Vec, s: Array) -> tuple[PETSc.Vec, Array]:
        """Return the residuals F and r, with r of shape (equations,).

        The next call overwrites the vector F.
        """
        self.put(x, s)
        self.system.residual(x, self._F)
        return self._F, np.array([equation.residual(x, s) for equation in self.equations])

    def factorise(self, x: PETSc.Vec, s: Array, shift: float = 0.0) -> None:
        """Assemble and factorise the bordered system at (x, s).

        Args:
            x: The state, in natural sizes.
            s: The unknowns, shape (unknowns,).
            shift: Multiple of the mass matrix to add to dF/dx.

        Raises:
            NotConverged: The equations do not determine the unknowns.
        """
        self.put(x, s)
        self.newton.factorise(x, shift)
        self.linearise(x, s)
        self.solver.update(self.slopes)

    def linearise(self, x: PETSc.Vec, s: Array) -> None:
        """Compute dF/ds, dr/dx and dr/ds at (x, s), without a factorisation.

        Args:
            x: The state, in natural sizes.
            s: The unknowns, shape (unknowns,).
        """
        for border, unknown, equation in zip(
            self._borders, self.unknowns, self.equations, strict=True
        ):
            self.system.parameter_derivative(
                x, unknown.parameter, DIFFERENCE * abs(unknown.size), border.column
            )
            border.column.scale(unknown.size)
            equation.put_gradient(x, border.weights)
        self.put(x, s)
        self._slopes = np.array([equation.slopes(x, s) for equation in self.equations])

    @property
    def columns(self) -> list[PETSc.Vec]:
        """dF/ds of the last linearisation, one vector for each unknown."""
        return [border.column for border in self._borders]

    @property
    def rows(self) -> list[PETSc.Vec]:
        """dr/dx of the last linearisation, one vector for each added equation."""
        return [border.weights for border in self._borders]

    @property
    def slopes(self) -> Array:
        """dr/ds of the last linearisation, shape (equations, unknowns)."""
        assert self._slopes is not None, "call linearise() first"
        return self._slopes

    def step(self, x: PETSc.Vec, s: Array, dx: PETSc.Vec) -> Array:
        """Compute a Newton step with a new factorisation.

        Args:
            x: The state, in natural sizes.
            s: The unknowns, shape (unknowns,).
            dx: Step of the state; overwritten.

        Returns:
            Step of the unknowns, shape (unknowns,).
        """
        self.factorise(x, s)
        return self.simplified_step(x, s, dx)

    def simplified_step(self, x: PETSc.Vec, s: Array, dx: PETSc.Vec) -> Array:
        """Compute a simplified Newton step, with the last factorisation (see :meth:`step`)."""
        F, residuals = self.residuals(x, s)
        ds = self.solver.solve(F, residuals, dx)
        dx.scale(-1.0)
        return -ds

    def eliminated(self, A: PETSc.Mat) -> PETSc.Mat:
        """Return A - dF/ds (dr/ds)^-1 dr/dx of the last linearisation, for a regular dr/ds.

        The shell matrix acts on the state alone, with the unknowns that the added equations give.

        Args:
            A: dF/dx, with a multiple of the mass matrix added or not.
        """
        context = _Eliminated(A, self.columns, self.rows, np.linalg.inv(self.slopes))
        matrix = PETSc.Mat().createPython(A.getSizes(), context, comm=A.comm)
        matrix.setUp()
        return matrix

    def change(self, x: PETSc.Vec, dx: PETSc.Vec, s: Array, ds: Array) -> float:
        """Return the largest relative change of all blocks and unknowns.

        Changes are relative to the largest entry of the block or the value of the unknown, or to 1
        if that is larger.
        """
        of_blocks = self.system.block_maxima(dx) / np.maximum(self.system.block_maxima(x), 1.0)
        return float(max(np.max(of_blocks), np.max(abs(ds) / np.maximum(abs(s), 1.0))))

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.solver.destroy()
        for border in self._borders:
            border.weights.destroy()
            border.column.destroy()
        self._F.destroy()


@dataclass(frozen=True, eq=False)
class _Border:
    """One parameter and one equation (see :class:`~femsoret.solve.linear.bordered.Border`)."""

    weights: PETSc.Vec
    column: PETSc.Vec
    known: PETSc.Vec | None = None

    def put_column(self, b: PETSc.Vec) -> None:
        self.column.copy(b)


@dataclass(frozen=True, eq=False)
class _Eliminated:
    """The Python context of a bordered matrix whose added unknowns are eliminated.

    Args:
        A: dF/dx.
        columns: dF/ds, one vector for each unknown.
        rows: dr/dx, one vector for each added equation.
        inverse: The inverse of dr/ds, shape (unknowns, equations).
    """

    A: PETSc.Mat
    columns: Sequence[PETSc.Vec]
    rows: Sequence[PETSc.Vec]
    inverse: Array

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        self.A.mult(x, y)
        PETSC_VECTORS.subtract(y, self.inverse @ PETSC_VECTORS.dots(self.rows, x), self.columns)


@dataclass(frozen=True)
class Target:
    """A target value for a functional of the state.

    Args:
        form: Function that returns the functional of a problem, as a UFL form without arguments.
        value: Target value, in the unit of the functional.
        size: Scale of errors, in the same unit; None uses the absolute value of ``value``, or 1 if
            that is zero.
    """

    form: Callable[[Problem], Form]
    value: float
    size: float | None = None


def solve_with_unknowns(
    problem: Problem,
    unknowns: Sequence[str | Unknown],
    targets: Sequence[Target | FunctionalRow],
    options: NewtonOptions | None = None,
) -> SolveReport:
    """Solve for the state and for parameters such that functionals of the state reach targets.

    First the state at the present parameters is solved for, then state and parameters together. If
    this fails, state and parameters are restored. Collective.

    Args:
        problem: The problem; contains the solution afterwards.
        unknowns: Parameters to solve for. The size of a parameter given by its name is the absolute
            value of its present value.
        targets: Targets or functional rows, one for each unknown.
        options: Options of Newton's method and the linear solver.

    Raises:
        CaseError: A parameter is unknown or has no size, or the numbers of parameters and targets
            differ.
        NotConverged: No solution was found, or the targets do not determine the parameters.
    """
    sized = [_sized(problem, unknown) for unknown in unknowns]
    if not sized or len(sized) != len(targets):
        raise CaseError(
            f"the number of unknown parameters is {len(sized)}, but that of targets is "
            f"{len(targets)}",
            "give at least one unknown parameter, and one target for each",
        )
    values = {u.parameter: float(problem.parameters[u.parameter].value) for u in sized}
    before = problem.get_state()
    with Newton(problem, options) as newton:
        try:
            report = newton.solve()
            equations = [added_equation(newton, target, sized) for target in targets]
            search = BorderedNewton(newton, sized, equations)
            try:
                taken = _find(search)
            finally:
                search.destroy()
        except SolveFailure:
            for name, value in values.items():
                problem.parameters[name].value = value
            problem.set_state(before)
            raise
        return replace(
            report,
            newton_iterations=report.newton_iterations + taken,
            linear_iterations=newton.linear_iterations,
            history=tuple(newton.history),
            factorisations=newton.factorisations,
        )


def _find(search: BorderedNewton) -> int:
    """Take damped Newton steps until convergence.

    A damped step is accepted if it reduces the length of the next simplified Newton step, with the
    same Jacobian (P. Deuflhard, Newton Methods for Nonlinear Problems, Springer 2004, sec. 3.3).
    This criterion is used because residuals of the flow and of the targets have no common scale.

    Returns:
        The number of steps.
    """
    newton, options = search.newton, search.newton.options
    x, dx, trial, next_dx = (search.system.vector() for _ in range(4))
    search.system.read(x)
    s = search.present()
    for taken in range(1, options.max_iterations + 1):
        ds = search.step(x, s, dx)
        change = search.change(x, dx, s, ds)
        length = 1.0
        while True:
            trial.waxpy(length, dx, x)
            trial_s = s + length * ds
            left = search.change(x, next_dx, s, search.simplified_step(trial, trial_s, next_dx))
            # Small steps are accurate up to round-off, which need not decrease.
            small = change <= math.sqrt(options.tolerance) and math.isfinite(left)
            if left < change or small:
                break
            length *= 0.5
            if length < SHORTEST or not math.isfinite(change):
                raise NotConverged(
                    "no fraction of a Newton step brings the state closer to the targets",
                    "start from a closer state, or choose targets closer to the present values",
                    newton.history,
                )
        trial.copy(x)
        s = trial_s
        values = ", ".join(
            f"{u.parameter} = {u.value(value):.6g}"
            for u, value in zip(search.unknowns, s, strict=True)
        )
        newton.note(f"     largest change {change:8.1e}  left {left:8.1e}  {values}")
        if max(change if length < 1.0 else 0.0, left) <= options.tolerance:
            search.put(x, s)
            return taken
    raise NotConverged(
        f"the targets were not reached in {options.max_iterations} Newton steps",
        "start from a closer state, or choose targets closer to the present values",
        newton.history,
    )


def _sized(problem: Problem, unknown: str | Unknown) -> Unknown:
    """Return an unknown parameter with a valid size, or raise CaseError."""
    name = unknown if isinstance(unknown, str) else unknown.parameter
    if name not in problem.parameters:
        raise CaseError(f"unknown parameter {name!r}", nearest(name, problem.parameters))
    if isinstance(unknown, Unknown):
        size = unknown.size
    else:
        size = abs(float(problem.parameters[name].value))
        unknown = Unknown(name, size)
    if not (size and math.isfinite(size)):
        raise CaseError(
            f"the size of the parameter {name!r} is zero or not finite",
            f"give a typical change of the parameter, as in Unknown({name!r}, size=...)",
        )
    return unknown


def added_equation(
    newton: Newton, target: Target | FunctionalRow, unknowns: Sequence[Unknown]
) -> AddedEquation:
    """Return the added equation for a target.

    Args:
        newton: Newton's method for the problem.
        target: The target or functional row.
        unknowns: The parameters to solve for.
    """
    if isinstance(target, FunctionalRow):
        return _Mean(newton, target)
    return _Functional(newton, target, unknowns)


class _Mean:
    """A functional row as an added equation (see :class:`AddedEquation`)."""

    def __init__(self, newton: Newton, row: FunctionalRow) -> None:
        self._weights, size = newton.system.functional(row)
        self._value = row.value / size

    def residual(self, x: PETSc.Vec, s: Array) -> float:
        return float(self._weights.dot(x)) - self._value

    def put_gradient(self, x: PETSc.Vec, w: PETSc.Vec) -> None:
        self._weights.copy(w)

    def slopes(self, x: PETSc.Vec, s: Array) -> Sequence[float]:
        return [0.0] * len(s)


class _Functional:
    """The integral of a UFL form as an added equation (see :class:`AddedEquation`)."""

    def __init__(self, newton: Newton, target: Target, unknowns: Sequence[Unknown]) -> None:
        self._problem, self._system = newton.problem, newton.system
        self._target, self._unknowns = target.value, unknowns
        self._size = abs(target.value if target.size is None else target.size) or 1.0
        form = target.form(newton.problem)
        self._form = compiled(form)
        self._gradients = [
            compiled(derivative) if not derivative.empty() else None
            for derivative in (
                ufl.algorithms.expand_derivatives(
                    ufl.derivative(form, function, ufl.TestFunction(function.function_space))
                )
                for function in newton.problem.functions
            )
        ]

    def residual(self, x: PETSc.Vec, s: Array) -> float:
        return (self._value() - self._target) / self._size

    def _value(self) -> float:
        return float(self._system.comm.allreduce(fem.assemble_scalar(self._form)))

    def put_gradient(self, x: PETSc.Vec, w: PETSc.Vec) -> None:
        w.zeroEntries()
        for i, form in enumerate(self._gradients):
            if form is not None:
                entries = self._system.assembled(form, i)
                self._system.local(w, i)[:] = entries * self._system.unknown_size(i) / self._size

    def slopes(self, x: PETSc.Vec, s: Array) -> Sequence[float]:
        return [self._slope(unknown) for unknown in self._unknowns]

    def _slope(self, unknown: Unknown) -> float:
        constant = self._problem.parameters[unknown.parameter]
        value, step = float(constant.value), DIFFERENCE * unknown.size
        values = []
        try:
            for shifted in (value - step, value + step):
                constant.value = shifted
                values.append(self._value())
        finally:
            constant.value = value
        return (values[1] - values[0]) / (2.0 * DIFFERENCE * self._size)
