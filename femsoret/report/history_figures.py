"""Figures of the course of a transient run: separation, transfer, steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.io.history import Histories
from femsoret.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Picture,
    finish,
    new_figure,
    new_panels,
    styled,
)
from femsoret.report.history_axes import MANY, MARKS, RUNS, Summary, dress, time_axes, time_unit
from femsoret.report.painting import paint
from femsoret.report.rounding import short
from femsoret.report.samples import Samples
from femsoret.report.separation_figure import separation
from femsoret.report.units import units_of

NAMES: Final = frozenset({"separation", "transfer", "steps"})
"""All figures that there may be."""


def draw_histories(found: Histories, samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of the course of a run, as far as it has anything to show in them.

    Args:
        found: Its histories.
        samples: Samples of its last fields.
        summary: Its summary.
    """
    painters: dict[str, Callable[[], Picture]] = {}
    if summary["separation"] is not None:
        painters["separation"] = lambda: separation(found, samples, summary)
    painters["transfer"] = lambda: transfer(found, summary)
    painters["steps"] = lambda: steps(found, summary)
    with styled():
        return paint(painters)


# -- transfer ------------------------------------------------------------------------------------


def transfer(found: Histories, summary: Summary) -> Picture:
    """Return how heat passes, and how fast the fluid flows, over the logarithm of time.

    Args:
        found: Histories of the run.
        summary: Its summary.
    """
    columns, units, frame = found.with_gravity, units_of(summary), summary["orientation"]
    t = columns["t"]
    read = [columns[f"T_{end}"] for end in ("hot", "cold")]
    moves = max(float(np.ptp(T)) for T in read) > 1e-6 * abs(frame["T_hot"] - frame["T_cold"])
    sides = [name for name in columns if name.startswith("nusselt.")]
    figure, panels = new_panels([1.9] * (1 + bool(sides) + moves))
    rest = iter(panels)
    if moves:
        axes = next(rest)
        for T, label, colour in zip(read, ("hot", "cold"), (ORANGE, BLUE), strict=True):
            axes.plot(t, T, color=colour, lw=1.6, label=f"{label} reading")
        axes.set_ylabel(f"T / {units.temperature}")
        axes.legend(loc="best")
    if sides:
        axes = next(rest)
        for i, name in enumerate(sides):
            side, style = name.removeprefix("nusselt."), ("-", "--", "-.", ":")[i % 4]
            colour = (ORANGE, BLUE, GREEN, GREY)[i % 4]
            axes.plot(t, columns[name], style, color=colour, lw=1.6, label=side)
        _logarithmic(axes, [columns[name] for name in sides], 1e-2)
        axes.set_ylabel("Nu")
        axes.legend(loc="best")
    axes = next(rest)
    axes.plot(t, columns["max_speed"] * units.speed.factor, color=INK, lw=1.6)
    _logarithmic(axes, [columns["max_speed"]], 1e-6)
    axes.set_ylabel(f"largest speed / ({units.speed.label})")
    for panel in panels:
        panel.set_xscale("log")
        dress(panel, summary, summary["time"]["tau"])
    time_axes(panels, summary)
    shown = ["Temperatures of the readings."] if moves else []
    if sides:
        shown.append(
            "Nusselt numbers of the sides: heat through a side over that of steady conduction, "
            "mean of each step."
        )
    shown.append("Largest speed, with gravity.")
    return finish(
        figure,
        "transfer",
        "How the temperature and the flow settle",
        " ".join(shown),
    )


def _logarithmic(axes: Axes, curves: list[Array], smallest: float) -> None:
    values = np.concatenate(curves) if curves else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values) or not values.any():
        return
    if (values > 0.0).all():
        axes.set_yscale("log")
    else:
        axes.set_yscale("symlog", linthresh=smallest * float(np.abs(values).max()))


# -- steps ---------------------------------------------------------------------------------------


def steps(found: Histories, summary: Summary) -> Picture:
    """Return the lengths of the steps.

    Args:
        found: Histories of the run.
        summary: Its summary.
    """
    figure, axes = new_figure(3.0)
    for run, label, colour in RUNS:
        columns = getattr(found, run)
        if not columns:
            continue
        t, dt = columns["t"], columns["dt"]
        marker = MARKS[run] if len(t) < MANY else ""
        axes.plot(t, dt, marker=marker, color=colour, ms=3.0, lw=1.0, label=label)
        refused = columns["rejected"] > 0
        if refused.any():
            name = f"after a rejected one, {label}"
            axes.plot(t[refused], dt[refused], "x", color=INK, ms=6.0, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    unit = time_unit(summary)
    axes.set_ylabel(f"step / {unit}")
    axes.legend(loc="best")
    dress(axes, summary, summary["time"]["tau"])
    time_axes([axes], summary)
    marched, tolerance = summary["time"]["with_gravity"], short(summary["time"]["tolerance"])
    return finish(
        figure,
        "steps",
        "Steps in time",
        f"Length of each step over the time at its end: {marched['steps']} steps with gravity, "
        f"{marched['rejections']} rejected, at a tolerance of {tolerance}."
        + (" Vertical lines: the protocol jumps or bends." if summary["time"]["breaks"] else ""),
    )
