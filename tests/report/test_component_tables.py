"""The page of a run with three components."""

from __future__ import annotations

import pytest

from femsoret.io.sweep_folder import flat
from femsoret.report.tables.headline import headline
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.words.definitions import CROSS_DIFFUSION, IN_TIME, OF_SEVERAL, STEADY, terms_of
from femsoret.report.words.numbers import NONE, percent, plain


def table_of(summary, title):
    (found,) = (table for table in tables(summary) if table.title == title)
    return found


def test_the_last_component_is_shown_beside_the_others(ternary):
    rows = ternary.summary["soret"]["components"]
    assert [row["component"] for row in rows] == ["a", "b", "the rest"]
    for key in ("true", "apparent", "thermodiffusion", "thermodiffusion_apparent"):
        total = sum(row[key] for row in rows)
        assert total == pytest.approx(0.0, abs=1e-12 * max(abs(row[key]) for row in rows)), key
    assert sum(row["c"] for row in rows) == pytest.approx(1.0)
    each = ternary.summary["soret"]["each"]
    assert [row["apparent"] for row in rows[:2]] == [one["apparent"] for one in each]
    table = table_of(ternary.summary, "Coefficients of all components")
    assert [row[0] for row in table.rows] == ["a", "b", "the rest"]


def test_frame_invariant_coefficients_are_those_of_the_readings(ternary):
    rows = {row["component"]: row for row in ternary.summary["soret"]["components"]}
    for kind, invariant in (("true", "invariant"), ("apparent", "invariant_apparent")):
        a, rest = (rows[name][kind] / rows[name]["c"] for name in ("a", "the rest"))
        assert rows["a"][invariant]["the rest"] == pytest.approx(a - rest, rel=1e-12)
        assert rows["a"][invariant]["a"] == 0.0


def test_the_uncertainty_of_each_bias_is_shown(ternary):
    each = ternary.summary["data_uncertainty"]["each"]
    assert [one["species"] for one in each] == ["a", "b"]
    assert each[0]["bias"] == ternary.summary["data_uncertainty"]["bias"]
    assert each[0]["bias"] != pytest.approx(each[1]["bias"], rel=1e-3)
    table = table_of(ternary.summary, "Soret coefficients of all components")
    assert "%" in table.rows[1][-1]
    shown = table_of(ternary.summary, "Uncertainty of the bias from the fluid data")
    assert any(row[0] == "diffusion of a by b" for row in shown.rows)
    assert "(b)" in steady_verdict(ternary.summary).finding


def test_the_headline_has_a_line_for_each_component(ternary):
    rows = dict(headline([ternary.summary]).rows)
    each = ternary.summary["soret"]["each"]
    expected = [f"{one['species']}: {percent(one['bias'])}" for one in each]
    assert rows["bias"].split("\n") == expected
    errors = ternary.summary["numerical_error"]
    assert f"b: {percent(errors['soret.each.b.bias'])}" in rows["  numerical error of the bias"]


def test_the_headline_of_an_unstable_state_has_the_true_coefficient_of_each(ternary):
    summary = ternary.summary
    unstable = {**summary, "stability": {**summary["stability"], "verdict": "unstable"}}
    rows = dict(headline([unstable]).rows)
    each = [f"{one['species']}: {plain(one['true'])}" for one in summary["soret"]["each"]]
    assert rows["S_T true (1/K)"].split("\n") == each
    assert rows["bias"] == rows["S_T apparent (1/K)"] == NONE


def test_a_sweep_has_columns_for_each_component(ternary, physical):
    numbers = flat(ternary.summary)
    each = ternary.summary["soret"]["each"]
    assert [numbers[f"soret.each.{one['species']}.bias"] for one in each] == [
        one["bias"] for one in each
    ]
    assert "soret.components.the rest.apparent" in numbers
    assert not any(".each." in name for name in flat(physical.summary))


def test_separations_of_all_components_have_a_table(ternary, physical):
    title = "Separations of all components"
    rows = table_of(ternary.summary, title).rows
    each = ternary.summary["separation"]["each"]
    assert [row[0] for row in rows] == ["a", "b"]
    assert [row[1] for row in rows] == [plain(of["value"], 6) for of in each]
    for row, of in zip(rows, each, strict=True):
        hot, cold = (float(cell.replace("−", "-")) for cell in row[-2:])
        assert cold - hot == pytest.approx(of["value"], abs=2e-8)
    assert title not in [table.title for table in tables(physical.summary)]


def test_definitions_are_those_of_several_components(ternary, physical):
    several, one = (dict(terms_of(solved.summary, in_time=False)) for solved in (ternary, physical))
    assert several.keys() == one.keys()
    assert "Φ" in one["S_T apparent"]
    assert "Φ" not in several["S_T apparent"]
    assert "norm" in several["bias"]
    psi = next(row for row in table_of(ternary.summary, "Dimensionless groups").rows if "ψ" in row)
    assert "Σ β_c,i S'_T,i/β_T" in psi[-1]
    # The definition is that of the number: beta_c (0.25, 0.1), S'_T (1.2e-3, -3e-4), beta_T 8.5e-4.
    assert ternary.summary["groups"]["psi"] == pytest.approx(
        (0.25 * 1.2e-3 - 0.1 * 3e-4) / 8.5e-4, rel=1e-9
    )


def test_every_changed_definition_is_one_of_a_term_that_exists():
    terms = dict((*STEADY, *IN_TIME))
    assert {*OF_SEVERAL, *CROSS_DIFFUSION} <= terms.keys()
