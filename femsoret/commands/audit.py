"""Running an audit: from a case to a folder with one page."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mpi4py import MPI

from rich.table import Table
from rich.text import Text

from femsoret.base.log import quiet_solves
from femsoret.case import Case
from femsoret.commands.run import peak_memory_mb
from femsoret.io.folder import begin_run
from femsoret.report.audit.folder import write_audit
from femsoret.report.audit.summary import audit_summary
from femsoret.report.audit.tables import audit_tables
from femsoret.report.audit.words import audit_verdict
from femsoret.report.run_record import first_record, study_record
from femsoret.studies.audit.audit import Audit, audit


@dataclass(frozen=True, eq=False)
class AuditRun:
    """What an audit gave.

    Args:
        found: What was found.
        summary: What summary.json holds.
        folder: The folder.
    """

    found: Audit
    summary: Mapping[str, Any]
    folder: Path

    def table(self) -> Table:
        """Return the budget for a terminal."""
        budget = audit_tables(self.summary)[0]
        table = Table(title=Text(f"{self.summary['title']}: what falsifies S_T?"))
        for column in budget.columns:
            table.add_column(column, justify="right" if column == budget.columns[-1] else "left")
        for row in budget.rows:
            table.add_row(*map(Text, row))
        return table

    @property
    def is_partial(self) -> bool:
        """Whether a cell of the budget was not solved."""
        budget = self.summary["budget"]
        entries = (*budget["terms"].values(), budget["shape"], budget["total"])
        return any(entry["failure"] for entry in entries)

    def sentences(self) -> str:
        """Return the verdict."""
        verdict = audit_verdict(self.summary)
        return f"{verdict.finding}\n{verdict.reason}"


def run_audit(case: Case, comm: MPI.Comm, folder: Path | str, *, force: bool = False) -> AuditRun:
    """Audit a case and write its folder; collective.

    Args:
        case: The case.
        comm: The ranks to solve it on.
        folder: The folder; made if missing.
        force: Whether what is finished there, or could go on, may be replaced.

    Raises:
        FemsoretError: The case, its mesh, nothing to audit, or output; the same on all ranks.
    """
    start, started = time.perf_counter(), datetime.now().astimezone()
    built = case.build(comm)
    first = first_record("audit", comm, case, started=started, command=sys.argv)
    with begin_run(folder, comm, first, force=force) as target:
        with quiet_solves():
            found = audit(built.experiment, built.audit)
        content = audit_summary(
            found,
            units=built.units,
            seconds=time.perf_counter() - start,
            peak_memory_mb=peak_memory_mb(comm),
            warnings=built.warnings,
        )
        problem = built.experiment.problem()
        record = study_record(
            problem, built.experiment.newton.preset, comm, started=started, command=sys.argv
        )
        write_audit(target, content, record, case)
        return AuditRun(found, content, target.path)
