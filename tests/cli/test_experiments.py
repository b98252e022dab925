"""The case files of demos/experiments are read by `femsoret check`."""

from __future__ import annotations

from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).resolve().parents[2] / "demos" / "experiments"
CASES = sorted(EXPERIMENTS.glob("*.toml"))


@pytest.mark.serial
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_check_reads_it(femsoret, case):
    if "gas =" in case.read_text(encoding="utf-8"):
        pytest.importorskip("cantera", reason="gases are computed with Cantera")
    assert "Ra = " in femsoret("check", case).worked().out


def test_there_are_at_least_eight():
    assert len(CASES) >= 8
