"""Readers that go, terminals with few letters, disks without room: a run ends as it should."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from case_texts import SQUARE
from patience import SECONDS

from femsoret.base import compiled
from femsoret.base.errors import NO_OUTPUT, OutputError
from femsoret.base.log import plain_text
from femsoret.case import load_case
from femsoret.fluids import load_fluid
from femsoret.fluids.database import fluid_toml, read_fluid

FEMSORET = [sys.executable, "-m", "femsoret"]


def test_letters_that_a_terminal_has_not():
    assert plain_text("−3.1×10⁻³ ± 0.2 %, α/L², 25 °C") == "-3.1x10^-3 +- 0.2 %, alpha/L^2, 25 degC"
    assert plain_text("Péclet 你 \udcff") == "Peclet ? ?"


@pytest.mark.slow
@pytest.mark.serial
def test_a_run_without_reader_in_ascii_ends_well(write, shared_tmp):
    """Both at once, in one process: the reader of all that it says goes after the first line."""
    out = shared_tmp / "out"
    ascii_only = {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    command = [*FEMSORET, "run", str(write(SQUARE)), "-o", str(out)]
    run = subprocess.Popen(
        [*command, "--set", "title=Größe ²"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **ascii_only},
    )
    assert run.stdout is not None
    first = run.stdout.readline()
    run.stdout.close()
    assert first.startswith(b"Gro?e ^2: rectangle, 3 x 3 cells")
    assert run.wait(timeout=SECONDS) == 0
    assert (out / "summary.json").is_file()
    piped = subprocess.run(
        [*FEMSORET, "report", str(out)],
        capture_output=True,
        env={**os.environ, **ascii_only},
        check=False,
    )
    assert (piped.returncode, piped.stderr) == (0, b"")


@pytest.mark.parametrize("kind", ["unwritable", "full"])
def test_a_cache_that_cannot_be_written_is_told(comm, shared_tmp, monkeypatch, kind):
    """As root can write everywhere, the cache is below a file."""

    def make(where):
        raise RuntimeError("cc failed")

    folder = shared_tmp / "cache" / "femsoret" / "ab" / "cd"
    if kind == "unwritable":
        if comm.rank == 0:
            (shared_tmp / "cache").write_text("in the way")
        comm.barrier()
    else:
        monkeypatch.setattr(compiled, "LEAST", 1 << 80)
    with pytest.raises(OutputError, match=f"compiled forms to {shared_tmp}/cache") as refused:
        compiled.provide(comm, folder, make)
    assert "XDG_CACHE_HOME" in refused.value.hint


@pytest.mark.serial
def test_no_home_at_all_is_one_message(write):
    script = (
        "import pathlib, sys\n"
        "def home(cls=None): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = home\n"
        "from femsoret.cli import main\n"
        f"sys.argv = ['femsoret', 'check', {str(write(SQUARE))!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == NO_OUTPUT
    assert done.stderr.startswith("femsoret: this user has no home folder")
    assert "Traceback" not in done.stderr


@pytest.mark.serial
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"HOME": "/dev/null", "XDG_CONFIG_HOME": None},
            "cannot read DOLFINx's options for compiled forms",
        ),
        (
            {"XDG_CACHE_HOME": "/proc/nowhere"},
            "cannot write compiled forms to /proc/nowhere/fenics",
        ),
    ],
)
def test_folders_that_cannot_be_used_are_told_before_anything_is_solved(
    write, shared_tmp, changes, words
):
    kept = {name: value for name, value in os.environ.items() if name not in changes}
    given = {name: value for name, value in changes.items() if value is not None}
    done = subprocess.run(
        [*FEMSORET, "run", str(write(SQUARE)), "-o", str(shared_tmp / "out")],
        capture_output=True,
        text=True,
        env=kept | given,
        check=False,
    )
    assert done.returncode == NO_OUTPUT
    # MPI may have words of its own about a home that is none.
    assert "\nfemsoret: " in f"\n{done.stderr}"
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shared_tmp / "out").exists()


def test_a_mark_of_byte_order_is_no_part_of_a_file(write):
    assert load_case(write("\ufeff" + SQUARE)).cell.cells == (3, 3)
    path = write("\ufeff" + fluid_toml(load_fluid("nacl-water")), "fluid.toml")
    assert read_fluid(path) == load_fluid("nacl-water")
