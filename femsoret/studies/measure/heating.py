"""What heat sources do in a solved experiment: absorbed power and temperature rise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from femsoret.post.balances import absorbed_power
from femsoret.post.readings import Point, WallMean
from femsoret.studies.measure.solution import Solution

_SAME: Final = 1e-9
"""Relative difference of two powers up to which they are the same."""


@dataclass(frozen=True)
class AbsorbedPower:
    """The power of one heat source.

    Args:
        region: Name of the solid region; "" for the fluid.
        power: Power that it releases, W (per metre of depth in 2D).
    """

    region: str
    power: float


@dataclass(frozen=True)
class Heating:
    """The heat sources of a cell and their effect on its temperature.

    Args:
        sources: The heat sources.
        x: Point of the fluid that they heat (or cool) most in pure conduction, m, shape (dim,).
        rise: Temperature at this point less the mean over the coldest (if they cool, the hottest)
            wall, K.
        conducted: The same in the steady state of pure conduction.
        full_power: Power of all sources in pure conduction, W; that of the sources differs if a
            protocol has changed it.
    """

    sources: tuple[AbsorbedPower, ...]
    x: tuple[float, ...]
    rise: float
    conducted: float
    full_power: float

    @property
    def power(self) -> float:
        """Power of all sources together, W (per metre of depth in 2D)."""
        return sum(source.power for source in self.sources)

    @property
    def nusselt(self) -> float | None:
        """Rise by conduction over that with flow; None without a rise, or at another power."""
        changed = abs(self.power - self.full_power) > _SAME * abs(self.full_power)
        return None if changed or not self.rise else self.conducted / self.rise


def heating(solution: Solution) -> Heating | None:
    """Return the effect of heat sources on a solved experiment; collective.

    Args:
        solution: The solved experiment.

    Returns:
        The effect, or None if the experiment has no heat sources.
    """
    experiment, problem = solution.experiment, solution.convection
    if experiment.rise is None:
        return None
    frame = experiment.orientation
    place = Point(experiment.rise.place)
    wall = WallMean(frame.cold if experiment.rise.value > 0.0 else frame.hot)
    conducted, rise = (
        place.of(state, "theta") - wall.of(state, "theta")
        for state in (solution.conduction, problem)
    )
    sources = tuple(
        AbsorbedPower(source.region, power)
        for source, power in zip(experiment.heat_sources, absorbed_power(problem), strict=True)
    )
    full_power = sum(absorbed_power(solution.conduction))
    return Heating(sources, experiment.rise.place, rise, conducted, full_power)
