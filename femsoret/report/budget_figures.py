"""Figures of budgets: contributions to a bias and to its uncertainty, and limits of parameters.

Magnitudes cover many decades. They are drawn as bars on a logarithmic axis, on which negligible
contributions have no bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from femsoret.report.audit import (
    parameter_scale,
    parameter_text,
    short_percent,
    signed,
    walked_trials,
)
from femsoret.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_GREEN,
    Picture,
    draw_each,
    finish,
    new_figure,
    new_row,
    tick_decades,
)
from femsoret.report.rounding import percent, short
from femsoret.report.units import Summary
from femsoret.report.wording import missing_uncertainties

FLOOR: Final = 1e-8
"""Effect on S_T below which there is no bar: round-off and tolerances of solvers."""

VISIBLE: Final = 1e-2
"""Effect that every axis includes, so that long bars are effects that a laboratory can measure."""

NEGLIGIBLE: Final = 1e-2
"""Fraction of the total uncertainty below which an entry has no bar: it adds 1 in 20,000."""

DECADES: Final = 4
"""Largest number of decades on the axis of an audit's budget below the largest number."""

WORDS: Final = {"soret": "Soret coefficient", "diffusion": "diffusion coefficient"}
"""Full names of fluid entries whose key alone is not clear."""


@dataclass(frozen=True)
class Bar:
    """One bar of a budget.

    Args:
        label: Label of the bar on the axis.
        size: Length of the bar, positive, in the unit of the axis.
        text: The number written after the bar.
        colour: Colour of the bar.
        error: Half the length of the whisker; None draws none.
    """

    label: str
    size: float
    text: str
    colour: str
    error: float | None = None


def draw_bar(axes: Axes, place: float, bar: Bar) -> None:
    """Draw one bar followed by its number; a bar outside the axis is replaced by its number.

    Args:
        axes: Axes with a logarithmic x axis whose limits are set: bars begin at the lower one.
        place: Position of the bar on the y axis.
        bar: The bar. Its whisker ends at the edge where the bar begins.
    """
    edge = axes.get_xlim()[0]
    visible = bar.size > edge
    if visible:
        axes.barh(place, bar.size, height=0.62, color=bar.colour)
        if bar.error:
            whisker = [[min(bar.error, bar.size - edge)], [bar.error]]
            axes.errorbar(bar.size, place, xerr=whisker, color=INK, capsize=2.0, lw=0.8)
    axes.annotate(
        bar.text if visible else f"0 ({bar.text})",
        (bar.size + (bar.error or 0.0) if visible else edge, place),
        xytext=(5.0, 0.0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=INK if visible else GREY,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _bars(bars: list[Bar], height: float, low: float, high: float) -> tuple[Figure, Axes]:
    """Return a figure of bars, the first one at the top, and its axes."""
    figure, axes = new_figure(height)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for place, bar in enumerate(bars):
        draw_bar(axes, place, bar)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0.0)
    return figure, axes


# -- of a steady run -----------------------------------------------------------------------------


def error_budget(summary: Summary) -> Picture | None:
    """Return the figure of the bias of a steady run and its uncertainties; None without a bias."""
    bars = error_bars(summary)
    if not bars:
        return None
    sizes = [bar.size for bar in bars]
    low, high = max(0.5 * min(sizes), FLOOR), max(4.0 * max(sizes), VISIBLE)
    figure, axes = _bars(bars, 1.0 + 0.3 * len(bars), low, high)
    axes.set_xlabel("relative to S$_T$ (logarithmic scale)")
    tick_decades(axes.xaxis, lambda value: f"{short(100.0 * value)} %")
    axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
    axes.set_axisbelow(True)
    missing = missing_uncertainties(summary)
    return finish(
        figure,
        "budget",
        "Error budget",
        "Magnitude of the bias and of its uncertainties: the numerical error (an estimate) and the "
        "uncertainty from the fluid data (one standard deviation), in total and by entry."
        + (f" Not included: {missing}." if missing else ""),
    )


def error_bars(summary: Summary) -> list[Bar]:
    """Return the bars of the error budget; zero or unknown numbers have no bar."""
    if summary["soret"] is None or summary["soret"]["bias"] is None:
        return []
    data = summary["data_uncertainty"]
    together = data.get("bias") or 0.0
    entries = [
        (WORDS.get(name, name.replace("_", " ")), entry["of_bias"], PALE_GREEN)
        for name, entry in data.get("entries", {}).items()
        if (entry["of_bias"] or 0.0) > NEGLIGIBLE * together
    ]
    sizes = [
        ("bias", abs(summary["soret"]["bias"]), ORANGE),
        ("numerical error", summary["numerical_error"].get("soret.bias", 0.0), BLUE),
        ("fluid data, total", together, GREEN),
        *sorted(entries, key=lambda entry: -entry[1]),
    ]
    return [Bar(label, size, percent(size), colour) for label, size, colour in sizes if size]


# -- of an audit ---------------------------------------------------------------------------------


def audit_pictures(summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of an audit."""
    return draw_each(
        {"budget": lambda: artifact_budget(summary), "limits": lambda: limits(summary)}
    )


def artifact_budget(summary: Summary) -> Picture | None:
    """Return the figure of the effects of all causes on S_T; None if there is no effect."""
    budget, data = summary["budget"], summary["data_uncertainty"].get("bias")
    entries = [(term["label"], term) for term in budget["terms"].values()]
    entries += [(name, budget[name]) for name in ("shape", "interaction", "total")]
    bars = [
        Bar(
            label,
            100.0 * abs(entry["value"]),
            signed(entry["value"]),
            _colour(label, entry["value"]),
            100.0 * entry["error"] if entry["error"] else None,
        )
        for label, entry in entries
        if entry["value"] is not None
    ]
    largest = max((bar.size for bar in bars), default=0.0)
    if not largest:
        return None
    if data:
        bars.append(Bar("fluid data (1 σ)", 100.0 * data, f"± {percent(data)}", PALE_GREEN))
    target = 100.0 * summary["target"]
    smallest = min(bar.size for bar in bars if bar.size)
    low = max(0.5 * smallest, 10.0**-DECADES * largest, 100.0 * FLOOR)
    high = 8.0 * max(largest, 100.0 * (data or 0.0), target)
    figure, axes = _bars(bars, 0.75 + 0.32 * len(bars), low, high)
    axes.axvline(target, color=GREEN, lw=1.0, ls="--", zorder=0.0)
    tick_decades(axes.xaxis, short)
    axes.set_xlabel("|effect on the reported S$_T$| / %")
    caption = (
        "Effect of each cause alone on the reported S_T, and of all together: blue lowers S_T, "
        "orange raises it. Whiskers: numerical error. Dashed: the target of "
        f"{short_percent(summary['target'])}."
    )
    if data:
        caption += " Green: standard uncertainty of the total from the fluid data."
    if missing := missing_uncertainties(summary):
        caption += f" Not included: {missing}."
    return finish(figure, "budget", "The artifact budget", caption)


def _colour(label: str, value: float) -> str:
    """Return the colour of a bar: by its sign for a cause, ink or grey for sums of causes."""
    if label in ("total", "interaction"):
        return INK if label == "total" else GREY
    return BLUE if value < 0 else ORANGE


def limits(summary: Summary) -> Picture | None:
    """Return the figure of the bias over each design parameter; None if none was varied."""
    drawn = {name: limit for name, limit in summary["limits"].items() if len(limit["trials"]) > 1}
    if not drawn:
        return None
    figure, panels = new_row(len(drawn), 2.7)
    for axes, (name, limit) in zip(panels, drawn.items(), strict=True):
        _limit_panel(axes, summary, name, limit)
    panels[0].set_ylabel("|bias| of S$_T$ / %")
    sizes = [100.0 * abs(trial["bias"]) for limit in drawn.values() for trial in limit["trials"]]
    target = 100.0 * summary["target"]
    low, high = max(min(sizes), 0.02 * target), min(max(sizes), 50.0 * target)
    panels[0].set_ylim(0.5 * min(low, 0.5 * target), 1.6 * max(high, target))
    tick_decades(panels[0].yaxis, "{:g}".format)
    return finish(
        figure,
        "limits",
        "What to change",
        "|bias| against one parameter at a time, on a coarser mesh (points, joined where the "
        "range was searched in steps). Dotted: the present value. "
        f"Green: within {short_percent(summary['target'])}. Orange: the limit, "
        "corrected by a solve on the original mesh (cross).",
    )


def _limit_panel(axes: Axes, summary: Summary, name: str, limit: Summary) -> None:
    scale, target = parameter_scale(summary, name), 100.0 * summary["target"]

    def points(trials: list[Mapping[str, float]]) -> tuple[list[float], list[float]]:
        values = [trial["value"] * scale.factor for trial in trials]
        return values, [100.0 * abs(trial["bias"]) for trial in trials]

    axes.set_xscale("log")
    axes.set_yscale("log")
    values, sizes = points(limit["trials"])
    axes.plot(values, sizes, "o", color=BLUE, ms=3.0)
    axes.plot(*points(walked_trials(limit)), color=BLUE, lw=1.3)
    axes.axvline(limit["present"] * scale.factor, color=GREY, lw=0.8, ls=":")
    if limit["value"] is not None:
        place = limit["value"] * scale.factor
        axes.plot([place], [target], "D", color=ORANGE, ms=5.0, zorder=3.0)
        axes.annotate(
            f"{limit['kind']} {parameter_text(summary, name, limit['value'])}",
            (place, target),
            xytext=(0.0, -13.0),
            textcoords="offset points",
            ha="center",
            color=ORANGE,
            fontsize=8.0,
        )
    if limit["check"]:
        axes.plot(*points([limit["check"]]), "x", color=INK, ms=5)
    axes.axhspan(1e-12, target, color=GREEN, alpha=0.10, lw=0.0)
    axes.set_xlabel(f"{limit['label']} / {scale.label}")
    axes.set_xlim(min(values) / 1.15, max(values) * 1.15)
    tick_decades(axes.xaxis, "{:g}".format)
