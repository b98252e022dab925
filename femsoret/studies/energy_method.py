"""The energy method: criteria for the stability of a steady state that need no spectrum.

The energy of a perturbation (u, s_i) of a steady state (U, S_i) is E = 1/2 <u^2 + sum a_i s_i^2>,
a_i > 0. Advection by the state does not change it if a_i is constant, so that (D. D. Joseph,
Stability of Fluid Motions, Springer 1976)

    dE/dt = -<u.(grad U).u> + sum <s_i u.(w_i up - a_i grad S_i)>
            - nu <|grad u|^2> - sum a_i D_i <|grad s_i|^2> - crossed fluxes

It yields two results, both for constant properties.

*A proof that a state is stable* (:func:`why_stable`). With the Poincare inequalities
k_u |u| <= |grad u| and k_i |s_i| <= |grad s_i|, the right-hand side is a quadratic form in
|grad u| and |grad s_i|. If it is negative definite, small perturbations decay, and those of any
size if the a_i are constant. Two choices of a_i are tried:

- w_i over the derivative of S_i along up, at each point, if the stratification by every scalar is
  stable: only the slope of the level surfaces then remains. An almost level liquid heated from
  above, psi > 0, is stable at any Rayleigh number: the crossed fluxes only require psi < 4 Le.
- constants: these cover slow flows of every kind.

Free-slip walls are covered in boxes, rectangles and upright cylinders only. At a wall that curves
outwards, the friction 2 |e(u)|^2 is less than |grad u|^2, and the lines along which Poincare's
inequality is integrated must end at no-slip plates.

Where compositions diffuse across one another, or no single weights give a proof, the energy couples
them: :mod:`femsoret.studies.coupled_energy`.

A pure fluid at rest, heated from below, is stable below the critical Rayleigh number of an infinite
layer: the flows of a no-slip box of the same height, mirrored at its sides, are possible flows of
the layer.

*A bound on the modulus of growing eigenvalues* (:func:`growth_bound`). Let z = (u, s_i) satisfy
lambda z = L z with Re lambda >= 0, and <z, z> = |u|^2 + sum a_i |s_i|^2 = 1. The real part of
<z, L z> is twice dE/dt. As it is not negative, diffusion dissipates no more than shear and buoyancy
supply,

    d |grad z|^2 <= p,    p = largest eigenvalue of the form of strain and |w_i up - a_i grad S_i|,

where d is the smallest eigenvalue of the matrix of diffusivities with the crossed fluxes. Hence
Re lambda <= p. The imaginary part comes from advection (two terms of at most U |grad z| each, where
U is the largest speed and (u.grad) U is integrated by parts), buoyancy, and crossed fluxes:

    |Im lambda| <= 2 U sqrt(p/d) + 1/2 |w_i up + a_i grad S_i|/sqrt(a_i) + crossed p/d
"""

from __future__ import annotations

import itertools
import math
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.types import Array
from femsoret.physics.closures import fluxes
from femsoret.post.stratification import Scalar, Stratification
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.problem.conditions import FreeSlip, Robin, Slip, Temperature, sides_with_values
from femsoret.problem.layout import COMPOSITIONS
from femsoret.studies.coupled_energy import Coupled, Wavenumbers, why_none_grows
from femsoret.studies.coupled_energy import growth_bound as coupled_bound

LAYER: Final = 1707.762
"""Critical Rayleigh number of an infinite layer between rigid isothermal plates; boxes have higher
ones."""

LEVEL: Final = 1e-6
"""Slope of level surfaces that counts as zero: noise of iterative solvers."""

UNEVEN: Final = 3.0
"""Largest ratio of the strongest to the weakest stratification for which weights may follow it."""

WEIGHTS: Final = tuple(4.0**n for n in range(-3, 4))
"""Constant weights a_i to try, relative to the natural weight."""


def why_stable(problem: Problem, layers: Stratification) -> str:
    """Return a proof that a steady state is stable; collective.

    Args:
        problem: The problem with flow, in its steady state.
        layers: Stratification of this state.

    Returns:
        The reason for the stability, a clause; empty if there is no proof.
    """
    if _driven_at_walls(problem) or problem.mixture.gravity.vibration is not None:
        return ""
    if not float(problem.mixture.gravity.magnitude):
        return "there is no flow without gravity"
    if _slipping(problem) and not _fills_its_box(problem, extents(problem)):
        return ""
    if fluxes.exchanges(problem.mixture) and any(each.weight for each in layers.scalars[1:]):
        return ""  # species that are converted into one another keep no energy of their own
    wavenumbers = _wavenumbers(problem)
    proof = "" if layers.species_mix else _proof_of_each(problem, layers, wavenumbers)
    if not proof and len(layers.scalars) > 2 and _can_couple(problem):
        return why_none_grows(coupled(layers), wavenumbers)
    return proof


def _proof_of_each(problem: Problem, layers: Stratification, wavenumbers: Wavenumbers) -> str:
    """Return a proof by an energy with a weight for each scalar; empty if there is none."""
    if _stably_stratified(layers) and _decays(problem, layers, wavenumbers, None):
        what = "temperature and composition" if len(layers.scalars) > 1 else "temperature"
        verb = "make" if len(layers.scalars) > 1 else "makes"
        return f"{what} {verb} the stratification stable everywhere, with almost level layers"
    if _is_weakly_heated_from_below(problem, layers):
        return f"the Rayleigh number is below the critical one of an infinite layer, {LAYER:g}"
    natural = [_natural_weight(problem, scalar) for scalar in layers.scalars]
    if wavenumbers.heat is not None and all(natural):
        for factors in itertools.product(WEIGHTS, repeat=len(natural)):
            weights = [a * factor for a, factor in zip(natural, factors, strict=True)]
            if _decays(problem, layers, wavenumbers, weights):
                return "the flow is so slow that every disturbance loses energy (energy method)"
    return ""


def _can_couple(problem: Problem) -> bool:
    """Return whether energies that couple compositions are known to decay in a problem.

    What enters through walls vanishes if no component passes; the heat of mixing has no bound.
    """
    bounded = not fluxes.mixes_with_heat(problem.mixture) and not has_bodies(problem.conditions)
    return bounded and not _is_open(problem)


def coupled(layers: Stratification) -> Coupled:
    """Return what energies that couple compositions depend on.

    Args:
        layers: Stratification of a state.
    """
    return Coupled(
        comm=layers.comm,
        weights=np.array([scalar.weight for scalar in layers.scalars]),
        up=layers.up,
        gradients=layers.gradients,
        matrices=layers.matrices,
        nu=layers.nu,
        strain=layers.strain,
        speed=layers.speed,
    )


def _stably_stratified(layers: Stratification) -> bool:
    """Return whether the stratification by every buoyant scalar is stable and nearly uniform."""
    for scalar in layers.scalars:
        low, high = scalar.stratified
        if scalar.weight and not 0.0 < high <= UNEVEN * low:
            return False
    return bool(layers.heat.weight)


def _is_weakly_heated_from_below(problem: Problem, layers: Stratification) -> bool:
    """Return whether a pure fluid is at rest below the critical Rayleigh number of a layer."""
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
    """Return |w| over the largest derivative of a scalar along up; 0 without stratification."""
    slope = max(map(abs, scalar.stratified)) / abs(scalar.weight) if scalar.weight else 0.0
    return abs(scalar.weight) / slope if slope else 0.0


def _decays(
    problem: Problem, layers: Stratification, wavenumbers: Wavenumbers, weights: list[float] | None
) -> bool:
    """Return whether the quadratic form proves decay; weights None follow the stratification."""
    number = len(layers.scalars)
    form = np.zeros((number + 1, number + 1))
    form[0, 0] = layers.nu - layers.strain / wavenumbers.flow**2
    largest = []
    for i, scalar in enumerate(layers.scalars):
        a, curved = (weights[i], 0.0) if weights else (0.0, 0.0)
        high = a
        if weights is None:
            low_N2, high_N2 = scalar.stratified
            if not scalar.weight:  # it drives no flow and decays by itself
                form[i + 1, i + 1] = 1.0
                largest.append(0.0)
                continue
            a, high = scalar.weight**2 / high_N2, scalar.weight**2 / low_N2
            curved = math.log(high_N2 / low_N2) / math.pi
        largest.append(high)
        form[i + 1, i + 1] = a * scalar.slowest * (1.0 - curved)
        if weights is None:
            apart = abs(scalar.weight) * (scalar.slope if scalar.slope > LEVEL else 0.0)
        else:
            apart = scalar.mismatch(a)
        k = wavenumbers.heat if i == 0 else wavenumbers.composition
        # The state advects weights that vary: -<a U.grad s^2>/2, of which the mean of a drops out.
        drift = 0.5 * (high - a) * layers.speed
        if drift < LEVEL * form[i + 1, i + 1] * wavenumbers.flow:
            drift = 0.0
        if (apart or drift) and k is None:
            return False
        form[i + 1, i + 1] -= drift / k if drift and k else 0.0
        form[0, i + 1] = 0.5 * apart / (wavenumbers.flow * k) if apart and k else 0.0
    dufour = layers.dufour(problem.mixture.reference)
    for i, scalar in enumerate(layers.scalars[1:], 2):
        form[1, i] = 0.5 * (largest[i - 1] * scalar.crossed + largest[0] * dufour[i - 2])
    form += np.triu(form, 1).T
    diagonal = np.diag(form)
    if diagonal.min() <= 0.0:
        return False
    scale = 1.0 / np.sqrt(diagonal)
    scaled = np.abs(form) * -np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    return bool(np.linalg.eigvalsh(scaled).min() > 0.0)


def _wavenumbers(problem: Problem) -> Wavenumbers:
    """Return the constants of Poincare's inequality in a cell; collective."""
    spans, frame = extents(problem), problem.orientation
    if _slipping(problem):
        # At most the hot and the cold wall are no-slip walls.
        rough = not {frame.hot, frame.cold} & _slipping(problem)
        flow = math.pi / (frame.gap if rough else 1e9 * frame.gap)
    else:
        flow = math.pi * float(np.sqrt(np.sum(spans**-2.0)))
    convex = _fills_its_box(problem, spans)
    # L. E. Payne, H. F. Weinberger, Arch. Rational Mech. Anal. 5 (1960) 286.
    of_means = math.pi / float(np.linalg.norm(spans))
    return Wavenumbers(
        flow=flow,
        heat=_of_heat(problem, float(np.abs(np.asarray(frame.axis)) @ spans)),
        composition=of_means if convex and not _is_open(problem) else None,
    )


def _of_heat(problem: Problem, along: float) -> float | None:
    """Return the constant of a slab between the plates; heat loss at side walls raises it."""
    if problem.solids or not _fills_its_box(problem, extents(problem)):
        return None
    frame = problem.orientation
    # A slab cooled at one plate: k tan k = Bi; this lower bound of k^2 is sharp for large Bi.
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


def _is_open(problem: Problem) -> bool:
    """Return whether the composition is imposed at a wall."""
    return bool(sides_with_values(problem.conditions, COMPOSITIONS))


def _driven_at_walls(problem: Problem) -> bool:
    """Return whether disturbances of T or c may set the fluid in motion at walls."""
    return any(isinstance(condition, Slip) for condition in problem.conditions)


def _slipping(problem: Problem) -> set[str]:
    return {side for c in problem.conditions if isinstance(c, FreeSlip) for side in c.sides}


def extents(problem: Problem) -> Array:
    """Return the extents of a cell along the coordinate axes, in m; collective.

    Args:
        problem: A problem on the cell.

    Returns:
        The extents, shape (dim,); diameter and height for an axisymmetric cell.
    """
    x = problem.cell.mesh.geometry.x[:, : problem.cell.dim]
    low, high = x.min(axis=0, initial=np.inf), x.max(axis=0, initial=-np.inf)
    for ends, op in ((low, MPI.MIN), (high, MPI.MAX)):
        problem.cell.comm.Allreduce(MPI.IN_PLACE, ends, op=op)
    if problem.cell.coordinates.has_axis:
        return np.asarray([2.0 * high[0], high[1] - low[1]])
    return np.asarray(high - low)


def _fills_its_box(problem: Problem, spans: Array) -> bool:
    """Return whether a cell is a box, a rectangle or an upright cylinder, by its volume."""
    cell = problem.cell
    if cell.coordinates.has_axis:
        box = 0.25 * math.pi * spans[0] ** 2 * spans[1]
    else:
        box = float(np.prod(spans))
    return bool(abs(cell.fluid_volume / box - 1.0) < 1e-6)


# -- a bound on growing eigenvalues ---------------------------------------------------------------


def growth_bound(problem: Problem, layers: Stratification) -> float | None:
    """Return an upper bound on the modulus of growing eigenvalues; collective.

    Args:
        problem: The problem with flow, in its steady state.
        layers: Stratification of this state.

    Returns:
        The bound, in 1 over the problem's unit of time; None if the energy method gives none.
    """
    # These are not covered.
    if _slips_round_a_bend(problem) or _driven_at_walls(problem):
        return None
    if fluxes.exchanges(problem.mixture):
        return None  # exchange moves energy between weights
    if layers.species_mix:
        return coupled_bound(coupled(layers)) if _can_couple(problem) else None
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
    """Return whether a free-slip wall is curved, so that |grad u|^2 may exceed 2 |e(u)|^2."""
    return any(
        isinstance(condition, FreeSlip) and not problem.cell.is_flat(side)
        for condition in problem.conditions
        for side in condition.sides
    )


def _weight_of_gradient(scalar: Scalar) -> float:
    """Return |w| over the largest gradient of a scalar; 1 without a gradient."""
    return abs(scalar.weight) / scalar.steepest if scalar.steepest else 1.0


def _bound(
    layers: Stratification, moved: list[tuple[Scalar, float]], weights: list[float]
) -> float:
    """Return the bound for given weights; infinite if crossed fluxes make it useless.

    Args:
        layers: The stratification.
        moved: The buoyant scalars, each with its Dufour coefficient.
        weights: Weight a_i of each of these scalars in the energy.
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
