"""femsoret design: the plan of an experiment, from a case to a page."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

from mpi4py import MPI

import pytest
from case_texts import PHYSICAL, QUICK, drawn

from femsoret import __version__
from femsoret.case import load_case
from femsoret.commands.design import run_design
from femsoret.io.files import as_json
from femsoret.report.summary.design import DesignSummary
from femsoret.report.verdicts.design import design_verdict

UNKNOWN = """
[[fit.unknown]]
quantity = "soret"
prior = { uncertainty = "none" }
[[fit.unknown]]
quantity = "tilt"
prior = { value = "0 deg", uncertainty = "0.5 deg" }
"""

STEADY = (
    PHYSICAL.replace("cells = [4, 2]", "cells = [4, 3]")
    + drawn(QUICK)
    + UNKNOWN
    + """
[design]
vary = { dT = ["5 K", "10 K"], gap = ["4 mm"] }
readings = ["separation"]
noise = { separation = "2e-5" }
samples = [5, 20]
levelling = ["0.5 deg", "0.1 deg"]
refinements = 1
stability = false
"""
)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return a plan and its summary; made once on all ranks."""
    comm = MPI.COMM_WORLD
    folder = comm.bcast(tmp_path_factory.mktemp("plan") if comm.rank == 0 else None)
    path = folder / "case.toml"
    if comm.rank == 0:
        path.write_text(STEADY)
    comm.barrier()
    outcome = run_design(load_case(path, comm=comm), comm, folder / "run")
    return outcome, json.loads((outcome.folder / "summary.json").read_text("utf-8"))


def test_the_page_and_what_it_is_made_from(planned, femsoret):
    folder, summary = planned[0].folder, planned[1]
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("summary.json", "run.json", "case.resolved.toml", "fluid.resolved.toml"),
        *("report.md", "report.html", "figures", "plan.toml"),
    }
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "figures/choices.png" in page
    assert "Build the cell with ΔT = 10 K" in page
    assert "the tilt" in page
    assert "with fluid data" in page
    assert "Whether the states last was not looked at" in page
    # At 4 mm the cell has the temperatures of the stated one, whose warning is not said again.
    assert len(summary["warnings"]) == 1
    before = (folder / "report.html").read_bytes()
    femsoret("report", folder).worked()
    assert (folder / "report.html").read_bytes() == before
    assert (summary["kind"], summary["femsoret"]) == ("design", __version__)
    again = DesignSummary.model_validate(summary).model_dump(by_alias=True, exclude_unset=True)
    assert json.loads(as_json(again)) == summary


def test_the_command_says_what_to_build(planned, femsoret, write, shared_tmp, monkeypatch):
    asked = []

    def known(case, comm, folder, **options):
        asked.append((folder, options))
        return planned[0]

    monkeypatch.setattr("femsoret.commands.design.run_design", known)
    said = femsoret("design", write(STEADY), "--for", "tilt", "-o", shared_tmp / "plan").worked()
    assert asked == [(shared_tmp / "plan", {"target": "tilt", "force": False})]
    assert "Build the cell with ΔT = 10 K" in " ".join(said.out.split())
    assert f"written to {planned[0].folder}" in said.out


def test_the_plan_is_better_than_the_experiment_as_stated(planned):
    _, summary = planned
    plan, stated = summary["plan"], summary["stated"]
    assert plan["point"]["total"] < stated["point"]["total"]
    assert plan["point"]["record"]["levelling"] == pytest.approx(0.1)
    assert stated["point"]["record"]["levelling"] is None
    assert [each["curved"] for each in summary["unknowns"]] == [False, True]
    # Without seeing the tilt, first derivatives promise what noise alone would leave.
    shares = {(each["kind"], each["name"]): each["uncertainty"] for each in stated["shares"]}
    first_order = stated["point"]["first_order"]
    assert shares["curved", "tilt"] > 2.0 * first_order
    assert shares["noise", ""] == pytest.approx(first_order, rel=0.1)
    # A tilt lowers the separation, and the series takes all of it for S_T.
    naive = stated["point"]["naive"]
    assert naive["mean"] < 0.0
    assert abs(naive["mean"]) < naive["rms"]
    assert abs(naive["at_prior"]) < 0.05 * naive["rms"]


def test_fluid_data_count_in_the_ranking(planned):
    _, summary = planned
    for look in (summary["plan"], summary["stated"]):
        point = look["point"]
        squares = sum(each["uncertainty"] ** 2 for each in look["shares"])
        assert squares == pytest.approx(point["total"] ** 2)
        fluid = [each for each in look["shares"] if each["kind"] == "fluid"]
        assert point["total"] ** 2 - point["uncertainty"] ** 2 == pytest.approx(
            sum(each["uncertainty"] ** 2 for each in fluid), rel=1e-6
        )
        assert "thermal_expansion" in {each["name"] for each in fluid}  # a tilt makes it matter
        assert "soret" not in {each["name"] for each in fluid}  # it is what is sought
    best = min(each["total"] for each in summary["designs"] if each["total"] is not None)
    for each in summary["designs"]:
        if each["total"] is None:
            assert each["uncertainty"] > (1.0 + summary["gain"]) * best


def test_the_verdict_says_what_the_fluid_data_make_and_what_to_mind(planned):
    _, summary = planned
    plan, stated = summary["plan"], summary["stated"]
    total = plan["point"]["total"]
    shares = [
        {"kind": "noise", "name": "", "uncertainty": 0.6 * total},
        {"kind": "fluid", "name": "viscosity", "uncertainty": 0.8 * total},
    ]
    doubtful = {**stated, "point": {**stated["point"], "doubts": ["it convects"]}}
    changed = {
        **summary,
        "plan": {**plan, "shares": shares, "warnings": ["too hot"]},
        "stated": doubtful,
    }
    reason = design_verdict(changed).reason
    assert "The fluid data make 64 % of the variance, most of it viscosity: more readings" in reason
    assert "Do not rely on what the cell as stated promises: it convects." in reason
    assert "Mind: too hot." in reason


def test_check_says_what_a_plan_asks(femsoret, write):
    said = femsoret("check", write(STEADY)).worked().out
    assert "#   ΔT: 5, 10 K" in said
    assert "#   2 cells; and up to 1 between them" in said
    assert "#   4 records of each cell" in said
    assert "#   tilt: before the data 0 +- 0.5" in said
    assert "growing modes" not in said  # they are not sought
    sought = femsoret("check", write(STEADY.replace("stability = false", ""))).worked().out
    assert "and its steady state, with a search for growing modes" in sought
    assert "# warning" in said
    partly = STEADY.replace('gap = ["4 mm"]', 'gap = ["4 mm", "-1 mm"]')
    said = femsoret("check", write(partly)).worked().out
    assert "#   4 cells, of which the case does not allow 2" in said
    assert "#     not allowed: " in said
    assert "gaap" in femsoret("check", write(STEADY.replace("gap =", '"cell.gaap" ='))).refused()
    nothing = STEADY.replace(UNKNOWN, "").replace('levelling = ["0.5 deg", "0.1 deg"]', "")
    assert "[fit]" in femsoret("check", write(nothing)).refused()


def test_the_proposed_cell_is_a_case(planned):
    folder, summary = planned[0].folder, planned[1]
    case = tomllib.loads((folder / "plan.toml").read_text(encoding="utf-8"))
    hot, cold = (float(case["condition"][i]["value"].split()[0]) for i in (0, 1))
    assert hot - cold == pytest.approx(summary["plan"]["dT"])
    assert 0.5 * (hot + cold) == pytest.approx(298.15)
    assert float(case["cell"]["size"][1].split()[0]) == pytest.approx(summary["plan"]["gap"])


def test_without_a_recommendation_there_is_no_proposed_cell(planned, comm, tmp_path, monkeypatch):
    none = replace(planned[0].findings, plan=None)
    monkeypatch.setattr("femsoret.commands.design.design", lambda *_: none)
    path = tmp_path / "case.toml"
    path.write_text(STEADY)
    outcome = run_design(load_case(path, comm=comm), comm, tmp_path / "run")
    assert "No design is recommended" in outcome.closing()
    assert not (outcome.folder / "plan.toml").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('noise = { separation = "2e-5" }', 'noise = { separation = "1 %" }', "of what?"),
        ('noise = { separation = "2e-5" }', 'noise = { separation = "1 um" }', "noise.separation"),
        ('noise = { separation = "2e-5" }', "noise = { T_hot = 0.1 }", "noise of 'separation'"),
        ('readings = ["separation"]', 'readings = ["laser"]', "noise of 'laser' is missing"),
        ("samples = [5, 20]", "samples = [0]", "samples"),
        ("samples = [5, 20]", "samples = []", "samples"),
        ('readings = ["separation"]', "readings = []", "readings"),
        ('gap = ["4 mm"]', '"design.gain" = [0.1, 0.2]', "nothing of the cell"),
        ('gap = ["4 mm"]', 'tilt = ["0 deg", "1 deg"]', "the prior of the tilt"),
        ("samples = [5, 20]", 'duration = "1 tau"', "no duration"),
        ('gap = ["4 mm"]', '"cell.gaap" = ["4 mm"]', "gaap"),
        ('gap = ["4 mm"]', 'gap = "4 mm:5 mm"', "range"),
        ('gap = ["4 mm"]', 'gap = ["4 mm", "5 K"]', "two units"),
        ('gap = ["4 mm"]', 'gap = ["4 K"]', "gap"),
        (
            'quantity = "tilt"\nprior = { value = "0 deg", uncertainty = "0.5 deg" }',
            'quantity = "D"',
            "levelling",
        ),
    ],
)
def test_bad_input_says_what_is_wrong(femsoret, write, shared_tmp, old, new, says):
    text = STEADY.replace(old, new)
    assert text != STEADY
    said = femsoret("design", write(text), "-o", shared_tmp / "out")
    assert says in said.refused()


def test_what_is_not_sought_cannot_be_planned(femsoret, write, shared_tmp):
    said = femsoret("design", write(STEADY), "--for", "D", "-o", shared_tmp / "out")
    assert "S_T" in said.refused()
    said = femsoret("design", write(PHYSICAL), "-o", shared_tmp / "out")
    assert "[design]" in said.refused()
