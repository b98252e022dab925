"""Beam deflection: the displacement of a beam of light by gradients of the refractive index.

In the paraxial limit the optical momentum p = n dy/ds obeys dp/ds = dn/dy, so that a beam arrives
at the detector displaced by

    Y = integral of (dn/dy)(s) G(s) ds,    G(s) = integral from s to the detector of ds'/n(s').

In a layer of uniform gradient, a length l deep, in front of a window (l_w, n_w) and the air (l_D,
n_air), this is Y = l [l/(2n) + l_w/n_w + l_D/n_air] dn/dy (A. Königer, B. Meier, W. Köhler, Phil.
Mag. 89 (2009) 907, who add the gradients in the windows). The angle of the beam in the air is the
integral of dn/dy ds over n_air. Refraction at the round wall of an axisymmetric cell, which is
across the deflection, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.post.evaluation import Layer, slopes_of_cosines
from femsoret.post.fields import kept
from femsoret.post.optical import (
    Amplitudes,
    Beam,
    Contrast,
    OpticalSignal,
    Optics,
    PathMean,
    glasses_by_region,
    inside_region,
    name_of_region,
)
from femsoret.post.points import slopes_at
from femsoret.post.rays import AIR, FLUID, Path, paths, region_names
from femsoret.post.readings import Law, Move
from femsoret.post.signals import ONE_PLACE, derivative_of_law, unit_vector
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.problem.orientation import WallPair

N_AIR: Final = 1.00027
"""Refractive index of air at 15 to 25 C and 1 bar in visible light; it varies by 2e-5 over that
range (P. E. Ciddor, Appl. Opt. 35 (1996) 1566)."""

ANGLE: Final = "angle"
"""Name of the angle of a beam in air, as a quantity that may be recorded."""

SIGNAL: Final = "an optical signal"
"""What has the directions, in messages."""

_ACROSS: Final = 1e-9
"""Cosine of the angle between a beam and its direction of deflection that counts as zero."""


@dataclass(frozen=True)
class Behind:
    """What a beam passes between the mesh and the detector.

    Args:
        windows: Thickness, m, and refractive index of each window that the mesh does not have.
        distance: Distance in air from there to the detector, m.
    """

    windows: tuple[tuple[float, float], ...] = ()
    distance: float = 0.0

    @property
    def reduced(self) -> float:
        """The sum of lengths over refractive indices, m."""
        return sum(length / n for length, n in self.windows) + self.distance / N_AIR


@dataclass(frozen=True, eq=False)
class BeamDeflection(OpticalSignal):
    """Deflection of a beam of light: a mean gradient, weighted by the way to the detector.

    What it records is the displacement at the detector, m.

    Args:
        beam: The rays.
        direction: Direction in which the displacement is counted, shape (dim,), across the beam.
        optics: Optical properties; the signal of a field is that at the first wavelength.
        behind: What lies between the mesh and the detector.
    """

    recorded: ClassVar[tuple[str, str]] = ("displacement", "m")
    quantities: ClassVar[Mapping[str, str]] = MappingProxyType({"displacement": "m", ANGLE: "rad"})

    beam: Beam
    direction: tuple[float, ...]
    optics: Optics
    behind: Behind = Behind()

    def of(self, problem: Problem, block: str) -> float:
        """Return the weighted mean of the derivative in the fluid, K/m or 1/m; collective."""
        x, weights = self._weighted(problem, FLUID, self.optics.contrasts[0])
        return float(weights @ self._slopes(problem, block, x, FLUID)) / float(weights.sum())

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the same mean of a function of the temperature, by the chain rule; collective."""
        x, weights = self._weighted(problem, FLUID, self.optics.contrasts[0])
        located = kept(problem, (self, "at"), lambda: inside_region(problem.cell, x, FLUID))
        theta = located.values(problem, "theta")
        slopes = derivative_of_law(problem, law, theta) * self._slopes(problem, "theta", x, FLUID)
        return float(weights @ slopes) / float(weights.sum())

    def moved(self, move: Move) -> BeamDeflection:
        """Return the deflection of the moved beam, in the same direction."""
        return replace(self, beam=self.beam.moved(move))

    @property
    def along(self) -> Array:
        """Unit vector of the direction, shape (dim,)."""
        return unit_vector(self.direction, SIGNAL)

    @property
    def place(self) -> PathMean:
        """The mean along the beam."""
        return PathMean(self.beam)

    def size(self, gap: float) -> float:
        """Return 1/gap, 1/m."""
        return 1.0 / gap

    def layer(self, cell: Cell, walls: WallPair) -> Layer:
        """Return the response to the series of a layer at rest; collective.

        Raises:
            ConditionError: The direction is along the walls.
        """
        rise = float(self.along @ np.asarray(walls.axis)) / walls.distance
        if abs(rise) * walls.distance < ONE_PLACE:
            raise ConditionError(
                "the deflection is counted along the walls, where a layer has no gradient",
                "count it along the axis from the cold to the hot wall",
            )
        traced = paths(cell, self.beam.rays, finely=True)
        x, weights = self._weights(cell, traced, FLUID, self.optics.contrasts[0])
        modes = weights @ slopes_of_cosines(walls.position(x)) / weights.sum()
        return Layer(walls.distance, rise, rise * modes)

    def amplitudes(self, problem: Problem) -> tuple[Amplitudes, ...]:
        """Return the displacement at the detector, m, one for each wavelength; collective."""
        return self._amplitudes(problem, at_detector=True)

    def angles(self, problem: Problem) -> tuple[Amplitudes, ...]:
        """Return the angle of the beam in air, rad, one for each wavelength; collective.

        Args:
            problem: A solved problem.
        """
        return self._amplitudes(problem, at_detector=False)

    def responses(self, problem: Problem, quantity: str = "") -> tuple[float, ...]:
        """Return the displacement, m2, or the angle, m, over the gradient of n in the fluid."""
        at_detector = quantity != ANGLE
        return tuple(
            float(self._weighted(problem, FLUID, of, at_detector=at_detector)[1].sum())
            for of in self.optics.contrasts
        )

    def _amplitudes(self, problem: Problem, *, at_detector: bool) -> tuple[Amplitudes, ...]:
        """Return the displacements, or the angles; the slopes are those of all wavelengths."""
        contrasts = self.optics.contrasts
        glasses = {
            number: glass
            for number, glass in glasses_by_region(problem.cell, self.optics.glasses).items()
            if glass.changes and len(self._weighted(problem, number, contrasts[0])[0])
        }
        x, _ = self._weighted(problem, FLUID, contrasts[0])
        thermal = self._slopes(problem, "theta", x, FLUID)
        solutal = [
            self._slopes(problem, composition(i), x, FLUID)
            for i in range(len(problem.mixture.species))
        ]
        of_glass = {
            number: self._slopes(
                problem, "theta", self._weighted(problem, number, contrasts[0])[0], number
            )
            for number in glasses
        }

        def of(j: int, contrast: Contrast) -> Amplitudes:
            _, weights = self._weighted(problem, FLUID, contrast, at_detector=at_detector)
            windows = 0.0
            for number, glass in glasses.items():
                _, lengths = self._weighted(problem, number, contrast, at_detector=at_detector)
                windows += glass.slope(j) * float(lengths @ of_glass[number])
            return Amplitudes(
                thermal=contrast.n_T * float(weights @ thermal),
                windows=windows,
                solutal=tuple(
                    n_c * float(weights @ slopes)
                    for n_c, slopes in zip(contrast.n_c, solutal, strict=True)
                ),
            )

        return tuple(of(j, contrast) for j, contrast in enumerate(contrasts))

    def _weighted(
        self, problem: Problem, region: int, contrast: Contrast, *, at_detector: bool = True
    ) -> tuple[Array, Array]:
        """Return points in a region and their weights, m2 (m for angles); collective at first."""
        key = (self, region, contrast, at_detector)
        traced = self.beam.traced(problem, finely=True)
        return kept(
            problem,
            key,
            lambda: self._weights(problem.cell, traced, region, contrast, at_detector=at_detector),
        )

    def _weights(
        self,
        cell: Cell,
        traced: Sequence[Path],
        region: int,
        contrast: Contrast,
        *,
        at_detector: bool = True,
    ) -> tuple[Array, Array]:
        j = self.optics.contrasts.index(contrast)
        index = {AIR: N_AIR, FLUID: contrast.n} | {
            number: glass.index(j)
            for number, glass in glasses_by_region(cell, self.optics.glasses).items()
        }
        parts = [(np.empty((0, cell.dim)), np.empty(0))]
        for share, path in zip(self.beam.weights, traced, strict=True):
            here = path.regions == region
            way: Array = np.full(np.count_nonzero(here), 1.0 / N_AIR)
            if at_detector:
                way = way_to_detector(path, path.s[here], index, self.behind)
            parts.append((path.x[here], share * path.weights[here] * way))
        return np.concatenate([x for x, _ in parts]), np.concatenate([w for _, w in parts])

    def _slopes(self, problem: Problem, block: str, x: Array, region: int) -> Array:
        """Return the derivative at points of a region; collective."""
        cell = problem.cell
        return slopes_at(
            problem,
            block,
            x,
            self.along,
            among=cell.cells_of(region_names(cell)[region]),
            what=f"the {name_of_region(cell, region)}",
            keep=(self, "slopes", region),
        )


def way_to_detector(path: Path, s: Array, index: Mapping[int, float], behind: Behind) -> Array:
    """Return G(s), the integral of ds/n from positions along a path to the detector, m.

    Args:
        path: The path.
        s: Positions along it, m, shape (n,).
        index: Refractive index of each region.
        behind: What lies between the mesh and the detector.
    """
    way = np.full(len(s), behind.reduced)
    for piece in path.pieces:
        left = np.clip(piece.end - np.maximum(s, piece.start), 0.0, None)
        way += left / index[piece.region]
    return way


def check_across(beam_direction: Sequence[float], direction: Sequence[float]) -> None:
    """Check that a deflection is counted across the beam.

    Args:
        beam_direction: Direction of the light, shape (dim,).
        direction: Direction of the deflection, shape (dim,).

    Raises:
        ConditionError: It is not.
    """
    cosine = float(unit_vector(beam_direction, SIGNAL) @ unit_vector(direction, SIGNAL))
    if abs(cosine) > _ACROSS:
        raise ConditionError(
            "the deflection is counted along a direction that is not across the beam: the cosine "
            f"of their angle is {cosine:.3g}",
            "give a direction perpendicular to that of the beam",
        )
