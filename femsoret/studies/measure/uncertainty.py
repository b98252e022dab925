"""Propagation of the uncertainty of fluid and solid data to the bias, to first order.

Each parameter p takes one back-substitution with the Jacobian of the solved state,
dx/dp = -J^-1 dF/dp; the readings are linear in the state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from femsoret.experiment import Experiment
from femsoret.physics.closures.parameter_names import FLUID_DATA
from femsoret.post.soret import HotCold, apparent, read
from femsoret.problem import Problem
from femsoret.solve import Newton
from femsoret.studies.measure.solution import Solution

FAINT = 0.01
"""Sensitivity to an entry, over the largest of all, below which its uncertainty is negligible."""

NOTHING = 1e-6
"""Sensitivity below which an entry is negligible: 10 % of the entry changes S_T by 1e-7."""

STEP = 1e-4  # relative; the residual is smooth in every parameter, so the error is of order 1e-8


@dataclass(frozen=True)
class Contribution:
    """The effect of one entry of the fluid data on the bias.

    Args:
        entry: Name of the entry in the fluid file, or "conductivity of REGION" for a solid.
        relative: Relative standard uncertainty of the entry; None where the source gives none.
        sensitivity: d bias/d ln(entry).
    """

    entry: str
    relative: float | None
    sensitivity: float

    @property
    def of_bias(self) -> float | None:
        """Standard uncertainty of the bias due to this entry; None if it is unknown."""
        return None if self.relative is None else abs(self.sensitivity) * self.relative


@dataclass(frozen=True)
class BiasUncertainty:
    """Standard uncertainty of the bias from the fluid data; entries are taken as independent.

    Args:
        contributions: One contribution per entry.
    """

    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> float | None:
        """Root sum of squares of the known contributions, a lower bound; None if none is known."""
        parts = [c.of_bias for c in self.contributions if c.of_bias is not None]
        return math.sqrt(sum(part**2 for part in parts)) if parts else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Entries that affect the bias but have no known uncertainty; they are not in the total."""
        largest = max((abs(c.sensitivity) for c in self.contributions), default=0.0)
        least = max(FAINT * largest, NOTHING)
        return tuple(
            c.entry for c in self.contributions if c.relative is None and abs(c.sensitivity) > least
        )


def bias_uncertainty(solution: Solution) -> BiasUncertainty | None:
    """Return the uncertainty of the bias; None without fluid data or a bias; collective.

    Args:
        solution: A solved experiment.
    """
    outcome = solution.soret
    if solution.experiment.fluid is None or outcome is None or outcome.bias is None:
        return None
    experiment, true = solution.experiment, outcome.true.value
    mixture, ratio = experiment.mixture, outcome.apparent / true
    slopes = sensitivities(
        experiment, solution.convection, outcome.at, lambda at: apparent(mixture, at) / true
    )
    of_true = {"soret": ratio}
    if true != outcome.true.fluid:
        # The effect of readings along which T varies depends on the data, too.
        rest = outcome.without_gravity
        of_true = sensitivities(
            experiment,
            solution.reference,
            outcome.at_reference,
            lambda at: ratio * apparent(mixture, at) / rest,
        )
    return BiasUncertainty(contributions(experiment, slopes, of_true))


def contributions(
    experiment: Experiment, slopes: Mapping[str, float], of_true: Mapping[str, float]
) -> tuple[Contribution, ...]:
    """Return the effects of the data of fluid and solids on a bias.

    Args:
        experiment: The experiment, with a fluid.
        slopes: Entry -> d ratio/d ln(entry) at fixed true S_T, where ratio = reported/true.
        of_true: Entry -> ratio times d ln true/d ln(entry), to subtract for the dependence of the
            true S_T on the entry. If the temperature does not vary along any reading, the true
            S_T is proportional to the entry "soret" and depends on no other.

    Returns:
        One contribution per entry of ``slopes``.
    """
    uncertainties = {
        _conductivity_of(region): solid.entries()["conductivity"].uncertainty
        for region, solid in experiment.solids.items()
    }
    if experiment.fluid is not None:
        uncertainties |= experiment.fluid.uncertainties()
    return tuple(
        Contribution(entry, uncertainties.get(entry), slope - of_true.get(entry, 0.0))
        for entry, slope in slopes.items()
    )


def sensitivities(
    experiment: Experiment, problem: Problem, at: HotCold, value: Callable[[HotCold], float]
) -> dict[str, float]:
    """Return d value/d ln(entry) for every entry of the fluid data; collective.

    Args:
        experiment: An experiment with species.
        problem: One of its problems, in its steady state, which is restored.
        at: The experiment's readings of that state.
        value: Function of readings whose derivatives are computed.

    Returns:
        Entry -> derivative, in the unit of the value.
    """
    pair, state = experiment.pair, problem.get_state()
    slopes: dict[str, float] = {}
    with Newton(problem, experiment.newton) as newton:
        in_solids = {
            _conductivity_of(region): f"solids.{region}.conductivity.factor"
            for region in problem.solids
        }
        for entry, handle in {**FLUID_DATA, **in_solids}.items():
            if handle not in problem.parameters:
                continue
            problem.set_state(newton.sensitivity(handle, STEP))
            d = read(problem, pair.hot, pair.cold)
            problem.set_state(state)
            plus, minus = (value(_moved(at, d, sign * STEP)) for sign in (1.0, -1.0))
            slopes[entry] = (plus - minus) / (2 * STEP)
    return slopes


def _conductivity_of(region: str) -> str:
    """Return the name of the only entry of a solid that affects a steady state."""
    return f"conductivity of {region}"


def _moved(at: HotCold, d: HotCold, by: float) -> HotCold:
    return replace(
        at,
        theta_hot=at.theta_hot + by * d.theta_hot,
        theta_cold=at.theta_cold + by * d.theta_cold,
        gamma_hot=at.gamma_hot + by * d.gamma_hot,
        gamma_cold=at.gamma_cold + by * d.gamma_cold,
    )
