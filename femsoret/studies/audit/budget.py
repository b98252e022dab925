"""The artifact budget: what each cause does to the reported S_T by itself, and all together.

Biases are relative to the S_T that the fluid has (:mod:`femsoret.studies.audit.reported`). On one
mesh,

    shape           = bias of the ideal cell: its isotherms may be bent, so that it flows if level
    term of a cause = bias with only this cause - shape
    total           = bias with all causes
    interaction     = total - shape - sum of the terms
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from femsoret.base.errors import FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.experiment import Experiment
from femsoret.post.evaluation import Layer
from femsoret.studies.audit.causes import Cause, Measurement, Properties, all_onto
from femsoret.studies.audit.ideal import on_coarse_mesh, rests
from femsoret.studies.audit.reported import Measured, measured, report_of
from femsoret.studies.measure.numerical_error import SecondSolve, estimated, method, second_solves
from femsoret.studies.measure.solution import solve_at_rest
from femsoret.studies.measure.time_series import layer_of
from femsoret.studies.measure.uncertainty import STEP, BiasUncertainty, contributions, sensitivities

log = get_logger(__name__)

SHAPE: Final = "shape"
TOTAL: Final = "total"
CONSTANT: Final = "total, constant properties"

SLIGHT: Final = 0.1
"""Part of the total that the early flow makes up to which fluid data act as if it made none."""


@dataclass(frozen=True)
class Entry:
    """A bias, or a part of a bias, with its numerical error.

    Args:
        value: Relative to the fluid's S_T, with its sign; None where it failed.
        error: Estimate of its numerical error; None where it was not asked for, or failed.
        failure: Why there is no value; empty where there is one.
    """

    value: float | None
    error: float | None = None
    failure: str = ""

    @property
    def size(self) -> float:
        """Magnitude of the value; 0 where there is no value."""
        return abs(self.value or 0.0)


@dataclass(frozen=True, eq=False)
class Term:
    """The bias that one cause makes by itself.

    Args:
        cause: The cause.
        entry: The number.
    """

    cause: Cause
    entry: Entry


@dataclass(frozen=True, eq=False)
class Budget:
    """The artifact budget of a cell.

    Args:
        ideal: The ideal cell.
        real: The cell with all causes.
        shape: Bias of the ideal cell.
        terms: One a cause.
        total: Bias of the real cell.
        interaction: Total less shape and terms.
        early_flow: The part of the interaction that the flow of the uniform liquid makes before
            layers of composition hold it back; None where no march was needed.
        flow_by_properties: The part of the interaction that comes from what varying properties
            change in the rest; None without properties that vary, or with nothing else.
        state: The real cell, solved; None where that failed.
        coarse: It, solved on a coarser mesh, or the same where there is none; None where that
            failed.
        method: How numerical errors were estimated; empty where they were not.
        uncertainty: Of the total, from the fluid data; None where there is nothing to carry.
    """

    ideal: Measurement
    real: Measurement
    shape: Entry
    terms: tuple[Term, ...]
    total: Entry
    interaction: Entry
    flow_by_properties: Entry | None
    early_flow: Entry | None
    state: Measured | None
    coarse: Measured | None
    method: str
    uncertainty: BiasUncertainty | None

    @property
    def dominant(self) -> Term | None:
        """The largest term; None where no term has a value."""
        solved = [term for term in self.terms if term.entry.value is not None]
        return max(solved, key=lambda term: term.entry.size) if solved else None


def budget(
    ideal: Measurement,
    causes: Sequence[Cause],
    *,
    coarse: Measurement | None = None,
    with_numerical_error: bool = True,
) -> Budget:
    """Return the artifact budget of a cell; collective.

    A term whose solve fails is reported as such and does not stop the rest.

    Args:
        ideal: The ideal cell.
        causes: What the real one has.
        coarse: The ideal cell on a coarser mesh; None makes one.
        with_numerical_error: Whether to solve everything again for the numerical errors.
    """
    coarse = coarse or replace(ideal, experiment=on_coarse_mesh(ideal.experiment))
    still = _still(coarse, causes)
    first = _Pass(ideal, causes, still)
    first_entries = first.entries()
    errors: dict[str, float] = {}
    how = ""
    if with_numerical_error:
        seconds = _seconds(ideal.experiment, coarse.experiment)
        how = method(ideal.experiment, seconds)
        others = []
        for second in seconds:
            log.info("again at another resolution, for the numerical errors")
            there = replace(ideal, experiment=second.experiment)
            again = _Pass(there, causes, still, degree=second.degree, starts=first)
            others.append((second, _values(again.entries())))
        errors = estimated(_values(first_entries), others)
    state = first.solved.get(TOTAL)
    nearby = _on(all_onto(causes, coarse), coarse.experiment, state)
    entries = {
        name: replace(entry, error=errors.get(name)) for name, entry in first_entries.items()
    }
    if state is not None:
        for name in (TOTAL, "interaction"):
            entries[name] = _with_deficit(entries[name], state.reported.deficit)
    return Budget(
        ideal=ideal,
        real=all_onto(causes, ideal),
        shape=entries[SHAPE],
        terms=tuple(Term(cause, entries[cause.name]) for cause in causes),
        total=entries[TOTAL],
        interaction=entries["interaction"],
        flow_by_properties=entries.get("flow_by_properties"),
        early_flow=entries.get("early_flow"),
        state=state,
        coarse=nearby,
        method=how,
        # In 3D a solve for each entry would cost as much as a flow, for two digits.
        uncertainty=_uncertainty(nearby if ideal.experiment.cell.dim == 3 else state),
    )


def _seconds(experiment: Experiment, coarse: Experiment) -> tuple[SecondSolve, ...]:
    """Return what everything is solved again with.

    In 3D both are on the mesh of the limits, where there is one: what costs most is done often.
    """
    limits = experiment.cell.dim == 3 and coarse.cell is not experiment.cell
    return second_solves(experiment, mesh=coarse if limits else None)


def _values(entries: Mapping[str, Entry]) -> dict[str, float]:
    """Return the numbers that there are."""
    return {name: entry.value for name, entry in entries.items() if entry.value is not None}


def _on(coarse: Measurement, ideal: Experiment, state: Measured | None) -> Measured | None:
    """Return a measurement on a coarser mesh, solved from its state; None where there is none."""
    if state is None or ideal.cell is state.measurement.experiment.cell:
        return state
    log.info("on %d mesh cells", ideal.cell.num_cells)
    try:
        return measured(coarse, ideal, start=state.solution)
    except FemsoretError as error:
        log.warning("no steady state on a coarser mesh: %s", error.message)
        return None


def _with_deficit(entry: Entry, deficit: float) -> Entry:
    """Return a number whose error bound has room for what the early flow takes, unmarched."""
    return entry if entry.error is None else replace(entry, error=entry.error + deficit)


class _Pass:
    """All measurements of a budget on one mesh at one degree."""

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
            # What is done with the readings changes no state.
            if solved.measurement.experiment is measurement.experiment:
                return report_of(measurement, ideal.experiment, solved.solution)
        if name in self.still:
            solution = solve_at_rest(measurement.experiment, degree=degree)
            return report_of(measurement, ideal.experiment, solution)
        before = starts.solved.get(name) if starts else self._flows_like(name)
        start = before.solution if before else None
        return measured(measurement, ideal.experiment, degree=degree, start=start)

    def _flows_like(self, name: str) -> Measured | None:
        """Return what a cell with several causes may start from: the one that flows most so far."""
        if name not in (TOTAL, CONSTANT):
            return None
        flowing = [state for other, state in self.solved.items() if other not in self.still]
        return max(flowing, key=lambda state: abs(state.bias)) if flowing else None

    def entries(self) -> dict[str, Entry]:
        """Return the entries of the budget by name, without numerical errors."""
        shape = self._bias(SHAPE)
        entries = {SHAPE: shape, TOTAL: self._bias(TOTAL)}
        terms = {
            c.name: _combined(lambda a, b: a - b, self._bias(c.name), shape) for c in self.causes
        }
        entries |= terms
        entries["interaction"] = _combined(
            lambda total, *rest: total - sum(rest), entries[TOTAL], shape, *terms.values()
        )
        early = self.solved[TOTAL].early_flow if TOTAL in self.solved else None
        if early is not None:
            entries["early_flow"] = Entry(early)
        if CONSTANT in self.solved or CONSTANT in self.failures:
            entries["flow_by_properties"] = _combined(
                lambda total, constant, alone: total - constant - alone,
                entries[TOTAL],
                self._bias(CONSTANT),
                terms[Properties.name],
            )
        return entries

    def _bias(self, name: str) -> Entry:
        if name in self.failures:
            return Entry(None, failure=self.failures[name])
        return Entry(self.solved[name].bias)


def _measurements(ideal: Measurement, causes: Sequence[Cause]) -> Iterator[tuple[str, Measurement]]:
    """Yield name and measurement of all that is solved."""
    yield SHAPE, ideal
    for cause in causes:
        yield cause.name, cause.onto(ideal)
    yield TOTAL, all_onto(causes, ideal)
    others = [cause for cause in causes if cause.name != Properties.name]
    if others and len(others) < len(causes):
        yield CONSTANT, all_onto(others, ideal)


def _still(coarse: Measurement, causes: Sequence[Cause]) -> set[str]:
    """Return the names of the measurements whose liquid rests."""
    still = set()
    for name, measurement in _measurements(coarse, causes):
        try:
            if rests(measurement.experiment):
                still.add(name)
        except NotConverged as error:
            log.info("%s: whether it rests is not known: %s", name, error.message)
    log.info("at rest: %s", ", ".join(sorted(still)).replace("_", " ") or "nothing")
    return still


def _combined(rule: Callable[..., float], *entries: Entry) -> Entry:
    """Return a number made of others; the first failure among them is its own."""
    values = []
    for entry in entries:
        if entry.value is None:
            return entry
        values.append(entry.value)
    return Entry(rule(*values))


# -- uncertainty of the fluid data -----------------------------------------------------------------


def _uncertainty(state: Measured | None) -> BiasUncertainty | None:
    """Return the uncertainty of the total from the fluid data."""
    if state is None or state.measurement.experiment.fluid is None:
        return None
    if abs(state.early_flow or 0.0) > SLIGHT * abs(state.bias):
        return None  # what a march reads depends on its whole course
    experiment = state.measurement.experiment
    try:
        solution = state.solution
        assert solution.soret is not None  # of an auditable experiment
        slopes = sensitivities(
            experiment,
            solution.convection,
            solution.soret.at,
            lambda at: state.reported.ratio(experiment, at),
        )
    except FemsoretError as error:
        log.warning("no uncertainty from the fluid data: %s", error.message)
        return None
    if state.reported.time is not None and "diffusion" in slopes:
        slopes["diffusion"] += _of_completeness(state, layer_of(experiment))
    return BiasUncertainty(contributions(experiment, slopes, {"soret": _without_early_flow(state)}))


def _of_completeness(state: Measured, layer: Layer) -> float:
    """Return d ratio/d ln(D) by way of the relaxation time, which is proportional to 1/D."""
    duration, time = state.measurement.duration, state.reported.time
    assert duration is not None
    assert time is not None
    scaled = duration / time
    plus, minus = (float(layer.approach(scaled * (1.0 + s * STEP))) for s in (1.0, -1.0))
    complete = state.reported.completeness
    return _without_early_flow(state) / complete * (plus - minus) / (2.0 * STEP)


def _without_early_flow(state: Measured) -> float:
    """Return reported over true in a cell that approaches its steady state as a quiet layer does.

    The sensitivities are those of that cell.
    """
    return 1.0 + state.bias - (state.early_flow or 0.0)
