"""Figures of budgets: contributions to a bias and to its uncertainty, and limits of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from femsoret.report.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_GREEN,
    Picture,
    draw_each,
    finish,
    new_panels,
    new_row,
    tick_decades,
)
from femsoret.report.verdicts.audit import (
    component_budgets,
    parameter_scale,
    parameter_text,
    walked_trials,
)
from femsoret.report.words.components import components
from femsoret.report.words.numbers import percent, short
from femsoret.report.words.phrases import missing_uncertainties, short_percent, signed
from femsoret.report.words.units import Summary

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


def _bars(groups: Mapping[str, list[Bar]], low: float, high: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of bars, a panel for each component, and the axes of the panels.

    Args:
        groups: Name of a component -> its bars, from top to bottom; one name may be empty.
        low: Lower limit of the common axis.
        high: Upper limit.
    """
    figure, panels = new_panels([0.8 + 0.31 * len(bars) for bars in groups.values()])
    for axes, (name, bars) in zip(panels, groups.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        for place, bar in enumerate(bars):
            draw_bar(axes, place, bar)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0.0)
        if name:
            axes.set_title(name, loc="left", fontsize=10.0)
    return figure, panels


def _sizes(groups: Mapping[str, list[Bar]]) -> list[float]:
    """Return the lengths of all bars that have one."""
    return [bar.size for bars in groups.values() for bar in bars if bar.size]


# -- of a steady run -----------------------------------------------------------------------------


def error_budget(summary: Summary) -> Picture | None:
    """Return the figure of the bias of a steady run and its uncertainties; None without a bias."""
    groups = error_bars(summary)
    if not (sizes := _sizes(groups)):
        return None
    low, high = max(0.5 * min(sizes), FLOOR), max(4.0 * max(sizes), VISIBLE)
    figure, panels = _bars(groups, low, high)
    several = len(groups) > 1
    size = "the norm of S'$_T$" if several else "S$_T$"
    panels[-1].set_xlabel(f"relative to {size} (logarithmic scale)")
    for axes in panels:
        tick_decades(axes.xaxis, lambda value: f"{short(100.0 * value)} %")
        axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
        axes.set_axisbelow(True)
    missing = missing_uncertainties(summary)
    return finish(
        figure,
        "budget",
        "Error budget",
        f"Magnitude of the bias{' of each component' if several else ''} and of its uncertainties: "
        "the numerical error (an estimate) and the uncertainty from the fluid data (one standard "
        "deviation), in total and by entry." + (f" Not included: {missing}." if missing else ""),
    )


def error_bars(summary: Summary) -> dict[str, list[Bar]]:
    """Return the bars of the error budget of each component; zero or unknown numbers have none.

    Returns:
        Name of the component -> its bars; the only component of a binary has no name.
    """
    soret, errors, data = (
        summary["soret"],
        summary["numerical_error"],
        summary["data_uncertainty"],
    )
    if soret is None or soret["bias"] is None:
        return {}
    each = components(summary)
    if not each:
        return {"": _error_bars(soret["bias"], errors.get("soret.bias"), data)}
    of_data = {of["species"]: of for of in data.get("each") or ()}
    return {
        of["species"]: _error_bars(
            of["bias"],
            errors.get(f"soret.each.{of['species']}.bias"),
            of_data.get(of["species"], {}),
        )
        for of in each
    }


def _error_bars(bias: float, error: float | None, data: Summary) -> list[Bar]:
    """Return the bars of one component.

    Args:
        bias: Its bias.
        error: The numerical error of the bias; None if it is not known.
        data: Its uncertainty from the fluid data, with its entries; may be empty.
    """
    together = data.get("bias") or 0.0
    entries = [
        (_spoken(name), entry["of_bias"], PALE_GREEN)
        for name, entry in data.get("entries", {}).items()
        if (entry["of_bias"] or 0.0) > NEGLIGIBLE * together
    ]
    sizes = [
        ("bias", abs(bias), ORANGE),
        ("numerical error", error or 0.0, BLUE),
        ("fluid data, total", together, GREEN),
        *sorted(entries, key=lambda entry: -entry[1]),
    ]
    return [Bar(label, size, percent(size), colour) for label, size, colour in sizes if size]


def _spoken(entry: str) -> str:
    """Return the label of an entry of the fluid data, such as "soret.a" or "diffusion.a.b"."""
    name, *of = entry.split(".")
    spoken = WORDS.get(name, name.replace("_", " "))
    return f"{spoken} of {' by '.join(of)}" if of else spoken


# -- of an audit ---------------------------------------------------------------------------------


def audit_pictures(summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of an audit."""
    return draw_each(
        {"budget": lambda: artifact_budget(summary), "limits": lambda: limits(summary)}
    )


def artifact_budget(summary: Summary) -> Picture | None:
    """Return the figure of the effects of all causes on S_T; None if there is no effect."""
    groups = artifact_bars(summary)
    if not (sizes := _sizes(groups)):
        return None
    target, several = 100.0 * summary["target"], len(groups) > 1
    low = max(0.5 * min(sizes), 10.0**-DECADES * max(sizes), 100.0 * FLOOR)
    figure, panels = _bars(groups, low, 8.0 * max(*sizes, target))
    for axes in panels:
        axes.axvline(target, color=GREEN, lw=1.0, ls="--", zorder=0.0)
        tick_decades(axes.xaxis, short)
    panels[-1].set_xlabel(
        "|effect on S'$_T$| over the norm of S'$_T$ / %"
        if several
        else "|effect on the reported S$_T$| / %"
    )
    caption = (
        f"Effect of each cause alone on the reported S_T{' of each component' if several else ''}, "
        "and of all together: blue lowers S_T, orange raises it. Whiskers: numerical error. "
        f"Dashed: the target of {short_percent(summary['target'])}"
        + (", which is one of the norm of all biases." if several else ".")
    )
    if summary["data_uncertainty"].get("bias"):
        caption += " Green: standard uncertainty of the total from the fluid data."
    if missing := missing_uncertainties(summary):
        caption += f" Not included: {missing}."
    return finish(figure, "budget", "The artifact budget", caption)


def artifact_bars(summary: Summary) -> dict[str, list[Bar]]:
    """Return the bars of the budget of an audit of each component; none if nothing has an effect.

    Returns:
        Name of the component -> its bars; the only component of a binary has no name.
    """
    data = summary["data_uncertainty"]
    of_data = {of["species"]: of for of in data.get("each") or ()}
    labels = {name: term["label"] for name, term in summary["budget"]["terms"].items()}
    each = component_budgets(summary)
    groups = {
        of["species"]: _artifact_bars(of, labels, of_data.get(of["species"], {}).get("bias"))
        for of in each
    } or {"": _artifact_bars(summary["budget"], labels, data.get("bias"))}
    return groups if any(_sizes(groups)) else {}


def _artifact_bars(budget: Summary, labels: Mapping[str, str], data: float | None) -> list[Bar]:
    """Return the bars of the budget of one component; those of causes without effect are kept.

    Args:
        budget: Effects by cause ("terms") and the sums of them.
        labels: Labels of the causes.
        data: The uncertainty of the total from the fluid data; None if it is not known.
    """
    entries = [(labels[name], entry) for name, entry in budget["terms"].items()]
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
    if data and any(bar.size for bar in bars):
        bars.append(Bar("fluid data (1 σ)", 100.0 * data, f"± {percent(data)}", PALE_GREEN))
    return bars


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
    # All of a cell that mixes (100 %) is drawn; a bias far beyond that leaves the panel.
    low, high = max(min(sizes), 0.02 * target), min(max(sizes), max(150.0, 50.0 * target))
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
        axes.plot(*points([limit["check"]]), "x", color=INK, ms=5.0, zorder=4.0)
    axes.axhspan(1e-12, target, color=GREEN, alpha=0.10, lw=0.0)
    axes.set_xlabel(f"{limit['label']} / {scale.label}")
    axes.set_xlim(min(values) / 1.15, max(values) * 1.15)
    tick_decades(axes.xaxis, "{:g}".format)
