"""Eigenvalues of D and all S'_T from the separations of several components in time.

The series written out is exact input; a march of a layer at rest adds what a real record has: heat
that takes time to spread, steps with an error.
"""

from __future__ import annotations

import math
from dataclasses import replace

from mpi4py import MPI

import numpy as np
import pytest
from ternary_files import SORET, D, fluid_text

import femsoret as fs
from femsoret.base.errors import ConditionError
from femsoret.experiment.schedule import EvaluationWindow, Schedule, relaxation_time
from femsoret.fluids import read_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.evaluation import Layer
from femsoret.post.modes_in_time import evaluate_modes
from femsoret.problem.discretisation import NO_FLOW
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import transient_summary
from femsoret.report.tables.evaluated import COEFFICIENTS, MODES
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words.evaluated import evaluated_components
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.transient import measure_in_time

L, DT = 5e-3, 10.0
MATRICES = {
    "two": np.array([[7.0, 1.0], [0.3, 9.0]]) * 1e-10,
    "three": np.array([[3.0, 1.0, 0.0], [0.3, 9.0, 0.2], [0.1, 0.5, 20.0]]) * 1e-10,
}
PLATEAUS = np.array([1.2e-2, -3e-3, 5e-3])


def record(matrix, plateaus, *, relaxing=False):
    """Return times, separations, shape (N, n), by 400 terms of the series, and tau."""
    values, vectors = np.linalg.eig(matrix)
    parts = np.linalg.solve(vectors, plateaus)
    tau = L**2 / (math.pi**2 * values.min())
    t = np.concatenate([[0.0], np.geomspace(1e-4, 5.0, 60) * tau])
    n = np.arange(1, 800, 2)
    left = np.exp(-np.multiply.outer(np.outer(values, t) * (math.pi / L) ** 2, n**2)) @ (
        8.0 / (n * math.pi) ** 2
    )
    return t, vectors @ (parts[:, None] * (left if relaxing else 1.0 - left)), tau


def evaluated(t, S, **options):
    return evaluate_modes(t, S, Layer.between(L), t0=0.0, window=(0.0, math.inf), **options)


@pytest.mark.parametrize("relaxing", [False, True])
@pytest.mark.parametrize("name", MATRICES)
def test_the_matrix_is_found(name, relaxing):
    matrix = MATRICES[name]
    plateaus = PLATEAUS[: len(matrix)]
    t, S, _ = record(matrix, plateaus, relaxing=relaxing)
    found = evaluated(t, S, relaxing=relaxing)
    assert found.why_fewer == ""
    expected = np.sort(np.linalg.eigvals(matrix))
    assert found.diffusivities == pytest.approx(expected, rel=1e-6)
    assert found.separations == pytest.approx(plateaus, rel=1e-8)
    assert found.matrix == pytest.approx(matrix, abs=1e-5 * matrix.max())
    assert found.amplitudes.sum(axis=1) == pytest.approx(found.separations)


def test_constants_are_told_from_the_separations():
    matrix, plateaus = MATRICES["two"], PLATEAUS[:2]
    t, S, _ = record(matrix, plateaus)
    constants = np.array([0.2, -0.05])
    found = evaluated(t, S + constants[:, None], baseline=True)
    assert found.why_fewer == ""
    assert found.diffusivities == pytest.approx(np.sort(np.linalg.eigvals(matrix)), rel=1e-4)
    assert found.separations == pytest.approx(plateaus, rel=1e-5)
    assert found.baseline == pytest.approx(constants, rel=1e-6)


def test_errors_are_within_what_is_stated():
    """A ripple of the size of the stated noise: every number is off by less than three times."""
    matrix, noise = MATRICES["two"], 1e-3
    t, S, tau = record(matrix, PLATEAUS[:2])
    expected = np.sort(np.linalg.eigvals(matrix))
    ripple = 0.1 * noise * np.abs(S).max() * np.sin(5.0 * np.sqrt(t / tau))
    found = evaluated(t, S + np.outer([1.0, -0.6], ripple), noise=noise)
    assert found.why_fewer == ""
    of_D = np.abs(found.diffusivities / expected - 1.0)
    assert (of_D < 3.0 * found.diffusivity_uncertainties).all()
    assert 1e-4 < of_D.max() < 0.05
    of_S = np.abs(found.separations - PLATEAUS[:2]) / np.linalg.norm(PLATEAUS[:2])
    assert (of_S < 3.0 * found.separation_uncertainties).all()
    assert (np.abs(found.matrix - matrix) < 3.0 * found.matrix_uncertainties).all()
    # Twice the ripple, twice the uncertainties.
    twice = evaluated(t, S + np.outer([1.0, -0.6], 2.0 * ripple), noise=2.0 * noise)
    ratio = twice.diffusivity_uncertainties / found.diffusivity_uncertainties
    assert ratio == pytest.approx([2.0, 2.0], rel=0.3)


def test_equal_eigenvalues_cannot_be_told_apart():
    t, S, _ = record(7e-10 * np.eye(2), PLATEAUS[:2])
    found = evaluated(t, S, noise=1e-4)
    assert found.diffusivities == pytest.approx([7e-10], rel=1e-3)
    assert found.separations == pytest.approx(PLATEAUS[:2], rel=1e-4)
    assert found.matrix is None
    assert "relaxation times" in found.why_fewer


def test_a_mode_that_is_not_excited_is_not_found():
    """The plateaus are an eigenvector of D: both components relax alike."""
    matrix = MATRICES["two"]
    values, vectors = np.linalg.eig(matrix)
    t, S, _ = record(matrix, 1e-2 * vectors[:, 0])
    found = evaluated(t, S, noise=1e-4)
    assert found.diffusivities == pytest.approx([values[0]], rel=1e-3)
    assert found.matrix is None


def test_records_that_say_nothing_are_refused():
    t, S, _ = record(MATRICES["two"], PLATEAUS[:2])
    with pytest.raises(ConditionError, match="only 3 points"):
        evaluate_modes(t, S, Layer.between(L), t0=0.0, window=(0.0, t[3]))
    with pytest.raises(ConditionError, match="neither approach a plateau"):
        evaluated(t, np.ones_like(S), noise=1e-4)
    with pytest.raises(ConditionError, match="does not apply to this start"):
        evaluated(t, S + 0.5 * PLATEAUS[:2, None])


@pytest.fixture(scope="module")
def marched(tmp_path_factory):
    """A layer at rest with a known D, from the uniform mixture for four relaxation times."""
    comm = MPI.COMM_WORLD
    path = comm.bcast(tmp_path_factory.mktemp("fluids") if comm.rank == 0 else None) / "f.toml"
    if comm.rank == 0:
        path.write_text(fluid_text())
    comm.Barrier()
    fluid = read_fluid(path)
    walls = (fs.Temperature("top", 300.0 + DT / 2), fs.Temperature("bottom", 300.0 - DT / 2))
    layer = fs.Experiment(
        "layer at rest",
        fs.rectangle(comm, (1e-3, L), (1, 10)),
        mixture_of(fluid, T0=300.0, c0=fluid.c, up=(0.0, 1.0), g=0.0),
        walls,
        fluid=fluid,
    )
    tau = relaxation_time(layer.mixture, L)
    window = EvaluationWindow(t0=0.0, start=0.0, end=4.0 * tau, relaxing=False)
    # Nothing flows: a solid's equations save the half of the work that is known to do nothing.
    still = replace(layer, discretisation=NO_FLOW)
    schedule = Schedule(end=4.0 * tau, march=MarchOptions(1e-4), evaluation=window)
    return measure_in_time(still, schedule)


def test_a_march_of_a_layer_at_rest(marched):
    """Within 1 % for the eigenvalues and 2e-4 for S'_T: heat takes 0.9 % of tau to spread.

    The eigenvalues differ by a third, so that the eigenvectors, and with them the entries of D, are
    known less well, which the uncertainties say.
    """
    matrix = np.array([[D[i, k] for k in "ab"] for i in "ab"])
    found = marched.evaluations.components["with_gravity"]
    assert found.fit.why_fewer == ""
    assert np.abs(found.diffusivity_bias).max() < 0.01
    assert (np.abs(found.diffusivity_bias) < 2.0 * found.fit.diffusivity_uncertainties).all()
    assert found.fit.diffusivity_uncertainties.max() < 0.03
    assert (np.abs(found.fit.matrix - matrix) < found.fit.matrix_uncertainties).all()
    assert found.fit.matrix == pytest.approx(matrix, abs=0.02 * matrix.max())
    assert found.fit.matrix_uncertainties.max() < 1e-10
    assert pytest.approx(list(SORET.values()), abs=2e-4 * np.hypot(*SORET.values())) == found.S_T
    assert np.abs(found.S_T_bias).max() < 2e-4


def test_the_page_shows_it(marched):
    content = transient_summary(marched, None, RunContext("SI"))
    (name, *_), *_ = rows = COEFFICIENTS.table(content).rows
    assert name == "a"
    assert len(rows) == 2
    labels = [row[0] for row in MODES.table(content).rows]
    assert labels == ["D of mode 1", "D of mode 2", "D_11", "D_12", "D_21", "D_22"]
    said = transient_verdict(content)
    assert "eigenvalues of D are" in said.finding
    assert "At the end this cell would report S'_T" in said.reason
    fewer = content["evaluation_of_components"]
    one = {**fewer["with_gravity"], "modes": fewer["with_gravity"]["modes"][:1], "matrix": None,
           "why_fewer": "two of 2 fitted relaxation times are nearly equal"}  # fmt: skip
    other = {**content, "evaluation_of_components": {**fewer, "with_gravity": one}}
    assert "only 1 of 2 eigenvalues" in evaluated_components(other)
    assert "True eigenvalues" in MODES.table(other).note
    assert len(MODES.table(other).rows) == 1
