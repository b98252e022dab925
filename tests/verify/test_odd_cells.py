"""Cells of odd shapes and few mesh cells: fields that are zero, round-off, ranks without a cell."""

from __future__ import annotations

import pytest
from case_texts import PHYSICAL

from femsoret.case import load_case
from femsoret.studies.measure.solution import solve
from femsoret.studies.measure.steady import measure


def experiment(write, comm, *changes):
    return load_case(write(PHYSICAL), changes).build(comm).experiment


def test_a_capillary_ends_at_round_off(write, comm):
    """0.1 x 50 mm: the pressure keeps 4e-8 of round-off; it took 600 factorisations."""
    slim = ("cell.size=['0.1 mm', '50 mm']", "cell.cells=[4, 40]", "cell.grading=1")
    found = solve(experiment(write, comm, *slim))
    assert [attempt.stage for attempt in found.reports[-1].attempts] == ["Newton"]
    assert "mat_mumps_icntl_24" not in found.reports[-1].options  # its pressure is determined
    assert found.reports[-1].newton_iterations <= 8
    assert found.soret is not None
    assert found.soret.bias == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_one_layer_and_ranks_without_a_cell(write, comm, shape):
    """Pure conduction has theta = 0 at every free node; on two ranks one of them may have none."""
    few = ("cell.cells=[1, 1]", "cell.grading=1", f"cell.shape={shape}")
    findings = measure(experiment(write, comm, *few), with_numerical_error=False)
    # On one quadrilateral two free velocities leave a pressure open; what round-off makes of that
    # was luck.
    options = findings.solution.reports[-1].options
    assert ("mat_mumps_icntl_24" in options) == (shape == "quadrilateral")
    assert findings.solution.reports[-1].newton_iterations <= 4
    assert not findings.failed
    assert findings.solution.soret is not None
    assert findings.walls["top"].nusselt == pytest.approx(1.0, rel=0.1)


def test_an_expansion_coefficient_of_zero(write, comm):
    """Its relative change changes nothing; dividing by it lost the whole run."""
    without = ("fluid.overrides.solutal_expansion=0", "gravity.tilt=1 deg")
    findings = measure(experiment(write, comm, *without), with_numerical_error=False)
    assert not findings.failed
    assert findings.uncertainty is not None
    (zero,) = (c for c in findings.uncertainty.contributions if c.entry == "solutal_expansion")
    assert zero.sensitivity == pytest.approx(0.0, abs=1e-12)
