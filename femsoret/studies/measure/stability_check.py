"""Does a steady state last? What is known of that, and what it rests on.

First what proves stability at next to no cost (:mod:`femsoret.studies.energy_method`).
Else modes are sought near a few shifts, where what can grow would be:

- *slow*: ten times the slowest diffusion across the gap. Near their threshold, modes are as slow as
  diffusion; a real shift finds them.
- *fast*: where a layer of the same stratification without walls would grow fastest. Fingers, rolls.
- *oscillatory*: where heat and composition oppose, near the pair of that layer that decays least;
  where the flow is fast, near the buoyancy frequency (waves in boundary layers run at about twice
  it). A complex shift costs as much as several real ones, so that it is taken only there.

No number of shifts proves that nothing grows, so that this is not called stable. A mode that grows
is sought again with polynomials of one degree more: a mesh may make some of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from femsoret.base.errors import FemsoretError
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.post.stratification import Scalar, Stratification, stratification
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.solve import Mode, Newton, SpectrumOptions, growth_rates
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.steady.stages import buoyancy_frequency
from femsoret.studies.energy_method import extents, why_stable
from femsoret.studies.measure.solution import Solution, solve

log = get_logger(__name__)

Verdict = Literal["stable", "no growth found", "unstable", "not looked at"]

SEARCH: Final = SpectrumOptions(number=3, max_restarts=6, subspace=18)
"""How modes are sought near one shift."""

SEARCH_WAVES: Final = replace(SEARCH, max_restarts=4)
"""The same near a complex one, whose restarts are dear."""

CONFIRMED: Final = SpectrumOptions(number=1, max_restarts=6, subspace=9)
"""How a mode that is known is sought again, from a shift beside it."""

NEAR: Final = 10.0
"""Slowest shift over the rate of the slowest diffusion."""

APART: Final = 30.0
"""Ratio of two real shifts up to which what lies between is seen from one of them."""

LONGEST: Final = 10.0
"""Length over gap of the longest waves that the slowest shift is for."""

FAST: Final = 120.0
"""Thermal Peclet or Reynolds number above which waves in the flow are sought."""

WAVES: Final = (2.0, 0.7)
"""Where, over the buoyancy frequency."""

SWINGING: Final = 0.5
"""Largest decay over frequency of the free layer's pair for which a pair of the cell is sought."""

ASIDE: Final = 0.1
"""Real part of complex shifts, relative."""

LARGEST_3D: Final = 30_000
"""Unknowns of a 3D cell up to which modes are sought."""

OPPOSED: Final = 0.01
"""Mean over largest stratification from which on its sign says something."""

BRANCH: Final = 0.1
"""Difference of the separation (of the Nusselt number, in a pure fluid) between two solves, over
that without gravity, above which they are not of one state, or the mesh is far too coarse."""

NEUTRAL: Final = 1e-6
"""Growth rate over that of the slowest diffusion below which a mode does not grow: round-off."""


@dataclass(frozen=True)
class StabilityCheck:
    """What is known of the stability of a steady state.

    Args:
        verdict: "stable": proven by a sufficient condition. "no growth found": no mode that was
            found grows. "unstable": one grows. "not looked at": neither was possible.
        reason: What it rests on, a clause.
        growth_rate: Of the leading mode that was found, 1 over the problem's unit of time; None
            where none was sought.
        frequency: Likewise, 0 for a stationary mode.
        modes: How many modes were found.
        shifts: Numbers near which modes were sought, in the same unit.
        suspected: Whether the signs of the stratification speak for modes that grow, where none
            were sought.
        one_state: Whether a second solve, of higher order, found the same state; None without one.
        leading: The leading mode that was found, on the mesh of the state; None where none was
            sought.
    """

    verdict: Verdict
    reason: str
    growth_rate: float | None = None
    frequency: float | None = None
    modes: int = 0
    shifts: tuple[complex, ...] = ()
    suspected: bool = False
    one_state: bool | None = None
    leading: Mode | None = field(default=None, compare=False, repr=False)

    @property
    def looked_at(self) -> bool:
        """Whether anything is known."""
        return self.verdict != "not looked at"

    @property
    def lasts(self) -> bool:
        """Whether nothing speaks against the state: no mode that grows, no second state."""
        return self.verdict != "unstable" and self.one_state is not False


def stability_check(solution: Solution, finer: Solution | None = None) -> StabilityCheck:
    """Return what is known of the stability of the state with gravity; collective.

    Args:
        solution: The solved experiment.
        finer: It, solved at a higher order, where that is at hand: a mode that grows is sought
            there again. None solves for it where that is needed (not in 3D).
    """
    one_state = None if finer is None else same_state(solution, finer)
    return replace(_looked_at(solution, finer), one_state=one_state)


def _looked_at(solution: Solution, finer: Solution | None) -> StabilityCheck:
    problem = solution.convection
    layers = stratification(problem)
    proof = why_stable(problem, layers)
    if proof:
        return StabilityCheck("stable", proof)
    suspected = is_opposed(layers)
    for term in problem.equations.without_rate:
        why = f"the stabilisation {term.name!r} leaves out the rate of change that modes depend on"
        return StabilityCheck("not looked at", f"{why}; {opposing(layers)}", suspected=suspected)
    # In 3D a search costs as much as the run: only where something speaks for growth.
    if not _is_searchable(solution) or (problem.cell.dim == 3 and not suspected):
        why = "the 3D cell is too large to seek modes in" if suspected else "the cell is 3D"
        return StabilityCheck("not looked at", f"{why}; {opposing(layers)}", suspected=suspected)
    neutral = NEUTRAL * _slowest(problem, layers)
    shifts = likely_shifts(problem, layers)
    search = _search(solution.experiment, problem, shifts)
    if search.leading is None:
        return StabilityCheck("not looked at", f"the search for modes failed: {search.failure}")
    if search.growth <= neutral:
        return search.check("no growth found", _none_grows(problem, search))
    if finer is None and problem.cell.dim == 2:
        finer = _finer(solution)
    kind = "an oscillatory mode" if search.leading.oscillates else "a stationary mode"
    if finer is not None and not same_state(solution, finer):
        # What another state does says nothing of this one.
        return search.check("unstable", f"{kind} grows, and at higher order another state is found")
    again = None
    if finer is not None and _is_searchable(finer):
        nearby = _beside(search.leading, _slowest(problem, layers))
        again = _search(finer.experiment, finer.convection, (nearby,), CONFIRMED)
        if again.growth <= neutral:
            again = _search(finer.experiment, finer.convection, (nearby, *shifts), enough=neutral)
    if again is not None and again.leading is not None:
        if again.growth > neutral:
            return search.check("unstable", f"{kind} grows, at higher order as well")
        seen = len(again.modes)
        return search.check(
            "no growth found",
            f"{kind} grows on this mesh, but at higher order none of {seen} that were found does",
        )
    if is_opposed(layers):
        return search.check("unstable", f"{kind} grows, and {opposing(layers)}")
    return search.check(
        "not looked at",
        f"{kind} grows on this mesh, which may be the mesh's own doing; no solve of higher order "
        "is there to tell",
    )


def _is_searchable(solution: Solution) -> bool:
    """Return whether modes are sought: always in 2D, and in 3D where the whole is factorised."""
    problem = solution.convection
    if problem.cell.dim == 3 and problem.num_dofs > LARGEST_3D:
        return False
    return preset_for(problem, solution.experiment.newton.preset) in FACTORISING


def is_opposed(layers: Stratification) -> bool:
    """Return whether heat or composition stratifies the fluid unstably on the whole; collective.

    Args:
        layers: The stratification.
    """
    # Heated from the side, means are what the flow leaves of them, and noise where none flows.
    return any(
        scalar.mean < -OPPOSED * max(map(abs, scalar.stratified)) for scalar in layers.scalars
    )


def opposing(layers: Stratification) -> str:
    """Return a clause on what the signs of the stratification mean; collective.

    Args:
        layers: The stratification.
    """
    if not is_opposed(layers):
        return "neither heat nor composition stratifies it unstably on the whole"
    if layers.heat.mean < 0.0:
        return "it is heated from below, and may be unstable"
    return "composition stratifies it unstably, and it may be unstable"


def same_state(solution: Solution, finer: Solution) -> bool:
    """Return whether two solves of one cell found one state, judged by their readings.

    Args:
        solution: One.
        finer: The other.
    """
    if solution.soret is not None and finer.soret is not None:
        usual = solution.convection.scales.unknown[composition()]  # where S_T changes sign
        yardstick = max(usual, abs(solution.soret.at_reference.separation))
        apart = abs(solution.soret.at.separation - finer.soret.at.separation)
        return apart <= BRANCH * yardstick
    pairs = [(a, finer.nusselt.get(side)) for side, a in solution.nusselt.items()]
    return all(
        abs(a - b) <= BRANCH * max(1.0, abs(b)) for a, b in pairs if a is not None and b is not None
    )


# -- where to look --------------------------------------------------------------------------------


def likely_shifts(problem: Problem, layers: Stratification) -> tuple[complex, ...]:
    """Return shifts near which modes that grow would be, slow ones first.

    Args:
        problem: The problem with flow, in its steady state.
        layers: Its stratification.
    """
    slow, across = NEAR * _slowest_along(problem, layers), NEAR * _slowest(problem, layers)
    eigenvalues = _of_a_free_layer(problem, layers)
    growing = float(eigenvalues.real[np.abs(eigenvalues.imag) == 0.0].max(initial=0.0))
    fast = growing if growing > 3.0 * slow else slow
    fast = across if across > APART * fast else fast
    shifts: list[complex] = [slow]
    if fast > slow:
        steps = math.ceil(math.log(fast / slow) / math.log(APART))
        shifts += [slow * (fast / slow) ** (n / steps) for n in range(1, steps + 1)]
    if problem.cell.dim == 3:
        return tuple(shifts)  # a complex one would cost as much as the run
    pairs = eigenvalues[eigenvalues.imag > 0.0]
    swinging = pairs[pairs.real > -SWINGING * pairs.imag]
    if len(swinging) and _oppose(layers):
        pair = swinging[np.argmax(swinging.real)]
        shifts.append(complex(max(pair.real, 0.0) + ASIDE * pair.imag, pair.imag))
    slower = min(layers.heat.slowest, layers.nu)
    if layers.speed * problem.orientation.gap / slower > FAST:
        N = buoyancy_frequency(problem)
        shifts += [N * wave * complex(ASIDE, 1.0) for wave in WAVES]
    return tuple(shifts)


def _slowest(problem: Problem, layers: Stratification) -> float:
    """Return the rate of the slowest diffusion across the gap."""
    slowest = min(scalar.slowest for scalar in layers.scalars)
    return math.pi**2 * min(slowest, layers.nu) / problem.orientation.gap**2


def _slowest_along(problem: Problem, layers: Stratification) -> float:
    """Return the same along the cell, as far as it is not LONGEST times its gap."""
    gap = problem.orientation.gap
    longest = min(max(float(extents(problem).max()), gap), LONGEST * gap)
    return _slowest(problem, layers) * (gap / longest) ** 2


def _oppose(layers: Stratification) -> bool:
    """Whether one scalar stratifies the fluid stably and another does not, somewhere."""
    ends = [scalar.stratified for scalar in layers.scalars if scalar.weight]
    return max(high for _, high in ends) > 0.0 > min(low for low, _ in ends)


def _of_a_free_layer(problem: Problem, layers: Stratification) -> Array:
    """Return eigenvalues of a layer of the height of the gap without friction at its plates.

    Its stratification is even: the mean one, or, where the fluid flows, that of the imposed
    difference, turned to the unstable side.
    """
    L = problem.orientation.gap
    nu, heat = layers.nu, layers.heat
    # The wavenumbers of a rigid layer: as large as bring the free layer's threshold to its own.
    k2 = (1707.762 / 657.511) ** (1.0 / 3.0)
    flows = layers.speed * L / heat.slowest > 1.0
    frequencies = []
    for scalar in layers.scalars:
        least, most = scalar.stratified[0], abs(scalar.weight) * _difference(problem, scalar) / L
        frequencies.append(max(-most, least) if flows and least < 0.0 else scalar.mean)
    eigenvalues = []
    for n in range(1, 41):
        across, upright = 0.25 * n * math.pi / L, math.pi / L
        k = k2 * (across**2 + upright**2)
        h = across**2 / (across**2 + upright**2)
        # (w, w_i s_i): buoyancy, advection of the stratification, diffusion and crossed fluxes.
        number = len(layers.scalars)
        A = np.zeros((number + 1, number + 1))
        A[0, 0] = -nu * k
        for i, (scalar, N2) in enumerate(zip(layers.scalars, frequencies, strict=True), 1):
            A[0, i], A[i, 0], A[i, i] = h, -N2, -scalar.slowest * k
            if i > 1 and heat.weight:
                mean = float(np.mean(scalar.D_T)) if len(scalar.D_T) else 0.0
                A[i, 1] = -k * mean * scalar.weight / heat.weight
        eigenvalues.append(np.linalg.eigvals(A))
    return np.concatenate(eigenvalues)


def _difference(problem: Problem, scalar: Scalar) -> float:
    """Return the difference that walls impose on the temperature, or what that separates."""
    separates = scalar.crossed / scalar.slowest  # 1/K
    return problem.orientation.dT * (separates or 1.0)


# -- looking --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Search:
    """What came of a search.

    Args:
        modes: Modes in order of falling growth rate.
        tried: The shifts near which some were found.
        failure: Why others failed.
    """

    modes: tuple[Mode, ...]
    tried: tuple[complex, ...]
    failure: str = ""

    @property
    def leading(self) -> Mode | None:
        """The mode that grows fastest; None where none was found."""
        return self.modes[0] if self.modes else None

    @property
    def growth(self) -> float:
        """Growth rate of the leading mode; minus infinity where none was found."""
        return self.modes[0].growth_rate if self.modes else -math.inf

    def check(self, verdict: Verdict, reason: str) -> StabilityCheck:
        """Return the verdict together with the modes of the search."""
        leading = self.modes[0]
        return StabilityCheck(
            verdict,
            reason,
            leading.growth_rate,
            leading.frequency,
            len(self.modes),
            self.tried,
            leading=leading,
        )


def _search(
    experiment: Experiment,
    problem: Problem,
    shifts: tuple[complex, ...],
    options: SpectrumOptions = SEARCH,
    *,
    enough: float = math.inf,
) -> _Search:
    """Return the modes near some shifts.

    Args:
        experiment: The experiment.
        problem: Its problem with flow, in its steady state.
        shifts: The shifts, in this order.
        options: How.
        enough: Growth rate above which no more are taken. Where anything grows, complex ones,
            which are dear, are not.
    """
    modes: list[Mode] = []
    tried: list[complex] = []
    failure = ""
    log.info("seeking modes that grow (%d unknowns)", problem.num_dofs)
    with Newton(problem, experiment.newton) as newton:
        for shift in shifts:
            fastest = max((mode.growth_rate for mode in modes), default=-math.inf)
            if fastest > (0.0 if shift.imag else enough):
                break
            try:
                how = SEARCH_WAVES if shift.imag and options is SEARCH else options
                spectrum = growth_rates(problem, shifts=(shift,), options=how, newton=newton)
            except FemsoretError as error:
                failure = error.message
                continue
            modes += spectrum.modes
            tried.append(shift)
    modes.sort(key=lambda mode: mode.growth_rate, reverse=True)
    return _Search(tuple(modes), tuple(tried), failure)


def _finer(solution: Solution) -> Solution | None:
    """Return an experiment solved with polynomials of one degree more; None where that fails."""
    there = replace(solution.experiment, start_up=None)
    log.info("a mode grows; solving at higher order, to see whether it does there")
    try:
        return solve(there, degree=there.degree + 1, start=solution)
    except FemsoretError as error:
        log.warning("no solve at higher order: %s", error.message)
        return None


def _beside(mode: Mode, slowest: float) -> complex:
    """Return a shift near a mode but not on it."""
    # Pairs of a wave in a flow lie as close as a tenth of their frequency.
    size = max(abs(mode.growth_rate), 0.2 * mode.frequency, slowest)
    return complex(mode.growth_rate + ASIDE * size, mode.frequency)


def _none_grows(problem: Problem, search: _Search) -> str:
    """Return what was looked for in vain, a clause."""
    cell = problem.cell
    kind = ""
    if cell.coordinates.has_axis:
        kind = "axisymmetric "
    elif cell.dim == 2:
        kind = "plane "
    waves = "" if any(s.imag for s in search.tried) else ", oscillating fast ones left out"
    return f"no growing mode was found among {len(search.modes)} {kind}modes{waves}"
