"""The folder of an audit, and its page made again from it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mpi4py import MPI

from femsoret.audit.figures import NAMES, draw_audit
from femsoret.audit.summary import is_audit
from femsoret.audit.tables import DEFINITIONS, audit_records, audit_tables
from femsoret.audit.words import audit_verdict
from femsoret.errors import OutputError
from femsoret.report.files import as_json, on_root, write_whole
from femsoret.report.page import FIGURES, Page
from femsoret.report.run_folder import CASE, HTML, MARKDOWN, RUN, SUMMARY


def write_audit(
    path: Path, comm: MPI.Comm, summary: Mapping[str, Any], run: Mapping[str, Any], case: str
) -> None:
    """Write all files of an audit; collective.

    Args:
        path: The folder.
        comm: The ranks.
        summary: The summary.
        run: The content of run.json.
        case: The resolved case, TOML.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """

    def write() -> None:
        (path / SUMMARY).unlink(missing_ok=True)  # from here on there is no result
        write_whole(path / CASE, case.encode())
        write_whole(path / RUN, as_json(run))
        document = as_json(summary)
        _write_page(path, json.loads(document), json.loads(as_json(run)), case)
        write_whole(path / SUMMARY, document)

    on_root(path, comm, write, what="audit folder")


def rewrite_audit(path: Path) -> Path | None:
    """Draw the figures and write the page of an audit again, from its files alone; serial.

    Args:
        path: The folder.

    Returns:
        The page; None where the folder holds no audit.

    Raises:
        OutputError: The folder cannot be read or written.
    """
    try:
        summary = json.loads((path / SUMMARY).read_text(encoding="utf-8"))
        if not is_audit(summary):
            return None
        run = json.loads((path / RUN).read_text(encoding="utf-8"))
        _write_page(path, summary, run, (path / CASE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(
            f"cannot read or write the audit in {path}: {error}",
            "a file was changed or lost: audit again",
        ) from error
    return path / HTML


def _write_page(path: Path, summary: dict[str, Any], run: dict[str, Any], case: str) -> None:
    wanted = tomllib.loads(case).get("output", {}).get("figures", True)
    pictures = draw_audit(summary) if wanted else ()
    for picture in pictures:
        (path / FIGURES).mkdir(exist_ok=True)
        write_whole(path / FIGURES / f"{picture.name}.png", picture.png)
    for name in NAMES - {picture.name for picture in pictures}:
        (path / FIGURES / f"{name}.png").unlink(missing_ok=True)
    page = Page(
        title=summary["title"],
        verdict=audit_verdict(summary),
        warnings=summary["warnings"],
        pictures=pictures,
        results=audit_tables(summary),
        definitions=DEFINITIONS,
        records=audit_records(summary, run),
        case=case.strip(),
        version=run["versions"]["femsoret"],
        sources="summary.json, run.json and case.resolved.toml",
    )
    write_whole(path / MARKDOWN, page.markdown().encode())
    write_whole(path / HTML, page.html().encode())
