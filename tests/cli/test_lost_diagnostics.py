"""No result is lost to a diagnostic that fails after the solve: what failed is said."""

from __future__ import annotations

import json

import pytest
from case_texts import LIQUID

from femsoret.commands import transient as transient_run
from femsoret.studies.measure import state, steady

STATE = {
    "spurious_peclet": "spurious Peclet number",
    "resolution": "resolution of the mesh",
    "read_each": "extra readings",
    "read_gradients": "gradients",
    "gradient_flows": "Nusselt numbers by the gradient",
}
"""What measures -> what is then missing, of any state."""

STEADY = {
    "numerical_error": "numerical error",
    "bias_uncertainties": "uncertainty from the data",
    "stability_check": "search for growing modes",
}
"""The same of steady states alone."""
TWICE = ("--set", "solver.numerical_error=true")
READINGS = """
[[readings.extra]]
name = "across"
hot = { wall = "left" }
cold = { wall = "right" }
"""
SHORT = """
[time]
end = "2 s"
numerical_error = true
"""


def broken(name, error=StopIteration):
    def fails(*_, **__):
        raise error(f"{name} is broken")

    return fails


@pytest.fixture
def breaking(monkeypatch):
    """Return a function that breaks what a module has imported."""

    def break_all(module, names, error=StopIteration):
        for name in names:
            monkeypatch.setattr(module, name, broken(name, error))

    return break_all


def warned(said, out, missing):
    """Check that results are there, and that each thing that is not is said and written."""
    summary = json.loads((out / "summary.json").read_text())
    for name, what in missing.items():
        told = f"{what} not available: internal error of femsoret, StopIteration: {name} is broken"
        assert told in said.err
        assert any(warning.startswith(told) for warning in summary["warnings"])
    assert (out / "report.html").read_text().count("is broken") >= len(missing)
    return summary


def test_a_steady_run_without_any_diagnostic(femsoret, breaking, write, shared_tmp, comm):
    breaking(state, STATE)
    breaking(state, {"entropy_rates"})
    breaking(steady, STEADY)
    out = shared_tmp / "out"
    said = femsoret("run", write(LIQUID + READINGS), "-o", out, *TWICE).worked()
    comm.barrier()
    missing = {**STATE, **STEADY, "entropy_rates": "entropy production"}
    summary = warned(said, out, missing)
    assert summary["soret"]["bias"] is not None
    assert summary["nusselt"]["top"] is not None
    assert summary["stability"]["verdict"] == "not looked at"
    assert "is broken" in summary["data_uncertainty"]["reason"]
    assert "max_speed" not in summary["numerical_error"]


def test_a_transient_run_without_any_diagnostic(femsoret, breaking, write, shared_tmp, comm):
    breaking(state, STATE)
    breaking(transient_run, ["error_in_time"])
    out = shared_tmp / "out"
    said = femsoret("run", write(LIQUID + READINGS + SHORT), "-o", out).worked()
    comm.barrier()
    summary = warned(said, out, STATE)
    assert summary["separation"]["value"] is not None
    assert "error_in_time is broken" in summary["numerical_error"]["method"]


def test_memory_that_ends_after_the_solve(femsoret, breaking, write, shared_tmp, comm):
    breaking(steady, ["numerical_error"], MemoryError)
    out = shared_tmp / "out"
    said = femsoret("run", write(LIQUID), "-o", out, *TWICE).worked()
    comm.barrier()
    assert "numerical error not available: out of memory" in said.err
    assert json.loads((out / "summary.json").read_text())["soret"]["bias"] is not None
