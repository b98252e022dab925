"""The harness of the benchmarks: a missed goal is named and ends in status 1."""

from __future__ import annotations

import importlib.util
import json
import sys
from argparse import Namespace

import pytest

ROWS = [
    {"case": "a", "number": 1.23456, "met": True},
    {"case": "long name", "number": None, "met": False},
]


@pytest.fixture(scope="module")
def harness(pytestconfig):
    path = pytestconfig.rootpath / "bench" / "harness.py"
    spec = importlib.util.spec_from_file_location("harness", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["harness"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_table(harness):
    assert harness.table(ROWS).splitlines() == [
        "|      case | number | met |",
        "|----------:|-------:|----:|",
        "|         a |   1.23 | yes |",
        "| long name |      - |  no |",
    ]


def test_goals_met_and_missed(harness, capsys, tmp_path):
    goals = (
        harness.Goal("steps", "Newton steps", at_most=10),
        harness.Goal("gain", "gain over plain", at_least=2.0),
        harness.Goal("absent", "not measured with --quick", at_most=1.0),
    )
    options = Namespace(quick=True, json=tmp_path / "found.json")
    assert harness.finish(options, ROWS, goals, {"steps": 10, "gain": 2.5}) == 0
    assert "missed" not in capsys.readouterr().out
    assert harness.finish(options, ROWS, goals, {"steps": 11, "gain": 2.5}) == 1
    assert "missed: Newton steps: 11, at most 10" in capsys.readouterr().out
    written = json.loads(options.json.read_text(encoding="utf-8"))
    assert written["rows"] == ROWS
    assert [goal["met"] for goal in written["goals"]] == [False, True]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_meets_nothing(harness, value):
    assert not harness.Goal("any", "anything", at_least=0.0).met(value)
