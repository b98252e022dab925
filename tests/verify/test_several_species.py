"""What laboratories report of four components: one S' each, biases over the norm of all.

With constant L, G and Q* the state at rest is c = const - (G^-1 Q*) ln T (:mod:`test_quaternary`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mpi4py import MPI

import numpy as np
import pytest
from quaternary import DT, SIZE, T0, quaternary
from scipy.integrate import solve_ivp

import femsoret as fs
from femsoret.experiment.schedule import Schedule
from femsoret.physics.closures.at_rest import AtRest
from femsoret.physics.forms import DIFFUSION
from femsoret.post.fields import integral
from femsoret.post.readings import WallMean
from femsoret.post.soret import fitted, of_rest, read_each, true_soret
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary, transient_summary
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.report.words.numbers import percent, plain
from femsoret.solve import solve_steady
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure.steady import measure
from femsoret.studies.measure.transient import measure_in_time

HOT, COLD = WallMean("top"), WallMean("bottom")
NAMES = ["a", "b", "c"]


def slopes():
    """Return -dc/d(ln T) at rest, G^-1 Q*, from what the mixture is made of."""
    transport, n = quaternary().transport, range(3)
    G = np.array([[transport.G[max(i, k)][min(i, k)].value for k in n] for i in n])
    return np.linalg.solve(G, [law.value for law in transport.heats])


def experiment(*, gravity=0.0, tilt=0.0):
    """Return the closed cell, heated from above."""
    walls = (fs.Temperature("top", T0 + DT / 2), fs.Temperature("bottom", T0 - DT / 2))
    cell = fs.rectangle(MPI.COMM_WORLD, (SIZE, SIZE), (8, 8))
    return fs.Experiment("four components", cell, quaternary(gravity, tilt), walls)


@dataclass(frozen=True)
class FluidMean:
    """The mean over the fluid, as a reading."""

    def of(self, problem, block):
        return integral(problem, problem.scalar(block) * problem.dx) / problem.cell.volume

    def of_law(self, problem, law):
        values = problem.function("theta").copy()
        values.x.array[:] = law(values.x.array)
        return integral(problem, values * problem.dx) / problem.cell.volume


@pytest.fixture(scope="module")
def at_rest():
    """Return the solved state without gravity."""
    problem = experiment().problem(DIFFUSION)
    solve_steady(problem)
    return problem


def test_the_closed_form_of_what_was_filled_in(at_rest):
    """Constants by the mean composition alone, nothing that was solved for."""
    form = AtRest.through(at_rest.mixture, 0.0, np.zeros(3))
    form = fitted(form, at_rest, FluidMean(), np.zeros(3))
    each = read_each(at_rest, HOT, COLD)
    scale = slopes() * DT / T0
    assert abs(scale).min() > 1e-4
    for reading, name in ((HOT, "gamma_hot"), (COLD, "gamma_cold")):
        seen = np.array([getattr(at, name) for at in each])
        assert abs((seen - of_rest(form, at_rest, reading)) / scale).max() < 1e-8
    along = form.compositions(np.array([-5.0, 3.0]))
    assert along[:, 0] - along[:, 1] == pytest.approx(slopes() * np.log((T0 + 3) / (T0 - 5)), 1e-12)


def test_laws_of_all_mass_fractions_couple_the_equations_of_rest():
    """D and D_T that vary with T and with every c, against another rule in mass fractions."""
    transport = quaternary().transport

    def law(c, T):
        return 3e4 * (1 + 0.02 * (T - T0)) * (1 + c[0] - 2 * c[1] * c[2])

    m = replace(
        quaternary(),
        transport=replace(transport, heats=(lambda T, c: law(c, T), *transport.heats[1:])),
    )
    form = AtRest.through(m, -5.0, np.array([0.01, -0.02, 0.01]))

    def slope(theta, c):
        at = m.reference_at(T0 + theta, c)
        return -np.linalg.solve(at.D, at.D_T)

    start = m.reference.c + np.array([0.01, -0.02, 0.01])
    found = solve_ivp(slope, (-5.0, 5.0), start, rtol=1e-10, atol=1e-13).y[:, -1]
    assert form.compositions(np.array([5.0]))[:, 0] + m.reference.c == pytest.approx(found, 1e-8)
    assert np.ptp(form.soret_along(5.0), axis=0).max() > 1e-6  # and they do vary


def test_true_coefficients_are_the_mean_slopes_and_share_one_size(at_rest):
    expected = slopes() * np.log((T0 + DT / 2) / (T0 - DT / 2)) / DT
    true = true_soret(at_rest, HOT, COLD)
    assert [each.value for each in true] == pytest.approx(expected, rel=1e-11)
    size = np.linalg.norm(expected)
    for each in true:
        assert each.size == pytest.approx(size, rel=1e-11)
        assert each.bias(each.value + 0.1 * size) == pytest.approx(0.1, rel=1e-9)
        assert each.reading_effect == pytest.approx(0.0, abs=1e-12)


@pytest.fixture(scope="module")
def leaning():
    """Return the summary of a cell that leans."""
    found = measure(experiment(gravity=9.81, tilt=0.05), with_numerical_error=True)
    return summary(found, RunContext("SI"))


def test_a_run_reports_each_component(leaning):
    found = leaning
    each, ends = found["soret"]["each"], found["separation"]["each"]
    assert [one["species"] for one in each] == [one["species"] for one in ends] == NAMES
    size = np.linalg.norm([one["true"] for one in each])
    for one, end in zip(each, ends, strict=True):
        # S'_app = S'_T - (dc - dc at rest)/dT
        change = end["value"] - end["without_gravity"]
        assert one["apparent"] - one["without_gravity"] == pytest.approx(change / DT, rel=1e-9)
        assert one["without_gravity"] == pytest.approx(one["true"], rel=1e-8)
        assert one["bias"] == pytest.approx(one["error"] / size, rel=1e-12)
        assert 1e-4 < abs(one["bias"]) < 1.0
    first = {key: found["soret"][key] for key in each[0] if key != "species"}
    assert {"species": "a", **first} == each[0]


def test_the_words_are_of_all_components(leaning):
    """None of them is the one that counts, and a bias is over the norm of all."""
    said = steady_verdict(leaning)
    worst = max(leaning["soret"]["each"], key=lambda one: abs(one["bias"]))
    assert f"{worst['species']} has the largest bias, {percent(abs(worst['bias']))}" in said.finding
    for one in leaning["soret"]["each"]:
        assert f"({one['species']})" in said.finding
        assert plain(one["true"]) in said.finding
        assert leaning["numerical_error"][f"soret.each.{one['species']}.bias"] > 0.0
    assert "separation (norm over all components) lost" in said.reason
    (table,) = (t for t in tables(leaning) if t.title == "Soret coefficients of all components")
    assert [row[0] for row in table.rows] == NAMES
    quiet = replace_each(leaning, 1e-3)
    assert "no bias beyond the numerical error" in steady_verdict(quiet).finding


def replace_each(summary, factor):
    """Return a summary with smaller biases."""
    each = [{**one, "bias": factor * one["bias"]} for one in summary["soret"]["each"]]
    return {**summary, "soret": {**summary["soret"], "each": each}}


def test_a_history_has_columns_of_each_component():
    books = []
    found = measure_in_time(
        experiment(),
        Schedule(end=60.0, march=MarchOptions(1e-2), evaluation=None),
        each=lambda snapshot: books.append(snapshot.balances),
    )
    last = found.with_gravity.rows[-1]
    named = {column.name for column in found.with_gravity.columns}
    # The books of all species are kept, and close.
    assert {f"gamma_{i}" for i in range(3)} <= set(books[-1].turnover)
    assert last["balance.species"] < 1e-12
    assert last["balance.mass"] < 1e-12
    for ending in ("", ".b", ".c"):
        keys = {f"{name}{ending}" for name in ("separation", "S_app", "error", "bias")}
        assert keys <= named
        assert last[f"S_app{ending}"] == pytest.approx(last[f"separation{ending}"] / DT, rel=1e-9)
    content = transient_summary(found, None, RunContext("SI"))
    biases = [last[f"bias{ending}"] for ending in ("", ".b", ".c")]
    assert [one["bias"] for one in content["soret"]["each"]] == pytest.approx(biases, rel=1e-9)
    assert content["evaluation"] == {"reason": "not requested"}
    assert content["evaluation_of_components"] is None
    said = transient_verdict(content)
    assert all(f"({name})" in said.finding + said.reason for name in NAMES)
