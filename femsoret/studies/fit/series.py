"""The naive model of measured data: the closed series of a layer at rest, as laboratories use it.

All signals of composition are linear in the plateaus, f_i S_i dT for component i, with the course
of :class:`~femsoret.post.evaluation.Layer`. Several components relax in the eigenvectors of the
diffusion matrix (:mod:`femsoret.post.modes_in_time`). Light also sees the temperature, whose part
comes at once. The closure is linearised about the mean composition, and flow, losses, thermal
relaxation, windows and variable properties are left out: that is what makes the model naive.

Ports of a thermogravitational column have a model only in the steady state, the formula of
Furry, Jones and Onsager (:class:`~femsoret.studies.measure.column.ColumnTheory`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from femsoret.base.errors import ConditionError
from femsoret.base.types import Array, Flags, GlobalIndices
from femsoret.experiment import Experiment
from femsoret.experiment.column import NoColumn
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import EvaluationWindow
from femsoret.post.beam_deflection import ANGLE
from femsoret.post.evaluation import Layer
from femsoret.studies.fit.least_squares import least_squares_values
from femsoret.studies.fit.model import MeasuredRun, Predictions
from femsoret.studies.fit.stacked import with_values
from femsoret.studies.fit.unknowns import Prior, Unknown
from femsoret.studies.measure.column import ColumnTheory
from femsoret.studies.measure.instruments import column_of, optical_signals
from femsoret.studies.measure.recorder import SEPARATION, SIGNAL, endings
from femsoret.studies.measure.time_series import layer_of

_STEP: Final = 1e-5
"""Step of differences, relative to the scale of an unknown; errors are of the order of 1e-10."""

_INSTRUMENT: Final = frozenset({"zero_of_time", "contrast", "baseline"})


@dataclass(frozen=True, eq=False)
class LayerResponse:
    """What a layer at rest shows by one signal.

    Args:
        layer: Its response to the series.
        gains: Signal of the plateau by the Soret coefficient of each component, K, shape (N,), in
            the unit of the signal.
        at_once: Signal of the temperature difference, which comes at once, in its unit.
    """

    layer: Layer
    gains: Array
    at_once: float = 0.0


@dataclass(frozen=True, eq=False)
class ColumnResponse:
    """What the ports of a column show in the steady state.

    Args:
        theory: The formula.
        height: Distance of the outer ports, m.
    """

    theory: ColumnTheory
    height: float

    def separation(self, S_T: float) -> float:
        """Return the mass fraction at the lowest port less that at the highest one."""
        theory, at = self.theory, self.theory.experiment.mixture.reference
        psi = float(at.beta_c[0] * theory.f * S_T / at.beta_T)
        m = theory.flow.slope(theory.X, psi)
        return theory.f * m * S_T * theory.dT / theory.column.gap * self.height


Response = LayerResponse | ColumnResponse


@dataclass(frozen=True, eq=False)
class SeriesOf:
    """One series of the data with the response of the layer that predicts it.

    Args:
        data: Name of its data set.
        signal: Column of the history.
        times: Times on the clock of the data, s, shape (n,); empty for steady data.
        number: Number of its values, n.
        response: The response.
        gap: Distance of the walls, m.
        D: Diffusion matrix of the fluid, m2/s, shape (N, N).
        window: What is evaluated; None for steady data.
    """

    data: str
    signal: str
    times: Array
    number: int
    response: Response
    gap: float
    D: Array
    window: EvaluationWindow | None

    def predicted(self, D: Array, S: Array, zero_of_time: float) -> Array:
        """Return the signal at the times, shape (n,).

        Args:
            D: Diffusion matrix, m2/s, shape (N, N).
            S: Soret coefficients, 1/K, shape (N,).
            zero_of_time: Time of the run at which the clock of the data shows 0, s.
        """
        if isinstance(self.response, ColumnResponse):
            return np.full(self.number, self.response.separation(float(S[0])))
        layer, plateaus = self.response.layer, self.response.gains * S
        if self.window is None:
            return np.full(self.number, plateaus.sum() + self.response.at_once)
        since = self.times + zero_of_time - self.window.t0
        diffusivities, modes = np.linalg.eig(D)
        # Compositions relax in the eigenvectors: their parts are those of S_i f_i dT.
        courses = np.stack(
            [
                layer.approach(since * math.pi**2 * float(of.real) / self.gap**2)
                for of in diffusivities
            ]
        )
        if self.window.relaxing:
            courses = 1.0 - courses
        parts = self._parts(modes, S)
        heating = 0.0 if self.window.relaxing else self.response.at_once
        return np.asarray(np.real(parts @ courses) + heating * (since > 0.0))

    def _parts(self, modes: Array, S: Array) -> Array:
        """Return the part of each mode in the plateau of the signal, shape (N,)."""
        assert isinstance(self.response, LayerResponse)
        if len(S) == 1:
            return np.asarray(self.response.gains * S)
        # Gains may have factors of closures; compositions are what the matrix D mixes.
        amounts = np.linalg.solve(modes, S.astype(modes.dtype))
        return np.asarray(self.response.gains @ (modes * amounts))


@dataclass(frozen=True, eq=False)
class SeriesModel:
    """The naive model of data sets.

    Args:
        unknowns: The unknowns.
        series: The series of all data sets, in the order of the data.
        species: Names of the components.
        coefficients: Soret coefficients of components that are not sought, 1/K, shape (N,).
    """

    unknowns: tuple[Unknown, ...]
    series: tuple[SeriesOf, ...]
    species: tuple[str, ...]
    coefficients: Array

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the series says.

        Args:
            values: Values of the unknowns, shape (unknowns,).
            slopes: Whether derivatives by the unknowns are needed.
        """
        found = self._at(values)
        if not slopes:
            return Predictions(found, None)
        columns = []
        for k, unknown in enumerate(self.unknowns):
            step = np.zeros(len(values))
            step[k] = _STEP * max(abs(values[k]), unknown.scale * (values[k] == 0.0))
            columns.append((self._at(values + step) - self._at(values - step)) / (2.0 * step[k]))
        return Predictions(found, np.stack(columns, axis=1))

    def _at(self, values: Array) -> Array:
        return np.concatenate([self._of(series, values) for series in self.series])

    def _of(self, series: SeriesOf, values: Array) -> Array:
        D, S = series.D.copy(), self.coefficients.copy()
        zero, contrast, baseline = 0.0, 1.0, 0.0
        for unknown, value in zip(self.unknowns, values, strict=True):
            if not unknown.belongs_to(series.data):
                continue
            match unknown.quantity:
                case "soret":
                    S[self._number(unknown.components[0]) if unknown.components else 0] = value
                case "D":
                    row, column = (self._number(name) for name in unknown.components or ("", ""))
                    D[row, column] = value
                case "zero_of_time":
                    zero = value
                case "contrast" if unknown.signal in {"", series.signal}:
                    contrast *= value
                case "baseline" if unknown.signal in {"", series.signal}:
                    baseline += value
        return np.asarray(contrast * series.predicted(D, S, zero) + baseline)

    def _number(self, name: str) -> int:
        return self.species.index(name) if name in self.species else 0


@dataclass(frozen=True, eq=False)
class Naive:
    """The naive model with the part of the data that it is for.

    Args:
        model: The model.
        data: The data that it predicts.
        where: Their places among all data, shape (n,).
    """

    model: SeriesModel
    data: tuple[DataSet, ...]
    where: GlobalIndices

    @property
    def of_columns(self) -> bool:
        """Whether all data are those of ports of a column, which read nothing without flow."""
        return all(isinstance(each.response, ColumnResponse) for each in self.model.series)

    def fitted_to(self, values: Array, uncertainties: Array) -> Array:
        """Return the values of its unknowns by least squares to any values.

        Args:
            values: Values in place of all data, shape (all data,).
            uncertainties: Standard uncertainties of the data that it predicts, shape (n,).
        """
        return least_squares_values(
            self.model, with_values(self.data, values[self.where], uncertainties)
        )


def naive_model(runs: Sequence[MeasuredRun], unknowns: Sequence[Unknown]) -> Naive:
    """Return the naive model with the part of the data that it is for; collective.

    S_T and D are sought without priors, as laboratories do, and what the fit seeks of the
    instrument with the priors of the fit. With several components, entries of D without a place
    among the unknowns are those of the fluid, since a record alone does not tell them.

    Args:
        runs: The data sets with their experiments.
        unknowns: The unknowns of the fit.

    Raises:
        ConditionError: No data set has a signal that a layer at rest predicts.
    """
    series, kept, why = list[SeriesOf](), list[DataSet](), list[str]()
    places, begin = list[GlobalIndices](), 0
    for run in runs:
        try:
            found, used, inside = _series_of(run, unknowns)
        except ConditionError as error:
            why.append(f"{run.data.name}: {error.message}")
        else:
            series += found
            kept.append(used)
            places.append(begin + np.flatnonzero(inside))
        begin += run.data.number_of_values
    if not series:
        raise ConditionError(
            "the closed series of a layer at rest says nothing of these data: " + "; ".join(why),
            "the fit of the full model needs none",
        )
    first = runs[0].experiment.mixture
    species = tuple(component.name for component in first.species)
    model = SeriesModel(
        _naive_unknowns(unknowns, runs[0].experiment, kept, species),
        tuple(series),
        species,
        np.asarray(first.reference.soret, dtype=np.float64).copy(),
    )
    return Naive(model, tuple(kept), np.concatenate(places))


def _naive_unknowns(
    unknowns: Sequence[Unknown],
    experiment: Experiment,
    kept: Sequence[DataSet],
    species: Sequence[str],
) -> tuple[Unknown, ...]:
    """Return the unknowns of the naive model."""
    names, reference = {of.name for of in kept}, experiment.mixture.reference
    found = [u for u in unknowns if u.quantity == "soret"]
    several = len(species) > 1
    if not found:
        found = [
            _added("soret", f"S_T of {name}" if several else "S_T", "1/K", float(S), (name,))
            for name, S in zip(species, reference.soret, strict=True)
        ]
    flat = [replace(u, prior=Prior(u.start)) for u in found]
    if any(not of.steady for of in kept):
        of_D = [u for u in unknowns if u.quantity == "D"]
        if several:
            flat += of_D
        else:
            of_D = of_D or [_added("D", "D", "m2/s", reference.slowest, ())]
            flat += [replace(u, prior=Prior(u.start)) for u in of_D]
    instrument = [u for u in unknowns if u.quantity in _INSTRUMENT]
    return tuple(u for u in (*flat, *instrument) if u.data is None or u.data in names)


def _added(
    quantity: str, name: str, unit: str, value: float, components: tuple[str, ...]
) -> Unknown:
    return Unknown(
        quantity=quantity,
        name=name,
        unit=unit,
        prior=Prior(value),
        start=value,
        scale=abs(value) or 1e-3,
        components=components,
    )


def _series_of(
    run: MeasuredRun, unknowns: Sequence[Unknown]
) -> tuple[list[SeriesOf], DataSet, Flags]:
    """Return the series of a data set that the naive model predicts, these data and which they are.

    Raises:
        ConditionError: It predicts none of them.
    """
    experiment, schedule, of = run.experiment, run.schedule, run.data
    if not experiment.mixture.species:
        raise ConditionError("a pure fluid has no separation", "use a mixture")
    window = None
    if not of.steady:
        window = None if schedule is None else schedule.evaluation
        if window is None:
            why = "there is no schedule" if schedule is None else schedule.not_evaluated
            raise ConditionError(why, "give the schedule an evaluation window")
    zero = sum(
        u.prior.value for u in unknowns if u.quantity == "zero_of_time" and u.belongs_to(of.name)
    )
    found, kept, left_out = list[SeriesOf](), list[MeasuredSeries](), list[str]()
    flags = list[Flags]()
    for series in of.series:
        try:
            response = _response(experiment, series.signal, steady=of.steady)
        except ConditionError as error:
            left_out.append(error.message)
            flags.append(np.full(len(series.values), False))
            continue
        inside: Flags = np.full(len(series.values), True)
        if window is not None:
            t = series.times + zero
            inside = (t >= window.start) & (t <= window.end) & (t > window.t0)
        flags.append(inside)
        if not inside.any():
            left_out.append(f"{series.column} has no value in the time that is evaluated")
            continue
        used = _part_of(series, inside)
        kept.append(used)
        found.append(
            SeriesOf(
                data=of.name,
                signal=series.signal,
                times=used.times,
                number=len(used.values),
                response=response,
                gap=_gap(experiment),
                D=np.asarray(experiment.mixture.reference.D, dtype=np.float64).copy(),
                window=window,
            )
        )
    if not found:
        raise ConditionError(
            "; ".join(dict.fromkeys(left_out)), "measure a signal of the composition"
        )
    return found, replace(of, series=tuple(kept)), np.concatenate(flags)


def _part_of(series: MeasuredSeries, inside: Flags) -> MeasuredSeries:
    """Return the part of a series that is evaluated."""
    u = series.uncertainty
    return replace(
        series,
        times=series.times[inside] if len(series.times) else series.times,
        values=series.values[inside],
        uncertainty=None if u is None else u[inside],
    )


def _gap(experiment: Experiment) -> float:
    walls = experiment.orientation.wall_pair
    return experiment.orientation.gap if walls is None else walls.distance


def _response(experiment: Experiment, column: str, *, steady: bool) -> Response:
    """Return what a layer at rest, or a column, shows of a column of the history; collective.

    Raises:
        ConditionError: It shows nothing, or nothing that laboratories evaluate.
    """
    if column == SEPARATION:
        return _column_response(experiment, steady=steady)
    makers = _makers(experiment)
    if column not in makers:
        raise ConditionError(
            f"{column} is no signal of the composition", "measure a signal of the composition"
        )
    return makers[column]()


def _column_response(experiment: Experiment, *, steady: bool) -> ColumnResponse:
    column = experiment.column
    if isinstance(column, NoColumn):
        raise ConditionError(column.reason, "measure a signal of the composition")
    if not steady:
        raise ConditionError(
            "the series of a layer at rest does not describe a column on its way to the steady "
            "state",
            "give its last value as steady data",
        )
    heights = [port.height for port in column.ports]
    theory = ColumnTheory(column, experiment, abs(experiment.orientation.dT))
    return ColumnResponse(theory, max(heights) - min(heights))


def _makers(experiment: Experiment) -> dict[str, Callable[[], Response]]:
    """Return how the response of each column of the composition is made."""
    at, dT = experiment.mixture.reference, experiment.orientation.dT
    f: Array = np.array(at.prefactors, dtype=np.float64)
    gap, made = experiment.orientation.gap, dict[str, Callable[[], Response]]()

    def of_pair(number: int) -> Response:
        layer = layer_of(experiment)
        gains = np.eye(len(f))[number] * f * dT * layer.linear
        return LayerResponse(layer, gains)

    def of_signal(name: str, number: int) -> Response:
        signal = experiment.signals[name]
        layer = layer_of(experiment, signal)
        gains = np.eye(len(f))[number] * f * dT * layer.linear
        return LayerResponse(layer, np.asarray(-gains / signal.size(gap)))

    def of_light(name: str, number: int, what: str) -> Response:
        signal = optical_signals(experiment)[name]
        layer, contrast = layer_of(experiment, signal), signal.optics.contrasts[number]
        problem = experiment.problem()
        responses = signal.responses(problem, ANGLE) if what == ANGLE else signal.responses(problem)
        solutal = -responses[number] * np.array(contrast.n_c) * f * dT * layer.linear
        thermal = 0.0 if what == "solutal" else contrast.n_T * responses[number] * dT * layer.linear
        return LayerResponse(layer, np.asarray(solutal), float(thermal))

    for i, ending in enumerate(endings(experiment)):
        made[f"separation{ending}"] = partial(of_pair, i)
        for name in experiment.signals:
            made[f"{SIGNAL}{name}.dc{ending}"] = partial(of_signal, name, i)
    for name, signal in optical_signals(experiment).items():
        for number, _ in enumerate(signal.optics.contrasts):
            for what in ("total", "solutal", ANGLE):
                made[f"{column_of(name, number)}.{what}"] = partial(of_light, name, number, what)
    return made
