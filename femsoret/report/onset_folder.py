"""The folder of an onset study: its record, and the page made from it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from femsoret.case import Case, resolved_toml
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder
from femsoret.io.marker import RUN
from femsoret.report.page import Page
from femsoret.report.rounding import plain
from femsoret.report.run_folder import (
    CASE,
    document,
    reading,
    refuse_unfinished,
    republish,
    write_case,
    write_page,
)
from femsoret.report.table import NONE, Table
from femsoret.report.verdict import Fact, Verdict

RESULTS: Final = "onset.json"

SHOWN: Final = 12
"""Modes that the page lists, at most; onset.json has all of them."""

DEFINITIONS: Final = (
    (
        "growth rate",
        "Of a small perturbation of the steady state, exp((rate + i frequency) t). Positive: the "
        "state is unstable.",
    ),
    ("residual", "Of the eigenvalue problem, over the size of its terms."),
    (
        "critical value",
        "Value of a key of the case at which the leading growth rate is zero; the n-th, at which "
        "the n-th largest is, a mode that is there twice counting twice.",
    ),
    ("numerical error", "An estimate, from the same state with polynomials of one degree more."),
)


def write_onset(folder: RunFolder, record: Mapping[str, Any], case: Case) -> None:
    """Write the record and the page of an onset study; collective.

    Args:
        folder: The folder; what else belongs to the study is staged in it.
        record: The content of onset.json.
        case: The case.

    Raises:
        OutputError: A file cannot be written; the same on all ranks.
    """
    write_case(folder, case)

    def write() -> None:
        document = as_json(record)
        write_atomically(folder.staged / RESULTS, document)
        page = _page(json.loads(document), folder.record, resolved_toml(case))
        write_page(folder.staged, page)

    on_root(folder.path, folder.comm, write)
    folder.publish({}, replacing=folder.files)  # also what was found on the way


def rewrite_onset(path: Path) -> Path:
    """Write the page of an onset study again, from its files alone; serial.

    Args:
        path: The folder.

    Returns:
        The page.

    Raises:
        OutputError: The folder cannot be read or written.
    """
    refuse_unfinished(path, RESULTS)
    with reading(path, "onset study", "run it again"):
        record, run = document(path, RESULTS), document(path, RUN)
        case = (path / CASE).read_text(encoding="utf-8")
    return republish(path, lambda to: write_page(to, _page(record, run, case)))


def _page(record: Mapping[str, Any], run: Mapping[str, Any], case: str) -> Page:
    finding = str(record["finding"])
    coarse = " and the ".join(record["unresolved"])
    return Page(
        title=f"{record['title']}: onset",
        verdict=Verdict(
            f"{finding[0].upper()}{finding[1:]}.",
            f"Perturbations looked at: {record['perturbations']}.",
            _facts(record),
        ),
        warnings=[f"the mesh is too coarse for the {coarse} of the steady state"] if coarse else (),
        pictures=(),
        results=_tables(record),
        definitions=DEFINITIONS,
        records=(
            Table(
                "Work",
                ("", ""),
                (("unknowns", str(record["unknowns"])), ("ranks", str(run["ranks"]))),
            ),
            Table("Software", ("", ""), tuple(run["versions"].items())),
        ),
        case=case.strip(),
        version=run["versions"]["femsoret"],
        sources="onset.json, run.json and case.resolved.toml",
    )


def _facts(record: Mapping[str, Any]) -> tuple[Fact, ...]:
    leading, errors = record["modes"][0], record["numerical_error"]
    facts = [
        Fact(
            "leading growth rate",
            f"{plain(leading['growth_rate'], 6)} {record['unit_of_rates']}",
            f"numerical error {plain(errors['growth_rate'], 2)}",
        )
    ]
    if record["critical"] is not None:
        facts.append(
            Fact(
                f"critical {record['critical']['key']}",
                plain(record["critical"]["value"], 7),
                f"numerical error {plain(errors['value'], 2)}",
            )
        )
    return tuple(facts)


def _tables(record: Mapping[str, Any]) -> tuple[Table, ...]:
    unit = record["unit_of_rates"]
    modes = tuple(
        (
            plain(mode["growth_rate"], 6),
            plain(mode["frequency"], 6),
            "oscillatory" if mode["oscillatory"] else "stationary",
            NONE if mode["residual"] is None else f"{mode['residual']:.0e}",
        )
        for mode in record["modes"][:SHOWN]
    )
    columns = (f"growth rate ({unit})", f"frequency ({unit})", "kind", "residual")
    found = [Table("Modes found", columns, modes)]
    if record["critical"] is not None:
        trials = tuple(
            (plain(value, 7), plain(rate, 6), plain(frequency, 6))
            for value, rate, frequency in record["critical"]["trials"]
        )
        head = (record["critical"]["key"], f"growth rate ({unit})", f"frequency ({unit})")
        found.append(Table("Tried", head, trials))
        if len(record.get("critical_values", ())) > 1:
            found.append(_values(record, unit))
    if record["scan"]:
        rows = tuple((plain(k, 6), plain(value, 7)) for k, value in record["scan"])
        found.append(Table("Over wavenumbers", ("wavenumber", "critical value"), rows))
    return tuple(found)


def _values(record: Mapping[str, Any], unit: str) -> Table:
    """Return the critical values of all modes that were asked for."""
    rows = tuple(
        (
            str(each["number"]),
            plain(each["value"], 7),
            plain(each["error"], 2),
            "oscillatory" if each["frequency"] else "stationary",
            plain(each["frequency"], 6),
            NONE if each["others"] is None else str(each["others"]),
        )
        for each in record["critical_values"]
    )
    head = ("mode", "critical value", "numerical error", "kind", f"frequency ({unit})")
    return Table("Critical values", (*head, "others that grow there, counted"), rows)
