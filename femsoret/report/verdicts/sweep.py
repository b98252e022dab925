"""The verdict of a sweep."""

from __future__ import annotations

from typing import Final

from femsoret.io.sweep_folder import Records, status_of
from femsoret.report.verdicts.verdict import Fact, Verdict
from femsoret.report.words.numbers import NONE, percent
from femsoret.report.words.phrases import capitalised
from femsoret.report.words.units import Summary
from femsoret.report.words.warnings import COARSEST


def sweep_outcome(definition: Summary, records: Records) -> str:
    """Return a short text on how many points were solved, and the range of their biases."""
    text = f"{len(records)} of {definition['points']} points, {_failed(records)} of them failed"
    passing = sum(status_of(record) == "does not last" for record in records)
    if passing:
        text += f", {passing} with a steady state that does not last"
    biases = _biases(records)
    if biases:
        text += f"; |bias| from {percent(min(biases))} to {percent(max(biases))}"
    coarse = sum(map(_is_coarse, records))
    if coarse:
        text += f"; at {coarse} of them the mesh is too coarse for a field (resolution.*.missed)"
    return text


def sweep_verdict(definition: Summary, records: Records) -> Verdict:
    """Return the verdict of a sweep."""
    biases = _biases(records)
    span = f"{percent(min(biases))} to {percent(max(biases))}" if biases else NONE
    facts = (
        Fact("points", f"{len(records)} of {definition['points']}", "solved or tried"),
        Fact("failed", str(_failed(records)), "see the errors below"),
        Fact("|bias|", span, "smallest to largest"),
    )
    return Verdict(f"{capitalised(sweep_outcome(definition, records))}.", "", facts)


def _failed(records: Records) -> int:
    return sum(status_of(record) == "failed" for record in records)


def _biases(records: Records) -> list[float]:
    """Return the magnitudes of the biases of stable states."""
    return [
        abs(float(record["numbers"][BIAS]))
        for record in records
        if record.get("lasts", True) and BIAS in record.get("numbers", {})
    ]


def _is_coarse(record: Summary) -> bool:
    """Return whether the mesh of a point was too coarse for a field."""
    numbers = record.get("numbers", {})
    return any(
        numbers.get(f"resolution.{key}.missed", 0.0) > numbers.get(f"resolution.{key}.limit", 1.0)
        for key in COARSEST.values()
    )


BIAS: Final = "soret.bias"
