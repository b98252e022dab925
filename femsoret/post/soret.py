"""Apparent Soret coefficients, and those of the same readings without flow.

    S_app   = -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold)
    S_fluid = the same number of the closed form at rest between the temperatures that are read
    S_true  = the same number from the same readings of the state at rest

one a species, with Phi of the scale in which the mixture's S_T is stated: of its closure where it
is binary; of more components S' = -dc/dT, without a factor. error = S_app - S_true. The bias is the
error over S_true, or over the norm of all S_true where there are several, since single ones may
vanish.

At rest the composition is a function of the temperature, c(T), the closed form
(:mod:`femsoret.physics.closures.at_rest`). A reading along which the temperature varies gives the
mean of c(T), which is not c at the mean of T: S_true is then another number than S_fluid, flow or
not. That is the effect of the readings, S_true - S_fluid over the size of S_fluid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.at_rest import AtRest, apparent_soret, phi_of, phi_range
from femsoret.post.readings import Law, Reading
from femsoret.problem import Problem
from femsoret.problem.layout import composition

SAME_TEMPERATURE: Final = 1e-6
"""Temperature difference of readings, over that of the walls, below which it counts as zero."""

ISOTHERMAL: Final = 1e-6
"""Root mean square deviation of the temperature along a reading, over the temperature difference,
below which the reading is isothermal: the effect on S_T is of the order of the square."""

ROUNDS: Final = 50
"""Largest number of corrections of the constants of the closed form. Each removes the error up to
the curvature of Phi(c) along the cold reading."""

CLOSE: Final = 1e-13
"""Tolerance of these constants, over the range of Phi."""


@dataclass(frozen=True)
class HotCold:
    """Temperature and one mass fraction read at the hot and at the cold end, as deviations.

    Args:
        theta_hot: T_hot - T0, K.
        theta_cold: T_cold - T0, K.
        gamma_hot: c_hot - c0.
        gamma_cold: c_cold - c0.
        species: Index of the species.
    """

    theta_hot: float
    theta_cold: float
    gamma_hot: float
    gamma_cold: float
    species: int = 0

    @property
    def separation(self) -> float:
        """c_cold - c_hot: positive where the component gathers in the cold."""
        return self.gamma_cold - self.gamma_hot

    @property
    def dT(self) -> float:
        """T_hot - T_cold, K."""
        return self.theta_hot - self.theta_cold

    def has_difference(self, of_walls: float) -> bool:
        """Return whether the temperature difference of the readings counts as one.

        Args:
            of_walls: Temperature difference of the walls, K.
        """
        return abs(self.dT) > SAME_TEMPERATURE * abs(of_walls)


def read(problem: Problem, hot: Reading, cold: Reading, species: int = 0) -> HotCold:
    """Return the readings of one species of a solved problem.

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


def read_each(problem: Problem, hot: Reading, cold: Reading) -> tuple[HotCold, ...]:
    """Return the readings of a solved problem, one a species; arguments as of :func:`read`."""
    return tuple(read(problem, hot, cold, i) for i in range(len(problem.mixture.species)))


def apparent(mixture: Mixture, at: HotCold) -> float:
    """Return S_app, 1/K.

    Args:
        mixture: The mixture (numbers).
        at: Readings of a species.

    Raises:
        ConditionError: The readings have one temperature, or a mass fraction outside 0..1.
    """
    if at.dT == 0.0:
        raise ConditionError("both readings have the same temperature", "read at two temperatures")
    found = apparent_soret(mixture, at.species, (at.gamma_hot, at.gamma_cold), at.dT)
    if not np.isfinite(found):
        c0 = mixture.species[at.species].c0
        raise ConditionError(
            f"a reading of the mass fraction is outside 0..1 ({c0 + at.gamma_cold:.4g} cold, "
            f"{c0 + at.gamma_hot:.4g} hot): no apparent Soret coefficient",
            "refine the mesh, or take the closure that suits the composition",
        )
    return found


@dataclass(frozen=True)
class TrueSoret:
    """S_T of one species from the readings without flow.

    Args:
        value: S_true, 1/K: from the same readings of the state at rest.
        fluid: S_T of the fluid between the temperatures that are read, 1/K; equal to `value` where
            each reading is isothermal.
        size: What a bias is relative to, 1/K: the value, or the norm of the values of all species.
            None where S_T vanishes, or changes sign in a binary mixture.
        fluid_size: The same of the fluid.
    """

    value: float
    fluid: float
    size: float | None
    fluid_size: float | None

    def bias(self, apparent: float) -> float | None:
        """Return (S_app - S_true)/size; None without a size.

        Args:
            apparent: S_app, 1/K.
        """
        return None if self.size is None else (apparent - self.value) / self.size

    @property
    def reading_effect(self) -> float | None:
        """(S_true - S_fluid)/fluid_size; None without a size."""
        return None if self.fluid_size is None else (self.value - self.fluid) / self.fluid_size


def true_soret(rest: Problem, hot: Reading, cold: Reading) -> tuple[TrueSoret, ...]:
    """Return S_T as readings give it without flow and without numerical error; collective.

    Args:
        rest: The state without gravity, solved. Its temperature is used, and its composition at the
            cold reading, where the closed form starts.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Returns:
        One a species.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
        FluidError: Laws of properties that give no number between the readings.
    """
    each, mixture = read_each(rest, hot, cold), rest.mixture
    at = each[0]
    for one in each:
        apparent(mixture, one)
    gamma = np.array([one.gamma_cold for one in each])
    form = AtRest.through(mixture, at.theta_cold, gamma)
    fluid = np.asarray((0.0 - form.changes(at.theta_hot)(at.theta_hot)) / at.dT, dtype=float)
    values = fluid
    if not (
        _is_isothermal(rest, hot, at.theta_hot, at.dT)
        and _is_isothermal(rest, cold, at.theta_cold, at.dT)
    ):
        form = fitted(form, rest, cold, gamma)
        there = zip(of_rest(form, rest, hot), of_rest(form, rest, cold), strict=True)
        read_there = (
            replace(one, gamma_hot=float(gamma_hot), gamma_cold=float(gamma_cold))
            for one, (gamma_hot, gamma_cold) in zip(each, there, strict=True)
        )
        values = np.array([apparent(mixture, one) for one in read_there])
    changes_sign = False
    if len(each) == 1:
        along = form.soret_along(at.theta_hot)
        changes_sign = bool(along.min() < 0.0 < along.max())
    return _sized(values, fluid, changes_sign=changes_sign)


def _sized(values: Array, fluid: Array, *, changes_sign: bool) -> tuple[TrueSoret, ...]:
    """Return true Soret coefficients with the sizes that biases are relative to."""

    def size(of: Array) -> float | None:
        if changes_sign or not of.any():
            return None
        return float(of[0]) if len(of) == 1 else float(np.linalg.norm(of))

    return tuple(
        TrueSoret(float(value), float(own), size(values), size(fluid))
        for value, own in zip(values, fluid, strict=True)
    )


def with_effect_of(here: Sequence[TrueSoret], beyond: Sequence[TrueSoret]) -> tuple[TrueSoret, ...]:
    """Return true values at other temperatures, for compositions read at the same walls.

    The effect of the readings is then in both true values, so that biases differ by the
    temperatures alone.

    Args:
        here: True values of the readings, one a species.
        beyond: True values at the other temperatures.
    """
    fluid = np.array([one.fluid for one in beyond])
    share = np.array([one.value / one.fluid if one.fluid else 1.0 for one in here])
    return _sized(share * fluid, fluid, changes_sign=any(one.size is None for one in beyond))


def _is_isothermal(rest: Problem, reading: Reading, mean: float, dT: float) -> bool:
    """Return whether a reading is isothermal, within what matters for S_T."""
    variance = reading.of_law(rest, lambda theta: (theta - mean) ** 2)
    return variance <= (ISOTHERMAL * dT) ** 2


def of_rest(form: AtRest, rest: Problem, reading: Reading) -> Array:
    """Return a reading of compositions at rest, c - c0 of each species, shape (N,); collective.

    Args:
        form: The compositions, as functions of the temperature.
        rest: A solved problem, whose temperature counts.
        reading: The reading.
    """

    def law(species: int) -> Law:
        return lambda theta: form.compositions(theta)[species]

    return np.array([reading.of_law(rest, law(i)) for i in range(len(form.phi))])


def fitted(form: AtRest, rest: Problem, reading: Reading, gamma: Array) -> AtRest:
    """Return the compositions at rest that have a given reading; collective.

    Args:
        form: First guess.
        rest: A solved problem, whose temperature counts.
        reading: The reading: of a wall, or the mean over a part of the fluid.
        gamma: The given reading, c - c0 of each species, shape (N,).
    """
    wanted, close = phi_of(form.mixture, gamma), CLOSE * phi_range(form.mixture)
    for _ in range(ROUNDS):
        missing = wanted - phi_of(form.mixture, of_rest(form, rest, reading))
        form = form.moved(missing)
        if (abs(missing) < close).all():
            break
    return form


@dataclass(frozen=True)
class SoretOutcome:
    """Soret coefficient of one species from an experiment, and its true value.

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
        """The error over the size of S_true; None without a size."""
        return self.true.bias(self.apparent)


def outcomes_of(
    mixture: Mixture,
    at: Sequence[HotCold],
    at_reference: Sequence[HotCold],
    true: Sequence[TrueSoret],
) -> tuple[SoretOutcome, ...]:
    """Return Soret coefficients from readings, one a species.

    Args:
        mixture: The mixture (numbers).
        at: Readings with gravity.
        at_reference: Readings without.
        true: True values.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
    """
    return tuple(
        SoretOutcome(
            at=with_gravity,
            at_reference=without,
            apparent=apparent(mixture, with_gravity),
            without_gravity=apparent(mixture, without),
            true=known,
        )
        for with_gravity, without, known in zip(at, at_reference, true, strict=True)
    )


def soret_outcomes(
    convection: Problem, reference: Problem, hot: Reading, cold: Reading
) -> tuple[SoretOutcome, ...]:
    """Return Soret coefficients from readings with and without gravity; collective.

    Args:
        convection: The state with gravity, solved.
        reference: The state without.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Raises:
        ConditionError: Readings that have no apparent S_T; see :func:`apparent`.
    """
    at, at_reference = (read_each(problem, hot, cold) for problem in (convection, reference))
    true = true_soret(reference, hot, cold)
    return outcomes_of(convection.mixture, at, at_reference, true)
