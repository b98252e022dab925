"""Critical values: where the first, second, ... mode of a steady state begins to grow."""

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
    """A value, and the growth rate of a mode there.

    Args:
        value: The value.
        growth_rate: Growth rate there of the mode that is followed: the first, or the n-th of those
            that grow fastest.
        frequency: Angular frequency of that mode, 0 if it is stationary.
        unresolved: Fields for which the mesh was too coarse there.
    """

    value: float
    growth_rate: float
    frequency: float
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Critical:
    """Where one more mode of a steady state turns from decay to growth.

    Args:
        value: The critical value.
        stability: The state there, with the leading modes from all shifts.
        trials: What was tried on the way, in order.
        others: Eigenvalues that grow there beside the neutral ones, counted; None without a count.
        number: Place of the neutral mode in the order of falling growth rates, from 1.
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
        """Change of its growth rate with the value, from the two trials nearest to it."""
        nearest = sorted(self.trials, key=lambda trial: abs(trial.value - self.value))
        first = nearest[0]
        second = next(trial for trial in nearest if trial.value != first.value)
        return (second.growth_rate - first.growth_rate) / (second.value - first.value)


class SearchObserver(Protocol):
    """Follows a search while it goes on; its methods are collective."""

    def tried(self, number: int, trial: GrowthSample) -> None:
        """A value was tried.

        Args:
            number: Place of the mode that is followed, from 1.
            trial: What it gave.
        """

    def turns(self, number: int, value: float) -> None:
        """A mode turns, before all shifts have looked there for others.

        Args:
            number: Its place.
            value: The critical value.
        """

    def settled(self, critical: Critical) -> None:
        """All shifts have looked.

        Args:
            critical: What they saw.
        """


def critical_value(
    at: Callable[[float], Experiment],
    low: float,
    high: float,
    *,
    close: float = 1e-6,
    observer: SearchObserver | None = None,
) -> Critical:
    """Return the value at which the first mode turns from decay to growth; collective.

    As :func:`critical_values`, which see.
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
    """Return the values at which the first, second, ... mode turns to growth; collective.

    The n-th is where the n-th largest growth rate is zero, which is a continuous function of the
    value, also where modes overtake each other. A mode that is there twice counts as two. Modes are
    sought from all shifts at both ends, and in between beside those that led before. At the value
    that this gives all shifts look again, and what grows is counted: where one more mode grows
    there already, the n-th turned earlier, and is followed from there to the end that is stable.

    Args:
        at: Value -> experiment.
        low: One end.
        high: The other end; the leading growth rates at the two have different signs.
        count: How many values.
        close: Accuracy, relative to the larger end.
        observer: Is told while the search goes on.

    Returns:
        One a mode, in order; fewer than asked for where fewer modes turn between the ends.

    Raises:
        CaseError: The growth rate has one sign at both ends.
        NotConverged: A state or a mode was not found, or more modes grow at the end that seems
            stable than were found.
    """
    search = _Search(at, close * max(abs(low), abs(high)), count, observer)
    ends = search.growth(low, everywhere=True), search.growth(high, everywhere=True)
    if ends[0] * ends[1] > 0.0:
        word = "unstable" if ends[0] > 0.0 else "stable"
        raise CaseError(
            f"the state is {word} at both ends, {low:g} and {high:g}: growth rates {ends[0]:.4g} "
            f"and {ends[1]:.4g}",
            "give two values between which it changes",
        )
    stable, unstable = (low, high) if ends[0] < 0.0 else (high, low)
    turnings: list[Critical] = []
    for number in range(1, count + 1):
        if number > 1 and not search.next_mode(number, (low, high), unstable):
            log.warning(
                "warning: only %d of %d critical values lie between %g and %g, as far as modes "
                "were found: give ends that are further apart",
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
    """Return where the n-th mode turns, all shifts having looked there; collective.

    Args:
        search: The search.
        number: Which mode, from 1.
        stable: End at which it decays.
        unstable: End at which it grows.
        before: Where the one before it turns.
    """
    if before is not None and len(before.stability.spectrum.modes) >= number:
        rate = before.stability.spectrum.modes[number - 1].growth_rate
        if abs(rate) <= _neutral(before, search.close):
            return replace(before, number=number)  # it is there twice, or two meet
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
        log.info("another mode grows at %.8g: following that one", value)
        search.rates[value], unstable = critical.mode.growth_rate, value
    count = final.spectrum.count
    if count is None:
        return critical
    growing = [mode for mode in final.spectrum.modes if mode.growth_rate > 0.0]
    counted = sum(len(mode.eigenvalues) for mode in growing if mode.growth_rate <= neutral)
    return replace(critical, others=max(0, count.growing - counted))


def _neutral(critical: Critical, close: float) -> float:
    """Return the growth rate up to which a mode at a critical value counts as neutral.

    Args:
        critical: The value.
        close: Its accuracy.
    """
    return 10.0 * abs(critical.slope) * close


EARLIER: Final = 4
"""Most modes of which each grows before the one that was followed."""

MODES: Final = 6
"""Modes that are sought around each shift; with more than one to follow, as many more."""


class _Search:
    """Growth rates of the n-th mode along a way, each state started from the one before.

    Args:
        at: Value -> experiment.
        close: Accuracy of a root.
        count: How many modes are followed, one after the other.
        observer: Is told of the search.

    Attributes:
        trials: What was tried for the present mode, in order.
        rates: Value -> growth rate of the present mode there.
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
        self.trials: list[GrowthSample] = []
        self.rates: dict[float, float] = {}

    def state(self, value: float, *, everywhere: bool) -> Stability:
        """Return the state at a value, modes sought everywhere or beside those that led before."""
        experiment, last = self._at(value), self._last_states
        state = stability(
            experiment,
            start=_beginning(last, experiment),
            near=last[0].spectrum.modes[: self._number] if last else (),
            everywhere=everywhere,
            modes=self._modes,
        )
        last[:] = [state]
        return state

    def growth(self, value: float, *, everywhere: bool = False) -> float:
        """Return the growth rate of the present mode at a value."""
        if value in self.rates:
            return self.rates[value]
        state = self.state(value, everywhere=everywhere)
        if state.spectrum.missing and state.spectrum.found_growing == 0:
            raise NotConverged(
                f"at {value:g} {state.spectrum.missing} eigenvalues grow, counted, that were not "
                "found",
                "look for more modes around each shift",
                (),
            )
        if everywhere:
            self._ends[value] = state
        return self._tried(value, state)

    def _tried(self, value: float, state: Stability) -> float:
        """Note the growth rate of the present mode in a state."""
        modes = state.spectrum.modes
        if len(modes) < self._number:
            raise NotConverged(
                f"at {value:g} only {len(modes)} modes were found, and mode {self._number} is "
                "followed",
                "ask for fewer critical values",
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
        """Follow another mode from now on; False where it does not grow at the unstable end."""
        leading = self._ends[unstable].spectrum.modes
        if len(leading) < number or leading[number - 1].growth_rate <= 0.0:
            return False
        self._number = number
        self.trials, self.rates = [], {}
        for value in ends:
            self._tried(value, self._ends[value])
        return True

    def root(self, stable: float, unstable: float) -> float:
        """Return where the growth rate is zero between two values."""
        low, high = sorted((stable, unstable))
        return float(brentq(self.growth, low, high, xtol=self.close, rtol=8.9e-16))


def _beginning(last: Sequence[Stability], experiment: Experiment) -> Problem | None:
    """Return the last state, if it is on the mesh of an experiment."""
    same_mesh = bool(last) and last[-1].problem.cell is experiment.cell
    return last[-1].problem if same_mesh else None
