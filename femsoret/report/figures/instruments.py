"""Figures of optical instruments: fringes and phase maps, confidence ellipses, records in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.io.history import Histories
from femsoret.post.contrast_matrix import Ellipse
from femsoret.report.figures.canvas import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    draw_each,
    finish,
    new_figure,
    new_panels,
    new_row,
)
from femsoret.report.figures.history import looks_of
from femsoret.report.tables.instruments import instruments, wavelength
from femsoret.report.words.numbers import short
from femsoret.report.words.units import Summary, duration, units_of
from femsoret.studies.measure.instruments import InstrumentRecord, column_of

PREFIX: Final = "phase_map"

PHASE_MAP: Final = "viridis"

THIN: Final = 20.0
"""Ratio of the half axes of an ellipse above which it is drawn once more, in their directions."""


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """A phase map as it is drawn.

    Args:
        name: Name of the instrument.
        u: Horizontal coordinate of the columns, m, shape (nu,).
        v: Vertical coordinate of the rows, m, shape (nv,).
        wavelengths: Wavelengths, m, shape (J,).
        phase: Unwrapped phase, rad, shape (J, nv, nu); nan outside the fluid.
    """

    name: str
    u: Array
    v: Array
    wavelengths: Array
    phase: Array


def arrays_of_maps(records: Mapping[str, InstrumentRecord]) -> dict[str, Any]:
    """Return phase maps as arrays by name, for :func:`numpy.savez`.

    Args:
        records: What the instruments record, by name.
    """
    found: dict[str, Any] = {}
    maps = [(name, record.map) for name, record in records.items() if record.map is not None]
    for i, (name, of) in enumerate(maps):
        parts = {
            "name": np.array(name),
            "u": of.u,
            "v": of.v,
            "wavelengths": of.wavelengths,
            "phase": of.phase,
        }
        found |= {f"{PREFIX}.{i}.{key}": value for key, value in parts.items()}
    return found


def maps_from(arrays: Mapping[str, Any]) -> tuple[DrawnMap, ...]:
    """Return phase maps made from their arrays; empty without any.

    Args:
        arrays: Arrays by name.
    """
    found: list[DrawnMap] = []
    while f"{PREFIX}.{len(found)}.u" in arrays:
        key = f"{PREFIX}.{len(found)}."
        numbers = {name: arrays[key + name] for name in ("u", "v", "wavelengths", "phase")}
        found.append(DrawnMap(name=str(arrays[key + "name"]), **numbers))
    return tuple(found)


def phase_map_file(records: Mapping[str, InstrumentRecord]) -> bytes | None:
    """Return the content of phase_maps.npz; None without phase maps.

    Each map has the arrays NAME.u, NAME.v (m), NAME.wavelengths (m) and NAME.phase (rad, shape
    (wavelengths, v, u), nan outside the fluid).

    Args:
        records: What the instruments record, by name.
    """
    arrays: dict[str, Any] = {
        f"{name}.{key}": getattr(record.map, key)
        for name, record in records.items()
        if record.map is not None
        for key in ("u", "v", "wavelengths", "phase")
    }
    if not arrays:
        return None
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def draw_instruments(
    arrays: Mapping[str, Any], summary: Summary, histories: Histories | None = None
) -> tuple[Picture, ...]:
    """Return the figures of optical instruments.

    Args:
        arrays: Arrays from which figures are drawn.
        summary: Content of summary.json.
        histories: Histories of a transient run; None in a steady run.
    """
    painters: dict[str, Callable[[], Picture | None]] = {}
    for i, drawn in enumerate(maps_from(arrays), start=1):
        painters[f"fringes_{i}"] = partial(fringes, drawn, summary, i)
    for i, (kind, name, part) in enumerate(instruments(summary), start=1):
        if histories is not None:
            painters[f"record_{i}"] = partial(
                record_in_time, histories, summary, (kind, name, part), i
            )
        if part["ellipse"]:
            painters[f"ellipse_{i}"] = partial(confidence, name, part, summary, i)
    return draw_each(painters)


def fringes(drawn: DrawnMap, summary: Summary, number: int) -> Picture:
    """Return the figure of an interferogram beside its unwrapped phase.

    Args:
        drawn: The phase map; its first wavelength is drawn.
        summary: Content of summary.json.
        number: Number of the figure, for its name.
    """
    length = units_of(summary).length
    u, v, phase = drawn.u * length.factor, drawn.v * length.factor, drawn.phase[0]
    edges = [_edges(u), _edges(v)]
    across, high = (float(np.ptp(edge)) for edge in edges)
    wide = across > 1.4 * high
    if wide:
        figure, panels = new_panels([0.6 + 4.6 * high / across] * 2)
    else:
        figure, panels = new_row(2, min(7.0, 0.7 + 2.3 * high / across))
    panels[0].pcolormesh(*edges, np.cos(phase), cmap="gray", vmin=-1.0, vmax=1.0, rasterized=True)
    panels[0].set_title("fringes, cos φ", loc="left", fontsize="medium")
    shown = panels[1].pcolormesh(*edges, phase, cmap=PHASE_MAP, rasterized=True)
    panels[1].set_title("unwrapped φ", loc="left", fontsize="medium")
    for axes in panels:
        axes.set_aspect("equal")
        axes.set_xlabel(f"u / {length}")
        axes.set_ylabel(f"v / {length}")
        axes.label_outer()
    bar = figure.colorbar(shown, ax=panels if wide else panels[1], shrink=0.8)
    bar.set_label("φ / rad")
    bar.ax.spines["outline"].set_visible(False)
    turns = bar.ax.secondary_yaxis("left", functions=(_fringes, _radians))
    turns.set_ylabel("fringes")
    part = summary["interferometers"][drawn.name]
    at, since = part["map"].get("time"), part["map"].get("reference_time")
    from_what = {
        "uniform": "the uniform state before heating",
        "thermal": "the state whose temperature is established and whose composition is uniform",
        "time": "" if since is None else f"the state at {_moment(since, summary)}",
    }[part["map"]["reference"]]
    when = "" if at is None else f" at {_moment(at, summary)}"
    span = float(part["map"]["span"][0])
    return finish(
        figure,
        f"fringes_{number}",
        f"Interferogram of {drawn.name}",
        f"{drawn.name} at {wavelength(float(drawn.wavelengths[0]))}: cosine of the phase, and the "
        f"unwrapped phase{when}, counted from {from_what}; {short(span)} rad or "
        f"{short(span / (2.0 * np.pi))} fringes across the image. The data are in phase_maps.npz.",
    )


def _moment(t: float, summary: Summary) -> str:
    """Return a time of the run as a text, with its share of the relaxation time."""
    return f"{duration(summary['units'], t)} ({short(t / summary['time']['tau'])} τ)"


def _fringes(phase: Any) -> Any:
    return np.asarray(phase) / (2.0 * np.pi)


def _radians(number: Any) -> Any:
    return 2.0 * np.pi * np.asarray(number)


def _edges(x: Array) -> Array:
    """Return the edges of pixels from their centres."""
    if len(x) == 1:
        return np.array([x[0] - 0.5, x[0] + 0.5])
    half = 0.5 * (x[1] - x[0])
    return np.concatenate([x - half, [x[-1] + half]])


def confidence(name: str, part: Mapping[str, Any], summary: Summary, number: int) -> Picture:
    """Return the figure of the confidence ellipse of two coefficients.

    Args:
        name: Name of the instrument.
        part: Its part of the summary.
        summary: Content of summary.json.
        number: Number of the figure, for its name.
    """
    first, second = part["each"]
    of = part["ellipse"]
    figure, axes = new_figure(4.2)
    centre = (first["apparent"], second["apparent"])
    outline = Ellipse(of["major"], of["minor"], of["angle"]).outline(centre)
    axes.fill(*outline.T * 1e3, color=BLUE, alpha=0.15, linewidth=0.0)
    axes.plot(*outline.T * 1e3, color=BLUE, label=f"{100 * of['probability']:.0f} % by the noise")
    axes.plot(*(1e3 * x for x in centre), "o", color=BLUE, label="apparent")
    if first["true"] is not None:
        true = (1e3 * first["true"], 1e3 * second["true"])
        axes.plot(*true, "+", color=ORANGE, markersize=11, markeredgewidth=1.8, label="true")
    unit = units_of(summary).soret
    axes.set_xlabel(f"S$'_T$ of {first['species']} / (10$^{{-3}}$ {unit})")
    axes.set_ylabel(f"S$'_T$ of {second['species']} / (10$^{{-3}}$ {unit})")
    axes.margins(0.15)
    axes.legend()
    thin = of["major"] > THIN * of["minor"]
    if thin:
        _magnified(axes, part, summary)
    return finish(
        figure,
        f"ellipse_{number}",
        f"Confidence ellipse of {name}",
        f"Coefficients of both components from {name}, and the ellipse that the noise of its "
        f"signals makes of them: correlation {of['correlation']:.4f}, half axes "
        f"{short(of['major'])} and {short(of['minor'])} {unit}. The contrast factors, with the "
        f"condition number {short(part['condition'])}, stretch it."
        + (" Inset: the same along and across its greater half axis." if thin else ""),
    )


def _magnified(axes: Axes, part: Mapping[str, Any], summary: Summary) -> None:
    """Draw a thin ellipse once more in an inset, in the directions of its half axes.

    Args:
        axes: The axes of the figure.
        part: Part of the summary of the instrument.
        summary: Content of summary.json.
    """
    first, second = part["each"]
    of, inset = part["ellipse"], axes.inset_axes((0.12, 0.15, 0.34, 0.33))
    unit = units_of(summary).soret
    inset.plot(*Ellipse(of["major"], of["minor"], 0.0).outline((0.0, 0.0)).T * 1e6, color=BLUE)
    inset.plot(0.0, 0.0, "o", color=BLUE, markersize=4)
    if first["true"] is not None:
        off = np.array([of_one["true"] - of_one["apparent"] for of_one in (first, second)])
        cos, sin = np.cos(of["angle"]), np.sin(of["angle"])
        along, across = off @ (cos, sin), off @ (-sin, cos)
        inset.plot(1e6 * along, 1e6 * across, "+", color=ORANGE, markersize=9, markeredgewidth=1.6)
    inset.margins(0.2)
    inset.set_xlabel(f"along / (10$^{{-6}}$ {unit})", fontsize="small")
    inset.set_ylabel(f"across / (10$^{{-6}}$ {unit})", fontsize="small")
    inset.tick_params(labelsize="small")


def record_in_time(
    histories: Histories, summary: Summary, of: tuple[str, str, Mapping[str, Any]], number: int
) -> Picture | None:
    """Return the figure of what an instrument records over time.

    Args:
        histories: Histories of the run.
        summary: Content of summary.json.
        of: Key of its kind, name of the instrument and its part of the summary.
        number: Number of the figure, for its name.
    """
    kind, name, part = of
    deflects = kind == "deflections"
    factor, unit = (1e3, "mm") if deflects else (1.0, "rad")
    several = len(part["optics"]) > 1
    figure, panels = new_panels([2.6, 2.2])
    for run, look in looks_of(summary).items():
        columns = histories.of_run(run)
        if not columns:
            continue
        t = columns["t_tau"]
        for i, optics in enumerate(part["optics"]):
            label = look.label
            if several:
                label += f", {wavelength(optics['wavelength'])}"
            parts = [columns[f"{column_of(name, i)}.{key}"] for key in ("total", "solutal")]
            for axes, values in zip(panels, parts, strict=True):
                axes.plot(
                    t,
                    values * factor,
                    label=label,
                    color=look.colour,
                    linestyle=look.line,
                    alpha=1.0 / (1 + i),
                )
    what = "displacement" if deflects else "phase"
    panels[0].set_ylabel(f"{what} / {unit}")
    panels[1].set_ylabel(f"solutal part / {unit}")
    panels[1].set_xlabel("t / τ")
    for axes in panels:
        axes.axhline(0.0, color=GREY, linewidth=0.6)
    panels[0].legend()
    return finish(
        figure,
        f"record_{number}",
        f"Record of {name}",
        f"What {name} records in time, and the part of it that the composition makes. Heat comes "
        "first, the separation follows over the relaxation time τ.",
    )
