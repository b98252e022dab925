"""What a report says of stability: words that rest on what was found."""

from __future__ import annotations

from test_page import changed

from femsoret.report.contents import run_page
from femsoret.report.tables.headline import headline
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.words.stability import departure_clause, lasts, stability_sentence
from femsoret.report.words.warnings import stability_warnings

GROWS = {
    "stability__verdict": "unstable",
    "stability__reason": "a stationary mode grows, also at higher order",
    "stability__growth_rate": 0.05,
    "stability__frequency": 0.0,
}


def words(summary):
    found = steady_verdict(summary)
    return f"{found.finding} {found.reason} " + " ".join(fact.label for fact in found.facts)


def cells(summary):
    """Return label -> text of the table on a terminal."""
    return dict(headline([summary]).rows)


def test_a_state_that_lasts_is_what_the_cell_would_report(physical):
    assert physical.summary["stability"]["verdict"] in ("stable", "no growth found")
    assert physical.summary["stability"]["one_state"] is True
    assert "would report S_T" in words(physical.summary)
    assert stability_sentence(physical.summary) in steady_verdict(physical.summary).reason
    assert stability_warnings(physical.summary) == ()


def test_no_cell_would_report_an_unstable_state(physical):
    summary = changed(physical, **GROWS)
    assert not lasts(summary)
    text = words(summary)
    assert "This cell would report S_T =" not in text
    assert "S_T reported" not in text
    assert "unstable: the real cell will not show this" in text
    assert "growth rate found 0.05 1/s, e-fold in 20 s" in text
    assert "add a table [time]" in text
    (warning,) = stability_warnings(summary)
    assert "add a table [time]" in warning


def test_a_terminal_shows_no_bias_of_an_unstable_state(physical):
    assert cells(physical.summary)["bias"] != "–"
    shown = cells(changed(physical, **GROWS))
    assert {shown[label] for label in ("bias", "S_T apparent (1/K)", "error (1/K)")} == {"–"}
    assert shown["S_T true (1/K)"] != "–"
    assert shown["stability"] == "unstable"


def test_an_unstable_pure_fluid(heated):
    text = words(changed(heated, **GROWS))
    assert "unstable" in text
    assert "α/L²" in text
    assert "times as much heat passes" not in text


def test_two_solves_of_different_states_say_nothing_of_the_cell(square):
    summary = changed(square, stability__one_state=False)
    assert not lasts(summary)
    assert "different branches" in words(summary)
    assert "This cell would report S_T =" not in words(summary)
    assert any("different branches" in warning for warning in stability_warnings(summary))


def test_what_was_sought_in_vain_is_not_called_stable(square):
    summary = changed(
        square,
        stability__verdict="no growth found",
        stability__reason="no growing mode was found among 5 plane modes",
        stability__shifts=[[0.0017, 0.0], [0.02, 0.5]],
    )
    sentence = stability_sentence(summary)
    assert sentence == (
        "No growing mode was found among 5 plane modes (sought near 1.7×10⁻³, 0.02 ± 0.5i α/L²)."
    )
    assert " stable" not in sentence


def test_what_was_not_looked_at_warns_where_something_speaks_for_growth(physical):
    entries = {"stability__verdict": "not looked at", "stability__reason": "it is too large"}
    assert "stability of the steady state is unknown: it is too large" in words(
        changed(physical, **entries)
    )
    assert stability_warnings(changed(physical, **entries)) == ()
    (warning,) = stability_warnings(changed(physical, **entries, stability__suspected=True))
    assert "is unknown" in warning


def test_a_cell_with_two_states_shows_that_of_the_uniform_liquid(two_states):
    start = two_states.summary["stability"]["uniform_start"]
    assert start["reached"] == "another state"
    assert start["separated"]["bias"] > 0.5 * two_states.summary["soret"]["bias"]
    assert any("two steady states" in each for each in stability_warnings(two_states.summary))


def test_a_flow_that_grows_slowly_warns_where_it_has_a_bias(physical):
    slow = {"stability__slow": True, "stability__verdict": "no growth found"}
    assert stability_warnings(changed(physical, **slow, soret__bias=-0.002)) == ()
    (warning,) = stability_warnings(changed(physical, **slow, soret__bias=-0.12))
    assert "grows slowly from rest" in warning
    uncertain = {"numerical_error__soret.bias": 0.2}
    assert stability_warnings(changed(physical, **slow, **uncertain, soret__bias=-0.12)) == ()
    stable = changed(physical, stability__verdict="no growth found", soret__bias=-0.12)
    assert stability_warnings(stable) == ()


def test_the_page_has_a_table_of_it_and_older_runs_have_none(physical):
    from test_page import RUN

    page = run_page(physical.summary, RUN, "", ())
    assert "Stability" in [table.title for table in page.results]
    older = changed(physical)
    del older["stability"]
    page = run_page(older, RUN, "", ())
    assert "Stability" not in [table.title for table in page.results]
    assert "would report S_T" in page.verdict.finding


def test_a_state_that_was_found_from_an_unstable_one_is_said_with_its_rolls(departed):
    assert departed.summary["rolls"] == 1
    assert departed.summary["stability"]["departure"]["found"] is True
    assert departed.summary["stability"]["one_state"] is True
    assert departure_clause(departed.summary) in stability_warnings(departed.summary)
    assert "of 1 roll side by side" in steady_verdict(departed.summary).reason


def test_older_runs_know_nothing_of_that(departed):
    stability = {k: v for k, v in departed.summary["stability"].items() if k != "departure"}
    older = {**departed.summary, "stability": stability}
    assert departure_clause(older) == ""
    assert stability_sentence(older) in stability_sentence(departed.summary)


TWO = {
    "reached": "another state",
    "reason": "followed in time, it settles there",
    "peclet": 968.0,
    "relaxation_times": 25.0,
    "separated": {"apparent": 3.04e-3, "bias": -0.041, "peclet": 2.7},
}


def test_a_cell_with_two_states_says_how_the_run_begins(physical):
    summary = changed(physical, stability__uniform_start=TWO)
    assert lasts(summary)
    finding = steady_verdict(summary).finding
    assert finding.startswith(steady_verdict(physical.summary).finding)
    assert "for a liquid that is uniform at first" in finding
    assert "stays in another, with S_T = 3.040×10⁻³ 1/K, 4.1 % low" in finding
    (warning,) = stability_warnings(summary)
    assert "two steady states" in warning
    assert "4.1 % low" in warning


def test_a_state_that_no_uniform_liquid_reaches_is_not_what_the_cell_reports(physical):
    missed = {
        **TWO,
        "reached": "no steady state",
        "reason": "it has not settled",
        "separated": None,
    }
    summary = changed(physical, stability__uniform_start=missed)
    assert not lasts(summary)
    assert "This cell would report S_T =" not in words(summary)
    assert "it has not settled" in words(summary)
    assert len(stability_warnings(summary)) == 1


def test_what_was_not_followed_is_said(physical):
    unseen = {**TWO, "reached": "not looked at", "reason": "the cell is too large"}
    summary = changed(physical, stability__uniform_start={**unseen, "separated": None})
    assert "is unknown: the cell is too large" in words(summary)
    assert stability_warnings(summary) == ()
    same = {**unseen, "reached": "this state", "separated": None}
    assert words(changed(physical, stability__uniform_start=same)) == words(physical.summary)
