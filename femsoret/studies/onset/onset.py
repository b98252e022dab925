"""Onset of instability: leading modes of a steady state, and the critical wavenumber."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.experiment import Experiment
from femsoret.post.stratification import stratification
from femsoret.problem import Problem
from femsoret.solve import (
    Mode,
    ModesCallback,
    Spectrum,
    SpectrumOptions,
    counted_modes,
    growth_rates,
    motion_of_bodies,
)
from femsoret.studies.energy_method import growth_bound
from femsoret.studies.measure.all_states import with_all_states
from femsoret.studies.measure.convection import find_convection, hand_over
from femsoret.studies.measure.solution import solve

ASIDE: Final = 0.2
"""Offset of a shift from a known mode, over alpha/L^2 or the frequency if that is larger."""


@dataclass(frozen=True, eq=False)
class Stability:
    """A steady state and its leading modes.

    Args:
        experiment: The experiment.
        problem: The problem with flow, in its steady state, with all internal states of particles.
        spectrum: Its leading modes, with a count of the growing ones if there is one.
        bound: Upper bound on the modulus of growing eigenvalues, in 1 over the problem's unit of
            time; None if no bound is known.
    """

    experiment: Experiment
    problem: Problem
    spectrum: Spectrum
    bound: float | None = None

    @property
    def leading(self) -> Mode:
        """The mode of the largest growth rate."""
        return self.spectrum.leading

    @property
    def stable(self) -> bool | None:
        """Whether no mode grows; None if no growing mode was found but there is no count."""
        if not self.spectrum.is_stable:
            return False
        return True if self.spectrum.count else None


def stability(
    experiment: Experiment,
    *,
    start: Problem | None = None,
    near: Sequence[Mode] = (),
    everywhere: bool = True,
    modes: int = 6,
    observer: ModesCallback | None = None,
) -> Stability:
    """Find the steady state of an experiment and its leading modes, and count growing ones.

    Collective.

    Args:
        experiment: The experiment.
        start: A solved problem on the same mesh to start from; None starts from the state without
            gravity.
        near: Modes of a similar state, around which modes are sought.
        everywhere: Whether to seek modes from all other shifts, too, and to count growing ones.
        modes: Number of modes to seek around each shift.
        observer: Called after each shift with the modes found so far.

    Raises:
        CaseError: A stabilisation of the experiment omits the rate of change, or the mixture is a
            solid.
        NotConverged: No steady state or no mode was found.
        MissingDependency: slepc4py cannot be imported.
    """
    experiment.check_flow("an onset study")
    experiment.check_rates()
    if start is None:
        problem = solve(experiment).full
    else:
        full = with_all_states(experiment) or replace(experiment, start_up=None)
        problem = full.problem()
        hand_over(start, problem)
        find_convection(full, problem)
    options, free = SpectrumOptions(number=modes), motion_of_bodies(problem)
    shifts = tuple(dict.fromkeys(_beside(mode, problem) for mode in near))
    if shifts and not everywhere:
        spectrum = growth_rates(
            problem, shifts=shifts, options=options, callback=observer, free=free
        )
        return Stability(experiment, problem, spectrum)
    bound = growth_bound(problem, stratification(problem)) if problem.layout.flows else None
    spectrum = counted_modes(
        problem, reach=bound, extra_shifts=shifts, options=options, callback=observer, free=free
    )
    return Stability(experiment, problem, spectrum, bound)


def again_at_higher_degree(
    state: Stability,
    *,
    near: Mode | None = None,
    modes: int = 6,
    observer: ModesCallback | None = None,
) -> Stability:
    """Solve for a state and its modes with polynomials of one degree more; collective.

    The difference shows the effect of the mesh, which may damp modes or make them grow.

    Args:
        state: A steady state and its modes.
        near: The mode around which modes are sought; None seeks them from all shifts.
        modes: Number of modes to seek around each shift.
        observer: Called after each shift with the modes found so far.

    Raises:
        NotConverged: No steady state or no mode was found.
    """
    finer = replace(state.experiment, degree=state.experiment.degree + 1)
    around = () if near is None else (near,)
    everywhere = near is None
    return stability(finer, near=around, everywhere=everywhere, modes=modes, observer=observer)


def _beside(mode: Mode, problem: Problem) -> complex:
    """Return a shift close to an eigenvalue but not equal to it."""
    rate = problem.scales.unknown["u"] / problem.orientation.gap  # alpha/L^2
    return complex(mode.growth_rate + ASIDE * max(rate, abs(mode.frequency)), mode.frequency)


@dataclass(frozen=True)
class Minimum:
    """The smallest critical value as a function of a wavenumber.

    Args:
        at: Wavenumber of the minimum.
        value: Interpolated critical value at this wavenumber.
        solved: Critical value computed at this wavenumber; None if it was not computed.
    """

    at: float
    value: float
    solved: float | None = None


def minimum(places: Sequence[float], values: Sequence[float]) -> Minimum | None:
    """Return the minimum of the parabola through the lowest point and its neighbours.

    Args:
        places: Wavenumbers, in ascending order.
        values: Critical value at each wavenumber.

    Returns:
        The minimum; None if the lowest point is at an end.
    """
    i = int(np.argmin(values))
    if not 0 < i < len(values) - 1:
        return None
    a, b, c = np.polyfit(places[i - 1 : i + 2], values[i - 1 : i + 2], 2)
    place = -0.5 * b / a
    return Minimum(float(place), float(c - b**2 / (4.0 * a)))


def wavenumbers(low: float, high: float, number: int) -> tuple[float, ...]:
    """Return a geometric sequence of wavenumbers.

    Args:
        low: Smallest wavenumber.
        high: Largest wavenumber, in the same unit.
        number: Number of wavenumbers.
    """
    return tuple(float(k) for k in np.geomspace(low, high, number))


def half_wavelength(wavenumber: float) -> float:
    """Return the width pi/k of a cell between two planes of symmetry.

    Args:
        wavenumber: Wavenumber k of the mode, in the inverse unit of the width.
    """
    return math.pi / wavenumber
