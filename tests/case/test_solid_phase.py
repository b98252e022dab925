"""A species in a solid, in which nothing flows: hydrogen in a zirconium alloy."""

from __future__ import annotations

from mpi4py import MPI

import numpy as np
import pytest
from scipy.integrate import quad

from femsoret.base.errors import CaseError, FluidError
from femsoret.case import load_case
from femsoret.commands.check import check_report
from femsoret.commands.databases import fluid_table
from femsoret.commands.run import run_case
from femsoret.fluids import load_fluid, read_fluid
from femsoret.fluids.database import fluid_toml
from femsoret.physics.closures import mixture_of
from femsoret.problem import Problem
from femsoret.problem.conditions import Temperature
from femsoret.report.tables.run import tables
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.studies.audit.audit import audit
from femsoret.studies.measure.steady import measure
from femsoret.studies.onset.onset import stability

HOT, COLD, Q, R = 650.0, 600.0, 25e3, 8.31446261815324
TEXT = f"""
title = "hydrogen"
[cell]
kind = "rectangle"
size = ["5 mm", "5 mm"]
cells = [1, 6]
[fluid]
name = "hydrogen-zircaloy"
closure = "dilute"
[fluid.overrides]
conductivity = "20 W/m/K"
[[condition]]
kind = "temperature"
sides = ["top"]
value = "{HOT} K"
[[condition]]
kind = "temperature"
sides = ["bottom"]
value = "{COLD} K"
"""
FAST = "[solver]\nnumerical_error = false\n[output]\nfigures = false\nformats = []\n"
OF_FLOW = ("Ra ", "Pr ", "ψ", "Péclet", "numerical error of the bias", "gravity", "largest speed")


def case_of(tmp_path, more="", text=TEXT):
    path = tmp_path / "case.toml"
    path.write_text(text + more)
    return path


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solid")
    case = load_case(case_of(folder, FAST))
    return run_case(case, MPI.COMM_SELF, folder / "run")


@pytest.fixture(scope="module")
def transient(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solid")
    time = f'[time]\nend = "3 tau"\ntolerance = 1e-3\n{FAST}'
    return run_case(load_case(case_of(folder, time)), MPI.COMM_SELF, folder / "run")


def words_of(summary, verdict):
    """Return all texts of the page of a run."""
    shown = [verdict.finding, verdict.reason, *(f.label for f in verdict.facts)]
    shown += [cell for table in tables(summary) for row in table.rows for cell in row]
    return "\n".join(shown + [table.title for table in tables(summary)])


def test_hydrogen_gathers_as_the_closed_form_says(steady):
    """Dilute, S_T = Q/(R T^2): c = A exp(Q/(R T)), with A from the mean over the linear T."""
    summary = steady.summary
    boltzmann = lambda T: np.exp(Q / R * (1.0 / T - 1.0 / COLD))  # noqa: E731
    mean = quad(boltzmann, COLD, HOT)[0] / (HOT - COLD)
    expected = 1e-4 * np.array([boltzmann(COLD), boltzmann(HOT)]) / mean
    read = [summary["separation"][end]["c"] for end in ("cold", "hot")]
    assert read == pytest.approx(expected, rel=3e-5)
    assert summary["soret"]["true"] == pytest.approx(
        Q / R * (1.0 / COLD - 1.0 / HOT) / (HOT - COLD), rel=1e-5
    )
    assert summary["separation"]["without_gravity"] == summary["separation"]["value"]


def test_a_run_has_no_unknown_of_a_flow_and_says_so(steady):
    findings = steady.findings
    assert findings.solution.convection.layout.names == ("theta", "gamma")
    assert len(findings.solution.reports) == 2
    assert steady.summary["groups"] == {}
    assert steady.summary["fluid"]["phase"] == "solid"
    words = words_of(steady.summary, steady_verdict(steady.summary))
    assert "hydrogen-zircaloy is a solid, in which nothing flows" in words
    assert [word for word in OF_FLOW if word in words] == []
    assert steady.summary["entropy"]["produced"] == pytest.approx(
        steady.summary["entropy"]["leaving"], rel=1e-8
    )


def test_it_relaxes_as_diffusion_does(steady, transient):
    """One march; the fit of the course finds D at the mean temperature to the change of D."""
    summary = transient.summary
    assert summary["time"]["without_gravity"] is None
    evaluated = summary["evaluation"]["with_gravity"]
    metal = load_fluid("hydrogen-zircaloy")
    assert summary["evaluation"]["D_true"] == pytest.approx(metal.diffusion.value(625.0, 1e-4))
    assert abs(evaluated["D_bias"]) < 0.04
    assert abs(evaluated["S_T_bias"]) < 0.02
    words = words_of(summary, transient_verdict(summary))
    assert "all of it due to the evaluation itself" in words
    assert [word for word in ("Ra", "Péclet", "gravity") if word in words] == []
    ends = [run["separation"]["value"] for run in (transient.summary, steady.summary)]
    assert 1.0 - ends[0] / ends[1] == pytest.approx(8.0 / np.pi**2 * np.exp(-3.0), rel=0.15)


def test_check_and_the_tables_of_fluids_say_that_nothing_flows(tmp_path, capsys):
    report = check_report(load_case(case_of(tmp_path)), MPI.COMM_SELF)
    assert "# a solid: nothing flows" in report
    assert "# unknowns: 78," in report
    assert "magnitude = " in report
    assert not [line for line in report.splitlines() if line.startswith(("# Ra", "# psi", "# up"))]
    # What check prints is a case file, which says the same.
    resolved = report[: report.index("# cell:")]
    assert load_case(case_of(tmp_path, text=resolved)).gravity.magnitude == 0.0
    from rich.console import Console

    console = Console(width=200, record=True)
    console.print(fluid_table("hydrogen-zircaloy"))
    shown = console.export_text()
    assert "A solid: nothing flows." in shown
    assert "psi" not in shown


@pytest.mark.parametrize("study", [stability, lambda experiment: audit(experiment, None)])
def test_studies_of_convection_refuse_a_solid(tmp_path, study):
    experiment = load_case(case_of(tmp_path)).build(MPI.COMM_SELF).experiment
    with pytest.raises(CaseError, match="hydrogen-zircaloy is a solid, in which nothing flows"):
        study(experiment)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[gravity]\ntilt = "3 deg"\n', "gravity"),
        ('[gravity]\nmagnitude = "9.81 m/s^2"\n', "gravity"),
        ('[[condition]]\nkind = "free-slip"\nsides = ["left"]\n', "condition.2"),
        ('[solver]\nstart_tilt = "3 deg"\n', "solver"),
        ('[time]\nend = "1 h"\n[[protocol]]\nkind = "tilt"\n'
         'step = { at = "1 min", value = "1 deg" }\n', "protocol"),
    ],
)  # fmt: skip
def test_a_case_that_states_a_flow_is_refused(tmp_path, more, key):
    with pytest.raises(CaseError, match=f"{key}.*(?s:.)*is a solid, in which nothing flows"):
        load_case(case_of(tmp_path, more))


def test_a_solid_has_no_viscosity_and_no_expansion():
    metal = load_fluid("hydrogen-zircaloy")
    for change in ({"viscosity": 1.0}, {"thermal_expansion": 0.0}, {"solutal_expansion": 0.0}):
        with pytest.raises(FluidError, match="a solid does not flow and has none"):
            metal.with_(**change)
    with pytest.raises(FluidError, match="unknown phase 'solit'"):
        metal.with_(phase="solit")
    with pytest.raises(FluidError, match="missing viscosity, thermal_expansion"):
        metal.with_(phase="fluid")


def test_a_file_of_a_solid_is_read_again(tmp_path):
    metal = load_fluid("hydrogen-tungsten")
    (tmp_path / "metal.toml").write_text(fluid_toml(metal), encoding="utf-8")
    assert read_fluid(tmp_path / "metal.toml") == metal
    swapped = metal.swapped()
    assert not swapped.flows
    assert pytest.approx(-metal.at().S_T) == swapped.at().S_T


def test_equations_of_a_flow_do_not_take_a_solid(tmp_path):
    built = load_case(case_of(tmp_path)).build(MPI.COMM_SELF).experiment
    metal = load_fluid("hydrogen-zircaloy")
    mixture = mixture_of(metal, T0=625.0, c0=1e-4, up=(0.0, 1.0))
    assert mixture.gravity.magnitude == 0.0
    walls = (Temperature(("top",), HOT), Temperature(("bottom",), COLD))
    with pytest.raises(FluidError, match="the viscosity of the mixture is infinite"):
        Problem(built.cell, mixture, walls)


def test_measurements_in_memory(tmp_path):
    """As scripts make them: twice the temperature difference, about twice the separation."""
    found = {}
    for top in (605.0, 610.0):
        case = load_case(case_of(tmp_path), [f"condition.0.value='{top} K'"])
        built = case.build(MPI.COMM_SELF)
        state = measure(built.experiment, with_numerical_error=False)
        assert state.uncertainties == ()
        assert state.stability.verdict == "stable"
        found[top] = state.solution.each[0][0].separation
    assert found[610.0] / found[605.0] == pytest.approx(2.0, rel=0.03)
