"""A transient run whose flow goes on: mean and range of the apparent S_T in place of its last."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from femsoret.base.functions_of_time import ramp
from femsoret.io.history import Histories
from femsoret.post.statistics import NoStatistics, Statistics
from femsoret.problem.protocol import Protocol, WallValue
from femsoret.report.figures.history import draw_histories
from femsoret.report.figures.samples import sample
from femsoret.report.tables.headline import transient_headline
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words.numbers import percent, plain
from femsoret.studies.measure.numerical_error import quantities_in_time

TITLE = "Apparent Soret coefficient in time"


def table_of(summary):
    return next(table for table in tables(summary) if table.title == TITLE)


def with_rows(findings, change):
    """Return findings whose rows with gravity are changed."""
    rows = tuple(change(row) for row in findings.with_gravity.rows)
    return replace(findings, with_gravity=replace(findings.with_gravity, rows=rows))


def test_the_mean_is_that_of_the_history(unsettled):
    summary, found = unsettled.summary, unsettled.summary["statistics"]
    assert summary["statistics_reason"] == ""
    rows = [row for row in unsettled.findings.with_gravity.rows if row["t"] >= found["from"]]
    t, S = (np.array([row[name] for row in rows]) for name in ("t", "S_app"))
    assert t[0] == found["from"] < 0.5 * t[-1] + 0.01 * t[-1]
    assert found["mean"] == pytest.approx(np.trapezoid(S, t) / (t[-1] - t[0]), rel=1e-9)
    assert (found["min"], found["max"]) == (S.min(), S.max())
    assert found["cycles"] >= 8
    assert 0.0 < found["standard_error"] < found["std"] < np.ptp(S)
    json.dumps(summary, allow_nan=False)


def test_the_real_cell_separates_far_less_than_rest(unsettled):
    """Convection mixes: at rest the bias is 0, and here the range leaves 0 far outside."""
    bias = unsettled.summary["statistics"]["bias"]
    assert bias["min"] < bias["mean"] < bias["max"] < -0.5
    assert bias["min"] > -1.0
    true = unsettled.summary["soret"]["true"]
    assert true < 0.0
    S = unsettled.summary["statistics"]
    assert bias["mean"] == pytest.approx(S["mean"] / true - 1.0, rel=1e-12)
    # S_T is negative: the largest S_app is the lowest bias.
    assert bias["min"] == pytest.approx(S["max"] / true - 1.0, rel=1e-12)
    assert bias["std"] == pytest.approx(S["std"] / -true, rel=1e-12)


def test_the_verdict_is_on_the_mean(unsettled):
    summary, said = unsettled.summary, transient_verdict(unsettled.summary)
    found = summary["statistics"]
    assert "reason" in summary["evaluation"]
    assert said.finding.startswith("From ")
    assert f"between {plain(found['min'])} and {plain(found['max'])} 1/K" in said.finding
    assert said.finding.endswith(f"{percent(-found['bias']['mean'])} low.")
    assert "At the end" not in said.finding
    assert said.facts[0].label == "mean of the apparent S_T"


def test_no_bias_is_no_words_of_a_bias(unsettled):
    """Where S_T changes sign there is a mean still, and where the last readings fail too."""
    summary = copy.deepcopy(unsettled.summary)
    summary["statistics"]["bias"] = summary["soret"] = None
    said = transient_verdict(summary)
    assert said.finding.endswith(" 1/K.")
    assert [fact.label for fact in said.facts][:1] == ["mean of the apparent S_T"]
    assert all(row[2] == "–" for row in table_of(summary).rows[:4])


def test_the_terminal_shows_the_mean(unsettled, transient):
    def labels(run):
        return [row[0] for row in transient_headline(run.summary).rows]

    assert "apparent S_T, mean in time (1/K)" in labels(unsettled)
    assert "apparent S_T, mean in time (1/K)" not in labels(transient)


def test_an_evaluation_does_not_hide_the_mean(transient, unsettled):
    summary = copy.deepcopy(transient.summary)
    summary["statistics"] = unsettled.summary["statistics"]
    said = transient_verdict(summary)
    assert said.finding.startswith("Evaluated in this way")
    assert "the apparent S_T varies between" in said.reason


def test_the_table_has_mean_range_and_errors(unsettled):
    table = table_of(unsettled.summary)
    labels = [row[0] for row in table.rows]
    assert labels[:4] == ["mean", "smallest", "largest", "standard deviation"]
    assert labels[4] == "numerical error of the mean"
    assert all("(" in cell for cell in table.rows[0][1:])
    assert f"{unsettled.summary['statistics']['cycles']} cycles" in table.note


def test_a_run_that_drifts_says_so_and_its_last_readings_stand(unsettled):
    summary = copy.deepcopy(unsettled.summary)
    summary |= {"statistics": None, "statistics_reason": "still drifting: it goes"}
    said = transient_verdict(summary)
    assert said.finding.startswith("At the end this cell would report")
    assert "There is no mean in time of the apparent S_T: still drifting: it goes." in said.reason
    assert table_of(summary).rows == (("no mean and range in time", "still drifting: it goes"),)


def test_summaries_of_before_have_neither_table_nor_words(unsettled):
    summary = copy.deepcopy(unsettled.summary)
    del summary["statistics"], summary["statistics_reason"]
    assert "no mean in time" not in transient_verdict(summary).reason
    assert TITLE not in [table.title for table in tables(summary)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("transient", r"^(it is steady|still drifting)"),
        ("heated_in_time", "^there is no apparent S_T"),
        ("relaxing", "^the readings have the same temperature"),
    ],
)
def test_a_run_that_settles_has_none(kind, words, request):
    summary = request.getfixturevalue(kind).summary
    assert summary["statistics"] is None
    assert re.search(words, summary["statistics_reason"])


def test_what_was_before_a_jump_does_not_count(unsettled):
    findings = unsettled.findings
    end = findings.with_gravity.clock.t
    wall = WallValue("top", ramp(1.0, 0.0, 0.7 * end))
    jumped = replace(findings, schedule=replace(findings.schedule, protocol=Protocol((wall,))))
    last = max(wall.breaks)
    assert 0.0 < last < end
    found = jumped.statistics
    assert isinstance(found, NoStatistics) or found.start >= last


def test_what_was_before_a_reading_without_difference_does_not_count(unsettled):
    findings = unsettled.findings
    early = 0.1 * findings.with_gravity.clock.t
    gap = min(row["t"] for row in findings.with_gravity.rows if row["t"] > early)
    holed = with_rows(findings, lambda row: {**row, "S_app": None} if row["t"] == gap else row)
    rows = tuple(row for row in findings.with_gravity.rows if row["t"] > gap)
    later = replace(findings, with_gravity=replace(findings.with_gravity, rows=rows)).statistics
    found = holed.statistics
    # How many cycles are left depends on the processor: the flow is chaotic.
    if isinstance(later, NoStatistics):
        assert found == later
    else:
        assert isinstance(found, Statistics)
        assert found.start > gap
        assert found.mean == pytest.approx(later.mean, rel=1e-9)


def test_the_error_of_the_mean_is_estimated_and_not_only_that_of_the_last_readings(unsettled):
    numbers, found = quantities_in_time(unsettled.findings), unsettled.summary["statistics"]
    assert numbers["statistics.mean"] == found["mean"]
    assert numbers["statistics.bias.mean"] == found["bias"]["mean"]


@pytest.mark.slow
def test_the_figure_shows_the_part_that_the_mean_is_of(unsettled):
    samples = sample(unsettled.findings.end)
    without = {**unsettled.summary, "statistics": None}
    shaded, plain_one = (
        draw_histories(Histories.of(unsettled.findings), samples, summary)[0]
        for summary in (unsettled.summary, without)
    )
    assert "Shaded" in shaded.caption
    assert "Shaded" not in plain_one.caption
    assert shaded.png != plain_one.png
