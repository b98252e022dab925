"""One mesh of an iterative solver: the Jacobian there, in blocks that sweeps take in turn.

Its pressure block, which is zero, holds what stands for its Schur complement in the sweeps: a mass
matrix over the viscosity, including the weight of the grad-div term (M. Benzi, M. A.
Olshanskii, SIAM J. Sci. Comput. 28 (2006) 2095).
"""

from __future__ import annotations

from petsc4py import PETSc

import ufl
from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.base.compiled import compiled
from femsoret.physics.closures import fluxes
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem

SHORTEST = 36.0
"""(k h)^2 of the shortest waves that linear pressures carry, h the edge of a cube: 12 a direction.
(A third to ten times as much cost the same.)"""


class Level:
    """One mesh: the Jacobian there, in blocks for sweeps.

    Args:
        problem: The problem on this mesh.
        system: The same, assembled as a MATNEST; None makes it.

    Attributes:
        system: The assembled problem.
        matrix: Its Jacobian as a MATNEST, with the pressure's Schur complement.
        operator: The Jacobian, singular where functional rows stand for equations: a shell matrix.
    """

    def __init__(self, problem: Problem, system: BlockSystem | None = None) -> None:
        self.problem = problem
        self.system = system or BlockSystem(problem, nested=True)
        self.matrix = self.system.matrix
        self.schur = PressureSchur(self.system) if "p" in problem.layout else None
        self.operator = singular_jacobian(self.system, self.schur)

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble at a state, given in natural sizes."""
        self.system.jacobian(x, shift, pinned=False)
        if self.schur:
            self.schur.add_to(self.matrix, shift)

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        if self.schur:
            self.schur.block.destroy()
        self.operator.destroy()
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
        viscosity = fluxes.local(m, problem.state).mu
        for term in problem.equations.terms:
            if term.resistance:
                viscosity += term.resistance(problem.state, m)
        self._shift = fem.Constant(problem.cell.mesh, PETSc.ScalarType(0.0))
        h_squared = volume ** (2.0 / problem.cell.dim)
        inertia = m.rho0 * self._shift * h_squared / SHORTEST
        # Of the whole mesh, so that its pattern is that of the block which it is added to.
        nothing = fem.Constant(problem.cell.mesh, PETSc.ScalarType(0.0))
        self._form = compiled(
            -q * r / (viscosity + inertia) * problem.dx + nothing * q * r * problem.phases.dx("all")
        )
        scales = problem.scales
        self._scale = scales.unknown["p"] / scales.residual["p"]
        self.i = i
        self.block = fem_petsc.create_matrix(self._form)

    def add_to(self, matrix: PETSc.Mat, shift: float) -> None:
        """Assemble the block at the present state and add it to the matrix of the sweeps."""
        self._shift.value = shift
        self.block.zeroEntries()
        fem_petsc.assemble_matrix(self.block, self._form)
        self.block.assemble()
        self.block.scale(self._scale)
        same = PETSc.Mat.Structure.SAME_NONZERO_PATTERN
        matrix.getNestSubMatrix(self.i, self.i).axpy(1.0, self.block, structure=same)


def singular_jacobian(system: BlockSystem, schur: PressureSchur | None = None) -> PETSc.Mat:
    """Return the Jacobian of a nested system, without functional rows, as a shell matrix.

    Args:
        system: The assembled problem.
        schur: What stands in its matrix for the pressure's Schur complement, and is left out.
    """
    context = _Operator(system, schur)
    operator = PETSc.Mat().createPython(system.matrix.getSizes(), context, comm=system.comm)
    operator.setUp()
    return operator


class _Operator:
    """Python context of a shell matrix: the Jacobian, without the pressure's Schur complement.

    Args:
        system: The assembled problem.
        schur: What stands in its matrix for the pressure's Schur complement.
    """

    def __init__(self, system: BlockSystem, schur: PressureSchur | None) -> None:
        self.system, self.schur = system, schur
        self._x, self._y = system.block_vectors(), system.block_vectors()
        self._coupled = [
            [j for j in range(len(self._x)) if system.problem.jacobian.couples(i, j)]
            for i in range(len(self._x))
        ]

    def mult(self, mat: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the operator (PETSc's callback)."""
        self.system.split(x, self._x)
        for i, columns in enumerate(self._coupled):
            part = self._y[i]
            part.zeroEntries()
            if self.schur and i == self.schur.i:
                self.schur.block.mult(self._x[i], part)
                part.scale(-1.0)
            for j in columns:
                self.system.matrix.getNestSubMatrix(i, j).multAdd(self._x[j], part, part)
        self.system.join(self._y, y)

    def destroy(self, mat: PETSc.Mat) -> None:
        """Free the PETSc objects; collective (PETSc's callback)."""
        for vector in (*self._x, *self._y):
            vector.destroy()
