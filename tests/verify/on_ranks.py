"""The numbers of two small cells of water and ethanol, for a comparison between runs.

python3 on_ranks.py        prints them as JSON, under any mpirun
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mpi4py import MPI

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]  # runs from a checkout

from water_ethanol import tilted_box, tilted_cell  # noqa: E402

from femsoret.experiment import Experiment  # noqa: E402
from femsoret.studies.measure.steady import measure  # noqa: E402

CASES = {"cell": (tilted_cell, 8), "box": (tilted_box, 2)}


def numbers(experiment: Experiment) -> dict[str, tuple[float, float]]:
    """Return name -> (number, scale that an error of it counts against).

    Args:
        experiment: A cell heated from above.
    """
    found = measure(experiment, with_numerical_error=False)
    soret, entropy = found.solution.soret, found.entropy
    values = {
        "separation": (soret.at.separation, soret.at.separation),
        "separation across": (found.extra["across"][0].separation, soret.at.separation),
        "S_app": (soret.apparent, soret.true.value),
        "bias": (soret.bias, 1.0),
        "max speed": (found.speed.maximum, found.speed.maximum),
        "entropy produced": (entropy.produced, entropy.produced),
        "entropy leaving": (entropy.leaving, entropy.produced),
        "entropy of friction": (entropy.viscous, entropy.viscous),
        "mass defect": (found.balances.mass, 1.0),
        "heat defect": (found.balances.heat, 1.0),
        "species defect": (found.balances.species, 1.0),
        "entropy defect": (found.balances.entropy, 1.0),
        "uncertainty of the bias": (found.uncertainty.total, 1.0),
    }
    solutal, coarsest = found.resolution.solutal.value, found.resolution.coarsest.missed
    values["solutal cell Peclet number"] = (solutal, solutal)
    values["missed by a mesh cell"] = (coarsest, coarsest)
    for side, layer in found.resolution.walls.items():
        values[f"layer at {side}"] = (layer.thickness, layer.thickness)
    largest = max(abs(wall.heat) for wall in found.walls.values())
    for side, wall in found.walls.items():
        values[f"heat through {side}"] = (wall.heat, largest)
        if wall.nusselt is not None:
            values[f"Nu of {side}"] = (wall.nusselt, 1.0)
            values[f"Nu of {side} by its gradient"] = (wall.nusselt_gradient, 1.0)
    return values


def all_numbers(comm: MPI.Comm) -> dict[str, tuple[float, float]]:
    """Return the numbers of both cells."""
    return {
        f"{name}: {quantity}": value
        for name, (make, cells) in CASES.items()
        for quantity, value in numbers(make(cells, comm=comm)).items()
    }


if __name__ == "__main__":
    result = {"ranks": MPI.COMM_WORLD.size, "numbers": all_numbers(MPI.COMM_WORLD)}
    everywhere = MPI.COMM_WORLD.gather(result["numbers"])
    if MPI.COMM_WORLD.rank == 0:
        result["same everywhere"] = all(each == everywhere[0] for each in everywhere)
        print(json.dumps(result))
