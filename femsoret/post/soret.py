"""Apparent Soret coefficients, and the true ones: those from the same readings without flow.

    S_app   = -[Phi(c_hot) - Phi(c_cold)]/(T_hot - T_cold)
    S_fluid = the same expression for the fluid at rest, between the temperatures that are read
    S_true  = the same expression for the same readings of the state at rest

There is one of each per species. Phi is the function of the mass fraction that belongs to the
definition of the mixture's S_T: given by the closure of a binary mixture; c itself with more
components, S' = -dc/dT. The error is S_app - S_true. The bias is the error relative to S_true or,
with several species, relative to the norm of all S_true, since single ones may vanish.

At rest the composition is a function of the temperature, c(T), which is known in closed form
(:mod:`femsoret.physics.closures.at_rest`). If the temperature varies over the place of a reading,
the reading gives the mean of c(T), which is not c at the mean of T: S_true then differs from
S_fluid, even without flow. The effect of the readings is S_true - S_fluid, relative to S_fluid or,
with several species, to the norm of all S_fluid.
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
"""Temperature difference of the readings, relative to that of the walls, up to which it counts as
zero."""

ISOTHERMAL: Final = 1e-6
"""Root mean square deviation of the temperature over the place of a reading, relative to the
temperature difference, up to which the reading counts as isothermal: its effect on S_T is of the
order of the square."""

ROUNDS: Final = 50
"""Largest number of corrections of the constants of the closed form. Each correction removes the
error except for the effect of the curvature of Phi(c) along the cold reading."""

CLOSE: Final = 1e-13
"""Tolerance for these constants, relative to the range of Phi."""


@dataclass(frozen=True)
class HotCold:
    """Temperature and one mass fraction read at the hot and the cold end, as deviations.

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
        """The separation c_cold - c_hot; positive if the species accumulates at the cold end."""
        return self.gamma_cold - self.gamma_hot

    @property
    def dT(self) -> float:
        """The temperature difference T_hot - T_cold, K."""
        return self.theta_hot - self.theta_cold

    def has_difference(self, of_walls: float) -> bool:
        """Return whether the temperatures of the two readings differ significantly.

        Args:
            of_walls: Temperature difference of the walls, K.
        """
        return abs(self.dT) > SAME_TEMPERATURE * abs(of_walls)


def read(problem: Problem, hot: Reading, cold: Reading, species: int = 0) -> HotCold:
    """Return the readings of temperature and one species of a solved problem; collective.

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
    """Return the readings of a solved problem, one per species; collective.

    Args:
        problem: A solved problem.
        hot: Reading at the hot end.
        cold: Reading at the cold end.
    """
    return tuple(read(problem, hot, cold, i) for i in range(len(problem.mixture.species)))


def apparent(mixture: Mixture, at: HotCold) -> float:
    """Return the apparent Soret coefficient S_app of a species, 1/K.

    Args:
        mixture: The mixture, with numerical properties.
        at: Readings of the species.

    Raises:
        ConditionError: Both readings have the same temperature, or a mass fraction that was read is
            outside 0..1.
    """
    if at.dT == 0.0:
        raise ConditionError("both readings have the same temperature", "read at two temperatures")
    found = apparent_soret(mixture, at.species, (at.gamma_hot, at.gamma_cold), at.dT)
    if not np.isfinite(found):
        c0 = mixture.species[at.species].c0
        raise ConditionError(
            f"a mass fraction that was read is outside 0..1 ({c0 + at.gamma_cold:.4g} cold, "
            f"{c0 + at.gamma_hot:.4g} hot): it gives no apparent Soret coefficient",
            "refine the mesh, or choose a closure that suits the composition",
        )
    return found


@dataclass(frozen=True)
class TrueSoret:
    """The true Soret coefficient of one species: the one from the readings without flow.

    Args:
        value: S_true, from the same readings of the state at rest, 1/K.
        fluid: S_fluid, of the fluid between the temperatures that are read, 1/K; equal to `value`
            if each reading is isothermal.
        size: Value that a bias is relative to, 1/K: S_true or, with several species, the norm of
            all S_true. None if S_T vanishes, or changes sign in a binary mixture.
        fluid_size: Value that the effect of the readings is relative to, 1/K: S_fluid or, with
            several species, the norm of all S_fluid; None as for `size`.
    """

    value: float
    fluid: float
    size: float | None
    fluid_size: float | None

    def bias(self, apparent: float) -> float | None:
        """Return the bias (S_app - S_true)/size, dimensionless; None without a size.

        Args:
            apparent: S_app, 1/K.
        """
        return None if self.size is None else (apparent - self.value) / self.size

    @property
    def reading_effect(self) -> float | None:
        """Effect of the readings, (S_true - S_fluid)/fluid_size; None without a size."""
        return None if self.fluid_size is None else (self.value - self.fluid) / self.fluid_size


def true_soret(rest: Problem, hot: Reading, cold: Reading) -> tuple[TrueSoret, ...]:
    """Return the Soret coefficients that the readings give without flow; collective.

    They are free of the discretisation error of the composition, which is taken from the closed
    form at rest.

    Args:
        rest: The state without gravity, solved. Its temperature field is used, and its composition
            at the cold reading determines the constants of the closed form.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Returns:
        One true Soret coefficient per species.

    Raises:
        ConditionError: The readings give no apparent S_T; see :func:`apparent`.
        FluidError: A property law is not finite between the readings.
    """
    readings, mixture = read_each(rest, hot, cold), rest.mixture
    first = readings[0]
    for reading in readings:
        apparent(mixture, reading)
    gamma = np.array([reading.gamma_cold for reading in readings])
    form = AtRest.through(mixture, first.theta_cold, gamma)
    change = form.changes(first.theta_hot)(first.theta_hot)
    fluid = np.asarray((0.0 - change) / first.dT, dtype=float)
    values = fluid
    if not (
        _is_isothermal(rest, hot, first.theta_hot, first.dT)
        and _is_isothermal(rest, cold, first.theta_cold, first.dT)
    ):
        form = fitted(form, rest, cold, gamma)
        at_rest = zip(of_rest(form, rest, hot), of_rest(form, rest, cold), strict=True)
        readings_at_rest = (
            replace(reading, gamma_hot=float(gamma_hot), gamma_cold=float(gamma_cold))
            for reading, (gamma_hot, gamma_cold) in zip(readings, at_rest, strict=True)
        )
        values = np.array([apparent(mixture, reading) for reading in readings_at_rest])
    changes_sign = False
    if len(readings) == 1:
        along = form.soret_along(first.theta_hot)
        changes_sign = bool(along.min() < 0.0 < along.max())
    return sized(values, fluid, changes_sign=changes_sign)


def sized(values: Array, fluid: Array, *, changes_sign: bool) -> tuple[TrueSoret, ...]:
    """Return true Soret coefficients with the values that biases and effects are relative to.

    Args:
        values: S_true of each species, 1/K, shape (N,).
        fluid: S_fluid of each species, 1/K, shape (N,).
        changes_sign: Whether S_T changes sign between the readings, so that there is no size.
    """

    def size(of: Array) -> float | None:
        if changes_sign or not of.any():
            return None
        return float(of[0]) if len(of) == 1 else float(np.linalg.norm(of))

    return tuple(
        TrueSoret(float(value), float(own), size(values), size(fluid))
        for value, own in zip(values, fluid, strict=True)
    )


def with_effect_of(here: Sequence[TrueSoret], beyond: Sequence[TrueSoret]) -> tuple[TrueSoret, ...]:
    """Return true Soret coefficients for other temperatures and the same composition readings.

    The effect of the composition readings is carried over, so that the biases differ only because
    of the temperatures.

    Args:
        here: True Soret coefficients of the readings, one per species.
        beyond: True Soret coefficients at the other temperatures, one per species.

    Returns:
        S_fluid of `beyond`, and S_true with the ratio S_true/S_fluid of `here`, one per species.
    """
    fluid = np.array([true.fluid for true in beyond])
    ratio = np.array([true.value / true.fluid if true.fluid else 1.0 for true in here])
    return sized(ratio * fluid, fluid, changes_sign=any(true.size is None for true in beyond))


def _is_isothermal(rest: Problem, reading: Reading, mean: float, dT: float) -> bool:
    """Return whether the temperature varies too little over a reading to affect S_T."""
    variance = reading.of_law(rest, lambda theta: (theta - mean) ** 2)
    return variance <= (ISOTHERMAL * dT) ** 2


def of_rest(form: AtRest, rest: Problem, reading: Reading) -> Array:
    """Return the reading of the compositions at rest; collective.

    Args:
        form: The compositions at rest, as functions of the temperature.
        rest: A solved problem, of which only the temperature is used.
        reading: The reading.

    Returns:
        c - c0 of each species, shape (N,).
    """

    def law(species: int) -> Law:
        return lambda theta: form.compositions(theta)[species]

    return np.array([reading.of_law(rest, law(i)) for i in range(len(form.phi))])


def fitted(form: AtRest, rest: Problem, reading: Reading, gamma: Array) -> AtRest:
    """Return the compositions at rest whose reading has a given value; collective.

    Args:
        form: First guess of the compositions at rest.
        rest: A solved problem, of which only the temperature is used.
        reading: The reading, for instance of a wall, or the mean over a part of the fluid.
        gamma: Prescribed value of the reading, c - c0 of each species, shape (N,).
    """
    wanted, close = phi_of(form.mixture, gamma), CLOSE * phi_range(form.mixture)
    for _ in range(ROUNDS):
        missing = wanted - phi_of(form.mixture, of_rest(form, rest, reading))
        form = form.moved(missing)
        if (abs(missing) < close).all():
            break
    return form


@dataclass(frozen=True)
class Coefficients:
    """Soret coefficient of one species that a laboratory would report, and its true value.

    Args:
        apparent: S_app with gravity, 1/K.
        without_gravity: S_app without gravity, 1/K: equal to S_true except for the discretisation
            error.
        true: The true Soret coefficient.
    """

    apparent: float
    without_gravity: float
    true: TrueSoret

    @property
    def error(self) -> float:
        """The error S_app - S_true, 1/K."""
        return self.apparent - self.true.value

    @property
    def bias(self) -> float | None:
        """The error relative to the size of S_true, dimensionless; None without a size."""
        return self.true.bias(self.apparent)


@dataclass(frozen=True)
class SoretOutcome(Coefficients):
    """Soret coefficient of one species from a pair of readings, and its true value.

    Args:
        apparent: S_app with gravity, 1/K.
        without_gravity: S_app without gravity, 1/K.
        true: The true Soret coefficient.
        at: Readings with gravity.
        at_reference: Readings without gravity, on the same mesh.
    """

    at: HotCold
    at_reference: HotCold


def outcomes_of(
    mixture: Mixture,
    at: Sequence[HotCold],
    at_reference: Sequence[HotCold],
    true: Sequence[TrueSoret],
) -> tuple[SoretOutcome, ...]:
    """Return the Soret coefficients from given readings, one per species.

    Args:
        mixture: The mixture, with numerical properties.
        at: Readings with gravity, one per species.
        at_reference: Readings without gravity, one per species.
        true: True Soret coefficients, one per species.

    Raises:
        ConditionError: The readings give no apparent S_T; see :func:`apparent`.
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
    """Return the Soret coefficients of an experiment, one per species; collective.

    Args:
        convection: The state with gravity, solved.
        reference: The state without gravity, solved.
        hot: Reading at the hot end.
        cold: Reading at the cold end.

    Raises:
        ConditionError: The readings give no apparent S_T; see :func:`apparent`.
        FluidError: A property law is not finite between the readings.
    """
    at, at_reference = (read_each(problem, hot, cold) for problem in (convection, reference))
    true = true_soret(reference, hot, cold)
    return outcomes_of(convection.mixture, at, at_reference, true)
