"""How bench/robustness.py judges what its cases gave: every rule, on made-up lines."""

from __future__ import annotations

import importlib
import sys

import pytest

CASE = {"Ra": 1e5, "Pr": 10.0, "cpu": 2.0}


@pytest.fixture(scope="module")
def bench(pytestconfig):
    """Return bench/robustness.py, which imports its neighbour, the harness."""
    folder = str(pytestconfig.rootpath / "bench")
    sys.path.insert(0, folder)
    yield importlib.import_module("robustness")
    sys.path.remove(folder)
    for name in ("robustness", "harness"):
        sys.modules.pop(name, None)


def steady(stage="Newton", warned=False, factorisations=10):
    attempts = [{"stage": "Newton"}, {"stage": stage}]
    return {
        **CASE,
        "outcome": "steady",
        "attempts": attempts,
        "warned": warned,
        "factorisations": factorisations,
    }


def none(branch=None, unsteady=False):
    return {**CASE, "outcome": "none", "unsteady": unsteady, "evidence": branch}


GROWS = {"reached": 0.4, "growth_rate": 0.1, "frequency": 0.0}
DECAYS = {"reached": 0.4, "growth_rate": None}


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (none(branch=GROWS), True),
        (none(branch=DECAYS), False),
        (none(branch={**GROWS, "growth_rate": -0.1}), False),
        (none(unsteady=True), True),
        (none(), False),
        ({**CASE, "outcome": "none"}, False),
    ],
)
def test_what_counts_as_evidence(bench, case, told):
    assert (bench.loses_stability(case) or bench.is_unsteady(case)) == told
    measured = bench.judged([steady(), case])
    assert measured["failed"] == (0.0 if told else 1.0)


def test_shares(bench):
    found = [
        *[steady()] * 5,
        *[steady("ramp of gravity", warned=True, factorisations=90)] * 2,
        none(unsteady=True),
        {**CASE, "outcome": "cpu limit"},
        {**CASE, "outcome": "crash"},
    ]
    measured = bench.judged(found)
    assert measured["converged"] == pytest.approx(70.0)
    assert measured["known"] == pytest.approx(80.0)
    assert measured["failed"] == 2.0  # hung and crashed
    assert measured["hung"] == 1.0
    assert measured["by Newton alone"] == pytest.approx(50.0)
    assert measured["factorisations (median)"] == 10
    assert measured["warned of a coarse mesh"] == pytest.approx(20.0)
    assert measured["none found, the flow goes on in time"] == 1.0
    assert measured["none found, else an eigenvalue grows"] == 0.0


def recomputed(difference, error, warned=False):
    compared = {"nusselt.top": {"coarse": 2.0 + difference, "fine": 2.0, "error": error}}
    return {"warned": warned, "compared": compared}


@pytest.mark.parametrize(
    ("case", "agrees"),
    [
        (recomputed(1e-3, 2e-3), True),
        (recomputed(-1e-3, 2e-3), True),
        (recomputed(3e-3, 2e-3), False),
        (recomputed(3e-3, 2e-3, warned=True), True),
        (recomputed(1e-9, 0.0), True),
        (recomputed(1e-3, None), False),
        ({"outcome": "crash"}, False),
    ],
)
def test_agreement_at_twice_the_resolution(bench, case, agrees):
    assert bench.agreement([case]) == (100.0 if agrees else 0.0)
    assert bench.agreement([case, recomputed(0.0, 1e-3)]) == (100.0 if agrees else 50.0)


def test_a_stopped_run_goes_on(bench, tmp_path, monkeypatch):
    solved = []

    def solve(index, *flags):
        solved.append((index, *flags))
        return {"index": index}

    monkeypatch.setattr(bench, "solved", solve)
    file = tmp_path / "results.jsonl"
    bench.results(file, [0, 1])
    assert [line["index"] for line in bench.results(file, [0, 1, 2], "--twice")] == [0, 1, 2]
    assert solved == [(0,), (1,), (2, "--twice")]
