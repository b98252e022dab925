"""Runs that have no S_T, or no D, to report: results all the same, and the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from report_cases import by_groups, from_data
from rich.console import Console

from femsoret.base.errors import CaseError
from femsoret.experiment import Pair
from femsoret.experiment.schedule import Schedule, relaxation_time
from femsoret.fluids.properties import Constant
from femsoret.post.readings import Point
from femsoret.report.contents import draw_fields, run_page
from femsoret.report.figures.samples import sample
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.report.tables.headline import headline, transient_headline
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.solve.march import MarchOptions
from femsoret.studies.audit.reported import check_auditable
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

PORTS = Pair("ports", Point((0.5, 0.8)), Point((0.5, 0.2)))
"""One above the other in a cell that is heated from its side."""


def column(gravity=1.0):
    return replace(by_groups(gravity=gravity), readings=PORTS)


def shown(table) -> str:
    console = Console(width=200, record=True, file=StringIO())
    console.print(table)
    return console.export_text()


@pytest.mark.parametrize(("gravity", "least"), [(0.0, 0.0), (1.0, 1e-3)])
def test_ports_at_one_temperature_have_a_separation_but_no_soret_coefficient(gravity, least):
    found = measure(column(gravity))
    content = summary(found, RunContext("groups"))
    assert content["soret"] is None
    assert "two readings have the same temperature" in content["soret_reason"]
    # Without flow the ports have one composition; convection parts them, as in a column.
    assert content["separation"]["without_gravity"] == pytest.approx(0.0, abs=1e-12)
    assert abs(content["separation"]["value"]) >= least
    assert content["numerical_error"]["separation"] < 1e-3
    assert "soret.bias" not in content["numerical_error"]
    text = steady_verdict(content).finding
    assert "reports no Soret coefficient, since the two readings have the same temperature" in text
    assert "apart in c" in text
    assert draw_fields(sample(found.solution), content)
    json.dumps(content, allow_nan=False)


def test_without_flow_the_regime_is_conduction_whatever_round_off_says():
    content = summary(measure(column(0.0)), RunContext("groups"))
    content["separation"] |= {"value": 4e-17, "without_gravity": -1e-17}
    verdict = steady_verdict(content)
    assert "Nothing flows" in verdict.reason
    assert ("regime", "conduction") in [(fact.label, fact.value) for fact in verdict.facts]


def test_a_fluid_without_a_soret_effect_separates_nothing():
    case = by_groups()
    mixture = case.mixture
    species = (replace(mixture.species[0], soret=Constant(0.0)),)
    found = measure(replace(case, mixture=replace(mixture, species=species)))
    text = steady_verdict(summary(found, RunContext("groups"))).finding
    # What is left is round-off, which the flow has not made.
    assert "no separation, with gravity or without" in text
    assert "because" not in text
    assert "The fluid has S_T = 0" in text


def test_an_audit_of_ports_at_one_temperature_is_refused():
    experiment = replace(from_data(), readings=Pair("p", Point((1e-3, 2e-3)), Point((7e-3, 2e-3))))
    with pytest.raises(CaseError, match="both readings have the same temperature"):
        check_auditable(experiment)
    check_auditable(replace(from_data(), readings=None))


def test_ports_at_one_place_of_the_gradient_are_not_evaluated_in_time():
    found = measure_in_time(column(), Schedule(end=1.0, march=MarchOptions(1e-2)))
    content = transient_summary(found, None, RunContext("groups"))
    assert content["soret"] is None
    assert "the two readings have the same temperature" in content["soret_reason"]
    assert "have the same position between" in content["evaluation"]["reason"]


@pytest.fixture(scope="module")
def quiet():
    """A cell in its steady state, which gravity of a thousandth hardly disturbs."""
    return measure_in_time(
        replace(by_groups(gravity=1e-3), title="Quiet"),
        Schedule(end=2.0, start="diffused", march=MarchOptions(1e-2)),
    )


def test_a_run_in_which_nothing_changes_is_not_evaluated(quiet):
    content = transient_summary(quiet, None, RunContext("groups"))
    reason = content["evaluation"]["reason"]
    assert "the separation changes by" in reason
    assert quiet.evaluations.of == {}
    assert set(quiet.evaluations.refused) == {"with_gravity", "without_gravity"}
    text = transient_verdict(content)
    assert "D and S_T are not evaluated: the separation changes by" in text.reason
    assert "D would be" not in text.finding + text.reason
    assert "Not evaluated: the separation changes by" in shown(
        transient_headline(content).for_terminal()
    )


def test_the_evaluation_knows_the_distance_of_the_walls_not_a_stated_gap(transient):
    run = transient.findings
    wrong = replace(run.experiment, gap=1.36 * run.experiment.orientation.gap)
    found = measure_in_time(wrong, run.schedule)
    assert found.evaluations.of["without_gravity"].D_bias == pytest.approx(
        run.evaluations.of["without_gravity"].D_bias, abs=1e-3
    )
    # What the gap does scale is tau: the same run is shorter in its units.
    tau, other = (relaxation_time(e.mixture, e.orientation.gap) for e in (wrong, run.experiment))
    assert tau == pytest.approx(1.36**2 * other)


@pytest.mark.parametrize("kind", ["physical", "square", "transient"])
def test_the_headline_and_the_page_say_where_the_cell_is_heated_from(kind, request):
    content = request.getfixturevalue(kind).summary
    words = {
        "square": "heated from the side; up is towards 'top'",
        "physical": "heated from above; up is towards 'top'",
        "transient": "heated from above; up is towards 'top'",
    }[kind]
    table = transient_headline(content) if kind == "transient" else headline([content])
    assert all(part in shown(table.for_terminal()) for part in words.split(" up "))
    run = {
        "started": "",
        "command": [],
        "ranks": 1,
        "versions": {"femsoret": "0"},
        "petsc_options": {},
        "solves": {},
    }
    assert f"| orientation | {words} |" in run_page(content, run, "", ()).markdown()
    frame = content["orientation"]
    assert frame["axis_from"] == "normals"
    assert frame["distance"] == pytest.approx(frame["gap"], rel=1e-12)
