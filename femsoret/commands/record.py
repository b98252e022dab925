"""Records of runs: the content of run.json on software and work, and the files of a failed run.

Records contain no name of the machine.
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
from femsoret.case import Case, CaseRun
from femsoret.case.inputs import data_of, digest_of, inputs_of
from femsoret.io.files import as_json, on_root, write_atomically
from femsoret.io.folder import RunFolder
from femsoret.io.kinds import KindName
from femsoret.problem import Problem
from femsoret.report.folder import FAILURE, HISTORY
from femsoret.report.summary.head import RunContext
from femsoret.solve.linear.options import resolved
from femsoret.solve.linear.selection import preset_for
from femsoret.studies.measure.solution import Solution
from femsoret.studies.measure.transient import TransientFindings

Record = dict[str, Any]
"""Content of run.json, or a part of it."""

STATES: Final = (
    "conduction",
    "without gravity",
    "with gravity",
    "with all internal states",
)
"""The states of a solution, in the order of its reports; a solid has the first two only."""


def first_record(kind: KindName, comm: MPI.Comm, *cases: Case, started: datetime) -> Record:
    """Return the content of run.json at the beginning of a run; collective.

    Args:
        kind: Kind of the run, see :data:`femsoret.io.kinds.KINDS`.
        comm: Communicator on which the run is solved.
        cases: The case, or all cases of a sweep.
        started: Start time of the run.

    Raises:
        CaseError: A file can no longer be read. It is raised on all ranks.
    """

    def inputs() -> dict[str, str]:
        data = data_of(cases[0]) if kind == "fit" else {}
        return inputs_of(*cases) | data

    return {
        "kind": kind,
        **_circumstances(comm, started),
        "inputs": from_root(comm, inputs),
        "failure": None,
    }


def steady_record(solution: Solution, comm: MPI.Comm, *, started: datetime) -> Record:
    """Return the content of run.json of a steady run.

    Args:
        solution: The solved experiment.
        comm: Communicator on which it was solved.
        started: Start time of the run.
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
            for state, report in zip(STATES, solution.reports, strict=False)
        },
    }


def transient_record(findings: TransientFindings, comm: MPI.Comm, *, started: datetime) -> Record:
    """Return the content of run.json of a transient run.

    Args:
        findings: Findings of the run.
        comm: Communicator on which it was solved.
        started: Start time of the run.
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
    """Return the content of run.json of a study that consists of many solves.

    Args:
        problem: One of the problems of the study.
        preset: Requested preset of the linear solver.
        comm: Communicator on which the study was solved.
        started: Start time of the study.
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
    """Write the record of a failed solve in place of earlier results; collective.

    The folder then holds ``failure.json``, the record of the run, the solver history, the case and,
    for a transient run, the checkpoints, but nothing that could be mistaken for a result.

    Args:
        folder: The run folder.
        failure: The failure.
        started: Start time of the run.
        alone: Whether only this rank has stopped; it then writes without waiting for the others.

    Raises:
        OutputError: A file cannot be written or removed. It is raised on all ranks.
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
    """Return the content of solver_history.txt: the solver log of each state.

    Args:
        solution: The solved experiment.
    """
    parts = (
        "\n".join((f"# {state}", *report.history))
        for state, report in zip(STATES, solution.reports, strict=False)
    )
    return ("\n\n".join(parts) + "\n").encode()


def context_of(built: CaseRun, folder: RunFolder | None, seconds: float) -> RunContext:
    """Return what the summary of a case states beside the findings; collective.

    Args:
        built: The case on its mesh.
        folder: The run folder, of whose inputs the summary has a checksum; None leaves it out.
        seconds: Wall time, s.
    """
    return RunContext(
        built.units,
        seconds,
        _peak_memory_mb(built.experiment.cell.comm),
        built.warnings,
        digest_of(folder.inputs) if folder else None,
    )


def _peak_memory_mb(comm: MPI.Comm) -> float:
    """Return the peak resident memory, summed over all ranks, MB; collective."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB on Linux
    return float(comm.allreduce(kilobytes)) / 1024.0


def _circumstances(comm: MPI.Comm, started: datetime) -> Record:
    """Return the part of run.json that every run has from the beginning."""
    program, *arguments = sys.argv or ("",)
    return {
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "command": [PurePath(program).name, *arguments],
        "ranks": comm.size,
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    """Return the versions of all software used in a solve, by name."""
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
