"""femsoret fit: from a CSV file to the corrected value."""

from __future__ import annotations

import csv
import json

import pytest
from case_texts import QUICK, condition, drawn, in_a_rectangle

from femsoret.studies.fit.model import FullModel

CELL = (
    in_a_rectangle(
        'name = "water-ethanol"',
        condition("temperature", "top", '"299.15 K"'),
        condition("temperature", "bottom", '"297.15 K"'),
        cells=(6, 4),
    ).replace('"10 mm", "5 mm"', '"4 mm", "2 mm"')
    + drawn(QUICK)
    + """
[gravity]
tilt = "1 deg"
[time]
end = "2 tau"
tolerance = 1e-3
numerical_error = false
[[time.record]]
name = "first"
every = "0.1 tau"
noise = "0.5 %"
seed = 3
[fit]
[[fit.unknown]]
quantity = "soret"
prior = { value = "3e-3 1/K", uncertainty = "none" }
[[fit.unknown]]
quantity = "D"
"""
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, request):
    """Return a case and the record of a run of it, made once on all ranks."""
    from mpi4py import MPI

    from femsoret.case import load_case
    from femsoret.commands.run import run_case

    comm = MPI.COMM_WORLD
    folder = comm.bcast(tmp_path_factory.mktemp("fit") if comm.rank == 0 else None)
    path = folder / "case.toml"
    if comm.rank == 0:
        path.write_text(CELL)
    comm.barrier()
    run_case(load_case(path, comm=comm), comm, folder / "run")
    return path, folder / "run" / "records" / "first.csv"


@pytest.mark.slow
def test_a_record_gives_back_what_it_was_made_with(femsoret, recorded, shared_tmp, monkeypatch):
    """First the fit is interrupted: such a folder is no result, and the next fit takes it."""
    path, record = recorded
    folder = shared_tmp / "fit"
    interrupt_third_evaluation(femsoret, path, record, folder, monkeypatch)
    said = femsoret(
        "fit", path, record, "--set", "fit.data=[{file='x.csv', uncertainty='0.5 %'}]", "-o", folder
    ).worked()
    assert "S_T = " in said.out
    assert f"written to {folder}" in said.out
    names = {file.name for file in folder.iterdir()}
    assert {
        *("summary.json", "run.json", "case.resolved.toml", "fluid.resolved.toml"),
        *("report.md", "report.html", "figures", "figures.npz"),
        *("residuals.csv", "evaluations.csv"),
    } == names
    summary = json.loads((folder / "summary.json").read_text())
    soret, diffusion = summary["unknowns"]
    for unknown, true in ((soret, 3.171e-3), (diffusion, 4.32e-10)):
        value = unknown["corrected"]
        assert value["low"] < true < value["high"]
        assert abs(value["value"] / true - 1.0) < 0.05
    assert not summary["corrected"]["bad"]
    assert summary["series"][0]["values"] == 21
    run = json.loads((folder / "run.json").read_text())
    assert (run["kind"], run["state"]) == ("fit", "finished")
    assert f"data {record}" in run["inputs"]
    lines = (folder / "evaluations.csv").read_text().splitlines()
    assert next(csv.reader(lines)) == ["evaluation", "chi2", "S_T", "D"]
    assert len(lines) > 2
    # It is not replaced by chance, and its page can be made again.
    assert "--force" in femsoret("fit", path, record, "-o", folder).refused(4)
    assert "report.html" in femsoret("report", folder).worked().out


def interrupt_third_evaluation(femsoret, path, record, folder, monkeypatch):
    """Start a fit that is interrupted, and check what it leaves."""
    predict, calls = FullModel.predict, []

    def interrupted(self, *arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return predict(self, *arguments, **options)

    monkeypatch.setattr(FullModel, "predict", interrupted)
    said = femsoret("fit", path, record, "-o", folder)
    assert set(said.statuses) == {130}
    assert len((folder / "evaluations.csv").read_text().splitlines()) == 3
    assert "no finished run" in femsoret("report", folder).refused(4)
    monkeypatch.undo()


def test_a_case_that_seeks_nothing(femsoret, write):
    path = write(CELL.partition("[fit]")[0])
    assert "does not say what is sought" in femsoret("fit", path).refused()
    path = write(CELL)
    assert "there are no data" in femsoret("fit", path).refused()
    assert "no such file" in femsoret("fit", path, path.parent / "none.csv").refused()
