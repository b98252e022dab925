"""The figure of a transient run: its separation in time, what is fitted to it, and the ideal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.io.history import Histories
from femsoret.post.evaluation import Layer
from femsoret.report.canvas import GREY, INK, Picture, finish, new_panels
from femsoret.report.history_axes import LINES, MARKS, RUNS, Summary, dense_times, dress, points
from femsoret.report.rounding import percent
from femsoret.report.samples import Samples
from femsoret.report.units import SEPARATION, Scale, duration, fraction_label, fraction_unit

SERIES: Final = 3e-3
"""Part of the plateau below which the finite series of the ideal course is not drawn."""

SHADED: Final = (
    " Shaded: the part in which the apparent S_T with gravity goes on, statistically steady, and "
    "that its mean and range are of."
)
"""What a caption adds where a run has such a part."""

SETTLED: Final = 0.02
"""Part of a run within which temperatures are taken to settle, in a figure's limits."""


def separation(found: Histories, samples: Samples, summary: Summary) -> Picture:
    """Return the separation in time, with what is fitted to it, and how far it is from the ideal.

    Args:
        found: Histories of the run.
        samples: Samples of its last fields.
        summary: Its summary.
    """
    ideal = _ideal(summary)
    scale = _unit(found, samples, summary)
    figure, panels = new_panels([3.2, 2.0] if ideal else [3.7])
    evaluation = summary["evaluation"]
    for run, label, colour in RUNS:
        columns = getattr(found, run)
        if not columns:
            continue
        t, S = columns["t_tau"], columns["separation"]
        points(panels[0], t, S * scale.factor, run, colour, label)
        fit = _fit(summary, run)
        if fit is not None:
            dense = dense_times(t)
            panels[0].plot(dense, fit(dense) * scale.factor, LINES[run], color=colour, lw=1.4)
            if ideal:
                size, course = ideal
                off = 100.0 * (fit(dense) - course(dense)) / size
                panels[1].plot(dense, off, LINES[run], color=colour, lw=1.4)
        if ideal:
            size, course = ideal
            points(panels[1], t, 100.0 * (S - course(t)) / size, run, colour, label)
    if ideal:
        size, course = ideal
        panels[0].axhline(
            size * scale.factor, color=INK, lw=0.8, ls=":", label="steady, true S$_T$"
        )
        panels[1].axhline(0.0, color=INK, lw=0.8, ls=":")
        panels[1].set_ylabel("(S − ideal) / S$_∞$ / %")
        _limit(panels[1], found, ideal)
    if steady := summary.get("statistics"):
        since = steady["from"] / summary["time"]["tau"]
        end = summary["time"]["with_gravity"]["end"] / summary["time"]["tau"]
        panels[0].axvspan(since, end, color=GREY, alpha=0.15, lw=0.0)
    panels[0].set_ylabel(fraction_label("separation S", scale))
    _early(panels[0], found, summary)
    for panel in panels:
        dress(panel, summary, 1.0)
    panels[-1].set_xlabel(
        "t / τ,   τ = L²/(π²D) = " + duration(summary["units"], summary["time"]["tau"])
    )
    return finish(
        figure,
        "separation",
        "Separation in time",
        _caption(evaluation, ideal is not None) + (SHADED if steady else ""),
    )


def _limit(axes: Axes, found: Histories, ideal: tuple[float, Callable[[Array], Array]]) -> None:
    """Leave out of the axis what is off before the temperature has settled."""
    size, course = ideal
    off = [
        100.0 * (columns["separation"][later] - course(columns["t_tau"][later])) / size
        for columns in (found.with_gravity, found.without_gravity)
        if columns and (later := columns["t_tau"] > SETTLED * columns["t_tau"][-1]).any()
    ]
    values = np.concatenate([*off, [0.0]])
    low, high = float(values.min()), float(values.max())
    margin = 0.25 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)


def _early(axes: Axes, found: Histories, summary: Summary) -> None:
    """Draw, inside the axes, the course over the logarithm of time, and the legend beside it."""
    falls = abs(found.with_gravity["separation"][-1]) < abs(found.with_gravity["separation"][0])
    inset = axes.inset_axes((0.36, 0.52 if falls else 0.17, 0.33, 0.40))
    for run, _, colour in RUNS:
        columns = getattr(found, run)
        if columns:
            S = np.abs(columns["separation"])
            t, part = columns["t_tau"], S / S.max()
            inset.plot(t, part, MARKS[run], color=colour, mfc="white", ms=2.5)
    ideal = _ideal(summary)
    if ideal:
        dense = dense_times(found.with_gravity["t_tau"])[1:]
        part = np.abs(ideal[1](dense)) / ideal[0]
        resolved = part > SERIES  # below, what is left out of the series shows
        inset.plot(dense[resolved], part[resolved], ":", color=INK, lw=1.0)
    inset.set_xscale("log")
    if not falls:
        inset.set_yscale("log")
        inset.set_ylim(SERIES, 2.0)
    inset.set_title("S / S$_{max}$ over log(t / τ)", fontsize=8.0)
    inset.tick_params(labelsize=7.0)
    inset.grid(color=GREY, alpha=0.2, lw=0.6)
    axes.legend(loc="upper right" if falls else "lower right")


def _caption(evaluation: Mapping[str, Any], compared: bool) -> str:
    text = "Mass fraction at the cold reading less that at the hot one, at every step in time"
    if "reason" in evaluation:
        return f"{text}. It is not evaluated: {evaluation['reason']}."
    text += ", and what is fitted to it (lines): "
    fits = [
        f"D {_off(evaluation[run]['D_bias'])} and S_T {_off(evaluation[run]['S_T_bias'])} {label}"
        for run, label, _ in RUNS
        if evaluation[run] is not None
    ]
    text += f"{'; '.join(fits)}."
    if compared:
        text += (
            " Below, and dotted in the inset: the ideal, a layer at rest with the true D and S_T "
            "whose temperature is linear from t0 on. What is off before the temperature has "
            "settled may lie outside the lower panel."
        )
    return text


def _off(bias: float | None) -> str:
    if bias is None:
        return "without comparison"
    return f"{percent(abs(bias))} {'low' if bias < 0 else 'high'}"


def _fit(summary: Summary, run: str) -> Callable[[Array], Array] | None:
    """Return the fitted course over t/tau, or None where there is none."""
    found = summary["evaluation"].get(run)
    if not found:
        return None
    return _course(summary, found["separation"], found["D"])


def _ideal(summary: Summary) -> tuple[float, Callable[[Array], Array]] | None:
    """Return the plateau of the true S_T, and the course to it with the true D."""
    evaluation = summary["evaluation"]
    found = evaluation.get("with_gravity")
    if not found or not found["S_T"] or not evaluation["S_T_true"]:
        return None
    plateau = found["separation"] * evaluation["S_T_true"] / found["S_T"]
    return abs(plateau), _course(summary, plateau, evaluation["D_true"])


def _course(summary: Summary, plateau: float, D: float) -> Callable[[Array], Array]:
    evaluation, tau = summary["evaluation"], summary["time"]["tau"]
    gap = evaluation.get("gap", summary["orientation"]["gap"])  # runs of 0.1 have no gap of its own
    layer = Layer(gap, cold=evaluation["cold"], hot=evaluation["hot"])

    def course(t_tau: Array) -> Array:
        elapsed = np.asarray(t_tau) * tau - evaluation["t0"]
        part = layer.approach(elapsed * np.pi**2 * D / gap**2)
        return np.asarray(plateau * (1.0 - part if evaluation["relaxing"] else part))

    return course


def _unit(found: Histories, samples: Samples, summary: Summary) -> Scale:
    if summary["units"] == "groups" and samples.scale:
        return Scale(1.0 / samples.scale, SEPARATION)
    shown = [c["separation"] for c in (found.with_gravity, found.without_gravity) if c]
    return fraction_unit(float(np.nanmax(np.abs(np.concatenate(shown)))))
