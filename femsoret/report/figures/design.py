"""Figure of the plan of an experiment: the uncertainty over what may be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.axes import Axes

from femsoret.report.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    component_colour,
    draw_each,
    finish,
    new_row,
    tick_decades,
)
from femsoret.report.words.fitted import shown_unit
from femsoret.report.words.numbers import short
from femsoret.report.words.planned import axis_name, ranked, target_of
from femsoret.report.words.units import Summary

_HEIGHT = 3.0

_TIMES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))

Points = list[tuple[float, float]]


def design_pictures(summary: Summary) -> tuple[Picture, ...]:
    """Return the figure of a plan.

    Args:
        summary: Summary of a plan.
    """
    return draw_each({"choices": lambda: choices(summary)})


def choices(summary: Summary) -> Picture | None:
    """Return the uncertainty over each number of the cell, and over the duration; None for one."""
    panels: list[Callable[[Axes], None]] = []
    for i, axis in enumerate(summary["vary"]):
        if len({each["cell"][i] for each in summary["designs"]}) > 1:
            panels.append(partial(_over_axis, summary, i, axis))
    durations = {
        each["record"]["duration"] for each in summary["designs"] if each["record"]["duration"]
    }
    if len(durations) > 1:
        panels.append(partial(_over_time, summary))
    if not panels:
        return None
    figure, all_axes = new_row(len(panels), _HEIGHT)
    for paint, axes in zip(panels, all_axes, strict=True):
        paint(axes)
        axes.grid(color=GREY, alpha=0.2, lw=0.6)
    first = all_axes[0]
    first.set_yscale("log")
    relative = bool(target_of(summary)["prior"]["value"])
    unit = "%" if relative else shown_unit(target_of(summary)["unit"])
    first.set_ylabel(f"u({summary['target']}){f' / {unit}' if unit else ''}")
    low, high = _limits(summary)
    first.set_ylim(low, high)
    tick_decades(first.yaxis, short)
    all_axes[-1].legend(loc="best", fontsize=7.5)
    return finish(
        figure,
        "choices",
        "The uncertainty over what may be chosen",
        "Standard uncertainty by noise, priors and fluid data (by noise and priors where these "
        "alone make a design worse than others, or where it is not recommended). Over numbers of "
        "the cell: each point is a cell with its best record; rings are cells that are not "
        "recommended. Over the duration: the cells, with the best levelling and signals for each "
        "duration. Star: the plan; square and broken line: as stated.",
    )


def _scale(summary: Summary) -> float:
    prior = abs(target_of(summary)["prior"]["value"])
    return 100.0 / prior if prior else 1.0


def _limits(summary: Summary) -> tuple[float, float]:
    looks = [summary["stated"], *([summary["plan"]] if summary["plan"] else [])]
    points = [*summary["designs"], *(each["point"] for each in looks)]
    known = [u for each in points if (u := ranked(each))]
    scale = _scale(summary)
    return 0.7 * scale * min(known), 1.4 * scale * min(max(known), 1e3 * min(known))


def _best(summary: Summary) -> dict[tuple[float, ...], Summary]:
    """Return the best design of each cell that determines the target."""
    best: dict[tuple[float, ...], Summary] = {}
    for each in summary["designs"]:
        key = tuple(each["cell"])
        u = ranked(each)
        if u and (key not in best or u < (ranked(best[key]) or 0.0)):
            best[key] = each
    return best


def _over_axis(summary: Summary, i: int, axis: Summary, axes: Axes) -> None:
    scale = _scale(summary)
    for doubtful in (False, True):
        points = [
            (cell[i], scale * (ranked(each) or 0.0))
            for cell, each in _best(summary).items()
            if bool(each["doubts"]) is doubtful
        ]
        if points:
            x, y = zip(*points, strict=True)
            fill = "none" if doubtful else BLUE
            axes.plot(x, y, "o", color=BLUE, mfc=fill, ms=4.0, mew=0.9)
    if min(axis["values"]) > 0.0:
        axes.set_xscale("log")
        tick_decades(axes.xaxis, short)
    stated = ranked(summary["stated"]["point"])
    if stated:
        axes.axhline(scale * stated, color=GREEN, lw=1.2, ls="--", label="as stated")
    plan = summary["plan"]
    if plan is not None and plan["point"]["cell"]:
        _mark(axes, plan["point"]["cell"][i], scale, plan, "*", ORANGE, "plan")
    unit = shown_unit(axis["unit"])
    axes.set_xlabel(f"{axis_name(axis)}{f' / {unit}' if unit else ''}")


def _over_time(summary: Summary, axes: Axes) -> None:
    scale = _scale(summary)
    looks = [summary["stated"], *([summary["plan"]] if summary["plan"] else [])]
    times = [each["point"]["record"]["duration"] for each in looks]
    size, unit = next((of for of in _TIMES if max(times) > 2.0 * of[0]), _TIMES[-1])
    for number, (cell, points) in enumerate(_by_duration(summary)):
        x, y = zip(*points, strict=True)
        chosen = summary["plan"] is not None and list(cell) == summary["plan"]["point"]["cell"]
        axes.plot(
            [t / size for t in x],
            [scale * u for u in y],
            "o-",
            color=component_colour(number) if chosen else GREY,
            ms=3.0,
            lw=1.6 if chosen else 0.7,
            alpha=1.0 if chosen else 0.5,
        )
    axes.set_xscale("log")
    tick_decades(axes.xaxis, short)
    stated, plan = summary["stated"], summary["plan"]
    _mark(axes, times[0] / size, scale, stated, "s", GREEN, "as stated")
    if plan is not None:
        _mark(axes, times[1] / size, scale, plan, "*", ORANGE, "plan")
    axes.set_xlabel(f"duration / {unit}")


def _by_duration(summary: Summary) -> Sequence[tuple[tuple[float, ...], Points]]:
    """Return the smallest uncertainty of each cell at each duration, in ascending order."""
    found: dict[tuple[float, ...], dict[float, float]] = {}
    for each in summary["designs"]:
        t, u = each["record"]["duration"], ranked(each)
        if t and u:
            of_cell = found.setdefault(tuple(each["cell"]), {})
            of_cell[t] = min(u, of_cell.get(t, u))
    return [(cell, sorted(points.items())) for cell, points in found.items()]


def _mark(
    axes: Axes, x: float, scale: float, look: Summary, marker: str, colour: str, label: str
) -> None:
    u = ranked(look["point"])
    if u:
        size = 11.0 if marker == "*" else 6.0
        axes.plot([x], [scale * u], marker, color=colour, ms=size, label=label, zorder=5.0)
