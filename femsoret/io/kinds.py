"""The kinds of runs: what messages call them, and which files hold their results.

Who adds a kind adds it to :data:`KINDS`; :data:`femsoret.report.contents.PAGES` has its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

SUMMARY: Final = "summary.json"
"""Name of the summary, which is moved to its place last: if it exists, all results do."""
DEFINITION: Final = "sweep.json"
"""Name of the definition of a sweep: its axes and what is drawn."""
RESULTS: Final = "results.json"
"""Name of the results of all points of a sweep."""
ONSET: Final = "onset.json"
"""Name of the results of an onset study."""

KindName = Literal["steady", "transient", "audit", "fit", "design", "sweep", "onset"]


@dataclass(frozen=True)
class Kind:
    """A kind of run.

    Args:
        what: What messages call it, with its article.
        documents: Names of the JSON files with its results; every finished run has the first.
        has_arrays: Whether there is a file of arrays, from which figures are drawn.
        has_schema: Whether the first document states the version of its layout.
        beside: Name of a figure -> name of a copy of it next to the page.
    """

    what: str
    documents: tuple[str, ...]
    has_arrays: bool = False
    has_schema: bool = False
    beside: Mapping[str, str] = MappingProxyType({})

    @property
    def noun(self) -> str:
        """What messages call it, without its article."""
        return self.what.partition(" ")[2]


KINDS: Final[Mapping[KindName, Kind]] = MappingProxyType(
    {
        "steady": Kind("a run", (SUMMARY,), has_arrays=True, has_schema=True),
        "transient": Kind("a transient run", (SUMMARY,), has_arrays=True, has_schema=True),
        "audit": Kind("an audit", (SUMMARY,)),
        "fit": Kind("a fit", (SUMMARY,), has_arrays=True, has_schema=True),
        "design": Kind("a plan", (SUMMARY,), has_schema=True),
        "sweep": Kind("a sweep", (DEFINITION, RESULTS), beside={"sweep": "sweep.png"}),
        "onset": Kind("an onset study", (ONSET,)),
    }
)
"""Kind of run, as in ``run.json`` -> what distinguishes it."""


def kind_named(name: str) -> KindName:
    """Return the kind of run of a name; "steady" if there is none, as in files of other versions.

    Args:
        name: Name of the kind.
    """
    return next((kind for kind in KINDS if kind == name), "steady")
