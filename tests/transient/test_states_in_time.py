"""The march of all internal states of a run in time."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_runs import largest_difference
from test_resume import stop
from tolerances import REPEATED

from femsoret.commands.checkpoints import WITH_GRAVITY, last_checkpoints
from femsoret.commands.run import resume_case, run_case
from femsoret.io.history import read_history

DEMO = Path(__file__).resolve().parents[2] / "demos" / "internal_states.toml"
IN_TIME = """
[output]
formats = []
figures = false
[time]
end = "0.02 tau"
tolerance = 1e-1
numerical_error = false
checkpoint = { steps = 2 }
[gravity]"""


@pytest.mark.slow
def test_a_march_of_states_that_is_stopped_goes_on(case, comm, shared_tmp):
    text = DEMO.read_text(encoding="utf-8").replace("[gravity]", IN_TIME)
    small = text.replace("cells = [24, 16]", "cells = [2, 4]")
    whole, parts = shared_tmp / "whole", shared_tmp / "parts"
    run_case(case(small), comm, whole)
    error = stop(case(small), comm, parts, step=5, label=WITH_GRAVITY.replace("_", " "))
    assert "after step 5 with gravity" in error.message
    _, content = last_checkpoints(parts, comm)[WITH_GRAVITY]
    assert content.rows == 5
    resume_case(parts, comm)
    assert len(read_history(parts / "history.csv")) > 6
    assert largest_difference(parts, whole) < (REPEATED if comm.size > 1 else 1e-300)
    comm.barrier()
    assert not (parts / "checkpoints").exists()
