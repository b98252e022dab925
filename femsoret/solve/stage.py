"""Stages: the ways to a steady state that :mod:`femsoret.solve.strategy` tries in turn.

A stage starts from the problem's present state. Where it fails every parameter is at its value
again; the state is whatever it came to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from femsoret.solve.report import SolveReport
from femsoret.solve.steady import Newton


class Stage(Protocol):
    """One way to a steady state."""

    @property
    def name(self) -> str:
        """What is done, in a few words."""

    def run(self, newton: Newton) -> SolveReport:
        """Solve from the present state.

        Raises:
            NotConverged: No steady state; the message says how far this stage came.
        """


@dataclass(frozen=True)
class Plain:
    """Newton with its line search, from the present state.

    Args:
        max_iterations: Newton steps, where the options allow more; None leaves it to them.
        first_linear: Relative residual of the first linear solve, where that is iterative and the
            user's options name none; None leaves it to the preset.
    """

    max_iterations: int | None = None
    first_linear: float | None = None

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        return "Newton"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`Stage`)."""
        return newton.solve(self.max_iterations, self.first_linear)
