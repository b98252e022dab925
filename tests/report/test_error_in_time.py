"""The numerical error of a transient run is that: it bounds what a far better run finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from femsoret.base.errors import NotConverged
from femsoret.report.tables.transient import EVALUATION
from femsoret.solve.march import MarchOptions
from femsoret.studies.measure import numerical_error as study
from femsoret.studies.measure.numerical_error import error_in_time, quantities_in_time
from femsoret.studies.measure.transient import measure_in_time


@pytest.mark.slow
@pytest.mark.serial
def test_it_is_of_the_size_of_the_error(transient):
    run = transient.findings
    errors = transient.summary["numerical_error"]
    exact = quantities_in_time(
        measure_in_time(
            replace(run.experiment.at_resolution(2.0), degree=3),
            replace(run.schedule, march=MarchOptions(1e-4)),
        )
    )
    for name, value in quantities_in_time(run).items():
        if name.startswith(("soret", "separation", "evaluation.with_gravity")):
            error = abs(value - exact[name])
            # Errors of space and time may cancel; a bound need not follow them there.
            usual = 0.01 * run.schedule.march.tolerance * (1.0 if "bias" in name else abs(value))
            assert 0.7 * error < errors[name], name
            # Errors between nodes depend on where a mesh has them: those of points may vanish.
            if ".extra." not in name:
                assert errors[name] < 30.0 * max(error, usual), name


@pytest.mark.slow
def test_it_stands_beside_the_numbers(transient):
    found = EVALUATION.table(transient.summary)
    rows = {row[0]: row[1] for row in found.rows}
    assert "(" in rows["S_T"]
    assert "(" in rows["bias of D"]
    assert "degree 3" in found.note
    assert "3 times the tolerance of the time steps" in found.note


def test_a_second_run_that_fails_leaves_the_first(transient, monkeypatch):
    def fail(*_):
        raise NotConverged("too steep", "wait")

    monkeypatch.setattr(study, "measure_in_time", fail)
    found = error_in_time(transient.findings)
    assert not found.of
    assert "too steep" in found.method
