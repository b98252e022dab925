"""Figure of the currents of particles in the space of position and internal state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from femsoret.base.types import Array
from femsoret.post.internal_states import ParticleTransport
from femsoret.report.figures.canvas import BLUE, GREY, INK, ORANGE, Picture, finish, new_panels
from femsoret.report.words.numbers import short
from femsoret.report.words.units import Summary, units_of

BINS: Final = 7
"""Number of vertical arrows of a transition along the line between the walls."""

THINNEST: Final = 0.02
"""Current, relative to the largest, below which no arrow is drawn."""

THICK: Final = 4.0
"""Line width of the arrow of the largest current, points."""

PREFIX: Final = "states"


@dataclass(frozen=True, eq=False)
class StateCurrents:
    """Currents of a particle along the line from the cold to the hot wall.

    Args:
        name: Name of the particle.
        states: Names of its states.
        pairs: Indices of the states at both ends of each transition, source and target.
        x: Distance from the cold wall, m, shape (n,).
        currents: Flux in each state towards the hot wall, relative to the mean mass fraction, m/s,
            shape (M, n).
        net: Net flow of each transition, relative to the mean mass fraction, 1/s, shape
            (transitions, n).
        energies: Energy of each state, J/mol, shape (M, n).
    """

    name: str
    states: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    x: Array
    currents: Array
    net: Array
    energies: Array

    @property
    def carried(self) -> float:
        """The energy current sum_i E_i J_i towards the hot wall, averaged, J/mol m/s."""
        return float(np.mean(np.sum(self.energies * self.currents, axis=0)))


def arrays_of(transports: tuple[ParticleTransport, ...]) -> dict[str, Any]:
    """Return the currents of particles as arrays by name, for :func:`numpy.savez`."""
    found: dict[str, Any] = {}
    for i, of in enumerate(transports):
        along = of.profile
        parts = {
            "name": np.array(of.name),
            "states": np.array(of.states),
            "pairs": np.array(of.transitions, dtype=np.int32).reshape(-1, 2),
            "x": along.x,
            "currents": along.currents,
            "net": along.net,
            "energies": along.energies,
        }
        found |= {f"{PREFIX}.{i}.{key}": value for key, value in parts.items()}
    return found


def currents_from(arrays: Mapping[str, Any]) -> tuple[StateCurrents, ...]:
    """Return the currents of particles, made from their arrays; empty without any.

    Args:
        arrays: Arrays by name.
    """
    found: list[StateCurrents] = []
    while f"{PREFIX}.{len(found)}.x" in arrays:
        key = f"{PREFIX}.{len(found)}."
        numbers = {name: arrays[key + name] for name in ("x", "currents", "net", "energies")}
        found.append(
            StateCurrents(
                name=str(arrays[key + "name"]),
                states=tuple(map(str, arrays[key + "states"])),
                pairs=tuple((int(a), int(b)) for a, b in arrays[key + "pairs"]),
                **numbers,
            )
        )
    return tuple(found)


def state_currents(particles: tuple[StateCurrents, ...], summary: Summary) -> Picture | None:
    """Return the figure of the currents of particles; None if nothing moves.

    Args:
        particles: Currents of each particle.
        summary: Summary of the run.
    """
    moving = [of for of in particles if abs(of.currents).max(initial=0.0) > 0.0]
    if not moving:
        return None
    length = units_of(summary).length
    figure, panels = new_panels([0.9 + 0.75 * len(of.states) for of in moving])
    for axes, of in zip(panels, moving, strict=True):
        _draw(axes, of, length.factor)
        axes.set_title(of.name, loc="left")
    panels[-1].set_xlabel(f"distance from the cold wall / {length.label}")
    return finish(
        figure,
        "states",
        "Currents between the walls and between internal states",
        "Net currents along the line between the walls in each state, ordered by energy (dark "
        "arrows), and between states: orange where particles climb and take heat from the solvent, "
        "blue where they fall and give it. Widths are in proportion to the currents. "
        + " ".join(map(_carried, moving)),
    )


def _carried(of: StateCurrents) -> str:
    """Return a sentence on the energy that the states of a particle carry."""
    side = "hot" if of.carried > 0.0 else "cold"
    return (
        f"The states of {of.name} carry energy towards the {side} wall, on average "
        f"{short(abs(of.carried))} J/mol m/s; the largest current is "
        f"{short(abs(of.currents).max())} m/s."
    )


def _draw(axes: Axes, of: StateCurrents, factor: float) -> None:
    order = np.argsort(of.energies.mean(axis=1), kind="stable")
    level = [float(np.flatnonzero(order == i)[0]) for i in range(len(order))]
    x = of.x * factor
    largest = float(abs(of.currents).max())
    edges = np.linspace(x[0], x[-1], BINS + 1)
    half = 0.3 * (edges[1] - edges[0])
    for current, y in zip(of.currents, level, strict=True):
        axes.axhline(y, color=GREY, lw=0.6, zorder=0.0)
        for at in edges[1:-1]:
            J = float(np.interp(at, x, current))
            _arrow(axes, (at, y), (half * np.sign(J), 0.0), abs(J) / largest, INK)
    for k, (source, target) in enumerate(of.pairs):
        # Transitions between the same levels as another one stand beside it.
        aside = 0.12 * half * (k - 0.5 * (len(of.pairs) - 1))
        for left, right in pairwise(edges):
            inside = np.linspace(left, right, 21)
            flow = float(np.trapezoid(np.interp(inside, x, of.net[k]), inside)) / factor
            a, b = (source, target) if flow > 0.0 else (target, source)
            rise = level[b] - level[a]
            middle = (0.5 * (left + right) + aside, 0.5 * (level[a] + level[b]))
            colour = ORANGE if rise > 0.0 else BLUE
            _arrow(axes, middle, (0.0, 0.4 * rise), abs(flow) / largest, colour)
    axes.set_yticks(level, of.states)
    axes.set_ylim(-0.6, len(level) - 0.4)
    axes.set_xlim(x[0], x[-1])
    axes.tick_params(axis="y", length=0)


def _arrow(
    axes: Axes, at: tuple[float, float], half: tuple[float, float], size: float, colour: str
) -> None:
    """Draw an arrow with its middle at a point; none if it is too thin.

    Args:
        axes: The axes.
        at: The point.
        half: Half of the arrow.
        size: Current, relative to the largest.
        colour: Colour.
    """
    if size < THINNEST:
        return
    width = THICK * min(size, 1.0)
    style = {"arrowstyle": "-|>", "color": colour, "lw": width, "mutation_scale": 6.0 + 2.0 * width}
    axes.annotate(
        "",
        xy=(at[0] + half[0], at[1] + half[1]),
        xytext=(at[0] - half[0], at[1] - half[1]),
        arrowprops={**style, "shrinkA": 0, "shrinkB": 0},
    )
