"""Onset: how stable a steady state is, and where it stops being so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import brentq

from femsoret.errors import CaseError
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


def stability(
    experiment: Experiment,
    *,
    start: Problem | None = None,
    near: Mode | None = None,
    modes: int = 6,
) -> Stability:
    """Find the steady state of an experiment and its leading modes; collective.

    Args:
        experiment: The experiment.
        start: A solved problem on the same mesh to start from; None starts from the state without
            gravity.
        near: A mode of a state nearby: modes are sought around it alone.
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
    if near is not None:
        found = growth_rates(problem, shifts=(_beside(near, problem),), options=options)
        return Stability(experiment, problem, found)
    bound = growth_bound(problem, stratification(problem)) if "u" in problem.layout else None
    spectrum = counted_modes(problem, reach=bound, options=options)
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
    return stability(finer, near=state.leading if near else None, modes=modes)


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
    """

    value: float
    stability: Stability
    trials: tuple[Trial, ...]

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
    """Return the value at which the leading growth rate is zero; collective.

    The leading modes at both ends are sought from all shifts, so that the one that matters is
    followed; in between from a shift beside the last one. At the end all shifts look again.

    Args:
        at: Value -> experiment.
        low: One end.
        high: The other end; the leading growth rates at the two have different signs.
        close: Accuracy, relative to the larger end.

    Raises:
        CaseError: The growth rate has one sign at both ends.
        NotConverged: A state or a mode was not found.
    """
    trials: list[Trial] = []
    found: list[Stability] = []

    def growth(value: float) -> float:
        at_an_end = len(trials) < 2
        experiment = at(value)
        state = stability(
            experiment,
            start=_beginning(found, experiment),
            near=None if at_an_end else found[0].leading,
        )
        found[:] = [state]
        mode = state.leading
        coarse = unresolved(state.problem)
        trials.append(Trial(value, mode.growth_rate, mode.frequency, coarse))
        log.info("%.8g: growth rate %.6g, frequency %.6g", *_plain(trials[-1]))
        return mode.growth_rate

    ends = growth(low), growth(high)
    if ends[0] * ends[1] > 0.0:
        word = "unstable" if ends[0] > 0.0 else "stable"
        raise CaseError(
            f"the state is {word} at both ends, {low:g} and {high:g}: growth rates {ends[0]:.4g} "
            f"and {ends[1]:.4g}",
            "give two values between which it changes",
        )
    known = dict(zip((low, high), ends, strict=True))
    value = float(
        brentq(
            lambda v: known[v] if v in known else growth(v),
            low,
            high,
            xtol=close * max(abs(low), abs(high)),
            rtol=8.9e-16,
        )
    )
    experiment = at(value)
    final = stability(experiment, start=_beginning(found, experiment))
    return Critical(value, final, tuple(trials))


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
