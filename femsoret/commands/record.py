"""Records of runs: what run.json says of the software and the work, and what a failed run leaves.

Nothing in a record names the machine.
"""

from __future__ import annotations

import platform
import resource
import sys
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
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder
from femsoret.problem import Problem
from femsoret.report.folder import FAILURE, HISTORY
from femsoret.solve.linear.options import resolved
from femsoret.solve.linear.selection import preset_for
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.transient import TransientFindings

Record = dict[str, Any]
"""Content of run.json, or a part of it."""

STATES: Final = ("conduction", "without gravity", "with gravity")
"""The states of a solution, in the order of its reports."""


def first_record(kind: str, comm: MPI.Comm, *cases: Case, started: datetime) -> Record:
    """Return what run.json says when a run begins; collective.

    Args:
        kind: Kind of the run, see :data:`femsoret.io.marker.KINDS`.
        comm: The communicator it is solved on.
        cases: Its case, or all cases of a sweep.
        started: When it started.

    Raises:
        CaseError: A mesh file cannot be read any more; the same on all ranks.
    """
    return {
        "kind": kind,
        **_circumstances(comm, started),
        "inputs": from_root(comm, lambda: inputs_of(*cases)),
        "failure": None,
    }


def steady_record(solution: Solution, comm: MPI.Comm, *, started: datetime) -> Record:
    """Return the content of run.json of a steady run.

    Args:
        solution: A solved experiment.
        comm: The communicator it was solved on.
        started: When the run started.
    """
    return {
        **_circumstances(comm, started),
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


def transient_record(findings: TransientFindings, comm: MPI.Comm, *, started: datetime) -> Record:
    """Return the content of run.json of a transient run.

    Args:
        findings: Its findings.
        comm: The communicator it was solved on.
        started: When the run started.
    """
    options = findings.schedule.march
    marches = {"without gravity": findings.without_gravity, "with gravity": findings.with_gravity}
    preset = preset_for(findings.with_gravity.problem, options.preset)
    return {
        **_circumstances(comm, started),
        "petsc_options": dict(resolved(preset, options.petsc)),
        "failure": None,
        "solves": {},
        "marches": {
            name: {
                "dofs": march.problem.num_dofs,
                "steps": march.clock.steps,
                "rejections": march.clock.rejections,
                "factorisations": march.clock.factorisations,
                "linear_iterations": march.clock.linear_iterations,
            }
            for name, march in marches.items()
            if march is not None
        },
    }


def study_record(problem: Problem, preset: str, comm: MPI.Comm, *, started: datetime) -> Record:
    """Return the content of run.json of a study of many solves.

    Args:
        problem: One of its problems.
        preset: Name of the linear solver's preset that was asked for.
        comm: The communicator it was solved on.
        started: When the study started.
    """
    return {
        **_circumstances(comm, started),
        "petsc_options": dict(resolved(preset_for(problem, preset))),
        "failure": None,
        "solves": {},
    }


def write_failure(
    folder: RunFolder, failure: SolveFailure, *, started: datetime, alone: bool = False
) -> None:
    """Write what a failed solve tried, in place of earlier results; collective.

    The folder then holds ``failure.json``, the record of the run, the history and the case, what a
    transient run can go on from, and nothing that could be taken for a result.

    Args:
        folder: The run folder.
        failure: The failure.
        started: When the run started.
        alone: Whether this rank alone stops: then it writes, and waits for no other.

    Raises:
        OutputError: A file cannot be written or removed; the same on all ranks.
    """
    tried = {"error": failure.message, "hint": failure.hint, **failure.record}
    record = {
        **_circumstances(folder.comm, started),
        "petsc_options": dict(failure.options),
        "failure": {"error": failure.message, "hint": failure.hint},
        "solves": {},
    }

    def write() -> None:
        path = folder.staged
        write_atomically(path / HISTORY, ("\n".join(failure.history) + "\n").encode())
        write_atomically(path / FAILURE, as_json(tried))

    on_root(folder.path, MPI.COMM_SELF if alone else folder.comm, write)
    folder.publish(record, state="failed", alone=alone)


def solver_history(solution: Solution) -> bytes:
    """Return the content of solver_history.txt: what the solvers logged, state by state.

    Args:
        solution: A solved experiment.
    """
    parts = (
        "\n".join((f"# {state}", *report.history))
        for state, report in zip(STATES, solution.reports, strict=True)
    )
    return ("\n\n".join(parts) + "\n").encode()


def peak_memory_mb(comm: MPI.Comm) -> float:
    """Return the largest resident memory of all ranks together, MB; collective.

    Args:
        comm: The ranks.
    """
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB on Linux
    return float(comm.allreduce(kilobytes)) / 1024.0


def _circumstances(comm: MPI.Comm, started: datetime) -> Record:
    """Return the part of run.json that every run has from its beginning on."""
    program, *arguments = sys.argv or ("",)
    return {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "command": [PurePath(program).name, *arguments],
        "ranks": comm.size,
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    """Return the versions of all software that takes part in a solve."""
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
