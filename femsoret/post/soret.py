"""The apparent Soret coefficient, and the one that the same cell would show without gravity.

    S_app  = -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold)
    S_true = the same number from dPhi/dT = -S_T(T, c), the closed form without flow

with Phi of the mixture's own closure. error = S_app - S_true, bias = S_app/S_true - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.integrate import solve_ivp

from femsoret.closures import BoussinesqMixture
from femsoret.errors import ConditionError
from femsoret.post.readings import Reading
from femsoret.problem import Problem

SAME_TEMPERATURE: Final = 1e-6
"""Temperature difference of readings, over that of the walls, below which it is none."""


@dataclass(frozen=True)
class HotCold:
    """Temperature and composition deviations read at the hot and at the cold end.

    Args:
        theta_hot: T_hot - T0, K.
        theta_cold: T_cold - T0, K.
        gamma_hot: c_hot - c0.
        gamma_cold: c_cold - c0.
    """

    theta_hot: float
    theta_cold: float
    gamma_hot: float
    gamma_cold: float

    @property
    def separation(self) -> float:
        """c_cold - c_hot: positive where component 1 gathers in the cold."""
        return self.gamma_cold - self.gamma_hot

    @property
    def dT(self) -> float:
        """T_hot - T_cold, K."""
        return self.theta_hot - self.theta_cold

    def has_difference(self, of_walls: float) -> bool:
        """Return whether the readings have a temperature difference to speak of.

        Args:
            of_walls: That of the walls, K.
        """
        return abs(self.dT) > SAME_TEMPERATURE * abs(of_walls)


def read(problem: Problem, hot: Reading, cold: Reading, species: int = 0) -> HotCold:
    """Return the readings of a solved problem.

    Args:
        problem: A solved problem.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
        species: Index of the species.
    """
    block = f"gamma_{species}"
    return HotCold(
        theta_hot=hot.of(problem, "theta"),
        theta_cold=cold.of(problem, "theta"),
        gamma_hot=hot.of(problem, block),
        gamma_cold=cold.of(problem, block),
    )


def apparent(mixture: BoussinesqMixture, at: HotCold, species: int = 0) -> float:
    """Return S_app, 1/K.

    Args:
        mixture: The mixture (numbers).
        at: Readings.
        species: Index of the species.

    Raises:
        ConditionError: The readings have one temperature, or a mass fraction outside 0..1.
    """
    c0 = mixture.species[species].c0
    c_cold = c0 + at.gamma_cold
    if at.dT == 0.0:
        raise ConditionError("both readings have the same temperature", "read at two temperatures")
    with np.errstate(all="ignore"):
        difference = mixture.closure.phi_difference(c_cold, -at.separation, c0)
    if not np.isfinite(difference):
        raise ConditionError(
            f"a reading of the mass fraction is outside 0..1 ({c_cold:.4g} cold, "
            f"{c0 + at.gamma_hot:.4g} hot): no apparent Soret coefficient",
            "refine the mesh, or take the closure that suits the composition",
        )
    return -difference / at.dT


@dataclass(frozen=True)
class TrueSoret:
    """S_T as a perfect experiment would report it.

    Args:
        value: S_true, 1/K.
        changes_sign: Whether S_T changes sign between the two temperatures, so that a relative
            bias means nothing.
    """

    value: float
    changes_sign: bool


def true_soret(mixture: BoussinesqMixture, at: HotCold, species: int = 0) -> TrueSoret:
    """Return S_true between the temperatures of gravity-free readings.

    Args:
        mixture: The mixture (numbers).
        at: Readings without gravity; the cold composition is the start of dPhi/dT = -S_T(T, c).
        species: Index of the species.
    """
    law, closure = mixture.species[species], mixture.closure
    T_cold, T_hot = mixture.T0 + at.theta_cold, mixture.T0 + at.theta_hot
    start = float(closure.phi(law.c0 + at.gamma_cold, law.c0))

    def slope(T: float, change: Any) -> list[float]:
        c = closure.phi_inverse(start + change[0], law.c0)
        return [-float(law.soret(T, c))]

    path = solve_ivp(
        slope, (T_cold, T_hot), [0.0], method="DOP853", rtol=1e-12, atol=1e-14, dense_output=True
    )
    temperatures = np.linspace(T_cold, T_hot, 101)
    values = [-slope(T, path.sol(T))[0] for T in temperatures]
    return TrueSoret(
        value=-float(path.y[0, -1]) / (T_hot - T_cold),
        changes_sign=min(values) < 0.0 < max(values),
    )


@dataclass(frozen=True)
class SoretOutcome:
    """What an experiment says about S_T, and what it should have said.

    Args:
        at: Readings with gravity.
        at_reference: Readings without gravity, on the same mesh.
        apparent: S_app, 1/K.
        without_gravity: S_app of the gravity-free state: S_true but for the numerical error, 1/K.
        true: S_true.
    """

    at: HotCold
    at_reference: HotCold
    apparent: float
    without_gravity: float
    true: TrueSoret

    @property
    def error(self) -> float:
        """S_app - S_true, 1/K."""
        return self.apparent - self.true.value

    @property
    def bias(self) -> float | None:
        """S_app/S_true - 1; None where S_T changes sign between the readings, or vanishes."""
        if self.true.changes_sign or self.true.value == 0.0:
            return None
        return self.apparent / self.true.value - 1.0


def soret_outcome(mixture: BoussinesqMixture, at: HotCold, at_reference: HotCold) -> SoretOutcome:
    """Return what readings with and without gravity say.

    Args:
        mixture: The mixture (numbers).
        at: Readings with gravity.
        at_reference: Readings without gravity.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
    """
    return SoretOutcome(
        at=at,
        at_reference=at_reference,
        apparent=apparent(mixture, at),
        without_gravity=apparent(mixture, at_reference),
        true=true_soret(mixture, at_reference),
    )
