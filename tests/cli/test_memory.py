"""Too little memory: one message that says what was asked for and what to change."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from case_texts import SQUARE
from patience import SECONDS

from femsoret.base.errors import NO_OUTPUT, NOT_CONVERGED, OutOfMemory
from femsoret.base.memory import memory_error

LIMITED = """
import resource, sys
import dolfinx, petsc4py
petsc4py.init()
from femsoret import cli, solve  # what is there before the limit counts
from femsoret.base import memory
from femsoret.commands import run
from femsoret.solve.steady import newton

solving = newton.Newton.solve


def little_is_left(*arguments, **options):
    if resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY:  # lowered once
        here = int(1e6 * (memory.used_mb() + {left}))
        resource.setrlimit(resource.RLIMIT_AS, (here, here))
    return solving(*arguments, **options)


newton.Newton.solve = little_is_left
cli.app(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.parametrize("left", [2, 25])
def test_what_does_not_fit_into_memory(write, shared_tmp, left):
    """Whoever is refused first, DOLFINx, PETSc or MUMPS: a failure is kept, and no traceback."""
    out = shared_tmp / "out"
    command = [sys.executable, "-c", LIMITED.format(left=left), "run", write(SQUARE)]
    done = subprocess.run(
        [*command, "-o", out, "--set", "cell.cells=[60,60]"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode not in (0, None)
    assert done.stderr.count("femsoret: ") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "out of memory" in done.stderr
    assert "(ulimit -v)" in done.stderr
    assert "MB in total (estimate): use a machine with more memory" in done.stderr
    assert "use fewer mesh cells (cell.cells)" in done.stderr
    assert "weaken the flow" not in done.stderr
    record = json.loads((out / "failure.json").read_text())
    assert record["error"] in done.stderr
    assert record["hint"] in done.stderr
    assert not (out / "summary.json").exists()


def test_mumps_running_out_of_its_space(femsoret, write, shared_tmp):
    """The cure is room for MUMPS, and no other way to the same state is tried."""
    options = "solver.petsc={mat_mumps_icntl_23=1}"
    settings = ("--set", options, "--set", "cell.cells=[24, 24]")
    message = femsoret("run", write(SQUARE), "-o", shared_tmp / "out", *settings).refused(
        NOT_CONVERGED
    )
    assert "needs more than the 1 MB per rank that solver.petsc.mat_mumps_icntl_23" in message
    assert "raise this option, or remove it" in message
    assert "flow" not in message
    assert json.loads((shared_tmp / "out" / "failure.json").read_text())["error"] in message
    again = femsoret("report", shared_tmp / "out").refused(NO_OUTPUT)
    assert "this run failed: " in again


def test_errors_of_all_libraries_that_mean_too_little_memory():
    petsc = type("Error", (RuntimeError,), {"ierr": 55})
    asked = "[0] Out of memory. Allocated: 0\n[0] Memory requested 125731328"
    assert "a request for another 126 MB failed" in str(memory_error(petsc(asked), "solving"))
    outer = RuntimeError("code -1")
    outer.__cause__ = MemoryError("std::bad_alloc")
    assert isinstance(memory_error(outer), OutOfMemory)
    said = "Failed to successfully call PETSc function 'X'. PETSc error code is: 55, Out of memory"
    assert isinstance(memory_error(RuntimeError(said)), OutOfMemory)
    assert memory_error(RuntimeError("PETSc error code is: 56")) is None
    assert memory_error(ValueError("a bug")) is None
