"""A march in 3D by multigrid that was stopped and resumed is the one that nobody stopped."""

from __future__ import annotations

import pytest
from small_runs import BOX, SignalAt, largest_difference

from femsoret.base.errors import Interrupted
from femsoret.commands.run import resume_case, run_case
from femsoret.io.history import read_history

TOLERANCE = 1e-3

LINES = """
[readings]
name = "lines through the depth"
hot = { line = [["3 mm", "4.5 mm", "0 mm"], ["3 mm", "4.5 mm", "5 mm"]] }
cold = { line = [["3 mm", "0.5 mm", "0 mm"], ["3 mm", "0.5 mm", "5 mm"]] }
"""

CASE = (
    BOX.replace("cells = [2, 2, 2]", "cells = [4, 4, 4]")
    .replace("20 s", "0.1 s")
    .replace("1e-2", str(TOLERANCE))
    + LINES
    + '[solver]\npreset = "multigrid"\n'
)


@pytest.mark.slow
def test_stopped_and_resumed_by_multigrid(case, comm, shared_tmp):
    whole, parts = shared_tmp / "whole", shared_tmp / "parts"
    run_case(case(CASE), comm, whole)
    with pytest.raises(Interrupted):
        run_case(case(CASE), comm, parts, SignalAt(5))
    resume_case(parts, comm)
    # A step depends on nothing that was learnt in those before it, so that what differs is the
    # round-off of the linear solver, and an iteration more or less where it decides.
    assert largest_difference(parts, whole) < 0.05 * TOLERANCE
    rows = read_history(whole / "history.csv")
    assert len(rows) > 8
    assert abs(rows[-1]["separation"]) > 1e-6
