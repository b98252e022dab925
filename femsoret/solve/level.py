"""One mesh of an iterative solver: the Jacobian there, and the matrix of sweeps over its blocks.

In that matrix the pressure block, which is zero, holds what stands for its Schur complement: a
mass matrix over the viscosity, including the weight of the grad-div term (M. Benzi, M. A.
Olshanskii, SIAM J. Sci. Comput. 28 (2006) 2095).
"""

from __future__ import annotations

from petsc4py import PETSc

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.compiled import compiled
from femsoret.forms import GradDiv
from femsoret.problem import Problem
from femsoret.solve.assembly import BlockSystem

SHORTEST = 36.0
"""(k h)^2 of the shortest waves that linear pressures carry, h the edge of a cube: 12 a direction.
(A third to ten times as much cost the same.)"""


class Level:
    """One mesh: the Jacobian there, and the matrix of the sweeps over its blocks.

    Args:
        problem: The problem on this mesh.
        system: Its assembly, if it exists already.
    """

    def __init__(self, problem: Problem, system: BlockSystem | None = None) -> None:
        self.problem = problem
        self._owns_system = system is None
        self.system = system or BlockSystem(problem)
        self.matrix = self.system.matrix
        self.schur = PressureSchur(self.system) if "p" in problem.layout else None
        self.operator = self.schur.less(self.matrix) if self.schur else self.matrix

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble at a state, given in natural sizes."""
        self.system.jacobian(x, shift, pinned=False)
        if self.schur:
            self.schur.add_to(self.matrix, shift)

    def index_set(self, i: int) -> PETSc.IS:
        """Return the rows of block i, global ones."""
        first = self.matrix.getOwnershipRange()[0]
        rows = np.arange(*self.system.offsets[i : i + 2], dtype=PETSc.IntType)
        index_set = PETSc.IS().createGeneral(first + rows, comm=self.system.comm)
        # Components of a vector belong together: algebraic multigrid asks for it.
        index_set.setBlockSize(self.problem.spaces[i].dofmap.index_map_bs)
        return index_set

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        if self.schur:
            self.schur.block.destroy()
            self.operator.destroy()
        if self._owns_system:
            self.system.destroy()


class PressureSchur:
    """What stands for the pressure's Schur complement: minus mass over viscosity.

    The saddle point's own pressure block is zero, but smoothers divide by the block's diagonal.
    In a time step inertia adds rho/(dt k^2) to the viscosity that a pressure of wavenumber k feels
    (J. Cahouet, J.-P. Chabard, Int. J. Numer. Meth. Fluids 8 (1988) 869); a smoother need be right
    for the shortest waves of its own mesh only.
    """

    def __init__(self, system: BlockSystem) -> None:
        problem = system.problem
        i = problem.layout.index("p")
        V = problem.spaces[i]
        q, r = ufl.TrialFunction(V), ufl.TestFunction(V)
        m, volume = problem.bound_mixture, abs(ufl.JacobianDeterminant(problem.cell.mesh))
        terms = (term for term in problem.equations.terms if isinstance(term, GradDiv))
        viscosity = m.mu(problem.state) + sum(t.coefficient(problem.state, m) for t in terms)
        self._shift = fem.Constant(problem.cell.mesh, PETSc.ScalarType(0.0))
        h_squared = volume ** (2.0 / problem.cell.dim)
        inertia = m.density() * self._shift * h_squared / SHORTEST
        self._form = compiled(-q * r / (viscosity + inertia) * problem.dx)
        scales = problem.scales
        self._scale = scales.unknown["p"] / scales.residual["p"]
        self._rows = slice(*system.offsets[i : i + 2])
        # Global columns of the pressure in the block vector, rank by rank.
        starts = system.comm.allgather(system.vector().getOwnershipRange()[0] + self._rows.start)
        self._starts = np.asarray(starts, dtype=np.int64)
        self.block = fem_petsc.create_matrix(self._form)

    def add_to(self, matrix: PETSc.Mat, shift: float) -> None:
        """Assemble the block at the present state and add it to the matrix of the smoother."""
        self._shift.value = shift
        self.block.zeroEntries()
        fem_petsc.assemble_matrix(self.block, self._form)
        self.block.assemble()
        self.block.scale(self._scale)
        starts, columns, values = self.block.getValuesCSR()
        ranges = np.asarray(self.block.getOwnershipRangesColumn())
        owner = np.searchsorted(ranges, columns, side="right") - 1
        columns = (columns - ranges[owner] + self._starts[owner]).astype(PETSc.IntType)
        first = self._starts[matrix.comm.rank]
        rows = (first + np.arange(len(starts))).astype(PETSc.IntType)
        matrix.setValuesIJV(starts, columns, values, addv=True, rowmap=rows[:-1])
        matrix.assemble()

    def less(self, matrix: PETSc.Mat) -> PETSc.Mat:
        """Return the matrix of the sweeps without the block: the true Jacobian, a shell matrix."""
        operator = PETSc.Mat().createPython(
            matrix.getSizes(), _Less(matrix, self.block, self._rows), comm=matrix.comm
        )
        operator.setUp()
        return operator


class _Less:
    """Python context of a shell matrix: y = A x, less one block of it.

    Args:
        A: The matrix.
        block: What is taken off its diagonal.
        rows: Where the block is in local vectors.
    """

    def __init__(self, A: PETSc.Mat, block: PETSc.Mat, rows: slice) -> None:
        self.A, self.block, self.rows = A, block, rows
        self._in, self._out = block.createVecs()

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.A.mult(x, y)
        self._in.array_w[:] = x.array_r[self.rows]
        self.block.mult(self._in, self._out)
        y.array_w[self.rows] -= self._out.array_r
