"""Figures of the composition along a line from the cold wall to the hot wall."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.report.figures.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    Picture,
    component_colour,
    finish,
    new_panels,
)
from femsoret.report.figures.fields import composition_label, composition_unit
from femsoret.report.figures.samples import Profile, Samples
from femsoret.report.words.components import by_component, transported
from femsoret.report.words.numbers import plain, short
from femsoret.report.words.phrases import is_solid
from femsoret.report.words.units import Scale, Summary, fraction_label, fraction_unit, units_of

INVISIBLE: Final = 1e-6
"""Relative change of the composition by gravity below which it is not drawn."""

EVERY: Final = 25
"""Points of a profile for each mark of the closed form."""


def profile(samples: Samples, summary: Summary) -> Picture | None:
    """Return the figure of the composition along the axis; None if no such line is in the fluid.

    It shows the composition with gravity, without gravity, and by the closed form. The change due
    to gravity is often thinner than a line and has a separate panel.
    """
    along = samples.profile
    if not np.isfinite(along.gamma).any():
        return None
    scale = composition_unit(samples, summary)
    change = along.gamma - along.gamma_reference
    largest = float(np.nanmax(np.abs(change)))
    changes = largest > INVISIBLE * float(np.nanmax(np.abs(along.gamma_reference)))
    figure, panels = new_panels([3.2, 1.7] if changes else [3.7])
    several = len(along.gamma) > 1
    shown = (_each if several else _single)(panels[0], along, summary, scale)
    panels[0].set_ylabel(composition_label(scale))
    if changes:
        finer = scale if summary["units"] == "groups" else fraction_unit(largest)
        _changes(panels[1], along, by_component(change, summary), summary, finer)
    for panel in panels:
        panel.margins(x=0.0)
        panel.grid(color=GREY, alpha=0.2, lw=0.6)
    length = units_of(summary).length
    panels[-1].set_xlabel(f"distance from the cold wall along the axis / {length.label}")
    curves = (
        "the curves with gravity less those" if several else "the curve with gravity less the one"
    )
    if is_solid(summary):
        return finish(figure, "profile", "Composition along the axis", shown)
    below = (
        f"Lower panel: {curves} without"
        if changes
        else "The change due to gravity is too small to draw"
    )
    return finish(
        figure,
        "profile",
        "Composition along the axis",
        f"{shown} {_separations(summary, scale)} {below}.",
    )


def _single(axes: Axes, along: Profile, summary: Summary, scale: Scale) -> str:
    """Draw the profiles of the only component with its separations; return what is shown."""
    length = units_of(summary).length
    x = along.distance * length.factor
    with_gravity, without = along.gamma[0] * scale.factor, along.gamma_reference[0] * scale.factor
    curves = [(with_gravity, "with gravity", ORANGE), (without, "without gravity", BLUE)]
    if is_solid(summary):
        curves = [(with_gravity, "computed", ORANGE)]
    for i, (values, label, colour) in enumerate(curves):
        axes.plot(x, values, color=colour, lw=2.0, label=label)
        _mark_separation(axes, values, colour, 1.03 + 0.03 * i)
    closed = along.gamma_closed[0] * scale.factor
    _marks(axes, x, closed, INK, "closed form without flow")
    axes.legend(loc="best")
    return (
        f"Mass fraction of {summary['separation']['species']} less its mean along "
        f"{_line(along.aside * length.factor, length)}, and the closed form Φ(c) + ∫S_T dT = "
        "const. Arrows: separation along this line."
    )


def _each(axes: Axes, along: Profile, summary: Summary, scale: Scale) -> str:
    """Draw the profiles of several components, each in its colour; return what is shown."""
    length = units_of(summary).length
    x = along.distance * length.factor
    gamma, reference, closed = (
        by_component(values * scale.factor, summary)
        for values in (along.gamma, along.gamma_reference, along.gamma_closed)
    )
    for i, name in enumerate(gamma):
        colour = component_colour(i)
        axes.plot(x, gamma[name], color=colour, lw=2.0, label=name)
        axes.plot(x, reference[name], "--", color=INK, lw=1.0)
        _marks(axes, x, closed[name], colour)
    axes.plot([], [], "--", color=INK, lw=1.0, label="without gravity")
    axes.plot([], [], "o", color=INK, mfc="white", ms=5.0, label="closed form without flow")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return (
        "Mass fraction of each component less its mean along "
        f"{_line(along.aside * length.factor, length)}, with gravity (coloured lines), without it, "
        "and by the closed form without flow."
    )


def _marks(axes: Axes, x: Array, values: Array, colour: str, label: str = "") -> None:
    """Draw the closed form as open marks."""
    axes.plot(
        x[::EVERY],
        values[::EVERY],
        "o",
        color=colour,
        mfc="white",
        ms=5.0,
        clip_on=False,
        zorder=3.0,
        label=label or None,
    )


def _changes(
    axes: Axes, along: Profile, changes: dict[str, Array], summary: Summary, scale: Scale
) -> None:
    """Draw what gravity changes along the line."""
    several = len(changes) > 1
    axes.axhline(0.0, color=INK if several else BLUE, lw=0.8 if several else 1.2)
    for i, change in enumerate(changes.values()):
        x = along.distance * units_of(summary).length.factor
        axes.plot(x, change * scale.factor, color=component_colour(i), lw=2.0)
    axes.set_ylabel(fraction_label("Δc due to gravity", scale))


def _separations(summary: Summary, scale: Scale) -> str:
    """Return a sentence on the separations of the readings."""
    values = {
        of["species"]: " with gravity and ".join(
            _in_unit(of[key], scale) for key in ("value", "without_gravity")
        )
        for of in transported(summary)
    }
    if len(values) == 1:
        (value,) = values.values()
        return f"The separation of the readings, cold less hot, is {value} without."
    texts = [f"{name} {value} without" for name, value in values.items()]
    return f"Separations of the readings, cold less hot: {'; '.join(texts)}."


def _line(aside: float, length: Scale) -> str:
    """Return the name of the line of a profile."""
    if not aside:
        return "the axis of the cell"
    return f"a line parallel to the axis of the cell, {short(abs(aside))} {length.label} from it"


def _in_unit(value: float, scale: Scale) -> str:
    times = "×" if scale.label.startswith("10") else " "
    return plain(value * scale.factor) + (f"{times}{scale.label}" if scale.label else "")


def _mark_separation(axes: Axes, values: Array, colour: str, place: float) -> None:
    """Draw an arrow next to the axes between the end values of a profile."""
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
