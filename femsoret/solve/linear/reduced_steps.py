"""Newton steps by a factorisation that leaves out the velocity potential.

In 2D the velocity potential chi has a quarter of the unknowns, and takes a third and more of the
operations of a factorisation. The equations without it
(:mod:`femsoret.solve.linear.elimination`) have nearly the same Jacobian for the other unknowns: for
pure fluids a step by it leaves some hundredth of the error. Newton's method therefore takes steps
by their factorisation, and chi follows from a Poisson problem, which is factorised once. The
residual is that of all equations, so the solution is the same.
"""

from __future__ import annotations

from petsc4py import PETSc

from dolfinx import fem

from femsoret.physics.forms import VELOCITY_POTENTIAL
from femsoret.solve.linear.assembly import BlockSystem
from femsoret.solve.linear.constraint import ConstrainedOperator, ConstrainedSolve
from femsoret.solve.linear.elimination import without_velocity_potential


class ReducedSteps:
    """Factorisations for Newton steps of a problem with a velocity potential.

    Args:
        full: The full system, whose residual is the right-hand side of the steps.
        prefix: Prefix of the PETSc options.

    Attributes:
        factor: The factorisation of the equations without the velocity potential.
    """

    def __init__(self, full: BlockSystem, prefix: str) -> None:
        problem, names = full.problem, full.problem.layout.names
        self._full, self._chi, self._u = full, names.index("chi"), names.index("u")
        self._reduced = BlockSystem(without_velocity_potential(problem))
        self._places = [names.index(name) for name in self._reduced.problem.layout.names]
        self._b, self._x = self._reduced.vector(), self._reduced.vector()
        self._operator = ConstrainedOperator(self._reduced.matrix, self._reduced.constraints)
        self.factor, self._solve = _solver(self._reduced, prefix)
        self._velocity = fem.Function(problem.spaces[self._u])
        self._poisson = BlockSystem(
            problem.with_equations(VELOCITY_POTENTIAL, given={"u": self._velocity})
        )
        self._laplacian, self._potential = _solver(self._poisson, prefix)
        self._rest, self._side, self._change = (self._poisson.vector() for _ in range(3))
        self._is_set_up = False

    def update(self, x: PETSc.Vec) -> None:
        """Assemble the Jacobian of the equations without chi at a state.

        Args:
            x: The state, in natural sizes.
        """
        for name, constant in self._full.problem.parameters.items():
            self._reduced.problem.parameters[name].value = constant.value
        self._restrict(x, self._x)
        self._reduced.jacobian(self._x)

    def setUp(self, pc: PETSc.PC) -> None:
        """Factorise, the Laplacian at the first call only (PETSc's callback)."""
        if not self._is_set_up:
            self._poisson.jacobian(self._rest)
            self._potential.setUp()
            self._is_set_up = True
        self._solve.setUp()
        for solve in (self._potential, self._solve):
            if solve.getFailedReason():
                pc.setFailedReason(solve.getFailedReason())

    def mult(self, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Apply the approximate Jacobian with its functional rows, for line searches.

        Args:
            x: A step.
            y: The product; overwritten.
        """
        full = self._full
        self._restrict(x, self._x)
        self._operator.mult(self._reduced.matrix, self._x, self._b)
        self._extend(self._b, y)
        self._poisson.local(self._change, 0)[:] = full.owned(x, self._chi)
        self._put_velocity(x)
        self._poisson.residual(self._change, self._side)
        full.local(y, self._chi)[:] = self._poisson.owned(self._side, 0)

    def apply(self, pc: PETSc.PC, b: PETSc.Vec, x: PETSc.Vec) -> None:
        """Solve for a Newton step (PETSc's callback)."""
        full, chi = self._full, self._chi
        self._restrict(b, self._b)
        self._solve.apply(self._b, self._x)
        self._extend(self._x, x)
        self._put_velocity(x)
        self._poisson.residual(self._rest, self._side)  # of the velocity's divergence alone
        side = self._poisson.local(self._side, 0)
        side[:] = full.owned(b, chi) - side
        self._potential.apply(self._side, self._change)
        full.local(x, chi)[:] = self._poisson.owned(self._change, 0)

    def _restrict(self, x: PETSc.Vec, part: PETSc.Vec) -> None:
        """Copy a vector of the full system without chi."""
        for i, place in enumerate(self._places):
            self._reduced.local(part, i)[:] = self._full.owned(x, place)

    def _extend(self, part: PETSc.Vec, x: PETSc.Vec) -> None:
        """Copy a vector without chi into one of the full system."""
        for i, place in enumerate(self._places):
            self._full.local(x, place)[:] = self._reduced.owned(part, i)

    def _put_velocity(self, x: PETSc.Vec) -> None:
        """Copy the velocity of a vector of the full system into the Poisson problem."""
        velocity, i = self._velocity.x, self._u
        velocity.array[: self._full.sizes[i]] = self._full.owned(x, i) * self._full.unknown_size(i)
        velocity.scatter_forward()

    def destroy(self, pc: PETSc.PC) -> None:
        """Free the PETSc objects; collective (PETSc's callback)."""
        vectors = (self._b, self._x, self._rest, self._side, self._change)
        for made in (self._solve, self.factor, self._potential, self._laplacian, *vectors):
            made.destroy()
        self._reduced.destroy()
        self._poisson.destroy()


def _solver(system: BlockSystem, prefix: str) -> tuple[PETSc.PC, PETSc.PC]:
    """Return a factorisation of a system's matrix, and a solver with the functional rows."""
    factor = PETSc.PC().create(system.comm)
    factor.setOptionsPrefix(prefix)
    factor.setFromOptions()
    solve = PETSc.PC().createPython(ConstrainedSolve(factor, system.constraints), comm=system.comm)
    solve.setOperators(system.matrix)
    return factor, solve
