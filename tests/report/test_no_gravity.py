"""Without gravity nothing flows, and no word says that a flow is negligible."""

from __future__ import annotations

import pytest
from case_texts import LIQUID, PHYSICAL, drawn
from test_page import changed

from femsoret.case.load import load_case
from femsoret.commands.audit import run_audit
from femsoret.commands.run import run_case
from femsoret.report.verdicts.steady import steady_verdict
from femsoret.report.words.phrases import rests_without_gravity

STILL = "[gravity]\nmagnitude = 0\n"
MARCHED = '[time]\nend = "3 tau"\nnumerical_error = false\ntolerance = 1e-2\n'
ALONE = "there is no gravity: heat and species move by conduction and diffusion alone"


def run(comm, tmp_path, text, command=run_case):
    """Run a case and return the beginning of its page."""
    case = tmp_path / "case.toml"
    case.write_text(text, encoding="utf-8")
    command(load_case(case), comm, tmp_path / "run")
    return (tmp_path / "run" / "report.md").read_text(encoding="utf-8").partition("## Figures")[0]


def test_a_steady_run(comm, tmp_path):
    text = run(comm, tmp_path, drawn(LIQUID) + STILL)
    assert f"for {ALONE}" in text
    assert "Nothing flows" in text
    assert "negligible" not in text
    assert "convection" not in text.replace("conduction", "")


def test_with_its_numerical_error_a_bias_is_that_of_the_mesh(comm, tmp_path):
    assert f"no bias beyond the numerical error of < 10⁻⁸ %, for {ALONE}" in run(
        comm, tmp_path, PHYSICAL + STILL + "[output]\nformats = []\n"
    )


def test_a_run_in_time(comm, tmp_path):
    text = run(comm, tmp_path, LIQUID + STILL + MARCHED)
    assert f"all of it due to the evaluation itself, for {ALONE}" in text
    assert "D by convection" not in text
    assert "The flow is fastest" not in text


@pytest.mark.slow
def test_an_audit(comm, tmp_path):
    text = run(comm, tmp_path, PHYSICAL + STILL + '[audit]\nduration = "3 tau"\n', run_audit)
    assert ALONE[1:] in text
    assert "diffusion is faster than the flow" not in text


@pytest.mark.parametrize("speed", [1e-9, 1e-6])
def test_walls_that_slip_make_a_flow_all_the_same(physical, speed):
    still = {"orientation__gravity": 0.0, "max_speed": 0.0, "peclet__thermal": 0.0}
    assert rests_without_gravity(changed(physical, **still))
    flowing = changed(physical, **{**still, "max_speed": speed, "peclet__thermal": 1e4 * speed})
    assert not rests_without_gravity(flowing)
    assert "no gravity" not in steady_verdict(flowing).finding
    assert not rests_without_gravity(physical.summary)
    stopped = {**changed(physical, **still), "time": {"fastest": {"max_speed": speed, "t": 1.0}}}
    assert not rests_without_gravity(stopped)
