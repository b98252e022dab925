"""Runs in time with a body that is free, from a case file."""

from __future__ import annotations

import json

import pytest
from small_runs import largest_difference
from spheres import half_disc
from test_resume import stop

from femsoret.commands.run import resume_case, run_case
from femsoret.io.history import read_history

BODY = """
title = "A sphere in a gradient that has just been applied"
[cell]
kind = "file"
path = "{path}"
scale = "1 um"
coordinates = "axisymmetric"
[fluid]
name = "latex-water"
[gravity]
magnitude = 0
direction = [0, -1]
[[condition]]
kind = "temperature"
sides = ["far"]
profile = {{ expression = "297.15 + 1e5*z" }}
[[condition]]
kind = "body"
sides = ["particle"]
mu_s = "1e-11 m^2/s/K"
[readings]
hot = {{ point = ["0 um", "2.9 um"] }}
cold = {{ point = ["0 um", "-2.9 um"] }}
[output]
formats = []
figures = false
[solver]
numerical_error = false
[time]
end = "1e-3 s"
tolerance = 0.1
numerical_error = false
checkpoint = {{ steps = 3 }}
"""


@pytest.fixture
def body_case(case, shared_tmp):
    path = shared_tmp / "body.msh"
    half_disc(path, 3.0, 0.8, conducting=False)
    return lambda *changes: case(BODY.format(path=path), *changes)


@pytest.mark.slow
def test_a_body_moves_in_a_run_that_is_stopped_and_resumed(body_case, comm, shared_tmp):
    """U follows the gradient, which heat brings; the record goes on to the last bit."""
    whole, parts = shared_tmp / "whole", shared_tmp / "parts"
    run_case(body_case(), comm, whole)
    speeds = [row["velocity.particle.z"] for row in read_history(whole / "history.csv")]
    assert speeds[-1] == pytest.approx(min(speeds), rel=1e-3)  # to the cold side
    assert abs(speeds[0]) < 0.1 * abs(speeds[-1])
    # All but -mu_s grad T of a sphere that insulates far from walls; these are near.
    assert -1.15e-6 < speeds[-1] < -0.85e-6
    summary = json.loads((whole / "summary.json").read_text(encoding="utf-8"))
    body = summary["bodies"]["particle"]
    assert body["velocity"][1] == pytest.approx(speeds[-1], rel=1e-9)
    assert body["moved"] == pytest.approx(1e-3 * abs(speeds[-1]), rel=0.05)
    assert not any("keeps it where it is" in warning for warning in summary["warnings"])
    stop(body_case(), comm, parts, step=5)
    resume_case(parts, comm)
    assert largest_difference(parts, whole) < (1e-8 if comm.size > 1 else 1e-300)
