"""Tangents of a steady state: its derivatives by unknowns.

With the residual F(x, s) of a problem and an unknown s,

    J dx/ds = -dF/ds,

where dF/ds is a central difference of the residual between two settings of the problem. Prescribed
values may change with the unknown: their rows of F are x - g, so that dF/ds = -dg/ds there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from femsoret.base.types import Array
from femsoret.problem.variation import Setting, Variation
from femsoret.solve.steady.newton import Newton


def steady_tangents(
    newton: Newton, setting: Setting, variations: Sequence[Variation]
) -> list[list[Array]]:
    """Return the derivatives of a steady state by several unknowns; collective.

    Args:
        newton: Newton's method for the problem, which is in the steady state.
        setting: The setting of the steady state, which the problem has afterwards.
        variations: One variation for each unknown.

    Returns:
        For each unknown one array for each block, in the problem's units per unit of the unknown,
        ghosts included.

    Raises:
        NotConverged: The linear solver failed.
    """
    system, problem = newton.system, newton.problem
    x, side, change = (system.vector() for _ in range(3))
    system.read(x)
    tangents, linearised = [], False
    for variation in variations:
        lower, upper = (partial(s.apply, problem) for s in (variation.lower, variation.upper))
        try:
            system.difference(x, lower, upper, variation.between, side)
        finally:
            setting.apply(problem)
            system.reread_walls()
            system.write(x)
        side.scale(-1.0)
        newton.factorise_once(x)
        if variation.moves_walls:
            if not linearised:
                system.linearise_walls(x)
            linearised = True
            system.lift(side)
        newton.back_substitute(side, change)
        tangents.append(system.arrays(change))
    system.write(x)
    for vector in (x, side, change):
        vector.destroy()
    return tangents


def sensitivity(newton: Newton, parameter: str, step: float) -> list[Array]:
    """Return the derivative dx/d ln(p) of a steady state by a parameter p; collective.

    Args:
        newton: Newton's method for the problem, which is in the steady state.
        parameter: Name of the problem parameter p.
        step: Step of the central difference, relative to the value of the parameter.

    Returns:
        One array for each block, in the problem's units, ghosts included; zeros if the parameter is
        zero.
    """
    value = float(newton.problem.parameters[parameter].value)
    if value == 0.0:  # a relative change of zero changes nothing
        return [np.zeros_like(function.x.array) for function in newton.problem.functions]

    def setting(relative: float) -> Setting:
        return Setting({parameter: value * (1.0 + relative)})

    variation = Variation.around(setting, 0.0, step)
    return steady_tangents(newton, Setting({parameter: value}), [variation])[0]
