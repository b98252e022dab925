"""Values given in a case: with an uncertainty and a source, or with an unknown one, never zero."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_texts import LIQUID

from femsoret.base.errors import CaseError
from femsoret.case import load_case, resolved_toml
from femsoret.fluids import load_fluid
from femsoret.fluids.sourced import FROM_CASE
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.tables.headline import headline
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.words.phrases import data_uncertainty_text, missing_uncertainties
from femsoret.solids import solid_of
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.uncertainty import BiasUncertainty, Contribution

TILTED = ["gravity.tilt=2", "fluid.overrides.thermal_expansion=7.86e-4"]


def soret_of(write, *changes):
    return load_case(write(LIQUID), list(changes)).fluid.fluid.soret


def test_a_value_with_an_uncertainty_and_a_source(write):
    entry = soret_of(
        write,
        "fluid.overrides.soret={value='3e-3 1/K', uncertainty='4 %', source='own measurement'}",
    )
    assert (entry.uncertainty, entry.source) == (pytest.approx(0.04), "own measurement")
    assert float(entry.value(300.0, 0.6)) == pytest.approx(3e-3, rel=1e-12)


def test_beside_the_kind_of_a_model_or_around_it(write):
    model = "kind='linear', value='3e-3 1/K', T_ref=295, slope_T=1e-5"
    for spec in (f"{{{model}, uncertainty=0.05}}", f"{{value={{{model}}}, uncertainty=0.05}}"):
        entry = soret_of(write, f"fluid.overrides.soret={spec}")
        assert (entry.uncertainty, entry.source) == (pytest.approx(0.05), FROM_CASE)
        assert float(entry.value(300.0, 0.6)) == pytest.approx(3.05e-3, rel=1e-12)


def test_a_bare_number_has_no_uncertainty_that_anyone_knows(write):
    assert soret_of(write, "fluid.overrides.soret=3e-3").uncertainty is None
    assert load_fluid("water-ethanol").soret.uncertainty == pytest.approx(0.04)
    given = {"value": 3e-3, "uncertainty": 0.1}
    assert load_fluid("water-ethanol").with_(soret=given).soret.uncertainty == pytest.approx(0.1)


def test_it_comes_back_from_the_resolved_case(write):
    given = "fluid.overrides.soret={value='3e-3 1/K', uncertainty='4 %', source='mine'}"
    case = load_case(write(LIQUID), [given])
    again = load_case(write(resolved_toml(case), "resolved.toml"))
    assert again.fluid.fluid.soret == case.fluid.fluid.soret


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "{value=3e-3, uncertainty=4}",
            "uncertainty = 4.*relative uncertainty of at least 0 and below 1",
        ),
        ("{value=3e-3, uncertainty=-0.1}", "uncertainty = -0.1"),
        ("{value=3e-3, uncertanty=0.1}", "keys value, uncertanty|'kind' is missing"),
        ("{value=3e-3, source=''}", "source = ''"),
        ("{uncertainty=0.1}", "a table with the keys uncertainty"),
    ],
)
def test_what_is_wrong_with_it(write, spec, said):
    with pytest.raises(CaseError, match=rf"(?s)\[fluid.overrides\] soret.*{said}"):
        load_case(write(LIQUID), [f"fluid.overrides.soret={spec}"])


def test_a_solid_of_the_case():
    glass = solid_of(
        "glass", conductivity={"value": 1.1, "uncertainty": 0.1}, density=2200, heat_capacity=800
    )
    assert glass.conductivity.uncertainty == pytest.approx(0.1)
    assert glass.density.uncertainty is None


def test_a_report_says_what_it_does_not_know(write, comm):
    """A tilted cell whose expansion is a bare number; then one of which nothing is known."""
    run = load_case(write(LIQUID), TILTED).build(comm)
    found = measure(run.experiment, with_numerical_error=False)
    content = summary(found, RunContext("SI"))
    assert content["data_uncertainty"]["unknown"] == ["thermal_expansion"]
    assert content["data_uncertainty"]["bias"] == pytest.approx(found.uncertainty.total)
    assert data_uncertainty_text(content).startswith("at least ")
    shown = dict(headline([content]).rows)
    assert shown["  from the fluid data"].startswith("at least ")
    said = steady_verdict(content)
    assert "and by more, since the uncertainty of thermal expansion is unknown" in said.reason
    (table,) = [t for t in tables(content) if t.title.startswith("Uncertainty of the bias")]
    (row,) = [row for row in table.rows if row[0] == "thermal expansion"]
    assert (row[1], row[3]) == ("unknown", "unknown")

    bare = tuple(replace(each, relative=None) for each in found.uncertainty.contributions)
    nothing = replace(found, uncertainties=(BiasUncertainty(bare),))
    content = summary(nothing, RunContext("SI"))
    assert content["data_uncertainty"]["bias"] is None
    assert data_uncertainty_text(content) == "unknown"
    assert "soret" in missing_uncertainties(content)
    text = steady_verdict(content).reason
    assert "0 %" not in text
    assert "is unknown" in text


def test_what_hardly_matters_is_not_asked_for():
    entries = (Contribution("density", None, 1e-4), Contribution("viscosity", 0.1, 1.0))
    assert BiasUncertainty(entries).unknown == ()
    assert BiasUncertainty((replace(entries[0], sensitivity=0.1), entries[1])).unknown == (
        "density",
    )
