"""The contents of a run folder, and the pages of all kinds of runs that are made from them.

A page is made from the files of a finished run only, at the end of the run or later by ``femsoret
report``. Which files these are is in :data:`femsoret.io.kinds.KINDS`; what verdict, tables and
figures are made of them is in the functions of :data:`PAGES`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from femsoret.base.types import Array
from femsoret.io.history import Histories
from femsoret.io.kinds import DEFINITION, ONSET, RESULTS, SUMMARY, KindName
from femsoret.report.figures.budget import audit_pictures, error_budget
from femsoret.report.figures.canvas import Picture, draw_each
from femsoret.report.figures.column import along_the_column
from femsoret.report.figures.design import design_pictures
from femsoret.report.figures.fields import composition, entropy_production, flow, temperature
from femsoret.report.figures.fit import fit_pictures
from femsoret.report.figures.history import draw_histories
from femsoret.report.figures.instruments import draw_instruments
from femsoret.report.figures.profile import profile
from femsoret.report.figures.records import draw_records
from femsoret.report.figures.samples import Samples
from femsoret.report.figures.states import currents_from, state_currents
from femsoret.report.figures.sweep import draw_sweep
from femsoret.report.page import Page
from femsoret.report.summary.run import is_transient
from femsoret.report.tables.audit import audit_tables, audit_work_tables
from femsoret.report.tables.design import design_tables
from femsoret.report.tables.fit import fit_tables
from femsoret.report.tables.onset import onset_tables, onset_work
from femsoret.report.tables.run import software_table, tables, work_tables
from femsoret.report.tables.sweep import sweep_axes, sweep_tables
from femsoret.report.tables.table import Table
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.report.verdicts.column import is_column
from femsoret.report.verdicts.design import design_verdict
from femsoret.report.verdicts.fit import fit_verdict
from femsoret.report.verdicts.onset import onset_verdict, onset_warnings
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.verdicts.sweep import sweep_verdict
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words import definitions
from femsoret.report.words.phrases import is_solid
from femsoret.report.words.stability import lasts
from femsoret.report.words.units import Document, Summary


@dataclass(frozen=True, eq=False)
class Contents:
    """The contents of the folder of a finished run.

    Args:
        documents: Name of a JSON file -> its content.
        run: The content of run.json.
        case: The resolved case, TOML.
        arrays: Arrays of figures.npz by name; empty for kinds of runs without this file.
    """

    documents: Mapping[str, Document]
    run: Document
    case: str
    arrays: Mapping[str, Array] = MappingProxyType({})

    @property
    def wants_figures(self) -> bool:
        """Whether figures are enabled in the case (``output.figures``)."""
        return bool(tomllib.loads(self.case).get("output", {}).get("figures", True))


def _run(contents: Contents) -> Page:
    """Return the page of a steady or transient run."""
    pictures: tuple[Picture, ...] = ()
    summary = contents.documents[SUMMARY]
    if contents.wants_figures:
        samples, histories = Samples.from_arrays(contents.arrays), None
        if is_transient(summary):
            histories = Histories.from_arrays(contents.arrays)
            pictures = draw_histories(histories, samples, summary)
        pictures += draw_instruments(contents.arrays, summary, histories)
        pictures += draw_records(contents.arrays, summary)
        pictures += draw_each({"column": lambda: along_the_column(contents.arrays, summary)})
        pictures += draw_fields(samples, summary)
        pictures += draw_states(contents.arrays, summary)
    return run_page(summary, contents.run, contents.case, pictures)


def run_page(summary: Summary, run: Document, case: str, pictures: Sequence[Picture]) -> Page:
    """Return the page of a steady or transient run.

    Args:
        summary: Content of summary.json.
        run: Content of run.json.
        case: The resolved case as TOML text.
        pictures: Figures of the page.
    """
    in_time = is_transient(summary)
    return Page(
        title=summary["title"],
        verdict=(transient_verdict if in_time else steady_verdict)(summary),
        warnings=summary.get("warnings", ()),
        pictures=pictures,
        results=tables(summary),
        definitions=definitions.terms_of(summary, in_time=in_time),
        records=work_tables(summary, run),
        case=case,
        version=run["versions"]["femsoret"],
        sources="summary.json, run.json, case.resolved.toml and figures.npz",
    )


def draw_fields(samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of the fields of a run, except those without content."""
    painters: dict[str, Callable[[], Picture | None]] = {
        "temperature": lambda: temperature(samples, summary)
    }
    if summary["separation"] is None:
        painters["flow"] = lambda: flow(samples, summary)
    else:
        painters["composition"] = lambda: composition(samples, summary)
        painters["profile"] = lambda: profile(samples, summary)
    painters["entropy"] = lambda: entropy_production(samples, summary)
    if is_transient(summary):
        return tuple(replace(p, title=f"{p.title} at the end") for p in draw_each(painters))
    # Else there is no bias that a cell would report; a column does not report S_T across its gap.
    if lasts(summary) and not is_solid(summary) and not is_column(summary):
        painters["budget"] = lambda: error_budget(summary)
    return draw_each(painters)


def draw_states(arrays: Mapping[str, Array], summary: Summary) -> tuple[Picture, ...]:
    """Return the figure of internal states; none without particles that have them.

    Args:
        arrays: Arrays from which figures are drawn.
        summary: Content of summary.json.
    """
    return draw_each({"states": lambda: state_currents(currents_from(arrays), summary)})


def _audit(contents: Contents) -> Page:
    summary = contents.documents[SUMMARY]
    return Page(
        title=summary["title"],
        verdict=audit_verdict(summary),
        warnings=summary["warnings"],
        pictures=audit_pictures(summary) if contents.wants_figures else (),
        results=audit_tables(summary),
        definitions=definitions.AUDIT,
        records=audit_work_tables(summary, contents.run),
        case=contents.case,
        version=contents.run["versions"]["femsoret"],
        sources="summary.json, run.json and case.resolved.toml",
    )


def _fit(contents: Contents) -> Page:
    summary = contents.documents[SUMMARY]
    return Page(
        title=f"{summary['title']}: fit",
        verdict=fit_verdict(summary),
        warnings=summary["warnings"],
        pictures=fit_pictures(contents.arrays, summary) if contents.wants_figures else (),
        results=fit_tables(summary),
        definitions=definitions.FIT,
        records=work_tables(summary, contents.run),
        case=contents.case,
        version=contents.run["versions"]["femsoret"],
        sources="summary.json, run.json, case.resolved.toml and figures.npz",
    )


def _design(contents: Contents) -> Page:
    summary = contents.documents[SUMMARY]
    return Page(
        title=f"{summary['title']}: plan",
        verdict=design_verdict(summary),
        warnings=summary["warnings"],
        pictures=design_pictures(summary) if contents.wants_figures else (),
        results=design_tables(summary),
        definitions=definitions.DESIGN,
        records=work_tables(summary, contents.run),
        case=contents.case,
        version=contents.run["versions"]["femsoret"],
        sources="summary.json, run.json and case.resolved.toml",
    )


def _onset(contents: Contents) -> Page:
    study = contents.documents[ONSET]
    return Page(
        title=f"{study['title']}: onset",
        verdict=onset_verdict(study),
        warnings=onset_warnings(study),
        pictures=(),
        results=onset_tables(study),
        definitions=definitions.ONSET,
        records=(onset_work(study, contents.run), software_table(contents.run)),
        case=contents.case,
        version=contents.run["versions"]["femsoret"],
        sources="onset.json, run.json and case.resolved.toml",
    )


def _sweep(contents: Contents) -> Page:
    definition, records = contents.documents[DEFINITION], contents.documents[RESULTS]["points"]
    axes, quantity = sweep_axes(definition), definition["quantity"]
    pictures: tuple[Picture, ...] = ()
    if contents.wants_figures:
        pictures = draw_each({"sweep": lambda: draw_sweep(axes, records, quantity)})
    work = (("ranks", str(contents.run["ranks"])), ("started", contents.run["started"]))
    return Page(
        title=f"{definition['title']}: sweep over {' and '.join(axis.key for axis in axes)}",
        verdict=sweep_verdict(definition, records),
        warnings=sorted({warning for r in records for warning in r.get("warnings", ())}),
        pictures=pictures,
        results=sweep_tables(definition, records),
        definitions=definitions.SWEEP,
        records=(Table("Work", ("", ""), work), software_table(contents.run)),
        case=contents.case,
        version=contents.run["versions"]["femsoret"],
        sources="sweep.json, results.json, run.json and case.resolved.toml (the case of the first "
        "point)",
    )


PAGES: Final[Mapping[KindName, Callable[[Contents], Page]]] = MappingProxyType(
    {
        "steady": _run,
        "transient": _run,
        "audit": _audit,
        "fit": _fit,
        "design": _design,
        "sweep": _sweep,
        "onset": _onset,
    }
)
"""Kind of run, as in :data:`femsoret.io.kinds.KINDS` -> the function that makes its page."""
