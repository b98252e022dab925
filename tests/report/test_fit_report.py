"""What is said of a fit, in words, tables, figures and files."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from fitted import NOISE, SORET, TILT, bad, course, data, estimate, good, undetermined
from report_cases import from_data

from femsoret.io.files import as_json
from femsoret.io.folder import begin_run
from femsoret.io.residuals import residuals_csv
from femsoret.report.figures.fit import fit_arrays, fit_pictures
from femsoret.report.folder import rewrite_page, write_results
from femsoret.report.summary.fit import DataOrigin, FitSummary, fit_summary
from femsoret.report.summary.head import RunContext
from femsoret.report.tables.fit import fit_tables
from femsoret.report.verdicts.fit import fit_verdict, main_cause
from femsoret.report.words.fitted import difference_text, interval_text, main_unknown
from femsoret.studies.fit.estimate import Direction, Interval
from femsoret.studies.fit.fit import FitFindings
from femsoret.studies.fit.profile import Profile
from femsoret.studies.fit.unknowns import Prior

ORIGIN = DataOrigin("first", "/data/first.csv", False, 6000.0, 5000.0, {"gravity.tilt": "1 deg"})


@pytest.fixture(scope="module")
def experiment():
    return from_data()


@pytest.fixture
def told(experiment):
    """Return the summary of findings, as it is read back from its file."""

    def summary(findings: FitFindings):
        content = fit_summary(
            findings, experiment, [ORIGIN], {"separation": ""}, RunContext("SI", 3.0, 90.0)
        )
        return json.loads(as_json(content))

    return summary


def table(summary, title):
    (found,) = [each for each in fit_tables(summary) if each.title == title]
    return found


# -- the headline ------------------------------------------------------------------------------


def test_a_good_fit_says_value_interval_and_cause(told):
    verdict = fit_verdict(told(good()))
    # The interval joins 1.96 x 1e-5 with 1.96 x sqrt(1e-5^2 + 0.5e-5^2).
    assert "S_T = (3.200 ± 0.030)×10⁻³ 1/K (95 %)" in verdict.finding
    assert "gives 3.0 % less, because of the flow for the most part" in verdict.finding
    assert "within the interval" not in verdict.finding
    assert "The model describes the data" in verdict.reason
    assert "(p = 0.4)" in verdict.reason
    assert "of some unknowns the data tell less" in verdict.reason.lower()


def test_the_other_direction_is_said(told):
    findings = good()
    raised = estimate((SORET,), [3.296e-3], [0.9e-5], 1.03)
    verdict = fit_verdict(told(replace(findings, naive=raised, explanations={})))
    assert "gives 3.0 % more." in verdict.finding


def test_negative_coefficients(told):
    findings = good()
    turned = replace(
        findings,
        corrected=estimate((SORET, TILT), [-3.2e-3, 0.3], [1e-5, 0.1]),
        naive=estimate((SORET,), [-3.104e-3], [0.9e-5]),
        explanations={},
    )
    verdict = fit_verdict(told(turned))
    assert "S_T = (−3.200 ± 0.030)×10⁻³ 1/K" in verdict.finding
    assert "gives 3.0 % less." in verdict.finding


def test_a_naive_value_within_the_interval_is_said_to_be(told):
    near = estimate((SORET,), [3.19e-3], [0.9e-5])
    verdict = fit_verdict(told(replace(good(), naive=near, explanations={})))
    assert "within the interval" in verdict.finding


def test_a_bad_naive_fit_is_said(told):
    wrong = estimate((SORET,), [3.104e-3], [0.9e-5], p_value=1e-9, intervals=(None,))
    summary = told(replace(good(), naive=wrong))
    assert "it does not describe the data" in fit_verdict(summary).finding
    assert summary["unknowns"][0]["naive"]["low"] is None
    (row, _) = table(summary, "Naive and corrected").rows
    assert "±" not in row[2]


def test_a_bad_fit_claims_no_interval(told):
    summary = told(bad())
    verdict = fit_verdict(summary)
    assert verdict.finding.startswith("The model does not describe the data")
    assert "no interval of S_T is claimed" in verdict.finding
    assert "does not describe the data: chi²" in verdict.reason
    said = [verdict.finding, *(fact.value for fact in verdict.facts)]
    said += [row[3] for row in table(summary, "Naive and corrected").rows]
    assert not any("±" in text for text in said)


def test_what_is_not_determined_has_no_interval(told):
    verdict = fit_verdict(told(undetermined()))
    assert "The data do not determine S_T" in verdict.finding
    assert "cannot tell S_T and tilt apart" in verdict.finding
    assert "an inclinometer" in verdict.finding
    assert "±" not in verdict.facts[0].value


def test_a_fit_that_did_not_converge_claims_nothing(told):
    corrected = estimate((SORET, TILT), [3.2e-3, 0.3], [1e-5, 0.1], converged=False)
    summary = told(replace(good(), corrected=corrected))
    assert "did not converge" in fit_verdict(summary).finding
    assert summary["unknowns"][0]["corrected"]["low"] is None
    assert summary["unknowns"][0]["corrected"]["expanded_low"] is None


def test_unknown_noise_tests_nothing(told):
    corrected = estimate((SORET, TILT), [3.2e-3, 0.3], [1e-5, 0.1], p_value=None, dof=0.0)
    verdict = fit_verdict(told(replace(good(), corrected=corrected)))
    assert "nothing tests whether the model describes the data" in verdict.reason
    assert "p =" not in verdict.reason


def test_what_is_not_determined_is_said_where_a_fit_did_not_converge(told):
    lost = Direction(0.0, {"D": 1.0}, True, "Neither the data nor a prior determine D.", "A run.")
    corrected = replace(bad().corrected, converged=False, directions=(lost,))
    verdict = fit_verdict(told(replace(bad(), corrected=corrected)))
    assert "did not converge" in verdict.finding
    assert verdict.finding.endswith("Neither the data nor a prior determine D. A run.")
    assert "does not describe" not in verdict.reason  # it may, at values that were not found
    assert "says nothing yet" in verdict.reason


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.192, "60 times"), (-3.2e-3, "−1 times"), (3.5e-3, ""), (2.0e-3, "")],
)
def test_values_of_another_size_than_those_of_the_case_are_told(told, value, said):
    """Hours that are minutes make a coefficient 60 times as large, and nothing else strange."""
    soret = replace(SORET, prior=Prior(3.2e-3))
    corrected = estimate((soret, TILT), [value, 0.3], [1e-5, 0.1])
    reason = fit_verdict(told(replace(good(), corrected=corrected))).reason
    assert (said in reason) if said else ("that the case states" not in reason)
    known = replace(SORET, prior=Prior(3.2e-3, 1e-4))
    corrected = replace(corrected, unknowns=(known, TILT))
    reason = fit_verdict(told(replace(good(), corrected=corrected))).reason
    assert "that the case states" not in reason


def test_a_profile_below_the_values_found_is_told(told):
    x = np.array([3.0e-3, 3.1e-3, 3.2e-3, 3.3e-3])
    for least, said in ((-5.9, True), (-0.3, False)):
        profile = Profile("S_T", x, np.array([np.nan, least, 0.0, 1.2]), np.array([4.0, 1, 0, 1]))
        reason = fit_verdict(told(replace(good(), profiles={"S_T": profile}))).reason
        assert ("3.100×10⁻³ 1/K explains the data better" in reason) is said, reason
        assert ("by 5.9 of chi²" in reason) is said
        assert ("time.tolerance" in reason) is said


def test_steady_readings_have_no_time_steps_to_blame(told):
    profile = Profile("S_T", np.array([3.1e-3, 3.2e-3]), np.array([-5.9, 0.0]), np.array([1.0, 0]))
    content = told(replace(good(), profiles={"S_T": profile}))
    for series in content["series"]:
        series["begin"] = series["end"] = None
    reason = fit_verdict(content).reason
    assert "the minimum was missed." in reason
    assert "time.tolerance" not in reason


def test_a_robust_fit_says_how_many_values_are_outliers(told):
    series = good().corrected.series[0]
    values = series.values.copy()
    values[[3, 9]] += 50.0 * NOISE
    corrected = replace(
        good().corrected, robust=True, p_value=None, series=(replace(series, values=values),)
    )
    reason = fit_verdict(told(replace(good(), corrected=corrected))).reason
    assert f"2 of {len(values)} values are more than three standard uncertainties away" in reason
    assert "chi²" not in reason
    assert "estimated from the residuals" not in reason


def test_noise_that_is_stated_too_large_is_said(told):
    found = [
        fit_verdict(told(replace(good(), corrected=replace(good().corrected, p_value=p)))).reason
        for p in (0.9995, 0.998)
    ]
    assert "smaller than noise of the stated size" in found[0]
    assert "(by chance with a probability of 5×10⁻⁴)" in found[0]
    assert "stated size" not in found[1]


def test_no_share_is_told_of_a_value_that_may_be_zero(told):
    corrected = estimate((SORET, TILT), [0.1e-3, 0.3], [1e-4, 0.1])
    said = fit_verdict(told(replace(good(), corrected=corrected))).finding
    assert "as laboratories evaluate, differs by 3.0×10⁻³ 1/K" in said
    assert "% more" not in said


def test_table_and_headline_agree_on_what_may_be_zero(told):
    """The interval with all contributions counts, as it is the one that is claimed."""
    content = told(good())
    unknown = main_unknown(content)
    unknown["corrected"] |= {"expanded_low": -1e-4, "expanded_high": 6e-3}
    assert unknown["corrected"]["low"] > 0.0
    assert difference_text(unknown).endswith("1/K")
    assert "differs by" in fit_verdict(content).finding
    unknown["corrected"] |= {"expanded_low": 1e-4}
    assert difference_text(unknown).endswith("%")


def test_correlated_residuals_are_said(told):
    findings = good()
    (series,) = findings.corrected.series
    alike = replace(findings.corrected, series=(replace(series, neighbours=0.9),))
    summary = told(replace(findings, corrected=alike))
    assert "alike beyond chance" in fit_verdict(summary).reason
    assert summary["series"][0]["correlated"]


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ({"flow": -9.6e-5}, "the flow"),
        ({"flow": -9e-5, "series": -0.6e-5}, "the flow"),
        ({"flow": -6e-5, "series": -3.6e-5}, "the flow for the most part"),
        (
            {"flow": 9e-5, "series": -18.6e-5},
            "what the series leaves out even at rest for the most part",
        ),
        ({"flow": -4e-5, "series": -3e-5, "noise": -2.6e-5}, ""),
        ({}, ""),
    ],
)
def test_a_cause_is_named_if_it_makes_most_of_it(effects, said):
    causes = [{"kind": kind, "name": "", "effect": e} for kind, e in effects.items()]
    unknown = {"explanation": {"difference": sum(effects.values()), "causes": causes}}
    assert main_cause(unknown) == said


# -- intervals ---------------------------------------------------------------------------------


def test_intervals_join_what_the_budget_has_beyond_noise_and_priors(told):
    value = told(good())["unknowns"][0]["corrected"]
    beyond = 1.959964 * math.hypot(1e-5, 0.5e-5)
    half = math.hypot(1.96e-5, beyond)
    assert value["low"] == pytest.approx(3.2e-3 - 1.96e-5, rel=1e-12)
    assert value["expanded_low"] == pytest.approx(3.2e-3 - half, rel=1e-12)
    assert value["expanded_high"] == pytest.approx(3.2e-3 + half, rel=1e-12)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.1, 0.5), "0.30 ± 0.20°"),
        (Interval(0.2, 0.9), "0.3000 (0.20 to 0.90)°"),
        (Interval(0.0, 0.9, at_bound=True), "below 0.900°"),
        (None, "0.3000°"),
    ],
)
def test_intervals_in_words(told, interval, text):
    findings = good()
    corrected = replace(findings.corrected, intervals=(None, interval))
    tilt = told(replace(findings, corrected=corrected))["unknowns"][1]
    assert interval_text(tilt, tilt["corrected"]) == text


# -- tables and figures ------------------------------------------------------------------------


def test_naive_and_corrected_stand_side_by_side(told):
    soret, tilt = table(told(good()), "Naive and corrected").rows
    assert soret[0] == "S_T"
    assert soret[1].startswith("nothing")
    assert soret[2] == "(3.104 ± 0.018)×10⁻³ 1/K"
    assert soret[3] == "(3.200 ± 0.030)×10⁻³ 1/K"
    assert soret[4] == "−3.0 %"
    assert tilt[:3] == ("tilt", "0.0 ± 0.5°", "–")


def test_causes_add_up(told):
    *causes, total = table(told(good()), "What makes the difference").rows
    assert [row[1] for row in causes] == ["the flow", "the tilt", "causes acting together"]
    assert total[1:] == ("naive − corrected", "−9.6×10⁻⁵ 1/K", "−3.0 %")


def test_the_budget_says_what_it_lacks(told):
    budget = table(told(good()), "Uncertainty budget")
    assert budget.rows[0][:3] == ("S_T", "fluid data, viscosity", "1.0×10⁻⁵ 1/K")
    assert budget.rows[-1][:3] == ("S_T", "standard uncertainty", "1.5×10⁻⁵ 1/K")
    assert "no uncertainty: solutal expansion" in budget.note
    shares = [float(row[3].removesuffix(" %")) for row in budget.rows[:-1]]
    assert sum(shares) == pytest.approx(100.0, abs=1.0)


def test_the_run_is_longer_than_that_of_the_case(told):
    (row,) = table(told(good()), "Data sets").rows
    assert row[2] == "1.67 h, longer than the 83.3 min of the case"
    assert row[3] == "gravity.tilt = 1 deg"


def test_figures(told):
    findings = good()
    pictures = fit_pictures(fit_arrays(findings), told(findings))
    assert [picture.name for picture in pictures] == ["data_0", "causes", "profiles", "correlation"]
    assert "The parabola lies for tilt" in pictures[2].caption
    poor = bad()
    names = [picture.name for picture in fit_pictures(fit_arrays(poor), told(poor))]
    assert names == ["data_0", "correlation"]


def test_steady_data_have_no_times(told):
    findings = good()
    (series,) = findings.corrected.series
    steady = replace(series, times=np.zeros(0))
    findings = replace(findings, corrected=replace(findings.corrected, series=(steady,)))
    summary = told(findings)
    assert summary["series"][0]["begin"] is None
    assert len(fit_pictures(fit_arrays(findings), summary)) == 4
    assert table(summary, "The data beside the model").rows[0][4] == "steady states"
    rows = list(csv.reader(residuals_csv(findings, "SI").decode().splitlines()[11:]))
    assert {row[3] for row in rows[1:]} == {""}


# -- files -------------------------------------------------------------------------------------


def test_residuals():
    lines = [line for line in residuals_csv(good(), "SI").decode().splitlines() if line[0] != "#"]
    rows = list(csv.DictReader(lines))
    (series,) = data().series
    assert len(rows) == len(series.values)
    for row, value, curve in zip(rows, series.values, course(0.97), strict=True):
        assert float(row["residual"]) == pytest.approx(
            (value - float(row["corrected"])) / NOISE, rel=1e-9
        )
        assert float(row["naive_residual"]) == pytest.approx((value - curve) / NOISE, rel=1e-9)


def test_without_a_naive_curve_its_cells_are_empty():
    lines = [line for line in residuals_csv(bad(), "SI").decode().splitlines() if line[0] != "#"]
    assert {(row["naive"], row["naive_residual"]) for row in csv.DictReader(lines)} == {("", "")}


@pytest.mark.parametrize("findings", [good(), bad(), undetermined()])
def test_summaries_have_the_layout(told, findings):
    content = told(findings)
    again = FitSummary.model_validate(content).model_dump(by_alias=True, exclude_unset=True)
    assert json.loads(as_json(again)) == content


def test_units_by_groups(experiment):
    content = fit_summary(good(), experiment, [ORIGIN], {"separation": ""}, RunContext("groups"))
    assert content["unknowns"][0]["unit"] == "1/dT"
    assert "1/ΔT" in fit_verdict(content).finding


@pytest.mark.parametrize("findings", [good(), bad(), undetermined()])
def test_the_page_is_made_again_from_the_files(told, shared_tmp, comm, findings):
    path = shared_tmp / "fit"
    with begin_run(path, comm, {"kind": "fit"}) as folder:
        if comm.rank == 0:
            (folder.staged / "case.resolved.toml").write_text('title = "x"\n')
        write_results(
            folder,
            "fit",
            {"summary.json": told(findings)},
            case='title = "x"\n',
            record={
                "versions": {"femsoret": "0"},
                "ranks": 1,
                "started": "",
                "command": ["femsoret"],
                "petsc_options": {},
                "solves": {},
            },
            arrays=fit_arrays(findings),
        )
    comm.barrier()
    if comm.rank == 0:
        before = (path / "report.html").read_text()
        assert "Naive and corrected" in before
        rewrite_page(path)
        assert (path / "report.html").read_text() == before
    comm.barrier()
