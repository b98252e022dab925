"""The artifact budget: the bias of the reported S_T due to each cause alone, and due to all causes.

Biases are relative to the fluid's S_T (:mod:`femsoret.studies.audit.reported`). On any one mesh,

    shape           = bias of the ideal cell: bent isotherms drive a flow even if it is level
    term of a cause = bias with only this cause - shape
    total           = bias with all causes
    interaction     = total - shape - sum of the terms

A mixture of more than two components has a budget for each transported component; causes and solves
are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from femsoret.base.errors import FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.parameters import bind
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.physics.closures import Mixture
from femsoret.physics.closures.parameter_names import data_parameters
from femsoret.post.soret import apparent
from femsoret.studies.audit.causes import Cause, Measurement, Properties, all_onto
from femsoret.studies.audit.ideal import on_coarse_mesh, rests
from femsoret.studies.audit.reported import Measured, completeness_of, measured, report_of
from femsoret.studies.measure.numerical_error import SecondSolve, estimated, method, second_solves
from femsoret.studies.measure.solution import solve_at_rest
from femsoret.studies.measure.time_series import layer_of
from femsoret.studies.measure.uncertainty import STEP, BiasUncertainty, contributions, sensitivities

log = get_logger(__name__)

SHAPE: Final = "shape"
TOTAL: Final = "total"
CONSTANT: Final = "total, constant properties"

SLIGHT: Final = 0.1
"""Largest share of the early flow in the total bias for which the uncertainty from the fluid data
is computed as if there were no early flow."""


@dataclass(frozen=True)
class Entry:
    """A bias, or a part of a bias, with its numerical error.

    Args:
        value: The signed value, relative to the fluid's S_T; None if a solve failed.
        error: Estimate of its numerical error; None if it was not requested or failed.
        failure: Why there is no value; empty if there is one.
    """

    value: float | None
    error: float | None = None
    failure: str = ""

    @property
    def size(self) -> float:
        """Magnitude of the value; 0 if there is no value."""
        return abs(self.value or 0.0)


@dataclass(frozen=True, eq=False)
class Term:
    """The contribution of one cause alone to the bias.

    Args:
        cause: The cause.
        entry: Its contribution: the bias with only this cause, less the shape.
    """

    cause: Cause
    entry: Entry


@dataclass(frozen=True, eq=False)
class Entries:
    """The entries of the budget of one component.

    Args:
        component: Name of the component.
        shape: Bias of the ideal cell.
        terms: One term per cause.
        total: Bias of the real cell.
        interaction: Total less shape and terms.
        early_flow: The part of the interaction due to the flow of the initially uniform liquid,
            before stratification by composition suppresses it; None if no march was needed.
        flow_by_properties: The part of the interaction due to the influence of variable properties
            on the effects of the other causes; None unless there are both.
        uncertainty: Uncertainty of the total from the fluid data; None if it is not known.
    """

    component: str
    shape: Entry
    terms: tuple[Term, ...]
    total: Entry
    interaction: Entry
    flow_by_properties: Entry | None
    early_flow: Entry | None
    uncertainty: BiasUncertainty | None


@dataclass(frozen=True, eq=False)
class Budget:
    """The artifact budget of a cell.

    Args:
        ideal: The ideal cell.
        real: The cell with all causes.
        state: The solved real cell; None if the solve failed.
        coarse: The real cell solved on a coarser mesh, or ``state`` if there is no coarser mesh;
            None if the solve failed.
        method: How numerical errors were estimated; empty if they were not.
        each: The entries of each transported component; the properties named like these are those
            of the first one.
    """

    ideal: Measurement
    real: Measurement
    state: Measured | None
    coarse: Measured | None
    method: str
    each: tuple[Entries, ...]

    @property
    def shape(self) -> Entry:
        """Bias of the ideal cell."""
        return self.each[0].shape

    @property
    def terms(self) -> tuple[Term, ...]:
        """One term per cause."""
        return self.each[0].terms

    @property
    def total(self) -> Entry:
        """Bias of the real cell."""
        return self.each[0].total

    @property
    def interaction(self) -> Entry:
        """Total less shape and terms."""
        return self.each[0].interaction

    @property
    def flow_by_properties(self) -> Entry | None:
        """Influence of variable properties on the effects of other causes, if there are both."""
        return self.each[0].flow_by_properties

    @property
    def early_flow(self) -> Entry | None:
        """Part of the interaction due to the early flow; None if no march was needed."""
        return self.each[0].early_flow

    @property
    def uncertainty(self) -> BiasUncertainty | None:
        """Uncertainty of the total from the fluid data; None if it is not known."""
        return self.each[0].uncertainty

    @property
    def dominant(self) -> Term | None:
        """The term of the largest magnitude over all components; None if none has a value."""
        terms = [term for entries in self.each for term in entries.terms]
        solved = [term for term in terms if term.entry.value is not None]
        return max(solved, key=lambda term: term.entry.size) if solved else None


def budget(
    ideal: Measurement,
    causes: Sequence[Cause],
    *,
    coarse: Measurement | None = None,
    with_numerical_error: bool = True,
) -> Budget:
    """Return the artifact budget of a cell; collective.

    An entry whose solve fails is reported as failed; the other entries are still computed.

    Args:
        ideal: The ideal cell.
        causes: Imperfections of the real cell.
        coarse: The ideal cell on a coarser mesh; None coarsens the mesh of ``ideal``.
        with_numerical_error: Whether to repeat all solves to estimate the numerical errors.
    """
    coarse = coarse or replace(ideal, experiment=on_coarse_mesh(ideal.experiment))
    still = _still(coarse, causes)
    first = _Pass(ideal, causes, still)
    names = [species.name for species in ideal.experiment.mixture.species]
    first_entries = [first.entries(i) for i in range(len(names))]
    errors: dict[str, float] = {}
    how = ""
    if with_numerical_error:
        seconds = _seconds(ideal.experiment, coarse.experiment)
        how = method(ideal.experiment, seconds)
        others = []
        for second in seconds:
            log.info("solving again at another resolution, to estimate the numerical errors")
            there = replace(ideal, experiment=second.experiment)
            again = _Pass(there, causes, still, degree=second.degree, starts=first)
            others.append((second, _values([again.entries(i) for i in range(len(names))])))
        errors = estimated(_values(first_entries), others)
    state = first.solved.get(TOTAL)
    nearby = _on(all_onto(causes, coarse), coarse.experiment, state)
    # In 3D each sensitivity would cost as much as a flow, for a number of two digits.
    few = ideal.experiment.cell.dim == 3
    uncertainties = _uncertainties(nearby if few else state, (coarse if few else ideal).experiment)
    each = []
    for i, component in enumerate(names):
        entries = {
            name: replace(entry, error=errors.get(f"{i} {name}"))
            for name, entry in first_entries[i].items()
        }
        if state is not None:
            for name in (TOTAL, "interaction"):
                entries[name] = _with_deficit(entries[name], state.reported.deficit)
        each.append(
            Entries(
                component=component,
                shape=entries[SHAPE],
                terms=tuple(Term(cause, entries[cause.name]) for cause in causes),
                total=entries[TOTAL],
                interaction=entries["interaction"],
                flow_by_properties=entries.get("flow_by_properties"),
                early_flow=entries.get("early_flow"),
                uncertainty=uncertainties[i] if uncertainties else None,
            )
        )
    return Budget(
        ideal=ideal,
        real=all_onto(causes, ideal),
        state=state,
        coarse=nearby,
        method=how,
        each=tuple(each),
    )


def _seconds(experiment: Experiment, coarse: Experiment) -> tuple[SecondSolve, ...]:
    """Return the second solves that estimate the numerical errors.

    In 3D both are on the coarser mesh of the limits, if there is one, since solves are expensive.
    """
    limits = experiment.cell.dim == 3 and coarse.cell is not experiment.cell
    return second_solves(experiment, mesh=coarse if limits else None)


def _values(each: Sequence[Mapping[str, Entry]]) -> dict[str, float]:
    """Return the values of the entries that have one, by number of the component and name."""
    return {
        f"{i} {name}": entry.value
        for i, entries in enumerate(each)
        for name, entry in entries.items()
        if entry.value is not None
    }


def _on(coarse: Measurement, ideal: Experiment, state: Measured | None) -> Measured | None:
    """Solve a measurement on a coarser mesh, starting from its state; return None on failure."""
    if state is None or ideal.cell is state.measurement.experiment.cell:
        return state
    log.info("solving on a coarser mesh of %d cells", ideal.cell.num_cells)
    try:
        return measured(coarse, ideal, start=state.solution)
    except FemsoretError as error:
        log.warning("no steady state on a coarser mesh: %s", error.message)
        return None


def _with_deficit(entry: Entry, deficit: float) -> Entry:
    """Return an entry whose error includes the estimated deficit due to the early flow."""
    return entry if entry.error is None else replace(entry, error=entry.error + deficit)


class _Pass:
    """All measurements of a budget on one mesh at one polynomial degree."""

    def __init__(
        self,
        ideal: Measurement,
        causes: Sequence[Cause],
        still: Set[str],
        *,
        degree: int | None = None,
        starts: _Pass | None = None,
    ) -> None:
        self.causes, self.still = tuple(causes), still
        self.solved: dict[str, Measured] = {}
        self.failures: dict[str, str] = {}
        for name, measurement in _measurements(ideal, self.causes):
            log.info("%s", name.replace("_", " "))
            try:
                self.solved[name] = self._measured(name, measurement, ideal, degree, starts)
            except FemsoretError as error:
                log.warning("%s failed: %s", name.replace("_", " "), error.message)
                self.failures[name] = error.message

    def _measured(
        self,
        name: str,
        measurement: Measurement,
        ideal: Measurement,
        degree: int | None,
        starts: _Pass | None,
    ) -> Measured:
        for solved in self.solved.values():
            # Measurements of the same experiment differ in their readings only.
            if solved.measurement.experiment is measurement.experiment:
                return report_of(measurement, ideal.experiment, solved.solution)
        if name in self.still:
            solution = solve_at_rest(measurement.experiment, degree=degree)
            return report_of(measurement, ideal.experiment, solution)
        before = starts.solved.get(name) if starts else self._flows_like(name)
        start = before.solution if before else None
        return measured(measurement, ideal.experiment, degree=degree, start=start)

    def _flows_like(self, name: str) -> Measured | None:
        """Return the state of the largest bias so far, as the start for several causes together."""
        if name not in (TOTAL, CONSTANT):
            return None
        flowing = [state for other, state in self.solved.items() if other not in self.still]
        return max(flowing, key=lambda state: abs(state.bias)) if flowing else None

    def entries(self, species: int) -> dict[str, Entry]:
        """Return the entries of the budget of a species by name, without numerical errors."""

        def bias(name: str) -> Entry:
            if name in self.failures:
                return Entry(None, failure=self.failures[name])
            return Entry(float(self.solved[name].biases[species]))

        shape = bias(SHAPE)
        entries = {SHAPE: shape, TOTAL: bias(TOTAL)}
        terms = {c.name: _combined(lambda a, b: a - b, bias(c.name), shape) for c in self.causes}
        entries |= terms
        entries["interaction"] = _combined(
            lambda total, *rest: total - sum(rest), entries[TOTAL], shape, *terms.values()
        )
        early = self.solved[TOTAL].early_flows if TOTAL in self.solved else None
        if early is not None:
            entries["early_flow"] = Entry(float(early[species]))
        if CONSTANT in self.solved or CONSTANT in self.failures:
            entries["flow_by_properties"] = _combined(
                lambda total, constant, alone: total - constant - alone,
                entries[TOTAL],
                bias(CONSTANT),
                terms[Properties.name],
            )
        return entries


def _measurements(ideal: Measurement, causes: Sequence[Cause]) -> Iterator[tuple[str, Measurement]]:
    """Yield the name and the measurement of each cell to solve."""
    yield SHAPE, ideal
    for cause in causes:
        yield cause.name, cause.onto(ideal)
    yield TOTAL, all_onto(causes, ideal)
    others = [cause for cause in causes if cause.name != Properties.name]
    if others and len(others) < len(causes):
        yield CONSTANT, all_onto(others, ideal)


def _still(coarse: Measurement, causes: Sequence[Cause]) -> set[str]:
    """Return the names of the measurements whose liquid is at rest."""
    still = set()
    for name, measurement in _measurements(coarse, causes):
        try:
            if rests(measurement.experiment):
                still.add(name)
        except NotConverged as error:
            log.info("%s: unknown whether the liquid is at rest: %s", name, error.message)
    log.info("cells at rest: %s", ", ".join(sorted(still)).replace("_", " ") or "none")
    return still


def _combined(rule: Callable[..., float], *entries: Entry) -> Entry:
    """Combine the values of several entries by a rule; if one failed, return the first of these."""
    values = []
    for entry in entries:
        if entry.value is None:
            return entry
        values.append(entry.value)
    return Entry(rule(*values))


# -- uncertainty of the fluid data -----------------------------------------------------------------


def _uncertainties(state: Measured | None, ideal: Experiment) -> tuple[BiasUncertainty, ...]:
    """Return the uncertainties of the total from the fluid data; none if they are not known.

    Args:
        state: The real cell, solved; None if the solve failed.
        ideal: The ideal cell on the same mesh.
    """
    if state is None or state.measurement.experiment.fluid is None:
        return ()
    if ideal.particles and state.reported.completeness is not None:
        return ()  # how a march of all states depends on the data is not known
    early = 0.0 if state.early_flows is None else float(np.linalg.norm(state.early_flows))
    if early > SLIGHT * abs(state.bias):
        return ()  # the result of a march depends on its whole history
    experiment, reported, solution = state.measurement.experiment, state.reported, state.solution
    try:
        slopes = sensitivities(
            experiment,
            solution.full,
            [outcome.at for outcome in solution.outcomes],
            lambda at: reported.ratio(experiment, at),
        )
        of_states = _of_states(ideal) if ideal.particles else {}
    except FemsoretError as error:
        log.warning("no uncertainty from the fluid data: %s", error.message)
        return ()
    if reported.completeness is not None:
        for entry in slopes:
            slopes[entry] = slopes[entry] + _of_completeness(state, entry)
    ratios = reported.fluid / reported.size + state.biases
    if state.early_flows is not None:
        ratios = ratios - state.early_flows  # the sensitivities apply to these ratios
    of_bias = {}
    for entry, slope in slopes.items():
        known = of_states.get(entry)
        of_fluid = (_of_fluid(experiment, entry) if known is None else known) / reported.size
        of_size = float(reported.fluid @ of_fluid) / reported.size
        of_bias[entry] = slope - of_fluid - (ratios - reported.fluid / reported.size) * of_size
    return tuple(
        BiasUncertainty(
            contributions(experiment, {name: float(of[i]) for name, of in of_bias.items()})
        )
        for i in range(len(reported.fluid))
    )


def _of_states(ideal: Experiment) -> dict[str, Array]:
    """Return d S_T/d ln(entry) of all states in the ideal cell at rest, 1/K, shape (1,)."""
    rest = solve_at_rest(ideal)
    assert rest.states is not None
    return sensitivities(
        ideal,
        rest.states.reference,
        [outcome.at_reference for outcome in rest.outcomes],
        lambda at: np.array([apparent(ideal.mixture, each) for each in at]),
    )


def _of_fluid(experiment: Experiment, entry: str) -> Array:
    """Return d S_T/d ln(entry) of the fluid, 1/K, shape (N,).

    Args:
        experiment: The experiment, with a fluid.
        entry: Name of an entry of the fluid data, or of the conductivity of a solid.
    """
    T = experiment.orientation.T_mean
    return _derivative(experiment, entry, lambda mixture: mixture.reference_at(T).soret)


def _of_completeness(state: Measured, entry: str) -> Array:
    """Return d ratio/d ln(entry) through the rates of the approach, shape (N,).

    Args:
        state: The real cell, read at a finite time.
        entry: Name of an entry of the fluid data, or of the conductivity of a solid.
    """
    measurement, reported = state.measurement, state.reported
    experiment, complete, time = measurement.experiment, reported.completeness, reported.time
    assert complete is not None
    assert time is not None
    layer = layer_of(experiment)
    ratio = reported.ratio(experiment, [outcome.at for outcome in state.solution.outcomes])
    steady = np.linalg.solve(complete, ratio)
    return _derivative(
        experiment,
        entry,
        lambda mixture: completeness_of(measurement, time, layer, mixture) @ steady,
    )


def _derivative(experiment: Experiment, entry: str, of: Callable[[Mixture], Array]) -> Array:
    """Return the derivative of a function of the mixture by ln(entry), one number per species."""
    handles = data_parameters(experiment.mixture, [entry]).get(entry, ())

    def at(factor: float) -> Array:
        changed: Mixture = bind(
            experiment.mixture, lambda name, x: x * factor if name in handles else x
        )
        return of(changed)

    if not handles:
        return np.zeros(len(experiment.mixture.species))
    return np.asarray((at(1.0 + STEP) - at(1.0 - STEP)) / (2.0 * STEP))
