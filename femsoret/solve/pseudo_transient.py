"""Pseudo-transient continuation: follow the flow in time until Newton can take over.

C. T. Kelley, D. E. Keyes, SIAM J. Numer. Anal. 35 (1998) 508.
"""

from __future__ import annotations

from dataclasses import dataclass

from petsc4py import PETSc

import numpy as np

from femsoret.errors import NotConverged
from femsoret.log import get_logger
from femsoret.solve.steady import Newton, SolveReport

log = get_logger(__name__)


@dataclass(frozen=True)
class PseudoTransient:
    """March in time by linearised implicit Euler steps that grow as the state settles.

    A step solves (M/dt + J) dx = -F: exact Newton for dt to infinity, the flow's own evolution
    for a small dt. The step aims at a given change of the state a step, so that it follows the
    evolution while there is one and grows geometrically once it fades (switched evolution
    relaxation, controlled by the change instead of the residual, which is blind to slow species).
    Newton takes over when a step that is long in thermal diffusion times changes little.

    Args:
        max_steps: Steps.
        first: First step, in thermal diffusion times L^2/alpha.
        change: Largest change of a block a step aims at, relative to the block's largest entry.
        growth: Largest ratio of a step to the one before.
        name: What is done, in a few words.
    """

    max_steps: int = 150
    first: float = 1e-3
    change: float = 0.2
    growth: float = 4.0
    name: str = "pseudo-transient continuation"

    def run(self, newton: Newton) -> SolveReport:
        """Solve (see :class:`~femsoret.solve.stage.Stage`)."""
        system = newton.system
        unit = newton.problem.orientation.gap / newton.problem.scales.unknown["u"]
        x, dx, F = system.vector(), system.vector(), system.vector()
        newton.problem.impose()
        system.read(x)
        step, time, settled = self.first, 0.0, self.change
        for count in range(self.max_steps):
            system.residual(x, F)
            F.scale(-1.0)
            change = self._step(newton, x, F, dx, step * unit)
            if not np.isfinite(change) or change > 3.0 * self.change and count > 0:
                step *= max(0.1, 0.5 * self.change / change) if np.isfinite(change) else 0.1
                newton.note(f"pseudo-transient: rejected, change {change:8.1e}, dt {step:8.1e}")
                continue
            x.axpy(1.0, dx)
            time += step
            newton.note(f"pseudo-transient: {count:3d} dt {step:8.1e} t {time:8.1e} change {change:8.1e}  F {F.norm():8.1e}")
            step *= min(self.growth, max(0.2, self.change / max(change, 1e-12)))
            if change < 0.1 * settled and step > 0.1:
                settled = change
                system.write(x)
                try:
                    return newton.solve()
                except NotConverged as failure:
                    log.debug("Newton at t = %g: %s", time, failure.message)
        system.write(x)
        raise NotConverged(
            f"not settled after {self.max_steps} steps, t = {time:.3g} L^2/alpha, "
            f"last change {change:.2g}",
            record={"time": time, "change": change},
        )

    def _step(
        self, newton: Newton, x: PETSc.Vec, minus_F: PETSc.Vec, dx: PETSc.Vec, dt: float
    ) -> float:
        """Solve for a step and return the largest change of a block."""
        newton.factorise(x, 1.0 / dt)
        newton.back_substitute(minus_F, dx)
        system = newton.system
        size = np.maximum(system.block_maxima(x), 1e-8)
        moving = [i for i, name in enumerate(newton.problem.layout.names) if name not in {"p", "phi"}]
        return float((system.block_maxima(dx) / size)[moving].max())
