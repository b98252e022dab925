"""Phase maps at times of a march: a camera takes them, and maps of the run are made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from femsoret.base.types import Array
from femsoret.experiment import Experiment
from femsoret.post.interferometer import Image, Interferometer
from femsoret.post.phase_map import PhaseMap, phase_map
from femsoret.problem import Problem

_SAME_TIME: Final = 1e-9
"""Relative difference of two times that is round-off: no step leads from one to the other."""

Frames = Mapping[str, Mapping[float, Array]]
"""Interferometer -> time, s -> phase of each pixel at this time, rad, shape (J, nv, nu)."""

NO_FRAMES: Final[Frames] = MappingProxyType({})


def images_of(experiment: Experiment) -> dict[str, Interferometer]:
    """Return the interferometers that have a phase map, by name.

    Args:
        experiment: The experiment.
    """
    return {
        name: signal
        for name, signal in experiment.instruments.items()
        if isinstance(signal, Interferometer) and signal.image is not None
    }


class Camera:
    """Takes the phase maps that the interferometers of an experiment need at times of a march.

    Args:
        experiment: The experiment; None for a camera that takes none.
        frames: What an earlier part of the march took.
    """

    def __init__(self, experiment: Experiment | None = None, frames: Frames = NO_FRAMES) -> None:
        self.frames = frames
        self._of = {} if experiment is None else images_of(experiment)

    def stops(self, others: Iterable[float]) -> tuple[float, ...]:
        """Return the times at which a step must end, s, without those at which one ends anyway.

        Args:
            others: Times at which a step ends, s.
        """
        times = {t for signal in self._of.values() for t in _image(signal).times}
        known = tuple(others)
        return tuple(sorted(t for t in times if not any(_same(t, other) for other in known)))

    def take(self, problem: Problem, t: float) -> None:
        """Take the maps that are needed at a time; collective.

        Args:
            problem: The problem in its state at this time.
            t: The time, s.
        """
        for name, signal in self._of.items():
            image = _image(signal)
            for time in image.times:
                if _same(time, t):
                    taken = phase_map(problem, image, signal.optics).phase
                    of = {**self.frames.get(name, {}), time: taken}
                    self.frames = {**self.frames, name: of}


@dataclass(frozen=True, eq=False)
class TakenMap:
    """The phase map of a run, or why there is none.

    Args:
        map: The map; None for the reason in `missing`.
        missing: Why there is none; empty if there is.
    """

    map: PhaseMap | None
    missing: str = ""


def map_of(name: str, signal: Interferometer, last: Problem, frames: Frames) -> TakenMap:
    """Return the phase map of an interferometer; collective.

    Args:
        name: Name of the interferometer.
        signal: The interferometer, with an image.
        last: The last or only state, solved.
        frames: What was taken at earlier times of the march.
    """
    image, taken = _image(signal), frames.get(name, {})
    absent = [t for t in image.times if t not in taken]
    if absent:
        return TakenMap(None, f"the march ended before t = {min(absent):.6g} s")
    if image.at is None:
        made = phase_map(last, image, signal.optics)
    else:
        wavelengths = np.array([of.wavelength for of in signal.optics.contrasts])
        made = PhaseMap(image.u, image.v, wavelengths, taken[image.at])
    if not isinstance(image.reference, str):
        made = replace(made, phase=made.phase - taken[image.reference])
    return TakenMap(made)


def _image(signal: Interferometer) -> Image:
    assert signal.image is not None
    return signal.image


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME_TIME)
