"""The plan of an experiment: the design that is proposed, beside the experiment as stated.

The search (:mod:`femsoret.studies.design.search`) uses responses from few evaluations of the model.
Two designs are looked at more closely, the one that it proposes and the experiment as stated: by a
response from more evaluations, which is compared with the model at values from which it was not
made, and with the error of the naive evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError, ConditionError, FemsoretError, NotConverged
from femsoret.base.log import get_logger
from femsoret.base.types import Array
from femsoret.studies.design.fluid_data import (
    FluidResponse,
    FluidShare,
    fluid_response,
    held_entries,
)
from femsoret.studies.design.information import levelled, promise
from femsoret.studies.design.local import Local, typical_values
from femsoret.studies.design.naive import NaiveBias, naive_bias, planned_data
from femsoret.studies.design.recording import Recording, dense_times
from femsoret.studies.design.response import (
    Response,
    ResponseModel,
    axes_of,
    curved_unknowns,
    response_of,
)
from femsoret.studies.design.search import Design, Failed, Search, best_of_each
from femsoret.studies.design.space import CandidateCell, CellAxis, Cells, RecordChoices
from femsoret.studies.fit.model import FullModel, MeasuredRun
from femsoret.studies.fit.stacked import Priors
from femsoret.studies.fit.unknowns import Unknown
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.stability_check import stability_check
from femsoret.studies.measure.uniform_start import uniform_start

log = get_logger(__name__)

SPREAD: Final = 1.5
"""Distance of evaluations from the prior value of a curved unknown, in its standard deviations."""

FINER: Final = (0.6, 1.2, 2.2)
"""Distances of more evaluations, likewise, where the response is even: they cost half as much."""


@dataclass(frozen=True)
class DesignOptions:
    """Options of a plan.

    Args:
        gain: Relative decrease of the uncertainty below which nothing is gained.
        refinements: Largest number of cells beside those of the grid.
        stability: Whether to look for growing modes in the steady state of each cell.
    """

    gain: float = 0.05
    refinements: int = 8
    stability: bool = True


@dataclass(frozen=True, eq=False)
class CloseLook:
    """A design that was looked at more closely.

    Args:
        design: The design, with what a response from more evaluations promises.
        response: This response.
        naive: The error of the naive evaluation; None for the reason in `why_no_naive`.
        why_no_naive: Why there is none; empty if there is one.
        response_error: Shift of the target by the error of the response, over its uncertainty,
            where it was checked.
        unknown_data: Entries of the fluid data whose sources give no uncertainty: they count as
            exact.
    """

    design: Design
    response: Response
    naive: NaiveBias | None
    why_no_naive: str
    response_error: float
    unknown_data: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DesignFindings:
    """The plan of an experiment.

    Args:
        target: The unknown that is to be least uncertain.
        stated: The experiment as stated.
        plan: What is proposed; None if no design is recommended.
        naive: Error of the naive evaluation of the best design of each cell, by its values.
        designs: All designs that were tried.
        failed: Cells that promise nothing.
        axes: What could be chosen of the cell.
        choices: The records that could be chosen.
        noise: Column of the history -> standard uncertainty of its values.
        curved: Unknowns in which the response is not linear.
        planner: What made the responses.
        options: Options of the plan.
        settled: Whether the search ended because nothing more was gained.
    """

    target: Unknown
    stated: CloseLook
    plan: CloseLook | None
    naive: Mapping[tuple[float, ...], NaiveBias]
    designs: tuple[Design, ...]
    failed: tuple[Failed, ...]
    axes: tuple[CellAxis, ...]
    choices: RecordChoices
    noise: Mapping[str, float]
    curved: tuple[Unknown, ...]
    planner: Planner
    options: DesignOptions
    settled: bool


def design(
    cells: Cells,
    choices: RecordChoices,
    noise: Mapping[str, float],
    target: str,
    options: DesignOptions | None = None,
) -> DesignFindings:
    """Return the plan of an experiment; collective.

    Args:
        cells: The cells among which one is chosen.
        choices: The records among which one is chosen.
        noise: Column of the history -> standard uncertainty of its values.
        target: Name of the unknown that is to be least uncertain.
        options: Options; None for those of :class:`DesignOptions`.

    Raises:
        FemsoretError: The cell as stated cannot be solved, no design promises anything, or nothing
            is known of an unknown that counts by its square.
        ValueError: There is no such unknown (see :func:`target_named`).
    """
    options = options or DesignOptions()
    stated = cells.stated
    names = [unknown.name for unknown in stated.unknowns]
    number = names.index(target)
    widths = _widths(stated.unknowns, choices)
    planner = Planner(choices, noise, number, widths)
    planner.look_for_curves(stated)
    search = Search(
        cells,
        choices,
        noise,
        number,
        planner.response,
        doubts_of_state if options.stability else lambda cell: (),
        planner.of_fluid,
        options.gain,
    )
    search.grid()
    settled = search.refine(options.refinements)
    plan = search.plan()
    doubts = (*stated.doubts, *search.doubt(stated))
    return DesignFindings(
        stated.unknowns[number],
        planner.close_look(stated, choices.as_stated(stated.tau), doubts),
        None if plan is None else planner.close_look(plan.cell, plan.recording, plan.doubts),
        planner.naive_of_best(search),
        tuple(search.designs),
        tuple(search.failed),
        cells.axes,
        choices,
        noise,
        tuple(stated.unknowns[k] for k, _ in planner.curved),
        planner,
        options,
        settled,
    )


def _widths(unknowns: tuple[Unknown, ...], choices: RecordChoices) -> Array:
    """Return the largest standard deviations of all unknowns, shape (p,)."""
    each = [Priors(levelled(unknowns, u)).widths for u in (None, *choices.levellings)]
    return np.asarray(np.max(each, axis=0))


def doubts_of_state(cell: CandidateCell) -> tuple[str, ...]:
    """Return why the steady state of a cell may not last, clauses; collective.

    Args:
        cell: The cell.
    """
    if not cell.experiment.flows:
        return ()
    try:
        solution = solve(cell.experiment)
    except NotConverged as error:
        return (f"its steady state was not found ({error.message})",)
    found = stability_check(solution)
    if found.verdict == "unstable" or found.suspected:
        return (found.reason,)
    if cell.schedule is not None or found.verdict == "stable":
        return ()  # a record in time is that of a uniform liquid anyway
    try:
        begun = uniform_start(solution)
    except FemsoretError as error:
        log.warning("no uniform liquid was followed in time: %s", error.message)
        return ()
    match begun.reached:
        case "another state":
            return ("a liquid that is uniform at first reaches another steady state",)
        case "no steady state":
            return (f"a uniform liquid was not found to reach its state: {begun.reason}",)
        case _:
            return ()


@dataclass(eq=False)
class Planner:
    """Responses of cells, and close looks at designs.

    Args:
        choices: The records among which one is chosen.
        noise: Column of the history -> standard uncertainty of its values.
        target: Number of the target.
        widths: Largest standard deviations of all unknowns, shape (p,).
        curved: Unknowns in which responses are curved, and whether they are even.
    """

    choices: RecordChoices
    noise: Mapping[str, float]
    target: int
    widths: Array
    curved: tuple[tuple[int, bool], ...] = ()
    _fluid: dict[tuple[tuple[float, ...], float | None], FluidResponse] = field(
        default_factory=dict
    )

    def _model(self, cell: CandidateCell) -> tuple[FullModel, Array]:
        """Return the model of all signals of a cell, and the times at which it predicts them."""
        longest = self.choices.longest(cell.tau)
        recording = Recording(self.choices.every_signal, 1, longest)
        data = planned_data(recording, self.noise)
        times = dense_times(longest) if longest else np.zeros(1)
        if longest:
            series = tuple(
                replace(
                    each,
                    times=times,
                    values=np.zeros(len(times)),
                    uncertainty=np.full(len(times), self.noise[each.signal]),
                )
                for each in data.series
            )
            data = replace(data, series=series)
        return FullModel([MeasuredRun(data, cell.experiment, cell.schedule)], cell.unknowns), times

    def look_for_curves(self, cell: CandidateCell) -> None:
        """Find in which unknowns the response of a cell is curved; collective."""
        model, times = self._model(cell)
        samples = max(self.choices.samples)
        u = np.repeat([self.noise[name] for name in self.choices.every_signal], len(times))
        self.curved = curved_unknowns(model, u * math.sqrt(len(times) / samples), self.widths)
        log.info(
            "the response is curved in: %s",
            ", ".join(cell.unknowns[k].name for k, _ in self.curved) or "nothing",
        )

    def response(self, cell: CandidateCell) -> Response:
        """Return the response of a cell for all records of it; collective."""
        records = [Priors(levelled(cell.unknowns, u)).widths for u in self.choices.levellings]
        return self._response(cell, {k: [SPREAD * w[k] for w in records] for k, _ in self.curved})

    def finer(self, cell: CandidateCell, levelling: float | None) -> Response:
        """Return the response of a cell by more evaluations; collective.

        Args:
            cell: The cell.
            levelling: Standard uncertainty of the tilt, degrees; None for that of its prior.
        """
        widths = Priors(levelled(cell.unknowns, levelling)).widths
        places = {
            k: [at * widths[k] for at in (FINER if even else (SPREAD,))] for k, even in self.curved
        }
        return self._response(cell, places)

    def _response(self, cell: CandidateCell, places: Mapping[int, Sequence[float]]) -> Response:
        model, times = self._model(cell)
        axes = axes_of(cell.unknowns, self.curved, places)
        return response_of(model, self.choices.every_signal, times, axes)

    def of_fluid(
        self, cell: CandidateCell, response: Response, recording: Recording
    ) -> tuple[FluidShare, ...]:
        """Return what the fluid data make of the uncertainty of a record; collective.

        Args:
            cell: The cell.
            response: Its response.
            recording: The record.

        Raises:
            NotConverged: The model has no prediction at typical values of the unknowns.
        """
        key = cell.values, recording.levelling
        if key not in self._fluid:
            unknowns = levelled(cell.unknowns, recording.levelling)
            x = typical_values(unknowns, tuple(k for k, _ in self.curved))
            model, times = self._model(cell)
            self._fluid[key] = fluid_response(model, x, self.choices.every_signal, times)
        return self._fluid[key].shares(response, recording, self.noise, self.target)

    def close_look(
        self, cell: CandidateCell, recording: Recording, doubts: tuple[str, ...]
    ) -> CloseLook:
        """Return a closer look at a design; collective."""
        response = self.finer(cell, recording.levelling)
        found = promise(response, recording, self.noise, self.target)
        shares = self.of_fluid(cell, response, recording)
        unknowns = levelled(cell.unknowns, recording.levelling)
        data = planned_data(recording, self.noise)
        model = FullModel([MeasuredRun(data, cell.experiment, cell.schedule)], unknowns)
        close = Local(ResponseModel(response, recording, unknowns), recording.noise(self.noise))
        naive, why = None, ""
        try:
            naive = naive_bias(cell, response, recording, self.noise, self.target)
        except ConditionError as error:
            why = error.message
        if naive is None and not why:
            why = f"it does not have {unknowns[self.target].name}"
        missed = model.predict(close.typical, slopes=False).values - close.predicted
        shift = abs(float(close.shifts(missed[:, None])[self.target, 0]))
        held = held_entries(cell.experiment, cell.unknowns)
        return CloseLook(
            Design(cell, recording, found, doubts, shares),
            response,
            naive,
            why,
            shift / found.uncertainty if math.isfinite(found.uncertainty) else 0.0,
            tuple(name for name, u in held.items() if u is None),
        )

    def naive_of_best(self, search: Search) -> dict[tuple[float, ...], NaiveBias]:
        """Return the error of the naive evaluation of the best design of each cell; collective."""
        found = {}
        for values, each in best_of_each(search.designs).items():
            try:
                bias = naive_bias(
                    each.cell, search.responses[values], each.recording, self.noise, self.target
                )
            except FemsoretError as error:
                log.info("no naive evaluation with %s: %s", values, error.message)
                continue
            if bias is not None:
                found[values] = bias
        return found


def target_named(unknowns: tuple[Unknown, ...], asked: str) -> str:
    """Return the name of the unknown that is asked for.

    Args:
        unknowns: The unknowns.
        asked: A quantity such as "soret", or the name of an unknown.

    Raises:
        CaseError: There is no such unknown, or there are several.
    """
    names = [unknown.name for unknown in unknowns]
    if asked in names:
        return asked
    found = [unknown.name for unknown in unknowns if unknown.quantity == asked]
    if len(found) == 1:
        return found[0]
    if found:
        raise CaseError(
            f"--for {asked}: it may be any of {', '.join(found)}", "give one of these names"
        )
    raise CaseError(
        f"--for {asked}: it is no unknown of the fit",
        f"unknowns of [[fit.unknown]]: {', '.join(names)}",
    )
