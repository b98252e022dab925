"""The apparent Soret coefficient, and the one that the same readings would show without flow.

    S_app   = -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold)
    S_fluid = the same number from dPhi/dT = -S_T(T, c) between the temperatures that are read
    S_true  = the same number from the same readings of the state at rest

with Phi of the mixture's own closure. error = S_app - S_true, bias = S_app/S_true - 1.

At rest the composition is a function of the temperature, c(T), the closed form. A reading along
which the temperature varies gives the mean of c(T), which is not c at the mean of T: S_true is then
another number than S_fluid, flow or not. That is the effect of the readings, S_true/S_fluid - 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.closures import Mixture
from femsoret.closures.at_rest import AtRest, apparent_soret, phi_of
from femsoret.errors import ConditionError
from femsoret.layout import composition
from femsoret.post.readings import Reading
from femsoret.problem import Problem

SAME_TEMPERATURE: Final = 1e-6
"""Temperature difference of readings, over that of the walls, below which it is none."""

ISOTHERMAL: Final = 1e-6
"""Root mean square deviation of the temperature along a reading, over the temperature difference,
below which it is one: its effect on S_T is of the order of the square."""

ROUNDS: Final = 50
"""Corrections of the constant of the closed form, at most. Each takes away all of the error but
for the curvature of Phi(c) along the cold reading; one does where the composition is dilute."""

CLOSE: Final = 1e-13
"""Error of that constant, in Phi."""


@dataclass(frozen=True)
class HotCold:
    """Temperature and composition deviations read at the hot and at the cold end.

    Args:
        theta_hot: T_hot - T0, K.
        theta_cold: T_cold - T0, K.
        gamma_hot: c_hot - c0.
        gamma_cold: c_cold - c0.
        species: Index of the species whose composition that is.
    """

    theta_hot: float
    theta_cold: float
    gamma_hot: float
    gamma_cold: float
    species: int = 0

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
    block = composition(species)
    return HotCold(
        theta_hot=hot.of(problem, "theta"),
        theta_cold=cold.of(problem, "theta"),
        gamma_hot=hot.of(problem, block),
        gamma_cold=cold.of(problem, block),
        species=species,
    )


def apparent(mixture: Mixture, at: HotCold) -> float:
    """Return S_app, 1/K.

    Args:
        mixture: The mixture (numbers).
        at: Readings.

    Raises:
        ConditionError: The readings have one temperature, or a mass fraction outside 0..1.
    """
    if at.dT == 0.0:
        raise _one_temperature()
    found = apparent_soret(mixture, at.species, (at.gamma_hot, at.gamma_cold), at.dT)
    if not np.isfinite(found):
        c0 = mixture.species[at.species].c0
        raise ConditionError(
            f"a reading of the mass fraction is outside 0..1 ({c0 + at.gamma_cold:.4g} cold, "
            f"{c0 + at.gamma_hot:.4g} hot): no apparent Soret coefficient",
            "refine the mesh, or take the closure that suits the composition",
        )
    return found


def _one_temperature() -> ConditionError:
    return ConditionError("both readings have the same temperature", "read at two temperatures")


@dataclass(frozen=True)
class TrueSoret:
    """S_T as the readings would report it without flow.

    Args:
        value: S_true, 1/K: what the same readings say of the state at rest.
        fluid: S_T of the fluid between the temperatures that are read, 1/K: the same where each
            reading is at one temperature.
        changes_sign: Whether S_T changes sign between the two temperatures, so that a relative
            bias means nothing.
    """

    value: float
    fluid: float
    changes_sign: bool

    @property
    def reading_effect(self) -> float | None:
        """S_true over that of the fluid, less 1; None where that vanishes or changes sign."""
        if self.changes_sign or self.fluid == 0.0:
            return None
        return self.value / self.fluid - 1.0


def true_soret(rest: Problem, hot: Reading, cold: Reading, species: int = 0) -> TrueSoret:
    """Return what readings would say of S_T without flow and without numerical error; collective.

    Args:
        rest: The state without gravity, solved: its temperature counts, and the composition that
            is read in the cold, which the closed form starts from.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
        species: Index of the species.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
    """
    at, mixture = read(rest, hot, cold, species), rest.mixture
    if at.dT == 0.0:
        raise _one_temperature()
    start = (
        at.gamma_cold if i == species else cold.of(rest, composition(i))
        for i in range(len(mixture.species))
    )
    form = AtRest.through(mixture, at.theta_cold, tuple(start))
    fluid = (0.0 - float(form.changes(at.theta_hot)(at.theta_hot)[species])) / at.dT
    values = form.soret_along(species, at.theta_hot)
    changes_sign = min(values) < 0.0 < max(values)
    if _is_isothermal(rest, hot, at.theta_hot, at.dT) and _is_isothermal(
        rest, cold, at.theta_cold, at.dT
    ):
        return TrueSoret(fluid, fluid, changes_sign)
    there = _read_at_rest(rest, hot, cold, form, at)
    return TrueSoret(apparent(mixture, there), fluid, changes_sign)


def _is_isothermal(rest: Problem, reading: Reading, mean: float, dT: float) -> bool:
    """Return whether the temperature along a reading is its mean, for all that S_T can tell."""
    variance = reading.of_law(rest, lambda theta: (theta - mean) ** 2)
    return variance <= (ISOTHERMAL * dT) ** 2


def _read_at_rest(rest: Problem, hot: Reading, cold: Reading, form: AtRest, at: HotCold) -> HotCold:
    """Return readings of the closed form whose cold reading is that of the state at rest."""
    species = at.species
    wanted = phi_of(rest.mixture, species, at.gamma_cold)
    for _ in range(ROUNDS):
        found = cold.of_law(rest, form.composition(species))
        missing = wanted - phi_of(rest.mixture, species, found)
        form = form.moved(species, missing)
        if abs(missing) < CLOSE:
            break
    law = form.composition(species)
    return replace(at, gamma_hot=hot.of_law(rest, law), gamma_cold=cold.of_law(rest, law))


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


def soret_outcome(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading
) -> SoretOutcome:
    """Return what readings with and without gravity say; collective.

    Args:
        convection: The state with gravity, solved.
        reference: The state without.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
    """
    at, at_reference = (read(problem, hot, cold) for problem in (convection, reference))
    mixture = convection.mixture
    return SoretOutcome(
        at=at,
        at_reference=at_reference,
        apparent=apparent(mixture, at),
        without_gravity=apparent(mixture, at_reference),
        true=true_soret(reference, hot, cold),
    )
