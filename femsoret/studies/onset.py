"""Onset: how stable a steady state is, and where it stops being so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import brentq

from femsoret.errors import CaseError, NotConverged
from femsoret.experiment import Experiment
from femsoret.log import get_logger
from femsoret.post.decay import unresolved
from femsoret.post.stratification import stratification
from femsoret.problem import Problem
from femsoret.solve import (
    Mode,
    Spectrum,
    SpectrumOptions,
    counted_modes,
    find_steady,
    growth_rates,
)
from femsoret.studies.growth_bound import growth_bound
from femsoret.studies.solution import hand_over, solve

log = get_logger(__name__)

ASIDE: Final = 0.2
"""How far beside a known mode the next shift lies, in 1/(time of heat across the gap)."""


@dataclass(frozen=True, eq=False)
class Stability:
    """A steady state and how it answers to perturbations.

    Args:
        experiment: The experiment.
        problem: The problem with flow, in its steady state.
        spectrum: Its leading modes, with a count of those that grow where one was made.
        bound: Modulus beyond which no eigenvalue grows, 1 over the problem's unit of time; None
            where none is known.
    """

    experiment: Experiment
    problem: Problem
    spectrum: Spectrum
    bound: float | None = None

    @property
    def leading(self) -> Mode:
        """The mode that grows fastest."""
        return self.spectrum.leading

    @property
    def stable(self) -> bool | None:
        """Whether nothing grows, counted; None where nothing was found to, without a count."""
        if not self.spectrum.is_stable:
            return False
        return True if self.spectrum.count else None


def stability(
    experiment: Experiment,
    *,
    start: Problem | None = None,
    near: Sequence[Mode] = (),
    everywhere: bool = True,
    modes: int = 6,
) -> Stability:
    """Find the steady state of an experiment, its leading modes, and how many grow; collective.

    Args:
        experiment: The experiment.
        start: A solved problem on the same mesh to start from; None starts from the state without
            gravity.
        near: Modes of a state nearby, around which modes are sought.
        everywhere: Whether they are sought from all other shifts, too, and counted.
        modes: How many modes are sought around each shift.

    Raises:
        CaseError: A stabilisation leaves out the rate of change.
        NotConverged: No steady state, or no mode, was found.
        MissingDependency: slepc4py cannot be imported.
    """
    experiment.check_rates()
    if start is None:
        problem = solve(experiment).convection
    else:
        problem = experiment.problem()
        hand_over(start, problem)
        find_steady(problem, experiment.newton)
    options = SpectrumOptions(number=modes)
    shifts = tuple(dict.fromkeys(_beside(mode, problem) for mode in near))
    if shifts and not everywhere:
        found = growth_rates(problem, shifts=shifts, options=options)
        return Stability(experiment, problem, found)
    bound = growth_bound(problem, stratification(problem)) if "u" in problem.layout else None
    spectrum = counted_modes(problem, reach=bound, beside=shifts, options=options)
    return Stability(experiment, problem, spectrum, bound)


def again_at_higher_degree(state: Stability, *, near: bool, modes: int = 6) -> Stability:
    """Return the same with polynomials of one degree more, to see what the mesh adds; collective.

    A coarse mesh holds a mode back, or lets one grow that no liquid has.

    Args:
        state: A steady state and its modes.
        near: Whether modes are sought around the leading one alone.
        modes: How many modes are sought around each shift.

    Raises:
        NotConverged: No steady state, or no mode, was found.
    """
    finer = replace(state.experiment, degree=state.experiment.degree + 1)
    return stability(finer, near=(state.leading,) if near else (), everywhere=not near, modes=modes)


def _beside(mode: Mode, problem: Problem) -> complex:
    """Return a shift near a mode but not on it."""
    rate = problem.scales.unknown["u"] / problem.orientation.gap  # alpha/L^2
    return complex(mode.growth_rate + ASIDE * max(rate, abs(mode.frequency)), mode.frequency)


@dataclass(frozen=True)
class Trial:
    """One value that was tried.

    Args:
        value: The value.
        growth_rate: Of the leading mode there.
        frequency: Likewise, 0 for a stationary mode.
        unresolved: Fields for which the mesh was too coarse there.
    """

    value: float
    growth_rate: float
    frequency: float
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Critical:
    """Where a steady state stops being stable.

    Args:
        value: The critical value.
        stability: The state there, with the leading modes from all shifts.
        trials: What was tried on the way, in order.
        others: Eigenvalues that grow there beside the neutral ones, counted; None without a count.
    """

    value: float
    stability: Stability
    trials: tuple[Trial, ...]
    others: int | None = None

    @property
    def slope(self) -> float:
        """Change of the leading growth rate with the value, from the two trials nearest to it."""
        nearest = sorted(self.trials, key=lambda trial: abs(trial.value - self.value))
        one = nearest[0]
        other = next(trial for trial in nearest if trial.value != one.value)
        return (other.growth_rate - one.growth_rate) / (other.value - one.value)


def critical_value(
    at: Callable[[float], Experiment], low: float, high: float, *, close: float = 1e-6
) -> Critical:
    """Return the value at which the first mode turns from decay to growth; collective.

    Modes are sought from all shifts at both ends, and in between beside the leading one. At the
    value that this gives all shifts look again, and what grows is counted: where another mode
    grows there already, that one is followed from there to the end that is stable.

    Args:
        at: Value -> experiment.
        low: One end.
        high: The other end; the leading growth rates at the two have different signs.
        close: Accuracy, relative to the larger end.

    Raises:
        CaseError: The growth rate has one sign at both ends.
        NotConverged: A state or a mode was not found, or more modes grow at the end that seems
            stable than were found.
    """
    search = _Search(at, close * max(abs(low), abs(high)))
    ends = search.growth(low, everywhere=True), search.growth(high, everywhere=True)
    if ends[0] * ends[1] > 0.0:
        word = "unstable" if ends[0] > 0.0 else "stable"
        raise CaseError(
            f"the state is {word} at both ends, {low:g} and {high:g}: growth rates {ends[0]:.4g} "
            f"and {ends[1]:.4g}",
            "give two values between which it changes",
        )
    stable, unstable = (low, high) if ends[0] < 0.0 else (high, low)
    for _ in range(EARLIER):
        value = search.root(stable, unstable)
        final = search.state(value, everywhere=True)
        found = Critical(value, final, tuple(search.trials))
        neutral = 10.0 * abs(found.slope) * search.close
        growing = [mode for mode in final.spectrum.modes if mode.growth_rate > 0.0]
        if final.leading.growth_rate <= neutral:
            break
        log.info("another mode grows at %.8g: following that one", value)
        search.known[value], unstable = final.leading.growth_rate, value
    count = final.spectrum.count
    if count is None:
        return found
    known = sum(len(mode.eigenvalues) for mode in growing if mode.growth_rate <= neutral)
    return replace(found, others=max(0, count.growing - known))


EARLIER: Final = 4
"""Most modes of which each grows before the one that was followed."""


class _Search:
    """Growth rates of the leading mode along a way, each state started from the one before.

    Args:
        at: Value -> experiment.
        close: Accuracy of a root.

    Attributes:
        trials: What was tried, in order.
        known: Value -> leading growth rate.
    """

    def __init__(self, at: Callable[[float], Experiment], close: float) -> None:
        self._at, self.close = at, close
        self._found: list[Stability] = []
        self.trials: list[Trial] = []
        self.known: dict[float, float] = {}

    def state(self, value: float, *, everywhere: bool) -> Stability:
        """Return the state at a value, modes sought everywhere or beside the last leading one."""
        experiment, found = self._at(value), self._found
        state = stability(
            experiment,
            start=_beginning(found, experiment),
            near=(found[0].leading,) if found else (),
            everywhere=everywhere,
        )
        found[:] = [state]
        return state

    def growth(self, value: float, *, everywhere: bool = False) -> float:
        """Return the leading growth rate at a value."""
        if value in self.known:
            return self.known[value]
        state = self.state(value, everywhere=everywhere)
        if state.spectrum.missing and state.spectrum.found_growing == 0:
            raise NotConverged(
                f"at {value:g} {state.spectrum.missing} eigenvalues grow, counted, that were not "
                "found",
                "look for more modes around each shift",
                (),
            )
        mode = state.leading
        coarse = unresolved(state.problem)
        self.trials.append(Trial(value, mode.growth_rate, mode.frequency, coarse))
        log.info("%.8g: growth rate %.6g, frequency %.6g", *_plain(self.trials[-1]))
        self.known[value] = mode.growth_rate
        return mode.growth_rate

    def root(self, stable: float, unstable: float) -> float:
        """Return where the growth rate is zero between two values of which it is known."""
        low, high = sorted((stable, unstable))
        return float(brentq(self.growth, low, high, xtol=self.close, rtol=8.9e-16))


def _beginning(found: Sequence[Stability], experiment: Experiment) -> Problem | None:
    """Return the last state, if it is on the mesh of an experiment."""
    same_mesh = bool(found) and found[-1].problem.cell is experiment.cell
    return found[-1].problem if same_mesh else None


def _plain(trial: Trial) -> tuple[float, float, float]:
    return trial.value, trial.growth_rate, trial.frequency


@dataclass(frozen=True)
class Minimum:
    """The smallest of some critical values, between the points where they are known.

    Args:
        at: Where it is.
        value: Critical value there, interpolated.
        solved: The same, solved for there; None as long as that was not done.
    """

    at: float
    value: float
    solved: float | None = None


def minimum(places: Sequence[float], values: Sequence[float]) -> Minimum | None:
    """Return the minimum of the parabola through the lowest point and its neighbours.

    Args:
        places: Places, in order.
        values: Values there.

    Returns:
        The minimum; None where the lowest point is at an end.
    """
    i = int(np.argmin(values))
    if not 0 < i < len(values) - 1:
        return None
    a, b, c = np.polyfit(places[i - 1 : i + 2], values[i - 1 : i + 2], 2)
    at = -0.5 * b / a
    return Minimum(float(at), float(c - b**2 / (4.0 * a)))


def wavenumbers(low: float, high: float, number: int) -> tuple[float, ...]:
    """Return wavenumbers with equal ratios.

    Args:
        low: Smallest.
        high: Largest.
        number: How many.
    """
    return tuple(float(k) for k in np.geomspace(low, high, number))


def half_wavelength(wavenumber: float) -> float:
    """Return the width pi/k of a cell between two planes of symmetry."""
    return math.pi / wavenumber
