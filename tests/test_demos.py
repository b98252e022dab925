"""Demos are tests: the assertions at their end are on published or exact numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from femsoret.case import load_case

DEMOS = Path(__file__).resolve().parents[1] / "demos"
SCRIPTS = sorted(path.name for path in DEMOS.glob("*.py") if path.name != "run_demo.py")
CASES = sorted(path.name for path in DEMOS.glob("*.toml"))
EXPERIMENTS = DEMOS / "experiments"
CELLS = sorted(path.stem for path in EXPERIMENTS.glob("*.toml"))
CHEAP = ("column_ports", "fluctuations", "ternary_benchmark")  # some ten seconds of CPU in all
SHAKEN = "experiments/ividil.py"
IN_PARALLEL = "double_diffusive.py"
GASES = ("gas_plates", "two_bulbs", "gas_column", "dufour_transient")


def skip_without_cantera(name: str) -> None:
    if name.partition(".")[0] in GASES:
        pytest.importorskip("cantera", reason="gases are computed with Cantera")


def run(*command: str) -> str:
    found = subprocess.run(command, cwd=DEMOS.parent, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_there_are_demos():
    assert IN_PARALLEL in SCRIPTS
    assert CASES


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.parametrize("name", [*SCRIPTS, SHAKEN])
def test_demo_holds_its_numbers(name, tmp_path):
    skip_without_cantera(name)
    figure = tmp_path / "figure.png"
    assert run(sys.executable, str(DEMOS / name), str(figure))
    draws = "[FIGURE.png]" in (DEMOS / name).read_text(encoding="utf-8")
    assert figure.is_file() == draws


def lines_of(cell: str, text: str) -> list[str]:
    """Return the lines of a table that are those of a cell."""
    return [line for line in text.splitlines() if line.startswith(f"| `{cell}` |")]


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.parametrize("cell", CHEAP)
def test_cells_of_laboratories_find_what_their_page_says(cell):
    found = lines_of(cell, run(sys.executable, str(EXPERIMENTS / "run.py"), cell))
    said = lines_of(cell, (EXPERIMENTS / "README.md").read_text(encoding="utf-8"))
    assert found
    number = r"\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    assert [re.sub(number, "#", line) for line in found] == [
        re.sub(number, "#", line) for line in said
    ]
    for mine, page in zip(found, said, strict=True):
        numbers = ([float(x) for x in re.findall(number, line)] for line in (mine, page))
        # Two digits are printed, and one in the last may differ between processors.
        assert next(numbers) == pytest.approx(next(numbers), rel=0.06, abs=1e-6)


def test_page_of_experiments_has_every_cell():
    text = (EXPERIMENTS / "README.md").read_text(encoding="utf-8")
    script = (EXPERIMENTS / "run.py").read_text(encoding="utf-8")
    assert [name for name in CELLS if f"`{name}`" not in text] == []
    computed = re.findall(r"^def (\w+)\([^)]*\) -> list\[Line\]:", script, re.MULTILINE)
    assert set(computed) <= set(CELLS)
    assert set(CHEAP) < set(computed)
    assert [name for name in computed if not lines_of(name, text)] == []


@pytest.mark.alone
@pytest.mark.serial
def test_a_demo_prints_and_finds_the_same_on_two_ranks():
    script = str(DEMOS / IN_PARALLEL)
    alone, together = (run(*c, sys.executable, script) for c in ((), ("mpirun", "-n", "2")))
    number = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    assert re.sub(number, "#", together) == re.sub(number, "#", alone)
    found, wanted = ([float(x) for x in re.findall(number, text)] for text in (together, alone))
    assert found == pytest.approx(wanted, rel=2e-5)  # one in the last digit of what is printed


@pytest.mark.serial
def test_the_demo_of_make_refuses_what_it_does_not_know():
    command = (sys.executable, str(DEMOS / "run_demo.py"))
    found = subprocess.run((*command, "--outptu", "x"), capture_output=True, text=True, timeout=60)
    assert found.returncode == 2
    assert "unrecognized arguments: --outptu x" in found.stderr
    assert "-o DIR" in run(*command, "--help")


@pytest.mark.parametrize("name", CASES)
def test_case_file_loads_and_builds(name, comm):
    skip_without_cantera(name)
    case = load_case(DEMOS / name)
    assert case.build(comm).experiment.title == case.title


def test_readme_names_every_demo():
    text = (DEMOS / "README.md").read_text(encoding="utf-8")
    assert [name for name in SCRIPTS + CASES if f"`{name}`" not in text] == []
