"""The folder of an audit, and its page made again from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from femsoret.case import Case, resolved_toml
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import SUMMARY, RunFolder
from femsoret.io.marker import RUN
from femsoret.report.audit.figures import draw_audit
from femsoret.report.audit.tables import DEFINITIONS, audit_records, audit_tables
from femsoret.report.audit.words import audit_verdict
from femsoret.report.page import Page
from femsoret.report.run_folder import (
    CASE,
    document,
    reading,
    refuse_unfinished,
    republish,
    wants_figures,
    write_case,
    write_page,
)


def write_audit(
    folder: RunFolder, summary: Mapping[str, Any], run: Mapping[str, Any], case: Case
) -> None:
    """Write all files of an audit; collective.

    Args:
        folder: The folder.
        summary: The summary.
        run: The content of run.json.
        case: The case.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """
    write_case(folder, case)

    def write() -> None:
        document = as_json(summary)
        read_back = json.loads(document), json.loads(as_json(run))
        _write_page(folder.staged, *read_back, resolved_toml(case))
        write_atomically(folder.staged / SUMMARY, document)

    on_root(folder.path, folder.comm, write)
    folder.publish(run)


def rewrite_audit(path: Path) -> Path:
    """Draw the figures and write the page of an audit again, from its files alone; serial.

    Args:
        path: The folder.

    Returns:
        The page.

    Raises:
        OutputError: The folder cannot be read or written.
    """
    refuse_unfinished(path)
    with reading(path, "audit", "audit again"):
        summary, run = document(path, SUMMARY), document(path, RUN)
        case = (path / CASE).read_text(encoding="utf-8")
    return republish(path, lambda to: _write_page(to, summary, run, case))


def _write_page(path: Path, summary: dict[str, Any], run: dict[str, Any], case: str) -> None:
    page = Page(
        title=summary["title"],
        verdict=audit_verdict(summary),
        warnings=summary["warnings"],
        pictures=draw_audit(summary) if wants_figures(case) else (),
        results=audit_tables(summary),
        definitions=DEFINITIONS,
        records=audit_records(summary, run),
        case=case.strip(),
        version=run["versions"]["femsoret"],
        sources="summary.json, run.json and case.resolved.toml",
    )
    write_page(path, page)
