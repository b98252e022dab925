"""Bad input: one message on one rank, a status on all, nothing that looks like a result."""

from __future__ import annotations

import json
import logging

import pytest
from case_texts import LIQUID, SQUARE
from mesh_files import msh

from femsoret.base.errors import NO_OUTPUT, NOT_CONVERGED

THIRD = "\n[[condition]]\nkind = {kind}\nsides = [{side}]\n{rest}\n"


@pytest.fixture
def refused(femsoret, shared_tmp):
    """Return a function that runs and checks a case and gives the message that both say."""

    def message(*arguments):
        said = femsoret("run", *arguments, "-o", shared_tmp / "out").refused()
        assert not (shared_tmp / "out").exists()
        assert femsoret("check", *arguments).refused() == said
        return said

    return message


def settings(*changes):
    return [part for change in changes for part in ("--set", change)]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (["cell.grding=3"], ["[cell] grding: unknown key", "did you mean 'grading'?"]),
        (["cell.size.0=5 kg"], ["[cell] size.0", "[mass]", '"5 mm"']),
        (["fluid.overrides.viscosity=-1 mPa s"], ["[fluid.overrides] viscosity", "positive"]),
        (["fluid.name=water-etanol"], ["[fluid] name", "did you mean 'water-ethanol'?"]),
        (["condition.0.sides=['lid']"], ["[condition.0] sides", "no side 'lid'", "left, right"]),
        (["condition.0.sides=['bottom']"], ["side 'bottom' has two conditions", "keep one"]),
        (["condition=[]"], ["no temperature is fixed anywhere", "temperature or robin"]),
        (["condition.0.value=-300 K"], ["[condition.0] value", "-300 K is not an absolute"]),
        (["fluid.c0=1.2"], ["[fluid] c0", "1.2 is not allowed", "less than 1"]),
        (
            ["condition.0={kind='composition', sides=['left'], value=1.4}"],
            ["[condition.0] value", "1.4 is not allowed", "less than or equal to 1"],
        ),
        (["cell.size.0=0 mm"], ["[cell] size.0", "greater than 0"]),
        (["cell.cells.1=0"], ["[cell] cells.1", "greater than or equal to 1"]),
        (["cell={kind='file', path='none.msh'}"], ["[cell]", "none.msh: there is no such file"]),
        (["tilt"], ["--set tilt: not of the form key.path=value"]),
    ],
    ids=lambda value: value[0] if len(value) == 1 else "",
)
def test_a_wrong_case(refused, write, changes, parts):
    message = refused(write(LIQUID), *settings(*changes))
    for part in parts:
        assert part in message


def test_a_missing_file(refused, write):
    path = write(LIQUID, "there.toml")
    write("", "pyproject.toml")
    message = refused(path.with_name("their.toml"))
    assert "their.toml: there is no such file" in message
    assert "case files in that folder: there.toml\n" in message  # and no other


def test_toml_syntax(refused, write):
    assert "at line 2, column 8" in refused(write("[cell]\nkind = rectangle\n"))


def test_a_mesh_without_names(refused, write):
    write(msh(names=[]), "cell.msh")
    message = refused(write(SQUARE), *settings("cell={kind='file', path='cell.msh'}"))
    assert "[cell]: " in message
    assert "cell.msh" in message
    assert "Physical" in message


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0.5, 0.5, 0)], "1 of 2 cells are without volume"),
        ([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0.9, 0.1, 0)], "cells are folded over"),
    ],
)
def test_flat_and_folded_cells(refused, write, points, words):
    write(msh(points=points), "cell.msh")
    message = refused(write(SQUARE), *settings("cell={kind='file', path='cell.msh'}"))
    assert words in message
    assert "the first is at (" in message


def test_a_folder_that_cannot_be_written(femsoret, write):
    # Below a regular file not even root can make one.
    message = femsoret("run", write(SQUARE), "-o", write("", "file") / "out").refused(NO_OUTPUT)
    assert "cannot write the run folder" in message
    assert "choose a folder that you may write to" in message


def test_a_fluid_that_does_not_exist(femsoret):
    message = femsoret("fluids", "water-etanol").refused()
    assert "no fluid 'water-etanol'" in message
    assert "did you mean 'water-ethanol'?" in message


def test_a_temperature_without_unit(femsoret):
    assert "'20' has no unit" in femsoret("fluids", "water-ethanol", "--T", "20").refused()


def test_a_report_of_nothing(femsoret, shared_tmp):
    assert "contains no finished run" in femsoret("report", shared_tmp).refused(NO_OUTPUT)


TOO_STRONG = settings("groups.Ra=1e7", "solver.max_iterations=5")


@pytest.mark.slow
def test_a_flow_that_is_not_found(femsoret, write, shared_tmp, comm):
    """The folder then says what was tried, and holds nothing that an earlier run has left."""
    case, out = write(SQUARE), shared_tmp / "out"
    femsoret("run", case, "-o", out, *settings("output.formats=['xdmf']")).worked()
    comm.barrier()
    assert "finished" in femsoret("run", case, "-o", out, *TOO_STRONG).refused(NO_OUTPUT)
    said = femsoret("run", case, "-o", out, *TOO_STRONG, "--force")
    message = said.refused(NOT_CONVERGED)
    assert "no steady state found; tried:\n" in message
    assert (
        "Newton (5 factorisations): stopped after 5 Newton steps: the limit was reached\n"
        in message
    )
    for stage in (
        "pseudo-transient continuation",
        "ramp of gravity (Ra)",
        "ramp of diffusion (Le)",
        "march in time",
    ):
        assert f"\n    {stage} (" in message
    assert "the last residual is largest in " in message
    assert "refine the mesh there" in message
    assert "weaken the flow (groups.Ra, now 1e+07)" in message
    assert "raise solver.max_iterations (now 5)" in message
    assert "ramp: gravity (Ra) at 0." in said.err
    assert f"the record of the solver is in {out / 'failure.json'}" in said.err
    left = {str(path.relative_to(out)) for path in out.rglob("*")}  # not even an empty folder
    assert left == {"failure.json", "run.json", "solver_history.txt", "case.resolved.toml"}
    run = json.loads((out / "run.json").read_text())
    assert run["failure"]["error"] in message
    assert run["failure"]["hint"] in message
    assert run["petsc_options"]["pc_type"] == "lu"
    assert run["ranks"] == comm.size
    record = json.loads((out / "failure.json").read_text())
    assert record["error"] in message
    assert record["tried"][0] == {
        "stage": "Newton",
        "converged": False,
        "outcome": "stopped after 5 Newton steps: the limit was reached",
        "factorisations": 5,
    }
    assert record["residual"]["field"] in {"velocity", "temperature", "composition"}
    assert len(record["residual"]["at"]) == 2
    assert record["residual"]["peclet_solutal"] > 10.0
    history = (out / "solver_history.txt").read_text()
    assert "ramp: gravity (Ra) at 0.0" in history
    assert history.count("residual") > 50
    assert "this run found no steady state" in femsoret("report", out).refused(NO_OUTPUT)
    # A result takes the failure away again.
    femsoret("run", case, "-o", out).worked()
    comm.barrier()
    assert not (out / "failure.json").exists()
    assert (out / "summary.json").exists()


def test_the_logger_is_left_as_it_was(femsoret, write):
    logger = logging.getLogger("femsoret")
    before = logger.level, logger.propagate, list(logger.handlers)
    femsoret("check", write(SQUARE)).worked()
    femsoret("check", write("")).refused()
    assert (logger.level, logger.propagate, list(logger.handlers)) == before
