"""The plan of an experiment: from a case to a folder with a report page."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mpi4py import MPI

from rich.table import Table

from femsoret.base.log import quiet_solves
from femsoret.case import Case, resolved_toml
from femsoret.commands.design_inputs import design_cells
from femsoret.commands.record import context_of, first_record, study_record
from femsoret.io.folder import begin_run
from femsoret.io.kinds import SUMMARY
from femsoret.report.folder import write_case, write_results
from femsoret.report.summary.design import design_summary
from femsoret.report.tables.design import plan_table
from femsoret.report.verdicts.design import design_verdict
from femsoret.report.words.units import Summary
from femsoret.studies.design.design import DesignFindings, design, target_named

PLANNED: Final = "plan.toml"
"""Name of the case file of the cell that is proposed."""


@dataclass(frozen=True, eq=False)
class DesignOutcome:
    """Result of a plan and of writing its folder.

    Args:
        findings: The plan.
        summary: Content of summary.json.
        folder: Path of the run folder.
    """

    findings: DesignFindings
    summary: Summary
    folder: Path

    def table(self) -> Table:
        """Return the table of the plan for a terminal."""
        found = replace(plan_table(self.summary), note="")
        return found.for_terminal(f"{self.summary['title']}: plan")

    def closing(self) -> str:
        """Return the verdict, which is printed last on a terminal."""
        verdict = design_verdict(self.summary)
        return f"{verdict.finding}\n{verdict.reason}"


def run_design(
    case: Case, comm: MPI.Comm, folder: Path | str, *, target: str = "soret", force: bool = False
) -> DesignOutcome:
    """Plan an experiment and write the results to a folder; collective.

    Args:
        case: The case, with tables [fit] and [design].
        comm: Communicator to solve on.
        folder: The run folder; created if missing.
        target: What is to be least uncertain: a quantity such as "soret", or the name of an
            unknown.
        force: Whether to replace a finished or resumable run in the folder.

    Raises:
        FemsoretError: The case is invalid or does not say what may be chosen, the cell as stated
            cannot be solved, or the folder cannot be written. It is raised on all ranks.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    cells = design_cells(case, comm)
    unknowns, plan = cells.stated.unknowns, cells.plan
    name = target_named(unknowns, target)
    record = first_record("design", comm, case, started=started)
    with begin_run(folder, comm, record, force=force) as run_folder:
        with quiet_solves():
            findings = design(cells, plan.choices, plan.noise, name, plan.options)
        experiment = cells.built.experiment
        context = context_of(cells.built, run_folder, time.perf_counter() - start)
        content = design_summary(findings, experiment, unknowns, plan.units, context)
        files = dict[str, bytes]()
        if findings.plan is not None:
            values = findings.plan.design.cell.values
            proposed = cells.case_at(values) if values else case
            files[PLANNED] = resolved_toml(proposed).encode()
        write_case(run_folder, case)
        write_results(
            run_folder,
            "design",
            {SUMMARY: content},
            case=resolved_toml(case),
            record=study_record(
                experiment.problem(), experiment.newton.preset, comm, started=started
            ),
            files=files,
        )
        return DesignOutcome(findings, content, run_folder.path)
