"""The energy method: what a few numbers of a steady state say of its stability, without a spectrum.

The energy of a perturbation (u, s_i) of a steady state (U, S_i) is E = 1/2 <u^2 + sum a_i s_i^2>,
a_i > 0. Advection by the state does not change it, so that (D. D. Joseph, Stability of Fluid
Motions, Springer 1976)

    dE/dt = -<u.(grad U).u> + sum <s_i u.(w_i up - a_i grad S_i)>
            - nu <|grad u|^2> - sum a_i D_i <|grad s_i|^2> - crossed fluxes

Two questions are answered with it. Properties count as constant in both.

*What proves that a state is stable* (:func:`why_stable`). With the inequalities of Poincare,
k_u |u| <= |grad u| and k_i |s_i| <= |grad s_i|, the right side is a quadratic form in |grad u|,
|grad s_i|. If that is negative definite, every perturbation decays, small or not. Two choices of
a_i are tried:

- w_i over the derivative of S_i along up, point by point, where all scalars stratify stably: the
  slope of their level surfaces is all that is left then. A liquid heated from above, psi > 0, as
  good as level, is stable at any Rayleigh number: crossed fluxes ask for psi < 4 Le only.
- any constants: slow flows of every kind.

Walls that slip are taken into account in boxes, rectangles and upright cylinders only. On a wall
that bends outwards friction 2 |e(u)|^2 is less than |grad u|^2, and the lines along which
Poincare's inequality integrates must end at plates that hold the fluid.

A pure fluid at rest, heated from below, is stable below the Rayleigh number of a layer: no-slip
boxes of its height, mirrored at their sides, are among the layer's flows.

*How far from zero an eigenvalue that grows can lie* (:func:`growth_bound`). Let z = (u, s_i) obey
lambda z = L z with Re lambda >= 0, and <z, z> = |u|^2 + sum a_i |s_i|^2 = 1. The real part of
<z, L z> is twice dE/dt. As that is not negative, diffusion takes no more than shear and buoyancy
give,

    d |grad z|^2 <= p,    p = largest eigenvalue of the form of strain and |w_i up - a_i grad S_i|,

where d is the smallest eigenvalue of the diffusivities with their crossed parts. So Re lambda <= p.
The imaginary part is that of advection, each of whose two terms is at most U |grad z|, U the
largest speed (for (u.grad) U by parts), of buoyancy, and of crossed fluxes:

    |Im lambda| <= 2 U sqrt(p/d) + 1/2 |w_i up + a_i grad S_i|/sqrt(a_i) + crossed p/d
"""

from __future__ import annotations

import itertools
import math
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array
from femsoret.post.stratification import Scalar, Stratification
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Robin, Temperature, sides_with_values
from femsoret.problem.layout import COMPOSITIONS

LAYER: Final = 1707.762
"""Critical Rayleigh number between rigid plates of given temperatures; no box has a lower one."""

LEVEL: Final = 1e-6
"""Slope of level surfaces up to which it counts as zero: noise of iterative solvers."""

UNEVEN: Final = 3.0
"""Largest over smallest stratification up to which weights may follow it."""

WEIGHTS: Final = tuple(4.0**n for n in range(-3, 4))
"""Constant weights a_i to try, over a natural one."""


def why_stable(problem: Problem, layers: Stratification) -> str:
    """Return the proof that a steady state is stable, a clause; empty where there is none.

    Collective.

    Args:
        problem: The problem with flow, in that state.
        layers: Its stratification.
    """
    if not float(problem.mixture.gravity.magnitude):
        return "without gravity nothing drives a flow"
    if _slipping(problem) and not _fills_its_box(problem, extents(problem)):
        return ""
    wavenumbers = _Wavenumbers(problem, layers)
    if _stably_stratified(layers) and _decays(problem, layers, wavenumbers, None):
        what = "temperature and composition" if len(layers.scalars) > 1 else "temperature"
        return f"{what} stratify the fluid stably everywhere, in layers that are as good as level"
    if _is_weakly_heated_from_below(problem, layers):
        return f"heated from below at a Rayleigh number below that of a layer, {LAYER:g}"
    natural = [_natural_weight(problem, scalar) for scalar in layers.scalars]
    if wavenumbers.heat is not None and all(natural):
        for factors in itertools.product(WEIGHTS, repeat=len(natural)):
            weights = [a * factor for a, factor in zip(natural, factors, strict=True)]
            if _decays(problem, layers, wavenumbers, weights):
                return "any disturbance loses energy (energy method), because the flow is so slow"
    return ""


def _stably_stratified(layers: Stratification) -> bool:
    """Whether every scalar that has a weight stratifies the fluid stably everywhere, and evenly."""
    for scalar in layers.scalars:
        low, high = scalar.stratified
        if scalar.weight and not 0.0 < high <= UNEVEN * low:
            return False
    return bool(layers.heat.weight)


def _is_weakly_heated_from_below(problem: Problem, layers: Stratification) -> bool:
    """Whether a pure fluid rests below the Rayleigh number of a layer."""
    heat, frame = layers.heat, problem.orientation
    if any(scalar.weight for scalar in layers.scalars[1:]) or heat.slope > LEVEL:
        return False
    plates = {frame.hot, frame.cold}
    held = {side for c in problem.conditions if isinstance(c, Temperature) for side in c.sides}
    height = float(np.abs(np.asarray(problem.mixture.gravity.up)) @ extents(problem))
    if not plates <= held or plates & _slipping(problem) or height > (1.0 + 1e-6) * frame.gap:
        return False
    steepest = max(0.0, -heat.stratified[0])
    return steepest * height**4 < LAYER * layers.nu * heat.slowest


def _natural_weight(problem: Problem, scalar: Scalar) -> float:
    """Return |w| L over the largest difference that the scalar shows across the gap."""
    slope = max(map(abs, scalar.stratified)) / abs(scalar.weight) if scalar.weight else 0.0
    return abs(scalar.weight) / slope if slope else 0.0


def _decays(
    problem: Problem, layers: Stratification, wavenumbers: _Wavenumbers, weights: list[float] | None
) -> bool:
    """Whether the quadratic form is negative definite; None follows the stratification."""
    number = len(layers.scalars)
    form = np.zeros((number + 1, number + 1))
    form[0, 0] = layers.nu - layers.strain / wavenumbers.flow**2
    largest, uneven = [], []
    for i, scalar in enumerate(layers.scalars):
        a, curved = (weights[i], 0.0) if weights else (0.0, 0.0)
        high = a
        if weights is None:
            low_N2, high_N2 = scalar.stratified
            if not scalar.weight and layers.species_mix:
                return False
            if not scalar.weight:  # it moves nothing, and decays by itself
                form[i + 1, i + 1] = 1.0
                largest.append(0.0)
                uneven.append(0.0)
                continue
            a, high = scalar.weight**2 / high_N2, scalar.weight**2 / low_N2
            curved = math.log(high_N2 / low_N2) / math.pi
        largest.append(high)
        uneven.append(curved)
        form[i + 1, i + 1] = a * scalar.slowest * (1.0 - curved)
        if weights is None:
            apart = abs(scalar.weight) * (scalar.slope if scalar.slope > LEVEL else 0.0)
        else:
            apart = scalar.mismatch(a)
        k = wavenumbers.heat if i == 0 else wavenumbers.composition
        if apart and k is None:
            return False
        form[0, i + 1] = 0.5 * apart / (wavenumbers.flow * k) if apart and k else 0.0
    dufour = layers.dufour(problem.mixture.reference)
    for i, scalar in enumerate(layers.scalars[1:], 2):
        form[1, i] = 0.5 * (largest[i - 1] * scalar.crossed + largest[0] * dufour[i - 2])
        for k, of_other in enumerate(scalar.across_species, 2):
            # The weight of this one's energy varies along the flux that the other drives.
            form[min(i, k), max(i, k)] += 0.5 * largest[i - 1] * (1.0 + uneven[i - 1]) * of_other
    form += np.triu(form, 1).T
    diagonal = np.diag(form)
    if diagonal.min() <= 0.0:
        return False
    scale = 1.0 / np.sqrt(diagonal)
    scaled = np.abs(form) * -np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    return bool(np.linalg.eigvalsh(scaled).min() > 0.0)


class _Wavenumbers:
    """Constants k of Poincare's inequality k |f| <= |grad f|, 1/m; None where none is known.

    Attributes:
        flow: Of velocities that vanish at walls.
        heat: Of temperatures that vanish where walls hold them.
        composition: Of compositions of mean zero in a closed cell.
    """

    def __init__(self, problem: Problem, layers: Stratification) -> None:
        spans, frame = extents(problem), problem.orientation
        if _slipping(problem):
            # Friction at hot and cold wall alone, if there.
            rough = not {frame.hot, frame.cold} & _slipping(problem)
            self.flow = math.pi / (frame.gap if rough else 1e9 * frame.gap)
        else:
            self.flow = math.pi * float(np.sqrt(np.sum(spans**-2.0)))
        self.heat = self._of_heat(problem, float(np.abs(np.asarray(frame.axis)) @ spans))
        held = sides_with_values(problem.conditions, COMPOSITIONS)
        convex = _fills_its_box(problem, spans)
        # L. E. Payne, H. F. Weinberger, Arch. Rational Mech. Anal. 5 (1960) 286.
        self.composition = math.pi / float(np.linalg.norm(spans)) if convex and not held else None

    @staticmethod
    def _of_heat(problem: Problem, along: float) -> float | None:
        """Return that of a slab between the plates; side walls that lose heat only add to it."""
        if problem.solids or not _fills_its_box(problem, extents(problem)):
            return None
        frame = problem.orientation
        # Half of the gap to the nearer plate that holds its temperature; see a slab's tan(k) = Bi.
        firm = []
        for side in (frame.hot, frame.cold):
            for condition in problem.conditions:
                if side in condition.sides and isinstance(condition, Temperature):
                    firm.append(math.inf)
                if side in condition.sides and isinstance(condition, Robin):
                    firm.append(condition.h * along / float(_conductivity(problem)))
        if len(firm) == 2 and all(map(math.isinf, firm)):
            return math.pi / along
        if not firm:
            return None
        biot = max(firm)
        squared = 0.25 * math.pi**2 if math.isinf(biot) else biot / (1.0 + 4.0 * biot / math.pi**2)
        return math.sqrt(squared) / along


def _conductivity(problem: Problem) -> float:
    return problem.mixture.reference.kappa


def _slipping(problem: Problem) -> set[str]:
    return {side for c in problem.conditions if isinstance(c, FreeSlip) for side in c.sides}


def extents(problem: Problem) -> Array:
    """Return the extents of a cell along the axes of coordinates, m; collective.

    Args:
        problem: A problem on the cell; of a cell of revolution, diameter and height.
    """
    x = problem.cell.mesh.geometry.x[:, : problem.cell.dim]
    low, high = x.min(axis=0, initial=np.inf), x.max(axis=0, initial=-np.inf)
    for ends, op in ((low, MPI.MIN), (high, MPI.MAX)):
        problem.cell.comm.Allreduce(MPI.IN_PLACE, ends, op=op)
    if problem.cell.coordinates.has_axis:
        return np.asarray([2.0 * high[0], high[1] - low[1]])
    return np.asarray(high - low)


def _fills_its_box(problem: Problem, spans: Array) -> bool:
    """Whether a cell is a box, a rectangle or an upright cylinder: convex, plates parallel."""
    cell = problem.cell
    if cell.coordinates.has_axis:
        box = 0.25 * math.pi * spans[0] ** 2 * spans[1]
    else:
        box = float(np.prod(spans))
    return bool(abs(cell.fluid_volume / box - 1.0) < 1e-6)


# -- a bound of eigenvalues that grow -------------------------------------------------------------


def growth_bound(problem: Problem, layers: Stratification) -> float | None:
    """Return a modulus beyond which no eigenvalue grows, 1 over the problem's unit of time.

    Collective.

    Args:
        problem: The problem with flow, in its steady state.
        layers: Its stratification.

    Returns:
        The bound; None where this estimate gives none.
    """
    if layers.species_mix or _slips_round_a_bend(problem):  # the form has no terms for that
        return None
    carried = (0.0, *layers.dufour(problem.mixture.reference))
    moved = [pair for pair in zip(layers.scalars, carried, strict=True) if pair[0].weight]
    natural = [_weight_of_gradient(scalar) for scalar, _ in moved]
    bounds = []
    for factors in itertools.product(WEIGHTS, repeat=len(moved)):
        weights = [a * factor for a, factor in zip(natural, factors, strict=True)]
        bounds.append(_bound(layers, moved, weights))
    best = min(bounds)
    return best if math.isfinite(best) else None


def _slips_round_a_bend(problem: Problem) -> bool:
    """Whether a wall without friction is curved: there |grad u|^2 may be more than 2 |e(u)|^2."""
    return any(
        isinstance(condition, FreeSlip) and not problem.cell.is_flat(side)
        for condition in problem.conditions
        for side in condition.sides
    )


def _weight_of_gradient(scalar: Scalar) -> float:
    """Return |w| over the largest gradient."""
    return abs(scalar.weight) / scalar.steepest if scalar.steepest else 1.0


def _bound(
    layers: Stratification, moved: list[tuple[Scalar, float]], weights: list[float]
) -> float:
    """Return the bound for given weights; infinite where crossed fluxes leave none.

    Args:
        layers: The stratification.
        moved: The scalars that buoyancy knows, each with the heat that its diffusion carries.
        weights: Theirs.
    """
    size = len(moved) + 1
    gains, diffusion, turning = np.zeros((size, size)), np.zeros((size, size)), 0.0
    gains[0, 0], diffusion[0, 0] = layers.strain, layers.nu
    crossed = 0.0
    for i, ((scalar, dufour), a) in enumerate(zip(moved, weights, strict=True), 1):
        gains[0, i] = gains[i, 0] = 0.5 * scalar.mismatch(a) / math.sqrt(a)
        turning += scalar.mismatch(-a) ** 2 / a
        diffusion[i, i] = scalar.slowest
        if scalar.crossed and moved[0][0] is layers.heat:
            ratio = math.sqrt(a / weights[0])
            both = 0.5 * (ratio * scalar.crossed + dufour / ratio)
            diffusion[1, i] = diffusion[i, 1] = -both
            crossed += both
    gain = float(np.linalg.eigvalsh(gains).max())
    slowest = float(np.linalg.eigvalsh(diffusion).min())
    if slowest <= 0.0:
        return math.inf
    steep = max(gain, 0.0) / slowest
    imaginary = 2.0 * layers.speed * math.sqrt(steep) + 0.5 * math.sqrt(turning) + crossed * steep
    return math.hypot(gain, imaginary)
