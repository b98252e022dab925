"""Figures of the records of virtual instruments, with the series fitted to them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from femsoret.base.types import Array
from femsoret.report.figures.canvas import (
    BLUE,
    GREY,
    INK,
    Picture,
    component_colour,
    draw_each,
    finish,
    new_panels,
)
from femsoret.report.words.numbers import percent, with_error
from femsoret.report.words.units import Summary, units_of
from femsoret.studies.measure.virtual_records import VirtualRecord


def arrays_of_records(records: Mapping[str, VirtualRecord]) -> dict[str, Array]:
    """Return the arrays from which the figures are drawn, by name.

    Args:
        records: The records by name.
    """
    arrays = {}
    for i, record in enumerate(records.values()):
        arrays[f"record.{i}.t"] = record.times
        arrays[f"record.{i}.samples"] = record.samples
        if record.curve is not None:
            arrays[f"record.{i}.curve"] = record.curve
    return arrays


def draw_records(arrays: Mapping[str, Array], summary: Summary) -> tuple[Picture, ...]:
    """Return a figure of each record.

    Args:
        arrays: Arrays from which figures are drawn.
        summary: Content of summary.json.
    """
    records = summary.get("records") or {}
    return draw_each(
        {
            f"record {name}": partial(_drawn, arrays, summary, i, name)
            for i, name in enumerate(records)
        }
    )


def _drawn(arrays: Mapping[str, Array], summary: Summary, i: int, name: str) -> Picture | None:
    """Return the figure of one record: samples and fitted series, and the residual below."""
    record, tau = summary["records"][name], summary["time"]["tau"]
    t, samples = arrays[f"record.{i}.t"] / tau, arrays[f"record.{i}.samples"]
    if not len(t):
        return None
    curve = arrays.get(f"record.{i}.curve")
    figure, panels = new_panels([3.2] if curve is None else [3.2, 1.8])
    for k, column in enumerate(record["columns"]):
        colour = BLUE if len(record["columns"]) == 1 else component_colour(k)
        panels[0].plot(t, samples[:, k], ".", color=colour, ms=3.0, label=column["name"])
    if curve is not None:
        panels[0].plot(t, curve, "-", color=INK, lw=1.4, label="fitted series")
        largest = float(np.abs(samples).max()) or 1.0
        residual = 100.0 * (samples[:, 0] - curve) / largest
        panels[1].plot(t, residual, ".", color=BLUE, ms=3.0)
        panels[1].axhline(0.0, color=INK, lw=0.8, ls=":")
        panels[1].set_ylabel("residual / %")
    unit = f" / {record['columns'][0]['unit']}" if record["columns"][0]["unit"] else ""
    panels[0].set_ylabel(f"{record['signal']}{unit}")
    panels[0].legend(loc="best")
    for panel in panels:
        panel.grid(color=GREY, alpha=0.2, lw=0.6)
    panels[-1].set_xlabel("time on the clock of the instrument / τ")
    return finish(figure, f"virtual_record_{i}", f"Record {name}", _caption(summary, record))


def _caption(summary: Summary, record: Mapping[str, Any]) -> str:
    text = f"Samples of a virtual instrument, {record['file']}."
    if record["reason"]:
        return f"{text} Not evaluated: {record['reason']}."
    if record["independent"] is None:
        return text
    (fit,), units = record["evaluation"], units_of(summary)
    D = with_error(fit["D"] * units.diffusion.factor, _error(fit, "D") * units.diffusion.factor)
    text += f" Line: the series fitted to it, D = {D} {units.diffusion}"
    if fit["S_T"] is not None:
        S = with_error(fit["S_T"] * units.soret.factor, _error(fit, "S_T") * units.soret.factor)
        text += f", S_T = {S} {units.soret}"
    text += " (brackets: standard uncertainty of the fit)."
    if fit["D_shift"] is not None and fit["S_T_shift"] is not None:
        text += (
            f" The instrument shifts D by {percent(fit['D_shift'])} and S_T by "
            f"{percent(fit['S_T_shift'])}."
        )
    return f"{text} Below: samples less series, over the largest sample."


def _error(fit: Mapping[str, Any], key: str) -> float:
    return abs(float(fit[key])) * float(fit[f"{key}_fit_uncertainty"])
