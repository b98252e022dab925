"""Propagation of the uncertainty of fluid and solid data to the bias, to first order.

Each parameter p takes one back-substitution with the Jacobian of the solved state,
dx/dp = -J^-1 dF/dp; the readings are linear in the state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.physics.closures.parameter_names import data_parameters
from femsoret.post.soret import HotCold, apparent, read_each
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.solve import Newton
from femsoret.solve.steady.tangents import sensitivity
from femsoret.studies.measure.all_states import Together
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


def bias_uncertainties(solution: Solution) -> tuple[BiasUncertainty, ...]:
    """Return the uncertainty of the bias of each component; collective.

    Args:
        solution: A solved experiment.

    Returns:
        One uncertainty for each species; none without fluid data or a bias, as in a solid, nor with
        free bodies, whose motion would change with the data. With internal states of particles the
        data are those of the solvent and of the states of the solute.
    """
    experiment, outcomes = solution.experiment, solution.outcomes
    if has_bodies(experiment.conditions) or not experiment.flows:
        return ()
    size = outcomes[0].true.size if outcomes else None
    if experiment.fluid is None or size is None:
        return ()
    true = np.array([outcome.true.value for outcome in outcomes])
    biases = (np.array([outcome.apparent for outcome in outcomes]) - true) / size
    mixture = experiment.mixture

    def read_as(at: Sequence[HotCold]) -> Array:
        return np.array([apparent(mixture, each) for each in at])

    at = tuple(outcome.at for outcome in outcomes)
    slopes = sensitivities(experiment, solution.full, at, read_as)
    if solution.states is None and len(true) == 1 and true[0] == outcomes[0].true.fluid:
        of_true = {"soret": true}
    else:
        # The true coefficients depend on more than one entry, as do readings along which T varies.
        at_rest = tuple(outcome.at_reference for outcome in outcomes)
        rest = solution.reference if solution.states is None else solution.states.reference
        of_true = sensitivities(experiment, rest, at_rest, read_as)
    of_bias = {}
    for entry, slope in slopes.items():
        of_the_true = of_true.get(entry, np.zeros_like(true))
        of_size = float(true @ of_the_true) / size
        of_bias[entry] = (slope - of_the_true - biases * of_size) / size
    return tuple(
        BiasUncertainty(
            contributions(experiment, {entry: float(slope[i]) for entry, slope in of_bias.items()})
        )
        for i in range(len(true))
    )


def contributions(experiment: Experiment, slopes: Mapping[str, float]) -> tuple[Contribution, ...]:
    """Return the effects of the data of fluid and solids on a bias.

    Args:
        experiment: The experiment, with a fluid.
        slopes: Entry -> d bias/d ln(entry).

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
        Contribution(entry, uncertainties.get(entry), slope) for entry, slope in slopes.items()
    )


def sensitivities(
    experiment: Experiment,
    problem: Problem,
    at: Sequence[HotCold],
    value: Callable[[Sequence[HotCold]], Array],
) -> dict[str, Array]:
    """Return d value/d ln(entry) for every entry of the fluid data; collective.

    Args:
        experiment: An experiment with species.
        problem: One of its problems, in its steady state, which is restored; with all internal
            states of particles, if there are any.
        at: The experiment's readings of that state, one for each species.
        value: Function of such readings whose derivatives are computed, shape (n,).

    Returns:
        Entry -> derivatives, in the unit of the value, shape (n,).
    """
    pair, state, together = experiment.pair, problem.get_state(), None
    if experiment.particles:
        together = Together(experiment, problem)
    entries: dict[str, tuple[str, ...]] = {
        _conductivity_of(region): (f"solids.{region}.conductivity.factor",)
        for region in problem.solids
    }
    if experiment.fluid is not None:
        entries = data_parameters(problem.mixture, experiment.fluid.entries()) | entries
    slopes: dict[str, Array] = {}
    with Newton(problem, experiment.newton) as newton:
        for entry, handles in entries.items():
            known = [handle for handle in handles if handle in problem.parameters]
            if not known:
                continue
            changes = [sensitivity(newton, handle, STEP) for handle in known]
            problem.set_state([np.sum(parts, axis=0) for parts in zip(*changes, strict=True)])
            shown = problem if together is None else together.update()
            d = read_each(shown, pair.hot, pair.cold)
            problem.set_state(state)
            plus, minus = (
                value([_moved(each, by, sign * STEP) for each, by in zip(at, d, strict=True)])
                for sign in (1.0, -1.0)
            )
            slopes[entry] = np.asarray((plus - minus) / (2 * STEP), dtype=np.float64)
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
