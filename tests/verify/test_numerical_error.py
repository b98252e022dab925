"""The reported numerical error holds the true one, and is not far above it, mesh by mesh.

The true error is counted from values of degree 4 on fine meshes: the six digits of the spectral
values end at about the error of 16 cells a side.
"""

from __future__ import annotations

import pytest
from cases import CONVERGED
from squares import experiment, true_values

from femsoret.studies.measure.numerical_error import numerical_error, quantities
from femsoret.studies.measure.solution import solve

MESHES = (10, 16, 24)
LARGEST_RATIO = 10.0


@pytest.mark.parametrize("cells", [*MESHES[:-1], pytest.param(MESHES[-1], marks=pytest.mark.slow)])
@pytest.mark.parametrize(("problem", "given"), CONVERGED, ids=str)
def test_reported_error_holds_the_true_one(comm, problem, given, cells):
    solution = solve(experiment(problem, given, cells))
    found, reported = quantities(solution), numerical_error(solution).of
    ratios = {
        name: reported[name] / abs(found[name] - true)
        for name, true in true_values(problem, given).items()
    }
    assert all(1.0 <= ratio <= LARGEST_RATIO for ratio in ratios.values()), ratios
