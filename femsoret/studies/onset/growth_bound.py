"""How far from zero an eigenvalue that grows can lie: the energy of its perturbation bounds it.

Let z = (u, s_i) obey lambda z = L z with Re lambda >= 0, and <z, z> = |u|^2 + sum a_i |s_i|^2 = 1.
The real part of <z, L z> is what :mod:`femsoret.studies.measure.energy_criterion` writes down. It
is not negative, so that what diffusion takes is no more than what shear and buoyancy give,

    d |grad z|^2 <= p,    p = largest eigenvalue of the form of strain and |w_i up - a_i grad S_i|,

d being the smallest eigenvalue of the diffusivities with their crossed parts. Re lambda <= p. The
imaginary part is that of advection, each of whose two terms is at most U |grad z|, U the largest
speed (for (u.grad) U by parts), of buoyancy, and of crossed fluxes:

    |Im lambda| <= 2 U sqrt(p/d) + 1/2 |w_i up + a_i grad S_i|/sqrt(a_i) + crossed p/d

Properties count as constant.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

import numpy as np

from femsoret.post.stratification import Scalar, Stratification
from femsoret.problem import Problem
from femsoret.problem.conditions import FreeSlip

WEIGHTS: Final = tuple(4.0**n for n in range(-3, 4))
"""Weights a_i to try, over |w_i| divided by the largest gradient."""


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
    moved = [each for each in zip(layers.scalars, carried, strict=True) if each[0].weight]
    natural = [_natural(scalar) for scalar, _ in moved]
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


def _natural(scalar: Scalar) -> float:
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
