"""The command as users start it: its own processes, mpirun, a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading

import pytest
from case_texts import SQUARE, drawn
from patience import SECONDS

import femsoret

pytestmark = pytest.mark.serial

FEMSORET = [sys.executable, "-m", "femsoret"]
ON_TWO = ["mpirun", "-n", "2", *FEMSORET]


def call(command, *arguments):
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Without this a child sees what readline, which pytest loads, told C alone: COLUMNS=80.
        env=os.environ,
    )
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        if process.poll() is None:
            process.terminate()  # so that mpirun ends its ranks; killed, it would leave them behind
            process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.slow
def test_two_ranks_speak_with_one_voice(write, shared_tmp):
    done = call(ON_TWO, "run", write(SQUARE), "-o", shared_tmp / "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("solving with gravity") == 1
    assert done.stdout.count("S_T apparent") == 1
    assert done.stdout.count("written to") == 1
    # mpirun gives its ranks a terminal of its own, but what comes out of it is a file.
    assert "\x1b" not in done.stdout + done.stderr
    assert (shared_tmp / "out" / "summary.json").is_file()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("cell.grding=3", "unknown key"),  # before the mesh
        ("condition.0.sides=['lid']", "no side 'lid'"),  # after it
    ],
)
def test_two_ranks_refuse_with_one_message(write, shared_tmp, setting, words):
    done = call(ON_TWO, "run", write(SQUARE), "-o", shared_tmp / "out", "--set", setting)
    assert done.returncode not in (0, None)
    assert done.stderr.count("femsoret: ") == 1, done.stderr
    assert done.stderr.count(words) == 1
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not (shared_tmp / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "How wrong is the Soret coefficient"),
        (["run", "--help"], 0, "Override one key of"),
        (["--version"], 0, femsoret.__version__),
        (["run"], 2, "Missing argument"),
        (["rn", "case.toml"], 2, "No such command 'rn'"),
    ],
)
def test_help_and_wrong_usage_are_said_once(arguments, status, words):
    done = call(ON_TWO, *arguments)
    assert done.returncode == status
    assert (done.stdout + done.stderr).count(words) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["run"], ["rn", "case.toml"]])
def test_only_the_rank_that_says_what_is_wrong_leaves_with_it(arguments):
    """One that left before would have the launcher end the other with nothing said."""
    for rank, status in (("0", 2), ("1", 0)):
        done = subprocess.run(
            [*FEMSORET, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PMI_RANK": rank},
        )
        assert done.returncode == status
        assert bool(done.stdout + done.stderr) == (rank == "0")


def test_petsc_options_that_lie_in_the_working_directory_are_not_taken(write, tmp_path):
    """They may have come with somebody's case, and write files or run code."""
    (tmp_path / ".petscrc").write_text(f"-log_view ascii:{tmp_path}/log.txt\n")
    (tmp_path / "petscrc").write_text(f"-objects_dump {tmp_path}/objects.txt\n")
    case = write(SQUARE)
    done = subprocess.run(
        [*FEMSORET, "check", case], cwd=tmp_path, capture_output=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {".petscrc", "petscrc"}


ALONE = """
import femsoret.base.ranks
from mpi4py import MPI
from femsoret.base import errors
from femsoret.commands.session import open_session

femsoret.base.ranks.GRACE = 0.5
with open_session() as session:
    comm = session.comm
    {first}
    if comm.rank == 1:
        raise {error}
    {then}
    comm.barrier()
"""


@pytest.mark.parametrize(
    ("error", "then", "words"),
    [
        # The other rank waits for this one in a collective call, or is done and waits at the end.
        ("errors.OutputError('the disk is full', 'make room')", "comm.bcast(0)", "make room"),
        ("ValueError('a bug')", "raise SystemExit", "ValueError: a bug"),
        ("MemoryError('std::bad_alloc')", "comm.bcast(0)", "out of memory"),
    ],
)
def test_a_rank_that_stops_alone_ends_the_job_with_one_message(error, then, words):
    code = ALONE.format(first="", error=error, then=then)
    done = call(["mpirun", "-n", "2", sys.executable, "-c", code])
    assert done.returncode not in (0, None)
    assert done.stderr.count(words) == 1, done.stderr


def test_ranks_that_stop_for_different_reasons_say_each_of_them_once():
    first = "if comm.rank == 0: raise errors.CaseError('the one')"
    done = call(
        ["mpirun", "-n", "2", sys.executable, "-c"],
        ALONE.format(first=first, error="errors.CaseError('the other')", then=""),
    )
    assert done.returncode not in (0, None)
    assert done.stderr.count("rank 0: femsoret: the one") == 1, done.stderr
    assert done.stderr.count("rank 1: femsoret: the other") == 1


@pytest.mark.slow
def test_what_one_rank_alone_can_read_is_read_by_it(write):
    """The standard input is at rank 0 only; a pipe says something else to each reader."""
    with write(SQUARE).open() as case:
        done = subprocess.run(
            [*ON_TWO, "check", "/dev/stdin"],
            stdin=case,
            capture_output=True,
            timeout=SECONDS,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("# unknowns: ") == 1


@pytest.mark.slow
def test_a_terminal_has_a_live_line(write, shared_tmp):
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen(
        [*FEMSORET, "run", str(write(drawn(SQUARE))), "-o", str(shared_tmp / "out")],
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(terminal)
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        said = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        assert process.wait() == 0
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        os.close(main)
    text = said.decode()
    assert "\x1b[?25l" in text  # the cursor is hidden while the line lives
    assert "\x1b[?25h" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert plain.count("solving with gravity (412 unknowns)") == 1
    assert "S_T apparent" in plain
    # The live line may be drawn over before it ends: there, too, a line begins.
    frames = re.split(r"[\r\n]+|\x1b\[[0-9;?]*[A-K]", text)
    assert max(len(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)) for line in frames) <= 100


def test_without_dolfinx_fluids_are_shown_and_a_run_says_how_to_get_it(tmp_path):
    # A Python that finds neither DOLFINx nor MPI.
    hidden = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'dolfinx', 'mpi4py', 'petsc4py', 'basix', 'ufl'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'dolfinx' else found(name)\n"
        "from femsoret.cli import main\n"
        "main()\n"
    )
    python = [sys.executable, "-c", hidden]
    shown = call(python, "fluids")
    assert shown.returncode == 0, shown.stderr
    assert "water-ethanol" in shown.stdout
    refused = call(python, "run", tmp_path / "case.toml")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "femsoret: DOLFINx is not installed in this Python environment\n"
    )
    assert "tools/fenicsx" in refused.stderr
    assert "Traceback" not in refused.stderr
