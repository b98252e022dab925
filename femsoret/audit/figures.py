"""Figures of an audit: the budget, and the bias against what can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from femsoret.audit.words import scale_of, shown, signed
from femsoret.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Picture,
    finish,
    new_figure,
    new_row,
    styled,
)
from femsoret.report.rounding import percent

Summary = Mapping[str, Any]

DECADES: Final = 5
"""Decades that the axis of the budget covers on either side of zero, at most."""

NAMES: Final = frozenset({"budget", "limits"})
"""Names of all figures."""


def draw_audit(summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of an audit.

    Args:
        summary: Its summary.
    """
    with styled():
        pictures = (_budget(summary), _limits(summary))
    return tuple(picture for picture in pictures if picture is not None)


def _budget(summary: Summary) -> Picture | None:
    budget = summary["budget"]
    rows = [(term["label"], term, BLUE) for term in budget["terms"].values()]
    rows += [("shape", budget["shape"], BLUE), ("interaction", budget["interaction"], GREY)]
    rows += [("total", budget["total"], INK)]
    rows = [row for row in rows if row[1]["value"] is not None]
    largest = max((abs(entry["value"]) for _, entry, _ in rows), default=0.0)
    if not largest:
        return None
    figure, axes = new_figure(0.9 + 0.34 * len(rows))
    smallest = min((abs(e["value"]) for _, e, _ in rows if e["value"]), default=largest)
    edge = 10.0 ** max(floor(log10(smallest)), floor(log10(largest)) - DECADES + 1)
    axes.set_xscale("symlog", linthresh=100.0 * edge, linscale=0.4)
    target = 100.0 * summary["target"]
    axes.axvspan(-target, target, color=GREEN, alpha=0.10, lw=0.0)
    places = [float(i) for i in reversed(range(len(rows)))]
    data = summary["data_uncertainty"].get("bias")
    for place, (label, entry, colour) in zip(places, rows, strict=True):
        value = 100.0 * entry["value"]
        axes.barh(place, value, height=0.62, color=colour)
        if label == "total" and data:
            axes.errorbar(value, place, xerr=100.0 * data, color=ORANGE, capsize=3.0, lw=1.2)
        left = value < 0.0
        axes.annotate(
            signed(entry["value"]),
            (0.0, place),
            xytext=(5.0 if left else -5.0, 0.0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="center",
            fontsize=8.5,
        )
    axes.axvline(0.0, color=INK, lw=0.8)
    reach = 100.0 * largest * 2.5
    axes.set_xlim(-reach, reach)
    axes.set_yticks(places, [label for label, _, _ in rows])
    axes.tick_params(axis="y", length=0.0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    axes.set_xlabel("effect on the reported S$_T$ / %")
    caption = (
        "What each cause does to the reported S_T by itself, and all together. The axis is "
        f"logarithmic beyond ±{percent(edge)}. Green: within {percent(summary['target'])}."
    )
    if data:
        caption += " Orange: standard uncertainty of the total from the fluid data."
    return finish(figure, "budget", "The artifact budget", caption)


def _limits(summary: Summary) -> Picture | None:
    drawn = {name: of for name, of in summary["limits"].items() if len(of["trials"]) > 1}
    if not drawn:
        return None
    figure, panels = new_row(len(drawn), 2.7)
    for axes, (name, limit) in zip(panels, drawn.items(), strict=True):
        _panel(axes, summary, name, limit)
    panels[0].set_ylabel("|bias| of S$_T$ / %")
    panels[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    return finish(
        figure,
        "limits",
        "What to change",
        "|bias| against one quantity, all else as it is, on a coarser mesh (points). Dotted: the "
        f"present value. Green: within {percent(summary['target'])}. Orange: the limit, corrected "
        "by a solve on the cell's own mesh (cross).",
    )


def _panel(axes: Axes, summary: Summary, name: str, limit: Mapping[str, Any]) -> None:
    scale, target = scale_of(summary, name), 100.0 * summary["target"]
    x = [trial["value"] * scale.factor for trial in limit["trials"]]
    y = [100.0 * abs(trial["bias"]) for trial in limit["trials"]]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(x, y, color=BLUE, marker="o", ms=3.0, lw=1.3)
    axes.axvline(limit["present"] * scale.factor, color=GREY, lw=0.8, ls=":")
    if limit["value"] is not None:
        place = limit["value"] * scale.factor
        axes.plot([place], [target], "D", color=ORANGE, ms=5.0, zorder=3.0)
        axes.annotate(
            f"{limit['kind']} {shown(summary, name, limit['value'])}",
            (place, target),
            xytext=(-6.0, 6.0),
            textcoords="offset points",
            ha="right",
            color=ORANGE,
            fontsize=8.0,
        )
    if limit["check"]:
        check = limit["check"]
        axes.plot(
            [check["value"] * scale.factor], [100.0 * abs(check["bias"])], "x", color=INK, ms=5
        )
    axes.axhspan(min(0.3 * target, 0.8 * min(y)), target, color=GREEN, alpha=0.10, lw=0.0)
    axes.set_xlabel(f"{limit['label']} / {scale.label}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
