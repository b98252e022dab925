"""Summary, figures and page of transient runs."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import matplotlib.image
import numpy as np
import pytest
from report_cases import RUN

from femsoret.commands.record import transient_record
from femsoret.io.folder import begin_run
from femsoret.io.history import Histories
from femsoret.report.contents import draw_fields, run_page
from femsoret.report.figures.history import draw_histories
from femsoret.report.figures.records import arrays_of_records, draw_records
from femsoret.report.figures.samples import sample
from femsoret.report.folder import rewrite_page, write_results
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words.numbers import percent
from femsoret.report.words.warnings import evaluation_warnings, worst_time_warnings

IN_TIME = {**RUN, "marches": {"with gravity": {"steps": 3, "factorisations": 3}}}


@cache  # drawn once for each run
def samples_of(run):
    return sample(run.findings.end)


@cache
def pictures_of(run):
    samples = samples_of(run)
    courses = draw_histories(Histories.of(run.findings), samples, run.summary)
    return (*courses, *draw_fields(samples, run.summary))


# -- summary -----------------------------------------------------------------------------------


def test_the_summary_ends_with_the_last_row(transient):
    summary, marched = transient.summary, transient.findings.with_gravity
    last = marched.rows[-1]
    assert summary["separation"]["value"] == pytest.approx(last["separation"], rel=1e-12)
    assert summary["soret"]["apparent"] == pytest.approx(last["S_app"], rel=1e-12)
    assert summary["soret"]["bias"] == pytest.approx(last["bias"], rel=1e-9)
    assert summary["max_speed"] == last["max_speed"]
    assert summary["nusselt"]["top"] == last["nusselt.top"]
    assert summary["nusselt"]["left"] is None
    without = transient.findings.without_gravity.rows[-1]
    assert summary["separation"]["without_gravity"] == pytest.approx(without["separation"])
    assert summary["soret"]["without_gravity"] == pytest.approx(without["S_app"])
    assert summary["time"]["with_gravity"]["steps"] == len(marched.rows)
    fastest = max(marched.rows, key=lambda row: row["max_speed"])
    assert summary["time"]["fastest"] == {"t": fastest["t"], "max_speed": fastest["max_speed"]}
    assert summary["time"]["without_gravity"]["end"] == pytest.approx(5 * summary["time"]["tau"])


def test_the_evaluation_is_compared_with_what_is_true(transient):
    found = transient.summary["evaluation"]
    for run in ("with_gravity", "without_gravity"):
        assert found[run]["D_bias"] == pytest.approx(found[run]["D"] / found["D_true"] - 1)
        assert found[run]["S_T_bias"] == pytest.approx(found[run]["S_T"] / found["S_T_true"] - 1)
    assert found["convection"]["D"] == pytest.approx(
        found["with_gravity"]["D"] / found["without_gravity"]["D"] - 1
    )
    # Half a degree of tilt: the flow errs more than the evaluation does.
    assert abs(found["without_gravity"]["S_T_bias"]) < 3e-3
    assert abs(found["with_gravity"]["S_T_bias"]) > abs(found["without_gravity"]["S_T_bias"])
    json.dumps(transient.summary, allow_nan=False)


def test_a_pure_fluid_is_not_evaluated(heated_in_time):
    summary = heated_in_time.summary
    assert summary["evaluation"] == {"reason": "a pure fluid has no separation"}
    assert summary["time"]["without_gravity"] is None
    assert summary["soret"] is summary["separation"] is None


def test_a_relaxing_run_ends_at_one_temperature(relaxing):
    summary = relaxing.summary
    assert summary["soret"] is None
    assert summary["separation"] is not None
    assert summary["evaluation"]["relaxing"] is True
    without = summary["evaluation"]["without_gravity"]
    # At Le = 100 heat lags behind by some hundredth of a relaxation time.
    assert abs(without["D_bias"]) < 1e-2
    assert abs(without["S_T_bias"]) < 1e-2


def test_a_run_that_is_too_short_warns(transient):
    summary = copy.deepcopy(transient.summary)
    assert evaluation_warnings(summary) == ()
    summary["evaluation"]["end"] = 0.5 * summary["time"]["tau"]
    assert "from 0.5 relaxation times" in evaluation_warnings(summary)[0]


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        (
            "covered",
            0.25,
            "the fitted plateau is 4 times the part covered by the history of the separation",
        ),
        ("D_fit_uncertainty", 0.3, "determines D only to 30 % and the plateau to"),
        ("separation_fit_uncertainty", 0.2, "and the plateau to 20 %, due to"),
    ],
)
def test_a_record_that_hardly_determines_what_is_fitted_warns(transient, entry, value, words):
    (warning,) = evaluation_warnings(changed(transient, **{f"with_gravity__{entry}": value}))
    assert words in warning


def test_a_numerical_error_as_large_as_a_bias_warns(transient):
    summary = copy.deepcopy(transient.summary)
    summary["numerical_error"]["evaluation.with_gravity.D_bias"] = 0.4
    (warning,) = evaluation_warnings(summary)
    assert "the numerical error of the evaluated D is 40 %" in warning


# -- figures -----------------------------------------------------------------------------------


def colours(picture) -> int:
    """Return how many pixels are neither white nor grey: lines and points."""
    image = matplotlib.image.imread(BytesIO(picture.png))[..., :3]
    return int((np.ptp(image, axis=-1) > 0.2).sum())


@pytest.mark.parametrize("kind", ["transient", "heated_in_time", "relaxing"])
def test_figures_have_content(kind, request):
    run = request.getfixturevalue(kind)
    found = {picture.name: picture for picture in pictures_of(run)}
    expected = {"transfer", "steps"}
    if run.findings.experiment.mixture.species:
        expected |= {"separation"}
    assert expected <= found.keys()
    assert "budget" not in found
    assert all(colours(found[name]) > 1000 for name in expected - {"transfer"})
    assert colours(found["transfer"]) > 300 or kind == "relaxing"
    assert found["temperature"].title == "Temperature at the end"


def test_the_figure_follows_the_history(transient):
    arrays, samples = Histories.of(transient.findings).arrays(), samples_of(transient)
    halved = {**arrays, "with_gravity.separation": 0.5 * arrays["with_gravity.separation"]}
    before, after = (
        draw_histories(Histories.from_arrays(a), samples, transient.summary)[0].png
        for a in (arrays, halved)
    )
    assert before != after


def test_histories_read_back(transient):
    before = Histories.of(transient.findings)
    after = Histories.from_arrays({**before.arrays(), "plane.s": np.zeros(2)})
    assert before.with_gravity.keys() == after.with_gravity.keys()
    np.testing.assert_array_equal(
        after.without_gravity["separation"], before.without_gravity["separation"]
    )
    with pytest.raises(KeyError):
        Histories.from_arrays({"plane.s": np.zeros(2)})


# -- page --------------------------------------------------------------------------------------


def changed(run, **biases):
    summary = copy.deepcopy(run.summary)
    for path, value in biases.items():
        march, key = path.split("__")
        summary["evaluation"][march][key] = value
    return summary


def test_the_verdict_says_what_would_be_reported_and_why(transient):
    found = transient.summary["evaluation"]
    text = transient_verdict(transient.summary).finding
    for run in ("with_gravity", "without_gravity"):
        assert percent(abs(found[run]["D_bias"])) in text
        assert percent(abs(found[run]["S_T_bias"])) in text
    assert "The flow is fastest at " in transient_verdict(transient.summary).reason


@pytest.mark.parametrize(
    ("with_gravity", "without_gravity", "words"),
    [
        (-0.011, -0.0007, "D would be 1.1 % low"),
        (0.011, 0.0007, "D would be 1.1 % high"),
        (-0.011, -0.0007, "mostly because of convection"),
        (-0.011, -0.01, "because of the evaluation itself"),
    ],
)
def test_the_verdict_follows_the_numbers(transient, with_gravity, without_gravity, words):
    summary = changed(
        transient,
        with_gravity__D_bias=with_gravity,
        with_gravity__S_T_bias=with_gravity,
        without_gravity__D_bias=without_gravity,
        without_gravity__S_T_bias=without_gravity,
    )
    for run in ("with_gravity", "without_gravity"):
        for key in ("D_bias", "S_T_bias"):
            summary["numerical_error"][f"evaluation.{run}.{key}"] = 1e-4
    assert words in transient_verdict(summary).finding


def test_what_the_readings_do_by_themselves_is_said(transient):
    true = transient.summary["soret"]["true"]
    assert transient.summary["soret"]["reading_effect"] == 0.0
    assert "The readings alone" not in transient_verdict(transient.summary).reason
    summary = copy.deepcopy(transient.summary)
    summary["soret"] |= {"fluid": true / 0.9, "reading_effect": -0.1}
    said = transient_verdict(summary)
    assert "The readings alone make S_T 10 % low in the steady state" in said.reason
    assert any(fact.note.startswith("these readings at rest have") for fact in said.facts)


@pytest.mark.parametrize(
    ("bound", "words", "unsure"),
    [
        (0.001, "mostly because of convection", False),
        (0.02, "within the numerical error, so that no cause can be named", False),
        (None, "mostly because of convection", True),
    ],
)
def test_the_verdict_names_no_cause_within_the_numerical_error(transient, bound, words, unsure):
    summary = changed(
        transient,
        with_gravity__D_bias=-0.011,
        with_gravity__S_T_bias=-0.011,
        without_gravity__D_bias=-0.0007,
        without_gravity__S_T_bias=-0.0007,
    )
    summary["numerical_error"] = {"reason": "not requested"} if bound is None else {"method": "two"}
    for run in ("with_gravity", "without_gravity") if bound else ():
        for key in ("D_bias", "S_T_bias"):
            summary["numerical_error"][f"evaluation.{run}.{key}"] = bound
    finding = transient_verdict(summary).finding
    assert words in finding
    assert ("without an estimate of the numerical error" in finding) == unsure


@pytest.mark.parametrize("kind", ["transient", "heated_in_time", "relaxing", "unsettled"])
def test_the_page_is_whole(kind, request):
    run = request.getfixturevalue(kind)
    page = run_page(run.summary, IN_TIME, 'title = "x"\n', pictures_of(run))
    text, html = page.markdown(), re.sub('base64,[^"]*"', "", page.html())
    for shown in (text, html):
        assert "None" not in shown
        assert not re.search(r"\bnan\b", shown)
    titles = [table.title for table in tables(run.summary)]
    assert titles[:2] == ["Evaluation for D and S_T", "Course of the run"]
    assert "Balances of the whole run" in titles
    assert all(f"### {title}" in text for title in titles)
    assert "**D evaluated**" in text


def test_balances_are_met(transient):
    table = next(t for t in tables(transient.summary) if t.title.startswith("Balances"))
    met = {row[0]: row[-1] for row in table.rows}
    assert met["heat stored equals heat in less heat out"] == "yes"
    assert met["species stored equal species in less species out"] == "yes"


# -- folder ------------------------------------------------------------------------------------


def test_the_report_from_files_alone_is_identical(transient, shared_tmp, comm):
    path = shared_tmp / "run"
    with begin_run(path, comm, {"kind": "transient"}) as folder:
        if comm.rank == 0:
            (folder.staged / "case.resolved.toml").write_text('title = "x"\n')
        started = datetime(2026, 1, 1, tzinfo=UTC)
        write_results(
            folder,
            "transient",
            {"summary.json": transient.summary},
            case='title = "x"\n',
            record=transient_record(transient.findings, comm, started=started),
            arrays={
                **samples_of(transient).arrays(),
                **Histories.of(transient.findings).arrays(),
            },
        )
    comm.barrier()

    def contents():
        return {p.relative_to(path): p.read_bytes() for p in path.rglob("*") if p.is_file()}

    before = contents()
    names = {file.name for file in (path / "figures").iterdir()}
    assert {"separation.png", "transfer.png", "steps.png", "composition.png"} <= names
    assert json.loads((path / "summary.json").read_text()) == transient.summary
    record = json.loads((path / "run.json").read_text())
    assert record["marches"]["with gravity"]["steps"] == len(transient.findings.with_gravity.rows)
    assert record["petsc_options"]["pc_type"] == "lu"
    comm.barrier()
    if comm.rank == 0:
        for file in (*(path / "figures").iterdir(), path / "report.md", path / "report.html"):
            file.unlink()
        rewrite_page(path)
    comm.barrier()
    assert contents() == before


# -- resolution at all times -------------------------------------------------------------------


def test_the_worst_time_counts_not_the_last(transient):
    marched, found = transient.findings.with_gravity, transient.summary["resolution"]["in_time"]
    for field in ("composition", "temperature", "velocity"):
        column = [row[f"missed.{field}"] for row in marched.rows]
        assert found[field]["missed"] in column
        assert found[field]["t"] in [row["t"] for row in marched.rows]
    # Jumps of the walls make layers that no mesh holds: they are in the history, and do not count.
    assert max(row["missed.temperature"] for row in marched.rows) > 0.03
    assert found["temperature"]["missed"] < 0.03


def test_a_mesh_that_was_too_coarse_on_the_way_is_warned_of(transient):
    summary, worst = copy.deepcopy(transient.summary), {"missed": 0.2, "limit": 0.03, "t": 60.0}
    summary["resolution"]["in_time"]["temperature"] = worst
    (warning,) = (w for w in worst_time_warnings(summary) if "temperature" in w)
    assert "during the run: at 60 s" in warning
    assert "missed 20 % of the range of the temperature (allowed: 3.0 %)" in warning
    worst["missed"] = 0.02
    assert not [w for w in worst_time_warnings(summary) if "temperature" in w]


def test_a_record_is_beside_the_history(transient):
    """Noise of half a percent changes D by less than three of its uncertainties, and is named."""
    (record,) = transient.summary["records"].values()
    (fit,) = record["evaluation"]
    history = transient.summary["evaluation"]["with_gravity"]
    assert fit["D_of_history"] == history["D"]
    assert 0.0 < abs(fit["D_shift"]) < 3.0 * fit["D_fit_uncertainty"]
    assert 0.0 < abs(fit["S_T_shift"]) < 3.0 * fit["S_T_fit_uncertainty"]
    assert record["columns"][0]["noise"] == pytest.approx(0.005, rel=1e-12)
    by_title = {table.title: table for table in tables(transient.summary)}
    (row,) = by_title["Evaluation of the records"].rows
    assert row[0] == "record"
    assert "(" in row[1]  # the uncertainty of the fit
    assert "Virtual instruments" in by_title
    (picture,) = draw_records(arrays_of_records(transient.findings.records), transient.summary)
    assert "fitted" in picture.caption


def test_a_column_is_no_layer_at_rest(column_marched, transient):
    """Tables of a column on two readings across it say that no column is evaluated like this."""
    made = {table.title: table for table in tables(column_marched.summary)}
    for title in ("Soret coefficient of the last readings", "Evaluation for D and S_T"):
        assert title not in made
        marked = made[f"{title}, if the cell were a layer at rest"]
        assert "the slope between its ports" in marked.note
    assert not any("layer at rest" in table.title for table in tables(transient.summary))
