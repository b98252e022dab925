"""What a solve is asked for, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from femsoret.solve.options import AUTOMATIC, Options


@dataclass(frozen=True)
class NewtonOptions:
    """When Newton has converged, and when it gives up.

    Args:
        tolerance: Largest last update of any block, relative to the block's largest entry. The
            convergence is quadratic there, so what is left is about its square.
        max_iterations: Newton steps.
        preset: Name of the linear solver's preset, or "automatic".
        petsc: Single PETSc options on top of the preset; None removes one.
    """

    tolerance: float = 1e-8
    max_iterations: int = 20
    preset: str = AUTOMATIC
    petsc: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """What one stage of a search did.

    Args:
        stage: Its name.
        converged: Whether it found a steady state.
        outcome: How far it came.
        factorisations: What it cost.
    """

    stage: str
    converged: bool
    outcome: str
    factorisations: int

    def __str__(self) -> str:
        return f"{self.stage} ({self.factorisations} factorisations): {self.outcome}"


@dataclass(frozen=True)
class SolveReport:
    """What a solve did.

    Args:
        dofs: Unknowns.
        newton_iterations: Newton steps, those of all ramps and other stages together.
        linear_iterations: Iterations of the linear solver.
        wall_seconds: Wall time of assembly and solves, compilation of forms included.
        history: One line a Newton step.
        options: Linear solver options as resolved.
        factorisations: Jacobians that were set up for a linear solve, failed attempts included.
        attempts: What was tried, in order, the last of which converged.
    """

    dofs: int
    newton_iterations: int
    linear_iterations: int
    wall_seconds: float
    history: tuple[str, ...]
    options: Options
    factorisations: int = 0
    attempts: tuple[Attempt, ...] = ()
