"""How fast a cell can change: the rates that time steps and shifts are measured by."""

from __future__ import annotations

import math

from femsoret.problem import Problem


def buoyancy_frequency(problem: Problem) -> float:
    """Return sqrt(g (beta_T dT + sum |beta_c| dc)/L), 1 over the problem's unit of time.

    Nothing that buoyancy drives grows or oscillates faster. dc is the natural size of a
    composition; zero without flow or gravity.

    Args:
        problem: A problem at the present values of its parameters.
    """
    if not problem.layout.flows or "gravity.magnitude" not in problem.parameters:
        return 0.0
    m, frame = problem.mixture, problem.orientation
    lighter = abs(m.beta_T) * frame.dT + sum(
        abs(m.species[i].beta_c) * problem.scales.unknown[field]
        for i, field in enumerate(problem.layout.compositions)
    )
    gravity = abs(float(problem.parameters["gravity.magnitude"].value))
    return math.sqrt(gravity * lighter / frame.gap)
