"""Audits of a liquid of three components: a budget for each of them."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from ternary_files import SORET, D, fluid_text

import femsoret as fs
from femsoret.fluids import read_fluid
from femsoret.physics.closures import mixture_of
from femsoret.post.evaluation import Layer
from femsoret.report.summary.audit import audit_summary
from femsoret.report.summary.head import RunContext
from femsoret.report.tables.audit import audit_tables
from femsoret.report.verdicts.audit import audit_verdict
from femsoret.studies.audit.audit import AuditPlan, audit
from femsoret.studies.audit.causes import FiniteTime
from femsoret.studies.audit.ideal import causes_in, ideal_of
from femsoret.studies.audit.reported import measured, report_of
from femsoret.studies.measure.solution import solve_at_rest
from femsoret.studies.measure.steady import measure

T0, DT, GAP = 300.0, 10.0, 4e-3


@pytest.fixture(scope="module")
def fluid(tmp_path_factory):
    path = tmp_path_factory.mktemp("fluids") / "fluid.toml"
    path.write_text(fluid_text())
    return read_fluid(path)


def experiment(fluid, tilt=2.0):
    mixture = mixture_of(fluid, T0=T0, c0=fluid.c, up=fs.up_vector((0.0, 1.0), tilt))
    walls = (fs.Temperature("top", T0 + DT / 2), fs.Temperature("bottom", T0 - DT / 2))
    cell = fs.rectangle(MPI.COMM_WORLD, (6e-3, GAP), (8, 6))
    return fs.Experiment("leaning", cell, mixture, walls, fluid=fluid)


def test_the_budget_of_each_component_is_that_of_a_run(fluid):
    """With one cause and readings at the walls, an audit finds the biases of a run."""
    cell = experiment(fluid)
    causes = causes_in(cell)
    assert [cause.name for cause in causes] == ["tilt"]
    found = audit(cell, AuditPlan(causes, with_limits=False, with_numerical_error=False))
    run = measure(cell, with_numerical_error=False)
    biases = [outcome.bias for outcome in run.solution.outcomes]
    each = found.budget.each
    assert [of.component for of in each] == ["a", "b"]
    assert [of.total.value for of in each] == pytest.approx(biases, rel=1e-6)
    assert [of.terms[0].entry.value for of in each] == pytest.approx(biases, rel=1e-6)
    assert min(map(abs, biases)) > 1e-4
    assert found.budget.state.bias == pytest.approx(np.linalg.norm(biases), rel=1e-6)
    for of, known in zip(each, run.uncertainties, strict=True):
        assert of.uncertainty.total == pytest.approx(known.total, rel=1e-4)
    content = audit_summary(found, RunContext("SI", 0.0, 0.0))
    assert [of["species"] for of in content["budget"]["each"]] == ["a", "b"]
    size = np.hypot(*SORET.values())
    for of, bias, name in zip(content["soret"]["each"], biases, "ab", strict=True):
        assert of["reported"] == pytest.approx(SORET[name] + size * bias, rel=1e-6)
    assert "(a, b)" in audit_verdict(content).finding
    titles = [table.title for table in audit_tables(content)]
    assert "The budget of each component" in titles


def test_properties_that_vary_are_named(fluid):
    law = {"kind": "linear", "value": 7e-10, "T_ref": T0, "slope_T": 1.4e-11}
    varying = experiment(fluid.with_(component={"a": {"diffusion": {"a": law}}}), tilt=0.0)
    (cause,) = causes_in(varying)
    assert cause.sentence(ideal_of(varying).experiment) == "D of a by a +20 % from cold to hot"


def test_a_layer_at_rest_is_read_too_early(fluid):
    """Each eigenvector of D at its own pace: the series written out, an audit's, and a march."""
    duration = 2.0 * 3600.0
    ideal = ideal_of(experiment(fluid, tilt=0.0))
    early = FiniteTime(duration, tau=1.0).onto(ideal)
    matrix = np.array([[D[i, k] for k in "ab"] for i in "ab"])
    values, vectors = np.linalg.eig(matrix)
    layer = Layer.between(GAP)
    steady = np.array(list(SORET.values()))
    parts = [float(layer.approach(duration * np.pi**2 * value / GAP**2)) for value in values]
    expected = (vectors @ (parts * np.linalg.solve(vectors, steady)) - steady) / np.hypot(*steady)
    assert abs(expected).min() > 1e-3
    found = report_of(early, ideal.experiment, solve_at_rest(early.experiment))
    assert found.reported.marched == ()
    assert found.biases == pytest.approx(expected, rel=1e-8)
    marched = measured(early, ideal.experiment)
    assert marched.reported.marched
    assert marched.biases == pytest.approx(expected, abs=5e-3 * abs(expected).max())


def test_the_data_of_a_layer_that_is_read_too_early_are_uncertain(fluid):
    """Derivatives of the series above by each entry of D and of S'_T; all others change nothing."""
    duration, names = 2.0 * 3600.0, list("ab")

    def biases(D, separation):
        values, vectors = np.linalg.eig(np.array([[D[i, k] for k in names] for i in names]))
        steady = np.array([separation[name] for name in names])
        parts = [
            Layer.between(GAP, 0.0, 1.0).approach(duration * np.pi**2 * x / GAP**2) for x in values
        ]
        return (vectors @ (parts * np.linalg.solve(vectors, steady)) - steady) / np.hypot(*steady)

    def derivative(kind, key):
        data = {"diffusion": D, "soret": SORET}
        changed = ({**data, kind: {**data[kind], key: data[kind][key] * x}} for x in (1.001, 0.999))
        plus, minus = (biases(of["diffusion"], of["soret"]) for of in changed)
        return (plus - minus) / 0.002

    expected = {f"soret.{name}": derivative("soret", name) for name in names}
    expected |= {f"diffusion.{i}.{k}": derivative("diffusion", (i, k)) for i, k in D}
    cell = experiment(fluid, tilt=0.0)
    plan = AuditPlan(
        (FiniteTime(duration, tau=1.0),), with_limits=False, with_numerical_error=False
    )
    each = audit(cell, plan).budget.each
    for i, of in enumerate(each):
        found = {entry.entry: entry.sensitivity for entry in of.uncertainty.contributions}
        assert expected.keys() <= found.keys()
        for entry, sensitivity in found.items():
            wanted = expected[entry][i] if entry in expected else 0.0
            assert sensitivity == pytest.approx(wanted, rel=1e-4, abs=1e-6)  # 1e-3 are largest
        size = np.sqrt(sum((0.05 * slope[i]) ** 2 for slope in expected.values()))
        assert of.uncertainty.total == pytest.approx(size, rel=1e-3)
