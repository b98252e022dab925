"""What a cell shows as a function of time and of the unknowns, for all records of it.

One march predicts the signals at all times, and its tangents how they change with the unknowns, so
that durations, samples and readings need no march of their own. Unknowns in which the response is
linear over their priors enter by their tangents at the prior values. In others, such as the tilt of
a level cell, of which the separation is an even function so that its first derivative says nothing,
the response is a polynomial,

    f(t, z) = sum_m F_m t^m + sum_j z_j sum_m G_jm t^m,

with t the changes of the curved unknowns and z those of the linear ones. Its coefficients follow by
least squares from predictions and tangents at a few values of the curved unknowns (R. H. Myers, D.
C. Montgomery, Response Surface Methodology, 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from femsoret.base.types import Array, GlobalIndices
from femsoret.studies.design.recording import Recording
from femsoret.studies.fit.model import Model, Predictions
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.surface import monomials, slopes_of_monomials
from femsoret.studies.fit.unknowns import Unknown

REACH: Final = 2.0
"""Distance of the outer evaluations from the prior value, in standard deviations."""

EVEN: Final = 1e-3
"""First-order over second-order effect below which the response is even in an unknown."""

CURVED: Final = 0.2
"""Deviation from a linear response over one standard deviation of a prior, in standard
uncertainties of the data (root sum of squares), from which on an unknown is curved."""

MAY_CURVE: Final = ("tilt", "azimuth", "side_loss", "thermostat_offset")
"""Quantities in which the response may not be linear over their priors."""


@dataclass(frozen=True)
class Axis:
    """An unknown in which the response is a polynomial.

    Args:
        unknown: Its number.
        reach: Distance of the outermost evaluation from the prior value, in its unit.
        even: Whether the response is an even function of its change.
        fine: Whether there are further evaluations.
    """

    unknown: int
    reach: float
    even: bool
    fine: bool

    @property
    def places(self) -> tuple[float, ...]:
        """Where the model is evaluated beside the prior value, over the reach."""
        if not self.fine:
            return (1.0,)
        return (0.5, 1.0) if self.even else (-1.0, 1.0)

    @property
    def powers(self) -> tuple[int, ...]:
        """Powers of the change in the predictions."""
        if self.even:
            return (2, 4, 6) if self.fine else (2, 4)
        return (1, 2, 3, 4) if self.fine else (1, 2, 3)

    @property
    def powers_of_slopes(self) -> tuple[int, ...]:
        """Powers of the change in the derivatives by linear unknowns."""
        if self.even:
            return (2, 4) if self.fine else (2,)
        return (1, 2) if self.fine else (1,)


@dataclass(frozen=True, eq=False)
class Response:
    """The response of a cell.

    Args:
        unknowns: All unknowns.
        signals: Columns of the history that are predicted.
        times: Times at which they are, s, shape (m,); one for steady states.
        axes: The curved unknowns.
        powers: Powers of their changes over their reaches in the predictions, shape (terms, k).
        coefficients: Coefficients of the predictions, shape (terms, signals, m).
        powers_of_slopes: The same of the derivatives by linear unknowns, shape (others, k).
        slopes: Coefficients of these, shape (others, linear, signals, m).
    """

    unknowns: tuple[Unknown, ...]
    signals: tuple[str, ...]
    times: Array
    axes: tuple[Axis, ...]
    powers: GlobalIndices
    coefficients: Array
    powers_of_slopes: GlobalIndices
    slopes: Array

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Numbers of the unknowns in which it is linear."""
        curved = {axis.unknown for axis in self.axes}
        return tuple(i for i in range(len(self.unknowns)) if i not in curved)

    @cached_property
    def reaches(self) -> Array:
        """Reaches of the curved unknowns, shape (k,)."""
        return np.array([axis.reach for axis in self.axes])

    @cached_property
    def _between(self) -> PchipInterpolator | None:
        """All coefficients as functions of time; None for steady states."""
        if len(self.times) == 1:
            return None
        return PchipInterpolator(self.times, self._all, axis=2)

    @cached_property
    def _all(self) -> Array:
        """All coefficients, shape (terms + others x linear, signals, m)."""
        flat = self.slopes.reshape(-1, *self.slopes.shape[2:])
        return np.concatenate([self.coefficients, flat])

    def basis(self, recording: Recording) -> Array:
        """Return all coefficients at the samples of a record, shape (n, columns).

        Columns are those of the predictions, and then of the derivatives, as in :meth:`weights`.

        Args:
            recording: The record.
        """
        if self._between is None:
            found = np.repeat(self._all, recording.samples, axis=2)
        else:
            found = self._between(recording.times)
        which = [self.signals.index(name) for name in recording.signals]
        return np.asarray(found[:, which].reshape(len(self._all), -1).T)

    def weights(self, t: Array) -> tuple[Array, Array]:
        """Return the factors of the columns of the basis.

        Args:
            t: Changes of the curved unknowns, shape (N, k).

        Returns:
            Those of the predictions, shape (N, columns), and of the derivative by each linear
            unknown, shape (N, linear, columns).
        """
        tau = t / self.reaches
        phi, psi = monomials(self.powers, tau), monomials(self.powers_of_slopes, tau)
        terms, others, q = len(self.powers), len(self.powers_of_slopes), len(self.linear)
        values = np.zeros((len(t), terms + others * q))
        values[:, :terms] = phi
        slopes = np.zeros((len(t), q, terms + others * q))
        for j in range(q):
            slopes[:, j, terms + j :: q][:, :others] = psi
        return values, slopes

    def weights_of_slopes(self, t: Array, axis: int) -> tuple[Array, Array]:
        """Return the derivatives of the factors by the change of a curved unknown.

        Args:
            t: Changes of the curved unknowns, shape (N, k).
            axis: Number of the curved unknown.

        Returns:
            As by :meth:`weights`.
        """
        tau, reach = t / self.reaches, self.reaches[axis]
        phi = slopes_of_monomials(self.powers, tau, axis) / reach
        psi = slopes_of_monomials(self.powers_of_slopes, tau, axis) / reach
        terms, others, q = len(self.powers), len(self.powers_of_slopes), len(self.linear)
        values = np.zeros((len(t), terms + others * q))
        values[:, :terms] = phi
        slopes = np.zeros((len(t), q, terms + others * q))
        for j in range(q):
            slopes[:, j, terms + j :: q][:, :others] = psi
        return values, slopes


@dataclass(frozen=True, eq=False)
class ResponseModel:
    """A response as a model of the data of one record, for fits.

    Args:
        response: The response.
        recording: The record.
        unknowns: The unknowns, perhaps with other priors than those of the response.
    """

    response: Response
    recording: Recording
    unknowns: tuple[Unknown, ...]

    @cached_property
    def _basis(self) -> Array:
        return self.response.basis(self.recording)

    @cached_property
    def _origin(self) -> Array:
        return Priors(self.response.unknowns).values

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the response says (see :class:`~femsoret.studies.fit.model.Model`)."""
        of, change = self.response, values - self._origin
        t = np.array([[change[axis.unknown] for axis in of.axes]])
        z = change[list(of.linear)]
        at, by = (each[0] for each in of.weights(t))
        found = self._basis @ (at + z @ by)
        if not slopes:
            return Predictions(found, None)
        jacobian = np.zeros((len(found), len(values)))
        jacobian[:, list(of.linear)] = self._basis @ by.T
        for k, axis in enumerate(of.axes):
            at, by_axis = (each[0] for each in of.weights_of_slopes(t, k))
            jacobian[:, axis.unknown] = self._basis @ (at + z @ by_axis)
        return Predictions(found, jacobian)


Evaluate = Callable[[Array], Predictions]
"""Function that returns the predictions with their slopes at values of all unknowns."""


def curved_unknowns(
    model: Model, noise: Array, widths: Array | None = None
) -> tuple[tuple[int, bool], ...]:
    """Return in which unknowns a response is curved, and whether it is even in them; collective.

    Args:
        model: The model.
        noise: Standard uncertainties of its predictions, shape (n,).
        widths: Standard deviations of all unknowns; None for those of their priors.

    Returns:
        Pairs of the number of an unknown and whether the response is even.
    """
    priors = Priors(tuple(model.unknowns))
    widths = priors.widths if widths is None else widths
    first, found = None, []
    for k, unknown in enumerate(model.unknowns):
        if unknown.quantity not in MAY_CURVE or unknown.prior.is_flat:
            continue
        first = model.predict(priors.values) if first is None else first
        assert first.jacobian is not None  # slopes were asked for
        x = priors.values.copy()
        x[k] += widths[k]
        there = model.predict(x, slopes=False)
        along = first.jacobian[:, k] * widths[k]
        beyond = (there.values - first.values - along) / noise
        even = np.linalg.norm(along / noise) < EVEN * np.linalg.norm(beyond)
        if even or np.linalg.norm(beyond) > CURVED:
            found.append((k, bool(even)))
    return tuple(found)


def response_of(
    model: Model,
    signals: Sequence[str],
    times: Array,
    curved: Sequence[tuple[int, bool]],
    *,
    widths: Array | None = None,
    fine: bool = False,
) -> Response:
    """Return the response of a cell; collective.

    Args:
        model: Model of a data set that has all signals at all times.
        signals: The signals, columns of the history.
        times: The times, s, shape (m,); one for steady states.
        curved: Unknowns in which it is curved, and whether it is even, as by
            :func:`curved_unknowns`.
        widths: Largest standard deviations of all unknowns; None for those of their priors.
        fine: Whether to spend further evaluations.

    Raises:
        NotConverged: The model has no prediction somewhere.
    """
    unknowns = tuple(model.unknowns)
    priors = Priors(unknowns)
    widths = priors.widths if widths is None else widths
    axes = tuple(Axis(k, REACH * float(widths[k]), even, fine) for k, even in curved)
    places = _places(axes)
    shape = (len(signals), len(times))
    values, by = [], []
    for place in places:
        x = priors.values.copy()
        for axis, at in zip(axes, place, strict=True):
            x[axis.unknown] = max(x[axis.unknown] + axis.reach * at, priors.bounds[axis.unknown])
        found = model.predict(x)
        assert found.jacobian is not None  # slopes were asked for
        values.append(found.values.reshape(shape))
        by.append(np.moveaxis(found.jacobian.reshape(*shape, len(unknowns)), 2, 0))
    reached = _reached(priors, axes, places)
    powers = _powers(axes, [axis.powers for axis in axes], mixed=True)
    of_slopes = _powers(axes, [axis.powers_of_slopes for axis in axes], mixed=False)
    response = Response(
        unknowns,
        tuple(signals),
        np.asarray(times),
        axes,
        powers,
        _coefficients(powers, reached, axes, values, by),
        of_slopes,
        np.empty(0),
    )
    linear = list(response.linear)
    right = np.array([each[linear] for each in by])
    slopes, *_ = np.linalg.lstsq(
        monomials(of_slopes, reached), right.reshape(len(places), -1), rcond=None
    )
    return Response(
        unknowns,
        tuple(signals),
        np.asarray(times),
        axes,
        powers,
        response.coefficients,
        of_slopes,
        slopes.reshape(len(of_slopes), len(linear), *shape),
    )


def _places(axes: Sequence[Axis]) -> list[tuple[float, ...]]:
    """Return where the model is evaluated, over the reaches: a star and its corners."""
    zero = (0.0,) * len(axes)
    places = [zero]
    for k, axis in enumerate(axes):
        places += [(*zero[:k], at, *zero[k + 1 :]) for at in axis.places]
    for k, m in combinations(range(len(axes)), 2):
        corner = list(zero)
        corner[k] = corner[m] = 1.0
        places.append(tuple(corner))
    return places


def _reached(priors: Priors, axes: Sequence[Axis], places: Sequence[Sequence[float]]) -> Array:
    """Return the places within the bounds of physics, over the reaches, shape (places, k)."""
    reached = np.array(places, dtype=np.float64).reshape(len(places), len(axes))
    for k, axis in enumerate(axes):
        least = (priors.bounds[axis.unknown] - priors.values[axis.unknown]) / axis.reach
        reached[:, k] = np.maximum(reached[:, k], least)
    return reached


def _powers(
    axes: Sequence[Axis], of_axes: Sequence[tuple[int, ...]], *, mixed: bool
) -> GlobalIndices:
    """Return the powers of the polynomials, shape (terms, k)."""
    zero = [0] * len(axes)
    found = [zero]
    for k, powers in enumerate(of_axes):
        found += [[*zero[:k], power, *zero[k + 1 :]] for power in powers]
    for k, m in combinations(range(len(axes)), 2) if mixed else ():
        for a in (2,) if axes[k].even else (1, 2):
            for b in (2,) if axes[m].even else (1, 2):
                both = zero.copy()
                both[k], both[m] = a, b
                found.append(both)
    return np.array(found, dtype=np.int64).reshape(len(found), len(axes))


def _coefficients(
    powers: GlobalIndices,
    reached: Array,
    axes: Sequence[Axis],
    values: Sequence[Array],
    by: Sequence[Array],
) -> Array:
    """Return the coefficients of the predictions, shape (terms, signals, m)."""
    rows, right = [monomials(powers, reached)], [np.array(values)]
    for k, axis in enumerate(axes):
        rows.append(slopes_of_monomials(powers, reached, k))
        right.append(np.array([each[axis.unknown] * axis.reach for each in by]))
    matrix, wanted = np.concatenate(rows), np.concatenate(right)
    found, *_ = np.linalg.lstsq(matrix, wanted.reshape(len(wanted), -1), rcond=None)
    return np.asarray(found).reshape(len(powers), *wanted.shape[1:])
