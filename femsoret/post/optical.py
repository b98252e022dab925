"""Optical instruments: what light shows of temperature and composition.

Light sees the refractive index, whose change is n_T dT + sum_i n_c,i dc_i in the fluid and n_T dT
in a solid (a window). What an instrument records is linear in it. Its signal of a field is the same
functional of the field, divided by its weight: a gradient (:mod:`femsoret.post.beam_deflection`) or
a difference of means along paths (:mod:`femsoret.post.interferometer`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture
from femsoret.post.contrast_matrix import ContrastMatrix
from femsoret.post.fields import kept
from femsoret.post.points import PointsInCells, check_inside, points_in_cells
from femsoret.post.rays import FLUID, NODES, Path, Ray, paths, region_names
from femsoret.post.readings import Law, Move, Points
from femsoret.post.signals import Signal
from femsoret.problem import Problem


@dataclass(frozen=True)
class Contrast:
    """Refractive index of a fluid, and how it changes, at one wavelength.

    Args:
        wavelength: Wavelength in vacuum, m.
        n: Refractive index.
        n_T: dn/dT, 1/K.
        n_c: dn/dc of each independent mass fraction.
        sources: Name of each of these numbers -> its mark or source.
    """

    wavelength: float
    n: float
    n_T: float
    n_c: tuple[float, ...]
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Glass:
    """Refractive index of a solid, and how it changes with temperature.

    Args:
        n: Refractive index; several numbers are those at each wavelength of an instrument.
        n_T: dn/dT, 1/K, likewise.
        sources: Name of each of these numbers -> its mark or source.
    """

    n: float | tuple[float, ...]
    n_T: float | tuple[float, ...] = 0.0
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)

    def index(self, number: int) -> float:
        """Return the index at a wavelength, by its number."""
        return self.n[number] if isinstance(self.n, tuple) else self.n

    def slope(self, number: int) -> float:
        """Return dn/dT at a wavelength, by its number, 1/K."""
        return self.n_T[number] if isinstance(self.n_T, tuple) else self.n_T

    @property
    def changes(self) -> bool:
        """Whether the index depends on the temperature at any wavelength."""
        return any(self.n_T) if isinstance(self.n_T, tuple) else bool(self.n_T)


@dataclass(frozen=True, eq=False)
class Optics:
    """Optical properties that an instrument sees.

    Args:
        contrasts: Those of the fluid, one for each wavelength.
        glasses: Those of the solids that the light passes, by name.
        noise: Standard deviation of the signal at each wavelength, in its unit; empty if unknown.
    """

    contrasts: tuple[Contrast, ...]
    glasses: Mapping[str, Glass] = MappingProxyType({})
    noise: tuple[float, ...] = ()

    @property
    def matrix(self) -> ContrastMatrix:
        """The contrast factors of all components at all wavelengths."""
        return ContrastMatrix(
            np.array([of.n_c for of in self.contrasts]), np.array([of.n_T for of in self.contrasts])
        )


@dataclass(frozen=True)
class Amplitudes:
    """Parts of an optical signal, in its unit.

    Args:
        thermal: By the temperature in the fluid.
        windows: By the temperature in the windows that the mesh has.
        solutal: By each mass fraction.
    """

    thermal: float
    windows: float
    solutal: tuple[float, ...]

    @property
    def total(self) -> float:
        """The whole signal."""
        return self.thermal + self.windows + sum(self.solutal)


@dataclass(frozen=True, eq=False)
class Beam:
    """Parallel rays with weights.

    Args:
        rays: The rays.
        weights: Their shares of the light, which add up to 1.
    """

    rays: tuple[Ray, ...]
    weights: tuple[float, ...]

    def traced(self, problem: Problem, *, finely: bool, nodes: int = NODES) -> tuple[Path, ...]:
        """Return the paths of the rays; collective at first."""
        return kept(
            problem,
            (self, finely, nodes),
            lambda: paths(problem.cell, self.rays, nodes=nodes, finely=finely),
        )

    def moved(self, move: Move) -> Beam:
        """Return the beam of moved rays."""
        return Beam(tuple(ray.moved(move) for ray in self.rays), self.weights)


def gaussian(ray: Ray, radius: float, across: Sequence[Array], number: int = 5) -> Beam:
    """Return a Gaussian beam as parallel rays, at Gauss-Hermite points of its intensity.

    Args:
        ray: The ray in its middle.
        radius: Distance from the middle at which the intensity is 1/e^2 of the greatest, m.
        across: Unit vectors across the beam, one or two, shape (dim,).
        number: Number of rays along each of them.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(number)
    shifts: list[tuple[Array, float]] = [(np.zeros(len(across[0])), 1.0)]
    for vector in across:
        shifts = [
            (shift + radius / np.sqrt(2.0) * node * vector, share * weight / np.sqrt(np.pi))
            for shift, share in shifts
            for node, weight in zip(nodes, weights, strict=True)
        ]
    return Beam(
        tuple(ray.shifted(shift) for shift, _ in shifts), tuple(float(w) for _, w in shifts)
    )


@dataclass(frozen=True)
class PathMean:
    """Reading of the mean along the optical axis, in the fluid: the depth average.

    Args:
        beam: The rays.
        nodes: Gauss points between two points of division of a path.
        finely: Whether all facets divide a path; without, only interfaces, for images of many rays.
    """

    beam: Beam
    nodes: int = NODES
    finely: bool = True

    def of(self, problem: Problem, block: str) -> float:
        """Return the mean of a scalar block along the rays; collective."""
        located, weights = self._located(problem)
        return float(weights @ located.values(problem, block))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the mean of a function of the temperature along the rays; collective."""
        located, weights = self._located(problem)
        return float(weights @ law(located.values(problem, "theta")))

    def moved(self, move: Move) -> PathMean:
        """Return the mean along the moved rays."""
        return PathMean(self.beam.moved(move), self.nodes, self.finely)

    def points(self, cell: Cell) -> Points:
        """Return the quadrature points in the fluid and their weights; collective."""
        return self._points(paths(cell, self.beam.rays, nodes=self.nodes, finely=self.finely))

    def length(self, problem: Problem) -> float:
        """Return the mean length of the rays in the fluid, m; collective at first."""
        return sum(
            weight * path.length()
            for weight, path in zip(self.beam.weights, self._traced(problem), strict=True)
        )

    def through_solids(self, problem: Problem, glasses: Mapping[str, Glass]) -> dict[str, float]:
        """Return the integral of T - T0 through each solid whose index changes, K m; collective.

        Args:
            problem: A solved problem.
            glasses: Optical properties of the solids that the rays pass, by name.
        """
        found, names = dict[str, float](), region_names(problem.cell)
        for number, glass in glasses_by_region(problem.cell, glasses).items():
            x, weights = self._in_region(problem, number)
            if len(x) and glass.changes:
                located = kept(
                    problem,
                    (self, "solid", number),
                    partial(inside_region, problem.cell, x, number),
                )
                found[names[number]] = float(weights @ located.values(problem, "theta"))
        return found

    def _traced(self, problem: Problem) -> tuple[Path, ...]:
        return self.beam.traced(problem, finely=self.finely, nodes=self.nodes)

    def _located(self, problem: Problem) -> tuple[PointsInCells, Array]:
        def make() -> tuple[PointsInCells, Array]:
            x, weights = self._points(self._traced(problem))
            return inside_region(problem.cell, x, FLUID), weights

        return kept(problem, (self, "fluid"), make)

    def _points(self, traced: Sequence[Path]) -> Points:
        """Return points in the fluid; each ray has its share of the light as its weight."""
        parts = []
        for share, path in zip(self.beam.weights, traced, strict=True):
            here = path.regions == FLUID
            parts.append((path.x[here], share * path.weights[here] / path.weights[here].sum()))
        return np.concatenate([x for x, _ in parts]), np.concatenate([w for _, w in parts])

    def _in_region(self, problem: Problem, region: int) -> Points:
        """Return the points in a region; their weights are lengths, m."""
        parts = [(np.empty((0, problem.cell.dim)), np.empty(0))]
        for share, path in zip(self.beam.weights, self._traced(problem), strict=True):
            here = path.regions == region
            parts.append((path.x[here], share * path.weights[here]))
        return np.concatenate([x for x, _ in parts]), np.concatenate([w for _, w in parts])


class OpticalSignal(Signal):
    """A signal that an optical instrument records, at one wavelength or several."""

    optics: Optics
    recorded: ClassVar[tuple[str, str]]
    """What is recorded, and its unit."""
    quantities: ClassVar[Mapping[str, str]]
    """What a record may consist of, and its unit: first what is recorded, and what follows from the
    same beam."""

    @abstractmethod
    def amplitudes(self, problem: Problem) -> tuple[Amplitudes, ...]:
        """Return what the instrument records, one for each wavelength; collective.

        Args:
            problem: A solved problem.
        """

    @abstractmethod
    def responses(self, problem: Problem, quantity: str = "") -> tuple[float, ...]:
        """Return the record over the signal of the refractive index, one for each wavelength.

        Collective at first.

        Args:
            problem: A problem on the mesh.
            quantity: One of `quantities`; empty for what is recorded.
        """


@dataclass(frozen=True, eq=False)
class Laboratory:
    """The Soret coefficients that a laboratory finds from optical amplitudes.

    The fast part of the record is taken as thermal and gives dT, the slow one as solutal and gives
    dc by the contrast factors: S = -dc/(f dT), for one component -(n_T/n_c)(solutal/thermal)/f.

    Args:
        apparent: From all of the thermal amplitude, 1/K, shape (N,).
        corrected: From the thermal amplitude less that of the windows, 1/K, shape (N,).
        covariance: Covariance of `apparent` by the noise of the solutal amplitudes, 1/K^2, shape
            (N, N); None if the noise is not stated.
    """

    apparent: Array
    corrected: Array
    covariance: Array | None


def laboratory(mixture: Mixture, signal: OpticalSignal, problem: Problem) -> Laboratory | None:
    """Return the Soret coefficients from the record of an optical instrument; collective.

    Args:
        mixture: The mixture.
        signal: The instrument.
        problem: A solved problem, whose separation is complete.

    Returns:
        The coefficients; None without species or without a thermal amplitude.
    """
    optics, species = signal.optics, mixture.species
    if not species:
        return None
    parts, responses = signal.amplitudes(problem), np.array(signal.responses(problem))
    slow = np.array([sum(of.solutal) for of in parts])
    per_kelvin = responses * np.array([of.n_T for of in optics.contrasts])
    thermal = np.array([of.thermal for of in parts])
    windows = np.array([of.windows for of in parts])
    if not (per_kelvin.all() and thermal.all() and (thermal + windows).all()):
        return None
    # The closure is linearised about the mean composition, as laboratories do.
    f: Array = np.array(mixture.reference.prefactors)
    slopes = np.asarray(0.0 - optics.matrix.fractions(slow / responses, 0.0) / f, dtype=float)
    dT = float(np.mean((thermal + windows) / per_kelvin))
    dT_corrected = float(np.mean(thermal / per_kelvin))
    covariance = None
    if optics.noise:
        of_fractions = optics.matrix.covariance(np.array(optics.noise) / responses)
        covariance = np.asarray(of_fractions / np.outer(f, f) / dT**2, dtype=float)
    return Laboratory(slopes / dT, slopes / dT_corrected, covariance)


def passed_solids(cell: Cell, beam: Beam) -> set[str]:
    """Return the names of the solids that a beam passes; collective.

    Args:
        cell: The cell.
        beam: The beam.

    Raises:
        ConditionError: A ray does not suit the cell, or misses its fluid.
    """
    names = region_names(cell)
    traced = paths(cell, beam.rays, finely=False)
    return {names[piece.region] for path in traced for piece in path.pieces if piece.region > FLUID}


def glasses_by_region(cell: Cell, glasses: Mapping[str, Glass]) -> dict[int, Glass]:
    """Return the optical properties of solids by the number of their region."""
    return {
        number: glasses[name] for number, name in enumerate(region_names(cell)) if name in glasses
    }


def name_of_region(cell: Cell, region: int) -> str:
    """Return the name of a region by its number in a path; "fluid" for the fluid."""
    return region_names(cell)[region] or "fluid"


def inside_region(cell: Cell, x: Array, region: int) -> PointsInCells:
    """Return points located in the mesh cells of a region; collective.

    Raises:
        ConditionError: A point lies outside.
    """
    located, inside = points_in_cells(cell.mesh, x, cell.cells_of(region_names(cell)[region]))
    check_inside(located, inside, f"the {name_of_region(cell, region)}")
    return located
