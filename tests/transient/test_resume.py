"""A run that was stopped and resumed is the run that nobody stopped."""

from __future__ import annotations

import json
import os
import signal

import pytest
from small_runs import CELL, SignalAt, largest_difference
from tolerances import REPEATED, assert_alike

from femsoret import __version__
from femsoret.base.errors import CaseError, Interrupted, NotConverged, OutputError
from femsoret.commands.checkpoints import last_checkpoints
from femsoret.commands.run import resume_case, run_case
from femsoret.fluids.database import fluid_toml, load_fluid, read_fluid
from femsoret.io.history import read_history
from femsoret.solve.march import March


def stop(case, comm, folder, *, step=11, label="with gravity"):
    """Run a case, and stop it after a step."""
    with pytest.raises(Interrupted) as stopped:
        run_case(case, comm, folder, SignalAt(step, label=label))
    return stopped.value


@pytest.mark.parametrize(
    ("step", "label"),
    [
        (11, "with gravity"),
        pytest.param(9, "without gravity", marks=[pytest.mark.serial, pytest.mark.slow]),
        pytest.param(15, "without gravity", marks=[pytest.mark.serial, pytest.mark.slow]),
    ],
)
def test_stopped_and_resumed_equals_uninterrupted(
    case, comm, shared_tmp, uninterrupted, step, label
):
    folder = shared_tmp / "out"
    error = stop(case(), comm, folder, step=step, label=label)
    assert error.status == 143
    assert f"after step {step} {label}" in error.message
    assert f"femsoret resume {folder}" in error.hint
    assert not (folder / "summary.json").exists()
    resume_case(folder, comm)
    # MUMPS on several ranks adds in the order in which messages come: no two runs are the same.
    assert largest_difference(folder, uninterrupted) < 1e-2 * REPEATED
    found, wanted = (json.loads((f / "summary.json").read_text()) for f in (folder, uninterrupted))
    assert_alike(found["evaluation"], wanted["evaluation"], rel=1e-6)  # of what is fitted to it
    comm.barrier()
    assert not (folder / "checkpoints").exists()


@pytest.mark.slow
@pytest.mark.serial  # more ranks would test nothing new
def test_a_ramp_is_taken_up_where_it_bends(case, comm, shared_tmp):
    # A checkpoint falls on the break itself, where walls jump after the step.
    text = CELL.replace('"0.3 tau"', '"12 s"') + (
        '[[protocol]]\nkind = "heating"\n'
        'table = { times = ["0 s", "10 s", "10 s"], values = [0, 0.5, 1] }\n'
    )
    whole, parts = shared_tmp / "whole", shared_tmp / "parts"
    run_case(case(text), comm, whole)
    rows = read_history(whole / "history.csv")
    at_break = next(row["step"] for row in rows if row["t"] == 10.0)
    stop(case(text), comm, parts, step=at_break)
    resume_case(parts, comm)
    assert largest_difference(parts, whole) < (1e-10 if comm.size > 1 else 1e-300)


@pytest.mark.slow
def test_sigusr1_keeps_the_state_and_goes_on(case, comm, shared_tmp, monkeypatch):
    kept = []
    write = "femsoret.commands.observers.write_checkpoint"
    monkeypatch.setattr(write, lambda place, number, *_: kept.append((place.name, number)))
    text = CELL.replace("checkpoint = { steps = 7 }", "")
    run_case(case(text, "time.end=1 s"), comm, shared_tmp / "out", SignalAt(4, signal.SIGUSR1))
    last = kept[-1][1]
    assert [number for name, number in kept if name == "with_gravity"][:2] == [0, 4]
    assert len(kept) == 5  # the start and the end of both marches, and the one asked for
    assert last > 4


def test_what_cannot_be_resumed_is_refused(case, comm, shared_tmp, uninterrupted):
    with pytest.raises(OutputError, match="finished"):
        resume_case(uninterrupted, comm)
    with pytest.raises(OutputError, match="no run"):
        resume_case(shared_tmp / "nowhere", comm)
    folder = shared_tmp / "out"
    stop(case(), comm, folder, step=2)
    with pytest.raises(OutputError, match="stopped before it was finished"):
        run_case(case(), comm, folder)
    content = folder / "checkpoints" / "with_gravity" / "00000002" / "content.json"
    kept = content.read_text()
    comm.barrier()
    for version in ("0.0.9", None):
        if comm.rank == 0:
            content.write_text(json.dumps({**json.loads(kept), "version": version}))
        comm.barrier()
        with pytest.raises(OutputError, match="written by another version of femsoret") as refused:
            resume_case(folder, comm)
        assert f"({version or 'an older one'}; this is {__version__})" in refused.value.message
    if comm.rank == 0:
        content.write_text(kept)
    comm.barrier()
    resolved = folder / "case.resolved.toml"
    if comm.rank == 0:
        resolved.write_text(resolved.read_text().replace("tolerance = 0.01", "tolerance = 0.02"))
    comm.barrier()
    with pytest.raises(CaseError, match=r"not the case .*: case changed"):
        resume_case(folder, comm)


def test_other_kinds_of_runs_say_that_they_have_no_checkpoints(comm, shared_tmp):
    for kind, what in (("onset", "an onset study"), ("sweep", "a sweep"), ("steady", "a run")):
        folder = shared_tmp / kind
        marker = {"program": "femsoret", "files": [], "kind": kind, "state": "stopped"}
        if comm.rank == 0:
            folder.mkdir()
            (folder / "run.json").write_text(json.dumps(marker))
        comm.barrier()
        with pytest.raises(OutputError, match=f"holds {what}, which has no checkpoints") as refused:
            resume_case(folder, comm)
        assert "repeat the command" in refused.value.hint


OWN_FLUID = CELL.replace('name = "water-ethanol"', 'file = "fluid.toml"')


@pytest.mark.slow
@pytest.mark.serial  # more ranks would test nothing new
def test_a_fluid_file_that_changed_is_seen(case, comm, shared_tmp, write):
    """S_T three times as large, in a file whose name stays."""
    fluid, folder = fluid_toml(load_fluid("water-ethanol")), shared_tmp / "out"
    write(fluid, "fluid.toml")
    stop(case(OWN_FLUID), comm, folder, step=2)
    assert read_fluid(folder / "fluid.resolved.toml") == load_fluid("water-ethanol")
    write(fluid.replace("value = 0.003171", "value = 0.009513"), "fluid.toml")
    with pytest.raises(CaseError, match=r"fluid .*fluid\.toml changed") as refused:
        resume_case(folder, comm)
    assert "fluid.resolved.toml" in refused.value.hint
    write((folder / "fluid.resolved.toml").read_text(), "fluid.toml")
    resume_case(folder, comm)
    comm.barrier()
    assert (folder / "summary.json").exists()


def test_a_failed_march_leaves_its_last_state_and_no_result(case, comm, shared_tmp, monkeypatch):
    folder = shared_tmp / "out"

    def compute(march, dt):
        if march.clock.steps >= 5:
            raise NotConverged("the linear solver failed (no memory)")
        return normal(march, dt)

    normal = March._compute_stages
    monkeypatch.setattr(March, "_compute_stages", compute)
    with pytest.raises(NotConverged, match=r"the march stopped at t = .*no memory"):
        run_case(case(), comm, folder)
    monkeypatch.undo()
    assert not (folder / "summary.json").exists()
    assert "march stopped" in json.loads((folder / "failure.json").read_text())["error"]
    found = last_checkpoints(folder, comm)["with_gravity"][1]
    assert found.rows == 5 == len(read_history(folder / "history.csv"))
    resume_case(folder, comm)
    comm.barrier()
    assert (folder / "summary.json").exists()
    assert not (folder / "failure.json").exists()


def test_a_full_disk_ends_the_run_on_all_ranks(case, comm, shared_tmp, monkeypatch):
    folder = shared_tmp / "out"

    def refuse(handle, content):
        if content.startswith(b"9,"):
            raise OSError(28, "No space left on device")
        return normal(handle, content)

    normal = os.write
    monkeypatch.setattr("femsoret.io.history.os.write", refuse)
    with pytest.raises(OutputError, match="No space left"):
        run_case(case(), comm, folder)
    monkeypatch.undo()
    assert len(read_history(folder / "history.csv")) == 8
    assert not (folder / "summary.json").exists()
    resume_case(folder, comm)
