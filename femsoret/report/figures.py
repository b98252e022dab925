"""Figures: drawn from samples and the summary alone, without the mesh."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.report.bars import FLOOR, VISIBLE, draw_bar, tick_decades
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
    new_panels,
    styled,
)
from femsoret.report.field_figures import composition, flow, temperature
from femsoret.report.from_data import left_out
from femsoret.report.painting import paint
from femsoret.report.rounding import percent, plain, short
from femsoret.report.samples import Samples
from femsoret.report.stability import lasts
from femsoret.report.summary import is_transient
from femsoret.report.units import (
    Scale,
    composition_label,
    composition_unit,
    fraction_label,
    fraction_unit,
    units_of,
)

Summary = Mapping[str, Any]

NAMES: Final = frozenset({"temperature", "composition", "flow", "profile", "budget"})
"""All figures that there may be."""

NEGLIGIBLE: Final = 1e-2
"""Part of the whole uncertainty below which an entry has no bar: it would change 1 in 20,000."""

INVISIBLE: Final = 1e-6
"""Part of the composition that gravity changes below which there is nothing to draw of it."""

WORDS: Final = {"soret": "Soret coefficient", "diffusion": "diffusion coefficient"}
"""Names of fluid entries that say too little by themselves."""


def draw(samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of a run, as far as it has anything to show in them.

    Args:
        samples: Samples of its fields.
        summary: Its summary.
    """
    painters: dict[str, Callable[[Samples, Summary], Picture | None]] = {"temperature": temperature}
    if summary["separation"] is None:
        painters["flow"] = flow
    else:
        painters |= {"composition": composition, "profile": profile}
    # A state that does not last has no bias that a cell would report.
    if not is_transient(summary) and lasts(summary):
        painters["budget"] = lambda _, of: _budget(budget(of), left_out(of))
    with styled():
        pictures = paint(
            {name: partial(painter, samples, summary) for name, painter in painters.items()}
        )
    if is_transient(summary):
        return tuple(replace(p, title=f"{p.title} at the end") for p in pictures)
    return pictures


# -- profile -------------------------------------------------------------------------------------


def profile(samples: Samples, summary: Summary) -> Picture | None:
    """Return the composition along the axis, with gravity, without, and by the closed form.

    None where no line along the axis meets the fluid.

    What gravity changes is often thinner than a line, so that it has a panel of its own.

    Args:
        samples: Samples of the fields.
        summary: Summary of the run.
    """
    along, length = samples.profile, units_of(summary).length
    if not np.isfinite(along.gamma).any():
        return None
    scale = composition_unit(samples, summary)
    x = along.distance * length.factor
    with_gravity, without = along.gamma * scale.factor, along.gamma_reference * scale.factor
    change = along.gamma - along.gamma_reference
    largest = float(np.nanmax(np.abs(change)))
    changes = largest > INVISIBLE * float(np.nanmax(np.abs(along.gamma_reference)))
    figure, panels = new_panels([3.2, 1.7] if changes else [3.7])
    axes = panels[0]
    axes.plot(x, with_gravity, color=ORANGE, lw=2.0, label="with gravity")
    axes.plot(x, without, color=BLUE, lw=2.0, label="without gravity")
    axes.plot(
        x[::25],
        along.gamma_closed[::25] * scale.factor,
        "o",
        color=INK,
        mfc="white",
        ms=5.0,
        clip_on=False,
        zorder=3.0,
        label="closed form without flow",
    )
    axes.set_ylabel(composition_label(scale))
    _mark_separation(axes, with_gravity, ORANGE, 1.03)
    _mark_separation(axes, without, BLUE, 1.06)
    axes.legend(loc="best")
    if changes:
        finer = scale if summary["units"] == "groups" else fraction_unit(largest)
        panels[1].axhline(0.0, color=BLUE, lw=1.2)
        panels[1].plot(x, change * finer.factor, color=ORANGE, lw=2.0)
        panels[1].set_ylabel(fraction_label("Δc by gravity", finer))
    for panel in panels:
        panel.margins(x=0.0)
        panel.grid(color=GREY, alpha=0.2, lw=0.6)
    panels[-1].set_xlabel(f"distance from the cold wall along the axis / {length.label}")
    separation = summary["separation"]
    below = (
        "Below: the curve with gravity less the one without"
        if changes
        else "Gravity changes nothing that could be drawn"
    )
    return finish(
        figure,
        "profile",
        "Composition along the axis",
        f"Mass fraction of {separation['species']} less its mean along "
        f"{_line(along.aside * length.factor, length)}, and the closed form Φ(c) + ∫S_T dT = "
        "const. Arrows: separation along this line. The readings "
        f"differ, cold less hot, by {_in_unit(separation['value'], scale)} with gravity and "
        f"{_in_unit(separation['without_gravity'], scale)} without. {below}.",
    )


def _line(aside: float, length: Scale) -> str:
    """Return the name of the line of a profile."""
    if not aside:
        return "the axis of the cell"
    return f"a line parallel to the axis of the cell, {short(abs(aside))} {length.label} beside it"


def _in_unit(value: float, scale: Scale) -> str:
    times = "×" if scale.label.startswith("10") else " "
    return plain(value * scale.factor) + (f"{times}{scale.label}" if scale.label else "")


def _mark_separation(axes: Axes, values: Any, colour: str, place: float) -> None:
    """Draw an arrow beside the axes between the ends of a profile."""
    ends = values[np.isfinite(values)][[0, -1]].tolist()
    axes.annotate(
        "",
        xy=(place, ends[0]),
        xytext=(place, ends[1]),
        xycoords=axes.get_yaxis_transform(),
        textcoords=axes.get_yaxis_transform(),
        arrowprops={"arrowstyle": "<->", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )


# -- error budget --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One bar of the error budget.

    Args:
        label: What it is.
        value: Its size relative to S_T, positive.
        colour: Its colour.
    """

    label: str
    value: float
    colour: str


def budget(summary: Summary) -> tuple[Bar, ...]:
    """Return the bars of the error budget; what is zero or unknown has none.

    Args:
        summary: Summary of the run.
    """
    if is_transient(summary) or summary["soret"] is None or summary["soret"]["bias"] is None:
        return ()
    data = summary["data_uncertainty"]
    bars = [
        Bar("bias", abs(summary["soret"]["bias"]), ORANGE),
        Bar("numerical error", summary["numerical_error"].get("soret.bias", 0.0), BLUE),
        Bar("fluid data, together", data.get("bias") or 0.0, GREEN),
    ]
    parts = [
        Bar(WORDS.get(name, name.replace("_", " ")), entry["of_bias"], PALE_GREEN)
        for name, entry in data.get("entries", {}).items()
        if (entry["of_bias"] or 0.0) > NEGLIGIBLE * (data["bias"] or 0.0)
    ]
    bars += sorted(parts, key=lambda bar: -bar.value)
    return tuple(bar for bar in bars if bar.value)


def _budget(bars: tuple[Bar, ...], missing: str) -> Picture | None:
    if not bars:
        return None
    values = [bar.value for bar in bars]
    places = list(range(len(bars)))
    figure, axes = new_figure(1.0 + 0.3 * len(bars))
    axes.set_xscale("log")
    axes.set_xlim(max(0.5 * min(values), FLOOR), max(4.0 * max(values), VISIBLE))
    for place, each in zip(places, bars, strict=True):
        draw_bar(axes, place, each.value, percent(each.value), each.colour)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_yticks(places, [bar.label for bar in bars])
    axes.tick_params(axis="y", length=0.0)
    axes.set_xlabel("relative to S$_T$ (logarithmic scale)")
    tick_decades(axes.xaxis, lambda value: f"{short(100.0 * value)} %")
    axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
    axes.set_axisbelow(True)
    return finish(
        figure,
        "budget",
        "Error budget",
        "Size of the bias, and of what makes it uncertain: the numerical error (an estimate) and "
        "the uncertainty of the fluid data (one standard deviation), all together and entry by "
        "entry." + (f" Not in it: {missing}." if missing else ""),
    )
