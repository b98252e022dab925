"""What a record of a cell promises: closed forms, draws, and what curves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from analytic_models import Analytic, unknown

from femsoret.base.errors import CaseError
from femsoret.studies.design.fluid_data import FluidResponse
from femsoret.studies.design.information import promise
from femsoret.studies.design.recording import Recording, dense_times
from femsoret.studies.design.response import (
    ResponseModel,
    axes_of,
    curved_unknowns,
    response_of,
)
from femsoret.studies.fit.unknowns import Prior

END = 5.0
TIMES = dense_times(END)
NOISE = {"separation": 0.005}
S = unknown("S_T", "soret", prior=Prior(1.0), start=1.0)
D = unknown("D", "D", prior=Prior(1.0), start=1.0)
TILT = unknown("tilt", "tilt", prior=Prior(0.0, 0.5), scale=0.5)
LOSS = unknown("heat loss", "side_loss", prior=Prior(1.0, 0.3), start=1.0, scale=0.3)


def relaxing(x, t=TIMES):
    return x[0] * (1.0 - np.exp(-x[1] * t))


def relaxing_at_rest(x, t=TIMES):
    return x[0] * (1.0 - np.exp(-t))


def tilted(x, t=TIMES):
    """Separation that a tilt decreases by its square."""
    return x[0] * (1.0 - np.exp(-x[1] * t)) / (1.0 + 0.1 * x[2] ** 2 * (1.0 - np.exp(-t / 2.0)))


def lossy(x, t=TIMES):
    flow = 0.1 * (x[2] ** 2 + 0.3 * x[3] ** 2)
    return x[0] * (1.0 - np.exp(-x[1] * t)) / (1.0 + flow * (1.0 - np.exp(-t / 2.0)))


def responding(unknowns, function, places=None, times=TIMES):
    model = Analytic(tuple(unknowns), function)
    curved = curved_unknowns(model, np.full(len(times), NOISE["separation"]))
    axes = axes_of(model.unknowns, curved, places or {})
    return response_of(model, ("separation",), times, axes)


def by_draws(function, recording, unknowns, k, number=80, seed=3):
    """Return the root mean posterior variance of S_T, on a fine grid of one unknown.

    Given it, S_T and D are found by Gauss-Newton steps: nothing is taken from the plan.
    """
    t, rng = recording.times, np.random.default_rng(seed)
    u, prior = NOISE["separation"], unknowns[k].prior
    grid = prior.value + prior.uncertainty * np.linspace(-4.0, 4.0, 81)
    variances = []
    for _ in range(number):
        truth = np.array([1.0, 1.0, prior.value + prior.uncertainty * rng.standard_normal()])
        y = function(truth, t) + u * rng.standard_normal(len(t))
        found, log_w = [], []
        x = np.array([1.0, 1.0, 0.0])
        for value in grid:
            x[2] = value
            for _ in range(2):  # from those of the last value
                steps = 1e-6 * np.eye(3)[:2]
                slopes = [(function(x + e, t) - function(x - e, t)) / 2e-6 for e in steps]
                J = np.stack(slopes, axis=1)
                x[:2] += np.linalg.lstsq(J, y - function(x, t), rcond=None)[0]
            found.append(x[0])
            log_w.append(
                -0.5 * np.sum(((y - function(x, t)) / u) ** 2)
                - 0.5 * ((value - prior.value) / prior.uncertainty) ** 2
            )
        w = np.exp(np.array(log_w) - max(log_w))
        w, found = w / w.sum(), np.array(found)
        given = np.linalg.inv(J.T @ J)[0, 0] * u**2
        variances.append(w @ found**2 - (w @ found) ** 2 + given)
    return math.sqrt(np.mean(variances))


def test_a_linear_response_gives_the_inverse_of_the_fisher_matrix():
    response = responding((S, D), relaxing)
    recording = Recording(("separation",), 40, 3.0)
    found = promise(response, recording, NOISE, 0)
    t = recording.times
    J = np.stack([1.0 - np.exp(-t), t * np.exp(-t)], axis=1) / NOISE["separation"]
    expected = math.sqrt(np.linalg.inv(J.T @ J)[0, 0])
    assert found.uncertainty == pytest.approx(expected, rel=1e-3)
    assert found.first_order == pytest.approx(expected, rel=1e-3)


def test_a_prior_counts_as_data_and_shares_add_up():
    known = unknown("D", "D", prior=Prior(1.0, 0.05), start=1.0)
    response = responding((S, known), relaxing)
    recording = Recording(("separation",), 40, 1.0)
    t = recording.times
    J = np.stack([1.0 - np.exp(-t), t * np.exp(-t)], axis=1) / NOISE["separation"]
    H = J.T @ J + np.diag([0.0, 400.0])
    found = promise(response, recording, NOISE, 0)
    assert found.uncertainty == pytest.approx(math.sqrt(np.linalg.inv(H)[0, 0]), rel=1e-3)
    shares = {(each.kind, each.name): each.uncertainty for each in found.shares}
    assert set(shares) == {("noise", ""), ("prior", "D")}
    assert sum(u**2 for u in shares.values()) == pytest.approx(found.uncertainty**2)
    assert shares["prior", "D"] == pytest.approx(abs(np.linalg.inv(H)[0, 1]) / 0.05, rel=1e-3)


def test_what_data_do_not_determine_has_no_uncertainty():
    at_once = np.zeros(1)
    response = responding((S, D), lambda x: x[0] * x[1] * np.ones(1), times=at_once)
    found = promise(response, Recording(("separation",), 5), NOISE, 0)
    assert math.isinf(found.uncertainty)
    alone = responding((S,), lambda x: x[0] * np.ones(1), times=at_once)
    found = promise(alone, Recording(("separation",), 4), NOISE, 0)
    assert found.uncertainty == pytest.approx(NOISE["separation"] / 2.0)


def test_an_even_tilt_is_found_and_counts_by_its_square():
    model = Analytic((S, D, TILT), tilted)
    assert curved_unknowns(model, np.full(len(TIMES), 0.005)) == ((2, True),)
    response = responding((S, D, TILT), tilted, {2: [0.3, 0.6, 1.1]})
    recording = Recording(("separation",), 60, END)
    found = promise(response, recording, NOISE, 0)
    assert found.first_order < 0.1 * found.uncertainty  # which is wrong, since the slope vanishes
    assert found.uncertainty == pytest.approx(
        by_draws(tilted, recording, (S, D, TILT), 2), rel=0.15
    )


def test_better_levelling_makes_the_target_more_certain():
    """A factor 1/(1 + k a^2) at all times leaves open sqrt(2) k u^2 of S_T, u that of the tilt."""
    gain = Analytic((S, D, TILT), lambda x: relaxing(x) / (1.0 + 0.1 * x[2] ** 2))
    response = response_of(
        gain, ("separation",), TIMES, axes_of(gain.unknowns, ((2, True),), {2: [0.375, 0.75, 1.5]})
    )
    recording = Recording(("separation",), 600, END)
    level = promise(responding((S, D), relaxing), recording, NOISE, 0).uncertainty
    for u in (0.5, 0.3, 0.2):
        of_tilt = replace(recording, levelling=u)
        found = promise(response, of_tilt, NOISE, 0)
        expected = math.hypot(level, math.sqrt(2.0) * 0.1 * u**2)
        assert found.uncertainty == pytest.approx(expected, rel=0.06)
    best = promise(response, replace(recording, levelling=0.01), NOISE, 0).uncertainty
    assert best == pytest.approx(level, rel=0.01)


def test_a_response_is_that_of_the_model():
    unknowns = (S, D, TILT, LOSS)
    places = {2: [0.3, 0.6, 1.1], 3: [0.45]}
    response = responding(unknowns, lossy, places)
    recording = Recording(("separation",), 30, END)
    model = ResponseModel(response, recording, unknowns)
    x = np.array([1.0, 1.0, -0.5, 0.8])
    found = model.predict(x)
    assert found.values == pytest.approx(lossy(x, recording.times), abs=2e-4)
    for k, step in enumerate(1e-6 * np.eye(4)):
        difference = (model.predict(x + step).values - model.predict(x - step).values) / 2e-6
        assert found.jacobian[:, k] == pytest.approx(difference, abs=1e-6)


def test_a_tilt_of_which_nothing_is_known_promises_nothing():
    """Its slope vanishes, so that to first order it would not matter."""
    free = unknown("tilt", "tilt", prior=Prior(0.0), scale=0.5)
    with pytest.raises(CaseError, match="by its square"):
        responding((S, D, free), tilted)
    # Where the cell leans, data tell it by its slope.
    leans = unknown("tilt", "tilt", prior=Prior(2.0), scale=0.5, start=2.0)
    assert not responding((S, D, leans), tilted).axes


def test_a_target_may_be_curved_itself():
    response = responding((S, D, TILT), tilted, {2: [0.75]})
    found = promise(response, Recording(("separation",), 60, END), NOISE, 2)
    assert 0.3 < found.uncertainty <= 0.55  # the sign of the tilt stays unknown


def test_an_entry_of_the_fluid_shifts_the_target_as_a_fit_would():
    """D is held at its value: the least-squares S_T of data with another D, by a fit of them."""
    response, recording = responding((S,), relaxing_at_rest), Recording(("separation",), 40, 2.0)
    by_D = (TIMES * np.exp(-TIMES))[None, None]
    fluid = FluidResponse({"diffusion": 0.05}, ("separation",), TIMES, by_D)
    (share,) = fluid.shares(response, recording, NOISE, 0)
    shape, error = 1.0 - np.exp(-recording.times), 1e-4
    data = 1.0 - np.exp(-(1.0 + error) * recording.times)
    shift = (shape @ data) / (shape @ shape) - 1.0
    assert share.entry == "diffusion"
    assert share.uncertainty == pytest.approx(0.05 * shift / error, rel=1e-3)
    # A prior that nothing can move keeps S_T where it is.
    sure = responding((unknown("S_T", "soret", prior=Prior(1.0, 1e-6)),), relaxing_at_rest)
    (share,) = fluid.shares(sure, recording, NOISE, 0)
    assert share.uncertainty < 1e-4 * 0.05 * shift / error


def test_what_is_not_determined_is_said_beside_a_curved_unknown():
    """Two coefficients and one signal: singular at every tilt."""
    other = unknown("S_T of B", "soret", prior=Prior(1.0), start=1.0)

    def both(x, t=TIMES):
        return tilted(np.array([x[0] + 0.5 * x[1], 1.0, x[2]]), t)

    response = responding((S, other, TILT), both, {2: [0.75]})
    found = promise(response, Recording(("separation",), 60, END), NOISE, 0)
    assert math.isinf(found.uncertainty)
    assert math.isinf(found.first_order)


@pytest.mark.parametrize("function", [relaxing, tilted])
def test_an_unknown_of_another_signal_changes_nothing(function):
    """The contrast of an instrument that is not recorded."""
    curved = (TILT,) if function is tilted else ()
    contrast = unknown("contrast", "contrast", prior=Prior(1.0), start=1.0)
    recording = Recording(("separation",), 60, END)
    alone = responding((S, D, *curved), function, {2: [0.75]})
    with_it = responding((S, D, *curved, contrast), function, {2: [0.75]})
    expected = promise(alone, recording, NOISE, 0)
    found = promise(with_it, recording, NOISE, 0)
    assert found.uncertainty == pytest.approx(expected.uncertainty, rel=0.1)  # draws differ
    assert found.first_order == pytest.approx(expected.first_order, rel=1e-9)
    assert math.isinf(promise(with_it, recording, NOISE, 2 + len(curved)).uncertainty)
