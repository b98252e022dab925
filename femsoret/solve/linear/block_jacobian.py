"""The block Jacobian on one mesh of an iterative solver.

Preconditioners have an approximate Schur complement in place of the pressure block, which is zero
in the Jacobian: the negative mass matrix weighted by the inverse viscosity, which includes the
coefficient of the grad-div term (M. Benzi, M. A. Olshanskii, SIAM J. Sci. Comput. 28 (2006) 2095).
"""

from __future__ import annotations

from collections.abc import Sequence

from mpi4py import MPI
from petsc4py import PETSc

import ufl
from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.base.compiled import compiled
from femsoret.physics.closures import fluxes
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem

FLOW = "flow"
"""Name of the combined block of velocity and pressure."""

ORDER = ("gamma", "theta", "phi", FLOW, "p", "u")
"""Order of the blocks in a sweep: buoyancy is balanced before it can drive a flow. Pressure and
velocity are swept within the flow."""

SHORTEST = 36.0
"""(k h)^2 of the shortest waves that linear pressure elements resolve, 12 in each direction, with h
the edge of a cube. The number of iterations is the same with a third or ten times this value."""


class BlockJacobian:
    """The Jacobian on one mesh, divided into the blocks of a block sweep.

    Args:
        problem: The problem on this mesh, without velocity potential.
        system: The assembled problem with a MATNEST; None creates it.

    Attributes:
        system: The assembled problem.
        names: Names of the blocks of a sweep: those of the layout, with velocity and pressure
            combined.
        operator: The Jacobian without functional rows, singular if there are any: a nested matrix
            of these blocks, or the block itself if there is only one.
        diagonal: The blocks that a sweep solves with, by name; that of the pressure is the
            approximate Schur complement. That of the flow is the matrix of a sweep over velocity
            and pressure: nested, without the block of the velocity.
        lower: The blocks that couple each block to those solved before it in a sweep: a nested
            matrix, or the block itself if there is only one.
    """

    def __init__(self, problem: Problem, system: BlockSystem | None = None) -> None:
        self.problem = problem
        self.system = system or BlockSystem(problem, nested=True)
        self.schur = PressureSchur(self.system) if "p" in problem.layout else None
        layout = problem.layout.names
        places: list[tuple[int, ...]] = [(i,) for i in range(len(layout))]
        self.names = tuple(layout)
        self.diagonal = {name: shared(self.system, [i], [i]) for i, name in enumerate(layout)}
        if self.schur:
            assert layout[:2] == ("u", "p"), "nested matrices are numbered like the vectors"
            places, self.names = [(0, 1), *places[2:]], (FLOW, *layout[2:])
            self.diagonal[FLOW] = shared(self.system, (0, 1), (0, 1), omitted=layout.index("u"))
        schur = self.schur.i if self.schur else None
        blocks = [[shared(self.system, a, b, schur) for b in places] for a in places]
        turns = [ORDER.index(name) for name in self.names]
        # PETSc multiplies whole rows of the matrix of a sweep, by zeros for what is not solved yet.
        lower = [
            [block if turns[j] < turns[i] else None for j, block in enumerate(row)]
            for i, row in enumerate(blocks)
        ]
        self.operator, self.lower = blocks[0][0], self.diagonal[self.names[0]]
        if len(places) > 1:
            sizes = [sum(self.system.sizes[i] for i in place) for place in places]
            self.operator, self.lower = (
                nested(each, sizes, sizes, self.system.comm) for each in (blocks, lower)
            )

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble the Jacobian at a state.

        Args:
            x: The state, in natural sizes.
            shift: Multiple of the mass matrix to add.
        """
        self.system.jacobian(x, shift, pinned=False)
        if self.schur:
            self.schur.add_to(self.system.matrix, shift)
            self.diagonal[FLOW].assemble()
        # Preconditioners ask nested matrices, not their blocks, whether entries have changed.
        self.operator.assemble()
        self.lower.assemble()

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        for matrix in (self.operator, self.lower, *self.diagonal.values()):
            if matrix is not None:
                matrix.destroy()
        if self.schur:
            self.schur.block.destroy()
        self.system.destroy()


class PressureSchur:
    """Approximate Schur complement of the pressure: mass matrix over viscosity, with minus sign.

    The pressure block of the saddle-point matrix is zero, but smoothers divide by its diagonal.
    In a time step, inertia adds rho/(dt k^2) to the effective viscosity for a pressure mode of
    wavenumber k (J. Cahouet, J.-P. Chabard, Int. J. Numer. Meth. Fluids 8 (1988) 869). A smoother
    only needs the right value for the shortest waves on its mesh.

    Args:
        system: The assembled problem, with a nested matrix.

    Attributes:
        i: Index of the pressure block.
        block: The approximate Schur complement.
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
        # On the whole mesh, so that it has the pattern of the block that it is added to.
        nothing = fem.Constant(problem.cell.mesh, PETSc.ScalarType(0.0))
        self._form = compiled(
            -q * r / (viscosity + inertia) * problem.dx + nothing * q * r * problem.phases.dx("all")
        )
        scales = problem.scales
        self._scale = scales.unknown["p"] / scales.residual["p"]
        self.i = i
        self.block = fem_petsc.create_matrix(self._form)

    def add_to(self, matrix: PETSc.Mat, shift: float) -> None:
        """Assemble the block at the problem's state and add it to a nested matrix.

        Args:
            matrix: Nested matrix whose pressure block is modified.
            shift: Multiple of the mass matrix in the Jacobian, 1/dt.
        """
        self._shift.value = shift
        self.block.zeroEntries()
        fem_petsc.assemble_matrix(self.block, self._form)
        self.block.assemble()
        self.block.scale(self._scale)
        same = PETSc.Mat.Structure.SAME_NONZERO_PATTERN
        matrix.getNestSubMatrix(self.i, self.i).axpy(1.0, self.block, structure=same)


def singular_jacobian(system: BlockSystem, schur: PressureSchur | None = None) -> PETSc.Mat:
    """Return the Jacobian of a nested system without functional rows, sharing its blocks.

    Call ``assemble()`` on the result whenever the blocks have changed.

    Args:
        system: The assembled problem.
        schur: Schur complement that was added to the pressure block of the system's matrix; if
            given, this block is left out.
    """
    blocks = range(len(system.sizes))
    return shared(system, blocks, blocks, schur.i if schur else None)


def shared(
    system: BlockSystem, rows: Sequence[int], columns: Sequence[int], omitted: int | None = None
) -> PETSc.Mat:
    """Return a nested matrix that shares blocks of a nested system; None if all are zero.

    Args:
        system: The assembled problem.
        rows: Indices of the block rows.
        columns: Indices of the block columns.
        omitted: Index of a diagonal block to leave out, if any.
    """
    couples = system.problem.jacobian.couples
    blocks = [
        [
            system.matrix.getNestSubMatrix(i, j)
            if couples(i, j) and not (i == j == omitted)
            else None
            for j in columns
        ]
        for i in rows
    ]
    if not any(block for row in blocks for block in row):
        return None
    if len(rows) == len(columns) == 1:
        return blocks[0][0]
    of_rows, of_columns = ([system.sizes[i] for i in places] for places in (rows, columns))
    return nested(blocks, of_rows, of_columns, system.comm)


def nested(
    blocks: list[list[PETSc.Mat | None]],
    rows: Sequence[int],
    columns: Sequence[int],
    comm: MPI.Comm,
) -> PETSc.Mat:
    """Return a nested matrix of which any block may be zero.

    Args:
        blocks: The blocks, row by row; None stands for zero.
        rows: Number of rows of each block row on this rank.
        columns: Number of columns of each block column on this rank.
        comm: Communicator of the blocks.
    """

    def zero(i: int, j: int) -> PETSc.Mat:
        sizes = ((int(rows[i]), None), (int(columns[j]), None))
        matrix = PETSc.Mat().createAIJ(sizes, nnz=0, comm=comm)
        matrix.assemble()
        return matrix

    # A nested matrix takes the sizes of rows and columns from blocks that are not zero.
    filled = [list(row) for row in blocks]
    for i, row in enumerate(filled):
        if not any(row):
            row[0] = zero(i, 0)
    for j in range(len(columns)):
        if not any(row[j] for row in filled):
            filled[0][j] = zero(0, j)
    return PETSc.Mat().createNest(filled, comm=comm)
