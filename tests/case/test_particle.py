"""The table [particle]: component 1 of the fluid by its internal states."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tolerances import ROUND_OFF

from femsoret.base.errors import CaseError
from femsoret.case import load_case
from femsoret.commands.run import run_case
from femsoret.io.history import read_history
from femsoret.physics.closures.homogenised import fast_diffusivity, fast_soret
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import summary
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.studies.measure.steady import measure

COMPOSITION = 'kind = "composition"\nsides = ["left"]\nvalue = 0.02\n[[condition]]\n'
TRACER = """
[[tracer]]
name = "tracer"
[[tracer.state]]
name = "a"
free_energy = "0 kJ/mol"
diffusion = "2e-10 m2/s"
[[tracer.state]]
name = "b"
free_energy = "5 kJ/mol"
diffusion = "1e-10 m2/s"
[[tracer.transition]]
between = ["a", "b"]
rate = "2 1/s"

"""
DEMO = Path(__file__).resolve().parents[2] / "demos" / "internal_states.toml"


@pytest.fixture
def case_of(tmp_path, comm):
    """Return a function that loads the demo with replaced text."""

    def load(*replaced):
        text = DEMO.read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "case.toml"
        path.write_text(text, encoding="utf-8")
        return load_case(path, comm=comm)

    return load


def test_d_and_s_t_follow_from_the_states(case_of, comm):
    built = case_of().build(comm)
    (of,), mixture = built.experiment.particles, built.experiment.mixture
    assert [state.name for state in of.states] == ["open", "closed"]
    assert of.c0 == pytest.approx(0.02)
    at = mixture.reference_at(299.0, [0.02])
    assert float(at.D[0, 0]) == pytest.approx(fast_diffusivity(of, 299.0), rel=1e-12)
    assert at.soret[0] == pytest.approx(fast_soret(of, 299.0), rel=1e-9)
    assert at.soret[0] > 0.0  # closed molecules are fast, and more of them are where it is warm


def test_an_affinity_and_the_flux_are_read(case_of):
    case = case_of(
        ('name = "molecule"', 'name = "motor"\nflux = "overdamped"'),
        ('rate = "0.01 1/s"', 'rate = "0.01 1/s"\naffinity = "5 kJ/mol"'),
    )
    of = case.particle.build(298.15)
    assert of.is_driven
    assert of.flux == "overdamped"
    assert of.transitions[0].affinity(300.0, 0.0) == pytest.approx(5000.0)


@pytest.mark.parametrize(
    ("replaced", "says"),
    [
        ([('closure = "dilute"\n', "")], "component 1 of a dilute fluid"),
        ([("c0 = 0.02", 'c0 = 0.02\noverrides = { soret = "1e-3 1/K" }')], "states soret, too"),
        ([('name = "molecule"', 'name = "water"')], "name of the solvent"),
        ([('"60 kJ/mol"', '"6e3 kJ/mol"')], "reverse rate.*is (inf|0)/s"),
        ([('["closed", "open"]', '["closed", "opened"]')], "unknown state 'opened'"),
        ([('name = "closed"', 'name = "open"')], "not one or more different ones"),
        ([("degeneracy = 2.2e10", "degeneracy = 0.0")], "greater than 0|positive"),
        ([('rate = "0.01 1/s"', 'rate = "0.01 s"')], "1/s"),
        (
            [('[[particle.transition]]\nbetween = ["closed", "open"]\nrate = "0.01 1/s"', "")],
            "do not connect all states|conserved separately",
        ),
        ([('kind = "temperature"', COMPOSITION + 'kind = "temperature"')], "in which state"),
        ([('name = "molecule"', 'name = "molecule"\nmolar_mass = "0 g/mol"')], "greater than 0"),
        ([("[gravity]", TRACER + "[gravity]"), ('"tracer"', '"molecule"')], "not different"),
        ([("[gravity]", TRACER + "[gravity]"), ('"b"]', '"c"]')], "tracer.*unknown state 'c'"),
    ],
)
def test_wrong_tables_are_refused(case_of, replaced, says):
    with pytest.raises(CaseError) as refused:
        case_of(*replaced)
    assert re.search(says, str(refused.value)), str(refused.value)


def test_tracers_need_a_particle(case_of, tmp_path, comm):
    text = DEMO.read_text(encoding="utf-8")
    head, _, rest = text.partition("# Made-up numbers")
    path = tmp_path / "case.toml"
    path.write_text(head + TRACER + rest[rest.index("[gravity]") :], encoding="utf-8")
    with pytest.raises(CaseError, match=r"tracers are solved for with the particle"):
        load_case(path, comm=comm)


@pytest.mark.slow
def test_a_run_reports_the_states(case_of, comm, tmp_path):
    """Levelled, with fast transitions: S_T with all states is that of the homogenised particle.

    A tracer has its own, and what the states exchange with the solvent warms it, by little.
    """
    case = case_of(
        ('name = "molecule"', 'name = "molecule"\nmolar_mass = "1 kg/mol"'),
        ("[gravity]", TRACER + "[solver]\nnumerical_error = false\n[gravity]"),
        ("cells = [24, 16]", "cells = [4, 12]"),
        ('tilt = "1 deg"', 'tilt = "0 deg"'),
        ('rate = "0.01 1/s"', 'rate = "1 1/s"'),
    )
    run_case(case, comm, tmp_path / "run")
    content = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert content["separation"]["species"] == "molecule"
    found = content["particle"]
    assert found["soret"] == pytest.approx(content["soret"]["apparent"], rel=1e-9)
    assert found["fast"] == pytest.approx(content["soret"]["true"], rel=2e-2)
    assert content["soret"]["bias"] == pytest.approx(0.0, abs=1e-6)  # levelled
    assert found["soret"] == pytest.approx(found["fast"], rel=2e-2)
    assert found["middle"]["bias"] == pytest.approx(found["middle"]["covariance"], rel=2e-3)
    paid = found["entropy"]["carried"]
    produced = found["entropy"]["by_transitions"] + found["entropy"]["by_diffusion"]
    assert produced == pytest.approx(paid, rel=1e-4)
    assert found["damkohler"]["slowest"] > 1e4
    assert 0.0 < found["heat_fed"]["warming"] < 1e-2
    assert found["heat_fed"]["defect"] < 1e-8  # constant energies, at rest: round-off
    (tracer,) = content["tracers"]
    assert tracer["soret"] == pytest.approx(tracer["fast"], rel=2e-2)
    assert tracer["soret"] < 0.0  # the slower state is more frequent where it is warm
    # Layers of 7 um at the walls, cells of 25 um: the run says that it misses them.
    assert any("misses the boundary layer" in warning for warning in content["warnings"])
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Internal states" in page
    assert "Tracers with internal states" in page
    assert (tmp_path / "run" / "figures" / "states.png").stat().st_size > 10_000
    again = load_case(tmp_path / "run" / "case.resolved.toml", comm=comm)
    assert again.tracer == case.tracer


@pytest.mark.slow
@pytest.mark.parametrize("da", [1e-3, 1.0, 1e3])
def test_the_headline_is_that_of_the_states(case_of, comm, da):
    """S_T at rest over that of fast transitions is 1 - tanh(z)/z, z^2 = Da <D>^2/(4 D_1 D_2).

    Linear in the gradient, with D_1 P_1 + D_2 P_2 uniform and no flux of either through a wall.
    """
    p = 1.0 / (1.0 + 2.2e10 * np.exp(-6e4 / (8.314462618 * 298.15)))  # open
    D, D1, D2 = p * 0.7e-10 + (1.0 - p) * 1.2e-10, 0.7e-10, 1.2e-10
    rate = da * D / 2e-3**2 * p  # of the relaxation, times the fraction that opening leads to
    built = case_of(
        ("cells = [24, 16]", "cells = [2, 12]"),
        ('tilt = "1 deg"', 'tilt = "0 deg"'),
        ('rate = "0.01 1/s"', f'rate = "{rate:.12g} 1/s"'),
        ('value = "300.15 K"', 'value = "298.35 K"'),
        ('value = "296.15 K"', 'value = "297.95 K"'),
    ).build(comm)
    findings = measure(built.experiment, with_numerical_error=False)
    solution, found = findings.solution, findings.states.transport
    assert found.damkohler.slowest == pytest.approx(da, rel=1e-6)
    z = np.sqrt(0.25 * da * D**2 / (D1 * D2))
    assert solution.soret.true.value / found.fast == pytest.approx(1.0 - np.tanh(z) / z, rel=1e-3)
    assert solution.soret.apparent == pytest.approx(found.soret, rel=1e-9)
    assert solution.soret.bias == pytest.approx(0.0, abs=1e-6)
    if da < 0.1:  # the exchange of uniform amounts decays slowest
        rate = findings.stability.growth_rate
        assert rate == pytest.approx(-da * D / 2e-3**2, rel=1e-3)
    said = steady_verdict(summary(findings, RunContext("SI"))).finding
    assert "the states of molecule give, at rest," in said
    assert "Damköhler number" in said


@pytest.mark.slow
def test_one_state_separates_nothing(case_of, comm):
    """Nothing to compare with: no rates, no S_T, and no division by either."""
    closed = (
        '[[particle.state]]\nname = "closed"\nfree_energy = "60 kJ/mol"\ndegeneracy = 2.2e10\n'
        'diffusion = "1.2e-10 m2/s"\n'
    )
    jumps = '[[particle.transition]]\nbetween = ["closed", "open"]\nrate = "0.01 1/s"'
    case = case_of((closed, ""), (jumps, ""), ("cells = [24, 16]", "cells = [2, 4]"))
    findings = measure(case.build(comm).experiment, with_numerical_error=False)
    assert not findings.failed
    assert findings.states.error.field < 1e-6
    content = summary(findings, RunContext("SI"))
    assert content["soret"]["bias"] is None
    assert "molecule has no transitions" in steady_verdict(content).finding
    assert not any("not fast" in warning for warning in content["warnings"])


@pytest.mark.slow
def test_a_run_in_time_marches_the_states(case_of, comm, tmp_path):
    """Transitions that are not fast: history, evaluation and end are those of all states."""
    case = case_of(
        ("cells = [24, 16]", "cells = [2, 6]"),
        ('tilt = "1 deg"', 'tilt = "0 deg"'),
        ('rate = "0.01 1/s"', 'rate = "1e-3 1/s"'),
        ("[gravity]", '[time]\nend = "5 tau"\ntolerance = 1e-2\n[gravity]'),
    )
    run_case(case, comm, tmp_path / "run")
    content = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    (found,) = content["states_in_time"]
    assert found["separation"] == pytest.approx(content["separation"]["value"], rel=1e-9)
    assert found["at_rest"] == pytest.approx(content["soret"]["true"], rel=1e-9)
    assert 0.1 < found["at_rest"] / found["fast"] < 0.9
    assert any("are not fast in this cell" in warning for warning in content["warnings"])
    assert content["balance"]["species"] < 1e-10
    rows = read_history(tmp_path / "run" / "history.csv")
    assert rows[-1]["separation"] == pytest.approx(found["separation"], rel=1e-9)
    assert rows[-1]["soret.molecule"] == found["soret"]
    shares = [rows[-1][f"share.molecule.{state}"] for state in ("open", "closed")]
    assert sum(shares) == pytest.approx(1.0, rel=ROUND_OFF)
    evaluated = content["evaluation"]["with_gravity"]
    # The course is no layer's: transitions take their time.
    assert evaluated["S_T"] == pytest.approx(found["at_rest"], rel=0.1)
    assert evaluated["separation"] == pytest.approx(rows[-1]["separation"], rel=0.1)
