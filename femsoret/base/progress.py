"""Progress of time marching: the simulated time reached so far and the computing time left."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as RichProgress

from femsoret.base.log import get_logger

log = get_logger(__name__)

WINDOW = 6
"""Number of most recent steps that the estimate of the computing time uses."""


@dataclass(frozen=True)
class Position:
    """The point that time marching has reached.

    Args:
        label: Name of the march, for display.
        step: Number of accepted steps.
        t: Simulated time.
        dt: Length of the last step.
        end: Simulated time at which the march ends at the latest.
        tau: Relaxation time.
        seconds_left: Estimated computing time left, s; None if there is no estimate yet.
        ended: Whether this is the end of the march.
        unit: Unit of all times of the march, for display.
    """

    label: str
    step: int
    t: float
    dt: float
    end: float
    tau: float
    seconds_left: float | None
    ended: bool = False
    unit: str = "s"

    def __str__(self) -> str:
        is_known = self.seconds_left is not None and not self.ended
        left = f", {clock_text(self.seconds_left or 0.0)} left" if is_known else ""
        return (
            f"{self.label}: t = {self.t:.4g} {self.unit} = {self.t / self.tau:.3g} tau of "
            f"{self.end / self.tau:.3g}, step {self.step} of {self.dt:.3g} {self.unit}{left}"
        )


class Pace:
    """Estimator of the computing time left, based on the most recent steps.

    The time steps of a relaxation grow, so the number of steps left is estimated by a geometric
    series with the present growth factor.
    """

    def __init__(self) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=WINDOW)

    def left(self, dt: float, remaining: float) -> float | None:
        """Record a step and return the computing time left, s; None before the third step.

        Args:
            dt: Length of the step, s.
            remaining: Simulated time left, s.
        """
        self._steps.append((time.perf_counter(), dt))
        if len(self._steps) < 3:
            return None
        (began, first), (now, last) = self._steps[0], self._steps[-1]
        intervals = len(self._steps) - 1
        growth = (last / first) ** (1.0 / intervals)
        number = remaining / last
        if growth > 1.01:
            number = math.log1p(number * (growth - 1.0)) / math.log(growth)
        return number * (now - began) / intervals


class Progress(Protocol):
    """A display of the progress of time marching."""

    def show(self, position: Position) -> None:
        """Show the point reached; called on all ranks after every step."""


class LogProgress:
    """A display that writes a log line at intervals.

    Args:
        every: Minimum time between two lines, s.
    """

    def __init__(self, every: float = 20.0) -> None:
        self._every = every
        self._last = -math.inf

    def show(self, position: Position) -> None:
        """Log the point reached if the interval has passed or the march has ended."""
        now = time.perf_counter()
        if now - self._last >= self._every or position.ended:
            self._last = now
            log.info("%s", position)


class LiveProgress:
    """A display of one continuously updated line on a terminal; a context manager.

    Args:
        console: Rich console of the terminal.
    """

    def __init__(self, console: Console) -> None:
        self._rich = RichProgress(
            SpinnerColumn(),
            BarColumn(bar_width=12),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._rich.add_task("femsoret", total=None)

    def show(self, position: Position) -> None:
        """Show the point reached."""
        self._rich.update(
            self._task,
            description=str(position),
            completed=position.end if position.ended else position.t,
            total=position.end,
        )

    def __enter__(self) -> LiveProgress:
        self._rich.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._rich.stop()


def clock_text(seconds: float) -> str:
    """Return a duration as text, such as "40 s", "12 min" or "3.4 h"."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400.0 else f"{seconds / 3600:.1f} h"
