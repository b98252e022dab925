"""Demos of fits: corrected intervals hold what made the virtual records, naive ones do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mpi4py import MPI

import matplotlib as mpl
import pytest

from femsoret.commands.fit import run_fit
from femsoret.commands.fit_inputs import fit_inputs, load_fit_case
from femsoret.studies.fit.fit import FitFindings

DEMOS = Path(__file__).resolve().parents[2] / "demos"
NOTEBOOK = DEMOS / "fit.ipynb"
TRUE: dict[str, Mapping[str, float]] = {
    "fit_column": {"S_T": 3.30e-3, "D": 4.40e-10, "heat loss at left, right": 6000.0},
    "fit_interferometry": {"S_T": 3.30e-3, "heat loss at left, right": 14.0},
    "fit_ternary": {"S_T of THN": 1.296e-3, "S_T of IBB": -3.196e-4, "tilt": 3.2},
}


def cells(kind: str) -> list[dict]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def assert_holds(found: FitFindings, true: Mapping[str, float]) -> None:
    """The corrected intervals hold the truth; the naive one of the first unknown misses it."""
    corrected, naive = found.corrected, found.naive
    assert naive is not None
    assert not corrected.is_bad
    for name, value in true.items():
        interval = corrected.intervals[corrected.of(name)]
        assert interval is not None, name
        assert interval.low < value < interval.high, name
    first = next(iter(true))
    k = naive.of(first)
    off = abs(naive.values[k] - true[first]) / naive.uncertainties[k]
    assert naive.is_bad or off > 3.0
    explanation = found.explanations[first]
    effects = [cause.effect for cause in explanation.causes]
    assert sum(effects) == pytest.approx(explanation.difference, rel=1e-6)


@pytest.mark.parametrize("name", TRUE)
def test_data_of_demos_are_read_and_say_that_they_are_virtual(name):
    inputs = fit_inputs(load_fit_case(DEMOS / f"{name}.toml", None), MPI.COMM_WORLD)
    assert {unknown.name for unknown in inputs.unknowns} == set(TRUE[name])
    fit = inputs.case.fit
    assert fit is not None
    for data in fit.data:
        assert data.file.read_text(encoding="utf-8").startswith("# Virtual record")


def test_the_notebook_was_executed_without_errors():
    code = cells("code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.slow
@pytest.mark.serial
def test_the_notebook_finds_what_it_says(monkeypatch):
    """Its cells, one after the other; the fit is that of the column."""
    monkeypatch.chdir(DEMOS)
    mpl.use("Agg")
    names: dict = {}
    for cell in cells("code"):
        exec("".join(cell["source"]), names)
    assert_holds(names["found"], TRUE["fit_column"])


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.parametrize("name", ["fit_interferometry", "fit_ternary"])
def test_the_corrected_interval_holds_what_made_the_record(name, tmp_path):
    case = load_fit_case(DEMOS / f"{name}.toml", None)
    outcome = run_fit(case, MPI.COMM_WORLD, tmp_path / "fit")
    assert_holds(outcome.findings, TRUE[name])
