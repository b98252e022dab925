"""femsoret audit: one page on what falsifies S_T."""

from __future__ import annotations

import json
import re

import pytest
from case_texts import PHYSICAL, QUICK

SMALL = (
    PHYSICAL.replace("cells = [4, 2]", "cells = [12, 8]")
    + QUICK
    + """
[audit]
limits = false
side_walls = { h = 5, T_outside = "20 degC", thickness = "2 mm", conductivity = "1 W/m/K" }
duration = "5 tau"
"""
)


def test_the_page_and_what_it_is_made_from(femsoret, write, shared_tmp, pytestconfig):
    folder = shared_tmp / "audit"
    said = femsoret("audit", write(SMALL), "-o", folder).worked()
    assert "What dominates is" in said.out
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
        "where it is read",
    ]
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "tilted by 0.5° (assumed)" in page
    assert "figures/budget.png" in page
    before = (folder / "report.html").read_bytes()
    assert str(folder / "report.html") in femsoret("report", folder).worked().out
    assert (folder / "report.html").read_bytes() == before
    check_documented(summary, (pytestconfig.rootpath / "docs" / "summary.md").read_text("utf-8"))


def check_documented(summary, page):
    """Every key has its line on the page, and every line is a key."""
    run, _, own = page.partition("## summary.json of an audit")
    lines = [set(re.findall(r"^\| `([^`]+)` \|", part, flags=re.MULTILINE)) for part in (run, own)]
    found = set(keys(summary))
    missing = {
        key for key in found - lines[0] - lines[1] if not key.startswith(("data_unc", "fluid"))
    }
    assert missing == set()
    of_limits = {line for line in lines[1] if line.startswith("limits.")}
    assert lines[1] - found == of_limits


def keys(tree, path=""):
    """Yield the dotted path of every leaf, of every list, and of the tables of single numbers."""
    parts = ("shape", "interaction", "total", "flow_by_properties", "early_flow")
    single = {f"budget.{part}" for part in parts}
    if not isinstance(tree, dict) or path in single or not tree:
        yield path if path != "limits" else "target"  # none were asked for
        return
    for key, value in tree.items():
        name = "*" if path == "budget.terms" else key
        yield from keys(value, f"{path}.{name}" if path else name)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (("--set", "gravity.tilt=1 deg", "--set", "audit.levelling=0.2 deg"), "said twice"),
        (("--target", "200 %"), "audit"),
        (
            (
                "--set",
                "audit.side_walls.thickness=1 mm",
            ),
            "thickness and conductivity",
        ),
        (("--set", "audit.levling=1"), "levelling"),
        (("--set", "condition.0.value=293.15"), "one temperature"),
    ],
)
def test_what_is_refused(femsoret, write, shared_tmp, changes, wanted):
    text = SMALL.replace(', thickness = "2 mm", conductivity = "1 W/m/K"', "")
    said = femsoret("audit", write(text), "-o", shared_tmp / "audit", *changes)
    assert wanted in said.refused()
