"""Figures of the course of a transient run: separation, transfer, steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.post.evaluation import Layer
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
from femsoret.report.histories import Array, Histories
from femsoret.report.rounding import percent, short
from femsoret.report.samples import Samples
from femsoret.report.units import (
    SEPARATION,
    Scale,
    fraction_label,
    fraction_unit,
    units_of,
)

Summary = Mapping[str, Any]

NAMES: Final = frozenset({"separation", "transfer", "steps"})
"""All figures that there may be."""

MANY: Final = 300
"""Steps from which on they are no longer drawn one by one."""

_RUNS: Final = (("with_gravity", "with gravity", ORANGE), ("without_gravity", "without", BLUE))
_MARKS: Final = {"with_gravity": "o", "without_gravity": "s"}
_LINES: Final = {"with_gravity": "-", "without_gravity": "--"}


def draw_histories(found: Histories, samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of the course of a run, as far as it has anything to show in them.

    Args:
        found: Its histories.
        samples: Samples of its last fields.
        summary: Its summary.
    """
    with styled():
        pictures = [transfer(found, summary), steps(found, summary)]
        if summary["separation"] is not None:
            pictures.insert(0, separation(found, samples, summary))
    return tuple(pictures)


# -- separation ----------------------------------------------------------------------------------


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
    for run, label, colour in _RUNS:
        columns = getattr(found, run)
        if not columns:
            continue
        t, S = columns["t_tau"], columns["separation"]
        _points(panels[0], t, S * scale.factor, run, colour, label)
        fit = _fit(summary, run)
        if fit is not None:
            dense = _dense(t)
            panels[0].plot(dense, fit(dense) * scale.factor, _LINES[run], color=colour, lw=1.4)
            if ideal:
                size, course = ideal
                off = 100.0 * (fit(dense) - course(dense)) / size
                panels[1].plot(dense, off, _LINES[run], color=colour, lw=1.4)
        if ideal:
            size, course = ideal
            _points(panels[1], t, 100.0 * (S - course(t)) / size, run, colour, label)
    if ideal:
        size, course = ideal
        panels[0].axhline(
            size * scale.factor, color=INK, lw=0.8, ls=":", label="steady, true S$_T$"
        )
        panels[1].axhline(0.0, color=INK, lw=0.8, ls=":")
        panels[1].set_ylabel("(S − ideal) / S$_∞$ / %")
    panels[0].set_ylabel(fraction_label("separation S", scale))
    panels[0].legend(loc="best")
    for panel in panels:
        _dress(panel, summary, 1.0)
    panels[-1].set_xlabel("t / τ,   τ = L²/(π²D) = " + _tau(summary))
    return finish(
        figure,
        "separation",
        "Separation in time",
        _caption(evaluation, ideal is not None),
    )


def _caption(evaluation: Mapping[str, Any], compared: bool) -> str:
    text = "Mass fraction at the cold reading less that at the hot one, at every step in time"
    if "reason" in evaluation:
        return f"{text}. It is not evaluated: {evaluation['reason']}."
    text += ", and what is fitted to it (lines): "
    fits = [
        f"D {_off(evaluation[run]['D_bias'])} and S_T {_off(evaluation[run]['S_T_bias'])} {label}"
        for run, label, _ in _RUNS
        if evaluation[run] is not None
    ]
    text += f"{'; '.join(fits).replace('without', 'without gravity')}."
    if compared:
        text += (
            " Below: what lies between it and the course in a layer at rest with the true D and "
            "S_T, whose temperature is linear from t0 on."
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
    gap = summary["orientation"]["gap"]
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


# -- transfer ------------------------------------------------------------------------------------


def transfer(found: Histories, summary: Summary) -> Picture:
    """Return how heat passes, and how fast the fluid flows, over the logarithm of time.

    Args:
        found: Histories of the run.
        summary: Its summary.
    """
    columns, units = found.with_gravity, units_of(summary)
    t = columns["t"]
    figure, panels = new_panels([2.2, 1.9, 1.9])
    for end, colour in (("hot", ORANGE), ("cold", BLUE)):
        panels[0].plot(t, columns[f"T_{end}"], color=colour, lw=1.6, label=f"{end} reading")
    panels[0].set_ylabel(f"T / {units.temperature}")
    sides = [name for name in columns if name.startswith("nusselt.")]
    colours = (ORANGE, BLUE, GREEN, GREY)
    for i, name in enumerate(sides):
        side = name.removeprefix("nusselt.")
        panels[1].plot(t, columns[name], color=colours[i % 4], lw=1.6, label=side)
    _logarithmic(panels[1], [columns[name] for name in sides], 1e-2)
    panels[1].set_ylabel("Nu")
    panels[2].plot(t, columns["max_speed"] * units.speed.factor, color=INK, lw=1.6)
    _logarithmic(panels[2], [columns["max_speed"] * units.speed.factor], 1e-6)
    panels[2].set_ylabel(f"largest speed / {units.speed.label}")
    for panel in panels[:2]:
        if panel.get_legend_handles_labels()[0]:
            panel.legend(loc="best")
    for panel in panels:
        panel.set_xscale("log")
        _dress(panel, summary, summary["time"]["tau"])
    _time_axes(panels, summary)
    return finish(
        figure,
        "transfer",
        "How the temperature and the flow settle",
        "Temperatures of the readings, Nusselt numbers of the sides (heat that leaves a side over "
        "that of steady conduction, mean of each step) and the largest speed, with gravity.",
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
    for run, label, colour in _RUNS:
        columns = getattr(found, run)
        if not columns:
            continue
        t, dt = columns["t"], columns["dt"]
        marker = _MARKS[run] if len(t) < MANY else ""
        axes.plot(t, dt, marker=marker, color=colour, ms=3.0, lw=1.0, label=label)
        refused = columns["rejected"] > 0
        if refused.any():
            name = f"after a rejected one, {label}"
            axes.plot(t[refused], dt[refused], "x", color=INK, ms=6.0, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    unit = _time_unit(summary)
    axes.set_ylabel(f"step / {unit}")
    axes.legend(loc="best")
    _dress(axes, summary, summary["time"]["tau"])
    _time_axes([axes], summary)
    marched = summary["time"]["with_gravity"]
    return finish(
        figure,
        "steps",
        "Steps in time",
        f"Length of each step over the time at its end: {marched['steps']} steps with gravity, "
        f"{marched['rejections']} rejected, at a tolerance of {short(summary['time']['tolerance'])}"
        ". Vertical lines: where the protocol jumps or bends.",
    )


# -- axes ----------------------------------------------------------------------------------------


def _points(axes: Axes, t: Array, values: Array, run: str, colour: str, label: str) -> None:
    few = len(t) < MANY
    axes.plot(
        t,
        values,
        _MARKS[run] if few else "-",
        color=colour,
        mfc="white",
        ms=4.0,
        lw=1.0,
        zorder=3.0,
        label=label,
    )


def _dense(t: Array) -> Array:
    """Return times that make a smooth curve, dense where the course begins."""
    return np.asarray(np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 600)]) * t[-1])


def _dress(axes: Axes, summary: Summary, per_tau: float) -> None:
    """Draw the grid and where the protocol jumps or bends.

    Args:
        axes: The axes.
        summary: The summary.
        per_tau: tau in the unit of the axis.
    """
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    breaks = [time for time in summary["time"]["breaks"] if time > 0.0]
    if len(breaks) < MANY:
        for time in breaks:
            at = time / summary["time"]["tau"] * per_tau
            axes.axvline(at, color=GREY, lw=0.7, ls="-", alpha=0.6, zorder=0.5)


def _time_axes(panels: list[Axes], summary: Summary) -> None:
    """Label the time below and, in relaxation times, above."""
    tau = summary["time"]["tau"]
    panels[-1].set_xlabel(f"t / {_time_unit(summary)}")
    above = panels[0].secondary_xaxis("top", functions=(lambda t: t / tau, lambda x: x * tau))
    above.set_xlabel("t / τ")


def _time_unit(summary: Summary) -> str:
    return "s" if summary["units"] == "SI" else "(L²/α)"


def _tau(summary: Summary) -> str:
    tau = summary["time"]["tau"]
    if summary["units"] == "groups":
        return f"{short(tau)} L²/α"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if tau >= 1.5 * size:
            return f"{short(tau / size)} {unit}"
    return f"{short(tau)} s"
