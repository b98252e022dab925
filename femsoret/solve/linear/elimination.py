"""Elimination of the velocity potential chi in iterative solvers.

With y the other unknowns, a Newton step solves

    [ A  K ] [ y ]   [ f ]
    [ D  L ] [chi] = [ g ]

where K is the transport by grad chi, D the divergence of u and L a Laplacian. The Schur complement
A - K L^-1 D describes transport by a divergence-free velocity. So do the equations in advective
form, with the velocity u (:meth:`femsoret.physics.forms.Equations.without_velocity_potential`).
Preconditioners are therefore built for these *reduced* equations on all meshes, and chi follows
from a Poisson problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from petsc4py import PETSc

from dolfinx import fem
from dolfinx.fem import petsc as fem_petsc

from femsoret.base import versions
from femsoret.problem import Problem
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.block_jacobian import BlockJacobian, singular_jacobian


def without_velocity_potential(problem: Problem) -> Problem:
    """Return the problem with the reduced equations, or itself if it has no velocity potential."""
    equations = problem.equations.without_velocity_potential()
    return problem if equations is problem.equations else problem.with_equations(equations)


class FullSystem(Protocol):
    """A problem together with the reduced equations that are used to precondition it.

    Attributes:
        system: The assembled problem.
        operator: The Jacobian without functional rows, singular if there are any.
        reduced: The Jacobian of the reduced equations.
    """

    system: BlockSystem
    operator: PETSc.Mat
    reduced: BlockJacobian

    def preconditioner(self, cycle: PETSc.PC, prefix: str) -> PETSc.PC:
        """Return a preconditioner of the problem.

        Args:
            cycle: Preconditioner of the reduced equations.
            prefix: Prefix of the PETSc options.
        """

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble both Jacobians.

        Args:
            x: The state, in natural sizes.
            shift: Multiple of the mass matrix to add.
        """

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""


def full_system(problem: Problem) -> FullSystem:
    """Return a problem assembled together with its reduced equations.

    Args:
        problem: The problem, with or without a velocity potential.
    """
    return WithPotential(problem) if "chi" in problem.layout else WithoutPotential(problem)


class WithoutPotential:
    """A problem without a velocity potential: its equations are the reduced ones."""

    def __init__(self, problem: Problem) -> None:
        self.reduced = BlockJacobian(problem)
        self.system, self.operator = self.reduced.system, self.reduced.operator

    def preconditioner(self, cycle: PETSc.PC, prefix: str) -> PETSc.PC:
        """Return the cycle itself (see :class:`FullSystem`)."""
        return cycle

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble the Jacobian (see :class:`FullSystem`)."""
        self.reduced.update(x, shift)

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.reduced.destroy()


class WithPotential:
    """A problem with a velocity potential (see :class:`FullSystem`).

    Args:
        problem: The problem.
    """

    def __init__(self, problem: Problem) -> None:
        self.system = BlockSystem(problem, nested=True)
        self._shared = ReducedSystem(self.system)
        self.reduced = BlockJacobian(self._shared.problem, self._shared)
        # The pressure's Schur complement is added to a block that both share.
        self.operator = singular_jacobian(self.system, self.reduced.schur)

    def preconditioner(self, cycle: PETSc.PC, prefix: str) -> PETSc.PC:
        """Return a preconditioner that eliminates chi and applies the cycle to the other fields."""
        context = PotentialElimination(self.system, self.reduced.system, cycle, prefix)
        made = PETSc.PC().createPython(context, comm=self.system.comm)
        made.setOperators(self.operator, self.system.matrix)
        return made

    def update(self, x: PETSc.Vec, shift: float) -> None:
        """Assemble both Jacobians (see :class:`FullSystem`)."""
        self.system.jacobian(x, shift, pinned=False)
        part = self._shared.follow(x)
        self.reduced.update(part, shift)
        self.operator.assemble()
        part.destroy()

    def destroy(self) -> None:
        """Free the PETSc objects; collective."""
        self.operator.destroy()
        self.reduced.destroy()
        self.system.destroy()


class ReducedSystem(BlockSystem):
    """The reduced equations on the same mesh, which share most block rows with the full system.

    Viscous stress, pressure and buoyancy are the same with and without chi. Only block rows that
    contain transport are assembled separately; the full system must be assembled first.

    Args:
        full: The full system, with a nested matrix.
    """

    def __init__(self, full: BlockSystem) -> None:
        problem = without_velocity_potential(full.problem)
        self._full = full
        self._place = [full.problem.layout.index(name) for name in problem.layout.names]
        chi = full.problem.layout.index("chi")
        self._own = [
            i for i, place in enumerate(self._place) if full.problem.jacobian.couples(place, chi)
        ]
        super().__init__(problem, nested=True)
        forms = problem.jacobian.constant
        self._own_blocks = [
            (i, j) for i in self._own for j, form in enumerate(forms[i]) if form is not None
        ]

    def _create_matrix(self) -> PETSc.Mat:
        forms, there = self.problem.jacobian.constant, self._full.matrix
        blocks: list[list[PETSc.Mat | None]] = [
            [
                None
                if form is None
                else fem_petsc.create_matrix(form)
                if i in self._own
                else there.getNestSubMatrix(self._place[i], self._place[j])
                for j, form in enumerate(row)
            ]
            for i, row in enumerate(forms)
        ]
        matrix = PETSc.Mat().createNest(blocks, comm=self.comm)
        for i in self._own:
            for made in blocks[i]:
                if made is not None:
                    made.destroy()  # the nested matrix keeps what it needs
        return matrix

    def follow(self, x: PETSc.Vec) -> PETSc.Vec:
        """Copy parameters and wall values from the full system, and restrict its state.

        Args:
            x: State of the full system.

        Returns:
            The state without chi, as a new vector.
        """
        for name, constant in self._full.problem.parameters.items():
            self.problem.parameters[name].value = constant.value
        for key, values in self._full.problem.wall_values.items():
            self.problem.wall_values[key].x.array[:] = values.x.array
        part = self.vector()
        for i, place in enumerate(self._place):
            self.local(part, i)[:] = self._full.owned(x, place)
        return part

    def jacobian(self, x: PETSc.Vec, shift: float = 0.0, *, pinned: bool = True) -> None:
        """Assemble the block rows that are not shared, at x (see :class:`BlockSystem`)."""
        self.write(x)
        self._set_constant_part()
        for (i, j), block in self._parts(settled=False):
            varying = self.problem.jacobian.varying[i][j]
            if varying is not None:
                versions.add_to_block(self.matrix, i, j, varying, self._conditions, self._blocks)
                block.assemble()
            self._bring_to_natural_sizes((i, j), block)
        for i in self._own if shift else ():
            place = self._place[i]
            held = self._full.free_mass.getNestSubMatrix(place, place)
            same = PETSc.Mat.Structure.SUBSET_NONZERO_PATTERN
            self.matrix.getNestSubMatrix(i, i).axpy(shift, held, structure=same)
        self.matrix.assemble()

    def _assemble_constant_part(self) -> None:
        """Assemble the constant part of the blocks that are not shared (see the base class)."""
        for (i, j), block in self._parts(settled=False):
            block.zeroEntries()
            form = self.problem.jacobian.constant[i][j]
            fem_petsc.assemble_matrix(block, form, bcs=self._conditions)
            block.assemble()

    def _parts(self, *, settled: bool) -> Iterator[tuple[tuple[int, int], PETSc.Mat]]:
        """Yield the blocks that are not shared; none of them counts as settled."""
        if not settled:
            for i, j in self._own_blocks:
                yield (i, j), self.matrix.getNestSubMatrix(i, j)


class PotentialElimination:
    """Python context of a preconditioner of the full system, based on one of the reduced system.

    The reduced equations are solved first, then chi. (The right-hand side of the equation of chi
    also enters the reduced equations; including it costs a second Poisson solve and saves no
    iterations.) The options of the Poisson solver begin with ``chi_``. Its multigrid, the default,
    has two levels: polynomials of the potential's degree and linear ones on the same mesh.

    Args:
        full: The full system.
        reduced: The reduced system.
        cycle: Preconditioner of the reduced system.
        prefix: Prefix of the PETSc options.
    """

    def __init__(
        self, full: BlockSystem, reduced: BlockSystem, cycle: PETSc.PC, prefix: str
    ) -> None:
        self._full, self._reduced, self._cycle = full, reduced, cycle
        names, couples = full.problem.layout.names, full.problem.jacobian.couples
        self._chi = chi = names.index("chi")
        self._places = [names.index(name) for name in reduced.problem.layout.names]
        self._divergence = [j for j in self._places if couples(chi, j)]
        self._b, self._x = full.block_vectors(), full.block_vectors()
        self._product = self._b[chi].duplicate()
        self._reduced_b, self._reduced_x = reduced.vector(), reduced.vector()
        self._laplace = PETSc.KSP().create(full.comm)
        self._laplace.setOptionsPrefix(f"{prefix}chi_")
        set_linear_level(self._laplace.getPC(), full.problem.spaces[chi])
        self._laplace.setFromOptions()
        self._is_set_up = False

    def setUp(self, pc: PETSc.PC) -> None:
        """Set up the cycle and, at the first call, the Poisson solver (PETSc's callback)."""
        self._cycle.setUp()
        if not self._is_set_up:
            laplacian = self._block(self._chi, self._chi)
            laplacian.setNullSpace(self._constants())
            self._laplace.setOperators(laplacian)
            self._is_set_up = True

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve the reduced equations, then for chi (PETSc's callback)."""
        chi, solution, side = self._chi, self._x, self._b
        self._full.split(b, side)
        self._reduced.join([side[i] for i in self._places], self._reduced_b)
        self._cycle.apply(self._reduced_b, self._reduced_x)
        self._reduced.split(self._reduced_x, [solution[i] for i in self._places])
        for j in self._divergence:
            self._block(chi, j).mult(solution[j], self._product)
            side[chi].axpy(-1.0, self._product)
        self._laplace.solve(side[chi], solution[chi])
        self._full.join(solution, x)

    def _constants(self) -> PETSc.NullSpace:
        """Return the kernel of the Laplacian: constants in each connected part of the fluid."""
        vectors = []
        for constraint in self._full.constraints:
            for i, dofs, _ in constraint.redundant:
                if i == self._chi:
                    vector = self._product.duplicate()
                    vector.array_w[dofs] = 1.0
                    vector.normalize()
                    vectors.append(vector)
        kernel = PETSc.NullSpace().create(vectors=vectors, comm=self._full.comm)
        for vector in vectors:
            vector.destroy()
        return kernel

    def _block(self, i: int, j: int) -> PETSc.Mat:
        return self._full.matrix.getNestSubMatrix(i, j)

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the PETSc objects; collective (PETSc's callback)."""
        vectors = (*self._b, *self._x, self._product, self._reduced_b, self._reduced_x)
        for petsc_object in (self._laplace, self._cycle, *vectors):
            petsc_object.destroy()


def set_linear_level(pc: PETSc.PC, space: fem.FunctionSpace) -> None:
    """Make a preconditioner multigrid between a Lagrange space and linear polynomials; collective.

    Algebraic multigrid of polynomials of degree 3 is several times as expensive to set up and to
    apply as that of linear ones, and takes three times as many iterations (docs/evidence.md).
    Options of the preconditioner may still choose another type.

    Args:
        pc: The preconditioner of a scalar problem.
        space: The space of its unknown.
    """
    linear = fem.functionspace(space.mesh, ("Lagrange", 1))
    interpolation = fem_petsc.interpolation_matrix(linear, space)
    interpolation.assemble()
    pc.setType(PETSc.PC.Type.MG)
    pc.setMGLevels(2)
    pc.setMGInterpolation(1, interpolation)
    interpolation.destroy()  # the preconditioner keeps what it needs
