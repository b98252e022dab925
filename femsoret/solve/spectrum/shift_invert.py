"""Shift-inverted operators (J + s M)^-1 M for real and complex shifts s.

M is singular: the rows of pressure, potentials, Dirichlet conditions and functional rows are zero.
Vectors in the range of these operators satisfy the corresponding equations exactly: they are
discretely divergence-free, zero on walls with Dirichlet conditions, and have zero mean where it is
prescribed. The infinite eigenvalues of the pencil are mapped to zero, far from those of interest.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import NotConverged, SolveFailure
from femsoret.base.types import Array
from femsoret.solve.branches.bodies import FreeBodies
from femsoret.solve.branches.unknowns import BorderedNewton
from femsoret.solve.linear.assembly import BlockSystem, Constraint
from femsoret.solve.linear.bordered import SharedArrays
from femsoret.solve.linear.constraint import ConstrainedSolve
from femsoret.solve.linear.direct import shell
from femsoret.solve.linear.mumps import mumps_shortage
from femsoret.solve.linear.options import DIRECT, in_database, resolved
from femsoret.solve.spectrum.complex_lu import (
    Added,
    BorderedFactors,
    Complexes,
    Pencil,
    PinnedFactors,
    gathered,
    has_umfpack,
    pinned,
)
from femsoret.solve.steady.newton import Newton


class ShiftInvert(Protocol):
    """Interface of shift-inverted operators, which are Python contexts of shell matrices.

    Attributes:
        shifted: J + a M with functional rows substituted, where a is the real part of the shift.
    """

    shifted: PETSc.Mat

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""

    def close(self) -> None:
        """Free the PETSc objects; collective."""


class RealShift:
    """The operator (J + s M)^-1 M for a real shift s, with the linear solver of Newton steps.

    Args:
        newton: Newton's method for the problem, with a direct or iterative linear solver.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
    """

    def __init__(self, newton: Newton, x: PETSc.Vec, shift: float) -> None:
        self.newton = newton
        self._Mx = newton.system.vector()
        newton.factorise(x, shift)
        self.shifted = newton.linear.operator

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.newton.system.mass.mult(x, self._Mx)
        self.newton.back_substitute(self._Mx, y)

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self._Mx.destroy()


class FreeShift:
    """The operator of :class:`RealShift` with free bodies, which move without inertia.

    Args:
        newton: Newton's method for the problem.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
        free: The velocities of the bodies as unknowns.
    """

    def __init__(self, newton: Newton, x: PETSc.Vec, shift: float, free: FreeBodies) -> None:
        self.newton = newton
        self._Mx = newton.system.vector()
        self._search = free.bordered(newton)
        self._search.factorise(x, self._search.present(), shift)
        self._balanced = np.zeros(len(free.unknowns))
        self.shifted = self._search.eliminated(newton.linear.operator)

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.newton.system.mass.mult(x, self._Mx)
        self._search.solver.solve(self._Mx, self._balanced, y)

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self.shifted.destroy()
        self._search.destroy()
        self._Mx.destroy()


class ComplexShift:
    """The real part of the operator (J + s M)^-1 M for a complex shift s = a + i b.

    It has the same eigenvectors as the complex operator, with the eigenvalues
    1/2 [1/(s - lambda) + 1/(s* - lambda)], which are large if lambda is close to s or its conjugate
    (B. N. Parlett, Y. Saad, Linear Algebra Appl. 88/89 (1987) 575). A real factorisation of twice
    the size,

        [J + a M    -b M ]
        [  b M    J + a M]

    replaces the complex one, which is not available in a PETSc built for real numbers.

    Args:
        newton: Newton's method for the problem; its linear solver is not used.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
    """

    def __init__(self, newton: Newton, x: PETSc.Vec, shift: complex) -> None:
        self._own, self.system = _as_one_matrix(newton)
        system = self.system
        system.jacobian(x, shift.real)
        newton.factorisations += 1
        self.shifted = shell(system, system.matrix)
        self._Mx = system.vector()
        self._twice, self._matrix = _doubled(system.matrix, system.mass, shift.imag)
        self._b, self._y = self._matrix.createVecs()
        self._constraints = [
            _in_half(constraint, self._matrix, half)
            for half in (0, 1)
            for constraint in system.constraints
        ]
        self._exit = ExitStack()
        inner = PETSc.PC().create(system.comm)
        inner.setOptionsPrefix(self._exit.enter_context(in_database(resolved(DIRECT))))
        inner.setFromOptions()
        self._inner = inner
        self._solve = PETSc.PC().create(system.comm)
        self._solve.setType(PETSc.PC.Type.PYTHON)
        self._solve.setPythonContext(ConstrainedSolve(inner, self._constraints))
        self._solve.setOperators(self._matrix, self._matrix)
        self._solve.setUp()
        if inner.getFailedReason():
            short = mumps_shortage(inner)
            self.close()
            if short is not None:
                raise short
            raise NotConverged(
                f"the factorisation for the shift {shift:.4g} failed", "change the shift slightly"
            )

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.system.mass.mult(x, self._Mx)
        y.array_w[:] = self.solve(self._Mx.array_r).real

    def solve(self, b: Array | Complexes) -> Complexes:
        """Return (J + s M)^-1 b, for the entries of b of this rank; collective."""
        size = len(b)
        self._b.array_w[:size], self._b.array_w[size:] = b.real, b.imag
        self._solve.apply(self._b, self._y)
        return np.asarray(self._y.array_r[:size] + 1j * self._y.array_r[size:])

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self._solve.destroy()
        self._inner.destroy()
        for constraint in self._constraints:
            constraint.destroy()
        vectors, matrices = (self._b, self._y, self._Mx), (self._matrix, self._twice, self.shifted)
        for petsc_object in (*vectors, *matrices):
            petsc_object.destroy()
        if self._own:
            self._own.destroy()
        self._exit.close()


class ComplexShiftAlone:
    """The operator of :class:`ComplexShift` on a single rank, with a complex factorisation.

    It takes about a quarter of the time.

    Args:
        newton: Newton's method for the problem; its linear solver is not used.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
    """

    def __init__(self, newton: Newton, x: PETSc.Vec, shift: complex) -> None:
        self._own, self.system = _as_one_matrix(newton)
        self.system.jacobian(x, shift.real)
        newton.factorisations += 1
        self.shifted = shell(self.system, self.system.matrix)
        self._Mx = self.system.vector()
        pencil = Pencil(gathered(self.system.matrix), gathered(self.system.mass))
        try:
            self._solve = PinnedFactors(pencil.factorise(1j * shift.imag), pinned(self.system))
        except SolveFailure:
            self._free()
            raise

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.system.mass.mult(x, self._Mx)
        y.array_w[:] = self.solve(self._Mx.array_r).real

    def solve(self, b: Array | Complexes) -> Complexes:
        """Return (J + s M)^-1 b."""
        return self._solve.solve(b.astype(np.complex128))

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self._solve.close()
        self._free()

    def _free(self) -> None:
        self._Mx.destroy()
        self.shifted.destroy()
        if self._own:
            self._own.destroy()


class FreeComplexShift:
    """The operator of :class:`ComplexShift` with free bodies, which move without inertia.

    Args:
        newton: Newton's method for the problem; its linear solver is not used.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
        free: The velocities of the bodies as unknowns.
    """

    def __init__(self, newton: Newton, x: PETSc.Vec, shift: complex, free: FreeBodies) -> None:
        self._search = free.bordered(newton)
        self._search.linearise(x, self._search.present())
        self._held = complex_shift(newton, x, shift)
        self._Mx = newton.system.vector()
        self.shifted = self._search.eliminated(self._held.shifted)
        added = Added(*_arrays(self._search), self._search.slopes)
        self._solve = BorderedFactors(self._held, added, SharedArrays(newton.system.comm))

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self._held.system.mass.mult(x, self._Mx)
        y.array_w[:] = self._solve.solve(self._Mx.array_r.astype(np.complex128)).real

    def close(self) -> None:
        """Free the PETSc objects; collective."""
        self.shifted.destroy()
        self._held.close()
        self._search.destroy()
        self._Mx.destroy()


def added_by(free: FreeBodies, newton: Newton, x: PETSc.Vec) -> Added:
    """Return the unknowns and equations of free bodies, whole on rank 0; collective.

    Args:
        free: The velocities of the bodies as unknowns.
        newton: Newton's method for the problem.
        x: The steady state, in natural sizes.
    """
    search, comm = free.bordered(newton), newton.system.comm
    search.linearise(x, search.present())
    rows, columns = (
        tuple(np.concatenate(comm.gather(part, root=0) or [np.zeros(0)]) for part in parts)
        for parts in _arrays(search)
    )
    slopes = search.slopes
    search.destroy()
    return Added(rows, columns, slopes)


def _arrays(search: BorderedNewton) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return the rows and the columns of a bordered system, the entries of this rank."""
    rows, columns = (
        tuple(vector.array_r.copy() for vector in vectors)
        for vectors in (search.rows, search.columns)
    )
    return rows, columns


def complex_shift(newton: Newton, x: PETSc.Vec, shift: complex) -> ComplexShift | ComplexShiftAlone:
    """Return the shift-inverted operator for a complex shift; collective.

    A complex factorisation is used on a single rank with UMFPACK, and a real one of twice the size
    otherwise.

    Args:
        newton: Newton's method for the problem.
        x: The steady state, in natural sizes.
        shift: The shift s, in reciprocals of the problem's unit of time.
    """
    alone = newton.system.comm.size == 1 and has_umfpack()
    return (ComplexShiftAlone if alone else ComplexShift)(newton, x, shift)


def _as_one_matrix(newton: Newton) -> tuple[BlockSystem | None, BlockSystem]:
    """Return the system to use, with a single matrix to factorise.

    Iterative solvers have nested matrices, for which a new system is created.

    Returns:
        The new system, to be destroyed by the caller, or None; and the system to use.
    """
    own = BlockSystem(newton.problem) if newton.system.nested else None
    return own, own or newton.system


def _doubled(K: PETSc.Mat, M: PETSc.Mat, b: float) -> tuple[PETSc.Mat, PETSc.Mat]:
    """Return b M and [[K, -b M], [b M, K]], where each rank owns its rows of both halves."""
    bM = M.copy()
    bM.scale(b)
    minus = bM.copy()
    minus.scale(-1.0)
    nest = PETSc.Mat().createNest([[K, minus], [bM, K]], comm=K.comm)
    nest.assemble()
    matrix = nest.convert(PETSc.Mat.Type.AIJ, out=PETSc.Mat())
    nest.destroy()
    minus.destroy()
    return bM, matrix


def _in_half(constraint: Constraint, matrix: PETSc.Mat, half: int) -> Constraint:
    """Return a functional row for the real (0) or imaginary (1) half of the doubled system."""

    def there(vector: PETSc.Vec) -> PETSc.Vec:
        doubled, size = matrix.createVecRight(), vector.getLocalSize()
        doubled.array_w[half * size : (half + 1) * size] = vector.array_r
        return doubled

    starts = constraint.weights.getOwnershipRanges()
    owner = int(np.searchsorted(starts, constraint.row, side="right")) - 1
    size_there = starts[owner + 1] - starts[owner]
    row = int(starts[owner] + constraint.row + half * size_there)
    # M has no rows and columns of pressures and potentials, so their levels are in its kernel.
    kernel = there(constraint.kernel)
    known = None if constraint.known is None else kernel
    return replace(
        constraint, row=row, weights=there(constraint.weights), kernel=kernel, known=known
    )


def operator_of(system: BlockSystem, context: ShiftInvert) -> PETSc.Mat:
    """Return a shift-inverted operator as a shell matrix.

    Args:
        system: The assembled problem, which determines the size.
        context: The shift-inverted operator.
    """
    operator = PETSc.Mat().createPython(system.matrix.getSizes(), context, comm=system.comm)
    operator.setUp()
    return operator
