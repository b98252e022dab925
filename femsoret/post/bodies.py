"""Rigid bodies in a solved problem: how they move, and whether the fields keep up with them.

A body stands where the mesh has it. A state with bodies is that of an instant: it describes the
motion as long as heat and species spread faster than the body moves by its own size, which the
Peclet numbers say, and as long as it has not moved far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femsoret.problem import Problem
from femsoret.problem.bodies import Vector, body_name, surface_radius
from femsoret.solve import body_motions


@dataclass(frozen=True)
class MovingBody:
    """A body and its motion.

    Args:
        name: Its name, made of those of its sides.
        velocity: Velocity of its centroid, m/s.
        rotation: Angular velocity, 1/s.
        size: Rms distance a of its surface from its centroid, m; the radius of a sphere.
        peclet_thermal: (|U| + |Omega| a) a/alpha.
        peclet_solutal: The same with the smallest diffusivity; None without species.
    """

    name: str
    velocity: Vector
    rotation: Vector
    size: float
    peclet_thermal: float
    peclet_solutal: float | None


def moving_bodies(problem: Problem) -> tuple[MovingBody, ...]:
    """Return the bodies of a solved problem; collective."""
    reference, found = problem.mixture.reference, []
    for motion in body_motions(problem):
        a = surface_radius(problem.cell, motion.sides)
        speed = float(np.linalg.norm(motion.velocity) + a * np.linalg.norm(motion.rotation))
        solutal = speed * a / reference.slowest if problem.mixture.species else None
        found.append(
            MovingBody(
                name=body_name(motion.sides),
                velocity=motion.velocity,
                rotation=motion.rotation,
                size=a,
                peclet_thermal=speed * a / reference.alpha,
                peclet_solutal=solutal,
            )
        )
    return tuple(found)
