"""Geometric multigrid for the coupled system.

The cell is remeshed with successively lower resolution, usually half of that before, until the
problem is small enough to be factorised. For liquid mixtures the coarsest mesh is chosen as fine as
that permits. Each level assembles the Jacobian of the problem at the interpolated state; coarser
levels have a buoyancy potential of lower degree. The coarse levels thus represent the coupling of
flow, temperature, composition and buoyancy, which block preconditioners neglect. Smoothers are
sweeps over the blocks.
"""

from __future__ import annotations

import math
from itertools import pairwise

from petsc4py import PETSc

from femsoret.base.errors import CaseError, OutOfMemory
from femsoret.problem import Problem
from femsoret.problem.discretisation import Discretisation
from femsoret.problem.layout import POTENTIALS, block_of
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import BlockJacobian
from femsoret.solve.linear.block_sweep import set_block_sweep
from femsoret.solve.linear.constraint import CorrectionSolve, SingularSolve
from femsoret.solve.linear.direct import IterativeSolver, shell
from femsoret.solve.linear.elimination import full_system, without_velocity_potential
from femsoret.solve.linear.interpolation import interpolate, interpolation_matrix
from femsoret.solve.linear.mumps import mumps_shortage

COARSEST = 25_000
"""Maximum number of unknowns on the coarsest mesh, which is factorised."""

AIM = 0.85
"""Target size of the coarsest mesh of a liquid mixture, as a fraction of COARSEST; the margin is
for rounding to whole numbers of cells."""

RATIOS = 0.85, 0.75, 0.5
"""Ratios of the resolutions of adjacent levels: the largest, above which the coarser level costs as
much as it saves; one at which remeshing of a mesh from a file may succeed if it fails at the
largest; the usual one."""


def coarser_problem(problem: Problem, ratio: float = 0.5) -> Problem | None:
    """Return a problem on a coarser mesh, or None if the cell cannot be meshed more coarsely.

    In 3D the buoyancy potential has a lower degree and the velocity potential is eliminated. This
    is accurate enough for corrections and initial guesses, and saves a third to half of the
    unknowns.

    Args:
        problem: The problem.
        ratio: Resolution (mesh cells per unit length) relative to that of the problem, below 1.
    """
    cell = problem.cell.coarser(ratio)
    if cell is None:
        return None
    reduced = without_velocity_potential(problem) if problem.cell.dim == 3 else problem
    return reduced.on(cell, discretisation=_lean(problem))


def _lean(problem: Problem) -> Discretisation:
    """Return the discretisation to use for a problem on coarser meshes."""
    return problem.discretisation.lean if problem.cell.dim == 3 else problem.discretisation


def ratio_below(problem: Problem) -> float:
    """Return the resolution of the next coarser level, relative to that of a problem.

    The ratio is 0.5 in pure fluids. In liquid mixtures, whose coarsest mesh has to resolve the
    boundary layers, it is chosen so that equal ratios lead to the finest mesh that can be
    factorised.

    Args:
        problem: The problem on the present level.
    """
    if not problem.mixture.species or _lean_num_dofs(problem) <= COARSEST:
        return 0.5
    fitting = math.pow(AIM * COARSEST / _lean_num_dofs(problem), 1.0 / problem.cell.dim)
    steps = math.ceil(math.log2(1.0 / fitting))
    return min(math.pow(fitting, 1.0 / steps), RATIOS[0])


def _lean_num_dofs(problem: Problem) -> int:
    """Return the number of unknowns a problem has with the discretisation for coarser meshes."""
    if "phi" not in problem.layout or problem.discretisation == _lean(problem):
        return problem.num_dofs
    kept = sum(problem.num_dofs_of(n) for n in problem.layout.names if n not in POTENTIALS)
    return kept + problem.num_dofs_of("u") // problem.cell.dim  # phi as one component of u


def _of_lower_degree(problem: Problem) -> Problem | None:
    """Return the problem at the next lower degree; None in pure fluids or at the lowest degree."""
    lowest = problem.discretisation.smallest_degree[problem.cell.dim - 2]
    if not problem.mixture.species or problem.degree <= lowest:
        return None
    return problem.on(problem.cell, degree=problem.degree - 1, discretisation=_lean(problem))


def _next_coarser(problem: Problem) -> Problem | None:
    """Return the problem of the next coarser level, or None if there is none."""
    coarse, largest = _of_lower_degree(problem), ratio_below(problem)
    for ratio in (largest, *(smaller for smaller in RATIOS if smaller < largest)):
        # A mesh of few cells a side may turn out the same.
        if coarse is None or coarse.num_dofs >= problem.num_dofs:
            coarse = coarser_problem(problem, ratio)
    return coarse


def coarser_problems(problem: Problem) -> list[Problem]:
    """Return the problems of all coarser levels, from fine to coarse.

    There is at least one coarser level, unless the cell cannot be meshed more coarsely; the last
    one is small enough to be factorised, if possible. In liquid mixtures the polynomial degree is
    lowered before the mesh is coarsened, since this resolves boundary layers best.

    Args:
        problem: The problem on the finest mesh.
    """
    levels: list[Problem] = []
    finer: Problem = problem
    while not levels or finer.num_dofs > COARSEST:
        coarse = _next_coarser(finer)
        if coarse is None:
            break
        levels.append(coarse)
        finer = coarse
    return levels


class LevelTransfer:
    """Transfer of states to a coarser level and of corrections to the finer level.

    Args:
        coarse: The coarser level.
        fine: The finer level.

    Attributes:
        up: Interpolation matrix for corrections, with zero rows and columns for Dirichlet dofs: a
            nested matrix with one diagonal block for each block of the layout.
    """

    def __init__(self, coarse: BlockSystem, fine: BlockSystem) -> None:
        self._coarse, self._fine = coarse, fine
        pairs = list(zip(coarse.problem.spaces, fine.problem.spaces, strict=True))
        self._down = [interpolation_matrix(b, a) for a, b in pairs]
        self._up = [interpolation_matrix(a, b) for a, b in pairs]
        for i, block in enumerate(self._up):
            right, left = block.createVecs()
            left.set(1.0)
            right.set(1.0)
            left.array[fine.fixed[i]] = 0.0
            right.array[coarse.fixed[i]] = 0.0
            block.diagonalScale(left, right)
        places = range(len(pairs))
        self.up = PETSc.Mat().createNest(
            [[self._up[i] if i == j else None for j in places] for i in places], comm=fine.comm
        )
        self.up.assemble()
        self._x = coarse.vector()
        for name, given in fine.problem.given.items():
            interpolate(given, coarse.problem.given[name])

    def restrict(self) -> PETSc.Vec:
        """Interpolate the state, wall values and parameters to the coarser level.

        Returns:
            The state on the coarser level, in natural sizes; the next call overwrites it.
        """
        fine, coarse = self._fine.problem, self._coarse.problem
        for name, constant in fine.parameters.items():
            coarse.parameters[name].value = constant.value
        for matrix, source, target in zip(
            self._down, fine.functions, coarse.functions, strict=True
        ):
            interpolate(source, target, matrix)
        # A protocol may have changed the values on walls.
        down = dict(zip(fine.layout.names, self._down, strict=True))
        for (field, side), values in fine.wall_values.items():
            interpolate(values, coarse.wall_values[field, side], down[block_of(field)])
        coarse.impose()
        self._coarse.read(self._x)
        return self._x

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        for petsc_object in (self.up, *self._up, *self._down, self._x):
            petsc_object.destroy()


class Multigrid(IterativeSolver):
    """Krylov solver preconditioned by geometric multigrid on remeshed coarser levels.

    Args:
        problem: The problem.
        prefix: Prefix of the solver's PETSc options.

    Raises:
        CaseError: The cell cannot be meshed more coarsely.
    """

    def __init__(self, problem: Problem, prefix: str) -> None:
        self.full = full_system(problem)
        problems = coarser_problems(self.full.reduced.problem)
        if not problems:
            raise CaseError(
                f"multigrid is not possible: there is no coarser mesh of {problem.cell.title}",
                'use the preset "direct" for up to about 50,000 unknowns, or "amg"',
            )
        *between, coarsest = problems
        self.coarsest = BlockSystem(coarsest, combined=True)
        self.levels = [*(BlockJacobian(each) for each in reversed(between)), self.full.reduced]
        systems = [self.coarsest, *(level.system for level in self.levels)]
        self.transfers = [LevelTransfer(a, b) for a, b in pairwise(systems)]
        self.system, self.matrix = self.full.system, self.full.system.matrix
        self.operator = shell(self.system, self.full.operator)
        cycle = self.full.preconditioner(self._cycle(prefix), prefix)
        self.context = SingularSolve(self.system, cycle)

    def _cycle(self, prefix: str) -> PETSc.PC:
        """Return the PETSc multigrid preconditioner for the reduced equations."""
        finest = self.levels[-1]
        cycle = PETSc.PC().create(self.coarsest.comm)
        cycle.setOptionsPrefix(prefix)
        cycle.setType(PETSc.PC.Type.MG)
        cycle.setMGLevels(1 + len(self.levels))
        for i, (level, transfer) in enumerate(zip(self.levels, self.transfers, strict=True), 1):
            cycle.setMGInterpolation(i, transfer.up)
            smoother = cycle.getMGSmoother(i)
            smoother.setOperators(level.operator, level.lower)
            set_block_sweep(smoother.getPC(), level, smoother.getOptionsPrefix())
        ksp = cycle.getMGCoarseSolve()
        ksp.setType(PETSc.KSP.Type.PREONLY)
        ksp.setOperators(self.coarsest.matrix)
        ksp.getPC().setType(PETSc.PC.Type.PYTHON)
        ksp.getPC().setPythonContext(self._coarse_solve(f"{prefix}coarse_"))
        cycle.setOperators(finest.operator, finest.lower)
        cycle.setFromOptions()
        return cycle

    def _coarse_solve(self, prefix: str) -> CorrectionSolve:
        self.factor = PETSc.PC().create(self.coarsest.comm)
        self.factor.setOptionsPrefix(prefix)
        self.factor.setFromOptions()
        return CorrectionSolve(self.factor, self.coarsest.constraints)

    def shortage(self) -> OutOfMemory | None:
        """Return the error to raise if MUMPS ran out of memory, else None."""
        return mumps_shortage(self.factor)

    def update(self, x: PETSc.Vec, shift: float = 0.0) -> None:
        """Assemble the Jacobians of all levels (see :class:`LinearSolver`)."""
        self.full.update(x, shift)
        for level, transfer in zip(self.levels[-2::-1], self.transfers[:0:-1], strict=True):
            level.update(transfer.restrict(), shift)
        self.coarsest.jacobian(self.transfers[0].restrict(), shift)

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.operator.destroy()
        self.context.release()
        for transfer in self.transfers:
            transfer.destroy()
        for level in self.levels[:-1]:
            level.destroy()
        self.full.destroy()
        self.coarsest.destroy()
