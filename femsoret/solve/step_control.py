"""Step control: how long the next step in time may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StepControl:
    """Choose steps by their estimated errors: h' = h safety e^(-1/k).

    e is the error over what is allowed, k the order of the estimate (E. Hairer, G. Wanner, *Solving
    Ordinary Differential Equations II*, section IV.2). Without memory: a relaxation doubles its
    steps again and again, and a PI controller (K. Gustafsson, 1991), which damps that, took twice
    as many; and a restart has less to remember.

    Ratios are rounded to two decimals. Where an error is a small difference of large numbers, its
    round-off would otherwise reach the steps, and with them every number of a run on other ranks
    or after a restart.

    Args:
        safety: Part of the step that the error would just allow.
        growth: Largest ratio of a step to the one before.
        cut: Smallest ratio.
    """

    safety: float = 0.9
    growth: float = 6.0
    cut: float = 0.1

    def ratio(self, error: float, order: int) -> float:
        """Return the ratio of the next step to this one.

        Args:
            error: Error of this step over what is allowed: above 1 it is repeated; infinite where
                the step broke down.
            order: Order of the error estimate.
        """
        if not np.isfinite(error):
            return self.cut
        limit = self.growth if error <= 1.0 else self.safety
        allowed = self.safety * max(error, 1e-10) ** (-1.0 / order)
        return float(np.clip(np.round(allowed, 2), self.cut, limit))
