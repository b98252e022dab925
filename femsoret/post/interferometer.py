"""Interferometry: phases between places of an image.

The phase between two places is

    (2 pi/lambda) l [mean along the hot path - mean along the cold path] of n_T T + sum_i n_c,i c_i

with l the mean length of both paths in the fluid, and in addition the difference of the integrals
of n_T T through the windows that the mesh has. Along paths of the same length this is the
difference of the phases of both; otherwise the part by which a uniform change of the index would
show is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, TypeAlias, cast

import numpy as np

from femsoret.base.types import Array
from femsoret.post.optical import Amplitudes, OpticalSignal, Optics, PathMean
from femsoret.post.rays import Ray
from femsoret.post.readings import Move
from femsoret.post.signals import Pair
from femsoret.problem import Problem
from femsoret.problem.layout import composition

Reference: TypeAlias = Literal["uniform", "thermal"] | float
"""State that a phase map is counted from; a time of a march in s."""


@dataclass(frozen=True, eq=False)
class Image:
    """A grid of parallel rays, one a pixel.

    Args:
        u: Horizontal coordinate of the columns, m, shape (nu,).
        v: Vertical coordinate of the rows, m, shape (nv,).
        rays: The rays, row by row from the lowest.
        reference: State that the phase is counted from: the uniform one, the one whose
            temperature is established while its composition is still uniform, or the one at a time
            of a march, s.
        at: Time of a march at which the map is taken, s; None for the last state.
    """

    u: Array
    v: Array
    rays: tuple[Ray, ...]
    reference: Reference = "uniform"
    at: float | None = None

    @property
    def times(self) -> tuple[float, ...]:
        """Times of a march at which the phase is needed, s; the last state aside."""
        asked = (self.reference, self.at)
        return tuple(float(t) for t in asked if t is not None and not isinstance(t, str))


@dataclass(frozen=True, eq=False)
class Interferometer(Pair, OpticalSignal):
    """Phase between two places of an interferogram, the hot less the cold one, rad.

    The readings of the pair are :class:`PathMean`.

    Args:
        optics: Optical properties.
        image: Pixels of the phase map; None without one.
    """

    recorded: ClassVar[tuple[str, str]] = ("phase", "rad")
    quantities: ClassVar[Mapping[str, str]] = MappingProxyType({"phase": "rad"})

    optics: Optics
    image: Image | None = None

    def moved(self, move: Move) -> Interferometer:
        """Return the interferometer with both places moved, without a phase map."""
        hot, cold = self._ends
        return Interferometer(self.name, hot.moved(move), cold.moved(move), self.optics)

    def amplitudes(self, problem: Problem) -> tuple[Amplitudes, ...]:
        """Return the phase, rad, one for each wavelength; collective."""
        hot, cold = self._ends
        glasses = self.optics.glasses
        at_hot, at_cold = (end.through_solids(problem, glasses) for end in (hot, cold))
        passed = {
            name: at_hot.get(name, 0.0) - at_cold.get(name, 0.0)
            for name in sorted({*at_hot, *at_cold})
        }

        def solids(number: int) -> float:
            return sum(glasses[name].slope(number) * of for name, of in passed.items())

        dT = self.of(problem, "theta")
        dc = [self.of(problem, composition(i)) for i in range(len(problem.mixture.species))]
        return tuple(
            Amplitudes(
                thermal=response * contrast.n_T * dT,
                windows=2.0 * np.pi / contrast.wavelength * solids(number),
                solutal=tuple(
                    response * n_c * of for n_c, of in zip(contrast.n_c, dc, strict=True)
                ),
            )
            for number, (contrast, response) in enumerate(
                zip(self.optics.contrasts, self.responses(problem), strict=True)
            )
        )

    def responses(self, problem: Problem, quantity: str = "") -> tuple[float, ...]:
        """Return the phase over the difference of n, rad; collective at first."""
        hot, cold = self._ends
        length = 0.5 * (hot.length(problem) + cold.length(problem))
        return tuple(2.0 * np.pi * length / of.wavelength for of in self.optics.contrasts)

    @property
    def _ends(self) -> tuple[PathMean, PathMean]:
        return cast(PathMean, self.hot), cast(PathMean, self.cold)
