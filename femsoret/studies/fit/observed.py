"""What a state shows in the columns of a history that a fit compares with data.

All these columns are linear in the temperature and the mass fractions, but for a constant. Their
derivative by an unknown is therefore their value in the tangent of the state, less that in the
state zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from femsoret.base.errors import CaseError, nearest
from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.experiment.column import Column as GravityColumn
from femsoret.post.beam_deflection import ANGLE, BeamDeflection
from femsoret.post.optical import Amplitudes, OpticalSignal
from femsoret.post.signals import Signal
from femsoret.problem import Problem
from femsoret.problem.layout import composition
from femsoret.studies.measure.column import port_values
from femsoret.studies.measure.instruments import column_of, optical_signals
from femsoret.studies.measure.recorder import SEPARATION, SIGNAL, THERMOMETER, endings

Shown = Callable[[Problem], float]
"""Function that returns what a column shows of the state of a problem; collective."""


class Observed:
    """The columns of a history that are compared with data.

    Args:
        experiment: The experiment.
        names: Names of the columns.

    Raises:
        CaseError: A state of the experiment shows no such column.
    """

    def __init__(self, experiment: Experiment, names: Sequence[str]) -> None:
        known = shown_columns(experiment)
        for name in names:
            if name not in known:
                raise CaseError(
                    f"no run of this experiment predicts a column {name!r}", nearest(name, known)
                )
        self._shown = [known[name] for name in names]

    def of(self, problem: Problem) -> Array:
        """Return what the columns show of the present state, shape (columns,); collective."""
        return np.array([shown(problem) for shown in self._shown])

    def constants(self, problem: Problem) -> Array:
        """Return what they show of the state zero, shape (columns,); collective."""
        return self.along(problem, [np.zeros_like(f.x.array) for f in problem.functions])

    def along(self, problem: Problem, direction: Sequence[Array]) -> Array:
        """Return what the columns show of another state, shape (columns,); collective.

        The state of the problem is left as it is.

        Args:
            problem: The problem.
            direction: The state: one array for each block, ghosts included.
        """
        state = problem.get_state()
        problem.set_state(direction)
        shown = self.of(problem)
        problem.set_state(state)
        return shown


def jumps(experiment: Experiment, name: str) -> bool:
    """Return whether a column may jump with the temperatures of walls.

    Args:
        experiment: The experiment.
        name: Name of the column.
    """
    light = (f"{column_of(of, 0).rpartition('.')[0]}." for of in optical_signals(experiment))
    of_heat = name in {"T_hot", "T_cold"} or name.startswith((THERMOMETER, *light))
    return of_heat or (name.startswith(SIGNAL) and name.endswith(".dT"))


def shown_columns(experiment: Experiment) -> dict[str, Shown]:
    """Return what shows the columns of a history that are linear in T and c, by name.

    Args:
        experiment: The experiment.
    """
    pair, ends, shown = experiment.pair, endings(experiment), dict[str, Shown]()

    def temperature(place: Callable[[Problem, str], float], problem: Problem) -> float:
        return float(problem.mixture.T0) + place(problem, "theta")

    for i, ending in enumerate(ends):
        shown[f"separation{ending}"] = partial(_signal, pair, composition(i), -1.0)
    for name, signal in experiment.signals.items():
        size = 1.0 / signal.size(experiment.orientation.gap)
        for i, ending in enumerate(ends):
            shown[f"{SIGNAL}{name}.dc{ending}"] = partial(_signal, signal, composition(i), size)
        shown[f"{SIGNAL}{name}.dT"] = partial(_signal, signal, "theta", size)
    for name, light in optical_signals(experiment).items():
        shown |= _of_light(name, light)
    for name, place in experiment.thermometers.items():
        shown[f"{THERMOMETER}{name}"] = partial(temperature, place.of)
    column = experiment.column
    if isinstance(column, GravityColumn):
        shown[SEPARATION] = partial(_between_ports, column)
    shown["T_hot"] = partial(temperature, pair.hot.of)
    shown["T_cold"] = partial(temperature, pair.cold.of)
    return shown


def _of_light(name: str, light: OpticalSignal) -> dict[str, Shown]:
    """Return what shows the columns of an optical instrument, by name."""
    shown: dict[str, Shown] = {}
    for number, _ in enumerate(light.optics.contrasts):
        column = column_of(name, number)
        of = partial(_amplitude, light, number)
        shown[f"{column}.total"] = partial(of, lambda at: at.total)
        shown[f"{column}.thermal"] = partial(of, lambda at: at.thermal + at.windows)
        shown[f"{column}.solutal"] = partial(of, lambda at: sum(at.solutal))
        if isinstance(light, BeamDeflection):
            shown[f"{column}.{ANGLE}"] = partial(_angle, light, number)
    return shown


def _signal(signal: Signal, field: str, factor: float, problem: Problem) -> float:
    return factor * signal.of(problem, field)


def _amplitude(
    light: OpticalSignal, number: int, part: Callable[[Amplitudes], float], problem: Problem
) -> float:
    return part(light.amplitudes(problem)[number])


def _angle(light: BeamDeflection, number: int, problem: Problem) -> float:
    return light.angles(problem)[number].total


def _between_ports(column: GravityColumn, problem: Problem) -> float:
    gamma = port_values(problem, column)
    return float(gamma[0] - gamma[-1])
