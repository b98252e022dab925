"""Figures of a fit: data with both curves, causes, correlations, profiles of the likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.report.figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Picture,
    draw_each,
    finish,
    new_figure,
    new_panels,
    new_row,
)
from femsoret.report.words.fitted import (
    cause_text,
    difference_text,
    evaluated_by,
    in_unit,
    main_unknown,
    shown_unit,
)
from femsoret.report.words.numbers import percent, plain, short
from femsoret.report.words.units import Summary
from femsoret.studies.fit.fit import FitFindings

MOST_SERIES: Final = 12
"""Largest number of series that are drawn."""

_LEVEL: Final = 3.841459
"""Rise of the smallest sum of squares at the ends of an interval of 95 % of one unknown."""

_TOP: Final = 12.0
"""Upper end of the axis of a profile."""

_TIMES: Final = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def fit_arrays(findings: FitFindings) -> dict[str, Array]:
    """Return the arrays from which the figures are drawn, by name.

    Args:
        findings: What the fit found.
    """
    arrays = {}
    for i, each in enumerate(findings.corrected.series):
        arrays[f"fit.{i}.t"] = each.times
        arrays[f"fit.{i}.values"] = each.values
        arrays[f"fit.{i}.uncertainty"] = each.uncertainty
        arrays[f"fit.{i}.corrected"] = each.predicted
        curve = findings.naive_curves.get((each.data, each.column))
        if curve is not None:
            arrays[f"fit.{i}.naive"] = curve
    return arrays


def fit_pictures(arrays: Mapping[str, Array], summary: Summary) -> tuple[Picture, ...]:
    """Return the figures of a fit.

    Args:
        arrays: Arrays from which figures are drawn.
        summary: Summary of the fit.
    """
    painters = {
        f"data {i}": partial(_data, arrays, summary, i)
        for i in range(min(len(summary["series"]), MOST_SERIES))
    }
    return draw_each(
        {
            **painters,
            "causes": lambda: causes(summary),
            "profiles": lambda: profiles(summary),
            "correlation": lambda: correlation(summary),
        }
    )


# -- data ----------------------------------------------------------------------------------------


def _data(arrays: Mapping[str, Array], summary: Summary, i: int) -> Picture:
    """Return the figure of one series: data and both curves, residuals of both below."""
    series = summary["series"][i]
    t, label = _times(summary, series, arrays[f"fit.{i}.t"])
    values, u = arrays[f"fit.{i}.values"], arrays[f"fit.{i}.uncertainty"]
    corrected, naive = arrays[f"fit.{i}.corrected"], arrays.get(f"fit.{i}.naive")
    scale, unit = _readable(values, series["unit"])
    figure, panels = new_panels([3.2, 2.0])
    top, below = panels
    style = "-" if series["begin"] is not None else "D"
    top.errorbar(
        t,
        scale * values,
        yerr=scale * u,
        fmt="o",
        color=GREY,
        ms=3.0,
        lw=0.7,
        label="data (bars: 1 σ)",
        zorder=1.0,
    )
    if naive is not None:
        top.plot(t, scale * naive, "--" if style == "-" else "s", color=BLUE, lw=1.4, label="naive")
        below.plot(t, (values - naive) / u, "s", color=BLUE, ms=3.2, mfc="none", mew=0.8)
    top.plot(t, scale * corrected, style, color=ORANGE, lw=1.6, label="corrected", zorder=3.0)
    below.plot(t, (values - corrected) / u, "o", color=ORANGE, ms=3.2)
    below.axhspan(-2.0, 2.0, color=GREEN, alpha=0.10, lw=0.0)
    below.axhline(0.0, color=INK, lw=0.8, ls=":")
    below.set_ylabel("residual / σ")
    top.set_ylabel(f"{series['column']}{f' / {unit}' if unit else ''}")
    top.legend(loc="best")
    for panel in panels:
        panel.grid(color=GREY, alpha=0.2, lw=0.6)
    below.set_xlabel(label)
    return finish(figure, f"data_{i}", f"{series['data']}: {series['column']}", _about_data(series))


def _about_data(series: Summary) -> str:
    text = (
        f"{series['values']} values of {series['signal']}. Orange: the model with flow at the "
        "corrected values."
    )
    if series["naive_residual"] is not None:
        text += f" Blue: the {evaluated_by(series)} at the naive values."
    text += (
        " Below: data less curve over the standard uncertainty of the data"
        f"{'' if series['noise_stated'] else ', which is estimated from the residuals'}; root mean "
        f"square {short(series['residual'])}"
    )
    if series["naive_residual"] is not None:
        text += f", naive {short(series['naive_residual'])}"
    text += ". Green: two standard uncertainties."
    if series["correlated"]:
        text += " Neighbouring residuals are alike beyond chance."
    return text


def _times(summary: Summary, series: Summary, t: Array) -> tuple[Array, str]:
    """Return the positions of the values on the axis of times, and its label."""
    if series["begin"] is None:
        rows = np.arange(1, series["values"] + 1, dtype=np.float64)
        return rows, "row of the data"
    if summary["units"] == "groups":
        return t, "time on the clock of the data / (L²/α)"
    size, unit = next(((s, u) for s, u in _TIMES if t[-1] >= 1.5 * s), (1.0, "s"))
    return np.asarray(t / size, dtype=np.float64), f"time on the clock of the data / {unit}"


def _readable(values: Array, unit: str) -> tuple[float, str]:
    """Return a power of ten by which values are readable, and the unit with it."""
    largest, shown = float(np.abs(values).max()) or 1.0, shown_unit(unit)
    if 0.01 <= largest < 1e4:
        return 1.0, shown
    power = 3 * int(np.floor(np.log10(largest) / 3.0))
    prefix = {-3: "m", -6: "µ", -9: "n"}.get(power)
    if prefix and shown in {"rad", "m"}:
        return 10.0**-power, f"{prefix}{shown}"
    digits = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return 10.0**-power, f"10{digits}{f' {shown}' if shown else ''}"


# -- unknowns ------------------------------------------------------------------------------------


def causes(summary: Summary) -> Picture | None:
    """Return the figure of what makes the difference of the main unknown; None without causes."""
    unknown = main_unknown(summary)
    explanation, value = unknown["explanation"], unknown["corrected"]["value"]
    if explanation is None or not explanation["causes"]:
        return None
    relative = bool(value)
    size = 100.0 / abs(value) if relative else 1.0
    entries = [each for each in explanation["causes"] if each["effect"]]
    entries.sort(key=lambda each: -abs(each["effect"]))
    bars = [(cause_text(each), size * each["effect"]) for each in entries]
    bars.append(("naive − corrected", size * explanation["difference"]))
    figure, axes = new_figure(0.9 + 0.31 * len(bars))
    for place, (_, effect) in enumerate(bars):
        last = place == len(bars) - 1
        axes.barh(place, effect, height=0.62, color=INK if last else _colour(effect))
        number = percent(effect / 100.0) if relative else in_unit(plain(effect, 2), unknown["unit"])
        axes.annotate(
            number,
            (max(effect, 0.0), place),
            xytext=(4.0, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axes.axvline(0.0, color=INK, lw=0.8)
    axes.set_yticks(range(len(bars)), [name for name, _ in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0.0)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.18 * (high - low))
    axes.set_xlabel(
        f"effect on the naive {_mathematical(unknown['name'])} / "
        + ("%" if relative else shown_unit(unknown["unit"]))
    )
    axes.grid(axis="x", color=GREY, alpha=0.2, lw=0.6)
    axes.set_axisbelow(True)
    return finish(
        figure,
        "causes",
        "What makes the difference",
        f"The naive {unknown['name']} differs from the corrected one by "
        f"{difference_text(unknown)}; bars: what each cause contributes to that.",
    )


def _colour(effect: float) -> str:
    return BLUE if effect < 0.0 else ORANGE


def profiles(summary: Summary) -> Picture | None:
    """Return the figure of the profiles of the likelihood; None without any."""
    drawn = [each for each in summary["unknowns"] if each["profile"] is not None]
    if not drawn:
        return None
    figure, panels = new_row(len(drawn), 2.9)
    for axes, unknown in zip(panels, drawn, strict=True):
        _profile(axes, unknown)
    panels[0].set_ylabel("rise of chi² (data and priors)")
    panels[0].set_ylim(0.0, _TOP)
    panels[0].legend(loc="upper center", fontsize=8.0)
    lies = [each["name"] for each in drawn if each["profile"]["parabola_lies"]]
    text = (
        "Smallest sum of squares at fixed values of one unknown, all others free (points), and the "
        "parabola of the covariance at the least-squares values (dashed). Dotted: the rise that "
        "bounds an interval of 95 % of one unknown."
    )
    if lies:
        text += f" The parabola lies for {', '.join(lies)}."
    return finish(figure, "profiles", "Profile of the likelihood", text)


def _profile(axes: Axes, unknown: Summary) -> None:
    profile = unknown["profile"]
    values = np.array(profile["values"])
    scale, unit = _readable(values, unknown["unit"])
    x = scale * values
    fine = np.linspace(x[0], x[-1], 101)
    parabola = np.polynomial.Polynomial.fit(x, profile["parabola"], 2)
    axes.plot(fine, parabola(fine), "--", color=GREY, lw=1.2, label="parabola")
    axes.plot(x, profile["chi2"], "o-", color=ORANGE, lw=1.4, ms=3.5, label="profile")
    axes.axhline(_LEVEL, color=INK, lw=0.8, ls=":")
    axes.set_xlabel(f"{_mathematical(unknown['name'])}{f' / {unit}' if unit else ''}")
    axes.grid(color=GREY, alpha=0.2, lw=0.6)


def correlation(summary: Summary) -> Picture | None:
    """Return the figure of the correlation matrix; None for fewer than two unknowns."""
    names = [_mathematical(each["name"]) for each in summary["unknowns"]]
    if len(names) < 2:
        return None
    matrix = np.array([[np.nan if r is None else r for r in row] for row in summary["correlation"]])
    side = 1.6 + 0.55 * len(names)
    figure, axes = new_figure(side, side + 1.0)
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
    for i, row in enumerate(matrix):
        for k, r in enumerate(row):
            pale = not abs(r) > 0.6
            axes.text(
                k,
                i,
                "–" if np.isnan(r) else f"{r:.2f}".replace("-", "−"),
                ha="center",
                va="center",
                fontsize=8.0,
                color=INK if pale else "white",
            )
    axes.set_xticks(range(len(names)), names, rotation=35.0, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0.0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, shrink=0.8, label="correlation")
    return finish(
        figure,
        "correlation",
        "Correlation of the unknowns",
        "After the fit, given data and priors. Near ±1 the data tell only a combination of two "
        "unknowns.",
    )


def _mathematical(name: str) -> str:
    """Return a name with its index below, as matplotlib writes it."""
    return name.replace("S_T", "S$_T$")
