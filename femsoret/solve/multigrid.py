"""Geometric multigrid for the coupled blocks, and its one-level case, block AMG.

The cell is meshed again at half the resolution, and again, until what is left is small enough to
factorise. Every level has the problem's own Jacobian at the interpolated state, so that the
coarse ones carry the coupling of flow, heat, composition and buoyancy which block preconditioners
miss; smoothing takes the blocks in turn.

In the matrices of the smoothers the pressure block, which is zero, holds what stands for its
Schur complement: a mass matrix over the viscosity, including the weight of the grad-div term
(M. Benzi, M. A. Olshanskii, SIAM J. Sci. Comput. 28 (2006) 2095).
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

from petsc4py import PETSc

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.errors import CaseError
from femsoret.forms import GradDiv
from femsoret.problem import Problem
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.constraint import ConstrainedSolve
from femsoret.solve.linear import shell
from femsoret.solve.transfer import apply, interpolation

COARSEST = 25_000
"""Unknowns that are factorised at most."""

COARSEST_OF_LIQUIDS = 50_000
"""The same with species. Composition diffuses slowly: a mesh that does not hold its layers, thinner
than those of heat, corrects nothing, and where it is the coarsest one the cycle stalls."""

SHORTEST = 36.0
"""(k h)^2 of the shortest waves that linear pressures carry, h the edge of a cube: 12 a direction.
(A third to ten times as much cost the same.)"""

SMOOTHING = ("gamma", "theta", "phi", "p", "u", "p")
"""Order in which the blocks are smoothed; buoyancy is balanced before it can drive a flow."""


def factorised_at_most(problem: Problem) -> int:
    """Return the unknowns up to which a problem is factorised as a whole."""
    return COARSEST_OF_LIQUIDS if problem.mixture.species else COARSEST


def coarser(problem: Problem) -> Problem | None:
    """Return a problem on half the resolution; None where the cell has no such mesh.

    Args:
        problem: The problem.
    """
    half = problem.cell.halved
    return None if half is None else problem.on(half)


def _of_lower_degree(problem: Problem) -> Problem | None:
    """Return a problem of a liquid at the next lower degree; None where there is none."""
    lowest = problem.discretisation.smallest_degree[problem.cell.dim - 2]
    if not problem.mixture.species or problem.degree <= lowest:
        return None
    return problem.on(problem.cell, degree=problem.degree - 1)


def coarser_problems(problem: Problem) -> list[Problem]:
    """Return the problem with ever fewer unknowns, the fewest last.

    Meshes get coarser, once at least where there is a coarser one, and until what is left can be
    factorised. In liquids the degree is lowered before, which costs least of the layers.

    Args:
        problem: The problem on the finest mesh.
    """
    found: list[Problem] = []
    finer: Problem = problem
    while not found or finer.num_dofs > factorised_at_most(finer):
        coarse = _of_lower_degree(finer) or coarser(finer)
        if coarse is None:
            break
        found.append(coarse)
        finer = coarse
    return found


class Level:
    """One mesh of the hierarchy: the Jacobian there, and the matrix of its smoother.

    Args:
        problem: The problem on this mesh.
        system: Its assembly, if it exists already.
    """

    def __init__(self, problem: Problem, system: BlockSystem | None = None) -> None:
        self.problem = problem
        self._owns_system = system is None
        self.system = system or BlockSystem(problem)
        self.matrix = self.system.matrix
        self._schur = _PressureSchur(self.system) if "p" in problem.layout else None
        self.operator = self._schur.less(self.matrix) if self._schur else self.matrix

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble at a state, given in natural sizes."""
        self.system.jacobian(x, shift, pinned=False)
        if self._schur:
            self._schur.add_to(self.matrix, shift)

    def fields(self) -> list[tuple[str, PETSc.IS]]:
        """Return the blocks in the order of smoothing, as names of splits and index sets."""
        first = self.matrix.getOwnershipRange()[0]
        splits = []
        for kind in SMOOTHING:
            for i, name in enumerate(self.problem.layout.names):
                if name.partition("_")[0] == kind:
                    rows = np.arange(*self.system.offsets[i : i + 2], dtype=PETSc.IntType)
                    index_set = PETSc.IS().createGeneral(first + rows, comm=self.system.comm)
                    # Components of a vector belong together: algebraic multigrid asks for it.
                    index_set.setBlockSize(self.problem.spaces[i].dofmap.index_map_bs)
                    splits.append((kind, index_set))
        return splits

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        if self._schur:
            self._schur.block.destroy()
            self.operator.destroy()
        if self._owns_system:
            self.system.destroy()


class _PressureSchur:
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
        self._form = fem.form(-q * r / (viscosity + inertia) * problem.dx)
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
        """Return the matrix without the block, the true Jacobian, as a shell matrix."""
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


class Transfer:
    """State downwards, corrections upwards.

    Args:
        coarse: The coarser level.
        fine: The finer one.
    """

    def __init__(self, coarse: Level, fine: Level) -> None:
        self._coarse, self._fine = coarse, fine
        pairs = list(zip(coarse.problem.spaces, fine.problem.spaces, strict=True))
        self._down = [interpolation(b, a) for a, b in pairs]
        self.up = _joined([interpolation(a, b) for a, b in pairs], coarse.system, fine.system)
        for name, given in fine.problem.given.items():
            there = coarse.problem.given[name]
            apply(interpolation(given.function_space, there.function_space), given, there)

    def restrict(self) -> PETSc.Vec:
        """Interpolate state and parameters to the coarser level; return the state there."""
        fine, coarse = self._fine.problem, self._coarse.problem
        for name, constant in fine.parameters.items():
            coarse.parameters[name].value = constant.value
        for matrix, source, target in zip(
            self._down, fine.functions, coarse.functions, strict=True
        ):
            apply(matrix, source, target)
        coarse.impose()
        x = self._coarse.system.vector()
        self._coarse.system.read(x)
        return x


def _joined(blocks: list[PETSc.Mat], coarse: BlockSystem, fine: BlockSystem) -> PETSc.Mat:
    """Return the interpolation of all blocks as one matrix, without fixed dofs."""
    comm = fine.comm
    starts = comm.allgather(
        (coarse.vector().getOwnershipRange()[0] + coarse.offsets[:-1]).astype(np.int64)
    )
    lengths, columns, values = [], [], []
    for i, block in enumerate(blocks):
        right, left = block.createVecs()
        left.set(1.0)
        right.set(1.0)
        left.array[fine.fixed[i]] = 0.0
        right.array[coarse.fixed[i]] = 0.0
        block.diagonalScale(left, right)
        indptr, js, vs = block.getValuesCSR()
        ranges = np.asarray(block.getOwnershipRangesColumn())
        owner = np.searchsorted(ranges, js, side="right") - 1
        lengths.append(np.diff(indptr))
        columns.append(js - ranges[owner] + np.array([start[i] for start in starts])[owner])
        values.append(vs)
        block.destroy()
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return PETSc.Mat().createAIJ(
        ((int(fine.offsets[-1]), None), (int(coarse.offsets[-1]), None)),
        csr=(
            indptr.astype(PETSc.IntType),
            np.concatenate(columns).astype(PETSc.IntType),
            np.concatenate(values),
        ),
        comm=comm,
    )


class Multigrid:
    """Multigrid on remade meshes, or on one mesh whatever the options make of its blocks.

    Args:
        system: The assembled problem.
        prefix: Prefix of its PETSc options.
        hierarchy: Whether to make coarser meshes.

    Raises:
        CaseError: There is to be a coarser mesh, and there is none.
    """

    def __init__(self, system: BlockSystem, prefix: str, *, hierarchy: bool) -> None:
        problems = coarser_problems(system.problem) if hierarchy else []
        if hierarchy and not problems:
            raise CaseError(
                f"multigrid: there is no coarser mesh of {system.problem.cell.title}",
                'take the preset "direct", up to some 50,000 unknowns, or "amg"',
            )
        levels = [*map(Level, reversed(problems)), Level(system.problem, system)]
        self.levels = levels
        self.transfers = [Transfer(a, b) for a, b in pairwise(levels)]
        self.system, self.matrix = system, system.matrix
        self.operator = shell(system, levels[-1].operator)
        self.context = _MeanValues(system, levels[-1].operator, self._cycle(prefix))

    def _cycle(self, prefix: str) -> PETSc.PC:
        """Return the preconditioner of PETSc that the options describe."""
        finest = self.levels[-1]
        cycle = PETSc.PC().create(self.system.comm)
        cycle.setOptionsPrefix(prefix)
        if not self.transfers:
            cycle.setFromOptions()
            cycle.setFieldSplitIS(*finest.fields())
            return cycle
        cycle.setType(PETSc.PC.Type.MG)
        cycle.setMGLevels(len(self.levels))
        for i, (level, transfer) in enumerate(zip(self.levels[1:], self.transfers, strict=True), 1):
            cycle.setMGInterpolation(i, transfer.up)
            cycle.getMGSmoother(i).setOperators(level.operator, level.matrix)
        coarsest = self.levels[0]
        ksp = cycle.getMGCoarseSolve()
        ksp.setType(PETSc.KSP.Type.PREONLY)
        ksp.setOperators(coarsest.matrix, coarsest.matrix)
        ksp.getPC().setType(PETSc.PC.Type.PYTHON)
        ksp.getPC().setPythonContext(self._coarse_solve(f"{prefix}coarse_"))
        cycle.setOperators(finest.operator, finest.matrix)
        cycle.setFromOptions()
        for i, level in enumerate(self.levels[1:], 1):
            smoother = cycle.getMGSmoother(i)
            smoother.setFromOptions()
            smoother.getPC().setFieldSplitIS(*level.fields())
        return cycle

    def _coarse_solve(self, prefix: str) -> Any:
        factor = PETSc.PC().create(self.system.comm)
        factor.setOptionsPrefix(prefix)
        factor.setFromOptions()
        return _CoarseSolve(factor, self.levels[0].system.constraints)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble all levels (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.levels[-1].update(x, shift)
        for i in range(len(self.transfers) - 1, -1, -1):
            state = self.transfers[i].restrict()
            if i == 0:
                self.levels[0].system.jacobian(state, shift)
            else:
                self.levels[i].update(state, shift)

    def failure(self) -> str:
        """Return nothing (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return ""

    def determinant(self) -> tuple[int, float] | None:
        """Return None (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        return None

    def destroy(self) -> None:
        """Free the PETSc objects (see :class:`~femsoret.solve.linear.LinearSolver`)."""
        self.operator.destroy()
        self.context.cycle.destroy()
        for transfer in self.transfers:
            transfer.up.destroy()
        for level in self.levels:
            level.destroy()


class _CoarseSolve(ConstrainedSolve):
    """The direct solver of the coarsest level, whose corrections have mean zero."""

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve for a correction (PETSc's callback)."""
        b = b.copy()
        first, last = b.getOwnershipRange()
        for constraint in self.constraints:
            if first <= constraint.row < last:
                b.setValue(constraint.row, 0.0)
        b.assemble()
        super().apply(pc, b, x)
        b.destroy()


class _MeanValues:
    """Python context of the outer preconditioner: a cycle for the singular Jacobian, mean values.

    In the system that Newton solves one equation of each block with a mean value is replaced by it.
    The cycle wants that equation back, which is minus the sum of the block's others.
    """

    def __init__(self, system: BlockSystem, operator: PETSc.Mat, cycle: PETSc.PC) -> None:
        self.system, self.operator, self.cycle = system, operator, cycle

    def setUp(self, pc: PETSc.PC) -> None:
        """Set all levels up (PETSc's callback)."""
        self.cycle.setOperators(self.operator, self.system.matrix)
        self.cycle.setUp()

    @cached_property
    def _blocks(self) -> list[int]:
        layout = self.system.problem.layout
        return [layout.index(constraint.block) for constraint in self.system.constraints]

    @cached_property
    def _free(self) -> list[Any]:
        """Whether an owned dof of a block is an unknown: inside solids it is not."""
        free = [np.ones(size, dtype=bool) for size in self.system.sizes]
        for flags, fixed in zip(free, self.system.fixed, strict=True):
            flags[fixed] = False
        return free

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Precondition (PETSc's callback)."""
        system, constraints = self.system, self.system.constraints
        b = b.copy()
        first, last = b.getOwnershipRange()
        wanted = np.array(
            [b.array_r[c.row - first] if first <= c.row < last else 0.0 for c in constraints]
        )
        sums = np.array([system.owned(b, i)[self._free[i]].sum() for i in self._blocks])
        wanted, sums = system.comm.allreduce(wanted), system.comm.allreduce(sums)
        for constraint, mean, total in zip(constraints, wanted, sums, strict=True):
            if first <= constraint.row < last:
                b.setValue(constraint.row, mean - total)
        b.assemble()
        self.cycle.apply(b, x)
        for constraint, i, mean in zip(constraints, self._blocks, wanted, strict=True):
            shift = mean - constraint.weights.dot(x)
            system.local(x, i)[self._free[i]] += shift
        b.destroy()
