"""Signals: what an instrument shows of temperature and composition, and the S_T that follows.

A signal is a linear functional F of a scalar field that vanishes for uniform fields: the difference
of two readings, a gradient, the deflection of a beam of light. If the fluid is at rest,
dPhi(c) = -S dT (:mod:`femsoret.post.soret`), so that

    S_app = -F[Phi]/F[T]

is what a laboratory concludes from the signals of composition and temperature. For the difference
of two readings, F[Phi] = Phi(c_hot) - Phi(c_cold). For other signals Phi is linearised about the
mean composition where the signal is taken, F[Phi] = F[c]/f(c).

S_true is the same expression for the same signal of the state at rest, whose composition is known
as a function of the temperature. S_fluid is the Soret coefficient of the fluid at rest: between the
temperatures of two readings, and where another signal is taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from femsoret.base.errors import ConditionError, FemsoretError
from femsoret.base.types import Array
from femsoret.cells import Cell
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.at_rest import AtRest, phi_change, phi_slope
from femsoret.post.chambers import why_not_together
from femsoret.post.evaluation import Layer, cosines, slopes_of_cosines
from femsoret.post.fields import located_in, read_at
from femsoret.post.points import slopes_at
from femsoret.post.readings import (
    Law,
    LineMean,
    Move,
    Reading,
    moved_point,
    on_segment,
)
from femsoret.post.soret import (
    SAME_TEMPERATURE,
    Coefficients,
    TrueSoret,
    fitted,
    sized,
    true_soret,
)
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.problem.orientation import WallPair

_STEP: Final = 3e-3
"""Step of temperature for the derivative of a law, relative to the temperature difference of the
cell: the error of the formula, of fourth order, and round-off are both below 1e-9."""

ONE_PLACE: Final = 1e-6
"""Response to a linear profile, relative to that of the whole gap, that counts as zero."""


class Functional(Protocol):
    """A linear functional of a scalar field: a reading or a signal."""

    def of(self, problem: Problem, block: str) -> float:
        """Return the functional of a scalar block; collective."""

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the functional of a function of the temperature; collective."""


Read = Callable[[Functional], float]
"""Function that returns a functional of the deviation c - c0 of one species in some state."""


class Signal(ABC):
    """A linear functional of a scalar field that vanishes for uniform fields."""

    @abstractmethod
    def of(self, problem: Problem, block: str) -> float:
        """Return the signal of a scalar block; collective.

        Args:
            problem: A solved problem.
            block: "theta" or a composition.
        """

    @abstractmethod
    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the signal of a function of the temperature; collective.

        Args:
            problem: A solved problem, of which only the temperature is used.
            law: The function of theta = T - T0, K; each rank calls it with its own values.
        """

    @abstractmethod
    def moved(self, move: Move) -> Signal:
        """Return the same signal in a cell whose shape has changed."""

    @property
    @abstractmethod
    def place(self) -> Reading:
        """Where the signal is taken: mean temperature and composition."""

    @abstractmethod
    def size(self, gap: float) -> float:
        """Return the response, along the axis, to a linear profile that changes by 1 across a gap.

        It is the scale of the signal, which decides whether a response counts as zero.

        Args:
            gap: Distance between the hot and the cold wall, m.
        """

    @abstractmethod
    def layer(self, cell: Cell, walls: WallPair) -> Layer:
        """Return the response to the series of a layer at rest between two walls; collective.

        Args:
            cell: The cell.
            walls: The cold and the hot wall.

        Raises:
            ConditionError: The signal does not respond to a linear profile between these walls.
        """

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The places that must lie in the same chamber."""
        return (self.place,)

    def of_phi(self, mixture: Mixture, species: int, read: Read) -> float:
        """Return the signal of Phi(c), linearised about the composition where it is taken.

        Args:
            mixture: The mixture, with numerical properties.
            species: Index of the species.
            read: Returns functionals of the deviation of this species.
        """
        return phi_slope(mixture, species, read(self.place)) * read(self)

    def true(self, rest: Problem) -> tuple[TrueSoret, ...]:
        """Return the Soret coefficients that the signal gives without flow; collective.

        Args:
            rest: The state without gravity, solved; only its temperature field and its composition
                where the signal is taken are used.

        Returns:
            One true Soret coefficient per species.

        Raises:
            ConditionError: The signal gives no apparent S_T.
            FluidError: A property law is not finite.
        """
        mixture, place = rest.mixture, self.place
        theta = place.of(rest, "theta")
        gamma = np.array([place.of(rest, composition(i)) for i in range(len(rest.mixture.species))])
        form = fitted(AtRest.through(mixture, theta, gamma), rest, place, gamma)
        dT = self.of(rest, "theta")
        values = [
            _apparent(self, mixture, i, _reading_rest(form, rest, i), dT) for i in range(len(gamma))
        ]
        return sized(np.array(values), form.soret_along(theta)[0], changes_sign=False)


def _reading_rest(form: AtRest, rest: Problem, species: int) -> Read:
    """Return the function that returns functionals of the composition at rest."""
    return lambda of: of.of_law(rest, lambda theta: form.compositions(theta)[species])


def _apparent(signal: Signal, mixture: Mixture, species: int, read: Read, dT: float) -> float:
    """Return the apparent S_T of a signal, 1/K; dT is the signal of the temperature.

    Raises:
        ConditionError: Phi is undefined for a mass fraction that was read.
    """
    found = (0.0 - signal.of_phi(mixture, species, read)) / dT  # without minus zeros
    if not np.isfinite(found):
        raise ConditionError(
            "a mass fraction that was read is outside 0..1: it gives no apparent Soret coefficient",
            "refine the mesh, or choose a closure that suits the composition",
        )
    return found


@dataclass(frozen=True, eq=False)
class Pair(Signal):
    """Two readings whose difference is a separation.

    Args:
        name: Name of the pair in the report.
        hot: Reading of T and c at the hot end.
        cold: Reading of T and c at the cold end.
    """

    name: str
    hot: Reading
    cold: Reading

    def of(self, problem: Problem, block: str) -> float:
        """Return the hot less the cold reading of a scalar block; collective."""
        return self.hot.of(problem, block) - self.cold.of(problem, block)

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the difference for a function of the temperature; collective."""
        return self.hot.of_law(problem, law) - self.cold.of_law(problem, law)

    def moved(self, move: Move) -> Pair:
        """Return the pair of moved readings."""
        return Pair(self.name, self.hot.moved(move), self.cold.moved(move))

    @property
    def place(self) -> Reading:
        """The cold reading."""
        return self.cold

    def size(self, gap: float) -> float:
        """Return 1."""
        return 1.0

    def layer(self, cell: Cell, walls: WallPair) -> Layer:
        """Return the response to the series of a layer at rest; collective.

        Raises:
            ConditionError: Both readings have the same mean position between the walls.
        """
        (hot, w_hot), (cold, w_cold) = (
            (walls.position(x), weights)
            for x, weights in (self.hot.points(cell), self.cold.points(cell))
        )
        at_hot, at_cold = float(w_hot @ hot), float(w_cold @ cold)
        if abs(at_hot - at_cold) < ONE_PLACE:
            raise ConditionError(
                "both readings have the same position between the cold and the hot wall, "
                f"{at_cold:.4g} of the gap, so that they give no separation along the gradient",
                "evaluate with readings at two positions between these walls",
            )
        if max(float(np.ptp(hot)), float(np.ptp(cold))) < ONE_PLACE:
            return Layer.between(walls.distance, cold=at_cold, hot=at_hot)
        modes = w_hot @ cosines(hot) - w_cold @ cosines(cold)
        return Layer(walls.distance, at_hot - at_cold, modes)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The hot and the cold reading."""
        return self.hot, self.cold

    def of_phi(self, mixture: Mixture, species: int, read: Read) -> float:
        """Return Phi(c_hot) - Phi(c_cold)."""
        return phi_change(mixture, species, (read(self.hot), read(self.cold)))

    def true(self, rest: Problem) -> tuple[TrueSoret, ...]:
        """Return the Soret coefficients that the readings give without flow; collective."""
        return true_soret(rest, self.hot, self.cold)


@dataclass(frozen=True)
class MeanGradient(Signal):
    """Directional derivative at a point, or its mean along a straight segment.

    The derivative of a finite-element field jumps across the facets of mesh cells. On a facet the
    mean of both sides is taken, which is more accurate than the value on either side.

    Args:
        start: Coordinates of one end, m, shape (dim,).
        end: Coordinates of the other end, m; the same as `start` for a point.
        direction: Direction, shape (dim,), of any length except zero.
        number: Number of Gauss-Legendre points along the segment.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    direction: tuple[float, ...]
    number: int = 200

    def of(self, problem: Problem, block: str) -> float:
        """Return the derivative of a scalar block, K/m or 1/m; collective.

        Raises:
            ConditionError: The direction has length zero, or a point lies outside the mesh or the
                fluid.
        """
        x, weights = on_segment(self.start, self.end, self.number)
        return float(weights @ self._slopes(problem, block, x))

    def of_law(self, problem: Problem, law: Law) -> float:
        """Return the derivative of a function of the temperature, by the chain rule; collective."""
        x, weights = on_segment(self.start, self.end, self.number)
        theta = read_at(problem, "theta", x, keep=self)
        slopes = self._slopes(problem, "theta", x)
        return float(weights @ (derivative_of_law(problem, law, theta) * slopes))

    def moved(self, move: Move) -> MeanGradient:
        """Return the derivative between the moved ends, in the same direction."""
        start, end = moved_point(self.start, move), moved_point(self.end, move)
        return MeanGradient(start, end, self.direction, self.number)

    @property
    def along(self) -> Array:
        """Unit vector of the direction, shape (dim,).

        Raises:
            ConditionError: The direction has length zero.
        """
        return unit_vector(self.direction, "a gradient")

    @property
    def place(self) -> Reading:
        """The mean along the segment."""
        return LineMean(self.start, self.end, self.number)

    def size(self, gap: float) -> float:
        """Return 1/gap, 1/m."""
        return 1.0 / gap

    def layer(self, cell: Cell, walls: WallPair) -> Layer:
        """Return the response to the series of a layer at rest.

        Raises:
            ConditionError: The direction is along the walls.
        """
        x, weights = on_segment(self.start, self.end, self.number)
        rise = float(self.along @ np.asarray(walls.axis)) / walls.distance
        if abs(rise) * walls.distance < ONE_PLACE:
            raise ConditionError(
                "the gradient is along the walls, where a layer has none",
                "evaluate a gradient along the axis from the cold to the hot wall",
            )
        return Layer(walls.distance, rise, rise * (weights @ slopes_of_cosines(walls.position(x))))

    def _slopes(self, problem: Problem, block: str, x: Array) -> Array:
        """Return the derivatives at points; collective."""
        located_in(problem, block, x, keep=self)  # raises an error for points outside
        among = None if block == "theta" else problem.cell.fluid_cells
        key = (self, "slopes", among is None)
        return slopes_at(
            problem, block, x, self.along, among=among, what="the cell or the fluid", keep=key
        )


def unit_vector(direction: Sequence[float], of: str) -> Array:
    """Return the unit vector of a direction, shape (dim,).

    Args:
        direction: The direction, shape (dim,).
        of: What has this direction, such as "a gradient".

    Raises:
        ConditionError: Its length is zero.
    """
    length = float(np.linalg.norm(direction))
    if not length:
        raise ConditionError(
            f"the direction of {of} has length zero",
            "give a direction with at least one component that is not zero",
        )
    return np.asarray(direction) / length


def derivative_of_law(problem: Problem, law: Law, theta: Array) -> Array:
    """Return the derivative of a function of the temperature, by differences of fourth order.

    Args:
        problem: The problem, for its temperature difference.
        law: The function of theta = T - T0, K.
        theta: Where, K, shape (n,).
    """
    step = _STEP * problem.scales.unknown["theta"]
    shifts = np.array([-2.0, -1.0, 1.0, 2.0])
    at = law(np.concatenate([theta + shift * step for shift in shifts])).reshape(4, -1)
    return np.asarray(np.array([1.0, -8.0, 8.0, -1.0]) @ at / (12.0 * step))


@dataclass(frozen=True)
class Taken:
    """A signal of one state, as differences across the gap.

    A difference is that of a linear profile along the axis with the same signal: for a gradient, it
    is the gradient times the gap; for a pair of readings, their own difference.

    Args:
        dT: Difference of the temperature, K.
        dc: Difference of each mass fraction.
        apparent: Apparent Soret coefficient of each species, 1/K; empty for the reason in
            ``missing``.
        missing: Why there is no apparent Soret coefficient; empty if there is.
    """

    dT: float
    dc: tuple[float, ...]
    apparent: tuple[float, ...] = ()
    missing: str = ""


def take(problem: Problem, signal: Signal) -> Taken:
    """Return a signal of a solved problem; collective.

    Args:
        problem: A solved problem.
        signal: The signal.

    Raises:
        ConditionError: A point lies outside the mesh or the fluid.
    """
    mixture, frame = problem.mixture, problem.orientation
    number = len(mixture.species)
    size = signal.size(frame.gap)
    of_T = signal.of(problem, "theta")
    dT, dc = of_T / size, tuple(signal.of(problem, composition(i)) / size for i in range(number))
    if not number:
        return Taken(dT, dc, missing="the cell contains a pure fluid")
    missing = why_not_together(problem, signal.readings[0], signal.readings[-1])
    if not missing and abs(dT) <= SAME_TEMPERATURE * abs(frame.dT or 1.0):
        missing = "the signal of the temperature is zero"
    if missing:
        return Taken(dT, dc, missing=missing)

    def read_of(species: int) -> Read:
        return lambda of: of.of(problem, composition(species))

    try:
        S = tuple(_apparent(signal, mixture, i, read_of(i), of_T) for i in range(number))
    except ConditionError as error:
        return Taken(dT, dc, missing=error.message)
    return Taken(dT, dc, S)


@dataclass(frozen=True)
class Seen:
    """A signal with gravity and without, and the Soret coefficients that follow.

    Args:
        at: The signal with gravity.
        at_reference: The signal without gravity, on the same mesh.
        outcomes: Soret coefficients, one per species; empty for the reason in ``missing``.
        missing: Why there are none; empty if there are.
    """

    at: Taken
    at_reference: Taken
    outcomes: tuple[Coefficients, ...] = ()
    missing: str = ""


def seen(convection: Problem, reference: Problem, rest: Problem, signal: Signal) -> Seen:
    """Return a signal of an experiment and the Soret coefficients from it; collective.

    Args:
        convection: The state with gravity, solved.
        reference: The state without gravity, solved.
        rest: The steady state without gravity, which defines the true Soret coefficients.
        signal: The signal.

    Raises:
        ConditionError: A point lies outside the mesh or the fluid.
    """
    at, at_reference = take(convection, signal), take(reference, signal)
    missing = at.missing or at_reference.missing
    if missing:
        return Seen(at, at_reference, missing=missing)
    try:
        true = signal.true(rest)
    except FemsoretError as error:
        return Seen(at, at_reference, missing=error.message)
    outcomes = tuple(
        Coefficients(*each) for each in zip(at.apparent, at_reference.apparent, true, strict=True)
    )
    return Seen(at, at_reference, outcomes)


@dataclass(frozen=True)
class Gradients:
    """Derivatives of T and c at one place in one direction.

    Args:
        T: Derivative of the temperature, K/m.
        each: Derivatives of the mass fractions, 1/m, by name of the species.
    """

    T: float
    each: Mapping[str, float]

    @property
    def c(self) -> float | None:
        """Derivative of the mass fraction of the first species, 1/m; None in a pure fluid."""
        return next(iter(self.each.values()), None)


def read_gradients(problem: Problem, places: Mapping[str, MeanGradient]) -> dict[str, Gradients]:
    """Return the gradients at named places; collective.

    Args:
        problem: A solved problem.
        places: Name -> where and in which direction the derivatives are taken.

    Returns:
        Name -> gradients at that place.
    """
    fields = {
        species.name: field
        for species, field in zip(
            problem.mixture.species, problem.layout.compositions, strict=False
        )
    }
    return {
        name: Gradients(
            T=place.of(problem, "theta"),
            each={species: place.of(problem, field) for species, field in fields.items()},
        )
        for name, place in places.items()
    }
