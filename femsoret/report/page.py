"""The page of a run of any kind, rendered as Markdown or HTML by a template each."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import jinja2
from markupsafe import Markup, escape

from femsoret.report.figures.canvas import Picture
from femsoret.report.tables.table import Table
from femsoret.report.verdicts.verdict import Verdict

FIGURES: Final = "figures"
"""Name of the folder of figures next to the page."""

# S_T, β_c, c_0: a letter and its index.
_INDEXED: Final = re.compile(r"\b([A-Za-zα-ωΑ-Ω])_([A-Za-z0-9]+)\b")


@dataclass(frozen=True)
class Page:
    """The contents of a page, from top to bottom.

    Args:
        title: Title of the page.
        verdict: The main result in words.
        warnings: What to know before using the numbers, one sentence each.
        pictures: The figures.
        results: Tables of results.
        definitions: Pairs of a term and its definition.
        records: Tables on how the results were computed.
        case: The resolved case, TOML.
        version: Version of femsoret that computed the results.
        sources: Names of the files from which the page is made, in words.
    """

    title: str
    verdict: Verdict
    warnings: Sequence[str]
    pictures: Sequence[Picture]
    results: Sequence[Table]
    definitions: Sequence[tuple[str, str]]
    records: Sequence[Table]
    case: str
    version: str
    sources: str

    def markdown(self) -> str:
        """Return the page as Markdown, which refers to figures in the folder ``figures``."""
        return self._render("report.md", _environment(escaped=False))

    def html(self) -> str:
        """Return the page as a self-contained HTML document with embedded figures."""
        return self._render("report.html", _environment(escaped=True))

    def _render(self, template: str, environment: jinja2.Environment) -> str:
        text: str = environment.get_template(template).render(page=self, figures=FIGURES)
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
    """Return a text escaped for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _indexed(text: str) -> Markup:
    """Return a text as HTML with indices as subscripts."""
    return Markup(_INDEXED.sub(r"\1<sub>\2</sub>", str(escape(text))))


def _base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")
