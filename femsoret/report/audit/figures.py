"""Figures of an audit: the budget, and the bias against what can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.axes import Axes

from femsoret.report.audit.words import scale_of, short_percent, shown, signed, walked_trials
from femsoret.report.bars import FLOOR, draw_bar, tick_decades
from femsoret.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_GREEN,
    Picture,
    finish,
    new_figure,
    new_row,
    styled,
)
from femsoret.report.from_data import left_out
from femsoret.report.painting import paint
from femsoret.report.rounding import percent, short

Summary = Mapping[str, Any]

DECADES: Final = 4
"""Decades that the axis of the budget covers below the largest number, at most."""


def draw_audit(summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of an audit.

    Args:
        summary: Its summary.
    """
    with styled():
        return paint({"budget": lambda: _budget(summary), "limits": lambda: _limits(summary)})


def _budget(summary: Summary) -> Picture | None:
    budget, data = summary["budget"], summary["data_uncertainty"].get("bias")
    rows = [(term["label"], term) for term in budget["terms"].values()]
    rows += [(name, budget[name]) for name in ("shape", "interaction", "total")]
    rows = [(label, entry) for label, entry in rows if entry["value"] is not None]
    largest = max((abs(entry["value"]) for _, entry in rows), default=0.0)
    if not largest:
        return None
    figure, axes = new_figure(0.75 + 0.32 * (len(rows) + bool(data)))
    smallest = min(size for size in (*(abs(e["value"]) for _, e in rows), data) if size)
    edge = max(0.5 * smallest, 10.0**-DECADES * largest, FLOOR)
    axes.set_xscale("log")
    axes.set_xlim(100.0 * edge, 100.0 * max(largest, data or 0.0, summary["target"]) * 8.0)
    for place, (label, entry) in enumerate(rows):
        value, error = entry["value"], entry["error"]
        colour = INK if label == "total" else _lighter(label) or (BLUE if value < 0 else ORANGE)
        whisker = 100.0 * error if error else None
        draw_bar(axes, place, 100.0 * abs(value), signed(value), colour, whisker)
    if data:
        draw_bar(axes, len(rows), 100.0 * data, f"± {percent(data)}", PALE_GREEN)
    labels = [label for label, _ in rows] + (["fluid data (1 σ)"] if data else [])
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0.0)
    axes.axvline(100.0 * summary["target"], color=GREEN, lw=1.0, ls="--", zorder=0.0)
    tick_decades(axes.xaxis, short)
    axes.set_xlabel("|effect on the reported S$_T$| / %")
    caption = (
        "What each cause does to the reported S_T by itself, and all together: blue lowers it, "
        "orange raises it. Whiskers: numerical error. Dashed: the target of "
        f"{short_percent(summary['target'])}."
    )
    if data:
        caption += " Green: standard uncertainty of the total from the fluid data."
    if left_out(summary):
        caption += f" Not in it: {left_out(summary)}."
    return finish(figure, "budget", "The artifact budget", caption)


def _lighter(label: str) -> str:
    """Return the colour of what is no cause."""
    return GREY if label == "interaction" else ""


def _limits(summary: Summary) -> Picture | None:
    drawn = {name: of for name, of in summary["limits"].items() if len(of["trials"]) > 1}
    if not drawn:
        return None
    figure, panels = new_row(len(drawn), 2.7)
    for axes, (name, limit) in zip(panels, drawn.items(), strict=True):
        _panel(axes, summary, name, limit)
    panels[0].set_ylabel("|bias| of S$_T$ / %")
    sizes = [100.0 * abs(trial["bias"]) for of in drawn.values() for trial in of["trials"]]
    target = 100.0 * summary["target"]
    low, high = max(min(sizes), 0.02 * target), min(max(sizes), 50.0 * target)
    panels[0].set_ylim(0.5 * min(low, 0.5 * target), 1.6 * max(high, target))
    tick_decades(panels[0].yaxis, "{:g}".format)
    return finish(
        figure,
        "limits",
        "What to change",
        "|bias| against one quantity, all else as it is, on a coarser mesh (points, joined where "
        "the range was walked in steps). Dotted: the present value. "
        f" Green: within {short_percent(summary['target'])}. Orange: the limit, "
        "corrected by a solve on the cell's own mesh (cross).",
    )


def _panel(axes: Axes, summary: Summary, name: str, limit: Mapping[str, Any]) -> None:
    scale, target = scale_of(summary, name), 100.0 * summary["target"]
    x = [trial["value"] * scale.factor for trial in limit["trials"]]
    y = [100.0 * abs(trial["bias"]) for trial in limit["trials"]]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(x, y, "o", color=BLUE, ms=3.0)
    walked = walked_trials(limit)
    axes.plot(
        [trial["value"] * scale.factor for trial in walked],
        [100.0 * abs(trial["bias"]) for trial in walked],
        color=BLUE,
        lw=1.3,
    )
    axes.axvline(limit["present"] * scale.factor, color=GREY, lw=0.8, ls=":")
    if limit["value"] is not None:
        place = limit["value"] * scale.factor
        axes.plot([place], [target], "D", color=ORANGE, ms=5.0, zorder=3.0)
        axes.annotate(
            f"{limit['kind']} {shown(summary, name, limit['value'])}",
            (place, target),
            xytext=(0.0, -13.0),
            textcoords="offset points",
            ha="center",
            color=ORANGE,
            fontsize=8.0,
        )
    if limit["check"]:
        check = limit["check"]
        axes.plot(
            [check["value"] * scale.factor], [100.0 * abs(check["bias"])], "x", color=INK, ms=5
        )
    axes.axhspan(1e-12, target, color=GREEN, alpha=0.10, lw=0.0)
    axes.set_xlabel(f"{limit['label']} / {scale.label}")
    axes.set_xlim(min(x) / 1.15, max(x) * 1.15)
    tick_decades(axes.xaxis, "{:g}".format)
