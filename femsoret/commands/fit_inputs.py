"""What a fit needs of a case: for each data set its data, its experiment and its schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mpi4py import MPI

import numpy as np

from femsoret.base.errors import CaseError, FemsoretError
from femsoret.base.ranks import from_root
from femsoret.case import Case, CaseRun, load_case
from femsoret.case.load import OF_RUNS, changed_case
from femsoret.case.messages import at_key, in_file
from femsoret.case.tables.fit import DataTable, FitTable
from femsoret.cells import Cell
from femsoret.experiment import Experiment
from femsoret.experiment.measured import DataSet
from femsoret.experiment.schedule import Schedule
from femsoret.io.data_sets import data_set, last_time
from femsoret.io.measured import MeasuredTable, read_measured
from femsoret.report.summary.fit import unit_of
from femsoret.report.words.fitted import shown_unit
from femsoret.studies.fit.model import MeasuredRun
from femsoret.studies.fit.signals import predicted_columns
from femsoret.studies.fit.unknowns import Unknown

_LATER: Final = 4.0
"""Typical changes of an unknown zero of time by which a run goes on after the last row."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """A data set with the run that predicts it.

    Args:
        run: The data, their experiment and its schedule.
        stated_end: End of the run that the case states, s; None without one.
    """

    run: MeasuredRun
    stated_end: float | None

    @property
    def data(self) -> DataSet:
        """The data."""
        return self.run.data

    @property
    def experiment(self) -> Experiment:
        """The experiment in which they were recorded."""
        return self.run.experiment

    @property
    def schedule(self) -> Schedule | None:
        """Schedule of the run that predicts them; None for steady states."""
        return self.run.schedule


@dataclass(frozen=True, eq=False)
class FitInputs:
    """Everything that a fit of a case needs.

    Args:
        case: The case.
        built: The case on its mesh, without what is different in data sets.
        recorded: The data sets.
        unknowns: What is sought.
        robust: Whether outliers count less.
    """

    case: Case
    built: CaseRun
    recorded: tuple[Recorded, ...]
    unknowns: tuple[Unknown, ...]
    robust: bool

    @property
    def data(self) -> tuple[DataSet, ...]:
        """The data."""
        return tuple(each.data for each in self.recorded)

    @property
    def number_of_values(self) -> int:
        """Number of measured values of all data sets."""
        return sum(data.number_of_values for data in self.data)


def load_fit_case(
    path: Path,
    data: Path | None,
    overrides: Sequence[str] = (),
    comm: MPI.Comm | None = None,
    *,
    unsafe_petsc: bool = False,
) -> Case:
    """Read a case that is to be fitted to data; collective.

    Args:
        path: Path of the case file.
        data: Path of a data file, relative to the working directory, in place of that of the only
            data set; None for those of the case.
        overrides: Changes of single keys, as "key.path=value".
        comm: Communicator; None for this process alone.
        unsafe_petsc: See :func:`~femsoret.case.load_case`.

    Raises:
        CaseError: The case cannot be read, does not say what is sought, or has not exactly one data
            set that a file could replace. It is raised on all ranks.
    """
    case = load_case(path, overrides, comm, unsafe_petsc=unsafe_petsc)
    if data is None or case.fit is None:
        return case
    sets = case.fit.data
    if len(sets) > 1:
        raise CaseError(
            f"{path}: [fit]: it has {len(sets)} data sets, so that one file cannot replace them: "
            f"{', '.join(each.name for each in sets)}",
            "leave the file out of the command line, and name the files in [[fit.data]]",
        )
    changes: dict[str, object] = {"fit.data": [{"file": str(data.absolute())}]}
    if sets:
        changes = {"fit.data.0.file": str(data.absolute())}
        if sets[0].name == sets[0].file.stem:  # it was not given
            changes["fit.data.0.name"] = data.stem
    return from_root(comm, lambda: changed_case(case, changes))


def fit_inputs(case: Case, comm: MPI.Comm) -> FitInputs:
    """Return everything that a fit of a case needs; collective.

    Args:
        case: The case, with a table [fit].
        comm: Communicator to solve on.

    Raises:
        FemsoretError: The case does not say what is sought or has no data, a data file cannot be
            read, or data and experiment do not agree. It is raised on all ranks.
    """
    fit = case.fit
    if fit is None or not fit.unknown:
        raise CaseError(
            f"{case.source}: [fit]: it does not say what is sought",
            'add [[fit.unknown]] with quantity = "soret", and a second one with quantity = "D"',
        )
    built = case.build(comm)
    if not fit.data:
        raise CaseError(
            f"{case.source}: [fit]: there are no data",
            "give a CSV file after the case, or [[fit.data]] with its file",
        )
    recorded: list[Recorded] = []
    for i, table in enumerate(fit.data):
        recorded.append(_recorded(case, fit, i, table, built, comm))
    with in_file(case.source):
        experiments: dict[str | None, Experiment] = {None: built.experiment}
        experiments |= {each.data.name: each.experiment for each in recorded}
        unknowns = fit.unknowns(experiments, built.units)
        data = tuple(each.data for each in recorded)
        units = {
            column.name: column.unit
            for each in recorded
            for column in predicted_columns(each.experiment).values()
        }
        return FitInputs(
            case,
            built,
            tuple(recorded),
            tuple(_of_data(unknown, data, units) for unknown in unknowns),
            fit.robust,
        )


def _recorded(
    case: Case, fit: FitTable, number: int, table: DataTable, base: CaseRun, comm: MPI.Comm
) -> Recorded:
    """Return one data set with its experiment; collective."""
    measured: MeasuredTable = from_root(comm, lambda: read_measured(table.file))
    if not table.steady and case.time is None:
        with in_file(case.source), at_key("fit", "data", number):
            raise CaseError(
                f"{table.name!r} has times, but the case is that of a steady state",
                "add a table [time], or set steady = true if its rows are steady states",
            )
    end = 0.0 if table.steady else last_time(measured, table.time, base.units)
    latest = _latest(end, fit, table.name, base)
    stated = None if base.schedule is None or table.steady else base.schedule.end
    changes = dict(table.changes)
    without = [*OF_RUNS, "fit", *(("time", "protocol") if table.steady else ())]
    if not table.steady:
        if latest <= 0.0:
            with in_file(case.source), at_key("fit", "data", number):
                raise CaseError(
                    f"the last time of {table.name!r}, {end:g} s, is not after the start of the "
                    "run",
                    "times are those of the run, unless a zero_of_time is an unknown",
                )
        if stated is not None and latest > stated and "time.end" not in changes:
            changes["time.end"] = latest
    with _of_data_set(table.name):
        varied = from_root(comm, lambda: changed_case(case, changes, without=without, what="set: "))
        built = varied.build(comm, cell=_shared(case, varied, base))
        _check_walls(built.experiment, base.experiment)
    schedule = built.schedule
    if schedule is not None and not table.steady:
        schedule = replace(schedule, end=latest, numerical_error=False)
    with in_file(case.source), at_key("fit", "data", number):
        asked = table.asked(built.experiment, measured.names)
        data = data_set(measured, asked, built.units)
        return Recorded(MeasuredRun(data, built.experiment, schedule), stated)


def _check_walls(varied: Experiment, base: Experiment) -> None:
    """Check that the same walls are the hottest and the coldest, in either order.

    The axis, and with it what a tilt and the separation mean, are those of these walls.

    Raises:
        CaseError: They are not.
    """
    walls, of_case = ((e.orientation.hot, e.orientation.cold) for e in (varied, base))
    if set(walls) != set(of_case):
        raise CaseError(
            f"set: the hottest and the coldest wall are {' and '.join(walls)}, those of the case "
            f"{' and '.join(of_case)}, so that its tilt and its separation mean something else",
            "temperatures of surroundings count, too: move them with those of the walls, or fit "
            "this data set by a case of its own",
        )


def _latest(end: float, fit: FitTable, name: str, base: CaseRun) -> float:
    """Return the end of the run that predicts data until a time on their clock, s."""
    zeros = [each for each in fit.unknown if each.quantity == "zero_of_time"]
    of_set = [each for each in zeros if each.data in {None, name}]
    later = 0.0
    for each in of_set:
        unknown = each.build(base.experiment, base.units)
        later = max(later, unknown.start + _LATER * unknown.scale)
    return end + later


def _shared(case: Case, varied: Case, base: CaseRun) -> Cell | None:
    """Return the mesh of the case if a data set has the same cell; None otherwise."""
    return base.experiment.cell if varied.cell == case.cell else None


@contextmanager
def _of_data_set(name: str) -> Iterator[None]:
    """Say in messages of errors to which data set the case belongs."""
    try:
        yield
    except FemsoretError as error:
        raise type(error)(f"data set {name!r}: {error.message}", error.hint) from error


def _of_data(unknown: Unknown, data: tuple[DataSet, ...], units: Mapping[str, str]) -> Unknown:
    """Return an unknown with what the data say of it: signal, unit and scale of a baseline.

    Args:
        unknown: The unknown.
        data: The data.
        units: Unit of each signal by its name.

    Raises:
        CaseError: There are several signals, and it is not said to which a baseline belongs.
    """
    if unknown.quantity != "baseline":
        return unknown
    series = {
        each.signal: each
        for of in data
        if unknown.belongs_to(of.name)
        for each in of.series
        if unknown.signal in {"", each.signal}
    }
    if len(series) != 1:
        raise CaseError(
            f"{unknown.name}: the data have the signals {', '.join(series) or 'of others'}, so "
            "that it is unclear to which of them it is added",
            "name one: signal = ...",
        )
    ((signal, found),) = series.items()
    scale = unknown.scale
    if unknown.prior.is_flat:
        scale = 0.01 * float(np.abs(found.values).max()) or 1.0
    return replace(unknown, signal=signal, unit=units[signal], scale=scale)


def sought_text(unknown: Unknown, units: str) -> str:
    """Return what is known of an unknown before the data.

    Args:
        unknown: The unknown.
        units: "SI" or "groups".
    """
    unit = f" {shown_unit(unit_of(unknown.unit, units))}" if unknown.unit else ""
    prior = unknown.prior
    if prior.is_flat:
        return f"{unknown.name}: from {prior.value:.5g}{unit}, nothing known before the data"
    return (
        f"{unknown.name}: before the data {prior.value:.5g} +- {prior.uncertainty:.3g}{unit} "
        "(standard uncertainty)"
    )
