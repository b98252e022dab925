"""Gradients that an experiment reads, such as the vertical one at mid-height of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from femsoret.post.readings import MeanGradient
from femsoret.problem import Problem
from femsoret.problem.layout import composition


@dataclass(frozen=True)
class Gradients:
    """Derivatives of T and c at one place in one direction.

    Args:
        T: Of the temperature, K/m.
        c: Of the mass fraction of the first species, 1/m; None in a pure fluid.
    """

    T: float
    c: float | None


def read_gradients(problem: Problem, places: Mapping[str, MeanGradient]) -> dict[str, Gradients]:
    """Return the gradients at named places; collective.

    Args:
        problem: A solved problem.
        places: Name -> where, and in which direction.
    """
    has_species = bool(problem.layout.compositions)
    return {
        name: Gradients(
            T=place.of(problem, "theta"),
            c=place.of(problem, composition()) if has_species else None,
        )
        for name, place in places.items()
    }
