"""Whether the Boussinesq approximation holds for a case: how much its density varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.experiment import Experiment
from femsoret.problem.conditions import Composition

_DOUBTFUL: Final = 0.1
"""Relative change of density above which the approximation is doubtful: its relative error is of
this order (D. D. Gray, A. Giorgini, Int. J. Heat Mass Transfer 19 (1976) 545)."""

_MEANINGLESS: Final = 0.5
"""Relative change above which it is refused: the density at one end is twice that at the other."""


@dataclass(frozen=True)
class DensityChange:
    """Relative changes of density in a cell, to first order.

    Args:
        thermal: |beta_T| dT.
        solutal: Sum of |beta_c| dc over the components.
    """

    thermal: float
    solutal: float

    @property
    def total(self) -> float:
        """Sum of both."""
        return self.thermal + self.solutal

    def __str__(self) -> str:
        """The change in words: "33 % (beta_T ΔT = 0.27, beta_c Δc = 0.055)"."""
        parts = f"beta_T ΔT = {self.thermal:.2g}, beta_c Δc = {self.solutal:.2g}"
        return f"{100.0 * self.total:.0f} % ({parts})"


def density_change(experiment: Experiment) -> DensityChange:
    """Return how much the density varies between the walls.

    Args:
        experiment: The experiment. Compositions held at walls count, or else the separation at
            rest.
    """
    values, dT = experiment.mixture.reference, experiment.orientation.dT
    dc = np.abs(values.separation) * dT
    for species in range(len(dc)):
        held = [
            condition.value
            for condition in experiment.conditions
            if isinstance(condition, Composition) and condition.species == species
            if not callable(condition.value)
        ]
        if held:
            dc[species] = max(held) - min(held)
    return DensityChange(abs(values.beta_T) * dT, float(np.abs(values.beta_c) @ dc))


def check_density(experiment: Experiment) -> None:
    """Check that the density varies by less than half.

    Raises:
        CaseError: It varies by more.
    """
    change = density_change(experiment)
    if change.total > _MEANINGLESS:
        raise CaseError(
            f"the density varies by {change}: the Boussinesq approximation, which takes it as "
            "constant except in the buoyancy, is not meant for this",
            "use smaller differences of temperature or composition, or accept errors of the order "
            "of this change by fluid.any_density_change = true",
        )


def density_warning(experiment: Experiment) -> str:
    """Return the warning that the density varies too much for the approximation, or ""."""
    change = density_change(experiment)
    if change.total <= _DOUBTFUL:
        return ""
    return (
        f"the density varies by {change}: the Boussinesq approximation, which neglects this except "
        "in the buoyancy, holds for variations of a few per cent, and the computed flow may be "
        "wrong by tens of per cent"
    )
