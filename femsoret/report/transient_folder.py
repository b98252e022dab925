"""The run folder of a transient run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from femsoret.io.folder import RunFolder
from femsoret.io.history import Histories
from femsoret.report.run_folder import write_files
from femsoret.report.run_record import transient_record
from femsoret.report.samples import sample
from femsoret.studies.measure.transient import TransientFindings


def write_transient_run(
    folder: RunFolder,
    findings: TransientFindings,
    summary: Mapping[str, Any],
    *,
    case: str,
    started: datetime,
    command: Sequence[str],
) -> None:
    """Write what a finished run gave: summary, record, figures and page; collective.

    Args:
        folder: Where to.
        findings: The findings.
        summary: Their summary.
        case: The resolved case, TOML.
        started: When the run was started, or resumed.
        command: The command line.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """
    write_files(
        folder,
        summary,
        case=case,
        record=transient_record(findings, folder.comm, started=started, command=command),
        samples=sample(findings.end),
        histories=Histories.of(findings),
    )
