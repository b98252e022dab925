"""The page: Markdown and HTML from what a run folder holds."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from femsoret.report.canvas import Picture
from femsoret.report.definitions import DEFINITIONS, IN_TIME
from femsoret.report.summary import is_transient
from femsoret.report.tables import run_tables, tables
from femsoret.report.transient_verdict import transient_verdict
from femsoret.report.verdict import verdict

FIGURES: Final = "figures"
"""Folder of the figures beside the page."""

# S_T, β_c, c_0: one letter, or a word for one, and its index.
_INDEXED: Final = re.compile(r"\b([A-Za-zα-ωΑ-Ω])_([A-Za-z0-9]+)\b")


@dataclass(frozen=True)
class Page:
    """What a page is made from.

    Args:
        summary: The content of summary.json.
        run: The content of run.json.
        case: The resolved case, TOML.
        pictures: The figures.
    """

    summary: Mapping[str, Any]
    run: Mapping[str, Any]
    case: str
    pictures: Sequence[Picture]

    def markdown(self) -> str:
        """Return the page as Markdown; figures are files in the folder ``figures``."""
        return self._render("report.md", _environment(escaped=False))

    def html(self) -> str:
        """Return the page as one HTML file with everything in it."""
        return self._render("report.html", _environment(escaped=True))

    def _render(self, template: str, environment: jinja2.Environment) -> str:
        in_time = is_transient(self.summary)
        text: str = environment.get_template(template).render(
            summary=self.summary,
            run=self.run,
            case=self.case.strip(),
            verdict=(transient_verdict if in_time else verdict)(self.summary),
            warnings=self.summary.get("warnings", ()),
            pictures=self.pictures,
            results=tables(self.summary),
            records=run_tables(self.summary, self.run),
            definitions=(*IN_TIME, *DEFINITIONS) if in_time else DEFINITIONS,
            figures=FIGURES,
        )
        return text


def _environment(*, escaped: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("femsoret.report"),
        autoescape=escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": _cell, "indexed": _indexed, "base64": _base64}
    return environment


def _cell(text: str) -> str:
    """Return a text that cannot end a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _indexed(text: str) -> Markup:
    """Return a text for HTML, with its indices set as such."""
    return Markup(_INDEXED.sub(r"\1<sub>\2</sub>", str(escape(text))))


def _base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")
