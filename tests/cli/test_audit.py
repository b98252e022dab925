"""femsoret audit: one page on what falsifies S_T."""

from __future__ import annotations

import json
import re

import pytest
from case_texts import PHYSICAL, QUICK, drawn

from femsoret import __version__
from femsoret.io.files import as_json
from femsoret.report.summary.audit import AuditSummary

SMALL = (
    PHYSICAL.replace("cells = [4, 2]", "cells = [12, 8]")
    + drawn(QUICK)
    + """
[audit]
limits = false
side_walls = { h = 5, T_outside = "20 degC", thickness = "2 mm", conductivity = "1 W/m/K" }
duration = "5 tau"
"""
)


def test_the_page_and_what_it_is_made_from(femsoret, write, shared_tmp):
    folder = shared_tmp / "audit"
    said = femsoret("audit", write(SMALL), "-o", folder).worked()
    assert "The dominant cause is" in said.out
    # A line a solve would bury the causes: of thirty solves, what they are for is said.
    assert "solving" not in said.err
    assert "side walls" in said.err
    assert f"written to {folder}" in said.out
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("summary.json", "run.json", "case.resolved.toml", "fluid.resolved.toml"),
        *("report.md", "report.html", "figures"),
    }
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    terms = summary["budget"]["terms"]
    assert list(terms) == ["tilt", "side_walls", "finite_time"]
    assert terms["tilt"]["assumed"]
    assert not terms["finite_time"]["assumed"]
    # Glass in front of the room: 1/(1/5 + 2e-3/1).
    assert terms["side_walls"]["what"].startswith("4.9505 W/(m² K)")
    assert [u["label"] for u in summary["unstated"]] == [
        "conductivity of the plates",
        "properties that vary",
        "position of the readings",
    ]
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "tilted by 0.5° (assumed)" in page
    assert "figures/budget.png" in page
    before = (folder / "report.html").read_bytes()
    assert str(folder / "report.html") in femsoret("report", folder).worked().out
    assert (folder / "report.html").read_bytes() == before
    check_layout(summary)


def check_layout(summary):
    """The summary has the keys of its layout, and keeps its numbers."""
    again = AuditSummary.model_validate(summary).model_dump(by_alias=True, exclude_unset=True)
    assert json.loads(as_json(again)) == summary
    assert (summary["kind"], summary["femsoret"]) == ("audit", __version__)
    assert re.fullmatch("[0-9a-f]{64}", summary["case_hash"])
    assert summary["unit_of"]["limits.gap"] == "m"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (("--set", "gravity.tilt=1 deg", "--set", "audit.levelling=0.2 deg"), "given twice"),
        (("--target", "200 %"), "audit"),
        (
            (
                "--set",
                "audit.side_walls.thickness=1 mm",
            ),
            "both a thickness and a conductivity",
        ),
        (("--set", "audit.levling=1"), "levelling"),
        (("--set", "condition.0.value=293.15"), "the same temperature"),
    ],
)
def test_what_is_refused(femsoret, write, shared_tmp, changes, wanted):
    text = SMALL.replace(', thickness = "2 mm", conductivity = "1 W/m/K"', "")
    said = femsoret("audit", write(text), "-o", shared_tmp / "audit", *changes)
    assert wanted in said.refused()
