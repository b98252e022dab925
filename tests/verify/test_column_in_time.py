"""A column on its way to the steady state: S_T and time constant from its history."""

from __future__ import annotations

from pathlib import Path

import pytest

from femsoret.case import load_case
from femsoret.experiment.column import NoColumn
from femsoret.report.summary.head import RunContext
from femsoret.report.summary.run import transient_summary
from femsoret.report.verdicts.transient import transient_verdict
from femsoret.studies.measure.transient import measure_in_time

DEMO = Path(__file__).resolve().parents[2] / "demos" / "thermogravitational_column.toml"

COARSE = ("solver.degree=2", "cell.cells=[4, 14]", "readings={}")


@pytest.mark.slow
def test_a_column_that_has_not_settled(comm):
    """The ends of a column of ten gaps make the approach a few per cent slower."""
    built = load_case(DEMO, [*COARSE, "time.end=700"]).build(comm)
    assert built.schedule is not None
    found = measure_in_time(built.experiment, built.schedule)
    at_end, in_time = found.state.column, found.column_in_time
    assert not isinstance(at_end, NoColumn)
    assert not isinstance(in_time, NoColumn)
    assert at_end.bias(at_end.S_T) < -0.2  # not settled
    assert in_time.bias == pytest.approx(0.0, abs=0.06)
    expected = at_end.theory.relaxation_time
    assert in_time.relaxation_time == pytest.approx(expected, rel=0.12)
    # The flow mixes along the column: without it the time constant would be twice as long.
    assert 2.0 * expected == pytest.approx(expected * at_end.theory.spreading, rel=1e-3)
    last = found.with_gravity.rows[-1]
    assert last["column.separation"] == pytest.approx(at_end.separation, rel=1e-12)
    assert last["column.slope"] == pytest.approx(at_end.theory.f * at_end.line.slope, rel=1e-12)
    said = transient_verdict(transient_summary(found, None, RunContext(units="groups")))
    assert "From its approach to the steady state this column reports S_T" in said.finding
    assert "it has not settled" in said.reason
