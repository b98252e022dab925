"""What a cell shows as a function of time and of the unknowns, for all records of it.

One march predicts the signals at all times, and its tangents how they change with the unknowns, so
that durations, samples and readings need no march of their own. Unknowns in which the response is
linear over their priors enter by their tangents at the prior values. Others are *curved*, such as
the tilt of a level cell, of which the separation is an even function, so that its first derivative
says nothing. In these, the response is interpolated between evaluations on a star about the prior
values: the predictions by cubic polynomials that have the values and the slopes of both neighbours
(Hermite), their derivatives by the other unknowns by splines. Where two of them change together,
one evaluation more gives the product of both. Beyond the outermost evaluation it goes on linearly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline, PchipInterpolator

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.studies.design.recording import Recording
from femsoret.studies.fit.model import Model, Predictions
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.unknowns import Unknown

EVEN: Final = 1e-3
"""First-order over second-order effect below which the response is even in an unknown."""

CURVED: Final = 0.2
"""Deviation from a linear response over one standard deviation of a prior, in standard
uncertainties of the data (root sum of squares), from which on an unknown is curved."""

MAY_CURVE: Final = ("tilt", "azimuth", "side_loss", "thermostat_offset")
"""Quantities in which the response may not be linear over their priors."""

_SAME: Final = 1e-9
"""Relative distance of two places that are one."""


@dataclass(frozen=True)
class Axis:
    """A curved unknown.

    Args:
        unknown: Its number.
        even: Whether the response is an even function of its change.
        nodes: Changes at which the model was evaluated, in its unit, ascending, with 0; none of
            them negative if the response is even.
    """

    unknown: int
    even: bool
    nodes: tuple[float, ...]

    @property
    def centre(self) -> int:
        """Number of the node at the prior value."""
        return self.nodes.index(0.0)

    @property
    def others(self) -> tuple[int, ...]:
        """Numbers of the other nodes."""
        return tuple(i for i in range(len(self.nodes)) if i != self.centre)

    def product(self, t: Array, derivative: int = 0) -> Array:
        """Return the lowest power of the change, 1 at the last node, or its derivative.

        Args:
            t: Changes, shape (N,).
            derivative: 0 or 1.
        """
        power, tau = 2 if self.even else 1, t / self.nodes[-1]
        if derivative:
            return np.asarray(power * tau ** (power - 1) / self.nodes[-1])
        return np.asarray(tau**power)

    def of_values(self, t: Array, derivative: int = 0) -> tuple[Array, Array]:
        """Return the factors of the values and of the slopes at the nodes, shape (N, nodes) each.

        Args:
            t: Changes, shape (N,).
            derivative: 0, or 1 for the derivatives of the factors.
        """
        n, one = len(self.nodes), np.eye(len(self.nodes))
        both = np.hstack([one, 0.0 * one]), np.hstack([0.0 * one, one])
        found = self._inside(CubicHermiteSpline(self.nodes, *both), t, derivative)
        return found[:, :n], found[:, n:]

    def of_slopes(self, t: Array, derivative: int = 0) -> Array:
        """Return the factors of derivatives by other unknowns at the nodes, shape (N, nodes)."""
        one, ends = np.eye(len(self.nodes)), (2, np.zeros(len(self.nodes)))
        begin = (1, np.zeros(len(self.nodes))) if self.even else ends
        spline = CubicSpline(self.nodes, one, bc_type=(begin, ends))
        return self._inside(spline, t, derivative)

    def _inside(self, spline: CubicSpline, t: Array, derivative: int) -> Array:
        """Return a spline, or its derivative, that goes on linearly beyond its ends."""
        s, sign = (np.abs(t), np.where(t < 0.0, -1.0, 1.0)) if self.even else (t, np.ones(len(t)))
        inside = np.clip(s, self.nodes[0], self.nodes[-1])
        slope: Array = np.asarray(spline(inside, 1))
        if derivative:
            return np.asarray(sign[:, None] * slope)
        return np.asarray(spline(inside) + (s - inside)[:, None] * slope)


@dataclass(frozen=True, eq=False)
class Response:
    """The response of a cell.

    Args:
        unknowns: All unknowns.
        signals: Columns of the history that are predicted.
        times: Times at which they are, s, shape (m,); one for steady states.
        axes: The curved unknowns.
        values: Predictions at the centre and at the other nodes of each axis, shape (places,
            signals, m).
        along: For each axis the derivatives by it at all of its nodes, shape (nodes of all axes,
            signals, m).
        corners: What is more, at the last nodes of two axes, than by both alone, shape (pairs,
            signals, m).
        slopes: Derivatives by the linear unknowns at all places, shape (places, linear, signals,
            m).
    """

    unknowns: tuple[Unknown, ...]
    signals: tuple[str, ...]
    times: Array
    axes: tuple[Axis, ...]
    values: Array
    along: Array
    corners: Array
    slopes: Array

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Numbers of the unknowns in which it is linear."""
        curved = {axis.unknown for axis in self.axes}
        return tuple(i for i in range(len(self.unknowns)) if i not in curved)

    @cached_property
    def _all(self) -> Array:
        """All predictions and derivatives, shape (columns, signals, m)."""
        flat = self.slopes.reshape(-1, *self.values.shape[1:])
        return np.concatenate([self.values, self.along, self.corners, flat])

    @cached_property
    def _between(self) -> PchipInterpolator | None:
        """All of them as functions of time; None for steady states."""
        return None if len(self.times) == 1 else PchipInterpolator(self.times, self._all, axis=2)

    def basis(self, recording: Recording) -> Array:
        """Return all predictions and derivatives at the samples of a record, shape (n, columns).

        Args:
            recording: The record.
        """
        if self._between is None:
            found = np.repeat(self._all, recording.samples, axis=2)
        else:
            found = self._between(recording.times)
        which = [self.signals.index(name) for name in recording.signals]
        return np.asarray(found[:, which].reshape(len(self._all), -1).T)

    def weights(self, t: Array, axis: int | None = None) -> tuple[Array, Array]:
        """Return the factors of the columns of the basis.

        Args:
            t: Changes of the curved unknowns, shape (N, k).
            axis: Number of a curved unknown, for the derivatives of the factors by it.

        Returns:
            Those of the predictions, shape (N, columns), and of the derivatives by the linear
            unknowns, shape (N, linear, columns).
        """
        places, q, n = len(self.values), len(self.linear), len(t)
        first = np.zeros((n, len(self._all)))
        by_place = np.zeros((n, places))  # of the derivatives by linear unknowns
        of_centre = 1.0 if axis is None else 0.0
        first[:, 0], by_place[:, 0] = of_centre, of_centre
        place, slope = 1, places
        for k, of in enumerate(self.axes):
            if axis in (None, k):
                order, others = int(axis is not None), list(of.others)
                at = slice(place, place + len(others))
                values, along = of.of_values(t[:, k], order)
                first[:, at] = values[:, others]
                first[:, 0] += values[:, of.centre] - (1 - order)
                first[:, slope : slope + len(of.nodes)] = along
                slopes = of.of_slopes(t[:, k], order)
                by_place[:, at] = slopes[:, others]
                by_place[:, 0] += slopes[:, of.centre] - (1 - order)
            place, slope = place + len(of.others), slope + len(of.nodes)
        for k, m in combinations(range(len(self.axes)), 2):
            if axis in (None, k, m):
                a = self.axes[k].product(t[:, k], int(axis == k))
                first[:, slope] = a * self.axes[m].product(t[:, m], int(axis == m))
            slope += 1
        second = np.zeros((n, q, len(self._all)))
        for j in range(q):
            second[:, j, slope + j :: q] = by_place
        return first, second


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
            at, by_axis = (each[0] for each in of.weights(t, k))
            jacobian[:, axis.unknown] = self._basis @ (at + z @ by_axis)
        return Predictions(found, jacobian)


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

    Raises:
        CaseError: The response is even in an unknown without a prior, over which nothing can be
            averaged: its slope says that it does not matter.
    """
    priors = Priors(tuple(model.unknowns))
    widths = priors.widths if widths is None else widths
    first, found = None, []
    for k, unknown in enumerate(model.unknowns):
        if unknown.quantity not in MAY_CURVE:
            continue
        first = model.predict(priors.values) if first is None else first
        assert first.jacobian is not None  # slopes were asked for
        x = priors.values.copy()
        x[k] += widths[k]
        there = model.predict(x, slopes=False)
        along = first.jacobian[:, k] * widths[k]
        beyond = (there.values - first.values - along) / noise
        even = np.linalg.norm(along / noise) < EVEN * np.linalg.norm(beyond)
        matters = np.linalg.norm(beyond) > CURVED
        if unknown.prior.is_flat:  # else data that depend on it to first order tell it
            if even and matters:
                raise CaseError(
                    f"nothing is known of the {unknown.name} before, and the signals depend on it "
                    "by its square: no record promises anything",
                    f"state how well it is known, in [[fit.unknown]] of the {unknown.name}: "
                    'prior = { uncertainty = "0.5 deg" }',
                )
        elif even or matters:
            found.append((k, bool(even)))
    return tuple(found)


def axes_of(
    unknowns: Sequence[Unknown],
    curved: Sequence[tuple[int, bool]],
    places: Mapping[int, Sequence[float]],
) -> tuple[Axis, ...]:
    """Return curved unknowns with the changes at which a model is evaluated.

    Args:
        unknowns: All unknowns.
        curved: Numbers of those that are curved, and whether the response is even in them.
        places: Number of a curved unknown -> distances from its prior value, positive, in its unit.
    """
    priors, found = Priors(tuple(unknowns)), []
    for k, even in curved:
        least = priors.bounds[k] - priors.values[k]
        both = [*places[k], *([] if even else (max(-at, least) for at in places[k])), 0.0]
        nodes, reach = sorted(both), max(places[k])
        kept = [0.0]
        for node in nodes:
            if all(abs(node - other) > _SAME * reach for other in kept):
                kept.append(node)
        found.append(Axis(k, even, tuple(sorted(kept))))
    return tuple(found)


def response_of(
    model: Model, signals: Sequence[str], times: Array, axes: Sequence[Axis] = ()
) -> Response:
    """Return the response of a cell; collective.

    Args:
        model: Model of a data set that has all signals at all times.
        signals: The signals, columns of the history.
        times: The times, s, shape (m,); one for steady states.
        axes: Unknowns in which it is curved.

    Raises:
        NotConverged: The model has no prediction somewhere.
    """
    unknowns, shape = tuple(model.unknowns), (len(signals), len(times))
    origin = Priors(unknowns).values

    def evaluated(changes: Mapping[int, float]) -> tuple[Array, Array]:
        x = origin.copy()
        for k, change in changes.items():
            x[k] += change
        found = model.predict(x)
        assert found.jacobian is not None  # slopes were asked for
        by = np.moveaxis(found.jacobian.reshape(*shape, len(unknowns)), 2, 0)
        return found.values.reshape(shape), by

    centre = evaluated({})
    linear = [i for i in range(len(unknowns)) if i not in {axis.unknown for axis in axes}]
    values, slopes, along, corners = [centre[0]], [centre[1][linear]], [], []
    for axis in axes:
        for node in axis.nodes:
            here = centre if node == 0.0 else evaluated({axis.unknown: node})
            along.append(here[1][axis.unknown])
            if node != 0.0:
                values.append(here[0])
                slopes.append(here[1][linear])
    # At its last node, the response along an axis is the last of its values.
    last = np.cumsum([len(axis.others) for axis in axes])
    for k, m in combinations(range(len(axes)), 2):
        here = evaluated({axes[i].unknown: axes[i].nodes[-1] for i in (k, m)})
        corners.append(here[0] - values[last[k]] - values[last[m]] + centre[0])
    return Response(
        unknowns,
        tuple(signals),
        np.asarray(times),
        tuple(axes),
        np.array(values),
        np.array(along).reshape(-1, *shape),
        np.array(corners).reshape(-1, *shape),
        np.array(slopes).reshape(len(values), len(linear), *shape),
    )
