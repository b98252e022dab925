"""How the uncertainty of the data of fluid and solids reaches the bias, to first order.

One back-substitution with the Jacobian of the solved state a parameter: dx/dp = -J^-1 dF/dp; the
readings are linear in the state.
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
"""Sensitivity to an entry, over the largest of all, below which its uncertainty does not matter."""

NOTHING = 1e-6
"""Sensitivity below which an entry does not matter: ten per cent of it are 1e-7 of S_T."""

STEP = 1e-4  # relative; the residual is smooth in every parameter, so the error is of order 1e-8


@dataclass(frozen=True)
class Contribution:
    """The effect of one entry of the fluid data on the bias.

    Args:
        entry: Entry of the fluid.
        relative: Relative standard uncertainty of the entry; None where the source gives none.
        sensitivity: d bias/d ln(entry).
    """

    entry: str
    relative: float | None
    sensitivity: float

    @property
    def of_bias(self) -> float | None:
        """Standard uncertainty of the bias from this entry."""
        return None if self.relative is None else abs(self.sensitivity) * self.relative


@dataclass(frozen=True)
class BiasUncertainty:
    """Standard uncertainty of the bias from the fluid data, entries taken as independent.

    Args:
        contributions: Entry by entry.
    """

    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> float | None:
        """Root of the sum of squares of the known parts, a lower bound; None without any."""
        parts = [c.of_bias for c in self.contributions if c.of_bias is not None]
        return math.sqrt(sum(part**2 for part in parts)) if parts else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Entries of unknown uncertainty on which the bias depends: they are not in the total."""
        largest = max((abs(c.sensitivity) for c in self.contributions), default=0.0)
        least = max(FAINT * largest, NOTHING)
        return tuple(
            c.entry for c in self.contributions if c.relative is None and abs(c.sensitivity) > least
        )


def bias_uncertainty(solution: Solution) -> BiasUncertainty | None:
    """Return the uncertainty of the bias, or None without fluid data or without a bias.

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
        # The effect of readings along which T varies depends on the data by itself.
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
        slopes: Entry -> d ratio/d ln(entry) at fixed true S_T.
        of_true: Entry -> what the true S_T takes back, reported over true times d ln true/d
            ln(entry). Where each reading has one temperature the true S_T is proportional to the
            entry "soret".
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
        problem: A steady state of it; it stays as it is.
        at: The experiment's readings of that state.
        value: What is made of them.
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
    """Return the name of the only entry of a solid that a steady state knows."""
    return f"conductivity of {region}"


def _moved(at: HotCold, d: HotCold, by: float) -> HotCold:
    return replace(
        at,
        theta_hot=at.theta_hot + by * d.theta_hot,
        theta_cold=at.theta_cold + by * d.theta_cold,
        gamma_hot=at.gamma_hot + by * d.gamma_hot,
        gamma_cold=at.gamma_cold + by * d.gamma_cold,
    )
