"""Figures of transient runs over time: separation, heat transfer and flow, and time steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.io.history import Histories
from femsoret.post.evaluation import Layer
from femsoret.report.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Picture,
    component_colour,
    draw_each,
    finish,
    new_figure,
    new_panels,
)
from femsoret.report.figures.samples import Samples
from femsoret.report.words.components import by_component, transported
from femsoret.report.words.evaluated import evaluated
from femsoret.report.words.numbers import short
from femsoret.report.words.phrases import deviation, is_solid
from femsoret.report.words.units import (
    SEPARATION,
    Scale,
    Summary,
    duration,
    fraction_label,
    fraction_unit,
    units_of,
)

MANY: Final = 300
"""Number of steps from which a line is drawn instead of one mark per step."""


@dataclass(frozen=True)
class Look:
    """How the values of a march are drawn.

    Args:
        label: Name of the march in legends.
        colour: Colour of marks and lines.
        mark: Mark of a value at a time step.
        line: Style of a line.
    """

    label: str
    colour: str
    mark: str
    line: str


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "with_gravity": Look("with gravity", ORANGE, "o", "-"),
        "without_gravity": Look("without gravity", BLUE, "s", "--"),
    }
)
"""Name of each march, as in :data:`femsoret.studies.measure.marching.MARCHES` -> its look."""


def looks_of(summary: Summary) -> Mapping[str, Look]:
    """Return the looks of the marches of a run; a solid has one march."""
    if not is_solid(summary):
        return LOOKS
    return {"with_gravity": replace(LOOKS["with_gravity"], label="computed")}


SERIES: Final = 3e-3
"""Fraction of the plateau below which the ideal course is not drawn: its series is truncated."""

SHADED: Final = (
    " Shaded: the part over which the apparent S_T with gravity is statistically steady, and its "
    "mean and range are taken."
)
"""Sentence that is added to the caption if a run has such a part."""

SETTLED: Final = 0.02
"""Initial fraction of a run that the limits of an axis ignore: temperatures settle in it."""


def draw_histories(histories: Histories, samples: Samples, summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of a run over time, except those without content."""
    painters: dict[str, Callable[[], Picture | None]] = {}
    if summary["separation"] is not None:
        several = len(transported(summary)) > 1
        painters["separation"] = lambda: (
            separations(histories, summary) if several else separation(histories, samples, summary)
        )
    painters["transfer"] = lambda: transfer(histories, summary)
    painters["steps"] = lambda: steps(histories, summary)
    return draw_each(painters)


# -- separation ----------------------------------------------------------------------------------


def separation(histories: Histories, samples: Samples, summary: Summary) -> Picture:
    """Return the figure of the separation in time, its fit and its deviation from the ideal."""
    ideal = _ideal(summary)
    scale = _unit(histories, samples, summary)
    figure, panels = new_panels([3.2, 2.0] if ideal else [3.7])
    for run, look in looks_of(summary).items():
        columns = histories.of_run(run)
        if not columns:
            continue
        t, S = columns["t_tau"], columns["separation"]
        points(panels[0], t, S * scale.factor, look)
        if fit := _fit(summary, run):
            dense = dense_times(t)
            panels[0].plot(dense, fit(dense) * scale.factor, look.line, color=look.colour, lw=1.4)
            if ideal:
                panels[1].plot(
                    dense, ideal.error(dense, fit(dense)), look.line, color=look.colour, lw=1.4
                )
        if ideal:
            points(panels[1], t, ideal.error(t, S), look)
    if ideal:
        panels[0].axhline(
            ideal.plateau * scale.factor, color=INK, lw=0.8, ls=":", label="steady, true S$_T$"
        )
        panels[1].axhline(0.0, color=INK, lw=0.8, ls=":")
        panels[1].set_ylabel("(S − ideal) / S$_∞$ / %")
        _limit(panels[1], histories, ideal)
    panels[0].set_ylabel(fraction_label("separation S", scale))
    _early(panels[0], histories, ideal)
    caption = _caption(summary, ideal is not None) + _over_taus(panels, summary)
    return finish(figure, "separation", "Separation in time", caption)


def separations(histories: Histories, summary: Summary) -> Picture:
    """Return the figure of the separations of several components in time, a line for each."""
    others = transported(summary)[1:]
    names = ("separation", *(f"separation.{of['species']}" for of in others))
    courses = {
        run: by_component(np.stack([columns[name] for name in names]), summary)
        for run in LOOKS
        if (columns := histories.of_run(run))
    }
    largest = max(float(np.nanmax(np.abs(S))) for of in courses.values() for S in of.values())
    scale = fraction_unit(largest)
    figure, axes = new_figure(3.9)
    axes.axhline(0.0, color=INK, lw=0.8)
    at_rest = _at_rest(summary)
    for i, name in enumerate(courses["with_gravity"]):
        for run, look in looks_of(summary).items():
            if run not in courses:
                continue
            t, S = histories.of_run(run)["t_tau"], courses[run][name] * scale.factor
            shown = replace(look, label=f"{name}, {look.label}", colour=component_colour(i))
            points(axes, t, S, shown)
            axes.plot(t, S, shown.line, color=shown.colour, lw=1.2)
        if name in at_rest:
            axes.axhline(at_rest[name] * scale.factor, color=component_colour(i), lw=1.0, ls=":")
    axes.set_ylabel(fraction_label("separation S", scale))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    caption = (
        "Mass fraction of each component at the cold reading less that at the hot reading, at "
        "every time step."
    )
    if at_rest:
        caption += " Dotted: S'_T (T_hot − T_cold) of the steady state at rest."
    if evaluated(summary) is None:
        caption += f" D and S'_T are not evaluated: {summary['evaluation']['reason']}."
    return finish(figure, "separation", "Separation in time", caption + _over_taus([axes], summary))


def _at_rest(summary: Summary) -> dict[str, float]:
    """Return the separations of the steady state at rest by component, where S'_T = -dc/dT."""
    coefficients, read = summary["soret"], summary["separation"]
    if not coefficients or not read["hot"]:
        return {}
    dT = read["hot"]["T"] - read["cold"]["T"]
    return {of["component"]: of["true"] * dT for of in coefficients["components"]}


def _over_taus(panels: list[Axes], summary: Summary) -> str:
    """Dress panels whose time is t/tau; return a remark for the caption on what is shaded."""
    time, steady = summary["time"], summary.get("statistics")
    if steady:
        since, end = steady["from"] / time["tau"], time["with_gravity"]["end"] / time["tau"]
        panels[0].axvspan(since, end, color=GREY, alpha=0.15, lw=0.0)
    for panel in panels:
        dress(panel, summary, 1.0)
    panels[-1].set_xlabel("t / τ,   τ = L²/(π²D) = " + duration(summary["units"], time["tau"]))
    return SHADED if steady else ""


@dataclass(frozen=True)
class _Ideal:
    """The separation of a layer at rest with the true D and S_T.

    Args:
        plateau: Magnitude of the steady separation.
        series: Function that returns the separation at times t/tau.
    """

    plateau: float
    series: Callable[[Array], Array]

    def error(self, t_tau: Array, separation: Array) -> Array:
        """Return the deviation of a separation from the ideal, in percent of the plateau."""
        return np.asarray(100.0 * (separation - self.series(t_tau)) / self.plateau)


def _limit(axes: Axes, histories: Histories, ideal: _Ideal) -> None:
    """Set the limits of the y axis to values after the temperature has settled."""
    errors: list[Array] = [np.zeros(1)]
    for run in LOOKS:
        if columns := histories.of_run(run):
            t = columns["t_tau"]
            later = t > SETTLED * t[-1]
            errors.append(ideal.error(t[later], columns["separation"][later]))
    values = np.concatenate(errors)
    low, high = float(values.min()), float(values.max())
    margin = 0.25 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)


def _early(axes: Axes, histories: Histories, ideal: _Ideal | None) -> None:
    """Draw an inset of the separation over the logarithm of time, and the legend beside it."""
    course = np.abs(histories.with_gravity["separation"])
    falls = bool(course[-1] < course[0])
    inset = axes.inset_axes((0.36, 0.52 if falls else 0.17, 0.33, 0.40))
    for run, look in LOOKS.items():
        columns = histories.of_run(run)
        if columns:
            S = np.abs(columns["separation"])
            t, part = columns["t_tau"], S / S.max()
            inset.plot(t, part, look.mark, color=look.colour, mfc="white", ms=2.5)
    if ideal:
        dense = dense_times(histories.with_gravity["t_tau"])[1:]
        part = np.abs(ideal.series(dense)) / ideal.plateau
        resolved = part > SERIES  # below, the truncation of the series is visible
        inset.plot(dense[resolved], part[resolved], ":", color=INK, lw=1.0)
    inset.set_xscale("log")
    if not falls:
        inset.set_yscale("log")
        inset.set_ylim(SERIES, 2.0)
    inset.set_title("S / S$_{max}$ over log(t / τ)", fontsize=8.0)
    inset.tick_params(labelsize=7.0)
    inset.grid(color=GREY, alpha=0.2, lw=0.6)
    axes.legend(loc="upper right" if falls else "lower right")


def _caption(summary: Summary, compared: bool) -> str:
    evaluation = summary["evaluation"]
    text = "Mass fraction at the cold reading less that at the hot reading, at every time step"
    if "reason" in evaluation:
        return f"{text}. D and S_T are not evaluated: {evaluation['reason']}."
    text += ", and the series fitted to it (lines): "
    fits = [
        f"D {_deviation(fit['D_bias'])} and S_T {_deviation(fit['S_T_bias'])}"
        f"{'' if is_solid(summary) else f' {look.label}'}"
        for run, look in LOOKS.items()
        if (fit := evaluation[run]) is not None
    ]
    text += f"{'; '.join(fits)}."
    if compared:
        text += (
            " Lower panel: deviation from the ideal (dotted in the inset), a layer at rest with "
            "the true D and S_T whose temperature is linear from t0 on. Deviations before the "
            "temperature has settled may lie outside the panel."
        )
    return text


def _deviation(bias: float | None) -> str:
    return "without a true value" if bias is None else deviation(bias)


def _fit(summary: Summary, run: str) -> Callable[[Array], Array] | None:
    """Return the fitted series as a function of t/tau; None if there is none."""
    fit = summary["evaluation"].get(run)
    return _series(summary, fit["separation"], fit["D"]) if fit else None


def _ideal(summary: Summary) -> _Ideal | None:
    """Return the separation with the true D and S_T; None if they are not known."""
    evaluation = summary["evaluation"]
    fit = evaluation.get("with_gravity")
    if not fit or not fit["S_T"] or not evaluation["S_T_true"]:
        return None
    plateau = fit["separation"] * evaluation["S_T_true"] / fit["S_T"]
    return _Ideal(abs(plateau), _series(summary, plateau, evaluation["D_true"]))


def _series(summary: Summary, plateau: float, D: float) -> Callable[[Array], Array]:
    evaluation, tau = summary["evaluation"], summary["time"]["tau"]
    gap = evaluation.get(
        "gap", summary["orientation"]["gap"]
    )  # version 0.1 does not write this gap
    if evaluation.get("modes") is None:  # version 0.2 does not write them
        layer = Layer.between(gap, cold=evaluation["cold"], hot=evaluation["hot"])
    else:
        layer = Layer(gap, 1.0, np.asarray(evaluation["modes"]))

    def course(t_tau: Array) -> Array:
        elapsed = np.asarray(t_tau) * tau - evaluation["t0"]
        part = layer.approach(elapsed * np.pi**2 * D / gap**2)
        return np.asarray(plateau * (1.0 - part if evaluation["relaxing"] else part))

    return course


def _unit(histories: Histories, samples: Samples, summary: Summary) -> Scale:
    if summary["units"] == "groups" and samples.scale:
        return Scale(1.0 / samples.scale, SEPARATION)
    shown = [c["separation"] for c in (histories.with_gravity, histories.without_gravity) if c]
    return fraction_unit(float(np.nanmax(np.abs(np.concatenate(shown)))))


# -- transfer ------------------------------------------------------------------------------------


def transfer(histories: Histories, summary: Summary) -> Picture | None:
    """Return the figure of temperatures, Nusselt numbers and speed over the logarithm of time.

    It is None if there are none of them, as in a solid between walls of given heat fluxes.
    """
    columns, units, frame = histories.with_gravity, units_of(summary), summary["orientation"]
    t = columns["t"]
    read = [columns[f"T_{end}"] for end in ("hot", "cold")]
    moves = max(float(np.ptp(T)) for T in read) > 1e-6 * abs(frame["T_hot"] - frame["T_cold"])
    sides = [name for name in columns if name.startswith("nusselt.")]
    flows = "max_speed" in columns
    if not (flows or sides or moves):
        return None
    figure, panels = new_panels([1.9] * (flows + bool(sides) + moves))
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
    if flows:
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
            "Nusselt numbers of the sides: heat flow through a side over that of steady "
            "conduction, mean over each step."
        )
    if flows:
        shown.append("Largest speed, with gravity.")
    return finish(
        figure,
        "transfer",
        "Temperature and flow over time",
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


def steps(histories: Histories, summary: Summary) -> Picture:
    """Return the figure of the lengths of the time steps."""
    figure, axes = new_figure(3.0)
    for run, look in looks_of(summary).items():
        columns = histories.of_run(run)
        if not columns:
            continue
        t, dt = columns["t"], columns["dt"]
        marker = look.mark if len(t) < MANY else ""
        axes.plot(t, dt, marker=marker, color=look.colour, ms=3.0, lw=1.0, label=look.label)
        refused = columns["rejected"] > 0
        if refused.any():
            name = f"after a rejected step, {look.label}"
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
        "Time steps",
        f"Length of each step against the time at its end: {marched['steps']} steps"
        f"{'' if is_solid(summary) else ' with gravity'}, "
        f"{marched['rejections']} rejected, at a tolerance of {tolerance}."
        + (
            " Vertical lines: jumps or changes of slope of the protocol."
            if summary["time"]["breaks"]
            else ""
        ),
    )


# -- axes of time --------------------------------------------------------------------------------


def points(axes: Axes, t: Array, values: Array, look: Look) -> None:
    """Draw the values at time steps, as marks or, if there are many, as a line.

    Args:
        axes: The axes.
        t: Times in the unit of the axis, shape (n,).
        values: Values at these times in the unit of the axis, shape (n,).
        look: Label, colour and mark.
    """
    few = len(t) < MANY
    axes.plot(
        t,
        values,
        look.mark if few else "-",
        color=look.colour,
        mfc="white",
        ms=4.0,
        lw=1.0,
        zorder=3.0,
        label=look.label,
    )


def dense_times(t: Array) -> Array:
    """Return times for a smooth curve, with a higher density at the beginning.

    Args:
        t: Times of the steps in any unit, shape (n,); the last one is the end of the curve.

    Returns:
        The times in the same unit, shape (601,).
    """
    return np.asarray(np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 600)]) * t[-1])


def dress(axes: Axes, summary: Summary, per_tau: float) -> None:
    """Draw the grid, and lines where the protocol jumps or changes its slope.

    Args:
        axes: The axes.
        summary: The summary.
        per_tau: Relaxation time tau in the unit of the time axis.
    """
    axes.grid(color=GREY, alpha=0.2, lw=0.6)
    breaks = [time for time in summary["time"]["breaks"] if time > 0.0]
    if len(breaks) < MANY:
        for time in breaks:
            place = time / summary["time"]["tau"] * per_tau
            axes.axvline(place, color=GREY, lw=0.7, ls="-", alpha=0.6, zorder=0.5)


def time_axes(panels: list[Axes], summary: Summary) -> None:
    """Label the time axis below and, in relaxation times, above.

    Args:
        panels: Axes of the panels from top to bottom.
        summary: The summary.
    """
    tau = summary["time"]["tau"]
    panels[-1].set_xlabel(f"t / {time_unit(summary)}")
    above = panels[0].secondary_xaxis("top", functions=(lambda t: t / tau, lambda x: x * tau))
    above.set_xlabel("t / τ")


def time_unit(summary: Summary) -> str:
    """Return the label of the unit of time on axes."""
    return "s" if summary["units"] == "SI" else "(L²/α)"
