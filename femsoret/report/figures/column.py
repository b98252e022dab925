"""Figure of the composition along a thermogravitational column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment.column import NoColumn
from femsoret.report.figures.canvas import BLUE, GREY, INK, ORANGE, Picture, finish, new_row
from femsoret.report.words.units import Scale, Summary, fraction_label, fraction_unit, units_of
from femsoret.studies.measure.column import ColumnFindings

HEIGHTS: Final = "column.z"
PROFILE: Final = "column.gamma"


def column_arrays(findings: ColumnFindings | NoColumn) -> dict[str, Any]:
    """Return the profile along a column as arrays by name; empty for other cells."""
    if isinstance(findings, NoColumn):
        return {}
    return {HEIGHTS: findings.profile_heights, PROFILE: findings.profile}


def along_the_column(arrays: Mapping[str, Any], summary: Summary) -> Picture | None:
    """Return the figure of the composition over the height; None for other cells.

    Args:
        arrays: Arrays from which figures are drawn.
        summary: Summary of the run.
    """
    column = summary.get("column")
    if column is None or HEIGHTS not in arrays:
        return None
    length = units_of(summary).length
    z, gamma = arrays[HEIGHTS], arrays[PROFILE]
    ports = np.array([port["height"] for port in column["ports"]])
    c = np.array([port["c"] for port in column["ports"]])
    # The profile is relative to the mean composition, which the ports show as well.
    c0 = c[0] - float(np.interp(ports[0], z, gamma))
    figure, (left, right) = new_row(2, 4.2)
    ends, middle, mean = np.array([0.0, column["height"]]), ports.mean(), (c - c0).mean()

    def line(key: str, at: Array) -> Array:
        """Return the line of a slope through the mean of the ports."""
        return np.asarray(mean + column[key] * (at - middle))

    changes = gamma - line("slope", z)
    for axes, largest, removed in ((left, np.abs(gamma).max(), 0.0), (right, 0.0, 1.0)):
        largest = largest or np.abs(changes).max()
        scale = fraction_unit(float(largest))

        def over(values: Array, at: Array, removed: float = removed, scale: Scale = scale) -> Array:
            return np.asarray((values - removed * line("slope", at)) * scale.factor)

        axes.plot(over(gamma, z), z * length.factor, color=BLUE, lw=2.0, label="mean across gap")
        for key, colour, style, label in (
            ("slope", ORANGE, "-", "line through the ports"),
            ("slope_formula", INK, "--", "formula, S$_T$ of the fluid"),
        ):
            values = over(line(key, ends), ends)
            axes.plot(values, ends * length.factor, style, color=colour, lw=1.2, label=label)
        axes.plot(
            over(c - c0, ports),
            ports * length.factor,
            "o",
            color=ORANGE,
            mfc="white",
            ms=6.0,
            label="ports",
        )
        axes.grid(color=GREY, alpha=0.2, lw=0.6)
        axes.set_xlabel(fraction_label("c − line" if removed else "c − mean", scale))
    left.set_ylim(0.0, column["height"] * length.factor)
    left.set_ylabel(f"height above the lower end / {length.label}")
    left.legend(loc="best", fontsize=7.5)
    return finish(
        figure,
        "column",
        "Composition along the column",
        "Mass fraction of the first component less its mean: the mean across the gap, the ports "
        "with the straight line that is fitted to them, and the slope that the formula of parallel "
        "flow gives for the S_T of the fluid, through the mean of the ports. On the right the same "
        "less the line through the ports.",
    )
