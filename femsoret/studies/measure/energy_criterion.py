"""Sufficient conditions for stability: what a few numbers of a state prove, without its spectrum.

The energy of a perturbation (u, s_i) of a steady state (U, S_i) is E = 1/2 <u^2 + sum a_i s_i^2>,
a_i > 0. Advection by the state does not change it, so that (D. D. Joseph, Stability of Fluid
Motions, Springer 1976)

    dE/dt = -<u.(grad U).u> + sum <s_i u.(w_i up - a_i grad S_i)>
            - nu <|grad u|^2> - sum a_i D_i <|grad s_i|^2> - crossed fluxes

With the inequalities of Poincare, k_u |u| <= |grad u| and k_i |s_i| <= |grad s_i|, the right side
is a quadratic form in |grad u|, |grad s_i|. If that is negative definite, every perturbation
decays, small or not, where properties are constant. Two choices of a_i:

- w_i over the derivative of S_i along up, point by point, where all scalars stratify stably: what
  is left then is the slope of their level surfaces. A liquid heated from above, psi > 0, as good as
  level, is stable at any Rayleigh number: crossed fluxes ask for psi < 4 Le only.
- any constants: slow flows of every kind.

Walls that slip are taken account of in boxes, rectangles and upright cylinders only. On a wall that
bends outwards friction 2 |e(u)|^2 is less than |grad u|^2; and the lines that Poincare's inequality
integrates along must end at plates that hold the fluid.

A pure fluid at rest, heated from below, is stable below the Rayleigh number of a layer: no-slip
boxes of its height, mirrored at their sides, are among the layer's flows.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.post.pointwise import Array
from femsoret.post.stratification import Scalar, Stratification
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip, Robin, Temperature, holding
from femsoret.problem.layout import COMPOSITIONS

LAYER: Final = 1707.762
"""Critical Rayleigh number between rigid plates of given temperatures; no box has a lower one."""

LEVEL: Final = 1e-6
"""Slope of level surfaces up to which it counts as zero: noise of iterative solvers."""

UNEVEN: Final = 3.0
"""Largest over smallest stratification up to which weights may follow it."""

WEIGHTS: Final = tuple(4.0**n for n in range(-3, 4))
"""Constant weights to try, over the natural one."""


def why_stable(problem: Problem, layers: Stratification) -> str:
    """Return what proves that a steady state is stable, in a sentence; empty where nothing does.

    Collective.

    Args:
        problem: The problem with flow, in that state.
        layers: Its stratification.
    """
    if not float(problem.mixture.gravity.magnitude):
        return "without gravity nothing drives a flow"
    if _slipping(problem) and not _fills_its_box(problem, extents(problem)):
        return ""
    known = _Wavenumbers(problem, layers)
    if _stably_stratified(layers) and _decays(problem, layers, known, None):
        what = "temperature and composition" if len(layers.scalars) > 1 else "temperature"
        return f"{what} stratify the fluid stably everywhere, in layers that are as good as level"
    if _is_weakly_heated_from_below(problem, layers):
        return f"heated from below at a Rayleigh number below that of a layer, {LAYER:g}"
    natural = [_natural_weight(problem, scalar) for scalar in layers.scalars]
    if known.heat is not None and all(natural):
        for factors in itertools.product(WEIGHTS, repeat=len(natural)):
            weights = [a * factor for a, factor in zip(natural, factors, strict=True)]
            if _decays(problem, layers, known, weights):
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
    problem: Problem, layers: Stratification, known: _Wavenumbers, weights: list[float] | None
) -> bool:
    """Whether the quadratic form is negative definite; None follows the stratification."""
    number = len(layers.scalars)
    form = np.zeros((number + 1, number + 1))
    form[0, 0] = layers.nu - layers.strain / known.flow**2
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
        k = known.heat if i == 0 else known.composition
        if apart and k is None:
            return False
        form[0, i + 1] = 0.5 * apart / (known.flow * k) if apart and k else 0.0
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
        held = holding(problem.conditions, COMPOSITIONS)
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
