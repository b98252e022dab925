"""The record of a run: which software solved it, or failed to, how, and when."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

from mpi4py import MPI
from petsc4py import PETSc

import basix
import dolfinx
import ffcx  # it ships no types
import numpy as np
import scipy
import ufl

from femsoret import __version__
from femsoret.base.errors import SolveFailure
from femsoret.base.ranks import from_root
from femsoret.case import Case
from femsoret.case.inputs import inputs_of
from femsoret.problem import Problem
from femsoret.solve.linear.options import resolved
from femsoret.solve.linear.selection import preset_for
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.transient import TransientFindings

STATES: Final = ("conduction", "without gravity", "with gravity")
"""The states of a solution, in the order of its reports."""


def run_record(
    solution: Solution, comm: MPI.Comm, *, started: datetime, command: Sequence[str]
) -> dict[str, Any]:
    """Return the content of run.json: nothing in it names the machine.

    Args:
        solution: A solved experiment.
        comm: The communicator it was solved on.
        started: When the run started.
        command: The command line.
    """
    return {
        **circumstances(comm, started, command),
        "petsc_options": dict(solution.reports[-1].options),
        "failure": None,
        "solves": {
            state: {
                "dofs": report.dofs,
                "newton_iterations": report.newton_iterations,
                "linear_iterations": report.linear_iterations,
                "factorisations": report.factorisations,
                "wall_seconds": report.wall_seconds,
                "attempts": [str(attempt) for attempt in report.attempts],
            }
            for state, report in zip(STATES, solution.reports, strict=True)
        },
    }


def transient_record(
    findings: TransientFindings, comm: MPI.Comm, *, started: datetime, command: Sequence[str]
) -> dict[str, Any]:
    """Return the content of run.json of a transient run.

    Args:
        findings: What was found.
        comm: The communicator it was solved on.
        started: When the run started.
        command: The command line.
    """
    options = findings.schedule.march
    marched = {"without gravity": findings.without_gravity, "with gravity": findings.with_gravity}
    preset = preset_for(findings.with_gravity.problem, options.preset)
    return {
        **circumstances(comm, started, command),
        "petsc_options": dict(resolved(preset, options.petsc)),
        "failure": None,
        "solves": {},
        "marches": {
            name: {
                "dofs": done.problem.num_dofs,
                "steps": done.clock.steps,
                "rejections": done.clock.rejections,
                "factorisations": done.clock.factorisations,
                "linear_iterations": done.clock.linear_iterations,
            }
            for name, done in marched.items()
            if done is not None
        },
    }


def first_record(
    kind: str, comm: MPI.Comm, *cases: Case, started: datetime, command: Sequence[str]
) -> dict[str, Any]:
    """Return what run.json says when a run begins; collective.

    Args:
        kind: Kind of the run, see :data:`femsoret.io.marker.KINDS`.
        comm: The communicator it is solved on.
        cases: Its case, or all cases of a sweep.
        started: When it started.
        command: The command line.

    Raises:
        CaseError: A mesh file cannot be read any more; the same on all ranks.
    """
    return {
        "kind": kind,
        **circumstances(comm, started, command),
        "inputs": from_root(comm, lambda: inputs_of(*cases)),
        "failure": None,
    }


def study_record(
    problem: Problem,
    preset: str,
    comm: MPI.Comm,
    *,
    started: datetime,
    command: Sequence[str],
) -> dict[str, Any]:
    """Return the content of run.json of a study of many solves.

    Args:
        problem: One of its problems.
        preset: Name of the linear solver's preset that was asked for.
        comm: The communicator it was solved on.
        started: When the study started.
        command: The command line.
    """
    return {
        **circumstances(comm, started, command),
        "petsc_options": dict(resolved(preset_for(problem, preset))),
        "failure": None,
        "solves": {},
    }


def failure_record(
    failure: SolveFailure, comm: MPI.Comm, *, started: datetime, command: Sequence[str]
) -> dict[str, Any]:
    """Return the content of run.json of a run that found no steady state.

    Args:
        failure: Why it ended.
        comm: The communicator it was tried on.
        started: When the run started.
        command: The command line.
    """
    return {
        **circumstances(comm, started, command),
        "petsc_options": dict(failure.options),
        "failure": {"error": failure.message, "hint": failure.hint},
        "solves": {},
    }


def circumstances(comm: MPI.Comm, started: datetime, command: Sequence[str]) -> dict[str, Any]:
    """Return what run.json says of every run from its beginning on.

    Args:
        comm: The communicator it is solved on.
        started: When it started.
        command: The command line.
    """
    program, *arguments = command or ("",)
    return {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "command": [PurePath(program).name, *arguments],
        "ranks": comm.size,
        "versions": versions(),
    }


def history(solution: Solution) -> str:
    """Return what the solvers said, as text.

    Args:
        solution: A solved experiment.
    """
    parts = (
        "\n".join((f"# {state}", *report.history))
        for state, report in zip(STATES, solution.reports, strict=True)
    )
    return "\n\n".join(parts) + "\n"


def versions() -> dict[str, str]:
    """Return the versions of all that takes part in a solve."""
    # MPI libraries say much more than their version, over several lines.
    mpi = " ".join(MPI.Get_library_version().split(",")[0].splitlines()[0].split())
    return {
        "femsoret": __version__,
        "DOLFINx": dolfinx.__version__,
        "Basix": basix.__version__,
        "UFL": ufl.__version__,
        "FFCx": ffcx.__version__,
        "PETSc": ".".join(str(part) for part in PETSc.Sys.getVersion()),
        "MPI": mpi,
        "NumPy": np.__version__,
        "SciPy": scipy.__version__,
        "Python": platform.python_version(),
    }
