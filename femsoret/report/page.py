"""The page of a run of any kind: one template for Markdown, one for HTML."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import jinja2
from markupsafe import Markup, escape

from femsoret.report.canvas import Picture
from femsoret.report.table import Table
from femsoret.report.verdict import Verdict

FIGURES: Final = "figures"
"""Folder of the figures beside the page."""

# S_T, β_c, c_0: one letter, or a word for one, and its index.
_INDEXED: Final = re.compile(r"\b([A-Za-zα-ωΑ-Ω])_([A-Za-z0-9]+)\b")


@dataclass(frozen=True)
class Page:
    """What a page shows, top to bottom.

    Args:
        title: Title of the case.
        verdict: The answer.
        warnings: What to know before using the numbers.
        pictures: The figures.
        results: Tables of results.
        definitions: Terms and what they mean.
        records: Tables on how it was computed.
        case: The resolved case, TOML.
        version: Of femsoret, which computed it.
        sources: Files that the page is made from.
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
        """Return the page as Markdown; figures are files in the folder ``figures``."""
        return self._render("report.md", _environment(escaped=False))

    def html(self) -> str:
        """Return the page as one HTML file with everything in it."""
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
    """Return a text that cannot end a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _indexed(text: str) -> Markup:
    """Return a text for HTML, with its indices set as such."""
    return Markup(_INDEXED.sub(r"\1<sub>\2</sub>", str(escape(text))))


def _base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")
