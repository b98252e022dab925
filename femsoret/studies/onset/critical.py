"""Critical values at which the first, second, ... mode of a steady state begins to grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from scipy.optimize import brentq

from femsoret.base.errors import CaseError, NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.post.decay import unresolved
from femsoret.problem import Problem
from femsoret.solve import Mode
from femsoret.studies.onset.onset import Stability, stability

log = get_logger(__name__)


@dataclass(frozen=True)
class GrowthSample:
    """The growth rate of a mode at one value of the parameter.

    Args:
        value: Value of the parameter.
        growth_rate: Growth rate of the mode that is followed, the n-th in order of decreasing
            growth rate, in 1 over the problem's unit of time.
        frequency: Angular frequency of this mode, in the same unit; 0 if it is stationary.
        unresolved: Names of the fields for which the mesh was too coarse.
    """

    value: float
    growth_rate: float
    frequency: float
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Critical:
    """A critical value, at which one more mode of a steady state begins to grow.

    Args:
        value: The critical value.
        stability: The state at this value, with the leading modes from all shifts.
        trials: The values tried during the search, in order.
        others: Number of growing eigenvalues besides the neutral ones, by a count; None if there
            was no count.
        number: Index of the neutral mode in order of decreasing growth rate, from 1.
    """

    value: float
    stability: Stability
    trials: tuple[GrowthSample, ...]
    others: int | None = None
    number: int = 1

    @property
    def mode(self) -> Mode:
        """The neutral mode."""
        return self.stability.spectrum.modes[self.number - 1]

    @property
    def slope(self) -> float:
        """Derivative of the growth rate by the value, from the two trials closest to it."""
        nearest = sorted(self.trials, key=lambda trial: abs(trial.value - self.value))
        first = nearest[0]
        second = next(trial for trial in nearest if trial.value != first.value)
        return (second.growth_rate - first.growth_rate) / (second.value - first.value)


class SearchObserver(Protocol):
    """An observer of a search for critical values; its methods are collective."""

    def tried(self, number: int, trial: GrowthSample) -> None:
        """Record that a value was tried.

        Args:
            number: Index of the mode that is followed, from 1.
            trial: The value and the growth rate of this mode.
        """

    def turns(self, number: int, value: float) -> None:
        """Record a candidate for a critical value, before all shifts are searched for other modes.

        Args:
            number: Index of the mode that is followed, from 1.
            value: The candidate.
        """

    def settled(self, critical: Critical) -> None:
        """Record a critical value after all shifts were searched.

        Args:
            critical: The critical value with its state.
        """


def critical_value(
    at: Callable[[float], Experiment],
    low: float,
    high: float,
    *,
    close: float = 1e-6,
    observer: SearchObserver | None = None,
) -> Critical:
    """Return the value at which the first mode begins to grow; collective.

    Args:
        at: Function that returns the experiment at a value of the parameter.
        low: Lower end of the search interval.
        high: Upper end; the growth rates at both ends must have different signs.
        close: Accuracy, relative to the end of the larger magnitude.
        observer: Observer of the search; None for none.

    Raises:
        CaseError: The growth rate has the same sign at both ends.
        NotConverged: A state or a mode was not found (:func:`critical_values`).
    """
    return critical_values(at, low, high, close=close, observer=observer)[0]


def critical_values(
    at: Callable[[float], Experiment],
    low: float,
    high: float,
    *,
    count: int = 1,
    close: float = 1e-6,
    observer: SearchObserver | None = None,
) -> tuple[Critical, ...]:
    """Return the values at which the first, second, ... mode begins to grow; collective.

    The n-th value is the root of the n-th largest growth rate, which is a continuous function of
    the parameter even where the order of modes changes. A double mode counts as two. Modes are
    sought from all shifts at both ends of the interval. In between they are sought close to the
    preceding leading modes, and to those of the nearest value at which the state is unstable: slow
    modes of the composition may lie as close to the former as a mode that grows. At each root,
    modes are sought from all shifts again, and the growing ones are counted: if one more mode
    already grows there, the search continues between the root and the stable end.

    Args:
        at: Function that returns the experiment at a value of the parameter.
        low: Lower end of the search interval.
        high: Upper end; the leading growth rates at both ends must have different signs.
        count: Number of critical values to find.
        close: Accuracy, relative to the end of the larger magnitude.
        observer: Observer of the search; None for none.

    Returns:
        One critical value per mode, in order; fewer than ``count`` if fewer modes begin to grow
        between the ends.

    Raises:
        CaseError: The growth rate has the same sign at both ends.
        NotConverged: A state or a mode was not found, modes grow at the apparently stable end
            that were not found, or other modes grow at all roots.
    """
    search = _Search(at, close * max(abs(low), abs(high)), count, observer)
    ends = search.growth(low, everywhere=True), search.growth(high, everywhere=True)
    if ends[0] * ends[1] > 0.0:
        word = "unstable" if ends[0] > 0.0 else "stable"
        raise CaseError(
            f"the state is {word} at both ends, {low:g} and {high:g}: the growth rates are "
            f"{ends[0]:.4g} and {ends[1]:.4g}",
            "give two values between which the stability changes",
        )
    stable, unstable = (low, high) if ends[0] < 0.0 else (high, low)
    turnings: list[Critical] = []
    for number in range(1, count + 1):
        if number > 1 and not search.next_mode(number, (low, high), unstable):
            log.warning(
                "warning: only %d of %d critical values were found between %g and %g: try ends "
                "that are further apart",
                number - 1,
                count,
                low,
                high,
            )
            break
        turnings.append(
            _turning(search, number, stable, unstable, turnings[-1] if turnings else None)
        )
        if observer:
            observer.settled(turnings[-1])
    return tuple(turnings)


def _turning(
    search: _Search, number: int, stable: float, unstable: float, before: Critical | None
) -> Critical:
    """Return the critical value of the n-th mode, confirmed from all shifts; collective.

    Args:
        search: The search.
        number: Index n of the mode, from 1.
        stable: Value at which the mode decays.
        unstable: Value at which the mode grows.
        before: Critical value of the preceding mode; None for the first mode.
    """
    if before is not None and len(before.stability.spectrum.modes) >= number:
        rate = before.stability.spectrum.modes[number - 1].growth_rate
        if abs(rate) <= _neutral(before, search.close):
            return replace(
                before, number=number
            )  # a double mode, or two modes with the same critical value
        if rate < 0.0:
            stable = before.value
    for _ in range(EARLIER):
        value = search.root(stable, unstable)
        if search.observer:
            search.observer.turns(number, value)
        final = search.state(value, everywhere=True)
        critical = Critical(value, final, tuple(search.trials), number=number)
        neutral = _neutral(critical, search.close)
        if critical.mode.growth_rate <= neutral:
            break
        log.info("another mode grows at %.8g; following that mode instead", value)
        search.rates[value], unstable = critical.mode.growth_rate, value
        search.keep(value, final)
    else:
        raise NotConverged(
            f"{EARLIER} times a mode was found that already grows where the search had found one "
            f"to begin to, at {value:.8g} at last",
            "give a narrower range of values",
            (),
        )
    count = final.spectrum.count
    if count is None:
        return critical
    growing = [mode for mode in final.spectrum.modes if mode.growth_rate > 0.0]
    counted = sum(len(mode.eigenvalues) for mode in growing if mode.growth_rate <= neutral)
    return replace(critical, others=max(0, count.growing - counted))


def _neutral(critical: Critical, close: float) -> float:
    """Return the growth rate up to which a mode at a critical value counts as neutral.

    Args:
        critical: The critical value.
        close: Absolute accuracy of this value.
    """
    return 10.0 * abs(critical.slope) * close


EARLIER: Final = 4
"""Largest number of attempts to find a mode that begins to grow earlier."""

MODES: Final = 6
"""Number of modes sought around each shift, plus one for each further critical value."""


class _Search:
    """Growth rates of the n-th mode; each state is the initial guess of the next.

    Args:
        at: Function that returns the experiment at a value of the parameter.
        close: Absolute accuracy of a root.
        count: Number of modes to follow, one after the other.
        observer: Observer of the search; None for none.

    Attributes:
        trials: The values tried for the current mode, in order.
        rates: Value -> growth rate of the current mode.
    """

    def __init__(
        self,
        at: Callable[[float], Experiment],
        close: float,
        count: int,
        observer: SearchObserver | None,
    ) -> None:
        self._at, self.close, self.observer = at, close, observer
        self._modes = MODES + count - 1
        self._number = 1
        self._last_states: list[Stability] = []
        self._ends: dict[float, Stability] = {}
        self._leading: dict[float, tuple[Mode, ...]] = {}
        self.trials: list[GrowthSample] = []
        self.rates: dict[float, float] = {}

    def state(self, value: float, *, everywhere: bool) -> Stability:
        """Return the state at a value, with modes from all shifts or near those of other states."""
        experiment, last = self._at(value), self._last_states
        near = list(last[0].spectrum.modes[: self._number]) if last else []
        unstable = [other for other in self._leading if self.rates.get(other, 0.0) > 0.0]
        if unstable and not everywhere:
            near += self._leading[min(unstable, key=lambda other: abs(other - value))]
        state = stability(
            experiment,
            start=_beginning(last, experiment),
            near=near,
            everywhere=everywhere,
            modes=self._modes,
        )
        last[:] = [state]
        return state

    def growth(self, value: float, *, everywhere: bool = False) -> float:
        """Return the growth rate of the current mode at a value."""
        if value in self.rates:
            return self.rates[value]
        state = self.state(value, everywhere=everywhere)
        if state.spectrum.missing and state.spectrum.found_growing == 0:
            raise NotConverged(
                f"at {value:g}, the search found no growing mode, but by a count "
                f"{state.spectrum.missing} eigenvalues grow",
                "seek more modes around each shift",
                (),
            )
        if everywhere:
            self._ends[value] = state
        return self._tried(value, state)

    def keep(self, value: float, state: Stability) -> None:
        """Keep the leading modes at a value, around which those at others may be sought."""
        self._leading[value] = tuple(state.spectrum.modes[: self._number])

    def _tried(self, value: float, state: Stability) -> float:
        """Record and return the growth rate of the current mode in a state."""
        self.keep(value, state)
        modes = state.spectrum.modes
        if len(modes) < self._number:
            raise NotConverged(
                f"at {value:g}, only {len(modes)} modes were found, but the search follows mode "
                f"{self._number}",
                "request fewer critical values",
                (),
            )
        mode = modes[self._number - 1]
        trial = GrowthSample(value, mode.growth_rate, mode.frequency, unresolved(state.problem))
        self.trials.append(trial)
        log.info("%.8g: growth rate %.6g, frequency %.6g", value, trial.growth_rate, mode.frequency)
        self.rates[value] = mode.growth_rate
        if self.observer:
            self.observer.tried(self._number, trial)
        return mode.growth_rate

    def next_mode(self, number: int, ends: tuple[float, float], unstable: float) -> bool:
        """Switch to another mode; return False if it does not grow at the unstable end."""
        leading = self._ends[unstable].spectrum.modes
        if len(leading) < number or leading[number - 1].growth_rate <= 0.0:
            return False
        self._number = number
        self.trials, self.rates = [], {}
        for value in ends:
            self._tried(value, self._ends[value])
        return True

    def root(self, stable: float, unstable: float) -> float:
        """Return the value between two others at which the growth rate is zero."""
        low, high = sorted((stable, unstable))
        return float(brentq(self.growth, low, high, xtol=self.close, rtol=8.9e-16))


def _beginning(last: Sequence[Stability], experiment: Experiment) -> Problem | None:
    """Return the last state if it is on the mesh of an experiment; None otherwise."""
    same_mesh = bool(last) and last[-1].problem.cell is experiment.cell
    return last[-1].problem if same_mesh else None
