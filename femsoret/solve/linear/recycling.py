"""Generalised conjugate residuals for several right-hand sides and one matrix.

The method (S. C. Eisenstat, H. C. Elman, M. H. Schultz, SIAM J. Numer. Anal. 20 (1983) 345) keeps
directions p and their images q = A p, which are orthonormal. For one right-hand side it minimises
the residual over the same space as flexible GMRES. For each further one the residual is first
projected on the images that are there, which takes neither a product nor a preconditioner. The
stages of a Rosenbrock step have one matrix and right-hand sides that resemble one another.

Every direction has a known effect on the solution, so that the error is judged in the norm that
matters to the caller instead of that of the residual.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from petsc4py import PETSc

from femsoret.base.errors import NotConverged
from femsoret.solve.linear.bordered import PETSC_VECTORS, Solve

MOST = 50
"""Largest number of directions that are kept, as many as the presets' FGMRES keeps before it starts
again. From then on each new one takes the place of the oldest."""

PATIENCE = 150
"""Largest number of iterations for one right-hand side."""

MARGIN = 10.0
"""Factor by which the error may exceed the residual times the size of the largest direction. Smooth
directions come first, and what is left may be amplified more than any of them."""

DEPENDENT = 1e-12
"""Part of a new image that is orthogonal to the earlier ones below which the method has broken
down: the preconditioned residual adds nothing."""


class RecyclingGCR:
    """Krylov solver that keeps its directions from one right-hand side to the next.

    Args:
        operator: The matrix A.
        precondition: Function that applies a preconditioner to its first argument and overwrites
            the second; it may change from one call to the next.
        size: Size of a correction in the norm in which the error counts; collective.
        vector: Function that returns a new vector.
    """

    def __init__(
        self,
        operator: PETSc.Mat,
        precondition: Solve,
        size: Callable[[PETSc.Vec], float],
        vector: Callable[[], PETSc.Vec],
    ) -> None:
        self._operator, self._precondition, self._size = operator, precondition, size
        self._vector = vector
        self._directions: list[PETSc.Vec] = []
        self._images: list[PETSc.Vec] = []
        self._sizes: list[float] = []
        self._residual = vector()

    def forget(self) -> None:
        """Give up all directions, after the matrix has changed; their vectors are used again."""
        self._sizes.clear()

    def solve(self, b: PETSc.Vec, x: PETSc.Vec, rtol: float, enough: float) -> int:
        """Solve A x = b; collective.

        The last correction bounds the error that is left as long as corrections shrink. Before the
        first one the bound is the residual times the largest size of a direction whose image has
        norm 1, which estimates the norm of the inverse, with a margin.

        Args:
            b: Right-hand side.
            x: The solution; overwritten.
            rtol: Relative residual at which to stop in any case.
            enough: Size of the error at which to stop.

        Returns:
            Number of iterations, each with one preconditioner and one product.

        Raises:
            NotConverged: The method broke down, or took too many iterations.
        """
        r = self._residual
        b.copy(r)
        x.zeroEntries()
        self._project(r, x)
        target = rtol * b.norm()
        error = MARGIN * r.norm() * max(self._sizes) if self._sizes else math.inf
        for done in range(PATIENCE + 1):
            left = r.norm()
            if left <= target or error <= enough:
                return done
            if not math.isfinite(left) or not self._extend(r):
                break
            p, q = self._directions[len(self._sizes) - 1], self._images[len(self._sizes) - 1]
            step = r.dot(q)
            error = abs(step) * self._sizes[-1]
            x.axpy(step, p)
            r.axpy(-step, q)
        raise NotConverged(
            f"the linear solver failed after {done} iterations, with {left:.1e} of "
            f"{target:.1e} left of the residual",
            "use more mesh cells, or another preset of the linear solver",
        )

    def _project(self, r: PETSc.Vec, x: PETSc.Vec) -> None:
        """Remove the images from a residual, and add the directions to the solution likewise."""
        known = len(self._sizes)
        factors = PETSC_VECTORS.dots(self._images[:known], r)
        PETSC_VECTORS.subtract(r, factors, self._images[:known])
        PETSC_VECTORS.subtract(x, -factors, self._directions[:known])

    def _extend(self, r: PETSc.Vec) -> bool:
        """Add the preconditioned residual to the directions; return False at a breakdown."""
        if len(self._sizes) == MOST:
            for vectors in (self._directions, self._images):
                vectors.append(vectors.pop(0))
            del self._sizes[0]
        known = len(self._sizes)
        if known == len(self._directions):
            self._directions.append(self._vector())
            self._images.append(self._vector())
        p, q = self._directions[known], self._images[known]
        self._precondition(r, p)
        self._operator.mult(p, q)
        before = q.norm()
        for _ in range(2):  # classical Gram-Schmidt, which needs a second pass
            factors = PETSC_VECTORS.dots(self._images[:known], q)
            PETSC_VECTORS.subtract(q, factors, self._images[:known])
            PETSC_VECTORS.subtract(p, factors, self._directions[:known])
        norm = q.norm()
        if not math.isfinite(norm) or norm <= DEPENDENT * before:
            return False
        p.scale(1.0 / norm)
        q.scale(1.0 / norm)
        self._sizes.append(self._size(p))
        return True

    def destroy(self) -> None:
        """Free the vectors; collective."""
        for vector in (*self._directions, *self._images, self._residual):
            vector.destroy()
