"""Fitting a case to measured data: from a case to a folder with a report page."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Final

from mpi4py import MPI

from rich.table import Table

from femsoret.base.log import get_logger, quiet_solves
from femsoret.base.types import Array
from femsoret.case import Case, resolved_toml
from femsoret.commands.fit_inputs import FitInputs, Recorded, fit_inputs
from femsoret.commands.record import context_of, first_record, study_record
from femsoret.io.files import on_root, write_atomically
from femsoret.io.folder import RunFolder, begin_run
from femsoret.io.kinds import SUMMARY
from femsoret.io.residuals import RESIDUALS, residuals_csv
from femsoret.report.figures.fit import fit_arrays
from femsoret.report.folder import write_case, write_results
from femsoret.report.summary.fit import DataOrigin, fit_summary
from femsoret.report.tables.fit import fit_tables
from femsoret.report.verdicts.fit import fit_verdict
from femsoret.report.words.units import Summary
from femsoret.studies.fit.fit import FitFindings, fit
from femsoret.studies.fit.least_squares import FitOptions
from femsoret.studies.fit.signals import predicted_columns
from femsoret.studies.fit.unknowns import Unknown

log = get_logger(__name__)

EVALUATIONS: Final = "evaluations.csv"
"""Name of the log of all evaluations of the model, which grows while the fit runs."""


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """Result of a fit and of writing its folder.

    Args:
        findings: What the fit found.
        summary: Content of summary.json.
        folder: Path of the run folder.
    """

    findings: FitFindings
    summary: Summary
    folder: Path

    def table(self) -> Table:
        """Return the table of naive and corrected values for a terminal."""
        values = replace(fit_tables(self.summary)[0], note="")
        return values.for_terminal(f"{self.summary['title']}: naive and corrected")

    def closing(self) -> str:
        """Return the verdict, which is printed last on a terminal."""
        verdict = fit_verdict(self.summary)
        return f"{verdict.finding}\n{verdict.reason}"


class FitLog:
    """Observer of a fit that writes each evaluation of the model to a file; collective.

    Args:
        folder: The run folder. It is cleared of an earlier fit at the first evaluation.
        unknowns: The unknowns.
    """

    def __init__(self, folder: RunFolder, unknowns: Sequence[Unknown]) -> None:
        self._folder = folder
        self._names = [each.name for each in unknowns]
        self._rows: list[list[str]] = []

    def evaluated(self, values: Array, chi2: float) -> None:
        """Write the values of the unknowns at which the model was evaluated, and chi2 there.

        Args:
            values: Values of the unknowns, shape (unknowns,).
            chi2: Sum of squares of data and priors.
        """
        folder = self._folder
        if not self._rows:
            folder.clear()
            folder.claim(EVALUATIONS)
        self._rows.append(
            [str(len(self._rows) + 1), repr(float(chi2)), *(repr(float(v)) for v in values)]
        )
        log.info(
            "evaluation %d: chi2 %.6g, %s",
            len(self._rows),
            chi2,
            ", ".join(f"{name} {v:.6g}" for name, v in zip(self._names, values, strict=True)),
        )
        content = self._content()
        on_root(
            folder.path,
            folder.comm,
            lambda: write_atomically(folder.path / EVALUATIONS, content),
        )

    def _content(self) -> bytes:
        text = StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["evaluation", "chi2", *self._names])
        table.writerows(self._rows)
        return text.getvalue().encode()


def run_fit(case: Case, comm: MPI.Comm, folder: Path | str, *, force: bool = False) -> FitOutcome:
    """Fit a case to its data and write the results to a folder; collective.

    Args:
        case: The case, with a table [fit] and data.
        comm: Communicator to solve on.
        folder: The run folder; created if missing.
        force: Whether to replace a finished or resumable run in the folder.

    Raises:
        FemsoretError: The case or its data are invalid, the model cannot be solved, or the folder
            cannot be written. It is raised on all ranks.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    inputs = fit_inputs(case, comm)
    record = first_record("fit", comm, case, started=started)
    with begin_run(folder, comm, record, force=force) as target:
        with quiet_solves():
            findings = findings_of(inputs, FitLog(target, inputs.unknowns))
        return write_fit(inputs, findings, target, started, time.perf_counter() - start)


def findings_of(inputs: FitInputs, log: FitLog) -> FitFindings:
    """Return what the fit finds; collective.

    Args:
        inputs: What is fitted.
        log: Observer of all evaluations of the model.

    Raises:
        FemsoretError: The fit does not know an unknown in this experiment, or the model cannot be
            solved.
    """
    time = inputs.case.time
    asked = time is None or time.numerical_error is not False
    return fit(
        [each.run for each in inputs.recorded],
        inputs.unknowns,
        FitOptions(robust=inputs.robust),
        each=log.evaluated,
        numerical=inputs.built.numerical_error and asked,
    )


def write_fit(
    inputs: FitInputs,
    findings: FitFindings,
    target: RunFolder,
    started: datetime,
    seconds: float,
) -> FitOutcome:
    """Write the folder of a fit; collective.

    Args:
        inputs: What was fitted.
        findings: What the fit found.
        target: The run folder.
        started: Start time of the fit.
        seconds: Wall time, s.
    """
    built = inputs.built
    experiment = built.experiment
    context = context_of(built, target, seconds)
    units = {
        column.name: column.unit
        for each in inputs.recorded
        for column in predicted_columns(each.experiment).values()
    }
    content = fit_summary(findings, experiment, _origins(inputs), units, context)
    write_case(target, inputs.case)
    write_results(
        target,
        "fit",
        {SUMMARY: content},
        case=resolved_toml(inputs.case),
        record=study_record(
            experiment.problem(), experiment.newton.preset, target.comm, started=started
        ),
        arrays=fit_arrays(findings),
        files={RESIDUALS: residuals_csv(findings, built.units)},
    )
    return FitOutcome(findings, content, target.path)


def _origins(inputs: FitInputs) -> list[DataOrigin]:
    tables = () if inputs.case.fit is None else inputs.case.fit.data
    folder = Path(inputs.case.source).resolve().parent

    def origin(recorded: Recorded, file: Path, changes: dict[str, object]) -> DataOrigin:
        schedule = recorded.schedule
        return DataOrigin(
            name=recorded.data.name,
            file=os.path.relpath(file, folder),
            steady=recorded.data.steady,
            run=None if schedule is None else schedule.end,
            stated=recorded.stated_end,
            changes={key: str(value) for key, value in changes.items()},
        )

    return [
        origin(recorded, table.file, table.changes)
        for recorded, table in zip(inputs.recorded, tables, strict=True)
    ]
