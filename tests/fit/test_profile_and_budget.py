"""Profiles of the likelihood and budgets, against closed forms of cheap models."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from analytic_models import Analytic, record, unknown

from femsoret.studies.fit.budget import Entry, budgets
from femsoret.studies.fit.least_squares import FitOptions, estimate
from femsoret.studies.fit.profile import profile
from femsoret.studies.fit.unknowns import Prior

TIMES = np.linspace(0.05, 4.0, 60)


def noisy(model, truth, size=0.005, seed=0):
    values = model.function(np.asarray(truth))
    return record(values + size * np.random.default_rng(seed).normal(size=len(values)), size)


@pytest.fixture(scope="module")
def tilted():
    """A tilt that counts by its square and that the data do not tell from S_T."""
    model = Analytic(
        (
            unknown("S", start=1.0),
            unknown("tilt", "tilt", prior=Prior(0.0, 0.8)),
            unknown("D", "D", start=1.0),
        ),
        lambda x: x[0] * (1.0 - 0.03 * x[1] ** 2) * (1.0 - np.exp(-TIMES * x[2])),
    )
    data = [noisy(model, [1.0, 0.6, 1.0])]
    return model, data, estimate(model, data)


@pytest.fixture(scope="module")
def linear():
    matrix = np.random.default_rng(3).normal(size=(30, 2))
    model = Analytic(
        (unknown("S", prior=Prior(1.0, 0.05)), unknown("b", "baseline")), lambda x: matrix @ x
    )
    data = [noisy(model, [1.02, 3.0], 0.1)]
    return matrix, model, data, estimate(model, data)


def test_the_profile_of_a_linear_model_is_the_parabola(linear):
    _, model, data, found = linear
    for name in ("S", "b"):
        of = profile(model, data, found, name)
        assert of.chi2 == pytest.approx(of.parabola, abs=1e-6)
        assert not of.parabola_lies
        width = found.uncertainties[found.of(name)]
        assert np.ptp(of.values) == pytest.approx(4.0 * width, rel=1e-9)


def test_the_profile_follows_the_tilt_where_the_parabola_does_not(tilted):
    """At S above the mode the best tilt is sqrt((1 - S0/S)/0.03): chi2 is that of its prior."""
    model, data, found = tilted
    of = profile(model, data, found, "S")
    assert of.parabola_lies
    mode, above = found.mode[0], of.values > found.mode[0]
    known = (1.0 - mode / of.values[above]) / 0.03 / 0.8**2
    assert of.chi2[above] == pytest.approx(known, rel=0.03)
    assert of.chi2[~above] == pytest.approx(of.parabola[~above], rel=0.02)
    assert (of.parabola[-1] > 100.0 * of.chi2[-1]).all()


@dataclass
class Counted:
    """A model that counts its predictions."""

    model: Analytic
    predictions: int = 0

    @property
    def unknowns(self):
        return self.model.unknowns

    def predict(self, values, *, slopes=True):
        self.predictions += 1
        return self.model.predict(values, slopes=slopes)


def test_a_profile_on_the_surface_is_that_of_the_model_at_a_fraction_of_the_cost(tilted):
    model, data, found = tilted
    counted, whole = Counted(model), Counted(model)
    of = profile(counted, data, found, "S")
    exact = profile(whole, data, replace(found, substitute=None), "S")
    assert of.values == pytest.approx(exact.values)
    # The model itself takes few steps from each start, and ends above the lowest point: at one end
    # by less than 0.3 or by 0.7, as the last digits of the processor have it.
    assert (of.chi2 < exact.chi2 + 0.15).all()
    assert of.chi2[1:-1] == pytest.approx(exact.chi2[1:-1], abs=0.3)
    assert of.chi2 == pytest.approx(exact.chi2, abs=1.0)
    assert counted.predictions == 2  # one at each end
    assert whole.predictions > 5 * counted.predictions


def test_a_surface_that_the_model_does_not_confirm_makes_no_profile(tilted):
    """On one side of the mode it is right, on the other it is not."""
    model, data, found = tilted

    @dataclass
    class Wrong(Counted):
        def predict(self, values, *, slopes=True):
            made = super().predict(values, slopes=slopes)
            return replace(made, values=made.values * (1.0 + (values[0] > found.mode[0]) * 1e-2))

    exact = profile(model, data, replace(found, substitute=None), "S")
    whole, wrong = Counted(model), replace(found, substitute=Wrong(found.substitute))
    of = profile(whole, data, wrong, "S")
    above = of.values > found.mode[0]
    assert of.chi2[above] == pytest.approx(exact.chi2[above])
    assert of.chi2[~above] == pytest.approx(exact.chi2[~above], abs=0.3)
    assert whole.predictions > 5


def test_the_expectation_corrects_for_a_tilt_that_the_data_do_not_tell(tilted):
    """S = S0/(1 - 0.03 tilt^2) with the tilt of the prior: its mean, not the mode S0."""
    _, _, found = tilted
    tilt = 0.8 * np.random.default_rng(0).standard_normal(400_000)
    known = found.mode[0] / (1.0 - 0.03 * tilt**2)
    assert found.values[0] == pytest.approx(known.mean(), abs=0.1 * known.std())
    assert found.uncertainties[0] == pytest.approx(known.std(), rel=0.1)
    assert found.intervals[0].high == pytest.approx(np.quantile(known, 0.975), abs=0.006)
    assert found.uncertainties[1] == pytest.approx(0.8, rel=0.05)


def test_the_budget_of_a_linear_model_adds_up(linear):
    matrix, _, _, found = linear
    made = budgets(found, {})["S"]
    fisher = matrix.T @ matrix / 0.01 + np.diag([400.0, 0.0])
    inverse = np.linalg.inv(fisher)
    rows = {row.kind: row.uncertainty for row in made.rows}
    assert set(rows) == {"noise", "prior"}
    assert rows["prior"] == pytest.approx(inverse[0, 0] * 20.0)
    assert made.total == pytest.approx(found.uncertainties[0], rel=1e-9)


def test_fluid_data_and_numerics_shift_as_a_fit_would(linear):
    """The budget to first order is what fits of another model give."""
    matrix, model, data, found = linear
    slope = 0.3 * matrix[:, 0] ** 2
    entries = {"viscosity": Entry(0.05, slope), "density": Entry(None, 0.1 * slope)}
    finer = found.predicted + 0.02 * matrix[:, 1]
    made = budgets(found, entries, finer)["S"]
    moved = Analytic(model.unknowns, lambda x: matrix @ x + 0.05 * slope)
    shift = estimate(moved, data).values[0] - found.values[0]
    rows = {row.name or row.kind: row for row in made.rows}
    assert 0.05 * rows["viscosity"].sensitivity == pytest.approx(shift, rel=1e-6)
    assert rows["viscosity"].uncertainty == pytest.approx(abs(shift), rel=1e-6)
    assert rows["density"].uncertainty is None
    finest = Analytic(model.unknowns, lambda x: matrix @ x + 0.02 * matrix[:, 1])
    assert made.shift == pytest.approx(estimate(finest, data).values[0] - found.values[0], rel=1e-6)
    assert rows["numerical"].uncertainty == pytest.approx(abs(made.shift))


def test_curvature_has_what_the_first_order_lacks(tilted):
    _, _, found = tilted
    rows = {(row.kind, row.name): row.uncertainty for row in budgets(found, {})["S"].rows}
    assert rows["prior", "tilt"] < 1e-6
    assert rows["curvature", ""] > 10.0 * rows["noise", ""]


@pytest.mark.parametrize(("robust", "noise"), [(True, 0.1), (False, None)])
def test_a_linear_model_has_no_curvature_whatever_the_noise(robust, noise):
    """A robust loss, or noise of unknown size, makes the density wider than the first order."""
    matrix = np.random.default_rng(3).normal(size=(9, 2))
    model = Analytic((unknown("S"), unknown("b", "baseline")), lambda x: matrix @ x)
    y = matrix @ [1.0, 3.0] + 0.1 * np.random.default_rng(5).normal(size=9)
    found = estimate(model, [record(y, noise)], FitOptions(robust=robust, steps=100))
    assert found.is_normal
    made = budgets(found, {})["S"]
    assert {row.kind for row in made.rows} == {"noise"}
    assert made.total == pytest.approx(found.uncertainties[0])


def test_an_entry_shifts_a_robust_fit_as_a_fit_would():
    """An outlier counts for next to nothing, also where an entry changes its prediction."""
    matrix = np.random.default_rng(3).normal(size=(30, 2))
    model = Analytic((unknown("S"), unknown("b", "baseline")), lambda x: matrix @ x)
    y = matrix @ [1.0, 3.0] + 0.1 * np.random.default_rng(5).normal(size=30)
    y[4] += 4.0
    options = FitOptions(robust=True, steps=100)
    slope = np.where(np.arange(30) == 4, 1.0, 0.1 * matrix[:, 0] ** 2)
    moved = Analytic(model.unknowns, lambda x: matrix @ x + 0.02 * slope)
    found, other = (estimate(each, [record(y, 0.1)], options) for each in (model, moved))
    (row,) = (
        row
        for row in budgets(found, {"viscosity": Entry(0.02, slope)})["S"].rows
        if row.kind == "fluid"
    )
    assert row.uncertainty == pytest.approx(abs(other.mode[0] - found.mode[0]), rel=0.1)


def test_residuals_that_noise_does_not_explain_are_a_misfit():
    """Correlated residuals count as fewer values; white ones of the stated size do not."""
    model = Analytic(
        (unknown("S", start=1.0), unknown("D", "D", start=1.0)),
        lambda x: x[0] * (1.0 - np.exp(-x[1] * TIMES)),
    )
    y = model.function(np.array([1.0, 1.0]))
    white = 0.01 * np.random.default_rng(2).normal(size=60)
    smooth = 0.009 * np.sin(5.0 * TIMES) + 0.3 * white
    kinds = [
        {row.kind for row in budgets(found, {})["S"].rows}
        for found in (estimate(model, [record(y + left, 0.01)]) for left in (white, smooth))
    ]
    assert "misfit" not in kinds[0]
    assert "misfit" in kinds[1]
