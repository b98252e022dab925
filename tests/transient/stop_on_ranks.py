"""python3 stop_on_ranks.py CASE FOLDER STEP: a run that is stopped after a step, under mpirun."""

from __future__ import annotations

import sys
from pathlib import Path

from mpi4py import MPI

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from small_runs import SignalAt  # noqa: E402

from femsoret.base.errors import Interrupted  # noqa: E402
from femsoret.case import load_case  # noqa: E402
from femsoret.commands.run import run_case  # noqa: E402

case, folder, step = sys.argv[1:]
try:
    run_case(load_case(case), MPI.COMM_WORLD, folder, SignalAt(int(step)))
except Interrupted as stopped:
    sys.exit(stopped.status)
