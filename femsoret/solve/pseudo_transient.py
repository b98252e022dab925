"""Pseudo-transient continuation: follow the flow in time until Newton can take over.

C. T. Kelley, D. E. Keyes, SIAM J. Numer. Anal. 35 (1998) 508.
"""

from __future__ import annotations

from dataclasses import dataclass

from petsc4py import PETSc

import numpy as np

from femsoret.base.errors import NotConverged
from femsoret.base.log import get_logger
from femsoret.problem.layout import ALGEBRAIC
from femsoret.solve.rates import buoyancy_frequency
from femsoret.solve.report import SolveReport
from femsoret.solve.steady import Newton
from femsoret.solve.trouble import trouble_at

log = get_logger(__name__)

REJECTED = 3.0
"""A step is repeated where it changes the state by more than this times what it aimed at."""

STRONGEST_CUT = 0.1
"""Smallest ratio of a step to the one before."""

CAREFUL = 0.1
"""Longest first step, over the buoyancy frequency's inverse: where flow grows as fast as a step is
long, the linearised step changes sign and throws the state far off. (Compositions outside 0 to 1
then run away in the full closure; 5.6e6 in Ra, 13 in Pr, 1e-3 L^2/alpha for the step.)"""

LONG = 0.1
"""Step, in thermal diffusion times, from which a small change means that the flow has settled."""


@dataclass(frozen=True)
class PseudoTransient:
    """March in time by linearised implicit Euler steps that grow as the state settles.

    A step solves (M/dt + J) dx = -F: the flow's own evolution where dt is small, Newton where it
    is large. Each step aims at a given change of the state, so dt is short while the flow changes
    and grows geometrically once it settles. (Switched evolution relaxation takes the residual for
    this; it hardly sees species that diffuse slowly.) Newton takes over where a long step changes
    little. An implicit step damps what oscillates faster than it, so steady states are found that
    an evolution true to time would leave again.

    Args:
        max_steps: Steps, repeated ones included.
        first: First step, in thermal diffusion times L^2/alpha.
        careful: Longest first step over the inverse of the buoyancy frequency; infinite for none.
        change: Change that a step aims at: of the worst field, relative to its largest entry.
        growth: Largest ratio of a step to the one before.
    """

    max_steps: int = 120
    first: float = 1e-3
    careful: float = CAREFUL
    change: float = 1.0
    growth: float = 4.0

    @property
    def name(self) -> str:
        """What is done, in a few words."""
        return "pseudo-transient continuation"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        system, problem = newton.system, newton.problem
        unit = problem.orientation.gap / problem.scales.unknown["u"]  # L^2/alpha
        x, dx, F = system.vector(), system.vector(), system.vector()
        problem.impose()
        system.read(x)
        course: list[tuple[float, float, float]] = []
        fastest = buoyancy_frequency(problem) * unit
        step = min(self.first, self.careful / fastest) if fastest else self.first
        time, small = 0.0, 0.1 * self.change
        for count in range(self.max_steps):
            system.residual(x, F)
            newton.factorise(x, 1.0 / (step * unit))
            newton.back_substitute(F, dx)
            change = _change(newton, x, dx)
            newton.note(f"{count:3d}  t {time:9.3e}  dt {step:8.1e}  change {change:8.1e}")
            # The first step takes the guess to what the walls and continuity allow, however far.
            if count and change > REJECTED * self.change:
                step *= max(STRONGEST_CUT, 0.5 * self.change / change)
                continue
            x.axpy(-1.0, dx)
            time += step
            course.append((time, step, change))
            if change < small and step > LONG:
                small = 0.1 * change
                system.write(x)
                try:
                    return newton.solve()
                except NotConverged as failure:
                    log.debug("Newton at t = %g: %s", time, failure.message)
            step *= np.clip(self.change / max(change, 1e-300), STRONGEST_CUT, self.growth)
        trouble = trouble_at(system, x, dx, F)
        raise NotConverged(
            f"still changing by {100 * change:.2g} % a step after {time:.3g} L²/alpha",
            "the flow may be unsteady",
            newton.history,
            {**trouble.record(), "course": course},
        )


def _change(newton: Newton, x: PETSc.Vec, dx: PETSc.Vec) -> float:
    """Return the largest change of velocity, temperature and compositions, relative to each."""
    changes = newton.system.relative_maxima(dx, x)
    dependent = [name in ALGEBRAIC for name in newton.problem.layout.names]
    return float(np.where(dependent, 0.0, changes).max())
