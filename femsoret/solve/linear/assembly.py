"""Assembly of the scaled block residual and Jacobian of a Problem as PETSc objects.

Each block of the unknown vector is divided by the natural size of its field, and each equation by
the natural size of its terms, so that norms are meaningful in any system of units. The local part
of the vector is [block 0 owned | block 1 owned | ...], the layout of DOLFINx's blocked matrices.

The equations may leave a quantity undetermined in each connected part of the fluid: the level of
the pressure, or the amount of a species in a closed cell. One redundant equation is then replaced
by a functional row. Such a row is dense, so the matrix holds a unit row in its place; the modules
:mod:`femsoret.solve.linear.constraint` and :mod:`femsoret.solve.linear.bordered` account for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from typing import Any, TypeAlias, TypeVar, cast

from mpi4py import MPI
from petsc4py import PETSc

import numpy as np
import ufl
from dolfinx import fem, la

from femsoret.base import versions
from femsoret.base.compiled import compiled
from femsoret.base.errors import CaseError
from femsoret.base.types import Array, Indices
from femsoret.problem import Problem
from femsoret.problem.layout import ALGEBRAIC, COMPOSITIONS, composition, plain_name, scalar
from femsoret.problem.rows import FunctionalRow, Weight
from femsoret.solve.linear.exchange import CombinedEquations, combination

Function = TypeVar("Function", bound=Callable[..., Any])

Place: TypeAlias = tuple[int, int] | None
"""Row and column of a block in a nested matrix; None stands for all of any other matrix."""

RESIDUAL, JACOBIAN = "femsoret: residual", "femsoret: Jacobian"
"""Names of the assembly events in PETSc's log (``-log_view``)."""


def logged(name: str) -> Callable[[Function], Function]:
    """Return a decorator that records a function's calls and run time in PETSc's log.

    Args:
        name: Name of the event in the log.
    """
    return cast("Callable[[Function], Function]", PETSc.Log.EventDecorator(name))


NOTHING = 1e-8
"""A block whose largest entry, in natural sizes, is below this value counts as zero."""


@dataclass(frozen=True)
class Constraint:
    """A functional row that replaces one redundant equation, in natural sizes.

    It is treated as a border of the matrix A, which has a unit row in place of the functional row
    (:mod:`femsoret.solve.linear.bordered`).

    Args:
        row: Global index of the replaced equation.
        weights: Vector w of the functional row w.x = value.
        value: Prescribed value.
        kernel: Vector z in the kernel of the singular Jacobian, at least approximately: constant
            in the undetermined field and zero elsewhere. w.z is not zero.
        redundant: Linearly dependent equations, whose weighted sum is zero: index of the block,
            local indices of its owned entries, and their factor; the replaced equation has the
            factor 1.
        known: ``kernel`` if it solves A x = e_row; None if that system has to be solved.
        of_mass: Whether the equations are those of mass, whose sum is the fluid that wall values
            let in; it is then spread over all of them.
    """

    row: int
    weights: PETSc.Vec
    value: float
    kernel: PETSc.Vec
    redundant: tuple[tuple[int, Indices, float], ...]
    known: PETSc.Vec | None = None
    of_mass: bool = False

    def put_column(self, b: PETSc.Vec) -> None:
        """Set b to the unit vector of the replaced equation; collective."""
        b.zeroEntries()
        if _owns(b, self.row):
            b.setValue(self.row, 1.0)
        b.assemble()

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.weights.destroy()
        self.kernel.destroy()


class BlockSystem:
    """Assembles a problem's residual and Jacobian in natural sizes.

    Args:
        problem: The problem; its functions are overwritten at every evaluation.
        nested: Whether ``matrix`` is a MATNEST, for solvers that treat the blocks one by one.
        combined: Whether equations of species that are converted into one another are combined
            (:mod:`femsoret.solve.linear.exchange`), as in all nested systems.

    Attributes:
        matrix: The Jacobian as assembled by the last call of :meth:`jacobian`.
        sizes: Number of entries of each block owned by this rank.
        offsets: Start of each block in a local vector, shape (blocks + 1,); the last entry is the
            local size.
        constraints: Functional rows that replace redundant equations.
    """

    def __init__(self, problem: Problem, *, nested: bool = False, combined: bool = False) -> None:
        self.problem = problem
        self.comm: MPI.Comm = problem.cell.comm
        self.sizes = [V.dofmap.index_map.size_local * V.dofmap.index_map_bs for V in problem.spaces]
        self.offsets = np.concatenate([[0], np.cumsum(self.sizes)])
        self.nested = nested
        self.matrix = self._create_matrix()
        if not nested:  # rows of nested matrices are never zeroed
            self.matrix.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        self._kept: dict[Place, PETSc.Mat] = {}
        self._constant_for: tuple[float, ...] | None = None
        self._blocks = versions.block_index_sets(problem.spaces)
        self._conditions = [bc for _, bc in problem.dirichlet]
        names = problem.layout.names
        self._combination = combination(problem) if combined or nested else None
        self._residual_sizes = dict(problem.scales.residual)
        if self._combination:
            of_species = enumerate(map(float, self._combination.sizes))
            self._residual_sizes |= {composition(i): size for i, size in of_species}
        self._unknown, self._residual = (
            [self._natural(sizes, name) for name in names]
            for sizes in (problem.scales.unknown, self._residual_sizes)
        )
        self._row_scale, self._column_scale = self.vector(), self.vector()
        for i in range(len(names)):
            self.local(self._row_scale, i)[:] = 1.0 / self._residual[i]
            self.local(self._column_scale, i)[:] = self._unknown[i]
        self._row_scales: list[PETSc.Vec] = []
        self._column_scales: list[PETSc.Vec] = []
        if nested:
            self._row_scales, self._column_scales = self.block_vectors(), self.block_vectors()
            self.split(self._row_scale, self._row_scales)
            self.split(self._column_scale, self._column_scales)
        # Made once: making a vector is a collective call, for which many ranks wait.
        self._sums = [la.vector(V.dofmap.index_map, V.dofmap.index_map_bs) for V in problem.spaces]
        self._fixed = self._fixed_dofs()
        self._combined = self._combined_equations()
        self.constraints = tuple(self._constraint(row) for row in problem.pinned)

    def destroy(self) -> None:
        """Free the PETSc objects; collective, which garbage collection is not."""
        self.matrix.destroy()
        for kept in self._kept.values():
            kept.destroy()
        for scales in (*self._row_scales, *self._column_scales):
            scales.destroy()
        for name in ("mass", "free_mass", "_columns", "_minus"):  # in one order on all ranks
            if name in self.__dict__:
                self.__dict__[name].destroy()
        if self._combined:
            self._combined.destroy()
        for vector in (self._row_scale, self._column_scale):
            vector.destroy()
        for constraint in self.constraints:
            constraint.destroy()

    # -- vectors ---------------------------------------------------------------------------------

    def vector(self) -> PETSc.Vec:
        """Return a new zero vector with the block layout of the unknowns."""
        return PETSc.Vec().createMPI((int(self.offsets[-1]), None), comm=self.comm)

    def block_vectors(self) -> list[PETSc.Vec]:
        """Return a list of new zero vectors, one for each block."""
        return [PETSc.Vec().createMPI((int(size), None), comm=self.comm) for size in self.sizes]

    def split(self, x: PETSc.Vec, parts: Sequence[PETSc.Vec]) -> None:
        """Copy the blocks of a vector into separate vectors.

        Getting subvectors from PETSc instead would take a collective call each time, to test
        whether they are contiguous.

        Args:
            x: Vector with the block layout.
            parts: One vector for each block; overwritten.
        """
        for i, part in enumerate(parts):
            part.array_w[:] = self.owned(x, i)

    def join(self, parts: Sequence[PETSc.Vec], x: PETSc.Vec) -> None:
        """Copy one vector for each block into a vector with the block layout.

        Args:
            parts: One vector for each block.
            x: Vector with the block layout; overwritten.
        """
        for i, part in enumerate(parts):
            self.local(x, i)[:] = part.array_r

    def local(self, x: PETSc.Vec, i: int) -> Array:
        """Return the owned entries of block i of a vector as a writable view, shape (entries,)."""
        entries: Array = x.array_w[self.offsets[i] : self.offsets[i + 1]]
        return entries

    def owned(self, x: PETSc.Vec, i: int) -> Array:
        """Return the owned entries of block i of a vector as a read-only view, shape (entries,)."""
        entries: Array = x.array_r[self.offsets[i] : self.offsets[i + 1]]
        return entries

    def read(self, x: PETSc.Vec) -> None:
        """Copy the problem's state into x, in natural sizes."""
        for i, function in enumerate(self.problem.functions):
            self.local(x, i)[:] = function.x.array[: self.sizes[i]] / self._unknown[i]

    def write(self, x: PETSc.Vec, functions: Sequence[fem.Function] | None = None) -> None:
        """Copy a vector into the problem's state, or into other functions.

        Args:
            x: The vector, in natural sizes.
            functions: Functions to overwrite, one for each block, in the same spaces as the
                problem's functions; None overwrites the latter.
        """
        for i, function in enumerate(functions or self.problem.functions):
            function.x.array[: self.sizes[i]] = self.owned(x, i) * self._unknown[i]
            function.x.scatter_forward()

    def arrays(self, x: PETSc.Vec) -> list[Array]:
        """Return the blocks of a vector as arrays in the problem's units.

        Args:
            x: The vector, in natural sizes.

        Returns:
            One array for each block, shape (local dofs,) including ghosts.
        """
        values = []
        for i, function in enumerate(self.problem.functions):
            part = fem.Function(function.function_space)
            part.x.array[: self.sizes[i]] = self.owned(x, i) * self._unknown[i]
            part.x.scatter_forward()
            values.append(part.x.array.copy())
        return values

    def block_maxima(self, x: PETSc.Vec) -> Array:
        """Return the largest absolute entry of each block of a vector, shape (blocks,)."""
        maxima = np.array(
            [np.abs(self.owned(x, i)).max(initial=0.0) for i in range(len(self.sizes))]
        )
        self.comm.Allreduce(MPI.IN_PLACE, maxima, op=MPI.MAX)
        return maxima

    def relative_maxima(self, update: PETSc.Vec, x: PETSc.Vec) -> Array:
        """Return the maximum norm of each block of an update, relative to that of the state.

        The velocity potential is a correction to the velocity, so its update is taken relative to
        the velocity where that is larger.

        Args:
            update: The update.
            x: The state.

        Returns:
            One ratio for each block, shape (blocks,).
        """
        sizes, layout = np.maximum(self.block_maxima(x), NOTHING), self.problem.layout
        if "chi" in layout:
            chi, u = layout.index("chi"), layout.index("u")
            sizes[chi] = max(sizes[chi], sizes[u])
        return np.asarray(self.block_maxima(update) / sizes)

    def unknown_size(self, i: int) -> Array:
        """Return the natural size of each owned entry of block i, in the problem's units."""
        return self._unknown[i]

    def residual_size(self, i: int) -> Array:
        """Return the natural size of each owned equation of block i, in the problem's units."""
        return self._residual[i]

    def _natural(self, sizes: Mapping[str, float], block: str) -> Array:
        """Return the natural size of each owned entry of a block, shape (owned entries,)."""
        i, layout = self.problem.layout.index(block), self.problem.layout
        if block in sizes:
            return np.full(self.sizes[i], sizes[block])
        each = [sizes[field] for field in layout.fields_of(block)]
        return np.tile(each, self.sizes[i] // len(each))

    # -- residual and Jacobian -------------------------------------------------------------------

    def assembled(self, form: fem.Form, i: int) -> Array:
        """Assemble a linear form of block i and return its owned entries.

        The result has the shape (owned entries,) and is overwritten by the next call.
        """
        b = self._sums[i]
        b.array[:] = 0.0
        fem.assemble_vector(b.array, form)
        versions.add_ghosts(b)
        return np.asarray(b.array[: self.sizes[i]])

    @logged(RESIDUAL)
    def residual(self, x: PETSc.Vec, F: PETSc.Vec, equations: PETSc.Vec | None = None) -> None:
        """Assemble the residual at x: equations, Dirichlet rows x - g and functional rows.

        Args:
            x: The state.
            F: The residual; overwritten.
            equations: If given, overwritten with the residual of the equations before they are
                combined and Dirichlet and functional rows replace some of them: on walls these are
                the reactions.
        """
        self.write(x)
        self.join_forms(dict(enumerate(self.problem.residual_forms)), F)
        if equations is not None:
            F.copy(equations)
        values = [values for _, values in self._fixed]
        self.replace_rows(F, x, values, [constraint.value for constraint in self.constraints])

    def join_forms(self, forms: Mapping[int, fem.Form], F: PETSc.Vec, *, add: bool = False) -> None:
        """Assemble linear forms, in the natural sizes of the equations.

        Args:
            forms: Index of a block -> the linear form of its equations; others are zero.
            F: The vector; overwritten.
            add: Whether to add to the vector instead.
        """
        for i in range(len(self.sizes)):
            entries = self.local(F, i)
            if not add:
                entries[:] = 0.0
            if i in forms:
                entries += self.assembled(forms[i], i) / self._residual[i]

    def replace_rows(
        self, F: PETSc.Vec, x: PETSc.Vec, walls: Sequence[Array], means: Sequence[float]
    ) -> None:
        """Combine equations of species, and put Dirichlet and functional rows in place of some.

        These rows are x - g and w.x - value. For derivatives of the residual along a direction x
        they have the derivatives of g and of the value.

        Args:
            F: Equations, in natural sizes; modified in place.
            x: The state, or a direction, in natural sizes.
            walls: g for each block, in the problem's units, shape (owned dofs with conditions,).
            means: The value of each functional row.
        """
        for i, (dofs, _) in enumerate(self._fixed):
            entries = self.local(F, i)
            moved = self.owned(x, i)[dofs] * self._unknown[i][dofs] - walls[i]
            entries[dofs] = moved / self._residual[i][dofs]
            if self._combined and self.problem.layout.names[i] == COMPOSITIONS:
                self._combined.combine(entries)
        self._spread_inflow(F)
        for constraint, mean in zip(self.constraints, means, strict=True):
            value = constraint.weights.dot(x)
            if _owns(F, constraint.row):
                F.setValue(constraint.row, value - mean)
        F.assemble()

    def _spread_inflow(self, F: PETSc.Vec) -> None:
        """Subtract from the equations of mass the fluid that wall values let in; collective.

        Interpolated wall values may let a little fluid in or out, which no incompressible flow can.
        As a uniform divergence it does not depend on which equation the mean pressure replaces;
        left to that one, it would depend on the partition of the mesh.

        Args:
            F: Equations, in natural sizes; modified in place.
        """
        for constraint in self.constraints:
            if constraint.of_mass:
                [(i, dofs, _)] = constraint.redundant
                entries, shares = self.local(F, i), self.owned(constraint.weights, i)[dofs]
                entries[dofs] -= shares * self.comm.allreduce(entries[dofs].sum())

    def rest_residual(self) -> float:
        """Return the residual norm of the state that is zero except for Dirichlet values.

        It is a measure of the size of the terms in the residual. The problem's state is
        overwritten.
        """
        x, F = self.vector(), self.vector()
        for i, (dofs, values) in enumerate(self._fixed):
            self.local(x, i)[dofs] = values / self._unknown[i][dofs]
        self.residual(x, F)
        size = float(F.norm())
        x.destroy()
        F.destroy()
        return size

    @logged(JACOBIAN)
    def jacobian(self, x: PETSc.Vec, shift: float = 0.0, *, pinned: bool = True) -> None:
        """Assemble the Jacobian at x into ``matrix``.

        Rows and columns of Dirichlet dofs are those of a diagonal matrix; see :meth:`lift` for
        Dirichlet values that change in time.

        Args:
            x: The state.
            shift: Multiple of the mass matrix to add, e.g. 1/dt for an implicit Euler step.
            pinned: Whether the replaced equations become unit rows; without these the matrix is
                singular. Must be False for a nested matrix.
        """
        self.write(x)
        self._set_constant_part()
        self._add_varying_part(self.matrix, self._conditions)
        self.matrix.assemble()
        for place, part in self._parts(settled=False):
            self._bring_to_natural_sizes(place, part)
        if pinned:
            self.matrix.zeroRows([c.row for c in self.constraints if _owns(x, c.row)], diag=1.0)
        if shift:
            mass = self.mass if pinned else self.free_mass
            self.matrix.axpy(shift, mass, structure=PETSc.Mat.Structure.SUBSET_NONZERO_PATTERN)

    def _set_constant_part(self) -> None:
        """Set ``matrix`` to its part that does not depend on the state, with Dirichlet rows.

        This part is assembled again only after a parameter has changed. Otherwise it is copied
        where something is added to it, and left alone elsewhere.
        """
        values = tuple(float(parameter.value) for parameter in self.problem.parameters.values())
        same = PETSc.Mat.Structure.SAME_NONZERO_PATTERN
        if values == self._constant_for:
            for place, part in self._parts(settled=False):
                self._kept[place].copy(part, same)
            return
        self._assemble_constant_part()
        for place, part in self._parts(settled=False):
            if place not in self._kept:
                empty = PETSc.Mat.DuplicateOption.SHARE_NONZERO_PATTERN
                self._kept[place] = part.duplicate(empty)
            part.copy(self._kept[place], same)
        for place, part in self._parts(settled=True):
            self._bring_to_natural_sizes(place, part)
        self._constant_for = values

    def _assemble_constant_part(self) -> None:
        """Assemble the part that does not depend on the state into ``matrix``."""
        self.matrix.zeroEntries()
        versions.assemble_block_matrix(
            self.matrix, self.problem.jacobian.constant, self._conditions
        )
        self.matrix.assemble()

    def _parts(self, *, settled: bool) -> Iterator[tuple[Place, PETSc.Mat]]:
        """Yield parts of ``matrix``: the blocks of a nested matrix, or all of any other one.

        Args:
            settled: Whether to yield the blocks that are the same in all states and for all time
                steps, or the others.
        """
        if not self.nested:
            if not settled:
                yield None, self.matrix
            return
        blocks = range(len(self.sizes))
        for i, j in product(blocks, blocks):
            block = self.matrix.getNestSubMatrix(i, j)
            if block.handle and self._is_settled(i, j) == settled:
                yield (i, j), block

    def _is_settled(self, i: int, j: int) -> bool:
        """Return whether a block of a nested matrix is the same in all states and time steps."""
        row, column = self.problem.layout.names[i], self.problem.layout.names[j]
        # Others may hold masses, and preconditioners add a Schur complement to that of p.
        algebraic = (row in ALGEBRAIC or column in ALGEBRAIC) and not row == column == "p"
        return algebraic and self.problem.jacobian.varying[i][j] is None

    def _bring_to_natural_sizes(self, place: Place, part: PETSc.Mat) -> None:
        """Scale a part of ``matrix``, and combine equations of species in it.

        Args:
            place: The indices of a block of a nested matrix; None for all of any other one.
            part: The block or the matrix.
        """
        if place is None:
            part.diagonalScale(self._row_scale, self._column_scale)
            self._combine_rows(part, "Jacobian")
            return
        i, j = place
        part.diagonalScale(self._row_scales[i], self._column_scales[j])
        self._combine_rows_of_block(i, j, part, "Jacobian")

    def _add_varying_part(self, matrix: PETSc.Mat, conditions: Sequence[fem.DirichletBC]) -> None:
        """Add the part that depends on the state to a matrix, without finalising the assembly."""
        for i, row in enumerate(self.problem.jacobian.varying):
            for j, form in enumerate(row):
                if form is not None:
                    versions.add_to_block(matrix, i, j, form, conditions, self._blocks)

    def linearise_walls(self, x: PETSc.Vec) -> None:
        """Assemble at x the columns of Dirichlet dofs, which :meth:`jacobian` omits.

        Call this before :meth:`lift`, which uses the columns.

        Args:
            x: The state, in natural sizes.
        """
        self.write(x)
        self._columns.zeroEntries()
        versions.assemble_block_matrix(self._columns, self.problem.jacobian.constant, [])
        self._add_varying_part(self._columns, [])
        self._columns.assemble()
        self._columns.diagonalScale(self._row_scale, self._column_scale)
        self._combine_rows(self._columns, "columns")
        means = [c.row for c in self.constraints if _owns(x, c.row)]
        rows = np.concatenate([self._fixed_rows, means]).astype(PETSc.IntType)
        self._columns.zeroRows(rows, diag=0.0)

    def lift(self, b: PETSc.Vec) -> None:
        """Subtract the contribution of changing Dirichlet values from a right-hand side.

        If a wall temperature changes within a time step, the equations of the neighbouring dofs
        must include the change; otherwise the order of a Rosenbrock scheme drops from 4 to 1.5.
        Keeping the columns in the matrix instead would cost the multigrid solver iterations.

        Args:
            b: Right-hand side, with the changes in the Dirichlet rows; modified in place.
        """
        moved, change = self.vector(), self.vector()
        for i, (dofs, _) in enumerate(self._fixed):
            diagonal = (self._unknown[i] / self._residual[i])[dofs]
            self.local(moved, i)[dofs] = self.owned(b, i)[dofs] / diagonal
        self._columns.mult(moved, change)
        b.axpy(-1.0, change)
        moved.destroy()
        change.destroy()

    def parameter_derivative(
        self, x: PETSc.Vec, parameter: str, step: float, dF: PETSc.Vec
    ) -> None:
        """Compute dF/dp at x by a central difference.

        Args:
            x: The state.
            parameter: Name of the problem parameter p.
            step: Step of the difference quotient (F(p + step) - F(p - step))/(2 step), in the unit
                of the parameter.
            dF: The derivative; overwritten.
        """
        constant = self.problem.parameters[parameter]
        value = float(constant.value)

        def shift(by: float) -> None:
            constant.value = value + by

        try:
            self.difference(x, partial(shift, -step), partial(shift, step), 2.0 * step, dF)
        finally:
            constant.value = value

    def difference(
        self,
        x: PETSc.Vec,
        lower: Callable[[], None],
        upper: Callable[[], None],
        between: float,
        dF: PETSc.Vec,
    ) -> None:
        """Compute the difference quotient (F(upper) - F(lower))/between of the residual at x.

        Args:
            x: The state.
            lower: Changes parameters and wall values of the problem to those of F(lower).
            upper: The same for F(upper); they are left like that.
            between: Denominator.
            dF: The quotient; overwritten.
        """
        for change, F in ((lower, self._minus), (upper, dF)):
            change()
            self.reread_walls()
            self.residual(x, F)
        dF.axpy(-1.0, self._minus)
        dF.scale(1.0 / between)

    @cached_property
    def _minus(self) -> PETSc.Vec:
        return self.vector()

    @cached_property
    def _columns(self) -> PETSc.Mat:
        matrix = versions.create_block_matrix(self.problem.jacobian.constant)
        matrix.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
        return matrix

    @cached_property
    def mass(self) -> PETSc.Mat:
        """The mass matrix for the parameter values at the first access.

        Rows of Dirichlet conditions and functional rows are zero.
        """
        mass, kept = self.free_mass.copy(), self.vector()
        kept.set(1.0)
        for constraint in self.constraints:
            if _owns(kept, constraint.row):
                kept.setValue(constraint.row, 0.0)
        kept.assemble()
        mass.diagonalScale(kept)
        return mass

    @cached_property
    def free_mass(self) -> PETSc.Mat:
        """The mass matrix of all equations, including those that functional rows replace.

        Rows of Dirichlet conditions are zero.

        Raises:
            CaseError: A mass term is not linear in the fields.
        """
        for name, row in zip(self.problem.layout.names, self.problem.mass.varying, strict=True):
            if any(form is not None for form in row):
                raise CaseError(
                    f"the coefficient of the mass term of the {plain_name(name)} depends on the "
                    "state",
                    "use a mass term that is linear in the fields, with constant coefficients",
                )
        mass = versions.create_block_matrix(self.problem.mass.constant, nested=self.nested)
        versions.assemble_block_matrix(mass, self.problem.mass.constant, [])
        mass.assemble()
        rows = self._row_scale.copy()
        for i, fixed in enumerate(self.fixed):
            self.local(rows, i)[fixed] = 0.0
        mass.diagonalScale(rows, self._column_scale)
        self._combine_rows(mass, "mass")
        return mass

    # -- construction ----------------------------------------------------------------------------

    def _create_matrix(self) -> PETSc.Mat:
        """Return the matrix with its sparsity pattern and without values."""
        return versions.create_block_matrix(self.problem.jacobian.constant, nested=self.nested)

    def _combined_equations(self) -> CombinedEquations | None:
        """Return what combines equations of species; None if they are not combined."""
        if not self._combination:
            return None
        i = self.problem.layout.index(COMPOSITIONS)
        return CombinedEquations(self._combination, self.fixed[i], self.sizes[i], self.comm)

    def _combine_rows(self, matrix: PETSc.Mat, name: str) -> None:
        """Combine the equations of species in a matrix, given the name of its sparsity pattern."""
        if not self._combined:
            return
        i = self.problem.layout.index(COMPOSITIONS)
        if matrix.getType() != PETSc.Mat.Type.NEST:
            self._combined.combine_rows(matrix, name, int(self.offsets[i]))
            return
        for j in range(len(self.sizes)):
            self._combine_rows_of_block(i, j, matrix.getNestSubMatrix(i, j), name)

    def _combine_rows_of_block(self, i: int, j: int, block: PETSc.Mat, name: str) -> None:
        """Combine the equations of species in a block of a nested matrix, if it has any."""
        if self._combined and block.handle and self.problem.layout.names[i] == COMPOSITIONS:
            self._combined.combine_rows(block, (name, j))

    @property
    def fixed(self) -> list[Indices]:
        """The local indices of the owned dofs with Dirichlet conditions, one array per block."""
        return [dofs for dofs, _ in self._fixed]

    @cached_property
    def _fixed_rows(self) -> Indices:
        """Global indices of the owned dofs with Dirichlet conditions."""
        first = self._row_scale.getOwnershipRange()[0]
        rows = [first + self.offsets[i] + dofs for i, (dofs, _) in enumerate(self._fixed)]
        return np.asarray(np.concatenate(rows), dtype=PETSc.IntType)

    def reread_walls(self) -> None:
        """Read the Dirichlet values again, after a protocol may have changed them."""
        self._fixed = list(zip(self.fixed, self.wall_values(), strict=True))

    def wall_values(self) -> list[Array]:
        """Return the present Dirichlet values of owned dofs, in the problem's units.

        Returns:
            One array per block, in the order of ``fixed``.
        """
        values = [np.zeros_like(function.x.array) for function in self.problem.functions]
        for block, bc in self.problem.dirichlet:
            bc.set(values[self.problem.layout.index(block)])
        return [part[dofs] for part, dofs in zip(values, self.fixed, strict=True)]

    def _fixed_dofs(self) -> list[tuple[Indices, Array]]:
        """Return the owned dofs with Dirichlet conditions and their values, block by block."""
        saved = self.problem.get_state()
        marked: list[tuple[Indices, Array]] = []
        for function in self.problem.functions:
            function.x.array[:] = np.nan
        self.problem.impose()
        for i, (function, before) in enumerate(zip(self.problem.functions, saved, strict=True)):
            values = function.x.array[: self.sizes[i]]
            dofs = np.flatnonzero(~np.isnan(values)).astype(np.int32)
            marked.append((dofs, values[dofs].copy()))
            function.x.array[:] = before
        return marked

    def functional(self, row: FunctionalRow) -> tuple[PETSc.Vec, float]:
        """Return the weights of a functional row as a new vector, and its size; collective.

        Args:
            row: The functional row.

        Returns:
            Vector w, and the natural size of the row's value in the problem's units: for a state x
            in natural sizes, w.x is the value divided by this size.
        """
        index, weights = self.problem.layout.index, self.vector()
        unknown = self.problem.scales.unknown
        sizes = [weight.factor * unknown[weight.field] for weight in row.weights]
        size = max(map(abs, sizes))
        for weight, own in zip(row.weights, sizes, strict=True):
            here = self._owned_in_part(row, weight)
            share = own / size * self._mean_over(weight, here)
            self.local(weights, index(weight.block))[here] += share
        return weights, size

    def sum_of_redundant(self, b: PETSc.Vec, constraint: Constraint) -> float:
        """Return the local part of the weighted sum of redundant entries of a right-hand side.

        Args:
            b: The right-hand side.
            constraint: The constraint whose ``redundant`` entries are summed.
        """
        return float(
            sum(factor * self.owned(b, i)[dofs].sum() for i, dofs, factor in constraint.redundant)
        )

    def _constraint(self, row: FunctionalRow) -> Constraint:
        problem, index = self.problem, self.problem.layout.index
        weights, size = self.functional(row)
        kernel = self.vector()
        unknown, residual = problem.scales.unknown, self._residual_sizes
        first = row.redundant[0]
        of_first = first.factor * residual[first.field]
        redundant = []
        for weight in row.redundant:
            i, here = index(weight.block), self._owned_in_part(row, weight)
            self.local(kernel, i)[here] = (
                weight.factor / first.factor * (unknown[first.field] / unknown[weight.field])
            )
            redundant.append((i, here, weight.factor * residual[weight.field] / of_first))
        start = weights.getOwnershipRange()[0] + int(self.offsets[index(row.block)])
        replaced = problem.replaced_dof(row)
        place = self.comm.allreduce(-1 if replaced is None else start + replaced, op=MPI.MAX)
        alone = len(row.redundant) == 1 and row.block in ALGEBRAIC
        return Constraint(
            place,
            weights,
            row.value / size,
            kernel,
            tuple(redundant),
            kernel if alone else None,
            of_mass=row.block == "p",
        )

    def _owned_in_part(self, row: FunctionalRow, weight: Weight) -> Indices:
        """Return the owned entries of a component in the part of the fluid of a row."""
        dofs: Indices = self.problem.dofs_in_part(weight.block, row.part, weight.component)
        return np.asarray(dofs[dofs < self.sizes[self.problem.layout.index(weight.block)]])

    def _mean_over(self, weight: Weight, dofs: Indices) -> Array:
        """Return the weights of the mean of a component over a part of the fluid.

        Args:
            weight: Block and component.
            dofs: Owned dofs of the component in this part.
        """
        i = self.problem.layout.index(weight.block)
        test = scalar(ufl.TestFunction(self.problem.spaces[i]), weight.component)
        # The dofs of a part belong to no other: an integral over the whole fluid will do.
        entries = self.assembled(compiled(test * self.problem.dx), i)[dofs]
        weights: Array = entries / self.comm.allreduce(entries.sum())
        return weights


def _owns(x: PETSc.Vec, row: int) -> bool:
    first, last = x.getOwnershipRange()
    return bool(first <= row < last)
