"""What tools/stages says of several stages, of which some fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.serial

STAGES = Path(__file__).resolve().parents[2] / "tools" / "stages"
GREEN, RED = "===== 3 passed in 0.10s =====", "===== 1 failed, 2 passed in 75.10s (0:01:15) ====="
COLOURED = r"\033[32m===== \033[1m3 passed\033[0m\033[32m in 0.10s\033[0m\033[32m =====\033[0m"
PASSES, FAILS = f"echo '{GREEN}' # pytest", f"echo '{RED}'; exit 1 # pytest"


def stages(*words: str) -> tuple[int, list[str]]:
    done = subprocess.run([STAGES, *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines()


def table(lines: list[str]) -> list[list[str]]:
    """Return the words of the table, which ends before an empty line and the last one."""
    end = len(lines) - 2
    assert lines[end] == ""
    start = max(i for i in range(end) if lines[i] == "") + 1
    return [line.split() for line in lines[start:end]]


def test_all_stages_run_and_each_is_reported_though_the_first_fails():
    status, lines = stages("lint", "echo bad; exit 3", "one", PASSES, "two", PASSES)
    assert status == 1
    assert lines[-1] == GREEN
    assert [row[:2] for row in table(lines)] == [
        ["lint", "FAILED,"],
        ["one", "passed"],
        ["two", "passed"],
    ]
    assert table(lines)[0][2:4] == ["status", "3"]
    assert "bad" in lines


def test_when_all_pass_the_last_closes():
    status, lines = stages("lint", "true", "one", f"printf '{COLOURED}\n' # pytest")
    assert status == 0
    assert lines[-1] == GREEN
    assert [row[1] for row in table(lines)] == ["passed", "passed"]


@pytest.mark.parametrize("commands", [(FAILS, PASSES), (PASSES, FAILS), (FAILS, FAILS)])
def test_a_failed_stage_closes(commands):
    """A green last line of two ranks must not hide what failed on one."""
    status, lines = stages("one", commands[0], "two", commands[1])
    assert status == 1
    assert lines[-1] == RED


def test_a_stage_that_is_cut_off_closes():
    status, lines = stages("one", PASSES, "two", "exit 124 # pytest", "three", PASSES)
    assert status == 1
    assert lines[-1] == "==== two: no closing line of pytest, status 124 ===="


@pytest.mark.parametrize("words", [(), ("one",)])
def test_a_name_needs_a_command(words):
    status, lines = stages(*words)
    assert status == 2
    assert lines == []
