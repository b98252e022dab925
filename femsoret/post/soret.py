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

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from femsoret.closures import BoussinesqMixture
from femsoret.errors import ConditionError
from femsoret.post.readings import Reading
from femsoret.problem import Problem

Array = npt.NDArray[np.float64]

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
        raise _one_temperature()
    with np.errstate(all="ignore"):
        difference = mixture.closure.phi_difference(c_cold, -at.separation, c0)
    if not np.isfinite(difference):
        raise ConditionError(
            f"a reading of the mass fraction is outside 0..1 ({c_cold:.4g} cold, "
            f"{c0 + at.gamma_hot:.4g} hot): no apparent Soret coefficient",
            "refine the mesh, or take the closure that suits the composition",
        )
    return (0.0 - difference) / at.dT  # without minus zeros


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
    form = _ClosedForm(mixture, species, at.theta_cold, cold.of(rest, "gamma_0"))
    start = form.phi(at.gamma_cold)
    fluid = (0.0 - float(form.path(at.theta_hot, start)(at.theta_hot))) / at.dT
    values = form.soret_along(at.theta_hot, start)
    changes_sign = min(values) < 0.0 < max(values)
    if _is_isothermal(rest, hot, at.theta_hot, at.dT) and _is_isothermal(
        rest, cold, at.theta_cold, at.dT
    ):
        return TrueSoret(fluid, fluid, changes_sign)
    there = _read_at_rest(rest, hot, cold, form, at)
    return TrueSoret(apparent(mixture, there, species), fluid, changes_sign)


def _is_isothermal(rest: Problem, reading: Reading, mean: float, dT: float) -> bool:
    """Return whether the temperature along a reading is its mean, for all that S_T can tell."""
    variance = reading.of_law(rest, lambda theta: (theta - mean) ** 2)
    return variance <= (ISOTHERMAL * dT) ** 2


def _read_at_rest(
    rest: Problem, hot: Reading, cold: Reading, form: _ClosedForm, at: HotCold
) -> HotCold:
    """Return readings of the closed form whose cold reading is that of the state at rest."""
    start = form.phi(at.gamma_cold)
    for _ in range(ROUNDS):
        missing = form.phi(at.gamma_cold) - form.phi(cold.of_law(rest, form.composition(start)))
        start += missing
        if abs(missing) < CLOSE:
            break
    law = form.composition(start)
    return replace(at, gamma_hot=hot.of_law(rest, law), gamma_cold=cold.of_law(rest, law))


@dataclass(frozen=True)
class _ClosedForm:
    """dPhi/dT = -S_T(T, c): the composition at rest, as a function of the temperature.

    S_T of each species depends on the mass fraction of the first, which has its own closed form:
    both are integrated together.

    Args:
        mixture: The mixture (numbers).
        species: Index of the species.
        theta: T - T0 at which it starts, K.
        first: Deviation of the first species there; of no account where that is the species.
    """

    mixture: BoussinesqMixture
    species: int
    theta: float
    first: float

    def phi(self, gamma: float) -> float:
        """Return Phi at a deviation of the composition."""
        return self._phi(self.species, gamma)

    def _c0(self, species: int) -> float:
        return float(self.mixture.species[species].c0)

    def _phi(self, species: int, gamma: float) -> float:
        c0 = self._c0(species)
        return float(self.mixture.closure.phi(c0 + gamma, c0))

    def _slopes(self, theta: float, phi: float) -> tuple[float, float]:
        """Return S_T of the first species and of this one at Phi of the first, 1/K."""
        c = self.mixture.closure.phi_inverse(phi, self._c0(0))
        T = self.mixture.T0 + theta
        of = (self.mixture.species[i].soret for i in (0, self.species))
        first, own = (float(soret(T, c)) for soret in of)
        return first, own

    def _changes(self, end: float, start: float) -> Callable[[Any], Any]:
        """Return by how much Phi of the first species and of this one change on the way to an end.

        Args:
            end: T - T0 there, K.
            start: Phi of this species where it starts.
        """
        if end == self.theta:
            return lambda theta: np.zeros((2, *np.shape(theta)))
        of_first = self._start_of_first(start)
        found = solve_ivp(
            lambda theta, change: [-S for S in self._slopes(theta, of_first + change[0])],
            (self.theta, end),
            [0.0, 0.0],
            method="DOP853",
            rtol=1e-12,
            atol=1e-14,
            dense_output=True,
        )
        return lambda theta: found.sol(theta)

    def _start_of_first(self, start: float) -> float:
        return start if self.species == 0 else self._phi(0, self.first)

    def soret_along(self, end: float, start: float) -> list[float]:
        """Return S_T at 101 temperatures on the way to an end, 1/K; arguments as of the path."""
        of_first, changes = self._start_of_first(start), self._changes(end, start)
        return [
            self._slopes(theta, of_first + float(changes(theta)[0]))[1]
            for theta in np.linspace(self.theta, end, 101)
        ]

    def path(self, end: float, start: float) -> Callable[[Any], Any]:
        """Return Phi less the value start, as a function of theta from there to an end."""
        changes = self._changes(end, start)
        return lambda theta: changes(theta)[1]

    def composition(self, start: float) -> Callable[[Array], Array]:
        """Return the law theta -> gamma that starts at a value of Phi."""

        def law(theta: Array) -> Array:
            phi = np.empty_like(theta)
            warm = theta > self.theta
            for part, farthest in ((warm, np.max), (~warm, np.min)):
                if part.any():
                    there = theta[part]
                    phi[part] = start + self.path(float(farthest(there)), start)(there)
            c0 = self._c0(self.species)
            return np.asarray(self.mixture.closure.phi_inverse(phi, c0) - c0)

        return law


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
