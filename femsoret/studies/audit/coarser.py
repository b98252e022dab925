"""Coarser meshes of a cell, for what is asked many times."""

from __future__ import annotations

from typing import Final

from femsoret.experiment import Experiment

FEWEST: Final = {2: 150, 3: 500}
"""Mesh cells of a coarse mesh, at least, by dimension. On 12 x 8 the tilted water-ethanol cell
has a second steady state at two thirds of its temperature difference; finer meshes have not."""

RATIOS: Final = (1.0 / 2.0, 2.0 / 3.0)
"""Resolutions of a coarse mesh, relative to the cell's own, in order of preference."""


def coarser(experiment: Experiment) -> Experiment:
    """Return an experiment on a coarser mesh; its own where that is coarse or cannot be made again.

    Args:
        experiment: The experiment.
    """
    for ratio in RATIOS:
        found = experiment.at_resolution(ratio)
        if found is not None and found.cell.num_cells >= FEWEST[found.cell.dim]:
            return found
    return experiment
