"""Running an audit: from a case to a folder with a report page."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mpi4py import MPI

from rich.table import Table

from femsoret.base.log import quiet_solves
from femsoret.case import Case, resolved_toml
from femsoret.commands.record import context_of, first_record, study_record
from femsoret.io.folder import begin_run
from femsoret.io.kinds import SUMMARY
from femsoret.report.folder import write_case, write_results
from femsoret.report.summary.audit import audit_summary
from femsoret.report.tables.audit import audit_tables
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.report.words.units import Summary
from femsoret.studies.audit.audit import Audit, audit


@dataclass(frozen=True, eq=False)
class AuditOutcome:
    """Result of an audit and of writing its folder.

    Args:
        audit: The audit.
        summary: Content of summary.json.
        folder: Path of the run folder.
    """

    audit: Audit
    summary: Summary
    folder: Path

    def table(self) -> Table:
        """Return the table of the bias budget for a terminal."""
        budget = replace(audit_tables(self.summary)[0], note="")
        return budget.for_terminal(f"{self.summary['title']}: what falsifies S_T?", labels=2)

    @property
    def is_partial(self) -> bool:
        """Whether the solve of a term of the budget failed."""
        budget = self.summary["budget"]
        entries = (*budget["terms"].values(), budget["shape"], budget["total"])
        return any(entry["failure"] for entry in entries)

    def closing(self) -> str:
        """Return the verdict, which is printed last on a terminal."""
        verdict = audit_verdict(self.summary)
        return f"{verdict.finding}\n{verdict.reason}"


def run_audit(
    case: Case, comm: MPI.Comm, folder: Path | str, *, force: bool = False
) -> AuditOutcome:
    """Audit a case and write the results to a folder; collective.

    Args:
        case: The case.
        comm: Communicator to solve on.
        folder: The run folder; created if missing.
        force: Whether to replace a finished or resumable run in the folder.

    Raises:
        FemsoretError: The case or its mesh is invalid, there is nothing to audit, or the folder
            cannot be written. It is raised on all ranks.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    built = case.build(comm)
    built.experiment.check_flow("an audit")
    record = first_record("audit", comm, case, started=started)
    with begin_run(folder, comm, record, force=force) as target:
        with quiet_solves():
            result = audit(built.experiment, built.audit)
        context = context_of(built, target, time.perf_counter() - start)
        content = audit_summary(result, context)
        problem, preset = built.experiment.problem(), built.experiment.newton.preset
        write_case(target, case)
        write_results(
            target,
            "audit",
            {SUMMARY: content},
            case=resolved_toml(case),
            record=study_record(problem, preset, comm, started=started),
        )
        return AuditOutcome(result, content, target.path)
