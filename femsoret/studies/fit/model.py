"""Models of measured data: what a fit needs of them, and the model of the full problem.

:class:`FullModel` marches the experiment of each data set through its schedule, or solves for its
steady state, together with the tangents by the unknowns. Signals between the steps of a march are
those of :mod:`femsoret.post.between_steps`; the same interpolation applies to tangents, since it is
linear in the signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np

from femsoret.base.errors import CaseError
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet, MeasuredSeries
from femsoret.experiment.schedule import Schedule
from femsoret.physics.closures.parameter_names import data_parameters
from femsoret.physics.forms import DIFFUSION
from femsoret.post.between_steps import between_steps, rates_between_steps
from femsoret.problem import Problem
from femsoret.problem.bodies import has_bodies
from femsoret.problem.directional import Directional
from femsoret.problem.protocol import UNCHANGED
from femsoret.problem.variation import Setting, Variation
from femsoret.solve import Newton, find_steady, solve_steady
from femsoret.solve.march import March, Tangents
from femsoret.solve.steady.tangents import steady_tangents
from femsoret.studies.fit.observed import Observed, jumps
from femsoret.studies.fit.settings import Settings
from femsoret.studies.fit.unknowns import Unknown
from femsoret.studies.measure.convection import find_convection, hand_over

Result = TypeVar("Result")

RELATIVE = 1e-3
"""Step of entries of fluid data, relative to their value."""

STEPS = 30
"""Newton steps that a state without flow may take: they cost little."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model predicts for all data.

    The order is that of the data sets, of their series and of the times; gaps are left out.

    Args:
        values: Predicted values in SI units, shape (data,).
        jacobian: Their derivatives by the unknowns, shape (data, unknowns); None if they were not
            asked for.
    """

    values: Array
    jacobian: Array | None


class Model(Protocol):
    """Interface of a model of the data."""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns, in the order of their values."""

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the model predicts; collective.

        Args:
            values: Values of the unknowns, in their units, shape (unknowns,).
            slopes: Whether derivatives by the unknowns are needed.

        Raises:
            NotConverged: There is no prediction at these values.
        """


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """A data set with the experiment in which it was recorded.

    Args:
        data: The data set.
        experiment: The experiment as the case states it.
        schedule: Its schedule, which ends with the last reading whatever its end; None for steady
            data.

    Raises:
        CaseError: Data in time have no schedule, or the experiment has no tangents.
    """

    data: DataSet
    experiment: Experiment
    schedule: Schedule | None = None

    def __post_init__(self) -> None:
        if self.schedule is None and not self.data.steady:
            raise CaseError(
                f"the data {self.data.name!r} were recorded in time, but the case is steady",
                "add a table [time], or say steady = true",
            )
        if has_bodies(self.experiment.conditions):
            raise CaseError(
                "a fit does not know how rigid bodies move with the unknowns",
                "leave out the bodies",
            )
        if self.experiment.particles:
            raise CaseError(
                "a fit does not follow the internal states of particles",
                "fit a mixture of components; the case file has [particle] for runs",
            )


class FullModel:
    """The model of the full problem: all experiments with flow, heat and species coupled.

    Problems and compiled forms are made once and serve all predictions.

    Args:
        runs: The data sets with their experiments.
        unknowns: The unknowns.
        flow: Whether the liquid flows; without, the same experiments at rest.

    Raises:
        CaseError: There are no data, an experiment has no such unknown, or an unknown belongs to
            no data.
    """

    def __init__(
        self, runs: Sequence[MeasuredRun], unknowns: Sequence[Unknown], *, flow: bool = True
    ) -> None:
        self.runs, self.unknowns, self.flow = tuple(runs), tuple(unknowns), flow
        if not self.runs:
            raise CaseError("there are no data to fit", "give at least one data set")
        names = [run.data.name for run in self.runs]
        for unknown in self.unknowns:
            if unknown.data is not None and unknown.data not in names:
                raise CaseError(
                    f"{unknown.name} belongs to the data {unknown.data!r}, which are not there",
                    f"data sets: {', '.join(names)}",
                )
        self._predictors = [
            (_Steady if run.data.steady else _InTime)(
                run, [self.unknowns[i] for i in self._places(run)], flow=flow
            )
            for run in self.runs
        ]

    def predict(self, values: Array, *, slopes: bool = True) -> Predictions:
        """Return what the model predicts; collective (see :class:`Model`).

        All ranks take the values of the first one, and get its predictions: a fit must not take
        other ways on other ranks, where the last bits of a number may differ.
        """
        comm = self.runs[0].experiment.cell.comm
        values = comm.bcast(np.asarray(values, dtype=float))
        found, jacobian = list[Array](), list[Array]()
        for run, predictor in zip(self.runs, self._predictors, strict=True):
            places = self._places(run)
            variations = predictor.variations(values[places]) if slopes else []
            raw = predictor.raw(values[places], [v for v in variations if v is not None])
            found.append(predictor.recorded(raw, values[places]))
            if slopes:
                rows = np.zeros((len(found[-1]), len(self.unknowns)))
                rows[:, places] = predictor.slopes(raw, values[places], variations)
                jacobian.append(rows)
        made = Predictions(np.concatenate(found), np.concatenate(jacobian) if slopes else None)
        shared: Predictions = comm.bcast(made)
        return shared

    def slopes_by_entries(self, values: Array, entries: Sequence[str]) -> Array:
        """Return the derivatives of all predictions by the logarithms of fluid data; collective.

        Args:
            values: Values of the unknowns, in their units, shape (unknowns,).
            entries: Names of entries of the fluids, such as "viscosity".

        Returns:
            Derivatives, shape (data, entries); zero where a fluid has no such entry.

        Raises:
            NotConverged: There is no prediction at these values.
        """
        values = np.asarray(values, dtype=float)
        found = []
        for run, predictor in zip(self.runs, self._predictors, strict=True):
            own = values[self._places(run)]
            variations = {
                k: variation
                for k, entry in enumerate(entries)
                if (variation := predictor.of_entry(own, entry)) is not None
            }
            raw = predictor.raw(own, list(variations.values()))
            slopes = np.zeros((run.data.number_of_values, len(entries)))
            for i, k in enumerate(variations):
                slopes[:, k] = predictor.recorded_change(raw, own, i)
            found.append(slopes)
        return np.concatenate(found)

    def _places(self, run: MeasuredRun) -> list[int]:
        """Return the numbers of the unknowns on which a data set depends."""
        name = run.data.name
        return [i for i, unknown in enumerate(self.unknowns) if unknown.belongs_to(name)]


@dataclass(frozen=True, eq=False)
class _Raw:
    """Signals of a run before an instrument records them, and their tangents.

    Args:
        times: Times, s, shape (n,), from the start of the run; one for a steady state.
        signals: Columns of the history, shape (n, columns).
        tangents: Their derivatives by each variation, shape (variations, n, columns).
    """

    times: Array
    signals: Array
    tangents: Array


class _Predictor:
    """Predictions of one data set.

    Args:
        run: The data set with its experiment.
        unknowns: The unknowns on which it depends.
        flow: Whether the liquid flows.
    """

    def __init__(self, run: MeasuredRun, unknowns: Sequence[Unknown], *, flow: bool) -> None:
        self.run, self.unknowns = run, tuple(unknowns)
        self.experiment = run.experiment
        self.series = run.data.series
        self.flow = flow and self.experiment.flows
        schedule = run.schedule
        if schedule is not None and not self.flow:
            schedule = schedule.without_gravity()
        self.schedule = schedule
        self.problem = self.experiment.problem(None if self.flow else DIFFUSION)
        self.protocol = UNCHANGED if schedule is None or run.data.steady else schedule.protocol
        self.settings = Settings(self.problem, self.experiment, unknowns, self.protocol)
        self.observed = Observed(self.experiment, [series.signal for series in self.series])
        self._constants = self.observed.constants(self.problem)

    def raw(self, values: Array, variations: Sequence[Variation]) -> _Raw:
        """Return the signals and their derivatives by variations; collective."""
        raise NotImplementedError

    def variations(self, values: Array) -> list[Variation | None]:
        """Return the variation by each unknown; None for those of the record alone."""
        return [self.settings.variation(values, k) for k in range(len(self.unknowns))]

    def of_entry(self, values: Array, entry: str) -> Variation | None:
        """Return the variation by the logarithm of an entry of the fluid; None without one."""
        names = data_parameters(self.experiment.mixture, [entry]).get(entry, ())
        known = [name for name in names if name in self.problem.parameters]
        if not known:
            return None
        setting = self.settings.at(values)
        stated = {name: setting.parameters.get(name, self.settings.stated[name]) for name in known}

        def varied(relative: float) -> Setting:
            moved = {name: value * (1.0 + relative) for name, value in stated.items()}
            return replace(setting, parameters={**setting.parameters, **moved})

        return Variation.around(varied, 0.0, RELATIVE)

    # -- what instruments make of the signals ------------------------------------------------------

    def recorded(self, raw: _Raw, values: Array) -> Array:
        """Return all predicted values, shape (data,)."""
        parts = []
        for i, series in enumerate(self.series):
            contrast, baseline = self._of_record(series, values)
            at = self._at_readings(series, raw, raw.signals[:, i], values)
            parts.append(contrast * at + baseline)
        return np.concatenate(parts)

    def recorded_change(self, raw: _Raw, values: Array, variation: int) -> Array:
        """Return the derivative of all predicted values by a variation, shape (data,)."""
        parts = []
        for i, series in enumerate(self.series):
            contrast, _ = self._of_record(series, values)
            changes = raw.tangents[variation, :, i]
            parts.append(contrast * self._at_readings(series, raw, changes, values))
        return np.concatenate(parts)

    def slopes(self, raw: _Raw, values: Array, variations: Sequence[Variation | None]) -> Array:
        """Return the derivatives of all predicted values by the unknowns, (data, unknowns)."""
        columns, done = [], 0
        for unknown, variation in zip(self.unknowns, variations, strict=True):
            if variation is None:
                columns.append(self._by_the_record(unknown, raw, values))
            else:
                columns.append(self.recorded_change(raw, values, done))
                done += 1
        number = self.run.data.number_of_values
        return np.stack(columns, axis=1) if columns else np.zeros((number, 0))

    def _by_the_record(self, unknown: Unknown, raw: _Raw, values: Array) -> Array:
        """Return the derivative by an unknown that changes no problem, shape (data,)."""
        parts = []
        for i, series in enumerate(self.series):
            contrast, _ = self._of_record(series, values)
            signals = raw.signals[:, i]
            if unknown.quantity == "zero_of_time":
                part = contrast * self._rates(series, raw, signals, values)
            elif unknown.signal not in ("", series.signal):
                part = np.zeros(len(series.values))
            elif unknown.quantity == "baseline":
                part = np.ones(len(series.values))
            else:
                others = self._of_record(series, values, without=unknown)[0]
                part = others * self._at_readings(series, raw, signals, values)
            parts.append(part)
        return np.concatenate(parts)

    def _of_record(
        self, series: MeasuredSeries, values: Array, without: Unknown | None = None
    ) -> tuple[float, float]:
        """Return the factor on a series and what is added to it."""
        contrast, baseline = 1.0, 0.0
        for unknown, value in zip(self.unknowns, values, strict=True):
            if unknown is without or unknown.signal not in ("", series.signal):
                continue
            if unknown.quantity == "contrast":
                contrast *= float(value)
            elif unknown.quantity == "baseline":
                baseline += float(value)
        return contrast, baseline

    def _at_readings(
        self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array
    ) -> Array:
        """Return a signal at the times of a series, shape (readings,)."""
        raise NotImplementedError

    def _rates(self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array) -> Array:
        """Return its rate of change at these times, shape (readings,)."""
        raise NotImplementedError

    # -- states ------------------------------------------------------------------------------------

    def _shown(self, tangents: Iterable[Sequence[Array]]) -> Array:
        """Return what columns show of tangents of the state, shape (variations, columns)."""
        found = [self.observed.along(self.problem, t) - self._constants for t in tangents]
        return np.array(found).reshape(len(found), len(self.series))


class _Steady(_Predictor):
    """Predictions of a data set of steady states."""

    def __init__(self, run: MeasuredRun, unknowns: Sequence[Unknown], *, flow: bool) -> None:
        super().__init__(run, unknowns, flow=flow)
        self._steady = _SteadyState(self.experiment, self.problem, at_rest=not self.flow)

    def raw(self, values: Array, variations: Sequence[Variation]) -> _Raw:
        """Return the signals and their derivatives; collective (see :class:`_Predictor`)."""
        tangents = self._steady.solve(self.settings.at(values), variations)
        signals, changes = self.observed.of(self.problem), self._shown(tangents)
        return _Raw(np.zeros(1), signals[None], changes[:, None])

    def _at_readings(
        self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array
    ) -> Array:
        return np.full(len(series.values), float(signal[0]))

    def _rates(self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array) -> Array:
        return np.zeros(len(series.values))


class _InTime(_Predictor):
    """Predictions of a data set that was recorded in time."""

    def __init__(self, run: MeasuredRun, unknowns: Sequence[Unknown], *, flow: bool) -> None:
        super().__init__(run, unknowns, flow=flow)
        self._start = self.problem.get_state()  # chambers may have compositions of their own
        self._forms: dict[frozenset[str], Directional] = {}

    @cached_property
    def _begin(self) -> _SteadyState:
        """The steady state that the run starts from."""
        at_rest = not self.flow or self._schedule.start == "diffused"
        return _SteadyState(self.experiment, self.problem, at_rest=at_rest)

    @property
    def _schedule(self) -> Schedule:
        assert self.schedule is not None  # MeasuredRun sees to it
        return self.schedule

    def raw(self, values: Array, variations: Sequence[Variation]) -> _Raw:
        """Return the signals and their derivatives; collective (see :class:`_Predictor`)."""
        problem, setting = self.problem, self.settings.at(values)
        initial = self._initial(setting, variations)
        setting.apply(problem)
        none = np.zeros((len(variations), len(self.series)))
        times, signals = [0.0], [self.observed.of(problem)]
        changes = [self._shown(initial) if initial else none]
        tangents = None
        if variations:
            forms = self._forms_for(variations)
            tangents = Tangents(problem, setting, variations, initial, forms)
        end = max(self.run.data.last_time + self._zero_of_time(values), 0.0)
        options = self._schedule.march
        with March(problem, options, setting.protocol, tangents=tangents) as march:
            for step in march.until(end):
                times.append(step.clock.t)
                signals.append(self.observed.of(problem))
                if tangents is not None:
                    changes.append(self._shown(map(tangents.arrays, range(len(variations)))))
        return _Raw(np.array(times), np.array(signals), np.array(changes).swapaxes(0, 1))

    def _initial(
        self, setting: Setting, variations: Sequence[Variation]
    ) -> list[list[Array]] | None:
        """Put the problem into its initial state, and return its tangents; None if zero."""
        problem, T = self.problem, self._schedule.start_temperature
        if self._schedule.start != "uniform":
            return self._begin.solve(setting, variations)
        problem.set_state(self._start)
        problem.function("theta").x.array[:] = 0.0 if T is None else T - problem.mixture.T0
        return None

    def _forms_for(self, variations: Sequence[Variation]) -> Directional:
        """Return the derivatives of the equations for the parameters of variations."""
        of_entries = frozenset[str]().union(*(v.parameters for v in variations))
        names = of_entries | self.settings.touched
        if names not in self._forms:
            self._forms[names] = Directional(self.problem, names)
        return self._forms[names]

    def _zero_of_time(self, values: Array) -> float:
        """Return the time of the run at which the clock of the data shows 0, s."""
        return sum(
            float(value)
            for unknown, value in zip(self.unknowns, values, strict=True)
            if unknown.quantity == "zero_of_time"
        )

    def _at_readings(
        self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array
    ) -> Array:
        return self._interpolated(between_steps, series, raw, signal, values)[0]

    def _rates(self, series: MeasuredSeries, raw: _Raw, signal: Array, values: Array) -> Array:
        return self._interpolated(rates_between_steps, series, raw, signal, values)

    def _interpolated(
        self,
        interpolation: Callable[..., Result],
        series: MeasuredSeries,
        raw: _Raw,
        signal: Array,
        values: Array,
    ) -> Result:
        """Return what an interpolation between steps makes of a signal at the times of a series.

        After the last step the signal counts as constant.
        """
        shifted = series.times + self._zero_of_time(values)
        return interpolation(
            raw.times[1:],
            signal[1:],
            np.minimum(shifted, raw.times[-1]),
            initial=signal[0],
            breaks=self.protocol.breaks,
            may_jump=jumps(self.experiment, series.signal),
        )


class _SteadyState:
    """The steady state of an experiment, with its tangents.

    Args:
        experiment: The experiment.
        problem: Its problem, whose state is overwritten.
        at_rest: Whether the state without flow is meant even if the liquid flows.
    """

    def __init__(self, experiment: Experiment, problem: Problem, *, at_rest: bool) -> None:
        self._experiment, self._problem = experiment, problem
        flows = problem.layout.flows
        self._rest = experiment.problem(DIFFUSION) if flows else problem
        self._solved = self._rest if at_rest else problem
        self._known: list[Array] | None = None

    def solve(self, setting: Setting, variations: Sequence[Variation]) -> list[list[Array]]:
        """Solve for the state, and return its tangents; collective.

        Args:
            setting: The setting of a run, of which changes with time do not count.
            variations: The variations of the run.

        Raises:
            NotConverged: The state was not found.
        """
        still = replace(setting, protocol=UNCHANGED)
        varied = [
            Variation(
                replace(variation.lower, protocol=UNCHANGED),
                replace(variation.upper, protocol=UNCHANGED),
                variation.between,
            )
            for variation in variations
        ]
        self._find(still)
        tangents: list[list[Array]] = []
        if varied:
            with Newton(self._solved, self._experiment.newton) as newton:
                tangents = steady_tangents(newton, still, varied)
        if self._solved is self._problem:
            return tangents
        found, state = [], self._solved.get_state()
        for tangent in tangents:
            self._solved.set_state(tangent)
            found.append(self._handed_over())
        self._solved.set_state(state)
        self._handed_over()
        return found

    def _find(self, setting: Setting) -> None:
        """Solve for the state; the last one that was found is the initial guess."""
        newton = self._experiment.newton
        setting.apply(self._solved)
        if self._known is not None:
            self._solved.set_state(self._known)
            find_steady(self._solved, newton)
        else:
            setting.apply(self._rest)
            solve_steady(
                self._rest, replace(newton, max_iterations=max(newton.max_iterations, STEPS))
            )
            if self._solved is not self._rest:
                self._handed_over()
                find_convection(self._experiment, self._problem)
        self._known = self._solved.get_state()

    def _handed_over(self) -> list[Array]:
        """Give the problem the state of the one without flow, and return it as its arrays."""
        for function in self._problem.functions:
            function.x.array[:] = 0.0
        hand_over(self._rest, self._problem)
        return self._problem.get_state()
