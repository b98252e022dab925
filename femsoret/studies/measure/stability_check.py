"""Stability checks of a steady state: a proof if possible, else a search for growing modes.

First, sufficient conditions that cost almost nothing are tried
(:mod:`femsoret.studies.energy_method`). If they prove nothing, modes are sought near a few shifts,
at which growing modes are likely:

- *slow*: ten times the rate of the slowest diffusion across the gap. Near their threshold, modes
  are as slow as diffusion; a real shift finds them.
- *fast*: the largest growth rate of a layer of the same stratification without friction at its
  walls, for fingers and rolls.
- *oscillatory*: if heat and composition have opposite effects, the least damped pair of that layer;
  if the flow is fast, multiples of the buoyancy frequency (waves in boundary layers have about
  twice this frequency). A complex shift costs as much as several real ones, so that it is used only
  in these cases.

No number of shifts proves that no mode grows, so that a state without growing modes is not called
stable. A growing mode is sought again with polynomials of one degree more, as it may be an artefact
of the mesh.
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
from femsoret.solve import Mode, Newton, SpectrumOptions, growth_rates, motion_of_bodies
from femsoret.solve.linear.options import FACTORISING
from femsoret.solve.linear.selection import preset_for
from femsoret.solve.steady.stages import buoyancy_frequency
from femsoret.studies.coupled_energy import together_stable
from femsoret.studies.energy_method import coupled, extents, why_stable
from femsoret.studies.measure.solution import Solution, solve

log = get_logger(__name__)

Verdict = Literal["stable", "no growth found", "unstable", "not looked at"]

SEARCH: Final = SpectrumOptions(number=3, max_restarts=6, subspace=18)
"""Options of the search for modes near a real shift."""

SEARCH_WAVES: Final = replace(SEARCH, max_restarts=4)
"""Options of the search near a complex shift, where restarts are expensive."""

CONFIRMED: Final = SpectrumOptions(number=1, max_restarts=6, subspace=9)
"""Options of the search for a known mode, from a shift close to it."""

NEAR: Final = 10.0
"""Smallest shift over the rate of the slowest diffusion."""

APART: Final = 30.0
"""Largest ratio of neighbouring real shifts: modes in between are found from one of them."""

LONGEST: Final = 10.0
"""Length over gap of the longest waves for which the smallest shift is chosen."""

FAST: Final = 120.0
"""Thermal Peclet or Reynolds number above which waves in the flow are sought."""

WAVES: Final = (2.0, 0.7)
"""Frequencies near which these waves are sought, over the buoyancy frequency."""

SWINGING: Final = 0.5
"""Largest decay rate over frequency of a pair of the free layer for which a shift is used."""

ASIDE: Final = 0.1
"""Offset of the real part of complex shifts, over the frequency."""

LARGEST_3D: Final = 30_000
"""Largest number of unknowns of a 3D cell for which modes are sought."""

OPPOSED: Final = 0.01
"""Mean over largest stratification above which the sign of the mean is significant."""

BRANCH: Final = 0.1
"""Difference of the separation (in a pure fluid, of the Nusselt number) between two solves, over
that without gravity, above which they found different states or the mesh is far too coarse."""

NOTHING_FLOWS: Final = "nothing flows in a solid, and conduction and diffusion level disturbances"
"""Reason for the verdict on a solid."""

NEUTRAL: Final = 1e-6
"""Growth rate over the rate of the slowest diffusion below which a mode is neutral: round-off."""


@dataclass(frozen=True)
class StabilityCheck:
    """The result of a stability check of a steady state.

    Args:
        verdict: "stable": proven by a sufficient condition. "no growth found": no mode that was
            found grows. "unstable": a mode grows. "not looked at": neither a proof nor a conclusive
            search was possible.
        reason: Reason for the verdict, a clause.
        growth_rate: Growth rate of the leading mode found, in 1 over the problem's unit of time;
            None if no modes were sought.
        frequency: Angular frequency of this mode, in the same unit; 0 for a stationary mode, None
            if no modes were sought.
        modes: Number of modes found.
        shifts: Numbers near which modes were sought, in the same unit.
        suspected: Whether the stratification suggests growing modes, if none were sought.
        by_composition: Whether the composition stratifies the state unstably, and heat does not;
            False if it is proven stable.
        one_state: Whether a second solve of higher order found the same state; None without one.
        leading: The leading mode found, on the mesh of the state; None if no modes were sought.
    """

    verdict: Verdict
    reason: str
    growth_rate: float | None = None
    frequency: float | None = None
    modes: int = 0
    shifts: tuple[complex, ...] = ()
    suspected: bool = False
    by_composition: bool = False
    one_state: bool | None = None
    leading: Mode | None = field(default=None, compare=False, repr=False)

    @property
    def looked_at(self) -> bool:
        """Whether the check gave a result."""
        return self.verdict != "not looked at"

    @property
    def lasts(self) -> bool:
        """Whether no growing mode and no different state of a second solve was found."""
        return self.verdict != "unstable" and self.one_state is not False


def stability_check(solution: Solution, finer: Solution | None = None) -> StabilityCheck:
    """Check the stability of the steady state with gravity; collective.

    Args:
        solution: The solved experiment.
        finer: The same experiment solved at a higher order, in which a growing mode is sought
            again. None solves for it if it is needed (not in 3D).
    """
    one_state = None if finer is None else same_state(solution, finer)
    problem = solution.full
    if not problem.layout.flows:
        return StabilityCheck("stable", NOTHING_FLOWS, one_state=one_state)
    # Internal states drive the flow together.
    layers = stratification(solution.convection)
    proof = why_stable(problem, layers)
    if proof:
        return StabilityCheck("stable", proof, one_state=one_state)
    return replace(
        _looked_at(solution, finer, layers),
        one_state=one_state,
        by_composition=is_opposed(layers) and layers.heat.mean >= 0.0,
    )


def _looked_at(
    solution: Solution, finer: Solution | None, layers: Stratification
) -> StabilityCheck:
    """Seek growing modes of a state that is not proven stable."""
    problem = solution.full
    suspected = is_opposed(layers)
    for term in problem.equations.without_rate:
        why = f"the stabilisation {term.name!r} omits the rate of change, on which modes depend"
        return StabilityCheck("not looked at", f"{why}; {opposing(layers)}", suspected=suspected)
    # In 3D a search costs as much as the run: only search if growing modes are likely.
    if not _is_searchable(solution) or (problem.cell.dim == 3 and not suspected):
        why = "the 3D cell is too large to search for modes" if suspected else "the cell is 3D"
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
        # Modes of another state are irrelevant.
        return search.check(
            "unstable", f"{kind} grows, and at higher order another state was found"
        )
    again = None
    if finer is not None and _is_searchable(finer):
        nearby = _beside(search.leading, _slowest(problem, layers))
        again = _search(finer.experiment, finer.full, (nearby,), CONFIRMED)
        if again.growth <= neutral:
            again = _search(finer.experiment, finer.full, (nearby, *shifts), enough=neutral)
    if again is not None and again.leading is not None:
        if again.growth > neutral:
            return search.check("unstable", f"{kind} grows, also at higher order")
        seen = len(again.modes)
        return search.check(
            "no growth found",
            f"{kind} grows on this mesh, but none of the {seen} modes found at higher order does",
        )
    if is_opposed(layers):
        return search.check("unstable", f"{kind} grows, and {_unstable_layers(layers)}")
    return search.check(
        "not looked at",
        f"{kind} grows on this mesh, but it may be an artefact of the mesh, and there is no solve "
        "of higher order to compare with",
    )


def _is_searchable(solution: Solution) -> bool:
    """Return whether to seek modes: the system is factorised, and a 3D cell is small enough."""
    problem = solution.full
    if problem.cell.dim == 3 and problem.num_dofs > LARGEST_3D:
        return False
    return preset_for(problem, solution.experiment.newton.preset) in FACTORISING


def is_opposed(layers: Stratification) -> bool:
    """Return whether the mean stratification by heat or composition is unstable; collective.

    Args:
        layers: Stratification of the state.
    """
    # In a cell heated from the side, means are due to the flow, and noise if there is none.
    return not _is_stable_together(layers) and any(
        scalar.mean < -OPPOSED * max(map(abs, scalar.stratified)) for scalar in layers.scalars
    )


def opposing(layers: Stratification) -> str:
    """Return a clause on what the signs of the stratification imply for stability; collective.

    Args:
        layers: Stratification of the state.
    """
    if not is_opposed(layers):
        return "the mean stratification by heat and by composition is not unstable"
    return f"{_unstable_layers(layers)}, so that the state may be unstable"


def _unstable_layers(layers: Stratification) -> str:
    """Return a clause on which mean stratification is unstable; collective."""
    if layers.heat.mean < 0.0:
        return "the liquid is heated from below"
    return "the mean stratification by composition is unstable"


def same_state(solution: Solution, finer: Solution) -> bool:
    """Return whether two solves of one cell found the same state, by their readings; collective.

    Args:
        solution: The first solve.
        finer: The second solve.
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


# -- shifts ---------------------------------------------------------------------------------------


def likely_shifts(problem: Problem, layers: Stratification) -> tuple[complex, ...]:
    """Return shifts near which growing modes are likely, slow ones first; collective.

    Args:
        problem: The problem with flow, in its steady state.
        layers: Stratification of this state.

    Returns:
        The shifts, in 1 over the problem's unit of time.
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
        return tuple(shifts)  # a complex shift would cost as much as the run
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
    """Return the rate of the slowest diffusion along the cell, over at most LONGEST gaps."""
    gap = problem.orientation.gap
    longest = min(max(float(extents(problem).max()), gap), LONGEST * gap)
    return _slowest(problem, layers) * (gap / longest) ** 2


def _oppose(layers: Stratification) -> bool:
    """Return whether the stratification is stable in one scalar or place, unstable in another."""
    ends = [scalar.stratified for scalar in layers.scalars if scalar.weight]
    opposite = max(high for _, high in ends) > 0.0 > min(low for low, _ in ends)
    return opposite and not _is_stable_together(layers)


def _is_stable_together(layers: Stratification) -> bool:
    """Return whether several compositions, some of which may oppose others, are stable together."""
    return len(layers.scalars) > 2 and together_stable(coupled(layers))


def _of_a_free_layer(problem: Problem, layers: Stratification) -> Array:
    """Return eigenvalues of a layer of the height of the gap without friction at its plates.

    Its stratification is uniform: that of the mean or, if the fluid flows and is somewhere
    stratified unstably, the strongest unstable one up to that of the imposed difference.
    """
    L = problem.orientation.gap
    nu, heat = layers.nu, layers.heat
    # Scale k^2 so that the threshold of the free layer equals that of a rigid layer.
    k2 = (1707.762 / 657.511) ** (1.0 / 3.0)
    flows = layers.speed * L / heat.slowest > 1.0
    frequencies = []
    for scalar in layers.scalars:
        least, most = scalar.stratified[0], abs(scalar.weight) * _difference(problem, scalar) / L
        frequencies.append(max(-most, least) if flows and least < 0.0 else scalar.mean)
    diffusion = coupled(layers).K[1:, 1:]
    eigenvalues = []
    for wave in range(1, 41):
        across, upright = 0.25 * wave * math.pi / L, math.pi / L
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
            for n, other in enumerate(layers.scalars[1:], 2):
                if 1 < i != n and other.weight:
                    A[i, n] = -k * diffusion[i - 2, n - 2] * scalar.weight / other.weight
        eigenvalues.append(np.linalg.eigvals(A))
    return np.concatenate(eigenvalues)


def _difference(problem: Problem, scalar: Scalar) -> float:
    """Return the imposed temperature difference, or the separation that it causes."""
    separates = scalar.crossed / scalar.slowest  # 1/K
    return problem.orientation.dT * (separates or 1.0)


# -- search ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Search:
    """The result of a search for modes.

    Args:
        modes: Modes in order of decreasing growth rate.
        tried: The shifts at which the search succeeded.
        failure: Why the search failed at other shifts; empty if it did not.
    """

    modes: tuple[Mode, ...]
    tried: tuple[complex, ...]
    failure: str = ""

    @property
    def leading(self) -> Mode | None:
        """The mode of the largest growth rate; None if none was found."""
        return self.modes[0] if self.modes else None

    @property
    def growth(self) -> float:
        """Growth rate of the leading mode; minus infinity if none was found."""
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
        shifts: The shifts, in the order in which to use them.
        options: Options of the search near each shift.
        enough: Growth rate above which the search stops. Complex shifts, which are expensive, are
            skipped if any mode grows.
    """
    modes: list[Mode] = []
    tried: list[complex] = []
    free = motion_of_bodies(problem)
    failure = ""
    log.info("searching for growing modes (%d unknowns)", problem.num_dofs)
    with Newton(problem, experiment.newton) as newton:
        for shift in shifts:
            fastest = max((mode.growth_rate for mode in modes), default=-math.inf)
            if fastest > (0.0 if shift.imag else enough):
                break
            try:
                how = SEARCH_WAVES if shift.imag and options is SEARCH else options
                spectrum = growth_rates(
                    problem, shifts=(shift,), options=how, newton=newton, free=free
                )
            except FemsoretError as error:
                failure = error.message
                continue
            modes += spectrum.modes
            tried.append(shift)
    modes.sort(key=lambda mode: mode.growth_rate, reverse=True)
    return _Search(tuple(modes), tuple(tried), failure)


def _finer(solution: Solution) -> Solution | None:
    """Solve an experiment with polynomials of one degree more; return None if that fails."""
    there = replace(solution.experiment, start_up=None)
    log.info("a mode grows; solving at higher order to see whether it grows there, too")
    try:
        return solve(there, degree=there.degree + 1, start=solution)
    except FemsoretError as error:
        log.warning("the solve at higher order failed: %s", error.message)
        return None


def _beside(mode: Mode, slowest: float) -> complex:
    """Return a shift close to an eigenvalue but not equal to it."""
    # Eigenvalues of waves in a flow are as close together as a tenth of their frequency.
    size = max(abs(mode.growth_rate), 0.2 * mode.frequency, slowest)
    return complex(mode.growth_rate + ASIDE * size, mode.frequency)


def _none_grows(problem: Problem, search: _Search) -> str:
    """Return a clause on the modes among which none grows."""
    cell = problem.cell
    kind = ""
    if cell.coordinates.has_axis:
        kind = "axisymmetric "
    elif cell.dim == 2:
        kind = "plane "
    waves = "" if any(s.imag for s in search.tried) else ", fast oscillations left out"
    return f"no growing mode was found among {len(search.modes)} {kind}modes{waves}"
