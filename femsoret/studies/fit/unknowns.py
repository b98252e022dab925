"""Unknowns of a fit: what is sought, and what is known of it before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from femsoret.base.errors import CaseError, nearest

Quantity = Literal[
    "soret",
    "D",
    "tilt",
    "azimuth",
    "side_loss",
    "thermostat_offset",
    "zero_of_time",
    "contrast",
    "baseline",
]
"""What can be sought:

- ``soret``: the Soret coefficient S_T, 1/K; for several components S'_T of one of them.
- ``D``: the diffusion coefficient, m2/s; for several components an entry of the matrix D.
- ``tilt``: the angle from the axis of the cell to up, degrees.
- ``azimuth``: the direction of the lean about the axis, degrees.
- ``side_loss``: the heat-transfer coefficient at sides, W/(m2 K).
- ``thermostat_offset``: what is added to the prescribed temperature of a side, K.
- ``zero_of_time``: the time of the run at which the clock of the data shows 0, s.
- ``contrast``: the factor on the signals.
- ``baseline``: what is added to a signal, in the unit of the signal.
"""

QUANTITIES: Final[tuple[str, ...]] = get_args(Quantity)
"""Names of all quantities that can be sought."""


@dataclass(frozen=True)
class Prior:
    """What is known of an unknown before the data: a normal distribution.

    Args:
        value: Its mean.
        uncertainty: Its standard deviation; infinite if nothing is known.
    """

    value: float
    uncertainty: float = math.inf

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or not self.uncertainty > 0.0:
            raise CaseError(
                f"a prior of {self.value:g} with the standard uncertainty {self.uncertainty:g}",
                "give a finite value and a positive uncertainty; leave out the unknown to hold its "
                "value",
            )

    @property
    def is_flat(self) -> bool:
        """Whether nothing is known of the unknown before."""
        return math.isinf(self.uncertainty)


@dataclass(frozen=True)
class Unknown:
    """A number that a fit determines.

    Args:
        quantity: What is sought.
        name: Name in reports, different from those of all other unknowns.
        unit: Unit of its values; empty for pure numbers.
        prior: What is known of it before.
        start: Value from which the fit starts.
        scale: Typical size of a change of its value, positive.
        data: Name of the data set to which it belongs; None if all share it.
        components: Components to which it belongs: one for ``soret``, row and column for ``D``;
            empty for a mixture of two.
        sides: Sides to which it belongs, for ``side_loss`` and ``thermostat_offset``.
        signal: Signal to which a ``baseline`` or a ``contrast`` belongs; empty for all signals.

    Raises:
        CaseError: There is no such quantity, or start and scale are no finite numbers.
    """

    quantity: str
    name: str
    unit: str
    prior: Prior
    start: float
    scale: float
    data: str | None = None
    components: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    signal: str = ""

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            raise CaseError(
                f"there is no unknown {self.quantity!r}", nearest(self.quantity, QUANTITIES)
            )
        if not math.isfinite(self.start) or not 0.0 < self.scale < math.inf:
            raise CaseError(
                f"{self.name} starts from {self.start:g} with the scale {self.scale:g}",
                "give a finite start and a positive scale",
            )

    def belongs_to(self, data: str) -> bool:
        """Return whether the unknown has an effect on a data set, given by its name."""
        return self.data is None or self.data == data
