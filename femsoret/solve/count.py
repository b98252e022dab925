"""The count of the eigenvalues that grow, by the winding of det(J + lambda M).

The determinant is a polynomial of lambda whose zeros are the eigenvalues of J z + lambda M z = 0;
those at infinity, of pressure and walls, are none. Eigenvalues that are known are divided out: what
is left varies little along the imaginary axis, and is asked for further zeros beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import SolveFailure
from femsoret.solve.assembly import BlockSystem
from femsoret.solve.complex_lu import Pencil, PinnedFactors, Row
from femsoret.solve.gathered import gathered, pinned
from femsoret.solve.spectrum import Count
from femsoret.solve.winding import without, zeros_to_the_right

LARGEST: Final = {2: 150_000, 3: 12_000}
"""Unknowns up to which a count is made, by the dimension of the cell: some 30 factorisations."""

NEUTRAL: Final = 1e-6
"""Growth rate, over that of the slowest eigenvalues, up to which one counts only where it is known:
the way around leaves room for those that are neutral to round-off, as at a critical value."""

STEP: Final = 1e-5
"""Step of the derivative of log det, relative."""


def why_not_counted(system: BlockSystem) -> str:
    """Return why a count is not made, a clause; empty where it can be.

    Args:
        system: The assembled problem.
    """
    problem = system.problem
    if problem.num_dofs > LARGEST[problem.cell.dim]:
        return f"{problem.num_dofs} unknowns are too many for a count"
    return ""


def count_growing(
    system: BlockSystem, x: PETSc.Vec, known: Sequence[complex], *, reach: float, slow: float
) -> Count:
    """Count the eigenvalues with a positive real part (see NEUTRAL); collective.

    The work is done on one rank.

    Args:
        system: The assembled problem, as one matrix.
        x: The steady state.
        known: Some of them, and of the others, those of pairs with their conjugates. What they
            are changes nothing but the cost: the more of them are near the imaginary axis, the
            better.
        reach: Modulus up to which they are counted, 1 over the problem's unit of time.
        slow: Modulus of the slowest eigenvalues, about.

    Raises:
        SolveFailure: A factorisation failed, or an unknown eigenvalue is neutral.
    """
    system.jacobian(x)
    J, M, rows = gathered(system.matrix), gathered(system.mass), pinned(system)
    outcome: Count | SolveFailure | None = None
    if system.comm.rank == 0:
        try:
            determinant = _Determinant(Pencil(J, M), rows)

            def beside(s: complex) -> tuple[complex, complex]:
                s += NEUTRAL * slow
                one, other = determinant(s), without(known, s)
                return one[0] + other[0], one[1] + other[1]

            winding = zeros_to_the_right(beside, reach, slow)
            growing = winding.zeros + sum(z.real > 0.0 for z in known)
            outcome = Count(growing, reach, determinant.factorisations, winding.narrow)
        except SolveFailure as error:
            outcome = error
    outcome = system.comm.bcast(outcome, root=0)
    if isinstance(outcome, SolveFailure):
        raise outcome
    assert outcome is not None
    return outcome


class _Determinant:
    """Log det(J + s M), with the functional rows in their places, and its derivative.

    Args:
        pencil: The matrices with unit rows in the place of functional rows.
        rows: The functional rows.
    """

    def __init__(self, pencil: Pencil, rows: tuple[Row, ...]) -> None:
        self._pencil, self._rows = pencil, rows
        self.factorisations = 0

    def __call__(self, s: complex) -> tuple[complex, complex]:
        step = STEP * abs(s) or STEP
        here, there = self._log(s), self._log(s + step)
        change = there - here
        turns = round(change.imag / (2.0 * np.pi))
        return here, (change - 2j * np.pi * turns) / step

    def _log(self, s: complex) -> complex:
        factors = PinnedFactors(self._pencil.factorise(s), self._rows)
        self.factorisations += 1
        logarithm = factors.log_determinant()
        factors.close()
        return logarithm
